/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * learnt - bindings that the call manager has granted to telephones behind the gateway: at the moment
 * when it is gone each of them is known, and can be called, without having done anything.
 *
 * They last as long as the call manager has granted. A telephone that registers here later, in
 * fallback, takes its own place (LOCATION_REGISTERED), and the call manager's 200 takes it back.
 */
#ifndef GATEWAY_SURVIVE_LEARNT_H
#define GATEWAY_SURVIVE_LEARNT_H

#include "gateway/survive/location.h"

/* As `learn` of phone_book.h has it. What cannot be stored is logged. */
void learnt_store(struct location *location, const struct phone_register *granted);

#endif
