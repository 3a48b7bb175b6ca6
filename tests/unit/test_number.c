// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers with type and plan, and the maps from one to the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "dialplan/address_map.h"
#include "dialplan/number.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void reads_and_writes_numbers(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *digits;
		unsigned ton;
		const char *e164;
	} cases[] = {
	    {"+1 (408) 555-0100", 0, "14085550100", TON_INTERNATIONAL, "+14085550100"},
	    {"4085550100", 0, "4085550100", TON_UNKNOWN, "4085550100"},
	    {"*70#A", 0, "*70#A", TON_UNKNOWN, "*70#A"},
	    {"", 0, "", TON_UNKNOWN, ""},
	    {"+", -EINVAL},
	    {"++1", -EINVAL},
	    {"1+1", -EINVAL},
	    {"alice", -EINVAL},
	    {"408a", -EINVAL},
	    {"01234567890123456789012345678901", 0, "01234567890123456789012345678901", TON_UNKNOWN,
	     "01234567890123456789012345678901"},
	    {"012345678901234567890123456789012", -EMSGSIZE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = {.digits = "7"};
		char e164[NUMBER_DIGITS_MAX + 2];

		assert_int_equal(number_from_e164(&n, cases[i].text), cases[i].rc);
		if (cases[i].rc < 0) {
			assert_string_equal(n.digits, "7");
			continue;
		}
		assert_string_equal(n.digits, cases[i].digits);
		assert_int_equal(n.ton, cases[i].ton);
		number_to_e164(&n, e164);
		assert_string_equal(e164, cases[i].e164);
	}
	assert_string_equal(number_ton_name(TON_NATIONAL), "national");
	assert_string_equal(number_ton_name(5), "reserved");
	assert_string_equal(number_npi_name(NPI_PRIVATE), "private");
	assert_string_equal(number_npi_name(200), "reserved");
}

static void maps_addresses(void **state)
{
	static const struct address_rule rules[] = {
	    {"011.*", TON_UNKNOWN, NPI_ISDN},	 {"0[1-9]", TON_NATIONAL, NPI_ISDN},
	    {"+44", TON_NATIONAL, ADDRESS_ANY},	 {"2...$", TON_ABBREVIATED, NPI_PRIVATE},
	    {"5555", ADDRESS_ANY, NPI_NATIONAL}, {".*", TON_SUBSCRIBER, NPI_ISDN},
	};
	static const struct {
		struct number in, out;
	} cases[] = {
	    {{"01149", TON_INTERNATIONAL, 0}, {"01149", TON_UNKNOWN, NPI_ISDN}},
	    {{"011", 0, 0}, {"011", TON_UNKNOWN, NPI_ISDN}}, /* nothing behind it */
	    {{"0207946", 0, 0}, {"0207946", TON_NATIONAL, NPI_ISDN}},
	    {{"00", 0, 0}, {"00", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"+442079", 0, NPI_ISDN}, {"442079", TON_NATIONAL, NPI_ISDN}},
	    {{"442079", TON_INTERNATIONAL, NPI_ISDN}, {"442079", TON_NATIONAL, NPI_ISDN}},
	    {{"442079", TON_NATIONAL, NPI_ISDN}, {"442079", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"2001", 0, 0}, {"2001", TON_ABBREVIATED, NPI_PRIVATE}},
	    {{"20011", 0, 0}, {"20011", TON_SUBSCRIBER, NPI_ISDN}},
	    {{"5555", TON_NETWORK, 0}, {"5555", TON_NETWORK, NPI_NATIONAL}},
	    {{"", 0, 0}, {"", 0, 0}},
	};
	struct address_rule many[ADDRESS_MAP_MAX + 1] = {0};
	struct address_map *map;

	assert_int_equal(address_map_new(rules, COUNT(rules), &map), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct number n = cases[i].in;

		address_map_apply(map, &n);
		if (strcmp(n.digits, cases[i].out.digits) != 0 || n.ton != cases[i].out.ton ||
		    n.npi != cases[i].out.npi)
			fail_msg("%s becomes %s, type %u, plan %u", cases[i].in.digits, n.digits,
				 n.ton, n.npi);
	}
	address_map_free(map);
	assert_int_equal(address_map_new(&(struct address_rule){"0("}, 1, &map), -EINVAL);
	assert_int_equal(address_map_new(many, COUNT(many), &map), -EINVAL);
}

static void names_of_types_and_plans_read_back(void **state)
{
	for (unsigned n = 0; n < 16; n++) {
		int npi = number_npi_from_name(number_npi_name(n));
		int ton = n < 8 ? number_ton_from_name(number_ton_name(n)) : TON_RESERVED;

		assert_string_equal(number_npi_name((unsigned)npi), number_npi_name(n));
		assert_true(n >= 8 || ton == (int)n || ton == TON_RESERVED);
	}
	assert_int_equal(number_ton_from_name("international"), TON_INTERNATIONAL);
	assert_int_equal(number_npi_from_name("isdn"), NPI_ISDN);
	assert_int_equal(number_npi_from_name("foo"), -EINVAL);
	assert_int_equal(number_ton_from_name(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_numbers),
	    cmocka_unit_test(maps_addresses),
	    cmocka_unit_test(names_of_types_and_plans_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
