/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * upstream - are the call managers there? One object watches all of one configuration, in order
 * (server_watch.h has the states).
 *
 * The site is in fallback while no manager is up or suspect. Each change is one line of the log and one
 * call of `changed`.
 */
#ifndef GATEWAY_SURVIVE_UPSTREAM_H
#define GATEWAY_SURVIVE_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "dialplan/peer.h"
#include "gateway/sip/server_watch.h"

#define UPSTREAMS_MAX 5

struct ua;
struct upstreams;

struct upstream_config { /* all of them */
	unsigned count;	 /* 0: there are none, the site is never in fallback */
	struct {
		char target[PEER_TARGET_MAX + 1]; /* as after `session target` */
		enum peer_transport transport;
	} managers[UPSTREAMS_MAX]; /* in order of preference */
	struct server_times times;
};

struct upstream_handlers {
	void (*changed)(void *arg, unsigned which, enum server_state before, enum server_state now);
	void (*fallback)(void *arg, bool fallback); /* of the site */
};

/* One object of a user agent: it watches what its calls meet (target_health.h). NULL: no memory. */
struct upstreams *upstreams_new(void *ctx, struct ua *ua, const struct upstream_handlers *handlers,
				void *arg);
/* Those that stay keep their state; new ones are suspect. A target that cannot be read is left out. */
void upstreams_configure(struct upstreams *upstreams, const struct upstream_config *config);
void upstreams_free(struct upstreams *upstreams);

/* No manager at all is no fallback. */
bool upstreams_fallback(const struct upstreams *upstreams);
unsigned upstreams_count(const struct upstreams *upstreams);
/* Places of those that are there, best first: those that are up before those that are suspect. How
 * many. */
unsigned upstreams_order(const struct upstreams *upstreams, unsigned out[UPSTREAMS_MAX]);

/* Its addresses, for who sends there: the one that is asked comes first. How many; 0: its name has
 * none. */
unsigned upstreams_addresses(const struct upstreams *upstreams, unsigned which, unsigned max,
			     struct server_address *out);

/* Which one is there: its place, or -1. port_counts: not if it is that of a connection it has made. */
int upstreams_find(const struct upstreams *upstreams, const struct sockaddr_storage *address,
		   bool port_counts);
enum server_state upstreams_state(const struct upstreams *upstreams, unsigned which);

void upstreams_each(const struct upstreams *upstreams,
		    void (*fn)(void *arg, const struct server_view *view), void *arg);

#endif
