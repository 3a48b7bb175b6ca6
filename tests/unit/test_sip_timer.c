// SPDX-License-Identifier: GPL-2.0-or-later
/* Session timers (RFC 4028): who refreshes, how, and what happens if nobody does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/dialog_private.h"
#include "tests/unit/sip_one_phone.h"

static char invite[MESSAGE_MAX];
static struct tenant all;

static const struct party alice = {
    .number = {.digits = "4420", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

static int use_tenant(void)
{
	all = (struct tenant){0};
	rig.ua->config.tenants = &all;
	rig.ua->config.tenants_count = 1;
	return 0;
}

static int start(void **state)
{
	phone_start(state);
	return use_tenant();
}

static int start_out(void **state)
{
	phone_start_called(state);
	return use_tenant();
}

static void call_and_take_invite(void)
{
	rig_call("7001", &alice);
	osmo_strlcpy(invite, phone_expect(&phone, "INVITE sip:"), sizeof(invite));
}

static void answer_with(const char *extra)
{
	phone.extra = extra;
	phone_respond(&phone, invite, "200 OK", "a", SDP_ALAW);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("answer"));
	osmo_strlcpy(phone.call_id, header(invite, "Call-ID"), sizeof(phone.call_id));
	snprintf(phone.local_tag, sizeof(phone.local_tag), "a");
	osmo_strlcpy(phone.remote_tag, strstr(header(invite, "From"), ";tag=") + 5,
		     sizeof(phone.remote_tag));
}

/* Returns our 200. */
static const char *establish(const char *extra)
{
	phone.extra = extra;
	return phone_establish(SDP_ALAW, NULL);
}

static void hang_up(void)
{
	phone_request(&phone, "BYE", NULL);
	phone_expect(&phone, "SIP/2.0 200");
	assert_true(rig_ordered("release(16)"));
}

static struct ua_counters counters(void)
{
	struct ua_counters now;

	ua_counters(rig.ua, &now);
	return now;
}

/* RFC 4028 9, table 2, and what session_refresh adds to it. */
static void our_2xx_says_who_refreshes(void **state)
{
	static const struct {
		uint8_t refresh;
		const char *extra, *expires, *require;
	} rows[] = {
	    {SIP_SWITCH_UNSET, "Supported: timer\r\nSession-Expires: 900\r\n", "900;refresher=uac",
	     "timer"},
	    {SIP_SWITCH_UNSET, "Supported: timer\r\nSession-Expires: 900;refresher=uac\r\n",
	     "900;refresher=uac", "timer"},
	    {SIP_SWITCH_UNSET, "Supported: timer\r\nSession-Expires: 900;refresher=uas\r\n",
	     "900;refresher=uas", ""},
	    {SIP_SWITCH_UNSET, "Session-Expires: 900\r\n", "900;refresher=uas", ""},
	    {SIP_SWITCH_UNSET, "Require: timer\r\nSupported: timer\r\nSession-Expires: 900\r\n",
	     "900;refresher=uac", "timer"},
	    {SIP_SWITCH_UNSET, "Supported: timer\r\n", "1800;refresher=uas", ""},
	    {SIP_SWITCH_UNSET, NULL, "", ""},
	    {SIP_SWITCH_OFF, "Supported: timer\r\n", "", ""},
	    {SIP_SWITCH_OFF, "Supported: timer\r\nSession-Expires: 900\r\n", "900;refresher=uac",
	     "timer"},
	    {SIP_SWITCH_UNSET, "Session-Expires: 99999999999\r\n", "2147483647;refresher=uas", ""},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *answer;

		all.options.session_refresh = rows[i].refresh;
		snprintf(phone.call_id, sizeof(phone.call_id), "table-%u", i);
		phone.remote_tag[0] = '\0';
		answer = establish(rows[i].extra);
		if (strcmp(header(answer, "Session-Expires"), rows[i].expires) ||
		    strcmp(header(answer, "Require"), rows[i].require))
			fail_msg("row %u: %s", i, answer);
		assert_non_null(strstr(header(answer, "Supported"), "timer"));
		rig_run(10);
		hang_up();
	}
}

static void an_interval_too_short_gets_422(void **state)
{
	phone.extra = "Supported: timer\r\nSession-Expires: 60\r\n";
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	assert_string_equal(header(phone_expect(&phone, "SIP/2.0 422"), "Min-SE"), "90");
	phone_request(&phone, "ACK", NULL);
	assert_int_equal(counters().intervals_refused, 1);
	phone.remote_tag[0] = '\0';
	snprintf(phone.call_id, sizeof(phone.call_id), "later");
	all.options.min_se_s = 300;
	establish("Supported: timer\r\nSession-Expires: 301\r\n");
	phone.extra = "Supported: timer\r\nSession-Expires: 299\r\n";
	phone_request(&phone, "UPDATE", NULL);
	assert_string_equal(header(phone_expect(&phone, "SIP/2.0 422"), "Min-SE"), "300");
	phone.extra = "Session-Expires: 60\r\n"; /* by a proxy: the far end would not understand */
	phone_request(&phone, "UPDATE", NULL);
	assert_string_equal(header(phone_expect(&phone, "SIP/2.0 200"), "Session-Expires"),
			    "300;refresher=uas");
}

static void our_invite_asks_for_a_timer(void **state)
{
	call_and_take_invite();
	assert_string_equal(header(invite, "Session-Expires"), "1800");
	assert_string_equal(header(invite, "Min-SE"), "");
	assert_non_null(strstr(header(invite, "Supported"), "timer"));
	answer_with(NULL);
	hang_up();
	all.options.session_expires_s = 3600;
	all.options.min_se_s = 120;
	call_and_take_invite();
	assert_string_equal(header(invite, "Session-Expires"), "3600");
	assert_string_equal(header(invite, "Min-SE"), "120");
	answer_with(NULL);
	hang_up();
	all.options.session_refresh = SIP_SWITCH_OFF;
	call_and_take_invite();
	assert_string_equal(header(invite, "Session-Expires"), "");
	answer_with(NULL);
	hang_up();
}

/* RFC 4028 7.3 */
static void a_422_makes_our_invite_go_again(void **state)
{
	char first[MESSAGE_MAX];

	call_and_take_invite();
	osmo_strlcpy(first, invite, sizeof(first));
	phone.extra = "Min-SE: 2400\r\n";
	phone_respond(&phone, first, "422 Session Interval Too Small", "x", NULL);
	phone_expect(&phone, "ACK");
	osmo_strlcpy(invite, phone_expect(&phone, "INVITE sip:"), sizeof(invite));
	assert_string_equal(header(invite, "Call-ID"), header(first, "Call-ID"));
	assert_string_equal(header(invite, "From"), header(first, "From"));
	assert_int_equal(atoi(header(invite, "CSeq")), atoi(header(first, "CSeq")) + 1);
	assert_string_equal(header(invite, "Session-Expires"), "2400");
	assert_string_equal(header(invite, "Min-SE"), "2400");
	assert_null(strstr(strstr(invite, "Session-Expires") + 1, "Session-Expires"));
	assert_string_equal(body_of(invite), body_of(first));
	phone.extra = "Min-SE: 2400\r\n"; /* that again is a refusal */
	phone_respond(&phone, invite, "422 Session Interval Too Small", "x", NULL);
	phone_expect(&phone, "ACK");
	assert_true(rig_ordered("release("));
	phone_expect_nothing(&phone, 50);
}

/* The short intervals that the next tests need. */
static void make_short(void)
{
	all.options.min_se_s = 1;
	all.options.session_expires_s = 3;
}

/* Refreshed after 1 s; ended after 2 s, a third before its end. Times within 1 s: the interval is
 * counted in seconds. */
static void we_refresh_by_update_if_the_far_end_can(void **state)
{
	const char *request;

	make_short();
	establish(
	    "Supported: timer\r\nSession-Expires: 3;refresher=uas\r\nAllow: INVITE, UPDATE\r\n");
	phone_expect_nothing(&phone, 700);
	request = phone_expect(&phone, "UPDATE sip:me@");
	assert_string_equal(header(request, "Session-Expires"), "3;refresher=uac");
	assert_string_equal(body_of(request), "");
	assert_int_equal(counters().refreshes_sent, 1);
	phone.extra = "Session-Expires: 3;refresher=uac\r\n";
	phone_respond(&phone, request, "200 OK", NULL, NULL);
	phone_expect_nothing(&phone, 700);
	phone_expect(&phone, "UPDATE sip:me@"); /* not answered: repeated until the end */
	do {
		request = phone_receive(&phone, 3000);
	} while (!strncmp(request, "UPDATE", 6));
	assert_memory_equal(request, "BYE", 3);
	assert_non_null(strstr(header(request, "Reason"), "Q.850;cause=102"));
	assert_true(rig_ordered("release(102)"));
	assert_int_equal(counters().sessions_expired, 1);
}

static void we_refresh_by_reinvite_if_it_cannot(void **state)
{
	const char *answer, *request;

	make_short();
	answer = establish("Supported: timer\r\nSession-Expires: 3;refresher=uas\r\n");
	request = phone_expect(&phone, "INVITE sip:me@");
	assert_string_equal(header(request, "Session-Expires"), "3;refresher=uac");
	assert_string_equal(body_of(request), body_of(answer)); /* the same version of it */
	phone_respond(&phone, request, "200 OK", NULL, SDP_ALAW);
	phone_expect(&phone, "ACK");
	phone_expect_nothing(&phone, 2200); /* no Session-Expires: no timer any more */
	assert_false(rig.fake.released);
}

static void a_far_end_that_refuses_update_gets_a_reinvite(void **state)
{
	make_short();
	establish("Supported: timer\r\nSession-Expires: 3;refresher=uas\r\nAllow: UPDATE\r\n");
	phone_respond(&phone, phone_expect(&phone, "UPDATE"), "501 Not Implemented", NULL, NULL);
	phone.extra = "Session-Expires: 100;refresher=uas\r\nRequire: timer\r\n";
	phone_respond(&phone, phone_expect(&phone, "INVITE"), "200 OK", NULL, SDP_ALAW);
	phone_expect(&phone, "ACK");
}

static void a_far_end_that_does_not_refresh_is_left(void **state)
{
	struct timespec from, to;
	const char *bye;

	make_short();
	call_and_take_invite();
	assert_string_equal(header(invite, "Session-Expires"), "3");
	answer_with("Require: timer\r\nSession-Expires: 3;refresher=uas\r\n");
	phone_expect_nothing(&phone, 700);
	phone.extra = "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n";
	phone_request(&phone, "UPDATE", NULL);
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_string_equal(header(phone_expect(&phone, "SIP/2.0 200"), "Session-Expires"),
			    "3;refresher=uac");
	assert_int_equal(counters().refreshes_received, 1);
	bye = phone_receive(&phone, 3500);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_memory_equal(bye, "BYE", 3);
	assert_in_range((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000,
			1500, 3500);
	assert_true(rig_ordered("release(102)"));
}

/* Any UPDATE is a refresh: one without Session-Expires would end the timer. */
static void an_update_for_other_reasons_keeps_the_timer(void **state)
{
	struct dialog_message update = {.method = "UPDATE"};
	struct dialog *d;
	const char *request;

	establish("Supported: timer\r\nSession-Expires: 900\r\nAllow: UPDATE\r\n");
	rig_run(20);
	d = llist_first_entry(&rig.ua->dialogs, struct dialog, entry);
	assert_int_equal(dialog_send(d, &update), 0);
	request = phone_expect(&phone, "UPDATE");
	assert_string_equal(header(request, "Session-Expires"), "900;refresher=uas");
	phone.extra = "Session-Expires: 1000;refresher=uas\r\n";
	phone_respond(&phone, request, "200 OK", NULL, NULL);
	rig_run(30);
	assert_int_equal(d->timer.refresher, REFRESHER_THEM);
	assert_int_equal(d->timer.interval_s, 1000);
}

/* A refresh that is refused is tried again while the session lasts. */
static void a_refused_refresh_is_tried_again(void **state)
{
	make_short();
	all.options.session_expires_s = 8;
	establish("Supported: timer\r\nSession-Expires: 8;refresher=uas\r\nAllow: UPDATE\r\n");
	phone_expect_nothing(&phone, 3500);
	phone_respond(&phone, phone_expect(&phone, "UPDATE"), "500 Trouble", NULL, NULL);
	phone_respond(&phone, phone_expect(&phone, "UPDATE"), "200 OK", NULL, NULL);
	rig_run(30);
	assert_false(rig.fake.released);
}

#define IN(f) cmocka_unit_test_setup_teardown(f, start, phone_stop)
#define OUT(f) cmocka_unit_test_setup_teardown(f, start_out, phone_stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN(our_2xx_says_who_refreshes),
	    IN(an_interval_too_short_gets_422),
	    OUT(our_invite_asks_for_a_timer),
	    OUT(a_422_makes_our_invite_go_again),
	    IN(we_refresh_by_update_if_the_far_end_can),
	    IN(we_refresh_by_reinvite_if_it_cannot),
	    IN(a_far_end_that_refuses_update_gets_a_reinvite),
	    OUT(a_far_end_that_does_not_refresh_is_left),
	    IN(an_update_for_other_reasons_keeps_the_timer),
	    IN(a_refused_refresh_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
