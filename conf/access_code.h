/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * access_code - `access-code` in call-manager-fallback: by it telephones reach the trunks of one type
 * while no call manager is there. Called by call_manager_fallback.c and make_plan.c.
 *
 * Each port of the type gets a dial peer with destination-pattern CODE and then T, which is used in
 * fallback alone (struct peer, in_fallback); its tag is ACCESS_CODE_PEER_TAG + the controller's number.
 */
#ifndef CONF_ACCESS_CODE_H
#define CONF_ACCESS_CODE_H

#include "conf/conf_blocks.h"

#define ACCESS_CODE_PEER_TAG 300000u

void access_code_install(void);
void access_code_check(struct loader *loader);
void access_code_write(const struct conf *conf, struct conf_writer *writer);
/* The n-th of the peers; false: there are no more. */
bool access_code_peer(const struct conf *conf, unsigned n, struct peer *out);

#endif
