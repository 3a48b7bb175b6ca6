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
#include "gateway/survive/phone_lines.h"
#include "gateway/survive/registrar.h"

#define VOICEMAIL_AFTER_S 20
#define RETRY_AFTER_S 60 /* of who comes while the call manager is there */

/* ---- the dial plan */

/* None of its bindings was made here, and its call manager is there. */
static bool is_standby(const struct survive *s, const struct location_binding *const *bindings,
		       unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (bindings[i]->origin == LOCATION_REGISTERED ||
		    drills_is_down(s->drills, bindings[i]->pool))
			return false;
	return !survive_is_fallback(s);
}

static bool find_phone(void *arg, const char *name, struct plan_phone *out)
{
	const struct survive *s = arg;
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(s->location, name, bindings, PHONE_CONTACTS_MAX);
	struct plan_phone phone = {.tag = 0};
	const struct pool *pool;
	int place;

	if (!count)
		return false;
	pool = pools_number(s->pools, bindings[0]->pool);
	if (!pool || strlen(name) >= sizeof(phone.name))
		return false;
	place = pools_place(s->pools, pool, name);
	phone.tag = POOL_PEER_TAG + pool->number;
	strcpy(phone.name, name);
	strcpy(phone.pattern, name);
	phone.huntstop = true; /* of telephones, in SRST */
	phone.standby = is_standby(s, bindings, count);
	if (place >= 0) {
		phone.preference = pool->numbers[place].preference;
		phone.huntstop = !pool->numbers[place].no_huntstop;
	}
	*out = phone;
	return true;
}

struct each_phone {
	void *survive;
	plan_phone_fn fn;
	void *arg;
};

static bool tell_phone(void *arg, const char *name)
{
	const struct each_phone *each = arg;
	struct plan_phone phone;

	return !find_phone(each->survive, name, &phone) || each->fn(each->arg, &phone);
}

static void begin_phones(void *arg, const char *begin, size_t length, plan_phone_fn fn,
			 void *fn_arg)
{
	struct survive *s = arg;
	struct each_phone each = {s, fn, fn_arg};

	location_each_begin(s->location, begin, length, tell_phone, &each);
}

void survive_each_phone(struct survive *s, plan_phone_fn fn, void *arg)
{
	begin_phones(s, "", 0, fn, arg);
}

static void find_phones(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	struct survive *s = arg;
	const struct site_phones registered = {s, find_phone, begin_phones};

	site_numbers_find(&s->config->site, &registered, called, longer, fn, fn_arg);
}

static bool site_number(void *arg, bool to_phone, struct number *number)
{
	const struct survive *s = arg;

	return site_numbers_change(&s->config->site, to_phone, number);
}

static bool default_destination(void *arg, struct number *number)
{
	const struct survive *s = arg;
	const char *text = s->config->site.default_destination;

	return text[0] && survive_is_fallback(s) && number_from_e164(number, text) == 0;
}

static bool is_fallback_for(void *arg, uint32_t tag)
{
	const struct survive *s = arg;

	return survive_is_fallback(s) ||
	       (tag > POOL_PEER_TAG && drills_is_down(s->drills, tag - POOL_PEER_TAG));
}

/* The telephone that a number is of: its pool. It may be called by another form of its number, and
 * need not be registered. */
static const struct pool *pool_of(struct survive *s, const char *name)
{
	struct number number;
	struct plan_phone phone;
	char own[NUMBER_DIGITS_MAX + 2];

	if (find_phone(s, name, &phone))
		return pools_number(s->pools, phone.tag - POOL_PEER_TAG);
	if (number_from_e164(&number, name) == 0 &&
	    site_numbers_change(&s->config->site, true, &number)) {
		number_to_e164(&number, own);
		name = own;
	}
	return pools_of_number(s->pools, name);
}

/* `call-forward b2bua` of its pool; voicemail takes what nobody has taken. */
static bool forward(void *arg, const char *name, enum office_forward when,
		    struct office_forwarding *out)
{
	static const enum pool_forward rules[] = {
	    [OFFICE_FORWARD_ALL] = POOL_FORWARD_ALL,
	    [OFFICE_FORWARD_BUSY] = POOL_FORWARD_BUSY,
	    [OFFICE_FORWARD_NO_ANSWER] = POOL_FORWARD_NOAN,
	    [OFFICE_FORWARD_UNREACHABLE] = POOL_FORWARD_UNREACHABLE,
	};
	struct survive *s = arg;
	const struct pool *pool = pool_of(s, name);
	const char *to;

	if (!pool)
		return false;
	to = pool->forward[rules[when]].number;
	out->by = pool->peer.tag;
	out->after_s = pool->forward[rules[when]].timeout_s;
	if (!to[0] && when != OFFICE_FORWARD_ALL &&
	    (survive_is_fallback(s) || drills_is_down(s->drills, pool->number))) {
		to = s->config->site.voicemail;
		out->after_s = VOICEMAIL_AFTER_S;
	}
	return to[0] && number_from_e164(&out->to, to) == 0;
}

static unsigned survive_contacts(void *arg, const char *name,
				 struct office_contact out[OFFICE_CONTACTS_MAX])
{
	const struct survive *s = arg;
	const struct location_binding *bindings[OFFICE_CONTACTS_MAX];
	unsigned count = location_find(s->location, name, bindings, OFFICE_CONTACTS_MAX);

	for (unsigned i = 0; i < count; i++)
		out[i] = (struct office_contact){bindings[i]->contact.uri, bindings[i]->contact.q};
	return count;
}

static bool blocks(void *arg, uint32_t tag, const char *called)
{
	const struct survive *s = arg;
	const struct pool *pool = pools_number(s->pools, tag - POOL_PEER_TAG);

	return after_hours_keep(&s->config->after_hours, pool && pool->after_hours_exempt, called);
}

/* ---- life */

static void phone_came(void *arg, const char *name)
{
	struct survive *s = arg;

	mailbox_tell_phone(s->ua, name);
}

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
	struct office_phones phones = {
	    .find = find_phones,
	    .contacts = survive_contacts,
	    .site_number = site_number,
	    .default_destination = default_destination,
	    .fallback = is_fallback_for,
	    .forward = forward,
	    .blocks = blocks,
	    .arg = s,
	    .timeout_s = config->global.sequential_s,
	};

	free_pools(s);
	s->pools = pools;
	s->config = config;
	book_fill(s);
	registrar_set(s->registrar, &config->global, pools);
	upstreams_configure(s->upstreams, &config->upstream);
	drills_keep(s->drills, pools);
	enter(s);
	ua_use_phone_book(s->ua,
			  config->global.serves && config->global.pools_count ? &s->book : NULL);
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
