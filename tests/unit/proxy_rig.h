/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * proxy_rig - sip_rig with two telephones that go through the gateway, and two call managers that the
 * test plays; who they are, the phone book here says.
 */
#ifndef TESTS_UNIT_PROXY_RIG_H
#define TESTS_UNIT_PROXY_RIG_H

#include "gateway/sip/phone_book.h"
#include "tests/unit/sip_asked.h"

#define AGAIN_MS 120 /* in which a message would have come that must not */

extern struct phone alice, bob, manager, second;

extern struct proxy_book { /* what the phone book says, and what it was told */
	bool fallback, gone, emergency_stays, strangers, tcp;
	bool two; /* `second` is a call manager, too */
	unsigned learnt;
	struct phone_register last;
	char name[PHONE_NAME_MAX + 1], uri[PHONE_URI_MAX + 1];
} book;

extern const struct asked registering; /* 2001's REGISTER */
extern const struct asked calling;     /* INVITE of 2001 to 2002 */

struct trust *proxy_rig_trust(void); /* empty at first */
/* Route set of first: gateway with its flow, manager on both its transports, gateway with last's. */
const char *proxy_rig_routes(const struct phone *first, const struct phone *last);
int proxy_rig_start(void **state);
int proxy_rig_stop(void **state);

#endif
