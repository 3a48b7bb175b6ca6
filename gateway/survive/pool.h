/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pool - `voice register global` and `voice register pool N`: which telephones may register here, and
 * how calls to and from them are made. Plain data that the configuration fills in and lends.
 *
 * A telephone belongs to the pool whose `id` fits and that has its number: one with a MAC goes before
 * one with a network, a longer network before a shorter one, then the lower pool. Each pool also is a voip dial
 * peer of the dial plan, tag POOL_PEER_TAG + number, that nothing but its telephones uses: it has
 * their codecs, DTMF relay, COR and translation profiles. A registered number is a destination pattern
 * of it as long as it is registered.
 */
#ifndef GATEWAY_SURVIVE_POOL_H
#define GATEWAY_SURVIVE_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>

#include "dialplan/peer.h"
#include "gateway/sip/caller.h"
#include "gateway/sip/phone_book.h"

#define POOL_PEER_TAG 40000u
#define POOL_NUMBER_MAX 100000
#define POOL_NUMBERS_MAX 16
#define POOL_AGENT_MAX 63

enum pool_forward {
	POOL_FORWARD_ALL,
	POOL_FORWARD_BUSY,
	POOL_FORWARD_NOAN,
	POOL_FORWARD_UNREACHABLE,
	POOL_FORWARDS
};

struct pool {
	unsigned number; /* 1.. */
	/* id: what of it is set must all fit */
	uint8_t mac[6];
	bool has_mac;
	struct sockaddr_storage network; /* family 0: none */
	uint8_t prefix_bits;
	char user_agent[POOL_AGENT_MAX + 1]; /* what User-Agent begins with */

	unsigned numbers_count; /* 0: any */
	struct pool_number {
		char pattern[PEER_PATTERN_MAX + 1]; /* destination pattern: "50.."; or a name */
		uint8_t preference;		    /* 0..10 */
		bool no_huntstop;		    /* another dial peer may be tried after it */
	} numbers[POOL_NUMBERS_MAX];
	char user[DIGEST_NAME_MAX + 1], password[CALLER_PASSWORD_MAX + 1]; /* empty: none */
	unsigned max_registrations;					   /* 0: no limit */
	struct {
		char number[NUMBER_DIGITS_MAX + 1]; /* empty: none */
		unsigned timeout_s;		    /* NOAN */
	} forward[POOL_FORWARDS];
	bool after_hours_exempt; /* but not from what is blocked at any time */
	bool mwi;		 /* told of messages waiting by NOTIFY, without having subscribed */
	bool check_sync;	 /* told by NOTIFY when the call manager is back */
	struct peer peer;	 /* tag POOL_PEER_TAG + number; its pool is this one */
};

enum pool_mode { /* `mode`, while the call manager is there: what is done with REGISTER */
		 POOL_MODE_STANDBY, /* accepted, for a short time */
		 POOL_MODE_REFUSE,  /* 503 with Retry-After */
		 POOL_MODE_ALWAYS,  /* there is no call manager: this is the registrar */
};

#define POOL_EXPIRES_MAX_S 3600
#define POOL_EXPIRES_MIN_S 60
#define POOL_EXPIRES_STANDBY_S 120
#define POOL_SEQUENTIAL_S 20

struct pool_global { /* `voice register global` */
	bool serves; /* `registrar server` */
	enum pool_mode mode;
	unsigned max_pool, max_dn; /* 0: no limit */
	unsigned expires_min_s, expires_max_s, expires_standby_s;
	unsigned
	    sequential_s; /* contacts of one q may ring for so long before the next are called */
	bool redirect;	  /* `redirect mode`: 302 instead of calls */
	struct callers users;	  /* `authenticate credential file`; realm empty: nobody is asked */
	const struct pool *pools; /* in order of number */
	unsigned pools_count;
};

/* ---- an index over them */

struct pools;

/* Borrows global. NULL: no memory. */
struct pools *pools_new(void *ctx, const struct pool_global *global);
void pools_free(struct pools *pools);
/* Whose telephone is it? NULL: no pool takes it. */
const struct pool *pools_find(const struct pools *pools, const struct phone_request *request);
const struct pool *pools_number(const struct pools *pools, unsigned number); /* or NULL */
/* May a telephone be there? */
bool pools_have_network(const struct pools *pools, const struct sockaddr *source);
/* Which of the pool's numbers it is: its place; -1: it is in none, or the pool has none. */
int pools_place(const struct pools *pools, const struct pool *pool, const char *name);
/* The first pool that names this number: its telephone, whether it is registered or not. NULL: none. */
const struct pool *pools_of_number(const struct pools *pools, const char *name);

#endif
