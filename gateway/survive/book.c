// SPDX-License-Identifier: GPL-2.0-or-later
/* The phone book of the SIP side (phone_book.h). */
#include "gateway/survive/survive_private.h"

#include <stdio.h>
#include <string.h>

#include "gateway/sip/target.h"
#include "gateway/survive/drill.h"
#include "gateway/survive/learnt.h"
#include "gateway/survive/registrar.h"

/* ---- who is it? */

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

void book_fill(struct survive *s)
{
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
	    .users = &s->config->global.users,
	    .route = s->config->outbound.on ? book_route : NULL,
	    .redirects = s->config->global.redirect,
	};
}
