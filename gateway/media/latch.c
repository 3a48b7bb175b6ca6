// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/latch.h"

#include <string.h>
#include <arpa/inet.h>

enum rank { /* of a source within the window, the higher one wins */
	    RANK_BEFORE,
	    RANK_OTHER,
	    RANK_NAMED,
};

static const struct sockaddr_in *in4(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in *)a;
}

static const struct sockaddr_in6 *in6(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in6 *)a;
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return in4(a)->sin_addr.s_addr == in4(b)->sin_addr.s_addr;
	if (a->ss_family == AF_INET6)
		return !memcmp(&in6(a)->sin6_addr, &in6(b)->sin6_addr, sizeof(struct in6_addr));
	return false;
}

static in_port_t port(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? in4(a)->sin_port : in6(a)->sin6_port;
}

bool latch_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return same_host(a, b) && port(a) == port(b);
}

socklen_t latch_address_length(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET && in4(a)->sin_port && in4(a)->sin_addr.s_addr != INADDR_ANY)
		return sizeof(struct sockaddr_in);
	if (a->ss_family == AF_INET6 && in6(a)->sin6_port &&
	    memcmp(&in6(a)->sin6_addr, &in6addr_any, sizeof(in6addr_any)))
		return sizeof(struct sockaddr_in6);
	return 0;
}

void latch_init(struct latch *latch)
{
	memset(latch, 0, sizeof(*latch));
}

void latch_set(struct latch *latch, const struct sockaddr_storage *rtp,
	       const struct sockaddr_storage *rtcp, uint32_t generation)
{
	struct sockaddr_storage before = *latch_rtp(latch);
	bool moved = !latch_same_address(rtp, &latch->rtp);

	latch->rtp = *rtp;
	latch->rtcp = *rtcp;
	if (generation == latch->generation)
		return;
	latch->generation = generation;
	latch->before = before;
	latch->moved = moved;
	latch->grace_end_ns = 0;
	latch->state = LATCH_WAITING;
	latch->latched.ss_family = 0;
	latch->rtcp_heard.ss_family = 0;
}

void latch_restore(struct latch *latch, const struct sockaddr_storage *latched)
{
	latch->latched = *latched;
	latch->state = LATCH_CLOSED;
}

static enum rank rank(const struct latch *latch, const struct sockaddr_storage *from)
{
	if (latch_same_address(from, &latch->rtp))
		return RANK_NAMED;
	if (latch_same_address(from, &latch->before))
		return RANK_BEFORE;
	return RANK_OTHER;
}

static void take(struct latch *latch, const struct sockaddr_storage *from)
{
	if (rank(latch, from) == RANK_NAMED) {
		latch->latched.ss_family = 0;
		latch->state = LATCH_CLOSED;
	} else {
		latch->latched = *from;
	}
	latch->rtcp_heard.ss_family = 0;
}

/* Its packets are heard, and ours go where it has moved. */
static bool has_grace(struct latch *latch, const struct sockaddr_storage *from, uint64_t now_ns)
{
	if (!latch->moved || rank(latch, from) != RANK_BEFORE)
		return false;
	if (!latch->grace_end_ns)
		latch->grace_end_ns = now_ns + LATCH_WINDOW_NS;
	return now_ns < latch->grace_end_ns;
}

/* One who has moved and was still heard from where he had been, and now is where he said. */
static bool arrives(const struct latch *latch, const struct sockaddr_storage *from)
{
	return latch->moved && rank(latch, from) == RANK_NAMED &&
	       rank(latch, &latch->latched) == RANK_BEFORE;
}

bool latch_accept(struct latch *latch, const struct sockaddr_storage *from, uint64_t now_ns)
{
	if (!latch_address_length(&latch->rtp))
		return false;
	if (latch->state == LATCH_WAITING) {
		if (has_grace(latch, from, now_ns))
			return true;
		latch->state = LATCH_OPEN;
		latch->window_end_ns = now_ns + LATCH_WINDOW_NS;
		take(latch, from);
		return true;
	}
	if (latch->state == LATCH_OPEN && now_ns >= latch->window_end_ns)
		latch->state = LATCH_CLOSED;
	if (latch_same_address(from, latch_rtp(latch)))
		return true;
	if (arrives(latch, from)) {
		take(latch, from);
		return true;
	}
	if (latch->state == LATCH_CLOSED || rank(latch, from) <= rank(latch, &latch->latched))
		return false;
	take(latch, from);
	return true;
}

bool latch_accept_rtcp(struct latch *latch, const struct sockaddr_storage *from)
{
	if (!latch->latched.ss_family && latch_same_address(from, &latch->rtcp))
		return true;
	if (!same_host(from, latch_rtp(latch)))
		return false;
	if (latch->latched.ss_family)
		latch->rtcp_heard = *from;
	return true;
}

const struct sockaddr_storage *latch_rtp(const struct latch *latch)
{
	return latch->latched.ss_family ? &latch->latched : &latch->rtp;
}

void latch_rtcp(const struct latch *latch, struct sockaddr_storage *out)
{
	if (!latch->latched.ss_family) {
		*out = latch->rtcp;
	} else if (latch->rtcp_heard.ss_family) {
		*out = latch->rtcp_heard;
	} else { /* by the custom of RFC 3550 11: the next port */
		*out = latch->latched;
		if (out->ss_family == AF_INET) {
			struct sockaddr_in *a = (struct sockaddr_in *)out;
			a->sin_port = htons(ntohs(a->sin_port) + 1);
		} else {
			struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
			a->sin6_port = htons(ntohs(a->sin6_port) + 1);
		}
	}
}
