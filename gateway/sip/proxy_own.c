// SPDX-License-Identifier: GPL-2.0-or-later
/* Dialogs of the gateway's own that a call manager has routed, when that is dead. */
#include "gateway/sip/proxy_private.h"

#include "gateway/log/log.h"
#include "gateway/sip/place.h"

static bool leave_out(const struct proxy_request *request, msg_t *msg, struct ua_path *path)
{
	sip_t *sip = sip_object(msg);
	struct proxy_way way;

	if (!proxy_find_past(request, &way))
		return false;
	for (unsigned i = 0; i < way.routes_done && sip->sip_route; i++)
		sip_header_remove(msg, sip, (sip_header_t *)sip->sip_route);
	*path = way.to;
	LOGP(DSIP, LOGL_INFO, "%s %s of our own goes past the dead call manager\n",
	     sip->sip_request->rq_method_name, sip->sip_call_id->i_id);
	return true;
}

void proxy_leave_out_dead(struct ua *ua, msg_t *msg, struct ua_path *path)
{
	struct proxy_request request = {.ua = ua, .sip = sip_object(msg), .manager_sends = true};

	if (ua->phones.manager && request.sip->sip_route)
		leave_out(&request, msg, path);
}

bool proxy_send_past(const struct message_request *in, nta_outgoing_t **out)
{
	msg_t *before = nta_outgoing_getrequest(*out), *msg = before ? msg_dup(before) : NULL;
	struct proxy_request request = {.ua = in->ua, .manager_sends = true};
	struct message_request again = *in;
	nta_outgoing_t *sent;
	struct ua_path path;
	struct target hop;
	bool found = false;

	if (msg && in->ua->phones.manager && sip_object(msg)->sip_route) {
		request.sip = sip_object(msg);
		found =
		    place_target(request.sip->sip_route->r_url, PEER_TRANSPORT_SYSTEM, &hop) == 0;
	}
	if (found) {
		request.failed[0] = (struct proxy_flow){hop.address, hop.transport};
		request.failed_count = 1;
		found = leave_out(&request, msg, &path);
	}
	if (before)
		msg_destroy(before);
	if (!found) {
		msg_destroy(msg);
		return false;
	}
	sip_via_remove(msg, sip_object(msg));
	again.path = &path;
	again.uri = ""; /* the message has one */
	sent = message_send_again(&again, msg);
	if (!sent)
		return false;
	nta_outgoing_destroy(*out);
	*out = sent;
	return true;
}
