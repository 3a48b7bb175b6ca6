// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	presence
 *	 watcher all
 *	 allow subscribe
 *	 max-subscription 200
 */
#include "conf/sip_presence.h"

#include "conf/value.h"

#define PRESENCE_STR "Telephones that watch what lines do\n"
#define WATCHER_STR "Who may watch\nNeighbours as well, not only who knows a password\n"
#define SUBSCRIBE_STR "Let those who know a password\nWatch any number, not only lines of ours\n"

DEFUN(presence_enable, presence_enable_cmd, "presence enable", PRESENCE_STR "Let them\n")
{
	conf_of(vty)->watchers.enabled = true;
	return CMD_SUCCESS;
}

DEFUN(no_presence_enable, no_presence_enable_cmd, "no presence enable",
      NO_STR PRESENCE_STR "Let them\n")
{
	conf_of(vty)->watchers.enabled = false;
	return CMD_SUCCESS;
}

DEFUN(presence, presence_cmd, "presence", PRESENCE_STR)
{
	conf_of(vty)->presence_line = conf_line_of(vty);
	vty->node = CONF_PRESENCE_NODE;
	return CMD_SUCCESS;
}

DEFUN(watcher_all, watcher_all_cmd, "watcher all", WATCHER_STR)
{
	conf_of(vty)->watchers.all = true;
	return CMD_SUCCESS;
}

DEFUN(no_watcher_all, no_watcher_all_cmd, "no watcher all", NO_STR WATCHER_STR)
{
	conf_of(vty)->watchers.all = false;
	return CMD_SUCCESS;
}

DEFUN(allow_subscribe, allow_subscribe_cmd, "allow subscribe", SUBSCRIBE_STR)
{
	conf_of(vty)->watchers.any_line = true;
	return CMD_SUCCESS;
}

DEFUN(no_allow_subscribe, no_allow_subscribe_cmd, "no allow subscribe", NO_STR SUBSCRIBE_STR)
{
	conf_of(vty)->watchers.any_line = false;
	return CMD_SUCCESS;
}

DEFUN(max_subscription, max_subscription_cmd, "max-subscription NUMBER",
      "Subscriptions at once\n100 to 5000\n")
{
	static const struct value_range range = {"max-subscription", 100,
						 WATCHER_SUBSCRIPTIONS_MAX};

	return value_number(vty, argv[0], &range, &conf_of(vty)->watchers.max);
}

DEFUN(no_max_subscription, no_max_subscription_cmd, "no max-subscription",
      NO_STR "Subscriptions at once\n")
{
	conf_of(vty)->watchers.max = 0;
	return CMD_SUCCESS;
}

void sip_presence_install(void)
{
	install_element(CONF_SIP_UA_NODE, &presence_enable_cmd);
	install_element(CONF_SIP_UA_NODE, &no_presence_enable_cmd);
}

void sip_presence_write(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->watchers.enabled)
		conf_put(writer, " presence enable");
}

static void setup(void)
{
	static struct cmd_node node = {CONF_PRESENCE_NODE, "%s(config-presence)# ", 1};

	install_element(CONF_ROOT_NODE, &presence_cmd);
	conf_node_install(&node);
	install_element(CONF_PRESENCE_NODE, &watcher_all_cmd);
	install_element(CONF_PRESENCE_NODE, &no_watcher_all_cmd);
	install_element(CONF_PRESENCE_NODE, &allow_subscribe_cmd);
	install_element(CONF_PRESENCE_NODE, &no_allow_subscribe_cmd);
	install_element(CONF_PRESENCE_NODE, &max_subscription_cmd);
	install_element(CONF_PRESENCE_NODE, &no_max_subscription_cmd);
}

static void check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);

	if (conf->presence_line && !conf->watchers.enabled && !loader_is_incomplete(loader))
		loader_warning(loader, conf->presence_line,
			       "presence: nobody can watch anything without `presence enable` in "
			       "sip-ua");
}

static void write(const struct conf *conf, struct conf_writer *writer)
{
	const struct watcher_rules *rules = &conf->watchers;

	if (!conf->presence_line)
		return;
	conf_put(writer, "presence");
	if (rules->all)
		conf_put(writer, " watcher all");
	if (rules->any_line)
		conf_put(writer, " allow subscribe");
	if (rules->max)
		conf_put(writer, " max-subscription %u", rules->max);
	conf_put(writer, "!");
}

const struct conf_block conf_sip_presence_block = {.setup = setup, .check = check, .write = write};
