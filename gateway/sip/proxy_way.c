// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which requests are passed on, and where to. Nothing is looked up or sent here: where a name stands in
 * the way, or a hop has not done, the same is asked again with what is known then.
 */
#include "gateway/sip/proxy_private.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "gateway/log/log.h"
#include "gateway/sip/path.h"
#include "gateway/sip/place.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/uri_param_private.h"

/* ---- whose is it? */

bool proxy_is_own(const struct ua *ua, const url_t *url)
{
	struct sockaddr_storage address, external;
	struct ua_path path = {0};
	struct sip_options all;

	if (uri_has_param(url, "maddr"))
		return false;
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

enum phone_manager proxy_manager_at(const struct ua *ua, const struct proxy_flow *hop)
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

static bool has_failed(const struct proxy_request *r, const struct proxy_flow *hop)
{
	for (unsigned i = 0; i < r->failed_count; i++)
		if (r->failed[i].transport == hop->transport &&
		    target_address_equal((const struct sockaddr *)&r->failed[i].address,
					 (const struct sockaddr *)&hop->address))
			return true;
	return false;
}

/* ---- along the Routes */

struct following { /* of the Routes of a request */
	const struct proxy_request *request;
	const struct ua *ua;
	const sip_t *sip;
	const url_t *url;	  /* Request-URI */
	const sip_route_t *route; /* the next one */
	const sip_route_t *end;	  /* that is the Request-URI; NULL: none */
	unsigned own;		  /* those that were ours */
	bool signed_flow;	  /* there was a flow among them */
	struct proxy_way *way;
};

static bool is_same_target(const struct target *a, const struct target *b)
{
	return a->port == b->port && a->transport == b->transport &&
	       strcasecmp(a->host, b->host) == 0;
}

/* Best of what a name stands for: a call manager that is there, or else whom we may reach. */
static void choose(const struct following *f, const struct proxy_name *name, struct proxy_flow *out)
{
	*out = name->hops[0];
	for (unsigned i = 0; i < name->count; i++) {
		const struct proxy_flow *hop = &name->hops[i];
		enum phone_manager manager = proxy_manager_at(f->ua, hop);

		if (!has_failed(f->request, hop) &&
		    (manager == PHONE_MANAGER ||
		     (manager == PHONE_NO_MANAGER && is_known(f->ua, &hop->address)))) {
			*out = *hop;
			return;
		}
	}
}

/* Where RFC 3263 4 looks: `maddr` counts for more than the host. */
static int read_target(const url_t *url, struct target *out)
{
	char host[TARGET_HOST_MAX + 1];
	url_t one = *url;

	if (uri_has_param(url, "maddr")) {
		if (uri_param(url, "maddr", host, sizeof(host)) <= 0)
			return -EINVAL;
		one.url_host = host;
	}
	return place_target(&one, PEER_TRANSPORT_SYSTEM, out);
}

/* 0; -EAGAIN: its name has to be looked up; -EHOSTUNREACH: it has no address; -EINVAL. */
static int read_hop(const struct following *f, const url_t *url, struct proxy_flow *out)
{
	const struct proxy_request *r = f->request;
	struct target target;
	int rc = read_target(url, &target);

	if (rc)
		return -EINVAL;
	if (target.address.ss_family != AF_UNSPEC) {
		out->address = target.address;
		out->transport = target.transport;
		return 0;
	}
	for (unsigned i = 0; i < r->names_count; i++) {
		if (!is_same_target(&r->names[i]->target, &target))
			continue;
		if (!r->names[i]->count)
			return -EHOSTUNREACH;
		choose(f, r->names[i], out);
		return 0;
	}
	if (r->names_count == PROXY_NAMES_MAX)
		return -EHOSTUNREACH;
	f->way->question = target;
	return -EAGAIN;
}

/* name: whose certificate is wanted on TLS; NULL: the address. */
static int go_to(struct following *f, const struct proxy_flow *hop, const char *name)
{
	struct path_far far = {.remote = &hop->address, .transport = hop->transport, .name = name};

	if (has_failed(f->request, hop) || path_find(f->ua, &far, &f->way->to))
		return 503;
	f->way->to.secure = f->url->url_type == url_sips;
	return 1;
}

/* What a telephone begins goes to the call manager, whatever its Routes say: it would call past the dial
 * plan, and anybody who trusts us. */
static bool begins(const struct following *f)
{
	return !f->request->manager_sends && !f->sip->sip_to->a_tag;
}

/* Back on the connection that it has made (430: it is there no more, RFC 5626 5.3.1), and never by TCP
 * instead of UDP. */
static int go_to_phone(struct following *f, const struct proxy_flow *flow)
{
	int rc;

	if (begins(f) || !is_known(f->ua, &flow->address))
		return 403;
	rc = go_to(f, flow, NULL);
	if (rc == 1 && flow->transport != PEER_TRANSPORT_UDP &&
	    !path_is_connected(f->ua, &flow->address, flow->transport))
		return 430;
	f->way->phone = *flow;
	f->way->phone_sends = false;
	f->way->to.tls_name[0] = '\0';
	f->way->to.stays_udp = flow->transport == PEER_TRANSPORT_UDP;
	return rc;
}

static void next_route(struct following *f)
{
	f->route = f->route->r_next == f->end ? NULL : f->route->r_next;
	f->way->routes_done++;
}

/* The first flow in what a telephone sends is its own: it has just come that way. 1: *flow is the next
 * hop; 0: it is not among ours; or a status, as somebody has made a flow himself. */
static int pass_own(struct following *f, struct proxy_flow *flow)
{
	while (f->route && proxy_is_own(f->ua, f->route->r_url)) {
		int rc = proxy_flow_read(f->ua, f->route->r_url->url_user, flow);

		if (rc == -EACCES)
			return 403;
		next_route(f);
		f->signed_flow |= rc == 0;
		if (rc == 0 && (f->request->manager_sends || f->own++))
			return 1;
	}
	return 0;
}

static int refuse_hop(int rc)
{
	return rc == -EAGAIN ? PROXY_LOOKS_UP : 478;
}

/* A trunk, or something on this machine. Whoever makes up a To tag could call there past the dial plan. */
static bool is_off_limits(const struct following *f, const struct sockaddr_storage *address)
{
	const struct sockaddr *a = (const struct sockaddr *)address;
	unsigned whole = address->ss_family == AF_INET6 ? 128 : 32;

	if (target_is_loopback(address) && !target_is_loopback(&f->request->from.remote))
		return true;
	return f->sip->sip_request->rq_method == sip_method_invite &&
	       (trust_bits(f->ua->config.trust, a) == whole ||
		!f->ua->phones.network(f->ua->phones.arg, a));
}

/* Who is no call manager goes past it only within what has come through us, as a flow of ours shows. */
static bool may_reach(const struct following *f, const struct sockaddr_storage *address)
{
	if (!is_known(f->ua, address))
		return false;
	return f->request->manager_sends ||
	       (!begins(f) && f->signed_flow && !is_off_limits(f, address));
}

/* As proxy_find_way() returns it. */
static int follow_url(struct following *f, const url_t *url)
{
	struct proxy_flow hop;
	enum phone_manager manager;
	int rc = read_hop(f, url, &hop);

	if (rc)
		return refuse_hop(rc);
	manager = proxy_manager_at(f->ua, &hop);
	if (manager == PHONE_NO_MANAGER && !may_reach(f, &hop.address))
		return 403;
	return go_to(f, &hop, url->url_host);
}

/* 1: a call manager, 0: not, -EAGAIN. Nobody is sent to a name without address, so it may be one: the
 * servers of names go where call managers go. */
static int is_manager(const struct following *f, const url_t *url)
{
	struct proxy_flow hop;
	int rc = read_hop(f, url, &hop);

	if (rc)
		return rc == -EHOSTUNREACH ? 1 : rc == -EAGAIN ? rc : 0;
	return proxy_manager_at(f->ua, &hop) != PHONE_NO_MANAGER;
}

/* The same, of one that does not answer any more. */
static int is_gone(const struct following *f, const url_t *url)
{
	struct proxy_flow hop;
	enum phone_manager manager;
	int rc = read_hop(f, url, &hop);

	if (rc)
		return rc == -EHOSTUNREACH ? 1 : rc == -EAGAIN ? rc : 0;
	manager = proxy_manager_at(f->ua, &hop);
	return manager == PHONE_MANAGER_GONE ||
	       (manager == PHONE_MANAGER && has_failed(f->request, &hop));
}

static const sip_route_t *after(const struct following *f, const sip_route_t *route)
{
	return route->r_next == f->end ? NULL : route->r_next;
}

/* Does the way come back to us? */
static bool is_own_behind(const struct following *f)
{
	const sip_route_t *route = f->route;

	while (route && !proxy_is_own(f->ua, route->r_url))
		route = after(f, route);
	return route || proxy_is_own(f->ua, f->url);
}

/* Routes of managers that are gone, with us behind them; one that changes transports has two. -EAGAIN */
static int count_gone(const struct following *f)
{
	const sip_route_t *route = f->route;
	int count = 0, rc;

	if (!route || !is_own_behind(f))
		return 0;
	for (; route; route = after(f, route), count++) {
		rc = is_gone(f, route->r_url);
		if (rc < 0)
			return rc;
		if (!rc)
			break;
	}
	return proxy_is_own(f->ua, route ? route->r_url : f->url) ? count : 0;
}

/* Who it names does not matter, the best manager gets it. 0 or -EAGAIN */
static int pass_managers(struct following *f)
{
	int rc = 1;

	while (f->route && (rc = is_manager(f, f->route->r_url)) > 0)
		next_route(f);
	return rc < 0 ? rc : 0;
}

static int follow_routes(struct following *f)
{
	struct proxy_flow flow;
	int gone, rc;

	for (;;) {
		rc = pass_own(f, &flow);
		if (rc)
			return rc == 1 ? go_to_phone(f, &flow) : rc;
		gone = count_gone(f);
		if (gone < 0)
			return PROXY_LOOKS_UP;
		if (!gone)
			break;
		LOGP(DSIP, LOGL_INFO, "%s %s goes past the dead call manager\n",
		     f->sip->sip_request->rq_method_name, f->sip->sip_call_id->i_id);
		while (gone--)
			next_route(f);
		f->own++; /* whatever flow comes now is the other end's */
	}
	if (begins(f) && pass_managers(f))
		return PROXY_LOOKS_UP;
	if (f->route)
		return follow_url(f, f->route->r_url);
	if (!f->sip->sip_to->a_tag || !f->way->routes_done || proxy_is_own(f->ua, f->url))
		return 0;
	return follow_url(f, f->url);
}

/* A strict router has put our Record-Route into the Request-URI, and that behind all Routes. */
static void undo_strict_routing(struct following *f)
{
	const sip_route_t *last = f->sip->sip_route;

	if (!last || !proxy_is_own(f->ua, f->url) || !uri_has_param(f->url, "lr"))
		return;
	while (last->r_next)
		last = last->r_next;
	f->url = last->r_url;
	f->end = last;
	f->route = f->sip->sip_route == last ? NULL : f->sip->sip_route;
	f->way->strict = true;
	f->way->routes_done = 0;
}

static void begin_following(const struct proxy_request *r, struct proxy_way *way,
			    struct following *f)
{
	*f = (struct following){
	    .request = r,
	    .ua = r->ua,
	    .sip = r->sip,
	    .url = r->sip->sip_request->rq_url,
	    .route = r->sip->sip_route,
	    .way = way,
	};
	way->phone = (struct proxy_flow){r->from.remote, r->from.socket ? r->from.socket->transport
									: PEER_TRANSPORT_UDP};
	way->phone_sends = true;
	undo_strict_routing(f);
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
static bool is_kept(const struct proxy_request *r)
{
	struct phone_request request;
	struct phone_hop hops[PHONE_HOPS_MAX];
	const struct phone_book *book = &r->ua->phones;

	return !r->sip->sip_to->a_tag && is_emergency(r->ua, r->sip) &&
	       register_read_source(r->ua, r->irq, r->sip, &request) == 0 &&
	       book->route(book->arg, &request, hops) && hops[0].emergency_stays;
}

/* To the best call manager of those that have not failed; when the last has, it is the gateway's own. */
static int begin(struct following *f)
{
	const struct proxy_request *r = f->request;
	const struct phone_book *book = &f->ua->phones;
	struct phone_request request;
	struct phone_caller caller = {.tag = 0};
	struct phone_hop hops[PHONE_HOPS_MAX];
	unsigned count;

	if (f->sip->sip_to->a_tag || !r->irq || f->sip->sip_request->rq_method == sip_method_ack ||
	    f->sip->sip_request->rq_method == sip_method_cancel || is_for_us(f->ua, f->sip) ||
	    register_read_source(r->ua, r->irq, f->sip, &request))
		return 0;
	count = book->route(book->arg, &request, hops);
	if (count && request.registers &&
	    book->right(book->arg, &request, &caller) != PHONE_STRANGER)
		f->way->tag = caller.tag;
	for (unsigned i = 0; i < count; i++) {
		struct proxy_flow hop = {hops[i].address, hops[i].transport};

		if (go_to(f, &hop, hops[i].name[0] ? hops[i].name : NULL) == 1)
			return 1;
	}
	return 0;
}

/* ---- both */

static bool is_scheme_known(const url_t *url)
{
	return url->url_type == url_sip || url->url_type == url_sips || url->url_type == url_tel ||
	       (url->url_scheme && strcasecmp(url->url_scheme, "urn") == 0); /* service:sos */
}

/* RFC 3261 16.3; who is secured up to us must be so beyond (26.4.4). */
static int check(const struct following *f)
{
	const sip_t *sip = f->sip;

	if (sip->sip_max_forwards && !sip->sip_max_forwards->mf_count)
		return 483;
	if (!is_scheme_known(f->url) ||
	    (f->url->url_type == url_sips && f->way->to.socket->transport != PEER_TRANSPORT_TLS))
		return 416;
	return sip->sip_proxy_require && sip->sip_request->rq_method != sip_method_ack ? 420 : 1;
}

bool proxy_goes_elsewhere(struct ua *ua, const sip_t *sip, const struct proxy_flow *source)
{
	struct proxy_request request = {.ua = ua, .sip = sip, .from.remote = source->address};
	struct proxy_way way = {.routes_done = 0};
	struct following f;

	request.manager_sends = proxy_is_from_manager(ua, source);
	begin_following(&request, &way, &f);
	return follow_routes(&f) != 0;
}

bool proxy_read(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, struct proxy_request *out)
{
	memset(out, 0, sizeof(*out));
	out->ua = ua;
	out->irq = irq;
	out->sip = sip;
	if (!ua->phones.route || guard_marked(sip) || path_source(ua, irq, &out->from))
		return false;
	out->manager_sends = proxy_is_from_manager(
	    ua, &(struct proxy_flow){out->from.remote, out->from.socket->transport});
	return true;
}

int proxy_find_way(const struct proxy_request *r, struct proxy_way *out)
{
	struct following f;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!r->manager_sends && r->irq && is_kept(r))
		return 0;
	begin_following(r, out, &f);
	rc = follow_routes(&f);
	if (rc && !r->manager_sends && !is_known(r->ua, &r->from.remote))
		return 403; /* nothing is looked up for strangers either */
	if (rc == 0 && !r->manager_sends)
		rc = begin(&f);
	return rc == 1 ? check(&f) : rc;
}

bool proxy_find_past(const struct proxy_request *r, struct proxy_way *out)
{
	struct proxy_flow flow;
	struct following f;
	int gone;

	memset(out, 0, sizeof(*out));
	begin_following(r, out, &f);
	gone = count_gone(&f);
	if (gone <= 0)
		return false;
	while (gone--)
		next_route(&f);
	return pass_own(&f, &flow) == 1 && go_to_phone(&f, &flow) == 1;
}
