// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/sip_admission.h"

struct conf *conf_new(void *ctx)
{
	struct conf *conf = talloc_zero(ctx, struct conf);

	OSMO_ASSERT(conf);
	conf->causes = cause_tables_new();
	OSMO_ASSERT(conf->causes);
	INIT_LLIST_HEAD(&conf->controllers);
	INIT_LLIST_HEAD(&conf->interfaces);
	INIT_LLIST_HEAD(&conf->voice_ports);
	INIT_LLIST_HEAD(&conf->peers);
	INIT_LLIST_HEAD(&conf->translation_rules);
	INIT_LLIST_HEAD(&conf->translation_profiles);
	INIT_LLIST_HEAD(&conf->pattern_maps);
	INIT_LLIST_HEAD(&conf->peer_groups);
	INIT_LLIST_HEAD(&conf->server_groups);
	INIT_LLIST_HEAD(&conf->uri_classes);
	INIT_LLIST_HEAD(&conf->provision_policies);
	INIT_LLIST_HEAD(&conf->cor_lists);
	INIT_LLIST_HEAD(&conf->trunk_groups);
	INIT_LLIST_HEAD(&conf->source_groups);
	INIT_LLIST_HEAD(&conf->num_exps);
	INIT_LLIST_HEAD(&conf->enum_tables);
	INIT_LLIST_HEAD(&conf->hunt_groups);
	INIT_LLIST_HEAD(&conf->tenant_blocks);
	INIT_LLIST_HEAD(&conf->stirs);
	INIT_LLIST_HEAD(&conf->tls_profiles);
	INIT_LLIST_HEAD(&conf->keepalives);
	INIT_LLIST_HEAD(&conf->expects);
	INIT_LLIST_HEAD(&conf->pools);
	conf->survive.global.expires_max_s = POOL_EXPIRES_MAX_S;
	conf->survive.global.expires_min_s = POOL_EXPIRES_MIN_S;
	conf->survive.global.expires_standby_s = POOL_EXPIRES_STANDBY_S;
	conf->survive.global.sequential_s = POOL_SEQUENTIAL_S;
	conf->rtp_port_first = CONF_RTP_FIRST_DEFAULT;
	conf->rtp_port_last = CONF_RTP_LAST_DEFAULT;
	conf->sip.port = CONF_SIP_PORT_DEFAULT;
	conf->sip.port_secure = CONF_SIP_PORT_SECURE_DEFAULT;
	conf->sip.listen_udp = conf->sip.listen_tcp = true;
	conf->timer_t1_ms = CONF_T1_MS_DEFAULT;
	conf->hold_down_s = CONF_HOLD_DOWN_S_DEFAULT;
	conf->history_max = CONF_HISTORY_DEFAULT;
	conf->vty_port = CONF_VTY_PORT_DEFAULT;
	sip_admission_defaults(conf);
	return conf;
}

void conf_free(struct conf *conf)
{
	if (conf) {
		plan_unref(conf->made);
		cause_tables_unref(conf->causes);
	}
	talloc_free(conf);
}

struct conf_controller *conf_find_controller(const struct conf *conf, unsigned number)
{
	struct conf_controller *c;

	llist_for_each_entry (c, &conf->controllers, entry) {
		if (c->span.number == number)
			return c;
	}
	return NULL;
}

const struct conf_controller *conf_controller_of_port(const struct conf *conf, const char *port,
						      char *why, size_t why_size)
{
	unsigned timeslot = 0;
	unsigned span = peer_port_span(port, &timeslot);
	const struct conf_controller *c;
	bool t1;

	if (!span || timeslot) {
		snprintf(why, why_size,
			 "%s is no ISDN port: expected the D channel of a controller as in 1:D",
			 port);
		return NULL;
	}
	c = conf_find_controller(conf, span);
	if (!c || !c->timeslots) {
		snprintf(why, why_size,
			 c ? "%s: controller %u has no pri-group" : "%s: there is no controller %u",
			 port, span);
		return NULL;
	}
	if (c->nfas.d == CONF_NFAS_BACKUP || c->nfas.d == CONF_NFAS_NONE) {
		snprintf(why, why_size,
			 "%s: the D channel of nfas_group %u is that of its primary controller",
			 port, c->nfas.group);
		return NULL;
	}
	if (c->span.framing == TDM_BRI && strchr(port, ':')[1] != 'D') {
		snprintf(why, why_size, "%s: the D channel of BRI controller %u is %u:D", port,
			 span, span);
		return NULL;
	}
	t1 = c->span.framing == TDM_T1;
	if (strchr(port, ':')[1] != 'D' && strcmp(strchr(port, ':'), t1 ? ":23" : ":15") != 0) {
		snprintf(why, why_size, "%s: the D channel of %s controller %u is %u:D or %u:%s",
			 port, t1 ? "T1" : "E1", span, span, span, t1 ? "23" : "15");
		return NULL;
	}
	return c;
}
