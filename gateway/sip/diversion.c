// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/diversion.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/name_addr.h"

#define VALUE_MAX 64
#define COUNT_MAX 255
#define UNKNOWN_URI "sip:unknown@unknown.invalid"
#define ANONYMOUS_URI "sip:anonymous@anonymous.invalid"

/* The first row of a reason is the one that is written. Reasons of RFC 5806 that Q.952 has none for
 * are those of who diverts all calls. */
static const struct {
	const char *name;
	enum redirection_reason reason;
} reasons[] = {
    {"unknown", REDIRECTION_UNKNOWN},		{"user-busy", REDIRECTION_BUSY},
    {"no-answer", REDIRECTION_NO_REPLY},	{"deflection", REDIRECTION_DEFLECTION},
    {"unavailable", REDIRECTION_OUT_OF_ORDER},	{"out-of-service", REDIRECTION_OUT_OF_ORDER},
    {"follow-me", REDIRECTION_BY_EQUIPMENT},	{"unconditional", REDIRECTION_UNCONDITIONAL},
    {"time-of-day", REDIRECTION_UNCONDITIONAL}, {"do-not-disturb", REDIRECTION_UNCONDITIONAL},
    {"away", REDIRECTION_UNCONDITIONAL},
};

/* RFC 4458; the first row of a reason is the one that is written. */
static const struct {
	unsigned cause;
	enum redirection_reason reason;
} causes[] = {
    {404, REDIRECTION_UNKNOWN},	      {486, REDIRECTION_BUSY},
    {408, REDIRECTION_NO_REPLY},      {480, REDIRECTION_DEFLECTION},
    {487, REDIRECTION_DEFLECTION},    {503, REDIRECTION_OUT_OF_ORDER},
    {302, REDIRECTION_UNCONDITIONAL}, {302, REDIRECTION_BY_EQUIPMENT},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char *reason_name(unsigned reason)
{
	for (unsigned i = 0; i < COUNT(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].name;
	return "unknown";
}

static unsigned reason_cause(unsigned reason)
{
	for (unsigned i = 0; i < COUNT(causes); i++)
		if (causes[i].reason == reason)
			return causes[i].cause;
	return 404;
}

/* -1: it is no diversion. */
static int reason_of_cause(unsigned long cause)
{
	for (unsigned i = 0; i < COUNT(causes); i++)
		if (causes[i].cause == cause)
			return causes[i].reason;
	return -1;
}

static void read_party(const struct identity_address *address, struct party *out)
{
	const struct identity_view view = {.from = *address};

	identity_from_view(&view, out);
	if (!out->number.digits[0])
		out->presentation = PRESENTATION_UNAVAILABLE;
}

static int copy_text(const char *text, char copy[DIVERSION_TEXT_MAX], struct redirection *out)
{
	size_t n = strlen(text);

	memset(out, 0, sizeof(*out));
	if (n >= DIVERSION_TEXT_MAX) {
		out->count = COUNT_MAX;
		return -EMSGSIZE;
	}
	memcpy(copy, text, n + 1);
	return 0;
}

/* ---- Diversion */

static uint8_t diversion_reason(const char *params)
{
	char value[VALUE_MAX];

	if (!name_addr_param(params, "reason", value, sizeof(value)))
		for (unsigned i = 0; i < COUNT(reasons); i++)
			if (!strcasecmp(value, reasons[i].name))
				return reasons[i].reason;
	return REDIRECTION_UNKNOWN;
}

static unsigned diversion_counter(const char *params)
{
	char value[VALUE_MAX];
	unsigned long counter;

	if (name_addr_param(params, "counter", value, sizeof(value)) || value[0] < '1' ||
	    value[0] > '9')
		return 1;
	counter = strtoul(value, NULL, 10);
	return counter > COUNT_MAX ? COUNT_MAX : counter;
}

static void diversion_party(const struct name_addr *entry, struct party *out)
{
	char value[VALUE_MAX];

	read_party(&entry->address, out);
	if (!name_addr_param(entry->params, "screen", value, sizeof(value)) &&
	    !strcasecmp(value, "yes"))
		out->screening = SCREENING_VERIFIED_PASSED;
	if (name_addr_param(entry->params, "privacy", value, sizeof(value)))
		return;
	if ((!strcasecmp(value, "full") || !strcasecmp(value, "uri")) && out->number.digits[0])
		out->presentation = PRESENTATION_RESTRICTED;
	if (!strcasecmp(value, "full") || !strcasecmp(value, "name"))
		out->name[0] = '\0';
}

int diversion_read(const char *text, struct redirection *out)
{
	char copy[DIVERSION_TEXT_MAX], *rest = copy;
	unsigned count = 0, last = 0;
	struct redirection read;
	struct name_addr entry;

	if (copy_text(text, copy, &read)) {
		*out = read;
		return 0;
	}
	while (name_addr_next(&rest, &entry)) {
		if (!entry.address.scheme)
			continue;
		last = diversion_counter(entry.params);
		diversion_party(&entry, &read.original);
		read.original_reason = diversion_reason(entry.params);
		if (!count) {
			read.from = read.original;
			read.reason = read.original_reason;
		}
		count += last;
	}
	if (!count)
		return -ENOENT;
	if (last > 1) { /* the first diversions are not named */
		memset(&read.original, 0, sizeof(read.original));
		read.original_reason = REDIRECTION_UNKNOWN;
	}
	read.count = count > COUNT_MAX ? COUNT_MAX : count;
	*out = read;
	return 0;
}

/* ---- History-Info */

#define HISTORY_ENTRIES_MAX 128

static int cause_param(const struct name_addr *entry)
{
	char value[VALUE_MAX];
	const char *params = entry->uri_params ? entry->uri_params : entry->address.params;

	if (name_addr_param(params, "cause", value, sizeof(value)))
		return -1;
	return reason_of_cause(strtoul(value, NULL, 10));
}

/* As RFC 4244 has it: Reason=SIP;cause=302 in the URI of who diverted. */
static int embedded_reason(const struct name_addr *entry)
{
	char reason[2 * VALUE_MAX], value[VALUE_MAX];

	if (name_addr_header(entry->uri_headers, "Reason", reason, sizeof(reason)) ||
	    strncasecmp(reason, "SIP", 3) ||
	    name_addr_param(strchr(reason, ';'), "cause", value, sizeof(value)))
		return -1;
	return reason_of_cause(strtoul(value, NULL, 10));
}

static const struct name_addr *entry_of_index(const struct name_addr *entries, unsigned count,
					      const char *index)
{
	char value[VALUE_MAX];

	for (unsigned i = 0; i < count; i++)
		if (!name_addr_param(entries[i].params, "index", value, sizeof(value)) &&
		    !strcmp(value, index))
			return &entries[i];
	return NULL;
}

/* Who diverted the call to the i-th entry. */
static const struct name_addr *diverter_of(const struct name_addr *entries, unsigned i)
{
	const struct name_addr *found = NULL;
	char mapped[VALUE_MAX];

	if (!name_addr_param(entries[i].params, "mp", mapped, sizeof(mapped)))
		found = entry_of_index(entries, i, mapped);
	return found ? found : &entries[i - 1];
}

static void history_party(const struct name_addr *entry, bool restricted, struct party *out)
{
	char value[VALUE_MAX];

	read_party(&entry->address, out);
	if (!name_addr_header(entry->uri_headers, "Privacy", value, sizeof(value)) &&
	    strcasecmp(value, "none"))
		restricted = true;
	if (!restricted)
		return;
	if (out->number.digits[0])
		out->presentation = PRESENTATION_RESTRICTED;
	out->name[0] = '\0';
}

static void history_add(struct redirection *read, const struct name_addr *diverter, int reason,
			bool restricted)
{
	history_party(diverter, restricted, &read->from);
	read->reason = reason;
	if (read->count++ > 0)
		return;
	read->original = read->from;
	read->original_reason = reason;
}

int history_read(const char *text, bool restricted, struct redirection *out)
{
	struct name_addr entries[HISTORY_ENTRIES_MAX];
	char copy[DIVERSION_TEXT_MAX], *rest = copy;
	struct redirection read;
	unsigned count = 0;
	bool by_cause;

	if (copy_text(text, copy, &read)) {
		*out = read;
		return 0;
	}
	while (count < HISTORY_ENTRIES_MAX && name_addr_next(&rest, &entries[count]))
		if (entries[count].address.scheme)
			count++;
	for (unsigned i = 1; i < count; i++)
		if (cause_param(&entries[i]) >= 0)
			history_add(&read, diverter_of(entries, i), cause_param(&entries[i]),
				    restricted);
	by_cause = read.count > 0;
	for (unsigned i = 0; i + 1 < count && !by_cause; i++)
		if (embedded_reason(&entries[i]) >= 0)
			history_add(&read, &entries[i], embedded_reason(&entries[i]), restricted);
	if (!read.count)
		return -ENOENT;
	*out = read;
	return 0;
}

/* ---- writing */

static bool is_hidden(const struct party *party, const struct identity_style *style)
{
	return party->presentation == PRESENTATION_RESTRICTED &&
	       style->options->asserted_id == SIP_ASSERTED_ID_NONE;
}

static void write_uri(const struct party *party, const struct identity_style *style, char *uri,
		      size_t size)
{
	char user[IDENTITY_USER_MAX];

	identity_user(&party->number, user);
	if (is_hidden(party, style))
		snprintf(uri, size, ANONYMOUS_URI);
	else if (!user[0])
		snprintf(uri, size, UNKNOWN_URI);
	else
		snprintf(uri, size, "sip:%s@%s%s", user, style->host,
			 style->options->user_phone == SIP_SWITCH_ON ? ";user=phone" : "");
}

static void write_diversion(const struct party *party, unsigned reason, unsigned counter,
			    const struct identity_style *style, struct header_lines *lines)
{
	char display[IDENTITY_DISPLAY_MAX] = "", uri[IDENTITY_HEADER_MAX];
	bool restricted = party->presentation == PRESENTATION_RESTRICTED;
	bool screened =
	    party->screening == SCREENING_VERIFIED_PASSED || party->screening == SCREENING_NETWORK;

	if (!restricted)
		identity_write_display(party->name, display);
	write_uri(party, style, uri, sizeof(uri));
	header_lines_printf(lines, "Diversion", "%s<%s>;reason=%s;counter=%u;privacy=%s;screen=%s",
			    display, uri, reason_name(reason), counter, restricted ? "full" : "off",
			    screened ? "yes" : "no");
}

static bool is_stripped(const struct redirection *redirection, const struct identity_style *style,
			uint8_t policy)
{
	return style->options->privacy_policy & policy &&
	       (redirection->from.presentation == PRESENTATION_RESTRICTED ||
		redirection->original.presentation == PRESENTATION_RESTRICTED ||
		style->options->privacy & SIP_PRIVACY_HISTORY);
}

static unsigned written_count(const struct redirection *redirection)
{
	return redirection->count < DIVERSION_COUNT_MAX ? redirection->count : DIVERSION_COUNT_MAX;
}

void diversion_write(const struct redirection *redirection, const struct identity_style *style,
		     struct header_lines *lines)
{
	unsigned count = written_count(redirection);
	bool original = count > 1 && redirection->original.number.digits[0];

	if (!count || is_stripped(redirection, style, SIP_PRIVACY_POLICY_STRIP_DIVERSION))
		return;
	write_diversion(&redirection->from, redirection->reason, original ? count - 1 : count,
			style, lines);
	if (original)
		write_diversion(&redirection->original, redirection->original_reason, 1, style,
				lines);
}

/* The i-th entry of count diversions; the last one is where the call goes. */
static const struct party *history_entry(const struct redirection *redirection, unsigned i,
					 unsigned count)
{
	static const struct party unknown;

	if (i + 1 == count)
		return &redirection->from;
	return i == 0 ? &redirection->original : &unknown;
}

void history_write(const struct redirection *redirection, const struct identity_style *style,
		   const char *uri, struct header_lines *lines)
{
	unsigned count = written_count(redirection);
	char text[IDENTITY_HEADER_MAX],
	    index[2 * DIVERSION_COUNT_MAX + 4] = "1", cause[16] = "",
					    mapped[sizeof(index) + 8] = "";

	if (!count || is_stripped(redirection, style, SIP_PRIVACY_POLICY_STRIP_HISTORY))
		return;
	for (unsigned i = 0; i <= count; i++) {
		const struct party *party = i < count ? history_entry(redirection, i, count) : NULL;
		bool restricted = party && party->presentation == PRESENTATION_RESTRICTED;
		unsigned reason = i + 1 == count ? redirection->reason
				  : i == 0	 ? redirection->original_reason
						 : REDIRECTION_UNKNOWN;

		if (party)
			write_uri(party, style, text, sizeof(text));
		header_lines_printf(lines, "History-Info", "<%s%s%s>;index=%s%s",
				    party ? text : uri, cause, restricted ? "?Privacy=history" : "",
				    index, mapped);
		snprintf(cause, sizeof(cause), ";cause=%u", reason_cause(reason));
		snprintf(mapped, sizeof(mapped), ";mp=%s", index);
		strcat(index, ".1");
	}
}
