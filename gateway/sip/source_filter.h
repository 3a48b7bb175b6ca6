/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * source_filter - what the kernel throws away before it wakes us: messages of blocked sources on all
 * SIP sockets, and on UDP whatever does not begin like SIP (STUN and SigComp, which the stack would
 * answer, and garbage).
 *
 * A classic packet filter (SO_ATTACH_FILTER) on each socket; it needs no privileges. Connections
 * that are accepted have the filter that the listening socket had then.
 *
 * source_filter_add() each socket after it was bound, source_filter_set() whenever other sources
 * are blocked. A socket that has been closed since is forgotten by itself.
 */
#ifndef GATEWAY_SIP_SOURCE_FILTER_H
#define GATEWAY_SIP_SOURCE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "gateway/sip/source_limit.h"

/* What the memory for options of a socket (net.core.optmem_max) holds twice, while one filter takes
 * the place of another. Those beyond are dropped by source_limit. */
#define SOURCE_FILTER_IPV4_MAX 128
#define SOURCE_FILTER_IPV6_MAX 40
#define SOURCE_FILTER_CODE_MAX (16 + SOURCE_FILTER_IPV4_MAX + 4 * SOURCE_FILTER_IPV6_MAX)

struct source_filter;

struct source_filter *source_filter_new(void); /* NULL: no memory */
void source_filter_free(struct source_filter *filter);
/* The socket of this process that is bound there. -ENOENT: there is none. */
int source_filter_add(struct source_filter *filter, const struct sockaddr *bound, bool udp);
/* The sources to drop from now on. 0 or the last error. */
int source_filter_set(struct source_filter *filter, const struct source_prefix *sources,
		      size_t count);

/* For tests: the program. Returns its length. */
unsigned source_filter_compile(const struct source_prefix *sources, size_t count, bool udp,
			       struct sock_filter code[SOURCE_FILTER_CODE_MAX]);

#endif
