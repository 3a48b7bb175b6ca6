// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice register global
 *	 mode standby
 *	 max-pool 20
 *	 max-dn 100
 *	 standby-expires 120
 *	 redirect mode
 *	 authenticate realm site.example.com
 *	 authenticate users file phones
 *
 * and `registrar server` in voice service voip, sip, without which nobody registers. mode,
 * standby-expires and the words behind authenticate are ours.
 */
#include "conf/voice_register.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/sip_challenge.h"
#include "conf/value.h"

static const char *const modes[] = {
    [POOL_MODE_STANDBY] = "standby",
    [POOL_MODE_REFUSE] = "refuse",
    [POOL_MODE_ALWAYS] = "registrar",
};

static struct pool_global *global_of(struct vty *vty)
{
	return &conf_of(vty)->survive.global;
}

/* ---- registrar server */

#define SERVER_STR "Registrar\nTelephones may register here\n"
#define EXPIRES_STR "For how long\nAt most\n60 to 604800 s\n"

static int set_expires(struct vty *vty, const char *max, const char *min)
{
	static const struct value_range max_range = {"registrar server expires max", 60, 604800};
	static const struct value_range min_range = {"registrar server expires min", 5, 3600};
	struct pool_global *g = global_of(vty);
	unsigned longest = POOL_EXPIRES_MAX_S, least = POOL_EXPIRES_MIN_S;

	if ((max && value_number(vty, max, &max_range, &longest) != CMD_SUCCESS) ||
	    (min && value_number(vty, min, &min_range, &least) != CMD_SUCCESS))
		return CONF_REFUSED;
	if (least > longest)
		return conf_error(vty,
				  "registrar server expires max %u min %u: expected max to be "
				  "the larger one",
				  longest, least);
	g->serves = true;
	g->expires_max_s = longest;
	g->expires_min_s = least;
	return CMD_SUCCESS;
}

DEFUN(server, server_cmd, "registrar server", SERVER_STR)
{
	return set_expires(vty, NULL, NULL);
}

DEFUN(server_max, server_max_cmd, "registrar server expires max SECONDS", SERVER_STR EXPIRES_STR)
{
	return set_expires(vty, argv[0], NULL);
}

DEFUN(server_min, server_min_cmd, "registrar server expires max SECONDS min SECONDS",
      SERVER_STR EXPIRES_STR "At least\n5 to 3600 s\n")
{
	return set_expires(vty, argv[0], argv[1]);
}

DEFUN(no_server, no_server_cmd, "no registrar server", NO_STR SERVER_STR)
{
	global_of(vty)->serves = false;
	return CMD_SUCCESS;
}

void voice_register_install_server(void)
{
	install_element(CONF_SERVICE_SIP_NODE, &server_cmd);
	install_element(CONF_SERVICE_SIP_NODE, &server_max_cmd);
	install_element(CONF_SERVICE_SIP_NODE, &server_min_cmd);
	install_element(CONF_SERVICE_SIP_NODE, &no_server_cmd);
}

void voice_register_write_server(const struct conf *conf, struct conf_writer *writer)
{
	const struct pool_global *g = &conf->survive.global;

	if (!g->serves)
		return;
	if (g->expires_max_s == POOL_EXPIRES_MAX_S && g->expires_min_s == POOL_EXPIRES_MIN_S)
		conf_put(writer, "  registrar server");
	else
		conf_put(writer, "  registrar server expires max %u min %u", g->expires_max_s,
			 g->expires_min_s);
}

/* ---- voice register global */

DEFUN(global, global_cmd, "voice register global",
      "Voice\nTelephones that register here\nWhat holds for all of them\n")
{
	vty->node = CONF_REGISTER_GLOBAL_NODE;
	vty->index = NULL;
	conf_of(vty)->register_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

#define MODE_STR "What is done while the call manager is there\n"

DEFUN(mode, mode_cmd, "mode (standby|refuse|registrar)",
      MODE_STR "Telephones may register, for a short time\nThey are refused, with Retry-After\n"
	       "This is their registrar, whoever else is there\n")
{
	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(argv[0], modes[i]) == 0)
			global_of(vty)->mode = i;
	return CMD_SUCCESS;
}

DEFUN(max_pool, max_pool_cmd, "max-pool NUMBER", "Most pools that may be configured\nNumber\n")
{
	static const struct value_range range = {"max-pool", 1, 100000};

	return value_number(vty, argv[0], &range, &global_of(vty)->max_pool);
}

DEFUN(max_dn, max_dn_cmd, "max-dn NUMBER", "Most numbers that may be registered\nNumber\n")
{
	static const struct value_range range = {"max-dn", 1, 1000000};

	return value_number(vty, argv[0], &range, &global_of(vty)->max_dn);
}

DEFUN(standby, standby_cmd, "standby-expires SECONDS",
      "For how long telephones may register while the call manager is there\n5 to 3600 s\n")
{
	static const struct value_range range = {"standby-expires", 5, 3600};

	return value_number(vty, argv[0], &range, &global_of(vty)->expires_standby_s);
}

#define REDIRECT_STR                                                                               \
	"Telephones that call others here\nThey are told where those are, and call there "         \
	"themselves\n"

DEFUN(redirect_mode, redirect_mode_cmd, "redirect mode", REDIRECT_STR)
{
	global_of(vty)->redirect = true;
	return CMD_SUCCESS;
}

DEFUN(no_redirect_mode, no_redirect_mode_cmd, "no redirect mode", NO_STR REDIRECT_STR)
{
	global_of(vty)->redirect = false;
	return CMD_SUCCESS;
}

DEFUN(register_no, register_no_cmd, "no (mode|max-pool|max-dn|standby-expires)",
      NO_STR MODE_STR "Most pools that may be configured\nMost numbers that may be registered\n"
		      "For how long telephones may register while the call manager is there\n")
{
	struct pool_global *g = global_of(vty);

	if (strcmp(argv[0], "mode") == 0)
		g->mode = POOL_MODE_STANDBY;
	else if (strcmp(argv[0], "max-pool") == 0)
		g->max_pool = 0;
	else if (strcmp(argv[0], "max-dn") == 0)
		g->max_dn = 0;
	else
		g->expires_standby_s = POOL_EXPIRES_STANDBY_S;
	return CMD_SUCCESS;
}

/* ---- the block */

static struct cmd_node register_node = {CONF_REGISTER_GLOBAL_NODE, "%s(config-register-global)# ",
					1};

static void voice_register_setup(void)
{
	static struct cmd_element *const commands[] = {
	    &mode_cmd,	      &max_pool_cmd,	  &max_dn_cmd,		&standby_cmd,
	    &register_no_cmd, &redirect_mode_cmd, &no_redirect_mode_cmd};

	conf_node_install(&register_node);
	install_element(CONF_ROOT_NODE, &global_cmd);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_REGISTER_GLOBAL_NODE, commands[i]);
	sip_challenge_install(CONF_REGISTER_GLOBAL_NODE);
	voice_register_install_calls();
}

static void voice_register_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct pool_global *g = &conf->survive.global;

	voice_register_pools_check(loader);
	voice_register_users_check(loader);
	if (g->max_pool && g->pools_count > g->max_pool)
		loader_error(loader, conf->register_line,
			     "voice register global: %u pools are configured: expected at most "
			     "max-pool %u",
			     g->pools_count, g->max_pool);
	if (g->pools_count && !g->serves && !loader_is_incomplete(loader))
		loader_warning(loader, voice_register_pools_line(conf),
			       "voice register pool without registrar server in voice service "
			       "voip, sip: nobody can register");
}

static void voice_register_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct pool_global *g = &conf->survive.global;

	if (!conf->register_line)
		return;
	conf_put(writer, "voice register global");
	if (g->mode != POOL_MODE_STANDBY)
		conf_put(writer, " mode %s", modes[g->mode]);
	if (g->max_pool)
		conf_put(writer, " max-pool %u", g->max_pool);
	if (g->max_dn)
		conf_put(writer, " max-dn %u", g->max_dn);
	if (g->expires_standby_s != POOL_EXPIRES_STANDBY_S)
		conf_put(writer, " standby-expires %u", g->expires_standby_s);
	if (g->redirect)
		conf_put(writer, " redirect mode");
	sip_challenge_write(&conf->phone_users, writer);
	voice_register_write_calls(conf, writer);
	conf_put(writer, "!");
}

const struct conf_block conf_voice_register_block = {
    .setup = voice_register_setup,
    .check = voice_register_check,
    .write = voice_register_write,
};
