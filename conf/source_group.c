// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice source-group ITSP
 *	 address 198.51.100.0/24
 *	 address 2001:db8:1::/48
 *	 translation-profile incoming from-itsp
 *	 carrier-id source ITSP
 *
 * address is ours; IOS names an access list there.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"

#define PREFIX_SIZE (INET6_ADDRSTRLEN + 5)

static struct source_group *group_of(struct vty *vty)
{
	struct conf_source_group *g = vty->index;

	return &g->group;
}

DEFUN(source_group, source_group_cmd, "voice source-group NAME",
      "Voice\nCalls by the address they come from\nName\n")
{
	struct conf_source_group *g = talloc_zero(conf_of(vty), struct conf_source_group);

	OSMO_ASSERT(g);
	return definition_begin(vty, DEFINITION_SOURCE_GROUP, &g->head, argv[0], g->group.name);
}

/* ---- addresses */

static const char *prefix_text(const struct source_group *g, unsigned at, char text[PREFIX_SIZE])
{
	bool ipv6 = g->addresses[at].family == 6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(ipv6 ? AF_INET6 : AF_INET, g->addresses[at].octets, host, sizeof(host));
	if (g->addresses[at].bits == (ipv6 ? 128 : 32))
		snprintf(text, PREFIX_SIZE, "%s", host);
	else
		snprintf(text, PREFIX_SIZE, "%s/%u", host, g->addresses[at].bits);
	return text;
}

/* "10.0.0.0/8", "2001:db8::1" into the address at. */
static bool parse_prefix(const char *text, struct source_group *g, unsigned at)
{
	char host[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "/");
	const char *slash = text + length;
	unsigned long bits;
	char *end;
	uint8_t octets[16] = {0};
	bool ipv6;

	if (length >= sizeof(host))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	ipv6 = strchr(host, ':') != NULL;
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, host, octets) != 1)
		return false;
	bits = ipv6 ? 128 : 32;
	if (*slash) {
		unsigned long most = bits;

		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || bits > most)
			return false;
	}
	g->addresses[at].family = ipv6 ? 6 : 4;
	g->addresses[at].bits = bits;
	memcpy(g->addresses[at].octets, octets, sizeof(octets));
	return true;
}

/* Clears what stands behind the prefix; false: nothing did. */
static bool cut_host_bits(struct source_group *g, unsigned at)
{
	bool any = false;

	for (unsigned bit = g->addresses[at].bits; bit < 128; bit++) {
		uint8_t mask = 0x80 >> bit % 8;

		if (g->addresses[at].octets[bit / 8] & mask)
			any = true;
		g->addresses[at].octets[bit / 8] &= ~mask;
	}
	return any;
}

#define ADDRESS_STR "Where the calls come from\nAddress or prefix, as in 10.0.0.0/8\n"

DEFUN(src_address, src_address_cmd, "address PREFIX", ADDRESS_STR)
{
	struct source_group *g = group_of(vty);
	char text[PREFIX_SIZE];

	if (g->addresses_count == SOURCE_GROUP_ADDRESSES_MAX)
		return conf_error(vty, "address %.64s: a group has at most %d of them", argv[0],
				  SOURCE_GROUP_ADDRESSES_MAX);
	if (!parse_prefix(argv[0], g, g->addresses_count))
		return conf_error(vty,
				  "address %.64s: expected an address or a prefix, as in "
				  "192.0.2.1, 10.0.0.0/8 or 2001:db8::/32",
				  argv[0]);
	if (cut_host_bits(g, g->addresses_count))
		return conf_error(vty, "address %s: bits are set behind the prefix, expected %s",
				  argv[0], prefix_text(g, g->addresses_count, text));
	if (definition_is_taken(vty, DEFINITION_SOURCE_ADDRESS,
				prefix_text(g, g->addresses_count, text)))
		return CONF_REFUSED;
	g->addresses_count++;
	return CMD_SUCCESS;
}

DEFUN(src_no_address, src_no_address_cmd, "no address PREFIX", NO_STR ADDRESS_STR)
{
	struct source_group *g = group_of(vty);
	char text[PREFIX_SIZE];

	for (unsigned i = 0; i < g->addresses_count; i++) {
		if (strcmp(prefix_text(g, i, text), argv[0]) != 0)
			continue;
		definition_drop(vty->priv, DEFINITION_SOURCE_ADDRESS, text);
		g->addresses_count--;
		memmove(&g->addresses[i], &g->addresses[i + 1],
			(g->addresses_count - i) * sizeof(g->addresses[0]));
		return CMD_SUCCESS;
	}
	return conf_error(vty, "no address %.64s: it is not in the group", argv[0]);
}

/* ---- names */

DEFUN(src_profile, src_profile_cmd, "translation-profile incoming NAME",
      "Change the numbers of calls\nThat come from there\nName\n")
{
	struct source_group *g = group_of(vty);

	return value_word(vty, "translation-profile incoming", argv[0], g->profile_incoming,
			  sizeof(g->profile_incoming));
}

DEFUN(src_carrier, src_carrier_cmd, "carrier-id source NAME",
      "Carrier\nOf calls that come from there\nName\n")
{
	struct source_group *g = group_of(vty);

	return value_word(vty, "carrier-id source", argv[0], g->carrier_id, sizeof(g->carrier_id));
}

DEFUN(src_no_profile, src_no_profile_cmd, "no translation-profile incoming",
      NO_STR "Change the numbers of calls\nThat come from there\n")
{
	group_of(vty)->profile_incoming[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(src_no_carrier, src_no_carrier_cmd, "no carrier-id source",
      NO_STR "Carrier\nOf calls that come from there\n")
{
	group_of(vty)->carrier_id[0] = '\0';
	return CMD_SUCCESS;
}

static void source_group_setup(void)
{
	static struct cmd_element *const commands[] = {&src_address_cmd,    &src_no_address_cmd,
						       &src_profile_cmd,    &src_carrier_cmd,
						       &src_no_profile_cmd, &src_no_carrier_cmd};

	definition_install(DEFINITION_SOURCE_GROUP, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &source_group_cmd);
}

static void source_group_check(struct loader *loader)
{
	const struct conf_source_group *g;
	char where[96];

	llist_for_each_entry (g, &loader_conf(loader)->source_groups, head.entry) {
		snprintf(where, sizeof(where),
			 "voice source-group %s: translation-profile incoming", g->group.name);
		definition_check(loader, g->head.line, DEFINITION_TRANSLATION_PROFILE,
				 g->group.profile_incoming, where);
		if (!g->group.addresses_count && !loader_block_is_broken(loader, g->head.line))
			loader_warning(
			    loader, g->head.line,
			    "voice source-group %s has no address: no call is from there",
			    g->group.name);
	}
}

static void source_group_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_source_group *g;
	char text[PREFIX_SIZE];

	llist_for_each_entry (g, &conf->source_groups, head.entry) {
		conf_put(writer, "voice source-group %s", g->group.name);
		definition_write_description(&g->head, writer);
		for (unsigned i = 0; i < g->group.addresses_count; i++)
			conf_put(writer, " address %s", prefix_text(&g->group, i, text));
		if (g->group.carrier_id[0])
			conf_put(writer, " carrier-id source %s", g->group.carrier_id);
		if (g->group.profile_incoming[0])
			conf_put(writer, " translation-profile incoming %s",
				 g->group.profile_incoming);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_source_group_block = {
    .setup = source_group_setup, .check = source_group_check, .write = source_group_write};
