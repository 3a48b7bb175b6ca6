/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * collect - digit by digit, until the dial plan knows where the call goes (dial-peer rule 5).
 *
 * Order of calls: collect_start() with what is known of the call, collect_digits() for what its
 * first message brings and for each digit after that, until the result is not COLLECT_MORE. After
 * every COLLECT_MORE run the timer that c->timer names, from the beginning; when it ends call
 * collect_timeout(). When the caller says that the number is complete (sending complete) call
 * collect_complete(). After COLLECT_ROUTE hand c->request to plan_route(): it holds the digits, and
 * asks for peers that take exactly these.
 *
 * After each digit D, with F the peers whose pattern takes exactly D and M those that a longer
 * number could still fit:
 *	F is not empty, the digits are an
 *	emergency number			route at once, whatever F and M hold
 *	the best of F has no T			route at once, though M may hold longer patterns
 *	the same, `dial-peer overlap-safe`, and
 *	M holds one with more explicit digits	wait, unless the best is for emergency calls
 *	the best of F has T			wait; the terminator (#) ends the number
 *	F is empty, M is not			wait; when the timer ends: cause 28
 *	both are empty				cause 1 at once, or that of the peers that would fit
 *						but are down, busied out or full
 * What no pattern chose (a peer group, `destination calling e164-pattern-map`) counts as if it had T.
 * The terminator is a digit like any other where it ends nothing. A number ends at
 * NUMBER_DIGITS_MAX digits, whatever M holds.
 *
 * libc only, no clock: the timer is the caller's. struct collect holds no memory of its own; plan
 * and inbound are borrowed.
 */
#ifndef DIALPLAN_COLLECT_H
#define DIALPLAN_COLLECT_H

#include "dialplan/plan.h"

enum collect_result {
	COLLECT_MORE,
	COLLECT_ROUTE,
	COLLECT_INCOMPLETE, /* no peer takes so few digits: c->cause, usually 28 */
	COLLECT_NO_MATCH,   /* no peer takes any such number: c->cause, usually 1 */
};

enum collect_timer {
	COLLECT_TIMER_INITIAL,	  /* no digit yet */
	COLLECT_TIMER_INTERDIGIT, /* more digits are needed: T302 */
	COLLECT_TIMER_MATCH,	  /* complete already, could be longer */
};

enum collect_end {		      /* how it is known that the number ends; for logs */
		   COLLECT_OPEN,      /* it is not: the caller may dial on */
		   COLLECT_COMPLETED, /* sending complete */
		   COLLECT_TERMINATED,
		   COLLECT_TIMED_OUT,
		   COLLECT_LONGEST, /* no number has more digits */
};

struct collect {
	const struct plan *plan;
	const struct peer *inbound;  /* or NULL */
	struct plan_request request; /* called: the digits so far */
	struct plan_fit fit;	     /* what the last result rests on */
	enum collect_timer timer;    /* COLLECT_MORE */
	enum collect_end end;	     /* COLLECT_ROUTE */
	unsigned cause;		     /* COLLECT_INCOMPLETE, COLLECT_NO_MATCH: Q.850 */
};

/* Begins without any digit. request->called: its type and plan are kept, its digits are not taken.
 * COLLECT_MORE or COLLECT_NO_MATCH. */
enum collect_result collect_start(struct collect *c, const struct plan *plan,
				  const struct plan_request *request, const struct peer *inbound);
/* One digit after another; *rest: those that came after the decision (it may be NULL). What is no
 * digit is left out. */
enum collect_result collect_digits(struct collect *c, const char *digits, const char **rest);
/* COLLECT_ROUTE or COLLECT_INCOMPLETE. */
enum collect_result collect_complete(struct collect *c);
enum collect_result collect_timeout(struct collect *c);

/* "F 1 5; M 3 4, 2 more digits": the peers that the last result rests on. */
void collect_describe(const struct collect *c, char *text, size_t size);
const char *collect_end_name(enum collect_end end); /* "terminator" */

#endif
