// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/survive_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/call/call.h"
#include "gateway/log/log.h"
#include "gateway/sip/mailbox.h"
#include "gateway/sip/ua.h"
#include "gateway/survive/drill.h"
#include "gateway/survive/homing.h"
#include "gateway/survive/learnt.h"
#include "gateway/survive/phone_lines.h"
#include "gateway/survive/registrar.h"

#define RETRY_AFTER_S 60 /* of who comes while the call manager is there */

/* ---- the phone book (phone_book.h) */

static bool book_network(void *arg, const struct sockaddr *source)
{
	const struct survive *s = arg;

	return pools_have_network(s->pools, source);
}

/* Where passwords are asked, from the very same port: others may share the address. */
static bool is_same_source(const struct survive *s, const struct phone_source *a,
			   const struct phone_source *b)
{
	if (!s->config->global.users.realm[0])
		return target_same_host(&a->address, &b->address);
	return a->transport == b->transport &&
	       target_address_equal((const struct sockaddr *)&a->address,
				    (const struct sockaddr *)&b->address);
}

/* A trunk among the telephones: its own address, or its network, is trusted, and telephones are known by
 * a wider one. Telephones may share a host with it. */
static bool is_trunk(const struct survive *s, const struct pool *pool,
		     const struct phone_request *request)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count, known_by = pool->network.ss_family ? pool->prefix_bits : 0;

	if (request->trusted_bits <= known_by)
		return false;
	count = location_find(s->location, request->name, bindings, PHONE_CONTACTS_MAX);
	for (unsigned i = 0; i < count; i++)
		if (target_same_host(&bindings[i]->contact.source.address,
				     &request->source.address))
			return false;
	return true;
}

/* Its registration came from there. */
static unsigned known_pool(const struct survive *s, const struct phone_request *request)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(s->location, request->name, bindings, PHONE_CONTACTS_MAX);

	for (unsigned i = 0; i < count; i++)
		if (bindings[i]->pool &&
		    is_same_source(s, &bindings[i]->contact.source, &request->source))
			return bindings[i]->pool;
	return 0;
}

static bool is_manager(const struct survive *s, const struct phone_source *source)
{
	return upstreams_find(s->upstreams, &source->address,
			      source->transport == PEER_TRANSPORT_UDP) >= 0;
}

/* Whose telephone sends it? *known: it is registered from there. NULL: nobody's. */
static const struct pool *pool_of_request(const struct survive *s,
					  const struct phone_request *request, bool *known)
{
	unsigned number = request->registers ? 0 : known_pool(s, request);
	const struct pool *pool;

	*known = number > 0;
	if (*known)
		return pools_number(s->pools, number);
	pool = pools_find(s->pools, request);
	return pool && !request->registers && is_trunk(s, pool, request) ? NULL : pool;
}

/* A pool without a password of its own goes by the file of users, if there is one. */
static enum phone_right book_right(void *arg, const struct phone_request *request,
				   struct phone_caller *caller)
{
	const struct survive *s = arg;
	bool known;
	const struct pool *pool = pool_of_request(s, request, &known);
	enum phone_right right = PHONE_KNOWN;

	/* what a call manager sends in the name of a telephone is a call from there */
	if (!pool || !request->name[0] || (!request->registers && is_manager(s, &request->source)))
		return PHONE_STRANGER;
	if (!known && s->config->global.users.realm[0])
		right = PHONE_CHALLENGED;
	else if (!known && !request->registers)
		return PHONE_STRANGER;
	caller->tag = POOL_PEER_TAG + pool->number;
	snprintf(caller->name, sizeof(caller->name), "%s", request->name);
	return right;
}

static void book_receive(void *arg, const struct phone_register *in, phone_answered done,
			 void *done_arg)
{
	const struct survive *s = arg;

	registrar_receive(s->registrar, in, done, done_arg);
}

static unsigned book_contacts(void *arg, const char *name,
			      struct phone_contact out[PHONE_CONTACTS_MAX])
{
	const struct survive *s = arg;
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(s->location, name, bindings, PHONE_CONTACTS_MAX);

	for (unsigned i = 0; i < count; i++)
		out[i] = bindings[i]->contact;
	return count;
}

static bool book_has(void *arg, const char *number)
{
	const struct survive *s = arg;

	return pools_of_number(s->pools, number);
}

static unsigned book_lamps(void *arg, const char *name,
			   struct phone_contact out[PHONE_CONTACTS_MAX])
{
	const struct survive *s = arg;
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned found = location_find(s->location, name, bindings, PHONE_CONTACTS_MAX), count = 0;

	for (unsigned i = 0; i < found; i++) {
		const struct pool *pool = pools_number(s->pools, bindings[i]->pool);

		if (pool && pool->mwi)
			out[count++] = bindings[i]->contact;
	}
	return count;
}

static void phone_came(void *arg, const char *name)
{
	struct survive *s = arg;

	mailbox_tell_phone(s->ua, name);
}

/* ---- telephones that go through the gateway */

static unsigned list_managers(const struct survive *s, struct phone_hop hops[PHONE_HOPS_MAX])
{
	struct server_address addresses[PHONE_HOPS_MAX];
	unsigned order[UPSTREAMS_MAX], managers = upstreams_order(s->upstreams, order);
	unsigned count = 0, more;

	for (unsigned i = 0; i < managers; i++) {
		more =
		    upstreams_addresses(s->upstreams, order[i], PHONE_HOPS_MAX - count, addresses);
		for (unsigned k = 0; k < more; k++)
			hops[count++] = (struct phone_hop){
			    .address = addresses[k].address,
			    .transport = addresses[k].transport,
			    .name = addresses[k].name,
			    .emergency_stays = s->config->outbound.emergency_local,
			};
	}
	return count;
}

static unsigned book_route(void *arg, const struct phone_request *request,
			   struct phone_hop hops[PHONE_HOPS_MAX])
{
	const struct survive *s = arg;
	const struct pool *pool;
	bool known;

	if (!s->config->outbound.on || survive_is_fallback(s) || !request->name[0])
		return 0;
	pool = pool_of_request(s, request, &known);
	return pool && !drills_is_down(s->drills, pool->number) ? list_managers(s, hops) : 0;
}

static enum phone_manager book_manager(void *arg, const struct sockaddr_storage *address,
				       enum peer_transport transport, bool sends)
{
	const struct survive *s = arg;
	int which =
	    upstreams_find(s->upstreams, address, !sends || transport == PEER_TRANSPORT_UDP);
	enum server_state state;

	if (which < 0)
		return PHONE_NO_MANAGER;
	state = upstreams_state(s->upstreams, which);
	return state == SERVER_UP || state == SERVER_SUSPECT ? PHONE_MANAGER : PHONE_MANAGER_GONE;
}

static void book_learn(void *arg, const struct phone_register *granted)
{
	const struct survive *s = arg;

	learnt_store(s->location, granted);
}

/* ---- life */

/* Without a call manager the gateway is the site's registrar. */
static void enter(struct survive *s)
{
	enum registrar_state state = REGISTRAR_SERVES;

	if (!survive_is_fallback(s) && s->config->global.mode == POOL_MODE_REFUSE)
		state = REGISTRAR_REFUSES;
	else if (!survive_is_fallback(s) && s->config->global.mode == POOL_MODE_STANDBY)
		state = REGISTRAR_STANDS_BY;
	registrar_enter(s->registrar, state, RETRY_AFTER_S);
}

static void upstream_changed(void *arg, unsigned which, enum server_state before,
			     enum server_state now)
{
	struct survive *s = arg;

	s->changes[now]++;
	if (now != SERVER_DOWN)
		return;
	enter(s); /* it may be the last */
	ua_manager_is_gone(s->ua);
}

static void fallback_changed(void *arg, bool fallback)
{
	struct survive *s = arg;

	enter(s);
	if (fallback || survive_is_fallback(s)) /* without managers there is no other home */
		homing_stop(s->homing);
	else
		homing_begin(s->homing, s->pools, 0);
}

static void neighbour_gone(void *arg, const char *gateway)
{
	struct survive *s = arg;

	if (!survive_is_fallback(s))
		homing_take_over(s->homing, s->pools, gateway);
}

static void drill_ended(void *arg, unsigned pool)
{
	struct survive *s = arg;

	if (!survive_is_fallback(s))
		homing_begin(s->homing, s->pools, pool);
}

static void free_pools(struct survive *s)
{
	if (s->pools != s->no_pools)
		pools_free(s->pools);
	s->pools = s->no_pools;
}

/* Telephones are known as long as there are pools. */
static void use(struct survive *s, const struct survive_config *config, struct pools *pools)
{
	struct office_phones phones;

	free_pools(s);
	s->pools = pools;
	s->config = config;
	s->book.users = &config->global.users;
	s->book.route = config->outbound.on ? book_route : NULL;
	s->book.redirects = config->global.redirect;
	registrar_set(s->registrar, &config->global, pools);
	upstreams_configure(s->upstreams, &config->upstream);
	drills_keep(s->drills, pools);
	enter(s);
	ua_use_phone_book(s->ua,
			  config->global.serves && config->global.pools_count ? &s->book : NULL);
	survive_fill_phones(s, &phones);
	office_use_phones(s->office, &phones);
}

static void stop(struct survive *s)
{
	office_use_phones(s->office, NULL);
	ua_use_phone_book(s->ua, NULL);
}

static const struct pool_global nobody;

static const struct upstream_handlers handlers = {
    .changed = upstream_changed,
    .fallback = fallback_changed,
};

int survive_new(void *ctx, struct ua *ua, struct office *office,
		const struct survive_config *config, struct survive **out, char *why,
		size_t why_size)
{
	struct survive *s = talloc_zero(ctx, struct survive);
	struct pools *pools;
	int rc = -ENOMEM;

	snprintf(why, why_size, "out of memory");
	if (!s)
		return rc;
	s->ua = ua;
	s->office = office;
	s->book = (struct phone_book){
	    .arg = s,
	    .network = book_network,
	    .right = book_right,
	    .receive = book_receive,
	    .contacts = book_contacts,
	    .lamps = book_lamps,
	    .has = book_has,
	    .manager = book_manager,
	    .learn = book_learn,
	};
	rc = location_new(s, &config->location, &s->location, why, why_size);
	if (rc < 0)
		goto fail;
	snprintf(why, why_size, "out of memory");
	s->drills = drills_new(s, s->location, office, drill_ended, s);
	s->registrar = registrar_new(s, s->location, s->drills);
	s->upstreams = upstreams_new(s, ua, &handlers, s);
	s->homing = homing_new(s, ua, office, s->location, s->drills);
	s->pools = s->no_pools = pools_new(s, &nobody);
	pools = pools_new(s, &config->global);
	rc = -ENOMEM;
	if (!s->drills || !s->registrar || !s->upstreams || !s->homing || !s->no_pools || !pools)
		goto fail;
	use(s, config, pools);
	if (!phone_lines_new(s, s->location, ua_line_states(ua), phone_came, s))
		goto fail;
	location_watch_neighbours(s->location, neighbour_gone, s);
	*out = s;
	return 0;
fail:
	survive_free(s);
	return rc;
}

void survive_change(struct survive *s, const struct survive_config *config)
{
	struct pools *pools = pools_new(s, &config->global);

	use(s, config, pools ? pools : s->no_pools); /* the one before is gone in any case */
	if (pools)
		return;
	LOGP(DSIP, LOGL_ERROR, "voice register: out of memory: no telephones\n");
	stop(s);
}

void survive_free(struct survive *s)
{
	if (!s)
		return;
	stop(s);
	upstreams_free(s->upstreams);
	homing_free(s->homing);
	drills_free(s->drills);
	if (s->location)
		location_free(s->location);
	talloc_free(s);
}

struct location *survive_location(struct survive *s)
{
	return s->location;
}

struct registrar *survive_registrar(struct survive *s)
{
	return s->registrar;
}

struct upstreams *survive_upstreams(struct survive *s)
{
	return s->upstreams;
}

struct drills *survive_drills(struct survive *s)
{
	return s->drills;
}

int survive_drill(struct survive *s, unsigned number, bool down)
{
	const struct pool_global *global = &s->config->global;
	const struct pool *pool = pools_number(s->pools, number);

	if (!down)
		return drills_end(s->drills, number);
	if (!pool)
		return -ENOENT;
	if (!global->serves)
		return -ENOTSUP;
	if (survive_is_fallback(s) || (global->mode == POOL_MODE_ALWAYS && !s->config->outbound.on))
		return -ENODEV;
	return drills_begin(s->drills, pool);
}

unsigned long survive_changes(const struct survive *s, enum server_state state)
{
	return s->changes[state];
}

void survive_count(const struct survive *s, unsigned counts[LOCATION_ORIGINS])
{
	struct location_counters counters;

	location_counters(s->location, &counters);
	memcpy(counts, counters.origins, sizeof(counters.origins));
}

bool survive_is_fallback(const struct survive *s)
{
	return !upstreams_count(s->upstreams) || upstreams_fallback(s->upstreams);
}
