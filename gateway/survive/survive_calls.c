// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/survive_private.h"

#include <string.h>

#include "gateway/survive/drill.h"

#define VOICEMAIL_AFTER_S 20

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

void survive_fill_phones(struct survive *s, struct office_phones *out)
{
	*out = (struct office_phones){
	    .find = find_phones,
	    .contacts = survive_contacts,
	    .site_number = site_number,
	    .default_destination = default_destination,
	    .fallback = is_fallback_for,
	    .forward = forward,
	    .blocks = blocks,
	    .arg = s,
	    .timeout_s = s->config->global.sequential_s,
	};
}
