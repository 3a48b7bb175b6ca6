// SPDX-License-Identifier: GPL-2.0-or-later
/* voice number-plan: one form inside, and as each trunk wants it outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/number_plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DIGITS_30 "123456789012345678901234567890"
#define DIGITS_32 DIGITS_30 "12"

#define UNKNOWN TON_UNKNOWN, NPI_ISDN
#define INTERNATIONAL TON_INTERNATIONAL, NPI_ISDN
#define NATIONAL TON_NATIONAL, NPI_ISDN
#define SUBSCRIBER TON_SUBSCRIBER, NPI_ISDN

static const struct number_plan uk = {"44", "00", "0", "20"};
static const struct number_plan us = {"1", "011", "1", "408"};
static const struct number_plan de = {"49", "00", "0", "30"};
static const struct number_plan it = {"39", "00", "", "06"};
static const struct number_plan no_area = {"44", "00", "0", ""};
static const struct number_plan code_only = {"44", "", "", ""};
static const struct number_plan signalled = {"44", "00", "0", "20", .signalled_only = true};
static const struct number_plan none;

static void makes_international_what_is_known_to_be(void **state)
{
	static const struct {
		const struct number_plan *plan;
		struct number number;
		const char *international; /* NULL: stays as it is */
	} cases[] = {
	    /* by type of number */
	    {&uk, {"2079460000", NATIONAL}, "442079460000"},
	    {&uk, {"79460000", SUBSCRIBER}, "442079460000"},
	    {&us, {"4085550100", NATIONAL}, "14085550100"},
	    {&us, {"5550100", SUBSCRIBER}, "14085550100"},
	    {&de, {"3022730", NATIONAL}, "493022730"},
	    {&de, {"22730", SUBSCRIBER}, "493022730"},
	    {&it, {"0669821", NATIONAL}, "390669821"},
	    {&it, {"69821", SUBSCRIBER}, "390669821"},
	    {&uk, {"2079460000", TON_NATIONAL, NPI_UNKNOWN}, "442079460000"},
	    {&no_area, {"79460000", SUBSCRIBER}, NULL},
	    {&code_only, {"2079460000", NATIONAL}, "442079460000"},
	    /* by prefix */
	    {&uk, {"02079460000", UNKNOWN}, "442079460000"},
	    {&uk, {"0014085550100", UNKNOWN}, "14085550100"},
	    {&uk, {"00442079460000", UNKNOWN}, "442079460000"},
	    {&us, {"14085550100", UNKNOWN}, "14085550100"},
	    {&us, {"011442079460000", UNKNOWN}, "442079460000"},
	    {&us, {"4085550100", UNKNOWN}, NULL},
	    {&de, {"03022730", UNKNOWN}, "493022730"},
	    {&de, {"00390669821", UNKNOWN}, "390669821"},
	    {&it, {"0669821", UNKNOWN}, NULL},
	    {&it, {"00493022730", UNKNOWN}, "493022730"},
	    {&uk, {"02079460000", TON_UNKNOWN, NPI_UNKNOWN}, "442079460000"},
	    {&code_only, {"02079460000", UNKNOWN}, NULL},
	    {&code_only, {"00442079460000", UNKNOWN}, NULL},
	    {&signalled, {"02079460000", UNKNOWN}, NULL},
	    {&signalled, {"0014085550100", UNKNOWN}, NULL},
	    {&signalled, {"2079460000", NATIONAL}, "442079460000"},
	    /* by the + */
	    {&uk, {"+14085550100", UNKNOWN}, "14085550100"},
	    {&uk, {"+14085550100", NATIONAL}, "14085550100"},
	    {&uk, {"+14085550100", INTERNATIONAL}, "14085550100"},
	    {&signalled, {"+14085550100", UNKNOWN}, "14085550100"},
	    /* what is not a number of the country, or not known to be */
	    {&uk, {"2001", UNKNOWN}, NULL},
	    {&uk, {"0", UNKNOWN}, NULL},
	    {&uk, {"00", UNKNOWN}, NULL},
	    {&uk, {"000", UNKNOWN}, NULL},
	    {&uk, {"0012", UNKNOWN}, NULL},
	    {&uk, {"01234", UNKNOWN}, NULL},
	    {&uk, {"999", UNKNOWN}, NULL},
	    {&us, {"112", UNKNOWN}, NULL},
	    {&us, {"1234", UNKNOWN}, NULL},
	    {&us, {"10102884085550100", UNKNOWN}, NULL},
	    {&us, {"01", UNKNOWN}, NULL},
	    {&us, {"0115", UNKNOWN}, NULL},
	    {&uk, {"902079460000", UNKNOWN}, NULL},
	    {&uk, {"02079*60000", UNKNOWN}, NULL},
	    {&uk, {"*21*2079460000#", UNKNOWN}, NULL},
	    {&uk, {"*21*2079460000#", NATIONAL}, NULL},
	    {&uk, {"442079460000", INTERNATIONAL}, NULL},
	    {&uk, {"2001", TON_ABBREVIATED, NPI_ISDN}, NULL},
	    {&uk, {"02079460000", TON_NETWORK, NPI_ISDN}, NULL},
	    {&uk, {"02079460000", TON_RESERVED, NPI_ISDN}, NULL},
	    {&uk, {"02079460000", TON_UNKNOWN, NPI_PRIVATE}, NULL},
	    {&uk, {"2079460000", TON_NATIONAL, NPI_TELEX}, NULL},
	    {&uk, {"", UNKNOWN}, NULL},
	    {&uk, {"", NATIONAL}, NULL},
	    {&uk, {"", SUBSCRIBER}, NULL},
	    {&uk, {"+", UNKNOWN}, NULL},
	    {&uk, {"+*1", UNKNOWN}, NULL},
	    {&none, {"2079460000", NATIONAL}, NULL},
	    {&none, {"+2079460000", UNKNOWN}, NULL},
	    /* too long stays; as long as it may be does not */
	    {&uk, {DIGITS_32, NATIONAL}, NULL},
	    {&uk, {DIGITS_30, SUBSCRIBER}, NULL},
	    {&uk, {DIGITS_30, NATIONAL}, "44" DIGITS_30},
	    {&uk, {"00" DIGITS_30, UNKNOWN}, DIGITS_30},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number expected = cases[i].number, n = cases[i].number;
		bool changed = number_normalize(cases[i].plan, &n);

		if (cases[i].international) {
			assert_int_equal(
			    number_set(&expected, cases[i].international, INTERNATIONAL), 0);
		}
		if (changed != (cases[i].international != NULL) ||
		    strcmp(n.digits, expected.digits) != 0 || n.ton != expected.ton ||
		    n.npi != expected.npi)
			fail_msg("+%s: %s of type %u becomes %s of type %u, plan %u",
				 cases[i].plan->country_code, cases[i].number.digits,
				 cases[i].number.ton, n.digits, n.ton, n.npi);
		assert_false(number_normalize(cases[i].plan, &n)); /* once is enough */
	}
}

static void renders_as_the_trunk_wants_it(void **state)
{
	static const struct {
		const struct number_plan *plan;
		const char *international;
		enum number_format format;
		const char *digits; /* NULL: stays as it is */
		enum number_ton ton;
	} cases[] = {
	    {&uk, "442079460000", NUMBER_AS_IS, NULL},
	    {&uk, "442079460000", NUMBER_INTERNATIONAL, NULL},
	    {&uk, "442079460000", NUMBER_NATIONAL, "2079460000", TON_NATIONAL},
	    {&uk, "442079460000", NUMBER_SUBSCRIBER, "79460000", TON_SUBSCRIBER},
	    {&uk, "441612345678", NUMBER_SUBSCRIBER, "1612345678", TON_NATIONAL},
	    {&uk, "442079460000", NUMBER_UNKNOWN, "02079460000", TON_UNKNOWN},
	    {&uk, "442079460000", NUMBER_E164, "+442079460000", TON_UNKNOWN},
	    {&uk, "14085550100", NUMBER_NATIONAL, NULL},
	    {&uk, "14085550100", NUMBER_SUBSCRIBER, NULL},
	    {&uk, "14085550100", NUMBER_UNKNOWN, "0014085550100", TON_UNKNOWN},
	    {&uk, "14085550100", NUMBER_E164, "+14085550100", TON_UNKNOWN},
	    {&us, "14085550100", NUMBER_NATIONAL, "4085550100", TON_NATIONAL},
	    {&us, "14085550100", NUMBER_SUBSCRIBER, "5550100", TON_SUBSCRIBER},
	    {&us, "14085550100", NUMBER_UNKNOWN, "14085550100", TON_UNKNOWN},
	    {&us, "442079460000", NUMBER_UNKNOWN, "011442079460000", TON_UNKNOWN},
	    {&us, "12025550100", NUMBER_SUBSCRIBER, "2025550100", TON_NATIONAL},
	    {&de, "493022730", NUMBER_UNKNOWN, "03022730", TON_UNKNOWN},
	    {&de, "493022730", NUMBER_SUBSCRIBER, "22730", TON_SUBSCRIBER},
	    {&de, "390669821", NUMBER_UNKNOWN, "00390669821", TON_UNKNOWN},
	    {&it, "390669821", NUMBER_NATIONAL, "0669821", TON_NATIONAL},
	    {&it, "390669821", NUMBER_SUBSCRIBER, "69821", TON_SUBSCRIBER},
	    {&it, "390669821", NUMBER_UNKNOWN, "0669821", TON_UNKNOWN},
	    {&it, "493022730", NUMBER_UNKNOWN, "00493022730", TON_UNKNOWN},
	    {&no_area, "442079460000", NUMBER_SUBSCRIBER, "2079460000", TON_NATIONAL},
	    {&code_only, "442079460000", NUMBER_UNKNOWN, "2079460000", TON_UNKNOWN},
	    {&code_only, "14085550100", NUMBER_UNKNOWN, NULL},
	    {&none, "442079460000", NUMBER_NATIONAL, NULL},
	    {&none, "442079460000", NUMBER_UNKNOWN, NULL},
	    {&none, "442079460000", NUMBER_E164, "+442079460000", TON_UNKNOWN},
	    /* the country itself, the area itself */
	    {&uk, "44", NUMBER_NATIONAL, NULL},
	    {&uk, "44", NUMBER_UNKNOWN, "0044", TON_UNKNOWN},
	    {&uk, "4420", NUMBER_SUBSCRIBER, "20", TON_NATIONAL},
	    {&uk, "", NUMBER_E164, NULL},
	    {&uk, "", NUMBER_UNKNOWN, NULL},
	    /* a + that is a digit */
	    {&uk, "+442079460000", NUMBER_AS_IS, NULL},
	    {&uk, "+442079460000", NUMBER_INTERNATIONAL, "442079460000", TON_INTERNATIONAL},
	    {&uk, "+442079460000", NUMBER_NATIONAL, "2079460000", TON_NATIONAL},
	    {&uk, "+442079460000", NUMBER_E164, "+442079460000", TON_UNKNOWN},
	    /* too long stays */
	    {&uk, DIGITS_32, NUMBER_UNKNOWN, NULL},
	    {&uk, DIGITS_32, NUMBER_E164, NULL},
	    {&uk, DIGITS_30, NUMBER_UNKNOWN, "00" DIGITS_30, TON_UNKNOWN},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = {.ton = TON_INTERNATIONAL, .npi = NPI_ISDN}, before;
		const char *digits = cases[i].digits ? cases[i].digits : cases[i].international;
		unsigned ton = cases[i].digits ? cases[i].ton : TON_INTERNATIONAL;
		bool changed;

		strcpy(n.digits, cases[i].international);
		before = n;
		changed = number_render(cases[i].plan, cases[i].format, &n);
		if (changed != (cases[i].digits != NULL) || strcmp(n.digits, digits) != 0 ||
		    n.ton != ton || n.npi != NPI_ISDN)
			fail_msg("+%s: %s as %s becomes %s of type %u, plan %u",
				 cases[i].plan->country_code, before.digits,
				 number_format_name(cases[i].format), n.digits, n.ton, n.npi);
	}
}

static void leaves_alone_what_is_not_known_to_be_international(void **state)
{
	static const struct number numbers[] = {
	    {"2079460000", NATIONAL},
	    {"2001", UNKNOWN},
	    {"+442079460000", UNKNOWN},
	    {"79460000", SUBSCRIBER},
	    {"442079460000", TON_INTERNATIONAL, NPI_PRIVATE},
	};

	for (size_t i = 0; i < COUNT(numbers); i++)
		for (int format = NUMBER_AS_IS; format <= NUMBER_E164; format++) {
			struct number n = numbers[i];

			assert_false(number_render(&uk, (enum number_format)format, &n));
			assert_memory_equal(&n, &numbers[i], sizeof(n));
		}
}

/* What goes out as a trunk wants it comes in again as the same number. */
static void reads_back_what_it_renders(void **state)
{
	static const struct number_plan *const plans[] = {&uk, &us, &de, &no_area};
	static const char *const numbers[] = {"442079460000", "441612345678", "14085550100",
					      "12025550100",  "493022730",    "390669821",
					      "6834002"};

	for (size_t p = 0; p < COUNT(plans); p++)
		for (size_t i = 0; i < COUNT(numbers); i++)
			for (int format = NUMBER_AS_IS; format <= NUMBER_E164; format++) {
				struct number n = {.ton = TON_INTERNATIONAL, .npi = NPI_ISDN};

				strcpy(n.digits, numbers[i]);
				number_render(plans[p], (enum number_format)format, &n);
				number_normalize(plans[p], &n);
				if (n.ton != TON_INTERNATIONAL || strcmp(n.digits, numbers[i]) != 0)
					fail_msg("+%s: %s as %s comes back as %s of type %u",
						 plans[p]->country_code, numbers[i],
						 number_format_name((enum number_format)format),
						 n.digits, n.ton);
			}
}

static void checks_a_plan_with_one_sentence(void **state)
{
	static const struct {
		struct number_plan plan;
		const char *why;
	} cases[] = {
	    {{"44", "00", "0", "20"}, ""},
	    {{"39", "00", "", "06"}, ""},
	    {{"44", "", "", ""}, ""},
	    {{"", "", "", ""}, ""},
	    {{"4a", "00", "0", ""}, "the country code has to be digits"},
	    {{"+44", "00", "0", ""}, "the country code has to be digits"},
	    {{"044", "00", "0", ""},
	     "a country code has one to three digits and does not begin with 0"},
	    {{"4412", "00", "0", ""},
	     "a country code has one to three digits and does not begin with 0"},
	    {{"44", "00", "0", "2 0"}, "the area code has to be digits"},
	    {{"44", "0w", "0", ""}, "a prefix has to be digits"},
	    {{"44", "00", "*", ""}, "a prefix has to be digits"},
	    {{"", "00", "", ""}, "prefixes and area code need a country code"},
	    {{"", "", "0", ""}, "prefixes and area code need a country code"},
	    {{"", "", "", "20"}, "prefixes and area code need a country code"},
	    {{"44", "0", "0", ""}, "national and international prefix are the same"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char why[200] = "x";
		int rc = cases[i].why[0] ? -EINVAL : 0;

		assert_int_equal(number_plan_check(&cases[i].plan, why, sizeof(why)), rc);
		assert_string_equal(why, cases[i].why);
		assert_int_equal(number_plan_check(&cases[i].plan, NULL, 0), rc);
	}
	assert_true(number_plan_is_empty(&none));
	assert_false(number_plan_is_empty(&code_only));
}

/* Where one prefix begins the other, the longer one is meant, whichever it is. */
static void the_longer_prefix_counts(void **state)
{
	static const struct number_plan odd = {"36", "0", "06", ""};
	struct number n = {"0612345678", UNKNOWN}, abroad = {"0493022730", UNKNOWN};

	assert_true(number_normalize(&odd, &n));
	assert_string_equal(n.digits, "3612345678");
	assert_true(number_normalize(&odd, &abroad));
	assert_string_equal(abroad.digits, "493022730");
}

static void reads_numbers_of_uris(void **state)
{
	static const struct {
		const char *user, *context;
		int rc;
		const char *digits;
		unsigned ton;
	} cases[] = {
	    {"+442079460000", NULL, 0, "442079460000", TON_INTERNATIONAL},
	    {"+44-20-7946.0000", NULL, 0, "442079460000", TON_INTERNATIONAL},
	    {"+1(408)555-0100", "example.com", 0, "14085550100", TON_INTERNATIONAL},
	    {"+442079460000", "+1", 0, "442079460000", TON_INTERNATIONAL}, /* is global already */
	    {"2001", NULL, 0, "2001", TON_UNKNOWN},
	    {"7042", "example.com", 0, "7042", TON_UNKNOWN},
	    {"863-1234", "+1-914", 0, "19148631234", TON_INTERNATIONAL},
	    {"2079460000", "+44", 0, "442079460000", TON_INTERNATIONAL},
	    {"*21#", "+44", 0, "*21#", TON_UNKNOWN},
	    {"", NULL, 0, "", TON_UNKNOWN},
	    {"", "+44", 0, "", TON_UNKNOWN},
	    {"2001", "", 0, "2001", TON_UNKNOWN},
	    {"2001", "44", 0, "2001", TON_UNKNOWN},
	    /* hostile */
	    {"alice", NULL, -EINVAL},
	    {"alice", "+44", -EINVAL},
	    {"+", NULL, -EINVAL},
	    {"++44", NULL, -EINVAL},
	    {"4+4", NULL, -EINVAL},
	    {"2001;phone-context=+44", NULL, -EINVAL},
	    {"%2b44", NULL, -EINVAL},
	    {"2001", "+", -EINVAL},
	    {"2001", "+-", -EINVAL},
	    {"2001", "+x", -EINVAL},
	    {"2001", "+4*", -EINVAL},
	    {"2001", "+44+", -EINVAL},
	    {"2001", "+" DIGITS_32, -EMSGSIZE},
	    {"2001", "+" DIGITS_32 "1", -EMSGSIZE},
	    {DIGITS_32 "1", NULL, -EMSGSIZE},
	    {DIGITS_32 "1", "+44", -EMSGSIZE},
	    {"+" DIGITS_32, NULL, 0, DIGITS_32, TON_INTERNATIONAL},
	    {DIGITS_30, "+44", 0, "44" DIGITS_30, TON_INTERNATIONAL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = {.digits = "7", .ton = TON_NETWORK};
		int rc = number_from_uri(&n, cases[i].user, cases[i].context);
		const char *digits = rc < 0 ? "7" : cases[i].digits;

		if (rc != cases[i].rc || strcmp(n.digits, digits) != 0 ||
		    n.ton != (rc < 0 ? TON_NETWORK : cases[i].ton))
			fail_msg("%s in %s: %d, %s of type %u", cases[i].user,
				 cases[i].context ? cases[i].context : "nothing", rc, n.digits,
				 n.ton);
	}
}

static void names_of_formats_read_back(void **state)
{
	for (int format = NUMBER_AS_IS; format <= NUMBER_E164; format++)
		assert_int_equal(
		    number_format_from_name(number_format_name((enum number_format)format)),
		    format);
	assert_int_equal(number_format_from_name("national"), NUMBER_NATIONAL);
	assert_int_equal(number_format_from_name("nation"), -EINVAL);
	assert_int_equal(number_format_from_name(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_international_what_is_known_to_be),
	    cmocka_unit_test(renders_as_the_trunk_wants_it),
	    cmocka_unit_test(leaves_alone_what_is_not_known_to_be_international),
	    cmocka_unit_test(reads_back_what_it_renders),
	    cmocka_unit_test(checks_a_plan_with_one_sentence),
	    cmocka_unit_test(the_longer_prefix_counts),
	    cmocka_unit_test(reads_numbers_of_uris),
	    cmocka_unit_test(names_of_formats_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
