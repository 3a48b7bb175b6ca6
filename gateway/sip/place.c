// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/trust.h"
#include "gateway/sip/uri_param_private.h"

static unsigned port_of(const char *text)
{
	unsigned long port = text && *text ? strtoul(text, NULL, 10) : TARGET_PORT_DEFAULT;

	return port <= 65535 ? port : 0;
}

bool place_is_ours(const struct ua *ua, const char *host, const char *port)
{
	struct sockaddr_storage address;

	if (!host || target_address_parse(host, port_of(port), &address))
		return false;
	for (unsigned i = 0; i < ua->sockets_count; i++)
		if (target_address_equal((const struct sockaddr *)&ua->sockets[i].address,
					 (const struct sockaddr *)&address))
			return true;
	return false;
}

static bool is_phone(const url_t *url)
{
	char value[8];

	return url->url_type == url_tel || (uri_param(url, "user", value, sizeof(value)) > 0 &&
					    strcasecmp(value, "phone") == 0);
}

enum place place_of(const struct ua *ua, const url_t *url)
{
	struct sockaddr_storage address;

	if (url->url_type == url_tel)
		return PLACE_NUMBER;
	if ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
	    uri_has_param(url, "maddr"))
		return PLACE_STRANGE;
	if (place_is_ours(ua, url->url_host, url->url_port))
		return PLACE_OURS;
	if (target_address_parse(url->url_host, port_of(url->url_port), &address))
		return is_phone(url) ? PLACE_NUMBER : PLACE_NAME;
	if (trust_allows(ua->config.trust, (const struct sockaddr *)&address))
		return PLACE_NEIGHBOUR;
	return is_phone(url) ? PLACE_NUMBER : PLACE_STRANGE;
}

int place_target(const url_t *url, enum peer_transport transport, struct target *out)
{
	static const struct {
		const char *name;
		enum peer_transport transport;
	} names[] = {
	    {"udp", PEER_TRANSPORT_UDP}, {"tcp", PEER_TRANSPORT_TCP}, {"tls", PEER_TRANSPORT_TLS}};
	unsigned port = port_of(url->url_port);
	char host[TARGET_HOST_MAX + 1], name[8];
	size_t length, i = 0;

	if (!url->url_host || !port || strlen(url->url_host) >= sizeof(host))
		return -EINVAL;
	if (uri_has_param(url, "transport")) {
		if (uri_param(url, "transport", name, sizeof(name)) <= 0)
			return -EINVAL;
		while (i < 3 && strcasecmp(name, names[i].name))
			i++;
		if (i == 3)
			return -EPROTONOSUPPORT;
		transport = names[i].transport;
	}
	if (url->url_type == url_sips)
		transport = PEER_TRANSPORT_TLS;
	strcpy(host, url->url_host + (url->url_host[0] == '['));
	length = strlen(host);
	if (url->url_host[0] == '[' && length && host[length - 1] == ']')
		host[length - 1] = '\0';
	return target_from_host(host, url->url_port && *url->url_port ? port : 0, transport, out);
}

int place_keep_neighbours(const struct ua *ua, struct resolve_answer *answer)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < answer->count; i++)
		if (trust_allows(ua->config.trust, (const struct sockaddr *)&answer->addresses[i]))
			answer->addresses[kept++] = answer->addresses[i];
	answer->count = kept;
	return kept ? 0 : -EACCES;
}
