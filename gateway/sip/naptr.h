/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * naptr - reads the NAPTR records (RFC 3403 4.1) out of a DNS answer: those that make a URI of a number
 * (ENUM), with the time that they may be kept, and those that say which transports a SIP domain has
 * (RFC 3263 4.1).
 *
 * The answer is hostile, see dns_message.h. libc only.
 */
#ifndef GATEWAY_SIP_NAPTR_H
#define GATEWAY_SIP_NAPTR_H

#include <stddef.h>
#include <stdint.h>

#include "dialplan/enum.h"
#include "dialplan/peer.h"
#include "gateway/sip/dns_message.h"

struct naptr_answer {
	struct enum_records records; /* in the order of the message */
	uint32_t ttl_s; /* the shortest of all records of the answer, aliases included */
};

/* 0; -ENOENT: there is no NAPTR record in it; -EBADMSG: it is no DNS message, or broken. Records with
 * a zero byte in a string, and those beyond ENUM_RECORDS_MAX, are left out. */
int naptr_parse(const uint8_t *message, size_t size, struct naptr_answer *out);

#define NAPTR_SERVICES_MAX 4

struct naptr_services {
	unsigned count;
	struct naptr_service {
		uint16_t order, preference;
		enum peer_transport transport; /* SIP+D2U: UDP, SIP+D2T: TCP, SIPS+D2T: TLS */
		char name[DNS_NAME_MAX + 1];   /* of its SRV records */
	} services[NAPTR_SERVICES_MAX];	       /* best first */
};

/* 0, also if there is none; -EBADMSG. */
int naptr_parse_services(const uint8_t *message, size_t size, struct naptr_services *out);

#endif
