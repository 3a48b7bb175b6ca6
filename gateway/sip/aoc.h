/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * aoc - advice of charge of the PSTN to a SIP far end that is to have it (`aoc`): INFO with
 * application/vnd.etsi.aoc+xml (TS 24.647), each time as the line says it. The last word (AOC-E) is told
 * when the call is released (4.4 there): by INFO, and once more in our BYE, where some look for it. What the
 * line says behind the far end's BYE comes too late. Nothing is sent before the answer.
 */
#ifndef GATEWAY_SIP_AOC_H
#define GATEWAY_SIP_AOC_H

#include "gateway/call/leg.h"

#define AOC_TEXT_MAX 1024

/* The leg's order. */
void aoc_send(struct leg *leg, const struct leg_charge *charge);
/* The length, or 0: there is nothing to say. */
size_t aoc_write(const struct leg_charge *charge, char *text, size_t size);

#endif
