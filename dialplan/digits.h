/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digits - a number as patterns see it, and what a peer sends of it (dial-peer rule 7).
 *
 * Text here is the number with its + if it is international; that is also how the + reaches SIP.
 */
#ifndef DIALPLAN_DIGITS_H
#define DIALPLAN_DIGITS_H

#include "dialplan/number.h"
#include "dialplan/pattern.h"
#include "dialplan/peer.h"

#define DIGITS_TEXT_SIZE (NUMBER_DIGITS_MAX + 2)

/* How patterns see a number: with_plus as in SIP, else the bare digits of ISDN. */
void digits_text(const struct number *n, bool with_plus, char text[DIGITS_TEXT_SIZE]);

/* What peer sends for number, whose text its pattern fits: digit-strip or forward-digits, then
 * prefix on pots peers; everything on voip peers. -EMSGSIZE: longer than a number can be. */
int digits_to_send(const struct peer *peer, const struct pattern *pattern,
		   const struct number *number, const char *text, struct number *out);

#endif
