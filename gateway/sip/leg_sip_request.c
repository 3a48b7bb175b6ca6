// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests inside the dialog of a leg, sorted to who answers them. Each that is here stands in
 * UA_ALLOW. */
#include <strings.h>

#include "gateway/sip/digit_relay.h"
#include "gateway/sip/info.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/refer.h"

int leg_sip_on_request(void *arg, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_sip *l = arg;

	switch (sip->sip_request->rq_method) {
	case sip_method_info:
		return info_receive(l, irq, sip);
	case sip_method_refer:
		return refer_receive(l, irq, sip);
	case sip_method_subscribe:
		return subscription_receive_in_call(l, irq, sip);
	case sip_method_notify:
		return sip->sip_event && sip->sip_event->o_type &&
			       !strcasecmp(sip->sip_event->o_type, "refer")
			   ? refer_notified(l, sip)
			   : digit_relay_notified(l, irq, sip);
	default:
		return 405;
	}
}
