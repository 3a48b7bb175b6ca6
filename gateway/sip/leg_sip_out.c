// SPDX-License-Identifier: GPL-2.0-or-later
/* A SIP leg that calls: from a dial peer's session target to addresses, and an INVITE to one after
 * another. */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/log/log.h"

int leg_sip_try_next_address(struct leg_sip *l)
{
	char text[OFFER_TEXT_MAX], hostport[TARGET_HOST_MAX + 16];
	struct dialog_call call = {
	    .transport = l->out.target.transport,
	    .called = &l->out.called,
	    .calling = &l->out.calling,
	    .hostport = hostport,
	    .sdp = text,
	};
	int rc = -EHOSTUNREACH;

	target_hostport(&l->out.target, hostport, sizeof(hostport));
	while (l->out.next < l->out.addresses.count) {
		call.remote = l->out.addresses.addresses[l->out.next++];
		l->session.signalling = call.remote;
		rc = session_open(&l->session, &call.remote);
		if (rc >= 0)
			rc = session_write_offer(&l->session, text, sizeof(text));
		if (rc >= 0)
			rc = dialog_call(l->ua, &call, &leg_sip_handlers, l, &l->dialog);
		if (!rc) {
			l->dialogs++;
			leg_sip_media_changed(l);
			call_set_name(l->leg.call, dialog_name(l->dialog));
			return 0;
		}
		LOGP(DSIP, LOGL_NOTICE, "%s: cannot be called: %s\n", hostport, strerror(-rc));
	}
	return rc;
}

struct cause leg_sip_local_cause(unsigned q850)
{
	return cause_q850(q850, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
}

static void resolved(void *arg, int error, const struct resolve_answer *answer)
{
	struct leg_sip *l = arg;

	l->out.resolve = NULL;
	if (error) {
		LOGP(DSIP, LOGL_NOTICE, "%s: no address: %s\n", l->out.target.host,
		     resolve_error(error));
		l->failure = leg_sip_local_cause(error == -ENOENT ? 3 : 38);
	} else {
		l->out.addresses = *answer;
		l->state = LEG_SIP_CALLING;
		if (!leg_sip_try_next_address(l))
			return;
		l->failure = leg_sip_local_cause(38);
	}
	call_event(&l->leg, CALL_EV_RELEASED, &l->failure);
}

static int start(struct leg_sip *l)
{
	if (l->out.target.address.ss_family == AF_UNSPEC)
		return resolve_start(l->ua->resolver, &l->out.target, resolved, l, &l->out.resolve);
	l->out.addresses.addresses[0] = l->out.target.address;
	l->out.addresses.count = 1;
	l->state = LEG_SIP_CALLING;
	return leg_sip_try_next_address(l);
}

struct leg *leg_sip_make(void *arg, struct call *call, const struct leg_request *request,
			 struct cause *why)
{
	struct ua *ua = arg;
	enum peer_transport transport = request->peer->transport;
	struct target target;
	struct leg_sip *l;
	int rc;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = ua->config.transport;
	if (target_parse(request->target, transport, &target)) {
		LOGP(DSIP, LOGL_ERROR, "dial-peer %u: session target %s is not understood\n",
		     request->peer->tag, request->target);
		*why = leg_sip_local_cause(3);
		return NULL;
	}
	l = leg_sip_alloc(ua, request->peer,
			  bearer_is_data(request->setup.bearer) ? PEER_CODEC_CLEAR
								: request->prefer);
	if (!l) {
		*why = leg_sip_local_cause(47);
		return NULL;
	}
	l->leg.call = call;
	l->out.target = target;
	l->out.called = request->setup.called;
	l->out.calling = request->setup.calling;
	rc = start(l);
	if (rc < 0) {
		leg_sip_free(l);
		*why = leg_sip_local_cause(rc == -ENETUNREACH || rc == -EHOSTUNREACH ? 38 : 47);
		return NULL;
	}
	return &l->leg;
}
