/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_rig - two real libpri, network and user, in one loop on an isdn_wire. What the handlers of a
 * side heard is kept as one line of text, to be compared whole.
 */
#ifndef TESTS_UNIT_ISDN_RIG_H
#define TESTS_UNIT_ISDN_RIG_H

#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/isdn/isdn_supplementary.h"
#include "tests/unit/isdn_wire.h"

#define RIG_CALLS_MAX 128

enum rig_message {
	RIG_SETUP,
	RIG_SETUP_ACKNOWLEDGE,
	RIG_PROCEEDING,
	RIG_ALERTING,
	RIG_PROGRESS,
	RIG_CONNECT,
	RIG_DISCONNECT,
};

struct side {
	struct isdn *isdn;
	struct isdn_wire_end *end;
	struct side *peer;
	char heard[4096];
	char traced[8192];
	struct isdn_call *calls[RIG_CALLS_MAX]; /* those that are up, NULL between them */
	unsigned call_count, released_count, connected_count;
	struct isdn_setup setup; /* last one received */
	struct party connected;
	struct party updated; /* last handlers.connected */
	struct redirection redirected;
	char displayed[128];
	unsigned indicators[8]; /* of the last messages by what they reported, enum rig_message */
	struct isdn_supplementary_event service; /* last one */
	bool automatic;				 /* answers and clears by itself */
};

extern void *rig_ctx;
extern struct isdn_wire wire;
extern struct side network, user, other; /* other: the second terminal of a bus */
extern struct isdn_config rig_config;	 /* of the side that was started last */

/* Fixtures for cmocka: a line that is up. hasty: timers that let every flow of failure end soon. */
int net5_line(void **state);
int ni_line(void **state);
int hasty_line(void **state);
int frantic_line(void **state); /* even sooner */
int patient_line(void **state); /* T303 is over after layer 2 has given up */
int basic_line(void **state);	/* basic rate, point to point */
int bus_line(void **state);	/* point to multipoint: user answers 4711 and 47xx20, other 4712 */
int hasty_bus_line(void **state);
int no_line(void **state);
void line_of(const struct isdn_config *config); /* no_line() ends it */
#define ON(fixture, test) cmocka_unit_test_setup_teardown(test, fixture, no_line)

/* Any switch type, with supplementary services (enum isdn_supplementary). */
void rig_line(enum isdn_switch_type type, unsigned services);

int rig_main(int (*run)(void)); /* log, context, then run */

bool run_until(bool (*done)(void *arg), void *arg); /* false: it took too long */
void run_ms(unsigned ms);
void wait_for(struct side *side, const char *text);	/* until it is heard, or fail */
void forget(void);					/* what was heard and traced so far */
void side_isdn_new(struct side *side, bool is_network); /* on the side's end of the wire */

struct isdn_setup usual_setup(void); /* 2079460000 "Zo\xc3\xab" calls 0001 on channel 3 */
struct isdn_call *place(struct side *from, const struct isdn_setup *setup); /* until it is there */
void keep_call(struct side *side, struct isdn_call *call);
void connect_call(struct side *from); /* a call that is up */
void clear_all(struct side *side);
/* A call from SETUP to RELEASE COMPLETE, every step checked on both sides. */
void whole_call(struct side *from, struct side *to);

#define assert_heard(side, expected) assert_string_equal((side).heard, expected)

#endif
