// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "tests/unit/call_rig.h"

/* ---- legs that write down their orders */

char orders[512];
void *ctx;
struct fake made[8];
unsigned made_count, make_fails;
uint8_t make_cause;
struct leg *make_ends;

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
	((struct fake *)leg)->cause = *cause;
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

struct leg *fake_make(void *arg, struct call *call, const struct leg_request *request,
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
	f->leg.kind = request->peer->kind;
	f->leg.ops = f->leg.kind == PEER_VOIP ? &fake_sip : &fake_isdn;
	osmo_strlcpy(f->contact, request->contact ? request->contact : "", sizeof(f->contact));
	osmo_strlcpy(f->called, request->setup.called.digits, sizeof(f->called));
	f->leg.call = call;
	call_trace(&f->leg, CALL_SENT, "SETUP");
	if (make_ends) {
		struct leg *leg = make_ends;

		make_ends = NULL;
		call_event(leg, CALL_EV_RELEASED,
			   &(struct cause){.q850 = 16, .source = CAUSE_SOURCE_SIP});
	}
	return &f->leg;
}

/* ---- an office with one way in and two ways out */

void scene_plan_add(struct plan *plan, const struct peer *peer)
{
	assert_int_equal(plan_add_peer(plan, peer, NULL, 0), 0);
}

struct plan *scene_plan_new(const struct plan_options *options)
{
	struct plan *plan = plan_new(options);
	struct peer p;

	peer_init(&p, 10, PEER_VOIP);
	strcpy(p.incoming_called_number, ".");
	scene_plan_add(plan, &p);
	return plan;
}

void scene_use_plan(struct scene *s, struct plan *plan)
{
	assert_int_equal(plan_seal(plan), 0);
	office_set_plan(s->office, plan);
	plan_unref(plan);
}

static struct plan *make_plan(void)
{
	struct plan_options options = {.tie_deterministic = true};
	struct plan *plan = scene_plan_new(&options);
	struct peer p;

	for (uint32_t tag = 1; tag <= 2; tag++) {
		peer_init(&p, tag, PEER_POTS);
		strcpy(p.destination_pattern, "9T");
		strcpy(p.port, "1:D");
		p.preference = tag;
		scene_plan_add(plan, &p);
	}
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

struct scene *scene_new(struct cdr *cdr)
{
	struct scene *s = talloc_zero(ctx, struct scene);
	struct office_config config = {0};

	orders[0] = 0;
	made_count = make_fails = 0;
	make_ends = NULL;
	s->plan = make_plan();
	s->cdr = cdr;
	config.plan = s->plan;
	config.cdr = cdr;
	assert_int_equal(office_new(ctx, &config, &s->office), 0);
	office_register_kind(s->office, PEER_POTS, fake_make, NULL);
	return s;
}

static void call_from(struct scene *s, enum peer_kind kind, const char *called,
		      enum called_form form)
{
	struct call_setup setup = {.called_form = form};

	memset(&s->in, 0, sizeof(s->in));
	s->in.name = 'i';
	s->in.leg.ops = kind == PEER_VOIP ? &fake_sip : &fake_isdn;
	s->in.leg.kind = kind;
	assert_int_equal(number_from_e164(&setup.called, called), 0);
	assert_int_equal(number_from_e164(&setup.calling.number, "+442079460000"), 0);
	setup.redirection.from = s->diverted_by;
	s->call = call_new(s->office, &s->in.leg, &setup, NULL);
	assert_non_null(s->call);
}

void scene_call_as(struct scene *s, const char *called, enum called_form form)
{
	call_from(s, PEER_VOIP, called, form);
}

void scene_call_from_isdn(struct scene *s, const char *called)
{
	call_from(s, PEER_POTS, called, CALLED_COMPLETE);
}

void scene_call(struct scene *s, const char *called)
{
	scene_call_as(s, called, CALLED_COMPLETE);
}

void says(unsigned leg, enum call_event event, const void *data)
{
	call_event(&made[leg - 1].leg, event, data);
}

void rings(unsigned leg, bool inband)
{
	struct progress progress = {.inband = inband};

	says(leg, CALL_EV_ALERT, &progress);
}

void run_loop(void)
{
	for (int i = 0; i < 4; i++)
		osmo_select_main(1);
}

void scene_free(struct scene *s)
{
	office_free(s->office);
	plan_unref(s->plan);
	talloc_free(s);
}

int call_rig_main(int (*run)(void))
{
	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_category_filter(osmo_stderr_target, DCALL, 0, LOGL_FATAL);
	alarm(60); /* who waits for what never comes */
	return run();
}
