// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialplan/expect.h"
#include "dialplan/explain.h"
#include "tests/unit/plan_rig.h"

/* ---- JSON */

struct json_row {
	const char *name, *plan;
	struct plan_options options;
	const char *source, *called, *calling;
	bool digit_by_digit;
	const char *json;
};

static const struct json_row objects[] = {
    {"a call from SIP",
     PLAN_RIG_OFFICE,
     {0},
     "sip:10.6.2.10",
     "914085551234",
     "2001",
     false,
     "{\"inbound\":{\"tag\":1,\"key\":\"called\"},\"called\":\"914085551234\","
     "\"calling\":\"2001\",\"candidates\":[{\"tag\":100,\"kind\":\"pots\",\"target\":\"1:D\","
     "\"send\":\"4085551234\",\"calling\":\"2001\"},{\"tag\":101,\"kind\":\"pots\","
     "\"target\":\"1:D\",\"send\":\"14085551234\",\"calling\":\"2001\"}],\"rejected\":[],"
     "\"cause\":null}"},
    {"a call from a port",
     PLAN_RIG_OFFICE,
     {0},
     "span 1",
     "2001",
     "4085551234",
     false,
     "{\"inbound\":{\"tag\":100,\"key\":\"port\"},\"called\":\"2001\",\"calling\":\"4085551234\","
     "\"candidates\":[{\"tag\":1,\"kind\":\"voip\",\"target\":\"ipv4:10.6.2.10:5060\","
     "\"send\":\"2001\",\"calling\":\"4085551234\"}],\"rejected\":[],\"cause\":null}"},
    {"who is left out and why",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "7701",
     "",
     false,
     "{\"inbound\":{\"tag\":1,\"key\":\"called\"},\"called\":\"7701\",\"calling\":\"\","
     "\"candidates\":[],\"rejected\":[{\"tag\":103,\"why\":\"shutdown\"}],\"cause\":1}"},
    {"a call that no inbound peer takes",
     "1 dp=9T",
     {0},
     "sip:10.1.1.1",
     "91",
     "",
     false,
     "{\"inbound\":{\"tag\":0},\"called\":\"91\",\"calling\":\"\",\"candidates\":[],"
     "\"rejected\":[],\"cause\":21}"},
    {"the same, whoever calls",
     "1 dp=9T",
     {0},
     NULL,
     "91",
     "",
     false,
     "{\"inbound\":{\"tag\":0},\"called\":\"91\",\"calling\":\"\",\"candidates\":[{\"tag\":1,"
     "\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"1\",\"calling\":\"\"}],\"rejected\":[],"
     "\"cause\":null}"},
    {"the same, by peer 0",
     "1 dp=9T",
     {.permit_default = true},
     "sip:10.1.1.1",
     "91",
     "",
     false,
     "{\"inbound\":{\"tag\":0,\"key\":\"default\"},\"called\":\"91\",\"calling\":\"\","
     "\"candidates\":[{\"tag\":1,\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"1\","
     "\"calling\":\"\"}],\"rejected\":[],\"cause\":null}"},
    {"digit by digit, at once",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "9111",
     "",
     true,
     "{\"inbound\":{\"tag\":0},\"called\":\"911\",\"calling\":\"\",\"candidates\":[{\"tag\":102,"
     "\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"\",\"calling\":\"\"},{\"tag\":101,"
     "\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"11\",\"calling\":\"\"}],\"rejected\":[],"
     "\"cause\":null,\"collect\":{\"result\":\"at-once\",\"digits\":\"911\"}}"},
    {"digit by digit, with the terminator",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "915#",
     "",
     true,
     "{\"inbound\":{\"tag\":0},\"called\":\"915\",\"calling\":\"\",\"candidates\":[{\"tag\":101,"
     "\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"15\",\"calling\":\"\"}],\"rejected\":[],"
     "\"cause\":null,\"collect\":{\"result\":\"at-once\",\"digits\":\"915\"}}"},
    {"digit by digit, by the timer",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "915",
     "",
     true,
     "{\"inbound\":{\"tag\":0},\"called\":\"915\",\"calling\":\"\",\"candidates\":[{\"tag\":101,"
     "\"kind\":\"pots\",\"target\":\"1:D\",\"send\":\"15\",\"calling\":\"\"}],\"rejected\":[],"
     "\"cause\":null,\"collect\":{\"result\":\"timer\",\"digits\":\"915\"}}"},
    {"digit by digit, incomplete",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "200",
     "",
     true,
     "{\"inbound\":{\"tag\":0},\"called\":\"200\",\"calling\":\"\",\"candidates\":[],"
     "\"rejected\":[],\"cause\":28,\"collect\":{\"result\":\"incomplete\",\"digits\":\"200\"}}"},
    {"digit by digit, nothing",
     PLAN_RIG_OFFICE,
     {0},
     NULL,
     "3456",
     "",
     true,
     "{\"inbound\":{\"tag\":0},\"called\":\"3\",\"calling\":\"\",\"candidates\":[],"
     "\"rejected\":[],\"cause\":1,\"collect\":{\"result\":\"no-match\",\"digits\":\"3\"}}"},
    {"what must be escaped",
     "1 voip ic=. target=dns:a\"b\\c dp=1",
     {0},
     NULL,
     "1",
     "",
     false,
     "{\"inbound\":{\"tag\":1,\"key\":\"called\"},\"called\":\"1\",\"calling\":\"\","
     "\"candidates\":[{\"tag\":1,\"kind\":\"voip\",\"target\":\"dns:a\\\"b\\\\c\",\"send\":\"1\","
     "\"calling\":\"\"}],\"rejected\":[],\"cause\":null}"},
    {"international numbers with their plus",
     "1 voip ic=. target=ipv4:10.1.1.1 dp=+44T",
     {0},
     NULL,
     "+442079460000",
     "+14085551234",
     false,
     "{\"inbound\":{\"tag\":1,\"key\":\"called\"},\"called\":\"+442079460000\","
     "\"calling\":\"+14085551234\",\"candidates\":[{\"tag\":1,\"kind\":\"voip\","
     "\"target\":\"ipv4:10.1.1.1\",\"send\":\"+442079460000\",\"calling\":\"+14085551234\"}],"
     "\"rejected\":[],\"cause\":null}"},
};

static void ask(struct trial *trial, const struct plan *plan, const struct json_row *row)
{
	trial_init(trial);
	trial->digit_by_digit = row->digit_by_digit;
	if (row->source)
		assert_int_equal(trial_set_source(trial, plan, row->source), 0);
	assert_int_equal(trial_set_numbers(trial, row->called, row->calling, ""), 0);
}

static void prints_one_object(void **state)
{
	char *json = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const struct json_row *row = &objects[i];
		struct plan *plan = plan_rig_plan(row->plan, &row->options);
		struct trial trial;
		int length;

		ask(&trial, plan, row);
		length = explain_json(&trial, plan, &json, &size);
		if (length != (int)strlen(row->json) || strcmp(json, row->json) != 0)
			fail_msg("%s:\n%s\nexpected\n%s", row->name, json, row->json);
		plan_unref(plan);
	}
	free(json);
}

static struct plan_peer_status busy(void *arg, const struct peer *peer)
{
	const struct plan_peer_status *status = arg;

	return peer->tag == 2 ? *status : (struct plan_peer_status){0};
}

static void tells_why_a_peer_is_left_out(void **state)
{
	const struct {
		const char *plan, *why;
		struct plan_peer_status status;
		struct plan_options options;
		bool data;
	} rows[] = {
	    {"2 dp=2... shutdown", "shutdown", {0}, {0}, false},
	    {"2 voip notarget dp=2... ic=5", "no-target", {0}, {0}, false},
	    {"2 voip dp=2... target=ipv4:10.1.1.1",
	     "busied-out",
	     {PLAN_PEER_BUSIED_OUT, 0, 0},
	     {0},
	     false},
	    {"2 dp=2...", "port-down", {PLAN_PEER_PORT_DOWN, 0, 0}, {0}, false},
	    {"2 dp=2...",
	     "status-check",
	     {PLAN_PEER_PORT_DOWN, 0, 0},
	     {.status_check = PLAN_STATUS_CHECK},
	     false},
	    {"2 dp=2... max=3", "max-conn", {PLAN_PEER_UP, 3, 0}, {0}, false},
	    {"1 dp=2001 port=2:D huntstop; 2 dp=2...", "huntstop", {0}, {0}, false},
	    {"2 voip dp=2... target=ipv4:10.1.1.1", "bearer", {0}, {0}, true},
	};
	char *json = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan *plan = plan_rig_plan(rows[i].plan, &rows[i].options);
		char expected[64];
		struct trial trial;

		trial_init(&trial);
		trial.request.data = rows[i].data;
		trial.request.status = busy;
		trial.request.status_arg = (void *)&rows[i].status;
		assert_int_equal(trial_set_numbers(&trial, "2001", "", ""), 0);
		assert_true(explain_json(&trial, plan, &json, &size) > 0);
		snprintf(expected, sizeof(expected), "\"rejected\":[{\"tag\":2,\"why\":\"%s\"}]",
			 rows[i].why);
		if (!strstr(json, expected))
			fail_msg("%s: %s", rows[i].why, json);
		plan_unref(plan);
	}
	free(json);
}

struct lines {
	char text[8192];
};

static void keep_line(void *arg, const char *text)
{
	struct lines *lines = arg;
	size_t at = strlen(lines->text);

	snprintf(lines->text + at, sizeof(lines->text) - at, "%s\n", text);
}

/* `allow-connections sip to sip`, for calls from 10.1.1.1 to 2001. */
static void knows_what_may_go_from_sip_to_sip(void **state)
{
#define IN "1 voip ic=. target=ipv4:10.1.1.1;"
#define OUT " 2 voip dp=2... target=ipv4:10.1.1.2"
	static const struct {
		const char *plan, *source;
		struct plan_options options;
		const char *result; /* what the object ends with */
		const char *text;   /* a line of the text */
	} rows[] = {
	    {IN OUT, "sip:10.1.1.1", {0}, "\"rejected\":[],\"cause\":null}", "in this order:\n"},
	    {IN OUT,
	     "sip:10.1.1.1",
	     {.no_sip_to_sip = true},
	     "\"candidates\":[],\"rejected\":[{\"tag\":2,\"why\":\"allow-connections\"}],"
	     "\"cause\":21}",
	     "dial-peer 2 is left out: from SIP to SIP, which needs allow-connections sip to sip "
	     "in "
	     "voice service voip\n"},
	    {IN OUT "; 3 dp=2... pref=1",
	     "sip:10.1.1.1",
	     {.no_sip_to_sip = true},
	     "\"rejected\":[{\"tag\":2,\"why\":\"allow-connections\"}],\"cause\":null}",
	     " 1. dial-peer 3 pots 1:D: called 001"},
	    {IN OUT,
	     "sip:10.1.1.1",
	     {.no_sip_to_sip = true, .redirect_server = true},
	     "\"rejected\":[],\"cause\":null}",
	     "redirect ip2ip: the caller is told to call these himself:\n"},
	    {IN OUT, NULL, {.no_sip_to_sip = true}, "\"rejected\":[],\"cause\":null}", ""},
	    {"1 ic=.;" OUT,
	     "1:D",
	     {.no_sip_to_sip = true},
	     "\"rejected\":[],\"cause\":null}",
	     "in this order:\n"},
	    {IN OUT,
	     "sip:10.1.1.1",
	     {.no_sip_to_sip = true, .emergency = {"2001"}},
	     "\"rejected\":[],\"cause\":null}",
	     "in this order:\n"},
	};
	char *json = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan *plan = plan_rig_plan(rows[i].plan, &rows[i].options);
		struct lines lines = {""};
		struct trial trial;

		trial_init(&trial);
		if (rows[i].source)
			assert_int_equal(trial_set_source(&trial, plan, rows[i].source), 0);
		assert_int_equal(trial_set_numbers(&trial, "2001", "", ""), 0);
		assert_true(explain_json(&trial, plan, &json, &size) > 0);
		if (!strstr(json, rows[i].result))
			fail_msg("%zu: %s", i, json);
		explain_text(&trial, plan, keep_line, &lines);
		if (!strstr(lines.text, rows[i].text))
			fail_msg("%zu: %s", i, lines.text);
		plan_unref(plan);
	}
	free(json);
#undef IN
#undef OUT
}

/* A telephone of peer 40001 may not call 9... */
static bool keeps_hours(void *arg, uint32_t tag, const char *called)
{
	return tag == 40001 && called[0] == '9';
}

static void knows_what_telephones_may_not_call_after_hours(void **state)
{
	static const struct {
		const char *called, *phone, *result;
	} rows[] = {
	    {"901", "2001", "\"candidates\":[],\"rejected\":[],\"cause\":21}"},
	    {"801", "2001", "\"cause\":null}"},
	    {"901", NULL, "\"cause\":null}"},
	    {"911", "2001", "\"cause\":null}"},
	};
	const struct plan_options options = {.emergency = {"911"}};
	struct plan *plan = plan_rig_plan("40001 voip pool=1 target=phone; 9 dp=[89]..", &options);
	char *json = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial trial;

		trial_init(&trial);
		trial.blocks = keeps_hours;
		if (rows[i].phone)
			assert_int_equal(trial_set_phone(&trial, 40001, rows[i].phone), 0);
		assert_int_equal(trial_set_numbers(&trial, rows[i].called, "", ""), 0);
		assert_true(explain_json(&trial, plan, &json, &size) > 0);
		if (!strstr(json, rows[i].result))
			fail_msg("%zu: %s", i, json);
	}
	free(json);
	plan_unref(plan);
}

static void knows_the_conference_factory(void **state)
{
	static const struct {
		const char *source, *called, *result;
		bool conference;
	} rows[] = {
	    {"sip:10.6.2.10", "8000",
	     "\"candidates\":[],\"rejected\":[],\"cause\":null,\"conference\":true}", true},
	    {"sip:10.6.2.10", "8001", "\"cause\":null}", false},
	    {"1:D", "8000", "\"cause\":null}", false}, /* telephones and SIP alone */
	};
	const struct plan_options options = {.conference = {.factory = "8000"}};
	struct plan *plan = plan_rig_plan("1 voip ic=.; 9 ic=. dp=8...", &options);
	char *json = NULL, why[256];
	struct expect expect;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lines lines = {""};
		struct trial trial;

		trial_init(&trial);
		assert_int_equal(trial_set_source(&trial, plan, rows[i].source), 0);
		assert_int_equal(trial_set_numbers(&trial, rows[i].called, "", ""), 0);
		assert_true(explain_json(&trial, plan, &json, &size) > 0);
		if (!strstr(json, rows[i].result))
			fail_msg("%zu: %s", i, json);
		explain_text(&trial, plan, keep_line, &lines);
		if (!strstr(lines.text, "a conference begins") == rows[i].conference)
			fail_msg("%zu: %s", i, lines.text);
	}
	assert_int_equal(
	    expect_parse(&expect, "from - on sip:10.6.2.10 to 8000 via peer 9", why, sizeof(why)),
	    0);
	assert_int_equal(expect_verify(&expect, plan, why, sizeof(why)), -22);
	assert_non_null(strstr(why, "it would be a conference"));
	free(json);
	plan_unref(plan);
}

/* By two patterns of a map, some of them: each is named once all the same. */
static void tells_every_peer_that_is_left_out(void **state)
{
	enum { PEERS = 3000 };
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct pattern_map *map;
	size_t size = 0, rejected = 0;
	struct trial trial;
	char *json = NULL;

	assert_int_equal(pattern_map_new(&map), 0);
	assert_int_equal(pattern_map_add(map, "2", NULL, 0), 0);
	assert_int_equal(pattern_map_add(map, "20", NULL, 0), 0);
	assert_int_equal(plan_add_pattern_map(plan, 1, map), 0);
	for (unsigned i = 1; i <= PEERS; i++) {
		struct peer peer;

		peer_init(&peer, i, PEER_POTS);
		strcpy(peer.port, "1:D");
		peer.shutdown = true;
		if (i % 2)
			peer.destination_map = 1;
		else
			strcpy(peer.destination_pattern, "2...");
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	trial_init(&trial);
	assert_int_equal(trial_set_numbers(&trial, "2001", "", ""), 0);
	assert_true(explain_json(&trial, plan, &json, &size) > 0);
	for (const char *at = json; (at = strstr(at, "\"why\":\"shutdown\"")); at++)
		rejected++;
	assert_int_equal(rejected, PEERS);
	assert_non_null(strstr(json, "],\"cause\":1}"));
	free(json);
	plan_unref(plan);
}

/* ---- text */

static void tells_every_step(void **state)
{
	const struct number before = {.digits = "02079460000"};
	const struct number after = {
	    .digits = "442079460000", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN};
	const struct number local = {.digits = "79460000", .ton = TON_SUBSCRIBER};
	const struct peer peer = {.tag = 7};
	const struct {
		struct plan_note note;
		const char *text;
	} rows[] = {
	    {{.step = PLAN_STEP_NORMALIZED, .before = &before, .after = &after},
	     "called number 02079460000 -> +442079460000: voice number-plan"},
	    {{.step = PLAN_STEP_TRANSLATED,
	      .which = PLAN_CALLING,
	      .place = PLAN_PLACE_PEER_INCOMING,
	      .peer = &peer,
	      .name = "in",
	      .set = 5,
	      .rule = 1,
	      .before = &before,
	      .after = &local},
	     "calling number 02079460000 -> 79460000 (subscriber): dial-peer 7 translation-profile "
	     "incoming in, rule 1 of voice translation-rule 5"},
	    {{.step = PLAN_STEP_BLOCKED,
	      .place = PLAN_PLACE_CALL_BLOCK,
	      .name = "bad",
	      .set = 9,
	      .rule = 2,
	      .cause = 21},
	     "refused with cause 21 (call rejected): call-block translation-profile bad, rule 2 of "
	     "voice translation-rule 9"},
	    {{.step = PLAN_STEP_INBOUND, .peer = &peer, .key = PLAN_KEY_CALLED, .text = "2..."},
	     "inbound dial-peer 7 by incoming called-number (2...)"},
	    {{.step = PLAN_STEP_EMPTY_ANI, .which = PLAN_CALLING, .peer = &peer, .after = &local},
	     "calling number no number -> 79460000 (subscriber): dial-peer compat empty-ani, "
	     "pattern of dial-peer 7"},
	    {{.step = PLAN_STEP_NUM_EXP, .text = "5... 1408555....", .before = &before},
	     "called number 02079460000 -> no number: num-exp 5... 1408555...."},
	    {{.step = PLAN_STEP_EXCLUDED, .peer = &peer, .reason = PLAN_REASON_COR, .text = "ld"},
	     "dial-peer 7 is left out: class of restriction (ld)"},
	    {{.step = PLAN_STEP_STRIPPED,
	      .text = "digit-strip",
	      .before = &before,
	      .after = &local},
	     "called number 02079460000 -> 79460000 (subscriber): digit-strip"},
	    {{.step = PLAN_STEP_FULL, .name = "pstn", .cause = 34},
	     "refused with cause 34 (no circuit available): max-calls of trunk group pstn"},
	    {{.step = PLAN_STEP_AFTER_HOURS, .cause = 21},
	     "blocked by after-hours: cause 21 (call rejected)"},
	    {{.step = PLAN_STEP_CAUSE, .cause = 1}, "cause 1 (unallocated number)"},
	};
	char text[EXPLAIN_LINE_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		explain_step(&rows[i].note, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void reads_like_a_story(void **state)
{
	const struct json_row row = {
	    .called = "914085551234", .calling = "2001", .source = "sip:10.6.2.10"};
	struct plan *plan = plan_rig_plan(PLAN_RIG_OFFICE, NULL);
	struct lines lines = {0};
	struct trial trial;

	ask(&trial, plan, &row);
	explain_text(&trial, plan, keep_line, &lines);
	assert_non_null(strstr(lines.text, "call to 914085551234 from 2001, SIP from 10.6.2.10\n"));
	assert_non_null(strstr(lines.text,
			       " 1. dial-peer 100 pots 1:D: called 4085551234 "
			       "(type unknown, plan unknown), calling 2001 (type unknown, "
			       "plan unknown)\n"));
	assert_non_null(strstr(lines.text, " 2. dial-peer 101 pots 1:D: called 14085551234"));
	plan_unref(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prints_one_object),
	    cmocka_unit_test(tells_why_a_peer_is_left_out),
	    cmocka_unit_test(knows_what_may_go_from_sip_to_sip),
	    cmocka_unit_test(knows_what_telephones_may_not_call_after_hours),
	    cmocka_unit_test(knows_the_conference_factory),
	    cmocka_unit_test(tells_every_peer_that_is_left_out),
	    cmocka_unit_test(tells_every_step),
	    cmocka_unit_test(reads_like_a_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
