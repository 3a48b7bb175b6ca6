// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/naptr.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define HEADER_SIZE 12
#define CLASS_IN 1
#define TYPE_NAPTR 35
#define TTL_SIGN 0x80000000u /* RFC 2181 8: such a time to live is zero */

struct reader {
	const uint8_t *at, *end;
	bool broken; /* more was wanted than there is; what is read from then on is 0 */
};

static const uint8_t *take(struct reader *r, size_t size)
{
	const uint8_t *at = r->at;

	if (r->broken || (size_t)(r->end - r->at) < size) {
		r->broken = true;
		return NULL;
	}
	r->at += size;
	return at;
}

static uint16_t take_u16(struct reader *r)
{
	const uint8_t *at = take(r, 2);

	return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

static uint32_t take_u32(struct reader *r)
{
	uint32_t high = take_u16(r);

	return high << 16 | take_u16(r);
}

/* Names are skipped only, a pointer ends them: nothing can loop. */
static void skip_name(struct reader *r)
{
	for (;;) {
		const uint8_t *length = take(r, 1);

		if (!length || !*length)
			return;
		if (*length >= 0xc0) {
			take(r, 1);
			return;
		}
		if (*length > 63)
			r->broken = true;
		take(r, *length);
	}
}

/* false: it cannot be a C string */
static bool take_string(struct reader *r, char out[ENUM_STRING_MAX + 1])
{
	const uint8_t *length = take(r, 1);
	const uint8_t *text = length ? take(r, *length) : NULL;

	if (!text || memchr(text, 0, *length))
		return false;
	memcpy(out, text, *length);
	out[*length] = '\0';
	return true;
}

static void take_record(struct reader *r, struct enum_records *out)
{
	struct enum_record *record = &out->records[out->count];

	if (out->count == ENUM_RECORDS_MAX)
		return;
	record->order = take_u16(r);
	record->preference = take_u16(r);
	if (take_string(r, record->flags) && take_string(r, record->service) &&
	    take_string(r, record->regexp))
		out->count++;
}

int naptr_parse(const uint8_t *message, size_t size, struct naptr_answer *out)
{
	struct reader r = {message, message + size, false};
	unsigned questions, answers;

	out->records.count = 0;
	out->ttl_s = UINT32_MAX;
	take(&r, 4);
	questions = take_u16(&r);
	answers = take_u16(&r);
	take(&r, HEADER_SIZE - 8);
	for (; questions && !r.broken; questions--) {
		skip_name(&r);
		take(&r, 4);
	}
	for (; answers && !r.broken; answers--) {
		struct reader data = {0};
		unsigned type, class;
		uint32_t ttl;

		skip_name(&r);
		type = take_u16(&r);
		class = take_u16(&r);
		ttl = take_u32(&r);
		size = take_u16(&r);
		data.at = take(&r, size);
		if (!data.at)
			break;
		data.end = data.at + size;
		if (ttl & TTL_SIGN)
			ttl = 0;
		if (ttl < out->ttl_s)
			out->ttl_s = ttl;
		if (type == TYPE_NAPTR && class == CLASS_IN)
			take_record(&data, &out->records);
	}
	if (r.broken)
		return -EBADMSG;
	return out->records.count ? 0 : -ENOENT;
}
