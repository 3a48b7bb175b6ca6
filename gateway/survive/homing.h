/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * homing - telephones that came here go home when the call manager is back: NOTIFY check-sync, to those
 * whose pool says so (`check-sync`), HOMING_BATCH each second and never all at once. One that is in a
 * call waits until the call has ended. One line of the log for each batch.
 *
 * Of gateways that share the location store each sends its own telephones home, and those of one that
 * has died.
 *
 * What the others do: their next REGISTER gets a short time, or 503 with Retry-After (registrar.h).
 */
#ifndef GATEWAY_SURVIVE_HOMING_H
#define GATEWAY_SURVIVE_HOMING_H

#include "gateway/survive/location.h"
#include "gateway/survive/pool.h"

#define HOMING_BATCH 10
#define HOMING_EVERY_MS 1000

struct drills;
struct homing;
struct office;
struct ua;

/* Borrows these. NULL: no memory. */
struct homing *homing_new(void *ctx, struct ua *ua, struct office *office,
			  struct location *location, const struct drills *drills);
void homing_free(struct homing *homing);
/* Those that are registered now, standby and learnt ones left out, and those of pools in a drill.
 * pool 0: of all pools; one more joins those that are under way. */
void homing_begin(struct homing *homing, const struct pools *pools, unsigned pool);
/* A gateway has died: so do those that it held, if telephones are sent home now. */
void homing_take_over(struct homing *homing, const struct pools *pools, const char *gateway);
/* The call manager is gone again. */
void homing_stop(struct homing *homing);
unsigned homing_left(const struct homing *homing);

#endif
