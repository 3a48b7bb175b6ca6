// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sofia-sip/su_log.h>

#include "gateway/log/log.h"

#define T1_DEFAULT_MS 500
#define UDP_RECEIVE_BUFFER (4 * 1024 * 1024)
#define INVITES_PENDING_MAX 100000
#define MESSAGE_SIZE_MAX 65536 /* what UDP can carry; on TCP a longer one ends its connection */

/* ---- addresses */

static bool is_wildcard(const struct sockaddr_storage *address)
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

int ua_path_find(const struct ua *ua, const struct sockaddr_storage *remote,
		 enum peer_transport transport, struct ua_path *path)
{
	const struct ua_socket *found = NULL;
	struct sockaddr_storage local = {0};
	unsigned i;

	if (ua_local_address(remote, &local))
		return -ENETUNREACH;
	for (i = 0; i < ua->sockets_count; i++) {
		const struct ua_socket *s = &ua->sockets[i];

		if (s->address.ss_family != remote->ss_family || s->transport != transport)
			continue;
		if (!found)
			found = s;
		target_address_set_port(&local,
					target_address_port((struct sockaddr *)&s->address));
		if (target_address_equal((struct sockaddr *)&s->address,
					 (struct sockaddr *)&local)) {
			found = s;
			break;
		}
	}
	if (!found)
		return -ENETUNREACH;
	path->remote = *remote;
	path->socket = found;
	return 0;
}

/* ---- sockets */

static void add_socket(struct ua *ua, const struct sockaddr_storage *address,
		       enum peer_transport transport)
{
	struct ua_socket *s;
	unsigned i;

	for (i = 0; i < ua->sockets_count; i++)
		if (ua->sockets[i].transport == transport &&
		    target_address_equal((struct sockaddr *)&ua->sockets[i].address,
					 (const struct sockaddr *)address))
			return;
	if (ua->sockets_count == UA_SOCKETS_MAX)
		return;
	s = &ua->sockets[ua->sockets_count];
	snprintf(s->ident, sizeof(s->ident), "s%u", ua->sockets_count++);
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
}

/* A wildcard is every address the machine has now, each with a socket of its own: Contact, Via and
 * the source address of a message are then the same. */
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
			target_address_set_port(&listen->address, TARGET_PORT_DEFAULT);
		if (!is_wildcard(&listen->address)) {
			add_listen(ua, listen, &listen->address);
			continue;
		}
		rc = add_all_addresses(ua, listen);
		if (rc)
			return rc;
	}
	return ua->sockets_count ? 0 : -EADDRNOTAVAIL;
}

static const char *transport_name(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TCP ? "tcp" : "udp";
}

/* ---- messages to the log */

/* The stack prints a message in pieces; lines go to our log. */
static void log_piece(void *stream, const char *format, va_list args)
{
	struct ua *ua = stream;
	size_t used = strlen(ua->log_line);
	char *line = ua->log_line, *end;

	if (!ua->debug)
		return;
	vsnprintf(ua->log_line + used, sizeof(ua->log_line) - used, format, args);
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		LOGP(DSIP, LOGL_NOTICE, "%s\n", line);
		line = end + 1;
	}
	memmove(ua->log_line, line, strlen(line) + 1);
	if (strlen(ua->log_line) + 1 == sizeof(ua->log_line))
		ua->log_line[0] = '\0';
}

void ua_debug(struct ua *ua, bool messages)
{
	ua->debug = messages;
	ua->log_line[0] = '\0';
	tport_set_params(nta_agent_tports(ua->agent), TPTAG_LOG(messages), TAG_END());
}

/* ---- life */

/* The stack hides why it could not bind: the same again tells. */
static int bind_error(const struct ua_socket *s)
{
	int type = s->transport == PEER_TRANSPORT_TCP ? SOCK_STREAM : SOCK_DGRAM, one = 1;
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
	snprintf(why, size, "cannot bind %s %s: %s: %s", transport_name(s->transport), address,
		 strerror(error), remedy);
}

static int open_socket(struct ua *ua, struct ua_socket *s, char *why, size_t why_size)
{
	char address[TARGET_ADDRESS_MAX], url[TARGET_ADDRESS_MAX + 32];
	bool ok;
	int error;

	target_address_text((const struct sockaddr *)&s->address, address, sizeof(address));
	snprintf(url, sizeof(url), "sip:%s;transport=%s", address, transport_name(s->transport));
	if (!ua->agent) {
		ua->agent = nta_agent_create(
		    loop_root(ua->loop), (const url_string_t *)url, NULL, NULL, NTATAG_UA(1),
		    NTATAG_MCLASS(guard_message_class()), NTATAG_CLIENT_RPORT(1),
		    NTATAG_SERVER_RPORT(1), NTATAG_PASS_100(1), NTATAG_MERGE_482(1),
		    NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_SIP_T1(ua->config.t1_ms),
		    NTATAG_SIP_T1X64(ua->config.timer_b_ms),
		    NTATAG_MAX_PROCEEDING(INVITES_PENDING_MAX), NTATAG_MAXSIZE(MESSAGE_SIZE_MAX),
		    TPTAG_TIMEOUT(ua->config.timer_b_ms), TPTAG_UDP_RMEM(UDP_RECEIVE_BUFFER),
		    TPTAG_IDENT(s->ident), TAG_END());
		ok = ua->agent != NULL;
	} else {
		ok = nta_agent_add_tport(ua->agent, (const url_string_t *)url,
					 TPTAG_IDENT(s->ident), TAG_END()) >= 0;
	}
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

static int open_sockets(struct ua *ua, char *why, size_t why_size)
{
	unsigned i;
	int rc = list_sockets(ua);

	if (rc)
		snprintf(why, why_size, "no address to listen on: %s", strerror(-rc));
	for (i = 0; !rc && i < ua->sockets_count; i++)
		rc = open_socket(ua, &ua->sockets[i], why, why_size);
	return rc;
}

static unsigned transports_of(const struct ua *ua)
{
	unsigned transports = 0;

	for (unsigned i = 0; i < ua->sockets_count; i++)
		transports |= 1u << ua->sockets[i].transport;
	return transports;
}

static void set_defaults(struct ua_config *config)
{
	if (!config->t1_ms)
		config->t1_ms = T1_DEFAULT_MS;
	if (!config->timer_b_ms)
		config->timer_b_ms = 64 * config->t1_ms;
	if (!config->product)
		config->product = "sipspan";
	if (config->media4.ss_family && is_wildcard(&config->media4))
		config->media4.ss_family = AF_UNSPEC;
	if (config->media6.ss_family && is_wildcard(&config->media6))
		config->media6.ss_family = AF_UNSPEC;
}

int ua_new(void *ctx, const struct ua_config *config, struct office *office,
	   struct media_client *media, struct ua **out, char *why, size_t why_size)
{
	struct ua *ua = talloc_zero(ctx, struct ua);
	int rc;

	if (!ua)
		return -ENOMEM;
	ua->config = *config;
	set_defaults(&ua->config);
	ua->office = office;
	ua->media = media;
	INIT_LLIST_HEAD(&ua->dialogs);
	INIT_LLIST_HEAD(&ua->attempts);
	INIT_LLIST_HEAD(&ua->legs);
	su_log_redirect(NULL, log_piece, ua);
	su_log_set_level(NULL, 0);
	snprintf(why, why_size, "the SIP stack could not be started");
	rc = resolver_new(ua, ua->config.name_servers, 0, &ua->resolver);
	if (!rc)
		rc = enum_queries_new(ua, ua->resolver, ua->config.enum_time_limit_ms,
				      &ua->enum_queries);
	if (!rc) {
		ua->health = target_health_new(ua);
		rc = ua->health ? 0 : -ENOMEM;
	}
	if (!rc)
		rc = admission_new(ua, ua, &ua->admission);
	if (!rc) {
		ua->challenges = challenges_new();
		rc = ua->challenges ? 0 : -ENOMEM;
	}
	if (!rc)
		resolver_set_families(ua->resolver, ua->config.families);
	if (!rc)
		rc = loop_new(ua, ua, &ua->loop);
	if (!rc)
		rc = open_sockets(ua, why, why_size);
	if (rc)
		goto fail;
	resolver_set_transports(ua->resolver, transports_of(ua));
	rc = -ENOMEM;
	ua->default_leg =
	    nta_leg_tcreate(ua->agent, ua_on_request, ua, NTATAG_NO_DIALOG(1), TAG_END());
	if (!ua->default_leg)
		goto fail;
	guard_use_admission(ua->admission);
	*out = ua;
	return 0;
fail:
	ua_free(ua);
	return rc;
}

const struct tenant *ua_tenant(const struct ua *ua, unsigned number)
{
	for (unsigned i = 0; i < ua->config.tenants_count; i++)
		if (ua->config.tenants[i].number == number)
			return &ua->config.tenants[i];
	return NULL;
}

void ua_options(const struct ua *ua, const struct peer *peer, struct sip_options *out)
{
	const struct tenant *all = ua_tenant(ua, 0);
	const struct tenant *own = peer && peer->tenant ? ua_tenant(ua, peer->tenant) : NULL;

	*out = peer ? peer->sip : (struct sip_options){0};
	if (own)
		sip_options_inherit(out, &own->options);
	if (all)
		sip_options_inherit(out, &all->options);
}

void ua_change(struct ua *ua, const struct ua_config *config)
{
	struct ua_config wanted = *config;

	set_defaults(&wanted);
	ua->config.transport = wanted.transport;
	ua->config.admission = wanted.admission;
	ua->config.challenge = wanted.challenge;
	admission_change(ua->admission);
	ua->config.families = wanted.families;
	resolver_set_families(ua->resolver, wanted.families);
	ua->config.tenants = wanted.tenants;
	ua->config.tenants_count = wanted.tenants_count;
	ua->config.t1_ms = wanted.t1_ms;
	ua->config.invite_retries = wanted.invite_retries;
	ua->config.hold_down_s = wanted.hold_down_s;
	ua->config.timer_b_ms = wanted.timer_b_ms;
	nta_agent_set_params(ua->agent, NTATAG_SIP_T1(wanted.t1_ms),
			     NTATAG_SIP_T1X64(wanted.timer_b_ms), TAG_END());
	tport_set_params(nta_agent_tports(ua->agent), TPTAG_TIMEOUT(wanted.timer_b_ms), TAG_END());
}

void ua_free(struct ua *ua)
{
	struct dialog *dialog, *next_dialog;
	struct attempt *attempt, *next_attempt;

	if (!ua)
		return;
	llist_for_each_entry_safe (dialog, next_dialog, &ua->dialogs, entry)
		dialog_free(dialog);
	llist_for_each_entry_safe (attempt, next_attempt, &ua->attempts, entry)
		attempt_free(attempt);
	leg_sip_free_all(ua);
	if (ua->default_leg)
		nta_leg_destroy(ua->default_leg);
	guard_use_admission(NULL);
	if (ua->agent)
		nta_agent_destroy(ua->agent);
	loop_free(ua->loop);
	admission_free(ua->admission);
	challenges_free(ua->challenges);
	enum_queries_free(ua->enum_queries);
	resolver_free(ua->resolver);
	su_log_redirect(NULL, NULL, NULL);
	talloc_free(ua);
}

struct enum_queries *ua_enum_queries(struct ua *ua)
{
	return ua->enum_queries;
}

struct admission *ua_admission(const struct ua *ua)
{
	return ua->admission;
}

struct target_health *ua_target_health(struct ua *ua)
{
	return ua->health;
}

void ua_counters(const struct ua *ua, struct ua_counters *out)
{
	*out = ua->counters;
}

void ua_describe(const struct ua *ua, char *text, size_t size)
{
	char address[TARGET_ADDRESS_MAX];
	size_t used = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; i < ua->sockets_count && used < size; i++) {
		const struct ua_socket *s = &ua->sockets[i];

		target_address_text((const struct sockaddr *)&s->address, address, sizeof(address));
		used += snprintf(text + used, size - used, "%s %s\n", transport_name(s->transport),
				 address);
	}
}
