/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * shutdown - how the program ends: RUNS -> DRAINS -> STOPS -> over.
 *
 * Each signal to stop is one shutdown_asked(). The first begins to drain: no new calls, but to
 * emergency numbers, and those that are up may go on for `call service drain`; the second clears
 * them on both sides, which the end of the drain does as well; the third ends the process at once.
 */
#ifndef GATEWAY_SHUTDOWN_H
#define GATEWAY_SHUTDOWN_H

#include <stdbool.h>

struct gateway;

/* Goes on from the loop. Needs office and ua of the gateway until it is over. */
void shutdown_asked(const struct gateway *gateway);
/* Nothing is left to be waited for. */
bool shutdown_is_over(void);

#endif
