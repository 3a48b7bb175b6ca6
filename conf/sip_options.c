// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class tenant 7                 dial-peer voice 200 voip
 *	 description ITSP                     voice-class sip tenant 7
 *	 rel1xx supported                     voice-class sip rel1xx require
 */
#include "conf/sip_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/dial_peer.h"
#include "conf/sip_dialog.h"
#include "conf/sip_failover.h"
#include "conf/sip_keepalive.h"
#include "conf/sip_register.h"
#include "conf/stir_shaken.h"
#include "conf/value.h"

struct tenant *sip_tenant_of(struct vty *vty)
{
	struct conf_tenant *t = vty->index;

	if (vty->node == CONF_SERVICE_SIP_NODE || vty->node == CONF_SIP_UA_NODE)
		return &conf_of(vty)->tenant_all;
	return vty->node == CONF_TENANT_NODE ? &t->tenant : NULL;
}

struct sip_options *sip_options_of(struct vty *vty)
{
	struct tenant *tenant = sip_tenant_of(vty);

	return tenant ? &tenant->options : &dial_peer_of(vty)->sip;
}

void sip_options_install_tenant(struct cmd_element *const *commands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		install_element(CONF_SERVICE_SIP_NODE, commands[i]);
		install_element(CONF_TENANT_NODE, commands[i]);
	}
}

void sip_options_install_peer(struct cmd_element *const *commands, size_t count)
{
	dial_peer_install_kind(PEER_VOIP, commands, count);
}

/* ---- the options */

#define REL1XX_STR "Reliable provisional responses (RFC 3262)\n"
#define REL1XX_VALUES_STR "Never\nIf the far end can\nAlways\n"

static const char *const rel1xx_names[] = {
    [SIP_REL1XX_DISABLED] = "disable",
    [SIP_REL1XX_SUPPORTED] = "supported",
    [SIP_REL1XX_REQUIRED] = "require",
};

DEFUN(rel1xx, rel1xx_cmd, "rel1xx (disable|supported|require)", REL1XX_STR REL1XX_VALUES_STR)
{
	for (unsigned i = SIP_REL1XX_DISABLED; i < ARRAY_SIZE(rel1xx_names); i++)
		if (strcmp(argv[0], rel1xx_names[i]) == 0)
			sip_options_of(vty)->rel1xx = i;
	return CMD_SUCCESS;
}

ALIAS(rel1xx, p_rel1xx_cmd, SIP_OPTION_PEER "rel1xx (disable|supported|require)",
      SIP_OPTION_PEER_STR REL1XX_STR REL1XX_VALUES_STR)

DEFUN(no_rel1xx, no_rel1xx_cmd, "no rel1xx", NO_STR REL1XX_STR)
{
	sip_options_of(vty)->rel1xx = SIP_REL1XX_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_rel1xx, p_no_rel1xx_cmd, "no " SIP_OPTION_PEER "rel1xx",
      NO_STR SIP_OPTION_PEER_STR REL1XX_STR)

void sip_options_write(const struct sip_options *options, const char *indent,
		       struct conf_writer *writer)
{
	sip_transport_write_options(options, indent, writer);
	sip_keepalive_write(options, indent, writer);
	sip_failover_write(options, indent, writer);
	if (options->rel1xx)
		conf_put(writer, "%srel1xx %s", indent, rel1xx_names[options->rel1xx]);
	sip_dialog_write(options, indent, writer);
	sip_reason_write(options, indent, writer);
	sip_early_media_write(options, indent, writer);
	sip_redirection_write(options, indent, writer);
	sip_headers_write(options, indent, writer);
	stir_shaken_write_use(options, indent, writer);
}

/* " no voice-class sip ...": the blanks of indent stand before "no", its words behind it. */
void sip_switch_write(uint8_t value, const char *indent, const char *command,
		      struct conf_writer *writer)
{
	size_t blanks = strspn(indent, " ");

	if (value == SIP_SWITCH_ON)
		conf_put(writer, "%s%s", indent, command);
	else if (value == SIP_SWITCH_OFF)
		conf_put(writer, "%.*sno %s%s", (int)blanks, indent, indent + blanks, command);
}

/* ---- tenants */

DEFUN(tenant, tenant_cmd, "voice class tenant NUMBER",
      "Voice\nClasses\nSIP settings that dial peers share: a trunk, a customer\n1 to 10000\n")
{
	struct conf_tenant *t = talloc_zero(conf_of(vty), struct conf_tenant);

	OSMO_ASSERT(t);
	return definition_begin_number(vty, DEFINITION_TENANT, &t->head, argv[0],
				       &t->tenant.number);
}

DEFUN(peer_tenant, peer_tenant_cmd, SIP_OPTION_PEER "tenant NUMBER",
      SIP_OPTION_PEER_STR "SIP settings of a voice class tenant\n1 to 10000\n")
{
	static const struct value_range range = {"voice-class sip tenant", 1, TENANT_NUMBER_MAX};

	return value_number(vty, argv[0], &range, &dial_peer_of(vty)->tenant);
}

DEFUN(no_peer_tenant, no_peer_tenant_cmd, "no " SIP_OPTION_PEER "tenant",
      NO_STR SIP_OPTION_PEER_STR "SIP settings of a voice class tenant\n")
{
	dial_peer_of(vty)->tenant = 0;
	return CMD_SUCCESS;
}

static void sip_options_setup(void)
{
	static struct cmd_element *const options[] = {&rel1xx_cmd, &no_rel1xx_cmd};
	static struct cmd_element *const peer_options[] = {&p_rel1xx_cmd, &p_no_rel1xx_cmd,
							   &peer_tenant_cmd, &no_peer_tenant_cmd};

	definition_install(DEFINITION_TENANT, NULL, 0);
	sip_keepalive_install();
	sip_failover_install();
	sip_dialog_install();
	sip_transfer_install();
	sip_media_install();
	install_element(CONF_ROOT_NODE, &tenant_cmd);
	sip_options_install_tenant(options, ARRAY_SIZE(options));
	sip_options_install_peer(peer_options, ARRAY_SIZE(peer_options));
	sip_register_install();
	/* whose registrars the numbers of pots peers are made known at */
	dial_peer_install_kind(PEER_POTS, peer_options + 2, 2);
	sip_transport_install();
	sip_reason_install();
	sip_early_media_install();
	sip_headers_install();
}

static int by_number(const void *a, const void *b)
{
	const struct tenant *one = a, *two = b;

	return one->number < two->number ? -1 : one->number > two->number;
}

/* What the user agent gets: one array, in order of number. */
static void sip_options_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_tenant *t;
	char where[64];

	sip_register_check(loader);
	sip_transport_check(loader);
	conf->tenants =
	    talloc_zero_array(conf, struct tenant, llist_count(&conf->tenant_blocks) + 1);
	OSMO_ASSERT(conf->tenants);
	conf->tenants[conf->tenants_count++] = conf->tenant_all;
	llist_for_each_entry (t, &conf->tenant_blocks, head.entry) {
		conf->tenants[conf->tenants_count++] = t->tenant;
		snprintf(where, sizeof(where), "voice class tenant %u", t->tenant.number);
		sip_transport_check_options(loader, t->head.line, where, &t->tenant.options);
	}
	qsort(conf->tenants, conf->tenants_count, sizeof(*conf->tenants), by_number);
}

static void tenant_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_tenant *t;

	llist_for_each_entry (t, &conf->tenant_blocks, head.entry) {
		conf_put(writer, "voice class tenant %u", t->tenant.number);
		definition_write_description(&t->head, writer);
		sip_options_write(&t->tenant.options, " ", writer);
		sip_register_write(&t->tenant, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_sip_options_block = {
    .setup = sip_options_setup, .check = sip_options_check, .write = tenant_write};
