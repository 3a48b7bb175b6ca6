// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/keepalive_private.h"

#include <stdlib.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/options_request.h"

#define ANSWERS_UP 2 /* in a row */
#define WINDOW_MS 100
#define START_MS 1000 /* of the jitter at the beginning, and more for many addresses */

/* ---- pace */

static bool may_send(struct keepalive *k)
{
	uint64_t now_ms = target_health_now_ms();

	if (now_ms - k->window_ms >= WINDOW_MS) {
		k->window_ms = now_ms;
		k->window_sent = 0;
	}
	if (k->window_sent >= KEEPALIVE_PER_SECOND * WINDOW_MS / 1000)
		return false;
	k->window_sent++;
	return true;
}

static void schedule(struct probe *p, unsigned ms)
{
	osmo_timer_schedule(&p->next, ms / 1000, ms % 1000 * 1000);
}

/* A tenth less at random, so that targets do not keep step. */
static void schedule_interval(struct probe *p, unsigned s)
{
	unsigned ms = s * p->owner->second_ms;

	schedule(p, ms - (unsigned)random() % (ms / 10 + 1));
}

static unsigned shorter_s(const struct probe *p)
{
	return p->up_s < p->down_s ? p->up_s : p->down_s;
}

/* ---- what an answer means */

static void change(struct probe *p, bool down)
{
	p->down = down;
	p->in_a_row = 0;
	schedule_interval(p, down ? p->down_s : p->up_s);
	keepalive_probe_changed(p->owner);
}

static void failed(struct probe *p)
{
	p->failed++;
	if (p->down) {
		p->in_a_row = 0;
		return;
	}
	if (++p->in_a_row >= p->retry)
		change(p, true);
}

static void answered(struct probe *p)
{
	char name[TARGET_HEALTH_NAME_MAX];

	if (!p->down) {
		p->in_a_row = 0;
		return;
	}
	if (++p->in_a_row < ANSWERS_UP) {
		schedule_interval(p, shorter_s(p));
		return;
	}
	target_health_name(&p->address, p->transport, name);
	target_health_works(p->owner->ua->health, name);
	change(p, false);
}

static void on_answer(void *arg, unsigned status, bool refused)
{
	struct probe *p = arg;

	p->status = status;
	if (!status || status == 503 || status == 505)
		failed(p);
	else
		answered(p);
}

/* ---- asking */

static void ask(void *data)
{
	struct probe *p = data;
	const struct options_to to = {&p->target, &p->address, p->transport, &p->options};

	if (!may_send(p->owner)) {
		schedule(p, WINDOW_MS + (unsigned)random() % WINDOW_MS);
		return;
	}
	schedule_interval(p, p->down ? p->down_s : p->up_s);
	if (options_is_asking(p->question)) { /* nothing came since it was asked the last time */
		options_cancel(p->question);
		p->status = 0;
		failed(p);
	}
	p->sent++;
	if (options_ask(p->question, &to)) {
		p->status = 0;
		failed(p);
	}
}

/* ---- life */

static struct probe *find(struct keepalive *k, const struct sockaddr_storage *address,
			  enum peer_transport transport)
{
	struct probe *p;

	llist_for_each_entry (p, &k->probes, entry)
		if (p->transport == transport &&
		    target_address_equal((const struct sockaddr *)&p->address,
					 (const struct sockaddr *)address))
			return p;
	return NULL;
}

static unsigned least(unsigned a, unsigned b)
{
	return a && a < b ? a : b;
}

void probe_suit(struct probe *p, const struct monitored *target)
{
	p->up_s = least(p->up_s, target->up_s);
	p->down_s = least(p->down_s, target->down_s);
	p->retry = least(p->retry, target->retry);
	p->target = target->target;
	p->options = target->options;
}

static const struct options_handlers handlers = {.answered = on_answer};

struct probe *probe_take(struct keepalive *k, const struct monitored *target,
			 const struct sockaddr_storage *address, enum peer_transport transport)
{
	struct probe *p = find(k, address, transport);
	unsigned start_ms =
	    k->second_ms * START_MS / 1000 + k->targets_count * 1000 / KEEPALIVE_PER_SECOND;

	if (!p) {
		p = talloc_zero(k, struct probe);
		if (!p)
			return NULL;
		p->question = options_new(p, k->ua, &handlers, p);
		if (!p->question) {
			talloc_free(p);
			return NULL;
		}
		p->owner = k;
		p->address = *address;
		p->transport = transport;
		osmo_timer_setup(&p->next, ask, p);
		schedule(p, (unsigned)random() % start_ms);
		llist_add_tail(&p->entry, &k->probes);
	}
	p->users++;
	probe_suit(p, target);
	return p;
}

void probe_leave(struct probe *p)
{
	if (--p->users)
		return;
	osmo_timer_del(&p->next);
	options_free(p->question);
	llist_del(&p->entry);
	talloc_free(p);
}
