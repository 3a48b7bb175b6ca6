/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * after_hours - `after-hours` of call-manager-fallback (gateway/survive/after_hours.h), for
 * call_manager_fallback.c, and of pools.
 */
#ifndef CONF_AFTER_HOURS_H
#define CONF_AFTER_HOURS_H

#include "conf/conf_blocks.h"

void after_hours_install(void);
void after_hours_install_pool(void); /* for voice_register_pool.c */
void after_hours_write(const struct after_hours *hours, struct conf_writer *writer);

#endif
