// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call-manager-fallback
 *	 after-hours block pattern 1 900
 *	 after-hours block pattern 2 901 7-24
 *	 after-hours day fri 18:00 7:00
 *	voice register pool 1
 *	 after-hours exempt
 */
#include "conf/after_hours.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"
#include "conf/voice_register.h"
#include "dialplan/pattern.h"

static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static struct after_hours *hours_of(struct vty *vty)
{
	return &conf_of(vty)->survive.after_hours;
}

#define AFTER_STR "What telephones may not call when nobody is there\n"
#define BLOCK_STR AFTER_STR "Numbers\nPattern\n1 to 32\n"
#define DAY_STR                                                                                    \
	AFTER_STR "When that is\nSunday\nMonday\nTuesday\nWednesday\nThursday\nFriday\nSaturday\n"
#define DAYS "(sun|mon|tue|wed|thu|fri|sat)"

static int read_tag(struct vty *vty, const char *text, unsigned *out)
{
	static const struct value_range range = {"after-hours block pattern", 1,
						 AFTER_HOURS_PATTERNS_MAX};

	return value_number(vty, text, &range, out);
}

static int set_block(struct vty *vty, const char *tag_text, const char *text, bool always)
{
	struct pattern *pattern;
	char why[128];
	unsigned tag;

	if (read_tag(vty, tag_text, &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (strlen(text) > PEER_PATTERN_MAX)
		return conf_error(vty, "after-hours block pattern %u: longer than a pattern can be",
				  tag);
	if (pattern_compile(text, &pattern, why, sizeof(why)) < 0)
		return conf_error(vty, "after-hours block pattern %u %s: %s", tag, text, why);
	pattern_free(pattern);
	hours_of(vty)->block[tag - 1].set = true;
	hours_of(vty)->block[tag - 1].always = always;
	strcpy(hours_of(vty)->block[tag - 1].pattern, text);
	return CMD_SUCCESS;
}

DEFUN(block, block_cmd, "after-hours block pattern TAG PATTERN", BLOCK_STR "As of a dial peer\n")
{
	return set_block(vty, argv[0], argv[1], false);
}

DEFUN(block_always, block_always_cmd, "after-hours block pattern TAG PATTERN 7-24",
      BLOCK_STR "As of a dial peer\nAt any time, whoever calls\n")
{
	return set_block(vty, argv[0], argv[1], true);
}

DEFUN(no_block, no_block_cmd, "no after-hours block pattern TAG", NO_STR BLOCK_STR)
{
	unsigned tag;

	if (read_tag(vty, argv[0], &tag) != CMD_SUCCESS)
		return CONF_REFUSED;
	hours_of(vty)->block[tag - 1].set = false;
	return CMD_SUCCESS;
}

static int read_time(struct vty *vty, const char *text, uint16_t *out)
{
	unsigned hour, minute;
	char more;

	if (strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%2u:%2u%c", &hour, &minute, &more) != 2 || hour > 23 || minute > 59)
		return conf_error(
		    vty, "after-hours day: %.32s: expected hours and minutes, as in 18:00", text);
	*out = (uint16_t)(hour * 60 + minute);
	return CMD_SUCCESS;
}

static unsigned day_of(const char *word)
{
	unsigned day = 0;

	while (strcmp(days[day], word) != 0)
		day++;
	return day;
}

DEFUN(day, day_cmd, "after-hours day " DAYS " START STOP",
      DAY_STR "From, as in 18:00\nUntil; of the next day if it is not later\n")
{
	unsigned which = day_of(argv[0]);
	uint16_t start, stop;

	if (read_time(vty, argv[1], &start) != CMD_SUCCESS ||
	    read_time(vty, argv[2], &stop) != CMD_SUCCESS)
		return CONF_REFUSED;
	hours_of(vty)->day[which].set = true;
	hours_of(vty)->day[which].start = start;
	hours_of(vty)->day[which].stop = stop;
	return CMD_SUCCESS;
}

DEFUN(no_day, no_day_cmd, "no after-hours day " DAYS, NO_STR DAY_STR)
{
	hours_of(vty)->day[day_of(argv[0])].set = false;
	return CMD_SUCCESS;
}

/* ---- of a pool */

#define EXEMPT_STR "What they may not call when nobody is there\nNothing\n"

DEFUN(exempt, exempt_cmd, "after-hours exempt", EXEMPT_STR)
{
	voice_register_pool_of(vty)->pool.after_hours_exempt = true;
	return CMD_SUCCESS;
}

DEFUN(no_exempt, no_exempt_cmd, "no after-hours exempt", NO_STR EXEMPT_STR)
{
	voice_register_pool_of(vty)->pool.after_hours_exempt = false;
	return CMD_SUCCESS;
}

/* ---- the blocks */

void after_hours_install(void)
{
	static struct cmd_element *const commands[] = {&block_cmd, &block_always_cmd, &no_block_cmd,
						       &day_cmd, &no_day_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_FALLBACK_NODE, commands[i]);
}

void after_hours_install_pool(void)
{
	install_element(CONF_POOL_NODE, &exempt_cmd);
	install_element(CONF_POOL_NODE, &no_exempt_cmd);
}

void after_hours_write(const struct after_hours *hours, struct conf_writer *writer)
{
	for (unsigned i = 0; i < AFTER_HOURS_PATTERNS_MAX; i++)
		if (hours->block[i].set)
			conf_put(writer, " after-hours block pattern %u %s%s", i + 1,
				 hours->block[i].pattern, hours->block[i].always ? " 7-24" : "");
	for (unsigned i = 0; i < ARRAY_SIZE(days); i++)
		if (hours->day[i].set)
			conf_put(writer, " after-hours day %s %u:%02u %u:%02u", days[i],
				 hours->day[i].start / 60, hours->day[i].start % 60,
				 hours->day[i].stop / 60, hours->day[i].stop % 60);
}
