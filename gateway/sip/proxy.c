// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/proxy_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/mailbox.h"
#include "gateway/sip/message.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/statistics.h"

#define TIMER_C_S 180	     /* RFC 3261 16.6 step 11: more than */
#define HEALTH_BRIEF_MS 5000 /* as long as a manager that did not answer is tried last */
#define UNAVAILABLE 503

enum proxied_state {
	PROXIED_CALLING,  /* no answer yet but 100 */
	PROXIED_ACCEPTED, /* an INVITE: 2xx that come now go up too (RFC 6026) */
};

struct proxied { /* talloc'ed; a request that is passed on */
	struct llist_head entry;
	struct ua *ua;
	nta_incoming_t *irq;
	nta_outgoing_t *out;
	enum proxied_state state;
	struct osmo_timer_list timer; /* C, then the time of ACCEPTED */
	struct proxy_flow hop;
	uint32_t tag;		    /* of a REGISTER: whose pool's it is; 0: nothing is learnt */
	struct phone_source source; /* the same: without user_agent */
};

/* ---- what the stack is told */

/* Its user agent would repeat 2xx by itself, and take their ACKs. */
static void begin_proxying(const struct ua *ua)
{
	nta_agent_set_params(ua->agent, NTATAG_UA(0), TAG_END());
}

static void end_proxying(const struct ua *ua)
{
	nta_agent_set_params(ua->agent, NTATAG_UA(1), TAG_END());
}

static bool may_come_back(const struct ua *ua, const sip_t *sip, const struct proxy_flow *source)
{
	return !sip->sip_to->a_tag &&
	       ((sip->sip_route && proxy_is_own(ua, sip->sip_route->r_url)) ||
		proxy_is_from_manager(ua, source));
}

static bool is_ack_of_others(const struct ua *ua, const sip_t *sip, const struct proxy_flow *source)
{
	sip_method_t method = sip->sip_request->rq_method;
	struct proxy_way way = {.routes_done = 0};

	return (method == sip_method_ack || method == sip_method_prack) && sip->sip_route &&
	       sip->sip_call_id && proxy_follow(ua, sip, source, &way);
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
		begin_proxying(ua);
}

/* ---- life */

static void proxied_free(struct proxied *p)
{
	osmo_timer_del(&p->timer);
	if (p->out)
		nta_outgoing_destroy(p->out);
	if (p->irq) {
		nta_incoming_bind(p->irq, NULL, NULL);
		nta_incoming_destroy(p->irq);
	}
	llist_del(&p->entry);
	talloc_free(p);
}

void proxy_forget_all(struct ua *ua)
{
	struct proxied *p, *next;

	llist_for_each_entry_safe (p, next, &ua->proxied, entry)
		proxied_free(p);
	if (ua->strays)
		nta_outgoing_destroy(ua->strays);
	ua->strays = NULL;
}

static void cancel(struct proxied *p, const sip_reason_t *reason)
{
	nta_outgoing_tcancel(p->out, NULL, NULL, TAG_IF(reason, SIPTAG_REASON(reason)), TAG_END());
	statistics_sent_request(sip_method_cancel);
	loop_kick(p->ua->loop);
}

static void on_timer(void *data)
{
	struct proxied *p = data;

	if (p->state == PROXIED_CALLING)
		cancel(p, NULL); /* what it is answered with goes up: 487, or the stack's 408 */
	else
		proxied_free(p);
}

/* ---- bindings */

static uint32_t granted_s(const sip_t *answer, const sip_contact_t *asked, uint32_t asked_s)
{
	const sip_contact_t *c = answer->sip_contact;

	while (c && url_cmp(c->m_url, asked->m_url))
		c = c->m_next;
	if (!c)
		return 0;
	if (c->m_expires)
		return strtoul(c->m_expires, NULL, 10);
	return answer->sip_expires ? answer->sip_expires->ex_delta : asked_s;
}

/* Those that the telephone has named: others of its name may be anywhere. */
static void learn(struct proxied *p, const sip_t *answer)
{
	msg_t *msg = nta_incoming_getrequest(p->irq);
	const sip_t *sip = sip_object(msg);
	const sip_contact_t *contact = sip->sip_contact;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct phone_register in = {.tag = p->tag, .source = p->source};
	const char *user = sip->sip_to->a_url->url_user;
	char name[PHONE_NAME_MAX + 1];

	if (!p->ua->phones.learn || !user || strlen(user) > PHONE_NAME_MAX ||
	    !url_unescape(name, user) || !register_is_plain(name) ||
	    register_read_contacts(home, sip, &in) || !in.count)
		goto out;
	in.name = name;
	in.call_id = sip->sip_call_id->i_id;
	in.cseq = sip->sip_cseq->cs_seq;
	in.source.user_agent = "";
	for (unsigned i = 0; i < in.count; i++, contact = contact->m_next) {
		struct phone_contact *c = &in.contacts[i];

		c->source.user_agent = "";
		if (strcmp(c->uri, "*") != 0)
			c->expires_s =
			    granted_s(answer, contact, c->expires_given ? c->expires_s : 3600);
		c->expires_given = true;
	}
	p->ua->phones.learn(p->ua->phones.arg, &in);
out:
	su_home_deinit(home);
	msg_destroy(msg);
}

/* ---- answers */

/* Calls and the watch over the call managers hear of it (target_health.h). */
static void note_health(const struct proxied *p, const sip_t *sip)
{
	char name[TARGET_HEALTH_NAME_MAX];
	uint64_t excused_s = 0;

	if (!p->ua->phones.manager || /* a reload has taken the telephones out */
	    p->ua->phones.manager(p->ua->phones.arg, &p->hop.address, p->hop.transport, false) ==
		PHONE_NO_MANAGER)
		return;
	target_health_name(&p->hop.address, p->hop.transport, name);
	if (!nta_sip_is_internal(sip) && sip->sip_status->st_status != UNAVAILABLE) {
		target_health_works(p->ua->health, name);
		return;
	}
	if (!nta_sip_is_internal(sip) && sip->sip_retry_after)
		excused_s = sip->sip_retry_after->af_delta;
	if (excused_s > TARGET_HEALTH_EXCUSED_MAX_S)
		excused_s = TARGET_HEALTH_EXCUSED_MAX_S;
	target_health_set(p->ua->health, name,
			  excused_s ? TARGET_HEALTH_EXCUSED : TARGET_HEALTH_FAILING,
			  target_health_now_ms(), excused_s ? excused_s * 1000 : HEALTH_BRIEF_MS);
}

/* out: whose response it is. */
static void pass_up(struct proxied *p, nta_outgoing_t *out)
{
	msg_t *msg = nta_outgoing_getresponse(out);
	sip_t *sip = sip_object(msg);
	int status = sip->sip_status->st_status;

	sip_via_remove(msg, sip);
	begin_proxying(p->ua);
	if (nta_incoming_mreply(p->irq, msg) == 0)
		statistics_sent_response(status);
	end_proxying(p->ua);
	loop_kick(p->ua->loop);
}

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	sip_method_t method = nta_outgoing_method(out);
	int status = nta_outgoing_status(out);
	struct proxied *p = magic;

	if (p->state == PROXIED_CALLING)
		note_health(p, sip);
	if (!sip) {
		proxied_free(p); /* it was no INVITE, and 408 would come too late (RFC 4320) */
		return 0;
	}
	if (method == sip_method_register && status >= 200 && status < 300 && p->tag)
		learn(p, sip);
	if (status > 100)
		pass_up(p, out);
	if (method == sip_method_invite && status < 200) {
		osmo_timer_schedule(&p->timer, TIMER_C_S + 1, 0);
	} else if (method == sip_method_invite && status < 300) {
		p->state = PROXIED_ACCEPTED;
		osmo_timer_schedule(&p->timer, p->ua->config.timer_b_ms / 1000,
				    p->ua->config.timer_b_ms % 1000 * 1000);
	} else if (status >= 200) {
		proxied_free(p);
	}
	return 0;
}

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
		if (p->state == PROXIED_ACCEPTED && p->hop.transport != PEER_TRANSPORT_UDP &&
		    strcasecmp(nta_outgoing_branch(p->out), sip->sip_via->v_branch) == 0) {
			pass_up(p, out);
			return 0;
		}
	return 0;
}

int proxy_start(struct ua *ua)
{
	ua->strays = nta_outgoing_default(ua->agent, on_stray, ua);
	return ua->strays ? 0 : -ENOMEM;
}

/* The stack has answered it 200, and would answer the INVITE 487. */
static int on_cancel(struct dialog *magic, nta_incoming_t *irq, const sip_t *sip)
{
	struct proxied *p = (struct proxied *)magic;

	if (!sip || sip->sip_request->rq_method != sip_method_cancel)
		return 0;
	p->ua->leaves_cancel = true;
	nta_agent_set_params(p->ua->agent, NTATAG_CANCEL_487(0), TAG_END());
	if (p->state == PROXIED_CALLING)
		cancel(p, sip->sip_reason);
	return 0;
}

/* ---- requests */

static msg_t *make_request(nta_incoming_t *irq, const struct proxy_way *way)
{
	msg_t *original = nta_incoming_getrequest(irq);
	msg_t *msg = original ? msg_dup(original) : NULL;

	if (original)
		msg_destroy(original);
	if (!msg)
		return NULL;
	if (proxy_change_headers(way, msg) == 0)
		return msg;
	msg_destroy(msg);
	return NULL;
}

/* p NULL: an ACK, which nobody answers. */
static nta_outgoing_t *send_request(struct ua *ua, nta_incoming_t *irq, const struct proxy_way *way,
				    struct proxied *p)
{
	struct message_request request = {
	    .ua = ua,
	    .path = &way->to,
	    .uri = "", /* the message has one */
	    .callback = p ? on_response : NULL,
	    .magic = p,
	};
	msg_t *msg = make_request(irq, way);
	nta_outgoing_t *out;

	if (!msg)
		return NULL;
	begin_proxying(ua);
	out = message_send_again(&request, msg);
	end_proxying(ua);
	return out;
}

static void pass_ack(struct ua *ua, nta_incoming_t *irq, const struct proxy_way *way)
{
	nta_outgoing_t *out = send_request(ua, irq, way, NULL);

	if (out)
		nta_outgoing_destroy(out);
}

static int refuse(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int status)
{
	ua->counters.requests_refused++;
	message_reply(
	    ua, irq, NULL, status,
	    TAG_IF(status == 420, SIPTAG_UNSUPPORTED((sip_unsupported_t *)sip->sip_proxy_require)),
	    TAG_END());
	return status;
}

/* 0, or the status that was sent. */
static int pass_request(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
			const struct proxy_way *way)
{
	struct proxied *p = talloc_zero(ua, struct proxied);

	if (!p)
		return refuse(ua, irq, sip, 500);
	p->ua = ua;
	p->hop.address = way->to.remote;
	p->hop.transport = way->to.socket->transport;
	p->tag = way->tag;
	p->source.address = way->from.remote;
	p->source.transport = way->from.socket->transport;
	osmo_timer_setup(&p->timer, on_timer, p);
	llist_add_tail(&p->entry, &ua->proxied);
	if (sip->sip_request->rq_method == sip_method_invite)
		message_reply(ua, irq, NULL, 100, TAG_END());
	p->out = send_request(ua, irq, way, p);
	if (!p->out) {
		proxied_free(p);
		return refuse(ua, irq, sip, 500);
	}
	if (!way->phone_sends)
		mailbox_learn(ua, sip);
	p->irq = irq;
	nta_incoming_bind(irq, on_cancel, (struct dialog *)p);
	return 0;
}

bool proxy_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int *status)
{
	bool ack = sip->sip_request->rq_method == sip_method_ack;
	struct proxy_way way;
	int rc;

	tell_nothing_special(ua);
	rc = proxy_find_way(ua, irq, sip, &way);
	if (rc == 0)
		return false;
	if (ack) {
		if (rc == 1)
			pass_ack(ua, irq, &way);
		nta_incoming_destroy(irq);
		*status = 0;
	} else {
		*status = rc == 1 ? pass_request(ua, irq, sip, &way) : refuse(ua, irq, sip, rc);
	}
	return true;
}
