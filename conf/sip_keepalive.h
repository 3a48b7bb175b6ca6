/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_keepalive - `options-keepalive`, among the other SIP settings (sip_options.h).
 */
#ifndef CONF_SIP_KEEPALIVE_H
#define CONF_SIP_KEEPALIVE_H

#include "conf/conf_blocks.h"

void sip_keepalive_install(void);
/* indent: as of sip_options_write(). */
void sip_keepalive_write(const struct sip_options *options, const char *indent,
			 struct conf_writer *writer);

#endif
