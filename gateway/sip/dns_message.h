/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dns_message - reads a DNS answer (RFC 1035 4.1): its records one after another, and how long it may
 * be kept.
 *
 * The answer is hostile: it may be cut, lie about its lengths or point anywhere. A reader that was
 * asked for more than there is, is broken, and gives zeros from then on. libc only.
 */
#ifndef GATEWAY_SIP_DNS_MESSAGE_H
#define GATEWAY_SIP_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX 253

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_NAPTR = 35,
};

struct dns_reader {
	const uint8_t *begin; /* of the message: names point back into it */
	const uint8_t *at, *end;
	bool broken;
};

const uint8_t *dns_take(struct dns_reader *reader, size_t size); /* NULL: there is not so much */
uint8_t dns_take_u8(struct dns_reader *reader);
uint16_t dns_take_u16(struct dns_reader *reader);
uint32_t dns_take_u32(struct dns_reader *reader);
/* A name with dots between its labels, "" for the root. false: it is broken, longer than a name may
 * be, or holds what cannot stand in text (a dot, zero, blank or control character). */
bool dns_take_name(struct dns_reader *reader, char out[DNS_NAME_MAX + 1]);

/* Calls record() for each record of the answer section of that type, in order; data is its RDATA. 0, or
 * -EBADMSG. *ttl_s: how long the answer may be kept: the shortest time of all its records, aliases
 * included; of one without records what its SOA allows (RFC 2308 5), 0 without SOA. */
int dns_message_each(const uint8_t *message, size_t size, enum dns_type type,
		     void (*record)(void *arg, struct dns_reader *data), void *arg,
		     uint32_t *ttl_s);

#endif
