/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digits - a number as patterns see it, and what a pots peer sends of it (dial-peer rule 7).
 *
 * Text here is the number with its + if it is international; that is also how the + reaches SIP.
 * What is left of an international number once digits are gone or others stand in front of it is no
 * longer known to be international.
 */
#ifndef DIALPLAN_DIGITS_H
#define DIALPLAN_DIGITS_H

#include "dialplan/number.h"
#include "dialplan/pattern.h"
#include "dialplan/peer.h"

#define DIGITS_TEXT_SIZE (NUMBER_DIGITS_MAX + 2)

/* How patterns see a number: with_plus as in SIP, else the bare digits of ISDN. */
void digits_text(const struct number *n, bool with_plus, char text[DIGITS_TEXT_SIZE]);

struct digits_cut { /* what digit-strip and forward-digits go by */
	const struct peer *peer;
	const struct pattern *pattern; /* that the number fitted, or NULL */
	const char *matched;	       /* the text that fitted it */
	bool with_plus;
	bool no_strip; /* digit-strip does not apply */
};

/* forward-digits, else digit-strip. Returns whether anything was cut off. */
bool digits_cut(const struct digits_cut *cut, struct number *number);
/* port: where the call goes; a message of an ISDN port knows no pauses. Returns whether there is a
 * prefix, or -EMSGSIZE: longer than a number can be. */
int digits_put_prefix(const struct peer *peer, const char *port, struct number *number);

#endif
