// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an INVITE says about where it comes from, for the inbound dial peer: URIs of its headers,
 * carrier, address of the neighbour.
 */
#include "gateway/sip/message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Without header parameters. NULL: none, or too long to be compared. */
static const char *uri_text(const url_t *url, char text[PLAN_URI_MAX + 1])
{
	url_t bare;
	int length;

	if (!url)
		return NULL;
	bare = *url;
	bare.url_headers = NULL;
	length = url_e(text, PLAN_URI_MAX + 1, &bare);
	return length > 0 && length <= PLAN_URI_MAX ? text : NULL;
}

/* The topmost Via is the neighbour: the name that it gives itself, or the address it really has. */
static const char *via_text(const sip_via_t *via, const char *neighbour,
			    char text[PLAN_URI_MAX + 1])
{
	struct sockaddr_storage numeric;
	int length;

	if (!via || !via->v_host)
		return NULL;
	if (target_address_parse(via->v_host, TARGET_PORT_DEFAULT, &numeric)) {
		length = snprintf(text, PLAN_URI_MAX + 1, "sip:%s%s%s", via->v_host,
				  via->v_port ? ":" : "", via->v_port ? via->v_port : "");
		return length <= PLAN_URI_MAX ? text : NULL;
	}
	return neighbour;
}

static const char *neighbour_text(const struct sockaddr_storage *remote,
				  struct message_origin *room)
{
	char address[TARGET_ADDRESS_MAX];

	target_address_text((const struct sockaddr *)remote, address, sizeof(address));
	snprintf(room->neighbour, sizeof(room->neighbour), "sip:%s", address);
	return room->neighbour;
}

/* The stack has no parser for Diversion. NULL: there is none, or it cannot be read. */
static sip_from_t *diversion_make(su_home_t *home, const sip_t *sip)
{
	const sip_unknown_t *header = sip->sip_unknown;
	char first[2 * PLAN_URI_MAX];
	bool quoted = false, bracketed = false;
	size_t n;

	while (header && (!header->un_name || strcasecmp(header->un_name, "Diversion")))
		header = header->un_next;
	if (!header || !header->un_value)
		return NULL;
	for (n = 0; header->un_value[n]; n++) {
		char c = header->un_value[n];

		if (n + 1 == sizeof(first))
			return NULL;
		if (quoted && c == '\\' && header->un_value[n + 1] && n + 2 < sizeof(first)) {
			first[n] = c;
			c = header->un_value[++n];
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '<' || c == '>')) {
			bracketed = c == '<';
		} else if (!quoted && !bracketed && c == ',') {
			break;
		}
		first[n] = c;
	}
	first[n] = '\0';
	return sip_from_make(home, first);
}

static int uri_param(const url_t *url, const char *name, char *value, size_t size)
{
	const char *user = url->url_user ? strchr(url->url_user, ';') : NULL;

	if (!identity_param(user, name, value, size))
		return 0;
	return identity_param(url->url_params, name, value, size);
}

/* Where the call comes from stands in Contact (RFC 4904 6), where it is to go in the request URI;
 * cic is the carrier that the caller has chosen (RFC 4694). The first of them that is there. */
static const char *carrier_text(const sip_t *sip, char text[CLASS_NAME_MAX + 1])
{
	const struct {
		const url_t *url;
		const char *name;
	} order[] = {
	    {sip->sip_contact ? sip->sip_contact->m_url : NULL, "tgrp"},
	    {sip->sip_request->rq_url, "tgrp"},
	    {sip->sip_request->rq_url, "cic"},
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i].url &&
		    !uri_param(order[i].url, order[i].name, text, CLASS_NAME_MAX + 1))
			return text;
	return NULL;
}

static void source_address(const struct sockaddr_storage *remote, struct call_origin *out)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)remote;

	if (remote->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		out->source_family = 4;
		memcpy(out->source, six->sin6_addr.s6_addr + 12, 4);
	} else if (remote->ss_family == AF_INET6) {
		out->source_family = 6;
		memcpy(out->source, &six->sin6_addr, 16);
	} else if (remote->ss_family == AF_INET) {
		out->source_family = 4;
		memcpy(out->source, &((const struct sockaddr_in *)remote)->sin_addr, 4);
	}
}

void message_origin(const sip_t *sip, const struct sockaddr_storage *remote,
		    struct message_origin *room, struct call_origin *out)
{
	const url_t *urls[PEER_URI_COUNT] = {
	    [PEER_URI_REQUEST] = sip->sip_request->rq_url,
	    [PEER_URI_TO] = sip->sip_to ? sip->sip_to->a_url : NULL,
	    [PEER_URI_FROM] = sip->sip_from ? sip->sip_from->a_url : NULL,
	    [PEER_URI_REFERRED_BY] = sip->sip_referred_by ? sip->sip_referred_by->b_url : NULL,
	};
	su_home_t home[1] = {SU_HOME_INIT(home)};
	sip_from_t *diversion = diversion_make(home, sip);

	if (diversion)
		urls[PEER_URI_DIVERSION] = diversion->a_url;
	for (unsigned i = 0; i < PEER_URI_COUNT; i++)
		out->uris[i] = uri_text(urls[i], room->uris[i]);
	out->neighbour = neighbour_text(remote, room);
	out->uris[PEER_URI_VIA] = via_text(sip->sip_via, out->neighbour, room->uris[PEER_URI_VIA]);
	out->carrier = carrier_text(sip, room->carrier);
	source_address(remote, out);
	su_home_deinit(home);
}
