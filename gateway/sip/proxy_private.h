/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * proxy_private - what the files of the proxy (proxy.h) share.
 */
#ifndef GATEWAY_SIP_PROXY_PRIVATE_H
#define GATEWAY_SIP_PROXY_PRIVATE_H

#include "gateway/sip/proxy.h"

#define PROXY_FLOW_MAX 96
#define PROXY_NAMES_MAX 4 /* that are looked up for one request */
#define PROXY_HOPS_MAX 8  /* addresses of a name; hops that one request may try */
#define PROXY_LOOKS_UP -1

struct proxy_flow { /* how a telephone is reached: where its messages come from */
	struct sockaddr_storage address;
	enum peer_transport transport;
};

/* As user part of a URI: "flow-udp-c0000207-5060-" and its signature. proxy_flow.c */
void proxy_flow_write(const struct ua *ua, const struct proxy_flow *flow,
		      char text[PROXY_FLOW_MAX]);
/* -ENOENT: it is none; -EACCES: this gateway has not written it. text may be NULL. */
int proxy_flow_read(const struct ua *ua, const char *text, struct proxy_flow *out);

struct proxy_name { /* of a Route or Request-URI, looked up */
	struct target target;
	struct proxy_flow hops[PROXY_HOPS_MAX];
	unsigned count; /* 0: it has no address, or nobody knows */
};

struct proxy_request { /* one that may be passed on, and what is known on the way */
	struct ua *ua;
	nta_incoming_t *irq; /* NULL: an ACK that is being kept */
	const sip_t *sip;
	struct ua_path from; /* whence */
	bool manager_sends;
	struct proxy_name *names[PROXY_NAMES_MAX]; /* in the order in which they were met */
	unsigned names_count;
	struct proxy_flow failed[PROXY_HOPS_MAX]; /* that did not do */
	unsigned failed_count;
};

struct proxy_way {		 /* of one request */
	struct ua_path to;	 /* next hop */
	unsigned routes_done;	 /* how many Routes of its top have been followed */
	bool strict;		 /* the last Route is the Request-URI (RFC 3261 16.4) */
	struct proxy_flow phone; /* of whom our Record-Route and Path tell */
	bool phone_sends;	 /* `phone` is whence, else the next hop */
	uint32_t tag;		 /* of the telephone's pool, of a REGISTER; 0: nothing is learnt */
	struct target question;	 /* PROXY_LOOKS_UP: what has to be looked up first */
};

/* False: it has come in no way that we know. */
bool proxy_read(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct proxy_request *out);
/* 1: *out is its way; 0: it is not to be passed on; PROXY_LOOKS_UP: again when out->question is
 * among its names; else a status to refuse it with. proxy_way.c */
int proxy_find_way(const struct proxy_request *request, struct proxy_way *out);
/* Of a request of ours: its way past dead call managers to the telephone behind them. */
bool proxy_find_past(const struct proxy_request *request, struct proxy_way *out);
/* May this one come by a Route of ours, so that it is nobody's else? The stack has not looked at it. */
bool proxy_goes_elsewhere(struct ua *ua, const sip_t *sip, const struct proxy_flow *source);
bool proxy_is_from_manager(const struct ua *ua, const struct proxy_flow *source);
enum phone_manager proxy_manager_at(const struct ua *ua, const struct proxy_flow *hop);
/* Is it us? */
bool proxy_is_own(const struct ua *ua, const url_t *url);

/* What a proxy changes in a request (RFC 3261 16.6). -ENOMEM. proxy_headers.c */
int proxy_change_headers(const struct proxy_request *request, const struct proxy_way *way,
			 msg_t *msg);

/* The call manager has registered a telephone: what of it is learnt. proxy_learn.c */
void proxy_learn(const struct proxy_request *request, const struct proxy_way *way,
		 const sip_t *answer);

#endif
