// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/target_health.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"

#define BUCKETS 256

struct target_health {
	struct llist_head noted; /* last noted first */
	struct llist_head buckets[BUCKETS];
	unsigned count;
	struct llist_head watchers;
};

struct note {
	struct llist_head noted, bucket;
	enum target_health_state state;
	uint64_t until_ms;
	char name[TARGET_HEALTH_NAME_MAX];
};

struct target_health *target_health_new(void *ctx)
{
	struct target_health *health = talloc_zero(ctx, struct target_health);

	if (!health)
		return NULL;
	INIT_LLIST_HEAD(&health->noted);
	INIT_LLIST_HEAD(&health->watchers);
	for (unsigned i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&health->buckets[i]);
	return health;
}

static struct llist_head *bucket_of(struct target_health *health, const char *name)
{
	return &health->buckets[fnv_text(name) % BUCKETS];
}

static void forget(struct target_health *health, struct note *note)
{
	llist_del(&note->noted);
	llist_del(&note->bucket);
	health->count--;
	talloc_free(note);
}

static struct note *find(struct target_health *health, const char *name)
{
	struct note *note;

	llist_for_each_entry (note, bucket_of(health, name), bucket)
		if (!strcmp(note->name, name))
			return note;
	return NULL;
}

static struct note *note_new(struct target_health *health, const char *name)
{
	struct note *note;

	if (strlen(name) >= TARGET_HEALTH_NAME_MAX)
		return NULL;
	if (health->count == TARGET_HEALTH_MAX)
		forget(health, llist_last_entry(&health->noted, struct note, noted));
	note = talloc_zero(health, struct note);
	if (!note)
		return NULL;
	strcpy(note->name, name);
	llist_add(&note->noted, &health->noted);
	llist_add(&note->bucket, bucket_of(health, name));
	health->count++;
	return note;
}

void target_health_watch(struct target_health *health, struct target_health_watcher *watcher)
{
	llist_add_tail(&watcher->entry, &health->watchers);
}

void target_health_unwatch(struct target_health_watcher *watcher)
{
	llist_del(&watcher->entry);
}

static void tell(const struct target_health *health, const char *name,
		 enum target_health_state state)
{
	struct target_health_watcher *watcher, *next;

	llist_for_each_entry_safe (watcher, next, &health->watchers, entry)
		watcher->fn(watcher->arg, name, state);
}

static void remember(struct target_health *health, const char *name, enum target_health_state state,
		     uint64_t now_ms, uint64_t for_ms)
{
	struct note *note = find(health, name);
	uint64_t until_ms = now_ms + for_ms;

	if (note && note->until_ms > now_ms &&
	    (note->state > state || (note->state == state && note->until_ms >= until_ms)))
		return;
	if (note)
		llist_move(&note->noted, &health->noted);
	else
		note = note_new(health, name);
	if (!note)
		return;
	note->state = state;
	note->until_ms = until_ms;
}

void target_health_set(struct target_health *health, const char *name,
		       enum target_health_state state, uint64_t now_ms, uint64_t for_ms)
{
	if (state == TARGET_HEALTH_WORKS)
		return;
	if (for_ms)
		remember(health, name, state, now_ms, for_ms);
	tell(health, name, state);
}

void target_health_works(struct target_health *health, const char *name)
{
	struct note *note = find(health, name);

	tell(health, name, TARGET_HEALTH_WORKS);
	if (note)
		forget(health, note);
}

enum target_health_state target_health_look(struct target_health *health, const char *name,
					    uint64_t now_ms, uint64_t *left_ms)
{
	struct note *note = find(health, name);

	if (note && note->until_ms <= now_ms) {
		forget(health, note);
		note = NULL;
	}
	if (left_ms)
		*left_ms = note ? note->until_ms - now_ms : 0;
	return note ? note->state : TARGET_HEALTH_WORKS;
}

void target_health_each(struct target_health *health, uint64_t now_ms,
			void (*fn)(void *arg, const char *name, enum target_health_state state,
				   unsigned left_s),
			void *arg)
{
	struct note *note;

	llist_for_each_entry (note, &health->noted, noted)
		if (note->until_ms > now_ms)
			fn(arg, note->name, note->state,
			   (unsigned)((note->until_ms - now_ms + 999) / 1000));
}

const char *target_health_state_name(enum target_health_state state)
{
	static const char *const names[] = {
	    [TARGET_HEALTH_WORKS] = "works",
	    [TARGET_HEALTH_FAILING] = "failing",
	    [TARGET_HEALTH_EXCUSED] = "retry-after",
	};

	return names[state];
}

void target_health_name(const struct sockaddr_storage *address, enum peer_transport transport,
			char text[TARGET_HEALTH_NAME_MAX])
{
	static const char *const transports[] = {
	    [PEER_TRANSPORT_SYSTEM] = "udp",
	    [PEER_TRANSPORT_UDP] = "udp",
	    [PEER_TRANSPORT_TCP] = "tcp",
	    [PEER_TRANSPORT_TLS] = "tls",
	};
	char hostport[TARGET_ADDRESS_MAX];

	target_address_text((const struct sockaddr *)address, hostport, sizeof(hostport));
	snprintf(text, TARGET_HEALTH_NAME_MAX, "%s/%s", hostport, transports[transport]);
}

uint64_t target_health_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
