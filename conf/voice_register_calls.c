// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the telephones of the site are called, and sent home:
 *
 *	voice register global
 *	 timeouts sequential 20
 *	 call-pickup **3
 *	voice register pool 1
 *	 pickup-group 7
 *	 check-sync
 */
#include "conf/voice_register.h"

#include <string.h>

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

/* ---- call pickup */

#define PICKUP_STR "What telephones dial to take a call that rings at another one\n"

DEFUN(pickup, pickup_cmd, "call-pickup CODE", PICKUP_STR "As **3, begins with * or #\n")
{
	if (!strchr("*#", argv[0][0]) || strlen(argv[0]) < 2 || strlen(argv[0]) > PLAN_CODE_MAX ||
	    strspn(argv[0], "0123456789*#") != strlen(argv[0]))
		return conf_error(vty,
				  "call-pickup %.64s: expected * or # and up to %d digits, as in "
				  "**3",
				  argv[0], PLAN_CODE_MAX - 1);
	strcpy(conf_of(vty)->plan.call_pickup, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(no_pickup, no_pickup_cmd, "no call-pickup", NO_STR PICKUP_STR)
{
	conf_of(vty)->plan.call_pickup[0] = '\0';
	return CMD_SUCCESS;
}

#define GROUP_STR "Telephones that may take each other's calls with call-pickup\n"

DEFUN(pickup_group, pickup_group_cmd, "pickup-group NUMBER", GROUP_STR "1 to 99999999\n")
{
	static const struct value_range range = {"pickup-group", 1, 99999999};

	return value_number(vty, argv[0], &range,
			    &voice_register_pool_of(vty)->peer.peer.pickup_group);
}

DEFUN(no_pickup_group, no_pickup_group_cmd, "no pickup-group", NO_STR GROUP_STR)
{
	voice_register_pool_of(vty)->peer.peer.pickup_group = 0;
	return CMD_SUCCESS;
}

void voice_register_install_pool_calls(void)
{
	install_element(CONF_POOL_NODE, &pickup_group_cmd);
	install_element(CONF_POOL_NODE, &no_pickup_group_cmd);
}

void voice_register_write_pool_calls(const struct conf_pool *pool, struct conf_writer *writer)
{
	if (pool->peer.peer.pickup_group)
		conf_put(writer, " pickup-group %u", pool->peer.peer.pickup_group);
}

#define CHECK_SYNC_STR                                                                             \
	"NOTIFY check-sync when the call manager is back: they register there again\n"

#define MWI_STR                                                                                    \
	"They are told of messages waiting by NOTIFY, also if they do not subscribe to that\n"

DEFUN(mwi, mwi_cmd, "mwi", MWI_STR)
{
	voice_register_pool_of(vty)->pool.mwi = true;
	return CMD_SUCCESS;
}

DEFUN(no_mwi, no_mwi_cmd, "no mwi", NO_STR MWI_STR)
{
	voice_register_pool_of(vty)->pool.mwi = false;
	return CMD_SUCCESS;
}

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
	install_element(CONF_POOL_NODE, &mwi_cmd);
	install_element(CONF_POOL_NODE, &no_mwi_cmd);
	install_element(CONF_POOL_NODE, &check_sync_cmd);
	install_element(CONF_POOL_NODE, &no_check_sync_cmd);
}

void voice_register_install_calls(void)
{
	install_element(CONF_REGISTER_GLOBAL_NODE, &pickup_cmd);
	install_element(CONF_REGISTER_GLOBAL_NODE, &no_pickup_cmd);
	install_element(CONF_REGISTER_GLOBAL_NODE, &sequential_cmd);
	install_element(CONF_REGISTER_GLOBAL_NODE, &no_sequential_cmd);
}

void voice_register_write_calls(const struct conf *conf, struct conf_writer *writer)
{
	const struct pool_global *g = &conf->survive.global;

	if (g->sequential_s != POOL_SEQUENTIAL_S)
		conf_put(writer, " timeouts sequential %u", g->sequential_s);
	if (conf->plan.call_pickup[0])
		conf_put(writer, " call-pickup %s", conf->plan.call_pickup);
}
