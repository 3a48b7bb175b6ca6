// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/packet.h"

#include <errno.h>

#define VERSION 2
#define RTCP_SR 200
#define RTCP_RR 201
#define RTCP_SDES 202
#define RTCP_BYE 203
#define RTCP_APP 204
#define RTCP_MAX 1400

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

int packet_parse(const uint8_t *data, size_t length, struct packet *out)
{
	size_t header = PACKET_HEADER, padding = 0;

	if (length < PACKET_HEADER || data[0] >> 6 != VERSION)
		return -EBADMSG;
	header += 4 * (data[0] & 0x0f);
	if (data[0] & 0x10) {
		if (length < header + 4)
			return -EBADMSG;
		header += 4 + 4 * get16(data + header + 2);
	}
	if (length <= header)
		return -EBADMSG;
	if (data[0] & 0x20) {
		padding = data[length - 1];
		if (!padding || length - header <= padding)
			return -EBADMSG;
	}
	if (length - header - padding > PACKET_PAYLOAD_MAX)
		return -EBADMSG;
	out->payload_type = data[1] & 0x7f;
	out->marker = data[1] & 0x80;
	out->sequence = get16(data + 2);
	out->timestamp = get32(data + 4);
	out->ssrc = get32(data + 8);
	out->payload = data + header;
	out->length = length - header - padding;
	return 0;
}

/* Chunks of an SSRC and items up to a null item, each padded to 32 bits. */
static bool sdes_valid(const uint8_t *p, size_t length, unsigned count)
{
	size_t at = 0;

	while (count--) {
		if (length - at < 8)
			return false;
		at += 4;
		while (at < length && p[at]) {
			if (length - at < 2 || length - at - 2 < p[at + 1])
				return false;
			at += 2 + p[at + 1];
		}
		if (at >= length)
			return false;
		at = (at + 4) & ~(size_t)3;
		if (at > length)
			return false;
	}
	return true;
}

static bool body_valid(const uint8_t *p, size_t length, unsigned type, unsigned count)
{
	switch (type) {
	case RTCP_SR:
		return length >= 24 + 24 * count;
	case RTCP_RR:
		return length >= 4 + 24 * count;
	case RTCP_SDES:
		return sdes_valid(p, length, count);
	case RTCP_BYE:
		if (length < 4 * count)
			return false;
		return length == 4 * count || length - 4 * count > p[4 * count];
	case RTCP_APP:
		return length >= 8;
	}
	return false;
}

bool packet_rtcp_valid(const uint8_t *data, size_t length)
{
	size_t at = 0;

	if (length < 8 || length > RTCP_MAX || length % 4)
		return false;
	if (data[1] != RTCP_SR && data[1] != RTCP_RR)
		return false;
	while (at < length) {
		const uint8_t *p = data + at;
		size_t size;
		if (length - at < 4 || p[0] >> 6 != VERSION || p[0] & 0x20)
			return false; /* padding is legal in the last one only, nobody uses it */
		size = 4 + 4 * get16(p + 2);
		if (size > length - at || !body_valid(p + 4, size - 4, p[1], p[0] & 0x1f))
			return false;
		at += size;
	}
	return true;
}
