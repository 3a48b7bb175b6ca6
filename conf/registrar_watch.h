/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registrar_watch - `keepalive registrar` and `hold-down registrar` in `sip-ua`: are the registrars
 * there (gateway/sip/registrar_watch.h)? Called by sip_ua.c.
 */
#ifndef CONF_REGISTRAR_WATCH_H
#define CONF_REGISTRAR_WATCH_H

#include "conf/conf_blocks.h"

void registrar_watch_install(void);
void registrar_watch_write(const struct conf *conf, struct conf_writer *writer);

#endif
