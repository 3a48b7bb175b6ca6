// SPDX-License-Identifier: GPL-2.0-or-later
/* Which requests are passed on, and where to. */
#include "gateway/sip/proxy_private.h"

#include <errno.h>
#include <string.h>

#include "gateway/log/log.h"
#include "gateway/sip/path.h"
#include "gateway/sip/place.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/trust.h"

/* ---- whose is it? */

bool proxy_is_own(const struct ua *ua, const url_t *url)
{
	struct sockaddr_storage address, external;
	struct ua_path path = {0};
	struct sip_options all;

	if (place_is_ours(ua, url->url_host, url->url_port))
		return true;
	ua_options(ua, NULL, &all);
	path_apply(ua, &all, &path);
	if (path.external.ss_family == AF_UNSPEC || !url->url_host ||
	    target_address_parse(url->url_host, 0, &address))
		return false;
	external = path.external;
	target_address_set_port(&external, 0);
	return target_address_equal((const struct sockaddr *)&address,
				    (const struct sockaddr *)&external);
}

static enum phone_manager manager_at(const struct ua *ua, const struct proxy_flow *hop)
{
	return ua->phones.manager(ua->phones.arg, &hop->address, hop->transport, false);
}

bool proxy_is_from_manager(const struct ua *ua, const struct proxy_flow *source)
{
	return ua->phones.manager(ua->phones.arg, &source->address, source->transport, true) !=
	       PHONE_NO_MANAGER;
}

static bool is_known(const struct ua *ua, const struct sockaddr_storage *address)
{
	const struct sockaddr *a = (const struct sockaddr *)address;

	return ua->phones.network(ua->phones.arg, a) || trust_allows(ua->config.trust, a);
}

/* ---- along the Routes */

struct following { /* of the Routes of a request */
	const struct ua *ua;
	const sip_t *sip;
	const sip_route_t *route; /* the next one */
	bool manager_sends;
	unsigned own; /* those that were ours */
	struct proxy_way *way;
};

/* It must say where in numbers: nothing is looked up. */
static int read_hop(const url_t *url, struct proxy_flow *out)
{
	struct target target;
	int rc = place_target(url, PEER_TRANSPORT_UDP, &target);

	if (rc || target.address.ss_family == AF_UNSPEC)
		return rc ? rc : -EHOSTUNREACH;
	out->address = target.address;
	out->transport = target.transport;
	return 0;
}

static int go_to(struct following *f, const struct proxy_flow *hop)
{
	int rc = ua_path_find(f->ua, &hop->address, hop->transport, &f->way->to);

	return rc ? 503 : 1;
}

/* What a telephone begins goes to the call manager, whatever its Routes say: it would call past the dial
 * plan, and anybody who trusts us. */
static bool begins(const struct following *f)
{
	return !f->manager_sends && !f->sip->sip_to->a_tag;
}

/* Back on the connection that it has made, and never by TCP instead of UDP. */
static int go_to_phone(struct following *f, const struct proxy_flow *flow)
{
	int rc;

	if (begins(f) || !is_known(f->ua, &flow->address))
		return 403;
	rc = go_to(f, flow);
	f->way->phone = *flow;
	f->way->phone_sends = false;
	f->way->to.tls_name[0] = '\0';
	f->way->to.stays_udp = flow->transport == PEER_TRANSPORT_UDP;
	return rc;
}

static void next_route(struct following *f)
{
	f->route = f->route->r_next;
	f->way->routes_done++;
}

/* The first flow in what a telephone sends is its own: it has just come that way. */
static bool passes_own(struct following *f, struct proxy_flow *flow)
{
	while (f->route && proxy_is_own(f->ua, f->route->r_url)) {
		bool has_flow = proxy_flow_read(f->route->r_url->url_user, flow) == 0;

		next_route(f);
		if (has_flow && (f->manager_sends || f->own++))
			return true;
	}
	return false;
}

/* 1, 0 or a status, as proxy_find_way() returns it. */
static int follow_url(struct following *f, const url_t *url)
{
	struct proxy_flow hop;
	enum phone_manager manager;

	if (read_hop(url, &hop))
		return 478;
	manager = manager_at(f->ua, &hop);
	if (manager == PHONE_NO_MANAGER && (begins(f) || !is_known(f->ua, &hop.address)))
		return 403;
	return go_to(f, &hop);
}

static bool is_manager(const struct ua *ua, const url_t *url)
{
	struct proxy_flow hop;

	return read_hop(url, &hop) == 0 && manager_at(ua, &hop) != PHONE_NO_MANAGER;
}

static bool is_gone(const struct ua *ua, const url_t *url)
{
	struct proxy_flow hop;

	return read_hop(url, &hop) == 0 && manager_at(ua, &hop) == PHONE_MANAGER_GONE;
}

/* Routes of managers that are gone, with us behind them; one that changes transports has two. */
static unsigned count_gone(const struct following *f)
{
	const sip_route_t *route = f->route;
	unsigned count = 0;

	for (; route && is_gone(f->ua, route->r_url); route = route->r_next)
		count++;
	return proxy_is_own(f->ua, route ? route->r_url : f->sip->sip_request->rq_url) ? count : 0;
}

static int follow_routes(struct following *f)
{
	const url_t *url = f->sip->sip_request->rq_url;
	struct proxy_flow flow;
	unsigned gone;

	for (;;) {
		if (passes_own(f, &flow))
			return go_to_phone(f, &flow);
		gone = count_gone(f);
		if (!gone)
			break;
		LOGP(DSIP, LOGL_INFO, "%s %s goes past the dead call manager\n",
		     f->sip->sip_request->rq_method_name, f->sip->sip_call_id->i_id);
		while (gone--)
			next_route(f);
		f->own++; /* whatever flow comes now is the other end's */
	}
	/* who it names does not matter, the best manager gets it */
	while (begins(f) && f->route && is_manager(f->ua, f->route->r_url))
		next_route(f);
	if (f->route)
		return follow_url(f, f->route->r_url);
	if (!f->sip->sip_to->a_tag || !f->way->routes_done || proxy_is_own(f->ua, url))
		return 0;
	return follow_url(f, url);
}

/* ---- what we send ourselves */

static void remove_routes(msg_t *msg, unsigned count)
{
	sip_t *sip = sip_object(msg);

	while (count-- && sip->sip_route)
		sip_header_remove(msg, sip, (sip_header_t *)sip->sip_route);
}

bool proxy_go_past(const struct ua *ua, msg_t *msg, struct ua_path *path)
{
	const sip_t *sip = sip_object(msg);
	struct proxy_way way = {.routes_done = 0};
	struct following f = {
	    .ua = ua, .sip = sip, .route = sip->sip_route, .manager_sends = true, .way = &way};
	struct proxy_flow flow;
	unsigned gone = ua->phones.manager && f.route ? count_gone(&f) : 0;

	if (!gone)
		return false;
	while (gone--)
		next_route(&f);
	if (!passes_own(&f, &flow) || go_to_phone(&f, &flow) != 1)
		return false;
	LOGP(DSIP, LOGL_INFO, "%s %s goes past the dead call manager\n",
	     sip->sip_request->rq_method_name, sip->sip_call_id->i_id);
	remove_routes(msg, way.routes_done);
	*path = way.to;
	return true;
}

/* ---- what a telephone begins */

/* Asks the gateway itself: is it there, what can it do? */
static bool is_for_us(const struct ua *ua, const sip_t *sip)
{
	const url_t *url = sip->sip_request->rq_url;

	return sip->sip_request->rq_method == sip_method_options &&
	       (!url->url_user || !url->url_user[0]) && proxy_is_own(ua, url);
}

static bool is_emergency(struct ua *ua, const sip_t *sip)
{
	const url_t *url = sip->sip_request->rq_url;
	const char *params = url->url_type == url_tel ? url->url_params : NULL;
	struct call_setup setup = {.hops = 0};

	return sip->sip_request->rq_method == sip_method_invite &&
	       identity_number(url->url_user, params, &setup.called) == 0 &&
	       office_is_emergency(ua->office, PEER_VOIP, &setup);
}

/* `outbound-proxy emergency-local` */
static bool is_kept(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	struct phone_request request;
	struct phone_hop hop = {.emergency_stays = false};

	return !sip->sip_to->a_tag && is_emergency(ua, sip) &&
	       register_read_source(ua, irq, sip, &request) == 0 &&
	       ua->phones.route(ua->phones.arg, &request, &hop) && hop.emergency_stays;
}

static int begin(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct proxy_way *way)
{
	struct phone_request request;
	struct phone_caller caller = {.tag = 0};
	struct phone_hop hop = {.emergency_stays = false};

	if (sip->sip_to->a_tag || sip->sip_request->rq_method == sip_method_ack ||
	    sip->sip_request->rq_method == sip_method_cancel || is_for_us(ua, sip) ||
	    register_read_source(ua, irq, sip, &request) ||
	    !ua->phones.route(ua->phones.arg, &request, &hop))
		return 0;
	if (request.registers &&
	    ua->phones.right(ua->phones.arg, &request, &caller) != PHONE_STRANGER)
		way->tag = caller.tag;
	return ua_path_find(ua, &hop.address, hop.transport, &way->to) ? 503 : 1;
}

/* ---- both */

static int check(const sip_t *sip)
{
	if (sip->sip_max_forwards && !sip->sip_max_forwards->mf_count)
		return 483;
	return sip->sip_proxy_require ? 420 : 1;
}

int proxy_follow(const struct ua *ua, const sip_t *sip, const struct proxy_flow *source,
		 struct proxy_way *way)
{
	struct following f = {.ua = ua, .sip = sip, .route = sip->sip_route, .way = way};
	int rc;

	f.manager_sends = proxy_is_from_manager(ua, source);
	way->phone = *source;
	way->phone_sends = true;
	rc = follow_routes(&f);
	return rc && !f.manager_sends && !is_known(ua, &source->address) ? 403 : rc;
}

int proxy_find_way(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct proxy_way *out)
{
	struct proxy_flow source;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!ua->phones.route || guard_marked(sip) || path_source(ua, irq, &out->from))
		return 0;
	source = (struct proxy_flow){out->from.remote, out->from.socket->transport};
	if (!proxy_is_from_manager(ua, &source) && is_kept(ua, irq, sip))
		return 0;
	rc = proxy_follow(ua, sip, &source, out);
	if (rc == 0 && !proxy_is_from_manager(ua, &source))
		rc = begin(ua, irq, sip, out);
	return rc == 1 ? check(sip) : rc;
}
