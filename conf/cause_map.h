/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cause_map - what `sip-ua`, dial peers and trunk groups say of causes and SIP statuses; see
 * gateway/call/cause_table.h. The same commands in all of them.
 */
#ifndef CONF_CAUSE_MAP_H
#define CONF_CAUSE_MAP_H

#include "conf/conf_blocks.h"

void cause_map_install(int node);
/* table: number of what is said there. */
void cause_map_write(const struct conf *conf, unsigned table, struct conf_writer *writer);

#endif
