// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows of telephones as user parts of our Record-Route and Path (RFC 5626 5.2). They are signed: who
 * could write his own would have the gateway send to any address that he likes.
 */
#include "gateway/sip/proxy_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "gateway/sip/path.h"

#define PREFIX "flow-"
#define MAC_SIZE 10 /* octets, as in the example of RFC 5626 */

static const enum peer_transport transports[] = {PEER_TRANSPORT_UDP, PEER_TRANSPORT_TCP,
						 PEER_TRANSPORT_TLS};

/* Of what stands before it. */
static void make_mac(const struct ua *ua, const char *text, size_t size, char out[2 * MAC_SIZE + 1])
{
	uint8_t mac[EVP_MAX_MD_SIZE] = {0};
	unsigned length = sizeof(mac);

	HMAC(EVP_sha256(), ua->flow_key, sizeof(ua->flow_key), (const uint8_t *)text, size, mac,
	     &length);
	for (unsigned i = 0; i < MAC_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

void proxy_flow_write(const struct ua *ua, const struct proxy_flow *flow, char text[PROXY_FLOW_MAX])
{
	const struct sockaddr *address = (const struct sockaddr *)&flow->address;
	bool six = address->sa_family == AF_INET6;
	const uint8_t *octets =
	    six ? ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr
		: (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
	int used =
	    snprintf(text, PROXY_FLOW_MAX, PREFIX "%s-", path_transport_name(flow->transport));
	char mac[2 * MAC_SIZE + 1];

	for (unsigned i = 0; i < (six ? 16 : 4); i++)
		used += snprintf(text + used, PROXY_FLOW_MAX - used, "%02x", octets[i]);
	used += snprintf(text + used, PROXY_FLOW_MAX - used, "-%u", target_address_port(address));
	make_mac(ua, text, (size_t)used, mac);
	snprintf(text + used, PROXY_FLOW_MAX - used, "-%s", mac);
}

static bool is_signed(const struct ua *ua, const char *text)
{
	const char *last = strrchr(text, '-');
	char mac[2 * MAC_SIZE + 1];

	if (!last || strlen(last + 1) != 2 * MAC_SIZE)
		return false;
	make_mac(ua, text, (size_t)(last - text), mac);
	return CRYPTO_memcmp(mac, last + 1, 2 * MAC_SIZE) == 0;
}

static int read_transport(const char *text, enum peer_transport *out)
{
	for (unsigned i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (strcmp(text, path_transport_name(transports[i])) == 0) {
			*out = transports[i];
			return 0;
		}
	return -EINVAL;
}

static int read_address(const char *hex, unsigned port, struct sockaddr_storage *out)
{
	size_t length = strlen(hex);
	char host[INET6_ADDRSTRLEN];
	uint8_t octets[16];

	if (length != 8 && length != 32)
		return -EINVAL;
	for (unsigned i = 0; i < length / 2; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &octets[i]) != 1)
			return -EINVAL;
	if (!inet_ntop(length == 8 ? AF_INET : AF_INET6, octets, host, sizeof(host)))
		return -EINVAL;
	return target_address_parse(host, port, out);
}

int proxy_flow_read(const struct ua *ua, const char *text, struct proxy_flow *out)
{
	char transport[8], hex[33], more;
	unsigned port;
	struct proxy_flow flow;

	if (!text || strncmp(text, PREFIX, strlen(PREFIX)) != 0)
		return -ENOENT;
	if (!is_signed(ua, text) ||
	    sscanf(text, PREFIX "%7[a-z]-%32[0-9a-f]-%5u-%*20[0-9a-f]%c", transport, hex, &port,
		   &more) != 3 ||
	    !port || port > 65535 || read_transport(transport, &flow.transport) ||
	    read_address(hex, port, &flow.address))
		return -EACCES;
	*out = flow;
	return 0;
}
