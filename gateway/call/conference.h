/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conference - calls whose parties all hear each other (RFC 4353, 4579; mixed in the media process).
 *
 * Whoever is in one has a call of his own, whose other leg is a seat of the conference:
 *
 *	call 1:  A -- seat	call 2:  seat -- B	call 3:  C -- seat
 *
 * so that holding, transfer, clearing and records are those of any call.
 *
 * One comes about by a call to `conference factory NUMBER`, or when a leg joins a call of two
 * (conference_join()). It has a number that cannot be guessed, "NUMBER*281904637", which can be called
 * by whoever may call the factory: SIP legs, and those that a SIP leg transfers there. The party of
 * another call comes in when its leg is named by LEG_TRANSFER_ASKED of one who is in the conference;
 * a number is called from it by LEG_REFER_ASKED (call_service()).
 *
 * One that was made of a call is that call again when two are left. Any other goes on until one is left
 * who has not created it; with `conference drop-mode creator` until the creator goes.
 */
#ifndef GATEWAY_CALL_CONFERENCE_H
#define GATEWAY_CALL_CONFERENCE_H

#include "dialplan/plan.h"
#include "gateway/call/leg.h"

enum conference_origin {
	CONFERENCE_OF_FACTORY,
	CONFERENCE_OF_CALL,
};

struct conference_party {
	uint32_t call;
	const char *kind; /* "sip", "isdn" */
	char number[NUMBER_DIGITS_MAX + 2];
	bool creator, called, holds; /* called: has not answered yet */
};

struct conference_view {
	uint32_t id;
	const char *number;
	enum conference_origin origin;
	unsigned parties_max, count;
	struct conference_party parties[PLAN_CONFERENCE_PARTIES_MAX];
};

struct conference_counts {
	unsigned conferences, parties; /* now */
	unsigned long begun,
	    refused; /* calls refused: too many, of one telephone or of all, or in it */
};

struct office;

/* Oldest first. view is lent. */
void office_each_conference(const struct office *office,
			    void (*fn)(void *arg, const struct conference_view *view), void *arg);
struct conference_counts office_conference_counts(const struct office *office);

/* new, which nobody has asked a call for, is to be the third in the call of old, or one more in its
 * conference. false: not in this state, or there is no room; new is still the caller's. */
bool conference_join(struct leg *old, struct leg *new, const struct call_setup *setup);

#endif
