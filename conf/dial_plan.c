// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What holds for all dial peers:
 *
 *	dial-peer hunt 0
 *	dial-peer default permit
 *	dial-peer compat empty-ani
 *	dial-peer tie deterministic
 *	dial-peer outbound status-check pots
 *	dial-peer overlap-safe
 *	dial-peer terminator #
 *	voice hunt user-busy
 *	voip-incoming translation-profile from-sip
 *	num-exp 5... 14085555...
 *	emergency 112 911 999
 *	emergency preempt
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/cause_keyword.h"
#include "conf/definition.h"
#include "conf/value.h"

DEFUN(hunt, hunt_cmd, "dial-peer hunt ORDER",
      "Dial peers\nOrder in which peers that fit are tried\n0 to 7\n")
{
	static const struct value_range range = {"dial-peer hunt", 0, 7};

	return value_number(vty, argv[0], &range, &conf_of(vty)->plan.hunt);
}

DEFUN(no_hunt, no_hunt_cmd, "no dial-peer hunt",
      NO_STR "Dial peers\nOrder in which peers that fit are tried\n")
{
	conf_of(vty)->plan.hunt = 0;
	return CMD_SUCCESS;
}

DEFUN(default_permit, default_permit_cmd, "dial-peer default permit",
      "Dial peers\nCalls that no inbound peer fits\nAre accepted all the same\n")
{
	conf_of(vty)->plan.permit_default = true;
	return CMD_SUCCESS;
}

DEFUN(no_default_permit, no_default_permit_cmd, "no dial-peer default permit",
      NO_STR "Dial peers\nCalls that no inbound peer fits\nAre accepted all the same\n")
{
	conf_of(vty)->plan.permit_default = false;
	return CMD_SUCCESS;
}

DEFUN(empty_ani, empty_ani_cmd, "dial-peer compat empty-ani",
      "Dial peers\nAs IOS has it\nA call without calling number fits any destination-pattern\n")
{
	conf_of(vty)->plan.empty_ani = true;
	return CMD_SUCCESS;
}

DEFUN(no_empty_ani, no_empty_ani_cmd, "no dial-peer compat empty-ani",
      NO_STR "Dial peers\nAs IOS has it\n"
	     "A call without calling number fits any destination-pattern\n")
{
	conf_of(vty)->plan.empty_ani = false;
	return CMD_SUCCESS;
}

DEFUN(tie, tie_cmd, "dial-peer tie deterministic",
      "Dial peers\nPeers that are equal in everything\nGo in order of their tags\n")
{
	conf_of(vty)->plan.tie_deterministic = true;
	return CMD_SUCCESS;
}

DEFUN(no_tie, no_tie_cmd, "no dial-peer tie deterministic",
      NO_STR "Dial peers\nPeers that are equal in everything\nGo in order of their tags\n")
{
	conf_of(vty)->plan.tie_deterministic = false;
	return CMD_SUCCESS;
}

DEFUN(status_check, status_check_cmd, "dial-peer outbound status-check pots",
      "Dial peers\nCalls that go out\nLook at the port first\nOf pots peers\n")
{
	conf_of(vty)->plan.status_check = PLAN_STATUS_CHECK;
	return CMD_SUCCESS;
}

DEFUN(no_status_check, no_status_check_cmd, "no dial-peer outbound status-check pots",
      NO_STR "Dial peers\nCalls that go out\nLook at the port first\nOf pots peers\n")
{
	conf_of(vty)->plan.status_check = PLAN_STATUS_IGNORE;
	return CMD_SUCCESS;
}

DEFUN(overlap_safe, overlap_safe_cmd, "dial-peer overlap-safe",
      "Dial peers\nWait behind a complete number if a longer one is configured\n")
{
	conf_of(vty)->plan.overlap_safe = true;
	return CMD_SUCCESS;
}

DEFUN(no_overlap_safe, no_overlap_safe_cmd, "no dial-peer overlap-safe",
      NO_STR "Dial peers\nWait behind a complete number if a longer one is configured\n")
{
	conf_of(vty)->plan.overlap_safe = false;
	return CMD_SUCCESS;
}

DEFUN(terminator, terminator_cmd, "dial-peer terminator CHARACTER",
      "Dial peers\nWith what a caller ends a number\n0-9, *, # or A-D\n")
{
	if (strlen(argv[0]) != 1 || !strchr("0123456789*#ABCD", argv[0][0]))
		return conf_error(vty, "dial-peer terminator %s: expected one of 0-9, *, #, A-D",
				  argv[0]);
	conf_of(vty)->plan.terminator = argv[0][0] == '#' ? 0 : argv[0][0];
	return CMD_SUCCESS;
}

DEFUN(no_terminator, no_terminator_cmd, "no dial-peer terminator",
      NO_STR "Dial peers\nWith what a caller ends a number\n")
{
	conf_of(vty)->plan.terminator = 0;
	return CMD_SUCCESS;
}

/* ---- voice hunt */

static void set_bit(uint8_t *bits, unsigned cause, bool on)
{
	if (on)
		bits[cause / 8] |= 1u << cause % 8;
	else
		bits[cause / 8] &= ~(1u << cause % 8);
}

static bool get_bit(const uint8_t *bits, unsigned cause)
{
	return bits[cause / 8] >> cause % 8 & 1;
}

static int set_hunt(struct vty *vty, const char *name, bool on)
{
	struct plan_options *options = &conf_of(vty)->plan;
	bool all = strcmp(name, "all") == 0;
	int only = all ? 0 : cause_from_keyword(name);

	if (only < 0)
		return conf_error(vty,
				  "voice hunt %.64s: expected all, a number from 1 to 127 or a "
				  "name as in user-busy, no-answer, invalid-number or "
				  "unassigned-number",
				  name);
	for (int cause = all ? 1 : only; cause <= (all ? CAUSE_MAX : only); cause++) {
		set_bit(options->hunt_on, cause, on);
		set_bit(options->hunt_stop, cause, !on);
	}
	return CMD_SUCCESS;
}

#define HUNT_STR "Voice\nAfter which causes the next peer is tried\nIts name or number, or all\n"

DEFUN(voice_hunt, voice_hunt_cmd, "voice hunt CAUSE", HUNT_STR)
{
	return set_hunt(vty, argv[0], true);
}

DEFUN(no_voice_hunt, no_voice_hunt_cmd, "no voice hunt CAUSE", NO_STR HUNT_STR)
{
	return set_hunt(vty, argv[0], false);
}

static void write_hunt(const uint8_t *bits, const char *no, struct conf_writer *writer)
{
	unsigned count = 0;

	for (unsigned cause = 1; cause <= CAUSE_MAX; cause++)
		count += get_bit(bits, cause);
	if (count == CAUSE_MAX) {
		conf_put(writer, "%svoice hunt all", no);
		return;
	}
	for (unsigned cause = 1; cause <= CAUSE_MAX; cause++) {
		const char *name = cause_keyword(cause);

		if (!get_bit(bits, cause))
			continue;
		if (name)
			conf_put(writer, "%svoice hunt %s", no, name);
		else
			conf_put(writer, "%svoice hunt %u", no, cause);
	}
}

/* ---- numbers */

#define VOIP_STR "Calls that come in by SIP\nChange their numbers\n"

DEFUN(voip_profile, voip_profile_cmd, "voip-incoming translation-profile NAME", VOIP_STR "Name\n")
{
	struct conf *conf = conf_of(vty);

	conf->voip_profile_line = conf_line_of(vty);
	return value_word(vty, "voip-incoming translation-profile", argv[0],
			  conf->plan.voip_profile, sizeof(conf->plan.voip_profile));
}

DEFUN(no_voip_profile, no_voip_profile_cmd, "no voip-incoming translation-profile", NO_STR VOIP_STR)
{
	conf_of(vty)->plan.voip_profile[0] = '\0';
	return CMD_SUCCESS;
}

#define NUM_EXP_STR "Called numbers that are expanded\nDigits, a dot for any digit\n"

static unsigned count_dots(const char *text)
{
	unsigned dots = 0;

	for (; *text; text++)
		dots += *text == '.';
	return dots;
}

/* One plus may stand in front. */
static bool is_digits_and_dots(const char *text)
{
	text += *text == '+';
	return *text && strspn(text, "0123456789ABCD*#.") == strlen(text);
}

DEFUN(num_exp, num_exp_cmd, "num-exp MATCH REPLACE",
      NUM_EXP_STR "What they become; its dots are the digits that the dots of MATCH took\n")
{
	struct conf *conf = conf_of(vty);
	struct conf_num_exp *n;

	for (int i = 0; i < 2; i++) {
		if (!is_digits_and_dots(argv[i]) || strlen(argv[i]) > NUMBER_DIGITS_MAX)
			return conf_error(vty, "num-exp %.64s: expected up to %d digits and dots",
					  argv[i], NUMBER_DIGITS_MAX);
	}
	if (count_dots(argv[1]) > count_dots(argv[0]))
		return conf_error(vty, "num-exp %s %s: more dots on the right than on the left",
				  argv[0], argv[1]);
	if (definition_is_taken(vty, DEFINITION_NUM_EXP, argv[0]))
		return CONF_REFUSED;
	n = talloc_zero(conf, struct conf_num_exp);
	OSMO_ASSERT(n);
	n->head.line = conf_line_of(vty);
	strcpy(n->num_exp.match, argv[0]);
	strcpy(n->num_exp.replace, argv[1]);
	llist_add_tail(&n->head.entry, &conf->num_exps);
	return CMD_SUCCESS;
}

DEFUN(no_num_exp, no_num_exp_cmd, "no num-exp MATCH", NO_STR NUM_EXP_STR)
{
	struct conf_num_exp *n;

	llist_for_each_entry (n, &conf_of(vty)->num_exps, head.entry) {
		if (strcmp(n->num_exp.match, argv[0]) != 0)
			continue;
		definition_drop(vty->priv, DEFINITION_NUM_EXP, argv[0]);
		llist_del(&n->head.entry);
		talloc_free(n);
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no num-exp %.64s: there is none", argv[0]);
}

/* ---- emergency */

static int find_emergency(const struct conf *conf, const char *number)
{
	for (unsigned i = 0; i < conf->emergency_count; i++)
		if (strcmp(conf->plan.emergency[i], number) == 0)
			return i;
	return -1;
}

#define EMERGENCY_STR "Calls that must get through\n"

DEFUN(emergency_numbers, emergency_numbers_cmd, "emergency .NUMBERS",
      EMERGENCY_STR "Emergency numbers as they are dialled\n")
{
	struct conf *conf = conf_of(vty);
	struct number number;

	for (int i = 0; i < argc; i++) {
		if (strspn(argv[i], "0123456789*#") != strlen(argv[i]) ||
		    number_set(&number, argv[i], TON_UNKNOWN, NPI_UNKNOWN) < 0)
			return conf_error(vty, "emergency %.64s: expected digits as in 112",
					  argv[i]);
		if (find_emergency(conf, argv[i]) >= 0)
			return conf_error(vty, "emergency %s is configured already", argv[i]);
		if (conf->emergency_count == PLAN_EMERGENCY_MAX)
			return conf_error(vty, "emergency %s: there can be at most %d numbers",
					  argv[i], PLAN_EMERGENCY_MAX);
		strcpy(conf->plan.emergency[conf->emergency_count++], argv[i]);
		conf->emergency_line = conf_line_of(vty);
	}
	return CMD_SUCCESS;
}

DEFUN(no_emergency_numbers, no_emergency_numbers_cmd, "no emergency .NUMBERS",
      NO_STR EMERGENCY_STR "Emergency numbers as they are dialled\n")
{
	struct conf *conf = conf_of(vty);

	for (int i = 0; i < argc; i++) {
		int at = find_emergency(conf, argv[i]);

		if (at < 0)
			return conf_error(vty, "no emergency %.64s: there is none", argv[i]);
		conf->emergency_count--;
		memmove(conf->plan.emergency[at], conf->plan.emergency[at + 1],
			(conf->emergency_count - at) * sizeof(conf->plan.emergency[0]));
		conf->plan.emergency[conf->emergency_count][0] = '\0';
	}
	return CMD_SUCCESS;
}

DEFUN(preempt, preempt_cmd, "emergency preempt",
      EMERGENCY_STR "End another call if no channel is free\n")
{
	conf_of(vty)->plan.emergency_preempt = true;
	return CMD_SUCCESS;
}

DEFUN(no_preempt, no_preempt_cmd, "no emergency preempt",
      NO_STR EMERGENCY_STR "End another call if no channel is free\n")
{
	conf_of(vty)->plan.emergency_preempt = false;
	return CMD_SUCCESS;
}

static void write_emergency(const struct conf *conf, struct conf_writer *writer)
{
	char numbers[PLAN_EMERGENCY_MAX * (NUMBER_DIGITS_MAX + 2)];
	size_t at = 0;

	for (unsigned i = 0; i < conf->emergency_count; i++)
		at += snprintf(numbers + at, sizeof(numbers) - at, " %s", conf->plan.emergency[i]);
	if (at > 0 && at + strlen("emergency") <= CONF_LINE_MAX)
		conf_put(writer, "emergency%s", numbers);
	else
		for (unsigned i = 0; i < conf->emergency_count; i++)
			conf_put(writer, "emergency %s", conf->plan.emergency[i]);
	if (conf->plan.emergency_preempt)
		conf_put(writer, "emergency preempt");
}

static void dial_plan_setup(void)
{
	static struct cmd_element *const commands[] = {&hunt_cmd,
						       &no_hunt_cmd,
						       &default_permit_cmd,
						       &no_default_permit_cmd,
						       &empty_ani_cmd,
						       &no_empty_ani_cmd,
						       &tie_cmd,
						       &no_tie_cmd,
						       &status_check_cmd,
						       &no_status_check_cmd,
						       &overlap_safe_cmd,
						       &no_overlap_safe_cmd,
						       &terminator_cmd,
						       &no_terminator_cmd,
						       &voice_hunt_cmd,
						       &no_voice_hunt_cmd,
						       &voip_profile_cmd,
						       &no_voip_profile_cmd,
						       &num_exp_cmd,
						       &no_num_exp_cmd,
						       &emergency_numbers_cmd,
						       &no_emergency_numbers_cmd,
						       &preempt_cmd,
						       &no_preempt_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_ROOT_NODE, commands[i]);
}

static void dial_plan_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);

	definition_check(loader, conf->voip_profile_line, DEFINITION_TRANSLATION_PROFILE,
			 conf->plan.voip_profile, "voip-incoming translation-profile");
}

static void dial_plan_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct plan_options *options = &conf->plan;
	const struct conf_num_exp *n;

	if (options->hunt)
		conf_put(writer, "dial-peer hunt %u", options->hunt);
	if (options->permit_default)
		conf_put(writer, "dial-peer default permit");
	if (options->empty_ani)
		conf_put(writer, "dial-peer compat empty-ani");
	if (options->tie_deterministic)
		conf_put(writer, "dial-peer tie deterministic");
	if (options->status_check != PLAN_STATUS_DEFAULT)
		conf_put(writer, "%sdial-peer outbound status-check pots",
			 options->status_check == PLAN_STATUS_CHECK ? "" : "no ");
	if (options->overlap_safe)
		conf_put(writer, "dial-peer overlap-safe");
	if (options->terminator)
		conf_put(writer, "dial-peer terminator %c", options->terminator);
	write_hunt(options->hunt_on, "", writer);
	write_hunt(options->hunt_stop, "no ", writer);
	if (options->voip_profile[0])
		conf_put(writer, "voip-incoming translation-profile %s", options->voip_profile);
	llist_for_each_entry (n, &conf->num_exps, head.entry)
		conf_put(writer, "num-exp %s %s", n->num_exp.match, n->num_exp.replace);
	write_emergency(conf, writer);
}

const struct conf_block conf_dial_plan_block = {
    .setup = dial_plan_setup, .check = dial_plan_check, .write = dial_plan_write};
