/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * number_plan - numbers as one form inside, and as each trunk wants them outside.
 *
 * `voice number-plan` says once where this site is: its country code, area code and prefixes.
 * number_normalize() at the edge makes international (TON international, plan ISDN, no prefix; text
 * shows it with a +) what is known to be so: by its type of number, by its +, or, where the type is
 * unknown, by the international or national prefix. All else (extensions, private plans, numbers with
 * an access code) stays as it is. number_render() is the way back, per trunk (`number-plan called
 * FORMAT`).
 *
 * Decided here: only digits 0-9 become international, never service codes with * and #; only numbers
 * of plan ISDN or unknown. Where the type is unknown, nothing is taken for a prefix unless the number
 * behind it begins with 1-9 and has, with its country code, NUMBER_PLAN_DIGITS_MIN digits: no number
 * of E.164 has fewer, and extensions, short codes and the beginnings of numbers that are still being
 * dialled stay. A type of number that is told is believed: a prefix that an exchange sends as well is
 * not looked for.
 */
#ifndef DIALPLAN_NUMBER_PLAN_H
#define DIALPLAN_NUMBER_PLAN_H

#include "dialplan/number.h"

#define NUMBER_PLAN_TEXT_MAX 7
#define NUMBER_PLAN_DIGITS_MIN 7 /* behind a prefix, country code included */

struct number_plan {					     /* all empty: nothing is normalised */
	char country_code[NUMBER_PLAN_TEXT_MAX + 1];	     /* "44" */
	char international_prefix[NUMBER_PLAN_TEXT_MAX + 1]; /* "00" */
	char national_prefix[NUMBER_PLAN_TEXT_MAX + 1];	     /* "0"; may be empty */
	char area_code[NUMBER_PLAN_TEXT_MAX + 1];	     /* "20"; empty: TON subscriber stays */
	bool signalled_only; /* `normalize signalled`: prefixes of unknown numbers stay untouched */
};

enum number_format {		   /* how a number known to be international goes out on a trunk */
		     NUMBER_AS_IS, /* TON international, digits with country code; SIP: with + */
		     NUMBER_INTERNATIONAL, /* the same, also where the SIP peer wants no + */
		     NUMBER_NATIONAL, /* own country: TON national without country code; others: as
				 international */
		     NUMBER_SUBSCRIBER, /* own area: TON subscriber without area code; else as national */
		     NUMBER_UNKNOWN, /* TON unknown with national or international prefix */
		     NUMBER_E164, /* digits begin with +, TON unknown: for peers that want it in digits */
};

bool number_plan_is_empty(const struct number_plan *plan);
/* why (may be NULL): "" or one sentence. -EINVAL: not digits, no country code at all, two prefixes
 * that are the same. */
int number_plan_check(const struct number_plan *plan, char *why, size_t why_size);
/* Returns whether it changed. A number that would become too long stays. */
bool number_normalize(const struct number_plan *plan, struct number *number);
/* Numbers that are not TON international are left alone. Returns whether it changed. */
bool number_render(const struct number_plan *plan, enum number_format format,
		   struct number *number);
const char *number_format_name(enum number_format format); /* "national" */
int number_format_from_name(const char *name);		   /* or -EINVAL */

/* A telephone number in a URI. user: of a sip: URI (before any ;), or what follows tel:. context: the
 * phone-context parameter or NULL; one that begins with + is put in front of a local number (RFC 3966
 * 5.1.5) that is nothing but digits, a domain leaves the number local. %xx are the caller's. Errors as
 * number_set(); -EINVAL also for a context that begins with + and is no number. */
int number_from_uri(struct number *n, const char *user, const char *context);

#endif
