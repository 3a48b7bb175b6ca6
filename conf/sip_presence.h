/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_presence - `presence enable` in `sip-ua`: who may watch lines (gateway/sip/watcher.h). Called by
 * the file of that block; `presence` is a block of its own.
 */
#ifndef CONF_SIP_PRESENCE_H
#define CONF_SIP_PRESENCE_H

#include "conf/conf_blocks.h"

void sip_presence_install(void);
void sip_presence_write(const struct conf *conf, struct conf_writer *writer);

#endif
