/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * peer_states - what `show dial-peer state` says of the peers and targets of a running gateway, for a
 * plan that is evaluated elsewhere.
 *
 *	dial-peer 100 busied-out calls 0 last-used 0
 *	dial-peer 4 up calls 2 last-used 17
 *	target 1:D up busy 3 channels 30 idle-since 1250 last-used 17
 *	target ipv4:10.1.1.1 down busy 0 channels 0 idle-since 0 last-used 0
 *	target ipv4:10.1.1.2 failing busy 0 channels 0 idle-since 0 last-used 0
 *	trunk-group pstn in 2 out 5
 *	telephone 5001 dial-peer 40001 preference 0 huntstop
 *	fallback
 *
 * One line for each that is not plainly up and idle, never used. States: up, busied-out, port-down.
 * Telephones are those that are registered; fallback: no call manager is there.
 */
#ifndef GATEWAY_ADMIN_PEER_STATES_H
#define GATEWAY_ADMIN_PEER_STATES_H

#include <stdbool.h>

#include "dialplan/plan.h"
#include "dialplan/site_numbers.h"

struct peer_states;

int peer_states_new(struct peer_states **out); /* -ENOMEM */
void peer_states_free(struct peer_states *states);
/* One line. Lines that say nothing of a peer or target are left out. -ENOMEM */
int peer_states_read(struct peer_states *states, const char *line);
/* What telephones are called by besides their own numbers; borrowed. */
void peer_states_use_site(struct peer_states *states, const struct site_numbers *site);
/* false: it is not registered. */
bool peer_states_find_phone(struct peer_states *states, const char *name, struct plan_phone *out);
/* Answers for a plan. */
void peer_states_fill(struct peer_states *states, struct plan_request *request);

/* The other way round: the line of a peer, target or trunk group; false: plainly up and idle, no line. */
bool peer_states_write_peer(const struct peer *peer, const struct plan_peer_status *status,
			    char *text, size_t size);
bool peer_states_write_target(const char *target, const struct plan_target_status *status,
			      char *text, size_t size);
bool peer_states_write_group(const char *name, const struct plan_group_calls *calls, char *text,
			     size_t size);
void peer_states_write_phone(const struct plan_phone *phone, char *text, size_t size);

#endif
