// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/registrar.h"

#include <errno.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/target.h"

#define FULL_RETRY_S 300

struct asked { /* a REGISTER whose bindings are being stored */
	struct llist_head entry;
	struct registrar *registrar;
	phone_answered done;
	void *done_arg;
	bool removes;
	char name[PHONE_NAME_MAX + 1];
	char where[TARGET_ADDRESS_MAX];
};

struct registrar {
	struct location *location;
	const struct pool_global *global;
	const struct pools *pools;
	enum registrar_state state;
	unsigned retry_after_s;
	struct llist_head asked;
	struct registrar_counters counters;
};

struct registrar *registrar_new(void *ctx, struct location *location)
{
	struct registrar *r = talloc_zero(ctx, struct registrar);

	if (!r)
		return NULL;
	r->location = location;
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

/* ---- answers */

static void answer(phone_answered done, void *arg, unsigned status)
{
	struct phone_answer out = {.status = status};

	done(arg, &out);
}

/* RFC 3261 10.3 step 8: all that is registered now. */
static void answer_bindings(struct registrar *r, const char *name, phone_answered done, void *arg)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	struct phone_answer out = {.status = 200};
	uint64_t now_ms = location_now_ms();

	out.count = location_find(r->location, name, bindings, PHONE_CONTACTS_MAX);
	for (unsigned i = 0; i < out.count; i++) {
		out.contacts[i] = bindings[i]->contact;
		out.contacts[i].expires_s =
		    (bindings[i]->expires_ms - now_ms + 999) / 1000; /* it is not over */
	}
	done(arg, &out);
}

static void stored(void *arg, int error)
{
	struct asked *asked = arg;
	struct registrar *r = asked->registrar;

	if (error) {
		r->counters.failed++;
		answer(asked->done, asked->done_arg, 503);
	} else {
		LOGP(DSIP, LOGL_INFO, "telephone %s %s at %s\n", asked->name,
		     asked->removes ? "unregistered" : "registered", asked->where);
		if (asked->removes)
			r->counters.removed++;
		else
			r->counters.accepted++;
		answer_bindings(r, asked->name, asked->done, asked->done_arg);
	}
	llist_del(&asked->entry);
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

static bool has_room(const struct registrar *r, const struct phone_register *in)
{
	const struct location_binding *one;
	struct location_counters counters;

	if (!r->global->max_dn || location_find(r->location, in->name, &one, 1))
		return true;
	location_counters(r->location, &counters);
	return counters.names < r->global->max_dn;
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
static uint32_t grant(const struct registrar *r, const struct phone_contact *contact)
{
	const struct pool_global *g = r->global;
	uint32_t max = r->state == REGISTRAR_STANDS_BY ? g->expires_standby_s : g->expires_max_s;

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
		    !grant(r, &in->contacts[i]))
			return true;
	return false;
}

/* 0, or the answer is in *out. */
static unsigned refuse(struct registrar *r, const struct pool *pool,
		       const struct phone_register *in, struct phone_answer *out)
{
	if (!pool || !is_its_password(r, pool, in)) {
		r->counters.refused++;
		out->status = 403;
	} else if (r->state == REGISTRAR_REFUSES && in->count && !removes_all(in)) {
		r->counters.refused++;
		out->status = 503;
		out->retry_after_s = r->retry_after_s;
	} else if (in->count && is_out_of_order(r, in)) {
		r->counters.out_of_order++;
		out->status = 500;
	} else if (is_too_brief(r, in)) {
		r->counters.too_brief++;
		out->status = 423;
		out->min_expires_s = r->global->expires_min_s;
	} else if (!removes_all(in) && !has_room(r, in)) {
		r->counters.too_many++;
		LOGP(DSIP, LOGL_NOTICE, "telephone %s is refused: max-dn %u\n", in->name,
		     r->global->max_dn);
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

	memset(out, 0, sizeof(*out));
	out->binding.name = in->name;
	out->binding.contact = *contact;
	out->binding.call_id = in->call_id;
	out->binding.cseq = in->cseq;
	out->binding.pool = in->tag - POOL_PEER_TAG;
	out->binding.origin =
	    r->state == REGISTRAR_STANDS_BY ? LOCATION_STANDBY : LOCATION_REGISTERED;
	if (strcmp(contact->uri, "*") == 0) {
		out->verb = LOCATION_REMOVE_ALL;
	} else if (contact->expires_given && !contact->expires_s) {
		out->verb = LOCATION_REMOVE;
	} else {
		out->verb = LOCATION_PUT;
		out->binding.expires_ms = location_now_ms() + 1000ull * grant(r, contact);
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
	osmo_strlcpy(asked->name, in->name, sizeof(asked->name));
	target_address_text((const struct sockaddr *)&in->source.address, asked->where,
			    sizeof(asked->where));
	llist_add_tail(&asked->entry, &r->asked);
	return asked;
}

static int store(struct registrar *r, const struct phone_register *in, struct asked *asked)
{
	struct location_change changes[PHONE_CONTACTS_MAX];

	for (unsigned i = 0; i < in->count; i++)
		change(r, in, i, &changes[i]);
	return location_change(r->location, changes, in->count, stored, asked);
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
	r->counters.failed++;
	answer(done, done_arg, rc == -ENOTCONN ? 503 : 500); /* Redis is away */
}

void registrar_counters(const struct registrar *r, struct registrar_counters *out)
{
	*out = r->counters;
}
