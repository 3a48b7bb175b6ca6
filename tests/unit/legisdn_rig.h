/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legisdn_rig - ISDN legs between a real call and a real exchange: another isdn, network side as a
 * rule, on the other end of the D channel. The SIP side is a leg that writes down its orders. What
 * either of them heard is one line of text.
 */
#ifndef TESTS_UNIT_LEGISDN_RIG_H
#define TESTS_UNIT_LEGISDN_RIG_H

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/call/call.h"
#include "gateway/isdn/leg_isdn.h"
#include "tests/unit/isdn_wire.h"

#define E1_CHANNELS 0xfffefffeu /* 1..15, 17..31 */

struct exchange {
	struct isdn *isdn;
	char heard[2048];
	struct isdn_call *call; /* last one that came */
	struct isdn_setup setup;
	struct isdn_supplementary_event service; /* last one */
	unsigned indicators;			 /* of CONNECT */
	unsigned calls, restarts;
};

extern void *rig_ctx;	      /* while rig_main() runs */
extern struct isdn_wire wire; /* the gateway is at its user end, also when it plays the network */
extern struct exchange exchange;
extern struct leg sip;		 /* the leg of the last call, in or out */
extern char told[1024];		 /* what it was told */
extern struct call_setup asked;	 /* what an outbound SIP leg was asked for */
extern unsigned make_fails_with; /* cause: no outbound SIP leg can be made */
extern struct office *office;
extern struct isdn_line *line;
extern struct isdn_lines lines;

struct isdn_line_config usual_config(void);
void gateway_start(const struct isdn_line_config *config); /* until layer 2 is up */
/* Fixtures: a gateway with 30 channels, one that is the network side, one with channels 1 and 2. */
int usual_gateway(void **state);
int network_gateway(void **state);
int small_gateway(void **state);
int no_gateway(void **state);
#define ON(fixture, test) cmocka_unit_test_setup_teardown(test, fixture, no_gateway)

int rig_main(int (*run)(void));

bool run_until(bool (*done)(const void *arg), const void *arg);
bool trunk_is_idle(const void *arg); /* and no call anywhere */
void wait_exchange(const char *text);
void wait_sip(const char *text);
void wait_sip_leg(void); /* until sip is in a call */

void sip_calls(const char *number);
struct isdn_call *exchange_calls(unsigned timeslot, bool exclusive, uint8_t bearer); /* to 2001 */
void sip_event(enum call_event event, bool inband);
void sip_clears(unsigned cause);
/* The exchange sends this SETUP, or SIP asks for that call. */
struct isdn_call *exchange_sends(const struct isdn_setup *setup);
void sip_asks(const struct call_setup *setup);
char *channel_text(unsigned timeslot);

#endif
