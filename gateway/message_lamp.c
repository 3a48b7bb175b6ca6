// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/message_lamp.h"

#include <errno.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/console.h"
#include "gateway/call/call.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/log/log.h"

static struct isdn_line *line_of(const struct gateway *gateway, const struct plan_candidate *c)
{
	unsigned timeslot, span = peer_port_span(c->target, &timeslot);

	if (c->peer->kind != PEER_POTS || !span || span > TDM_SPAN_MAX)
		return NULL;
	return gateway->lines ? gateway->lines->line[span] : NULL;
}

void message_lamp_light(void *arg, const struct number *number, bool on)
{
	const struct gateway *gateway = arg;
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = *number};
	struct plan_route route;

	if (!gateway->office)
		return;
	plan_route(office_plan(gateway->office), &request, NULL, &route);
	for (unsigned i = 0; i < route.count; i++) {
		const struct plan_candidate *candidate = &route.candidates[i];
		struct isdn_line *line = line_of(gateway, candidate);
		int rc = line ? isdn_mwi(isdn_line_isdn(line), &candidate->called, on) : -ENOTSUP;

		if (rc == 0)
			return;
		if (line)
			LOGP(DISDN, LOGL_NOTICE, "message waiting for %s on %s: %s\n",
			     number->digits, candidate->target, strerror(-rc));
	}
}
