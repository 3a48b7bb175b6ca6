// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/plan_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words */

const char *const plan_rig_uri_keys[PEER_URI_COUNT] = {
    [PEER_URI_REQUEST] = "request=",	 [PEER_URI_TO] = "to=",
    [PEER_URI_FROM] = "from=",		 [PEER_URI_VIA] = "via=",
    [PEER_URI_DIVERSION] = "diversion=", [PEER_URI_REFERRED_BY] = "referred=",
};

void plan_rig_copy(char *to, size_t size, const char *from)
{
	assert_non_null(from);
	assert_true(strlen(from) < size);
	strcpy(to, from);
}

bool plan_rig_value(const char *word, const char *key, const char **value)
{
	size_t length = strlen(key);

	if (strncmp(word, key, length) != 0)
		return false;
	*value = word + length;
	return true;
}

static char *next_word(char **save)
{
	return strtok_r(NULL, " ", save);
}

static enum number_format format_of(const char *name)
{
	int format = number_format_from_name(name);

	if (format < 0)
		fail_msg("format %s", name);
	return format;
}

uint8_t plan_rig_ton(const char *name)
{
	int ton = number_ton_from_name(name);

	if (ton < 0)
		fail_msg("type %s", name);
	return ton;
}

/* ---- peers */

static void peer_forward(struct peer *p, const char *value)
{
	p->forward = strcmp(value, "all") == 0	   ? PEER_FORWARD_ALL
		     : strcmp(value, "extra") == 0 ? PEER_FORWARD_EXTRA
						   : PEER_FORWARD_COUNT;
	p->forward_count = atoi(value);
}

static void peer_trunk_group(struct peer *p, const char *value)
{
	unsigned i = 0, preference = 0;

	p->port[0] = '\0';
	while (p->trunk_groups[i].name[0])
		i++;
	sscanf(value, "%31[^/]/%u", p->trunk_groups[i].name, &preference);
	p->trunk_groups[i].preference = preference;
}

static bool peer_uri_word(struct peer *p, const char *word)
{
	const char *v;

	for (unsigned u = 0; u < PEER_URI_COUNT; u++) {
		if (u <= PEER_URI_VIA && strncmp(word, "in-", 3) == 0 &&
		    plan_rig_value(word + 3, plan_rig_uri_keys[u], &v))
			COPY(p->incoming_uri[u], v);
		else if (strncmp(word, "out-", 4) == 0 &&
			 plan_rig_value(word + 4, plan_rig_uri_keys[u], &v))
			COPY(p->destination_uri[u], v);
		else
			continue;
		return true;
	}
	return false;
}

static bool peer_text_word(struct peer *p, const char *word)
{
	const struct {
		const char *key;
		char *text;
	} texts[] = {
	    {"dp=", p->destination_pattern},
	    {"ic=", p->incoming_called_number},
	    {"aa=", p->answer_address},
	    {"prefix=", p->prefix},
	    {"port=", p->port},
	    {"target=", p->session_target},
	    {"cor-in=", p->cor_incoming},
	    {"cor-out=", p->cor_outgoing},
	    {"in=", p->profile_incoming},
	    {"out=", p->profile_outgoing},
	    {"block=", p->call_block},
	    {"carrier-in=", p->carrier_source},
	    {"carrier-out=", p->carrier_target},
	};
	const char *v;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (plan_rig_value(word, texts[i].key, &v)) {
			strcpy(texts[i].text, v);
			return true;
		}
	return false;
}

static bool peer_number_word(struct peer *p, const char *word)
{
	const struct {
		const char *key;
		unsigned *number;
	} numbers[] = {
	    {"max=", &p->max_conn},
	    {"pool=", &p->pool},
	    {"hunt-group=", &p->hunt_group},
	    {"dpg=", &p->dpg},
	    {"policy=", &p->provision_policy},
	    {"servers=", &p->server_group},
	    {"dmap=", &p->destination_map},
	    {"cmap=", &p->calling_out_map},
	    {"icmap=", &p->called_map},
	    {"aamap=", &p->calling_map},
	};
	const char *v;

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (plan_rig_value(word, numbers[i].key, &v)) {
			*numbers[i].number = atoi(v);
			return true;
		}
	if (plan_rig_value(word, "pref=", &v))
		p->preference = atoi(v);
	else if (plan_rig_value(word, "block-cause=", &v))
		p->call_block_cause = atoi(v);
	else if (plan_rig_value(word, "ton=", &v))
		p->numbering_type = plan_rig_ton(v);
	else if (plan_rig_value(word, "called=", &v))
		p->called_format = format_of(v);
	else if (plan_rig_value(word, "calling=", &v))
		p->calling_format = format_of(v);
	else if (plan_rig_value(word, "forward=", &v))
		peer_forward(p, v);
	else if (plan_rig_value(word, "group=", &v))
		peer_trunk_group(p, v);
	else
		return false;
	return true;
}

static void peer_word(struct peer *p, const char *word)
{
	if (peer_uri_word(p, word) || peer_text_word(p, word) || peer_number_word(p, word))
		return;
	if (strcmp(word, "voip") == 0) {
		p->kind = PEER_VOIP;
		p->port[0] = '\0';
		sprintf(p->session_target, "ipv4:192.0.2.%u", p->tag);
	} else if (strcmp(word, "nostrip") == 0) {
		p->no_digit_strip = true;
	} else if (strcmp(word, "strip") == 0) {
		p->digit_strip_set = true;
	} else if (strcmp(word, "huntstop") == 0) {
		p->huntstop = true;
	} else if (strcmp(word, "shutdown") == 0) {
		p->shutdown = true;
	} else if (strcmp(word, "clear") == 0) {
		p->codecs[0] = PEER_CODEC_CLEAR;
	} else if (strcmp(word, "fallback") == 0) {
		p->in_fallback = true;
	} else if (strcmp(word, "nodid") == 0) {
		p->no_direct_inward_dial = true;
	} else if (strcmp(word, "emergency") == 0) {
		p->emergency = true;
	} else if (strcmp(word, "notarget") == 0) {
		p->port[0] = p->session_target[0] = '\0';
	} else {
		fail_msg("test: peer %u %s", p->tag, word);
	}
}

static void add_peer(struct plan *plan, const char *tag, char **save)
{
	struct peer peer;
	char why[128];

	peer_init(&peer, strtoul(tag, NULL, 10), PEER_POTS);
	strcpy(peer.port, "1:D");
	for (char *word; (word = next_word(save));)
		peer_word(&peer, word);
	if (plan_add_peer(plan, &peer, why, sizeof(why)) < 0)
		fail_msg("%s", why);
}

/* ---- what peers refer to */

struct rig_rules { /* sets while a plan is built */
	struct translation_rules *sets[8];
	unsigned counts[8];
};

static void bare(char *out, size_t size, const char *word)
{
	size_t length = strlen(word);

	assert_true(length >= 2 && length - 2 < size && word[0] == '/' && word[length - 1] == '/');
	memcpy(out, word + 1, length - 2);
	out[length - 2] = '\0';
}

static void add_rule(struct rig_rules *rules, char **save)
{
	unsigned set = atoi(next_word(save));
	struct translation_rule rule = {.type_match = TRANSLATION_ANY,
					.type_replace = TRANSLATION_ANY,
					.plan_match = TRANSLATION_ANY,
					.plan_replace = TRANSLATION_ANY};
	char why[128] = "", from[32], to[32];

	assert_true(set < COUNT(rules->sets));
	if (!rules->sets[set])
		assert_int_equal(translation_rules_new(&rules->sets[set]), 0);
	rule.number = ++rules->counts[set];
	bare(rule.match, sizeof(rule.match), next_word(save));
	for (char *word; (word = next_word(save));) {
		if (strcmp(word, "reject") == 0) {
			rule.reject = true;
		} else if (sscanf(word, "ton=%31[^,],%31s", from, to) == 2) {
			rule.type_match = plan_rig_ton(from);
			rule.type_replace = plan_rig_ton(to);
		} else {
			bare(rule.replace, sizeof(rule.replace), word);
		}
	}
	if (translation_rules_add(rules->sets[set], &rule, why, sizeof(why)) < 0)
		fail_msg("rule: %s", why);
}

static void add_profile(struct plan *plan, char **save)
{
	struct translation_profile profile = {0};
	const char *v;

	COPY(profile.name, next_word(save));
	for (char *word; (word = next_word(save));) {
		if (plan_rig_value(word, "called=", &v))
			profile.called = atoi(v);
		else if (plan_rig_value(word, "calling=", &v))
			profile.calling = atoi(v);
		else if (plan_rig_value(word, "redirect=", &v))
			profile.redirect_called = atoi(v);
		else if (plan_rig_value(word, "target=", &v))
			profile.redirect_target = atoi(v);
	}
	assert_int_equal(plan_add_translation_profile(plan, &profile), 0);
}

static void add_map(struct plan *plan, char **save)
{
	unsigned number = atoi(next_word(save));
	struct pattern_map *map;

	assert_int_equal(pattern_map_new(&map), 0);
	for (char *word; (word = next_word(save));)
		assert_int_equal(pattern_map_add(map, word, NULL, 0), 0);
	assert_int_equal(plan_add_pattern_map(plan, number, map), 0);
}

static void add_dpg(struct plan *plan, char **save)
{
	struct peer_group group = {.number = atoi(next_word(save))};

	for (char *word; (word = next_word(save)); group.count++) {
		unsigned tag = 0, preference = 0;

		sscanf(word, "%u:%u", &tag, &preference);
		group.members[group.count].tag = tag;
		group.members[group.count].preference = preference;
	}
	assert_int_equal(plan_add_peer_group(plan, &group), 0);
}

static void add_servers(struct plan *plan, char **save)
{
	struct server_group group = {.number = atoi(next_word(save))};

	for (char *word; (word = next_word(save));) {
		unsigned preference = 0;

		if (strcmp(word, "rr") == 0) {
			group.round_robin = true;
			continue;
		}
		sscanf(word, "%255[^:]:%u", group.servers[group.count].target, &preference);
		group.servers[group.count++].preference = preference;
	}
	assert_int_equal(plan_add_server_group(plan, &group), 0);
}

static void add_hunt(struct plan *plan, char **save)
{
	struct hunt_group group = {.number = atoi(next_word(save))};

	for (char *word; (word = next_word(save)); group.members_count++)
		snprintf(group.members[group.members_count], sizeof(group.members[0]), "%s", word);
	assert_int_equal(plan_add_hunt_group(plan, &group), 0);
}

static void add_group(struct plan *plan, char **save)
{
	struct trunk_group group = {0};
	const char *v;

	COPY(group.name, next_word(save));
	for (char *word; (word = next_word(save));) {
		if (plan_rig_value(word, "scheme=", &v))
			group.scheme = atoi(v);
		else if (plan_rig_value(word, "max-in=", &v))
			group.max_in = atoi(v);
		else if (plan_rig_value(word, "max-out=", &v))
			group.max_out = atoi(v);
		else if (plan_rig_value(word, "in=", &v))
			COPY(group.profile_incoming, v);
		else if (plan_rig_value(word, "out=", &v))
			COPY(group.profile_outgoing, v);
		else if (plan_rig_value(word, "carrier=", &v))
			COPY(group.carrier_id, v);
		else if (plan_rig_value(word, "called=", &v))
			group.called_format = format_of(v);
		else if (plan_rig_value(word, "calling=", &v))
			group.calling_format = format_of(v);
		else
			fail_msg("test: group %s", word);
	}
	assert_int_equal(plan_add_trunk_group(plan, &group), 0);
}

static void add_port(struct plan *plan, char **save)
{
	struct plan_port port = {0};
	unsigned preference = 0;
	const char *v;

	COPY(port.port, next_word(save));
	for (char *word; (word = next_word(save));) {
		if (plan_rig_value(word, "group=", &v))
			sscanf(v, "%31[^/]/%u", port.trunk_group, &preference);
		else if (plan_rig_value(word, "in=", &v))
			COPY(port.profile_incoming, v);
		else if (plan_rig_value(word, "out=", &v))
			COPY(port.profile_outgoing, v);
		else if (plan_rig_value(word, "plar=", &v))
			COPY(port.plar, v);
		else if (plan_rig_value(word, "called=", &v))
			port.called_format = format_of(v);
		else if (plan_rig_value(word, "calling=", &v))
			port.calling_format = format_of(v);
		else
			fail_msg("test: port %s", word);
	}
	port.trunk_group_preference = preference;
	assert_int_equal(plan_add_port(plan, &port), 0);
}

static void add_uri(struct plan *plan, char **save)
{
	struct uri_class class = {0};
	unsigned hosts = 0;
	char why[128] = "";
	const char *v;

	COPY(class.name, next_word(save));
	for (char *word; (word = next_word(save));) {
		if (strcmp(word, "tel") == 0)
			class.scheme = URI_TEL;
		else if (plan_rig_value(word, "host=", &v))
			COPY(class.host[hosts++], v);
		else if (plan_rig_value(word, "user=", &v))
			COPY(class.user_id, v);
		else if (plan_rig_value(word, "phone=", &v))
			COPY(class.phone_number, v);
		else if (plan_rig_value(word, "context=", &v))
			COPY(class.phone_context, v);
		else if (plan_rig_value(word, "pattern=", &v))
			COPY(class.pattern, v);
		else
			fail_msg("test: uri %s", word);
	}
	if (plan_add_uri_class(plan, &class, why, sizeof(why)) < 0)
		fail_msg("uri: %s", why);
}

static void add_cor(struct plan *plan, char **save) /* members by their first letter */
{
	struct cor_list list = {0};
	char *members, *rest = NULL;

	COPY(list.name, next_word(save));
	members = next_word(save);
	for (char *m = members ? strtok_r(members, ",", &rest) : NULL; m;
	     m = strtok_r(NULL, ",", &rest))
		list.members |= UINT64_C(1) << (*m & 63);
	assert_int_equal(plan_add_cor_list(plan, &list), 0);
}

static void add_source(struct plan *plan, char **save)
{
	struct source_group group = {0};
	char address[64];
	unsigned bits;
	const char *v;

	COPY(group.name, next_word(save));
	for (char *word; (word = next_word(save));) {
		if (plan_rig_value(word, "in=", &v)) {
			COPY(group.profile_incoming, v);
		} else if (plan_rig_value(word, "carrier=", &v)) {
			COPY(group.carrier_id, v);
		} else {
			unsigned n = group.addresses_count++;

			assert_int_equal(sscanf(word, "%63[^/]/%u", address, &bits), 2);
			group.addresses[n].family = strchr(address, ':') ? 6 : 4;
			group.addresses[n].bits = bits;
			assert_int_equal(inet_pton(strchr(address, ':') ? AF_INET6 : AF_INET,
						   address, group.addresses[n].octets),
					 1);
		}
	}
	assert_int_equal(plan_add_source_group(plan, &group), 0);
}

static enum provision_key key_of(const char *name)
{
	static const char *const names[] = {
	    [PROVISION_CALLED] = "called",
	    [PROVISION_CALLING] = "calling",
	    [PROVISION_CARRIER_ID] = "carrier",
	    [PROVISION_URI] = "uri",
	    [PROVISION_FROM] = "from",
	    [PROVISION_TO] = "to",
	    [PROVISION_VIA] = "via",
	    [PROVISION_DIVERSION] = "diversion",
	    [PROVISION_REFERRED_BY] = "referred",
	};

	for (unsigned k = PROVISION_CALLED; k < COUNT(names); k++)
		if (strcmp(names[k], name) == 0)
			return k;
	fail_msg("test: key %s", name);
	return PROVISION_NONE;
}

static void add_policy(struct plan *plan, char **save)
{
	struct provision_policy policy = {.number = atoi(next_word(save))};
	unsigned p = 0;

	for (char *word; (word = next_word(save)); p++) {
		char *second = strchr(word, '+');

		if (second) {
			*second++ = '\0';
			policy.preference[p].keys[1] = key_of(second);
		}
		policy.preference[p].keys[0] = key_of(word);
	}
	assert_int_equal(plan_add_provision_policy(plan, &policy), 0);
}

static void add_num_exp(struct plan *plan, char **save)
{
	struct num_exp num_exp = {0};
	char why[128];

	COPY(num_exp.match, next_word(save));
	COPY(num_exp.replace, next_word(save));
	if (plan_add_num_exp(plan, &num_exp, why, sizeof(why)) < 0)
		fail_msg("%s", why);
}

static void add_object(struct plan *plan, struct rig_rules *rules, char *object)
{
	static const struct {
		const char *name;
		void (*add)(struct plan *plan, char **save);
	} kinds[] = {
	    {"profile", add_profile}, {"map", add_map},		{"dpg", add_dpg},
	    {"hunt", add_hunt},	      {"servers", add_servers}, {"group", add_group},
	    {"port", add_port},	      {"uri", add_uri},		{"cor", add_cor},
	    {"source", add_source},   {"policy", add_policy},	{"numexp", add_num_exp},
	};
	char *save = NULL, *word = strtok_r(object, " ", &save);

	if (!word)
		return;
	if (strcmp(word, "rules") == 0) {
		add_rule(rules, &save);
		return;
	}
	if (strcmp(word, "enum") == 0) {
		struct enum_table table = {.number = atoi(next_word(&save))};

		assert_int_equal(plan_add_enum_table(plan, &table), 0);
		return;
	}
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, word) == 0) {
			kinds[i].add(plan, &save);
			return;
		}
	add_peer(plan, word, &save);
}

struct plan *plan_rig_build(const char *text, const struct plan_options *options)
{
	static const struct plan_options none;
	struct plan *plan = plan_new(options ? options : &none);
	struct rig_rules rules = {0};
	char *copy = strdup(text), *save = NULL;

	assert_non_null(plan);
	for (char *object = strtok_r(copy, ";", &save); object; object = strtok_r(NULL, ";", &save))
		add_object(plan, &rules, object);
	for (unsigned set = 0; set < COUNT(rules.sets); set++)
		if (rules.sets[set])
			assert_int_equal(plan_add_translation_rules(plan, set, rules.sets[set]), 0);
	free(copy);
	return plan;
}

struct plan *plan_rig_plan(const char *text, const struct plan_options *options)
{
	struct plan *plan = plan_rig_build(text, options);

	assert_int_equal(plan_seal(plan), 0);
	return plan;
}
