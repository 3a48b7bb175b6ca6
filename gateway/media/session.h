/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * session - oRTP's only door: makes RTP packets, answers with RTCP, and puts packets in order.
 *
 * Sockets are not its business: it sends through the handler it was given, and gets what was
 * received and found valid (packet.h) by session_receive() and session_receive_rtcp().
 * session_pull() hands out the packets of one tick in the order of their sequence.
 *
 * RTCP: sender and receiver reports go out by themselves from session_send() and session_pull().
 *
 * oRTP allocates its message blocks itself (two mallocs a packet each way); our own code in the
 * tick does not. session_setup() once.
 */
#ifndef GATEWAY_MEDIA_SESSION_H
#define GATEWAY_MEDIA_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "gateway/media/packet.h"

#define SESSION_RTCP_INTERVAL_MS 5000

struct session;

struct session_handlers {
	/* Bytes sent, or negative errno. */
	ssize_t (*send)(void *arg, bool rtcp, const struct iovec *iov, unsigned count);
};

void session_setup(void);
int session_new(uint32_t ssrc, uint16_t sequence, const struct session_handlers *handlers,
		void *arg, struct session **out);
void session_free(struct session *session);
/* Says by RTCP that the stream ends here (RFC 3550 6.6). */
void session_bye(struct session *session);
void session_cname(struct session *session, const char *cname);

struct session_out {
	unsigned payload_type;
	bool marker;
	uint32_t timestamp;
	const uint8_t *payload;
	unsigned length;
};
/* Bytes sent, or negative errno. */
ssize_t session_send(struct session *session, const struct session_out *out);
uint16_t session_sequence(const struct session *session); /* of the next packet */

/* fresh: of a new source or sequence, what is queued is forgotten. */
void session_receive(struct session *session, const struct packet *packet, uint64_t arrival_ns,
		     bool fresh);
void session_receive_rtcp(struct session *session, const uint8_t *data, size_t length);
/* false: none left. payload is valid until the next call. */
bool session_pull(struct session *session, struct packet *out);
uint32_t session_round_trip_us(const struct session *session); /* 0: unknown */

#endif
