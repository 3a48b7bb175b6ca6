// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sources: RFC 3398 sections 7.2.4.1 and 8.2.6.1, RFC 3326, RFC 6432, Q.850; the default column
 * differs from RFC 3398 where a gateway must let the proxy try elsewhere (or stop it from doing
 * so).
 */
#include "gateway/call/cause.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialplan/q850.h"

struct cause_row {
	uint8_t cause;
	uint16_t sip[3]; /* by enum cause_map; 0: the map's default */
};

static const uint16_t sip_default[3] = {500, 500, 500};

static const struct cause_row cause_rows[] = {
    {1, {404, 404, 404}},   {2, {404, 404, 404}},   {3, {404, 404, 404}},   {4, {404, 0, 0}},
    {5, {404, 0, 0}},	    {6, {503, 0, 0}},	    {7, {500, 0, 0}},	    {8, {503, 0, 0}},
    {9, {503, 0, 0}},	    {16, {480, 480, 480}},  {17, {486, 486, 486}},  {18, {408, 408, 480}},
    {19, {480, 480, 480}},  {20, {480, 480, 480}},  {21, {403, 403, 403}},  {22, {410, 410, 410}},
    {23, {410, 410, 0}},    {25, {483, 0, 0}},	    {26, {404, 404, 404}},  {27, {502, 502, 404}},
    {28, {484, 484, 484}},  {29, {501, 501, 501}},  {30, {500, 0, 0}},	    {31, {480, 480, 404}},
    {34, {503, 503, 503}},  {38, {503, 503, 503}},  {41, {503, 503, 503}},  {42, {503, 503, 503}},
    {43, {502, 0, 0}},	    {44, {503, 0, 0}},	    {47, {503, 503, 503}},  {49, {503, 0, 0}},
    {50, {403, 0, 0}},	    {52, {403, 0, 0}},	    {54, {403, 0, 0}},	    {55, {403, 403, 403}},
    {57, {403, 403, 403}},  {58, {503, 503, 501}},  {63, {503, 0, 0}},	    {65, {488, 488, 501}},
    {66, {488, 0, 0}},	    {69, {501, 0, 0}},	    {70, {488, 488, 0}},    {79, {501, 501, 501}},
    {81, {500, 0, 0}},	    {82, {500, 0, 0}},	    {87, {403, 403, 503}},  {88, {488, 503, 400}},
    {91, {404, 0, 0}},	    {95, {500, 0, 400}},    {96, {500, 0, 0}},	    {97, {500, 0, 0}},
    {98, {500, 0, 0}},	    {99, {500, 0, 0}},	    {100, {500, 0, 0}},	    {101, {500, 0, 0}},
    {102, {504, 504, 408}}, {111, {500, 500, 400}}, {127, {500, 500, 500}},
};

struct sip_row {
	uint16_t status;
	const char *phrase;
	uint8_t cause[3]; /* by enum cause_map; 0: the default of the table, 31 */
};

static const struct sip_row sip_rows[] = {
    {300, "Multiple Choices", {23, 31, 31}},
    {301, "Moved Permanently", {23, 31, 31}},
    {302, "Moved Temporarily", {23, 31, 31}},
    {305, "Use Proxy", {23, 31, 31}},
    {380, "Alternative Service", {23, 31, 31}},
    {400, "Bad Request", {41, 41, 127}},
    {401, "Unauthorized", {21, 21, 57}},
    {402, "Payment Required", {21, 21, 21}},
    {403, "Forbidden", {21, 21, 57}},
    {404, "Not Found", {1, 1, 1}},
    {405, "Method Not Allowed", {63, 63, 127}},
    {406, "Not Acceptable", {79, 79, 127}},
    {407, "Proxy Authentication Required", {21, 21, 21}},
    {408, "Request Timeout", {102, 102, 102}},
    {409, "Conflict", {41, 31, 41}},
    {410, "Gone", {22, 22, 1}},
    {413, "Request Entity Too Large", {127, 127, 127}},
    {414, "Request-URI Too Long", {127, 127, 127}},
    {415, "Unsupported Media Type", {79, 79, 79}},
    {416, "Unsupported URI Scheme", {127, 127, 127}},
    {420, "Bad Extension", {127, 127, 127}},
    {421, "Extension Required", {127, 127, 127}},
    {422, "Session Interval Too Small", {31, 31, 31}},
    {423, "Interval Too Brief", {127, 127, 127}},
    {428, "Use Identity Header", {21, 31, 31}},
    {429, "Provide Referrer Identity", {21, 31, 31}},
    {433, "Anonymity Disallowed", {21, 31, 31}},
    {436, "Bad Identity Info", {21, 31, 31}},
    {437, "Unsupported Credential", {21, 31, 31}},
    {438, "Invalid Identity Header", {21, 31, 31}},
    {480, "Temporarily Unavailable", {18, 18, 18}},
    {481, "Call/Transaction Does Not Exist", {41, 41, 127}},
    {482, "Loop Detected", {25, 25, 127}},
    {483, "Too Many Hops", {25, 25, 127}},
    {484, "Address Incomplete", {28, 28, 28}},
    {485, "Ambiguous", {1, 1, 1}},
    {486, "Busy Here", {17, 17, 17}},
    {487, "Request Terminated", {31, 31, 127}},
    {488, "Not Acceptable Here", {65, 31, 127}},
    {489, "Bad Event", {31, 31, 31}},
    {491, "Request Pending", {31, 31, 31}},
    {493, "Undecipherable", {65, 31, 127}},
    {500, "Server Internal Error", {41, 41, 41}},
    {501, "Not Implemented", {79, 79, 79}},
    {502, "Bad Gateway", {38, 38, 38}},
    {503, "Service Unavailable", {41, 41, 63}},
    {504, "Server Time-out", {102, 102, 102}},
    {505, "Version Not Supported", {127, 127, 127}},
    {513, "Message Too Large", {127, 127, 127}},
    {580, "Precondition Failure", {47, 31, 47}},
    {600, "Busy Everywhere", {17, 17, 17}},
    {603, "Decline", {21, 21, 21}},
    {604, "Does Not Exist Anywhere", {1, 1, 1}},
    {606, "Not Acceptable", {65, 31, 58}},
    {607, "Unwanted", {21, 31, 31}},
    {608, "Rejected", {21, 31, 31}},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WARNING_BANDWIDTH 370 /* RFC 3261 20.43 */

static const struct cause_row *cause_row(unsigned q850)
{
	for (size_t i = 0; i < COUNT(cause_rows); i++)
		if (cause_rows[i].cause == q850)
			return &cause_rows[i];
	return NULL;
}

static const struct sip_row *sip_row(unsigned status)
{
	for (size_t i = 0; i < COUNT(sip_rows); i++)
		if (sip_rows[i].status == status)
			return &sip_rows[i];
	return NULL;
}

struct cause cause_q850(unsigned q850, unsigned location, enum cause_source source)
{
	struct cause c = {.q850 = q850, .location = location, .source = source};

	return c;
}

unsigned cause_to_sip(enum cause_map map, const struct cause *cause)
{
	const struct cause_row *row = cause_row(cause->q850);

	/* RFC 3398 7.2.4.1: a user who refuses speaks for all his phones. */
	if (cause->q850 == 21 && cause->location == CAUSE_LOCATION_USER && map != CAUSE_MAP_CISCO)
		return 603;
	if (!row || !row->sip[map])
		return sip_default[map];
	return row->sip[map];
}

struct cause cause_from_sip(enum cause_map map, unsigned status, bool alerted, unsigned warning,
			    bool retry_after)
{
	const struct sip_row *row = sip_row(status);
	struct cause c = {.q850 = 31, .sip = status, .source = CAUSE_SOURCE_SIP};

	if (row && row->cause[map])
		c.q850 = row->cause[map];
	if (map == CAUSE_MAP_DEFAULT) {
		if (status == 480 && alerted)
			c.q850 = 19;
		if ((status == 488 || status == 606) && warning == WARNING_BANDWIDTH)
			c.q850 = 47;
		if (status == 503 && retry_after)
			c.q850 = 42;
	}
	c.location = status >= 600 ? CAUSE_LOCATION_USER : CAUSE_LOCATION_PUBLIC_REMOTE;
	return c;
}

/* One value of the list: "Q.850 ;cause=17;text=..." up to, not including, end. */
static unsigned reason_value(const char *value, const char *end)
{
	const char *p;

	while (value < end && isspace((unsigned char)*value))
		value++;
	if (end - value < 5 || strncasecmp(value, "Q.850", 5))
		return 0;
	for (p = value + 5; p < end; p++) {
		unsigned long cause;
		char *rest;
		if (*p != ';')
			continue;
		do
			p++;
		while (p < end && isspace((unsigned char)*p));
		if (end - p < 7 || strncasecmp(p, "cause", 5))
			continue;
		p += 5;
		while (p < end && (isspace((unsigned char)*p) || *p == '='))
			p++;
		if (p == end || !isdigit((unsigned char)*p))
			return 0;
		cause = strtoul(p, &rest, 10);
		return cause >= 1 && cause <= 127 ? cause : 0;
	}
	return 0;
}

unsigned cause_from_reason(const char *value)
{
	const char *start = value, *p;
	bool quoted = false;

	for (p = value;; p++) {
		if (*p == '\\' && quoted && p[1]) {
			p++;
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		if (!*p || (*p == ',' && !quoted)) {
			unsigned cause = reason_value(start, p);
			if (cause)
				return cause;
			start = p + 1;
		}
		if (!*p)
			return 0;
	}
}

int cause_to_reason(const struct cause *cause, char *text, size_t size)
{
	return snprintf(text, size, "Q.850;cause=%u;text=\"%s\"", cause->q850,
			cause_name(cause->q850));
}

const char *cause_name(unsigned q850)
{
	return q850_name(q850);
}

const char *cause_sip_phrase(unsigned status)
{
	const struct sip_row *row = sip_row(status);

	if (status == 200)
		return "OK";
	return row ? row->phrase : "Unknown";
}
