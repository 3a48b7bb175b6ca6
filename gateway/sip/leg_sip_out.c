// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SIP leg that calls: from a session target to addresses, and an INVITE to one after another. A
 * target `enum:N` is first a question to the DNS, and then several targets: one URI after another.
 */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/digit_relay.h"
#include "gateway/sip/place.h"
#include "gateway/sip/registration.h"

#define CAUSE_NO_ROUTE_TO_DESTINATION 3
#define CAUSE_SUBSCRIBER_ABSENT 20
#define CAUSE_NETWORK_OUT_OF_ORDER 38
#define CAUSE_TEMPORARY_FAILURE 41
#define CAUSE_RESOURCE_UNAVAILABLE 47
/* On both of these the call hunts on (rule 4.8). */
#define CAUSE_ENUM_FAILS CAUSE_NETWORK_OUT_OF_ORDER /* time limit, trouble of the name servers */
#define CAUSE_ENUM_NOTHING_FOUND CAUSE_TEMPORARY_FAILURE

/* Whom the addresses are of. */
static const struct target *next_hop(const struct leg_sip *l)
{
	return l->out.hop.host[0] ? &l->out.hop : &l->out.target;
}

int leg_sip_try_next_address(struct leg_sip *l)
{
	char text[OFFER_TEXT_MAX], hostport[TARGET_HOST_MAX + 16];
	bool at_source = l->out.phone == LEG_SIP_PHONE_AT_SOURCE;
	struct dialog_call call = {
	    .options = l->options,
	    .tenant = l->tenant,
	    .uri = l->out.uri,
	    .setup = &l->out.setup,
	    .hostport = hostport,
	    .host = at_source ? "" : next_hop(l)->host,
	    .stays = at_source,
	    .sdp = text,
	    .lines = digit_relay_lines(l),
	    .route = l->out.route ? l->out.route : l->out.service_route,
	};
	int which, rc = 0;

	target_hostport(&l->out.target, hostport, sizeof(hostport));
	memset(&l->identity.heard, 0, sizeof(l->identity.heard));
	while ((which = leg_sip_next_address(l)) >= 0) {
		l->out.tried |= 1u << which;
		l->out.current = (unsigned)which;
		call.transport = l->out.places[which].transport;
		call.remote = l->out.places[which].address;
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
			leg_sip_wait_for_response(l);
			return 0;
		}
		LOGP(DSIP, LOGL_NOTICE, "%s: cannot be called: %s\n", hostport, strerror(-rc));
	}
	if (which == -EAGAIN && !rc)
		LOGP(DSIP, LOGL_NOTICE, "%s: is not called: its Retry-After is not over\n",
		     hostport);
	return rc ? rc : which;
}

struct cause leg_sip_local_cause(unsigned q850)
{
	return cause_q850(q850, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
}

static void report_failure(struct leg_sip *l, unsigned q850)
{
	l->failure = leg_sip_local_cause(q850);
	call_event(&l->leg, CALL_EV_RELEASED, &l->failure);
}

/* ---- the addresses of a host */

/* Room for those that there are, at most RESOLVE_ADDRESSES_MAX. */
static int make_places(struct leg_sip *l, unsigned count)
{
	struct leg_sip_place *places =
	    talloc_realloc(l, l->out.places, struct leg_sip_place, count);

	if (!places)
		return -ENOMEM;
	l->out.places = places;
	l->out.places_count = count;
	l->out.tried = 0;
	return 0;
}

static int call_answer(struct leg_sip *l, const struct resolve_answer *answer)
{
	int error = make_places(l, answer->count);

	if (error)
		return error;
	for (unsigned i = 0; i < answer->count; i++) {
		l->out.places[i].address = answer->addresses[i];
		l->out.places[i].transport = answer->transports[i];
	}
	l->state = LEG_SIP_CALLING;
	return leg_sip_try_next_address(l);
}

static void resolved(void *arg, int error, const struct resolve_answer *answer)
{
	struct leg_sip *l = arg;
	unsigned q850 = CAUSE_NETWORK_OUT_OF_ORDER;

	struct resolve_answer kept;

	l->out.resolve = NULL;
	if (!error && l->out.neighbours_only) {
		kept = *answer;
		error = place_keep_neighbours(l->ua, &kept);
		answer = &kept;
	}
	if (error) {
		LOGP(DSIP, LOGL_NOTICE, "%s: no address: %s\n", next_hop(l)->host,
		     resolve_error(error));
		if (error == -ENOENT && !l->out.found)
			q850 = CAUSE_NO_ROUTE_TO_DESTINATION;
	} else {
		error = call_answer(l, answer);
		if (!error)
			return;
		if (error == -EAGAIN)
			q850 = CAUSE_TEMPORARY_FAILURE;
	}
	if (leg_sip_try_next_uri(l) && leg_sip_try_next_registrar(l) &&
	    !leg_sip_try_next_contact(l))
		report_failure(l, q850);
}

/* A call to the registrar of its line goes the way that this one has named. */
static void find_service_route(struct leg_sip *l)
{
	char caller[IDENTITY_USER_MAX];
	const char *route;

	memset(&l->out.hop, 0, sizeof(l->out.hop));
	identity_user(&l->out.setup.calling.number, caller);
	route = registration_service_route(
	    l->ua, &(struct registration_call){l->tenant, caller, &l->out.target}, &l->out.hop);
	l->out.service_route = route ? talloc_strdup(l, route) : NULL;
}

int leg_sip_start(struct leg_sip *l)
{
	const struct target *hop;
	int rc;

	find_service_route(l);
	hop = next_hop(l);
	if (hop->address.ss_family == AF_UNSPEC) {
		l->state = LEG_SIP_RESOLVING;
		return resolve_start(l->ua->resolver, hop, resolved, l, &l->out.resolve);
	}
	rc = make_places(l, 1);
	if (rc)
		return rc;
	l->out.places[0].address = hop->address;
	l->out.places[0].transport = hop->transport;
	l->state = LEG_SIP_CALLING;
	return leg_sip_try_next_address(l);
}

/* ---- the URIs of a number */

int leg_sip_try_next_uri(struct leg_sip *l)
{
	while (l->out.found && l->out.found_next < l->out.found->count) {
		const struct enum_uri *uri = &l->out.found->uris[l->out.found_next++];
		enum peer_transport transport = uri->transport;

		if (transport == PEER_TRANSPORT_SYSTEM)
			transport = l->out.transport;
		if (target_from_host(uri->host, uri->port, transport, &l->out.target))
			continue;
		LOGP(DSIP, LOGL_INFO, "calling %s\n", uri->text);
		l->out.uri = uri->text;
		if (!leg_sip_start(l))
			return 0;
	}
	return -EHOSTUNREACH;
}

static void enum_done(void *arg, int error, const struct enum_answer *answer)
{
	struct leg_sip *l = arg;

	l->out.enum_query = NULL;
	if (!error)
		l->out.found = talloc_memdup(l, answer, sizeof(*answer));
	if (error || leg_sip_try_next_uri(l))
		report_failure(l, error == -ENOENT ? CAUSE_ENUM_NOTHING_FOUND : CAUSE_ENUM_FAILS);
}

static int ask_enum(struct leg_sip *l, const struct enum_table *table)
{
	struct enum_asker asker = {.done = enum_done, .arg = l};
	char called[NUMBER_DIGITS_MAX + 2];

	number_to_e164(&l->out.setup.called, called);
	return enum_query_start(l->ua->enum_queries, table, called, &asker, &l->out.enum_query);
}

void leg_sip_stop_looking(struct leg_sip *l)
{
	if (l->out.enum_query)
		enum_query_cancel(l->out.enum_query);
	l->out.enum_query = NULL;
	if (l->out.resolve)
		resolve_cancel(l->out.resolve);
	l->out.resolve = NULL;
	osmo_timer_del(&l->out.patience);
	osmo_timer_del(&l->expires);
}

/* ---- the leg */

static int parse_target(const struct leg_request *request, enum peer_transport transport,
			struct target *out)
{
	char text[TARGET_TEXT_MAX + 1];
	int rc;

	if (request->enum_table || request->phone)
		return 0;
	rc = target_expand(request->target, request->peer->destination_pattern,
			   request->setup.called.digits, text);
	return rc < 0 ? rc : target_parse(text, transport, out);
}

static unsigned cause_of_error(int error, bool of_phone)
{
	if (error == -ENOENT || (of_phone && (error == -EHOSTUNREACH || error == -EINVAL)))
		return CAUSE_SUBSCRIBER_ABSENT;
	if (error == -ENETUNREACH || error == -EHOSTUNREACH)
		return CAUSE_NETWORK_OUT_OF_ORDER;
	return error == -EAGAIN ? CAUSE_TEMPORARY_FAILURE : CAUSE_RESOURCE_UNAVAILABLE;
}

struct leg *leg_sip_make(void *arg, struct call *call, const struct leg_request *request,
			 struct cause *why)
{
	struct ua *ua = arg;
	enum peer_transport transport = request->peer->transport;
	struct sip_options options;
	struct target target = {0};
	struct leg_sip *l;
	int rc;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = ua->config.transport;
	ua_options(ua, request->peer, &options);
	if (transport == PEER_TRANSPORT_SYSTEM && options.url == SIP_URL_SIPS)
		transport = PEER_TRANSPORT_TLS;
	if (parse_target(request, transport, &target)) {
		LOGP(DSIP, LOGL_ERROR, "dial-peer %u: session target %s is not understood\n",
		     request->peer->tag, request->target);
		*why = leg_sip_local_cause(CAUSE_NO_ROUTE_TO_DESTINATION);
		return NULL;
	}
	l = leg_sip_alloc(ua, request->peer,
			  bearer_is_data(request->setup.bearer) ? PEER_CODEC_CLEAR
								: request->prefer);
	if (!l) {
		*why = leg_sip_local_cause(CAUSE_RESOURCE_UNAVAILABLE);
		return NULL;
	}
	l->leg.call = call;
	l->out.target = target;
	l->out.transport = transport;
	if (!request->enum_table && !request->phone && !target_has_macros(request->target))
		l->out.target_text = request->target;
	l->out.setup = request->setup;
	l->identity.ours = request->setup.calling;
	rc = request->phone ? leg_sip_find_phone(l, request) : 0;
	if (!rc)
		rc = request->enum_table ? ask_enum(l, request->enum_table)
		     : request->peer->to_registrar && !request->phone ? leg_sip_try_registrar(l)
								      : leg_sip_start(l);
	if (rc < 0) {
		leg_sip_free(l);
		*why = leg_sip_local_cause(cause_of_error(rc, request->phone != NULL));
		return NULL;
	}
	leg_sip_expires_out(l);
	return &l->leg;
}
