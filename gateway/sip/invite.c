// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/invite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/dialog_private.h"

static void take_numbers(const struct call_setup *setup, struct stir_claim *claim)
{
	char calling[NUMBER_DIGITS_MAX + 2], called[NUMBER_DIGITS_MAX + 2];

	number_to_e164(&setup->calling.number, calling);
	number_to_e164(&setup->called, called);
	/* one that is too long is none that could be signed */
	if (strlen(calling) < sizeof(claim->calling) && strlen(called) < sizeof(claim->called)) {
		strcpy(claim->calling, calling);
		strcpy(claim->called, called);
	}
}

/* ---- going out */

void invite_sign(struct ua *ua, const struct dialog_call *call, struct header_lines *lines)
{
	struct stir_claim claim = {0};
	char identity[STIR_IDENTITY_MAX];
	time_t now = time(NULL);
	int rc;

	if (!call->options.stir || !ua->stir)
		return;
	take_numbers(call->setup, &claim);
	rc = stir_sign(ua->stir, call->options.stir, &claim, now, identity);
	if (rc == -EINVAL)
		LOGP(DSIP, LOGL_INFO,
		     "stir-shaken %u: not signed: calling and called number are not both E.164\n",
		     call->options.stir);
	else if (rc && rc != -ENOENT)
		LOGP(DSIP, LOGL_ERROR, "stir-shaken %u: not signed: %s\n", call->options.stir,
		     strerror(-rc));
	if (rc)
		return;
	header_lines_add(lines, "Identity", identity);
	if (call->options.date != SIP_SWITCH_ON)
		call_headers_date(lines);
}

/* ---- coming in */

static void invite_stop(struct invite *invite)
{
	if (invite->check)
		stir_cancel(invite->check);
	invite->check = NULL;
}

static void on_trace(void *arg, enum call_direction direction, const char *text)
{
	/* there is no call that it could be told of */
}

static int on_offer(void *arg, const struct dialog_news *news, char *text, size_t size)
{
	return 500; /* the first one is not answered yet */
}

static void on_ended(void *arg, const struct dialog_news *news)
{
	struct invite *invite = arg;

	invite_stop(invite);
	dialog_release(invite->dialog, &(struct dialog_end){0});
}

static void on_gone(void *arg)
{
	struct invite *invite = arg;

	invite_stop(invite);
	talloc_free(invite);
}

static const struct dialog_handlers waiting = {
    .trace = on_trace, .offer = on_offer, .ended = on_ended, .gone = on_gone};

/* What does not fit is cut, but not within a letter. */
static void mark_name(struct party *calling, const char *prefix)
{
	char name[STIR_PREFIX_MAX + 1 + PARTY_NAME_MAX + 1];
	size_t end;

	if (!prefix[0])
		return;
	end = (size_t)snprintf(name, sizeof(name), "%s %s", prefix,
			       calling->name[0] ? calling->name : calling->number.digits);
	if (end > PARTY_NAME_MAX) {
		end = PARTY_NAME_MAX;
		while ((name[end] & 0xc0) == 0x80)
			end--;
		name[end] = '\0';
	}
	strcpy(calling->name, name);
}

static void apply(const struct stir_profile *profile, enum stir_verdict verdict,
		  struct party *calling)
{
	if (verdict == STIR_PASSED)
		calling->screening = SCREENING_VERIFIED_PASSED;
	else if (verdict != STIR_NO_IDENTITY)
		calling->screening = SCREENING_VERIFIED_FAILED;
	/* The number stays: the dial plan goes by it. */
	if (stir_policy_of(profile, verdict) == STIR_ANONYMOUS) {
		calling->presentation = PRESENTATION_RESTRICTED;
		calling->name[0] = '\0';
		return;
	}
	mark_name(calling,
		  verdict == STIR_PASSED ? profile->prefix_passed : profile->prefix_failed);
}

static unsigned profile_number(struct invite *invite)
{
	const struct peer *peer =
	    office_inbound_peer(invite->ua->office, PEER_VOIP, &invite->setup, NULL);
	struct sip_options options;

	if (!peer)
		return 0;
	ua_options(invite->ua, peer, &options);
	return options.stir;
}

static void verified(void *arg, enum stir_verdict verdict, char attest)
{
	struct invite *invite = arg;
	const struct stir_profile *profile = stir_profile(invite->ua->stir, profile_number(invite));
	msg_t *message = invite->message;
	struct ua *ua = invite->ua;

	invite->check = NULL;
	invite->message = NULL;
	LOGP(DSIP, LOGL_INFO, "%s: stir-shaken: %s%s%c\n", dialog_name(invite->dialog),
	     stir_verdict_name(verdict), attest ? ", attestation " : "", attest ? attest : ' ');
	dialog_bind(invite->dialog, NULL, NULL);
	if (profile && stir_policy_of(profile, verdict) == STIR_REJECT) {
		invite_refuse(invite, (int)stir_refusal(verdict));
	} else {
		if (profile)
			apply(profile, verdict, &invite->setup.calling);
		invite_accept(invite, sip_object(message));
	}
	msg_destroy(message);
	loop_kick(ua->loop);
}

static void take_identities(const sip_t *sip, struct stir_claim *claim)
{
	const sip_unknown_t *u;
	unsigned n = 0;

	for (u = sip->sip_unknown; u && n < STIR_TOKENS_MAX; u = u->un_next)
		if (u->un_name && u->un_value &&
		    (!strcasecmp(u->un_name, "Identity") || !strcasecmp(u->un_name, "y")))
			claim->identities[n++] = u->un_value;
}

static int forget_message(struct invite *invite)
{
	if (invite->message)
		msg_destroy(invite->message);
	return 0;
}

bool invite_verify(struct invite *invite, const sip_t *sip)
{
	unsigned number = invite->replaced || invite->joined ? 0 : profile_number(invite);
	struct stir_claim claim = {0};

	if (!number || !invite->ua->stir)
		return false;
	take_identities(sip, &claim);
	take_numbers(&invite->setup, &claim);
	if (stir_verify(invite->ua->stir, number, &claim, verified, invite, &invite->check))
		return false;
	invite->message = nta_incoming_getrequest(invite->irq);
	talloc_set_destructor(invite, forget_message);
	dialog_bind(invite->dialog, &waiting, invite);
	return true;
}
