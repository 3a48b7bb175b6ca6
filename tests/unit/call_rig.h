/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * call_rig - calls between two legs that only write down what they are told: one way in, by SIP, and two
 * ways out, dial peers 1 and 2 to ISDN.
 *
 * call_rig_main() runs the tests; scene_new(), scene_call(), then events at s->in and made[], and
 * scene_free(). scene_use_plan() for other ways out.
 */
#ifndef TESTS_UNIT_CALL_RIG_H
#define TESTS_UNIT_CALL_RIG_H

#include "gateway/call/call_private.h"
#include "gateway/call/cdr.h"

struct fake {
	struct leg leg;
	char name;
	bool gone;
	struct cause cause;	      /* of its release */
	char contact[32], called[32]; /* what it was asked for */
};

struct scene {
	struct office *office;
	struct plan *plan;
	struct fake in;
	struct call *call;
	struct cdr *cdr;
	struct party diverted_by;
};

extern void *ctx;	    /* while call_rig_main() runs */
extern char orders[512];    /* "i:alert 1:release(16)" */
extern struct fake made[8]; /* outbound legs, in order */
extern unsigned made_count;
extern unsigned make_fails; /* so many of the next legs cannot be made */
extern uint8_t make_cause;  /* for this cause */
extern struct leg *make_ends; /* and is released while the next leg is made; NULL: nobody */

/* The leg kind of ISDN, and of SIP if a test registers it for that. */
struct leg *fake_make(void *arg, struct call *call, const struct leg_request *request,
		      struct cause *why);

struct scene *scene_new(struct cdr *cdr); /* NULL: no records */
void scene_call(struct scene *s, const char *called);
void scene_call_as(struct scene *s, const char *called, enum called_form form);
void scene_call_from_isdn(struct scene *s, const char *called);
void scene_free(struct scene *s);
void run_loop(void);

/* A plan of the test's own: the way in by SIP, what the test adds, and the scene has it. */
struct plan *scene_plan_new(const struct plan_options *options);
void scene_plan_add(struct plan *plan, const struct peer *peer);
void scene_use_plan(struct scene *s, struct plan *plan); /* sealed here; s owns it */

/* What made[leg - 1] says. */
void says(unsigned leg, enum call_event event, const void *data);
void rings(unsigned leg, bool inband);

int call_rig_main(int (*run)(void));

#endif
