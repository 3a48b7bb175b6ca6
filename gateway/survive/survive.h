/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * survive - the site keeps telephoning when its call manager is gone (SRST).
 *
 *	upstream.c    are the call managers there?
 *	pool.c        which telephones may register, what they are in the dial plan
 *	registrar.c   REGISTER: refused, standby, or taken
 *	learnt.c      bindings seen on their way to the call manager
 *	location.c    where they are; journal.c, redis.c: and after a restart
 *	phones.c      numbers that are registered, for the dial plan: dialplan-pattern, alias
 *	survive.c     puts them together, and is the phone book of the SIP side (phone_book.h)
 *
 * What is registered is a number to call in every mode; what changes with the call manager is whether
 * REGISTER is taken, and where calls of telephones go. survive_new() after ua_new(); survive_change()
 * takes a new configuration: bindings stay.
 */
#ifndef GATEWAY_SURVIVE_SURVIVE_H
#define GATEWAY_SURVIVE_SURVIVE_H

#include <stdbool.h>

#include "dialplan/plan.h"
#include "gateway/survive/location.h"
#include "gateway/survive/pool.h"
#include "gateway/survive/upstream.h"

struct office;
struct survive;
struct ua;

#define DIALPLAN_PATTERNS_MAX 10
#define ALIASES_MAX 50

struct survive_config { /* borrowed until survive_change() */
	struct pool_global global;
	struct upstream_config upstream;
	struct location_config location; /* cannot change while it runs */

	struct { /* `outbound-proxy [emergency-local]` */
		bool on, emergency_local;
	} outbound;

	/* `dialplan-pattern TAG PATTERN extension-length N [extension-pattern P]` */
	struct {
		unsigned tag; /* 0: unused */
		char pattern[PEER_PATTERN_MAX + 1];
		unsigned extension_length;
		char extension_pattern[PEER_PATTERN_MAX + 1];
	} dialplan[DIALPLAN_PATTERNS_MAX];
	/* `alias TAG PATTERN to NUMBER [preference P]` */
	struct {
		unsigned tag;
		char pattern[PEER_PATTERN_MAX + 1];
		char number[NUMBER_DIGITS_MAX + 1];
		uint8_t preference;
	} aliases[ALIASES_MAX];
	char default_destination[NUMBER_DIGITS_MAX + 1];
	char voicemail[NUMBER_DIGITS_MAX + 1];
};

int survive_new(void *ctx, struct ua *ua, struct office *office,
		const struct survive_config *config, struct survive **out, char *why,
		size_t why_size);
void survive_change(struct survive *survive, const struct survive_config *config);
void survive_free(struct survive *survive);

struct location *survive_location(struct survive *survive);
struct upstreams *survive_upstreams(struct survive *survive);
/* Nobody else is there: no call manager, or none that answers. */
bool survive_is_fallback(const struct survive *survive);
/* How often call managers have come into that state, for the metrics. */
unsigned long survive_changes(const struct survive *survive, enum upstream_state state);
/* For the dial plan (plan.h, `phones` of struct plan_request): those that are registered and that
 * this number calls, as it stands or by dialplan-pattern or alias. */
void survive_phones(void *survive, const char *called, bool longer, plan_phone_fn fn, void *fn_arg);

#endif
