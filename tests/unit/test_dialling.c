// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls whose number comes digit by digit, between legs and a media process that only write down
 * what they are told. Time is the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define CALLER_END 7
#define DIAL_TONE "350+440"
#define RINGBACK "400+450/400,0/2000"

static void *ctx;
static char orders[512];

static void said(const char *what)
{
	size_t at = strlen(orders);

	snprintf(orders + at, sizeof(orders) - at, "%s%s", at ? " " : "", what);
}

static void said_of(const struct leg *leg, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%c:%s", leg->media_end == CALLER_END ? 'i' : 'o', what);
	said(text);
}

/* ---- media, in place of the real client */

int media_client_open(struct media_client *client, uint32_t a, uint32_t b, uint32_t *bridge)
{
	*bridge = 1;
	return 0;
}

void media_client_close(struct media_client *client, uint32_t bridge)
{
}

int media_client_confer(struct media_client *client, uint32_t *conference, const uint32_t *ends,
			unsigned count)
{
	return 0;
}

int media_client_tone(struct media_client *client, uint32_t end, const char *tone)
{
	said(strcmp(tone, DIAL_TONE) == 0  ? "dial-tone"
	     : strcmp(tone, RINGBACK) == 0 ? "ringback"
	     : *tone			   ? tone
					   : "silence");
	return 0;
}

/* ---- legs */

static void leg_more_digits(struct leg *leg, bool tone)
{
	said_of(leg, tone ? "more+tone" : "more");
}

static void leg_dial(struct leg *leg, const char *digits)
{
	char text[48];

	snprintf(text, sizeof(text), "dial(%s)", digits);
	said_of(leg, text);
}

static void leg_proceed(struct leg *leg)
{
	said_of(leg, "proceed");
}

static void leg_alert(struct leg *leg, const struct progress *p)
{
	said_of(leg, "alert");
}

static void leg_progress(struct leg *leg, const struct progress *p)
{
	said_of(leg, "progress");
}

static void leg_answer(struct leg *leg, const struct party *connected)
{
	said_of(leg, "answer");
}

static void leg_release(struct leg *leg, const struct cause *cause)
{
	char text[32];

	snprintf(text, sizeof(text), "release(%u)", cause->q850);
	said_of(leg, text);
}

static void leg_digit(struct leg *leg, const struct leg_digit *digit)
{
	char text[32];

	snprintf(text, sizeof(text), "tone(%c)", digit->digit);
	said_of(leg, text);
}

static void leg_hold(struct leg *leg, bool held)
{
}

static const struct leg_ops leg_ops = {
    .name = "isdn",
    .more_digits = leg_more_digits,
    .dial = leg_dial,
    .proceed = leg_proceed,
    .alert = leg_alert,
    .progress = leg_progress,
    .answer = leg_answer,
    .release = leg_release,
    .digit = leg_digit,
    .hold = leg_hold,
};

static struct leg out[4];
static unsigned out_count;

static struct leg *make_leg(void *arg, struct call *call, const struct leg_request *request,
			    struct cause *why)
{
	struct leg *leg = &out[out_count++];
	char text[64];

	memset(leg, 0, sizeof(*leg));
	leg->ops = &leg_ops;
	leg->kind = PEER_POTS;
	leg->call = call;
	snprintf(text, sizeof(text), "o:setup(%s%s)", request->setup.called.digits,
		 request->setup.called_form == CALLED_OVERLAP ? "..." : "");
	said(text);
	return leg;
}

/* ---- a scene */

struct scene {
	struct office *office;
	struct plan *plan;
	struct leg in;
	struct call *call;
	uint32_t id;
};

static void port_of(void *arg, const char *port, struct call_port *p)
{
	assert_string_equal(port, "1:D");
	*p = (struct call_port){.initial_ms = 15000,
				.interdigit_ms = 8000,
				.match_ms = 3000,
				.dial_tone = DIAL_TONE,
				.ringback = RINGBACK};
}

/* "3 816" pots peers; one with the word "in" is inbound for port 1:D, "no-did" too. */
static struct plan *plan_from(const char *text, bool did)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = plan_new(&options);
	char copy[256], *end;
	struct peer p;

	peer_init(&p, 1, PEER_POTS);
	strcpy(p.port, "1:D");
	strcpy(p.answer_address, "5550199");
	p.no_direct_inward_dial = !did;
	assert_int_equal(plan_add_peer(plan, &p, NULL, 0), 0);
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *part = strtok_r(copy, ";", &end); part; part = strtok_r(NULL, ";", &end)) {
		peer_init(&p, 0, PEER_POTS);
		strcpy(p.port, "2:D");
		p.no_digit_strip = true;
		assert_int_equal(sscanf(part, "%u %64s", &p.tag, p.destination_pattern), 2);
		assert_int_equal(plan_add_peer(plan, &p, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static struct scene *scene_new(const char *peers, bool did)
{
	struct scene *s = talloc_zero(ctx, struct scene);
	struct office_config config = {.port = port_of, .media = (struct media_client *)s};

	orders[0] = '\0';
	out_count = 0;
	s->plan = config.plan = plan_from(peers, did);
	assert_int_equal(office_new(ctx, &config, &s->office), 0);
	office_register_kind(s->office, PEER_POTS, make_leg, NULL);
	return s;
}

static void scene_free(struct scene *s)
{
	office_free(s->office);
	plan_unref(s->plan);
	talloc_free(s);
}

static void scene_call(struct scene *s, const char *called, enum called_form form)
{
	struct call_setup setup = {.called_form = form};

	s->in = (struct leg){.ops = &leg_ops, .kind = PEER_POTS, .media_end = CALLER_END};
	assert_int_equal(number_set(&setup.called, called, TON_UNKNOWN, NPI_ISDN), 0);
	number_set(&setup.calling.number, "5550199", TON_UNKNOWN, NPI_ISDN);
	s->call = call_new(s->office, &s->in, &setup, "1:D");
	assert_non_null(s->call);
	s->id = call_id(s->call);
}

static void run_loop(void)
{
	for (int i = 0; i < 3; i++)
		osmo_select_main(1);
}

static void pass_ms(unsigned ms)
{
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000);
	run_loop();
}

/* What happens, a character each:
 *	0-9*#	a digit by signalling		(5	the same, heard in the audio
 *	!	the number is complete		,	1 s passes		/	8 s
 *	o p a c	the outbound leg: overlap, proceeding, alerting, connected
 *	x	it fails with cause 34		b	the caller leaves
 *	m	the caller's media end is moved	r	the loop runs */
static void play(struct scene *s, const char *events)
{
	struct leg *latest = &out[out_count ? out_count - 1 : 0];
	struct cause no_circuit = cause_q850(34, 0, CAUSE_SOURCE_PSTN);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};

	for (; *events; events++) {
		struct leg_digit digit = {*events, 100};

		latest = &out[out_count ? out_count - 1 : 0];
		switch (*events) {
		case '(':
			office_media_digit(s->office, CALLER_END, *++events, 80);
			break;
		case '!':
			call_event(&s->in, CALL_EV_NUMBER_COMPLETE, NULL);
			break;
		case ',':
			pass_ms(1000);
			break;
		case '/':
			pass_ms(8000);
			break;
		case 'o':
			call_event(latest, CALL_EV_OVERLAP, NULL);
			break;
		case 'p':
			call_event(latest, CALL_EV_PROCEEDING, NULL);
			break;
		case 'a':
			call_event(latest, CALL_EV_ALERT, &none);
			break;
		case 'c':
			call_event(latest, CALL_EV_ANSWER, NULL);
			break;
		case 'x':
			call_event(latest, CALL_EV_RELEASED, &no_circuit);
			break;
		case 'b':
			call_event(&s->in, CALL_EV_RELEASED, &normal);
			break;
		case 'm':
			call_event(&s->in, CALL_EV_MEDIA, NULL);
			break;
		case 'r':
			run_loop();
			break;
		default:
			call_event(&s->in, CALL_EV_DIGIT, &digit);
		}
	}
}

struct dialling_case {
	const char *peers;
	bool did;
	const char *called;
	const char *events;
	const char *orders;
};

static void play_cases(const struct dialling_case *row, size_t count, enum called_form form)
{
	for (; count; row++, count--) {
		struct scene *s = scene_new(row->peers, row->did);

		scene_call(s, row->called, form);
		play(s, row->events);
		if (strcmp(orders, row->orders))
			fail_msg("%s, SETUP %s, then %s: %s; expected %s", row->peers, row->called,
				 row->events, orders, row->orders);
		scene_free(s);
	}
}

static void collects_overlap_digits(void **state)
{
	static const struct dialling_case row[] = {
	    /* enough in SETUP: nothing is asked for */
	    {"3 816", true, "816", "", "o:setup(816...)"},
	    {"3 816", true, "81690", "o", "o:setup(816...) o:dial(90)"},
	    {"3 816", true, "8", "16", "i:more o:setup(816...)"},
	    {"3 816", true, "", "816", "i:more+tone dial-tone silence o:setup(816...)"},
	    {"3 9T", true, "9", "55#", "i:more o:setup(955)"},
	    {"3 9T", true, "9", "55!", "i:more o:setup(955)"},
	    {"3 9T", true, "955#", "", "o:setup(955)"},
	    {"3 9T;4 911", true, "9", "11", "i:more o:setup(911...)"},
	    {"3 9T", false, "9", "5#", "i:more o:setup(95)"}, /* overlap needs no dial tone */
	    /* timers: 3 s behind a complete number, 8 s in an incomplete one, 15 s before the
	     * first digit; each digit begins them anew */
	    {"3 9T", true, "9", "5,,", "i:more"},
	    {"3 9T", true, "9", "5,,,", "i:more o:setup(95)"},
	    {"3 9T", true, "9", "5,,6,,7,,", "i:more"},
	    {"3 2...", true, "22", ",,,,,,,", "i:more"},
	    {"3 2...", true, "22", "/", "i:more i:release(28)"},
	    {"3 2...", true, "22", ",,,,,,,0,,,,,,,", "i:more"},
	    {"3 2...", true, "", "/,,,,,,", "i:more+tone dial-tone"},
	    {"3 2...", true, "", "/,,,,,,,", "i:more+tone dial-tone silence i:release(28)"},
	    {"3 2...", true, "22", "!r", "i:more i:release(28)"},
	    /* no such number: at once, but never inside call_new() */
	    {"3 2...", true, "7", "", ""},
	    {"3 2...", true, "7", "r", "i:release(1)"},
	    {"3 2...", true, "2", "2#r", "i:more i:release(1)"},
	    /* what comes behind the number */
	    {"3 816", true, "8", "16o90", "i:more o:setup(816...) o:dial(9) o:dial(0)"},
	    {"3 816", true, "8", "1690o", "i:more o:setup(816...) o:dial(90)"},
	    {"3 816", true, "8", "169p0c",
	     "i:more o:setup(816...) i:proceed i:answer o:tone(9) o:tone(0)"},
	    {"3 816", true, "8", "16o9a0c",
	     "i:more o:setup(816...) o:dial(9) i:alert i:answer o:tone(0)"},
	    {"3 816", true, "8", "16c5", "i:more o:setup(816...) i:answer o:tone(5)"},
	    {"3 555", true, "5", "550124pac",
	     "i:more o:setup(555...) i:proceed i:alert i:answer o:tone(0) o:tone(1) o:tone(2) "
	     "o:tone(4)"},
	    {"3 816;4 816", true, "8", "16o9x",
	     "i:more o:setup(816...) o:dial(9) o:release(34) o:setup(816...)"},
	    {"3 816;4 816", true, "8", "16o9xo0",
	     "i:more o:setup(816...) o:dial(9) o:release(34) o:setup(816...) o:dial(9) o:dial(0)"},
	    /* a caller who leaves */
	    {"3 9T", true, "9", "5b,,,,", "i:more i:release(16)"},
	    {"3 9T", true, "9", "5!ob", "i:more o:setup(95) o:release(16) i:release(16)"},
	    {"3 2...", true, "2", "2#b", "i:more i:release(16)"},
	};

	play_cases(row, sizeof(row) / sizeof(row[0]), CALLED_OVERLAP);
}

static void collects_from_the_audio_behind_dial_tone(void **state)
{
	static const struct dialling_case row[] = {
	    {"3 9T", false, "2000", "", "i:answer dial-tone"},
	    {"3 9T", false, "", "(9(5(#", "i:answer dial-tone silence o:setup(95)"},
	    {"3 91...", false, "2000", "(9(1(2(3(4", "i:answer dial-tone silence o:setup(91234)"},
	    {"3 9T", false, "2000", "(9(5,,,ac",
	     "i:answer dial-tone silence o:setup(95) ringback i:alert silence"},
	    {"3 9T", false, "2000", "(9(#pax",
	     "i:answer dial-tone silence o:setup(9) i:proceed ringback i:alert i:release(34) "
	     "o:release(34)"},
	    {"3 9T", false, "2000", "/,,,,,,", "i:answer dial-tone"},
	    {"3 9T", false, "2000", "/,,,,,,,", "i:answer dial-tone silence i:release(28)"},
	    {"3 9T", false, "2000", "(8r", "i:answer dial-tone silence i:release(1)"},
	    {"3 9T", false, "2000", "mb", "i:answer dial-tone dial-tone i:release(16)"},
	    {"3 9T", false, "2000", "95#", "i:answer dial-tone silence o:setup(95)"},
	    /* with direct inward dialling what SETUP has is all there is */
	    {"3 9T", true, "95", "(5(6", "o:setup(95)"},
	    {"3 2...", true, "22", "r", "i:release(28)"},
	    {"3 2...", true, "32", "r", "i:release(1)"},
	};

	play_cases(row, sizeof(row) / sizeof(row[0]), CALLED_COMPLETE);
}

static void takes_no_digit_of_the_audio_in_overlap(void **state)
{
	struct scene *s = scene_new("3 816", true);

	scene_call(s, "8", CALLED_OVERLAP);
	play(s, "(1(6(1(6");
	assert_string_equal(orders, "i:more");
	play(s, "16");
	assert_string_equal(orders, "i:more o:setup(816...)");
	scene_free(s);
}

static void waits_as_long_as_the_line_says(void **state)
{
	struct scene *s = scene_new("3 2...", true);
	struct call_setup setup = {.called_form = CALLED_OVERLAP, .interdigit_ms = 1700};

	s->in = (struct leg){.ops = &leg_ops, .kind = PEER_POTS, .media_end = CALLER_END};
	number_set(&setup.called, "2", TON_UNKNOWN, NPI_ISDN);
	number_set(&setup.calling.number, "5550199", TON_UNKNOWN, NPI_ISDN);
	assert_non_null(call_new(s->office, &s->in, &setup, "1:D"));
	pass_ms(1690);
	assert_string_equal(orders, "i:more");
	pass_ms(20);
	assert_string_equal(orders, "i:more i:release(28)");
	scene_free(s);
}

static bool find_called(void *arg, const struct call_summary *summary)
{
	snprintf(arg, 64, "%s %s %u", summary->state, summary->called, summary->peer_in);
	return true;
}

static void shows_the_digits_so_far(void **state)
{
	static const struct {
		const char *events, *shown;
	} row[] = {{"", "COLLECTING 9 1"}, {"12", "COLLECTING 912 1"}, {"12!", "CALLING 912 1"}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct scene *s = scene_new("3 9T", true);
		char shown[64] = "";

		scene_call(s, "9", CALLED_OVERLAP);
		play(s, row[i].events);
		office_each_call(s->office, find_called, shown);
		assert_string_equal(shown, row[i].shown);
		scene_free(s);
	}
}

/* More digits than a number can have, before and behind the decision. */
static void bounds_what_a_caller_can_dial(void **state)
{
	struct scene *s = scene_new("3 9T", true);

	scene_call(s, "9", CALLED_OVERLAP);
	for (int i = 0; i < 200; i++)
		play(s, "5");
	assert_string_equal(orders, "i:more o:setup(95555555555555555555555555555555)");
	play(s, "o");
	assert_non_null(strstr(orders, " o:dial(55555555555555555555555555555555)"));
	scene_free(s);
}

/* What it has is routed, and what comes later is passed on. */
static void routes_at_once_for_a_leg_that_cannot_ask(void **state)
{
	static const struct leg_ops mute = {
	    .name = "mute", .release = leg_release, .hold = leg_hold, .digit = leg_digit};
	struct scene *s = scene_new("3 9T", true);
	struct call_setup setup = {.called_form = CALLED_OVERLAP};

	s->in = (struct leg){.ops = &mute, .kind = PEER_POTS, .media_end = CALLER_END};
	number_set(&setup.called, "95", TON_UNKNOWN, NPI_ISDN);
	number_set(&setup.calling.number, "5550199", TON_UNKNOWN, NPI_ISDN);
	assert_non_null(call_new(s->office, &s->in, &setup, "1:D"));
	play(s, "o6");
	assert_string_equal(orders, "o:setup(95...) o:dial(6)");
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(collects_overlap_digits),
	    cmocka_unit_test(collects_from_the_audio_behind_dial_tone),
	    cmocka_unit_test(takes_no_digit_of_the_audio_in_overlap),
	    cmocka_unit_test(waits_as_long_as_the_line_says),
	    cmocka_unit_test(shows_the_digits_so_far),
	    cmocka_unit_test(bounds_what_a_caller_can_dial),
	    cmocka_unit_test(routes_at_once_for_a_leg_that_cannot_ask),
	};

	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_category_filter(osmo_stderr_target, DCALL, 0, LOGL_FATAL);
	osmo_gettimeofday_override = true; /* what timers go by */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
