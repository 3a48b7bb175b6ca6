/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * message - one SIP message: what it says, in our terms, and how one is sent.
 *
 * What is read is borrowed from the message. Everything that goes out goes through here, so that
 * each request has a numeric next hop and the stack's loop is kicked.
 */
#ifndef GATEWAY_SIP_MESSAGE_H
#define GATEWAY_SIP_MESSAGE_H

#include "gateway/sip/authorization.h"
#include "gateway/sip/ua_private.h"

/* The words of a status, also of those that the stack does not know. */
const char *message_phrase(unsigned status);

/* ---- reading */

/* All of Contact and Record-Route are targets; must: a Contact is there. */
bool message_target_ok(const sip_t *sip, bool must);
/* Who sends it: its identity, in a request else From (call_headers.c). */
void message_party(const sip_t *sip, struct party *out);
/* Fills everything but status. identity: room for news->identity. */
void message_news(const sip_t *sip, struct party *identity, struct dialog_news *news);
/* Where a request came from, and the socket it came on. 0 or negative errno. */
int message_source(struct ua *ua, nta_incoming_t *irq, struct ua_path *path);

struct message_origin { /* room for what struct call_origin points to */
	char uris[PEER_URI_COUNT][PLAN_URI_MAX + 1];
	char carrier[CLASS_NAME_MAX + 1];
	char neighbour[TARGET_ADDRESS_MAX + 8];
};

/* Where an INVITE says that it comes from and goes to; remote: the neighbour who sent it (origin.c).
 * out: nothing of it may be set. */
void message_origin(const sip_t *sip, const struct sockaddr_storage *remote,
		    struct message_origin *room, struct call_origin *out);

/* ---- sending */

struct message_request {
	struct ua *ua;
	nta_leg_t *leg;
	const struct ua_path *path; /* next hop of the first request, fallback inside a dialog */
	sip_method_t method;
	const char *name;
	const char *uri;	  /* request URI; NULL inside a dialog */
	nta_response_f *callback; /* NULL: nobody waits */
	void *magic;
	struct authorization *authorization; /* whose credentials it carries; NULL: nobody's */
};

/* Adds Contact, User-Agent, Allow, Supported where they belong. NULL: it could not be sent. */
nta_outgoing_t *message_send(const struct message_request *request, tag_type_t tag,
			     tag_value_t value, ...);
/* One that was made from another: msg is complete but for credentials, and gone afterwards. */
nta_outgoing_t *message_send_again(const struct message_request *request, msg_t *msg);
/* *out once more, with the leg's or else its own next CSeq, and other headers for those in tags
 * (message_again.c). Of the request it needs ua, path, leg (may be NULL), callback, magic and
 * authorization. True: *out is the new transaction. */
bool message_repeat(const struct message_request *request, nta_outgoing_t **out, tag_type_t tag,
		    tag_value_t value, ...);
/* ACK of the 2xx, inside its callback only: the stack looks for the INVITE. It repeats it itself. */
void message_ack(struct ua *ua, const struct ua_path *path, nta_leg_t *leg, const sip_t *response);
/* Is this 1xx a reliable one (RFC 3262)? */
bool message_wants_prack(const sip_t *response);
/* in: what of it does not depend on the method. */
void message_prack(const struct message_request *in, const sip_t *response);
/* A response with Contact, Server, Allow and Supported. */
void message_reply(struct ua *ua, nta_incoming_t *irq, const struct ua_path *path, int status,
		   tag_type_t tag, tag_value_t value, ...);

/* Lines that belong to every message of its dialog (dialog_headers.c). sip: the request itself, or
 * the one that is answered with status. */
void dialog_header_lines(struct ua *ua, const sip_t *sip, sip_method_t method, int status,
			 struct header_lines *lines);

struct message_reliable { /* a 1xx that PRACK acknowledges */
	struct ua *ua;
	nta_incoming_t *irq;
	const struct ua_path *path;
	unsigned status;
	nta_prack_f *on_prack;
	struct reliable *magic;
};

/* NULL: the stack refuses. */
nta_reliable_t *message_reply_reliably(const struct message_reliable *reliable, tag_type_t tag,
				       tag_value_t value, ...);
/* Require holds only what we support; if not, 420 has been sent and its status is returned. */
int message_check_required(nta_incoming_t *irq, const sip_t *sip, const char *supported);

#endif
