/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stir_shaken - `stir-shaken N`, where the settings of SIP stand.
 */
#ifndef CONF_STIR_SHAKEN_H
#define CONF_STIR_SHAKEN_H

#include "conf/conf_blocks.h"

void stir_shaken_write_use(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer);
/* where: "dial-peer voice 200". */
void stir_shaken_check_use(struct loader *loader, unsigned line, const char *where,
			   const struct sip_options *options);

#endif
