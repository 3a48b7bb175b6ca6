// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class server-group 1
 *	 ipv4 10.6.2.10 port 5060 preference 1
 *	 ipv6 2001:db8::10
 *	 dns sip.example.com preference 2
 *	 hunt-scheme round-robin
 *	 huntstop 1 resp-code 404 to 410
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

DEFUN(server_group, server_group_cmd, "voice class server-group NUMBER",
      "Voice\nWhat dial peers refer to\nGroup of SIP servers\n1 to 10000\n")
{
	struct conf_server_group *g = talloc_zero(conf_of(vty), struct conf_server_group);

	OSMO_ASSERT(g);
	return definition_begin_number(vty, DEFINITION_SERVER_GROUP, &g->head, argv[0],
				       &g->group.number);
}

/* ---- servers */

/* The target as `session target` has it. */
static int make_target(struct vty *vty, const char *kind, const char *host, unsigned port,
		       char *target, size_t size)
{
	bool ipv6 = strcmp(kind, "ipv6") == 0;
	char port_text[16] = "", why[128];

	if (port)
		snprintf(port_text, sizeof(port_text), ":%u", port);
	snprintf(target, size, "%s:%s%s%s%s", kind, ipv6 ? "[" : "", host, ipv6 ? "]" : "",
		 port_text);
	/* a port inside the host is no host */
	if (strlen(host) <= 253 && (ipv6 || !strchr(host, ':')) &&
	    value_server(target, why, sizeof(why)) == 0)
		return CMD_SUCCESS;
	return conf_error(vty, "%s %.64s: expected %s", kind, host,
			  ipv6			     ? "an address as in 2001:db8::10"
			  : strcmp(kind, "dns") == 0 ? "the name of a host"
						     : "an address as in 192.0.2.10");
}

static int add_server(struct vty *vty, const char *target, unsigned preference)
{
	struct conf_server_group *g = vty->index;

	for (unsigned i = 0; i < g->group.count; i++)
		if (strcmp(g->group.servers[i].target, target) == 0)
			return conf_error(vty, "%s is in the group already", target);
	if (g->group.count == SERVER_GROUP_MAX)
		return conf_error(vty, "%s: a group has at most %d servers", target,
				  SERVER_GROUP_MAX);
	strcpy(g->group.servers[g->group.count].target, target);
	g->group.servers[g->group.count++].preference = preference;
	return CMD_SUCCESS;
}

/* HOST [port P] [preference N] */
static int read_server(struct vty *vty, const char *kind, int argc, const char **argv)
{
	static const struct value_range ports = {"port", 1, 65535};
	static const struct value_range preferences = {"preference", 0, 5};
	char target[CLASS_TARGET_MAX + 1];
	unsigned port = 0, preference = 0;

	for (int i = 1; i < argc; i += 2) {
		bool is_port = strcmp(argv[i], "port") == 0;

		if ((!is_port && strcmp(argv[i], "preference") != 0) || i + 1 == argc)
			return conf_error(vty, "%s %s: expected port NUMBER or preference NUMBER",
					  kind, argv[0]);
		if (value_number(vty, argv[i + 1], is_port ? &ports : &preferences,
				 is_port ? &port : &preference) != CMD_SUCCESS)
			return CONF_REFUSED;
	}
	if (make_target(vty, kind, argv[0], port, target, sizeof(target)) != CMD_SUCCESS)
		return CONF_REFUSED;
	return add_server(vty, target, preference);
}

DEFUN(sg_ipv4, sg_ipv4_cmd, "ipv4 .SERVER",
      "A server\nA.B.C.D, then port NUMBER and preference 0 to 5, lower goes first\n")
{
	return read_server(vty, "ipv4", argc, argv);
}

DEFUN(sg_ipv6, sg_ipv6_cmd, "ipv6 .SERVER",
      "A server\nX:X::X:X, then port NUMBER and preference 0 to 5, lower goes first\n")
{
	return read_server(vty, "ipv6", argc, argv);
}

DEFUN(sg_dns, sg_dns_cmd, "dns .SERVER",
      "A server\nIts name, then port NUMBER and preference 0 to 5, lower goes first\n")
{
	return read_server(vty, "dns", argc, argv);
}

/* The parts of a target: "ipv6", "2001:db8::10" and " port 5060" or "". */
static void split_target(const char *target, char kind[8], char host[CLASS_TARGET_MAX + 1],
			 char port[24])
{
	const char *begin = strchr(target, ':') + 1, *end;

	snprintf(kind, 8, "%.*s", (int)(begin - 1 - target), target);
	if (*begin == '[')
		end = strchr(++begin, ']');
	else
		end = begin + strcspn(begin, ":");
	snprintf(host, CLASS_TARGET_MAX + 1, "%.*s", (int)(end - begin), begin);
	end += *end == ']';
	port[0] = '\0';
	if (*end == ':')
		snprintf(port, 24, " port %s", end + 1);
}

#define SERVER_STR "A server by its IPv4 address\nBy its IPv6 address\nBy its name\nWhich\n"

DEFUN(sg_no_server, sg_no_server_cmd, "no (ipv4|ipv6|dns) HOST", NO_STR SERVER_STR)
{
	struct conf_server_group *g = vty->index;
	unsigned left = 0;

	for (unsigned i = 0; i < g->group.count; i++) {
		char kind[8], host[CLASS_TARGET_MAX + 1], port[24];

		split_target(g->group.servers[i].target, kind, host, port);
		if (strcmp(kind, argv[0]) != 0 || strcmp(host, argv[1]) != 0)
			g->group.servers[left++] = g->group.servers[i];
	}
	if (left == g->group.count)
		return conf_error(vty, "no %s %.64s: it is not in the group", argv[0], argv[1]);
	g->group.count = left;
	return CMD_SUCCESS;
}

/* ---- order */

DEFUN(sg_scheme, sg_scheme_cmd, "hunt-scheme (round-robin|preference)",
      "Order of the servers\nA different one goes first each time\nBy preference\n")
{
	struct conf_server_group *g = vty->index;

	g->group.round_robin = strcmp(argv[0], "round-robin") == 0;
	return CMD_SUCCESS;
}

DEFUN(sg_no_scheme, sg_no_scheme_cmd, "no hunt-scheme", NO_STR "Order of the servers\n")
{
	struct conf_server_group *g = vty->index;

	g->group.round_robin = false;
	return CMD_SUCCESS;
}

#define HUNTSTOP_STR "Try no other server\nNumber of this rule, 1 to 1000\n"

static int set_huntstop(struct vty *vty, const char *rule, const char *first, const char *last)
{
	static const struct value_range rules = {"huntstop", 1, 1000};
	static const struct value_range codes = {"resp-code", 400, 699};
	struct conf_server_group *g = vty->index;
	unsigned number, from, to, at = 0;

	if (value_number(vty, rule, &rules, &number) != CMD_SUCCESS ||
	    value_number(vty, first, &codes, &from) != CMD_SUCCESS ||
	    value_number(vty, last, &codes, &to) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (to < from)
		return conf_error(vty, "resp-code %u to %u: expected the lower one first", from,
				  to);
	while (at < CONF_HUNTSTOPS_MAX && g->huntstop_rules[at] && g->huntstop_rules[at] != number)
		at++;
	if (at == CONF_HUNTSTOPS_MAX)
		return conf_error(vty, "huntstop %u: a group has at most %d of them", number,
				  CONF_HUNTSTOPS_MAX);
	g->huntstop_rules[at] = number;
	g->group.huntstop[at].from = from;
	g->group.huntstop[at].to = to;
	return CMD_SUCCESS;
}

DEFUN(sg_huntstop, sg_huntstop_cmd, "huntstop RULE resp-code CODE",
      HUNTSTOP_STR "After this SIP status\n400 to 699\n")
{
	return set_huntstop(vty, argv[0], argv[1], argv[1]);
}

DEFUN(sg_huntstop_to, sg_huntstop_to_cmd, "huntstop RULE resp-code FIRST to LAST",
      HUNTSTOP_STR "After these SIP statuses\n400 to 699\nUp to\n400 to 699\n")
{
	return set_huntstop(vty, argv[0], argv[1], argv[2]);
}

DEFUN(sg_no_huntstop, sg_no_huntstop_cmd, "no huntstop RULE", NO_STR HUNTSTOP_STR)
{
	static const struct value_range range = {"no huntstop", 1, 1000};
	struct conf_server_group *g = vty->index;
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	for (unsigned i = 0; i < CONF_HUNTSTOPS_MAX; i++) {
		unsigned rest = CONF_HUNTSTOPS_MAX - 1 - i;

		if (g->huntstop_rules[i] != number)
			continue;
		memmove(&g->huntstop_rules[i], &g->huntstop_rules[i + 1],
			rest * sizeof(g->huntstop_rules[0]));
		memmove(&g->group.huntstop[i], &g->group.huntstop[i + 1],
			rest * sizeof(g->group.huntstop[0]));
		g->huntstop_rules[CONF_HUNTSTOPS_MAX - 1] = 0;
		memset(&g->group.huntstop[CONF_HUNTSTOPS_MAX - 1], 0, sizeof(g->group.huntstop[0]));
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no huntstop %u: there is none", number);
}

static void server_group_setup(void)
{
	static struct cmd_element *const commands[] = {
	    &sg_ipv4_cmd,      &sg_ipv6_cmd,	    &sg_dns_cmd,
	    &sg_no_server_cmd, &sg_scheme_cmd,	    &sg_no_scheme_cmd,
	    &sg_huntstop_cmd,  &sg_huntstop_to_cmd, &sg_no_huntstop_cmd};

	definition_install(DEFINITION_SERVER_GROUP, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &server_group_cmd);
}

static void server_group_check(struct loader *loader)
{
	const struct conf_server_group *g;

	llist_for_each_entry (g, &loader_conf(loader)->server_groups, head.entry) {
		if (!g->group.count && !loader_block_is_broken(loader, g->head.line))
			loader_warning(loader, g->head.line,
				       "voice class server-group %u is empty: its calls go nowhere",
				       g->group.number);
	}
}

static void write_server(const struct server_group *g, unsigned which, struct conf_writer *writer)
{
	char kind[8], host[CLASS_TARGET_MAX + 1], port[24], preference[24] = "";

	split_target(g->servers[which].target, kind, host, port);
	if (g->servers[which].preference)
		snprintf(preference, sizeof(preference), " preference %u",
			 g->servers[which].preference);
	conf_put(writer, " %s %s%s%s", kind, host, port, preference);
}

static void server_group_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_server_group *g;

	llist_for_each_entry (g, &conf->server_groups, head.entry) {
		conf_put(writer, "voice class server-group %u", g->group.number);
		definition_write_description(&g->head, writer);
		if (g->group.round_robin)
			conf_put(writer, " hunt-scheme round-robin");
		for (unsigned i = 0; i < g->group.count; i++)
			write_server(&g->group, i, writer);
		for (unsigned i = 0; i < CONF_HUNTSTOPS_MAX && g->huntstop_rules[i]; i++) {
			if (g->group.huntstop[i].to > g->group.huntstop[i].from)
				conf_put(writer, " huntstop %u resp-code %u to %u",
					 g->huntstop_rules[i], g->group.huntstop[i].from,
					 g->group.huntstop[i].to);
			else
				conf_put(writer, " huntstop %u resp-code %u", g->huntstop_rules[i],
					 g->group.huntstop[i].from);
		}
		conf_put(writer, "!");
	}
}

const struct conf_block conf_server_group_block = {
    .setup = server_group_setup, .check = server_group_check, .write = server_group_write};
