// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An outbound leg that is answered 3xx: it calls the Contacts that are neighbours itself, and asks
 * the call to route those that are numbers. Who was called is who diverts the call.
 */
#include "gateway/sip/call_headers.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/message.h"
#include "gateway/sip/redirect.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

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
