// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers to domain names, and NAPTR records to SIP URIs. Where a row names a section, the values are
 * from the examples of RFC 6116, RFC 3402 or RFC 3764. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/enum.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- questions */

static struct enum_table table_of(const char *match, const char *replace, const char *domain)
{
	struct enum_table table = {.number = 1, .count = 1};

	table.rules[0].number = 1;
	snprintf(table.rules[0].match, sizeof(table.rules[0].match), "%s", match);
	snprintf(table.rules[0].replace, sizeof(table.rules[0].replace), "%s", replace);
	snprintf(table.rules[0].domain, sizeof(table.rules[0].domain), "%s", domain);
	return table;
}

static void a_number_becomes_a_domain_name(void **state)
{
	static const struct {
		const char *match, *replace, *domain, *called, *number, *name;
	} rows[] = {
	    /* RFC 6116 3.2 */
	    {"^\\(.*\\)$", "\\1", "e164.arpa", "+442079460148", "+442079460148",
	     "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa"},
	    {"^\\(.*\\)$", "\\1", "e164.arpa", "442079460148", "+442079460148",
	     "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa"},
	    {"^9011", "+", "e164.arpa", "901189", "+89", "9.8.e164.arpa"},
	    {"^9011", "+1408", "cisco.test", "901189", "+140889", "9.8.8.0.4.1.cisco.test"},
	    {"^9\\(.*\\)$", "+1\\1", "e164.arpa", "95551234", "+15551234",
	     "4.3.2.1.5.5.5.1.e164.arpa"},
	    {"^8", "+", "e164.arpa", "95551234", NULL, NULL},
	    {".*", "none", "e164.arpa", "95551234", NULL, NULL},
	    {".*", "", "e164.arpa", "95551234", NULL, NULL},
	    {".*", "12*3", "e164.arpa", "95551234", NULL, NULL},
	    {"[", "9", "e164.arpa", "95551234", NULL, NULL},
	    {"x*", "01234567890123456789012345678901234", "e164.arpa", "9", NULL, NULL},
	};
	struct enum_question questions[ENUM_RULES_MAX];
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		struct enum_table table = table_of(rows[i].match, rows[i].replace, rows[i].domain);
		unsigned count = enum_questions(&table, rows[i].called, questions);

		if (count != (rows[i].number ? 1 : 0))
			fail_msg("%s by /%s/%s/: %u", rows[i].called, rows[i].match,
				 rows[i].replace, count);
		if (!count)
			continue;
		assert_string_equal(questions[0].number, rows[i].number);
		assert_string_equal(questions[0].domain, rows[i].name);
		assert_int_equal(questions[0].rule, 1);
	}
}

static void rules_are_asked_by_preference(void **state)
{
	static const struct {
		unsigned number, preference;
		const char *match, *domain;
	} rules[] = {
	    {65538, 1, "^1", "far.test"}, {4, 2, "^1", "last.test"},  {2, 1, "^1", "second.test"},
	    {7, 0, "^2", "never.test"},	  {3, 1, "^1", "third.test"}, {9, 0, "^1", "first.test"},
	};
	struct enum_question questions[ENUM_RULES_MAX];
	struct enum_table table = {.number = 1, .count = COUNT(rules)};
	char order[2048] = "";
	unsigned i, count;

	for (i = 0; i < COUNT(rules); i++) {
		table.rules[i].number = rules[i].number;
		table.rules[i].preference = rules[i].preference;
		strcpy(table.rules[i].match, rules[i].match);
		strcpy(table.rules[i].replace, "1");
		strcpy(table.rules[i].domain, rules[i].domain);
	}
	count = enum_questions(&table, "12", questions);
	for (i = 0; i < count; i++)
		sprintf(order + strlen(order), "%u:%s ", questions[i].rule, questions[i].domain);
	assert_string_equal(order, "9:2.1.first.test 2:2.1.second.test 3:2.1.third.test "
				   "65538:2.1.far.test 4:2.1.last.test ");
}

static void a_wrong_rule_is_told(void **state)
{
	static const struct {
		const char *match, *replace, *domain;
		bool right;
	} rows[] = {
	    {"^\\(.*\\)$", "\\1", "e164.arpa", true},
	    {"^\\(.*$", "1", "e164.arpa", false},
	    {"^\\(.*\\)$", "\\2", "e164.arpa", false},
	    {"1", "2", "", false},
	    {"1", "2", ".arpa", false},
	    {"1", "2", "e164..arpa", false},
	    {"1", "2", "e164 arpa", false},
	};
	char why[128];
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		why[0] = '\0';
		assert_int_equal(!enum_rule_check(rows[i].match, rows[i].replace, rows[i].domain,
						  why, sizeof(why)),
				 rows[i].right);
		assert_int_equal(!why[0], rows[i].right);
	}
}

/* ---- records */

static struct enum_record record_of(const char *flags, const char *service, const char *regexp)
{
	struct enum_record record = {.order = 100, .preference = 10};

	snprintf(record.flags, sizeof(record.flags), "%s", flags);
	snprintf(record.service, sizeof(record.service), "%s", service);
	snprintf(record.regexp, sizeof(record.regexp), "%s", regexp);
	return record;
}

static const char *last_why;

static void take_note(void *arg, const struct enum_record *record, const char *why,
		      const struct enum_uri *uri)
{
	last_why = why;
	assert_true(!why == !!uri);
}

/* The URI of one record, or why there is none. */
static const char *one(const char *flags, const char *service, const char *regexp)
{
	static struct enum_uri uris[ENUM_URIS_MAX];
	struct enum_records records = {.count = 1};
	unsigned count;

	records.records[0] = record_of(flags, service, regexp);
	count = enum_choose(&records, "+441632960083", uris, take_note, NULL);
	assert_int_equal(count, last_why ? 0 : 1);
	return count ? uris[0].text : last_why;
}

static void records_become_uris(void **state)
{
	static const struct {
		const char *flags, *service, *regexp, *expected;
	} rows[] = {
	    /* RFC 6116 3.6, 5.1 and RFC 3764 5 */
	    {"u", "E2U+sip", "!^.*$!sip:info@example.com!", "sip:info@example.com"},
	    {"u", "E2U+sip", "!^(\\+441632960083)$!sip:\\1@example.com!",
	     "sip:+441632960083@example.com"},
	    {"U", "e2u+SIP", "!^.*$!SIP:info@example.com!", "SIP:info@example.com"},
	    {"u", "E2U+voice:tel+sip", "!^.*$!sip:a@b.test!", "sip:a@b.test"},
	    {"u", "E2U+sip+email:mailto", "!^.*$!sip:a@b.test!", "sip:a@b.test"},
	    {"u", "sip+E2U", "!^.*$!sip:a@b.test!", "sip:a@b.test"},
	    {"u", "E2U+sip", "!^\\+44(.*)$!sip:0\\1@b.test!", "sip:01632960083@b.test"},
	    {"u", "E2U+sip", "!^\\+(..)(....)(.*)$!sip:\\3-\\2-\\1@b.test!",
	     "sip:960083-1632-44@b.test"},
	    /* delimiters, and what hides one */
	    {"u", "E2U+sip", "/^.*$/sip:3901@10.1.18.28/", "sip:3901@10.1.18.28"},
	    {"u", "E2U+sip", "/^.*$/sip:a\\/b@b.test/", "sip:a/b@b.test"},
	    {"u", "E2U+sip", "#^.*$#sip:a@b.test#", "sip:a@b.test"},
	    {"u", "E2U+sip", "|^\\+(44\\|45)|sip:\\1@b.test|",
	     "its expression does not fit the number"},
	    {"u", "E2U+sip", "!^.*$!sip:a\\!b@b.test!", "sip:a!b@b.test"},
	    /* what the expression does not cover is not part of the URI; & means nothing */
	    {"u", "E2U+sip", "!163!sip:a&b@b.test!", "sip:a&b@b.test"},
	    {"u", "E2U+sip", "!^\\+X*44!sip:a@b.test!i", "sip:a@b.test"},
	    {"u", "E2U+sip", "!(1|2){1}6!sip:\\1@b.test!", "sip:1@b.test"},
	    /* of other services */
	    {"u", "E2U+email:mailto", "!^.*$!mailto:a@b.test!", "its service is not SIP"},
	    {"u", "E2U+voice:sip", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "E2U+sipx", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "E2U+sip:sub", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "x+sip+E2U+y", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "sip", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    {"u", "++", "!^.*$!sip:a@b.test!", "its service is not SIP"},
	    /* not terminal, or of other kinds */
	    {"", "E2U+sip", "", "it is not terminal: it refers to another name"},
	    {"s", "E2U+sip", "!^.*$!sip:a@b.test!", "its flag is not u"},
	    {"ua", "E2U+sip", "!^.*$!sip:a@b.test!", "its flag is not u"},
	    /* hostile */
	    {"u", "E2U+sip", "", "it has no expression"},
	    {"u", "E2U+sip", "!", "its expression does not have three delimiters"},
	    {"u", "E2U+sip", "!^.*$!sip:a@b.test", "its expression does not have three delimiters"},
	    {"u", "E2U+sip", "!^.*$!sip:a@b.test\\!",
	     "its expression does not have three delimiters"},
	    {"u", "E2U+sip", "!^.*$\\", "its expression does not have three delimiters"},
	    {"u", "E2U+sip", "!^.*$!a!b!", "its expression has an unknown flag"},
	    {"u", "E2U+sip", "!^.*$!sip:a@b.test!g", "its expression has an unknown flag"},
	    {"u", "E2U+sip", "1^.*$1sip:a@b.test1",
	     "the delimiter of its expression is a letter, digit or backslash"},
	    {"u", "E2U+sip", "i^.*$isip:a@b.testi",
	     "the delimiter of its expression is a letter, digit or backslash"},
	    {"u", "E2U+sip", "\\^.*$\\sip:a@b.test\\",
	     "the delimiter of its expression is a letter, digit or backslash"},
	    {"u", "E2U+sip", "!^(.*$!sip:a@b.test!", "its expression is wrong"},
	    {"u", "E2U+sip", "!^.*$!sip:\\1@b.test!",
	     "it refers back to a group that its expression does not have"},
	    {"u", "E2U+sip", "!^(.*)$!sip:\\2@b.test!",
	     "it refers back to a group that its expression does not have"},
	    {"u", "E2U+sip", "!^.*$!sip:\\0@b.test!", "back-reference \\0: there are \\1 to \\9"},
	    {"u", "E2U+sip", "!^\\+45!sip:a@b.test!", "its expression does not fit the number"},
	    {"u", "E2U+sip", "!^(.*)$!\\1!", "what it makes is no SIP URI"},
	    {"u", "E2U+sip", "!^.*$!tel:+44!", "what it makes is no SIP URI"},
	    {"u", "E2U+sip", "!^.*$!http://b.test/!", "what it makes is no SIP URI"},
	};
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		const char *got = one(rows[i].flags, rows[i].service, rows[i].regexp);

		if (strcmp(got, rows[i].expected))
			fail_msg("\"%s\" \"%s\" \"%s\": %s, expected %s", rows[i].flags,
				 rows[i].service, rows[i].regexp, got, rows[i].expected);
	}
}

static void a_uri_is_taken_apart(void **state)
{
	static const struct {
		const char *uri, *host;
		unsigned port;
		enum peer_transport transport;
		bool secure;
	} rows[] = {
	    {"sip:b.test", "b.test"},
	    {"sip:a@b.test:5062", "b.test", 5062},
	    {"sip:+44%2320;x=y@B-2.test;user=phone", "B-2.test"},
	    {"sip:a@192.0.2.1:5060;transport=tcp;lr", "192.0.2.1", 5060, PEER_TRANSPORT_TCP},
	    {"sip:a@b.test;Transport=UDP", "b.test", 0, PEER_TRANSPORT_UDP},
	    {"sips:a@b.test", "b.test", 0, PEER_TRANSPORT_TLS, true},
	    {"sips:a@b.test:5071;transport=tcp", "b.test", 5071, PEER_TRANSPORT_TLS, true},
	    {"sip:a@b.test;transport=tls", "b.test", 0, PEER_TRANSPORT_TLS},
	    {"sips:a@b.test;transport=udp", NULL},
	    {"sip:a@[2001:db8::1]:5070", "2001:db8::1", 5070},
	    {"sip:a@[2001:db8::1]", "2001:db8::1"},
	    {"sip:", NULL},
	    {"sip:a@", NULL},
	    {"sip:@b.test", NULL},
	    {"sip:a:secret@b.test", NULL},
	    {"sip:a%2@b.test", NULL},
	    {"sip:a%zz@b.test", NULL},
	    {"sip:a@b@c.test", NULL},
	    {"sip:a b@b.test", NULL},
	    {"sip:a@b.test\r\nX: y", NULL},
	    {"sip:\"a\"@b.test", NULL},
	    {"sip:a@b.test>;tag=1", NULL},
	    {"sip:\xc3\xa4@b.test", NULL},
	    {"sip:a@b..test", NULL},
	    {"sip:a@.test", NULL},
	    {"sip:a@b.test:", NULL},
	    {"sip:a@b.test:0", NULL},
	    {"sip:a@b.test:65536", NULL},
	    {"sip:a@b.test:-1", NULL},
	    {"sip:a@b.test:5060x", NULL},
	    {"sip:a@b.test:99999999999999999999", NULL},
	    {"sip:a@[2001:db8::1", NULL},
	    {"sip:a@[b.test]", NULL},
	    {"sip:a@b.test?Subject=x", NULL},
	    {"sip:a@b.test;maddr=10.0.0.1", NULL},
	    {"sip:a@b.test;transport=sctp", NULL},
	    {"sip:a@b.test;transport=", NULL},
	    {"sip:a@b.test;method=BYE", NULL},
	};
	struct enum_uri uris[ENUM_URIS_MAX];
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		struct enum_records records = {.count = 1};
		char regexp[300];

		snprintf(regexp, sizeof(regexp), "\x01.*\x01%s\x01", rows[i].uri);
		records.records[0] = record_of("u", "E2U+sip", regexp);
		if (enum_choose(&records, "+44", uris, take_note, NULL) != (rows[i].host ? 1 : 0))
			fail_msg("%s: %s", rows[i].uri, last_why ? last_why : "taken");
		if (!rows[i].host)
			continue;
		assert_string_equal(uris[0].text, rows[i].uri);
		assert_string_equal(uris[0].host, rows[i].host);
		assert_int_equal(uris[0].port, rows[i].port);
		assert_int_equal(uris[0].transport, rows[i].transport);
		assert_int_equal(uris[0].secure, rows[i].secure);
	}
}

static void order_goes_before_preference(void **state)
{
	static const struct {
		unsigned order, preference;
		const char *regexp;
	} rows[] = {
	    {100, 20, "!.*!sip:4@h!"},	{100, 10, "!.*!sip:3@h!"}, {10, 99, "!.*!sip:1@h!"},
	    {65535, 0, "!.*!sip:5@h!"}, {11, 0, "!.*!sip:2@h!"},   {12, 0, "!.*!sip:1@h!"},
	    {9, 0, "!.*!nothing!"},
	};
	struct enum_uri uris[ENUM_URIS_MAX];
	struct enum_records records = {.count = COUNT(rows)};
	char order[4096] = "";
	unsigned i, count;

	for (i = 0; i < COUNT(rows); i++) {
		records.records[i] = record_of("u", "E2U+sip", rows[i].regexp);
		records.records[i].order = rows[i].order;
		records.records[i].preference = rows[i].preference;
	}
	count = enum_choose(&records, "+44", uris, NULL, NULL);
	for (i = 0; i < count; i++)
		strcat(strcat(order, uris[i].text), " ");
	assert_string_equal(order, "sip:1@h sip:2@h sip:3@h sip:4@h sip:5@h ");
}

static void more_records_than_places_are_left_out(void **state)
{
	struct enum_uri uris[ENUM_URIS_MAX];
	struct enum_records records = {.count = ENUM_RECORDS_MAX};
	char regexp[32];
	unsigned i;

	for (i = 0; i < ENUM_RECORDS_MAX; i++) {
		snprintf(regexp, sizeof(regexp), "!.*!sip:%u@h!", i);
		records.records[i] = record_of("u", "E2U+sip", regexp);
	}
	assert_int_equal(enum_choose(&records, "+44", uris, take_note, NULL), ENUM_URIS_MAX);
	assert_string_equal(last_why, "there are enough URIs");
}

/* 255 bytes that refer back as often as they can must not overflow or take for ever. */
static void a_record_that_multiplies_itself_is_left_out(void **state)
{
	char regexp[ENUM_STRING_MAX + 1] = "!^((((((.*))))))*$!sip:";
	char number[ENUM_DIGITS_MAX + 2] = "+";
	struct enum_uri uris[ENUM_URIS_MAX];
	struct enum_records records = {.count = 1};

	while (strlen(regexp) + 3 < ENUM_STRING_MAX)
		strcat(regexp, "\\1");
	strcat(regexp, "!");
	while (strlen(number) < ENUM_DIGITS_MAX + 1)
		strcat(number, "4");
	records.records[0] = record_of("u", "E2U+sip", regexp);
	assert_int_equal(enum_choose(&records, number, uris, take_note, NULL), 0);
	assert_string_equal(last_why, "what it makes is too long");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_becomes_a_domain_name),
	    cmocka_unit_test(rules_are_asked_by_preference),
	    cmocka_unit_test(a_wrong_rule_is_told),
	    cmocka_unit_test(records_become_uris),
	    cmocka_unit_test(a_uri_is_taken_apart),
	    cmocka_unit_test(order_goes_before_preference),
	    cmocka_unit_test(more_records_than_places_are_left_out),
	    cmocka_unit_test(a_record_that_multiplies_itself_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
