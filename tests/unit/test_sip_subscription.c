// SPDX-License-Identifier: GPL-2.0-or-later
/* SUBSCRIBE from a telephone, and the NOTIFYs that it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dialplan/number.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/subscription.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

static struct phone watcher, caller;
static const struct party connected = {.number = {.digits = "2001"}};

static void with_watchers(struct ua_config *config)
{
	config->watchers = (struct watcher_rules){.enabled = true, .all = true};
}

static int start(void **state)
{
	if (!rig_configure)
		rig_configure = with_watchers;
	rig_start(NULL);
	phone_open(&watcher, false, false, 0);
	phone_open(&caller, false, false, 0);
	watcher.to = "2001";
	return 0;
}

static int stop(void **state)
{
	phone_close(&caller);
	phone_close(&watcher);
	rig_stop();
	return 0;
}

static void subscribe(const char *headers)
{
	watcher.extra = headers;
	phone_request(&watcher, "SUBSCRIBE", NULL);
}

/* Event and state begin so; it is answered with this status. */
static const char *expect_notify_and_say(const char *event, const char *state, const char *status)
{
	static char message[MESSAGE_MAX];

	snprintf(message, sizeof(message), "%s", phone_expect(&watcher, "NOTIFY"));
	assert_string_equal(header(message, "Event"), event);
	if (strncmp(header(message, "Subscription-State"), state, strlen(state)))
		fail_msg("%s: %s", state, message);
	phone_respond(&watcher, message, status, NULL, NULL);
	return message;
}

static const char *expect_notify(const char *event, const char *state)
{
	return expect_notify_and_say(event, state, "200 OK");
}

static void has(const char *message, const char *text)
{
	if (!strstr(body_of(message), text))
		fail_msg("no %s in: %s", text, message);
}

static void caller_calls(void)
{
	phone_request(&caller, "INVITE", SDP_ALAW);
	phone_expect(&caller, "SIP/2.0 100");
}

static void caller_hangs_up(void)
{
	phone_request(&caller, "BYE", NULL);
	phone_expect(&caller, "SIP/2.0 200");
}

static void refusals_say_what_would_be_right(void **state)
{
	static const struct {
		const char *headers, *status, *header, *value;
	} cases[] = {
	    {"Event: winter\r\n", "SIP/2.0 489", "Allow-Events", "dialog"},
	    {"", "SIP/2.0 489", "Allow-Events", "presence"},
	    {"Event: dialog\r\nExpires: 30\r\n", "SIP/2.0 423", "Min-Expires", "60"},
	    {"Event: dialog\r\nAccept: text/plain\r\n", "SIP/2.0 406", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answer;

		subscribe(cases[i].headers);
		answer = phone_expect(&watcher, cases[i].status);
		if (cases[i].header)
			assert_non_null(strstr(header(answer, cases[i].header), cases[i].value));
		watcher.remote_tag[0] = '\0';
	}
	phone_expect_nothing(&watcher, 50);
}

static void use_watchers(struct watcher_rules rules)
{
	rig.ua->config.watchers = rules;
	subscriptions_change(rig.ua);
}

static void lines_are_watched_only_if_the_configuration_says_so(void **state)
{
	const char *answer;

	use_watchers((struct watcher_rules){.enabled = false});
	subscribe("Event: dialog\r\n");
	answer = phone_expect(&watcher, "SIP/2.0 489");
	assert_string_equal(header(answer, "Allow-Events"),
			    "message-summary, kpml, telephone-event");
	watcher.remote_tag[0] = '\0';
	use_watchers((struct watcher_rules){.enabled = true}); /* not of neighbours */
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 403");
	watcher.remote_tag[0] = '\0';
	use_watchers((struct watcher_rules){.enabled = true, .all = true});
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	expect_notify("presence", "active");
	use_watchers((struct watcher_rules){.enabled = true, .any_line = true});
	expect_notify("presence", "terminated;reason=rejected");
}

static void ports_are_lines_with_a_service(void **state)
{
	const char *message;

	watcher.to = "7%3AD";
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 404"); /* there is no such port */
	watcher.remote_tag[0] = '\0';
	line_states_set_service(rig.ua->line_states, "7:D", LINE_IN_SERVICE);
	line_states_set_service(rig.ua->line_states, "7/3", LINE_OUT_OF_SERVICE);
	subscribe("Event: dialog\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	message = expect_notify("dialog", "active");
	has(message, "entity=\"sip:7%3AD@");
	assert_null(strstr(body_of(message), "<dialog id"));
	caller_calls();
	snprintf(rig.fake.channel, sizeof(rig.fake.channel), "7/3");
	rig_event(CALL_EV_ANSWER, &connected);
	phone_expect(&caller, "SIP/2.0 200");
	phone_request(&caller, "ACK", NULL);
	message = expect_notify("dialog", "active");
	has(message, "<state>confirmed</state>");
	has(message, "<remote><identity>sip:4420@127.0.0.1");
	watcher.to = "7/3";
	watcher.remote_tag[0] = '\0';
	strcat(watcher.call_id, "x");
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	message = expect_notify("presence", "active");
	has(message, "<basic>closed</basic>");
	has(message, "<rpid:on-the-phone/>");
}

static void other_methods_are_refused_with_allow(void **state)
{
	static const char *const methods[] = {"MESSAGE", "PUBLISH", "WINTER"};

	for (size_t i = 0; i < 3; i++) {
		const char *allow;

		phone_request(&watcher, methods[i], NULL);
		allow = header(phone_expect(&watcher, "SIP/2.0 405"), "Allow");
		assert_non_null(strstr(allow, "SUBSCRIBE"));
		assert_null(strstr(allow, methods[i]));
		watcher.remote_tag[0] = '\0';
	}
}

static void dialogs_of_a_number_are_told_from_ringing_to_the_end(void **state)
{
	const char *message;

	subscribe("Event: dialog\r\nExpires: 600\r\n");
	message = phone_expect(&watcher, "SIP/2.0 200");
	assert_string_equal(header(message, "Expires"), "600");
	message = expect_notify("dialog", "active;expires=600");
	assert_string_equal(header(message, "Content-Type"), "application/dialog-info+xml");
	has(message, "version=\"0\" state=\"full\" entity=\"sip:2001@");
	assert_null(strstr(body_of(message), "<dialog id"));
	caller_calls();
	message = expect_notify("dialog", "active");
	has(message, "version=\"1\" state=\"partial\"");
	has(message, "<state>trying</state>");
	has(message, "<identity>sip:4420@127.0.0.1");
	has(message, caller.call_id);
	rig_event(CALL_EV_ANSWER, &connected);
	phone_expect(&caller, "SIP/2.0 200");
	phone_request(&caller, "ACK", NULL);
	has(expect_notify("dialog", "active"), "<state>confirmed</state>");
	subscribe("Event: dialog\r\nExpires: 900\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	message = expect_notify("dialog", "active;expires=900");
	has(message, "version=\"3\" state=\"full\"");
	has(message, "<state>confirmed</state>");
	caller_hangs_up();
	has(expect_notify("dialog", "active"), "<state>terminated</state>");
	phone_expect_nothing(&watcher, 50);
}

static void one_call_is_told_of_by_its_call_id(void **state)
{
	static char event[200];

	caller_calls();
	watcher.to = "4999";
	snprintf(event, sizeof(event), "Event: dialog;call-id=\"%s\"\r\n", caller.call_id);
	subscribe(event);
	phone_expect(&watcher, "SIP/2.0 200");
	has(expect_notify("dialog", "active"), caller.call_id);
	watcher.remote_tag[0] = '\0';
	strcat(watcher.call_id, "x");
	subscribe("Event: dialog;call-id=none\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	assert_null(strstr(body_of(expect_notify("dialog", "active")), "<dialog id"));
}

static void a_busy_lamp_follows_the_calls_of_a_number(void **state)
{
	const char *message;

	caller_calls();
	subscribe("Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 99999999\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	message = expect_notify("presence", "active;expires=3600");
	assert_string_equal(header(message, "Content-Type"), "application/pidf+xml");
	has(message, "<rpid:on-the-phone/>");
	phone_request(&caller, "CANCEL", NULL);
	phone_expect(&caller, "SIP/2.0 200");
	/* not sooner than 5 s after the one before */
	phone_expect_nothing(&watcher, 300);
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	assert_null(strstr(body_of(expect_notify("presence", "active")), "on-the-phone"));
}

static void expires_0_ends_it_and_so_does_a_fetch(void **state)
{
	subscribe("Event: presence\r\nExpires: 0\r\n");
	assert_string_equal(header(phone_expect(&watcher, "SIP/2.0 200"), "Expires"), "0");
	has(expect_notify("presence", "terminated;reason=timeout"), "<basic>open</basic>");
	watcher.remote_tag[0] = '\0';
	strcat(watcher.call_id, "x");
	subscribe("Event: presence;id=a1\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	expect_notify("presence;id=a1", "active");
	subscribe("Event: presence\r\n");
	phone_expect(&watcher, "SIP/2.0 403");
	subscribe("Event: presence;id=a1\r\nExpires: 0\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	expect_notify("presence;id=a1", "terminated;reason=timeout");
	rig_run(20);
	subscribe("Event: presence;id=a1\r\n");
	phone_expect(&watcher, "SIP/2.0 481");
}

static const struct {
	const char *body;
	bool waiting;
} lamps[] = {
    {"Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n", true},
    {"Messages-Waiting: yes\r\n", true},
    {"Voice-Message: 0/8\nmessages-waiting : no \n", false},
};
static char lamp[64];

static void light(void *arg, const struct number *number, bool on)
{
	snprintf(lamp, sizeof(lamp), "%s %s", number->digits, on ? "on" : "off");
}

static void with_lamp(struct ua_config *config)
{
	with_watchers(config);
	config->lamp = light;
}

static void server_says(const char *body, const char *status)
{
	caller.extra = "Event: message-summary\r\nSubscription-State: active\r\n";
	caller.body_type = "application/simple-message-summary";
	caller.remote_tag[0] = '\0';
	phone_request(&caller, "NOTIFY", body);
	phone_expect(&caller, status);
}

static void a_voicemail_server_lights_lamps_and_is_passed_on(void **state)
{
	const char *message;

	caller.to = "2001";
	subscribe("Event: message-summary\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	has(expect_notify("message-summary", "active"), "Messages-Waiting: no\r\n");
	lamp[0] = '\0';
	server_says(lamps[0].body, "SIP/2.0 200");
	assert_string_equal(lamp, "2001 on");
	message = expect_notify("message-summary", "active");
	assert_string_equal(header(message, "Content-Type"), "application/simple-message-summary");
	has(message, "Messages-Waiting: yes\r\nMessage-Account: sip:2001@");
	has(message, "Voice-Message: 2/8 (0/2)\r\n");
	lamp[0] = '\0';
	server_says(lamps[1].body, "SIP/2.0 200");
	assert_string_equal(lamp, ""); /* it is on */
	server_says(lamps[2].body, "SIP/2.0 200");
	assert_string_equal(lamp, "2001 off");
	has(expect_notify("message-summary", "active"), "Voice-Message: 0/8 (0/0)\r\n");
	server_says("Messages-Waiting: perhaps\r\n", "SIP/2.0 400");
	caller.to = "alice";
	server_says("Messages-Waiting: yes\r\n", "SIP/2.0 404");
	server_says("Messages-Waiting: yes\r\nMessage-Account: sip:2002@vm\r\n", "SIP/2.0 200");
	assert_string_equal(lamp, "2002 on");
}

static int start_with_lamp(void **state)
{
	rig_configure = with_lamp;
	return start(state);
}

static void without_repeats(struct ua_config *config)
{
	with_watchers(config);
	config->t1_ms = 500; /* more than a crowded machine lets us wait */
}

static int start_without_repeats(void **state)
{
	rig_configure = without_repeats;
	return start(state);
}

static unsigned active(void)
{
	struct subscription_counters counters;

	subscriptions_count(rig.ua, &counters);
	return counters.active;
}

static bool none_is_active(void *arg)
{
	return !active();
}

static void a_notify_that_nobody_knows_ends_it(void **state)
{
	subscribe("Event: dialog\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	assert_int_equal(active(), 1);
	expect_notify_and_say("dialog", "active", "481 Subscription Does Not Exist");
	assert_true(rig_wait(none_is_active, NULL, 20000));
}

static void a_notify_that_is_never_answered_ends_it(void **state)
{
	subscribe("Event: dialog\r\n");
	phone_expect(&watcher, "SIP/2.0 200");
	phone_expect(&watcher, "NOTIFY");
	assert_true(rig_wait(none_is_active, NULL, 64 * RIG_T1_MS + 2000));
}

static void one_source_has_no_more_than_its_share(void **state)
{
	char call_id[sizeof(watcher.call_id)];
	const char *message;

	snprintf(call_id, sizeof(call_id), "%s", watcher.call_id);
	for (unsigned i = 0; i <= SUBSCRIPTIONS_PER_SOURCE_MAX; i++) {
		watcher.remote_tag[0] = '\0';
		snprintf(watcher.call_id, sizeof(watcher.call_id), "%u-%.40s", i, call_id);
		subscribe("Event: presence\r\n");
		if (i == SUBSCRIPTIONS_PER_SOURCE_MAX)
			break;
		phone_expect(&watcher, "SIP/2.0 200");
		expect_notify("presence", "active");
	}
	message = phone_expect(&watcher, "SIP/2.0 503");
	assert_string_equal(header(message, "Retry-After"), "60");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(refusals_say_what_would_be_right),
	    TEST(lines_are_watched_only_if_the_configuration_says_so),
	    TEST(ports_are_lines_with_a_service),
	    TEST(other_methods_are_refused_with_allow),
	    TEST(dialogs_of_a_number_are_told_from_ringing_to_the_end),
	    TEST(one_call_is_told_of_by_its_call_id),
	    TEST(a_busy_lamp_follows_the_calls_of_a_number),
	    TEST(expires_0_ends_it_and_so_does_a_fetch),
	    cmocka_unit_test_setup_teardown(a_voicemail_server_lights_lamps_and_is_passed_on,
					    start_with_lamp, stop),
	    TEST(a_notify_that_nobody_knows_ends_it),
	    TEST(a_notify_that_is_never_answered_ends_it),
	    cmocka_unit_test_setup_teardown(one_source_has_no_more_than_its_share,
					    start_without_repeats, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
