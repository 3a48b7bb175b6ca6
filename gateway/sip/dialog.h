/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dialog - the session layer: one call's dialog with a far end, from INVITE to BYE.
 *
 *	INCOMING   INVITE came, no final answer yet (our 2xx may wait for a PRACK)
 *	ANSWERED   our 2xx is out, no ACK yet
 *	CALLING    INVITE went out, no final answer yet
 *	UP         established
 *	CLOSING    as ANSWERED, but BYE follows the ACK
 *	ENDING     CANCEL or BYE of ours is out
 *	ENDED      nothing more comes; freed from the loop
 *
 *	INCOMING --2xx--> ANSWERED --ACK--> UP --our BYE--> ENDING --its answer--> ENDED
 *	                     |  +--no ACK-------------------^   ^
 *	                     +--release--> CLOSING --ACK--------+
 *	CALLING --2xx--> UP        CALLING --CANCEL of ours--> ENDING
 *	INCOMING, CALLING --failure--> ENDED      all --BYE, CANCEL of theirs--> ENDED
 *
 * Beside it goes the exchange of offers and answers, which has its own machine (dialog_private.h);
 * offers after the first in dialog_offer.c, the session timer in dialog_timer.c.
 *
 * The owner (a leg) gets what happens through struct dialog_handlers and gives orders with the
 * functions below. dialog_release() is the last order, and is needed in any case; the dialog then
 * finishes its protocol alone: of the handlers only trace comes after it, and at last `gone`.
 * Handlers are called from the loop; dialog_call() and the other orders never call any but trace.
 *
 * Requests inside the dialog go to the far end's Contact or Route if that is a numeric address that
 * we have a socket for, else to where its messages come from: the stack must not look names up.
 */
#ifndef GATEWAY_SIP_DIALOG_H
#define GATEWAY_SIP_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "dialplan/party.h"
#include "gateway/call/call.h"
#include "gateway/sip/target.h"

struct dialog;
struct session_id;
struct nta_incoming_s;
struct sip_s;
struct ua;

enum dialog_failure {			   /* what kept a message away */
		      DIALOG_NO_FAILURE,   /* there is one */
		      DIALOG_NO_RESPONSE,  /* timer B, or no ACK */
		      DIALOG_NO_TRANSPORT, /* connection refused, host unreachable */
};

struct dialog_news {	 /* what a message said; borrowed */
	unsigned status; /* of a response, else 0 */
	enum dialog_failure failure;
	const char *sdp; /* NULL: none */
	size_t sdp_size;
	struct cause_reason reason;
	unsigned warning; /* code of a Warning header, 0: none */
	bool retry_after;
	const struct party
	    *identity; /* who sends it, if it says so besides From; NULL: it does not */
	const struct sip_s *message; /* as the stack has it (files of this folder only), or NULL */
};

struct dialog_handlers {
	/* One message: "INVITE", "183 Session Progress". */
	void (*trace)(void *arg, enum call_direction direction, const char *text);
	void (*provisional)(void *arg, const struct dialog_news *news); /* 100..199 */
	void (*answered)(void *arg,
			 const struct dialog_news *news); /* 2xx to our INVITE; ACK is out */
	void (*failed)(void *arg, const struct dialog_news *news); /* INVITE has failed for good */
	/* re-INVITE or UPDATE. sdp NULL: it asks for an offer of ours. Returns 200 with a session
	 * description in text, or the status to refuse with. */
	int (*offer)(void *arg, const struct dialog_news *news, char *text, size_t size);
	/* UPDATE or re-INVITE that is being accepted, before `offer`: who sends it may have changed. */
	void (*heard)(void *arg, const struct dialog_news *news);
	/* ACK or PRACK with the answer to our offer. Not 0: it cannot be used, the dialog is to end. */
	int (*answer)(void *arg, const struct dialog_news *news);
	/* The far end ended it by CANCEL or BYE, or never acknowledged our 2xx. */
	void (*ended)(void *arg, const struct dialog_news *news);
	/* INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE in the dialog, as the stack has it (files of this
	 * folder only). Returns the status to answer with, or 0: the handler has answered it. NULL:
	 * 405. */
	int (*request)(void *arg, struct nta_incoming_s *irq, const struct sip_s *sip);
	/* What came of dialog_offer(): 200 with the answer in news->sdp, or the status it was refused
	 * with (408: no answer); glare is never reported, it is tried again. Also the answer that a
	 * refresh of the session has brought. */
	void (*offered)(void *arg, const struct dialog_news *news);
	void (*gone)(void *arg); /* the dialog is freed when this returns */
};

/* How a dialog ends. */
struct dialog_end {
	unsigned status;	/* final answer, if INVITE waits for one */
	const char *reason;	/* value of a Reason header for it or for BYE and CANCEL, or NULL */
	unsigned retry_after_s; /* of a final answer; 0: none */
	const char *contact;	/* of a 3xx, or NULL */
};

/* A request to send inside the dialog. */
struct dialog_message {
	const char *method;	  /* "INFO", "REFER", "NOTIFY" */
	const char *content_type; /* NULL: no body */
	const char *body;
	size_t body_size;    /* 0: up to its NUL */
	const char *headers; /* more header lines, each with CRLF at its end; NULL: none */
	/* Called once with the final status (408: none came), or never if the dialog goes first;
	 * NULL: nobody waits. */
	void (*done)(void *arg, unsigned status);
	void *arg;
};

struct dialog_call {		    /* an INVITE to send */
	struct sip_options options; /* as ua_options() has them for the peer */
	unsigned tenant;
	struct sockaddr_storage remote;
	enum peer_transport transport;
	const char *uri; /* request URI as a whole; NULL: of setup->called and hostport */
	const struct call_setup *setup; /* who calls whom, as it is to be sent */
	const char *hostport;
	const char
	    *host;  /* of hostport or uri: whose certificate is wanted on TLS; "": who made the
			     connection */
	bool stays; /* requests in the dialog go to remote too, whatever its Contact says */
	const char *sdp;
	const char *lines; /* more header lines, each with CRLF; NULL: none */
	const char *route; /* value of Route (preloaded, RFC 3261 8.1.1.1); NULL: none */
};

/* -ENETUNREACH: no socket reaches that address. */
int dialog_call(struct ua *ua, const struct dialog_call *call,
		const struct dialog_handlers *handlers, void *arg, struct dialog **out);
/* Whose credentials its requests carry if the far end asks for some. line: the first choice among the
 * tenant's, may be NULL. */
void dialog_set_tenant(struct dialog *dialog, unsigned tenant, const char *line);
/* The owner of an incoming dialog, before anything else happens in it. */
void dialog_bind(struct dialog *dialog, const struct dialog_handlers *handlers, void *arg);
/* What the far end wants of us with its INVITE, to be settled before dialog_bind():
 * reliable 1xx, session timers. 0, or the status that it was refused with. */
int dialog_configure(struct dialog *dialog, const struct sip_options *options);

/* The session description that a response is to carry: the answer to the INVITE's offer (in a 1xx:
 * may carry), or an offer of ours as the INVITE had none. */
enum dialog_wants {
	DIALOG_WANTS_NOTHING, /* it would be one too many */
	DIALOG_WANTS_ANSWER,
	DIALOG_WANTS_OFFER,
};
enum dialog_wants dialog_wants(const struct dialog *dialog, unsigned status);
/* What the far end is told of our address, and how a new connection to it is made. */
void dialog_set_local(struct dialog *dialog, const struct sip_options *options);
/* sdp may be NULL. Goes reliably (RFC 3262) if both ends can. */
void dialog_provisional(struct dialog *dialog, unsigned status, const char *sdp);
/* 200 with sdp as dialog_wants() has it, or NULL; it waits for the PRACK of an earlier description. */
void dialog_answer(struct dialog *dialog, const char *sdp);
/* The last order. */
void dialog_release(struct dialog *dialog, const struct dialog_end *end);

/* A new offer of ours, in a re-INVITE; in an UPDATE while the INVITE is not answered, if the far end
 * allows it. On 491 and crossing offers it backs off and tries again (RFC 3261 14.1). One at a time:
 * -EBUSY; -EINVAL not in this state; -ENOTSUP the far end knows no UPDATE. */
int dialog_offer(struct dialog *dialog, const char *sdp);
/* Of one that has not gone out yet nothing goes out, and nothing is reported; false: there is none. */
bool dialog_withdraw_offer(struct dialog *dialog);
/* There is one that is not settled: also while the refresh of a session is reported. */
bool dialog_is_offering(const struct dialog *dialog);
/* Its Allow does not leave out INFO. */
bool dialog_takes_info(const struct dialog *dialog);
/* UPDATE, or re-INVITE with nothing new but its headers, unless an offer is under way. */
void dialog_refresh(struct dialog *dialog);
/* Also in an early dialog. -EINVAL: there is no dialog yet, or no longer. */
int dialog_send(struct dialog *dialog, const struct dialog_message *message);

/* Header lines that go with INVITE and UPDATE and their 1xx and 2xx, in either direction, from now on:
 * who we are. NULL: none. */
void dialog_set_headers(struct dialog *dialog, const char *lines);
/* Our Contact from now on is that of a conference, with this user and `isfocus`; NULL: as before. */
void dialog_set_focus(struct dialog *dialog, const char *user);
/* From of our requests from now on, without tag (RFC 4916: the far end must take that). */
void dialog_set_from(struct dialog *dialog, const char *from);
/* Lines for the next answer to the INVITE, or for the BYE: user-user information. */
void dialog_add_header_once(struct dialog *dialog, const char *lines);
/* Body of the BYE, if we end it; the last one counts. content_type lives for good. */
void dialog_set_bye_body(struct dialog *dialog, const char *content_type, const char *body);
struct session_id *dialog_session(struct dialog *dialog);

const char *dialog_name(const struct dialog *dialog); /* Call-ID */
const struct sockaddr_storage *dialog_remote(const struct dialog *dialog);
/* Up: where it signals from is where its Contact says, and the Via of its INVITE: no NAT is between. */
bool dialog_is_at_contact(const struct dialog *dialog);
const struct sockaddr_storage *dialog_local(const struct dialog *dialog);

#endif
