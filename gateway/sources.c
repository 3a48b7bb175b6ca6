// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sources.h"

#include <errno.h>

#include <osmocom/core/talloc.h>

#include "conf/conf.h"
#include "gateway/sip/account.h"
#include "gateway/sip/target.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/trusted_names.h"

struct sources {
	struct trust *trust;
	struct trusted_names *names;
};

int sources_new(void *ctx, const char *name_servers, struct sources **out)
{
	struct sources *s = talloc_zero(ctx, struct sources);
	struct trusted_names_config config = {.servers = name_servers};
	int rc = -ENOMEM;

	if (!s)
		return rc;
	s->trust = config.trust = trust_new();
	if (s->trust)
		rc = trusted_names_new(s, &config, &s->names);
	if (rc < 0) {
		sources_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

/* What has no host until a number is known ("enum:1", "dns:$d$.example") adds nothing. */
static int add_target(struct sources *s, const char *text, enum peer_transport transport)
{
	struct target target;

	if (!text[0] || target_has_macros(text) || target_parse(text, transport, &target) < 0)
		return 0;
	if (target.address.ss_family == AF_UNSPEC)
		return trusted_names_add(s->names, &target);
	return trust_add(s->trust, (const struct sockaddr *)&target.address,
			 target.address.ss_family == AF_INET ? 32 : 128);
}

static int add_peer(struct sources *s, const struct conf *conf, const struct peer *peer)
{
	enum peer_transport transport = peer->transport;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = conf->transport;
	return add_target(s, peer->session_target, transport);
}

static int add_servers(struct sources *s, const struct conf *conf, const struct server_group *group)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < group->count; i++)
		rc = add_target(s, group->servers[i].target, conf->transport);
	return rc;
}

/* Calls for a line come from where it is registered. */
static int add_registrars(struct sources *s, const struct account *account)
{
	int rc = 0;

	for (unsigned i = 0; account && rc == 0 && i < ACCOUNT_REGISTRARS_MAX; i++)
		rc = add_target(s, account->registrars[i].target, account->registrars[i].transport);
	return rc;
}

int sources_set(struct sources *s, const struct conf *conf)
{
	const struct conf_server_group *group;
	const struct conf_peer *peer;
	int rc = 0;

	trust_clear(s->trust);
	trust_set_loopback(s->trust, !conf->distrust_loopback);
	trusted_names_begin(s->names);
	for (unsigned i = 0; rc == 0 && i < conf->trusted_count; i++)
		rc = trust_add(s->trust, (const struct sockaddr *)&conf->trusted[i].address,
			       conf->trusted[i].prefix);
	llist_for_each_entry (peer, &conf->peers, entry) {
		if (rc == 0)
			rc = add_peer(s, conf, &peer->peer);
	}
	llist_for_each_entry (group, &conf->server_groups, head.entry) {
		if (rc == 0)
			rc = add_servers(s, conf, &group->group);
	}
	for (unsigned i = 0; rc == 0 && i < conf->tenants_count; i++)
		rc = add_registrars(s, conf->tenants[i].account);
	trusted_names_end(s->names);
	return rc;
}

const struct trust *sources_trust(const struct sources *s)
{
	return s->trust;
}

void sources_free(struct sources *s)
{
	if (!s)
		return;
	trusted_names_free(s->names);
	trust_free(s->trust);
	talloc_free(s);
}
