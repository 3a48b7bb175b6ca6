// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/call_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/fnv.h"
#include "gateway/log/log.h"

#define HISTORY_DEFAULT 100
#define GROUP_TEXT_SIZE (CLASS_NAME_MAX + sizeof("trunkgroup "))

static struct plan_target_status office_target_status(void *office, const char *text);
static struct plan_group_calls office_calls_of_group(void *office, const char *name);

LLIST_HEAD(offices);

int office_new(void *ctx, const struct office_config *config, struct office **out)
{
	struct office *office = talloc_zero(ctx, struct office);

	if (!office)
		return -ENOMEM;
	office->config = *config;
	if (!office->config.history_max)
		office->config.history_max = HISTORY_DEFAULT;
	INIT_LLIST_HEAD(&office->calls);
	INIT_LLIST_HEAD(&office->hunts);
	INIT_LLIST_HEAD(&office->conferences);
	if (threshold_new(office, "/proc", &office->threshold) < 0) {
		talloc_free(office);
		return -ENOMEM;
	}
	threshold_set(office->threshold, &office->config.thresholds);
	hash_init(office->peers);
	hash_init(office->targets);
	office->past = talloc_zero_array(office, struct call_summary, office->config.history_max);
	if (!office->past) {
		threshold_free(office->threshold);
		talloc_free(office);
		return -ENOMEM;
	}
	plan_ref(office->config.plan);
	cause_tables_ref(office->config.causes);
	llist_add_tail(&office->entry, &offices);
	*out = office;
	return 0;
}

void office_free(struct office *office)
{
	struct call *call, *next;

	if (!office)
		return;
	llist_for_each_entry_safe (call, next, &office->calls, entry)
		office_clear_call(office, call->summary.id, 41);
	llist_for_each_entry_safe (call, next, &office->calls, entry)
		osmo_fsm_inst_term(call->fi, OSMO_FSM_TERM_REGULAR, NULL);
	plan_unref(office->config.plan);
	threshold_free(office->threshold);
	cause_tables_unref(office->config.causes);
	llist_del(&office->entry);
	talloc_free(office);
}

void office_set_plan(struct office *office, struct plan *plan)
{
	struct plan *old = office->config.plan;

	office->config.plan = plan_ref(plan);
	plan_unref(old);
}

void office_set_causes(struct office *office, struct cause_tables *tables, unsigned table)
{
	struct cause_tables *old = office->config.causes;

	office->config.causes = cause_tables_ref(tables);
	office->config.cause_table = table;
	cause_tables_unref(old);
}

int office_change(struct office *office, const struct office_config *config)
{
	int rc =
	    history_resize(office, config->history_max ? config->history_max : HISTORY_DEFAULT);

	if (rc < 0)
		return rc;
	office->config.cdr = config->cdr;
	office->config.calls_max = config->calls_max;
	office->config.thresholds = config->thresholds;
	threshold_set(office->threshold, &config->thresholds);
	return 0;
}

void office_register_kind(struct office *office, enum peer_kind kind, leg_make make, void *arg)
{
	office->kind[kind].make = make;
	office->kind[kind].arg = arg;
}

struct plan *office_plan(const struct office *office)
{
	return office->config.plan;
}

/* ---- what the plan is asked */

bool office_dial_plar(const struct office *office, const char *port, struct call_setup *setup)
{
	const char *plar = port ? plan_port_plar(office->config.plan, port) : NULL;

	if (!plar || number_from_e164(&setup->called, plar) < 0)
		return false;
	setup->called_form = CALLED_COMPLETE;
	return true;
}

void office_use_phones(struct office *office, const struct office_phones *phones)
{
	office->phones = phones ? *phones : (struct office_phones){0};
}

void office_fill_state(struct office *office, struct plan_request *request)
{
	request->status = office_peer_status;
	request->status_arg = office;
	request->target = office_target_status;
	request->target_arg = office;
	request->group_calls = office_calls_of_group;
	request->group_calls_arg = office;
	request->phones = office->phones.find;
	request->site_number = office->phones.site_number;
	request->default_destination = office->phones.default_destination;
	request->fallback = office->phones.fallback;
	request->phones_arg = office->phones.arg;
}

void office_request(struct office *office, enum peer_kind kind, const struct call_setup *setup,
		    const char *port, struct plan_request *out)
{
	struct plan_request request = {
	    .inbound_kind = kind,
	    .called = setup->called,
	    .calling = setup->calling.number,
	    .redirecting = setup->redirection.from.number,
	    .port = port,
	    .carrier = setup->origin.carrier,
	    .source_family = setup->origin.source_family,
	    .phone_tag = setup->origin.phone,
	    .data = bearer_is_data(setup->bearer),
	    .random = (uint32_t)random(),
	};

	memcpy(request.uris, setup->origin.uris, sizeof(request.uris));
	memcpy(request.source, setup->origin.source, sizeof(request.source));
	office_fill_state(office, &request);
	*out = request;
}

const struct peer *office_inbound_peer(struct office *office, enum peer_kind kind,
				       const struct call_setup *setup, const char *port)
{
	struct call_setup dialled = *setup;
	struct plan_request request;
	struct plan_inbound inbound;

	office_dial_plar(office, port, &dialled);
	office_request(office, kind, &dialled, port, &request);
	return plan_match_inbound(office->config.plan, &request, &inbound) < 0 ? NULL
									       : inbound.peer;
}

bool office_knows_uri(struct office *office, enum peer_kind kind, const struct call_setup *setup)
{
	struct plan_request request;
	struct plan_inbound inbound;
	struct plan_route *route = talloc_zero(office, struct plan_route);
	bool known;

	OSMO_ASSERT(route);
	office_request(office, kind, setup, NULL, &request);
	memset(&request.called, 0, sizeof(request.called));
	if (plan_match_inbound(office->config.plan, &request, &inbound) < 0)
		inbound.peer = NULL;
	plan_route(office->config.plan, &request, inbound.peer, route);
	known = route->count > 0;
	talloc_free(route);
	return known;
}

bool office_dials_later(struct office *office, enum peer_kind kind, const struct call_setup *setup,
			const char *port)
{
	const struct peer *peer = office_inbound_peer(office, kind, setup, port);

	return (port && plan_port_plar(office->config.plan, port)) ||
	       (peer && peer->no_direct_inward_dial);
}

unsigned office_call_count(const struct office *office)
{
	return office->calls_count;
}

struct call *call_find(struct office *office, uint32_t id)
{
	struct call *call;

	llist_for_each_entry (call, &office->calls, entry)
		if (call->summary.id == id && call->fi->state != CALL_CLEARED)
			return call;
	return NULL;
}

int office_clear_call(struct office *office, uint32_t id, unsigned cause)
{
	struct call *call = call_find(office, id);
	struct cause why = cause_q850(cause, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	struct event_data wrapped = {&why};

	if (!call)
		return -ENOENT;
	osmo_fsm_inst_dispatch(call->fi, EV_CLEAR, &wrapped);
	return 0;
}

/* ---- peers: what the plan asks about them */

static struct office_peer *peer_find(const struct office *office, uint32_t tag)
{
	struct office_peer *p;

	hash_for_each_possible(office->peers, p, node, tag) if (p->tag == tag) return p;
	return NULL;
}

struct office_peer *office_peer(struct office *office, uint32_t tag)
{
	struct office_peer *p = peer_find(office, tag);

	if (p)
		return p;
	p = talloc_zero(office, struct office_peer);
	if (!p)
		return NULL;
	p->tag = tag;
	INIT_LLIST_HEAD(&p->tallies);
	hash_add(office->peers, &p->node, tag);
	return p;
}

void office_peer_calls_add(struct office *office, uint32_t tag, int change)
{
	struct office_peer *p = office_peer(office, tag);

	if (!p)
		return;
	p->calls += change;
	if (change > 0)
		p->last_used = ++office->uses;
}

unsigned office_peer_calls(const struct office *office, uint32_t tag)
{
	const struct office_peer *p = peer_find(office, tag);

	return p ? p->calls : 0;
}

struct plan_peer_status office_peer_status(void *arg, const struct peer *peer)
{
	struct office *office = arg;
	const struct office_peer *p = peer_find(office, peer->tag);
	struct plan_peer_status status = {.state = PLAN_PEER_UP};

	if (p) {
		status.calls = p->calls;
		status.last_used = p->last_used;
	}
	if (office->stopped[peer->kind])
		status.state = PLAN_PEER_BUSIED_OUT;
	else if (office->config.peer_state)
		status.state = office->config.peer_state(office->config.peer_state_arg, peer);
	return status;
}

/* ---- targets of trunk groups and server groups */

struct office_target *office_target_find(const struct office *office, const char *text)
{
	struct office_target *t;

	hash_for_each_possible(office->targets, t, node,
			       fnv_text(text)) if (!strcmp(t->text, text)) return t;
	return NULL;
}

struct office_target *office_target(struct office *office, const char *text)
{
	struct office_target *t = office_target_find(office, text);

	if (t)
		return t;
	t = talloc_zero(office, struct office_target);
	if (!t)
		return NULL;
	t->text = talloc_strdup(t, text);
	if (!t->text) {
		talloc_free(t);
		return NULL;
	}
	hash_add(office->targets, &t->node, fnv_text(text));
	return t;
}

static void group_text(const char *name, char text[GROUP_TEXT_SIZE])
{
	snprintf(text, GROUP_TEXT_SIZE, "trunkgroup %s", name);
}

struct office_target *office_trunk_group(struct office *office, const char *name)
{
	char text[GROUP_TEXT_SIZE];

	group_text(name, text);
	return office_target(office, text);
}

void office_target_calls_add(struct office *office, struct office_target *target,
			     unsigned direction, int change)
{
	if (!target)
		return;
	target->calls[direction] += change;
	if (change > 0)
		target->last_used = ++office->uses;
}

struct plan_group_calls office_group_calls(const struct office *office, const char *name)
{
	const struct office_target *t;
	char text[GROUP_TEXT_SIZE];

	group_text(name, text);
	t = office_target_find(office, text);
	return t ? (struct plan_group_calls){t->calls[0], t->calls[1]}
		 : (struct plan_group_calls){0};
}

static struct plan_group_calls office_calls_of_group(void *arg, const char *name)
{
	return office_group_calls(arg, name);
}

static struct plan_target_status office_target_status(void *arg, const char *text)
{
	struct office *office = arg;
	const struct office_target *t = office_target_find(office, text);
	struct plan_target_status status = {0};

	if (office->config.target_state)
		status = office->config.target_state(office->config.target_state_arg, text);
	status.last_used = t ? t->last_used : 0;
	return status;
}

/* ---- media */

/* Digits in the audio are the number only after dial tone; in overlap signalling has them. */
static void dialled(struct call *call, char digit, unsigned duration_ms)
{
	struct leg_digit heard = {digit, duration_ms};
	struct event_data wrapped = {&heard};

	if (call->fi->state == CALL_COLLECTING && call->dialling.how == DIALLED_TWO_STAGE)
		osmo_fsm_inst_dispatch(call->fi, EV_IN_DIGIT, &wrapped);
}

static void tell_other(const struct call *call, int side, char digit, unsigned duration_ms)
{
	struct leg_digit heard = {digit, duration_ms};
	struct leg *other = call->leg[!side];

	if (other && other->ops->heard && call->fi->state == CALL_ACTIVE)
		other->ops->heard(other, &heard);
}

void office_media_digit(struct office *office, uint32_t end, char digit, unsigned duration_ms)
{
	struct call *call;

	llist_for_each_entry (call, &office->calls, entry) {
		for (int side = 0; side < 2; side++) {
			char text[32];
			if (!call->leg[side] || call->leg[side]->media_end != end)
				continue;
			snprintf(text, sizeof(text), "digit %c %u ms", digit, duration_ms);
			call_trace(call->leg[side], CALL_RECEIVED, text);
			if (side == 0)
				dialled(call, digit, duration_ms);
			tell_other(call, side, digit, duration_ms);
			return;
		}
	}
}
