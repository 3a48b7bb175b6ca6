/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * survive - the site keeps telephoning when its call manager is gone (SRST).
 *
 *	upstream.c    are the call managers there?
 *	pool.c        which telephones may register, what they are in the dial plan
 *	registrar.c   REGISTER: refused, standby, or taken
 *	learnt.c      bindings seen on their way to the call manager
 *	drill.c       `test survivability`: as if the call manager were gone, for some telephones
 *	location.c    where they are; journal.c, redis.c: and after a restart
 *	book.c	      the phone book of the SIP side (phone_book.h)
 *	survive.c     puts them together, and tells calls which numbers are registered
 *		      (dialplan/site_numbers.h) and forwarded
 *
 * What is registered is a number to call in every mode; what changes with the call manager is whether
 * REGISTER is taken, where calls of telephones go, and whether those of the telephone network are tried
 * by other dial peers first (`standby` of struct plan_phone). survive_new() after ua_new(); survive_change()
 * takes a new configuration: bindings stay.
 */
#ifndef GATEWAY_SURVIVE_SURVIVE_H
#define GATEWAY_SURVIVE_SURVIVE_H

#include <stdbool.h>

#include "dialplan/plan.h"
#include "gateway/survive/after_hours.h"
#include "gateway/survive/location.h"
#include "dialplan/site_numbers.h"
#include "gateway/survive/pool.h"
#include "gateway/survive/upstream.h"

struct drills;
struct office;
struct registrar;
struct survive;
struct ua;

struct survive_config { /* borrowed until survive_change() */
	struct pool_global global;
	struct upstream_config upstream;
	struct location_config location; /* cannot change while it runs */
	struct site_numbers site;
	struct after_hours after_hours;

	struct { /* `outbound-proxy [emergency-local]` */
		bool on, emergency_local;
	} outbound;
};

int survive_new(void *ctx, struct ua *ua, struct office *office,
		const struct survive_config *config, struct survive **out, char *why,
		size_t why_size);
void survive_change(struct survive *survive, const struct survive_config *config);
void survive_free(struct survive *survive);

struct location *survive_location(struct survive *survive);
struct registrar *survive_registrar(struct survive *survive); /* its counters, for `show` */
struct upstreams *survive_upstreams(struct survive *survive);
/* Begins or ends a drill (drill.h) of a pool. -ENOENT there is no such pool, or no drill of it;
 * -ENOTSUP no telephone can register; -ENODEV the gateway serves its telephones anyway; or as
 * drills_begin() has it. */
int survive_drill(struct survive *survive, unsigned pool, bool down);
struct drills *survive_drills(struct survive *survive);
/* Nobody else is there: no call manager, or none that answers. */
bool survive_is_fallback(const struct survive *survive);
/* How often call managers have come into that state, for the metrics. */
unsigned long survive_changes(const struct survive *survive, enum server_state state);
/* Those that are registered, with their own numbers, for `show dial-peer state`. */
void survive_each_phone(struct survive *survive, plan_phone_fn fn, void *arg);
/* How many contacts there are of each origin. */
void survive_count(const struct survive *survive, unsigned counts[LOCATION_ORIGINS]);

#endif
