/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * busyout - `busyout` of a voice-port: when it takes no calls.
 */
#ifndef CONF_BUSYOUT_H
#define CONF_BUSYOUT_H

#include "conf/conf_blocks.h"

void busyout_install(void);
void busyout_check(struct loader *loader, const struct conf_voice_port *port);
void busyout_write(const struct conf_busyout *busyout, struct conf_writer *writer);

#endif
