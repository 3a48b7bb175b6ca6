/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * offer - session descriptions, read and written, and what two of them agree on (RFC 3264, 4566).
 *
 * One audio stream of G.711 (PCMU, PCMA by their static payload types) with or without
 * telephone-event (RFC 4733), or of a clear channel (CLEARMODE, RFC 4040), is what this gateway
 * does; every other stream of an offer is refused with port 0 in its place. Hold: sendonly,
 * recvonly, inactive, and the address 0.0.0.0 of RFC 2543.
 *
 * Use: offer_parse() what came. For an offer: offer_answer() then offer_write_answer(). For an
 * answer to ours, which offer_write() wrote: offer_accept(). Nothing is allocated. Input is
 * hostile: what does not fit the grammar is -EINVAL, never a guess about addresses. libc only.
 */
#ifndef GATEWAY_SIP_OFFER_H
#define GATEWAY_SIP_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "dialplan/peer.h"

#define OFFER_STREAMS_MAX 8
#define OFFER_TEXT_MAX 2048 /* room for any answer we write */
#define OFFER_CODECS_MAX 3
#define OFFER_CLEAR_PAYLOAD_TYPE 125 /* when we offer it */

enum offer_mode { /* bits, as the describing side sees it */
		  OFFER_SEND = 1,
		  OFFER_RECEIVE = 2,
};

struct offer_stream { /* an m= line; kept to refuse it in its place */
	char media[16], protocol[24], format[16];
	uint16_t port;
	bool usable; /* audio over RTP/AVP with an address that we understand */
	struct sockaddr_storage rtp, rtcp;
	uint8_t codecs[OFFER_CODECS_MAX]; /* enum peer_codec in order; 0 ends */
	uint8_t clear_payload_type;	  /* of PEER_CODEC_CLEAR, if it is among codecs */
	uint8_t event_payload_type;	  /* 0: none */
	uint16_t ptime_ms, maxptime_ms;	  /* 0: not said */
	uint8_t mode;
};

struct offer {
	struct offer_stream streams[OFFER_STREAMS_MAX];
	unsigned count;
};

struct offer_direct { /* somebody else's, at one host, told instead of ours; family 0: ours is */
	struct sockaddr_storage rtp, rtcp;
};

struct offer_local {		     /* our side */
	struct offer_direct direct;  /* then the codec agreed on before is all that is offered */
	struct sockaddr_storage rtp; /* address and port; RTCP is the next port */
	struct sockaddr_storage external; /* told instead of its address; another family: not */
	uint8_t codecs[OFFER_CODECS_MAX]; /* best first; for answers: those allowed. 0 ends */
	uint8_t event_payload_type; /* offered; in answers theirs stands; 0: no events at all */
	uint8_t mode;		    /* what we would do */
	uint32_t session;	    /* o= line: session id, and its version */
	uint32_t version;
};

struct offer_agreed {
	unsigned stream;		   /* index of the m= line */
	uint8_t codec;			   /* enum peer_codec */
	uint8_t clear_payload_type;	   /* to send PEER_CODEC_CLEAR with */
	uint8_t event_payload_type;	   /* 0: none */
	uint8_t mode;			   /* what we do: bits of offer_mode */
	uint8_t remote_mode;		   /* what the far end said */
	uint16_t ptime_ms;		   /* to send: 10, 20, 30, 40 or 60 */
	struct sockaddr_storage rtp, rtcp; /* far end */
};

/* -EINVAL: not a session description. */
int offer_parse(const char *text, size_t size, struct offer *out);
/* The first stream and codec of the offer that both can do. -ENOTSUP: there is none (488). */
int offer_answer(const struct offer *offer, const struct offer_local *local,
		 struct offer_agreed *agreed);
/* An answer to ours, which had its audio in that m= line. -ENOTSUP: it was refused, or with a codec
 * not offered. */
int offer_accept(const struct offer_local *local, const struct offer *answer, unsigned stream,
		 struct offer_agreed *agreed);
/* Length of the text, or -EMSGSIZE. before: what both have agreed on, codec 0: nothing yet; lines:
 * the m= lines of the session, which stay in their places for good, and its payload types keep
 * their meaning (RFC 3264 8). */
int offer_write(const struct offer_local *local, const struct offer *lines,
		const struct offer_agreed *before, char *text, size_t size);
int offer_write_answer(const struct offer *offer, const struct offer_local *local,
		       const struct offer_agreed *agreed, char *text, size_t size);

#endif
