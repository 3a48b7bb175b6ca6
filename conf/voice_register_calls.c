// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the telephones of the site are called, and sent home:
 *
 *	voice register global
 *	 timeouts sequential 20
 *	voice register pool 1
 *	 check-sync
 */
#include "conf/voice_register.h"

#include "conf/value.h"

static struct pool_global *global_of(struct vty *vty)
{
	return &conf_of(vty)->survive.global;
}

#define SEQUENTIAL_STR                                                                             \
	"How long is waited\nFor the contacts of one q to answer before those of the next are "    \
	"called\n"

DEFUN(sequential, sequential_cmd, "timeouts sequential SECONDS", SEQUENTIAL_STR "1 to 300 s\n")
{
	static const struct value_range range = {"timeouts sequential", 1, 300};

	return value_number(vty, argv[0], &range, &global_of(vty)->sequential_s);
}

DEFUN(no_sequential, no_sequential_cmd, "no timeouts sequential", NO_STR SEQUENTIAL_STR)
{
	global_of(vty)->sequential_s = POOL_SEQUENTIAL_S;
	return CMD_SUCCESS;
}

#define CHECK_SYNC_STR                                                                             \
	"NOTIFY check-sync when the call manager is back: they register there again\n"

DEFUN(check_sync, check_sync_cmd, "check-sync", CHECK_SYNC_STR)
{
	voice_register_pool_of(vty)->pool.check_sync = true;
	return CMD_SUCCESS;
}

DEFUN(no_check_sync, no_check_sync_cmd, "no check-sync", NO_STR CHECK_SYNC_STR)
{
	voice_register_pool_of(vty)->pool.check_sync = false;
	return CMD_SUCCESS;
}

void voice_register_install_home(void)
{
	install_element(CONF_POOL_NODE, &check_sync_cmd);
	install_element(CONF_POOL_NODE, &no_check_sync_cmd);
}

void voice_register_install_calls(void)
{
	install_element(CONF_REGISTER_GLOBAL_NODE, &sequential_cmd);
	install_element(CONF_REGISTER_GLOBAL_NODE, &no_sequential_cmd);
}

void voice_register_write_calls(const struct conf *conf, struct conf_writer *writer)
{
	const struct pool_global *g = &conf->survive.global;

	if (g->sequential_s != POOL_SEQUENTIAL_S)
		conf_put(writer, " timeouts sequential %u", g->sequential_s);
}
