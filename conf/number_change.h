/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * number_change - how numbers change at a port, a trunk group or a peer: its lines
 * `translation-profile (incoming|outgoing) NAME` and `number-plan (called|calling) FORMAT`.
 *
 * number_change_install() when the node has its commands; its vty->index is the object. Peers have
 * their profiles among the references of dial_peer_classes.c, and number_change_install_formats() alone.
 */
#ifndef CONF_NUMBER_CHANGE_H
#define CONF_NUMBER_CHANGE_H

#include "conf/conf_blocks.h"

void number_change_install(enum conf_node node);	 /* voice-port, trunk group */
void number_change_install_formats(enum conf_node node); /* dial-peer voice */

/* Each profile that is named must be there. where: "trunk group 1". */
void number_change_check_profiles(struct loader *loader, unsigned line, const char *where,
				  const char *incoming, const char *outgoing);

void number_change_write_profiles(const char *incoming, const char *outgoing,
				  struct conf_writer *writer);
void number_change_write_formats(enum number_format called, enum number_format calling,
				 struct conf_writer *writer);

#endif
