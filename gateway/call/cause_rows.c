// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The built-in tables. Sources: RFC 3398 sections 7.2.4.1 and 8.2.6.1, the mapping tables in the
 * manuals of Cisco IOS and of AudioCodes gateways, the IANA registry of SIP response codes. The
 * default column differs from RFC 3398 where a gateway must let the proxy try elsewhere (or stop it
 * from doing so), and knows what came after it.
 */
#include "gateway/call/cause_table.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define COLUMNS (CAUSE_MAP_COUNT - CAUSE_MAP_DEFAULT)

struct cause_row {
	uint8_t cause;
	uint16_t sip[COLUMNS]; /* default, rfc3398, cisco, audiocodes; 0: as what has no row */
};

static const struct cause_row cause_rows[] = {
    {1, {404, 404, 404, 404}},	 {2, {404, 404, 404, 404}},   {3, {404, 404, 404, 404}},
    {4, {404, 0, 0, 400}},	 {5, {404, 0, 0, 400}},	      {6, {503, 0, 0, 406}},
    {7, {500, 0, 0, 500}},	 {8, {503, 0, 0, 480}},	      {9, {503, 0, 0, 488}},
    {16, {480, 480, 480, 480}},	 {17, {486, 486, 486, 486}},  {18, {408, 408, 480, 408}},
    {19, {480, 480, 480, 480}},	 {20, {480, 480, 480, 480}},  {21, {403, 403, 403, 403}},
    {22, {410, 410, 410, 410}},	 {23, {410, 410, 0, 400}},    {25, {483, 0, 0, 400}},
    {26, {404, 404, 404, 404}},	 {27, {502, 502, 404, 502}},  {28, {484, 484, 484, 484}},
    {29, {501, 501, 501, 501}},	 {30, {500, 0, 0, 501}},      {31, {480, 480, 404, 480}},
    {34, {503, 503, 503, 503}},	 {38, {503, 503, 503, 503}},  {41, {503, 503, 503, 503}},
    {42, {503, 503, 503, 503}},	 {43, {502, 0, 0, 502}},      {44, {503, 0, 0, 503}},
    {47, {503, 503, 503, 503}},	 {49, {503, 0, 0, 503}},      {50, {403, 0, 0, 503}},
    {52, {403, 0, 0, 0}},	 {54, {403, 0, 0, 0}},	      {55, {403, 403, 403, 403}},
    {57, {403, 403, 403, 403}},	 {58, {503, 503, 501, 503}},  {63, {503, 0, 0, 503}},
    {65, {488, 488, 501, 501}},	 {66, {488, 0, 0, 480}},      {69, {501, 0, 0, 503}},
    {70, {488, 488, 0, 503}},	 {79, {501, 501, 501, 501}},  {81, {500, 0, 0, 502}},
    {82, {500, 0, 0, 502}},	 {87, {403, 403, 503, 503}},  {88, {488, 503, 400, 503}},
    {91, {404, 0, 0, 502}},	 {95, {500, 0, 400, 503}},    {96, {500, 0, 0, 409}},
    {97, {500, 0, 0, 480}},	 {98, {500, 0, 0, 409}},      {99, {500, 0, 0, 480}},
    {100, {500, 0, 0, 501}},	 {101, {500, 0, 0, 503}},     {102, {504, 504, 408, 408}},
    {111, {500, 500, 400, 500}}, {127, {500, 500, 500, 500}},
};

struct sip_row {
	uint16_t status;
	const char *phrase;
	uint8_t cause[COLUMNS];
};

static const struct sip_row sip_rows[] = {
    {300, "Multiple Choices", {23, 31, 31, 31}},
    {301, "Moved Permanently", {23, 31, 31, 31}},
    {302, "Moved Temporarily", {23, 31, 31, 31}},
    {305, "Use Proxy", {23, 31, 31, 31}},
    {380, "Alternative Service", {23, 31, 31, 31}},
    {400, "Bad Request", {41, 41, 127, 31}},
    {401, "Unauthorized", {21, 21, 57, 21}},
    {402, "Payment Required", {21, 21, 21, 21}},
    {403, "Forbidden", {21, 21, 57, 21}},
    {404, "Not Found", {1, 1, 1, 1}},
    {405, "Method Not Allowed", {63, 63, 127, 63}},
    {406, "Not Acceptable", {79, 79, 127, 79}},
    {407, "Proxy Authentication Required", {21, 21, 21, 21}},
    {408, "Request Timeout", {102, 102, 102, 102}},
    {409, "Conflict", {41, 31, 41, 41}},
    {410, "Gone", {22, 22, 1, 22}},
    {412, "Conditional Request Failed", {0}},
    {413, "Request Entity Too Large", {127, 127, 127, 127}},
    {414, "Request-URI Too Long", {127, 127, 127, 127}},
    {415, "Unsupported Media Type", {79, 79, 79, 79}},
    {416, "Unsupported URI Scheme", {127, 127, 127, 127}},
    {417, "Unknown Resource-Priority", {0}},
    {420, "Bad Extension", {127, 127, 127, 127}},
    {421, "Extension Required", {127, 127, 127, 127}},
    {422, "Session Interval Too Small", {31, 31, 31, 31}},
    {423, "Interval Too Brief", {127, 127, 127, 127}},
    {424, "Bad Location Information", {0}},
    {425, "Bad Alert Message", {0}},
    {428, "Use Identity Header", {21, 31, 31, 31}},
    {429, "Provide Referrer Identity", {21, 31, 31, 31}},
    {430, "Flow Failed", {0}},
    {433, "Anonymity Disallowed", {21, 31, 31, 31}},
    {436, "Bad Identity Info", {21, 31, 31, 31}},
    {437, "Unsupported Credential", {21, 31, 31, 31}},
    {438, "Invalid Identity Header", {21, 31, 31, 31}},
    {439, "First Hop Lacks Outbound Support", {0}},
    {440, "Max-Breadth Exceeded", {0}},
    {469, "Bad Info Package", {0}},
    {470, "Consent Needed", {0}},
    {480, "Temporarily Unavailable", {18, 18, 18, 18}},
    {481, "Call/Transaction Does Not Exist", {41, 41, 127, 127}},
    {482, "Loop Detected", {25, 25, 127, 127}},
    {483, "Too Many Hops", {25, 25, 127, 127}},
    {484, "Address Incomplete", {28, 28, 28, 28}},
    {485, "Ambiguous", {1, 1, 1, 1}},
    {486, "Busy Here", {17, 17, 17, 17}},
    {487, "Request Terminated", {31, 31, 127, 31}},
    {488, "Not Acceptable Here", {65, 31, 127, 31}},
    {489, "Bad Event", {31, 31, 31, 31}},
    {491, "Request Pending", {31, 31, 31, 31}},
    {493, "Undecipherable", {65, 31, 127, 31}},
    {494, "Security Agreement Required", {0}},
    {500, "Server Internal Error", {41, 41, 41, 41}},
    {501, "Not Implemented", {79, 79, 79, 38}},
    {502, "Bad Gateway", {38, 38, 38, 38}},
    {503, "Service Unavailable", {41, 41, 63, 41}},
    {504, "Server Time-out", {102, 102, 102, 102}},
    {505, "Version Not Supported", {127, 127, 127, 127}},
    {513, "Message Too Large", {127, 127, 127, 31}},
    {555, "Push Notification Service Not Supported", {0}},
    {580, "Precondition Failure", {47, 31, 47, 31}},
    {600, "Busy Everywhere", {17, 17, 17, 17}},
    {603, "Decline", {21, 21, 21, 21}},
    {604, "Does Not Exist Anywhere", {1, 1, 1, 1}},
    {606, "Not Acceptable", {65, 31, 58, 31}},
    {607, "Unwanted", {21, 31, 31, 31}},
    {608, "Rejected", {21, 31, 31, 31}},
};

static const struct sip_row *sip_row(unsigned status)
{
	for (size_t i = 0; i < COUNT(sip_rows); i++)
		if (sip_rows[i].status == status)
			return &sip_rows[i];
	return NULL;
}

unsigned cause_map_sip(enum cause_map map, unsigned q850)
{
	for (size_t i = 0; i < COUNT(cause_rows); i++)
		if (cause_rows[i].cause == q850)
			return cause_rows[i].sip[map - CAUSE_MAP_DEFAULT];
	return 0;
}

unsigned cause_map_q850(enum cause_map map, unsigned status)
{
	const struct sip_row *row = sip_row(status);

	return row ? row->cause[map - CAUSE_MAP_DEFAULT] : 0;
}

unsigned cause_map_other_sip(enum cause_map map)
{
	return 500;
}

unsigned cause_map_other_q850(enum cause_map map, unsigned status)
{
	if (map == CAUSE_MAP_DEFAULT)
		return cause_map_q850(map, status / 100 * 100);
	return 31;
}

const char *cause_map_name(enum cause_map map)
{
	static const char *const names[CAUSE_MAP_COUNT] = {
	    [CAUSE_MAP_UNSET] = "",
	    [CAUSE_MAP_DEFAULT] = "default",
	    [CAUSE_MAP_RFC3398] = "rfc3398",
	    [CAUSE_MAP_CISCO] = "cisco",
	    [CAUSE_MAP_AUDIOCODES] = "audiocodes",
	};

	return map < CAUSE_MAP_COUNT ? names[map] : "";
}

bool cause_sip_is_known(unsigned status)
{
	return sip_row(status) != NULL;
}

const char *cause_sip_phrase(unsigned status)
{
	const struct sip_row *row = sip_row(status);

	if (status == 200)
		return "OK";
	return row ? row->phrase : "Unknown";
}
