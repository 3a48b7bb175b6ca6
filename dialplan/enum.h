/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * enum - telephone numbers to SIP URIs through the DNS (ENUM, RFC 6116): the rules, not the asking.
 *
 * enum_questions() makes of a called number the domain names to ask for NAPTR records, as the rules
 * of `voice enum-match-table` say; enum_choose() makes of the records that came the URIs to call, best
 * first. Records are the word of a stranger: what is wrong, useless or made to do harm is left out,
 * with a reason, and the rest is used. libc only.
 */
#ifndef DIALPLAN_ENUM_H
#define DIALPLAN_ENUM_H

#include "dialplan/classes.h"
#include "dialplan/peer.h"

#define ENUM_STRING_MAX 255 /* a character string of the DNS, RFC 1035 3.3 */
#define ENUM_RECORDS_MAX 32 /* of one answer; what is beyond is not looked at */
#define ENUM_URIS_MAX 8	    /* of one answer */
#define ENUM_URI_MAX 255
#define ENUM_HOST_MAX 253
#define ENUM_DIGITS_MAX 32 /* E.164 has 15; a private tree may have more */
#define ENUM_DOMAIN_MAX (2 * ENUM_DIGITS_MAX + 63)

struct enum_question {
	unsigned rule;			  /* number of the rule that made it */
	char number[ENUM_DIGITS_MAX + 2]; /* the Application Unique String: "+14085551234" */
	char domain[ENUM_DOMAIN_MAX + 1]; /* "4.3.2.1.5.5.5.8.0.4.1.e164.arpa" */
};

struct enum_record { /* NAPTR, RFC 3403 4.1 */
	uint16_t order, preference;
	char flags[ENUM_STRING_MAX + 1], service[ENUM_STRING_MAX + 1], regexp[ENUM_STRING_MAX + 1];
};

struct enum_records {
	unsigned count;
	struct enum_record records[ENUM_RECORDS_MAX];
};

struct enum_uri {
	char text[ENUM_URI_MAX + 1];   /* whole, fit for a request: "sip:info@example.com" */
	bool secure;		       /* sips */
	char host[ENUM_HOST_MAX + 1];  /* without brackets */
	uint16_t port;		       /* 0: none */
	enum peer_transport transport; /* its transport parameter; SYSTEM: none */
};

/* Is this a rule? -EINVAL and one sentence in why. */
int enum_rule_check(const char *match, const char *replace, const char *domain, char *why,
		    size_t why_size);
/* What to ask, in the order in which to ask until one answers; returns how many, 0 if no rule fits.
 * Each rule sees called as it is ("+14085551234", "914085551234"); of what it makes only the digits
 * count, and a rule that makes anything but a number is passed over. */
unsigned enum_questions(const struct enum_table *table, const char *called,
			struct enum_question out[ENUM_RULES_MAX]);

/* why: what is wrong with the record, or NULL: it gave uri. In order of preference. */
typedef void (*enum_note)(void *arg, const struct enum_record *record, const char *why,
			  const struct enum_uri *uri);
/* Orders the records by order, then preference, and fills uris with what they give: terminal rules
 * (flag u) for service E2U+sip, alone or among others, or sip+E2U of RFC 2916. Returns how many. note
 * may be NULL. */
unsigned enum_choose(struct enum_records *records, const char *number,
		     struct enum_uri uris[ENUM_URIS_MAX], enum_note note, void *arg);

#endif
