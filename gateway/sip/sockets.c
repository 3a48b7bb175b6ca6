// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/sockets.h"

#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "gateway/sip/path.h"
#include "gateway/sip/secure.h"

#define UDP_RECEIVE_BUFFER (4 * 1024 * 1024)
#define INVITES_PENDING_MAX 100000
#define NO_CERTIFICATES "/dev/null" /* where the stack looks for its own: it has none */

/* ---- addresses */

bool sockets_is_wildcard(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
	return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

int ua_local_address(const struct sockaddr_storage *remote, struct sockaddr_storage *out)
{
	struct sockaddr_storage to = *remote, local = {0};
	socklen_t size = sizeof(local);
	int fd = socket(remote->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	if (!target_address_port((struct sockaddr *)&to))
		target_address_set_port(&to, TARGET_PORT_DEFAULT);
	/* Nothing is sent: connect() only asks the routing table. */
	if (connect(fd, (struct sockaddr *)&to, address_size(&to)) ||
	    getsockname(fd, (struct sockaddr *)&local, &size))
		rc = -errno;
	close(fd);
	if (rc)
		return rc;
	target_address_set_port(&local, 0);
	*out = local;
	return 0;
}

const struct ua_socket *sockets_find(const struct ua *ua, const struct sockaddr_storage *remote,
				     enum peer_transport transport,
				     const struct sockaddr_storage *local)
{
	const struct ua_socket *found = NULL;
	struct sockaddr_storage start = {0};

	if (!local && ua_local_address(remote, &start))
		return NULL;
	for (unsigned i = 0; i < ua->sockets_count; i++) {
		const struct ua_socket *s = &ua->sockets[i];

		if (s->address.ss_family != remote->ss_family || s->transport != transport)
			continue;
		if (target_same_host(&s->address, local ? local : &start))
			return s;
		if (!found && !local)
			found = s;
	}
	return found;
}

const struct ua_socket *sockets_of(const struct ua *ua, const tp_name_t *name)
{
	for (unsigned i = 0; name->tpn_ident && i < ua->sockets_count; i++) {
		const struct ua_socket *s = &ua->sockets[i];

		if (!strcmp(name->tpn_ident, s->ident) &&
		    !strcasecmp(name->tpn_proto, path_transport_name(s->transport)))
			return s;
	}
	return NULL;
}

/* ---- the list */

static void add_socket(struct ua *ua, const struct sockaddr_storage *address,
		       enum peer_transport transport)
{
	struct ua_socket *s;
	unsigned i, place;

	for (i = 0, place = ua->sockets_count; i < ua->sockets_count; i++) {
		if (!target_address_equal((struct sockaddr *)&ua->sockets[i].address,
					  (const struct sockaddr *)address))
			continue;
		if (ua->sockets[i].transport == transport)
			return;
		place = place < i ? place : i;
	}
	if (ua->sockets_count == UA_SOCKETS_MAX)
		return;
	s = &ua->sockets[ua->sockets_count++];
	/* One name for UDP and TCP of an address: the stack goes from one to the other. */
	snprintf(s->ident, sizeof(s->ident), "s%u", place);
	s->address = *address;
	s->transport = transport;
}

static void add_listen(struct ua *ua, const struct ua_listen *listen,
		       const struct sockaddr_storage *address)
{
	if (listen->udp)
		add_socket(ua, address, PEER_TRANSPORT_UDP);
	if (listen->tcp)
		add_socket(ua, address, PEER_TRANSPORT_TCP);
	if (listen->tls)
		add_socket(ua, address, PEER_TRANSPORT_TLS);
}

static int add_all_addresses(struct ua *ua, const struct ua_listen *listen)
{
	unsigned port = target_address_port((const struct sockaddr *)&listen->address);
	struct ifaddrs *list, *i;

	if (getifaddrs(&list))
		return -errno;
	for (i = list; i; i = i->ifa_next) {
		struct sockaddr_storage address = {0};

		if (!i->ifa_addr || i->ifa_addr->sa_family != listen->address.ss_family ||
		    !(i->ifa_flags & IFF_UP))
			continue;
		address.ss_family = i->ifa_addr->sa_family;
		memcpy(&address, i->ifa_addr, address_size(&address));
		if (address.ss_family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)&address)->sin6_addr))
			continue; /* needs a scope, which no URI can carry */
		target_address_set_port(&address, port);
		add_listen(ua, listen, &address);
	}
	freeifaddrs(list);
	return 0;
}

static int list_sockets(struct ua *ua)
{
	unsigned i;
	int rc;

	for (i = 0; i < ua->config.listen_count && i < UA_LISTEN_MAX; i++) {
		struct ua_listen *listen = &ua->config.listen[i];

		if (!target_address_port((struct sockaddr *)&listen->address))
			target_address_set_port(
			    &listen->address, listen->tls ? TARGET_PORT_TLS : TARGET_PORT_DEFAULT);
		if (!sockets_is_wildcard(&listen->address)) {
			add_listen(ua, listen, &listen->address);
			continue;
		}
		rc = add_all_addresses(ua, listen);
		if (rc)
			return rc;
	}
	return ua->sockets_count ? 0 : -EADDRNOTAVAIL;
}

/* ---- opening */

/* The stack hides why it could not bind: the same again tells. */
static int bind_error(const struct ua_socket *s)
{
	int type = s->transport == PEER_TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM, one = 1;
	int fd = socket(s->address.ss_family, type | SOCK_CLOEXEC, 0), error = EIO;

	if (fd < 0)
		return errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&s->address, address_size(&s->address)) ||
	    (type == SOCK_STREAM && listen(fd, 1)))
		error = errno;
	close(fd);
	return error;
}

static void explain(char *why, size_t size, const struct ua_socket *s, int error)
{
	char address[TARGET_ADDRESS_MAX];
	const char *remedy = "see `ip addr` for the addresses of this machine";

	target_address_text((const struct sockaddr *)&s->address, address, sizeof(address));
	if (error == EADDRINUSE)
		remedy = "another program listens there, see `ss -lnp`";
	else if (error == EACCES)
		remedy = "ports below 1024 need the right to bind them";
	snprintf(why, size, "cannot bind %s %s: %s: %s", path_transport_name(s->transport), address,
		 strerror(error), remedy);
}

static nta_agent_t *make_agent(struct ua *ua, const char *url, const char *ident)
{
	const struct ua_config *c = &ua->config;

	return nta_agent_create(
	    loop_root(ua->loop), (const url_string_t *)url, NULL, NULL, NTATAG_UA(1),
	    NTATAG_MCLASS(guard_message_class()), NTATAG_CLIENT_RPORT(1), NTATAG_SERVER_RPORT(1),
	    NTATAG_PASS_100(1), NTATAG_MERGE_482(1), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0),
	    NTATAG_SIP_T1(c->t1_ms), NTATAG_SIP_T1X64(c->timer_b_ms),
	    NTATAG_MAX_PROCEEDING(INVITES_PENDING_MAX), NTATAG_MAXSIZE(UA_MESSAGE_MAX),
	    /* a request on a connection that closes has failed: it need not wait for timer B */
	    TPTAG_SDWN_ERROR(1), TPTAG_TIMEOUT(c->timer_b_ms), TPTAG_IDLE(UINT_MAX),
	    TPTAG_PONG2PING(1), TPTAG_STUN_SERVER(0), TPTAG_KEEPALIVE(c->connections.keepalive_ms),
	    TPTAG_UDP_RMEM(UDP_RECEIVE_BUFFER), TPTAG_CERTIFICATE(NO_CERTIFICATES),
	    TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_NONE), TPTAG_IDENT(ident), TAG_END());
}

static int open_socket(struct ua *ua, struct ua_socket *s, char *why, size_t why_size)
{
	char address[TARGET_ADDRESS_MAX], url[TARGET_ADDRESS_MAX + 32];
	bool ok;
	int error;

	target_address_text((const struct sockaddr *)&s->address, address, sizeof(address));
	snprintf(url, sizeof(url), "%s:%s;transport=%s",
		 s->transport == PEER_TRANSPORT_TLS ? "sips" : "sip", address,
		 path_transport_name(s->transport));
	if (s->transport == PEER_TRANSPORT_TLS)
		secure_listen_begin(ua->tls);
	if (!ua->agent) {
		ua->agent = make_agent(ua, url, s->ident);
		ok = ua->agent != NULL;
	} else {
		ok = nta_agent_add_tport(ua->agent, (const url_string_t *)url,
					 TPTAG_CERTIFICATE(NO_CERTIFICATES),
					 TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_NONE),
					 TPTAG_IDENT(s->ident), TAG_END()) >= 0;
	}
	if (s->transport == PEER_TRANSPORT_TLS)
		secure_listen_end(ua->tls);
	if (ok) {
		s->agent = ua->agent;
		admission_add_socket(ua->admission, (struct sockaddr *)&s->address,
				     s->transport == PEER_TRANSPORT_UDP);
		return 0;
	}
	error = bind_error(s);
	explain(why, why_size, s, error);
	return -error;
}

int sockets_open(struct ua *ua, char *why, size_t why_size)
{
	unsigned i;
	int rc = list_sockets(ua);

	if (rc)
		snprintf(why, why_size, "no address to listen on: %s", strerror(-rc));
	for (i = 0; !rc && i < ua->sockets_count; i++)
		rc = open_socket(ua, &ua->sockets[i], why, why_size);
	return rc;
}

/* Those of the stack's sockets are copies of the agent's, made when they were opened. */
void sockets_change(struct ua *ua)
{
	const struct ua_config *c = &ua->config;
	tport_t *tport = tport_primaries(nta_agent_tports(ua->agent));

	for (; tport; tport = tport_next(tport))
		tport_set_params(tport, TPTAG_TIMEOUT(c->timer_b_ms),
				 TPTAG_KEEPALIVE(c->connections.keepalive_ms), TAG_END());
}
