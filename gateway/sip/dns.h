/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dns - questions to the name servers, with c-ares (whose only door this is) in libosmocore's loop, and
 * what they answered before, for as long as that may be kept.
 *
 * dns_ask() answers from the loop, never before it returns, and exactly once unless it is cancelled.
 */
#ifndef GATEWAY_SIP_DNS_H
#define GATEWAY_SIP_DNS_H

#include "gateway/sip/dns_message.h"

struct dns;
struct dns_query; /* one question under way */

/* error: 0 and the answer, lent; -ENOENT: the name does not exist, or has no such records, and that is
 * for sure; -ETIMEDOUT no name server answers; -EIO they fail; -ENOMEM. The struct dns_query is gone
 * when this is called. */
typedef void (*dns_done)(void *arg, int error, const uint8_t *message, size_t size);

struct dns_question {
	const char *name; /* copied */
	enum dns_type type;
	bool fresh; /* not from what is kept */
	dns_done done;
	void *arg;
};

/* servers: "127.0.0.1:5353", or NULL for those of the system. */
int dns_new(void *ctx, const char *servers, struct dns **out);
void dns_free(struct dns *dns); /* questions under way are cancelled */
int dns_ask(struct dns *dns, const struct dns_question *question, struct dns_query **out);
void dns_cancel(struct dns_query *query); /* done is not called */
/* The addresses of a host in /etc/hosts, of type A (4 octets each) or AAAA. Returns how many. */
unsigned dns_hosts_file(struct dns *dns, const char *name, enum dns_type type, uint8_t out[][16],
			unsigned max);

#endif
