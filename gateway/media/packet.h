/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * packet - reads RTP and RTCP from the network before any library sees them.
 *
 * Nothing here keeps state, allocates or writes beyond *out.
 */
#ifndef GATEWAY_MEDIA_PACKET_H
#define GATEWAY_MEDIA_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADER 12
#define PACKET_PAYLOAD_MAX 960 /* 120 ms of G.711 */

struct packet {
	unsigned payload_type;
	bool marker;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t ssrc;
	const uint8_t *payload; /* within what was parsed; no padding, never empty */
	unsigned length;
};

/* -EBADMSG: not an RTP packet that a telephone call could have. */
int packet_parse(const uint8_t *data, size_t length, struct packet *out);
/* RFC 3550 A.2, and every inner length: a compound of SR, RR, SDES, BYE and APP only. Others (XR
 * among them, which oRTP reads beyond its end) are refused. */
bool packet_rtcp_valid(const uint8_t *data, size_t length);

#endif
