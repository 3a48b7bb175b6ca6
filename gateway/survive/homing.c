// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/homing.h"

#include <stdio.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/call/call.h"
#include "gateway/log/log.h"
#include "gateway/sip/check_sync.h"
#include "gateway/survive/drill.h"

struct guest { /* who is to go home */
	struct llist_head entry;
	bool orphan; /* its gateway has died */
	char name[];
};

struct homing {
	struct ua *ua;
	struct office *office;
	struct location *location;
	const struct drills *drills;
	bool on; /* from homing_begin() of all pools to homing_stop() */
	/* while it looks who is here: */
	const struct pools *pools;
	unsigned pool;	     /* 0: all */
	const char *gateway; /* that has died; NULL: of this one, and of those that have */
	struct llist_head guests;
	unsigned left;
	struct osmo_timer_list timer;
};

/* ---- who is here */

static bool is_meant(const struct homing *h, const struct location_binding *binding)
{
	const struct pool *pool = pools_number(h->pools, binding->pool);

	if (binding->origin != LOCATION_REGISTERED || !pool || !pool->check_sync ||
	    (h->pool && h->pool != pool->number))
		return false;
	return h->gateway ? strcmp(h->gateway, binding->gateway) == 0
			  : !location_is_neighbours(h->location, binding);
}

static bool add(void *arg, const struct location_binding *binding)
{
	struct homing *h = arg;
	size_t size = strlen(binding->name) + 1;
	struct guest *guest;

	if (!is_meant(h, binding))
		return true;
	guest = talloc_zero_size(h, sizeof(*guest) + size);
	if (!guest)
		return false;
	guest->orphan = h->gateway != NULL;
	memcpy(guest->name, binding->name, size);
	llist_add_tail(&guest->entry, &h->guests);
	h->left++;
	return true;
}

static void forget(struct homing *h, struct guest *guest)
{
	llist_del(&guest->entry);
	h->left--;
	talloc_free(guest);
}

/* ---- may it go? */

struct search {
	const char *name;
	bool found;
};

static bool compare(void *arg, const struct call_summary *call)
{
	struct search *search = arg;

	search->found = strcmp(call->calling, search->name) == 0 ||
			strcmp(call->called, search->name) == 0 ||
			strcmp(call->called_sent, search->name) == 0;
	return !search->found;
}

static bool is_in_call(const struct homing *h, const char *name)
{
	struct search search = {.name = name};

	office_each_call_state(h->office, compare, &search);
	return search.found;
}

/* Its contacts that are here for good; it may have gone by itself. */
static bool notify(const struct homing *h, const struct guest *guest)
{
	const struct location_binding *bindings[PHONE_CONTACTS_MAX];
	unsigned count = location_find(h->location, guest->name, bindings, PHONE_CONTACTS_MAX);
	bool sent = false;

	for (unsigned i = 0; i < count; i++)
		if (bindings[i]->origin == LOCATION_REGISTERED &&
		    (guest->orphan || !location_is_neighbours(h->location, bindings[i])) &&
		    !drills_is_down(h->drills, bindings[i]->pool))
			sent |= check_sync_send(h->ua, &bindings[i]->contact) == 0;
	return sent;
}

static void next_batch(void *data)
{
	struct homing *h = data;
	unsigned sent = 0, waiting = 0, look_at = h->left;

	while (look_at-- && sent < HOMING_BATCH && waiting < HOMING_BATCH) {
		struct guest *guest = llist_first_entry(&h->guests, struct guest, entry);

		if (is_in_call(h, guest->name)) {
			llist_move_tail(&guest->entry, &h->guests);
			waiting++;
			continue;
		}
		sent += notify(h, guest);
		forget(h, guest);
	}
	if (sent)
		LOGP(DSIP, LOGL_NOTICE,
		     "call manager is back: %u telephones are sent home, %u are left\n", sent,
		     h->left);
	if (h->left)
		osmo_timer_schedule(&h->timer, HOMING_EVERY_MS / 1000,
				    HOMING_EVERY_MS % 1000 * 1000);
}

/* ---- life */

struct homing *homing_new(void *ctx, struct ua *ua, struct office *office,
			  struct location *location, const struct drills *drills)
{
	struct homing *h = talloc_zero(ctx, struct homing);

	if (!h)
		return NULL;
	h->ua = ua;
	h->office = office;
	h->location = location;
	h->drills = drills;
	INIT_LLIST_HEAD(&h->guests);
	osmo_timer_setup(&h->timer, next_batch, h);
	return h;
}

void homing_stop(struct homing *h)
{
	h->on = false;
	osmo_timer_del(&h->timer);
	while (h->left)
		forget(h, llist_first_entry(&h->guests, struct guest, entry));
}

void homing_free(struct homing *h)
{
	if (!h)
		return;
	homing_stop(h);
	talloc_free(h);
}

static void find_guests(struct homing *h, const struct pools *pools, unsigned pool,
			const char *gateway)
{
	h->pools = pools;
	h->pool = pool;
	h->gateway = gateway;
	location_each(h->location, add, h);
	h->pools = NULL;
	h->gateway = NULL;
	if (h->left && !osmo_timer_pending(&h->timer))
		osmo_timer_schedule(&h->timer, 0, 0);
}

void homing_begin(struct homing *h, const struct pools *pools, unsigned pool)
{
	if (!pool) {
		homing_stop(h);
		h->on = true;
	}
	find_guests(h, pools, pool, NULL);
}

void homing_take_over(struct homing *h, const struct pools *pools, const char *gateway)
{
	if (h->on)
		find_guests(h, pools, 0, gateway);
}

unsigned homing_left(const struct homing *h)
{
	return h->left;
}
