// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The D channels of a line: one, or with NFAS a primary one and its backup (Q.931 annex F, ANSI
 * T1.607). Layer 2 of both is kept up. Calls are sent on the one in use; the other takes over as
 * soon as layer 2 of that one goes down, and stays in use when the first is back.
 *
 * libpri keeps the calls of both in one pool, but sends for a call on the D channel that its last
 * message came by. After a change each active call hears a STATUS with the state that it has, which
 * changes nothing but that. Calls that are not active yet are ended by libpri. T309 of an NFAS
 * group is not run by libpri: it is run here, when no D channel is left.
 */
#include <errno.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

int isdn_dlink_open(struct isdn *isdn, unsigned number, int switch_type)
{
	struct isdn_dlink *dlink = &isdn->dlinks[number];
	int fd = number == 0 ? isdn->config.fd_d : isdn->config.nfas.backup_fd_d;
	int rc;

	dlink->isdn = isdn;
	dlink->span = number == 0 ? isdn->config.span : isdn->config.nfas.backup_span;
	rc = dchannel_open(isdn, fd, &isdn_frame_handlers, dlink, &dlink->dchannel);
	if (rc < 0)
		return rc;
	isdn->working = dlink; /* libpri sends before it has returned the controller */
	if (number == 0)
		isdn->dchannel = dlink->dchannel;
	dlink->pri = isdn_new_pri(isdn, fd, switch_type);
	if (!dlink->pri) {
		dchannel_close(dlink->dchannel);
		return -ENOMEM;
	}
	if (number == 0)
		isdn->pri = dlink->pri;
	else
		pri_enslave(isdn->dlinks[0].pri, dlink->pri);
	isdn->dlink_count = number + 1;
	isdn_configure_pri(isdn, dlink->pri);
	return 0;
}

void isdn_dlink_close(struct isdn_dlink *dlink)
{
	dchannel_close(dlink->dchannel);
	isdn_retire_pri(dlink->pri);
}

struct isdn_dlink *isdn_dlink_of(struct isdn *isdn, const struct pri *pri)
{
	for (unsigned n = 0; n < isdn->dlink_count; n++) {
		if (isdn->dlinks[n].pri == pri)
			return &isdn->dlinks[n];
	}
	return isdn->working;
}

/* As if the far end had sent it on this D channel. */
static void hear_status(struct isdn_dlink *dlink, const struct isdn_call *call)
{
	const struct isdn *isdn = dlink->isdn;
	uint8_t octets[] = {
	    isdn->config.network ? 0x00 : 0x02, /* SAPI 0, C/R of a command of the far end */
	    0x01,				/* TEI 0 */
	    0x03,				/* UI */
	    0x08,
	    0x02,
	    (uint8_t)((call->outgoing ? 0x80 : 0x00) | call->reference >> 8),
	    (uint8_t)call->reference,
	    DSS1_STATUS,
	    0x08,
	    0x02,
	    0x80,
	    0x80 | 30, /* cause: response to STATUS ENQUIRY */
	    0x14,
	    0x01,
	    10, /* call state: active */
	};
	struct dchannel_frame frame = {
	    .octets = octets,
	    .length = sizeof(octets),
	};

	dlink->isdn->frame = &frame;
	pri_check_event(dlink->pri);
	dlink->isdn->frame = NULL;
}

static void use(struct isdn *isdn, struct isdn_dlink *dlink)
{
	struct isdn_call *call, *next;

	isdn->pri = dlink->pri;
	isdn->dchannel = dlink->dchannel;
	llist_for_each_entry_safe (call, next, &isdn->calls, entry) {
		if (call->state == ISDN_CALL_ACTIVE)
			hear_status(dlink, call);
	}
}

static struct isdn_dlink *other_that_is_up(struct isdn *isdn, const struct isdn_dlink *dlink)
{
	for (unsigned n = 0; n < isdn->dlink_count; n++) {
		if (isdn->dlinks[n].up && &isdn->dlinks[n] != dlink)
			return &isdn->dlinks[n];
	}
	return NULL;
}

/* ---- T309 */

static void start_t309(struct isdn *isdn)
{
	unsigned ms = isdn_timer_ms(isdn, ISDN_T309);
	struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->state != ISDN_CALL_ACTIVE)
			continue;
		call->running = ISDN_T309;
		osmo_timer_schedule(&call->timer, ms / 1000, ms % 1000 * 1000);
	}
}

static void stop_t309(struct isdn *isdn)
{
	struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->state != ISDN_CALL_ACTIVE)
			continue;
		call->running = 0;
		osmo_timer_del(&call->timer);
	}
}

/* ---- what libpri says */

void isdn_dlink_up(struct isdn *isdn)
{
	struct isdn_dlink *dlink = isdn->working;
	bool first = !other_that_is_up(isdn, dlink);

	dlink->up = true;
	if (isdn->dlink_count > 1 && first) {
		use(isdn, dlink);
		stop_t309(isdn);
	}
	if (isdn->dlink_count > 1)
		LOGP(DISDN, LOGL_NOTICE, "%u:D layer 2 up, %s\n", dlink->span,
		     first ? "in use" : "standby");
	isdn_link_up(isdn);
}

void isdn_dlink_down(struct isdn *isdn)
{
	struct isdn_dlink *dlink = isdn->working;
	struct isdn_dlink *other = other_that_is_up(isdn, dlink);

	dlink->up = false;
	if (!other) {
		isdn_link_set(isdn, ISDN_LINK_DOWN);
		if (isdn->dlink_count > 1)
			start_t309(isdn);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%u:D layer 2 down, %u:D is in use\n", dlink->span, other->span);
	if (isdn->pri == dlink->pri)
		use(isdn, other);
}
