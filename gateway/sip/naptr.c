// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/naptr.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* false: it cannot be a C string */
static bool take_string(struct dns_reader *r, char out[ENUM_STRING_MAX + 1])
{
	uint8_t length = dns_take_u8(r);
	const uint8_t *text = dns_take(r, length);

	if (!text || memchr(text, 0, length))
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

static void take_record(void *arg, struct dns_reader *r)
{
	struct enum_records *out = arg;
	struct enum_record *record = &out->records[out->count];

	if (out->count == ENUM_RECORDS_MAX)
		return;
	record->order = dns_take_u16(r);
	record->preference = dns_take_u16(r);
	if (take_string(r, record->flags) && take_string(r, record->service) &&
	    take_string(r, record->regexp))
		out->count++;
}

int naptr_parse(const uint8_t *message, size_t size, struct naptr_answer *out)
{
	out->records.count = 0;
	if (dns_message_each(message, size, DNS_TYPE_NAPTR, take_record, &out->records,
			     &out->ttl_s))
		return -EBADMSG;
	return out->records.count ? 0 : -ENOENT;
}

/* ---- where a domain has its SIP servers (RFC 3263 4.1) */

static const struct {
	const char *service;
	enum peer_transport transport;
} services[] = {
    {"SIP+D2U", PEER_TRANSPORT_UDP},
    {"SIP+D2T", PEER_TRANSPORT_TCP},
    {"SIPS+D2T", PEER_TRANSPORT_TLS},
};

static enum peer_transport transport_of(const char *service)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (!strcasecmp(service, services[i].service))
			return services[i].transport;
	return PEER_TRANSPORT_SYSTEM;
}

static void take_service(void *arg, struct dns_reader *r)
{
	struct naptr_services *out = arg;
	struct naptr_service new = {0};
	char flags[ENUM_STRING_MAX + 1], service[ENUM_STRING_MAX + 1],
	    expression[ENUM_STRING_MAX + 1];
	unsigned at = out->count;

	new.order = dns_take_u16(r);
	new.preference = dns_take_u16(r);
	if (out->count == NAPTR_SERVICES_MAX || !take_string(r, flags) ||
	    !take_string(r, service) || !take_string(r, expression) ||
	    !dns_take_name(r, new.name) || !new.name[0] || strcasecmp(flags, "s"))
		return;
	new.transport = transport_of(service);
	if (new.transport == PEER_TRANSPORT_SYSTEM)
		return;
	while (at && (new.order < out->services[at - 1].order ||
		      (new.order == out->services[at - 1].order &&new.preference <
					out->services[at - 1].preference))) {
		out->services[at] = out->services[at - 1];
		at--;
	}
	out->services[at] = new;
	out->count++;
}

int naptr_parse_services(const uint8_t *message, size_t size, struct naptr_services *out)
{
	uint32_t ttl_s;

	out->count = 0;
	return dns_message_each(message, size, DNS_TYPE_NAPTR, take_service, out, &ttl_s);
}
