/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * keepalive_private - what keepalive.c (which targets, what follows) and keepalive_probe.c (the
 * questions to one address) share.
 */
#ifndef GATEWAY_SIP_KEEPALIVE_PRIVATE_H
#define GATEWAY_SIP_KEEPALIVE_PRIVATE_H

#include "gateway/sip/keepalive.h"
#include "gateway/sip/message.h"
#include "gateway/sip/path.h"

#define KEEPALIVE_BUCKETS 256

struct options_request;

struct probe { /* one address and transport, for all targets that have it */
	struct llist_head entry;
	struct keepalive *owner;
	struct sockaddr_storage address;
	enum peer_transport transport;
	struct target target;	    /* that it was made for: names in the request and certificate */
	struct sip_options options; /* of a dial peer of that target: addresses to bind */
	unsigned users;
	unsigned up_s, down_s, retry; /* of the most demanding target */
	bool down;
	unsigned in_a_row; /* failures while it is up, answers while it is down */
	unsigned sent, failed, status;
	struct options_request *question;
	struct osmo_timer_list next;
};

struct monitored { /* a session target */
	struct llist_head entry, bucket;
	struct keepalive *owner;
	char text[CLASS_TARGET_MAX + 1];
	enum peer_transport transport; /* as its peers say; SYSTEM: not */
	struct target target;
	struct sip_options options; /* of the first of its peers */
	unsigned generation;	    /* of the configuration that it was in last */
	unsigned peers, up_s, down_s, retry;
	bool busy_out;
	struct probe *probes[KEEPALIVE_ADDRESSES_MAX];
	unsigned count;
	unsigned unresolved; /* look-ups in a row that gave no address */
	struct resolve *resolve;
	struct osmo_timer_list look_up;
};

struct keepalive {
	struct ua *ua;
	unsigned second_ms;
	struct llist_head targets, probes;
	struct llist_head buckets[KEEPALIVE_BUCKETS]; /* of targets, by text */
	unsigned targets_count, generation;
	struct plan *plan; /* a reference is held */
	void (*changed)(void *arg);
	void *arg;
	uint64_t window_ms; /* of the pace: when it began, and what was sent in it */
	unsigned window_sent;
};

/* For an address, new or shared; starts asking. NULL: no memory. */
struct probe *probe_take(struct keepalive *keepalive, const struct monitored *target,
			 const struct sockaddr_storage *address, enum peer_transport transport);
void probe_leave(struct probe *probe);
/* It asks as often as this target wants, if that is more often than so far, and in its name. */
void probe_suit(struct probe *probe, const struct monitored *target);
/* keepalive.c: a probe has changed its state. */
void keepalive_probe_changed(struct keepalive *keepalive);

#endif
