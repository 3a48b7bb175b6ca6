// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/dns_message.h"

#include <errno.h>
#include <string.h>

#define CLASS_IN 1
#define TTL_SIGN 0x80000000u /* RFC 2181 8: such a time to live is zero */
#define LABEL_MAX 63
#define POINTER 0xc0
#define JUMPS_MAX 32 /* pointers in one name */

const uint8_t *dns_take(struct dns_reader *r, size_t size)
{
	const uint8_t *at = r->at;

	if (r->broken || (size_t)(r->end - r->at) < size) {
		r->broken = true;
		return NULL;
	}
	r->at += size;
	return at;
}

uint8_t dns_take_u8(struct dns_reader *r)
{
	const uint8_t *at = dns_take(r, 1);

	return at ? *at : 0;
}

uint16_t dns_take_u16(struct dns_reader *r)
{
	const uint8_t *at = dns_take(r, 2);

	return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

uint32_t dns_take_u32(struct dns_reader *r)
{
	uint32_t high = dns_take_u16(r);

	return high << 16 | dns_take_u16(r);
}

/* ---- names */

static bool is_text(const uint8_t *label, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (label[i] <= ' ' || label[i] >= 0x7f || label[i] == '.')
			return false;
	return true;
}

static bool add_label(char out[DNS_NAME_MAX + 1], size_t *used, const uint8_t *label, size_t length)
{
	if (!is_text(label, length) || *used + length + (*used > 0) > DNS_NAME_MAX)
		return false;
	if (*used)
		out[(*used)++] = '.';
	memcpy(out + *used, label, length);
	*used += length;
	return true;
}

/* Pointers lead backwards only (RFC 1035 4.1.4), so that nothing can loop. */
static bool follow(struct dns_reader *name, const uint8_t *from)
{
	size_t offset = (size_t)(from[0] & ~POINTER) << 8 | dns_take_u8(name);

	if (name->broken || offset >= (size_t)(from - name->begin))
		return false;
	name->end = from;
	name->at = name->begin + offset;
	return true;
}

bool dns_take_name(struct dns_reader *r, char out[DNS_NAME_MAX + 1])
{
	struct dns_reader name = *r;
	unsigned jumps = 0;
	size_t used = 0;
	bool good = true;

	for (;;) {
		const uint8_t *length = dns_take(&name, 1), *label;

		if (length && *length >= POINTER) {
			if (jumps++ == 0)
				r->at = length + 2 > r->end ? r->end : length + 2;
			if (jumps > JUMPS_MAX || !follow(&name, length))
				break;
			continue;
		}
		if (!length || *length > LABEL_MAX)
			break;
		if (!*length) {
			out[used] = '\0';
			if (jumps == 0)
				r->at = name.at;
			return good;
		}
		label = dns_take(&name, *length);
		if (!label)
			break;
		good = good && add_label(out, &used, label, *length);
	}
	r->broken = true;
	return false;
}

/* ---- the message */

static void skip_name(struct dns_reader *r)
{
	for (;;) {
		const uint8_t *length = dns_take(r, 1);

		if (!length || !*length)
			return;
		if (*length >= POINTER) {
			dns_take(r, 1);
			return;
		}
		if (*length > LABEL_MAX)
			r->broken = true;
		dns_take(r, *length);
	}
}

struct record {
	unsigned type, class;
	uint32_t ttl_s;
	struct dns_reader data;
};

static bool take_record(struct dns_reader *r, struct record *out)
{
	size_t size;

	skip_name(r);
	out->type = dns_take_u16(r);
	out->class = dns_take_u16(r);
	out->ttl_s = dns_take_u32(r);
	size = dns_take_u16(r);
	out->data = (struct dns_reader){.begin = r->begin, .at = dns_take(r, size)};
	if (!out->data.at)
		return false;
	out->data.end = out->data.at + size;
	if (out->ttl_s & TTL_SIGN)
		out->ttl_s = 0;
	return true;
}

/* Of an answer that says that there is nothing: RFC 2308 5. */
static uint32_t negative_ttl_s(struct dns_reader *r, unsigned authorities)
{
	struct record record;

	for (; authorities && take_record(r, &record); authorities--) {
		uint32_t minimum_s;

		if (record.type != DNS_TYPE_SOA || record.class != CLASS_IN)
			continue;
		skip_name(&record.data);
		skip_name(&record.data);
		dns_take(&record.data, 16);
		minimum_s = dns_take_u32(&record.data);
		if (record.data.broken || minimum_s & TTL_SIGN)
			return 0;
		return minimum_s < record.ttl_s ? minimum_s : record.ttl_s;
	}
	return 0;
}

int dns_message_each(const uint8_t *message, size_t size, enum dns_type type,
		     void (*fn)(void *arg, struct dns_reader *data), void *arg, uint32_t *ttl_s)
{
	struct dns_reader r = {message, message, message + size, false};
	unsigned questions, answers, authorities, left;
	uint32_t shortest_s = UINT32_MAX;
	struct record record;

	dns_take(&r, 4);
	questions = dns_take_u16(&r);
	answers = dns_take_u16(&r);
	authorities = dns_take_u16(&r);
	dns_take(&r, 2);
	for (; questions && !r.broken; questions--) {
		skip_name(&r);
		dns_take(&r, 4);
	}
	for (left = answers; left && take_record(&r, &record); left--) {
		if (record.ttl_s < shortest_s)
			shortest_s = record.ttl_s;
		if (record.type == type && record.class == CLASS_IN)
			fn(arg, &record.data);
	}
	if (r.broken)
		return -EBADMSG;
	*ttl_s = answers ? shortest_s : negative_ttl_s(&r, authorities);
	return 0;
}
