/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dialog_private - what the files dialog*.c share.
 */
#ifndef GATEWAY_SIP_DIALOG_PRIVATE_H
#define GATEWAY_SIP_DIALOG_PRIVATE_H

#include "gateway/sip/call_headers.h"
#include "gateway/sip/header_lines.h"
#include "gateway/sip/message.h"
#include "gateway/sip/session_id.h"

enum dialog_state { /* see dialog.h */
		    DIALOG_INCOMING,
		    DIALOG_ANSWERED,
		    DIALOG_CALLING,
		    DIALOG_UP,
		    DIALOG_CLOSING,
		    DIALOG_ENDING,
		    DIALOG_ENDED,
};

enum dialog_awaits { /* of an INVITE or re-INVITE that we answered 2xx */
		     DIALOG_AWAITS_NOTHING,
		     DIALOG_AWAITS_ACK,
		     DIALOG_AWAITS_ANSWER, /* an ACK with the answer to our offer */
};

struct dialog {
	struct llist_head entry; /* ua->dialogs */
	struct ua *ua;
	enum dialog_state state;
	enum dialog_awaits awaits;
	bool released; /* the owner gave its last order */
	const struct dialog_handlers *handlers;
	void *arg;
	struct ua_path path;
	nta_leg_t *leg;		 /* NULL while CALLING */
	nta_incoming_t *invite;	 /* INVITE or re-INVITE of the far end, until its ACK */
	struct attempt *attempt; /* INVITE of ours, while CALLING and until its end if cancelled */
	nta_outgoing_t *bye;
	struct llist_head sent; /* by dialog_send(), not answered yet */
	char *reason;		/* for the BYE that follows in CLOSING */
	char name[128];
	struct osmo_timer_list reap;
	struct {			   /* dialog_headers.c */
		struct hlist_node by_name; /* ua->dialog_names */
		struct session_id session;
		char *each, *once;
		bool date;
	} headers;

	struct authorization authorization; /* of all its requests */
};

enum attempt_state {
	ATTEMPT_TRYING,
	ATTEMPT_CANCELLED,
	ATTEMPT_WON, /* has its 2xx; stays for late ones of other forks */
};

struct attempt {		 /* an INVITE of ours, and the early dialogs it has made */
	struct llist_head entry; /* ua->attempts */
	struct ua *ua;
	enum attempt_state state;
	struct dialog *dialog; /* NULL once it has what it wanted or has gone */
	nta_outgoing_t *invite;
	struct ua_path path;
	char uri[CALL_URI_MAX];
	char target[CALL_URI_MAX]; /* of dialogs that name no Contact */
	char *winner; /* To tag */
	struct llist_head forks;
	unsigned forks_count;
	struct osmo_timer_list linger;
};

struct fork { /* one To tag */
	struct llist_head entry;
	char *tag;
	nta_leg_t *leg;
};

struct dialog *dialog_alloc(struct ua *ua, enum dialog_state state, const struct ua_path *path);
void dialog_free(struct dialog *dialog);
void dialog_trace(struct dialog *dialog, enum call_direction direction, const char *text);
/* "200 OK (INVITE)" */
void dialog_trace_status(struct dialog *dialog, enum call_direction direction, int status,
			 const char *phrase, const char *method);
/* dialog_headers.c */
void dialog_set_name(struct dialog *dialog, const char *call_id);
void dialog_forget_headers(struct dialog *dialog); /* before it is freed */
/* The session (RFC 7989) begins with this INVITE of theirs, or with ours (NULL); local: UUID of the
 * end that we stand for, empty: a new one. */
void dialog_begin_session(struct dialog *dialog, const sip_t *sip, const char *local);
bool dialog_owned(const struct dialog *dialog); /* the owner still listens */
/* Nothing more comes: freed from the loop once it is released. */
void dialog_finish(struct dialog *dialog);
nta_ack_cancel_f dialog_on_ack_cancel;
int dialog_on_bye(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);

/* dialog_request.c */
nta_request_f dialog_on_request; /* in-dialog requests; magic: struct dialog */
void dialog_forget_sent(struct dialog *dialog);

/* sip: an answer to *out, a request of this dialog. True: it asked for credentials, and the request
 * went out again with them; sip is gone (authorization.h). */
bool dialog_authorize(struct dialog *dialog, nta_outgoing_t **out, const sip_t *sip,
		      nta_response_f *callback, void *magic);

/* dialog_uas.c: the dialog of a new INVITE. NULL: no memory, or the stack refuses. */
struct dialog *dialog_new_incoming(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
				   const struct ua_path *path);
void dialog_discard(struct dialog *dialog); /* unbound again; its INVITE is the caller's */
/* Common checks of a request with an offer: 400, 415, 420. 0, or the status it was answered with.
 */
int dialog_check_offer(struct ua *ua, nta_incoming_t *irq, const sip_t *sip);
int dialog_on_reinvite(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
void dialog_refuse(struct dialog *dialog, const struct dialog_end *end);

/* dialog_uac.c */
void attempt_cancel(struct attempt *attempt, const char *reason);
void attempt_free(struct attempt *attempt);

#endif
