// SPDX-License-Identifier: GPL-2.0-or-later
/* What the plan tells of a call, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

static char told[4096];

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	size_t at = strlen(told);
	va_list args;

	va_start(args, format);
	vsnprintf(told + at, sizeof(told) - at, format, args);
	va_end(args);
}

static void put_numbers(const struct plan_note *note)
{
	char before[NUMBER_DIGITS_MAX + 2] = "", after[NUMBER_DIGITS_MAX + 2] = "";

	if (note->before)
		number_to_e164(note->before, before);
	if (note->after)
		number_to_e164(note->after, after);
	put(" %s>%s", before, after);
}

static void write_note(void *arg, const struct plan_note *note)
{
	static const char *const steps[] = {
	    "normalized",  "translated", "blocked",	"inbound",  "empty-ani",
	    "full",	   "num-exp",	 "emergency",	"group",    "fits",
	    "excluded",	   "candidate",	 "stripped",	"prefixed", "rendered",
	    "site-number", "default",	 "after-hours", "cause",
	};
	static const char which[] = "cCR";

	put("%s%s", *told ? "; " : "", steps[note->step]);
	if (note->peer)
		put(" %u", note->peer->tag);
	if (note->target)
		put(" @%s", note->target);
	if (note->text)
		put(" [%s]", note->text);
	switch (note->step) {
	case PLAN_STEP_NORMALIZED:
	case PLAN_STEP_RENDERED:
	case PLAN_STEP_EMPTY_ANI:
	case PLAN_STEP_SITE_NUMBER:
		put(" %c", which[note->which]);
		put_numbers(note);
		break;
	case PLAN_STEP_TRANSLATED:
	case PLAN_STEP_BLOCKED:
		put(" %c %s:%u:%u", which[note->which], note->name, note->set, note->rule);
		if (note->cause)
			put(" cause %u", note->cause);
		put_numbers(note);
		break;
	case PLAN_STEP_NUM_EXP:
	case PLAN_STEP_DEFAULT_DESTINATION:
	case PLAN_STEP_STRIPPED:
	case PLAN_STEP_PREFIXED:
		put_numbers(note);
		break;
	case PLAN_STEP_INBOUND:
		put(" by %s", plan_key_name(note->key));
		break;
	case PLAN_STEP_FITS:
		put(" %u", note->length);
		break;
	case PLAN_STEP_EXCLUDED:
		put(" %s", plan_reason_name(note->reason));
		break;
	case PLAN_STEP_CANDIDATE:
		put(" %u", note->position);
		break;
	case PLAN_STEP_FULL:
		put(" %s", note->name);
		/* fall through */
	case PLAN_STEP_AFTER_HOURS:
	case PLAN_STEP_CAUSE:
		put(" %u", note->cause);
		break;
	case PLAN_STEP_EMERGENCY:
	case PLAN_STEP_GROUP:
		break;
	}
}

static const struct {
	const char *plan, *call, *told, *states;
	struct plan_options options;
} cases[] = {
    {"rules 1 /^0/ /+44/;profile p called=1;rules 2 /^9/ //;profile q called=2;port 2:D in=p;"
     "9 ic=+44T in=q port=3:D;1 dp=+4420T prefix=7;2 dp=+44T shutdown",
     "pots port=2:D inbound called=02079460000",
     "translated @2:D c p:1:1 02079460000>+442079460000; inbound 9 [+44T] by incoming "
     "called-number; fits 2 [+44T] 3; excluded 2 shutdown; fits 1 [+4420T] 5; candidate 1 @1:D 1; "
     "stripped 1 @1:D [digit-strip] +442079460000>79460000; prefixed 1 @1:D [7] "
     "79460000>779460000",
     .options.number_plan.country_code = "44"},
    {"9 ic=T port=2:D;1 voip dp=+44T called=national",
     "pots port=2:D inbound called=2079460000 ton=national",
     "normalized c 2079460000>+442079460000; inbound 9 [T] by incoming called-number; fits 1 "
     "[+44T] 3; candidate 1 @ipv4:192.0.2.1 1; rendered 1 @ipv4:192.0.2.1 [national] c "
     "+442079460000>2079460000",
     .options.number_plan.country_code = "44"},
    {"numexp 5... 6...;1 dp=6123 max=1", "called=5123",
     "num-exp [5...] 5123>6123; fits 1 [6123] 4; excluded 1 max-conn reached; cause 34",
     "1:calls=1"},
    {"dpg 7 20;20 voip dp=9;1 voip ic=. dpg=7", "inbound called=911",
     "inbound 1 [.] by incoming called-number; emergency; group 1 [dpg 7]; fits 20 0; "
     "candidate 20 @ipv4:192.0.2.20 1",
     .options.emergency = {"911"}},
    {"uri u host=dns:a.example;policy 3 from+to from;1 voip in-via=u policy=3;2 voip out-from=u",
     "inbound called=1 via=sip:a.example from=sip:a.example",
     "inbound 1 [via u] by incoming uri; group 1 [provision-policy 3 preference 1]; group 1 "
     "[provision-policy 3 preference 2]; fits 2 [u] 5; candidate 2 @ipv4:192.0.2.2 1"},
    {"rules 1 /^9/ reject;profile p calling=1;1 voip ic=. block=p;2 voip dp=2 out=p",
     "inbound called=2 calling=9",
     "inbound 1 [.] by incoming called-number; blocked 1 C p:1:1 cause 63 9>; fits 2 [2] 1; "
     "excluded 2 rejected by its translation-profile outgoing; cause 21"},
    {"group g scheme=4;port 1:D group=g;port 2:D group=g;1 dp=2T group=g out=x;2 dp=2T group=g",
     "called=2",
     "fits 1 [2T] 1; excluded 1 [translation-profile x] refers to what is not configured; "
     "fits 2 [2T] 1; excluded 2 @1:D port down; candidate 2 @2:D 1; stripped 2 @2:D "
     "[digit-strip] 2>",
     "1:D@down"},
    {"group g max-out=2 max-in=1;port 1:D group=g;1 ic=.;2 dp=2T group=g;3 dp=2T group=g group=h;"
     "group h;port 2:D group=h",
     "pots port=1:D inbound called=2",
     "inbound 1 [.] by incoming called-number; full g 34; fits 2 [2T] 1; excluded 2 max-calls of "
     "its trunk group reached; fits 3 [2T] 1; excluded 3 @g max-calls of its trunk group reached; "
     "candidate 3 @2:D 1; stripped 3 @2:D [digit-strip] 2>",
     "g@in=1 g@out=2"},
    {"1 voip ic=2", "inbound called=3", "inbound by none"},
    {"1 dp=9T;2 voip dp=2", "pots port=1:D inbound called=2",
     "inbound 1 [9T] by destination-pattern (calling number); empty-ani 1 C >9; fits 2 [2] 1; "
     "candidate 2 @ipv4:192.0.2.2 1",
     .options.empty_ani = true},
    {"map 1 2 20;1 dmap=1 dp=2;1000 dp=7", "called=2001",
     "fits 1 [20] 2; candidate 1 @1:D 1; stripped 1 @1:D [digit-strip] 2001>01"},
};

static void tells_every_step(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan *plan = plan_rig_plan(cases[i].plan, &cases[i].options);
		struct plan_call call;
		char text[1024];

		plan_rig_call(&call, cases[i].call, cases[i].states);
		call.request.note = write_note;
		told[0] = '\0';
		plan_rig_route(plan, &call, NULL, text);
		if (strcmp(told, cases[i].told) != 0) {
			print_error("[%s] %s:\n  %s\n  not\n  %s\n", cases[i].plan, cases[i].call,
				    told, cases[i].told);
			wrong++;
		}
		plan_unref(plan);
	}
	assert_int_equal(wrong, 0);
}

int test_dialplan_notes(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_every_step),
	};

	return cmocka_run_group_tests_name("notes", tests, NULL, NULL);
}
