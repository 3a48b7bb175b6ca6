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

/* Offer and answer (RFC 3264), whatever messages carry them (RFC 6337 2.2). What goes in a response
 * that is not reliable is a preview and changes nothing. */
enum dialog_exchange {
	EXCHANGE_NONE,	 /* INVITE came without an offer, ours has not gone out */
	EXCHANGE_THEIRS, /* their offer waits for our answer */
	EXCHANGE_OURS,	 /* our offer waits for their answer */
	EXCHANGE_DONE,	 /* agreed: either may offer */
};

/* A 2xx that waits until a session description before it is acknowledged (RFC 3262 3). */
struct dialog_held {
	char *sdp;
};

struct attempt;

struct dialog {
	struct llist_head entry; /* ua->dialogs */
	struct ua *ua;
	enum dialog_state state;
	enum dialog_exchange exchange;
	bool released; /* the owner gave its last order */
	const struct dialog_handlers *handlers;
	void *arg;
	struct ua_path path;
	nta_leg_t *leg;		 /* NULL while CALLING */
	nta_incoming_t *invite;	 /* INVITE or re-INVITE of the far end, until its ACK */
	struct attempt *attempt; /* INVITE of ours, while CALLING and until its end if cancelled */
	nta_outgoing_t *bye;
	struct sip_options options;
	bool sends_reliably;	     /* 1xx to their INVITE go as in RFC 3262 */
	struct llist_head reliables; /* such 1xx without PRACK; all but the first wait */
	struct dialog_held *held;
	struct llist_head sent; /* by dialog_send(), not answered yet */
	char *reason;		/* for the BYE that follows in CLOSING */
	char name[128];
	struct osmo_timer_list reap;
	struct {			   /* dialog_headers.c */
		struct hlist_node by_name; /* ua->dialog_names */
		struct session_id session;
		char *each, *once, *from;
	} headers;

	struct authorization authorization; /* of all its requests */
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
/* Handler `ended`: sip says why, NULL: the far end never answered. */
void dialog_tell_ended(struct dialog *dialog, const sip_t *sip);
/* An answer to our offer that cannot be used. */
void dialog_tell_unusable(struct dialog *dialog);
#define DIALOG_UNUSABLE_REASON "Q.850;cause=88;text=\"Incompatible destination\""

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

void dialog_send_held(struct dialog *dialog); /* the 2xx, now */

/* dialog_reliable.c: 1xx of ours that are acknowledged by PRACK */
/* Settles whether they are used with this INVITE. 0, or the status that it was refused with. */
int dialog_reliable_settle(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
void dialog_reliable_send(struct dialog *dialog, unsigned status, const char *sdp);
/* A 2xx follows: those that have not gone out never will. false: it must wait for a PRACK. */
bool dialog_reliable_may_answer(struct dialog *dialog);
void dialog_reliable_forget(struct dialog *dialog); /* their INVITE is over */

#endif
