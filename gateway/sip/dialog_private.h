/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dialog_private - what the files dialog*.c share.
 */
#ifndef GATEWAY_SIP_DIALOG_PRIVATE_H
#define GATEWAY_SIP_DIALOG_PRIVATE_H

#include <time.h>

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

struct dialog_far { /* one far end: of the dialog, or of an early one */
	enum dialog_exchange exchange;
	bool knows_update, lacks_info; /* its Allow says so */
};

enum dialog_reoffer_state {
	REOFFER_IDLE, /* if one is wanted, it waits for an ACK, a PRACK or a 2xx */
	REOFFER_BACKED_OFF,
	REOFFER_OFFERING,   /* what is wanted is out */
	REOFFER_REFRESHING, /* what is out only refreshes the session */
};

struct dialog_reoffer { /* re-INVITE and UPDATE of ours (dialog_offer.c) */
	enum dialog_reoffer_state state;
	char *wanted; /* what dialog_offer() was given, until it is answered; or NULL */
	nta_outgoing_t *out;
	bool update;	   /* it is one, not a re-INVITE */
	struct fork *fork; /* in whose early dialog, or NULL */
	struct osmo_timer_list later;
};

enum dialog_refresher {
	REFRESHER_NONE, /* no timer runs */
	REFRESHER_US,
	REFRESHER_THEM,
};

struct dialog_timer { /* RFC 4028 (dialog_timer.c) */
	enum dialog_refresher refresher;
	uint32_t interval_s;
	uint32_t min_se_s; /* that a 422 asked for, 0: none */
	int64_t end_ms;	   /* of the session; monotonic clock */
	struct osmo_timer_list timer;
};

/* A 2xx that waits until a session description before it is acknowledged (RFC 3262 3). */
struct dialog_held {
	char *sdp;
};

struct attempt;
struct fork;

struct dialog {
	struct llist_head entry; /* ua->dialogs */
	struct ua *ua;
	enum dialog_state state;
	struct dialog_far far; /* exchange: not while CALLING, each fork has its own */
	bool owns_call_id;     /* we called */
	bool released;	       /* the owner gave its last order */
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
	char *description; /* the last of ours that went out, or NULL */
	struct dialog_reoffer reoffer;
	struct dialog_timer timer;
	struct llist_head sent; /* by dialog_send(), not answered yet */
	char *reason;		/* for the BYE that follows in CLOSING */
	char name[128];
	struct osmo_timer_list reap;
	struct setup_source *setup; /* their INVITE counts as under way (setups.h), or NULL */
	struct {		    /* dialog_headers.c */
		struct hlist_node by_name; /* ua->dialog_names */
		struct session_id session;
		char *each, *once, *from;
		const char *bye_type; /* of bye_body, or NULL */
		char *bye_body;
		char *contact; /* path.contact while we are the focus of a conference; else NULL */
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
/* The only place where the state changes. ENDED: freed from the loop once it is released. */
void dialog_enter(struct dialog *dialog, enum dialog_state next);
nta_ack_cancel_f dialog_on_ack_cancel;
int dialog_on_bye(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
/* Handler `ended`: sip says why, NULL: the far end never answered. */
void dialog_tell_ended(struct dialog *dialog, const sip_t *sip);
/* An answer to our offer that cannot be used. */
void dialog_tell_unusable(struct dialog *dialog);
#define DIALOG_UNUSABLE_REASON "Q.850;cause=88;text=\"Incompatible destination\""

/* Ends it with BYE, as it cannot go on; news: for handler `ended`. */
void dialog_abort(struct dialog *dialog, const char *reason, const struct dialog_news *news);
#define DIALOG_TIMEOUT_REASON "Q.850;cause=102;text=\"Recovery on timer expiry\""

/* dialog_request.c */
nta_request_f dialog_on_request; /* in-dialog requests; magic: struct dialog */
/* The same for one that the proxy has left to us; 481: there is no such dialog. */
int dialog_serve(struct ua *ua, nta_incoming_t *irq, const sip_t *sip);
int dialog_on_other(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
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
void dialog_refuse(struct dialog *dialog, const struct dialog_end *end);

void dialog_send_held(struct dialog *dialog); /* the 2xx, now */

/* dialog_offer.c */
void dialog_reoffer_init(struct dialog *dialog);
void dialog_reoffer_stop(struct dialog *dialog);
void dialog_reoffer_next(struct dialog *dialog); /* what was in the way of one may be gone */
/* INVITE or UPDATE in the dialog, or in an early one (fork). dialog NULL: nobody's. */
int dialog_on_offer(struct dialog *dialog, struct fork *fork, nta_incoming_t *irq,
		    const sip_t *sip);
/* The early dialog that the owner hears, while CALLING; NULL: none. */
struct fork *dialog_heard(const struct dialog *dialog);
void dialog_far_learn(struct dialog_far *far, const sip_t *sip);
/* What a refresh would repeat; NULL: nothing new. */
void dialog_describe(struct dialog *dialog, const char *sdp);

/* dialog_timer.c: headers of a request of ours or of a 2xx */
struct timer_headers {
	bool asks, limits, required;
	char expires[40], min_se[16];
};
#define TIMER_TAGS(t)                                                                              \
	TAG_IF((t).asks, SIPTAG_SESSION_EXPIRES_STR((t).expires)),                                 \
	    TAG_IF((t).limits, SIPTAG_MIN_SE_STR((t).min_se)),                                     \
	    TAG_IF((t).required, SIPTAG_REQUIRE_STR("timer"))
void dialog_timer_init(struct dialog *dialog);
void dialog_timer_stop(struct dialog *dialog);
void dialog_timer_ask(const struct dialog *dialog, struct timer_headers *out);
void dialog_timer_agreed(struct dialog *dialog,
			 const sip_t *response); /* 2xx to a request of ours */
/* 422: asks for more from now on. false: it is another status, or no reason to try again. */
bool dialog_timer_raise(struct dialog *dialog, const sip_t *response);
void dialog_timer_refused(struct dialog *dialog); /* a refresh; the session goes on until its end */
/* A request of theirs: 0, or 422, which has been sent; and what our 2xx to it says. */
int dialog_timer_check(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
void dialog_timer_answer(struct dialog *dialog, const sip_t *request, struct timer_headers *out);

/* dialog_reliable.c: 1xx of ours that are acknowledged by PRACK */
/* Settles whether they are used with this INVITE. 0, or the status that it was refused with. */
int dialog_reliable_settle(struct dialog *dialog, nta_incoming_t *irq, const sip_t *sip);
void dialog_reliable_send(struct dialog *dialog, unsigned status, const char *sdp);
/* A 2xx follows: those that have not gone out never will. false: it must wait for a PRACK. */
bool dialog_reliable_may_answer(struct dialog *dialog);
void dialog_reliable_forget(struct dialog *dialog); /* their INVITE is over */

#endif
