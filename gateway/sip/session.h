/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * session - the media of a SIP leg: its stream in the media process, and offer and answer over its
 * life.
 *
 * One of two orders: session_take_offer(), then session_write_answer() whenever the answer is to be
 * sent; or session_write_offer(), then session_take_answer(). Either may follow the other later
 * (hold, resume, a new address). The stream is opened when the far end's address family is known
 * and told of every change; a description that changes nothing is not passed on.
 */
#ifndef GATEWAY_SIP_SESSION_H
#define GATEWAY_SIP_SESSION_H

#include "gateway/sip/offer.h"

struct media_client;

enum session_state {
	SESSION_NEW,	     /* nothing exchanged */
	SESSION_OFFERED,     /* our offer is out */
	SESSION_AGREED,	     /* both sides are known */
	SESSION_ANSWER_SENT, /* and our answer to theirs has gone out at least once */
};

struct session {
	enum session_state state;
	struct media_client *media;
	struct sockaddr_storage media4, media6; /* of ua_config */
	struct sockaddr_storage signalling; /* far end: a route to it when media has no address */
	uint32_t end;			    /* id in the media process, 0: none */
	struct offer_local local;
	struct offer remote; /* last offer of theirs, for the answer to it and its m= lines */
	struct offer_agreed agreed; /* codec 0: nothing yet */
	bool digits_signalled;	    /* session_signal_digits() */
	bool quiet;		    /* session_quiet() */
	uint32_t generation;
	uint32_t written; /* hash of the description that went out last, 0: none */
};

/* codecs: enum peer_codec, best first, 0 ends. */
void session_init(struct session *session, struct media_client *media, const uint8_t *codecs,
		  uint8_t event_payload_type);
void session_close(struct session *session);
/* Opens the stream if there is none of the family that far, the far end's media or signalling, has.
 * Negative errno: no port, no stream. */
int session_open(struct session *session, const struct sockaddr_storage *far);

/* -EINVAL: no session description; -ENOTSUP: nothing in it fits; -EAFNOSUPPORT: the address family
 * changed; others: no stream. On error all stays as it was. */
int session_take_offer(struct session *session, const char *sdp, size_t size);
int session_take_answer(struct session *session, const char *sdp, size_t size);
/* Length, or negative errno. What differs from the description before has a new version in o=. */
int session_write_answer(struct session *session, char *text, size_t size);
int session_write_offer(struct session *session, char *text, size_t size);
/* What our next description is to say: held, the far end only listens (to music, to silence). */
void session_hold(struct session *session, bool held);
/* Digits go by signalling: media keeps their sound from the far end, as it does where it sends RFC 4733
 * events. */
void session_signal_digits(struct session *session, bool signalled);
/* Nothing is sent to the far end: it hears somebody else. */
void session_quiet(struct session *session, bool quiet);
/* The far end does not want to hear us. */
bool session_is_held(const struct session *session);

#endif
