// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/attempt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sofia-sip/su_log.h>

#include "gateway/log/log.h"
#include "gateway/sip/connections.h"
#include "gateway/sip/interfaces.h"
#include "gateway/sip/line_calls.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/path.h"
#include "gateway/sip/proxy.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/setups.h"
#include "gateway/sip/sockets.h"
#include "gateway/sip/secure.h"

#define EXPIRES_DEFAULT_MS 180000 /* as T301 */
#define T1_DEFAULT_MS 500

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

static unsigned transports_of(const struct ua *ua)
{
	unsigned transports = 0;

	for (unsigned i = 0; i < ua->sockets_count; i++)
		transports |= 1u << ua->sockets[i].transport;
	return transports;
}

static void set_defaults(struct ua_config *config)
{
	if (!config->expires_ms)
		config->expires_ms = EXPIRES_DEFAULT_MS;
	if (!config->t1_ms)
		config->t1_ms = T1_DEFAULT_MS;
	if (!config->timer_b_ms)
		config->timer_b_ms = 64 * config->t1_ms;
	if (!config->product)
		config->product = "sipspan";
	if (config->media4.ss_family && sockets_is_wildcard(&config->media4))
		config->media4.ss_family = AF_UNSPEC;
	if (config->media6.ss_family && sockets_is_wildcard(&config->media6))
		config->media6.ss_family = AF_UNSPEC;
}

static struct ua *ua_alloc(void *ctx, const struct ua_config *config)
{
	struct ua *ua = talloc_zero(ctx, struct ua);

	if (!ua)
		return NULL;
	ua->config = *config;
	set_defaults(&ua->config);
	INIT_LLIST_HEAD(&ua->dialogs);
	hash_init(ua->dialog_names);
	INIT_LLIST_HEAD(&ua->attempts);
	INIT_LLIST_HEAD(&ua->legs);
	INIT_LLIST_HEAD(&ua->mailboxes);
	INIT_LLIST_HEAD(&ua->registers);
	INIT_LLIST_HEAD(&ua->proxied);
	return ua;
}

static int open_flow_key(struct ua *ua)
{
	int rc = flow_key_open(ua->config.state_folder, ua->flow_key);

	if (rc == -ENOKEY)
		return rc;
	if (rc)
		LOGP(DSIP, LOGL_ERROR, "the key of flows in %s is not kept: %s\n",
		     ua->config.state_folder, strerror(-rc));
	return 0;
}

/* What needs no socket. */
static int make_parts(struct ua *ua)
{
	const struct ua_config *config = &ua->config;
	int rc = resolver_new(ua, config->name_servers, 0, &ua->resolver);

	if (rc)
		return rc;
	resolver_set_families(ua->resolver, config->families);
	rc = enum_queries_new(ua, ua->resolver, config->enum_time_limit_ms, &ua->enum_queries);
	if (rc)
		return rc;
	rc = admission_new(ua, ua, &ua->admission);
	if (rc)
		return rc;
	ua->health = target_health_new(ua);
	ua->setups = setups_new(ua);
	ua->challenges = challenges_new();
	if (!ua->health || !ua->setups || !ua->challenges)
		return -ENOMEM;
	return stir_new(ua, config->stir_profiles, config->stir_profiles_count, &ua->stir);
}

static int open_network(struct ua *ua, char *why, size_t why_size)
{
	int rc = loop_new(ua, ua, &ua->loop);

	if (!rc && ua->config.tls.default_profile)
		rc = secure_new(ua, &ua->config.tls, &ua->tls, why, why_size);
	if (!rc)
		rc = sockets_open(ua, why, why_size);
	if (!rc)
		rc = connections_new(ua, &ua->connections);
	if (!rc)
		rc = interfaces_new(ua, &ua->interfaces);
	if (rc)
		return rc;
	resolver_set_transports(ua->resolver, transports_of(ua));
	return 0;
}

/* From here on requests come in. */
static int start_service(struct ua *ua)
{
	int rc;

	ua->default_leg =
	    nta_leg_tcreate(ua->agent, ua_on_request, ua, NTATAG_NO_DIALOG(1), TAG_END());
	if (!ua->default_leg)
		return -ENOMEM;
	guard_use_admission(ua->admission);
	guard_use_proxy(ua);
	rc = proxy_start(ua);
	if (rc)
		return rc;
	rc = keepalive_new(ua, 1000, &ua->keepalive);
	if (rc)
		return rc;
	keepalive_configure(ua->keepalive, office_plan(ua->office));
	rc = registrations_new(ua, &ua->config.registration, &ua->registrations);
	if (rc)
		return rc;
	registrations_change(ua->registrations, ua->config.tenants, ua->config.tenants_count);
	rc = line_states_new(ua, &ua->line_states);
	if (rc)
		return rc;
	return subscriptions_new(ua, &ua->subscriptions);
}

int ua_new(void *ctx, const struct ua_config *config, struct office *office,
	   struct media_client *media, struct ua **out, char *why, size_t why_size)
{
	struct ua *ua = ua_alloc(ctx, config);
	int rc;

	if (!ua)
		return -ENOMEM;
	ua->office = office;
	ua->media = media;
	rc = open_flow_key(ua);
	if (rc) {
		snprintf(why, why_size, "no random numbers for the key of flows");
		goto fail;
	}
	su_log_redirect(NULL, log_piece, ua);
	su_log_set_level(NULL, 0);
	snprintf(why, why_size, "the SIP stack could not be started");
	rc = make_parts(ua);
	if (!rc)
		rc = open_network(ua, why, why_size);
	if (!rc)
		rc = start_service(ua);
	if (rc)
		goto fail;
	office_watch(office, line_calls_changed, ua->line_states);
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
	char why[512] = "out of memory";

	set_defaults(&wanted);
	ua->config.transport = wanted.transport;
	ua->config.admission = wanted.admission;
	ua->config.challenge = wanted.challenge;
	ua->config.watchers = wanted.watchers;
	admission_change(ua->admission);
	ua->config.families = wanted.families;
	resolver_set_families(ua->resolver, wanted.families);
	if (stir_change(ua->stir, wanted.stir_profiles, wanted.stir_profiles_count))
		LOGP(DSIP, LOGL_ERROR, "stir-shaken: the profiles stay as they were\n");
	ua->config.registrar_watch = wanted.registrar_watch;
	call_service_register(ua, wanted.tenants, wanted.tenants_count);
	ua->config.tenants = wanted.tenants;
	ua->config.tenants_count = wanted.tenants_count;
	ua->config.expires_ms = wanted.expires_ms;
	ua->config.t1_ms = wanted.t1_ms;
	ua->config.invite_retries = wanted.invite_retries;
	ua->config.hold_down_s = wanted.hold_down_s;
	ua->config.timer_b_ms = wanted.timer_b_ms;
	ua->config.addresses = wanted.addresses;
	ua->config.addresses_count = wanted.addresses_count;
	ua->config.connections = wanted.connections;
	connections_change(ua->connections);
	if (ua->tls && secure_change(ua->tls, &wanted.tls, why, sizeof(why)))
		LOGP(DSIP, LOGL_ERROR, "TLS stays as it was: %s\n", why);
	nta_agent_set_params(ua->agent, NTATAG_SIP_T1(wanted.t1_ms),
			     NTATAG_SIP_T1X64(wanted.timer_b_ms), TAG_END());
	sockets_change(ua);
	keepalive_configure(ua->keepalive, office_plan(ua->office));
	subscriptions_change(ua);
}

void ua_use_phone_book(struct ua *ua, const struct phone_book *book)
{
	if (!book)
		register_forget_all(ua);
	ua->phones = book ? *book : (struct phone_book){.arg = NULL};
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
	register_forget_all(ua);
	proxy_forget_all(ua);
	subscriptions_free(ua->subscriptions);
	line_states_free(ua->line_states);
	registrations_free(ua->registrations);
	keepalive_free(ua->keepalive);
	if (ua->default_leg)
		nta_leg_destroy(ua->default_leg);
	guard_use_admission(NULL);
	guard_use_proxy(NULL);
	if (ua->agent)
		nta_agent_destroy(ua->agent);
	interfaces_free(ua->interfaces);
	connections_free(ua->connections);
	secure_free(ua->tls);
	loop_free(ua->loop);
	stir_free(ua->stir);
	admission_free(ua->admission);
	challenges_free(ua->challenges);
	enum_queries_free(ua->enum_queries);
	resolver_free(ua->resolver);
	su_log_redirect(NULL, NULL, NULL);
	talloc_free(ua);
}

struct line_states *ua_line_states(struct ua *ua)
{
	return ua->line_states;
}

struct registrations *ua_registrations(struct ua *ua)
{
	return ua->registrations;
}

struct resolver *ua_resolver(struct ua *ua)
{
	return ua->resolver;
}

struct enum_queries *ua_enum_queries(struct ua *ua)
{
	return ua->enum_queries;
}

unsigned long ua_setups_refused(const struct ua *ua)
{
	return setups_refusals(ua->setups);
}

struct admission *ua_admission(const struct ua *ua)
{
	return ua->admission;
}

struct connections *ua_connections(struct ua *ua)
{
	return ua->connections;
}

struct target_health *ua_target_health(struct ua *ua)
{
	return ua->health;
}

struct keepalive *ua_keepalive(struct ua *ua)
{
	return ua->keepalive;
}

const struct stir *ua_stir(const struct ua *ua)
{
	return ua->stir;
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
		used += snprintf(text + used, size - used, "%s %s\n",
				 path_transport_name(s->transport), address);
	}
}
