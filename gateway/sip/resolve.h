/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * resolve - names of SIP hosts to addresses (RFC 3263: SRV, then AAAA and A), and NAPTR records,
 * with c-ares on libosmocore's loop.
 *
 * The SIP stack never sees a name: its own resolver can stall the process. A numeric target needs
 * no resolver: target.address is the answer. resolve_start() answers from the loop, never before it
 * returns, and exactly once unless it is cancelled. Answers are in the order in which to try
 * them. No answer within the time limit is -ETIMEDOUT, a name that does not exist -ENOENT, name
 * servers that fail -EIO.
 */
#ifndef GATEWAY_SIP_RESOLVE_H
#define GATEWAY_SIP_RESOLVE_H

#include "gateway/sip/naptr.h"
#include "gateway/sip/target.h"

#define RESOLVE_ADDRESSES_MAX 32
#define RESOLVE_TIME_LIMIT_MS 5000

struct resolver;
struct resolve; /* one question under way */

struct resolve_answer {
	struct sockaddr_storage addresses[RESOLVE_ADDRESSES_MAX]; /* with ports */
	unsigned count;
	bool partial; /* a server failed or was too slow, or there are more: not all of them */
};

/* error: 0 and *answer, or negative errno. The struct resolve is gone when this is called. */
typedef void (*resolve_done)(void *arg, int error, const struct resolve_answer *answer);

/* servers: "127.0.0.1:5353", or NULL for those of the system. time_limit_ms 0: the default. */
int resolver_new(void *ctx, const char *servers, unsigned time_limit_ms, struct resolver **out);
void resolver_free(struct resolver *resolver); /* questions under way are cancelled */

int resolve_start(struct resolver *resolver, const struct target *target, resolve_done done,
		  void *arg, struct resolve **out);
/* The NAPTR records of a name, by the same rules. -EBADMSG: the answer is broken. */
typedef void (*resolve_naptr_done)(void *arg, int error, const struct naptr_answer *answer);
int resolve_naptr_start(struct resolver *resolver, const char *name, resolve_naptr_done done,
			void *arg, struct resolve **out);
void resolve_cancel(struct resolve *resolve); /* done is not called */
const char *resolve_error(int error);	      /* "the name does not exist" */

#endif
