// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/options_request.h"

#include <errno.h>
#include <stdio.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/message.h"
#include "gateway/sip/path.h"

struct options_request {
	struct ua *ua;
	struct options_handlers handlers;
	void *arg;
	nta_outgoing_t *out; /* under way, or NULL */
	tport_t *flow;	     /* watched, or NULL */
	int watch;
};

/* ---- the connection */

static void forget_flow(struct options_request *r)
{
	if (!r->flow)
		return;
	tport_release(r->flow, r->watch, NULL, NULL, (tp_client_t *)r, 0);
	tport_unref(r->flow);
	r->flow = NULL;
}

static void on_flow_end(tp_stack_t *stack, tp_client_t *client, tport_t *tport, msg_t *msg,
			int error)
{
	struct options_request *r = (struct options_request *)client;

	forget_flow(r);
	r->handlers.closed(r->arg);
}

static void watch_flow(struct options_request *r, tport_t *tport)
{
	if (!r->handlers.closed || !tport || !tport_is_secondary(tport) || tport_is_udp(tport) ||
	    tport == r->flow)
		return;
	forget_flow(r);
	r->watch = tport_pend(tport, NULL, on_flow_end, (tp_client_t *)r);
	if (r->watch > 0)
		r->flow = tport_ref(tport);
}

/* ---- life */

struct options_request *options_new(void *ctx, struct ua *ua,
				    const struct options_handlers *handlers, void *arg)
{
	struct options_request *r = talloc_zero(ctx, struct options_request);

	if (!r)
		return NULL;
	r->ua = ua;
	r->handlers = *handlers;
	r->arg = arg;
	return r;
}

void options_cancel(struct options_request *r)
{
	if (r->out)
		nta_outgoing_destroy(r->out);
	r->out = NULL;
}

void options_free(struct options_request *r)
{
	if (!r)
		return;
	options_cancel(r);
	forget_flow(r);
	talloc_free(r);
}

bool options_is_asking(const struct options_request *r)
{
	return r->out;
}

/* ---- asking */

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct options_request *r = magic;
	unsigned status = nta_outgoing_status(out);
	msg_t *msg = nta_outgoing_getresponse(out);
	bool internal = !sip || !msg || nta_is_internal_msg(msg);
	tport_t *tport;

	if (msg)
		msg_destroy(msg);
	if (status < 200)
		return 0;
	tport = internal ? NULL : nta_outgoing_transport(out); /* a reference of ours */
	watch_flow(r, tport);
	if (tport)
		tport_unref(tport);
	nta_outgoing_destroy(out);
	r->out = NULL;
	r->handlers.answered(r->arg, internal ? 0 : status, internal && status != 408);
	return 0;
}

static nta_outgoing_t *send_options(struct options_request *r, const struct options_to *to,
				    const struct ua_path *path)
{
	char own[TARGET_ADDRESS_MAX], from[TARGET_ADDRESS_MAX + 8];
	char hostport[TARGET_HOST_MAX + 16], uri[sizeof(hostport) + 24], whole[sizeof(uri) + 2];
	struct sockaddr_storage local;
	struct message_request request = {
	    .ua = r->ua,
	    .path = path,
	    .method = sip_method_options,
	    .name = "OPTIONS",
	    .uri = uri,
	    .callback = on_response,
	    .magic = r,
	};
	nta_outgoing_t *out;

	path_local(path, &local);
	target_address_text((const struct sockaddr *)&local, own, sizeof(own));
	snprintf(from, sizeof(from), "<sip:%s>", own);
	target_hostport(to->target, hostport, sizeof(hostport));
	snprintf(uri, sizeof(uri), "sip:%s%s", hostport, path_transport_param(to->transport));
	snprintf(whole, sizeof(whole), "<%s>", uri);
	request.leg = nta_leg_tcreate(path->socket->agent, NULL, NULL, SIPTAG_FROM_STR(from),
				      SIPTAG_TO_STR(whole), TAG_END());
	if (!request.leg)
		return NULL;
	nta_leg_tag(request.leg, NULL);
	out = message_send(&request, SIPTAG_ACCEPT_STR(UA_ACCEPT), TAG_END());
	nta_leg_destroy(request.leg);
	return out;
}

int options_ask(struct options_request *r, const struct options_to *to)
{
	struct path_far far = {to->address, to->transport, to->options, to->target->host};
	struct ua_path path;

	options_cancel(r);
	if (!path_find(r->ua, &far, &path))
		r->out = send_options(r, to, &path);
	return r->out ? 0 : -EHOSTUNREACH;
}
