/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * survive_private - what the files of survive.h share.
 *
 *	survive.c	 composition, the phone book
 *	survive_calls.c	 what calls and the dial plan ask about telephones
 */
#ifndef GATEWAY_SURVIVE_SURVIVE_PRIVATE_H
#define GATEWAY_SURVIVE_SURVIVE_PRIVATE_H

#include "gateway/call/call.h"
#include "gateway/survive/survive.h"

struct survive {
	struct ua *ua;
	struct office *office;
	const struct survive_config *config;
	struct pools *pools, *no_pools;
	struct location *location;
	struct registrar *registrar;
	struct homing *homing;
	struct drills *drills;
	unsigned long changes[SERVER_RETURNING + 1]; /* of call managers, into each state */
	struct upstreams *upstreams;
	struct phone_book book;
};

/* For the office, as long as this survive lives. */
void survive_fill_phones(struct survive *survive, struct office_phones *out);

#endif
