// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call-manager-fallback
 *	 dialplan-pattern 1 40833350.. extension-length 4
 *	 dialplan-pattern 2 +4930555.... extension-length 5 extension-pattern 7....
 *	 alias 1 60.. to 5001 preference 2
 *	 default-destination 5000
 *	 voicemail 5559999
 */
#include "conf/site_numbers.h"

#include <string.h>

#include "conf/value.h"
#include "dialplan/pattern.h"

static struct site_numbers *site_of(struct vty *vty)
{
	return &conf_of(vty)->survive.site;
}

static int read_number(struct vty *vty, const char *what, const char *text,
		       char out[NUMBER_DIGITS_MAX + 2])
{
	struct number number;

	/* a dot would be read as a separator of RFC 3966, and may be meant as a pattern */
	if (!text[0] || strpbrk(text, ".-()") || number_from_e164(&number, text) < 0 ||
	    !number.digits[0])
		return conf_error(vty,
				  "%s %.64s: expected a number of at most %d digits, perhaps with "
				  "a + in front",
				  what, text, NUMBER_DIGITS_MAX);
	number_to_e164(&number, out);
	return CMD_SUCCESS;
}

/* ---- dialplan-pattern */

#define DIALPLAN_STR                                                                               \
	"E.164 numbers of telephones\n1 to 10\nDigits, and dots for those that telephones differ " \
	"in\nDigits of their extensions\n1 to 32\n"

static int set_dialplan(struct vty *vty, const char *const argv[], const char *extension_pattern)
{
	static const struct value_range tags = {"dialplan-pattern", 1, DIALPLAN_PATTERNS_MAX};
	static const struct value_range lengths = {"dialplan-pattern: extension-length", 1,
						   NUMBER_DIGITS_MAX};
	struct dialplan_pattern p = {.tag = 0};
	const char *why;

	if (value_number(vty, argv[0], &tags, &p.tag) != CMD_SUCCESS ||
	    value_number(vty, argv[2], &lengths, &p.extension_length) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (strlen(argv[1]) > PEER_PATTERN_MAX || strlen(extension_pattern) > PEER_PATTERN_MAX)
		return conf_error(vty, "dialplan-pattern %u: longer than a pattern can be", p.tag);
	strcpy(p.pattern, argv[1]);
	strcpy(p.extension_pattern, extension_pattern);
	if (site_numbers_check(&p, &why) < 0)
		return conf_error(vty, "dialplan-pattern %u %s: %s", p.tag, argv[1], why);
	site_of(vty)->dialplan[p.tag - 1] = p;
	return CMD_SUCCESS;
}

DEFUN(dialplan, dialplan_cmd, "dialplan-pattern TAG PATTERN extension-length LENGTH", DIALPLAN_STR)
{
	return set_dialplan(vty, argv, "");
}

DEFUN(dialplan_extension, dialplan_extension_cmd,
      "dialplan-pattern TAG PATTERN extension-length LENGTH extension-pattern EXTENSION",
      DIALPLAN_STR "What extensions begin with, if not as the pattern\nDigits and dots\n")
{
	return set_dialplan(vty, argv, argv[3]);
}

DEFUN(no_dialplan, no_dialplan_cmd, "no dialplan-pattern TAG",
      NO_STR "E.164 numbers of telephones\n1 to 10\n")
{
	static const struct value_range tags = {"dialplan-pattern", 1, DIALPLAN_PATTERNS_MAX};
	unsigned tag;

	if (value_number(vty, argv[0], &tags, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	site_of(vty)->dialplan[tag - 1].tag = 0;
	return CMD_SUCCESS;
}

/* ---- alias */

#define ALIAS_STR                                                                                  \
	"Numbers that ring a telephone of another number\n1 to 50\nPattern, as in 60..\n"          \
	"The telephone, as long as it is registered\nIts number\n"

static int set_alias(struct vty *vty, const char *const argv[], const char *preference_text)
{
	static const struct value_range tags = {"alias", 1, ALIASES_MAX};
	static const struct value_range preferences = {"alias: preference", 0, 10};
	struct phone_alias alias = {.tag = 0};
	unsigned preference = 0;
	struct pattern *pattern;
	char why[128];

	if (value_number(vty, argv[0], &tags, &alias.tag) != CMD_SUCCESS ||
	    (preference_text &&
	     value_number(vty, preference_text, &preferences, &preference) != CMD_SUCCESS))
		return CONF_REFUSED;
	if (strlen(argv[1]) > PEER_PATTERN_MAX)
		return conf_error(vty, "alias %u: longer than a pattern can be", alias.tag);
	if (pattern_compile(argv[1], &pattern, why, sizeof(why)) < 0)
		return conf_error(vty, "alias %u %s: %s", alias.tag, argv[1], why);
	pattern_free(pattern);
	strcpy(alias.pattern, argv[1]);
	if (read_number(vty, "alias: to", argv[2], alias.number) != CMD_SUCCESS)
		return CONF_REFUSED;
	alias.preference = (uint8_t)preference;
	site_of(vty)->aliases[alias.tag - 1] = alias;
	return CMD_SUCCESS;
}

DEFUN(alias, alias_cmd, "alias TAG PATTERN to NUMBER", ALIAS_STR)
{
	return set_alias(vty, argv, NULL);
}

DEFUN(alias_preference, alias_preference_cmd, "alias TAG PATTERN to NUMBER preference ORDER",
      ALIAS_STR "Order among others that fit as well\n0 (first) to 10\n")
{
	return set_alias(vty, argv, argv[3]);
}

DEFUN(no_alias, no_alias_cmd, "no alias TAG",
      NO_STR "Numbers that ring a telephone of another number\n1 to 50\n")
{
	static const struct value_range tags = {"alias", 1, ALIASES_MAX};
	unsigned tag;

	if (value_number(vty, argv[0], &tags, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	site_of(vty)->aliases[tag - 1].tag = 0;
	return CMD_SUCCESS;
}

/* ---- default-destination, voicemail */

#define DEFAULT_STR "Who gets calls of the telephone network that fit nothing, in fallback\n"
#define VOICEMAIL_STR "Who gets calls that a telephone does not take, in fallback\n"

DEFUN(default_destination, default_destination_cmd, "default-destination NUMBER",
      DEFAULT_STR "Number\n")
{
	return read_number(vty, "default-destination", argv[0], site_of(vty)->default_destination);
}

DEFUN(voicemail, voicemail_cmd, "voicemail NUMBER", VOICEMAIL_STR "Number\n")
{
	return read_number(vty, "voicemail", argv[0], site_of(vty)->voicemail);
}

DEFUN(no_destination, no_destination_cmd, "no (default-destination|voicemail)",
      NO_STR DEFAULT_STR VOICEMAIL_STR)
{
	struct site_numbers *site = site_of(vty);

	(argv[0][0] == 'd' ? site->default_destination : site->voicemail)[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- for call_manager_fallback.c */

void site_numbers_install(void)
{
	static struct cmd_element *const commands[] = {
	    &dialplan_cmd,  &dialplan_extension_cmd, &no_dialplan_cmd,
	    &alias_cmd,	    &alias_preference_cmd,   &no_alias_cmd,
	    &voicemail_cmd, &no_destination_cmd,     &default_destination_cmd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_FALLBACK_NODE, commands[i]);
}

static void write_dialplan(const struct dialplan_pattern *p, struct conf_writer *writer)
{
	const char *extension = p->extension_pattern;

	conf_put(writer, " dialplan-pattern %u %s extension-length %u%s%s", p->tag, p->pattern,
		 p->extension_length, extension[0] ? " extension-pattern " : "", extension);
}

static void write_alias(const struct phone_alias *alias, struct conf_writer *writer)
{
	if (alias->preference)
		conf_put(writer, " alias %u %s to %s preference %u", alias->tag, alias->pattern,
			 alias->number, alias->preference);
	else
		conf_put(writer, " alias %u %s to %s", alias->tag, alias->pattern, alias->number);
}

void site_numbers_write(const struct site_numbers *site, struct conf_writer *writer)
{
	for (unsigned i = 0; i < DIALPLAN_PATTERNS_MAX; i++)
		if (site->dialplan[i].tag)
			write_dialplan(&site->dialplan[i], writer);
	for (unsigned i = 0; i < ALIASES_MAX; i++)
		if (site->aliases[i].tag)
			write_alias(&site->aliases[i], writer);
	if (site->default_destination[0])
		conf_put(writer, " default-destination %s", site->default_destination);
	if (site->voicemail[0])
		conf_put(writer, " voicemail %s", site->voicemail);
}
