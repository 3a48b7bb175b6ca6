// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/call_service.h"

#include <stdio.h>

#include "gateway/log/log.h"
#include "gateway/sip/ua_private.h"

void call_service_register(struct ua *ua, const struct tenant *tenants, unsigned count)
{
	bool registered = !ua->service.stop || ua->service.maintain_registration;

	registrations_change(ua->registrations, tenants, registered ? count : 0);
}

void call_service_set(struct ua *ua, const struct call_service_order *order)
{
	unsigned cleared = 0;
	char text[64];

	ua->service = *order;
	office_stop(ua->office, PEER_VOIP, order->stop);
	call_service_register(ua, ua->config.tenants, ua->config.tenants_count);
	if (order->stop && order->forced)
		cleared = office_clear_kind(ua->office, PEER_VOIP);
	call_service_describe(ua, text, sizeof(text));
	LOGP(DSIP, LOGL_NOTICE, "SIP call service is %s%s\n", text,
	     cleared ? " after all others were ended" : "");
}

void call_service_describe(const struct ua *ua, char *text, size_t size)
{
	unsigned calls = office_calls_of_kind(ua->office, PEER_VOIP);

	if (!office_is_stopped(ua->office, PEER_VOIP))
		snprintf(text, size, "up");
	else if (calls)
		snprintf(text, size, "stopping, %u call%s left", calls, calls == 1 ? "" : "s");
	else
		snprintf(text, size, "stopped");
}
