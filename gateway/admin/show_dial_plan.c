// SPDX-License-Identifier: GPL-2.0-or-later
/* What dial peers refer to: translation rules and profiles, trunk groups, classes of restriction,
 * number expansions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "dialplan/plan.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"

#define VOICE_STR "Voice\n"

static const char *or_none(const char *text)
{
	return text[0] ? text : "none";
}

/* Name of a value of a rule; what it does not look at or does not change is none. */
static const char *type_name(uint8_t ton)
{
	return ton == TRANSLATION_ANY ? "none" : number_ton_name(ton);
}

static const char *plan_name(uint8_t npi)
{
	return npi == TRANSLATION_ANY ? "none" : number_npi_name(npi);
}

/* ---- voice translation-rule */

static void print_rule(struct vty *vty, const struct translation_rule *rule)
{
	console_print(vty, "        Rule %u:%s", rule->number, rule->reject ? " reject" : "");
	console_print(vty, "        Match pattern: %s", rule->match);
	if (!rule->reject)
		console_print(vty, "        Replace pattern: %s", rule->replace);
	console_print(vty, "        Match type: %-20s Replace type: %s",
		      type_name(rule->type_match), type_name(rule->type_replace));
	console_print(vty, "        Match plan: %-20s Replace plan: %s",
		      plan_name(rule->plan_match), plan_name(rule->plan_replace));
}

static void print_rules(struct vty *vty, const struct conf_translation_rules *rules)
{
	console_print(vty, "Translation-rule tag: %u", rules->set);
	for (unsigned i = 0; i < rules->count; i++)
		print_rule(vty, &rules->rules[i]);
}

static const struct conf_translation_rules *rules_find(struct vty *vty, const char *set)
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_translation_rules *rules;
	unsigned long wanted = strtoul(set, NULL, 10);

	if (conf)
		llist_for_each_entry (rules, &conf->translation_rules, head.entry)
			if (rules->set == wanted)
				return rules;
	console_print(vty, "%% There is no voice translation-rule %s.", set);
	return NULL;
}

DEFUN(show_rules, show_rules_cmd, "show voice translation-rule",
      SHOW_STR VOICE_STR "Rules that change numbers\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_translation_rules *rules;
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (rules, &conf->translation_rules, head.entry) {
			print_rules(vty, rules);
			count++;
		}
	if (count == 0)
		console_print(vty, "There is no voice translation-rule.");
	return CMD_SUCCESS;
}

DEFUN(show_rules_one, show_rules_one_cmd, "show voice translation-rule <1-2147483647>",
      SHOW_STR VOICE_STR "Rules that change numbers\n"
			 "Number of a set\n")
{
	const struct conf_translation_rules *rules = rules_find(vty, argv[0]);

	if (!rules)
		return CMD_WARNING;
	print_rules(vty, rules);
	return CMD_SUCCESS;
}

static struct translation_rules *rules_make(const struct conf_translation_rules *from)
{
	struct translation_rules *rules = NULL;

	if (translation_rules_new(&rules) < 0)
		return NULL;
	for (unsigned i = 0; i < from->count; i++) {
		if (translation_rules_add(rules, &from->rules[i], NULL, 0) < 0) {
			translation_rules_free(rules);
			return NULL;
		}
	}
	return rules;
}

static void print_changed(struct vty *vty, const struct number *before, const struct number *after)
{
	char old[NUMBER_DIGITS_MAX + 2], new[NUMBER_DIGITS_MAX + 2];

	number_to_e164(before, old);
	number_to_e164(after, new);
	console_print(vty, "Original number: %-24s Translated number: %s", old, new);
	console_print(vty, "Original number type: %-19s Translated number type: %s",
		      number_ton_name(before->ton), number_ton_name(after->ton));
	console_print(vty, "Original number plan: %-19s Translated number plan: %s",
		      number_npi_name(before->npi), number_npi_name(after->npi));
}

/* A number that is typed with its type has no + for the rules to see, as one from ISDN. */
static int test_rules(struct vty *vty, const struct conf_translation_rules *from,
		      const struct number *number, bool with_plus)
{
	struct translation_rules *rules = rules_make(from);
	struct number changed = *number;
	enum translation_outcome outcome;
	unsigned rule = 0;

	if (!rules) {
		console_print(vty, "%% The rules cannot be applied: out of memory.");
		return CMD_WARNING;
	}
	outcome = translation_apply(rules, &changed, with_plus, &rule);
	translation_rules_free(rules);
	switch (outcome) {
	case TRANSLATION_NONE:
		console_print(vty, "No rule matches, the number stays as it is.");
		break;
	case TRANSLATION_APPLIED:
		console_print(vty, "Matched with rule %u", rule);
		print_changed(vty, number, &changed);
		break;
	case TRANSLATION_REJECTED:
		console_print(vty, "Matched with rule %u, which rejects the call", rule);
		break;
	case TRANSLATION_MALFORMED:
		console_print(vty, "Matched with rule %u, which would make no number: it stays",
			      rule);
		break;
	case TRANSLATION_TOO_LONG:
		console_print(vty,
			      "Matched with rule %u, but the number would have more than %u "
			      "digits: it stays as it is",
			      rule, NUMBER_DIGITS_MAX);
		break;
	}
	return CMD_SUCCESS;
}

/* "type T" and "plan P" in any order. */
static int take_option(struct vty *vty, const char *name, const char *value, struct number *number)
{
	int rc = -1;

	if (!strcmp(name, "type"))
		rc = number_ton_from_name(value);
	else if (!strcmp(name, "plan"))
		rc = number_npi_from_name(value);
	if (rc < 0) {
		console_print(vty, "%% %s %s: expected `type T` or `plan P`, as in type national",
			      name, value);
		return rc;
	}
	if (!strcmp(name, "type"))
		number->ton = (uint8_t)rc;
	else
		number->npi = (uint8_t)rc;
	return 0;
}

#define TEST_RULE_STR                                                                              \
	"Try something\n" VOICE_STR "Rules that change numbers\n"                                  \
	"Number of a set\n"                                                                        \
	"Number to be changed\n"

DEFUN(test_rule, test_rule_cmd, "test voice translation-rule <1-2147483647> NUMBER", TEST_RULE_STR)
{
	const struct conf_translation_rules *rules = rules_find(vty, argv[0]);
	struct number number = {.digits = ""};
	bool typed = false;

	if (!rules)
		return CMD_WARNING;
	if (number_from_e164(&number, argv[1]) < 0) {
		console_print(vty, "%% %s is no number.", argv[1]);
		return CMD_WARNING;
	}
	for (int i = 2; i < argc; i += 2) {
		typed = typed || !strcmp(argv[i], "type");
		if (take_option(vty, argv[i], i + 1 < argc ? argv[i + 1] : "", &number) < 0)
			return CMD_WARNING;
	}
	return test_rules(vty, rules, &number, !typed);
}

ALIAS(test_rule, test_rule_options_cmd,
      "test voice translation-rule <1-2147483647> NUMBER .OPTIONS",
      TEST_RULE_STR "type TYPE, plan PLAN\n")

DEFUN(show_profiles, show_profiles_cmd, "show voice translation-profile",
      SHOW_STR VOICE_STR "Sets of rules for the numbers of a call\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_translation_profile *p;
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (p, &conf->translation_profiles, head.entry) {
			const struct translation_profile *profile = &p->profile;

			console_print(vty, "Translation Profile: %s", profile->name);
			console_print(vty, "        Rule for Calling number: %u", profile->calling);
			console_print(vty, "        Rule for Called number: %u", profile->called);
			console_print(vty, "        Rule for Redirect number: %u",
				      profile->redirect_called);
			console_print(vty, "        Rule for Redirect-target number: %u",
				      profile->redirect_target);
			console_print(vty, "        Rule for Callback number: %u",
				      profile->callback_number);
			count++;
		}
	if (count == 0)
		console_print(vty, "There is no voice translation-profile.");
	return CMD_SUCCESS;
}

/* ---- trunk group */

static const char *scheme_name(enum trunk_group_scheme scheme)
{
	static const char *const names[] = {
	    [TRUNK_GROUP_LEAST_USED] = "least-used",	 [TRUNK_GROUP_LEAST_IDLE] = "least-idle",
	    [TRUNK_GROUP_LONGEST_IDLE] = "longest-idle", [TRUNK_GROUP_ROUND_ROBIN] = "round-robin",
	    [TRUNK_GROUP_SEQUENTIAL] = "sequential",	 [TRUNK_GROUP_RANDOM] = "random",
	};

	return names[scheme];
}

static const char *max_text(unsigned max, char text[16])
{
	snprintf(text, 16, max ? "%u" : "NOT-SET", max);
	return text;
}

struct member { /* of a trunk group */
	const char *port;
	unsigned preference;
	struct plan_target_status status;
};

/* Calls fn for each port of the group. */
static void each_member(const char *group, void (*fn)(void *arg, const struct member *), void *arg)
{
	const struct conf *conf = console_gateway()->conf;
	struct plan_request state = {0};
	const struct conf_voice_port *p;
	const struct conf_isdn *i;
	struct member member;

	if (!conf || !console_gateway()->office)
		return;
	office_fill_state(console_gateway()->office, &state);
	llist_for_each_entry (i, &conf->interfaces, entry) {
		if (strcmp(i->trunk_group, group))
			continue;
		member = (struct member){i->port, i->trunk_group_preference,
					 state.target(state.target_arg, i->port)};
		fn(arg, &member);
	}
	llist_for_each_entry (p, &conf->voice_ports, entry) {
		if (strcmp(p->dial.trunk_group, group))
			continue;
		member = (struct member){p->port, p->dial.trunk_group_preference,
					 state.target(state.target_arg, p->port)};
		fn(arg, &member);
	}
}

static void print_member(void *vty, const struct member *member)
{
	const struct plan_target_status *status = &member->status;
	char preference[16] = "DEFAULT";

	if (member->preference)
		snprintf(preference, sizeof(preference), "%u", member->preference);
	console_print(vty, "        Trunk %-8s Preference %-8s %s, channels %u of %u free",
		      member->port, preference, status->down ? "down" : "up",
		      status->channels - status->busy, status->channels);
}

static void note_up(void *arg, const struct member *member)
{
	if (!member->status.down)
		*(bool *)arg = true;
}

bool trunk_group_is_down(const char *name)
{
	bool up = false;

	each_member(name, note_up, &up);
	return !up;
}

static void print_group(struct vty *vty, const struct conf_trunk_group *g)
{
	static const char *const parity[] = {
	    [TRUNK_GROUP_BOTH] = "", [TRUNK_GROUP_EVEN] = " even", [TRUNK_GROUP_ODD] = " odd"};
	const struct trunk_group *group = &g->group;
	struct office *office = console_gateway()->office;
	struct plan_group_calls calls = {0};
	char in[16], out[16];

	if (office)
		calls = office_group_calls(office, group->name);
	console_print(vty, "Trunk group: %s", group->name);
	console_print(vty, "        Description: %s", g->head.description);
	console_print(vty, "        Translation profile (Incoming): %s",
		      or_none(group->profile_incoming));
	console_print(vty, "        Translation profile (Outgoing): %s",
		      or_none(group->profile_outgoing));
	console_print(vty, "        Carrier-id: %s", or_none(group->carrier_id));
	console_print(vty, "        Hunt Scheme is %s%s%s", scheme_name(group->scheme),
		      parity[group->parity], group->down ? " down" : "");
	console_print(vty, "        Max Calls (Incoming): %s, %u now", max_text(group->max_in, in),
		      calls.in);
	console_print(vty, "        Max Calls (Outgoing): %s, %u now",
		      max_text(group->max_out, out), calls.out);
	each_member(group->name, print_member, vty);
}

/* name NULL: all. */
static int show_groups(struct vty *vty, const char *name)
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_trunk_group *g;
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (g, &conf->trunk_groups, head.entry) {
			if (name && strcmp(g->group.name, name))
				continue;
			print_group(vty, g);
			count++;
		}
	if (count > 0)
		return CMD_SUCCESS;
	if (!name) {
		console_print(vty, "There is no trunk group.");
		return CMD_SUCCESS;
	}
	console_print(vty, "%% There is no trunk group %s.", name);
	return CMD_WARNING;
}

DEFUN(show_trunk_groups, show_trunk_groups_cmd, "show trunk group",
      SHOW_STR "Trunks\n"
	       "Groups of ports\n")
{
	return show_groups(vty, NULL);
}

DEFUN(show_trunk_group, show_trunk_group_cmd, "show trunk group NAME",
      SHOW_STR "Trunks\n"
	       "Groups of ports\n"
	       "Name of a group\n")
{
	return show_groups(vty, argv[0]);
}

/* ---- dial-peer cor, num-exp */

DEFUN(show_cor, show_cor_cmd, "show dial-peer cor",
      SHOW_STR "Dial peers\n"
	       "Classes of restriction\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_cor_list *l;

	if (!conf || conf->cor_count == 0) {
		console_print(vty, "There is no class of restriction.");
		return CMD_SUCCESS;
	}
	console_print(vty, "Class of Restriction");
	for (unsigned i = 0; i < conf->cor_count; i++)
		console_print(vty, "  name: %s", conf->cor_names[i]);
	llist_for_each_entry (l, &conf->cor_lists, head.entry) {
		console_print(vty, "%s", "");
		console_print(vty, "COR list <%s>", l->list.name);
		for (unsigned i = 0; i < l->count; i++)
			console_print(vty, "  member: %s", l->members[i]);
	}
	return CMD_SUCCESS;
}

DEFUN(show_num_exp, show_num_exp_cmd, "show num-exp", SHOW_STR "Expansions of called numbers\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_num_exp *e;
	char quoted[NUMBER_DIGITS_MAX + 3];
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (e, &conf->num_exps, head.entry) {
			snprintf(quoted, sizeof(quoted), "'%s'", e->num_exp.match);
			console_print(vty, "Dest Digit Pattern = %-20s Translation = '%s'", quoted,
				      e->num_exp.replace);
			count++;
		}
	if (count == 0)
		console_print(vty, "There is no num-exp.");
	return CMD_SUCCESS;
}

void show_dial_plan_install(void)
{
	install_element(ENABLE_NODE, &show_rules_cmd);
	install_element(ENABLE_NODE, &show_rules_one_cmd);
	install_element(ENABLE_NODE, &test_rule_cmd);
	install_element(ENABLE_NODE, &test_rule_options_cmd);
	install_element(ENABLE_NODE, &show_profiles_cmd);
	install_element(ENABLE_NODE, &show_trunk_groups_cmd);
	install_element(ENABLE_NODE, &show_trunk_group_cmd);
	install_element(ENABLE_NODE, &show_cor_cmd);
	install_element(ENABLE_NODE, &show_num_exp_cmd);
}
