/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * interface_link - the commands of an `interface` block that concern layer 2, timers and channels:
 * isdn timer, n200, k, layer2, restart, service; of a basic rate static-tei, point-to-point-setup,
 * answer1 ... answer8.
 */
#ifndef CONF_INTERFACE_LINK_H
#define CONF_INTERFACE_LINK_H

#include "conf/conf_blocks.h"

void interface_link_setup(void); /* into CONF_INTERFACE_NODE */
void interface_link_check(struct loader *loader, const struct conf_isdn *i,
			  const struct conf_controller *c);
void interface_link_write(const struct conf_isdn *i, struct conf_writer *writer);

#endif
