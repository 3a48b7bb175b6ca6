// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/direct.h"

#include <netinet/in.h>
#include <string.h>

#include "gateway/call/call_private.h"
#include "gateway/log/log.h"

static const char *const state_names[] = {
    [DIRECT_THROUGH] = "through the gateway",	     [DIRECT_ASKING_CALLER] = "asking the caller",
    [DIRECT_ASKING_CALLED] = "asking the called",    [DIRECT_UP] = "direct",
    [DIRECT_RETURNING] = "returning to the gateway",
};

static void enter(struct call *call, enum direct_state state)
{
	LOGP(DCALL, LOGL_INFO, "call %u: media %s\n", call->summary.id, state_names[state]);
	call->direct.state = state;
}

/* ---- may they? */

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->ss_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
				  &((const struct sockaddr_in6 *)b)->sin6_addr);
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET
		   ? ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET
		   : IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

/* Telephones of one address are behind one NAT, which may not lead back to itself. */
static bool share_nat(const struct leg_media media[2])
{
	return same_host(&media[0].rtp, &media[1].rtp) && !is_loopback(&media[0].rtp);
}

static bool same_place(const struct leg_media *a, const struct leg_media *b)
{
	return memcmp(&a->rtp, &b->rtp, sizeof(a->rtp)) == 0 &&
	       memcmp(&a->rtcp, &b->rtcp, sizeof(a->rtcp)) == 0;
}

static bool fit(const struct leg_media media[2])
{
	return media[0].may && media[1].may && media[0].codec == media[1].codec &&
	       media[0].ptime_ms == media[1].ptime_ms &&
	       media[0].event_payload_type == media[1].event_payload_type &&
	       same_host(&media[0].ours, &media[1].ours) && !share_nat(media);
}

/* false: one of the legs, or the call as it is, knows nothing of it. Who withholds his number does not show
 * his address either (RFC 3323 4.2). */
static bool ask_legs(const struct call *call, struct leg_media media[2])
{
	if (call->fi->state != CALL_ACTIVE || !call->bridge || call->transfer ||
	    call->setup.calling.presentation == PRESENTATION_RESTRICTED)
		return false;
	for (int side = 0; side < 2; side++) {
		struct leg *leg = call->leg[side];

		if (!leg || !leg->ops->media)
			return false;
		leg->ops->media(leg, &media[side]);
	}
	return true;
}

/* ---- orders */

static void order_back(struct call *call)
{
	for (int side = 0; side < 2; side++) {
		struct leg *leg = call->leg[side];

		if (!leg || !leg->ops->media)
			continue;
		leg->ops->quiet(leg, false);
		leg->ops->flow(leg, NULL);
	}
}

static void ask(struct call *call, int side, const struct leg_media *other)
{
	struct leg *leg = call->leg[side];

	call->direct.told[side] = *other;
	leg->ops->flow(leg, other);
	osmo_timer_schedule(&call->direct.later, DIRECT_ANSWER_MS / 1000, 0);
}

/* ---- the states */

static void returning(struct call *call, const struct leg_media media[2])
{
	if (media[0].flow != LEG_FLOW_THROUGH || media[1].flow != LEG_FLOW_THROUGH)
		return;
	enter(call, DIRECT_THROUGH);
	direct_update(call);
}

static void come_back(struct call *call)
{
	struct leg_media media[2];

	enter(call, DIRECT_RETURNING);
	osmo_timer_del(&call->direct.later);
	order_back(call);
	if (ask_legs(call, media))
		returning(call, media);
}

/* Both have what they were told of each other, as far as they were told, and may still have it. */
static bool holds_good(const struct call *call, const struct leg_media media[2])
{
	const struct direct *d = &call->direct;

	if (!fit(media) || media[0].flow == LEG_FLOW_THROUGH || !same_place(&d->told[0], &media[1]))
		return false;
	if (d->state == DIRECT_ASKING_CALLER)
		return true;
	return media[0].flow == LEG_FLOW_DIRECT && media[1].flow != LEG_FLOW_THROUGH &&
	       same_place(&d->told[1], &media[0]);
}

static void asking(struct call *call, const struct leg_media media[2])
{
	struct direct *d = &call->direct;
	int side = d->state == DIRECT_ASKING_CALLED;

	if (!holds_good(call, media)) {
		if (media[side].refused)
			d->tries = DIRECT_TRIES_MAX;
		else if (media[side].flow == LEG_FLOW_DIRECT) /* an answer that does not fit */
			d->tries += DIRECT_TRIES_MAX / 2;
		come_back(call);
		return;
	}
	if (media[side].flow != LEG_FLOW_DIRECT)
		return;
	call->leg[!side]->ops->quiet(call->leg[!side], true);
	if (side == 0) {
		enter(call, DIRECT_ASKING_CALLED);
		ask(call, 1, &media[0]);
	} else {
		enter(call, DIRECT_UP);
		osmo_timer_del(&d->later);
		call->summary.services |= CALL_MEDIA_DIRECT;
	}
}

/* In ASKING one has not answered in time. */
static void on_later(void *data)
{
	struct call *call = data;
	struct leg_media media[2];

	if (call->direct.state != DIRECT_THROUGH) {
		direct_refrain(call);
	} else if (ask_legs(call, media) && fit(media) && media[0].flow == LEG_FLOW_THROUGH &&
		   media[1].flow == LEG_FLOW_THROUGH) {
		call->direct.tries++;
		enter(call, DIRECT_ASKING_CALLER);
		ask(call, 0, &media[1]);
	}
}

static void try_later(struct call *call)
{
	unsigned ms = call->office->config.direct_after_ms;

	osmo_timer_schedule(&call->direct.later, 0, 1000 * (ms ? ms : DIRECT_AFTER_MS));
}

void direct_update(struct call *call)
{
	struct direct *d = &call->direct;
	struct leg_media media[2];

	if (!ask_legs(call, media))
		return;
	switch (d->state) {
	case DIRECT_THROUGH:
		osmo_timer_setup(&d->later, on_later, call);
		if (d->tries < DIRECT_TRIES_MAX && !call->dialling.late[0] && fit(media))
			try_later(call);
		break;
	case DIRECT_ASKING_CALLER:
	case DIRECT_ASKING_CALLED:
		asking(call, media);
		break;
	case DIRECT_UP:
		if (!holds_good(call, media))
			come_back(call);
		break;
	case DIRECT_RETURNING:
		returning(call, media);
		break;
	}
}

void direct_end(struct call *call)
{
	struct direct *d = &call->direct;

	osmo_timer_del(&d->later);
	if (d->state != DIRECT_THROUGH && call->fi->state != CALL_CLEARED) {
		enter(call, DIRECT_THROUGH);
		order_back(call);
	}
	d->state = DIRECT_THROUGH;
	d->tries = 0;
}

void direct_stop(struct call *call)
{
	osmo_timer_del(&call->direct.later);
}

void direct_refrain(struct call *call)
{
	struct direct *d = &call->direct;

	d->tries = DIRECT_TRIES_MAX;
	if (d->state == DIRECT_THROUGH)
		osmo_timer_del(&d->later);
	else if (d->state != DIRECT_RETURNING)
		come_back(call);
}

bool direct_is_up(const struct call *call)
{
	return call->direct.state == DIRECT_UP;
}

void direct_changed(struct leg *leg)
{
	if (leg->call)
		direct_update(leg->call);
}
