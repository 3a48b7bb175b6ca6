/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * proxy_private - what the files of the proxy (proxy.h) share.
 */
#ifndef GATEWAY_SIP_PROXY_PRIVATE_H
#define GATEWAY_SIP_PROXY_PRIVATE_H

#include "gateway/sip/proxy.h"

#define PROXY_FLOW_MAX 64

struct proxy_flow { /* how a telephone is reached: where its messages come from */
	struct sockaddr_storage address;
	enum peer_transport transport;
};

/* As user part of a URI: "flow-udp-c0000207-5060". proxy_flow.c */
void proxy_flow_write(const struct proxy_flow *flow, char text[PROXY_FLOW_MAX]);
/* -EINVAL; text may be NULL. */
int proxy_flow_read(const char *text, struct proxy_flow *out);

struct proxy_way {	      /* of one request */
	struct ua_path from;  /* whence */
	struct ua_path to;    /* next hop */
	unsigned routes_done; /* how many Routes of its top have been followed */
	struct proxy_flow phone;
	bool phone_sends; /* `phone` is whence, else the next hop */
	uint32_t tag;	  /* of the telephone's pool, of a REGISTER; 0: nothing is learnt */
};

/* 1: *out is its way; 0: it is not to be passed on; else a status to refuse it with. proxy_way.c */
int proxy_find_way(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct proxy_way *out);
/* The same as far as Route says it. way->to and way->phone are filled in, and routes_done. */
int proxy_follow(const struct ua *ua, const sip_t *sip, const struct proxy_flow *source,
		 struct proxy_way *way);
bool proxy_is_from_manager(const struct ua *ua, const struct proxy_flow *source);
/* Is it us? */
bool proxy_is_own(const struct ua *ua, const url_t *url);

/* What a proxy changes in a request (RFC 3261 16.6). -ENOMEM. proxy_headers.c */
int proxy_change_headers(const struct proxy_way *way, msg_t *msg);

#endif
