// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * 3xx, both ways. An outbound leg that is answered 3xx: it calls the Contacts that are neighbours itself, and asks
 * the call to route those that are numbers. Who was called is who diverts the call.
 */
#include "gateway/sip/call_headers.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/message.h"
#include "gateway/sip/redirect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

#define NUMBER_CHANGED 22
#define REDIRECTION 23

/* ---- outbound */

/* Who diverts: what the response says (RFC 5806), else who was called. */
static void note_redirection(struct leg_sip *l, const sip_t *sip)
{
	struct redirection said = {0}, *redirection = &l->out.setup.redirection;
	struct party from = {.number = l->out.setup.called};
	unsigned reason = redirect_reason(sip->sip_status->st_status);

	call_headers_redirection(sip, &said);
	if (said.count) {
		from = said.from;
		if (said.reason)
			reason = said.reason;
	}
	if (!redirection->count) {
		redirection->original = from;
		redirection->original_reason = reason;
	}
	if (redirection->count < UINT8_MAX)
		redirection->count++;
	redirection->reason = reason;
	redirection->from = from;
}

static bool route_numbers(struct leg_sip *l, const struct leg_redirect *numbers)
{
	struct leg_service service = {.type = LEG_REDIRECT_ASKED, .redirect = *numbers};

	service.redirect.reason = l->out.setup.redirection.reason;
	service.redirect.from = &l->out.setup.redirection.from;
	return call_service(&l->leg, &service);
}

bool leg_sip_try_next_contact(struct leg_sip *l)
{
	struct redirect_target target;

	while (!redirect_next(l->out.redirect, &target)) {
		if (target.numbers.count && route_numbers(l, &target.numbers))
			return true; /* the call lets go of this leg */
		if (target.numbers.count)
			continue;
		if (l->dialog)
			dialog_release(l->dialog, &(struct dialog_end){0});
		l->dialog = NULL;
		LOGP(DSIP, LOGL_INFO, "redirected to %s\n", target.uri);
		l->out.target = target.host;
		l->out.neighbours_only = target.by_name;
		l->out.uri = talloc_strdup(l, target.uri);
		if (l->out.uri && !leg_sip_start(l))
			return true;
	}
	return false;
}

bool leg_sip_follow(struct leg_sip *l, const struct dialog_news *news)
{
	const sip_t *sip = news->message;
	int rc;

	if (!sip || l->options.redirect == SIP_SWITCH_OFF || news->status == 380)
		return false; /* 380: its Contact is for another kind of call */
	if (!l->out.redirect)
		l->out.redirect = redirect_new(l);
	if (!l->out.redirect)
		return false;
	rc = redirect_take(l->out.redirect, l->ua, sip, l->out.transport);
	if (rc) {
		LOGP(DSIP, LOGL_NOTICE, "%s: redirected %s\n", dialog_name(l->dialog),
		     rc == -ELOOP ? "too often" : "to nowhere it may go");
		return false;
	}
	note_redirection(l, sip);
	return leg_sip_try_next_contact(l);
}

static const struct number *first_number(const sip_t *sip, struct number *room)
{
	for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next)
		if (!identity_number(m->m_url->url_user,
				     m->m_url->url_type == url_tel ? m->m_url->url_params : NULL,
				     room))
			return room;
	return NULL;
}

void leg_sip_note_new_number(const struct dialog_news *news, struct cause *cause)
{
	struct number room;
	const struct number *number = news->message ? first_number(news->message, &room) : NULL;

	if (number && (cause->q850 == NUMBER_CHANGED || cause->q850 == REDIRECTION))
		cause->new_number = *number;
}

/* ---- inbound */

static void our_contact(const struct leg_sip *l, const struct number *number,
			char text[REDIRECT_CONTACT_MAX])
{
	char user[IDENTITY_USER_MAX], host[TARGET_ADDRESS_MAX];

	identity_user(number, user);
	target_address_text((const struct sockaddr *)dialog_local(l->dialog), host, sizeof(host));
	snprintf(text, REDIRECT_CONTACT_MAX, "<sip:%s@%s;user=phone>", user, host);
}

static void send_3xx(struct leg_sip *l, unsigned status, const char *contact)
{
	struct dialog_end end = {.status = status, .contact = contact};

	l->sip_status = status;
	dialog_release(l->dialog, &end);
	l->dialog = NULL;
}

static bool may_send(const struct leg_sip *l)
{
	return l->dialog && l->state < LEG_SIP_UP && call_inbound_leg(l->leg.call) == &l->leg;
}

void leg_sip_contact_of_cause(const struct leg_sip *l, const struct cause *cause,
			      struct dialog_end *end, char room[REDIRECT_CONTACT_MAX])
{
	if (end->status < 300 || end->status > 399)
		return;
	if (!cause->new_number.digits[0] || l->options.moved_temporarily == SIP_SWITCH_OFF) {
		end->status = 410;
		return;
	}
	our_contact(l, &cause->new_number, room);
	end->contact = room;
}

int leg_sip_deflect(struct leg *leg, const struct number *to)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	struct leg_service service = {.type = LEG_DEFLECTED};
	char contact[REDIRECT_CONTACT_MAX];

	if (l->options.moved_temporarily == SIP_SWITCH_OFF)
		return -EACCES;
	if (!may_send(l))
		return -EINVAL;
	our_contact(l, to, contact);
	send_3xx(l, 302, contact);
	l->failure = leg_sip_local_cause(REDIRECTION);
	osmo_timer_schedule(&l->later, 0, 0);
	call_service(leg, &service);
	return 0;
}

/* "<sip:2001@10.1.1.1;transport=tcp>", or nothing for what is no host. */
static int print_target(const struct ua *ua, const struct plan_candidate *c, char *text,
			size_t size)
{
	enum peer_transport transport = c->peer->transport;
	char expanded[TARGET_TEXT_MAX + 1], host[TARGET_HOST_MAX + 16], user[IDENTITY_USER_MAX];
	struct target target;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = ua->config.transport;
	if (c->peer->kind != PEER_VOIP || c->enum_table ||
	    target_expand(c->target, c->peer->destination_pattern, c->called.digits, expanded) <
		0 ||
	    target_parse(expanded, transport, &target))
		return 0;
	identity_user(&c->called, user);
	target_hostport(&target, host, sizeof(host));
	return snprintf(text, size, "<sip:%s@%s%s>", user, host,
			target.transport == PEER_TRANSPORT_TLS	 ? ";transport=tls"
			: target.transport == PEER_TRANSPORT_TCP ? ";transport=tcp"
								 : "");
}

/* `redirect mode`: a telephone that calls another one. */
static int redirect_to_phone(struct leg_sip *l, const char *name)
{
	char text[REDIRECT_CONTACTS_MAX * REDIRECT_CONTACT_MAX];
	unsigned count = leg_sip_phone_contacts(l->ua, name, text, sizeof(text));

	if (!count)
		return -ENOTSUP;
	if (!may_send(l))
		return -EINVAL;
	send_3xx(l, 302, text);
	return 0;
}

int leg_sip_redirect(struct leg *leg, const struct plan_route *route)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	char text[REDIRECT_CONTACTS_MAX * REDIRECT_CONTACT_MAX];
	size_t used = 0;
	unsigned count = 0;

	if (route->candidates[0].phone[0])
		return l->is_phone && l->ua->phones.redirects
			   ? redirect_to_phone(l, route->candidates[0].phone)
			   : -ENOTSUP;
	if (l->options.redirect_server != SIP_SWITCH_ON)
		return -ENOTSUP;
	if (!may_send(l))
		return -EINVAL;
	for (unsigned i = 0; i < route->count && count < REDIRECT_CONTACTS_MAX; i++) {
		char one[REDIRECT_CONTACT_MAX];
		int length = print_target(l->ua, &route->candidates[i], one, sizeof(one));

		if (length <= 0 || (size_t)length >= sizeof(one))
			continue;
		used += snprintf(text + used, sizeof(text) - used, "%s%s;q=%.1f", count ? ", " : "",
				 one, 1.0 - 0.1 * count);
		count++;
	}
	if (!count)
		return -ENOTSUP;
	send_3xx(l, count > 1 ? 300 : 302, text);
	return 0;
}
