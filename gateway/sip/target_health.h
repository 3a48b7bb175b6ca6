/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * target_health - which addresses and session targets did not do lately, so that the next call does
 * not wait for them again.
 *
 *	works     nothing bad is known
 *	failing   it did not answer, refused the connection or said 503: others are tried before it
 *	excused   it said 503 with Retry-After: it is not called until then (RFC 3261 21.5.4)
 *
 * What is known is forgotten when its time is over, or when an answer shows that it works. Names are
 * any text: addresses as target_health_name() writes them, and session targets as they are configured.
 * At most TARGET_HEALTH_MAX are remembered; the oldest makes room. Times are milliseconds of any clock
 * that does not jump, told by whoever asks.
 */
#ifndef GATEWAY_SIP_TARGET_HEALTH_H
#define GATEWAY_SIP_TARGET_HEALTH_H

#include <osmocom/core/linuxlist.h>

#include "gateway/sip/target.h"

#define TARGET_HEALTH_MAX 4096
#define TARGET_HEALTH_EXCUSED_MAX_S 3600 /* a longer Retry-After is not believed */
#define TARGET_HEALTH_NAME_MAX 256

enum target_health_state {
	TARGET_HEALTH_WORKS,
	TARGET_HEALTH_FAILING,
	TARGET_HEALTH_EXCUSED,
};

struct target_health;

struct target_health *target_health_new(void *ctx); /* NULL: no memory. talloc_free() ends it. */
/* From now on; of two that overlap the one that is worse, then the one that lasts longer, holds. */
void target_health_set(struct target_health *health, const char *name,
		       enum target_health_state state, uint64_t now_ms, uint64_t for_ms);
void target_health_works(struct target_health *health, const char *name);
enum target_health_state target_health_look(struct target_health *health, const char *name,
					    uint64_t now_ms, uint64_t *left_ms);
/* Those that do not work, last noted first; text such as "failing". */
void target_health_each(struct target_health *health, uint64_t now_ms,
			void (*fn)(void *arg, const char *name, enum target_health_state state,
				   unsigned left_s),
			void *arg);
const char *target_health_state_name(enum target_health_state state);

/* "10.1.1.1:5060/udp" */
void target_health_name(const struct sockaddr_storage *address, enum peer_transport transport,
			char text[TARGET_HEALTH_NAME_MAX]);
/* Told of each that is noted as it is, also again, by what calls have met. The memory is the watcher's
 * own, until it has ended watching, which it may do when it is told. */
struct target_health_watcher {
	void (*fn)(void *arg, const char *name, enum target_health_state state);
	void *arg;
	struct llist_head entry; /* target_health.c's */
};
void target_health_watch(struct target_health *health, struct target_health_watcher *watcher);
void target_health_unwatch(struct target_health_watcher *watcher);
uint64_t target_health_now_ms(void); /* of the clock that calls use */

#endif
