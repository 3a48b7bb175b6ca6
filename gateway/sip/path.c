// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/msg_addr.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/connections.h"
#include "gateway/sip/sockets.h"
#include "gateway/sip/secure.h"
#include "gateway/sip/uri_param_private.h"

#define VIA_MAX 128
#define MESSAGE_SIZE_MAX 65535 /* of UDP */

/* ---- local end */

static const struct sockaddr_storage *place(const struct ua *ua, unsigned number)
{
	return number && number <= ua->config.addresses_count ? &ua->config.addresses[number - 1]
							      : NULL;
}

/* The address to be bound for the family, or NULL. */
static const struct sockaddr_storage *bound(const struct ua *ua, const struct sip_options *options,
					    int family)
{
	return place(ua, family == AF_INET6 ? options->bind_control6 : options->bind_control4);
}

void path_apply(const struct ua *ua, const struct sip_options *options, struct ua_path *path)
{
	const struct sockaddr_storage *external = place(ua, options->external);

	memset(&path->external, 0, sizeof(path->external));
	if (external)
		path->external = *external;
	path->tls_profile = options->tls_profile;
	path->stays_udp = options->large_by_tcp == SIP_SWITCH_OFF;
}

int path_find(const struct ua *ua, const struct path_far *far, struct ua_path *out)
{
	const struct sip_options *options = far->options;
	const struct sockaddr_storage *local;
	struct sip_options all;
	struct ua_path path = {.remote = *far->remote};

	if (!options) {
		ua_options(ua, NULL, &all);
		options = &all;
	}
	local = bound(ua, options, far->remote->ss_family);
	path.socket = sockets_find(ua, far->remote, far->transport, local);
	if (!path.socket)
		return local ? -EADDRNOTAVAIL : -ENETUNREACH;
	path_apply(ua, options, &path);
	if (far->name)
		osmo_strlcpy(path.tls_name, far->name, sizeof(path.tls_name));
	else
		target_address_host((const struct sockaddr *)far->remote, path.tls_name,
				    sizeof(path.tls_name));
	*out = path;
	return 0;
}

int path_to_call(const struct ua *ua, const struct dialog_call *call, struct ua_path *out)
{
	struct path_far far = {&call->remote, call->transport, &call->options, call->host};
	struct ua_path path;
	int rc = path_find(ua, &far, &path);

	if (rc)
		return rc;
	path.stays = call->stays;
	path.secure =
	    call->uri ? !strncasecmp(call->uri, "sips:", 5) : call->options.url == SIP_URL_SIPS;
	if (path.secure && call->transport != PEER_TRANSPORT_TLS)
		return -EPROTONOSUPPORT;
	*out = path;
	return 0;
}

void path_media(const struct ua *ua, const struct sip_options *options,
		struct sockaddr_storage *media4, struct sockaddr_storage *media6,
		struct sockaddr_storage *external)
{
	const struct sockaddr_storage *own4 = place(ua, options->bind_media4);
	const struct sockaddr_storage *own6 = place(ua, options->bind_media6);
	const struct sockaddr_storage *told =
	    place(ua, options->external_media ? options->external_media : options->external);

	if (own4)
		*media4 = *own4;
	if (own6)
		*media6 = *own6;
	memset(external, 0, sizeof(*external));
	if (told)
		*external = *told;
}

int ua_path_find(const struct ua *ua, const struct sockaddr_storage *remote,
		 enum peer_transport transport, struct ua_path *path)
{
	struct path_far far = {.remote = remote, .transport = transport};

	return path_find(ua, &far, path);
}

void path_local(const struct ua_path *path, struct sockaddr_storage *out)
{
	const struct sockaddr_storage *own = &path->socket->address;

	*out = *own;
	if (path->external.ss_family != own->ss_family)
		return;
	*out = path->external;
	if (path->socket->transport == PEER_TRANSPORT_TLS ||
	    !target_address_port((const struct sockaddr *)out))
		target_address_set_port(out, target_address_port((const struct sockaddr *)own));
}

/* ---- what the far end is told */

const char *path_transport_name(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TLS	 ? "tls"
	       : transport == PEER_TRANSPORT_TCP ? "tcp"
						 : "udp";
}

const char *path_transport_param(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TLS	 ? ";transport=tls"
	       : transport == PEER_TRANSPORT_TCP ? ";transport=tcp"
						 : "";
}

/* A secure URI gets a secure Contact (RFC 3261 8.1.1.8), which needs no transport parameter. */
static void print_contact(const struct ua_path *path, const char *user, const char *at,
			  char text[PATH_CONTACT_MAX])
{
	struct sockaddr_storage local;
	char address[TARGET_ADDRESS_MAX];

	path_local(path, &local);
	target_address_text((const struct sockaddr *)&local, address, sizeof(address));
	if (path->secure && path->socket->transport == PEER_TRANSPORT_TLS)
		snprintf(text, PATH_CONTACT_MAX, "<sips:%s%s%s>", user, at, address);
	else
		snprintf(text, PATH_CONTACT_MAX, "<sip:%s%s%s%s>", user, at, address,
			 path_transport_param(path->socket->transport));
}

void path_contact_of(const struct ua_path *path, const char *user, char text[PATH_CONTACT_MAX])
{
	print_contact(path, user, "@", text);
}

void path_contact(const struct ua_path *path, char text[PATH_CONTACT_MAX])
{
	if (path->contact[0])
		snprintf(text, PATH_CONTACT_MAX, "%s", path->contact);
	else
		print_contact(path, "", "", text);
}

/* ---- far ends that called */

static bool is_behind_nat(const sip_t *sip, const struct sockaddr_storage *remote)
{
	const sip_via_t *via = sip ? sip->sip_via : NULL;
	struct sockaddr_storage named;

	return via && via->v_host &&
	       !target_address_parse(
		   via->v_host, target_address_port((const struct sockaddr *)remote), &named) &&
	       !target_address_equal((const struct sockaddr *)&named,
				     (const struct sockaddr *)remote);
}

/* Their Via promises that requests to its port may use the connection. */
static void note_alias(const struct ua *ua, const sip_t *sip, const struct ua_path *path,
		       tport_t *tport)
{
	const sip_via_t *via = sip ? sip->sip_via : NULL;
	struct secure_link *link = ua->tls ? secure_find_incoming(ua->tls, &path->remote) : NULL;

	if (!link)
		return;
	link->tport = tport;
	if (via && msg_header_find_param(via->v_common, "alias"))
		link->alias_port = via->v_port ? strtoul(via->v_port, NULL, 10) : TARGET_PORT_TLS;
}

int path_source(struct ua *ua, nta_incoming_t *irq, struct ua_path *out)
{
	msg_t *msg = nta_incoming_getrequest(irq);
	tport_t *tport = nta_incoming_transport(ua->agent, irq, msg);
	const su_sockaddr_t *from = msg ? msg_addr(msg) : NULL;
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	struct ua_path path = {0};
	struct sip_options all;
	int rc = -ENOENT;

	if (!tport && msg) /* an ACK, to which nothing is sent back */
		tport = nta_incoming_transport(ua->agent, NULL, msg);
	if (tport && from)
		path.socket = sockets_of(ua, tport_name(tport_parent(tport)));
	if (path.socket) {
		memcpy(&path.remote, from, su_sockaddr_size(from));
		ua_options(ua, NULL, &all);
		path_apply(ua, &all, &path);
		path.stays = is_behind_nat(sip, &path.remote);
		path.secure =
		    sip && sip->sip_request && sip->sip_request->rq_url->url_type == url_sips;
		if (path.socket->transport == PEER_TRANSPORT_TLS)
			note_alias(ua, sip, &path, tport);
		if (path.socket->transport != PEER_TRANSPORT_UDP)
			connections_heard(ua->connections, &path.remote);
		*out = path;
		rc = 0;
	}
	if (tport)
		tport_unref(tport);
	if (msg)
		msg_destroy(msg);
	return rc;
}

/* ---- inside a dialog */

static unsigned uri_port(const url_t *url, enum peer_transport transport)
{
	char *end;
	unsigned long port;

	if (!url->url_port || !*url->url_port)
		return transport == PEER_TRANSPORT_TLS ? TARGET_PORT_TLS : TARGET_PORT_DEFAULT;
	port = strtoul(url->url_port, &end, 10);
	return *end || strlen(url->url_port) > 5 || port > 65535 ? 0 : port;
}

static int uri_transport(const url_t *url, enum peer_transport *out)
{
	enum peer_transport transport =
	    url->url_type == url_sips ? PEER_TRANSPORT_TLS : PEER_TRANSPORT_UDP;
	char name[8];

	if (url->url_type != url_sip && url->url_type != url_sips)
		return -EINVAL;
	if (uri_has_param(url, "transport")) {
		if (uri_param(url, "transport", name, sizeof(name)) <= 0)
			return -EINVAL;
		if (!strcasecmp(name, "tls"))
			transport = PEER_TRANSPORT_TLS;
		else if (!strcasecmp(name, "tcp"))
			transport =
			    url->url_type == url_sips ? PEER_TRANSPORT_TLS : PEER_TRANSPORT_TCP;
		else if (strcasecmp(name, "udp") || url->url_type == url_sips)
			return -EPROTONOSUPPORT;
	}
	*out = transport;
	return 0;
}

/* The path to a URI, if it says where without asking the DNS. */
static int path_to_uri(const struct ua *ua, const url_t *url, const struct ua_path *before,
		       struct ua_path *out)
{
	enum peer_transport transport;
	struct sockaddr_storage remote;
	struct ua_path path = *before;
	char host[TARGET_ADDRESS_MAX];
	unsigned port;

	if (!url->url_host || uri_transport(url, &transport))
		return -EINVAL;
	port = uri_port(url, transport);
	snprintf(host, sizeof(host), "%s", url->url_host);
	if (uri_has_param(url, "maddr") && uri_param(url, "maddr", host, sizeof(host)) <= 0)
		return -EINVAL;
	if (!port || target_address_parse(host, port, &remote))
		return -EINVAL;
	path.remote = remote;
	path.socket = sockets_find(ua, &remote, transport, &before->socket->address);
	if (!path.socket)
		path.socket = sockets_find(ua, &remote, transport, NULL);
	if (!path.socket)
		return -ENETUNREACH;
	if (!path.tls_name[0])
		target_address_host((struct sockaddr *)&remote, path.tls_name,
				    sizeof(path.tls_name));
	*out = path;
	return 0;
}

void path_next(const struct ua *ua, nta_leg_t *leg, const struct ua_path *path, struct ua_path *out)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;

	*out = *path;
	if (path->stays || nta_leg_get_route(leg, &route, &target) < 0 || (!route && !target))
		return;
	/* A caller on TLS is known by the connection it made; who is at its Contact is not. */
	if (path->socket->transport == PEER_TRANSPORT_TLS && !path->tls_name[0] &&
	    secure_find_incoming(ua->tls, &path->remote))
		return;
	path_to_uri(ua, route ? route->r_url : target->m_url, path, out);
}

/* ---- connections */

static bool is_connected(const struct ua_socket *socket, const char *host, const char *port)
{
	const tp_name_t name = {
	    .tpn_proto = path_transport_name(socket->transport),
	    .tpn_canon = host,
	    .tpn_host = host,
	    .tpn_port = port,
	    .tpn_ident = socket->ident,
	};
	const tport_t *found = tport_by_name(nta_agent_tports(socket->agent), &name);

	return found && tport_is_secondary(found) && !tport_is_shutdown(found);
}

bool path_is_connected(const struct ua *ua, const struct sockaddr_storage *remote,
		       enum peer_transport transport)
{
	char host[TARGET_ADDRESS_MAX], port[8];

	if (transport == PEER_TRANSPORT_TLS)
		return ua->tls && secure_find_incoming(ua->tls, remote);
	target_address_host((const struct sockaddr *)remote, host, sizeof(host));
	snprintf(port, sizeof(port), "%u", target_address_port((const struct sockaddr *)remote));
	for (unsigned i = 0; i < ua->sockets_count; i++)
		if (ua->sockets[i].transport == transport &&
		    is_connected(&ua->sockets[i], host, port))
			return true;
	return false;
}

/* ---- sending */

/* Topmost Via of a request, without branch; "": the stack's own will do. alias: they may use the
 * connection for requests of theirs (RFC 5923 4). */
static void print_via(const struct ua_path *path, char text[VIA_MAX])
{
	static const char *const names[] = {[PEER_TRANSPORT_UDP] = "UDP",
					    [PEER_TRANSPORT_TCP] = "TCP",
					    [PEER_TRANSPORT_TLS] = "TLS"};
	enum peer_transport transport = path->socket->transport;
	struct sockaddr_storage local;
	char address[TARGET_ADDRESS_MAX];

	text[0] = '\0';
	if (path->external.ss_family != path->socket->address.ss_family &&
	    transport != PEER_TRANSPORT_TLS)
		return;
	path_local(path, &local);
	target_address_text((const struct sockaddr *)&local, address, sizeof(address));
	snprintf(text, VIA_MAX, "SIP/2.0/%s %s;%s", names[transport], address,
		 transport == PEER_TRANSPORT_TLS ? "alias" : "rport");
}

static int add_via(const struct ua_path *path, msg_t *msg)
{
	char text[VIA_MAX];
	sip_via_t *via;

	print_via(path, text);
	if (!text[0])
		return 0;
	via = sip_via_make(msg_home(msg), text);
	if (!via || msg_header_insert(msg, (msg_pub_t *)sip_object(msg), (msg_header_t *)via) < 0)
		return -ENOMEM;
	return 1;
}

/* A connection that is there, or to whom a new one must lead. */
static tport_t *choose_connection(const struct ua *ua, const struct ua_path *path,
				  struct secure_wish *wish)
{
	struct secure_link *link;

	if (path->socket->transport != PEER_TRANSPORT_TLS)
		return NULL;
	wish->remote = &path->remote;
	wish->profile = path->tls_profile;
	wish->name = path->tls_name;
	link = path->tls_name[0] ? secure_find(ua->tls, wish)
				 : secure_find_incoming(ua->tls, &path->remote);
	secure_expect(ua->tls, wish);
	return link ? link->tport : NULL;
}

static void note_connection(const struct ua *ua, const struct ua_path *path, nta_outgoing_t *out)
{
	struct secure_link *link;
	tport_t *tport;

	if (path->socket->transport != PEER_TRANSPORT_TLS)
		return;
	link = secure_expect_nobody(ua->tls);
	tport = out ? nta_outgoing_transport(out) : NULL;
	if (link && tport && tport_is_secondary(tport))
		link->tport = tport;
	if (tport)
		tport_unref(tport);
}

nta_outgoing_t *path_send(const struct ua *ua, const struct ua_path *path, nta_response_f *callback,
			  void *magic, msg_t *msg)
{
	bool tls = path->socket->transport == PEER_TRANSPORT_TLS;
	char address[TARGET_ADDRESS_MAX], hop[TARGET_ADDRESS_MAX + 32];
	struct secure_wish wish = {0};
	nta_outgoing_t *out;
	tport_t *tport;
	int own_via = add_via(path, msg);

	if (own_via < 0)
		return NULL;
	target_address_text((const struct sockaddr *)&path->remote, address, sizeof(address));
	snprintf(hop, sizeof(hop), "sip:%s;transport=%s", address,
		 path_transport_name(path->socket->transport));
	admission_expect(ua->admission, (const struct sockaddr *)&path->remote);
	tport = choose_connection(ua, path, &wish);
	out = nta_outgoing_mcreate(
	    path->socket->agent, callback, magic, (const url_string_t *)hop, msg,
	    TPTAG_IDENT(path->socket->ident), TAG_IF(own_via, NTATAG_USER_VIA(1)),
	    TAG_IF(tport, NTATAG_TPORT(tport)), TAG_IF(tls && !tport, TPTAG_FRESH(1)),
	    TAG_IF(path->stays_udp, TPTAG_MTU(MESSAGE_SIZE_MAX)), TAG_END());
	note_connection(ua, path, out);
	return out;
}
