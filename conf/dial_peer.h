/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dial_peer - the parts of the block `dial-peer voice`: each of these files installs its commands,
 * checks one peer and writes it back. dial_peer.c has the block itself. Some of them are commands of
 * `voice register pool` as well (voice_register.h).
 */
#ifndef CONF_DIAL_PEER_H
#define CONF_DIAL_PEER_H

#include "conf/conf_blocks.h"

struct peer *dial_peer_of(struct vty *vty);
struct conf_peer *dial_peer_entry_of(struct vty *vty);
/* For pots and voip peers, or for one kind of them. */
void dial_peer_install(struct cmd_element *const *commands, size_t count);
void dial_peer_install_kind(enum peer_kind kind, struct cmd_element *const *commands, size_t count);

void dial_peer_install_node(int node, struct cmd_element *const *commands, size_t count);

/* dial_peer_classes.c: what refers to other blocks */
void dial_peer_classes_install(void);
void dial_peer_classes_install_pool(void); /* in `voice register pool` */
void dial_peer_classes_check(struct loader *loader, const struct conf_peer *p);
void dial_peer_classes_write(const struct peer *p, struct conf_writer *writer);

/* dial_peer_pots.c */
void dial_peer_pots_install(void);
void dial_peer_pots_check(struct loader *loader, const struct conf_peer *p);
void dial_peer_pots_write(const struct conf_peer *p, struct conf_writer *writer);

/* dial_peer_voip.c */
void dial_peer_voip_install(void);
void dial_peer_voip_install_pool(void);
void dial_peer_voip_write_pool(const struct peer *p, struct conf_writer *writer);
/* Before anybody looks at session_target: puts what sip-server and registrar stand for there. */
void dial_peer_voip_resolve(struct loader *loader, struct conf_peer *p);
void dial_peer_voip_check(struct loader *loader, const struct conf_peer *p);
void dial_peer_voip_write(const struct conf_peer *p, struct conf_writer *writer);

#endif
