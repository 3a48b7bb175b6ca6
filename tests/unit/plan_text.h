/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan_text - plans for table tests, a peer as one short line.
 *
 *	"1 pots d=2... port=1:D; 2 voip i=. t=ipv4:10.1.1.1 pref=1 stop"
 *
 * d= destination-pattern, i= incoming called-number, a= answer-address, t= session target, port=,
 * pref=, max=, prefix=, profile= translation-profile outgoing, carrier= carrier-id target, description=;
 * words: stop, shut, nodid, emergency.
 */
#ifndef TESTS_PLAN_TEXT_H
#define TESTS_PLAN_TEXT_H

#include "dialplan/plan.h"

/* Sealed; the caller's. Fails the test if the text is wrong. */
struct plan *plan_from_text(const char *text, const struct plan_options *options);

#endif
