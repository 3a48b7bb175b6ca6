// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice translation-rule 1
 *	 rule 1 /^9\(.*\)/ /\1/ type unknown national plan any isdn
 *	 rule 2 reject /^0190/
 *	voice translation-profile to-exchange
 *	 translate called 1
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

/* ---- voice translation-rule */

DEFUN(translation_rules, translation_rules_cmd, "voice translation-rule NUMBER",
      "Voice\nRules that change numbers\n1 to 2147483647\n")
{
	struct conf_translation_rules *r = talloc_zero(conf_of(vty), struct conf_translation_rules);

	OSMO_ASSERT(r);
	return definition_begin_number(vty, DEFINITION_TRANSLATION_RULES, &r->head, argv[0],
				       &r->set);
}

static int any_or(int (*from_name)(const char *), const char *name)
{
	return strcmp(name, "any") == 0 ? TRANSLATION_ANY : from_name(name);
}

static const char *any_name(const char *(*name_of)(unsigned), uint8_t value)
{
	return value == TRANSLATION_ANY ? "any" : name_of(value);
}

/* `type MATCH [REPLACE]` and the same of `plan`; a rule that rejects has no REPLACE. */
static int parse_type_or_plan(struct vty *vty, struct translation_rule *rule, int argc,
			      const char **argv)
{
	bool plan = argc && strcmp(argv[0], "plan") == 0;
	int wanted = rule->reject ? 1 : 2;
	int value[2] = {TRANSLATION_ANY, TRANSLATION_ANY};

	if (argc < 1 + wanted || (!plan && strcmp(argv[0], "type") != 0))
		return conf_error(vty, "rule %u: expected %s behind the number's patterns",
				  rule->number,
				  rule->reject ? "type TYPE or plan PLAN"
					       : "type TYPE NEW-TYPE or plan PLAN NEW-PLAN");
	for (int i = 0; i < wanted; i++) {
		value[i] = any_or(plan ? number_npi_from_name : number_ton_from_name, argv[1 + i]);
		if (value[i] >= 0)
			continue;
		return conf_error(vty, "rule %u %s %s: expected %s", rule->number, argv[0],
				  argv[1 + i],
				  plan ? "any, unknown, isdn, data, telex, national, private, "
					 "ermes or reserved"
				       : "any, unknown, international, national, network, "
					 "subscriber, abbreviated or reserved");
	}
	if (plan) {
		rule->plan_match = value[0];
		rule->plan_replace = value[1];
	} else {
		rule->type_match = value[0];
		rule->type_replace = value[1];
	}
	return CMD_SUCCESS;
}

/* Compiles it once for its errors. */
static int check_rule(struct vty *vty, const struct translation_rule *rule)
{
	struct translation_rules *rules = NULL;
	char why[128];
	int rc = translation_rules_new(&rules);

	OSMO_ASSERT(rc == 0);
	rc = translation_rules_add(rules, rule, why, sizeof(why));
	translation_rules_free(rules);
	if (rc < 0)
		return conf_error(vty, "rule %u: %s", rule->number, why);
	return CMD_SUCCESS;
}

static int insert_rule(struct vty *vty, const struct translation_rule *rule)
{
	struct conf_translation_rules *r = vty->index;
	unsigned at = 0;

	while (at < r->count && r->rules[at].number < rule->number)
		at++;
	if (at < r->count && r->rules[at].number == rule->number)
		return conf_error(vty, "rule %u is configured already", rule->number);
	r->rules = talloc_realloc(r, r->rules, struct translation_rule, r->count + 1);
	OSMO_ASSERT(r->rules);
	memmove(&r->rules[at + 1], &r->rules[at], (r->count - at) * sizeof(*r->rules));
	r->rules[at] = *rule;
	r->count++;
	return CMD_SUCCESS;
}

#define RULE_STR "A rule; the first in order that fits is applied\n1 to 100\n"

/* One DEFUN for the four forms: [reject] patterns [type ...] [plan ...] */
DEFUN(rule, rule_cmd, "rule NUMBER .RULE",
      RULE_STR "/MATCH/ /REPLACE/ or reject /MATCH/, then type and plan\n")
{
	static const struct value_range range = {"rule", 1, TRANSLATION_RULES_MAX};
	struct translation_rule rule = {.type_match = TRANSLATION_ANY,
					.type_replace = TRANSLATION_ANY,
					.plan_match = TRANSLATION_ANY,
					.plan_replace = TRANSLATION_ANY};
	int at = 1;

	if (value_number(vty, argv[0], &range, &rule.number) != CMD_SUCCESS)
		return CONF_REFUSED;
	rule.reject = strcmp(argv[at], "reject") == 0;
	at += rule.reject;
	if (argc < at + (rule.reject ? 1 : 2))
		return conf_error(vty, "rule %u: expected /MATCH/ /REPLACE/ or reject /MATCH/",
				  rule.number);
	if (value_slashed(vty, argv[at++], rule.match, sizeof(rule.match)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (!rule.reject &&
	    value_slashed(vty, argv[at++], rule.replace, sizeof(rule.replace)) != CMD_SUCCESS)
		return CONF_REFUSED;
	while (at < argc) {
		if (parse_type_or_plan(vty, &rule, argc - at, argv + at) != CMD_SUCCESS)
			return CONF_REFUSED;
		at += rule.reject ? 2 : 3;
	}
	if (check_rule(vty, &rule) != CMD_SUCCESS)
		return CONF_REFUSED;
	return insert_rule(vty, &rule);
}

DEFUN(no_rule, no_rule_cmd, "no rule NUMBER", NO_STR RULE_STR)
{
	static const struct value_range range = {"no rule", 1, TRANSLATION_RULES_MAX};
	struct conf_translation_rules *r = vty->index;
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < r->count; i++) {
		if (r->rules[i].number != number)
			continue;
		r->count--;
		memmove(&r->rules[i], &r->rules[i + 1], (r->count - i) * sizeof(*r->rules));
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no rule %u: there is none", number);
}

/* ---- voice translation-profile */

static const struct {
	const char *name;
	size_t at; /* in struct translation_profile */
} numbers[] = {
    {"called", offsetof(struct translation_profile, called)},
    {"calling", offsetof(struct translation_profile, calling)},
    {"redirect-called", offsetof(struct translation_profile, redirect_called)},
    {"redirect-target", offsetof(struct translation_profile, redirect_target)},
    {"callback-number", offsetof(struct translation_profile, callback_number)},
};

static unsigned *set_of(const struct translation_profile *profile, unsigned which)
{
	return (unsigned *)((char *)profile + numbers[which].at);
}

static unsigned *set_by_name(struct vty *vty, const char *name)
{
	struct conf_translation_profile *p = vty->index;
	unsigned which = 0; /* libosmovty lets no other word through */

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0)
			which = i;
	return set_of(&p->profile, which);
}

DEFUN(translation_profile, translation_profile_cmd, "voice translation-profile NAME",
      "Voice\nWhich rules change which number of a call\nName\n")
{
	struct conf_translation_profile *p =
	    talloc_zero(conf_of(vty), struct conf_translation_profile);

	OSMO_ASSERT(p);
	return definition_begin(vty, DEFINITION_TRANSLATION_PROFILE, &p->head, argv[0],
				p->profile.name);
}

#define NUMBERS_CMD "(called|calling|redirect-called|redirect-target|callback-number)"
#define NUMBERS_STR                                                                                \
	"Change a number\nThe called number\nThe calling number\nThe number of who diverted\n"     \
	"The number that a call is sent on to\nThe number to call back; changes nothing\n"

DEFUN(translate, translate_cmd, "translate " NUMBERS_CMD " RULES",
      NUMBERS_STR "Number of a voice translation-rule\n")
{
	static const struct value_range range = {"translate", 1, 2147483647};

	return value_number(vty, argv[1], &range, set_by_name(vty, argv[0]));
}

DEFUN(no_translate, no_translate_cmd, "no translate " NUMBERS_CMD, NO_STR NUMBERS_STR)
{
	*set_by_name(vty, argv[0]) = 0;
	return CMD_SUCCESS;
}

/* ---- both */

static void translation_setup(void)
{
	static struct cmd_element *const rules[] = {&rule_cmd, &no_rule_cmd};
	static struct cmd_element *const profile[] = {&translate_cmd, &no_translate_cmd};

	definition_install(DEFINITION_TRANSLATION_RULES, rules, ARRAY_SIZE(rules));
	definition_install(DEFINITION_TRANSLATION_PROFILE, profile, ARRAY_SIZE(profile));
	install_element(CONF_ROOT_NODE, &translation_rules_cmd);
	install_element(CONF_ROOT_NODE, &translation_profile_cmd);
}

static void translation_check(struct loader *loader)
{
	const struct conf_translation_profile *p;
	char where[96];

	llist_for_each_entry (p, &loader_conf(loader)->translation_profiles, head.entry) {
		if (p->profile.callback_number)
			loader_warning(loader, p->head.line,
				       "voice translation-profile %s: translate callback-number "
				       "changes nothing: no call here has a callback number",
				       p->profile.name);
		for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
			snprintf(where, sizeof(where), "voice translation-profile %s: translate %s",
				 p->profile.name, numbers[i].name);
			definition_check_number(loader, p->head.line, DEFINITION_TRANSLATION_RULES,
						*set_of(&p->profile, i), where);
		}
	}
}

static void write_rule(const struct translation_rule *rule, struct conf_writer *writer)
{
	char patterns[2 * TRANSLATION_TEXT_MAX + 16], type[48] = "", plan[48] = "";

	if (rule->reject) {
		snprintf(patterns, sizeof(patterns), "reject /%s/", rule->match);
		if (rule->type_match != TRANSLATION_ANY)
			snprintf(type, sizeof(type), " type %s", number_ton_name(rule->type_match));
		if (rule->plan_match != TRANSLATION_ANY)
			snprintf(plan, sizeof(plan), " plan %s", number_npi_name(rule->plan_match));
	} else {
		snprintf(patterns, sizeof(patterns), "/%s/ /%s/", rule->match, rule->replace);
		if (rule->type_match != TRANSLATION_ANY || rule->type_replace != TRANSLATION_ANY)
			snprintf(type, sizeof(type), " type %s %s",
				 any_name(number_ton_name, rule->type_match),
				 any_name(number_ton_name, rule->type_replace));
		if (rule->plan_match != TRANSLATION_ANY || rule->plan_replace != TRANSLATION_ANY)
			snprintf(plan, sizeof(plan), " plan %s %s",
				 any_name(number_npi_name, rule->plan_match),
				 any_name(number_npi_name, rule->plan_replace));
	}
	conf_put(writer, " rule %u %s%s%s", rule->number, patterns, type, plan);
}

static void translation_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_translation_rules *r;
	const struct conf_translation_profile *p;

	llist_for_each_entry (r, &conf->translation_rules, head.entry) {
		conf_put(writer, "voice translation-rule %u", r->set);
		definition_write_description(&r->head, writer);
		for (unsigned i = 0; i < r->count; i++)
			write_rule(&r->rules[i], writer);
		conf_put(writer, "!");
	}
	llist_for_each_entry (p, &conf->translation_profiles, head.entry) {
		conf_put(writer, "voice translation-profile %s", p->profile.name);
		definition_write_description(&p->head, writer);
		for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
			if (*set_of(&p->profile, i))
				conf_put(writer, " translate %s %u", numbers[i].name,
					 *set_of(&p->profile, i));
		conf_put(writer, "!");
	}
}

const struct conf_block conf_translation_block = {
    .setup = translation_setup, .check = translation_check, .write = translation_write};
