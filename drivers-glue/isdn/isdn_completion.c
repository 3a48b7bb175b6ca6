// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/isdn_completion.h"

#include <errno.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define WITHOUT_CHANNEL (1 << 17) /* in libpri's channel numbers */

const char *isdn_completion_type_name(enum isdn_completion_type type)
{
	static const char *const names[] = {
	    [ISDN_COMPLETION_OFFERED] = "offered",
	    [ISDN_COMPLETION_REQUESTED] = "requested",
	    [ISDN_COMPLETION_ANSWERED] = "answered",
	    [ISDN_COMPLETION_USER_FREE] = "subscriber free",
	    [ISDN_COMPLETION_B_FREE] = "subscriber free, caller busy",
	    [ISDN_COMPLETION_STOP_ALERTING] = "stop alerting",
	    [ISDN_COMPLETION_STATUS_ASKED] = "status of caller asked",
	    [ISDN_COMPLETION_STATUS_ANSWERED] = "status of caller answered",
	    [ISDN_COMPLETION_STATUS] = "status of caller",
	    [ISDN_COMPLETION_CANCELLED] = "cancelled",
	};

	return names[type];
}

bool isdn_completion_is_on(const struct isdn *isdn)
{
	return (isdn->config.supplementary & ISDN_SUPPLEMENTARY_COMPLETION) &&
	       isdn_can(isdn, ISDN_CAN_COMPLETE);
}

/* ---- in */

static enum isdn_completion_answer answer_of(int status)
{
	switch (status) {
	case 0:
		return ISDN_COMPLETION_ACCEPTED;
	case 1:
		return ISDN_COMPLETION_TIMEOUT;
	case 2: /* which error it was is libpri's secret */
		return ISDN_COMPLETION_SHORT_TERM_DENIAL;
	default:
		return ISDN_COMPLETION_LONG_TERM_DENIAL;
	}
}

/* False: it is about something else. */
static bool event_of(const struct pri_subcommand *sub, struct isdn_completion_event *out)
{
	struct isdn_completion_event event = {0};

	switch (sub->cmd) {
	case PRI_SUBCMD_CC_AVAILABLE:
		event.type = ISDN_COMPLETION_OFFERED;
		event.id = sub->u.cc_available.cc_id;
		break;
	case PRI_SUBCMD_CC_REQ:
		event.type = ISDN_COMPLETION_REQUESTED;
		event.id = sub->u.cc_request.cc_id;
		event.no_reply = sub->u.cc_request.mode != 0;
		break;
	case PRI_SUBCMD_CC_REQ_RSP:
		event.type = ISDN_COMPLETION_ANSWERED;
		event.id = sub->u.cc_request_rsp.cc_id;
		event.answer = answer_of(sub->u.cc_request_rsp.status);
		break;
	case PRI_SUBCMD_CC_REMOTE_USER_FREE:
		event.type = ISDN_COMPLETION_USER_FREE;
		event.id = sub->u.cc_remote_user_free.cc_id;
		break;
	case PRI_SUBCMD_CC_B_FREE:
		event.type = ISDN_COMPLETION_B_FREE;
		event.id = sub->u.cc_b_free.cc_id;
		break;
	case PRI_SUBCMD_CC_STOP_ALERTING:
		event.type = ISDN_COMPLETION_STOP_ALERTING;
		event.id = sub->u.cc_stop_alerting.cc_id;
		break;
	case PRI_SUBCMD_CC_STATUS_REQ:
		event.type = ISDN_COMPLETION_STATUS_ASKED;
		event.id = sub->u.cc_status_req.cc_id;
		break;
	case PRI_SUBCMD_CC_STATUS_REQ_RSP:
		event.type = ISDN_COMPLETION_STATUS_ANSWERED;
		event.id = sub->u.cc_status_req_rsp.cc_id;
		event.busy = sub->u.cc_status_req_rsp.status != 0;
		break;
	case PRI_SUBCMD_CC_STATUS:
		event.type = ISDN_COMPLETION_STATUS;
		event.id = sub->u.cc_status.cc_id;
		event.busy = sub->u.cc_status.status != 0;
		break;
	case PRI_SUBCMD_CC_CANCEL:
		event.type = ISDN_COMPLETION_CANCELLED;
		event.id = sub->u.cc_cancel.cc_id;
		break;
	default:
		return false;
	}
	*out = event;
	return true;
}

void isdn_completion_tell(struct isdn *isdn, struct isdn_call *call,
			  const struct pri_subcommands *subcommands)
{
	struct isdn_completion_event event;

	for (int i = 0; i < subcommands->counter_subcmd; i++) {
		if (!event_of(&subcommands->subcmd[i], &event))
			continue;
		LOGP(DISDN, LOGL_INFO, "%u:D call completion %ld: %s\n", isdn->config.span,
		     event.id, isdn_completion_type_name(event.type));
		if (isdn->handlers->completion)
			isdn->handlers->completion(isdn->arg, call, &event);
		else if (event.type == ISDN_COMPLETION_OFFERED)
			isdn_completion_order(isdn, event.id, ISDN_COMPLETION_CANCELLED);
	}
}

long isdn_completion_of_setup(const struct isdn *isdn, const struct pri_subcommands *subcommands)
{
	for (int i = 0; subcommands && i < subcommands->counter_subcmd; i++) {
		if (subcommands->subcmd[i].cmd == PRI_SUBCMD_CC_CALL && isdn_completion_is_on(isdn))
			return subcommands->subcmd[i].u.cc_call.cc_id;
	}
	return 0;
}

bool isdn_completion_takes_link(const struct isdn *isdn, q931_call *q,
				const struct pri_subcommands *subcommands)
{
	struct isdn_completion_event event;
	bool taken = false, cancelled = false;

	for (int i = 0; subcommands && i < subcommands->counter_subcmd; i++) {
		if (!event_of(&subcommands->subcmd[i], &event))
			continue;
		taken = true;
		cancelled = cancelled || event.type == ISDN_COMPLETION_CANCELLED;
	}
	if (!taken || !isdn_completion_is_on(isdn))
		return false;
	if (cancelled) { /* libpri would release it, and keep the call */
		pri_hangup(isdn->pri, q, 16);
		pri_destroycall(isdn->pri, q);
	}
	return true;
}

bool isdn_completion_is_link(const struct isdn *isdn, const pri_event *event)
{
	int channel;

	switch (event->e) {
	case PRI_EVENT_SETUP_ACK:
		channel = event->setup_ack.channel;
		break;
	case PRI_EVENT_PROCEEDING:
	case PRI_EVENT_PROGRESS:
		channel = event->proceeding.channel;
		break;
	case PRI_EVENT_RINGING:
		channel = event->ringing.channel;
		break;
	case PRI_EVENT_ANSWER:
		channel = event->answer.channel;
		break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
	case PRI_EVENT_HANGUP_ACK:
		channel = event->hangup.channel;
		break;
	default:
		return false;
	}
	return isdn_completion_is_on(isdn) && channel > 0 && (channel & WITHOUT_CHANNEL);
}

/* ---- orders */

long isdn_completion_offer(struct isdn_call *call)
{
	struct isdn *isdn = call->isdn;
	long id;

	if (!isdn_can(isdn, ISDN_CAN_COMPLETE) ||
	    (isdn->config.multipoint.on && !isdn->config.network))
		return -ENOTSUP;
	if (!isdn_completion_is_on(isdn))
		return -EACCES;
	if (call->outgoing ||
	    (call->state != ISDN_CALL_PRESENT && call->state != ISDN_CALL_OVERLAP_RECEIVING &&
	     call->state != ISDN_CALL_INCOMING_PROCEEDING && call->state != ISDN_CALL_RECEIVED))
		return -EINVAL;
	id = pri_cc_available(isdn->pri, call->q);
	return id > 0 ? id : -EINVAL;
}

int isdn_completion_request(struct isdn *isdn, long id, bool no_reply)
{
	int rc = pri_cc_req(isdn->pri, id, no_reply);

	isdn_look_soon(isdn);
	return rc < 0 ? -ENOENT : 0;
}

int isdn_completion_answer(struct isdn *isdn, long id, enum isdn_completion_answer answer)
{
	static const int statuses[] = {
	    [ISDN_COMPLETION_ACCEPTED] = 0,
	    [ISDN_COMPLETION_TIMEOUT] = 1,
	    [ISDN_COMPLETION_SHORT_TERM_DENIAL] = 2,
	    [ISDN_COMPLETION_LONG_TERM_DENIAL] = 3,
	};
	int rc = pri_cc_req_rsp(isdn->pri, id, statuses[answer]);

	isdn_look_soon(isdn);
	return rc < 0 ? -ENOENT : 0;
}

void isdn_completion_order(struct isdn *isdn, long id, enum isdn_completion_type type)
{
	switch (type) {
	case ISDN_COMPLETION_USER_FREE:
		pri_cc_remote_user_free(isdn->pri, id);
		break;
	case ISDN_COMPLETION_B_FREE:
		pri_cc_b_free(isdn->pri, id);
		break;
	case ISDN_COMPLETION_STOP_ALERTING:
		pri_cc_stop_alerting(isdn->pri, id);
		break;
	case ISDN_COMPLETION_STATUS_ASKED:
		pri_cc_status_req(isdn->pri, id);
		break;
	case ISDN_COMPLETION_CANCELLED:
		pri_cc_cancel(isdn->pri, id);
		break;
	default:
		return;
	}
	isdn_look_soon(isdn);
}

void isdn_completion_status(struct isdn *isdn, long id, enum isdn_completion_type type, bool busy)
{
	if (type == ISDN_COMPLETION_STATUS)
		pri_cc_status(isdn->pri, id, busy);
	else
		pri_cc_status_req_rsp(isdn->pri, id, busy);
	isdn_look_soon(isdn);
}
