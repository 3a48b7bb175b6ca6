/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hunt_group - `voice hunt-group N`: one number, the pilot, that leads to several. Plain data.
 *
 * The pilot is the destination pattern of a voip peer with tag HUNT_GROUP_PEER_TAG + number and
 * session target "hunt-group:N", which nothing else uses.
 */
#ifndef DIALPLAN_HUNT_GROUP_H
#define DIALPLAN_HUNT_GROUP_H

#include <stdint.h>

#include "dialplan/number.h"

#define HUNT_GROUP_PEER_TAG 200000u
#define HUNT_GROUP_NUMBER_MAX 10000
#define HUNT_GROUP_MEMBERS_MAX 15
#define HUNT_GROUP_TIMEOUT_S 180 /* IOS */

enum hunt_group_scheme {
	HUNT_GROUP_SEQUENTIAL,	 /* in the order of the list */
	HUNT_GROUP_PARALLEL,	 /* all at once */
	HUNT_GROUP_PEER,	 /* behind the one who answered last */
	HUNT_GROUP_LONGEST_IDLE, /* who has not talked for the longest time first */
};

struct hunt_group {
	unsigned number; /* the key */
	enum hunt_group_scheme scheme;
	char members[HUNT_GROUP_MEMBERS_MAX][NUMBER_DIGITS_MAX + 2]; /* as dialled */
	unsigned members_count;
	char final[NUMBER_DIGITS_MAX + 2]; /* who is called when no member answers; empty: nobody */
	unsigned timeout_s;		   /* of one member, or of all if they ring at once */
	unsigned hops;			   /* so many members are called; 0: all */
};

#endif
