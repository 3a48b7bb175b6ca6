// SPDX-License-Identifier: GPL-2.0-or-later
/* What the proxy changes in a request: Route, Max-Forwards, Record-Route, Path. Via is the stack's. */
#include "gateway/sip/proxy_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/sip/path.h"
#include "gateway/sip/uri_param_private.h"

#define HOPS_DEFAULT 70
#define OTHER_SIDE "through"

/* Those whose dialogs, or their targets, it makes or refreshes. */
static bool is_recorded(sip_method_t method)
{
	return method == sip_method_invite || method == sip_method_subscribe ||
	       method == sip_method_refer || method == sip_method_notify ||
	       method == sip_method_update;
}

static int insert(msg_t *msg, void *header)
{
	return header && msg_header_insert(msg, (msg_pub_t *)sip_object(msg), header) >= 0
		   ? 0
		   : -ENOMEM;
}

/* "<sip:USER@192.0.2.1:5060;lr>" */
static const char *print_route(su_home_t *home, const struct ua_path *path, const char *user)
{
	char text[PATH_CONTACT_MAX];

	path_contact_of(path, user, text);
	text[strcspn(text, ">")] = '\0';
	return su_sprintf(home, "%s;lr>", text);
}

static int record(msg_t *msg, const struct ua_path *path, const char *user)
{
	const char *text = print_route(msg_home(msg), path, user);

	return text ? insert(msg, sip_record_route_make(msg_home(msg), text)) : -ENOMEM;
}

/* The one that is inserted last stands on top, and is the next hop's. */
static int add_record_route(const struct proxy_request *r, const struct proxy_way *way, msg_t *msg)
{
	char flow[PROXY_FLOW_MAX];
	int rc = 0;

	proxy_flow_write(r->ua, &way->phone, flow);
	if (r->from.socket != way->to.socket)
		rc = record(msg, &r->from, way->phone_sends ? flow : OTHER_SIDE);
	else
		return record(msg, &way->to, flow);
	return rc ? rc : record(msg, &way->to, way->phone_sends ? OTHER_SIDE : flow);
}

/* It asks for a flow, and nobody else stands before us: we keep it (RFC 5626 5.1). */
static bool keeps_flow(const sip_t *sip)
{
	return sip->sip_contact && !sip->sip_via->v_next &&
	       msg_header_find_param(sip->sip_contact->m_common, "reg-id=") &&
	       sip_has_feature(sip->sip_supported, "outbound");
}

static int add_path(const struct proxy_request *r, const struct proxy_way *way, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	char flow[PROXY_FLOW_MAX];
	const char *text;
	int rc;

	proxy_flow_write(r->ua, &way->phone, flow);
	text = print_route(msg_home(msg), &way->to, flow);
	if (text && keeps_flow(sip))
		text = su_sprintf(msg_home(msg), "%.*s;ob>", (int)strlen(text) - 1, text);
	rc = text ? insert(msg, sip_header_make(msg_home(msg), sip_path_class, text)) : -ENOMEM;
	if (!rc && !sip_has_feature(sip->sip_supported, "path") &&
	    sip_add_tl(msg, sip, SIPTAG_SUPPORTED_STR("path"), TAG_END()) < 0)
		rc = -ENOMEM;
	return rc;
}

static int count_hop(msg_t *msg)
{
	const sip_max_forwards_t *before = sip_object(msg)->sip_max_forwards;
	unsigned long hops = before ? before->mf_count - 1 : HOPS_DEFAULT;

	return insert(msg, sip_max_forwards_format(msg_home(msg), "%lu", hops));
}

static int replace_uri(msg_t *msg, const url_t *url)
{
	sip_t *sip = sip_object(msg);
	sip_request_t *line =
	    sip_request_create(msg_home(msg), sip->sip_request->rq_method,
			       sip->sip_request->rq_method_name, (const url_string_t *)url, NULL);

	return line && msg_header_replace(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_request,
					  (msg_header_t *)line) >= 0
		   ? 0
		   : -ENOMEM;
}

/* RFC 3261 16.4: the last Route is the Request-URI again. */
static int undo_strict_routing(msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	sip_route_t *last = sip->sip_route;
	int rc;

	while (last->r_next)
		last = last->r_next;
	rc = replace_uri(msg, last->r_url);
	sip_header_remove(msg, sip, (sip_header_t *)last);
	return rc;
}

/* Step 6: the next hop takes what stands in the Request-URI, whoever it is for. */
static int route_strictly(msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	sip_route_t *first = sip->sip_route, *last;
	int rc;

	if (!first || uri_has_param(first->r_url, "lr"))
		return 0;
	last = sip_route_create(msg_home(msg), sip->sip_request->rq_url, NULL);
	rc = insert(msg, last);
	if (!rc)
		rc = replace_uri(msg, first->r_url);
	sip_header_remove(msg, sip, (sip_header_t *)first);
	return rc;
}

int proxy_change_headers(const struct proxy_request *r, const struct proxy_way *way, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	sip_method_t method = sip->sip_request->rq_method;
	int rc = way->strict ? undo_strict_routing(msg) : 0;

	for (unsigned i = 0; i < way->routes_done && sip->sip_route; i++)
		sip_header_remove(msg, sip, (sip_header_t *)sip->sip_route);
	if (!rc)
		rc = route_strictly(msg);
	if (!rc)
		rc = count_hop(msg);
	if (!rc && is_recorded(method))
		rc = add_record_route(r, way, msg);
	if (!rc && method == sip_method_register)
		rc = add_path(r, way, msg);
	return rc;
}
