// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	interface serial 1:D
 *	 isdn overlap-receiving T302 8000
 *	 isdn sending-complete
 *	 isdn negotiate-bchan
 *	 isdn send-alerting
 *	 isdn supp-service calldiversion
 *	 isdn map address 00 plan isdn type international
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/conf_blocks.h"
#include "conf/interface_calls.h"
#include "conf/value.h"

#define OVERLAP_STR "ISDN\nA SETUP without sending complete may be followed by more digits\n"

static struct isdn_call_options *calls_of(struct vty *vty)
{
	struct conf_isdn *i = vty->index;

	return &i->calls;
}

DEFUN(i_overlap, i_overlap_cmd, "isdn overlap-receiving", OVERLAP_STR)
{
	struct isdn_call_options *calls = calls_of(vty);

	calls->overlap_receiving = true;
	calls->t302_ms = 0;
	return CMD_SUCCESS;
}

/* libosmovty takes a word in capitals for a value, and IOS writes T302. */
DEFUN(i_overlap_t302, i_overlap_t302_cmd, "isdn overlap-receiving TIMER MILLISECONDS",
      OVERLAP_STR "T302\nHow long to wait for the next digit\n")
{
	static const struct value_range range = {"isdn overlap-receiving T302", 500, 20000};
	struct isdn_call_options *calls = calls_of(vty);

	if (strcasecmp(argv[0], "t302") != 0)
		return conf_error(vty, "isdn overlap-receiving %s: expected T302", argv[0]);
	calls->overlap_receiving = true;
	return value_number(vty, argv[1], &range, &calls->t302_ms);
}

DEFUN(i_no_overlap, i_no_overlap_cmd, "no isdn overlap-receiving", NO_STR OVERLAP_STR)
{
	struct isdn_call_options *calls = calls_of(vty);

	calls->overlap_receiving = false;
	calls->t302_ms = 0;
	return CMD_SUCCESS;
}

#define CHOICES_STR                                                                                \
	"ISDN\nSay in SETUP that the number is complete\n"                                         \
	"The far end may choose another B channel than the one offered\n"                          \
	"Send ALERTING before CONNECT, always\n"

static int set_choice(struct vty *vty, const char *what, bool on)
{
	struct isdn_call_options *calls = calls_of(vty);
	enum isdn_line_choice choice = on ? ISDN_LINE_ON : ISDN_LINE_OFF;

	if (strcmp(what, "sending-complete") == 0)
		calls->sending_complete = choice;
	else if (strcmp(what, "negotiate-bchan") == 0)
		calls->negotiate_channel = choice;
	else
		calls->send_alerting = on;
	return CMD_SUCCESS;
}

DEFUN(i_choice, i_choice_cmd, "isdn (sending-complete|negotiate-bchan|send-alerting)", CHOICES_STR)
{
	return set_choice(vty, argv[0], true);
}

DEFUN(i_no_choice, i_no_choice_cmd, "no isdn (sending-complete|negotiate-bchan|send-alerting)",
      NO_STR CHOICES_STR)
{
	return set_choice(vty, argv[0], false);
}

#define DIVERSION_STR "ISDN\nSupplementary services\nDiversions with count and first number\n"

DEFUN(i_diversion, i_diversion_cmd, "isdn supp-service calldiversion", DIVERSION_STR)
{
	struct conf_isdn *i = vty->index;

	i->calldiversion = true;
	return CMD_SUCCESS;
}

DEFUN(i_no_diversion, i_no_diversion_cmd, "no isdn supp-service calldiversion",
      NO_STR DIVERSION_STR)
{
	struct conf_isdn *i = vty->index;

	i->calldiversion = false;
	return CMD_SUCCESS;
}

/* ---- isdn map */

static int any_or(int (*from_name)(const char *), const char *name)
{
	return strcmp(name, "any") == 0 ? ADDRESS_ANY : from_name(name);
}

static const char *any_name(const char *(*name_of)(unsigned), uint8_t value)
{
	return value == ADDRESS_ANY ? "any" : name_of(value);
}

static struct address_rule *find_rule(struct isdn_call_options *calls, const char *pattern)
{
	for (unsigned i = 0; i < calls->map_count; i++) {
		if (strcmp(calls->map[i].pattern, pattern) == 0)
			return &calls->map[i];
	}
	return NULL;
}

DEFUN(i_map, i_map_cmd, "isdn map address PATTERN plan PLAN type TYPE",
      "ISDN\nPlan and type of numbers that are sent\nWhich numbers\nA pattern, as in dial peers\n"
      "Numbering plan\nisdn, national, private and others\n"
      "Type of number\ninternational, national and others\n")
{
	struct isdn_call_options *calls = calls_of(vty);
	struct address_rule *known = find_rule(calls, argv[0]);
	int npi = any_or(number_npi_from_name, argv[1]);
	int ton = any_or(number_ton_from_name, argv[2]);
	struct address_rule rule = {.ton = (uint8_t)ton, .npi = (uint8_t)npi};
	char why[128];

	if (strlen(argv[0]) >= sizeof(rule.pattern))
		return conf_error(vty, "isdn map address: a pattern has at most %zu characters",
				  sizeof(rule.pattern) - 1);
	strcpy(rule.pattern, argv[0]);
	if (address_rule_check(&rule, why, sizeof(why)) < 0)
		return conf_error(vty, "isdn map address %s: %s", argv[0], why);
	if (npi < 0)
		return conf_error(vty,
				  "isdn map address plan %s: expected any, unknown, isdn, data, "
				  "telex, national, private, ermes or reserved",
				  argv[1]);
	if (ton < 0)
		return conf_error(vty,
				  "isdn map address type %s: expected any, unknown, international, "
				  "national, network, subscriber, abbreviated or reserved",
				  argv[2]);
	if (!known && calls->map_count == ADDRESS_MAP_MAX)
		return conf_error(vty, "isdn map address: at most %u lines", ADDRESS_MAP_MAX);
	*(known ? known : &calls->map[calls->map_count++]) = rule;
	return CMD_SUCCESS;
}

DEFUN(i_no_map, i_no_map_cmd, "no isdn map address PATTERN",
      NO_STR "ISDN\nPlan and type of numbers that are sent\nWhich numbers\nThe pattern\n")
{
	struct isdn_call_options *calls = calls_of(vty);
	struct address_rule *known = find_rule(calls, argv[0]);
	size_t behind;

	if (!known)
		return conf_error(vty, "no isdn map address %s: there is none", argv[0]);
	behind = (size_t)(&calls->map[calls->map_count] - known) - 1;
	memmove(known, known + 1, behind * sizeof(*known));
	calls->map_count--;
	return CMD_SUCCESS;
}

/* ---- */

void interface_calls_setup(void)
{
	install_element(CONF_INTERFACE_NODE, &i_overlap_cmd);
	install_element(CONF_INTERFACE_NODE, &i_overlap_t302_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_overlap_cmd);
	install_element(CONF_INTERFACE_NODE, &i_choice_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_choice_cmd);
	install_element(CONF_INTERFACE_NODE, &i_diversion_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_diversion_cmd);
	install_element(CONF_INTERFACE_NODE, &i_map_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_map_cmd);
}

static void write_choice(struct conf_writer *writer, enum isdn_line_choice choice, const char *what)
{
	if (choice != ISDN_LINE_UNSAID)
		conf_put(writer, " %sisdn %s", choice == ISDN_LINE_OFF ? "no " : "", what);
}

void interface_calls_write(const struct conf_isdn *i, struct conf_writer *writer)
{
	const struct isdn_call_options *calls = &i->calls;

	if (calls->t302_ms)
		conf_put(writer, " isdn overlap-receiving T302 %u", calls->t302_ms);
	else if (calls->overlap_receiving)
		conf_put(writer, " isdn overlap-receiving");
	write_choice(writer, calls->sending_complete, "sending-complete");
	write_choice(writer, calls->negotiate_channel, "negotiate-bchan");
	if (calls->send_alerting)
		conf_put(writer, " isdn send-alerting");
	if (i->calldiversion)
		conf_put(writer, " isdn supp-service calldiversion");
	for (unsigned m = 0; m < calls->map_count; m++)
		conf_put(writer, " isdn map address %s plan %s type %s", calls->map[m].pattern,
			 any_name(number_npi_name, calls->map[m].npi),
			 any_name(number_ton_name, calls->map[m].ton));
}
