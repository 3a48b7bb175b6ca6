// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/site_numbers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/pattern.h"

#define NAME_SIZE (PLAN_PHONE_MAX + 1)

/* ---- dialplan-pattern: E.164 is head + tail, the extension is front + tail */

struct split {
	char head[PEER_PATTERN_MAX + 1], front[PEER_PATTERN_MAX + 1];
	char tail[PEER_PATTERN_MAX + 1]; /* digits and dots */
};

static size_t dots_at_end(const char *text)
{
	size_t length = strlen(text), dots = 0;

	while (dots < length && text[length - 1 - dots] == '.')
		dots++;
	return dots;
}

static bool is_digits(const char *text, const char *allowed)
{
	return strspn(text, allowed) == strlen(text);
}

/* Of a pattern that has been checked. */
static void split(const struct dialplan_pattern *p, struct split *out)
{
	size_t tail =
	    p->extension_pattern[0] ? dots_at_end(p->extension_pattern) : p->extension_length;
	size_t head = strlen(p->pattern) - tail;

	memset(out, 0, sizeof(*out));
	memcpy(out->head, p->pattern, head);
	strcpy(out->tail, p->pattern + head);
	if (p->extension_pattern[0])
		memcpy(out->front, p->extension_pattern, strlen(p->extension_pattern) - tail);
}

int site_numbers_check(const struct dialplan_pattern *p, const char **why)
{
	size_t digits = strlen(p->pattern) - (p->pattern[0] == '+');
	struct split parts;

	*why = NULL;
	if (!is_digits(p->pattern + (p->pattern[0] == '+'), "0123456789.") || !digits ||
	    digits > NUMBER_DIGITS_MAX)
		*why = "expected digits and dots, as in 40833350..";
	else if (p->extension_length > digits)
		*why = "extension-length is more than the pattern has";
	else if (p->extension_pattern[0] && (strlen(p->extension_pattern) != p->extension_length ||
					     !is_digits(p->extension_pattern, "0123456789.") ||
					     !dots_at_end(p->extension_pattern)))
		*why = "expected an extension-pattern of extension-length, digits and then dots";
	if (*why)
		return -EINVAL;
	split(p, &parts);
	if (strchr(parts.head, '.') || strchr(parts.front, '.'))
		*why = "dots are for digits that the extension has too, at its end";
	return *why ? -EINVAL : 0;
}

/* text = begin, and then digits that fit the tail: *rest. */
static bool fits(const char *text, const char *begin, const char *tail, const char **rest)
{
	size_t length = strlen(begin);

	if (strncmp(text, begin, length) != 0 || strlen(text + length) != strlen(tail))
		return false;
	*rest = text + length;
	for (size_t i = 0; tail[i]; i++)
		if ((*rest)[i] < '0' || (*rest)[i] > '9' ||
		    (tail[i] != '.' && tail[i] != (*rest)[i]))
			return false;
	return true;
}

/* The other form of a number. false: it is none of these. */
static bool change(const struct dialplan_pattern *p, bool to_extension, const char *text,
		   char out[NAME_SIZE])
{
	struct split parts;
	const char *rest;

	if (!p->tag)
		return false;
	split(p, &parts);
	if (!fits(text, to_extension ? parts.head : parts.front, parts.tail, &rest))
		return false;
	if (to_extension)
		return snprintf(out, NAME_SIZE, "%s%s", parts.front, rest) < NAME_SIZE;
	return snprintf(out, NAME_SIZE, "%s%s", parts.head, rest) < NAME_SIZE;
}

static bool change_by_any(const struct site_numbers *site, bool to_extension, const char *text,
			  char out[NAME_SIZE])
{
	for (unsigned i = 0; i < DIALPLAN_PATTERNS_MAX; i++)
		if (change(&site->dialplan[i], to_extension, text, out))
			return true;
	return false;
}

bool site_numbers_change(const struct site_numbers *site, bool to_phone, struct number *number)
{
	char text[NUMBER_DIGITS_MAX + 2], changed[NAME_SIZE];
	struct number out;

	number_to_e164(number, text);
	/* ISDN's international numbers are digits, and so may be the pattern */
	if (!change_by_any(site, to_phone, text, changed) &&
	    (text[0] != '+' || !change_by_any(site, to_phone, text + 1, changed)))
		return false;
	if (number_from_e164(&out, changed) < 0)
		return false;
	*number = out;
	return true;
}

/* ---- registered numbers */

static void offer(const struct plan_phone *phone, const char *pattern, plan_phone_fn fn,
		  void *fn_arg)
{
	struct plan_phone offered = *phone;

	if (strlen(pattern) >= sizeof(offered.pattern))
		return;
	strcpy(offered.pattern, pattern);
	fn(fn_arg, &offered);
}

static bool fits_alias(const char *pattern, const char *called)
{
	uint32_t room[PATTERN_SIZE_MAX / sizeof(uint32_t)];

	return pattern_compile_at(room, pattern, NULL, 0) >= 0 &&
	       pattern_match((const struct pattern *)room, called) == PATTERN_FULL;
}

static void find_aliases(const struct site_numbers *site, const struct site_phones *registered,
			 const char *called, plan_phone_fn fn, void *fn_arg)
{
	for (unsigned i = 0; i < ALIASES_MAX; i++) {
		const struct phone_alias *alias = &site->aliases[i];
		struct plan_phone phone;

		if (!alias->tag || (called && !fits_alias(alias->pattern, called)) ||
		    !registered->find(registered->arg, alias->number, &phone))
			continue;
		phone.preference = alias->preference;
		offer(&phone, alias->pattern, fn, fn_arg);
	}
}

struct longer_search {
	const struct site_numbers *site;
	const char *called;
	plan_phone_fn fn;
	void *fn_arg;
};

static bool begins(const struct longer_search *search, const char *number)
{
	size_t length = strlen(search->called);

	return strncmp(number, search->called, length) == 0 && number[length];
}

static bool offer_longer(void *arg, const struct plan_phone *phone)
{
	const struct longer_search *search = arg;
	char e164[NAME_SIZE];

	if (begins(search, phone->name))
		search->fn(search->fn_arg, phone);
	for (unsigned i = 0; i < DIALPLAN_PATTERNS_MAX; i++)
		if (change(&search->site->dialplan[i], false, phone->name, e164) &&
		    begins(search, e164))
			offer(phone, e164, search->fn, search->fn_arg);
	return true;
}

void site_numbers_find(const struct site_numbers *site, const struct site_phones *registered,
		       const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	struct longer_search search = {site, called, fn, fn_arg};
	char extension[NAME_SIZE];
	struct plan_phone phone;

	if (longer) {
		registered->each(registered->arg, offer_longer, &search);
		find_aliases(site, registered, NULL, fn, fn_arg);
		return;
	}
	if (registered->find(registered->arg, called, &phone))
		fn(fn_arg, &phone);
	for (unsigned i = 0; i < DIALPLAN_PATTERNS_MAX; i++)
		if (change(&site->dialplan[i], true, called, extension) &&
		    registered->find(registered->arg, extension, &phone))
			offer(&phone, called, fn, fn_arg);
	find_aliases(site, registered, called, fn, fn_arg);
}
