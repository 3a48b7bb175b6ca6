/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bindings - the bindings of location.h in memory: found by name and by what names begin with, counted, forgotten
 * when their time is over.
 *
 * A binding is one piece of memory, with its text; bindings_put() needs no more, and cannot fail.
 * Two are the same if they have one name, and the same instance and reg-id (RFC 5626 6) or, if neither
 * says both of these, the same contact, octet by octet.
 */
#ifndef GATEWAY_SURVIVE_BINDINGS_H
#define GATEWAY_SURVIVE_BINDINGS_H

#include <osmocom/core/linuxrbtree.h>

#include "gateway/survive/location.h"

struct bindings;

struct bound {
	struct location_binding binding; /* its text is below */
	struct rb_node by_expiry, by_name;
	struct bound *chain; /* of the same hash; of one name: best q first, then latest */
	uint32_t hash;
	uint32_t mark;	     /* of whoever put it in */
	bool is_listed;	     /* it stands for its name, by_name */
	uint8_t name_length; /* past UINT8_MAX it is that */
	char text[];
};

struct bindings *bindings_new(void);	       /* NULL: no memory */
void bindings_free(struct bindings *bindings); /* and all that is in it */

/* A copy that is in no table; NULL strings become "". NULL: no memory. */
struct bound *bound_new(const struct location_binding *binding);
void bound_free(struct bound *bound);

/* Takes bound; the same one is not there (any more). */
void bindings_put(struct bindings *bindings, struct bound *bound);
/* Out of the table: the caller's, to be freed with bound_free(). */
void bindings_take(struct bindings *bindings, struct bound *bound);

/* The first to expire, or NULL. */
struct bound *bindings_first(const struct bindings *bindings);
/* The best of name, expired or not, or NULL. */
struct bound *bindings_best(const struct bindings *bindings, const char *name);
/* The same one, or NULL. */
struct bound *bindings_same(const struct bindings *bindings, const struct location_binding *like);
unsigned bindings_find(const struct bindings *bindings, const char *name, uint64_t now_ms,
		       const struct location_binding **out, unsigned max);
/* fn returns false to stop, and changes nothing. */
void bindings_each(const struct bindings *bindings,
		   bool (*fn)(void *arg, const struct bound *bound), void *arg);
/* One of each name that begins so and has this length, or any, at least one more, if it is 0: the shortest
 * first. It may have expired. */
void bindings_each_begin(const struct bindings *bindings, const char *begin, size_t length,
			 bool (*fn)(void *arg, const struct bound *bound), void *arg);
/* A walk in pieces of at least `some`; *cursor begins as 0. What is in the table from the first piece
 * to the last is told. false: that was the last. */
bool bindings_each_some(const struct bindings *bindings, uint64_t *cursor, unsigned some,
			void (*fn)(void *arg, const struct bound *bound), void *arg);
void bindings_count(const struct bindings *bindings, unsigned *names, unsigned *count);
unsigned bindings_origin(const struct bindings *bindings, enum location_origin origin);
unsigned bindings_pool_names(const struct bindings *bindings, uint32_t pool);

#endif
