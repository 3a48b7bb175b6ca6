/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * latch - whose RTP is taken, and where ours goes.
 *
 * RTP is taken from the peer that offer and answer named. Behind a NAT it comes from elsewhere: so
 * with each new generation (a new remote SDP) a window of one second opens with the first valid
 * packet, and within it a packet from another address latches the stream to its source. When the
 * window is over, or the named peer itself was heard, nothing else is taken until the next
 * generation. Before a peer is named nothing is taken at all.
 *
 *	WAITING --first valid packet--> OPEN --one second, or the named peer--> CLOSED
 *	   ^---------------------------- latch_set() with a new generation -------'
 *
 * Who wins within the window: the named peer over everybody; a new source over the one of the
 * generation before, whose packets may still be on their way; else the first.
 *
 * If the new generation names another address than the one before, who was heard before is heard for a
 * second more, while our RTP goes to the new one already, which may wait for it. Who is heard after that
 * is behind a NAT, and the window opens with him; but the named peer may come at any time then.
 *
 * latch_set() after each offer and answer; latch_accept() for each packet that is valid RTP;
 * latch_rtp() and latch_rtcp() say where to send. Times are CLOCK_MONOTONIC in ns.
 */
#ifndef GATEWAY_MEDIA_LATCH_H
#define GATEWAY_MEDIA_LATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>

#define LATCH_WINDOW_NS 1000000000ull

enum latch_state {
	LATCH_WAITING,
	LATCH_OPEN,
	LATCH_CLOSED,
};

struct latch {
	enum latch_state state;
	uint32_t generation;
	uint64_t window_end_ns;
	bool moved;	       /* the generation names another address than the one before */
	uint64_t grace_end_ns; /* of who was heard before; 0: has not been heard since */
	struct sockaddr_storage rtp, rtcp;  /* as signalled */
	struct sockaddr_storage latched;    /* family 0: as signalled */
	struct sockaddr_storage before;	    /* latched in the generation before */
	struct sockaddr_storage rtcp_heard; /* whence the latched peer's RTCP came */
};

void latch_init(struct latch *latch);
void latch_set(struct latch *latch, const struct sockaddr_storage *rtp,
	       const struct sockaddr_storage *rtcp, uint32_t generation);
/* After a restart: what the stream's record says of a generation whose window is used up. */
void latch_restore(struct latch *latch, const struct sockaddr_storage *latched);
bool latch_accept(struct latch *latch, const struct sockaddr_storage *from, uint64_t now_ns);
/* RTCP comes from where it was signalled, or from the host that RTP comes from. */
bool latch_accept_rtcp(struct latch *latch, const struct sockaddr_storage *from);
/* Family 0: nowhere yet. */
const struct sockaddr_storage *latch_rtp(const struct latch *latch);
void latch_rtcp(const struct latch *latch, struct sockaddr_storage *out);

bool latch_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
socklen_t latch_address_length(const struct sockaddr_storage *a); /* 0: not one to send to */

#endif
