/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * location - where the site's telephones are: addresses of record and their bindings (the location
 * service of RFC 3261 10).
 *
 * All of it is in memory, and in a store that outlives this program: a journal in a file (journal.h),
 * or Redis, which the gateways of a site share (redis.h); what another gateway of the site binds
 * appears here too. location_new() reads the store; location_change() asks for changes and says when
 * they are safe. A binding is found from then on, never before, until its time is over by the wall
 * clock: none is lost by a kill, none comes back after its end.
 *
 * Changes of one location_change() happen together or not at all. Those of one turn of the loop, and
 * of LOCATION_BATCH_MS, are written together.
 *
 * Redis is read as soon as the loop runs, and again whenever it was away. While it is away all that is
 * known is found, and nothing can be changed. If it comes back with less than it had it is told again
 * what this gateway knows; what was removed since it last saved itself may then be there once more,
 * until its end.
 *
 * Errors of `done`: -EIO the file cannot be written, or Redis refuses; -ETIMEDOUT Redis did not answer
 * in LOCATION_STORE_MS: the change may be made or not.
 */
#ifndef GATEWAY_SURVIVE_LOCATION_H
#define GATEWAY_SURVIVE_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/sip/phone_book.h"

#define LOCATION_BATCH_MS 10
#define LOCATION_STORE_MS 500
#define LOCATION_CHANGES_MAX 32 /* of one location_change() */
#define LOCATION_TEXT_MAX 1023	/* but PHONE_NAME_MAX, PHONE_URI_MAX */

struct location;

enum location_origin {
	LOCATION_REGISTERED, /* here */
	LOCATION_STANDBY,    /* here, while the call manager is there: for when it is not */
	LOCATION_LEARNT,     /* seen on its way to the call manager */
	LOCATION_ORIGINS
};

struct location_binding {
	const char *name;	      /* of the address of record; compared as it is */
	struct phone_contact contact; /* its expires_s is not used */
	const char *call_id;
	uint32_t cseq;
	uint32_t pool; /* `voice register pool`; 0: none */
	enum location_origin origin;
	uint64_t expires_ms; /* wall clock, since 1970 */
	const char *gateway; /* who holds its connection, `hostname`; filled in by location */
};

struct location_config {
	const char *path;	    /* of the journal; NULL: none, memory alone */
	const char *redis;	    /* as redis_new() has it, or NULL; goes before path */
	const char *redis_password; /* or NULL */
	const char *gateway;	    /* this one's name among those that share the store */
};

/* why: one sentence with the remedy. */
int location_new(void *ctx, const struct location_config *config, struct location **out, char *why,
		 size_t why_size);
void location_free(struct location *location); /* what is under way is written first */

enum location_verb {
	LOCATION_PUT,	     /* replaces the one with the same instance and reg-id, else contact */
	LOCATION_REMOVE,     /* the same one */
	LOCATION_REMOVE_ALL, /* of name */
};

struct location_change {
	enum location_verb verb;
	struct location_binding binding; /* copied; REMOVE_ALL: its name alone */
};

typedef void (*location_done)(void *arg, int error);
/* Up to LOCATION_CHANGES_MAX. done (or NULL) is called from the loop, once, unless the location is
 * freed before, which is not for done or the watcher to do. 0, or negative errno and done will not be
 * called: -EINVAL no name, or no such q, origin or transport, -EMSGSIZE, -ENOTCONN
 * Redis is away, -ENOMEM. */
int location_change(struct location *location, const struct location_change *changes,
		    unsigned count, location_done done, void *arg);

/* Best q first, of equal ones the latest; none that has expired. Valid until the loop goes on. */
unsigned location_find(const struct location *location, const char *name,
		       const struct location_binding **out, unsigned max);
/* How many names are registered in a pool. */
unsigned location_pool_names(const struct location *location, uint32_t pool);
/* fn returns false to stop. In no order. */
void location_each(const struct location *location,
		   bool (*fn)(void *arg, const struct location_binding *binding), void *arg);
/* Names that begin so and have this length, or any, at least one more, if it is 0: the shortest first. Some
 * may have expired. */
void location_each_begin(const struct location *location, const char *begin, size_t length,
			 bool (*fn)(void *arg, const char *name), void *arg);
/* Told of each name whose bindings have changed, by whoever, expiry included. One watcher. */
void location_watch(struct location *location, void (*fn)(void *arg, const char *name), void *arg);

/* Another gateway holds it, and lives (neighbours.h). */
bool location_is_neighbours(const struct location *location,
			    const struct location_binding *binding);
/* Told of each gateway that lived and is silent now: what it holds is everybody's. One watcher. */
void location_watch_neighbours(struct location *location,
			       void (*gone)(void *arg, const char *gateway), void *arg);

struct location_counters {
	unsigned names, bindings;
	unsigned origins[LOCATION_ORIGINS]; /* bindings of each */
	unsigned long written, batches, bytes, failed;
	unsigned long long write_us_max; /* the longest write(2) or answer */
	bool reachable;			 /* the store */
};

void location_counters(const struct location *location, struct location_counters *out);
uint64_t location_now_ms(void); /* wall clock */
/* Until the binding ends, begun seconds included; 0: it is over, though it was found a moment ago. */
uint32_t location_left_s(const struct location_binding *binding);

#endif
