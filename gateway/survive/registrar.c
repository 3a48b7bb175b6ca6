// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/registrar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/target.h"
#include "gateway/survive/drill.h"

#define FULL_RETRY_S 300
#define STORE_RETRY_S 10

struct asked { /* a REGISTER whose bindings are being stored */
	struct llist_head entry;
	struct registrar *registrar;
	phone_answered done;
	void *done_arg;
	bool removes, is_new; /* its name is registered by it */
	uint32_t pool;
	char name[PHONE_NAME_MAX + 1];
	char where[TARGET_ADDRESS_MAX];
};

struct registrar {
	struct location *location;
	struct drills *drills;
	const struct pool_global *global;
	const struct pools *pools;
	enum registrar_state state;
	unsigned retry_after_s;
	struct llist_head asked;
	struct registrar_counters counters;
};

struct registrar *registrar_new(void *ctx, struct location *location, struct drills *drills)
{
	struct registrar *r = talloc_zero(ctx, struct registrar);

	if (!r)
		return NULL;
	r->location = location;
	r->drills = drills;
	INIT_LLIST_HEAD(&r->asked);
	return r;
}

void registrar_free(struct registrar *r)
{
	talloc_free(r);
}

void registrar_set(struct registrar *r, const struct pool_global *global, const struct pools *pools)
{
	r->global = global;
	r->pools = pools;
}

void registrar_enter(struct registrar *r, enum registrar_state state, unsigned retry_after_s)
{
	r->state = state;
	r->retry_after_s = retry_after_s;
}

/* Of the telephone that sends this. */
static enum registrar_state state_for(const struct registrar *r, const struct phone_register *in)
{
	return drills_is_down(r->drills, in->tag - POOL_PEER_TAG) ? REGISTRAR_SERVES : r->state;
}

/* ---- answers */

static void answer_failure(struct registrar *r, phone_answered done, void *arg)
{
	struct phone_answer out = {.status = 503, .retry_after_s = STORE_RETRY_S};

	r->counters.failed++;
	done(arg, &out);
}

/* RFC 3261 10.3 step 8: all that is registered now. */
static void answer_bindings(struct registrar *r, const char *name, phone_answered done, void *arg)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	struct phone_answer out = {.status = 200};

	out.count = location_find(r->location, name, bindings, PHONE_CONTACTS_MAX);
	for (unsigned i = 0; i < out.count; i++) {
		out.contacts[i] = bindings[i]->contact;
		out.contacts[i].expires_s = location_left_s(bindings[i]);
	}
	done(arg, &out);
}

static void stored(void *arg, int error)
{
	struct asked *asked = arg;
	struct registrar *r = asked->registrar;

	llist_del(&asked->entry);
	if (error) {
		answer_failure(r, asked->done, asked->done_arg);
	} else {
		if (asked->removes || asked->is_new)
			LOGP(DSIP, LOGL_INFO, "telephone %s %s at %s\n", asked->name,
			     asked->removes ? "unregistered" : "registered", asked->where);
		if (asked->removes) {
			r->counters.removed++;
		} else {
			r->counters.accepted++;
			drills_came(r->drills, asked->pool, asked->name);
		}
		answer_bindings(r, asked->name, asked->done, asked->done_arg);
	}
	talloc_free(asked);
}

/* ---- may it? */

static bool is_its_password(const struct registrar *r, const struct pool *pool,
			    const struct phone_register *in)
{
	const struct caller *user;

	if (!in->user)
		return true; /* nobody was asked */
	if (pool->user[0])
		return strcmp(pool->user, in->user) == 0;
	user = callers_find(&r->global->users, in->user);
	return user && (strcmp(user->name, in->name) == 0 || caller_has_number(user, in->name));
}

static bool is_registered(const struct registrar *r, const char *name)
{
	const struct location_binding *one;

	return location_find(r->location, name, &one, 1) > 0;
}

/* Names that are being stored; pool 0: of all. */
static unsigned new_names(const struct registrar *r, uint32_t pool)
{
	const struct asked *asked;
	unsigned n = 0;

	llist_for_each_entry (asked, &r->asked, entry)
		n += asked->is_new && (!pool || asked->pool == pool);
	return n;
}

/* NULL, or the limit that is reached. */
static const char *full(const struct registrar *r, const struct pool *pool,
			const struct phone_register *in)
{
	struct location_counters counters;

	if ((!r->global->max_dn && !pool->max_registrations) || is_registered(r, in->name))
		return NULL;
	location_counters(r->location, &counters);
	if (r->global->max_dn && counters.names + new_names(r, 0) >= r->global->max_dn)
		return "max-dn of voice register global";
	if (pool->max_registrations &&
	    location_pool_names(r->location, pool->number) + new_names(r, pool->number) >=
		pool->max_registrations)
		return "max registrations of its pool";
	return NULL;
}

/* Is a binding there that was changed by this REGISTER's own or a later one (10.3 step 7)? */
static bool is_out_of_order(const struct registrar *r, const struct phone_register *in)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(r->location, in->name, bindings, PHONE_CONTACTS_MAX);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(bindings[i]->call_id, in->call_id) == 0 && in->cseq <= bindings[i]->cseq)
			return true;
	return false;
}

static bool removes_all(const struct phone_register *in)
{
	for (unsigned i = 0; i < in->count; i++)
		if (!in->contacts[i].expires_given || in->contacts[i].expires_s)
			return false;
	return true;
}

/* Seconds that it gets; 0: too few are asked for. */
static uint32_t grant(const struct registrar *r, enum registrar_state state,
		      const struct phone_contact *contact)
{
	const struct pool_global *g = r->global;
	uint32_t max = state == REGISTRAR_STANDS_BY ? g->expires_standby_s : g->expires_max_s;

	if (!contact->expires_given)
		return max;
	/* not less than it asks for without need; a registrar may not refuse an hour (10.2.8) */
	if (contact->expires_s < g->expires_min_s && contact->expires_s < 3600)
		return 0;
	return contact->expires_s < max ? contact->expires_s : max;
}

static bool is_too_brief(const struct registrar *r, const struct phone_register *in)
{
	for (unsigned i = 0; i < in->count; i++)
		if ((!in->contacts[i].expires_given || in->contacts[i].expires_s) &&
		    !grant(r, state_for(r, in), &in->contacts[i]))
			return true;
	return false;
}

/* 0, or the answer is in *out. */
static unsigned refuse(struct registrar *r, const struct pool *pool,
		       const struct phone_register *in, struct phone_answer *out)
{
	if (!pool || !is_its_password(r, pool, in)) {
		r->counters.refused++;
		out->why = pool ? "its user has other numbers" : "no voice register pool has it";
		out->status = 403;
	} else if (state_for(r, in) == REGISTRAR_REFUSES && in->count && !removes_all(in)) {
		r->counters.refused++;
		out->status = 503;
		/* not all of them at once */
		out->retry_after_s = r->retry_after_s + (unsigned)random() % (r->retry_after_s + 1);
	} else if (in->count && is_out_of_order(r, in)) {
		r->counters.out_of_order++;
		out->status = 500;
	} else if (is_too_brief(r, in)) {
		r->counters.too_brief++;
		out->status = 423;
		out->min_expires_s = r->global->expires_min_s;
	} else if (!removes_all(in) && full(r, pool, in)) {
		r->counters.too_many++;
		out->why = full(r, pool, in);
		out->status = 503;
		out->retry_after_s = FULL_RETRY_S;
	}
	return out->status;
}

/* ---- what changes */

static void change(const struct registrar *r, const struct phone_register *in, unsigned i,
		   struct location_change *out)
{
	const struct phone_contact *contact = &in->contacts[i];
	enum registrar_state state = state_for(r, in);

	memset(out, 0, sizeof(*out));
	out->binding.name = in->name;
	out->binding.contact = *contact;
	out->binding.call_id = in->call_id;
	out->binding.cseq = in->cseq;
	out->binding.pool = in->tag - POOL_PEER_TAG;
	out->binding.origin = state == REGISTRAR_STANDS_BY ? LOCATION_STANDBY : LOCATION_REGISTERED;
	if (strcmp(contact->uri, "*") == 0) {
		out->verb = LOCATION_REMOVE_ALL;
	} else if (contact->expires_given && !contact->expires_s) {
		out->verb = LOCATION_REMOVE;
	} else {
		out->verb = LOCATION_PUT;
		out->binding.expires_ms = location_now_ms() + 1000ull * grant(r, state, contact);
	}
}

static struct asked *ask(struct registrar *r, const struct phone_register *in, phone_answered done,
			 void *done_arg)
{
	struct asked *asked = talloc_zero(r, struct asked);

	if (!asked)
		return NULL;
	asked->registrar = r;
	asked->done = done;
	asked->done_arg = done_arg;
	asked->removes = removes_all(in);
	asked->is_new = !asked->removes && !is_registered(r, in->name);
	asked->pool = in->tag - POOL_PEER_TAG;
	osmo_strlcpy(asked->name, in->name, sizeof(asked->name));
	target_address_text((const struct sockaddr *)&in->source.address, asked->where,
			    sizeof(asked->where));
	llist_add_tail(&asked->entry, &r->asked);
	return asked;
}

static bool is_named(const struct phone_register *in, const struct location_binding *binding)
{
	for (unsigned i = 0; i < in->count; i++)
		if (strcmp(in->contacts[i].uri, binding->contact.uri) == 0)
			return true;
	return false;
}

/* A name has PHONE_CONTACTS_MAX contacts: those of the lowest q, and of these the oldest, go. Behind the
 * changes of the REGISTER itself; returns how many. */
static unsigned make_room(const struct registrar *r, const struct phone_register *in,
			  struct location_change *changes)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(r->location, in->name, bindings, PHONE_CONTACTS_MAX);
	unsigned kept = in->count, removed = 0;

	if (removes_all(in))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		struct location_change *one = &changes[in->count + removed];

		if (is_named(in, bindings[i]) || ++kept <= PHONE_CONTACTS_MAX)
			continue;
		*one = (struct location_change){.verb = LOCATION_REMOVE, .binding = *bindings[i]};
		removed++;
	}
	return removed;
}

static int store(struct registrar *r, const struct phone_register *in, struct asked *asked)
{
	struct location_change changes[2 * PHONE_CONTACTS_MAX];

	for (unsigned i = 0; i < in->count; i++)
		change(r, in, i, &changes[i]);
	return location_change(r->location, changes, in->count + make_room(r, in, changes), stored,
			       asked);
}

void registrar_receive(struct registrar *r, const struct phone_register *in, phone_answered done,
		       void *done_arg)
{
	const struct pool *pool =
	    in->tag > POOL_PEER_TAG ? pools_number(r->pools, in->tag - POOL_PEER_TAG) : NULL;
	struct phone_answer out = {.status = 0};
	struct asked *asked;
	int rc;

	if (refuse(r, pool, in, &out)) {
		done(done_arg, &out);
		return;
	}
	if (!in->count) {
		r->counters.queried++;
		answer_bindings(r, in->name, done, done_arg);
		return;
	}
	asked = ask(r, in, done, done_arg);
	rc = asked ? store(r, in, asked) : -ENOMEM;
	if (!rc)
		return;
	if (asked) {
		llist_del(&asked->entry);
		talloc_free(asked);
	}
	if (rc == -EMSGSIZE || rc == -EINVAL) { /* more than is kept: a User-Agent without end */
		out.status = 400;
		r->counters.refused++;
		done(done_arg, &out);
	} else {
		answer_failure(r, done, done_arg);
	}
}

void registrar_counters(const struct registrar *r, struct registrar_counters *out)
{
	*out = r->counters;
}
