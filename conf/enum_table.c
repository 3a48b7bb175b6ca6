// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice enum-match-table 1
 *	 rule 1 1 /^9011\(.*\)$/ /+\1/ e164.arpa
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"
#include "dialplan/enum.h"

DEFUN(enum_table, enum_table_cmd, "voice enum-match-table NUMBER",
      "Voice\nWhich numbers are looked up in the DNS, and how\n1 to 10000\n")
{
	struct conf_enum_table *t = talloc_zero(conf_of(vty), struct conf_enum_table);

	OSMO_ASSERT(t);
	return definition_begin_number(vty, DEFINITION_ENUM_TABLE, &t->head, argv[0],
				       &t->table.number);
}

#define RULE_STR "A rule\nIts number\n"

static const struct value_range rule_numbers = {"rule", 1, 2147483647};

/* Its place among the rules, or count. */
static unsigned find_rule(const struct enum_table *table, unsigned number)
{
	unsigned at = 0;

	while (at < table->count && table->rules[at].number != number)
		at++;
	return at;
}

DEFUN(enum_rule, enum_rule_cmd, "rule NUMBER PREFERENCE MATCH REPLACE DOMAIN",
      RULE_STR "1 to 255, lower goes first\n/MATCH/ of the called number\n"
	       "/REPLACE/: what is looked up\nBelow this domain, as in e164.arpa\n")
{
	static const struct value_range preferences = {"rule preference", 1, 255};
	struct conf_enum_table *t = vty->index;
	struct enum_table *table = &t->table;
	unsigned number, preference, at = table->count;
	char why[128];

	if (value_number(vty, argv[0], &rule_numbers, &number) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &preferences, &preference) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (find_rule(table, number) < table->count)
		return conf_error(vty, "rule %u is configured already", number);
	if (at == ENUM_RULES_MAX)
		return conf_error(vty, "rule %u: a table has at most %d rules", number,
				  ENUM_RULES_MAX);
	if (value_slashed(vty, argv[2], table->rules[at].match, sizeof(table->rules[at].match)) !=
		CMD_SUCCESS ||
	    value_slashed(vty, argv[3], table->rules[at].replace,
			  sizeof(table->rules[at].replace)) != CMD_SUCCESS ||
	    value_word(vty, "domain", argv[4], table->rules[at].domain,
		       sizeof(table->rules[at].domain)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (enum_rule_check(table->rules[at].match, table->rules[at].replace,
			    table->rules[at].domain, why, sizeof(why)) < 0)
		return conf_error(vty, "rule %u: %s", number, why);
	table->rules[at].number = number;
	table->rules[at].preference = preference;
	table->count++;
	return CMD_SUCCESS;
}

DEFUN(enum_no_rule, enum_no_rule_cmd, "no rule NUMBER", NO_STR RULE_STR)
{
	struct conf_enum_table *t = vty->index;
	struct enum_table *table = &t->table;
	unsigned number, at;

	if (value_number(vty, argv[0], &rule_numbers, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	at = find_rule(table, number);
	if (at == table->count)
		return conf_error(vty, "no rule %u: there is none", number);
	table->count--;
	memmove(&table->rules[at], &table->rules[at + 1],
		(table->count - at) * sizeof(table->rules[0]));
	return CMD_SUCCESS;
}

static void enum_table_setup(void)
{
	static struct cmd_element *const commands[] = {&enum_rule_cmd, &enum_no_rule_cmd};

	definition_install(DEFINITION_ENUM_TABLE, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &enum_table_cmd);
}

static void enum_table_check(struct loader *loader)
{
	const struct conf_enum_table *t;

	llist_for_each_entry (t, &loader_conf(loader)->enum_tables, head.entry) {
		if (!t->table.count && !loader_block_is_broken(loader, t->head.line))
			loader_warning(loader, t->head.line,
				       "voice enum-match-table %u is empty: it finds nothing",
				       t->table.number);
	}
}

static void enum_table_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_enum_table *t;

	llist_for_each_entry (t, &conf->enum_tables, head.entry) {
		conf_put(writer, "voice enum-match-table %u", t->table.number);
		definition_write_description(&t->head, writer);
		for (unsigned i = 0; i < t->table.count; i++)
			conf_put(writer, " rule %u %u /%s/ /%s/ %s", t->table.rules[i].number,
				 t->table.rules[i].preference, t->table.rules[i].match,
				 t->table.rules[i].replace, t->table.rules[i].domain);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_enum_table_block = {
    .setup = enum_table_setup, .check = enum_table_check, .write = enum_table_write};
