/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * definition - blocks that other blocks refer to by name or number: trunk groups, translation
 * rules, classes and the like. Each is configured once; who refers to one may stand before it.
 *
 * definition_install() gives a kind of block its commands, definition_begin() starts one of them in
 * the file. When all is read, checks ask definition_check() for what they refer to.
 */
#ifndef CONF_DEFINITION_H
#define CONF_DEFINITION_H

#include "conf/conf_blocks.h"

enum definition_kind {
	DEFINITION_TRANSLATION_RULES,
	DEFINITION_TRANSLATION_PROFILE,
	DEFINITION_PATTERN_MAP,
	DEFINITION_PEER_GROUP,
	DEFINITION_SERVER_GROUP,
	DEFINITION_URI_CLASS,
	DEFINITION_PROVISION_POLICY,
	DEFINITION_COR_LIST,
	DEFINITION_TRUNK_GROUP,
	DEFINITION_SOURCE_GROUP,
	DEFINITION_ENUM_TABLE,
	DEFINITION_TENANT,
	DEFINITION_STIR,
	DEFINITION_TLS_PROFILE,
	DEFINITION_KEEPALIVE,
	DEFINITION_POOL,
	DEFINITION_HUNT_GROUP,
	DEFINITION_BLOCKS, /* those behind it have no block of their own */
	DEFINITION_PEER = DEFINITION_BLOCKS,
	DEFINITION_NUM_EXP,
	DEFINITION_SOURCE_ADDRESS,
	DEFINITION_KINDS
};

/* Node of the kind with these commands, and with description. */
void definition_install(enum definition_kind kind, struct cmd_element *const *commands,
			size_t count);
/* The command that begins a block: enters its node with head as vty->index. name, one word of at
 * most CLASS_NAME_MAX characters, is written to out; definition_begin_number() wants a number.
 * CONF_REFUSED: the name is no good or taken, the object is in no list then. head is talloc'ed below
 * conf_of(vty). */
int definition_begin(struct vty *vty, enum definition_kind kind, struct conf_head *head,
		     const char *name, char out[CLASS_NAME_MAX + 1]);
int definition_begin_number(struct vty *vty, enum definition_kind kind, struct conf_head *head,
			    const char *number, unsigned *out);
/* Without a block: takes the name for the line that is read; or an error, and true: it is taken. */
bool definition_is_taken(struct vty *vty, enum definition_kind kind, const char *name);
void definition_drop(struct loader *loader, enum definition_kind kind, const char *name);

/* An error at line if name is not empty (number not 0) and nobody has it. where: "trunk group a:
 * translation-profile incoming". A line that was refused may have been it: no error then. */
void definition_check(struct loader *loader, unsigned line, enum definition_kind kind,
		      const char *name, const char *where);
void definition_check_number(struct loader *loader, unsigned line, enum definition_kind kind,
			     unsigned number, const char *where);

void definition_write_description(const struct conf_head *head, struct conf_writer *writer);

#endif
