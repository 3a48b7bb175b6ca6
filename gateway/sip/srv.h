/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * srv - SRV records (RFC 2782): which hosts serve, and in which order to try them.
 *
 * libc only.
 */
#ifndef GATEWAY_SIP_SRV_H
#define GATEWAY_SIP_SRV_H

#include "gateway/sip/dns_message.h"

#define SRV_MAX 16 /* records of one answer that are looked at */

struct srv_record {
	uint16_t priority, weight, port;
	char host[DNS_NAME_MAX + 1];
};

struct srv_records {
	unsigned count;
	bool more; /* than SRV_MAX */
	bool
	    denied; /* the service is decidedly not available: a single record, its target is "." */
	struct srv_record records[SRV_MAX];
};

/* In the order of the message. 0, also if there is none; -EBADMSG. */
int srv_parse(const uint8_t *message, size_t size, struct srv_records *out);
/* Lowest priority first; within it by chance, each as likely to be next as its weight says. random():
 * 31 bits. */
void srv_order(struct srv_records *records, long (*random)(void));

#endif
