/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_challenge - `authenticate` in `sip-ua`: strangers who may call if they know a password
 * (gateway/sip/challenge.h). Called by the file of that block.
 */
#ifndef CONF_SIP_CHALLENGE_H
#define CONF_SIP_CHALLENGE_H

#include "conf/conf_blocks.h"

void sip_challenge_install(void);
void sip_challenge_check(struct loader *loader);
void sip_challenge_write(const struct conf *conf, struct conf_writer *writer);

#endif
