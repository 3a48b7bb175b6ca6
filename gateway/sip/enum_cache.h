/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * enum_cache - what name servers said of ENUM names, for as long as they allow (RFC 1035 7.4), and
 * for a short time that a name does not exist (RFC 2308).
 *
 * It holds ENUM_CACHE_MAX names; the one that was not used for the longest time makes room. Time is
 * told by whoever asks, in seconds of any clock that does not jump.
 */
#ifndef GATEWAY_SIP_ENUM_CACHE_H
#define GATEWAY_SIP_ENUM_CACHE_H

#include "gateway/sip/naptr.h"

#define ENUM_CACHE_MAX 1000
#define ENUM_CACHE_TTL_MAX_S 86400
#define ENUM_CACHE_ABSENT_S 60 /* that a name does not exist */

struct enum_cache;

struct enum_cache_entry {
	const char *domain;
	const struct enum_record *records;
	unsigned count;	 /* 0: the name does not exist */
	unsigned left_s; /* until it is forgotten */
};

struct enum_cache *enum_cache_new(void *ctx); /* NULL: out of memory */
void enum_cache_free(struct enum_cache *cache);
/* false: it is not known. */
bool enum_cache_find(struct enum_cache *cache, const char *domain, uint64_t now_s,
		     struct enum_cache_entry *out);
/* answer NULL: the name does not exist. One that may not be kept (TTL 0) is not. */
void enum_cache_put(struct enum_cache *cache, const char *domain, const struct naptr_answer *answer,
		    uint64_t now_s);
/* Last used first. */
void enum_cache_each(struct enum_cache *cache, uint64_t now_s,
		     void (*fn)(void *arg, const struct enum_cache_entry *entry), void *arg);
unsigned enum_cache_clear(struct enum_cache *cache); /* returns how many there were */

#endif
