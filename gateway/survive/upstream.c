// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/upstream.h"

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/ua.h"

struct upstream {
	struct upstreams *all;
	unsigned place; /* in its list */
	bool stays;	/* in the configuration that is taken */
	struct server_watch *watch;
};

struct upstreams {
	struct ua *ua;
	struct upstream_handlers handlers;
	void *arg;
	struct upstream *list[UPSTREAMS_MAX];
	unsigned count;
	bool fallback; /* as it was told last */
};

static void tell_fallback(struct upstreams *all)
{
	bool fallback = upstreams_fallback(all);

	if (fallback == all->fallback)
		return;
	all->fallback = fallback;
	LOGP(DSIP, LOGL_NOTICE, "fallback: %s\n",
	     fallback ? "on, no call manager is there" : "over, a call manager is back");
	all->handlers.fallback(all->arg, fallback);
}

static void changed(void *arg, enum server_state before, enum server_state now)
{
	struct upstream *u = arg;

	u->all->handlers.changed(u->all->arg, u->place, before, now);
	tell_fallback(u->all);
}

/* ---- life */

struct upstreams *upstreams_new(void *ctx, struct ua *ua, const struct upstream_handlers *handlers,
				void *arg)
{
	struct upstreams *all = talloc_zero(ctx, struct upstreams);

	if (!all)
		return NULL;
	all->ua = ua;
	all->handlers = *handlers;
	all->arg = arg;
	return all;
}

static void stop(struct upstream *u)
{
	server_watch_free(u->watch);
	talloc_free(u);
}

void upstreams_free(struct upstreams *all)
{
	if (!all)
		return;
	for (unsigned i = 0; i < all->count; i++)
		stop(all->list[i]);
	talloc_free(all);
}

static struct upstream *start(struct upstreams *all, const struct upstream_config *config,
			      unsigned which)
{
	struct upstream *u = talloc_zero(all, struct upstream);
	struct server_watched watched = {
	    .kind = "call manager",
	    .target = config->managers[which].target,
	    .transport = config->managers[which].transport,
	    .asks = true,
	    /* one that comes while none is there has to show that it is */
	    .state = all->fallback ? SERVER_DOWN : SERVER_SUSPECT,
	    .changed = changed,
	    .arg = u,
	};

	if (!u)
		return NULL;
	u->all = all;
	u->watch = server_watch_new(u, all->ua, &watched, &config->times);
	if (u->watch)
		return u;
	talloc_free(u);
	return NULL;
}

/* One that does not stay yet: a manager may be named twice. */
static struct upstream *find(const struct upstreams *all, const char *text,
			     enum peer_transport transport)
{
	for (unsigned i = 0; i < all->count; i++)
		if (!all->list[i]->stays && server_watch_is(all->list[i]->watch, text, transport))
			return all->list[i];
	return NULL;
}

void upstreams_configure(struct upstreams *all, const struct upstream_config *config)
{
	struct upstream *next[UPSTREAMS_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < config->count; i++) {
		const char *text = config->managers[i].target;
		struct upstream *u = find(all, text, config->managers[i].transport);

		if (u)
			server_watch_set_times(u->watch, &config->times, true);
		else
			u = start(all, config, i);
		if (!u) {
			LOGP(DSIP, LOGL_ERROR, "call manager %s is not watched\n", text);
			continue;
		}
		u->stays = true;
		u->place = count;
		next[count++] = u;
	}
	for (unsigned i = 0; i < all->count; i++)
		if (!all->list[i]->stays)
			stop(all->list[i]);
	for (unsigned i = 0; i < count; i++) {
		all->list[i] = next[i];
		all->list[i]->stays = false;
	}
	all->count = count;
	tell_fallback(all);
}

/* ---- for others */

unsigned upstreams_count(const struct upstreams *all)
{
	return all->count;
}

bool upstreams_fallback(const struct upstreams *all)
{
	for (unsigned i = 0; i < all->count; i++)
		if (server_watch_is_there(all->list[i]->watch))
			return false;
	return all->count > 0;
}

enum server_state upstreams_state(const struct upstreams *all, unsigned which)
{
	return server_watch_state(all->list[which]->watch);
}

unsigned upstreams_order(const struct upstreams *all, unsigned out[UPSTREAMS_MAX])
{
	static const enum server_state states[] = {SERVER_UP, SERVER_SUSPECT};
	unsigned count = 0;

	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < all->count; i++)
			if (upstreams_state(all, i) == states[n])
				out[count++] = i;
	return count;
}

unsigned upstreams_addresses(const struct upstreams *all, unsigned which, unsigned max,
			     struct server_address *out)
{
	return server_watch_addresses(all->list[which]->watch, max, out);
}

int upstreams_find(const struct upstreams *all, const struct sockaddr_storage *address,
		   bool port_counts)
{
	for (unsigned i = 0; i < all->count; i++)
		if (server_watch_has_address(all->list[i]->watch, address, port_counts))
			return (int)i;
	return -1;
}

void upstreams_each(const struct upstreams *all,
		    void (*fn)(void *arg, const struct server_view *view), void *arg)
{
	struct server_view view;

	for (unsigned i = 0; i < all->count; i++) {
		server_watch_view(all->list[i]->watch, &view);
		fn(arg, &view);
	}
}
