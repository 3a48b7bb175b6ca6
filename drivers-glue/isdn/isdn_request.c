// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to the far end whose outcome takes a while: transfer of two calls, deflection of one.
 *
 *	NONE --order--> TRANSFER or DEFLECT --cleared normally-----------------> DONE is reported
 *				\--ROSE error or reject, 10 s, other cause-----> REFUSED is reported
 *
 * libpri sends the invokes, and for ECT the second one when the first was answered, but tells
 * nobody what became of them. So their invoke ids are noted when they are sent, and the answers
 * are looked for in what is received.
 */
#include <errno.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_facility.h"
#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define REQUEST_S 10
#define COMPONENTS_MAX 8
#define REROUTING_NOTIFIED 2 /* the caller is told, and to which number */

int isdn_supplementary_permitted(const struct isdn *isdn, enum isdn_supplementary service,
				 enum isdn_ability ability)
{
	if (!isdn_supplementary_possible(isdn->config.switch_type, isdn->config.network, ability))
		return -ENOTSUP;
	return isdn->config.supplementary & service ? 0 : -EACCES;
}

static void request_end(struct isdn_call *call, bool done)
{
	static const enum isdn_supplementary_type outcomes[][2] = {
	    [ISDN_REQUEST_TRANSFER] = {ISDN_TRANSFER_REFUSED, ISDN_TRANSFER_DONE},
	    [ISDN_REQUEST_DEFLECT] = {ISDN_DEFLECT_REFUSED, ISDN_DEFLECT_DONE},
	};
	struct isdn_supplementary_event event = {.type =
						     outcomes[call->supplementary.request][done]};

	call->supplementary.request = ISDN_REQUEST_NONE;
	call->supplementary.invoke_count = 0;
	osmo_timer_del(&call->supplementary.timer);
	isdn_supplementary_report(call, &event);
}

/* Of both calls of a transfer. */
static void request_refused(struct isdn_call *call)
{
	struct isdn_call *partner = call->supplementary.partner;

	request_end(call, false);
	if (partner && partner->supplementary.request != ISDN_REQUEST_NONE)
		request_end(partner, false);
}

static void on_request_timeout(void *data)
{
	struct isdn_call *call = data;

	LOGP(DISDN, LOGL_NOTICE, "%s: no answer to the %s in %d s\n",
	     isdn_channel_text(call->isdn, call->timeslot),
	     call->supplementary.request == ISDN_REQUEST_TRANSFER ? "transfer" : "deflection",
	     REQUEST_S);
	request_end(call, false);
}

static void request_begin(struct isdn_call *call, enum isdn_request request)
{
	call->supplementary.request = request;
	call->supplementary.invoke_count = 0;
	osmo_timer_setup(&call->supplementary.timer, on_request_timeout, call);
	osmo_timer_schedule(&call->supplementary.timer, REQUEST_S, 0);
}

static void request_forget(struct isdn_call *call)
{
	call->supplementary.request = ISDN_REQUEST_NONE;
	osmo_timer_del(&call->supplementary.timer);
}

/* ---- orders */

static void partner_set(struct isdn_call *call, struct isdn_call *partner)
{
	if (call->supplementary.partner &&
	    call->supplementary.partner->supplementary.partner == call)
		call->supplementary.partner->supplementary.partner = NULL;
	call->supplementary.partner = partner;
}

int isdn_transfer(struct isdn_call *call, struct isdn_call *other)
{
	struct isdn *isdn = call->isdn;
	int rc = isdn_supplementary_permitted(isdn, ISDN_SUPPLEMENTARY_TRANSFER, ISDN_CAN_TRANSFER);

	if (rc < 0)
		return rc;
	if (other->isdn != isdn)
		return -EXDEV;
	if (call == other || call->state != ISDN_CALL_ACTIVE || other->state != ISDN_CALL_ACTIVE)
		return -EINVAL;
	if (call->supplementary.request != ISDN_REQUEST_NONE ||
	    other->supplementary.request != ISDN_REQUEST_NONE ||
	    call->supplementary.path_may_move || other->supplementary.path_may_move)
		return -EBUSY;
	request_begin(call, ISDN_REQUEST_TRANSFER);
	request_begin(other, ISDN_REQUEST_TRANSFER);
	if (pri_channel_bridge(call->q, other->q) < 0) {
		/* other bearers, or RLT and neither call was made from here */
		request_forget(call);
		request_forget(other);
		return -EINVAL;
	}
	partner_set(call, other);
	partner_set(other, call);
	if (isdn->config.switch_type == ISDN_PRIMARY_QSIG)
		call->supplementary.path_may_move = other->supplementary.path_may_move = true;
	isdn_look_soon(isdn);
	return 0;
}

int isdn_deflect(struct isdn_call *call, const struct number *to)
{
	struct isdn *isdn = call->isdn;
	struct pri_party_redirecting deflection = {0};
	struct party party = {.number = *to};
	int rc = isdn_supplementary_permitted(isdn, ISDN_SUPPLEMENTARY_DIVERSION, ISDN_CAN_DEFLECT);

	if (rc < 0)
		return rc;
	if (call->outgoing || to->digits[0] == '\0' ||
	    (call->state != ISDN_CALL_INCOMING_PROCEEDING && call->state != ISDN_CALL_RECEIVED))
		return -EINVAL;
	if (call->supplementary.request != ISDN_REQUEST_NONE)
		return -EBUSY;
	isdn_party_to_pri(&party, &deflection.to);
	party.number = call->supplementary.called;
	isdn_party_to_pri(&party, &deflection.from);
	deflection.orig_called = deflection.from;
	deflection.reason = deflection.orig_reason = PRI_REDIR_DEFLECTION;
	deflection.count = 1;
	request_begin(call, ISDN_REQUEST_DEFLECT);
	if (pri_reroute_call(isdn->pri, call->q, NULL, &deflection, REROUTING_NOTIFIED) < 0) {
		request_forget(call);
		return -EIO;
	}
	isdn_look_soon(isdn);
	return 0;
}

/* ---- what comes of it */

void isdn_request_frame_sent(struct isdn *isdn, const struct dchannel_frame *frame)
{
	struct isdn_component components[COMPONENTS_MAX];
	struct dss1_message message;
	struct isdn_call *call;
	size_t count;

	if (dss1_decode(frame->message, frame->message_length, &message) < 0)
		return;
	call = isdn_call_of_message(isdn, &message, ISDN_SENT);
	if (!call || call->supplementary.request == ISDN_REQUEST_NONE)
		return;
	count =
	    isdn_facility_read(frame->message, frame->message_length, components, COMPONENTS_MAX);
	for (size_t i = 0; i < count && i < COMPONENTS_MAX; i++) {
		if (components[i].type == ISDN_COMPONENT_INVOKE &&
		    call->supplementary.invoke_count < ISDN_REQUEST_INVOKES)
			call->supplementary.invokes[call->supplementary.invoke_count++] =
			    components[i].invoke;
	}
}

static bool is_of_request(const struct isdn_call *call, int invoke)
{
	for (unsigned i = 0; i < call->supplementary.invoke_count; i++) {
		if (call->supplementary.invokes[i] == invoke)
			return true;
	}
	return invoke < 0; /* a reject of something that it could not even read */
}

void isdn_request_frame_received(struct isdn *isdn, const struct dchannel_frame *frame)
{
	struct isdn_component components[COMPONENTS_MAX];
	struct dss1_message message;
	struct isdn_call *call;
	size_t count;

	if (!frame->message || frame->repeated ||
	    dss1_decode(frame->message, frame->message_length, &message) < 0)
		return;
	call = isdn_call_of_message(isdn, &message, ISDN_RECEIVED);
	if (!call || call->supplementary.request == ISDN_REQUEST_NONE)
		return;
	count =
	    isdn_facility_read(frame->message, frame->message_length, components, COMPONENTS_MAX);
	for (size_t i = 0; i < count && i < COMPONENTS_MAX; i++) {
		if (components[i].type != ISDN_COMPONENT_ERROR &&
		    components[i].type != ISDN_COMPONENT_REJECT)
			continue;
		if (!is_of_request(call, components[i].invoke))
			continue;
		LOGP(DISDN, LOGL_NOTICE, "%s: the far end refuses the %s\n",
		     isdn_channel_text(isdn, call->timeslot),
		     call->supplementary.request == ISDN_REQUEST_TRANSFER ? "transfer"
									  : "deflection");
		request_refused(call);
		return;
	}
}

/* The far end clears: 16 and 31 are what a transfer or deflection that worked ends with. */
void isdn_request_on_clearing(struct isdn_call *call, unsigned cause)
{
	if (call->supplementary.request != ISDN_REQUEST_NONE)
		request_end(call, cause == 16 || cause == 31);
}

/* QSIG: libpri repeats what comes on one call of a transfer on the other, through a pointer that it
 * does not clear when that one is gone. So the second call goes with the first. */
void isdn_request_call_ended(struct isdn_call *call)
{
	struct isdn_call *partner = call->supplementary.partner;
	struct isdn *isdn = call->isdn;

	osmo_timer_del(&call->supplementary.timer);
	partner_set(call, NULL);
	if (!call->supplementary.path_may_move || !partner)
		return;
	isdn_call_note_cause(partner, 16, ISDN_LOCATION_PRIVATE_LOCAL);
	isdn_request_on_clearing(partner, 16);
	partner->supplementary.path_may_move = false;
	if (partner->state != ISDN_CALL_CLEARING)
		pri_hangup(isdn->pri, partner->q, 16);
	pri_destroycall(isdn->pri, partner->q);
	isdn_look_soon(isdn); /* its end is found there */
}
