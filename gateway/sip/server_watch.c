// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/server_watch.h"

#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/sip/options_request.h"
#include "gateway/sip/resolve.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/ua_private.h"

#define RELOOKUP_MS 60000
#define REASON_MAX 64

struct server_watch {
	struct ua *ua;
	const char *kind;
	char text[PEER_TARGET_MAX + 1]; /* as configured */
	enum peer_transport transport;	/* the same */
	unsigned tenant;
	void (*changed)(void *arg, enum server_state before, enum server_state now);
	void *arg;
	bool asks;
	struct server_times times; /* none is 0 */

	struct target target;
	struct resolve *resolve;
	struct resolve_answer addresses;
	unsigned current; /* of them */
	uint64_t looked_up_ms;
	struct options_request *options;
	struct target_health_watcher traffic;
	struct osmo_timer_list next, hold_down;
	enum server_state state;
	unsigned in_a_row; /* misses */
	uint64_t since_ms;
	uint64_t excused_ms; /* until then it wants to be left alone: 503 with Retry-After */
	unsigned sent, answered, missed, changes, status;
	unsigned heard;	     /* other requests that were answered */
	uint64_t unheard_ms; /* when the last was not */
	char reason[REASON_MAX];
};

const char *server_state_name(enum server_state state)
{
	static const char *const names[] = {
	    [SERVER_UP] = "up",
	    [SERVER_SUSPECT] = "suspect",
	    [SERVER_DOWN] = "down",
	    [SERVER_RETURNING] = "returning",
	};

	return names[state];
}

static void schedule(struct osmo_timer_list *timer, unsigned ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- states: the one place where they change */

bool server_watch_is_there(const struct server_watch *w)
{
	return w->state == SERVER_UP || w->state == SERVER_SUSPECT;
}

static void enter(struct server_watch *w, enum server_state state, const char *reason)
{
	enum server_state before = w->state;

	if (state != SERVER_SUSPECT)
		w->in_a_row = 0;
	if (state == before)
		return;
	w->state = state;
	w->since_ms = target_health_now_ms();
	w->changes++;
	snprintf(w->reason, sizeof(w->reason), "%s", reason);
	LOGP(DSIP, LOGL_NOTICE, "%s %s is %s (%s before): %s\n", w->kind, w->text,
	     server_state_name(state), server_state_name(before), reason);
	if (state == SERVER_RETURNING)
		schedule(&w->hold_down, w->times.hold_down_ms);
	else
		osmo_timer_del(&w->hold_down);
	w->changed(w->arg, before, state);
}

static void hold_down_over(void *data)
{
	enter(data, SERVER_UP, "it has answered for the time of hold-down");
}

/* ---- asking */

/* A suspect is asked so often that `misses` take no longer than keepalive x misses, the first
 * keepalive, in which nothing was wrong yet, included. */
static unsigned interval_ms(const struct server_watch *w)
{
	unsigned keepalive_ms = w->times.keepalive_ms, brief_ms = keepalive_ms / 2;

	if (w->state != SERVER_SUSPECT)
		return keepalive_ms;
	return w->times.misses == 1 && brief_ms > 900 ? 900 : brief_ms;
}

static void ask_in(struct server_watch *w, unsigned ms)
{
	if (w->asks)
		schedule(&w->next, ms);
}

static void start_lookup(struct server_watch *w);

static void heard(struct server_watch *w)
{
	w->in_a_row = 0;
	if (w->state == SERVER_SUSPECT && target_health_now_ms() >= w->excused_ms)
		enter(w, SERVER_UP, "it answers");
	else if (w->state == SERVER_DOWN)
		enter(w, SERVER_RETURNING, "it answers again");
}

static void missed(struct server_watch *w, const char *what)
{
	char reason[REASON_MAX];

	w->in_a_row++;
	if (w->addresses.count)
		w->current = (w->current + 1) % w->addresses.count;
	start_lookup(w);
	if (w->state == SERVER_RETURNING) {
		enter(w, SERVER_DOWN, what);
	} else if (w->state != SERVER_DOWN && w->in_a_row >= w->times.misses) {
		snprintf(reason, sizeof(reason), "%s, %u times", what, w->in_a_row);
		enter(w, SERVER_DOWN, reason);
	} else if (w->state == SERVER_UP) {
		enter(w, SERVER_SUSPECT, what);
	}
}

static void missed_options(struct server_watch *w, const char *what)
{
	w->missed++;
	missed(w, what);
}

/* There are those that answer anything but OPTIONS: their silence says nothing. */
static bool is_deaf(const struct server_watch *w)
{
	return !w->asks || (!w->answered && w->heard);
}

static void ask(void *data)
{
	struct server_watch *w = data;
	struct options_to to = {.target = &w->target, .transport = w->target.transport};
	struct peer bound = {.tenant = w->tenant};
	struct sip_options options;

	if (options_is_asking(w->options)) {
		options_cancel(w->options);
		w->status = 0;
		if (!is_deaf(w))
			missed_options(w, "no answer to OPTIONS");
	}
	schedule(&w->next, interval_ms(w));
	if (!w->addresses.count) {
		missed_options(w, "its name has no address");
		return;
	}
	if (target_health_now_ms() - w->looked_up_ms > RELOOKUP_MS)
		start_lookup(w);
	to.address = &w->addresses.addresses[w->current];
	to.transport = w->addresses.transports[w->current];
	ua_options(w->ua, &bound, &options);
	to.options = &options;
	w->sent++;
	if (options_ask(w->options, &to)) {
		missed_options(w, "it cannot be reached");
		schedule(&w->next, interval_ms(w));
	}
}

/* What is known at once is asked again soon. */
static void soon(struct server_watch *w)
{
	unsigned ms = interval_ms(w);

	if (server_watch_is_there(w))
		ask_in(w, ms < SERVER_URGENT_MS ? ms : SERVER_URGENT_MS);
}

static void on_answer(void *arg, unsigned status, bool refused)
{
	struct server_watch *w = arg;

	w->status = status;
	if (status && status != 503 && status != 408) {
		w->answered++;
		heard(w);
		return;
	}
	if (!status && !refused && is_deaf(w))
		return;
	missed_options(w, refused  ? "it cannot be reached"
			  : status ? "it says no"
				   : "no answer to OPTIONS");
	if (refused)
		soon(w);
}

static void on_close(void *arg)
{
	struct server_watch *w = arg;

	if (w->state == SERVER_UP)
		enter(w, SERVER_SUSPECT, "its connection has closed");
	if (server_watch_is_there(
		w)) /* not at once: there are those that close after each answer */
		ask_in(w, SERVER_URGENT_MS / 5);
}

/* ---- its addresses */

static void looked_up(void *arg, int error, const struct resolve_answer *answer)
{
	struct server_watch *w = arg;
	bool first = !w->addresses.count;

	w->resolve = NULL;
	w->looked_up_ms = target_health_now_ms();
	if (error)
		return; /* those that were known may still be right */
	w->addresses = *answer;
	if (w->current >= answer->count)
		w->current = 0;
	if (first)
		ask_in(w, 0);
}

static void start_lookup(struct server_watch *w)
{
	if (w->resolve || w->target.address.ss_family != AF_UNSPEC)
		return;
	w->looked_up_ms = target_health_now_ms();
	if (resolve_start(w->ua->resolver, &w->target, looked_up, w, &w->resolve))
		w->resolve = NULL;
}

static void set_addresses(struct server_watch *w)
{
	if (w->target.address.ss_family == AF_UNSPEC) {
		start_lookup(w);
		ask_in(w, interval_ms(w));
		return;
	}
	w->addresses.addresses[0] = w->target.address;
	w->addresses.transports[0] = w->target.transport;
	w->addresses.count = 1;
	ask_in(w, 0);
}

/* ---- what traffic meets */

void server_watch_heard(struct server_watch *w)
{
	w->heard++;
	heard(w);
}

void server_watch_unheard(struct server_watch *w, const char *what)
{
	uint64_t now_ms = target_health_now_ms();
	bool at_once = w->unheard_ms && now_ms - w->unheard_ms < SERVER_URGENT_MS;

	w->unheard_ms = now_ms;
	if (is_deaf(w)) {
		if (!at_once) /* of many that were under way: one miss */
			missed(w, what);
	} else if (w->state == SERVER_UP) {
		enter(w, SERVER_SUSPECT, what);
		ask_in(w, 0);
	}
}

static bool is_it(const struct server_watch *w, const char *name)
{
	char own[TARGET_HEALTH_NAME_MAX];

	for (unsigned i = 0; i < w->addresses.count; i++) {
		target_health_name(&w->addresses.addresses[i], w->addresses.transports[i], own);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

static void on_excuse(struct server_watch *w, const char *name)
{
	uint64_t now_ms = target_health_now_ms(), left_ms;

	target_health_look(w->ua->health, name, now_ms, &left_ms);
	w->excused_ms = now_ms + left_ms;
	if (w->state == SERVER_UP)
		enter(w, SERVER_SUSPECT, "it says 503 with Retry-After");
}

static void on_traffic(void *arg, const char *name, enum target_health_state state)
{
	struct server_watch *w = arg;

	if (!is_it(w, name))
		return;
	if (state == TARGET_HEALTH_WORKS)
		server_watch_heard(w);
	else if (state == TARGET_HEALTH_EXCUSED)
		on_excuse(w, name);
	else
		server_watch_unheard(w, "a request had no answer, or 503");
}

/* ---- life */

static const struct options_handlers options_handlers = {.answered = on_answer, .closed = on_close};

static struct server_times with_defaults(const struct server_times *times)
{
	return (struct server_times){
	    .keepalive_ms = times->keepalive_ms ? times->keepalive_ms : SERVER_KEEPALIVE_MS,
	    .misses = times->misses ? times->misses : SERVER_MISSES,
	    .hold_down_ms = times->hold_down_ms ? times->hold_down_ms : SERVER_HOLD_DOWN_MS,
	};
}

struct server_watch *server_watch_new(void *ctx, struct ua *ua,
				      const struct server_watched *watched,
				      const struct server_times *times)
{
	struct server_watch *w = talloc_zero(ctx, struct server_watch);
	enum peer_transport transport = watched->transport;

	if (!w)
		return NULL;
	w->ua = ua;
	w->options = options_new(w, ua, &options_handlers, w);
	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = ua->config.transport;
	if (!w->options || target_parse(watched->target, transport, &w->target)) {
		talloc_free(w);
		return NULL;
	}
	snprintf(w->text, sizeof(w->text), "%s", watched->target);
	w->kind = watched->kind;
	w->transport = watched->transport;
	w->tenant = watched->tenant;
	w->changed = watched->changed;
	w->arg = watched->arg;
	w->asks = watched->asks;
	w->times = with_defaults(times);
	w->state = watched->state;
	w->since_ms = target_health_now_ms();
	snprintf(w->reason, sizeof(w->reason), "it was not asked yet");
	osmo_timer_setup(&w->next, ask, w);
	osmo_timer_setup(&w->hold_down, hold_down_over, w);
	w->traffic = (struct target_health_watcher){.fn = on_traffic, .arg = w};
	target_health_watch(ua->health, &w->traffic);
	set_addresses(w);
	return w;
}

void server_watch_free(struct server_watch *w)
{
	if (!w)
		return;
	target_health_unwatch(&w->traffic);
	if (w->resolve)
		resolve_cancel(w->resolve);
	options_free(w->options);
	osmo_timer_del(&w->next);
	osmo_timer_del(&w->hold_down);
	talloc_free(w);
}

void server_watch_set_times(struct server_watch *w, const struct server_times *times, bool asks)
{
	struct server_times before = w->times;

	w->times = with_defaults(times);
	if (w->asks == asks && w->times.keepalive_ms == before.keepalive_ms)
		return;
	w->asks = asks;
	if (!asks) {
		options_cancel(w->options);
		osmo_timer_del(&w->next);
	}
	ask_in(w, interval_ms(w));
}

/* ---- for others */

enum server_state server_watch_state(const struct server_watch *w)
{
	return w->state;
}

bool server_watch_asks(const struct server_watch *w)
{
	return w->asks;
}

bool server_watch_is(const struct server_watch *w, const char *target,
		     enum peer_transport transport)
{
	return strcmp(w->text, target) == 0 && w->transport == transport;
}

unsigned server_watch_addresses(const struct server_watch *w, unsigned max,
				struct server_address *out)
{
	unsigned count = w->addresses.count < max ? w->addresses.count : max;

	for (unsigned i = 0; i < count; i++) {
		unsigned at = (w->current + i) % w->addresses.count;

		out[i] = (struct server_address){
		    .address = w->addresses.addresses[at],
		    .transport = w->addresses.transports[at],
		    .name = w->target.host,
		};
	}
	return count;
}

bool server_watch_has_address(const struct server_watch *w, const struct sockaddr_storage *address,
			      bool port_counts)
{
	struct sockaddr_storage own;

	for (unsigned i = 0; i < w->addresses.count; i++) {
		own = w->addresses.addresses[i];
		if (!port_counts)
			target_address_set_port(
			    &own, target_address_port((const struct sockaddr *)address));
		if (target_address_equal((const struct sockaddr *)&own,
					 (const struct sockaddr *)address))
			return true;
	}
	return false;
}

void server_watch_view(const struct server_watch *w, struct server_view *out)
{
	unsigned hold_down_s = w->times.hold_down_ms / 1000;

	*out = (struct server_view){
	    .target = w->text,
	    .transport = w->transport,
	    .state = w->state,
	    .state_s = (target_health_now_ms() - w->since_ms) / 1000,
	    .sent = w->sent,
	    .missed = w->missed,
	    .changes = w->changes,
	    .status = w->status,
	    .reason = w->reason,
	};
	if (w->state == SERVER_RETURNING && hold_down_s > out->state_s)
		out->hold_down_left_s = hold_down_s - out->state_s;
	if (w->addresses.count)
		target_address_text((const struct sockaddr *)&w->addresses.addresses[w->current],
				    out->address, sizeof(out->address));
}
