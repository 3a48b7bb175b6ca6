// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls to `session target enum:1`: a question to name_server.c, then INVITEs to a telephone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "gateway/sip/leg_sip.h"
#include "tests/unit/name_server.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX]; /* the one that came */
static struct enum_table table;

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

/* What the plan does for a peer with that target. */
static struct leg *make(void *arg, struct call *call, const struct leg_request *request,
			struct cause *why)
{
	struct leg_request by_enum = *request;

	by_enum.target = "enum:1";
	by_enum.enum_table = &table;
	return leg_sip_make(arg, call, &by_enum, why);
}

static void use_domain(const char *domain)
{
	table.number = table.count = table.rules[0].number = 1;
	strcpy(table.rules[0].match, "^7\\(.*\\)");
	strcpy(table.rules[0].replace, "+1408\\1");
	strcpy(table.rules[0].domain, domain);
}

static int start(void **state)
{
	char server[32];

	rig_start(NULL);
	name_server_start(server);
	rig_use_name_server(server);
	office_register_kind(rig.office, PEER_VOIP, make, rig.ua);
	phone_open(&phone, false, false, rig.peer_port);
	use_domain("uris.test");
	return 0;
}

static int stop(void **state)
{
	phone_close(&phone);
	name_server_stop();
	rig_stop();
	return 0;
}

/* Each # becomes the telephone's port. */
static void with_port(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text && used + 8 < size; text++)
		if (*text == '#')
			used += snprintf(out + used, size - used, "%u", rig.peer_port);
		else
			out[used++] = *text;
	out[used] = '\0';
}

static void publish(const char *uris)
{
	char text[200];

	with_port(uris, text, sizeof(text));
	name_server_naptr(text);
}

static void call_and_take_invite(const char *uri)
{
	char start_line[200], text[150];

	with_port(uri, text, sizeof(text));
	snprintf(start_line, sizeof(start_line), "INVITE %s SIP/2.0\r\n", text);
	snprintf(invite, sizeof(invite), "%s", phone_expect(&phone, start_line));
}

static void answer_and_end(void)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	rig_event(CALL_EV_RELEASED, &cause);
	phone_respond(&phone, phone_expect(&phone, "BYE"), "200 OK", NULL, NULL);
	rig_run(20);
}

static void a_call_goes_to_the_uri_that_was_found(void **state)
{
	publish("sip:info%23x;y=z@127.0.0.1:#;user=phone");
	rig_call("7001", &alice);
	call_and_take_invite("sip:info%23x;y=z@127.0.0.1:#;user=phone");
	assert_non_null(strstr(header(invite, "To"), "sip:info%23x;y=z@127.0.0.1"));
	answer_and_end();
}

static void its_host_may_be_a_name(void **state)
{
	publish("sip:1@here.test:#");
	rig_call("7001", &alice);
	call_and_take_invite("sip:1@here.test:#");
	answer_and_end();
}

static void the_next_uri_is_called_if_one_fails(void **state)
{
	publish("sip:1@127.0.0.1:# sip:2@nowhere.test sip:3@127.0.0.1:# sip:4@127.0.0.1:#");
	rig_call("7001", &alice);
	call_and_take_invite("sip:1@127.0.0.1:#");
	phone_respond(&phone, invite, "500 Server Internal Error", "a", NULL);
	phone_expect(&phone, "ACK");
	call_and_take_invite("sip:3@127.0.0.1:#");
	phone_respond(&phone, invite, "503 Service Unavailable", "b", NULL);
	phone_expect(&phone, "ACK");
	call_and_take_invite("sip:4@127.0.0.1:#");
	answer_and_end();
	assert_null(strstr(rig.fake.orders, "release(41)"));
}

static void a_busy_callee_is_not_called_elsewhere(void **state)
{
	publish("sip:1@127.0.0.1:# sip:2@127.0.0.1:#");
	rig_call("7001", &alice);
	call_and_take_invite("sip:1@127.0.0.1:#");
	phone_respond(&phone, invite, "486 Busy Here", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release(17)"));
	phone_expect_nothing(&phone, 50);
}

static void when_the_last_uri_fails_its_cause_is_the_calls(void **state)
{
	publish("sip:1@127.0.0.1:# sip:2@nowhere.test");
	rig_call("7001", &alice);
	call_and_take_invite("sip:1@127.0.0.1:#");
	phone_respond(&phone, invite, "500 Server Internal Error", "a", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release(38)"));
}

static void nothing_found_is_cause_41(void **state)
{
	rig_call("7001", &alice); /* the name does not exist */
	assert_true(rig_ordered("release(41)"));
	publish("sip:1@127.0.0.1:#;maddr=x mailto:a@b");
	rig_call("7002", &alice); /* nothing that could be called */
	assert_true(rig_ordered("release(41)"));
	strcpy(table.rules[0].match, "^9");
	rig_call("7001", &alice); /* no rule fits */
	assert_true(rig_ordered("release(41)"));
}

static unsigned ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - begin->tv_sec) * 1000 +
			  (now.tv_nsec - begin->tv_nsec) / 1000000);
}

static void a_silent_server_is_cause_38_at_the_time_limit(void **state)
{
	struct timespec begin;

	use_domain("silent.test");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	rig_call("7001", &alice);
	assert_true(rig_ordered("release(38)"));
	assert_in_range(ms_since(&begin), RIG_ENUM_MS - 10, RIG_ENUM_MS + 4000);
}

static void a_call_may_end_while_its_number_is_looked_up(void **state)
{
	struct cause cause = cause_q850(16, CAUSE_LOCATION_USER, CAUSE_SOURCE_PSTN);

	use_domain("silent.test");
	rig_call("7001", &alice);
	rig_run(20);
	rig_event(CALL_EV_RELEASED, &cause);
	rig_run(RIG_ENUM_MS + 50);
	phone_expect_nothing(&phone, 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_call_goes_to_the_uri_that_was_found, start, stop),
	    cmocka_unit_test_setup_teardown(its_host_may_be_a_name, start, stop),
	    cmocka_unit_test_setup_teardown(the_next_uri_is_called_if_one_fails, start, stop),
	    cmocka_unit_test_setup_teardown(a_busy_callee_is_not_called_elsewhere, start, stop),
	    cmocka_unit_test_setup_teardown(when_the_last_uri_fails_its_cause_is_the_calls, start,
					    stop),
	    cmocka_unit_test_setup_teardown(nothing_found_is_cause_41, start, stop),
	    cmocka_unit_test_setup_teardown(a_silent_server_is_cause_38_at_the_time_limit, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_call_may_end_while_its_number_is_looked_up, start,
					    stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
