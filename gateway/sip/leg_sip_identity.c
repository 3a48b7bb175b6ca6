// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is at the ends of a SIP leg, beyond what its INVITE said: what the far end tells (identities,
 * diversions, user-user information, its end of the session), and what the other leg has to tell it.
 *
 * Before the answer that goes with 18x and 200; afterwards in an UPDATE, if the far end takes that,
 * else in a re-INVITE (RFC 3311, 4916).
 */
#include "gateway/sip/leg_sip_private.h"

#include <stdio.h>
#include <string.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/call_headers.h"
#include "gateway/sip/digit_relay.h"
#include "gateway/sip/diversion.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/user_to_user.h"

#define FORWARDED 181

/* ---- what the far end says */

static void hear_abilities(struct leg_sip *l, const sip_t *sip)
{
	const sip_allow_t *allow = sip->sip_allow;

	digit_relay_hear(l, sip);
	if (allow)
		l->identity.takes_update = sip_is_allowed(allow, SIP_METHOD_UPDATE);
	if (sip->sip_supported)
		l->identity.takes_from_change =
		    sip_has_supported(sip->sip_supported, "from-change");
}

static void hear_user_user(struct leg_sip *l, const sip_t *sip)
{
	struct leg_service service = {.type = LEG_NOTICED};

	service.notice.type = LEG_NOTICE_USER_USER;
	if (!call_headers_user_user(sip, &service.notice.user_user))
		call_service(&l->leg, &service);
}

static bool same_party(const struct party *a, const struct party *b)
{
	return !strcmp(a->number.digits, b->number.digits) && a->number.ton == b->number.ton &&
	       a->presentation == b->presentation && !strcmp(a->name, b->name);
}

/* A caller who has proved a password only, or somebody whom the DNS or a 3xx has named, may say what he
 * wants. */
static bool is_believed(const struct leg_sip *l)
{
	return trust_allows(l->ua->config.trust, (const struct sockaddr *)dialog_remote(l->dialog));
}

/* NULL: nothing new. */
static const struct party *hear_party(struct leg_sip *l, const struct dialog_news *news)
{
	struct party party;

	if (!is_believed(l))
		return NULL;
	if (news->identity) {
		party = *news->identity;
	} else if (news->message->sip_request && l->identity.takes_from_change) {
		message_party(news->message, &party);
		if (!party.number.digits[0] ||
		    !strcmp(party.number.digits, l->identity.heard.number.digits))
			return NULL; /* the other fields say less than another header did */
	} else {
		return NULL;
	}
	if (same_party(&party, &l->identity.heard))
		return NULL;
	l->identity.heard = party;
	return &l->identity.heard;
}

static const char *hear_session(struct leg_sip *l, const sip_t *sip)
{
	const char *text = call_headers_unknown(sip, "Session-ID");
	struct session_id *session = dialog_session(l->dialog);
	char before[SESSION_UUID_SIZE];

	memcpy(before, session->remote, sizeof(before));
	if (!text || session_id_hear(session, text) || !strcmp(before, session->remote))
		return NULL;
	return session->remote;
}

void leg_sip_hear(struct leg_sip *l, const struct dialog_news *news)
{
	struct leg_identity identity = {.connected = NULL};
	const sip_t *sip = news->message;
	struct redirection redirection;
	bool answer = news->status >= 200 && news->status < 300;

	if (!sip || news->status == 100)
		return;
	hear_abilities(l, sip);
	if (!l->leg.call || !l->dialog)
		return;
	identity.session = hear_session(l, sip);
	if (news->status < 300)
		identity.connected = hear_party(l, news);
	if (answer && l->state < LEG_SIP_UP)
		identity.connected = NULL; /* it comes with CALL_EV_ANSWER */
	if (news->status > 100 && !answer && news->status < 300 &&
	    !call_headers_redirection(sip, &redirection)) {
		redirection.to = l->identity.heard;
		identity.redirection = &redirection;
	}
	if (identity.session || identity.connected || identity.redirection)
		call_event(&l->leg, CALL_EV_IDENTITY, &identity);
	if (news->status || sip->sip_request->rq_method == sip_method_bye)
		hear_user_user(l, sip);
}

const struct party *leg_sip_answerer(const struct leg_sip *l)
{
	return l->identity.heard.number.digits[0] || l->identity.heard.presentation
		   ? &l->identity.heard
		   : NULL;
}

/* ---- what it is told */

static void print_host(const struct leg_sip *l, char host[TARGET_ADDRESS_MAX + 2])
{
	const struct sockaddr_storage *local = dialog_local(l->dialog);
	char bare[TARGET_ADDRESS_MAX];

	target_address_host((const struct sockaddr *)local, bare, sizeof(bare));
	snprintf(host, TARGET_ADDRESS_MAX + 2, local->ss_family == AF_INET6 ? "[%s]" : "%s", bare);
}

/* The lines that say who we are now; again: to a far end that was told otherwise. */
static void set_headers(struct leg_sip *l, bool again)
{
	char host[TARGET_ADDRESS_MAX + 2], from[IDENTITY_HEADER_MAX];
	struct identity_style style = {.host = host,
				       .options = &l->options,
				       .called = call_inbound_leg(l->leg.call) == &l->leg};
	struct header_lines lines = {0};

	print_host(l, host);
	identity_write(&l->identity.ours, &style, &lines);
	header_lines_append(&lines, digit_relay_lines(l));
	dialog_set_headers(l->dialog, lines.text);
	if (!again || !l->identity.takes_from_change)
		return;
	identity_write_from(&l->identity.ours, &style, from);
	dialog_set_from(l->dialog, from);
}

void leg_sip_connected(struct leg_sip *l, const struct party *connected)
{
	if (connected)
		l->identity.ours = *connected;
	if (l->dialog)
		set_headers(l, false);
}

static void on_told(void *arg, unsigned status)
{
	struct leg_sip *l = arg;
	bool again = l->identity.telling == LEG_SIP_TELLING_OLD;

	l->identity.telling = LEG_SIP_TOLD;
	if (status == 405 || status == 501)
		l->identity.takes_update = false; /* whatever its Allow says */
	else if (again)
		leg_sip_tell(l);
}

void leg_sip_tell(struct leg_sip *l)
{
	struct dialog_message update = {.method = "UPDATE", .done = on_told, .arg = l};

	if (l->identity.telling) {
		l->identity.telling = LEG_SIP_TELLING_OLD;
		return;
	}
	set_headers(l, true);
	if (!l->identity.takes_update)
		dialog_refresh(l->dialog);
	else if (!dialog_send(l->dialog, &update))
		l->identity.telling = LEG_SIP_TELLING;
}

/* 181 with the number that it goes to. */
static void tell_redirection(struct leg_sip *l, const struct redirection *redirection)
{
	char host[TARGET_ADDRESS_MAX + 2], user[IDENTITY_USER_MAX];
	struct identity_style style = {.host = host, .options = &l->options, .called = true};
	char uri[IDENTITY_HEADER_MAX] = "sip:unknown@unknown.invalid";
	struct header_lines lines = {0};

	print_host(l, host);
	identity_user(&redirection->to.number, user);
	if (user[0] && redirection->to.presentation == PRESENTATION_ALLOWED)
		snprintf(uri, sizeof(uri), "sip:%s@%s", user, host);
	call_headers_redirected(redirection, &style, uri, &lines);
	dialog_add_header_once(l->dialog, lines.text);
	dialog_provisional(l->dialog, FORWARDED, NULL);
}

void leg_sip_order_identity(struct leg *leg, const struct leg_identity *identity)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	bool early = l->state == LEG_SIP_CALLING || l->state == LEG_SIP_ALERTING;
	bool inbound = call_inbound_leg(leg->call) == leg;
	const struct party before = l->identity.ours;

	if (!l->dialog || l->state == LEG_SIP_OVER)
		return;
	if (identity->session)
		osmo_strlcpy(dialog_session(l->dialog)->local, identity->session,
			     SESSION_UUID_SIZE);
	if (identity->connected)
		l->identity.ours = *identity->connected;
	if (identity->display && identity->display[0])
		osmo_strlcpy(l->identity.ours.name, identity->display,
			     sizeof(l->identity.ours.name));
	if (identity->redirection && inbound && early)
		tell_redirection(l, identity->redirection);
	if (same_party(&l->identity.ours, &before))
		return;
	if (l->state == LEG_SIP_UP)
		leg_sip_tell(l);
	else
		l->identity.changed = !inbound;
}

void leg_sip_order_notice(struct leg *leg, const struct leg_notice *notice)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	char text[USER_TO_USER_TEXT_MAX];
	struct header_lines lines = {0};

	if (notice->type != LEG_NOTICE_USER_USER || !l->dialog)
		return;
	user_to_user_write(&notice->user_user, text);
	header_lines_add(&lines, "User-to-User", text);
	dialog_add_header_once(l->dialog, lines.text);
}
