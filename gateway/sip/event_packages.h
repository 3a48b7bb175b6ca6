/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * event_packages - what can be subscribed to here; each has a file of its own.
 */
#ifndef GATEWAY_SIP_EVENT_PACKAGES_H
#define GATEWAY_SIP_EVENT_PACKAGES_H

#include "gateway/sip/subscription.h"

extern const struct event_package event_dialog;	  /* RFC 4235: calls of a number, or one call */
extern const struct event_package event_presence; /* RFC 3856: is a number in a call? */
extern const struct event_package event_message_summary; /* RFC 3842: messages in a mailbox */
extern const struct event_package event_kpml;		 /* RFC 4730: digits of a call that fit */
extern const struct event_package event_telephone_event; /* each digit of a call */

#endif
