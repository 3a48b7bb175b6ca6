// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "gateway/exchange/script_element.h"

#define EXTENSION 0x80

/* ---- what the elements hold: Q.931 4.5 */

#define VALUE(form, ...)                                                                           \
	{                                                                                          \
		NULL, form, __VA_ARGS__                                                            \
	}
#define NUMBER(name, most, names)                                                                  \
	{                                                                                          \
		name, FORM_NUMBER, most, names                                                     \
	}

static const struct element_name capabilities[] = {{"speech", 0x00},	 {"data", 0x08},
						   {"restricted", 0x09}, {"3k1", 0x10},
						   {"video", 0x18},	 {NULL, 0}};
static const struct element_name laws[] = {{"none", 0}, {"ulaw", 2}, {"alaw", 3}, {NULL, 0}};
static const struct element_name types[] = {
    {"unknown", 0},    {"international", 1}, {"national", 2}, {"network", 3},
    {"subscriber", 4}, {"abbreviated", 6},   {NULL, 0}};
static const struct element_name plans[] = {{"unknown", 0}, {"isdn", 1},     {"data", 3},
					    {"telex", 4},   {"national", 8}, {"private", 9},
					    {NULL, 0}};
static const struct element_name presentations[] = {
    {"allowed", 0}, {"restricted", 1}, {"unavailable", 2}, {NULL, 0}};
#define CHANNEL_NONE 128
#define CHANNEL_ANY 129
static const struct element_name channels[] = {
    {"none", CHANNEL_NONE}, {"any", CHANNEL_ANY}, {NULL, 0}};
static const struct element_name restarts[] = {
    {"channel", 0}, {"interface", 6}, {"all", 7}, {NULL, 0}};

/* Octets of a group up to the one with the extension bit; length if it does not end. */
static size_t group(const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (octets[i] & EXTENSION)
			return i + 1;
	}
	return length;
}

static void decode_number(struct element_value *value, unsigned number)
{
	value->given = true;
	value->number = number;
}

static void decode_text(struct element_value *value, const uint8_t *octets, size_t length)
{
	value->given = true;
	for (size_t i = 0; i < length; i++) {
		uint8_t c = octets[i] & 0x7f;

		value->text[i] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	value->text[length] = '\0';
}

static size_t encode_hex(const struct element_value *values, uint8_t *out)
{
	return (size_t)script_hex(values[0].text, out, 255);
}

static void decode_hex(const uint8_t *contents, size_t length, struct element_value *values)
{
	values[0].given = true;
	for (size_t i = 0; i < length; i++)
		snprintf(values[0].text + 2 * i, 3, "%02x", contents[i]);
}

static size_t encode_text(const struct element_value *values, uint8_t *out)
{
	size_t length = strlen(values[0].text);

	if (length > 255)
		length = 255;
	memcpy(out, values[0].text, length);
	return length;
}

static void decode_plain(const uint8_t *contents, size_t length, struct element_value *values)
{
	/* NI2 and QSIG put a display type first */
	size_t skip = length > 0 && (contents[0] & EXTENSION) ? 1 : 0;

	decode_text(&values[0], contents + skip, length - skip);
}

static size_t encode_octet(const struct element_value *values, uint8_t *out)
{
	out[0] = EXTENSION | (uint8_t)values[0].number;
	return 1;
}

static void decode_octet(const uint8_t *contents, size_t length, struct element_value *values)
{
	if (length >= 1)
		decode_number(&values[0], contents[0] & 0x7f);
}

static size_t encode_call_state(const struct element_value *values, uint8_t *out)
{
	out[0] = (uint8_t)values[0].number; /* no extension bit: Q.931 4.5.7 */
	return 1;
}

static void decode_call_state(const uint8_t *contents, size_t length, struct element_value *values)
{
	if (length >= 1)
		decode_number(&values[0], contents[0] & 0x3f);
}

static void decode_restart(const uint8_t *contents, size_t length, struct element_value *values)
{
	if (length >= 1)
		decode_number(&values[0], contents[0] & 0x07);
}

enum { BEARER_LAW = 1, BEARER_RATE };

static size_t encode_bearer(const struct element_value *values, uint8_t *out)
{
	bool audio = values[0].number == 0x00 || values[0].number == 0x10;
	unsigned law = values[BEARER_LAW].given ? values[BEARER_LAW].number : audio ? 3 : 0;
	unsigned rate = values[BEARER_RATE].given ? values[BEARER_RATE].number : 0x10;

	out[0] = EXTENSION | (uint8_t)values[0].number;
	out[1] = EXTENSION | (uint8_t)rate;
	out[2] = 0xa0 | (uint8_t)law;
	return law != 0 ? 3 : 2;
}

static void decode_bearer(const uint8_t *contents, size_t length, struct element_value *values)
{
	if (length < 2)
		return;
	decode_number(&values[0], contents[0] & 0x1f);
	decode_number(&values[BEARER_RATE], contents[1] & 0x7f);
	if (length > 2)
		decode_number(&values[BEARER_LAW], contents[2] & 0x1f);
}

enum { CHANNEL_EXCLUSIVE = 1, CHANNEL_INTERFACE, CHANNEL_MAP, CHANNEL_D };

static size_t encode_channel(const struct element_value *values, uint8_t *out)
{
	size_t length = 1;

	out[0] = 0xa0;
	if (values[CHANNEL_EXCLUSIVE].given)
		out[0] |= 0x08;
	if (values[CHANNEL_D].given)
		out[0] |= 0x04;
	if (values[CHANNEL_INTERFACE].given) {
		out[0] |= 0x40;
		out[length++] = EXTENSION | (uint8_t)values[CHANNEL_INTERFACE].number;
	}
	if (values[0].number == CHANNEL_ANY)
		out[0] |= 0x03;
	if (values[0].number >= CHANNEL_NONE)
		return length;
	out[0] |= 0x01;
	if (values[CHANNEL_MAP].given) {
		out[length++] = 0x93;
		return length + (size_t)script_hex(values[CHANNEL_MAP].text, out + length, 240);
	}
	out[length++] = 0x83;
	out[length++] = EXTENSION | (uint8_t)values[0].number;
	return length;
}

static void decode_channel(const uint8_t *contents, size_t length, struct element_value *values)
{
	size_t at = 1;

	if (length < 1)
		return;
	values[CHANNEL_EXCLUSIVE].given = contents[0] & 0x08;
	values[CHANNEL_D].given = contents[0] & 0x04;
	if ((contents[0] & 0x40) && length > at) {
		decode_number(&values[CHANNEL_INTERFACE], contents[at] & 0x7f);
		at += group(contents + at, length - at);
	}
	if ((contents[0] & 0x03) == 0x00)
		decode_number(&values[0], CHANNEL_NONE);
	else if ((contents[0] & 0x03) == 0x03)
		decode_number(&values[0], CHANNEL_ANY);
	else if (length > at + 1 && (contents[at] & 0x10))
		decode_hex(contents + at + 1, length - at - 1, &values[CHANNEL_MAP]);
	else if (length > at + 1)
		decode_number(&values[0], contents[at + 1] & 0x7f);
}

enum { PARTY_TYPE = 1, PARTY_PLAN, PARTY_PRESENTATION, PARTY_SCREENING, PARTY_REASON };

static unsigned value_or(const struct element_value *value, unsigned otherwise)
{
	return value->given ? value->number : otherwise;
}

/* octet 3, 3a if presentation or screening is given, 3b if a reason is, digits */
static size_t encode_party(const struct element_value *values, uint8_t *out)
{
	bool reason = values[PARTY_REASON].given;
	bool screened = reason || values[PARTY_PRESENTATION].given || values[PARTY_SCREENING].given;
	size_t length = 1;
	size_t digits = strlen(values[0].text);

	if (digits > 250)
		digits = 250;
	out[0] =
	    (uint8_t)(value_or(&values[PARTY_TYPE], 0) << 4 | value_or(&values[PARTY_PLAN], 1));
	if (screened)
		out[length++] = (uint8_t)(value_or(&values[PARTY_PRESENTATION], 0) << 5 |
					  value_or(&values[PARTY_SCREENING], 0));
	if (reason)
		out[length++] = (uint8_t)values[PARTY_REASON].number;
	out[length - 1] |= EXTENSION;
	memcpy(out + length, values[0].text, digits);
	return length + digits;
}

static void decode_party(const uint8_t *contents, size_t length, struct element_value *values)
{
	size_t header = group(contents, length);

	if (length < 1)
		return;
	decode_number(&values[PARTY_TYPE], contents[0] >> 4 & 0x07);
	decode_number(&values[PARTY_PLAN], contents[0] & 0x0f);
	if (header > 1) {
		decode_number(&values[PARTY_PRESENTATION], contents[1] >> 5 & 0x03);
		decode_number(&values[PARTY_SCREENING], contents[1] & 0x03);
	}
	if (header > 2)
		decode_number(&values[PARTY_REASON], contents[2] & 0x0f);
	decode_text(&values[0], contents + header, length - header);
}

enum { CAUSE_LOCATION = 1, CAUSE_CODING, CAUSE_DIAGNOSTICS };

static size_t encode_cause(const struct element_value *values, uint8_t *out)
{
	out[0] = EXTENSION | (uint8_t)(value_or(&values[CAUSE_CODING], 0) << 5 |
				       value_or(&values[CAUSE_LOCATION], 0));
	out[1] = EXTENSION | (uint8_t)values[0].number;
	if (!values[CAUSE_DIAGNOSTICS].given)
		return 2;
	return 2 + (size_t)script_hex(values[CAUSE_DIAGNOSTICS].text, out + 2, 250);
}

/* progress indicator: coding and location, then the description, as in a cause */
static void decode_cause(const uint8_t *contents, size_t length, struct element_value *values)
{
	size_t at = group(contents, length);

	if (at >= length)
		return;
	decode_number(&values[CAUSE_CODING], contents[0] >> 5 & 0x03);
	decode_number(&values[CAUSE_LOCATION], contents[0] & 0x0f);
	decode_number(&values[0], contents[at] & 0x7f);
	if (length > at + 1)
		decode_hex(contents + at + 1, length - at - 1, &values[CAUSE_DIAGNOSTICS]);
}

#define PARTY_FIELDS                                                                               \
	{                                                                                          \
		VALUE(FORM_TEXT), NUMBER("type", 7, types), NUMBER("plan", 15, plans),             \
		    NUMBER("presentation", 3, presentations), NUMBER("screening", 3, NULL),        \
		    NUMBER("reason", 15, NULL)                                                     \
	}
#define INDICATION_FIELDS                                                                          \
	{                                                                                          \
		VALUE(FORM_NUMBER, 127), NUMBER("location", 15, NULL), NUMBER("coding", 3, NULL),  \
		{                                                                                  \
			"diagnostics", FORM_HEX                                                    \
		}                                                                                  \
	}
#define HEX_KIND(name, id)                                                                         \
	{                                                                                          \
		name, id, {VALUE(FORM_HEX)}, encode_hex, decode_hex                                \
	}
#define TEXT_KIND(name, id)                                                                        \
	{                                                                                          \
		name, id, {VALUE(FORM_TEXT)}, encode_text, decode_plain                            \
	}
#define OCTET_KIND(name, id)                                                                       \
	{                                                                                          \
		name, id, {VALUE(FORM_NUMBER, 127)}, encode_octet, decode_octet                    \
	}

static const struct element_kind kinds[] = {
    {"bearer",
     0x04,
     {VALUE(FORM_NUMBER, 31, capabilities), NUMBER("law", 31, laws), NUMBER("rate", 127, NULL)},
     encode_bearer,
     decode_bearer},
    {"cause", 0x08, INDICATION_FIELDS, encode_cause, decode_cause},
    {"call-state", 0x14, {VALUE(FORM_NUMBER, 63)}, encode_call_state, decode_call_state},
    {"channel",
     0x18,
     {VALUE(FORM_NUMBER, CHANNEL_ANY, channels),
      {"exclusive", FORM_FLAG},
      NUMBER("interface", 127, NULL),
      {"map", FORM_HEX},
      {"d", FORM_FLAG}},
     encode_channel,
     decode_channel},
    HEX_KIND("facility", 0x1c),
    {"progress", 0x1e, INDICATION_FIELDS, encode_cause, decode_cause},
    HEX_KIND("network-facilities", 0x20),
    OCTET_KIND("notify", 0x27),
    TEXT_KIND("display", 0x28),
    HEX_KIND("date", 0x29),
    TEXT_KIND("keypad", 0x2c),
    OCTET_KIND("signal", 0x34),
    {"connected", 0x4c, PARTY_FIELDS, encode_party, decode_party},
    {"calling", 0x6c, PARTY_FIELDS, encode_party, decode_party},
    HEX_KIND("calling-subaddress", 0x6d),
    {"called", 0x70, PARTY_FIELDS, encode_party, decode_party},
    HEX_KIND("called-subaddress", 0x71),
    {"redirecting", 0x74, PARTY_FIELDS, encode_party, decode_party},
    HEX_KIND("transit-network", 0x78),
    {"restart", 0x79, {VALUE(FORM_NUMBER, 7, restarts)}, encode_octet, decode_restart},
    HEX_KIND("low-layer", 0x7c),
    HEX_KIND("high-layer", 0x7d),
    HEX_KIND("user-user", 0x7e),
    {"shift", 0x90, {VALUE(FORM_NUMBER, 7), {"locking", FORM_FLAG}}, NULL, NULL},
    {"sending-complete", 0xa1, {{NULL}}, NULL, NULL},
    HEX_KIND("octets", -1),
};
const struct element_kind element_kind_any = HEX_KIND("0x..", ELEMENT_ANY_ID);

const struct element_kind *element_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}
