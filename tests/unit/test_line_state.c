// SPDX-License-Identifier: GPL-2.0-or-later
/* What lines do: who listens hears of each change once, and of nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "gateway/call/call.h"
#include "gateway/sip/line_calls.h"
#include "gateway/sip/line_state.h"

static struct line_states *states;
static unsigned heard;
static struct line_listener listener;

static void changed(void *arg)
{
	heard++;
}

static int start(void **state)
{
	listener = (struct line_listener){.changed = changed};
	heard = 0;
	return line_states_new(NULL, &states);
}

static int stop(void **state)
{
	line_states_unlisten(&listener);
	line_states_free(states);
	return 0;
}

static unsigned heard_now(void)
{
	unsigned now = heard;

	heard = 0;
	return now;
}

static void tell(struct call_summary *call, const char *state)
{
	call->state = state;
	line_calls_changed(states, call);
}

static struct call_summary call_of(uint32_t id, const char *calling, const char *called)
{
	struct call_summary call = {.id = id};

	snprintf(call.calling, sizeof(call.calling), "%s", calling);
	snprintf(call.called, sizeof(call.called), "%s", called);
	return call;
}

static bool write_call(void *arg, const struct line_call *call, const struct line_party *party)
{
	static const char *const names[] = {"trying", "proceeding", "early", "confirmed"};
	char *text = arg;

	sprintf(text + strlen(text), "%u %s %s %s;", call->id, names[call->state],
		party->initiator ? "to" : "from", party->remote);
	return true;
}

static const char *calls_of(const char *line)
{
	static char text[512];

	text[0] = '\0';
	line_states_each_call(states, line, write_call, text);
	return text;
}

static void a_call_is_one_of_all_its_lines(void **state)
{
	struct call_summary call = call_of(7, "+442071", "02012342001");

	strcpy(call.called_sent, "2001");
	strcpy(call.leg[0].channel, "2/17");
	tell(&call, "ALERTING");
	assert_string_equal(calls_of("+442071"), "7 early to 02012342001;");
	assert_string_equal(calls_of("02012342001"), "7 early from +442071;");
	assert_string_equal(calls_of("2001"), "7 early from +442071;");
	assert_string_equal(calls_of("2/17"), "7 early to 02012342001;");
	assert_string_equal(calls_of("2:D"), "7 early to 02012342001;");
	assert_string_equal(calls_of("2002"), "");
	assert_true(line_states_is_busy(states, "2:D"));
	assert_false(line_states_is_busy(states, "2/18"));
	tell(&call, "CLEARED");
	assert_string_equal(calls_of("2001"), "");
	assert_false(line_states_is_busy(states, "2:D"));
}

static void who_is_withheld_is_told_to_nobody(void **state)
{
	struct call_summary call = call_of(7, "+442071", "2001");

	call.calling_withheld = true;
	strcpy(call.leg[1].channel, "2/17");
	tell(&call, "ACTIVE");
	assert_string_equal(calls_of("+442071"), "7 confirmed to 2001;");
	assert_string_equal(calls_of("2001"), "7 confirmed from ;");
	assert_string_equal(calls_of("2/17"), "7 confirmed from ;");
	call.replaced[0] = (struct call_replacement){.made = true, .number = "2003"};
	tell(&call, "ACTIVE");
	assert_string_equal(calls_of("2001"), "7 confirmed from 2003;");
	call.replaced[0].withheld = true;
	tell(&call, "ACTIVE");
	assert_string_equal(calls_of("2001"), "7 confirmed from ;");
	tell(&call, "CLEARED");
}

static void a_listener_hears_each_change_once(void **state)
{
	struct call_summary call = call_of(1, "4420", "2001"), other = call_of(2, "4420", "2002");

	assert_int_equal(line_states_listen(states, "2001", &listener), 0);
	tell(&call, "ROUTING");
	assert_int_equal(heard_now(), 1);
	tell(&call, "CALLING"); /* trying as before */
	assert_int_equal(heard_now(), 0);
	tell(&call, "ACTIVE");
	assert_int_equal(heard_now(), 1);
	tell(&other, "ACTIVE");
	assert_int_equal(heard_now(), 0);
	tell(&call, "CLEARED");
	assert_int_equal(heard_now(), 1);
	tell(&call, "CLEARED");
	assert_int_equal(heard_now(), 0);
	line_states_unlisten(&listener);
	line_states_unlisten(&listener);
	tell(&call, "ACTIVE");
	assert_int_equal(heard_now(), 0);
}

static void who_is_replaced_leaves_his_line(void **state)
{
	struct call_summary call = call_of(1, "4420", "2000");

	strcpy(call.called_sent, "2001");
	strcpy(call.connected, "2002");
	tell(&call, "ACTIVE");
	assert_string_equal(calls_of("2002"), "1 confirmed from 4420;");
	line_states_listen(states, "2001", &listener);
	call.replaced[1] = (struct call_replacement){.made = true, .number = "2003"};
	tell(&call, "ACTIVE");
	assert_int_equal(heard_now(), 1);
	assert_string_equal(calls_of("2000"), "");
	assert_string_equal(calls_of("2001"), "");
	assert_string_equal(calls_of("2002"), "");
	assert_string_equal(calls_of("2003"), "1 confirmed from 4420;");
	assert_string_equal(calls_of("4420"), "1 confirmed to 2003;");
	call.replaced[0].made = true; /* nobody knows by whom */
	tell(&call, "ACTIVE");
	assert_string_equal(calls_of("4420"), "");
	assert_string_equal(calls_of("2003"), "1 confirmed from ;");
}

static void a_call_that_goes_elsewhere_leaves_its_line(void **state)
{
	struct call_summary call = call_of(1, "4420", "2000");

	line_states_listen(states, "2001", &listener);
	strcpy(call.called_sent, "2001");
	tell(&call, "ALERTING");
	assert_int_equal(heard_now(), 1);
	strcpy(call.called_sent, "2002"); /* the next candidate */
	tell(&call, "ALERTING");
	assert_int_equal(heard_now(), 1);
	assert_string_equal(calls_of("2001"), "");
	assert_string_equal(calls_of("2002"), "1 early from 4420;");
	assert_string_equal(calls_of("2000"), "1 early from 4420;");
}

static void a_line_has_several_calls(void **state)
{
	struct call_summary call = call_of(1, "4420", "2001"), other = call_of(2, "2001", "4421");

	tell(&call, "ACTIVE");
	tell(&other, "PROCEEDING");
	assert_string_equal(calls_of("2001"), "1 confirmed from 4420;2 proceeding to 4421;");
	tell(&call, "CLEARED");
	assert_string_equal(calls_of("2001"), "2 proceeding to 4421;");
}

static void a_call_can_be_listened_to_and_found_by_name(void **state)
{
	struct call_summary call = call_of(1, "4420", "2001"), other = call_of(2, "4420", "2001");
	char text[128] = "";

	strcpy(other.name, "a@bc");
	line_states_listen_call(states, "a@b", &listener);
	tell(&other, "ALERTING");
	tell(&call, "PROCEEDING");
	assert_int_equal(heard_now(), 0);
	strcpy(call.name, "a@b"); /* it is known by then */
	tell(&call, "ALERTING");
	assert_int_equal(heard_now(), 1);
	line_states_each_named_call(states, "a@b", write_call, text);
	assert_string_equal(text, "1 early to 2001;");
	line_states_each_named_call(states, "c@d", write_call, text);
	assert_string_equal(text, "1 early to 2001;");
	tell(&call, "CLEARED");
	assert_int_equal(heard_now(), 1);
	line_states_each_named_call(states, "a@b", write_call, text);
	assert_string_equal(text, "1 early to 2001;");
	line_states_unlisten(&listener);
	tell(&call, "ALERTING");
	assert_int_equal(heard_now(), 0);
}

static void service_is_what_its_keeper_said_last(void **state)
{
	static const char too_long[] = "1234567890123456789012345678901234";

	line_states_listen(states, "1:D", &listener);
	assert_int_equal(line_states_service(states, "1:D"), LINE_SERVICE_UNKNOWN);
	line_states_set_service(states, "1:D", LINE_OUT_OF_SERVICE);
	line_states_set_service(states, "1:D", LINE_OUT_OF_SERVICE);
	line_states_set_service(states, "2:D", LINE_IN_SERVICE);
	assert_int_equal(heard_now(), 1);
	assert_int_equal(line_states_service(states, "1:D"), LINE_OUT_OF_SERVICE);
	line_states_set_service(states, "1:D", LINE_SERVICE_UNKNOWN);
	assert_int_equal(heard_now(), 1);
	assert_int_equal(line_states_set_service(states, too_long, LINE_IN_SERVICE), -ENAMETOOLONG);
}

static void what_nobody_knows_or_watches_takes_no_memory(void **state)
{
	size_t before = talloc_total_size(states);
	struct call_summary call = call_of(1, "4420", "2001");

	line_states_listen(states, "2003", &listener);
	line_states_unlisten(&listener);
	line_states_set_service(states, "2004", LINE_IN_SERVICE);
	line_states_set_service(states, "2004", LINE_SERVICE_UNKNOWN);
	tell(&call, "ALERTING");
	tell(&call, "CLEARED");
	assert_int_equal(talloc_total_size(states), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_call_is_one_of_all_its_lines),
	    TEST(who_is_withheld_is_told_to_nobody),
	    TEST(a_listener_hears_each_change_once),
	    TEST(who_is_replaced_leaves_his_line),
	    TEST(a_call_that_goes_elsewhere_leaves_its_line),
	    TEST(a_line_has_several_calls),
	    TEST(a_call_can_be_listened_to_and_found_by_name),
	    TEST(service_is_what_its_keeper_said_last),
	    TEST(what_nobody_knows_or_watches_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
