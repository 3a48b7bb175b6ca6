/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * survive_private - what survive.c and book.c share.
 */
#ifndef GATEWAY_SURVIVE_SURVIVE_PRIVATE_H
#define GATEWAY_SURVIVE_SURVIVE_PRIVATE_H

#include "gateway/sip/phone_book.h"
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

/* book.c: the phone book, as the configuration is now. */
void book_fill(struct survive *s);

#endif
