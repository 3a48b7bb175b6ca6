// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/hostdomain.h>

#include "gateway/log/log.h"
#include "gateway/sip/call_headers.h"
#include "gateway/sip/path.h"
#include "gateway/sip/proxy.h"

/* ---- reading */

static unsigned uri_port(const url_t *url)
{
	char *end;
	unsigned long port;

	if (!url->url_port || !*url->url_port)
		return TARGET_PORT_DEFAULT;
	port = strtoul(url->url_port, &end, 10);
	return *end || strlen(url->url_port) > 5 || port > 65535 ? 0 : port;
}

/* May the stack use this as a target? sip or sips, with a host. Anything else aborts it later. */
static bool is_uri_ok(const url_t *url)
{
	return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host &&
	       host_is_valid(url->url_host) && uri_port(url) > 0;
}

bool message_target_ok(const sip_t *sip, bool must)
{
	const sip_record_route_t *route;
	const sip_contact_t *contact;

	if (must && !sip->sip_contact)
		return false;
	for (contact = sip->sip_contact; contact; contact = contact->m_next)
		if (!is_uri_ok(contact->m_url))
			return false;
	for (route = sip->sip_record_route; route; route = route->r_next)
		if (!is_uri_ok(route->r_url))
			return false;
	return true;
}

static void read_reason(const sip_t *sip, struct cause_reason *out)
{
	const sip_reason_t *reason;

	for (reason = sip->sip_reason; reason; reason = reason->re_next)
		if (reason->re_protocol && reason->re_cause)
			cause_reason_add(out, reason->re_protocol, reason->re_cause,
					 reason->re_text);
}

static bool has_sdp(const sip_t *sip)
{
	return sip->sip_payload && sip->sip_payload->pl_len && sip->sip_content_type &&
	       sip->sip_content_type->c_type &&
	       !strcasecmp(sip->sip_content_type->c_type, "application/sdp");
}

void message_news(const sip_t *sip, struct party *identity, struct dialog_news *news)
{
	memset(news, 0, sizeof(*news));
	news->message = sip;
	if (has_sdp(sip)) {
		news->sdp = sip->sip_payload->pl_data;
		news->sdp_size = sip->sip_payload->pl_len;
	}
	read_reason(sip, &news->reason);
	if (sip->sip_warning)
		news->warning = sip->sip_warning->w_code;
	news->retry_after = sip->sip_retry_after != NULL;
	if (call_headers_has_identity(sip)) {
		message_party(sip, identity);
		news->identity = identity;
	}
}

int message_source(struct ua *ua, nta_incoming_t *irq, struct ua_path *path)
{
	return path_source(ua, irq, path);
}

/* ---- sending */

const char *message_phrase(unsigned status)
{
	return status >= CAUSE_SIP_FIRST && cause_sip_is_known(status)
		   ? cause_sip_phrase(status)
		   : sip_status_phrase((int)status);
}

/* Those that make or refresh a dialog, and their 2xx (RFC 3261, 3311, 3515, 6665). */
static bool has_contact(sip_method_t method)
{
	return method == sip_method_invite || method == sip_method_update ||
	       method == sip_method_refer || method == sip_method_subscribe ||
	       method == sip_method_notify;
}

static int add_dialog_lines(const struct message_request *r, msg_t *msg, struct header_lines *lines)
{
	sip_t *sip = sip_object(msg);

	dialog_header_lines(r->ua, sip, r->method, 0, lines);
	if (!lines->length)
		return 0;
	if (strstr(lines->text, "\r\nFrom: "))
		msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_from);
	return sip_add_tl(msg, sip, SIPTAG_HEADER_STR(lines->text), TAG_END());
}

static struct ua_path next_hop(const struct message_request *r)
{
	struct ua_path path = *r->path;

	if (!r->uri)
		path_next(r->ua, r->leg, r->path, &path);
	return path;
}

/* msg is complete but for credentials, and gone afterwards. */
static nta_outgoing_t *dispatch(const struct message_request *r, struct ua_path *path, msg_t *msg)
{
	bool invite = sip_object(msg)->sip_request->rq_method == sip_method_invite;
	nta_outgoing_t *out;

	if (!r->uri)
		proxy_leave_out_dead(r->ua, msg, path);
	if (r->authorization)
		authorization_add(r->authorization, msg);
	/* Off while an INVITE is made: else the stack ends 2xx of other forks by itself, and uses
	 * what it has freed if one of them has a Contact that it cannot resolve. */
	if (invite)
		nta_agent_set_params(path->socket->agent, NTATAG_UA(0), TAG_END());
	out = path_send(r->ua, path, r->callback, r->magic, msg);
	if (invite)
		nta_agent_set_params(path->socket->agent, NTATAG_UA(1), TAG_END());
	if (out)
		statistics_sent_request(nta_outgoing_method(out));
	else
		msg_destroy(msg);
	loop_kick(r->ua->loop);
	return out;
}

static const char *allowed(const struct ua *ua)
{
	return ua->phones.receive ? UA_ALLOW_WITH_REGISTER : UA_ALLOW;
}

nta_outgoing_t *message_send(const struct message_request *r, tag_type_t tag, tag_value_t value,
			     ...)
{
	struct ua_path path = next_hop(r);
	msg_t *msg = nta_msg_create(path.socket->agent, 0);
	char address[TARGET_ADDRESS_MAX], contact[PATH_CONTACT_MAX];
	bool target = has_contact(r->method);
	nta_outgoing_t *out = NULL;
	struct header_lines lines;
	tagi_t *tags;
	va_list args;

	path_contact(&path, contact);
	va_start(args, value);
	tags = tl_vlist2(tag, value, args);
	va_end(args);
	if (msg && tags &&
	    sip_add_tl(msg, sip_object(msg), TAG_IF(target, SIPTAG_CONTACT_STR(contact)),
		       TAG_IF(target, SIPTAG_ALLOW_STR(allowed(r->ua))),
		       TAG_IF(target, SIPTAG_SUPPORTED_STR(UA_SUPPORTED)),
		       SIPTAG_USER_AGENT_STR(r->ua->config.product), TAG_NEXT(tags)) >= 0 &&
	    nta_msg_request_complete(msg, r->leg, r->method, r->name,
				     (const url_string_t *)r->uri) >= 0 &&
	    add_dialog_lines(r, msg, &lines) >= 0)
		out = dispatch(r, &path, msg);
	else if (msg)
		msg_destroy(msg);
	tl_vfree(tags);
	target_address_text((const struct sockaddr *)&path.remote, address, sizeof(address));
	if (!out)
		LOGP(DSIP, LOGL_ERROR, "%s to %s could not be sent\n", r->name, address);
	return out;
}

nta_outgoing_t *message_send_again(const struct message_request *r, msg_t *msg)
{
	struct ua_path path = next_hop(r);

	return dispatch(r, &path, msg);
}

void message_ack(struct ua *ua, const struct ua_path *path, nta_leg_t *leg, const sip_t *response)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	sip_cseq_t *cseq = sip_cseq_create(home, response->sip_cseq->cs_seq, SIP_METHOD_ACK);
	struct message_request request = {
	    .ua = ua,
	    .leg = leg,
	    .path = path,
	    .method = sip_method_ack,
	    .name = "ACK",
	};
	nta_outgoing_t *out = message_send(&request, SIPTAG_CSEQ(cseq), TAG_END());

	if (out)
		nta_outgoing_destroy(out);
	su_home_deinit(home);
}

bool message_wants_prack(const sip_t *response)
{
	unsigned status = response->sip_status->st_status;

	return status > 100 && status < 200 && response->sip_rseq &&
	       response->sip_rseq->rs_response && response->sip_to->a_tag &&
	       sip_has_feature(response->sip_require, "100rel");
}

void message_prack(const struct message_request *in, const sip_t *response)
{
	struct message_request request = *in;
	nta_outgoing_t *out;
	sip_rack_t rack;

	request.method = sip_method_prack;
	request.name = "PRACK";
	sip_rack_init(&rack);
	rack.ra_response = response->sip_rseq->rs_response;
	rack.ra_cseq = response->sip_cseq->cs_seq;
	rack.ra_method = sip_method_invite;
	rack.ra_method_name = "INVITE";
	out = message_send(&request, SIPTAG_RACK(&rack), TAG_END());
	if (out)
		nta_outgoing_destroy(out); /* it is repeated until its answer all the same */
}

struct reply_extras { /* what each response gets without being asked for */
	char contact[PATH_CONTACT_MAX];
	bool target, allow;
	struct header_lines lines;
};

static void add_extras(struct ua *ua, nta_incoming_t *irq, const struct ua_path *path, int status,
		       struct reply_extras *extras)
{
	sip_method_t method = nta_incoming_method(irq);
	msg_t *request;

	extras->target = path && status > 100 && status < 300 && has_contact(method);
	extras->allow =
	    extras->target || status == 405 || (method == sip_method_options && status < 300);
	extras->contact[0] = '\0';
	if (extras->target)
		path_contact(path, extras->contact);
	request = nta_incoming_getrequest(irq);
	dialog_header_lines(ua, sip_object(request), method, status, &extras->lines);
	msg_destroy(request);
}

#define EXTRA_TAGS(ua, extras)                                                                     \
	TAG_IF((extras).target, SIPTAG_CONTACT_STR((extras).contact)),                             \
	    TAG_IF((extras).allow, SIPTAG_ALLOW_STR(allowed(ua))),                                 \
	    TAG_IF((extras).target, SIPTAG_SUPPORTED_STR(UA_SUPPORTED)),                           \
	    TAG_IF((extras).lines.length > 0, SIPTAG_HEADER_STR((extras).lines.text)),             \
	    SIPTAG_SERVER_STR((ua)->config.product)

void message_reply(struct ua *ua, nta_incoming_t *irq, const struct ua_path *path, int status,
		   tag_type_t tag, tag_value_t value, ...)
{
	struct reply_extras extras;
	tagi_t *tags;
	va_list args;

	add_extras(ua, irq, path, status, &extras);
	va_start(args, value);
	tags = tl_vlist2(tag, value, args);
	va_end(args);
	if (nta_incoming_treply(irq, status, message_phrase((unsigned)status),
				EXTRA_TAGS(ua, extras), TAG_NEXT(tags)) < 0)
		LOGP(DSIP, LOGL_ERROR, "response %d could not be sent\n", status);
	else
		statistics_sent_response(status);
	tl_vfree(tags);
	loop_kick(ua->loop);
}

nta_reliable_t *message_reply_reliably(const struct message_reliable *r, tag_type_t tag,
				       tag_value_t value, ...)
{
	struct reply_extras extras;
	nta_reliable_t *reliable;
	tagi_t *tags;
	va_list args;

	add_extras(r->ua, r->irq, r->path, r->status, &extras);
	va_start(args, value);
	tags = tl_vlist2(tag, value, args);
	va_end(args);
	reliable = nta_reliable_treply(r->irq, r->on_prack, r->magic, r->status,
				       sip_status_phrase(r->status), EXTRA_TAGS(r->ua, extras),
				       TAG_NEXT(tags));
	tl_vfree(tags);
	if (reliable)
		statistics_sent_response(r->status);
	loop_kick(r->ua->loop);
	return reliable;
}

int message_check_required(nta_incoming_t *irq, const sip_t *sip, const char *supported)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int status = 0;

	if (sip->sip_require)
		status =
		    nta_check_required(irq, sip, sip_supported_make(home, supported), TAG_END());
	su_home_deinit(home);
	return status;
}
