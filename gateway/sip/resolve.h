/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * resolve - from a SIP target to the addresses to try, in order (RFC 3263), and NAPTR records of ENUM.
 *
 * The SIP stack never sees a name: its own resolver can stall the process. A numeric target needs
 * no resolver: target.address is the answer. Of a name without port: the NAPTR records say which
 * transports its domain has, if the target does not say one; the SRV records (RFC 2782) of each which
 * hosts; their AAAA and A records, or else those of the name itself, which addresses. Of a host with
 * addresses of both families the preferred one goes first, then they take turns (RFC 8305 4).
 *
 * resolve_start() answers from the loop, never before it returns, and exactly once unless it is
 * cancelled. Answers are in the order in which to try them; chance is drawn anew for each. No answer
 * within the time limit is -ETIMEDOUT, a name that does not exist -ENOENT, name servers that fail -EIO.
 * What name servers say is kept as long as they allow (dns_cache.h).
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
	uint8_t transports[RESOLVE_ADDRESSES_MAX];		  /* enum peer_transport of each */
	unsigned count;
	bool partial; /* a server failed or was too slow, or there are more: not all of them */
};

enum resolve_families {
	RESOLVE_IPV6_FIRST,
	RESOLVE_IPV4_FIRST,
	RESOLVE_IPV4_ONLY,
	RESOLVE_IPV6_ONLY,
};

/* error: 0 and *answer, or negative errno. The struct resolve is gone when this is called. */
typedef void (*resolve_done)(void *arg, int error, const struct resolve_answer *answer);

/* servers: "127.0.0.1:5353", or NULL for those of the system. time_limit_ms 0: the default. */
int resolver_new(void *ctx, const char *servers, unsigned time_limit_ms, struct resolver **out);
void resolver_free(struct resolver *resolver); /* questions under way are cancelled */
void resolver_set_families(struct resolver *resolver, enum resolve_families families);
/* Bit n: enum peer_transport n can be spoken; others that a domain offers are passed over. At the
 * beginning: UDP, TCP and TLS. */
void resolver_set_transports(struct resolver *resolver, unsigned transports);

int resolve_start(struct resolver *resolver, const struct target *target, resolve_done done,
		  void *arg, struct resolve **out);
/* The NAPTR records of a name, by the same rules, but always asked anew. -EBADMSG: the answer is
 * broken. */
typedef void (*resolve_naptr_done)(void *arg, int error, const struct naptr_answer *answer);
int resolve_naptr_start(struct resolver *resolver, const char *name, resolve_naptr_done done,
			void *arg, struct resolve **out);
void resolve_cancel(struct resolve *resolve); /* done is not called */
const char *resolve_error(int error);	      /* "the name does not exist" */

#endif
