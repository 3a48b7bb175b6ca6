/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * attempt - an INVITE of ours, and the early dialogs that it makes: what dialog_uac.c and
 * dialog_fork.c share.
 *
 * A proxy may fork it: every To tag that answers is a dialog of its own, with a leg of its own. The
 * first 2xx wins and becomes the owner's dialog; the INVITE's transaction stays for 64*T1, so that a
 * 2xx of another fork is acknowledged and ended. Until then the owner has the session description
 * of the fork that sent one last.
 */
#ifndef GATEWAY_SIP_ATTEMPT_H
#define GATEWAY_SIP_ATTEMPT_H

#include "gateway/sip/dialog_private.h"

#define FORKS_EARLY_MAX 32 /* early dialogs of one INVITE; more do not come from honest proxies */

enum attempt_state {
	ATTEMPT_TRYING,
	ATTEMPT_CANCELLED,
	ATTEMPT_WON, /* has its 2xx; stays for late ones of other forks */
};

struct attempt {
	struct llist_head entry; /* ua->attempts */
	struct ua *ua;
	enum attempt_state state;
	struct dialog *dialog; /* NULL once it has what it wanted or has gone */
	nta_outgoing_t *invite;
	struct ua_path path;
	char uri[CALL_URI_MAX];
	char target[CALL_URI_MAX]; /* of dialogs that name no Contact */
	char *winner;		   /* To tag */
	struct llist_head forks;   /* the one that was heard of last comes last */
	unsigned forks_count;
	struct fork *heard; /* whose description the owner has; NULL: none */
	struct osmo_timer_list linger;
};

struct fork { /* one To tag */
	struct llist_head entry;
	struct attempt *attempt;
	char *tag;
	nta_leg_t *leg;
	struct dialog_far far;
	uint32_t rseq; /* of its last reliable 1xx, 0: none */
	char *sdp;     /* its last description, NULL: none */
	bool sdp_is_offer;
};

/* The fork of this response's To tag, new or known; NULL: no tag, or too many. */
struct fork *fork_find(struct attempt *attempt, const sip_t *sip);
void fork_free(struct fork *fork);
void forks_free(struct attempt *attempt);
void fork_route(struct fork *fork, const sip_t *sip);
/* A 1xx of this fork. false: it came before, or out of order, and is not to be looked at. */
bool fork_take_provisional(struct fork *fork, const sip_t *sip);
/* Keeps the description and leaves in news what the owner is to take: the first answer that is
 * reliable is the last (RFC 3261 13.2.1); a 2xx brings back what the owner has not got any more. */
void fork_take_description(struct fork *fork, struct dialog_news *news);
/* The owner has taken an offer of this fork. */
void fork_take_offer(struct fork *fork, const struct dialog_news *news);
/* 199 or no more of it: its early dialog is over. The owner hears another one again if there is
 * one. */
void fork_drop(struct fork *fork);
void fork_bye(struct fork *fork);
nta_request_f fork_on_request; /* magic: struct fork */

/* dialog_uac.c */
void attempt_cancel(struct attempt *attempt, const char *reason);
void attempt_free(struct attempt *attempt);

#endif
