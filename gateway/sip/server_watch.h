/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * server_watch - is a server there: a call manager (gateway/survive/upstream.h) or a registrar
 * (registrar_watch.h)? One object watches one of them.
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
 * An OPTIONS goes out every `keepalive`; while a server is suspect, twice as often. It is missed if it
 * is answered 503 or 408, or not until the next is due: `misses` of them in a row take
 * keepalive x misses at most. What is known at once, a refused or closed connection or an ICMP error,
 * is asked again every SERVER_URGENT_MS, so that it is down after misses x SERVER_URGENT_MS.
 * Real traffic shows it too: an answer of it is an answer; a request without one, one that could not be
 * sent, or one that is answered 503 makes it suspect. With Retry-After it stays so until that time is
 * over: others are preferred to it, and it has the calls if there is no other. Where no OPTIONS are
 * sent, or none was ever answered though other requests were, such a request is the miss.
 *
 * The addresses of a name are asked one after another, the next one after each miss, and looked up
 * again every minute and when one is missed.
 *
 * Each change is one line of the log and one call of `changed`.
 */
#ifndef GATEWAY_SIP_SERVER_WATCH_H
#define GATEWAY_SIP_SERVER_WATCH_H

#include <stdbool.h>

#include "dialplan/peer.h"
#include "gateway/sip/target.h"

#define SERVER_KEEPALIVE_MS 30000
#define SERVER_MISSES 3
#define SERVER_HOLD_DOWN_MS 120000
#define SERVER_URGENT_MS 250
#define SERVER_MS_MIN 100 /* of keepalive and hold-down */

struct ua;
struct server_watch;

enum server_state {
	SERVER_UP,
	SERVER_SUSPECT,
	SERVER_DOWN,
	SERVER_RETURNING,
};

struct server_times {	       /* 0: the default */
	unsigned keepalive_ms; /* 30000 */
	unsigned misses;       /* 3 */
	unsigned hold_down_ms; /* 120000 */
};

struct server_view { /* for the console */
	const char *target;
	enum peer_transport transport;
	enum server_state state;
	unsigned state_s;      /* for so long */
	unsigned sent, missed; /* OPTIONS */
	unsigned changes;      /* of state */
	unsigned status;       /* last answer to OPTIONS; 0: none */
	const char *reason;    /* of the last change: "no answer to OPTIONS, 3 times" */
	unsigned hold_down_left_s;
	char address[TARGET_ADDRESS_MAX]; /* that is asked; empty: its name has none */
};

struct server_address {
	struct sockaddr_storage address;
	enum peer_transport transport;
	const char *name; /* as configured; lent by the watch */
};

struct server_watched {
	const char *kind;	       /* in the log: "call manager"; stays */
	const char *target;	       /* as after `session target` */
	enum peer_transport transport; /* SYSTEM: that of the user agent */
	unsigned tenant;	       /* whose addresses to bind hold for OPTIONS */
	bool asks;		       /* by OPTIONS */
	enum server_state state;       /* to begin with: suspect or down */
	void (*changed)(void *arg, enum server_state before, enum server_state now);
	void *arg;
};

/* NULL: no memory, or the target cannot be read. */
struct server_watch *server_watch_new(void *ctx, struct ua *ua,
				      const struct server_watched *watched,
				      const struct server_times *times);
void server_watch_free(struct server_watch *watch);
/* They hold at once. */
void server_watch_set_times(struct server_watch *watch, const struct server_times *times,
			    bool asks);

enum server_state server_watch_state(const struct server_watch *watch);
/* By OPTIONS; else it is what traffic meets that counts. */
bool server_watch_asks(const struct server_watch *watch);
/* up or suspect */
bool server_watch_is_there(const struct server_watch *watch);
/* Is that what it was made for? */
bool server_watch_is(const struct server_watch *watch, const char *target,
		     enum peer_transport transport);
/* Its addresses, for who sends there: the one that is asked comes first. How many; 0: its name has
 * none. */
unsigned server_watch_addresses(const struct server_watch *watch, unsigned max,
				struct server_address *out);
/* Is it one of its addresses? port_counts: not if it is that of a connection it has made. */
bool server_watch_has_address(const struct server_watch *watch,
			      const struct sockaddr_storage *address, bool port_counts);
void server_watch_view(const struct server_watch *watch, struct server_view *out);
const char *server_state_name(enum server_state state);

/* What requests met that the health of targets does not know of (target_health.h). */
void server_watch_heard(struct server_watch *watch);
void server_watch_unheard(struct server_watch *watch, const char *what);

#endif
