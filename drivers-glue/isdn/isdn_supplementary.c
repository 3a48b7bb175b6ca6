// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define CAUSE_CHANNEL_UNAVAILABLE 44
#define CAUSE_FACILITY_REJECTED 29

/* ---- who can what */

#define BIT(type) (1u << (type))
#define NET5 (BIT(ISDN_PRIMARY_NET5) | BIT(ISDN_BASIC_NET3))
#define QSIG (BIT(ISDN_PRIMARY_QSIG) | BIT(ISDN_BASIC_QSIG))
#define EVERY                                                                                      \
	(NET5 | BIT(ISDN_PRIMARY_NI) | BIT(ISDN_PRIMARY_DMS100) | BIT(ISDN_PRIMARY_4ESS) |         \
	 BIT(ISDN_PRIMARY_5ESS) | QSIG)

static const struct {
	unsigned user, network; /* switch types */
} abilities[] = {
    [ISDN_CAN_HOLD] = {EVERY, EVERY},
    [ISDN_CAN_TRANSFER] = {EVERY, QSIG},
    [ISDN_CAN_TAKE_TRANSFER] = {0, NET5},
    [ISDN_CAN_DEFLECT] = {NET5 | QSIG, QSIG},
    [ISDN_CAN_TAKE_DEFLECT] = {QSIG, NET5 | QSIG},
    [ISDN_CAN_MCID] = {NET5, 0},
    [ISDN_CAN_TAKE_MCID] = {0, NET5},
    [ISDN_CAN_CHARGE] = {0, NET5},
    [ISDN_CAN_TAKE_CHARGE] = {NET5, 0},
    [ISDN_CAN_NOTIFY] = {NET5, NET5},
    [ISDN_CAN_USER_USER] = {EVERY, EVERY},
    [ISDN_CAN_MWI] = {QSIG, QSIG},
};

bool isdn_supplementary_possible(enum isdn_switch_type type, bool network,
				 enum isdn_ability ability)
{
	unsigned types = network ? abilities[ability].network : abilities[ability].user;

	return types & BIT(type);
}

bool isdn_can(const struct isdn *isdn, enum isdn_ability ability)
{
	return isdn_supplementary_possible(isdn->config.switch_type, isdn->config.network, ability);
}

const char *isdn_supplementary_type_name(enum isdn_supplementary_type type)
{
	static const char *const names[] = {
	    [ISDN_HELD] = "held",
	    [ISDN_RETRIEVE_ASKED] = "retrieve asked",
	    [ISDN_HOLD_DONE] = "hold done",
	    [ISDN_HOLD_REFUSED] = "hold refused",
	    [ISDN_RETRIEVE_DONE] = "retrieve done",
	    [ISDN_RETRIEVE_REFUSED] = "retrieve refused",
	    [ISDN_TRANSFER_DONE] = "transferred",
	    [ISDN_TRANSFER_REFUSED] = "transfer refused",
	    [ISDN_TRANSFER_ASKED] = "transfer asked",
	    [ISDN_DEFLECT_DONE] = "deflected",
	    [ISDN_DEFLECT_REFUSED] = "deflection refused",
	    [ISDN_DEFLECT_ASKED] = "deflection asked",
	    [ISDN_MCID_ASKED] = "malicious call identified",
	    [ISDN_MCID_DONE] = "malicious call registered",
	    [ISDN_MCID_REFUSED] = "malicious call identification refused",
	    [ISDN_CHARGED] = "charge",
	    [ISDN_NOTIFIED] = "notification",
	    [ISDN_USER_USER] = "user-user information",
	};

	return type < ISDN_SUPPLEMENTARY_TYPE_COUNT ? names[type] : "?";
}

/* ---- configuration */

void isdn_supplementary_configure(struct isdn *isdn, struct pri *pri)
{
	unsigned services = isdn->config.supplementary;

	switch (isdn->config.switch_type) {
	case ISDN_PRIMARY_QSIG:
	case ISDN_BASIC_QSIG: /* names and diversions travel in it */
		pri_facility_enable(pri);
		break;
	case ISDN_PRIMARY_NET5:
	case ISDN_BASIC_NET3: /* diversions; with the request for charges comes both */
		if (isdn->config.redirection_facility || (services & ISDN_SUPPLEMENTARY_CHARGE))
			pri_facility_enable(pri);
		break;
	case ISDN_PRIMARY_DMS100: /* RLT: each SETUP asks for the name of the call */
		if (services & ISDN_SUPPLEMENTARY_TRANSFER)
			pri_facility_enable(pri);
		break;
	default:
		break;
	}
	pri_hold_enable(pri, (services & ISDN_SUPPLEMENTARY_HOLD) != 0);
	pri_transfer_enable(pri, (services & ISDN_SUPPLEMENTARY_TRANSFER) != 0 &&
				     isdn_can(isdn, ISDN_CAN_TAKE_TRANSFER));
	pri_reroute_enable(pri, (services & ISDN_SUPPLEMENTARY_DIVERSION) != 0 &&
				    isdn_can(isdn, ISDN_CAN_TAKE_DEFLECT));
	pri_mcid_enable(pri, (services & ISDN_SUPPLEMENTARY_MCID) != 0);
	pri_aoc_events_enable(pri, 1);
	/* Requests for call completion are refused by libpri, its offers not taken. */
	pri_cc_enable(pri, 0);
}

void isdn_supplementary_setup(const struct isdn *isdn, struct pri_sr *record)
{
	if ((isdn->config.supplementary & ISDN_SUPPLEMENTARY_CHARGE) &&
	    isdn_can(isdn, ISDN_CAN_TAKE_CHARGE))
		pri_sr_set_aoc_charging_request(record, PRI_AOC_REQUEST_S | PRI_AOC_REQUEST_D |
							    PRI_AOC_REQUEST_E);
}

/* ---- in */

void isdn_supplementary_report(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	if (call->isdn->handlers->supplementary)
		call->isdn->handlers->supplementary(call, event);
}

/* libpri hands out IA5 characters only, up to the first zero octet. */
static void report_user_user(struct isdn_call *call, const char *text)
{
	struct isdn_supplementary_event event = {.type = ISDN_USER_USER};
	size_t length = strnlen(text, USER_USER_MAX);

	if (length == 0)
		return;
	event.user_user.protocol = USER_USER_IA5;
	event.user_user.length = (uint8_t)length;
	memcpy(event.user_user.octets, text, length);
	isdn_supplementary_report(call, &event);
}

static void report_simply(struct isdn_call *call, enum isdn_supplementary_type type)
{
	struct isdn_supplementary_event event = {.type = type};

	isdn_supplementary_report(call, &event);
}

static const struct pri_subcommands *event_subcommands(const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_RING:
	case PRI_EVENT_INFO_RECEIVED:
		return event->ring.subcmds;
	case PRI_EVENT_RINGING:
		return event->ringing.subcmds;
	case PRI_EVENT_ANSWER:
		return event->answer.subcmds;
	case PRI_EVENT_HANGUP:
	case PRI_EVENT_HANGUP_ACK:
	case PRI_EVENT_HANGUP_REQ:
		return event->hangup.subcmds;
	case PRI_EVENT_PROCEEDING:
	case PRI_EVENT_PROGRESS:
		return event->proceeding.subcmds;
	case PRI_EVENT_SETUP_ACK:
		return event->setup_ack.subcmds;
	case PRI_EVENT_NOTIFY:
		return event->notify.subcmds;
	case PRI_EVENT_KEYPAD_DIGIT:
		return event->digit.subcmds;
	case PRI_EVENT_FACILITY:
		return event->facility.subcmds;
	case PRI_EVENT_HOLD:
		return event->hold.subcmds;
	case PRI_EVENT_HOLD_ACK:
		return event->hold_ack.subcmds;
	case PRI_EVENT_HOLD_REJ:
		return event->hold_rej.subcmds;
	case PRI_EVENT_RETRIEVE:
		return event->retrieve.subcmds;
	case PRI_EVENT_RETRIEVE_ACK:
		return event->retrieve_ack.subcmds;
	case PRI_EVENT_RETRIEVE_REJ:
		return event->retrieve_rej.subcmds;
	case PRI_EVENT_CONNECT_ACK:
		return event->connect_ack.subcmds;
	default:
		return NULL;
	}
}

q931_call *isdn_supplementary_event_call(const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_FACILITY:
		return event->facility.call;
	case PRI_EVENT_HOLD:
		return event->hold.call;
	case PRI_EVENT_HOLD_ACK:
		return event->hold_ack.call;
	case PRI_EVENT_HOLD_REJ:
		return event->hold_rej.call;
	case PRI_EVENT_RETRIEVE:
		return event->retrieve.call;
	case PRI_EVENT_RETRIEVE_ACK:
		return event->retrieve_ack.call;
	case PRI_EVENT_RETRIEVE_REJ:
		return event->retrieve_rej.call;
	default:
		return NULL;
	}
}

void isdn_supplementary_keep(const pri_event *event, struct pri_subcommands *out)
{
	const struct pri_subcommands *subcommands = event_subcommands(event);

	out->counter_subcmd = 0;
	if (!subcommands)
		return;
	for (int i = 0; i < subcommands->counter_subcmd && i < PRI_MAX_SUBCOMMANDS; i++)
		out->subcmd[out->counter_subcmd++] = subcommands->subcmd[i];
}

/* ---- subcommands */

static void redirecting_to_event(const struct pri_party_redirecting *redirecting,
				 struct isdn_supplementary_event *event)
{
	struct party party;

	isdn_party_from_pri(&redirecting->to, &party);
	event->deflect.to = party.number;
	isdn_party_from_pri(&redirecting->from, &party);
	event->deflect.from = party.number;
	event->deflect.reason = (uint8_t)(redirecting->reason & 0x0f);
	event->deflect.count =
	    (uint8_t)(redirecting->count < 0 || redirecting->count > 255 ? 255
									 : redirecting->count);
}

static void on_rerouting(struct isdn_call *call, const struct pri_rerouting_data *rerouting)
{
	struct isdn_supplementary_event event = {.type = ISDN_DEFLECT_ASKED};
	bool unanswered = call->outgoing && (call->state == ISDN_CALL_OUTGOING_PROCEEDING ||
					     call->state == ISDN_CALL_DELIVERED);

	redirecting_to_event(&rerouting->deflection, &event);
	event.deflect.invoke = rerouting->invoke_id;
	if (event.deflect.to.digits[0] == '\0')
		pri_rerouting_rsp(call->isdn->pri, call->q, rerouting->invoke_id,
				  PRI_REROUTING_RSP_INVALID_NUMBER);
	else if (!unanswered || !call->isdn->handlers->supplementary)
		pri_rerouting_rsp(call->isdn->pri, call->q, rerouting->invoke_id,
				  PRI_REROUTING_RSP_NOT_ALLOWED);
	else
		isdn_supplementary_report(call, &event);
}

static void on_transfer(struct isdn_call *call, const struct pri_subcmd_transfer *transfer)
{
	struct isdn *isdn = call->isdn;
	struct isdn_supplementary_event event = {.type = ISDN_TRANSFER_ASKED};
	struct isdn_call *one = isdn_call_find(isdn, transfer->call_1);
	struct isdn_call *two = isdn_call_find(isdn, transfer->call_2);

	event.transfer.other = one == call ? two : one;
	event.transfer.invoke = transfer->invoke_id;
	if (!event.transfer.other || event.transfer.other == call ||
	    !isdn->handlers->supplementary || call->state != ISDN_CALL_ACTIVE ||
	    event.transfer.other->state != ISDN_CALL_ACTIVE)
		pri_transfer_rsp(isdn->pri, call->q, transfer->invoke_id, 0);
	else
		isdn_supplementary_report(call, &event);
}

static void on_charge_response(struct isdn_call *call,
			       const struct pri_subcmd_aoc_request_response *response)
{
	struct isdn_supplementary_event event = {.type = ISDN_CHARGED};

	if (!response->valid_aoc_s)
		return;
	isdn_charge_from_aoc_s(&response->aoc_s, &event.charge);
	isdn_supplementary_report(call, &event);
}

/* Charges are sent anyway, as far as there are any: AOC-S is not answered with a list of rates. */
static void on_charge_request(struct isdn_call *call, const struct pri_subcmd_aoc_request *request)
{
	if (request->charging_request == PRI_AOC_REQUEST_S)
		pri_aoc_s_request_response_send(call->isdn->pri, call->q, request->invoke_id, NULL);
	else
		pri_aoc_de_request_response_send(call->isdn->pri, call->q,
						 PRI_AOC_REQ_RSP_CHARGING_INFO_FOLLOWS,
						 request->invoke_id);
}

static void on_charge(struct isdn_call *call, const struct pri_subcommand *sub)
{
	struct isdn_supplementary_event event = {.type = ISDN_CHARGED};

	if (sub->cmd == PRI_SUBCMD_AOC_S)
		isdn_charge_from_aoc_s(&sub->u.aoc_s, &event.charge);
	else if (sub->cmd == PRI_SUBCMD_AOC_D)
		isdn_charge_from_aoc_d(&sub->u.aoc_d, &event.charge);
	else
		isdn_charge_from_aoc_e(&sub->u.aoc_e, &event.charge);
	isdn_supplementary_report(call, &event);
}

static void on_subcommand(struct isdn_call *call, const struct pri_subcommand *sub)
{
	switch (sub->cmd) {
	case PRI_SUBCMD_REDIRECTING: /* who is there: isdn_event.c */
	case PRI_SUBCMD_CONNECTED_LINE:
	case PRI_SUBCMD_DISPLAY_TEXT:
		break;
	case PRI_SUBCMD_REROUTING:
		on_rerouting(call, &sub->u.rerouting);
		break;
	case PRI_SUBCMD_TRANSFER_CALL:
		on_transfer(call, &sub->u.transfer);
		break;
	case PRI_SUBCMD_AOC_S:
	case PRI_SUBCMD_AOC_D:
	case PRI_SUBCMD_AOC_E:
		on_charge(call, sub);
		break;
	case PRI_SUBCMD_AOC_CHARGING_REQ:
		on_charge_request(call, &sub->u.aoc_request);
		break;
	case PRI_SUBCMD_AOC_CHARGING_REQ_RSP:
		on_charge_response(call, &sub->u.aoc_request_response);
		break;
	case PRI_SUBCMD_MCID_REQ:
		report_simply(call, ISDN_MCID_ASKED);
		break;
	case PRI_SUBCMD_MCID_RSP:
		report_simply(call,
			      sub->u.mcid_rsp.status == 0 ? ISDN_MCID_DONE : ISDN_MCID_REFUSED);
		break;
	default:
		LOGP(DISDN, LOGL_INFO, "%s: supplementary service %d is not for us\n",
		     isdn_channel_text(call->isdn, call->timeslot), sub->cmd);
		break;
	}
}

/* ---- hold */

static void call_held(struct isdn_call *call, enum isdn_supplementary_type type)
{
	call->supplementary.hold = ISDN_HOLD_HELD;
	call->timeslot = 0;
	report_simply(call, type);
}

static void on_hold(struct isdn_call *call)
{
	pri_hold_ack(call->isdn->pri, call->q);
	call_held(call, ISDN_HELD);
}

static void on_retrieve(struct isdn_call *call, const struct pri_event_retrieve *retrieve)
{
	struct isdn_supplementary_event event = {.type = ISDN_RETRIEVE_ASKED};

	event.retrieve.timeslot = isdn_channel_from_pri(call->isdn, retrieve->channel);
	event.retrieve.exclusive = !retrieve->flexible && event.retrieve.timeslot != 0;
	call->supplementary.hold = ISDN_HOLD_FAR_RETRIEVING;
	if (call->isdn->handlers->supplementary)
		isdn_supplementary_report(call, &event);
	else
		isdn_retrieve_answer(call, 0, CAUSE_CHANNEL_UNAVAILABLE);
}

static void report_cause(struct isdn_call *call, enum isdn_supplementary_type type, int cause)
{
	struct isdn_supplementary_event event = {.type = type};

	event.cause = cause > 0 && cause < 128 ? (unsigned)cause : CAUSE_FACILITY_REJECTED;
	isdn_supplementary_report(call, &event);
}

static void on_hold_event(struct isdn_call *call, const pri_event *event)
{
	enum isdn_hold_state hold = call->supplementary.hold;

	switch (event->e) {
	case PRI_EVENT_HOLD:
		on_hold(call);
		break;
	case PRI_EVENT_HOLD_ACK:
		call_held(call, ISDN_HOLD_DONE);
		break;
	case PRI_EVENT_HOLD_REJ:
		if (hold != ISDN_HOLD_ASKED) /* its timer goes on when both hold at once */
			break;
		call->supplementary.hold = ISDN_HOLD_IDLE;
		report_cause(call, ISDN_HOLD_REFUSED, event->hold_rej.cause);
		break;
	case PRI_EVENT_RETRIEVE:
		on_retrieve(call, &event->retrieve);
		break;
	case PRI_EVENT_RETRIEVE_ACK:
		call->supplementary.hold = ISDN_HOLD_IDLE;
		call->timeslot = isdn_channel_from_pri(call->isdn, event->retrieve_ack.channel);
		report_simply(call, ISDN_RETRIEVE_DONE);
		break;
	case PRI_EVENT_RETRIEVE_REJ:
		if (hold != ISDN_HOLD_RETRIEVING)
			break;
		call->supplementary.hold = ISDN_HOLD_HELD;
		report_cause(call, ISDN_RETRIEVE_REFUSED, event->retrieve_rej.cause);
		break;
	default:
		break;
	}
}

/* ---- before and after */

static bool is_clearing(const pri_event *event)
{
	return event->e == PRI_EVENT_HANGUP_REQ || event->e == PRI_EVENT_HANGUP ||
	       event->e == PRI_EVENT_HANGUP_ACK;
}

static void on_subcommands(struct isdn_call *call, const struct pri_subcommands *subcommands)
{
	for (int i = 0; i < subcommands->counter_subcmd; i++)
		on_subcommand(call, &subcommands->subcmd[i]);
}

void isdn_supplementary_before(struct isdn_call *call, const pri_event *event,
			       const struct pri_subcommands *subcommands)
{
	switch (event->e) {
	case PRI_EVENT_RINGING:
		report_user_user(call, event->ringing.useruserinfo);
		break;
	case PRI_EVENT_ANSWER:
		report_user_user(call, event->answer.useruserinfo);
		break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
		report_user_user(call, event->hangup.useruserinfo);
		break;
	default:
		break;
	}
	if (!is_clearing(event))
		return;
	on_subcommands(call, subcommands);
	if (call->isdn->message.type != 0)
		isdn_request_on_clearing(call, call->isdn->message.cause);
}

void isdn_supplementary_after(struct isdn *isdn, const pri_event *event,
			      const struct pri_subcommands *subcommands)
{
	q931_call *q = event->e == PRI_EVENT_RING ? event->ring.call : NULL;
	struct isdn_supplementary_event notified = {.type = ISDN_NOTIFIED};
	struct isdn_call *call;

	if (is_clearing(event))
		return;
	switch (event->e) {
	case PRI_EVENT_RINGING:
		q = event->ringing.call;
		break;
	case PRI_EVENT_ANSWER:
		q = event->answer.call;
		break;
	case PRI_EVENT_PROCEEDING:
	case PRI_EVENT_PROGRESS:
		q = event->proceeding.call;
		break;
	case PRI_EVENT_SETUP_ACK:
		q = event->setup_ack.call;
		break;
	case PRI_EVENT_NOTIFY:
		q = event->notify.call;
		break;
	case PRI_EVENT_KEYPAD_DIGIT:
		q = event->digit.call;
		break;
	case PRI_EVENT_INFO_RECEIVED:
		q = event->ring.call;
		break;
	default:
		q = q ? q : isdn_supplementary_event_call(event);
		break;
	}
	call = isdn_call_find(isdn, q);
	if (!call || call->state == ISDN_CALL_CLEARING)
		return;
	on_hold_event(call, event);
	if (event->e == PRI_EVENT_NOTIFY && event->notify.info >= 0) {
		notified.indicator = (uint8_t)event->notify.info;
		isdn_supplementary_report(call, &notified);
	}
	on_subcommands(call, subcommands);
}
