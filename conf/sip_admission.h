/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_admission - who may send SIP requests, and how many: commands of `voice service voip` and of
 * `sip` in it (gateway/sip/admission.h says what they do).
 */
#ifndef CONF_SIP_ADMISSION_H
#define CONF_SIP_ADMISSION_H

#include "conf/conf_blocks.h"

void sip_admission_defaults(struct conf *conf);
void sip_admission_install(void);
void sip_admission_write_service(const struct conf *conf, struct conf_writer *writer);
void sip_admission_write_sip(const struct conf *conf, struct conf_writer *writer);

#endif
