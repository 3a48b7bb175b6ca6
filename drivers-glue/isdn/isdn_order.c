// SPDX-License-Identifier: GPL-2.0-or-later
/* Orders for supplementary services whose outcome is known at once or comes as an event. */
#include <errno.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"

static int ordered(struct isdn_call *call, int rc)
{
	isdn_look_soon(call->isdn);
	return rc < 0 ? -EINVAL : 0; /* libpri knows the state best */
}

static bool is_up(const struct isdn_call *call)
{
	return call->state != ISDN_CALL_DISCONNECTED && call->state != ISDN_CALL_CLEARING;
}

bool isdn_call_is_held(const struct isdn_call *call)
{
	return call->supplementary.hold >= ISDN_HOLD_HELD;
}

int isdn_hold(struct isdn_call *call)
{
	int rc = isdn_supplementary_permitted(call->isdn, ISDN_SUPPLEMENTARY_HOLD, ISDN_CAN_HOLD);

	if (rc < 0)
		return rc;
	if (call->supplementary.hold != ISDN_HOLD_IDLE || !is_up(call))
		return -EINVAL;
	rc = ordered(call, pri_hold(call->isdn->pri, call->q));
	if (rc == 0)
		call->supplementary.hold = ISDN_HOLD_ASKED;
	return rc;
}

int isdn_retrieve(struct isdn_call *call, unsigned timeslot)
{
	int rc;

	if (call->supplementary.hold == ISDN_HOLD_RETRIEVING)
		return -EALREADY;
	if (call->supplementary.hold != ISDN_HOLD_HELD || !is_up(call))
		return -EINVAL;
	rc = ordered(call,
		     pri_retrieve(call->isdn->pri, call->q,
				  timeslot ? isdn_channel_to_pri(call->isdn, timeslot) : 0xff));
	if (rc == 0)
		call->supplementary.hold = ISDN_HOLD_RETRIEVING;
	return rc;
}

int isdn_retrieve_answer(struct isdn_call *call, unsigned timeslot, unsigned cause)
{
	struct pri *pri = call->isdn->pri;

	if (call->supplementary.hold != ISDN_HOLD_FAR_RETRIEVING)
		return -EINVAL;
	if (timeslot == 0) {
		call->supplementary.hold = ISDN_HOLD_HELD;
		return ordered(call, pri_retrieve_rej(pri, call->q, (int)cause));
	}
	call->supplementary.hold = ISDN_HOLD_IDLE;
	call->timeslot = timeslot;
	return ordered(call,
		       pri_retrieve_ack(pri, call->q, isdn_channel_to_pri(call->isdn, timeslot)));
}

int isdn_transfer_answer(struct isdn_call *call, int invoke, bool done)
{
	return ordered(call, pri_transfer_rsp(call->isdn->pri, call->q, invoke, done));
}

int isdn_deflect_answer(struct isdn_call *call, int invoke, bool accepted)
{
	return ordered(call, pri_rerouting_rsp(call->isdn->pri, call->q, invoke,
					       accepted ? PRI_REROUTING_RSP_OK_CLEAR
							: PRI_REROUTING_RSP_NOT_AVAILABLE));
}

int isdn_mcid(struct isdn_call *call)
{
	int rc = isdn_supplementary_permitted(call->isdn, ISDN_SUPPLEMENTARY_MCID, ISDN_CAN_MCID);

	if (rc < 0)
		return rc;
	if (call->outgoing ||
	    (call->state != ISDN_CALL_ACTIVE && call->state != ISDN_CALL_DISCONNECTED))
		return -EINVAL;
	return ordered(call, pri_mcid_req_send(call->isdn->pri, call->q));
}

int isdn_charge_send(struct isdn_call *call, const struct isdn_charge *charge)
{
	union {
		struct pri_subcmd_aoc_s s;
		struct pri_subcmd_aoc_d d;
		struct pri_subcmd_aoc_e e;
	} aoc;
	struct pri *pri = call->isdn->pri;

	if (!isdn_can(call->isdn, ISDN_CAN_CHARGE))
		return -ENOTSUP;
	if (call->state == ISDN_CALL_CLEARING || (!charge->final && !is_up(call)))
		return -EINVAL;
	if (charge->kind == ISDN_CHARGE_RATE) {
		isdn_charge_to_aoc_s(charge, &aoc.s);
		return ordered(call, pri_aoc_s_send(pri, call->q, &aoc.s));
	}
	if (charge->final) {
		isdn_charge_to_aoc_e(charge, &aoc.e);
		return ordered(call, pri_aoc_e_send(pri, call->q, &aoc.e));
	}
	isdn_charge_to_aoc_d(charge, &aoc.d);
	return ordered(call, pri_aoc_d_send(pri, call->q, &aoc.d));
}

int isdn_notify(struct isdn_call *call, unsigned indicator)
{
	if (indicator > 0x7f)
		return -EINVAL;
	if (indicator > 2 && !isdn_can(call->isdn, ISDN_CAN_NOTIFY))
		return -ENOTSUP;
	if (!is_up(call) || call->state == ISDN_CALL_INITIATED || call->state == ISDN_CALL_PRESENT)
		return -EINVAL;
	return ordered(call, pri_notify(call->isdn->pri, call->q, 0, (int)indicator));
}

int isdn_user_user(struct isdn_call *call, const struct user_user *user_user)
{
	char text[USER_USER_MAX + 1];

	if (user_user->protocol != USER_USER_IA5 || user_user->length > USER_USER_MAX ||
	    memchr(user_user->octets, 0, user_user->length))
		return -ENOTSUP;
	memcpy(text, user_user->octets, user_user->length);
	text[user_user->length] = '\0';
	pri_call_set_useruser(call->q, text);
	return 0;
}

/* The connection that carries it has no B channel and is cleared by libpri when it is answered. */
int isdn_mwi(struct isdn *isdn, const struct number *mailbox, bool on)
{
	char digits[NUMBER_DIGITS_MAX + 1] = "";
	q931_call *q;
	int rc;

	if (!isdn_can(isdn, ISDN_CAN_MWI))
		return -ENOTSUP;
	if (isdn->link != ISDN_LINK_UP)
		return -ENETDOWN;
	strncat(digits, isdn_number_digits(mailbox), NUMBER_DIGITS_MAX);
	if (digits[0] == '\0')
		return -EINVAL;
	q = pri_new_call(isdn->pri);
	if (!q)
		return -ENOMEM;
	rc = (on ? pri_mwi_activate : pri_mwi_deactivate)(isdn->pri, q, NULL, 0, NULL, 0, digits,
							  isdn_number_plan(mailbox));
	if (rc < 0)
		pri_destroycall(isdn->pri, q);
	isdn_look_soon(isdn);
	return rc < 0 ? -EIO : 0;
}
