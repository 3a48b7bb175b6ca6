// SPDX-License-Identifier: GPL-2.0-or-later
/* KPML documents and the digits that fit them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/kpml.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static int read_pattern(const char *pattern, struct kpml_request *request)
{
	char xml[1024];

	snprintf(xml, sizeof(xml),
		 "<kpml-request xmlns=\"urn:ietf:params:xml:ns:kpml-request\" version=\"1.0\">"
		 "%s</kpml-request>",
		 pattern);
	return kpml_read_request(xml, strlen(xml), request);
}

static void digits_fit_expressions_as_rfc_4730_has_it(void **state)
{
	static const struct {
		const char *expression, *digits;
		enum kpml_fit fit;
	} rows[] = {
	    {"x", "5", KPML_FIT},
	    {"x", "#", KPML_NO_FIT},
	    {"#", "#", KPML_FIT},
	    {"[x*#ABCD]", "A", KPML_FIT},
	    {"[^#]", "#", KPML_NO_FIT},
	    {"[2-5]x", "2", KPML_MORE},
	    {"[2-5]x", "61", KPML_NO_FIT},
	    {"x{3}", "123", KPML_FIT},
	    {"x{3}", "1234", KPML_NO_FIT},
	    {"x{2,4}", "1", KPML_MORE},
	    {"x{2,4}", "123", KPML_FIT_MAYBE_MORE},
	    {"x{2,4}", "1234", KPML_FIT},
	    {"x{2,}#", "12", KPML_MORE},
	    {"x{2,}#", "123456#", KPML_FIT},
	    {"x{,2}#", "#", KPML_FIT},
	    {"x.#", "123#", KPML_FIT},
	    {"*x{1,2}", "*1", KPML_FIT_MAYBE_MORE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kpml_request request;
		char pattern[128];
		unsigned regex = 99;

		snprintf(pattern, sizeof(pattern), "<pattern><regex>%s</regex></pattern>",
			 rows[i].expression);
		assert_int_equal(read_pattern(pattern, &request), 0);
		if (kpml_match(&request, rows[i].digits, &regex) != rows[i].fit)
			fail_msg("%s %s", rows[i].expression, rows[i].digits);
	}
}

static void the_first_expression_that_fits_gives_its_tag(void **state)
{
	struct kpml_request request;
	unsigned regex = 0;

	assert_int_equal(read_pattern("<pattern persist=\"persist\" interdigittimer=\"700\">"
				      "<regex tag=\"a&amp;b\">12</regex><regex>x{1,2}</regex>"
				      "<regex tag=\"c\">1</regex></pattern>",
				      &request),
			 0);
	assert_int_equal(request.persist, KPML_PERSIST);
	assert_int_equal(request.interdigit_ms, 700);
	assert_int_equal(request.critical_ms, 1000);
	assert_int_equal(kpml_match(&request, "1", &regex), KPML_FIT_MAYBE_MORE);
	assert_int_equal(regex, 1);
	assert_int_equal(kpml_match(&request, "12", &regex), KPML_FIT);
	assert_string_equal(request.regex[regex].tag, "a&b");
}

static void a_long_digit_is_one_of_its_own_where_it_is_named(void **state)
{
	static const struct {
		const char *expression;
		char digit;
		bool is_long;
		enum kpml_fit fit;
	} rows[] = {
	    {"L#", '#', true, KPML_FIT},       {"L#", '#', false, KPML_NO_FIT},
	    {"#", '#', true, KPML_FIT},	       {"Lx", '5', true, KPML_FIT},
	    {"L[*#]", '#', true, KPML_FIT},    {"L[*#]", '5', true, KPML_NO_FIT},
	    {"[^L5]", '5', true, KPML_NO_FIT}, {"x", '5', true, KPML_FIT},
	};
	struct kpml_request request;
	unsigned regex = 99;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char digits[] = {kpml_digit(rows[i].digit, rows[i].is_long), '\0'};
		char pattern[128];

		snprintf(pattern, sizeof(pattern), "<pattern><regex>%s</regex></pattern>",
			 rows[i].expression);
		if (strchr(pattern, '^')) { /* L is no digit */
			assert_int_equal(read_pattern(pattern, &request), -EBADMSG);
			continue;
		}
		assert_int_equal(read_pattern(pattern, &request), 0);
		if (kpml_match(&request, digits, &regex) != rows[i].fit)
			fail_msg("%s %c", rows[i].expression, rows[i].digit);
	}
	assert_int_equal(
	    read_pattern("<pattern><regex>#</regex><regex tag=\"l\">L#</regex></pattern>",
			 &request),
	    0);
	assert_int_equal(kpml_match(&request, (char[]){kpml_digit('#', true), 0}, &regex),
			 KPML_FIT);
	assert_int_equal(regex, 1);
}

static void the_rest_of_a_pattern_is_read(void **state)
{
	struct kpml_request request;

	assert_int_equal(read_pattern("<pattern><regex>x</regex></pattern>", &request), 0);
	assert_int_equal(request.extra_ms, 500);
	assert_int_equal(request.long_ms, 2500);
	assert_false(request.long_repeat || request.no_partial || request.flush ||
		     request.enter_key);
	assert_int_equal(read_pattern("<pattern extradigittimer=\"70\" long=\"900\" "
				      "longrepeat=\"true\" nopartial=\"1\" enterkey=\"#\">"
				      "<flush>yes</flush><regex>x</regex></pattern>",
				      &request),
			 0);
	assert_int_equal(request.extra_ms, 70);
	assert_int_equal(request.long_ms, 900);
	assert_true(request.long_repeat && request.no_partial && request.flush);
	assert_int_equal(request.enter_key, '#');
}

#define R4 "<regex>x</regex><regex>x</regex><regex>x</regex><regex>x</regex>"
#define R8 R4 R4

static void what_is_wrong_or_unknown_is_refused(void **state)
{
	static const struct {
		const char *pattern;
		int rc;
	} rows[] = {
	    {"", -EBADMSG},
	    {"<pattern/>", -EBADMSG},
	    {"<pattern><regex/></pattern>", -EBADMSG},
	    {"<pattern><regex>q</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>[12</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>[5-2]</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>x{5,2}</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>x{99}</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>{3}</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>L</regex></pattern>", -EBADMSG},
	    {"<pattern longrepeat=\"often\"><regex>x</regex></pattern>", -EBADMSG},
	    {"<pattern enterkey=\"##\"><regex>x</regex></pattern>", -EBADMSG},
	    {"<pattern><flush>perhaps</flush><regex>x</regex></pattern>", -EBADMSG},
	    {"<pattern persist=\"now\"><regex>x</regex></pattern>", -EBADMSG},
	    {"<pattern interdigittimer=\"-1\"><regex>x</regex></pattern>", -EBADMSG},
	    {"<pattern><regex>x</regex>", -EBADMSG},
	    {"<pattern><regex><pre>*</pre>x</regex></pattern>", -ENOTSUP},
	    {"<pattern>" R8 R8 "</pattern>", 0},
	    {"<pattern>" R8 R8 "<regex>x</regex></pattern>", -E2BIG},
	};
	static const char entities[] =
	    "<!DOCTYPE k [<!ENTITY a \"1\">]><kpml-request><pattern><regex>&a;</regex></pattern>"
	    "</kpml-request>";
	struct kpml_request request;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (read_pattern(rows[i].pattern, &request) != rows[i].rc)
			fail_msg("%s", rows[i].pattern);
	assert_int_equal(kpml_read_request(entities, strlen(entities), &request), -EBADMSG);
}

static void a_response_reads_as_it_was_written(void **state)
{
	struct kpml_response one = {200, "12#", "<a&\"b\">"}, other;
	char text[512];
	size_t length = kpml_write_response(&one, text, sizeof(text));

	assert_true(length > 0);
	assert_int_equal(kpml_read_response(text, length, &other), 0);
	assert_int_equal(other.code, 200);
	assert_string_equal(other.digits, "12#");
	assert_string_equal(other.tag, one.tag);
	assert_int_equal(kpml_write_response(&one, text, 40), 0);
	assert_int_equal(
	    kpml_read_response("<kpml-response code=\"200\" digits=\"1x\"/>", 40, &other),
	    -EBADMSG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digits_fit_expressions_as_rfc_4730_has_it),
	    cmocka_unit_test(the_first_expression_that_fits_gives_its_tag),
	    cmocka_unit_test(a_long_digit_is_one_of_its_own_where_it_is_named),
	    cmocka_unit_test(the_rest_of_a_pattern_is_read),
	    cmocka_unit_test(what_is_wrong_or_unknown_is_refused),
	    cmocka_unit_test(a_response_reads_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
