// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/isdn_facility.h"

#include <stdbool.h>

#define ELEMENT_FACILITY 0x1c
#define ELEMENT_SHIFT 0x90	/* and a codeset in its last three bits */
#define ELEMENT_SHIFT_ONCE 0x08 /* non-locking */
#define PROFILE_MASK 0x1f
#define PROFILE_ROSE 0x11
#define PROFILE_EXTENSIONS 0x1f

/* What is left to read. */
struct octets {
	const uint8_t *at, *end;
};

static size_t left(const struct octets *o)
{
	return (size_t)(o->end - o->at);
}

/* One BER tag, length and contents, definite form only. */
static bool ber_take(struct octets *from, uint8_t *tag, struct octets *contents)
{
	size_t length, count;

	if (left(from) < 2)
		return false;
	*tag = from->at[0];
	length = from->at[1];
	from->at += 2;
	if (length & 0x80) {
		count = length & 0x7f;
		if (count == 0 || count > 2 || left(from) < count)
			return false;
		for (length = 0; count > 0; count--)
			length = length << 8 | *from->at++;
	}
	if (left(from) < length)
		return false;
	*contents = (struct octets){from->at, from->at + length};
	from->at += length;
	return true;
}

static int invoke_id(struct octets component)
{
	struct octets integer;
	uint8_t tag;
	int id = 0;

	if (!ber_take(&component, &tag, &integer) || tag != 0x02 || left(&integer) < 1 ||
	    left(&integer) > 2)
		return -1;
	while (integer.at < integer.end)
		id = id << 8 | *integer.at++;
	return id;
}

static size_t facility_take(struct octets element, struct isdn_component *out, size_t max)
{
	struct octets contents;
	size_t count = 0;
	uint8_t tag;

	if (left(&element) < 1)
		return 0;
	if ((element.at[0] & PROFILE_MASK) != PROFILE_ROSE &&
	    (element.at[0] & PROFILE_MASK) != PROFILE_EXTENSIONS)
		return 0;
	if (!(element.at[0] & 0x80)) /* DMS-100: a service indicator follows */
		element.at++;
	if (left(&element) < 1)
		return 0;
	element.at++;
	/* between profile and components: network facility extension, interpretation */
	while (ber_take(&element, &tag, &contents)) {
		if (tag < ISDN_COMPONENT_INVOKE || tag > ISDN_COMPONENT_REJECT)
			continue;
		if (count < max)
			out[count] = (struct isdn_component){(enum isdn_component_type)tag,
							     invoke_id(contents)};
		count++;
	}
	return count;
}

size_t isdn_facility_read(const uint8_t *message, size_t length, struct isdn_component *out,
			  size_t max)
{
	struct octets o = {message, message + length};
	unsigned codeset = 0, locked = 0;
	size_t count = 0;

	if (length < 3 || left(&o) < 3u + (o.at[1] & 0x0f))
		return 0;
	o.at += 3 + (o.at[1] & 0x0f); /* discriminator, call reference, type */
	while (left(&o) > 0) {
		uint8_t id = *o.at++;
		unsigned here = codeset;
		size_t size;

		codeset = locked;
		if ((id & 0xf0) == ELEMENT_SHIFT) {
			codeset = id & 0x07;
			if (!(id & ELEMENT_SHIFT_ONCE))
				locked = codeset;
			continue;
		}
		if (id & 0x80)
			continue;
		if (left(&o) < 1 || left(&o) - 1 < o.at[0])
			break;
		size = *o.at++;
		if (id == ELEMENT_FACILITY && here == 0)
			count += facility_take((struct octets){o.at, o.at + size},
					       out + (count < max ? count : max),
					       count < max ? max - count : 0);
		o.at += size;
	}
	return count;
}
