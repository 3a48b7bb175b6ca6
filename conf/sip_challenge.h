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
void sip_challenge_check(struct loader *loader, struct conf_challenge *challenge);
/* The algorithms that are not asked for, as `lacking` of struct callers: those that the users have no hash
 * of, and those that `authenticate algorithm` leaves out; unsaid: what holds if it is not there. */
unsigned sip_challenge_lacking(struct loader *loader, const struct conf_challenge *challenge,
			       unsigned users_lack, enum conf_algorithm unsaid);
void sip_challenge_write(const struct conf_challenge *challenge, struct conf_writer *writer);

#endif
