/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conf_blocks - the blocks of the configuration file and what they share.
 *
 * A block has one file with three functions: NAME_setup installs its commands into libosmovty,
 * NAME_check looks at what was read as a whole (NULL: nothing to check), NAME_write writes it
 * back. A command finds what it fills in through conf_of(vty) and, inside a block, vty->index.
 *
 * A command that refuses its value returns conf_error(); reading goes on behind it. It must enter
 * its node all the same, or the lines below would be misread.
 */
#ifndef CONF_CONF_BLOCKS_H
#define CONF_CONF_BLOCKS_H

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "conf/load.h"

enum conf_node {
	CONF_ROOT_NODE = _LAST_OSMOVTY_NODE + 32,
	CONF_CONTROLLER_NODE,
	CONF_INTERFACE_NODE,
	CONF_VOICE_PORT_NODE,
	CONF_POTS_PEER_NODE,
	CONF_VOIP_PEER_NODE,
	CONF_VOICE_SERVICE_NODE,
	CONF_TRUSTED_NODE,
	CONF_SERVICE_SIP_NODE,
	CONF_SIP_UA_NODE,
	CONF_LINE_NODE,
	CONF_TRANSLATION_RULES_NODE,
	CONF_TRANSLATION_PROFILE_NODE,
	CONF_PATTERN_MAP_NODE,
	CONF_PEER_GROUP_NODE,
	CONF_SERVER_GROUP_NODE,
	CONF_URI_CLASS_NODE,
	CONF_PROVISION_POLICY_NODE,
	CONF_COR_CUSTOM_NODE,
	CONF_COR_LIST_NODE,
	CONF_TRUNK_GROUP_NODE,
	CONF_SOURCE_GROUP_NODE,
	CONF_NUMBER_PLAN_NODE,
	CONF_ENUM_TABLE_NODE,
	CONF_HUNT_GROUP_NODE,
	CONF_TENANT_NODE,
	CONF_STIR_NODE,
	CONF_TLS_PROFILE_NODE,
	CONF_KEEPALIVE_NODE,
	CONF_PRESENCE_NODE,
	CONF_REGISTER_GLOBAL_NODE,
	CONF_FALLBACK_NODE,
	CONF_POOL_NODE,
	CONF_NODES_END
};

/* What a command returns that has called conf_error(): libosmovty reads on, as after success. */
#define CONF_REFUSED CMD_ERR_NOTHING_TODO

struct loader;
struct conf_writer;

/* In the order in which they are written. */
struct conf_block {
	void (*setup)(void);
	void (*check)(struct loader *loader);
	void (*write)(const struct conf *conf, struct conf_writer *writer);
};

extern const struct conf_block conf_system_block;
extern const struct conf_block conf_controller_block;
extern const struct conf_block conf_interface_block;
extern const struct conf_block conf_voice_port_block;
extern const struct conf_block conf_voice_service_block;
extern const struct conf_block conf_number_plan_block;
extern const struct conf_block conf_trunk_group_block;
extern const struct conf_block conf_translation_block;
extern const struct conf_block conf_pattern_map_block;
extern const struct conf_block conf_uri_class_block;
extern const struct conf_block conf_peer_group_block;
extern const struct conf_block conf_server_group_block;
extern const struct conf_block conf_sip_keepalive_block;
extern const struct conf_block conf_source_group_block;
extern const struct conf_block conf_cor_block;
extern const struct conf_block conf_enum_table_block;
extern const struct conf_block conf_hunt_group_block;
extern const struct conf_block conf_dial_plan_block;
extern const struct conf_block conf_dial_peer_block;
extern const struct conf_block conf_sip_ua_block;
extern const struct conf_block conf_sip_presence_block;
extern const struct conf_block conf_sip_options_block;
extern const struct conf_block conf_stir_shaken_block;
extern const struct conf_block conf_tls_profile_block;
extern const struct conf_block conf_call_manager_fallback_block;
extern const struct conf_block conf_voice_register_block;
extern const struct conf_block conf_voice_register_pool_block;
extern const struct conf_block conf_location_store_block;
extern const struct conf_block conf_name_server_block;
extern const struct conf_block conf_telemetry_block;
extern const struct conf_block conf_expect_block;
extern const struct conf_block conf_call_threshold_block;
extern const struct conf_block conf_limits_block; /* system.c: records, limits, line vty */

/* ---- for commands */

struct conf *conf_of(struct vty *vty);
unsigned conf_line_of(struct vty *vty); /* of the file */
/* Adds "FILE:LINE: ..." for the line that is read. Returns CONF_REFUSED. */
int conf_error(struct vty *vty, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Node and its prompt, without commands yet. */
void conf_node_install(struct cmd_node *node);

/* ---- for checks */

struct conf *loader_conf(struct loader *loader);
void loader_error(struct loader *loader, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void loader_warning(struct loader *loader, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The block that is being read has lost a line; conf_error() says so by itself. */
void loader_mark_broken(struct loader *loader);
/* Something in the block that begins at this line was refused: what seems to be missing there may
 * be in the refused line. */
bool loader_block_is_broken(const struct loader *loader, unsigned line);
/* A line was refused that may have begun a block: one that others refer to may be missing for that
 * reason. */
bool loader_is_incomplete(const struct loader *loader);
/* The file that is read, for paths relative to it. */
const char *loader_path(const struct loader *loader);
/* definition.c: what is defined so far; NULL: nothing */
struct definitions *loader_definitions(const struct loader *loader);
void loader_set_definitions(struct loader *loader, struct definitions *definitions);

/* ---- for writing */

void conf_put(struct conf_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is being written. */
const struct conf *conf_writer_conf(const struct conf_writer *writer);

/* ---- shared between blocks */

/* help of `translation-profile (incoming|outgoing)` */
#define TRANSLATION_PROFILE_STR "Change the numbers of calls\nThat come in here\nThat go out here\n"

/* supp_service.c: commands of interface serial */
struct conf_isdn;
void conf_supp_service_install(void);
void conf_supp_service_check(struct loader *loader, const struct conf_isdn *interface);
void conf_supp_service_write(const struct conf_isdn *interface, struct conf_writer *writer);

/* The controller of a port like "1:D" if it has a pri-group and the spelling suits it; else NULL
 * and a sentence in why. */
const struct conf_controller *conf_controller_of_port(const struct conf *conf, const char *port,
						      char *why, size_t why_size);

#endif
