/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * direct - calls whose far ends send each other their audio themselves (`media flow-around`).
 *
 * Every call is set up with its audio through the gateway, so that tones, early media, forks and what
 * follows an answer need no second way of doing things. When both legs are up and nothing has
 * happened for DIRECT_AFTER_MS each far end is offered the other's address in a re-INVITE, first the
 * caller, then the called one (as in RFC 3725; the first INVITE could not say it: who answers is not
 * known then). What stands in the way of that, or comes later, leads back to the gateway, whose ports
 * and bridge stay: hold, another description, a digit or subscription that the gateway has to know of,
 * a leg that goes to another call, transfer, conference. A refusal leaves the call as it was; it is not
 * tried again with these two parties. A leg whose far end will not come back orders it again by itself,
 * whatever call it is in by then.
 *
 *	THROUGH --both may, and fit--> ASKING_CALLER --accepts--> ASKING_CALLED --accepts--> UP
 *	   ^                                 |                          |                    |
 *	   |                                 v                          v                    |
 *	   +---- both are back ---------- RETURNING <--- refusal, or they may no longer -----+
 *
 * ASKING_CALLED: the caller sends to the called one already, who is not to hear the gateway as well:
 * leg order `quiet`. In UP nothing goes through the media process, which may die, as may the gateway.
 *
 * They fit if each leg may, both are reached from one address of ours, and they have one codec, packet
 * time and payload type of RFC 4733 events. A leg may if no NAT is seen: its far end wants its audio where
 * it signals from, its Contact and Via say so too, and its RTP has come from where it said.
 * RTP that the gateway does not see is not counted, and the digits in it are heard by nobody here.
 *
 * direct_update() after each change of state, bridge or legs; direct_end() before a leg leaves;
 * direct_stop() before the call is freed. Legs say direct_changed() whenever their answer to orders
 * media would be another.
 */
#ifndef GATEWAY_CALL_DIRECT_H
#define GATEWAY_CALL_DIRECT_H

#include <stdbool.h>

struct call;
struct leg;

#define DIRECT_AFTER_MS 500
#define DIRECT_ANSWER_MS 5000 /* until a far end that is asked must have answered */
#define DIRECT_AGAIN_S 2 /* legs: until who refuses to come back is told again; doubled each time */
#define DIRECT_AGAIN_MAX_S 60
#define DIRECT_TRIES_MAX 8 /* with these two; one with an answer that does not fit is five */

enum direct_state {
	DIRECT_THROUGH,
	DIRECT_ASKING_CALLER,
	DIRECT_ASKING_CALLED,
	DIRECT_UP,
	DIRECT_RETURNING,
};

void direct_update(struct call *call);
/* The legs are parted: both are ordered back, and the next two begin anew. */
void direct_end(struct call *call);
void direct_stop(struct call *call);
/* From now on the gateway has something to say in the audio of these two. */
void direct_refrain(struct call *call);
bool direct_is_up(const struct call *call);

/* ---- for legs */
void direct_changed(struct leg *leg);

#endif
