/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * upstream - are the call managers there? One object watches all of one configuration, in order.
 *
 *	            a miss, or trouble that traffic meets
 *	  +----+ ------------------------------------> +---------+   misses    +------+
 *	  | up |                                       | suspect | ----------> | down |
 *	  +----+ <------------------------------------ +---------+             +------+
 *	     ^                an answer                     ^                   |    ^
 *	     |                                           start           answer |    | a miss
 *	     |         hold-down is over, no miss      +-----------+ <----------+    |
 *	     +---------------------------------------- | returning | ----------------+
 *	                                               +-----------+
 *
 * An OPTIONS goes out every `keepalive`; while a manager is suspect, twice as often. It is missed if it
 * is answered 503 or 408, or not until the next is due: `misses` of them in a row take
 * keepalive x misses at most. What is known at once, a refused or closed connection or an ICMP error,
 * is asked again every UPSTREAM_URGENT_MS, so that it is down after misses x UPSTREAM_URGENT_MS.
 * Real traffic shows it too: an answer of it is an answer; a request without one, one that could not be
 * sent, or one that is answered 503 makes it suspect. With Retry-After it stays so until that time is
 * over: others are preferred to it, and it has the calls if there is no other.
 *
 * The addresses of a name are asked one after another, the next one after each miss, and looked up
 * again every RELOOKUP_MS and when one is missed.
 *
 * The site is in fallback while no manager is up or suspect. Each change is one line of the log and one
 * call of `changed`.
 */
#ifndef GATEWAY_SURVIVE_UPSTREAM_H
#define GATEWAY_SURVIVE_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "dialplan/peer.h"
#include "gateway/sip/target.h"

#define UPSTREAMS_MAX 5
#define UPSTREAM_KEEPALIVE_MS 30000
#define UPSTREAM_MISSES 3
#define UPSTREAM_HOLD_DOWN_MS 120000
#define UPSTREAM_URGENT_MS 250
#define UPSTREAM_MS_MIN 100 /* of keepalive and hold-down */

struct ua;
struct upstreams;

enum upstream_state {
	UPSTREAM_UP,
	UPSTREAM_SUSPECT,
	UPSTREAM_DOWN,
	UPSTREAM_RETURNING,
};

struct upstream_config { /* all of them; times in ms, 0: the default */
	unsigned count;	 /* 0: there are none, the site is never in fallback */
	struct {
		char target[PEER_TARGET_MAX + 1]; /* as after `session target` */
		enum peer_transport transport;
	} managers[UPSTREAMS_MAX]; /* in order of preference */
	unsigned keepalive_ms;	   /* 30000 */
	unsigned misses;	   /* 3 */
	unsigned hold_down_ms;	   /* 120000 */
};

struct upstream_view { /* for `show call-manager-fallback` */
	const char *target;
	enum upstream_state state;
	unsigned state_s;      /* for so long */
	unsigned sent, missed; /* OPTIONS */
	unsigned changes;      /* of state */
	unsigned status;       /* last answer; 0: none */
	const char *reason;    /* of the last change: "no answer to 3 OPTIONS" */
	unsigned hold_down_left_s;
	char address[TARGET_ADDRESS_MAX]; /* that is asked; empty: its name has none */
};

struct upstream_handlers {
	void (*changed)(void *arg, unsigned which, enum upstream_state before,
			enum upstream_state now);
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

struct upstream_address {
	struct sockaddr_storage address;
	enum peer_transport transport;
	const char *name; /* as configured; lent until the configuration changes */
};

/* Its addresses, for who sends there: the one that is asked comes first. How many; 0: its name has
 * none. */
unsigned upstreams_addresses(const struct upstreams *upstreams, unsigned which, unsigned max,
			     struct upstream_address *out);

/* Which one is there: its place, or -1. port_counts: not if it is that of a connection it has made. */
int upstreams_find(const struct upstreams *upstreams, const struct sockaddr_storage *address,
		   bool port_counts);
enum upstream_state upstreams_state(const struct upstreams *upstreams, unsigned which);

void upstreams_each(const struct upstreams *upstreams,
		    void (*fn)(void *arg, const struct upstream_view *view), void *arg);
const char *upstream_state_name(enum upstream_state state);

#endif
