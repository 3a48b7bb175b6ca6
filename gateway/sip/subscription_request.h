/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * subscription_request - what a SUBSCRIBE asks for, and whether it may: its event package, what it is
 * about, for how long. Used by subscription.c alone.
 */
#ifndef GATEWAY_SIP_SUBSCRIPTION_REQUEST_H
#define GATEWAY_SIP_SUBSCRIPTION_REQUEST_H

#include "gateway/sip/subscription.h"

#define SUBSCRIPTION_EVENTS_MAX 128

struct subscription_request {
	bool known; /* set by the caller: who asks is, see watcher.h */
	bool
	    again; /* ... and it is a refresh: `about` is set as well, Request-URI is our Contact */
	const struct event_package *package;
	unsigned long expires_s; /* no more than the package allows; 0: it ends */
	char event[128];	 /* value of Event: "dialog;id=7" */
	struct subscription_about about;
};

/* leg: in whose dialog it came, or NULL. 200, or the status to refuse with: then package may be NULL. */
int subscription_read(const struct ua *ua, const struct sip_s *sip, const struct leg_sip *leg,
		      struct subscription_request *out);
/* Value of Allow-Events. */
void subscription_events(const struct ua *ua, char text[SUBSCRIPTION_EVENTS_MAX]);

#endif
