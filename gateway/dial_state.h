/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dial_state - what the dial plan asks about its peers and targets: is the port up, how many of its
 * channels are in use; does the SIP server answer OPTIONS, did the last calls to it fail.
 *
 * Both functions are callbacks of struct office_config; their argument is the struct gateway, whose
 * configuration and lines they look at anew each time.
 */
#ifndef GATEWAY_DIAL_STATE_H
#define GATEWAY_DIAL_STATE_H

#include "dialplan/plan.h"

/* Of the peer's own port: those of its trunk groups are targets. */
enum plan_peer_state dial_state_of_peer(void *gateway, const struct peer *peer);
struct plan_target_status dial_state_of_target(void *gateway, const char *target);

#endif
