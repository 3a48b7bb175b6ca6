/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * completion_rig - two ISDN lines of a gateway, each with an exchange, and what call completion
 * between them takes. Calls to 90001 go from the exchange of one line to that of the other. What an
 * exchange heard is one line of text.
 */
#ifndef TESTS_UNIT_COMPLETION_RIG_H
#define TESTS_UNIT_COMPLETION_RIG_H

#include "drivers-glue/isdn/isdn_completion.h"
#include "tests/unit/isdn_wire.h"

struct end { /* a line of the gateway and the exchange at its far end */
	struct isdn_wire wire;
	struct isdn_line *line;
	struct isdn *exchange;
	struct isdn_call *call;
	long record;	/* of the exchange */
	bool completes; /* calls that come are offered completion */
	char heard[4096];
};

struct lines_under_test {
	enum isdn_switch_type type;
	bool from_bus;	     /* the gateway is its network side ... */
	bool to_bus;	     /* ... and a terminal on this one */
	bool from_on, to_on; /* isdn supp-service ccbs */
};

extern struct end from, to; /* line 1, line 2 */

int rig_main(int (*run)(void));
void start(const struct lines_under_test *test); /* until layer 2 is up everywhere */
void stop(void);
int stop_what_failed(void **state); /* teardown of every test */

bool run_until(bool (*done)(const void *arg), const void *arg);
void run_ms(unsigned ms);
void wait_for(const struct end *end, const char *text); /* until it is heard, or fail */
void forget(void);
bool calls_are_over(const void *arg);
unsigned pair_count(void);
bool no_pair_is_left(const void *arg); /* nor a call */

void call_9(long completion);	/* from the exchange of line 1; 0: no call back */
void call_finds_busy(void);	/* until the caller has the offer and the call is over */
void request(void);		/* until it is there */
void request_is_accepted(void); /* until the caller knows */
void call_back(void);		/* a whole call, and nothing is left after it */

#endif
