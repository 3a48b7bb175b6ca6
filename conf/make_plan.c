// SPDX-License-Identifier: GPL-2.0-or-later
/* From a configuration to a sealed dial plan. */
#include "conf/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/access_code.h"
#include "conf/pattern_map.h"
#include "conf/port_dial.h"

/* What is being added, for the sentence that says that it is wrong. */
struct making {
	struct plan *plan;
	char *why;
	size_t why_size;
};

static int failed(const struct making *m, int rc, const char *what, const char *name)
{
	snprintf(m->why, m->why_size, "%s %s: %s", what, name, strerror(-rc));
	return rc;
}

static int failed_number(const struct making *m, int rc, const char *what, unsigned number)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", number);
	return failed(m, rc, what, name);
}

static int add_rules(const struct making *m, const struct conf_translation_rules *r)
{
	struct translation_rules *rules = NULL;
	char detail[192] = "";
	int rc = translation_rules_new(&rules);

	for (unsigned i = 0; rc == 0 && i < r->count; i++)
		rc = translation_rules_add(rules, &r->rules[i], detail, sizeof(detail));
	if (rc < 0)
		translation_rules_free(rules);
	else
		rc = plan_add_translation_rules(m->plan, r->set, rules);
	return rc < 0 ? failed_number(m, rc, "voice translation-rule", r->set) : 0;
}

static int add_translation(const struct making *m, const struct conf *conf)
{
	const struct conf_translation_rules *r;
	const struct conf_translation_profile *p;
	const struct conf_num_exp *n;
	char detail[192];
	int rc;

	llist_for_each_entry (r, &conf->translation_rules, head.entry) {
		rc = add_rules(m, r);
		if (rc < 0)
			return rc;
	}
	llist_for_each_entry (p, &conf->translation_profiles, head.entry) {
		rc = plan_add_translation_profile(m->plan, &p->profile);
		if (rc < 0)
			return failed(m, rc, "voice translation-profile", p->profile.name);
	}
	llist_for_each_entry (n, &conf->num_exps, head.entry) {
		rc = plan_add_num_exp(m->plan, &n->num_exp, detail, sizeof(detail));
		if (rc < 0) {
			snprintf(m->why, m->why_size, "num-exp %s: %s", n->num_exp.match, detail);
			return rc;
		}
	}
	return 0;
}

static int add_maps(const struct making *m, struct conf *conf)
{
	struct conf_pattern_map *p;
	struct pattern_map *map;
	char detail[1024];
	int rc;

	llist_for_each_entry (p, &conf->pattern_maps, head.entry) {
		rc = conf_pattern_map_take(p, &map, detail, sizeof(detail));
		if (rc < 0) {
			snprintf(m->why, m->why_size, "voice class e164-pattern-map %u: %s",
				 p->number, detail);
			return rc;
		}
		rc = plan_add_pattern_map(m->plan, p->number, map);
		if (rc < 0)
			return failed_number(m, rc, "voice class e164-pattern-map", p->number);
	}
	return 0;
}

static int add_groups(const struct making *m, const struct conf *conf)
{
	const struct conf_peer_group *peers;
	const struct conf_server_group *servers;
	const struct conf_trunk_group *trunks;
	const struct conf_source_group *sources;
	const struct conf_cor_list *list;
	int rc;

	llist_for_each_entry (peers, &conf->peer_groups, head.entry) {
		rc = plan_add_peer_group(m->plan, &peers->group);
		if (rc < 0)
			return failed_number(m, rc, "voice class dpg", peers->group.number);
	}
	llist_for_each_entry (servers, &conf->server_groups, head.entry) {
		rc = plan_add_server_group(m->plan, &servers->group);
		if (rc < 0)
			return failed_number(m, rc, "voice class server-group",
					     servers->group.number);
	}
	llist_for_each_entry (trunks, &conf->trunk_groups, head.entry) {
		rc = plan_add_trunk_group(m->plan, &trunks->group);
		if (rc < 0)
			return failed(m, rc, "trunk group", trunks->group.name);
	}
	llist_for_each_entry (sources, &conf->source_groups, head.entry) {
		rc = plan_add_source_group(m->plan, &sources->group);
		if (rc < 0)
			return failed(m, rc, "voice source-group", sources->group.name);
	}
	llist_for_each_entry (list, &conf->cor_lists, head.entry) {
		rc = plan_add_cor_list(m->plan, &list->list);
		if (rc < 0)
			return failed(m, rc, "dial-peer cor list", list->list.name);
	}
	return 0;
}

static int add_port(void *arg, const struct plan_port *port)
{
	const struct making *m = arg;
	int rc = plan_add_port(m->plan, port);

	return rc < 0 ? failed(m, rc, "voice-port", port->port) : 0;
}

static int add_classes(const struct making *m, const struct conf *conf)
{
	const struct conf_uri_class *uri;
	const struct conf_provision_policy *policy;
	const struct conf_enum_table *table;
	char detail[192];
	int rc;

	llist_for_each_entry (uri, &conf->uri_classes, head.entry) {
		rc = plan_add_uri_class(m->plan, &uri->class, detail, sizeof(detail));
		if (rc < 0) {
			snprintf(m->why, m->why_size, "voice class uri %s: %s", uri->class.name,
				 detail);
			return rc;
		}
	}
	llist_for_each_entry (policy, &conf->provision_policies, head.entry) {
		rc = plan_add_provision_policy(m->plan, &policy->policy);
		if (rc < 0)
			return failed_number(m, rc, "voice class dial-peer provision-policy",
					     policy->policy.number);
	}
	llist_for_each_entry (table, &conf->enum_tables, head.entry) {
		rc = plan_add_enum_table(m->plan, &table->table);
		if (rc < 0)
			return failed_number(m, rc, "voice enum-match-table", table->table.number);
	}
	return port_dial_each(conf, add_port, (void *)m);
}

static int add_peers(const struct making *m, const struct conf *conf)
{
	const struct conf_peer *p;

	llist_for_each_entry (p, &conf->peers, entry) {
		char detail[192];
		int rc = plan_add_peer(m->plan, &p->peer, detail, sizeof(detail));

		if (rc < 0) {
			snprintf(m->why, m->why_size, "dial-peer voice %u: %s", p->peer.tag,
				 detail);
			return rc;
		}
	}
	return 0;
}

/* Telephones that register are peers of their own, which nothing else leads to. */
static int add_pools(const struct making *m, const struct conf *conf)
{
	const struct pool_global *global = &conf->survive.global;

	for (unsigned i = 0; i < global->pools_count; i++) {
		int rc = plan_add_peer(m->plan, &global->pools[i].peer, NULL, 0);

		if (rc < 0)
			return failed_number(m, rc, "voice register pool", global->pools[i].number);
	}
	return 0;
}

static int add_hunt_groups(const struct making *m, const struct conf *conf)
{
	const struct conf_hunt_group *g;

	llist_for_each_entry (g, &conf->hunt_groups, head.entry) {
		struct peer pilot;
		int rc = plan_add_hunt_group(m->plan, &g->group);

		peer_init(&pilot, HUNT_GROUP_PEER_TAG + g->group.number, PEER_VOIP);
		snprintf(pilot.destination_pattern, sizeof(pilot.destination_pattern), "%s$",
			 g->pilot);
		snprintf(pilot.session_target, sizeof(pilot.session_target), "hunt-group:%u",
			 g->group.number);
		pilot.hunt_group = g->group.number;
		pilot.huntstop = true;
		if (rc == 0)
			rc = plan_add_peer(m->plan, &pilot, NULL, 0);
		if (rc < 0)
			return failed_number(m, rc, "voice hunt-group", g->group.number);
	}
	return 0;
}

static int add_access_codes(const struct making *m, const struct conf *conf)
{
	struct peer peer;
	char detail[192];

	for (unsigned n = 0; access_code_peer(conf, n, &peer); n++) {
		int rc = plan_add_peer(m->plan, &peer, detail, sizeof(detail));

		if (rc < 0)
			return failed(m, rc, "access-code", peer.destination_pattern);
	}
	return 0;
}

int conf_make_plan(struct conf *conf, struct plan **out, char *why, size_t why_size)
{
	struct making m = {.why = why, .why_size = why_size};
	struct plan_options options = conf->plan;
	int rc = -ENOMEM;

	if (conf->made) {
		*out = conf->made;
		conf->made = NULL;
		return 0;
	}
	options.no_sip_to_sip = !conf->sip_to_sip;
	options.redirect_server = conf->tenant_all.options.redirect_server == SIP_SWITCH_ON;
	m.plan = plan_new(&options);
	if (m.plan)
		rc = add_translation(&m, conf);
	else
		snprintf(why, why_size, "the dial plan: %s", strerror(-rc));
	if (rc == 0)
		rc = add_maps(&m, conf);
	if (rc == 0)
		rc = add_groups(&m, conf);
	if (rc == 0)
		rc = add_classes(&m, conf);
	if (rc == 0)
		rc = add_peers(&m, conf);
	if (rc == 0)
		rc = add_pools(&m, conf);
	if (rc == 0)
		rc = add_hunt_groups(&m, conf);
	if (rc == 0)
		rc = add_access_codes(&m, conf);
	if (rc < 0)
		goto fail;
	rc = plan_seal(m.plan);
	if (rc < 0) {
		snprintf(why, why_size, "the dial plan: %s", strerror(-rc));
		goto fail;
	}
	*out = m.plan;
	return 0;
fail:
	plan_unref(m.plan);
	return rc;
}
