/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conference_private - what conference.c and conference_join.c share.
 */
#ifndef GATEWAY_CALL_CONFERENCE_PRIVATE_H
#define GATEWAY_CALL_CONFERENCE_PRIVATE_H

#include "gateway/call/call_private.h"
#include "gateway/call/conference.h"

enum conference_state {
	CONFERENCE_NEW, /* its creator is not seated yet */
	CONFERENCE_UP,
	CONFERENCE_OVER, /* freed from the loop */
};

struct conference {
	struct llist_head entry; /* office->conferences */
	struct office *office;
	enum conference_state state;
	enum conference_origin origin;
	uint32_t id;
	char number[NUMBER_DIGITS_MAX + 1];
	struct plan_conference rules; /* of the plan that it began with */
	struct llist_head seats;
	unsigned count;
	struct seat *creator; /* NULL: not seated yet, or gone */
	uint32_t media;	      /* in the media process, 0: nobody is mixed */
	struct osmo_timer_list later;
};

enum seat_state {
	SEAT_CALLED,  /* somebody has called the conference: it answers from the loop */
	SEAT_CALLING, /* the conference calls somebody */
	SEAT_TAKEN,
	SEAT_LEFT, /* freed from the loop */
};

struct seat {
	struct leg leg;
	struct llist_head entry;
	struct conference *conference;
	enum seat_state state;
	struct transfer_asker asker; /* CALLING: who has asked for it */
	const struct leg *told;	     /* that it is in a conference */
	struct osmo_timer_list later;
};

/* false: who calls is a telephone that has begun as many as it may. */
bool conference_may_begin(struct office *office, const struct call_setup *setup);
/* NULL: there are too many. */
struct conference *conference_new(const struct call *call, enum conference_origin origin);
/* With this number. NULL: there is none. */
struct conference *conference_find(const struct office *office, const char *number);
/* For one more, of this call? */
bool conference_has_room(const struct conference *conference, const struct call *call);
/* Counts from now on; has no call yet. NULL: no memory. */
struct seat *seat_new(struct conference *conference, enum seat_state state);
/* It is in its call. */
void seat_joined(struct seat *seat);
/* It leaves its conference: what is to become of that the loop decides. */
void seat_leave(struct seat *seat);
struct seat *seat_in(const struct call *call); /* NULL: none of its legs is one */
/* The party is told that it is in a conference, or no longer. */
void seat_tell(struct seat *seat, struct leg *party, bool seated);

#endif
