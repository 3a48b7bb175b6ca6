/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_challenge - `authenticate` in `sip-ua`: strangers who may call if they know a password
 * (gateway/sip/challenge.h), and in `voice register global`: telephones that may register. Called by the
 * files of those blocks.
 */
#ifndef CONF_SIP_CHALLENGE_H
#define CONF_SIP_CHALLENGE_H

#include "conf/conf_blocks.h"

void sip_challenge_install(int node);
void sip_challenge_check(struct loader *loader, const struct conf_challenge *challenge);
void sip_challenge_write(const struct conf_challenge *challenge, struct conf_writer *writer);

#endif
