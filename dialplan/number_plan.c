// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/number_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

#define COUNTRY_CODE_MAX 3 /* E.164 6.2.1 */

bool number_plan_is_empty(const struct number_plan *plan)
{
	return plan->country_code[0] == '\0';
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *number_plan_mistake(const struct number_plan *plan)
{
	if (plan->country_code[strspn(plan->country_code, DIGITS)] != '\0')
		return "the country code has to be digits";
	if (plan->country_code[0] == '0' || strlen(plan->country_code) > COUNTRY_CODE_MAX)
		return "a country code has one to three digits and does not begin with 0";
	if (plan->area_code[strspn(plan->area_code, DIGITS)] != '\0')
		return "the area code has to be digits";
	if (plan->international_prefix[strspn(plan->international_prefix, DIGITS)] != '\0' ||
	    plan->national_prefix[strspn(plan->national_prefix, DIGITS)] != '\0')
		return "a prefix has to be digits";
	if (plan->country_code[0] == '\0' &&
	    (plan->international_prefix[0] != '\0' || plan->national_prefix[0] != '\0' ||
	     plan->area_code[0] != '\0'))
		return "prefixes and area code need a country code";
	if (plan->national_prefix[0] != '\0' &&
	    strcmp(plan->national_prefix, plan->international_prefix) == 0)
		return "national and international prefix are the same";
	return NULL;
}

int number_plan_check(const struct number_plan *plan, char *why, size_t why_size)
{
	const char *mistake = number_plan_mistake(plan);

	if (why && why_size)
		snprintf(why, why_size, "%s", mistake ? mistake : "");
	return mistake ? -EINVAL : 0;
}

/* ---- inwards */

/* Private plans, telex and data have no country codes. */
static bool number_is_telephone(const struct number *number)
{
	return number->npi == NPI_UNKNOWN || number->npi == NPI_ISDN;
}

/* Country and area may be "". Nothing but digits becomes international. */
static bool number_make_international(struct number *number, const char *country, const char *area,
				      const char *rest)
{
	char digits[NUMBER_DIGITS_MAX + 1];
	int length;

	if (rest[0] == '\0' || rest[strspn(rest, DIGITS)] != '\0')
		return false;
	length = snprintf(digits, sizeof(digits), "%s%s%s", country, area, rest);
	if (length < 0 || (size_t)length >= sizeof(digits))
		return false;
	memcpy(number->digits, digits, (size_t)length + 1);
	number->ton = TON_INTERNATIONAL;
	number->npi = NPI_ISDN;
	return true;
}

/* What follows prefix in digits, or NULL: it does not begin so, or what follows is no number. country
 * is what will be put in front. */
static const char *number_behind(const char *digits, const char *prefix, const char *country)
{
	const char *rest;

	if (prefix[0] == '\0' || !begins_with(digits, prefix))
		return NULL;
	rest = digits + strlen(prefix);
	if (rest[0] < '1' || rest[0] > '9')
		return NULL;
	return strlen(country) + strlen(rest) >= NUMBER_PLAN_DIGITS_MIN ? rest : NULL;
}

static bool number_normalize_dialled(const struct number_plan *plan, struct number *number)
{
	const char *abroad = number_behind(number->digits, plan->international_prefix, "");
	const char *inland =
	    number_behind(number->digits, plan->national_prefix, plan->country_code);

	if (abroad && inland && abroad < inland) /* the longer prefix is meant */
		abroad = NULL;
	if (abroad)
		return number_make_international(number, "", "", abroad);
	return inland && number_make_international(number, plan->country_code, "", inland);
}

bool number_normalize(const struct number_plan *plan, struct number *number)
{
	if (number_plan_is_empty(plan) || !number_is_telephone(number))
		return false;
	if (number->digits[0] == '+')
		return number_make_international(number, "", "", number->digits + 1);
	switch (number->ton) {
	case TON_NATIONAL:
		return number_make_international(number, plan->country_code, "", number->digits);
	case TON_SUBSCRIBER:
		return plan->area_code[0] != '\0' &&
		       number_make_international(number, plan->country_code, plan->area_code,
						 number->digits);
	case TON_UNKNOWN:
		return !plan->signalled_only && number_normalize_dialled(plan, number);
	default:
		return false;
	}
}

/* ---- outwards */

static bool number_become(struct number *number, enum number_ton ton, const char *prefix,
			  const char *rest)
{
	char digits[NUMBER_DIGITS_MAX + 1];
	int length = snprintf(digits, sizeof(digits), "%s%s", prefix, rest);

	if (rest[0] == '\0' || length < 0 || (size_t)length >= sizeof(digits))
		return false;
	if (number->ton == ton && strcmp(number->digits, digits) == 0)
		return false;
	memcpy(number->digits, digits, (size_t)length + 1);
	number->ton = ton;
	return true;
}

static bool number_render_subscriber(const struct number_plan *plan, struct number *number,
				     const char *inland)
{
	size_t area = strlen(plan->area_code);

	if (area > 0 && begins_with(inland, plan->area_code) && inland[area] != '\0')
		return number_become(number, TON_SUBSCRIBER, "", inland + area);
	return number_become(number, TON_NATIONAL, "", inland);
}

bool number_render(const struct number_plan *plan, enum number_format format, struct number *number)
{
	const char *digits = number->digits + (number->digits[0] == '+');
	const char *inland = NULL; /* own country: the number without its code */

	if (number->ton != TON_INTERNATIONAL || !number_is_telephone(number))
		return false;
	if (plan->country_code[0] != '\0' && begins_with(digits, plan->country_code) &&
	    digits[strlen(plan->country_code)] != '\0')
		inland = digits + strlen(plan->country_code);
	switch (format) {
	case NUMBER_AS_IS:
		return false;
	case NUMBER_E164:
		return number_become(number, TON_UNKNOWN, "+", digits);
	case NUMBER_NATIONAL:
		if (inland)
			return number_become(number, TON_NATIONAL, "", inland);
		break;
	case NUMBER_SUBSCRIBER:
		if (inland)
			return number_render_subscriber(plan, number, inland);
		break;
	case NUMBER_UNKNOWN:
		if (inland)
			return number_become(number, TON_UNKNOWN, plan->national_prefix, inland);
		if (plan->international_prefix[0] != '\0')
			return number_become(number, TON_UNKNOWN, plan->international_prefix,
					     digits);
		break;
	case NUMBER_INTERNATIONAL:
		break;
	}
	return number_become(number, TON_INTERNATIONAL, "", digits);
}

static const char *const number_formats[] = {
    [NUMBER_AS_IS] = "as-is",	    [NUMBER_INTERNATIONAL] = "international",
    [NUMBER_NATIONAL] = "national", [NUMBER_SUBSCRIBER] = "subscriber",
    [NUMBER_UNKNOWN] = "unknown",   [NUMBER_E164] = "e164",
};

const char *number_format_name(enum number_format format)
{
	return number_formats[format];
}

int number_format_from_name(const char *name)
{
	for (int i = NUMBER_AS_IS; i <= NUMBER_E164; i++)
		if (strcmp(name, number_formats[i]) == 0)
			return i;
	return -EINVAL;
}

/* ---- URIs */

/* RFC 3966: a phone-context that is the beginning of a global number, "+44" or "+1-914-555". */
static int number_from_context(struct number *n, const char *user, const char *context)
{
	struct number beginning, local;
	int rc = number_from_e164(&beginning, context);

	if (rc == 0)
		rc = number_from_e164(&local, user);
	if (rc == 0 && beginning.digits[strspn(beginning.digits, DIGITS)] != '\0')
		rc = -EINVAL;
	if (rc < 0)
		return rc;
	/* service codes (*21#) and an empty number have their meaning only where they are */
	if (local.digits[0] != '\0' && local.digits[strspn(local.digits, DIGITS)] == '\0' &&
	    !number_make_international(&local, beginning.digits, "", local.digits))
		return -EMSGSIZE;
	*n = local;
	return 0;
}

int number_from_uri(struct number *n, const char *user, const char *context)
{
	bool is_global = user[strspn(user, "-. ()")] == '+';

	if (is_global || !context || context[0] != '+')
		return number_from_e164(n, user);
	return number_from_context(n, user, context);
}
