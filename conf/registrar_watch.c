// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua
 *	 registrar ipv4:192.0.2.4
 *	 registrar ipv4:192.0.2.5 secondary
 *	 keepalive registrar 30 misses 3
 *	 hold-down registrar 120
 */
#include "conf/registrar_watch.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"

static struct registrar_watch_config *watch_of(struct vty *vty)
{
	return &conf_of(vty)->registrar_watch;
}

#define KEEPALIVE_STR "Who is there is asked now and then\nOPTIONS to registrars\n"
#define TIME_STR "Every so many seconds, or as 250ms\n"

static int set_keepalive(struct vty *vty, const char *time, const char *number)
{
	static const struct value_range range = {"keepalive registrar: misses", 1, 10};
	struct registrar_watch_config *watch = watch_of(vty);
	unsigned ms, misses = 0;

	if (value_time(vty, "keepalive registrar", time, 3600, &ms) != CMD_SUCCESS ||
	    (number && value_number(vty, number, &range, &misses) != CMD_SUCCESS))
		return CONF_REFUSED;
	watch->keepalive = REGISTRAR_KEEPALIVE_ALL;
	watch->times.keepalive_ms = ms;
	watch->times.misses = misses;
	return CMD_SUCCESS;
}

DEFUN(keepalive, keepalive_cmd, "keepalive registrar TIME", KEEPALIVE_STR TIME_STR)
{
	return set_keepalive(vty, argv[0], NULL);
}

DEFUN(keepalive_misses, keepalive_misses_cmd, "keepalive registrar TIME misses NUMBER",
      KEEPALIVE_STR TIME_STR "How many without an answer mean that it is gone\n1 to 10\n")
{
	return set_keepalive(vty, argv[0], argv[1]);
}

static void set_mode(struct vty *vty, enum registrar_keepalive mode)
{
	watch_of(vty)->keepalive = mode;
	watch_of(vty)->times.keepalive_ms = watch_of(vty)->times.misses = 0;
}

DEFUN(keepalive_never, keepalive_never_cmd, "keepalive registrar never",
      KEEPALIVE_STR "To none: what REGISTER and calls meet must do\n")
{
	set_mode(vty, REGISTRAR_KEEPALIVE_NONE);
	return CMD_SUCCESS;
}

DEFUN(no_keepalive, no_keepalive_cmd, "no keepalive registrar", NO_STR KEEPALIVE_STR)
{
	set_mode(vty, REGISTRAR_KEEPALIVE_OF_TWO);
	return CMD_SUCCESS;
}

#define HOLD_DOWN_STR "Before what is back is used\nHow long a registrar that is back must answer\n"

DEFUN(hold_down, hold_down_cmd, "hold-down registrar TIME", HOLD_DOWN_STR "Seconds, or as 250ms\n")
{
	return value_time(vty, "hold-down registrar", argv[0], 86400,
			  &watch_of(vty)->times.hold_down_ms);
}

DEFUN(no_hold_down, no_hold_down_cmd, "no hold-down registrar", NO_STR HOLD_DOWN_STR)
{
	watch_of(vty)->times.hold_down_ms = 0;
	return CMD_SUCCESS;
}

void registrar_watch_install(void)
{
	static struct cmd_element *const commands[] = {
	    &keepalive_never_cmd, &keepalive_cmd, &keepalive_misses_cmd,
	    &no_keepalive_cmd,	  &hold_down_cmd, &no_hold_down_cmd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_SIP_UA_NODE, commands[i]);
}

void registrar_watch_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct registrar_watch_config *watch = &conf->registrar_watch;
	char text[VALUE_TIME_SIZE], misses[24] = "";

	if (watch->times.misses)
		snprintf(misses, sizeof(misses), " misses %u", watch->times.misses);
	if (watch->keepalive == REGISTRAR_KEEPALIVE_NONE)
		conf_put(writer, " keepalive registrar never");
	else if (watch->keepalive == REGISTRAR_KEEPALIVE_ALL)
		conf_put(writer, " keepalive registrar %s%s",
			 value_time_text(watch->times.keepalive_ms, text), misses);
	if (watch->times.hold_down_ms)
		conf_put(writer, " hold-down registrar %s",
			 value_time_text(watch->times.hold_down_ms, text));
}
