// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice number-plan
 *	 country-code 44
 *	 area-code 20
 *	 international-prefix 00
 *	 national-prefix 0
 *	 normalize signalled
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_blocks.h"

static const struct {
	const char *name;
	size_t at; /* in struct number_plan */
} texts[] = {
    {"country-code", offsetof(struct number_plan, country_code)},
    {"area-code", offsetof(struct number_plan, area_code)},
    {"international-prefix", offsetof(struct number_plan, international_prefix)},
    {"national-prefix", offsetof(struct number_plan, national_prefix)},
};

static char *text_by_name(struct number_plan *plan, const char *name)
{
	unsigned which = 0; /* libosmovty lets no other word through */

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			which = i;
	return (char *)plan + texts[which].at;
}

DEFUN(number_plan, number_plan_cmd, "voice number-plan", "Voice\nWhere this site is\n")
{
	struct conf *conf = conf_of(vty);
	unsigned first = conf->number_plan_line;

	vty->node = CONF_NUMBER_PLAN_NODE;
	if (first)
		return conf_error(vty, "voice number-plan is configured already on line %u", first);
	conf->number_plan_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

#define DIGITS_STR                                                                                 \
	"Country code, without prefix\nArea code, without prefix\n"                                \
	"Dialled before a country code\nDialled before an area code\n"

static int set_digits(struct vty *vty, const char *name, const char *digits)
{
	if (!*digits || strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(digits) > NUMBER_PLAN_TEXT_MAX)
		return conf_error(vty, "%s %.64s: expected up to %d digits", name, digits,
				  NUMBER_PLAN_TEXT_MAX);
	strcpy(text_by_name(&conf_of(vty)->plan.number_plan, name), digits);
	return CMD_SUCCESS;
}

/* Four commands and not one with a choice: tests/check-manuals looks for each. */
DEFUN(np_country, np_country_cmd, "country-code DIGITS",
      "Country code of this site, without prefix\nDigits\n")
{
	return set_digits(vty, "country-code", argv[0]);
}

DEFUN(np_area, np_area_cmd, "area-code DIGITS", "Area code of this site, without prefix\nDigits\n")
{
	return set_digits(vty, "area-code", argv[0]);
}

DEFUN(np_international, np_international_cmd, "international-prefix DIGITS",
      "What is dialled before a country code\nDigits\n")
{
	return set_digits(vty, "international-prefix", argv[0]);
}

DEFUN(np_national, np_national_cmd, "national-prefix DIGITS",
      "What is dialled before an area code\nDigits\n")
{
	return set_digits(vty, "national-prefix", argv[0]);
}

DEFUN(np_no_digits, np_no_digits_cmd,
      "no (country-code|area-code|international-prefix|national-prefix)", NO_STR DIGITS_STR)
{
	text_by_name(&conf_of(vty)->plan.number_plan, argv[0])[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(np_normalize, np_normalize_cmd, "normalize (all|signalled)",
      "Which numbers become international ones\nThose with a prefix as well\n"
      "Those whose type of number says so\n")
{
	conf_of(vty)->plan.number_plan.signalled_only = strcmp(argv[0], "signalled") == 0;
	return CMD_SUCCESS;
}

DEFUN(np_no_normalize, np_no_normalize_cmd, "no normalize",
      NO_STR "Which numbers become international ones\n")
{
	conf_of(vty)->plan.number_plan.signalled_only = false;
	return CMD_SUCCESS;
}

static void number_plan_setup(void)
{
	static struct cmd_node node = {CONF_NUMBER_PLAN_NODE, "%s(config-number-plan)# ", 1};

	conf_node_install(&node);
	install_element(CONF_ROOT_NODE, &number_plan_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_country_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_area_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_international_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_national_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_no_digits_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_normalize_cmd);
	install_element(CONF_NUMBER_PLAN_NODE, &np_no_normalize_cmd);
}

static void number_plan_check_block(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);
	char why[128];

	if (!conf->number_plan_line || loader_block_is_broken(loader, conf->number_plan_line))
		return;
	if (number_plan_check(&conf->plan.number_plan, why, sizeof(why)) < 0)
		loader_error(loader, conf->number_plan_line, "voice number-plan: %s", why);
}

static void number_plan_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct number_plan *plan = &conf->plan.number_plan;

	if (!conf->number_plan_line)
		return;
	conf_put(writer, "voice number-plan");
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = (const char *)plan + texts[i].at;

		if (*text)
			conf_put(writer, " %s %s", texts[i].name, text);
	}
	if (plan->signalled_only)
		conf_put(writer, " normalize signalled");
	conf_put(writer, "!");
}

const struct conf_block conf_number_plan_block = {
    .setup = number_plan_setup, .check = number_plan_check_block, .write = number_plan_write};
