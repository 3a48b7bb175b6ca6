/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trusted_names - keeps the addresses behind `session target dns:NAME` among the trusted sources.
 *
 * Each name is looked up as a call to it would be (resolve.h: SRV, then AAAA and A), at once and
 * again every TRUSTED_NAMES_INTERVAL_MS; one that did not resolve, after TRUSTED_NAMES_RETRY_MS. A
 * new answer takes the place of the old one in struct trust. A look-up that fails leaves the old
 * addresses, and one that got only a part of the answer adds to them: a name server's trouble shuts
 * nobody out. Every change of a name's addresses, and a failure that begins, is one log line.
 *
 * trusted_names_new(), trusted_names_add() for each target that is a name, and the loop does the
 * rest. trust is borrowed and outlives it. For another set of names: trusted_names_begin(),
 * trusted_names_add() for each, trusted_names_end(): those that are in both stay trusted meanwhile.
 */
#ifndef GATEWAY_SIP_TRUSTED_NAMES_H
#define GATEWAY_SIP_TRUSTED_NAMES_H

#include "gateway/sip/resolve.h"
#include "gateway/sip/trust.h"

#define TRUSTED_NAMES_INTERVAL_MS (5 * 60 * 1000)
#define TRUSTED_NAMES_RETRY_MS (30 * 1000)

struct trusted_names;

struct trusted_names_config {
	struct trust *trust;
	const char *servers;		/* name servers as resolver_new() has them, or NULL */
	unsigned interval_ms, retry_ms; /* 0: as above */
};

/* Negative errno: no resolver. */
int trusted_names_new(void *ctx, const struct trusted_names_config *config,
		      struct trusted_names **out);
/* target: a name, with the transport that calls to it use. The same one again is no error. */
int trusted_names_add(struct trusted_names *names, const struct target *target);
void trusted_names_begin(struct trusted_names *names);
/* Drops the names that were not added since, and their addresses from struct trust. */
void trusted_names_end(struct trusted_names *names);
void trusted_names_free(struct trusted_names *names); /* addresses stay in struct trust */

#endif
