// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/proxied.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/leg_sip.h"
#include "gateway/sip/path.h"
#include "gateway/sip/ua.h"

/* ---- what the stack is told */

static bool may_come_back(const struct ua *ua, const sip_t *sip, const struct proxy_flow *source)
{
	return !sip->sip_to->a_tag &&
	       ((sip->sip_route && proxy_is_own(ua, sip->sip_route->r_url)) ||
		proxy_is_from_manager(ua, source));
}

static bool is_ack_of_others(struct ua *ua, const sip_t *sip, const struct proxy_flow *source)
{
	sip_method_t method = sip->sip_request->rq_method;

	return (method == sip_method_ack || method == sip_method_prack) && sip->sip_route &&
	       sip->sip_call_id && proxy_goes_elsewhere(ua, sip, source);
}

/* As it is where nobody goes through us. */
static void tell_nothing_special(struct ua *ua)
{
	if (ua->leaves_ack)
		nta_agent_set_params(ua->agent, NTATAG_UA(1), TAG_END());
	if (ua->leaves_cancel)
		nta_agent_set_params(ua->agent, NTATAG_CANCEL_487(1), TAG_END());
	ua->leaves_ack = ua->leaves_cancel = false;
}

void proxy_prepare(struct ua *ua, const sip_t *sip, const su_sockaddr_t *from)
{
	struct proxy_flow source = {.transport = PEER_TRANSPORT_UDP};
	bool back;

	tell_nothing_special(ua);
	if (!ua->phones.manager || !sip->sip_to || !sip->sip_via ||
	    (from->su_family != AF_INET && from->su_family != AF_INET6))
		return;
	memcpy(&source.address, from, su_sockaddr_size(from));
	if (strcasecmp(sip->sip_via->v_protocol, sip_transport_udp))
		source.transport = PEER_TRANSPORT_TCP;
	back = may_come_back(ua, sip, &source);
	if (back != ua->may_come_back)
		nta_agent_set_params(ua->agent, NTATAG_MERGE_482(!back), TAG_END());
	ua->may_come_back = back;
	ua->leaves_ack = is_ack_of_others(ua, sip, &source);
	if (ua->leaves_ack)
		proxied_stack_begin(ua);
}

/* ---- requests */

/* Those that could not be passed on are answered. */
static int begin(const struct proxy_request *request, const struct proxy_way *way, int rc)
{
	struct proxied *p = proxied_new(request, way);
	bool ack = request->sip->sip_request->rq_method == sip_method_ack;

	rc = p ? proxied_begin(p, rc) : 503;
	if (rc && !ack)
		proxied_refuse(request->ua, request->irq, request->sip, rc);
	return rc;
}

bool proxy_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int *status)
{
	bool ack = sip->sip_request->rq_method == sip_method_ack;
	struct proxy_request request;
	struct proxy_way way;
	int rc;

	tell_nothing_special(ua);
	if (!proxy_read(ua, irq, sip, &request))
		return false;
	rc = proxy_find_way(&request, &way);
	if (rc == 0)
		return false;
	if (rc == 1 || rc == PROXY_LOOKS_UP)
		rc = begin(&request, &way, rc);
	else if (!ack)
		proxied_refuse(ua, irq, sip, rc);
	if (ack)
		nta_incoming_destroy(irq);
	*status = ack ? 0 : rc;
	return true;
}

/* ---- what comes without a request */

/* On a connection the stack has done with an INVITE when its first 2xx is there. */
static int on_stray(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct ua *ua = magic;
	struct proxied *p;

	if (!sip || !sip->sip_via || !sip->sip_via->v_branch ||
	    sip->sip_cseq->cs_method != sip_method_invite || sip->sip_status->st_status < 200 ||
	    sip->sip_status->st_status >= 300)
		return 0;
	llist_for_each_entry (p, &ua->proxied, entry)
		if (proxied_take_stray(p, out, sip))
			break;
	return 0;
}

static void on_managers_gone(void *data)
{
	struct proxied *p, *next;
	struct ua *ua = data;

	/* first those that go to it: what has come back from it may be theirs */
	for (unsigned from_it = 0; from_it < 2 && ua->phones.manager; from_it++)
		llist_for_each_entry_safe (p, next, &ua->proxied, entry)
			if (p->request.manager_sends == from_it)
				proxied_manager_is_gone(p);
	leg_sip_managers_gone(ua);
}

/* From the loop: it may be one of these requests that has brought it to light. */
void ua_manager_is_gone(struct ua *ua)
{
	osmo_timer_schedule(&ua->managers_gone, 0, 0);
}

/* ---- life */

int proxy_start(struct ua *ua)
{
	osmo_timer_setup(&ua->managers_gone, on_managers_gone, ua);
	ua->strays = nta_outgoing_default(ua->agent, on_stray, ua);
	return ua->strays ? 0 : -ENOMEM;
}

void proxy_forget_all(struct ua *ua)
{
	struct proxied *p, *next;

	osmo_timer_del(&ua->managers_gone);
	llist_for_each_entry_safe (p, next, &ua->proxied, entry)
		proxied_free(p);
	if (ua->strays)
		nta_outgoing_destroy(ua->strays);
	ua->strays = NULL;
}
