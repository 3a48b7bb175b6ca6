// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan as it is built: what the configuration has is taken in. resolve.c joins it together. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/plan_private.h"

static void say(char *why, size_t why_size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(char *why, size_t why_size, const char *format, ...)
{
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	vsnprintf(why, why_size, format, args);
	va_end(args);
}

/* ---- what the tables hold */

static void entry_free(void *object)
{
	struct plan_entry *entry = object;

	for (unsigned f = 0; f < FIELD_PATTERNS; f++)
		pattern_free(entry->patterns[f]);
	free(entry->missing);
	free(entry);
}

static void rules_free(void *object)
{
	struct plan_rules *rules = object;

	translation_rules_free(rules->rules);
	free(rules);
}

static void map_free(void *object)
{
	struct plan_map *map = object;

	pattern_map_free(map->map);
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		free(map->users[f].items);
	free(map);
}

static void trunks_free(void *object)
{
	struct plan_trunks *trunks = object;

	free(trunks->members);
	free(trunks);
}

static void trunk_free(void *object)
{
	struct plan_trunk *trunk = object;

	free(trunk->users.items);
	free(trunk);
}

static void carrier_free(void *object)
{
	struct plan_carrier *carrier = object;

	free(carrier->sources.items);
	free(carrier->targets.items);
	free(carrier);
}

static void host_free(void *object)
{
	struct plan_host *host = object;

	free(host->classes.items);
	free(host);
}

static void num_exp_free(void *object)
{
	struct plan_num_exp *num_exp = object;

	pattern_free(num_exp->pattern);
	free(num_exp);
}

static const struct {
	enum table_key key;
	void (*destroy)(void *object);
} kinds[PLAN_KINDS] = {
    [PLAN_RULES] = {TABLE_BY_NUMBER, rules_free},
    [PLAN_PROFILES] = {TABLE_BY_NAME, free},
    [PLAN_MAPS] = {TABLE_BY_NUMBER, map_free},
    [PLAN_GROUPS] = {TABLE_BY_NUMBER, free},
    [PLAN_SERVERS] = {TABLE_BY_NUMBER, free},
    [PLAN_TRUNK_GROUPS] = {TABLE_BY_NAME, trunks_free},
    [PLAN_PORTS] = {TABLE_BY_NUMBER, trunk_free},
    [PLAN_URIS] = {TABLE_BY_NAME, plan_uri_free},
    [PLAN_CORS] = {TABLE_BY_NAME, free},
    [PLAN_SOURCES] = {TABLE_BY_NAME, free},
    [PLAN_POLICIES] = {TABLE_BY_NUMBER, free},
    [PLAN_NUM_EXPS] = {TABLE_BY_NAME, num_exp_free},
    [PLAN_ENUMS] = {TABLE_BY_NUMBER, free},
    [PLAN_HUNT_GROUPS] = {TABLE_BY_NUMBER, free},
    [PLAN_CARRIERS] = {TABLE_BY_NAME, carrier_free},
    [PLAN_HOSTS] = {TABLE_BY_NAME, host_free},
};

int plan_take(struct plan *plan, enum plan_kind kind, void *object)
{
	int rc = table_add(&plan->tables[kind], object);

	if (rc < 0)
		kinds[kind].destroy(object);
	return rc;
}

int plan_list_add(struct plan_list *list, const void *item)
{
	if (list->count == list->size) {
		size_t size = list->size ? 2 * list->size : 4;
		const void **items = reallocarray(list->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->size = size;
	}
	list->items[list->count++] = item;
	return 0;
}

unsigned plan_port_number(const char *port)
{
	unsigned timeslot = 0, span = peer_port_span(port, &timeslot);

	return span * 32 + timeslot;
}

/* ---- the plan itself */

struct plan *plan_new(const struct plan_options *options)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->references = 1;
	plan->options = *options;
	plan->numbers_known = !number_plan_is_empty(&options->number_plan);
	peer_init(&plan->defaults[PEER_POTS].peer, 0, PEER_POTS);
	peer_init(&plan->defaults[PEER_VOIP].peer, 0, PEER_VOIP);
	table_init(&plan->peers, TABLE_BY_NUMBER, entry_free);
	for (unsigned k = 0; k < PLAN_KINDS; k++)
		table_init(&plan->tables[k], kinds[k].key, kinds[k].destroy);
	plan->num_exps = index_new();
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		plan->indexes[f] = index_new();
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (!plan->indexes[f] || !plan->num_exps)
			goto fail;
	return plan;
fail:
	plan_unref(plan);
	return NULL;
}

struct plan *plan_ref(struct plan *plan)
{
	plan->references++;
	return plan;
}

void plan_unref(struct plan *plan)
{
	if (!plan || --plan->references)
		return;
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		index_free(plan->indexes[f]);
	index_free(plan->num_exps);
	table_clear(&plan->peers);
	for (unsigned k = 0; k < PLAN_KINDS; k++)
		table_clear(&plan->tables[k]);
	free(plan->uris.items);
	free(plan);
}

/* ---- peers */

static int compile_patterns(struct plan_entry *entry, char *why, size_t why_size)
{
	const struct {
		const char *keyword, *text;
	} fields[FIELD_PATTERNS] = {
	    [FIELD_DESTINATION] = {"destination-pattern", entry->peer.destination_pattern},
	    [FIELD_CALLED] = {"incoming called-number", entry->peer.incoming_called_number},
	    [FIELD_ANSWER] = {"answer-address", entry->peer.answer_address},
	};
	char detail[128];

	for (unsigned f = 0; f < FIELD_PATTERNS; f++) {
		int rc;

		if (!fields[f].text[0])
			continue;
		rc = pattern_compile(fields[f].text, &entry->patterns[f], detail, sizeof(detail));
		if (rc == -EINVAL)
			say(why, why_size, "%s %s: %s", fields[f].keyword, fields[f].text, detail);
		if (rc < 0)
			return rc;
	}
	if (!peer_prefix_is_valid(entry->peer.prefix)) {
		say(why, why_size, "prefix %s: only digits, * # A-D and commas",
		    entry->peer.prefix);
		return -EINVAL;
	}
	return 0;
}

int plan_add_peer(struct plan *plan, const struct peer *peer, char *why, size_t why_size)
{
	struct plan_entry *entry = calloc(1, sizeof(*entry));
	int rc = -ENOMEM;

	if (!entry)
		goto fail;
	entry->peer = *peer;
	rc = compile_patterns(entry, why, why_size);
	if (rc < 0)
		goto fail;
	rc = table_add(&plan->peers, entry);
	if (rc < 0)
		goto fail;
	return 0;
fail:
	if (rc == -ENOMEM)
		say(why, why_size, "out of memory");
	else if (rc == -EEXIST)
		say(why, why_size, "dial-peer voice %u is configured twice", peer->tag);
	if (entry)
		entry_free(entry);
	return rc;
}

/* ---- what peers refer to */

int plan_add_translation_rules(struct plan *plan, unsigned set, struct translation_rules *rules)
{
	struct plan_rules *object = calloc(1, sizeof(*object));

	if (!object) {
		translation_rules_free(rules);
		return -ENOMEM;
	}
	object->number = set;
	object->rules = rules;
	return plan_take(plan, PLAN_RULES, object);
}

int plan_add_translation_profile(struct plan *plan, const struct translation_profile *profile)
{
	struct plan_profile *object = calloc(1, sizeof(*object));

	if (!object)
		return -ENOMEM;
	object->profile = *profile;
	return plan_take(plan, PLAN_PROFILES, object);
}

int plan_add_pattern_map(struct plan *plan, unsigned number, struct pattern_map *map)
{
	struct plan_map *object = calloc(1, sizeof(*object));

	if (!object) {
		pattern_map_free(map);
		return -ENOMEM;
	}
	object->number = number;
	object->map = map;
	return plan_take(plan, PLAN_MAPS, object);
}

/* Copies plain data of that size into an object of the other size, which begins with it. */
static int take_copy(struct plan *plan, enum plan_kind kind, const void *data, size_t size,
		     size_t object_size)
{
	void *object = calloc(1, object_size);

	if (!object)
		return -ENOMEM;
	memcpy(object, data, size);
	return plan_take(plan, kind, object);
}

int plan_add_peer_group(struct plan *plan, const struct peer_group *group)
{
	if (group->count > PEER_GROUP_MAX)
		return -EINVAL;
	return take_copy(plan, PLAN_GROUPS, group, sizeof(*group), sizeof(struct plan_group));
}

int plan_add_server_group(struct plan *plan, const struct server_group *group)
{
	if (group->count > SERVER_GROUP_MAX)
		return -EINVAL;
	return take_copy(plan, PLAN_SERVERS, group, sizeof(*group), sizeof(*group));
}

int plan_add_trunk_group(struct plan *plan, const struct trunk_group *group)
{
	return take_copy(plan, PLAN_TRUNK_GROUPS, group, sizeof(*group),
			 sizeof(struct plan_trunks));
}

int plan_add_port(struct plan *plan, const struct plan_port *port)
{
	struct plan_trunk *object;

	if (!plan_port_number(port->port))
		return -EINVAL;
	object = calloc(1, sizeof(*object));
	if (!object)
		return -ENOMEM;
	object->number = plan_port_number(port->port);
	object->port = *port;
	object->ordinal = plan->tables[PLAN_PORTS].count;
	return plan_take(plan, PLAN_PORTS, object);
}

int plan_add_uri_class(struct plan *plan, const struct uri_class *class, char *why, size_t why_size)
{
	struct plan_uri_class *object = calloc(1, sizeof(*object));
	int rc = -ENOMEM;

	if (object) {
		object->class = *class;
		rc = plan_uri_compile(object, why, why_size);
	}
	if (object && rc < 0)
		plan_uri_free(object);
	else if (object)
		rc = plan_take(plan, PLAN_URIS, object);
	if (rc == -ENOMEM)
		say(why, why_size, "out of memory");
	else if (rc == -EEXIST)
		say(why, why_size, "voice class uri %s is configured twice", class->name);
	return rc;
}

int plan_add_cor_list(struct plan *plan, const struct cor_list *list)
{
	return take_copy(plan, PLAN_CORS, list, sizeof(*list), sizeof(*list));
}

int plan_add_source_group(struct plan *plan, const struct source_group *group)
{
	if (group->addresses_count > SOURCE_GROUP_ADDRESSES_MAX)
		return -EINVAL;
	return take_copy(plan, PLAN_SOURCES, group, sizeof(*group), sizeof(struct plan_source));
}

int plan_add_provision_policy(struct plan *plan, const struct provision_policy *policy)
{
	return take_copy(plan, PLAN_POLICIES, policy, sizeof(*policy), sizeof(*policy));
}

int plan_add_hunt_group(struct plan *plan, const struct hunt_group *group)
{
	if (group->members_count > HUNT_GROUP_MEMBERS_MAX)
		return -EINVAL;
	return take_copy(plan, PLAN_HUNT_GROUPS, group, sizeof(*group), sizeof(*group));
}

int plan_add_enum_table(struct plan *plan, const struct enum_table *table)
{
	if (table->count > ENUM_RULES_MAX)
		return -EINVAL;
	return take_copy(plan, PLAN_ENUMS, table, sizeof(*table), sizeof(*table));
}

static int check_num_exp(const struct num_exp *num_exp, char *why, size_t why_size)
{
	const char *match = num_exp->match + (num_exp->match[0] == '+');
	const char *replace = num_exp->replace + (num_exp->replace[0] == '+');
	size_t dots = 0, copies = 0;

	for (const char *c = match; *c; c++)
		dots += *c == '.';
	for (const char *c = replace; *c; c++)
		copies += *c == '.';
	if (!*match || strspn(match, "0123456789ABCD*#.") != strlen(match) ||
	    strspn(replace, "0123456789ABCD*#.") != strlen(replace))
		say(why, why_size, "num-exp %s %s: only digits and dots", num_exp->match,
		    num_exp->replace);
	else if (copies > dots)
		say(why, why_size, "num-exp %s %s: more dots on the right than on the left",
		    num_exp->match, num_exp->replace);
	else
		return 0;
	return -EINVAL;
}

int plan_add_num_exp(struct plan *plan, const struct num_exp *num_exp, char *why, size_t why_size)
{
	struct plan_num_exp *object = NULL;
	int rc = check_num_exp(num_exp, why, why_size);

	if (rc < 0)
		return rc;
	object = calloc(1, sizeof(*object));
	if (!object) {
		rc = -ENOMEM;
		goto fail;
	}
	object->num_exp = *num_exp;
	object->ordinal = plan->tables[PLAN_NUM_EXPS].count;
	rc = pattern_compile(num_exp->match, &object->pattern, why, why_size);
	if (rc < 0)
		goto fail;
	rc = plan_take(plan, PLAN_NUM_EXPS, object);
	if (rc == -EEXIST)
		say(why, why_size, "num-exp %s is configured twice", num_exp->match);
	object = NULL; /* taken or freed */
	if (rc < 0)
		goto fail;
	return 0;
fail:
	if (rc == -ENOMEM)
		say(why, why_size, "out of memory");
	if (object)
		num_exp_free(object);
	return rc;
}

/* ---- for others to look at */

const struct plan_options *plan_options(const struct plan *plan)
{
	return &plan->options;
}

size_t plan_peer_count(const struct plan *plan)
{
	return plan->peers.count;
}

const struct peer *plan_peer_at(const struct plan *plan, size_t i)
{
	return i < plan->peers.count ? &plan_entry_at(plan, i)->peer : NULL;
}

const char *plan_peer_missing(const struct plan *plan, const struct peer *peer)
{
	return plan_entry_of(peer)->missing;
}

bool plan_has_port(const struct plan *plan, const char *port)
{
	return plan_find_trunk(plan, port) != NULL;
}

const char *plan_port_plar(const struct plan *plan, const char *port)
{
	const struct plan_trunk *trunk = plan_find_trunk(plan, port);

	return trunk && trunk->port.plar[0] ? trunk->port.plar : NULL;
}

const struct trunk_group *plan_port_group(const struct plan *plan, const char *port)
{
	const struct plan_trunk *trunk = plan_find_trunk(plan, port);

	return trunk && trunk->group ? &trunk->group->group : NULL;
}

const struct server_group *plan_server_group(const struct plan *plan, unsigned number)
{
	const struct plan_servers *servers = table_find(&plan->tables[PLAN_SERVERS], &number);

	return servers ? &servers->group : NULL;
}

const struct hunt_group *plan_hunt_group(const struct plan *plan, unsigned number)
{
	return table_find(&plan->tables[PLAN_HUNT_GROUPS], &number);
}

const struct enum_table *plan_enum_table(const struct plan *plan, unsigned number)
{
	return table_find(&plan->tables[PLAN_ENUMS], &number);
}

const char *plan_key_name(enum plan_key key)
{
	switch (key) {
	case PLAN_KEY_URI:
		return "incoming uri";
	case PLAN_KEY_CARRIER:
		return "carrier-id source";
	case PLAN_KEY_CALLED:
		return "incoming called-number";
	case PLAN_KEY_ANSWER_ADDRESS:
		return "answer-address";
	case PLAN_KEY_CALLING:
		return "destination-pattern (calling number)";
	case PLAN_KEY_PORT:
		return "port";
	case PLAN_KEY_PHONE:
		return "registered telephone";
	case PLAN_KEY_DEFAULT:
		return "default";
	case PLAN_KEY_NONE:
		break;
	}
	return "none";
}

const char *plan_reason_name(enum plan_reason reason)
{
	switch (reason) {
	case PLAN_REASON_SHUTDOWN:
		return "shutdown";
	case PLAN_REASON_NO_TARGET:
		return "no port or session target";
	case PLAN_REASON_BUSIED_OUT:
		return "busied out";
	case PLAN_REASON_PORT_DOWN:
		return "port down";
	case PLAN_REASON_MAX_CONN:
		return "max-conn reached";
	case PLAN_REASON_MAX_CALLS:
		return "max-calls of its trunk group reached";
	case PLAN_REASON_AFTER_HUNTSTOP:
		return "after huntstop";
	case PLAN_REASON_BEARER:
		return "cannot carry this bearer capability (codec clear-channel)";
	case PLAN_REASON_COR:
		return "class of restriction";
	case PLAN_REASON_NUMBERING_TYPE:
		return "numbering-type differs";
	case PLAN_REASON_REJECTED:
		return "rejected by its translation-profile outgoing";
	case PLAN_REASON_TOO_LONG:
		return "number too long";
	case PLAN_REASON_MISSING:
		return "refers to what is not configured";
	case PLAN_REASON_TOO_MANY:
		return "too many go before it";
	case PLAN_REASON_FALLBACK:
		return "access-code: for telephones, while no call manager is there";
	case PLAN_REASON_EMERGENCY:
		return "a hunt group, and it is an emergency call";
	case PLAN_REASON_SIP_TO_SIP:
		return "from SIP to SIP, which needs allow-connections sip to sip in voice service "
		       "voip";
	}
	return "unknown";
}

bool plan_hunts_on(const struct plan *plan, unsigned cause)
{
	unsigned byte = cause / 8, bit = 1u << cause % 8;

	if (byte >= sizeof(plan->options.hunt_on))
		return false;
	if (plan->options.hunt_stop[byte] & bit)
		return false;
	return plan->options.hunt_on[byte] & bit || hunt_cause_goes_on(cause);
}
