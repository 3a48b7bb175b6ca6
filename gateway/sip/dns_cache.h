/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dns_cache - answers of name servers, as they came, for as long as they may be kept; also that there
 * is nothing (RFC 2308).
 *
 * It holds DNS_CACHE_MAX answers of at most DNS_CACHE_SIZE_MAX octets; the one that was not used for
 * the longest time makes room. Time is told by whoever asks, in seconds of any clock that does not
 * jump.
 */
#ifndef GATEWAY_SIP_DNS_CACHE_H
#define GATEWAY_SIP_DNS_CACHE_H

#include "gateway/sip/dns_message.h"

#define DNS_CACHE_MAX 2000
#define DNS_CACHE_SIZE_MAX 4096
#define DNS_CACHE_TTL_MAX_S 86400
#define DNS_CACHE_ABSENT_MAX_S 900 /* that there is nothing */

struct dns_cache;

struct dns_cache_answer {
	const uint8_t *message; /* until the cache is asked or told the next time */
	size_t size;
	bool absent; /* the name does not exist, or has no such records */
};

struct dns_cache *dns_cache_new(void *ctx); /* NULL: out of memory. talloc_free() ends it. */
bool dns_cache_find(struct dns_cache *cache, const char *name, enum dns_type type, uint64_t now_s,
		    struct dns_cache_answer *out);
/* An answer that may not be kept, is too long or broken is not. */
void dns_cache_put(struct dns_cache *cache, const char *name, enum dns_type type, uint64_t now_s,
		   const struct dns_cache_answer *answer);
unsigned dns_cache_count(const struct dns_cache *cache);

#endif
