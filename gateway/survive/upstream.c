// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/upstream.h"

#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/sip/options_request.h"
#include "gateway/sip/resolve.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/ua.h"

#define RELOOKUP_MS 60000
#define REASON_MAX 64

struct upstream {
	struct upstreams *all;
	unsigned place;			/* in its list */
	bool stays;			/* in the configuration that is taken */
	char text[PEER_TARGET_MAX + 1]; /* as configured; empty: unused */
	enum peer_transport transport;	/* the same */
	struct target target;
	struct resolve *resolve;
	struct resolve_answer addresses;
	unsigned current; /* of them */
	uint64_t looked_up_ms;
	struct options_request *options;
	struct osmo_timer_list next, hold_down;
	enum upstream_state state;
	unsigned in_a_row; /* misses */
	uint64_t since_ms;
	uint64_t excused_ms; /* until then it wants to be left alone: 503 with Retry-After */
	unsigned sent, missed, changes, status;
	char reason[REASON_MAX];
};

struct upstreams {
	struct ua *ua;
	struct upstream_handlers handlers;
	void *arg;
	unsigned keepalive_ms, misses, hold_down_ms;
	struct upstream *list[UPSTREAMS_MAX];
	unsigned count;
	bool fallback; /* as it was told last */
};

const char *upstream_state_name(enum upstream_state state)
{
	static const char *const names[] = {
	    [UPSTREAM_UP] = "up",
	    [UPSTREAM_SUSPECT] = "suspect",
	    [UPSTREAM_DOWN] = "down",
	    [UPSTREAM_RETURNING] = "returning",
	};

	return names[state];
}

static void schedule(struct osmo_timer_list *timer, unsigned ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- states: the one place where they change */

static bool is_there(const struct upstream *u)
{
	return u->state == UPSTREAM_UP || u->state == UPSTREAM_SUSPECT;
}

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

static void enter(struct upstream *u, enum upstream_state state, const char *reason)
{
	enum upstream_state before = u->state;

	if (state != UPSTREAM_SUSPECT)
		u->in_a_row = 0;
	if (state == before)
		return;
	u->state = state;
	u->since_ms = target_health_now_ms();
	u->changes++;
	snprintf(u->reason, sizeof(u->reason), "%s", reason);
	LOGP(DSIP, LOGL_NOTICE, "call manager %s is %s (%s before): %s\n", u->text,
	     upstream_state_name(state), upstream_state_name(before), reason);
	if (state == UPSTREAM_RETURNING)
		schedule(&u->hold_down, u->all->hold_down_ms);
	else
		osmo_timer_del(&u->hold_down);
	u->all->handlers.changed(u->all->arg, u->place, before, state);
	tell_fallback(u->all);
}

static void hold_down_over(void *data)
{
	enter(data, UPSTREAM_UP, "it has answered for the time of hold-down");
}

/* ---- asking */

/* A suspect is asked so often that `misses` take no longer than keepalive x misses, the first
 * keepalive, in which nothing was wrong yet, included. */
static unsigned interval_ms(const struct upstream *u)
{
	unsigned keepalive_ms = u->all->keepalive_ms, brief_ms = keepalive_ms / 2;

	if (u->state != UPSTREAM_SUSPECT)
		return keepalive_ms;
	return u->all->misses == 1 && brief_ms > 900 ? 900 : brief_ms;
}

static void start_lookup(struct upstream *u);

static void heard(struct upstream *u)
{
	u->in_a_row = 0;
	if (u->state == UPSTREAM_SUSPECT && target_health_now_ms() >= u->excused_ms)
		enter(u, UPSTREAM_UP, "it answers");
	else if (u->state == UPSTREAM_DOWN)
		enter(u, UPSTREAM_RETURNING, "it answers again");
}

static void missed(struct upstream *u, const char *what)
{
	char reason[REASON_MAX];

	u->missed++;
	u->in_a_row++;
	if (u->addresses.count)
		u->current = (u->current + 1) % u->addresses.count;
	start_lookup(u);
	if (u->state == UPSTREAM_RETURNING) {
		enter(u, UPSTREAM_DOWN, what);
	} else if (u->state != UPSTREAM_DOWN && u->in_a_row >= u->all->misses) {
		snprintf(reason, sizeof(reason), "%s, %u times", what, u->in_a_row);
		enter(u, UPSTREAM_DOWN, reason);
	} else if (u->state == UPSTREAM_UP) {
		enter(u, UPSTREAM_SUSPECT, what);
	}
}

static void ask(void *data)
{
	struct upstream *u = data;
	struct options_to to = {.target = &u->target, .transport = u->target.transport};

	if (options_is_asking(u->options)) {
		options_cancel(u->options);
		u->status = 0;
		missed(u, "no answer to OPTIONS");
	}
	schedule(&u->next, interval_ms(u));
	if (!u->addresses.count) {
		missed(u, "its name has no address");
		return;
	}
	if (target_health_now_ms() - u->looked_up_ms > RELOOKUP_MS)
		start_lookup(u);
	to.address = &u->addresses.addresses[u->current];
	to.transport = u->addresses.transports[u->current];
	u->sent++;
	if (options_ask(u->options, &to)) {
		missed(u, "it cannot be reached");
		schedule(&u->next, interval_ms(u));
	}
}

/* What is known at once is asked again soon. */
static void soon(struct upstream *u)
{
	unsigned ms = interval_ms(u);

	if (is_there(u))
		schedule(&u->next, ms < UPSTREAM_URGENT_MS ? ms : UPSTREAM_URGENT_MS);
}

static void on_answer(void *arg, unsigned status, bool refused)
{
	struct upstream *u = arg;

	u->status = status;
	if (status && status != 503 && status != 408) {
		heard(u);
		return;
	}
	missed(u, refused  ? "it cannot be reached"
		  : status ? "it says no"
			   : "no answer to OPTIONS");
	if (refused)
		soon(u);
}

static void on_close(void *arg)
{
	struct upstream *u = arg;

	if (u->state == UPSTREAM_UP)
		enter(u, UPSTREAM_SUSPECT, "its connection has closed");
	if (is_there(u)) /* not at once: there are those that close after each answer */
		schedule(&u->next, UPSTREAM_URGENT_MS / 5);
}

/* ---- its addresses */

static void looked_up(void *arg, int error, const struct resolve_answer *answer)
{
	struct upstream *u = arg;
	bool first = !u->addresses.count;

	u->resolve = NULL;
	u->looked_up_ms = target_health_now_ms();
	if (error)
		return; /* those that were known may still be right */
	u->addresses = *answer;
	if (u->current >= answer->count)
		u->current = 0;
	if (first)
		schedule(&u->next, 0);
}

static void start_lookup(struct upstream *u)
{
	if (u->resolve || u->target.address.ss_family != AF_UNSPEC)
		return;
	u->looked_up_ms = target_health_now_ms();
	if (resolve_start(ua_resolver(u->all->ua), &u->target, looked_up, u, &u->resolve))
		u->resolve = NULL;
}

static void set_addresses(struct upstream *u)
{
	if (u->target.address.ss_family == AF_UNSPEC) {
		start_lookup(u);
		schedule(&u->next, interval_ms(u));
		return;
	}
	u->addresses.addresses[0] = u->target.address;
	u->addresses.transports[0] = u->target.transport;
	u->addresses.count = 1;
	schedule(&u->next, 0);
}

/* ---- what traffic meets */

static bool is_it(const struct upstream *u, const char *name)
{
	char own[TARGET_HEALTH_NAME_MAX];

	for (unsigned i = 0; i < u->addresses.count; i++) {
		target_health_name(&u->addresses.addresses[i], u->addresses.transports[i], own);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

static void on_excuse(struct upstream *u, const char *name)
{
	uint64_t now_ms = target_health_now_ms(), left_ms;

	target_health_look(ua_target_health(u->all->ua), name, now_ms, &left_ms);
	u->excused_ms = now_ms + left_ms;
	if (u->state == UPSTREAM_UP)
		enter(u, UPSTREAM_SUSPECT, "it says 503 with Retry-After");
}

static void on_health(void *arg, const char *name, enum target_health_state state)
{
	struct upstreams *all = arg;

	for (unsigned i = 0; i < all->count; i++) {
		struct upstream *u = all->list[i];

		if (!is_it(u, name))
			continue;
		if (state == TARGET_HEALTH_WORKS) {
			heard(u);
		} else if (state == TARGET_HEALTH_EXCUSED) {
			on_excuse(u, name);
		} else if (u->state == UPSTREAM_UP) {
			enter(u, UPSTREAM_SUSPECT, "a request had no answer, or 503");
			schedule(&u->next, 0);
		}
	}
}

/* ---- life */

static const struct options_handlers options_handlers = {.answered = on_answer, .closed = on_close};

struct upstreams *upstreams_new(void *ctx, struct ua *ua, const struct upstream_handlers *handlers,
				void *arg)
{
	struct upstreams *all = talloc_zero(ctx, struct upstreams);

	if (!all)
		return NULL;
	all->ua = ua;
	all->handlers = *handlers;
	all->arg = arg;
	target_health_watch(ua_target_health(ua), on_health, all);
	return all;
}

static void stop(struct upstream *u)
{
	if (u->resolve)
		resolve_cancel(u->resolve);
	options_free(u->options);
	osmo_timer_del(&u->next);
	osmo_timer_del(&u->hold_down);
	talloc_free(u);
}

void upstreams_free(struct upstreams *all)
{
	if (!all)
		return;
	target_health_watch(ua_target_health(all->ua), NULL, NULL);
	for (unsigned i = 0; i < all->count; i++)
		stop(all->list[i]);
	talloc_free(all);
}

static struct upstream *start(struct upstreams *all, const char *text,
			      enum peer_transport transport)
{
	struct upstream *u = talloc_zero(all, struct upstream);

	if (!u)
		return NULL;
	u->all = all;
	u->options = options_new(all, all->ua, &options_handlers, u);
	if (!u->options || target_parse(text, transport, &u->target)) {
		options_free(u->options);
		talloc_free(u);
		return NULL;
	}
	snprintf(u->text, sizeof(u->text), "%s", text);
	u->transport = transport;
	/* one that comes while none is there has to show that it is */
	u->state = all->fallback ? UPSTREAM_DOWN : UPSTREAM_SUSPECT;
	u->since_ms = target_health_now_ms();
	snprintf(u->reason, sizeof(u->reason), "it was not asked yet");
	osmo_timer_setup(&u->next, ask, u);
	osmo_timer_setup(&u->hold_down, hold_down_over, u);
	set_addresses(u);
	return u;
}

/* One that does not stay yet: a manager may be named twice. */
static struct upstream *find(const struct upstreams *all, const char *text,
			     enum peer_transport transport)
{
	for (unsigned i = 0; i < all->count; i++)
		if (!all->list[i]->stays && strcmp(all->list[i]->text, text) == 0 &&
		    all->list[i]->transport == transport)
			return all->list[i];
	return NULL;
}

static void set_times(struct upstreams *all, const struct upstream_config *config)
{
	unsigned before_ms = all->keepalive_ms;

	all->keepalive_ms = config->keepalive_ms ? config->keepalive_ms : UPSTREAM_KEEPALIVE_MS;
	all->misses = config->misses ? config->misses : UPSTREAM_MISSES;
	all->hold_down_ms = config->hold_down_ms ? config->hold_down_ms : UPSTREAM_HOLD_DOWN_MS;
	for (unsigned i = 0; i < all->count && all->keepalive_ms != before_ms; i++)
		schedule(&all->list[i]->next, interval_ms(all->list[i]));
}

void upstreams_configure(struct upstreams *all, const struct upstream_config *config)
{
	struct upstream *next[UPSTREAMS_MAX];
	unsigned count = 0;

	set_times(all, config);
	for (unsigned i = 0; i < config->count; i++) {
		const char *text = config->managers[i].target;
		struct upstream *u = find(all, text, config->managers[i].transport);

		if (!u)
			u = start(all, text, config->managers[i].transport);
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
		if (is_there(all->list[i]))
			return false;
	return all->count > 0;
}

int upstreams_best(const struct upstreams *all)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->list[i]->state == UPSTREAM_UP)
			return (int)i;
	for (unsigned i = 0; i < all->count; i++)
		if (all->list[i]->state == UPSTREAM_SUSPECT)
			return (int)i;
	return -1;
}

bool upstreams_address(const struct upstreams *all, unsigned which,
		       struct sockaddr_storage *address, enum peer_transport *transport)
{
	const struct upstream *u = which < all->count ? all->list[which] : NULL;

	if (!u || !u->addresses.count)
		return false;
	*address = u->addresses.addresses[u->current];
	*transport = u->addresses.transports[u->current];
	return true;
}

static bool has_address(const struct upstream *u, const struct sockaddr_storage *address,
			bool port_counts)
{
	struct sockaddr_storage own;

	for (unsigned i = 0; i < u->addresses.count; i++) {
		own = u->addresses.addresses[i];
		if (!port_counts)
			target_address_set_port(
			    &own, target_address_port((const struct sockaddr *)address));
		if (target_address_equal((const struct sockaddr *)&own,
					 (const struct sockaddr *)address))
			return true;
	}
	return false;
}

int upstreams_find(const struct upstreams *all, const struct sockaddr_storage *address,
		   bool port_counts)
{
	for (unsigned i = 0; i < all->count; i++)
		if (has_address(all->list[i], address, port_counts))
			return (int)i;
	return -1;
}

enum upstream_state upstreams_state(const struct upstreams *all, unsigned which)
{
	return all->list[which]->state;
}

void upstreams_each(const struct upstreams *all,
		    void (*fn)(void *arg, const struct upstream_view *view), void *arg)
{
	for (unsigned i = 0; i < all->count; i++) {
		const struct upstream *u = all->list[i];
		struct upstream_view view = {
		    .target = u->text,
		    .state = u->state,
		    .state_s = (target_health_now_ms() - u->since_ms) / 1000,
		    .sent = u->sent,
		    .missed = u->missed,
		    .changes = u->changes,
		    .status = u->status,
		    .reason = u->reason,
		};

		if (u->state == UPSTREAM_RETURNING)
			view.hold_down_left_s = u->all->hold_down_ms / 1000 > view.state_s
						    ? u->all->hold_down_ms / 1000 - view.state_s
						    : 0;
		if (u->addresses.count)
			target_address_text(
			    (const struct sockaddr *)&u->addresses.addresses[u->current],
			    view.address, sizeof(view.address));
		fn(arg, &view);
	}
}
