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

static bool offer(const struct plan_phone *phone, const char *pattern, plan_phone_fn fn,
		  void *fn_arg)
{
	struct plan_phone offered = *phone;

	if (strlen(pattern) >= sizeof(offered.pattern))
		return true;
	strcpy(offered.pattern, pattern);
	return fn(fn_arg, &offered);
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

/* ---- numbers that go on */

struct e164_search { /* of the extensions of one dialplan-pattern */
	const struct dialplan_pattern *pattern;
	const char *called;
	plan_phone_fn fn;
	void *fn_arg;
};

static bool offer_e164(void *arg, const struct plan_phone *phone)
{
	const struct e164_search *search = arg;
	size_t length = strlen(search->called);
	char e164[NAME_SIZE];

	if (!change(search->pattern, false, phone->name, e164) ||
	    strncmp(e164, search->called, length) != 0 || !e164[length])
		return true;
	return offer(phone, e164, search->fn, search->fn_arg);
}

/* What extensions begin with whose E.164 numbers begin with called. false: there are none. */
static bool extensions_begin(const struct split *parts, const char *called, char out[NAME_SIZE])
{
	size_t length = strlen(called), head = strlen(parts->head);
	const char *rest = length > head ? called + head : parts->tail;
	size_t rest_length = length > head ? strlen(rest) : strcspn(parts->tail, ".");

	return strncmp(called, parts->head, length < head ? length : head) == 0 &&
	       snprintf(out, NAME_SIZE, "%s%.*s", parts->front, (int)rest_length, rest) < NAME_SIZE;
}

static void find_longer(const struct site_numbers *site, const struct site_phones *registered,
			const char *called, plan_phone_fn fn, void *fn_arg)
{
	registered->begin(registered->arg, called, 0, fn, fn_arg);
	for (unsigned i = 0; i < DIALPLAN_PATTERNS_MAX; i++) {
		struct e164_search search = {&site->dialplan[i], called, fn, fn_arg};
		char begin[NAME_SIZE];
		struct split parts;

		if (!search.pattern->tag)
			continue;
		split(search.pattern, &parts);
		if (extensions_begin(&parts, called, begin))
			registered->begin(registered->arg, begin,
					  strlen(parts.front) + strlen(parts.tail), offer_e164,
					  &search);
	}
	find_aliases(site, registered, NULL, fn, fn_arg);
}

void site_numbers_find(const struct site_numbers *site, const struct site_phones *registered,
		       const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	char extension[NAME_SIZE];
	struct plan_phone phone;

	if (longer) {
		find_longer(site, registered, called, fn, fn_arg);
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
