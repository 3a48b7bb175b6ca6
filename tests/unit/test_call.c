// SPDX-License-Identifier: GPL-2.0-or-later
/* The call between two legs that only write down what they are told. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/call/call_private.h"
#include "gateway/call/cdr.h"
#include "gateway/log/log.h"

/* ---- legs that write down their orders */

struct fake {
	struct leg leg;
	char name;
	bool gone;
};

static char orders[512];
static void *ctx;
static struct fake made[8];
static unsigned made_count, make_fails;
static uint8_t make_cause;

static void said(struct leg *leg, const char *what)
{
	struct fake *f = (struct fake *)leg;
	size_t at = strlen(orders);

	snprintf(orders + at, sizeof(orders) - at, "%s%c:%s", at ? " " : "", f->name, what);
}

static void fake_more_digits(struct leg *leg, bool tone)
{
	said(leg, tone ? "more+tone" : "more");
}

static void fake_dial(struct leg *leg, const char *digits)
{
	char text[48];

	snprintf(text, sizeof(text), "dial(%s)", digits);
	said(leg, text);
}

static void fake_proceed(struct leg *leg)
{
	said(leg, "proceed");
}

static void fake_alert(struct leg *leg, const struct progress *p)
{
	said(leg, p->inband ? "alert+pi" : "alert");
}

static void fake_progress(struct leg *leg, const struct progress *p)
{
	said(leg, p->inband ? "progress+pi" : "progress");
}

static void fake_answer(struct leg *leg, const struct party *connected)
{
	said(leg, "answer");
}

static void fake_release(struct leg *leg, const struct cause *cause)
{
	char text[32];

	assert_null(leg->call);
	snprintf(text, sizeof(text), "release(%u)", cause->q850);
	said(leg, text);
	assert_false(((struct fake *)leg)->gone);
	((struct fake *)leg)->gone = true;
}

static void fake_digit(struct leg *leg, const struct leg_digit *digit)
{
	said(leg, "digit");
}

static void fake_hold(struct leg *leg, bool held)
{
	said(leg, held ? "hold" : "retrieve");
}

static void fake_identity(struct leg *leg, const struct leg_identity *identity)
{
	said(leg, "identity");
}

static void fake_report(struct leg *leg, struct leg_report *out)
{
	strcpy(out->channel, leg->kind == PEER_POTS ? "1/7" : "");
}

#define FAKE_OPS                                                                                   \
	.more_digits = fake_more_digits, .dial = fake_dial, .proceed = fake_proceed,               \
	.alert = fake_alert, .progress = fake_progress, .answer = fake_answer,                     \
	.release = fake_release, .digit = fake_digit, .hold = fake_hold, .report = fake_report,    \
	.identity = fake_identity

static const struct leg_ops fake_sip = {.name = "sip", FAKE_OPS};
static const struct leg_ops fake_isdn = {.name = "isdn", FAKE_OPS};

static struct leg *fake_make(void *arg, struct call *call, const struct leg_request *request,
			     struct cause *why)
{
	struct fake *f = &made[made_count];

	if (make_fails) {
		make_fails--;
		*why = cause_q850(make_cause, 0, CAUSE_SOURCE_GATEWAY);
		return NULL;
	}
	memset(f, 0, sizeof(*f));
	f->name = '1' + made_count++;
	f->leg.ops = &fake_isdn;
	f->leg.kind = PEER_POTS;
	f->leg.call = call;
	call_trace(&f->leg, CALL_SENT, "SETUP");
	return &f->leg;
}

/* ---- an office with one way in and two ways out */

static struct plan *make_plan(void)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = plan_new(&options);
	struct peer p;

	peer_init(&p, 10, PEER_VOIP);
	strcpy(p.incoming_called_number, ".");
	assert_int_equal(plan_add_peer(plan, &p, NULL, 0), 0);
	for (uint32_t tag = 1; tag <= 2; tag++) {
		peer_init(&p, tag, PEER_POTS);
		strcpy(p.destination_pattern, "9T");
		strcpy(p.port, "1:D");
		p.preference = tag;
		assert_int_equal(plan_add_peer(plan, &p, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

struct scene {
	struct office *office;
	struct plan *plan;
	struct fake in;
	struct call *call;
	struct cdr *cdr;
	struct party diverted_by;
};

static struct scene *scene_new(struct cdr *cdr)
{
	struct scene *s = talloc_zero(ctx, struct scene);
	struct office_config config = {0};

	orders[0] = 0;
	made_count = make_fails = 0;
	s->plan = make_plan();
	s->cdr = cdr;
	config.plan = s->plan;
	config.cdr = cdr;
	assert_int_equal(office_new(ctx, &config, &s->office), 0);
	office_register_kind(s->office, PEER_POTS, fake_make, NULL);
	return s;
}

static void scene_call_as(struct scene *s, const char *called, enum called_form form)
{
	struct call_setup setup = {.called_form = form};

	memset(&s->in, 0, sizeof(s->in));
	s->in.name = 'i';
	s->in.leg.ops = &fake_sip;
	s->in.leg.kind = PEER_VOIP;
	assert_int_equal(number_from_e164(&setup.called, called), 0);
	assert_int_equal(number_from_e164(&setup.calling.number, "+442079460000"), 0);
	setup.redirection.from = s->diverted_by;
	s->call = call_new(s->office, &s->in.leg, &setup, NULL);
	assert_non_null(s->call);
}

static void scene_call(struct scene *s, const char *called)
{
	scene_call_as(s, called, CALLED_COMPLETE);
}

static void run_loop(void)
{
	for (int i = 0; i < 4; i++)
		osmo_select_main(1);
}

static void scene_free(struct scene *s)
{
	office_free(s->office);
	plan_unref(s->plan);
	talloc_free(s);
}

/* ---- promises */

static void passes_a_call_through(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};
	struct leg_digit five = {'5', 100};

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_PROCEEDING, NULL);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	call_event(&s->in.leg, CALL_EV_DIGIT, &five);
	call_event(&s->in.leg, CALL_EV_HOLD, NULL);
	call_event(&s->in.leg, CALL_EV_RETRIEVE, NULL);
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	assert_string_equal(orders, "i:proceed i:alert i:answer 1:digit 1:hold 1:retrieve "
				    "i:release(16) 1:release(16)");
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	scene_free(s);
}

static void alerts_after_early_media(void **state)
{
	struct scene *s = scene_new(NULL);
	struct progress tones = {.indicator = 8}, none = {0};

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_PROGRESS, &tones);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	assert_string_equal(orders, "i:progress+pi i:alert");
	scene_free(s);
}

static void hunts_on_only_for_causes_that_say_not_here(void **state)
{
	static const struct {
		unsigned cause;
		bool hunts;
	} row[] = {{34, true},	{38, true}, {41, true},	 {44, true}, {27, true},
		   {17, false}, {1, false}, {21, false}, {19, false}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct scene *s = scene_new(NULL);
		struct cause cause = cause_q850(row[i].cause, 0, CAUSE_SOURCE_PSTN);
		char expected[64];
		scene_call(s, "95551234");
		call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
		if (row[i].hunts)
			snprintf(expected, sizeof(expected), "1:release(%u)", row[i].cause);
		else
			snprintf(expected, sizeof(expected), "i:release(%u) 1:release(%u)",
				 row[i].cause, row[i].cause);
		assert_string_equal(orders, expected);
		assert_int_equal(made_count, row[i].hunts ? 2 : 1);
		scene_free(s);
	}
}

static void hunts_on_for_5xx_whatever_its_cause(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause cause = cause_from_sip(CAUSE_MAP_DEFAULT, 501, false, 0, false);

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
	assert_int_equal(made_count, 2);
	scene_free(s);
}

static void does_not_hunt_after_ringing(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause cause = cause_q850(41, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};

	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ALERT, &none);
	call_event(&made[0].leg, CALL_EV_RELEASED, &cause);
	assert_string_equal(orders, "i:alert i:release(41) 1:release(41)");
	scene_free(s);
}

static void takes_the_next_peer_when_no_leg_can_be_made(void **state)
{
	struct scene *s = scene_new(NULL);

	make_fails = 1;
	make_cause = 34;
	scene_call(s, "95551234");
	assert_int_equal(made_count, 1);
	assert_int_equal(s->call->summary.peer_out, 2);
	assert_int_equal(office_peer_calls(s->office, 1), 0);
	assert_int_equal(office_peer_calls(s->office, 2), 1);
	scene_free(s);
}

static void says_the_last_cause_when_all_peers_fail(void **state)
{
	struct scene *s = scene_new(NULL);

	make_fails = 2;
	make_cause = 34;
	scene_call(s, "95551234");
	assert_string_equal(orders, ""); /* never inside call_new() */
	run_loop();
	assert_string_equal(orders, "i:release(34)");
	scene_free(s);
}

static void refuses_a_number_that_nobody_serves(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "5551234");
	run_loop();
	assert_true(!strcmp(orders, "i:release(1)") || !strcmp(orders, "i:release(3)"));
	scene_free(s);
}

static void survives_a_caller_who_leaves_while_routing_fails(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_SIP);

	make_fails = 2;
	make_cause = 34;
	scene_call(s, "95551234");
	call_event(&s->in.leg, CALL_EV_RELEASED, &normal);
	assert_string_equal(orders, "i:release(16)");
	run_loop();
	assert_int_equal(office_call_count(s->office), 0);
	scene_free(s);
}

static void limits_calls(void **state)
{
	struct scene *s = scene_new(NULL);
	struct fake first;

	s->office->config.calls_max = 1;
	scene_call(s, "95551234");
	first = s->in;
	s->call->leg[0] = &first.leg;
	scene_call(s, "95551235");
	run_loop();
	assert_string_equal(orders, "i:release(42)");
	scene_free(s);
}

static void clears_from_the_console(void **state)
{
	struct scene *s = scene_new(NULL);

	scene_call(s, "95551234");
	assert_int_equal(office_clear_call(s->office, s->call->summary.id, 41), 0);
	assert_string_equal(orders, "i:release(41) 1:release(41)");
	assert_int_equal(office_clear_call(s->office, 99, 41), -ENOENT);
	scene_free(s);
}

/* Every event in every state: what is ordered and where it leads. */
static void keeps_its_state_table(void **state)
{
	static const char *const golden[CALL_CLEARED][CALL_EV_COUNT * 2] = {
#include "tests/unit/call_grid.inc"
	};
	struct cause cause = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	struct progress none = {0};
	struct leg_digit digit = {'1', 80};
	struct leg_identity identity = {.display = "Tariff 2"};
	bool print = getenv("PRINT_GRID") != NULL;

	for (unsigned from = CALL_COLLECTING; from < CALL_CLEARED; from++) {
		for (unsigned event = 0; event < CALL_EV_COUNT * 2; event++) {
			struct scene *s = scene_new(NULL);
			enum call_event ev = event % CALL_EV_COUNT;
			const void *data = ev == CALL_EV_RELEASED   ? (void *)&cause
					   : ev == CALL_EV_DIGIT    ? (void *)&digit
					   : ev == CALL_EV_IDENTITY ? (void *)&identity
					   : ev == CALL_EV_ANSWER   ? NULL
								    : (void *)&none;
			char got[256];
			if (from == CALL_COLLECTING || from == CALL_OVERLAP)
				scene_call_as(s, "95551234", CALLED_OVERLAP);
			else
				scene_call(s, "95551234");
			if (from == CALL_OVERLAP) {
				call_event(&s->in.leg, CALL_EV_NUMBER_COMPLETE, NULL);
				call_event(&made[0].leg, CALL_EV_OVERLAP, NULL);
			}
			if (from >= CALL_PROCEEDING)
				call_event(&made[0].leg, CALL_EV_PROCEEDING, NULL);
			if (from >= CALL_ALERTING)
				call_event(&made[0].leg, CALL_EV_ALERT, &none);
			if (from >= CALL_ACTIVE)
				call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
			assert_int_equal(s->call->fi->state, from);
			orders[0] = 0;
			/* without an outbound leg nothing can come from one */
			if (event < CALL_EV_COUNT || from != CALL_COLLECTING)
				call_event(event < CALL_EV_COUNT ? &s->in.leg : &made[0].leg, ev,
					   data);
			snprintf(got, sizeof(got), "%s: %s", call_state_name(s->call->fi->state),
				 orders);
			if (print)
				printf("[%u][%u] = \"%s\",\n", from, event, got);
			else
				assert_string_equal(got, golden[from][event]);
			scene_free(s);
		}
	}
}

static void keeps_the_ladder_after_the_end(void **state)
{
	struct scene *s = scene_new(NULL);
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct call_summary sum;
	uint32_t id;

	scene_call(s, "95551234");
	id = call_id(s->call);
	call_trace(&s->in.leg, CALL_RECEIVED, "INVITE");
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	call_trace(&made[0].leg, CALL_SENT, "RELEASE COMPLETE");
	run_loop();
	call_trace(&s->in.leg, CALL_RECEIVED, "ACK");
	assert_int_equal(office_call_summary(s->office, id, &sum), 0);
	assert_int_equal(sum.trace_count, 4);
	assert_string_equal(sum.trace[0].text, "SETUP");
	assert_int_equal(sum.trace[0].leg, 1);
	assert_int_equal(sum.trace[1].leg, 0);
	assert_string_equal(sum.trace[2].text, "RELEASE COMPLETE");
	assert_string_equal(sum.trace[3].text, "ACK");
	assert_int_equal(sum.ended_by, 1);
	scene_free(s);
}

static void remembers_who_was_connected_and_who_diverted(void **state)
{
	struct scene *s = scene_new(NULL);
	struct party desk = {0}, other = {0};
	struct leg_identity identity = {.connected = &other};
	struct call_summary sum;

	number_set(&desk.number, "442079460001", TON_INTERNATIONAL, NPI_ISDN);
	number_set(&other.number, "442079460002", TON_INTERNATIONAL, NPI_ISDN);
	number_set(&s->diverted_by.number, "2001", TON_UNKNOWN, NPI_ISDN);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, &desk);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460001");
	assert_string_equal(sum.redirecting, "2001");
	call_event(&made[0].leg, CALL_EV_IDENTITY, &identity);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460002");
	assert_string_equal(orders, "i:answer i:identity");
	/* who is connected is for the caller to know, what the caller is called is not that */
	other.number.digits[2] = '9';
	call_event(&s->in.leg, CALL_EV_IDENTITY, &identity);
	assert_int_equal(office_call_summary(s->office, call_id(s->call), &sum), 0);
	assert_string_equal(sum.connected, "+442079460002");
	scene_free(s);
}

static void take_line(void *arg, const char *text)
{
	char *all = arg;

	strcat(strcat(all, text), "\n");
}

static void draws_the_ladder(void **state)
{
	struct call_summary s = {.id = 7,
				 .state = "ACTIVE",
				 .called = "0001",
				 .trace_count = 3,
				 .kinds = {"sip", "isdn"}};
	char text[2048] = "";

	s.trace[0] =
	    (struct call_trace_line){.leg = 0, .direction = CALL_RECEIVED, .text = "INVITE"};
	s.trace[1] = (struct call_trace_line){.leg = 1, .direction = CALL_SENT, .text = "SETUP"};
	s.trace[2] =
	    (struct call_trace_line){.leg = 1, .direction = CALL_RECEIVED, .text = "CONNECT"};
	s.trace[1].at.tv_nsec = 1000000;
	s.trace[2].at.tv_nsec = 21000000;
	call_ladder(&s, take_line, text);
	assert_non_null(strstr(text, "    0.0000 |--------------- INVITE -------------->|"));
	assert_non_null(strstr(text, "    0.0010 |                                      |"
				     "--------------- SETUP --------------->|"));
	assert_non_null(strstr(text, "    0.0210 |                                      |"
				     "<------------- CONNECT ---------------|"));
}

/* ---- call records */

static char *read_file(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static unsigned commas(const char *line)
{
	unsigned count = 0;

	for (; *line && *line != '\n'; line++)
		count += *line == ',';
	return count;
}

static void writes_one_record_a_call(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80];
	struct cause busy = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	struct cdr *cdr;
	struct scene *s;
	unsigned recovered;
	char *text;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	call_set_name(s->call, "odd \"name\", with comma");
	call_event(&made[0].leg, CALL_EV_RELEASED, &busy);
	run_loop();
	text = read_file(path);
	assert_non_null(
	    strstr(text, "\n1,\"odd \"\"name\"\", with comma\",+442079460000,95551234,10,1,1/7,"));
	assert_non_null(strstr(text, ",17,486,called,0,0,0,0,,,speech,0,,,,5551234,+442079460000,,,"
				     "unknown/unknown,international/isdn\n"));
	assert_int_equal(strlen(read_file(open_path)), 0);
	scene_free(s);
	cdr_close(cdr);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void settles_records_of_a_killed_gateway(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80];
	struct cdr *cdr;
	struct scene *s;
	unsigned recovered;
	char *text, *line;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	assert_int_equal(cdr_open(ctx, path, &cdr, NULL), 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	/* Killed here: the next one finds what this one had noted, and half a line of a torn write.
	 */
	fd = open(open_path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "+9 9,torn", 9), 9);
	close(fd);
	s->office->config.cdr = NULL;
	scene_free(s);
	cdr_close(cdr);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 1);
	text = read_file(path);
	line = strstr(text, "\n1,,+442079460000,95551234,10,1,1/7,20");
	assert_non_null(line);
	assert_non_null(strstr(line, "Z,41,,,0,0,0,0,,,,,,,,,,,,,\n"));
	assert_int_equal(commas(line + 1), commas(text)); /* as many fields as the heading has */
	assert_null(strstr(line, "Z,,"));		  /* the time of answer was known */
	cdr_close(cdr);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 0);
	cdr_close(cdr);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void moves_to_another_file_or_stays(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80], same[80], pipe[64];
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct cdr *cdr;
	struct scene *s;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	snprintf(same, sizeof(same), "%s/./calls.csv", dir);
	snprintf(pipe, sizeof(pipe), "%s/pipe", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(cdr_open(ctx, path, &cdr, NULL), 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	/* the same file by another name: the call that is up is not one of a killed run */
	assert_int_equal(cdr_move(cdr, same), 0);
	assert_null(strstr(read_file(path), "\n1,"));
	assert_non_null(strstr(read_file(open_path), "+1 "));
	/* nobody reads from the pipe */
	alarm(60);
	assert_int_equal(cdr_move(cdr, pipe), -ENXIO);
	alarm(0);
	/* no more records, and what fails leaves it so */
	assert_int_equal(cdr_move(cdr, NULL), 0);
	assert_int_equal(cdr_move(cdr, "/nonexistent/calls.csv"), -ENOENT);
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	run_loop();
	assert_non_null(strstr(read_file(path), "\n1,"));
	scene_call(s, "95551234");
	call_event(&made[1].leg, CALL_EV_RELEASED, &normal);
	run_loop();
	assert_null(strstr(read_file(path), "\n2,"));
	scene_free(s);
	cdr_close(cdr);
	unlink(pipe);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void goes_on_without_a_place_for_records(void **state)
{
	struct cdr *cdr;

	assert_int_equal(cdr_open(ctx, "/nonexistent/calls.csv", &cdr, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(passes_a_call_through),
	    cmocka_unit_test(alerts_after_early_media),
	    cmocka_unit_test(hunts_on_only_for_causes_that_say_not_here),
	    cmocka_unit_test(hunts_on_for_5xx_whatever_its_cause),
	    cmocka_unit_test(does_not_hunt_after_ringing),
	    cmocka_unit_test(takes_the_next_peer_when_no_leg_can_be_made),
	    cmocka_unit_test(says_the_last_cause_when_all_peers_fail),
	    cmocka_unit_test(refuses_a_number_that_nobody_serves),
	    cmocka_unit_test(survives_a_caller_who_leaves_while_routing_fails),
	    cmocka_unit_test(limits_calls),
	    cmocka_unit_test(clears_from_the_console),
	    cmocka_unit_test(keeps_its_state_table),
	    cmocka_unit_test(keeps_the_ladder_after_the_end),
	    cmocka_unit_test(remembers_who_was_connected_and_who_diverted),
	    cmocka_unit_test(draws_the_ladder),
	    cmocka_unit_test(writes_one_record_a_call),
	    cmocka_unit_test(settles_records_of_a_killed_gateway),
	    cmocka_unit_test(moves_to_another_file_or_stays),
	    cmocka_unit_test(goes_on_without_a_place_for_records),
	};

	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_category_filter(osmo_stderr_target, DCALL, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
