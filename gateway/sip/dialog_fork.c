// SPDX-License-Identifier: GPL-2.0-or-later
/* Early dialogs of an INVITE of ours. */
#include "gateway/sip/attempt.h"
#include "gateway/sip/proxy.h"

#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

/* ---- life */

void fork_free(struct fork *fork)
{
	struct attempt *a = fork->attempt;

	if (a->heard == fork)
		a->heard = NULL;
	if (a->dialog && a->dialog->reoffer.fork == fork) {
		dialog_reoffer_stop(a->dialog);
		a->dialog->reoffer.fork = NULL;
	}
	if (fork->leg)
		nta_leg_destroy(fork->leg);
	llist_del(&fork->entry);
	a->forks_count--;
	talloc_free(fork);
}

void forks_free(struct attempt *a)
{
	struct fork *fork, *next;

	llist_for_each_entry_safe (fork, next, &a->forks, entry)
		fork_free(fork);
}

/* Until a usable Contact comes, the target is our own request URI: it can be ended in any case. */
static bool make_leg(struct fork *fork, const sip_t *sip)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	sip_contact_t target;
	url_t *uri;

	fork->leg =
	    nta_leg_tcreate(fork->attempt->path.socket->agent, fork_on_request, (void *)fork,
			    SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_from),
			    SIPTAG_TO(sip->sip_to), SIPTAG_CSEQ(sip->sip_cseq), TAG_END());
	if (!fork->leg)
		return false;
	uri = url_hdup(home, (const url_t *)fork->attempt->target);
	if (uri) {
		sip_contact_init(&target);
		*target.m_url = *uri;
		nta_leg_client_reroute(fork->leg, NULL, &target, 1);
	}
	su_home_deinit(home);
	return true;
}

struct fork *fork_find(struct attempt *a, const sip_t *sip)
{
	const char *tag = sip->sip_to->a_tag;
	bool final = sip->sip_status->st_status >= 200;
	struct fork *fork;

	if (!tag)
		return NULL;
	llist_for_each_entry (fork, &a->forks, entry)
		if (!strcasecmp(fork->tag, tag))
			return fork;
	if (!final && a->forks_count >= FORKS_EARLY_MAX)
		return NULL;
	fork = talloc_zero(a, struct fork);
	if (!fork)
		return NULL;
	fork->attempt = a;
	fork->far.exchange = EXCHANGE_OURS;
	llist_add_tail(&fork->entry, &a->forks);
	a->forks_count++;
	fork->tag = talloc_strdup(fork, tag);
	if (!fork->tag || !make_leg(fork, sip)) {
		fork_free(fork);
		return NULL;
	}
	return fork;
}

void fork_route(struct fork *fork, const sip_t *sip)
{
	if (message_target_ok(sip, false) && (sip->sip_contact || sip->sip_record_route))
		nta_leg_client_reroute(fork->leg, sip->sip_record_route, sip->sip_contact, 1);
}

/* ---- what it says */

void fork_take_offer(struct fork *fork, const struct dialog_news *news)
{
	talloc_free(fork->sdp);
	fork->sdp = talloc_strndup(fork, news->sdp, news->sdp_size);
	fork->sdp_is_offer = true;
	fork->attempt->heard = fork;
	llist_del(&fork->entry);
	llist_add_tail(&fork->entry, &fork->attempt->forks);
}

void fork_take_description(struct fork *fork, struct dialog_news *news)
{
	struct attempt *a = fork->attempt;
	bool agreed = fork->far.exchange == EXCHANGE_DONE;

	if (agreed)
		news->sdp = NULL;
	if (news->sdp) {
		fork_take_offer(fork, news);
		fork->sdp_is_offer = false;
	} else if (news->status >= 200 && a->heard != fork && fork->sdp) {
		news->sdp = fork->sdp;
		news->sdp_size = strlen(fork->sdp);
		a->heard = fork;
	}
}

bool fork_take_provisional(struct fork *fork, const sip_t *sip)
{
	struct attempt *a = fork->attempt;
	struct message_request request = {
	    .ua = a->ua,
	    .leg = fork->leg,
	    .path = &a->path,
	    .authorization = a->dialog ? &a->dialog->authorization : NULL,
	};

	dialog_far_learn(&fork->far, sip);
	if (!message_wants_prack(sip))
		return true;
	if (fork->rseq && sip->sip_rseq->rs_response != fork->rseq + 1)
		return false;
	fork->rseq = sip->sip_rseq->rs_response;
	fork_route(fork, sip);
	message_prack(&request, sip);
	if (a->dialog)
		dialog_trace(a->dialog, CALL_SENT, "PRACK");
	return true;
}

void fork_drop(struct fork *fork)
{
	struct attempt *a = fork->attempt;
	struct dialog *d = a->dialog;
	bool heard = a->heard == fork;
	struct dialog_news news = {.status = 183};

	fork_free(fork);
	if (!heard || !d || !dialog_owned(d))
		return;
	llist_for_each_entry (fork, &a->forks, entry)
		if (fork->sdp)
			a->heard = fork;
	if (!a->heard)
		return;
	news.sdp = a->heard->sdp;
	news.sdp_size = strlen(news.sdp);
	d->handlers->provisional(d->arg, &news);
}

int fork_on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct fork *fork = magic;
	int status;

	if (sip->sip_route && proxy_receive(fork->attempt->ua, irq, sip, &status))
		return status;
	switch (sip->sip_request->rq_method) {
	case sip_method_ack:
		nta_incoming_destroy(irq);
		return 0;
	case sip_method_bye:
	case sip_method_options:
		return 200;
	case sip_method_cancel:
		return 481;
	case sip_method_update:
		return dialog_on_offer(fork->attempt->dialog, fork, irq, sip);
	case sip_method_invite:
		return 491; /* ours is not answered yet */
	case sip_method_info:
		if (fork->attempt->dialog)
			return dialog_on_other(fork->attempt->dialog, irq, sip);
		return 481;
	default:
		message_reply(fork->attempt->ua, irq, NULL, 405, TAG_END());
		return 405;
	}
}

/* ---- its end */

void fork_bye(struct fork *fork)
{
	struct message_request request = {
	    .ua = fork->attempt->ua,
	    .leg = fork->leg,
	    .path = &fork->attempt->path,
	    .method = sip_method_bye,
	    .name = "BYE",
	};
	nta_outgoing_t *out = message_send(&request, TAG_END());

	if (out)
		nta_outgoing_destroy(out);
}
