// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/keepalive_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"
#include "gateway/log/log.h"

/* ---- targets */

static struct llist_head *bucket_of(const struct keepalive *k, const char *text)
{
	return (struct llist_head *)&k->buckets[fnv_text(text) % KEEPALIVE_BUCKETS];
}

static struct monitored *find(const struct keepalive *k, const char *text,
			      enum peer_transport transport)
{
	struct monitored *m;

	llist_for_each_entry (m, bucket_of(k, text), bucket)
		if (m->transport == transport && !strcmp(m->text, text))
			return m;
	return NULL;
}

static void leave_probes(struct monitored *m)
{
	while (m->count)
		probe_leave(m->probes[--m->count]);
}

static void monitored_free(struct monitored *m)
{
	osmo_timer_del(&m->look_up);
	if (m->resolve)
		resolve_cancel(m->resolve);
	leave_probes(m);
	llist_del(&m->entry);
	llist_del(&m->bucket);
	m->owner->targets_count--;
	talloc_free(m);
}

/* ---- state */

static bool is_out(const struct monitored *m)
{
	for (unsigned i = 0; i < m->count; i++)
		if (!m->probes[i]->down)
			return false;
	return m->count || m->unresolved >= m->retry;
}

static bool update(struct monitored *m)
{
	bool out = is_out(m);

	if (out == m->busy_out)
		return false;
	m->busy_out = out;
	if (!out)
		target_health_works(m->owner->ua->health, m->text);
	LOGP(DSIP, LOGL_NOTICE, "session target %s: %s, used by %u dial peer%s\n", m->text,
	     !out	? "answers OPTIONS again: active"
	     : m->count ? "does not answer OPTIONS: busied out"
			: "has no address: busied out",
	     m->peers, m->peers == 1 ? "" : "s");
	return true;
}

void keepalive_probe_changed(struct keepalive *k)
{
	struct monitored *m;
	bool changed = false;

	llist_for_each_entry (m, &k->targets, entry)
		changed = update(m) || changed;
	if (changed && k->changed)
		k->changed(k->arg);
}

/* ---- addresses of a target */

static void take_addresses(struct monitored *m, const struct resolve_answer *answer)
{
	struct probe *probes[KEEPALIVE_ADDRESSES_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < answer->count && count < KEEPALIVE_ADDRESSES_MAX; i++) {
		probes[count] = probe_take(m->owner, m, &answer->addresses[i],
					   (enum peer_transport)answer->transports[i]);
		if (probes[count])
			count++;
	}
	leave_probes(m); /* after: those that stay keep their state */
	memcpy(m->probes, probes, count * sizeof(probes[0]));
	m->count = count;
}

/* Names only: an address stays what it is. */
static void look_up_again(struct monitored *m)
{
	unsigned ms = (m->busy_out ? m->down_s : m->up_s) * m->owner->second_ms;

	if (m->target.address.ss_family == AF_UNSPEC)
		osmo_timer_schedule(&m->look_up, ms / 1000, ms % 1000 * 1000);
}

/* What fails keeps the addresses that there were. */
static void looked_up(void *arg, int error, const struct resolve_answer *answer)
{
	struct monitored *m = arg;
	struct keepalive *k = m->owner;

	m->resolve = NULL;
	if (error) {
		m->unresolved++;
	} else {
		m->unresolved = 0;
		take_addresses(m, answer);
	}
	look_up_again(m);
	keepalive_probe_changed(k);
}

static void look_up(void *data)
{
	struct monitored *m = data;

	if (m->resolve)
		return;
	if (resolve_start(m->owner->ua->resolver, &m->target, looked_up, m, &m->resolve) < 0) {
		m->resolve = NULL;
		look_up_again(m);
	}
}

/* ---- configuration */

static struct monitored *monitored_new(struct keepalive *k, const char *text,
				       enum peer_transport transport)
{
	struct monitored *m = talloc_zero(k, struct monitored);

	if (!m)
		return NULL;
	m->owner = k;
	m->transport = transport;
	strcpy(m->text, text);
	osmo_timer_setup(&m->look_up, look_up, m);
	llist_add_tail(&m->entry, &k->targets);
	llist_add_tail(&m->bucket, bucket_of(k, text));
	k->targets_count++;
	return m;
}

static unsigned least(unsigned a, unsigned b)
{
	return a && a < b ? a : b;
}

static enum peer_transport transport_of(const struct peer *peer, const struct sip_options *options)
{
	unsigned wanted = options->keepalive.transport;

	return wanted ? (enum peer_transport)wanted : peer->transport;
}

static void add_target(struct keepalive *k, const char *text, enum peer_transport transport,
		       const struct sip_options *options)
{
	const struct sip_keepalive *wanted = &options->keepalive;
	enum peer_transport usual =
	    transport == PEER_TRANSPORT_SYSTEM ? k->ua->config.transport : transport;
	struct monitored *m = find(k, text, transport);
	struct target target;

	if (target_has_macros(text) || target_parse(text, usual, &target) ||
	    strlen(text) > CLASS_TARGET_MAX)
		return; /* `enum:1`, or a host that is known with the number only */
	if (!m)
		m = monitored_new(k, text, transport);
	if (!m)
		return;
	if (m->generation != k->generation) {
		m->generation = k->generation;
		m->target = target;
		m->options = *options;
		m->peers = m->up_s = m->down_s = m->retry = 0;
	}
	m->peers++;
	m->up_s = least(m->up_s, wanted->up_s ? wanted->up_s : SIP_KEEPALIVE_UP_S);
	m->down_s = least(m->down_s, wanted->down_s ? wanted->down_s : SIP_KEEPALIVE_DOWN_S);
	m->retry = least(m->retry, wanted->retry ? wanted->retry : SIP_KEEPALIVE_RETRY);
}

static bool is_asked(const struct keepalive *k, const struct peer *peer, struct sip_options *out)
{
	if (peer->kind != PEER_VOIP)
		return false;
	ua_options(k->ua, peer, out);
	return out->keepalive.on == SIP_SWITCH_ON;
}

static void add_peer(struct keepalive *k, const struct peer *peer)
{
	const struct server_group *group = plan_server_group(k->plan, peer->server_group);
	struct sip_options wanted;

	if (peer->shutdown || !is_asked(k, peer, &wanted))
		return;
	if (peer->session_target[0])
		add_target(k, peer->session_target, transport_of(peer, &wanted), &wanted);
	for (unsigned i = 0; group && i < group->count; i++)
		add_target(k, group->servers[i].target, transport_of(peer, &wanted), &wanted);
}

/* Intervals may be longer now than they were. */
static void suit_probes(struct keepalive *k)
{
	const struct monitored *m;
	struct probe *p;

	llist_for_each_entry (p, &k->probes, entry)
		p->up_s = p->down_s = p->retry = 0;
	llist_for_each_entry (m, &k->targets, entry)
		for (unsigned i = 0; i < m->count; i++)
			probe_suit(m->probes[i], m);
}

void keepalive_configure(struct keepalive *k, struct plan *plan)
{
	struct plan *before = k->plan;
	struct monitored *m, *next;

	k->plan = plan_ref(plan);
	k->generation++;
	for (size_t i = 0; i < plan_peer_count(plan); i++)
		add_peer(k, plan_peer_at(plan, i));
	if (before)
		plan_unref(before);
	llist_for_each_entry_safe (m, next, &k->targets, entry) {
		if (m->generation != k->generation)
			monitored_free(m);
		else if (!m->resolve)
			osmo_timer_schedule(&m->look_up, 0, 0); /* from the loop */
	}
	suit_probes(k);
}

void keepalive_on_change(struct keepalive *k, void (*changed)(void *arg), void *arg)
{
	k->changed = changed;
	k->arg = arg;
}

int keepalive_new(struct ua *ua, unsigned second_ms, struct keepalive **out)
{
	struct keepalive *k = talloc_zero(ua, struct keepalive);

	if (!k)
		return -ENOMEM;
	k->ua = ua;
	k->second_ms = second_ms;
	INIT_LLIST_HEAD(&k->targets);
	INIT_LLIST_HEAD(&k->probes);
	for (unsigned i = 0; i < KEEPALIVE_BUCKETS; i++)
		INIT_LLIST_HEAD(&k->buckets[i]);
	*out = k;
	return 0;
}

void keepalive_free(struct keepalive *k)
{
	if (!k)
		return;
	while (!llist_empty(&k->targets))
		monitored_free(llist_first_entry(&k->targets, struct monitored, entry));
	if (k->plan)
		plan_unref(k->plan);
	talloc_free(k);
}

/* ---- questions */

static enum keepalive_state either(enum keepalive_state so_far, enum keepalive_state next)
{
	if (so_far == KEEPALIVE_NONE)
		return next;
	return next == KEEPALIVE_ACTIVE ? next : so_far; /* one that is active will do */
}

static enum keepalive_state state_of(const struct monitored *m)
{
	return m->busy_out ? KEEPALIVE_BUSY_OUT : KEEPALIVE_ACTIVE;
}

enum keepalive_state keepalive_of_target(const struct keepalive *k, const char *target)
{
	enum keepalive_state state = KEEPALIVE_NONE;
	const struct monitored *m;

	llist_for_each_entry (m, bucket_of(k, target), bucket)
		if (!strcmp(m->text, target))
			state = either(state, state_of(m));
	return state;
}

enum keepalive_state keepalive_of_peer(const struct keepalive *k, const struct peer *peer)
{
	enum keepalive_state state = KEEPALIVE_NONE;
	const struct server_group *group;
	const struct monitored *m;
	struct sip_options wanted;

	if (!k->targets_count || !is_asked(k, peer, &wanted))
		return state;
	m = find(k, peer->session_target, transport_of(peer, &wanted));
	if (peer->session_target[0])
		return m ? state_of(m) : KEEPALIVE_NONE;
	group = plan_server_group(k->plan, peer->server_group);
	for (unsigned i = 0; group && i < group->count; i++) {
		m = find(k, group->servers[i].target, transport_of(peer, &wanted));
		state = m ? either(state, state_of(m)) : KEEPALIVE_ACTIVE;
	}
	return state;
}

enum keepalive_state keepalive_of_all(const struct keepalive *k)
{
	enum keepalive_state state = KEEPALIVE_NONE;
	const struct monitored *m;

	llist_for_each_entry (m, &k->targets, entry)
		state = either(state, state_of(m));
	return state;
}

void keepalive_each(const struct keepalive *k,
		    void (*fn)(void *arg, const struct keepalive_view *view), void *arg)
{
	const struct monitored *m;

	llist_for_each_entry (m, &k->targets, entry) {
		struct keepalive_view view = {
		    .target = m->text,
		    .transport = m->transport,
		    .state = state_of(m),
		    .peers = m->peers,
		    .up_s = m->up_s,
		    .down_s = m->down_s,
		    .retry = m->retry,
		    .count = m->count,
		};

		for (unsigned i = 0; i < m->count; i++) {
			const struct probe *p = m->probes[i];

			target_address_text((const struct sockaddr *)&p->address,
					    view.addresses[i].address, TARGET_ADDRESS_MAX);
			view.addresses[i].down = p->down;
			view.addresses[i].sent = p->sent;
			view.addresses[i].failed = p->failed;
			view.addresses[i].status = p->status;
		}
		fn(arg, &view);
	}
}
