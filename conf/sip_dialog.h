/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_dialog - settings of SIP calls that last: session timers (RFC 4028).
 */
#ifndef CONF_SIP_DIALOG_H
#define CONF_SIP_DIALOG_H

#include "conf/conf_blocks.h"

struct sip_options;

void sip_dialog_install(void);
/* indent as in sip_options_write(). */
void sip_dialog_write(const struct sip_options *options, const char *indent,
		      struct conf_writer *writer);

#endif
