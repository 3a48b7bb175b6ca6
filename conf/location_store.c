// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	location store file /var/lib/sipspan/locations
 *	location store redis 192.0.2.10:6379 password 7 0822455D0A16
 *	location store memory
 *
 * Ours: IOS forgets its registrations at a reload. Without it a file named locations, in the folder that
 * systemd gives the service for what it keeps ($STATE_DIRECTORY), or memory if there is none.
 */
#include "conf/location_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"

#define STORE_STR "Telephones that have registered\nWhere they are kept when the gateway ends\n"

/* No name, which would have to be looked up. */
static bool is_address(const char *text)
{
	struct sockaddr_storage address;

	return text[0] == '/' || value_address(text, &address) == 0 ||
	       value_address_port(text, &address) == 0;
}

static int set(struct vty *vty, enum conf_location_kind kind, const char *place)
{
	struct conf_location *l = &conf_of(vty)->location;

	if (kind == CONF_LOCATION_FILE && place[0] != '/')
		return conf_error(vty, "location store file %s: expected a path that begins with /",
				  place);
	if (kind == CONF_LOCATION_REDIS && !is_address(place))
		return conf_error(vty,
				  "location store redis %s: expected IP, IP:PORT, [IPv6]:PORT or "
				  "the /PATH of its socket",
				  place);
	if (value_word(vty, "location store", place, l->place, sizeof(l->place)) != CMD_SUCCESS)
		return CONF_REFUSED;
	l->kind = kind;
	memset(&l->password, 0, sizeof(l->password));
	return CMD_SUCCESS;
}

DEFUN(store_memory, store_memory_cmd, "location store memory",
      STORE_STR "Nowhere: they are forgotten\n")
{
	conf_of(vty)->location = (struct conf_location){.kind = CONF_LOCATION_MEMORY};
	return CMD_SUCCESS;
}

DEFUN(store_file, store_file_cmd, "location store file PATH",
      STORE_STR "In a file of this machine\nPath of the file\n")
{
	return set(vty, CONF_LOCATION_FILE, argv[0]);
}

#define REDIS_STR                                                                                  \
	"In a Redis server, which gateways of a site may share\n"                                  \
	"IP, IP:PORT, [IPv6]:PORT or /PATH of its socket\n"

DEFUN(store_redis, store_redis_cmd, "location store redis ADDRESS", STORE_STR REDIS_STR)
{
	return set(vty, CONF_LOCATION_REDIS, argv[0]);
}

DEFUN(store_password, store_password_cmd, "location store redis ADDRESS password .PASSWORD",
      STORE_STR REDIS_STR "Password\nTEXT, 0 TEXT, 7 TEXT as IOS hides it, or file NAME\n")
{
	struct password password;
	int used = password_read(vty, "location store redis", argc - 1, argv + 1, &password);

	if (used < 0)
		return CONF_REFUSED;
	if (used < argc - 1)
		return conf_error(vty, "location store redis: expected nothing behind the "
				       "password");
	if (set(vty, CONF_LOCATION_REDIS, argv[0]) != CMD_SUCCESS)
		return CONF_REFUSED;
	conf_of(vty)->location.password = password;
	return CMD_SUCCESS;
}

DEFUN(no_store, no_store_cmd, "no location store", NO_STR STORE_STR)
{
	memset(&conf_of(vty)->location, 0, sizeof(conf_of(vty)->location));
	return CMD_SUCCESS;
}

static void setup(void)
{
	static struct cmd_element *const commands[] = {&store_memory_cmd, &store_file_cmd,
						       &store_redis_cmd, &store_password_cmd,
						       &no_store_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_ROOT_NODE, commands[i]);
}

static const char *default_path(struct conf_location *l)
{
	const char *folder = getenv("STATE_DIRECTORY");

	if (!folder || folder[0] != '/' ||
	    snprintf(l->place, sizeof(l->place), "%s/locations", folder) >= (int)sizeof(l->place))
		return NULL;
	return l->place;
}

void location_store_use(struct conf *conf)
{
	struct location_config *out = &conf->survive.location;
	struct conf_location *l = &conf->location;

	*out = (struct location_config){.gateway = conf->hostname};
	if (!conf->hostname[0] && gethostname(l->host, sizeof(l->host) - 1) == 0)
		out->gateway = l->host;
	if (l->kind == CONF_LOCATION_FILE)
		out->path = l->place;
	else if (l->kind == CONF_LOCATION_DEFAULT)
		out->path = default_path(l);
	else if (l->kind == CONF_LOCATION_REDIS)
		out->redis = l->place;
	if (l->password.text[0])
		out->redis_password = l->password.text;
}

static void check_store(struct loader *loader)
{
	location_store_use(loader_conf(loader));
}

static void write_store(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_location *l = &conf->location;
	char text[PASSWORD_TEXT_SIZE];

	switch (l->kind) {
	case CONF_LOCATION_DEFAULT:
		return;
	case CONF_LOCATION_MEMORY:
		conf_put(writer, "location store memory");
		break;
	case CONF_LOCATION_FILE:
		conf_put(writer, "location store file %s", l->place);
		break;
	case CONF_LOCATION_REDIS:
		if (l->password.text[0])
			conf_put(writer, "location store redis %s password %s", l->place,
				 password_text(&l->password, text));
		else
			conf_put(writer, "location store redis %s", l->place);
		break;
	}
	conf_put(writer, "!");
}

const struct conf_block conf_location_store_block = {
    .setup = setup, .check = check_store, .write = write_store};
