/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * site_numbers - the commands of `call-manager-fallback` about numbers of telephones
 * (dialplan/site_numbers.h); for call_manager_fallback.c alone.
 */
#ifndef CONF_SITE_NUMBERS_H
#define CONF_SITE_NUMBERS_H

#include "conf/conf_blocks.h"

void site_numbers_install(void);
void site_numbers_write(const struct site_numbers *site, struct conf_writer *writer);

#endif
