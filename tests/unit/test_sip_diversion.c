// SPDX-License-Identifier: GPL-2.0-or-later
/* Who diverted a call, in Diversion and History-Info. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/diversion.h"
#include "gateway/sip/name_addr.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RESTRICTED PRESENTATION_RESTRICTED
#define UNAVAILABLE PRESENTATION_UNAVAILABLE

static struct sip_options options;
static const struct identity_style style = {.host = "10.0.0.1", .options = &options};

/* ---- lists of addresses */

static void cuts_lists_into_addresses(void **state)
{
	char text[] =
	    " \"A, <b>\\\" c\" <sip:1;isub=5:pw@h:5060;cause=302?Reason=x&y=z> ;r=\"a;b\\\"c\" "
	    "; n ,,, tel:+44;phone-context=x;y=z , <mailto:a@b>, <sip:2@[2001:db8::1]:99>, "
	    "sip:h2;lr, <sip:broken, <sips:4@h>";
	struct name_addr entry;
	char value[32], *rest = text;

	assert_true(name_addr_next(&rest, &entry));
	assert_string_equal(entry.address.display, "\"A, <b>\\\" c\"");
	assert_string_equal(entry.address.user, "1;isub=5");
	assert_string_equal(entry.address.host, "h");
	assert_string_equal(entry.uri_params, "cause=302");
	assert_string_equal(entry.uri_headers, "Reason=x&y=z");
	assert_int_equal(name_addr_param(entry.params, "r", value, sizeof(value)), 0);
	assert_string_equal(value, "a;b\"c");
	assert_int_equal(name_addr_param(entry.params, "N", value, sizeof(value)), 0);
	assert_string_equal(value, "");
	assert_int_equal(name_addr_param(entry.params, "b", value, sizeof(value)), -ENOENT);
	assert_int_equal(name_addr_param(entry.params, "r", value, 5), -EMSGSIZE);
	assert_int_equal(name_addr_header(entry.uri_headers, "y", value, sizeof(value)), 0);
	assert_string_equal(value, "z");
	assert_true(name_addr_next(&rest, &entry)); /* without <> parameters are the header's */
	assert_string_equal(entry.address.scheme, "tel");
	assert_string_equal(entry.address.user, "+44");
	assert_non_null(entry.params);
	assert_true(name_addr_next(&rest, &entry));
	assert_null(entry.address.scheme);
	assert_true(name_addr_next(&rest, &entry));
	assert_string_equal(entry.address.host, "[2001:db8::1]");
	assert_true(name_addr_next(&rest, &entry));
	assert_string_equal(entry.address.host, "h2");
	assert_null(entry.address.user);
	assert_true(name_addr_next(&rest, &entry)); /* its > is that of the next one */
	assert_false(name_addr_next(&rest, &entry));
}

/* ---- who diverted */

static void reads_diversion(void **state)
{
	static const struct {
		const char *text;
		uint8_t count, reason, original_reason, presentation;
		const char *from, *original;
	} rows[] = {
	    {"<sip:2001@h>;reason=no-answer", 1, REDIRECTION_NO_REPLY, REDIRECTION_NO_REPLY, 0,
	     "2001", "2001"},
	    {"<sip:+442002@h>;reason=user-busy;counter=1, \"x\" <sip:2001@h>;reason=unconditional",
	     2, REDIRECTION_BUSY, REDIRECTION_UNCONDITIONAL, 0, "442002", "2001"},
	    {"<tel:2002;phone-context=+44>;reason=\"deflection\";counter=3", 3,
	     REDIRECTION_DEFLECTION, REDIRECTION_UNKNOWN, 0, "442002", ""},
	    {"<sip:3@h>;counter=2;reason=away,<sip:2@h>,<sip:1@h>;reason=unavailable;counter=1", 4,
	     REDIRECTION_UNCONDITIONAL, REDIRECTION_OUT_OF_ORDER, 0, "3", "1"},
	    {"<sip:1@h>;privacy=full;reason=follow-me", 1, REDIRECTION_BY_EQUIPMENT,
	     REDIRECTION_BY_EQUIPMENT, RESTRICTED, "1", "1"},
	    {"<sip:1@h>;privacy=off", 1, 0, 0, 0, "1", "1"},
	    {"<sip:anonymous@anonymous.invalid>;reason=user-busy", 1, REDIRECTION_BUSY,
	     REDIRECTION_BUSY, UNAVAILABLE, "", ""},
	    {"<sip:1@h>;counter=0", 1, 0, 0, 0, "1", "1"},
	    {"<sip:1@h>;counter=-3", 1, 0, 0, 0, "1", "1"},
	    {"<sip:1@h>;counter=99999999999999999999", 255, 0, 0, 0, "1", ""},
	    {"<sip:1@h>;counter=200,<sip:2@h>;counter=200", 255, 0, 0, 0, "1", ""},
	    {"<sip:1@h>;reason", 1, 0, 0, 0, "1", "1"},
	    {"sip:1@h;reason=user-busy", 1, REDIRECTION_BUSY, REDIRECTION_BUSY, 0, "1", "1"},
	    {"", 0},
	    {",,", 0},
	    {"<1@h>", 0},
	    {"<sip:1@h", 0},
	};
	struct redirection r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int rc = diversion_read(rows[i].text, &r);

		assert_int_equal(rc, rows[i].count ? 0 : -ENOENT);
		if (rc)
			continue;
		if (r.count != rows[i].count || r.reason != rows[i].reason ||
		    r.original_reason != rows[i].original_reason ||
		    r.from.presentation != rows[i].presentation ||
		    strcmp(r.from.number.digits, rows[i].from) ||
		    strcmp(r.original.number.digits, rows[i].original))
			fail_msg("%s: %u %u %u %u %s %s", rows[i].text, r.count, r.reason,
				 r.original_reason, r.from.presentation, r.from.number.digits,
				 r.original.number.digits);
	}
}

static void reads_history_info(void **state)
{
	static const struct {
		const char *text;
		bool restricted;
		uint8_t count, reason, original_reason, presentation;
		const char *from, *original;
	} rows[] = {
	    /* RFC 7044: why stands at the one that it was diverted to */
	    {"<sip:2001@h>;index=1,<sip:2002@h;cause=408>;index=1.1;mp=1", false, 1,
	     REDIRECTION_NO_REPLY, REDIRECTION_NO_REPLY, 0, "2001", "2001"},
	    {"<sip:1@h>;index=1, <sip:2@h;cause=302>;index=1.1;mp=1, "
	     "<sip:3@h;cause=486?Privacy=none>;index=1.1.1;mp=1.1",
	     false, 2, REDIRECTION_BUSY, REDIRECTION_UNCONDITIONAL, 0, "2", "1"},
	    {"<sip:1@h>;index=1,<sip:1@contact>;index=1.1;rc=1,<sip:2@h;cause=480>;index=1.2;mp=1",
	     false, 1, REDIRECTION_DEFLECTION, REDIRECTION_DEFLECTION, 0, "1", "1"},
	    {"<sip:1@h?Privacy=history>;index=1,<sip:2@h;cause=486>;index=1.1;mp=1", false, 1,
	     REDIRECTION_BUSY, REDIRECTION_BUSY, RESTRICTED, "1", "1"},
	    {"<sip:1@h>;index=1,<sip:2@h;cause=486>;index=1.1", true, 1, REDIRECTION_BUSY,
	     REDIRECTION_BUSY, RESTRICTED, "1", "1"},
	    {"<tel:+441>;index=1,<tel:+442;cause=503>;index=1.1;mp=1", false, 1,
	     REDIRECTION_OUT_OF_ORDER, REDIRECTION_OUT_OF_ORDER, 0, "441", "441"},
	    {"<sip:unknown@unknown.invalid>;index=1,<sip:2@h;cause=404>;index=1.1;mp=1,"
	     "<sip:3@h;cause=302>;index=1.1.1;mp=1.1",
	     false, 2, REDIRECTION_UNCONDITIONAL, REDIRECTION_UNKNOWN, 0, "2", ""},
	    /* RFC 4244: it stands at the one that diverted */
	    {"<sip:1@h?Reason=SIP%3Bcause%3D302>;index=1,<sip:2@h>;index=1.1", false, 1,
	     REDIRECTION_UNCONDITIONAL, REDIRECTION_UNCONDITIONAL, 0, "1", "1"},
	    {"<sip:1@h?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22&Privacy=history>;index=1,"
	     "<sip:2@h?Reason=SIP%3Bcause%3D408>;index=1.1,<sip:3@h>;index=1.2",
	     false, 2, REDIRECTION_NO_REPLY, REDIRECTION_BUSY, 0, "2", "1"},
	    /* no diversions */
	    {"<sip:1@h?Reason=SIP%3Bcause%3D302>;index=1", false, 0},
	    {"<sip:1@h?Reason=SIP%3Bcause%3D500>;index=1,<sip:1@h2>;index=1.1", false, 0},
	    {"<sip:1@h>;index=1,<sip:2@h;cause=200>;index=1.1", false, 0},
	    {"<sip:1@h;cause=302>;index=1", false, 0},
	    {"<sip:1@h?Reason=%>;index=1,<sip:2@h>", false, 0},
	    {"", false, 0},
	};
	struct redirection r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int rc = history_read(rows[i].text, rows[i].restricted, &r);

		assert_int_equal(rc, rows[i].count ? 0 : -ENOENT);
		if (rc)
			continue;
		if (r.count != rows[i].count || r.reason != rows[i].reason ||
		    r.original_reason != rows[i].original_reason ||
		    r.from.presentation != rows[i].presentation ||
		    strcmp(r.from.number.digits, rows[i].from) ||
		    strcmp(r.original.number.digits, rows[i].original))
			fail_msg("%s: %u %u %u %u %s %s", rows[i].text, r.count, r.reason,
				 r.original_reason, r.from.presentation, r.from.number.digits,
				 r.original.number.digits);
	}
}

static void a_list_beyond_all_measure_is_a_loop(void **state)
{
	static char text[DIVERSION_TEXT_MAX + 1];
	struct redirection r;

	memset(text, 'x', DIVERSION_TEXT_MAX);
	assert_int_equal(diversion_read(text, &r), 0);
	assert_int_equal(r.count, 255);
	assert_int_equal(history_read(text, false, &r), 0);
	assert_int_equal(r.count, 255);
}

static const struct party first = {.number = {"1"}}, last = {.number = {"2"}, .name = "L"},
			  hidden = {.number = {"2"},
				    .presentation = PRESENTATION_RESTRICTED,
				    .name = "L",
				    .screening = SCREENING_NETWORK};

static void writes_who_diverted(void **state)
{
	static const struct {
		struct redirection r;
		uint8_t asserted_id, policy;
		const char *diversion, *history;
	} rows[] = {
	    {{.count = 0, .from = {.number = {"2"}}}, 0, 0, "", ""},
	    {{.count = 1, .reason = REDIRECTION_BUSY, .from = {.number = {"2"}, .name = "L"}},
	     0,
	     0,
	     "Diversion: \"L\" "
	     "<sip:2@10.0.0.1>;reason=user-busy;counter=1;privacy=off;screen=no\r\n",
	     "History-Info: <sip:2@10.0.0.1>;index=1\r\n"
	     "History-Info: <sip:9@x;cause=486>;index=1.1;mp=1\r\n"},
	    {{.count = 2,
	      .reason = REDIRECTION_NO_REPLY,
	      .original_reason = REDIRECTION_UNCONDITIONAL,
	      .from = {.number = {"2"}},
	      .original = {.number = {"1"}}},
	     0,
	     0,
	     "Diversion: <sip:2@10.0.0.1>;reason=no-answer;counter=1;privacy=off;screen=no\r\n"
	     "Diversion: <sip:1@10.0.0.1>;reason=unconditional;counter=1;privacy=off;screen=no\r\n",
	     "History-Info: <sip:1@10.0.0.1>;index=1\r\n"
	     "History-Info: <sip:2@10.0.0.1;cause=302>;index=1.1;mp=1\r\n"
	     "History-Info: <sip:9@x;cause=408>;index=1.1.1;mp=1.1\r\n"},
	    {{.count = 3, .reason = REDIRECTION_DEFLECTION, .from = {.number = {"2"}}},
	     0,
	     0,
	     "Diversion: <sip:2@10.0.0.1>;reason=deflection;counter=3;privacy=off;screen=no\r\n",
	     "History-Info: <sip:unknown@unknown.invalid>;index=1\r\n"
	     "History-Info: <sip:unknown@unknown.invalid;cause=404>;index=1.1;mp=1\r\n"
	     "History-Info: <sip:2@10.0.0.1;cause=404>;index=1.1.1;mp=1.1\r\n"
	     "History-Info: <sip:9@x;cause=480>;index=1.1.1.1;mp=1.1.1\r\n"},
	    {{.count = 1, .from = {.number = {"2"}, .presentation = RESTRICTED, .name = "L"}},
	     0,
	     0,
	     "Diversion: <sip:2@10.0.0.1>;reason=unknown;counter=1;privacy=full;screen=no\r\n",
	     "History-Info: <sip:2@10.0.0.1?Privacy=history>;index=1\r\n"
	     "History-Info: <sip:9@x;cause=404>;index=1.1;mp=1\r\n"},
	    {{.count = 1, .from = {.number = {"2"}, .presentation = RESTRICTED, .name = "L"}},
	     SIP_ASSERTED_ID_NONE,
	     0,
	     "Diversion: <sip:anonymous@anonymous.invalid>;reason=unknown;counter=1;privacy=full;"
	     "screen=no\r\n",
	     "History-Info: <sip:anonymous@anonymous.invalid?Privacy=history>;index=1\r\n"
	     "History-Info: <sip:9@x;cause=404>;index=1.1;mp=1\r\n"},
	    {{.count = 1, .from = {.number = {"2"}, .presentation = RESTRICTED}},
	     0,
	     SIP_PRIVACY_POLICY_STRIP_DIVERSION | SIP_PRIVACY_POLICY_STRIP_HISTORY,
	     "",
	     ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct header_lines lines = {0};

		options.asserted_id = rows[i].asserted_id;
		options.privacy_policy = rows[i].policy;
		diversion_write(&rows[i].r, &style, &lines);
		assert_string_equal(lines.text, rows[i].diversion);
		memset(&lines, 0, sizeof(lines));
		history_write(&rows[i].r, &style, "sip:9@x", &lines);
		assert_string_equal(lines.text, rows[i].history);
	}
	memset(&options, 0, sizeof(options));
}

/* RFC 7544: what one of them says, the other says too. */
static void diversion_and_history_info_say_the_same(void **state)
{
	static const uint8_t reasons[] = {REDIRECTION_UNKNOWN,	    REDIRECTION_BUSY,
					  REDIRECTION_NO_REPLY,	    REDIRECTION_DEFLECTION,
					  REDIRECTION_OUT_OF_ORDER, REDIRECTION_UNCONDITIONAL};
	const struct party *parties[] = {&last, &hidden};
	char text[HEADER_LINES_MAX];

	for (size_t i = 0; i < COUNT(reasons) * 2 * 20; i++) {
		struct redirection in = {.count = 1 + i / 2 / COUNT(reasons),
					 .reason = reasons[i / 2 % COUNT(reasons)],
					 .from = *parties[i % 2],
					 .original = first};
		struct redirection out[2];

		in.original_reason = REDIRECTION_BUSY;
		for (unsigned form = 0; form < 2; form++) {
			struct header_lines lines = {0};
			char *from = lines.text, *to = text;

			if (form)
				history_write(&in, &style, "sip:9@x", &lines);
			else
				diversion_write(&in, &style, &lines);
			while (*from) { /* as one list, without names */
				from = strchr(from, ':') + 1;
				to = mempcpy(to, from, strcspn(from, "\r"));
				*to++ = ',';
				from = strchr(from, '\n') + 1;
			}
			*to = '\0';
			assert_int_equal(form ? history_read(text, false, &out[form])
					      : diversion_read(text, &out[form]),
					 0);
			assert_int_equal(out[form].count, in.count);
			assert_int_equal(out[form].reason, in.reason);
			assert_int_equal(out[form].from.presentation, in.from.presentation);
			assert_string_equal(out[form].from.number.digits, "2");
			assert_string_equal(out[form].original.number.digits,
					    in.count > 1 ? "1" : "2");
			if (in.count > 1)
				assert_int_equal(out[form].original_reason, REDIRECTION_BUSY);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts_lists_into_addresses),
	    cmocka_unit_test(reads_diversion),
	    cmocka_unit_test(reads_history_info),
	    cmocka_unit_test(a_list_beyond_all_measure_is_a_loop),
	    cmocka_unit_test(writes_who_diverted),
	    cmocka_unit_test(diversion_and_history_info_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
