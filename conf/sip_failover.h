/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_failover - when a call leaves an address that does not do, and which one it tries next: `retry
 * invite` of tenants and dial peers, `timers hold-down` and `protocol mode` of sip-ua.
 */
#ifndef CONF_SIP_FAILOVER_H
#define CONF_SIP_FAILOVER_H

#include "conf/conf_blocks.h"

void sip_failover_install(void);
/* indent: as of sip_options_write(). */
void sip_failover_write(const struct sip_options *options, const char *indent,
			struct conf_writer *writer);
void sip_failover_write_ua(const struct conf *conf, struct conf_writer *writer);

#endif
