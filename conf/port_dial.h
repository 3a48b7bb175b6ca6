/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * port_dial - what the dial plan sees of a port: its lines below voice-port, and `trunk-group` below
 * interface as well, as IOS has it.
 */
#ifndef CONF_PORT_DIAL_H
#define CONF_PORT_DIAL_H

#include "conf/conf_blocks.h"

void port_dial_install(void); /* both nodes exist */
void port_dial_check(struct loader *loader);
void port_dial_write(const struct plan_port *port, struct conf_writer *writer);
void port_dial_write_group(const char *name, unsigned preference, struct conf_writer *writer);
/* Calls add for each port that has something to say; until it returns an error, which is returned. */
int port_dial_each(const struct conf *conf, int (*add)(void *arg, const struct plan_port *port),
		   void *arg);

#endif
