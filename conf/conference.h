/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conference - the commands of `call-manager-fallback` about conferences (gateway/call/conference.h);
 * for call_manager_fallback.c alone.
 */
#ifndef CONF_CONFERENCE_H
#define CONF_CONFERENCE_H

#include "conf/conf_blocks.h"

void conference_install(void);
void conference_write(const struct plan_conference *conference, struct conf_writer *writer);

#endif
