/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * upstream - are the call managers there? One object watches all of one configuration, in order.
 *
 *	          misses or a failure of traffic        misses in a row
 *	  +----+ ------------------------------> +---------+ ---------> +------+
 *	  | up |                                 | suspect |            | down |
 *	  +----+ <------------------------------ +---------+            +------+
 *	     ^            an answer                                      |    ^
 *	     |  hold-down over, no miss meanwhile   +-----------+ answer |    | a miss
 *	     +------------------------------------- | returning | <------+    |
 *	                                            +-----------+ ------------+
 *
 * What shows that one is there: an answer to our OPTIONS, but 503, 408 and 5xx made here; an answer to
 * any request that was sent there (upstream_answered). What shows that it is not: OPTIONS without an
 * answer (`keepalive` seconds apart, `misses` of them), a closed connection and an ICMP error (at once),
 * real requests without an answer (upstream_silent), which make it suspect: then OPTIONS follow faster.
 * The site is in fallback while none of them is up or suspect; it leaves it when one is up.
 *
 * Each change is one line of the log, one count of the metrics, and one call of `changed`.
 */
#ifndef GATEWAY_SURVIVE_UPSTREAM_H
#define GATEWAY_SURVIVE_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "dialplan/peer.h"
#include "gateway/sip/target.h"

#define UPSTREAMS_MAX 5

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
	char address[TARGET_ADDRESS_MAX];
};

struct upstream_handlers {
	void (*changed)(void *arg, unsigned which, enum upstream_state before,
			enum upstream_state now);
	void (*fallback)(void *arg, bool fallback); /* of the site */
};

/* second_ms: what a second of the OPTIONS' own times lasts; 1000 but in tests. */
int upstreams_new(struct ua *ua, const struct upstream_config *config,
		  const struct upstream_handlers *handlers, void *arg, struct upstreams **out);
/* Those that stay keep their state. */
int upstreams_change(struct upstreams *upstreams, const struct upstream_config *config);
void upstreams_free(struct upstreams *upstreams);

bool upstreams_fallback(const struct upstreams *upstreams);
/* The best one that is up, else suspect; -1: none. */
int upstreams_best(const struct upstreams *upstreams);
/* Its address now, for who sends there; false: its name has none. */
bool upstream_address(const struct upstreams *upstreams, unsigned which,
		      struct sockaddr_storage *address, enum peer_transport *transport);

/* What traffic shows of an address, whoever's it is. */
void upstreams_answered(struct upstreams *upstreams, const struct sockaddr_storage *from);
void upstreams_silent(struct upstreams *upstreams, const struct sockaddr_storage *to);
void upstreams_closed(struct upstreams *upstreams, const struct sockaddr_storage *with);

/* `test survivability`: pretends that it is gone (or lets what is true hold again) for all. */
void upstreams_pretend(struct upstreams *upstreams, bool gone);

void upstreams_each(const struct upstreams *upstreams,
		    void (*fn)(void *arg, const struct upstream_view *view), void *arg);
const char *upstream_state_name(enum upstream_state state);

#endif
