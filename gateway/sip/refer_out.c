// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * REFER that we send: the far end of one leg is to call that of another, in our place.
 *
 *	A -- us -- B	REFER to A, Refer-To: B with Replaces of B's dialog
 *	A -- B		his NOTIFY says 200, or B ends the dialog that was replaced
 */
#include "gateway/sip/refer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/dialog_private.h"
#include "gateway/sip/replaces.h"

#define NORMAL_CLEARING 16
#define OUTCOME_S 60 /* without a word after the 202 the calls stay as they are */
#define REFER_TO_MAX 1024

struct referral {
	struct leg_sip *leg, *other; /* it is known to both */
	bool accepted;
	struct osmo_timer_list timer;
};

static void forget(struct referral *r)
{
	osmo_timer_del(&r->timer);
	r->leg->referral = r->other->referral = NULL;
	talloc_free(r);
}

static void report(struct referral *r, enum leg_service_type type)
{
	struct leg_service service = {.type = type};
	struct leg_sip *l = r->leg;

	forget(r);
	call_service(&l->leg, &service);
}

static void on_timeout(void *data)
{
	struct referral *r = data;

	LOGP(DSIP, LOGL_NOTICE, "%s: nobody has told what became of our REFER\n",
	     dialog_name(r->leg->dialog));
	report(r, LEG_TRANSFER_REFUSED);
}

static void on_answered(void *arg, unsigned status)
{
	struct leg_sip *l = arg;

	if (!l->referral || l->referral->leg != l)
		return;
	if (status >= 300) {
		report(l->referral, LEG_TRANSFER_REFUSED);
		return;
	}
	l->referral->accepted = true;
	osmo_timer_schedule(&l->referral->timer, OUTCOME_S, 0);
}

/* ---- the order */

static bool same_neighbour(const struct leg_sip *a, const struct leg_sip *b)
{
	char one[TARGET_ADDRESS_MAX], two[TARGET_ADDRESS_MAX];

	target_address_host((const struct sockaddr *)dialog_remote(a->dialog), one, sizeof(one));
	target_address_host((const struct sockaddr *)dialog_remote(b->dialog), two, sizeof(two));
	return strcmp(one, two) == 0;
}

static bool is_phone(const struct leg_sip *l)
{
	return l->is_phone || l->out.phone;
}

/* "<sip:bob@10.1.1.1?Replaces=...>": his Contact, and the dialog as he knows it. */
static int print_refer_to(const struct dialog *d, char *text, size_t size)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *contact = NULL;
	char uri[PLAN_URI_MAX + 1], replaces[REPLACES_TEXT_MAX], escaped[3 * REPLACES_TEXT_MAX];
	url_t bare;
	int length;

	if (!d->leg || nta_leg_get_route(d->leg, &route, &contact) < 0 || !contact ||
	    !nta_leg_get_rtag(d->leg) || !nta_leg_get_tag(d->leg))
		return -EINVAL;
	bare = *contact->m_url;
	bare.url_headers = NULL;
	length = url_e(uri, sizeof(uri), &bare);
	if (length <= 0 || (size_t)length >= sizeof(uri))
		return -EINVAL;
	length = snprintf(replaces, sizeof(replaces), "%s;to-tag=%s;from-tag=%s", d->name,
			  nta_leg_get_rtag(d->leg), nta_leg_get_tag(d->leg));
	if ((size_t)length >= sizeof(replaces))
		return -EMSGSIZE;
	url_escape(escaped, replaces, ";=@:/?&+$,%<>\"");
	length = snprintf(text, size, "<%s?Replaces=%s>", uri, escaped);
	return (size_t)length < size ? 0 : -EMSGSIZE;
}

int refer_order(struct leg *leg, struct leg *other_leg)
{
	struct leg_sip *l = (struct leg_sip *)leg, *other = (struct leg_sip *)other_leg;
	char refer_to[REFER_TO_MAX], us[TARGET_ADDRESS_MAX], headers[REFER_TO_MAX + 128];
	struct dialog_message message = {
	    .method = "REFER",
	    .headers = headers,
	    .done = on_answered,
	    .arg = l,
	};
	int rc;

	if (leg->ops != other_leg->ops)
		return -EXDEV;
	if (l->state != LEG_SIP_UP || other->state != LEG_SIP_UP || !l->dialog || !other->dialog)
		return -EINVAL;
	/* telephones are called by way of us alone, and share an address behind NAT */
	if (is_phone(l) || is_phone(other) || !same_neighbour(l, other))
		return -EXDEV;
	if (l->options.refer == SIP_SWITCH_OFF || other->options.refer == SIP_SWITCH_OFF)
		return -EACCES;
	if (l->referral || other->referral)
		return -EBUSY;
	rc = print_refer_to(other->dialog, refer_to, sizeof(refer_to));
	if (rc)
		return rc;
	target_address_text((const struct sockaddr *)dialog_local(l->dialog), us, sizeof(us));
	snprintf(headers, sizeof(headers), "Refer-To: %s\r\nReferred-By: <sip:%s>\r\n", refer_to,
		 us);
	l->referral = talloc_zero(l->ua, struct referral);
	if (!l->referral)
		return -ENOMEM;
	other->referral = l->referral;
	l->referral->leg = l;
	l->referral->other = other;
	osmo_timer_setup(&l->referral->timer, on_timeout, l->referral);
	rc = dialog_send(l->dialog, &message);
	if (rc)
		forget(l->referral);
	return rc;
}

/* ---- what becomes of it */

/* "SIP/2.0 200 OK"; 0: it is none. */
static unsigned status_of(const sip_t *sip)
{
	const char *body = sip->sip_payload ? sip->sip_payload->pl_data : NULL;
	size_t length = body ? sip->sip_payload->pl_len : 0;
	char line[16] = "";

	if (length < 11 || strncasecmp(body, "SIP/2.0 ", 8))
		return 0;
	memcpy(line, body + 8, 3);
	return (unsigned)strtoul(line, NULL, 10);
}

static bool is_terminated(const sip_t *sip)
{
	const sip_subscription_state_t *state = sip->sip_subscription_state;

	return state && state->ss_substate && strcasecmp(state->ss_substate, "terminated") == 0;
}

/* The transferor ends the dialog (RFC 5589 6.1). */
static void done(struct leg_sip *l)
{
	report(l->referral, LEG_TRANSFERRED);
	l->failure = leg_sip_local_cause(NORMAL_CLEARING);
	osmo_timer_schedule(&l->later, 0, 0);
}

int refer_notified(struct leg_sip *l, const sip_t *sip)
{
	unsigned status = status_of(sip);

	if (!sip->sip_event || !sip->sip_event->o_type ||
	    strcasecmp(sip->sip_event->o_type, "refer"))
		return 489;
	if (!l->referral || l->referral->leg != l)
		return 481;
	if (status >= 200 && status < 300)
		done(l);
	else if (status >= 300 || is_terminated(sip))
		report(l->referral, LEG_TRANSFER_REFUSED);
	return 200;
}

void refer_leg_ended(struct leg_sip *l)
{
	struct leg_service service = {.type = LEG_TRANSFERRED};

	if (!l->referral)
		return;
	if (l->referral->accepted && l->referral->other == l)
		call_service(&l->leg, &service);
	forget(l->referral);
}
