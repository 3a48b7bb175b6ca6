/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * keepalive - OPTIONS to session targets and servers of server groups, where a dial peer or its tenant
 * says `options-keepalive`: which of them answer.
 *
 * A target is asked once, however many dial peers share it: the shortest intervals and the fewest
 * retries of them hold. It is asked at each of its addresses; those of a name are looked up again with
 * every interval. An address fails if it says 503 or 505, or nothing until it is asked again (64*T1 at
 * most), or cannot be reached; any other answer, 404 for one, shows that it is alive.
 *
 *	up    --retry failures in a row-->  down     asked every up-interval
 *	down  --two answers in a row----->  up       asked every down-interval; the second time sooner
 *
 * An address that has not been asked yet is up. A target is busied out while all its addresses are down,
 * or while its name has had no address for so many times as it may fail. Each change of a target is one
 * line of the log. The first question comes at a random time within the first seconds, and all together
 * KEEPALIVE_PER_SECOND at most.
 *
 * keepalive_new() after the sockets are bound; keepalive_configure() then and after each change of
 * plan or tenants.
 */
#ifndef GATEWAY_SIP_KEEPALIVE_H
#define GATEWAY_SIP_KEEPALIVE_H

#include "dialplan/plan.h"
#include "gateway/sip/target.h"

#define KEEPALIVE_PER_SECOND 200
#define KEEPALIVE_ADDRESSES_MAX 16 /* of one target */

struct ua;
struct keepalive;

enum keepalive_state {
	KEEPALIVE_NONE, /* it is not asked */
	KEEPALIVE_ACTIVE,
	KEEPALIVE_BUSY_OUT,
};

struct keepalive_view { /* for `show voice class sip-options-keepalive` */
	const char *target;
	enum peer_transport transport;
	enum keepalive_state state;
	unsigned peers, up_s, down_s, retry;
	unsigned count;
	struct keepalive_address {
		char address[TARGET_ADDRESS_MAX];
		bool down;
		unsigned sent, failed; /* failed: of all */
		unsigned status;       /* the last answer, 0: none */
	} addresses[KEEPALIVE_ADDRESSES_MAX];
};

/* second_ms: what a second of configuration lasts; 1000 but in tests. */
int keepalive_new(struct ua *ua, unsigned second_ms, struct keepalive **out);
void keepalive_free(struct keepalive *keepalive);
/* Targets that are asked already keep their state. */
void keepalive_configure(struct keepalive *keepalive, struct plan *plan);
/* Called after a target has changed its state. */
void keepalive_on_change(struct keepalive *keepalive, void (*changed)(void *arg), void *arg);

/* Of its session target, or its server group: busied out if all servers are. */
enum keepalive_state keepalive_of_peer(const struct keepalive *keepalive, const struct peer *peer);
/* Of a target as it is configured, whatever transport it is asked by. */
enum keepalive_state keepalive_of_target(const struct keepalive *keepalive, const char *target);
/* Busied out if all targets are. */
enum keepalive_state keepalive_of_all(const struct keepalive *keepalive);
void keepalive_each(const struct keepalive *keepalive,
		    void (*fn)(void *arg, const struct keepalive_view *view), void *arg);

#endif
