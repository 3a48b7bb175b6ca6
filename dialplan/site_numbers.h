/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * site_numbers - numbers of the site's telephones for the dial plan: a registered number as it stands, its E.164
 * form by `dialplan-pattern`, and `alias`es, which are there as long as the number behind them is
 * registered.
 *
 *	dialplan-pattern 1 40833350.. extension-length 4
 *		5044 is called by 4083335044 too; a telephone 5044 that calls others is 4083335044 there
 *	dialplan-pattern 2 +4930555.... extension-length 5 extension-pattern 7....
 *		71234 is +49305551234
 *	alias 1 60.. to 5001
 *
 * Plain data that the configuration fills in and lends. Who is registered says a struct site_phones:
 * the location service in the gateway, a list in `sipspan explain`.
 */
#ifndef DIALPLAN_SITE_NUMBERS_H
#define DIALPLAN_SITE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "dialplan/plan.h"

#define DIALPLAN_PATTERNS_MAX 10
#define ALIASES_MAX 50

struct dialplan_pattern {
	unsigned tag; /* 0: unused */
	/* Digits, perhaps a + in front, and at the end one . for each digit that all extensions do not
	 * share. */
	char pattern[PEER_PATTERN_MAX + 1];
	unsigned extension_length;
	char extension_pattern[PEER_PATTERN_MAX + 1]; /* empty: the last digits of pattern */
};

struct phone_alias {
	unsigned tag; /* 0: unused */
	char pattern[PEER_PATTERN_MAX + 1];
	char number[NUMBER_DIGITS_MAX + 2];
	uint8_t preference;
};

struct site_numbers {
	struct dialplan_pattern dialplan[DIALPLAN_PATTERNS_MAX]; /* the first that fits counts */
	struct phone_alias aliases[ALIASES_MAX];
	char default_destination[NUMBER_DIGITS_MAX + 2]; /* empty: none; perhaps with + */
	char voicemail[NUMBER_DIGITS_MAX + 2];
};

struct site_phones {
	void *arg;
	/* *out: its own number, as a pattern. false: it is not registered. */
	bool (*find)(void *arg, const char *name, struct plan_phone *out);
	/* Those whose names begin so and have this length, or any, at least one more, if it is 0; the
	 * shortest first. fn returns false to stop. */
	void (*begin)(void *arg, const char *begin, size_t length, plan_phone_fn fn, void *fn_arg);
};

/* A dialplan-pattern that can be used? 0, or -EINVAL and why: words behind the command. */
int site_numbers_check(const struct dialplan_pattern *pattern, const char **why);
/* As `phones` of struct plan_request. */
void site_numbers_find(const struct site_numbers *site, const struct site_phones *registered,
		       const char *called, bool longer, plan_phone_fn fn, void *fn_arg);
/* As its `site_number`. */
bool site_numbers_change(const struct site_numbers *site, bool to_phone, struct number *number);

#endif
