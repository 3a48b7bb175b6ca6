// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/proxied.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/dialog_private.h"
#include "gateway/sip/mailbox.h"
#include "gateway/sip/message.h"
#include "gateway/sip/statistics.h"

#define TIMER_C_MS 181000    /* RFC 3261 16.6 step 11: more than 3 minutes */
#define HEALTH_BRIEF_MS 5000 /* as long as a manager that did not answer is tried last */
#define PATIENCE_T1 8
#define PATIENCE_LONG_T1 48
#define IN_DIALOG_RETRY_S "5"

/* ---- what the stack is told */

void proxied_stack_begin(const struct ua *ua)
{
	nta_agent_set_params(ua->agent, NTATAG_UA(0), TAG_END());
}

void proxied_stack_end(const struct ua *ua)
{
	nta_agent_set_params(ua->agent, NTATAG_UA(1), TAG_END());
}

/* ---- life */

static nta_response_f on_response;
static void on_timer(void *data);
static void go_on(struct proxied *p);
static void cancel(struct proxied *p, const sip_reason_t *reason);

static void schedule(struct proxied *p, unsigned ms)
{
	osmo_timer_schedule(&p->timer, ms / 1000, ms % 1000 * 1000);
}

struct proxied *proxied_new(const struct proxy_request *request, const struct proxy_way *way)
{
	struct ua *ua = request->ua;
	struct proxied *p =
	    ua->proxied_count < PROXIED_MAX ? talloc_zero(ua, struct proxied) : NULL;

	if (!p)
		return NULL;
	p->ua = ua;
	p->request = *request;
	p->way = *way;
	p->vias = 1;
	p->msg = nta_incoming_getrequest(request->irq);
	osmo_timer_setup(&p->timer, on_timer, p);
	llist_add_tail(&p->entry, &ua->proxied);
	ua->proxied_count++;
	return p;
}

void proxied_free(struct proxied *p)
{
	osmo_timer_del(&p->timer);
	if (p->question)
		resolve_cancel(p->question);
	if (p->out)
		nta_outgoing_destroy(p->out);
	if (p->request.irq) {
		nta_incoming_bind(p->request.irq, NULL, NULL);
		nta_incoming_destroy(p->request.irq);
	}
	msg_destroy(p->msg);
	llist_del(&p->entry);
	p->ua->proxied_count--;
	talloc_free(p);
}

static sip_method_t method_of(const struct proxied *p)
{
	return p->request.sip->sip_request->rq_method;
}

static bool is_invite(const struct proxied *p)
{
	return method_of(p) == sip_method_invite;
}

/* ---- answering by ourselves */

void proxied_refuse(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int status)
{
	const char *after = sip->sip_to->a_tag ? IN_DIALOG_RETRY_S : "0";

	ua->counters.requests_refused++;
	message_reply(
	    ua, irq, NULL, status,
	    TAG_IF(status == 420, SIPTAG_UNSUPPORTED((sip_unsupported_t *)sip->sip_proxy_require)),
	    TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR(after)), TAG_END());
}

static void refuse(struct proxied *p, int status)
{
	if (p->request.irq)
		proxied_refuse(p->ua, p->request.irq, p->request.sip, status);
	proxied_free(p);
}

/* Its call manager is dead, and there is no other way: the dialog is to live on, but a subscription,
 * which the gateway may have as well, is to be made anew. */
static void refuse_without_manager(struct proxied *p)
{
	bool anew = method_of(p) == sip_method_subscribe && p->request.sip->sip_to->a_tag;

	refuse(p, anew ? 481 : 503);
}

/* The way ends here: the request is served as if it had come to us alone. */
static void serve_here(struct proxied *p)
{
	nta_incoming_t *irq = p->request.irq;
	const sip_t *sip = p->request.sip;
	struct ua *ua = p->ua;
	msg_t *msg = p->msg;
	int status;

	if (!irq) {
		proxied_free(p);
		return;
	}
	nta_incoming_bind(irq, NULL, NULL);
	p->request.irq = NULL;
	p->msg = NULL;
	proxied_free(p);
	status = sip->sip_to->a_tag ? dialog_serve(ua, irq, sip) : ua_serve(ua, irq, sip);
	if (status && nta_incoming_status(irq) < 200)
		message_reply(ua, irq, NULL, status, TAG_END());
	if (status >= 200)
		nta_incoming_destroy(irq);
	msg_destroy(msg);
}

/* ---- sending */

static msg_t *make_request(struct proxied *p)
{
	msg_t *msg = msg_dup(p->msg);

	if (!msg || proxy_change_headers(&p->request, &p->way, msg) == 0)
		return msg;
	msg_destroy(msg);
	return NULL;
}

static struct proxy_flow hop_of(const struct proxied *p)
{
	return (struct proxy_flow){p->way.to.remote, p->way.to.socket->transport};
}

static bool goes_to_manager(const struct proxied *p)
{
	struct proxy_flow hop = hop_of(p);

	return p->ua->phones.manager && /* a reload may have taken the telephones out */
	       proxy_manager_at(p->ua, &hop) != PHONE_NO_MANAGER;
}

/* 0: none */
static unsigned patience_ms(const struct proxied *p)
{
	unsigned t1_ms = p->ua->config.t1_ms;

	if (p->request.manager_sends || !goes_to_manager(p))
		return 0;
	switch (method_of(p)) {
	case sip_method_invite:
	case sip_method_register:
	case sip_method_subscribe:
	case sip_method_publish:
		return PATIENCE_T1 * t1_ms;
	default:
		return (p->request.sip->sip_to->a_tag ? PATIENCE_T1 : PATIENCE_LONG_T1) * t1_ms;
	}
}

/* 0 or a status */
static int send_on(struct proxied *p)
{
	struct message_request request = {
	    .ua = p->ua,
	    .path = &p->way.to,
	    .uri = "", /* the message has one */
	    .callback = p->request.irq ? on_response : NULL,
	    .magic = p->request.irq ? p : NULL,
	};
	msg_t *msg = make_request(p);
	unsigned ms = patience_ms(p);

	if (!msg)
		return 500;
	proxied_stack_begin(p->ua);
	p->out = message_send_again(&request, msg);
	proxied_stack_end(p->ua);
	if (!p->out)
		return 500;
	p->state = PROXIED_WAITING;
	if (ms)
		schedule(p, ms);
	if (!p->request.irq)
		proxied_free(p); /* nobody answers an ACK */
	return 0;
}

/* ---- names */

static void looked_up(void *arg, int error, const struct resolve_answer *answer)
{
	struct proxied *p = arg;
	struct proxy_name *name = talloc_zero(p, struct proxy_name);

	p->question = NULL;
	if (!name) {
		refuse(p, 500);
		return;
	}
	name->target = p->way.question;
	for (unsigned i = 0; !error && i < answer->count && i < PROXY_HOPS_MAX; i++) {
		name->hops[i].address = answer->addresses[i];
		name->hops[i].transport = answer->transports[i];
		name->count++;
	}
	p->request.names[p->request.names_count++] = name;
	go_on(p);
}

static int look_up(struct proxied *p)
{
	p->state = PROXIED_LOOKING_UP;
	return resolve_start(p->ua->resolver, &p->way.question, looked_up, p, &p->question) ? 500
											    : 0;
}

/* The stack has answered it 200, and would answer the INVITE 487. */
static int on_cancel(struct dialog *magic, nta_incoming_t *irq, const sip_t *sip)
{
	struct proxied *p = (struct proxied *)magic;

	if (!sip || sip->sip_request->rq_method != sip_method_cancel)
		return 0;
	p->ua->leaves_cancel = true;
	nta_agent_set_params(p->ua->agent, NTATAG_CANCEL_487(0), TAG_END());
	cancel(p, sip->sip_reason);
	return 0;
}

int proxied_begin(struct proxied *p, int rc)
{
	nta_incoming_t *irq = p->request.irq;
	bool ack = method_of(p) == sip_method_ack;

	if (p->request.manager_sends)
		mailbox_learn(p->ua, p->request.sip);
	if (ack)
		p->request.irq = NULL;
	else if (is_invite(p))
		message_reply(p->ua, irq, NULL, 100, TAG_END());
	rc = rc == PROXY_LOOKS_UP ? look_up(p) : send_on(p);
	if (rc) {
		p->request.irq = NULL;
		proxied_free(p);
	} else if (!ack) {
		nta_incoming_bind(irq, on_cancel, (struct dialog *)p);
	}
	return rc;
}

/* More is known: a name, or that a hop does not do. */
static void go_on(struct proxied *p)
{
	int rc = p->ua->phones.route ? proxy_find_way(&p->request, &p->way) : 0;

	if (rc == 0) {
		serve_here(p);
		return;
	}
	if (rc == PROXY_LOOKS_UP)
		rc = look_up(p);
	else if (rc == 1)
		rc = send_on(p);
	if (rc == 503)
		refuse_without_manager(p);
	else if (rc)
		refuse(p, rc);
}

/* ---- hops that do not do */

/* Calls and the watch over the call managers hear of it (target_health.h). sip: its answer, NULL: it
 * has given none. */
static void note_health(const struct proxied *p, const sip_t *sip)
{
	struct proxy_flow hop = hop_of(p);
	char name[TARGET_HEALTH_NAME_MAX];
	uint64_t excused_s = 0;

	if (!goes_to_manager(p))
		return;
	target_health_name(&hop.address, hop.transport, name);
	if (sip && sip->sip_status->st_status != 503) {
		target_health_works(p->ua->health, name);
		return;
	}
	if (sip && sip->sip_retry_after)
		excused_s = sip->sip_retry_after->af_delta;
	if (excused_s > TARGET_HEALTH_EXCUSED_MAX_S)
		excused_s = TARGET_HEALTH_EXCUSED_MAX_S;
	target_health_set(p->ua->health, name,
			  excused_s ? TARGET_HEALTH_EXCUSED : TARGET_HEALTH_FAILING,
			  target_health_now_ms(), excused_s ? excused_s * 1000 : HEALTH_BRIEF_MS);
}

static void send_cancel(struct proxied *p, const sip_reason_t *reason)
{
	nta_outgoing_tcancel(p->out, NULL, NULL, TAG_IF(reason, SIPTAG_REASON(reason)), TAG_END());
	statistics_sent_request(sip_method_cancel);
	loop_kick(p->ua->loop);
}

static void leave_hop(struct proxied *p)
{
	struct proxy_request *r = &p->request;

	osmo_timer_del(&p->timer);
	if (is_invite(p) && nta_outgoing_status(p->out) < 200)
		send_cancel(p, NULL);
	nta_outgoing_destroy(p->out);
	p->out = NULL;
	if (r->failed_count < PROXY_HOPS_MAX)
		r->failed[r->failed_count++] = hop_of(p);
}

/* status: 408 or 503, said: by the hop itself */
static void hop_failed(struct proxied *p, int status, bool said)
{
	bool over = said && p->state == PROXIED_PROCEEDING;
	bool managed = !p->request.manager_sends && goes_to_manager(p);

	LOGP(DSIP, LOGL_INFO, "%s %s: the next hop has not answered (%d)\n",
	     p->request.sip->sip_request->rq_method_name, p->request.sip->sip_call_id->i_id,
	     status);
	leave_hop(p);
	if (managed && !said && is_invite(p) && proxied_close_spiral(p))
		return;
	if (p->request.failed_count == PROXY_HOPS_MAX || over)
		managed ? refuse_without_manager(p) : refuse(p, status == 408 ? 408 : 500);
	else if (managed)
		go_on(p);
	else if (status == 408 && !is_invite(p))
		proxied_free(p); /* it comes too late (RFC 4320) */
	else
		refuse(p, status == 503 ? 500 : status); /* RFC 3261 16.7 step 6 */
}

void proxied_manager_is_gone(struct proxied *p)
{
	struct proxy_flow source = {p->request.from.remote, p->request.from.socket->transport};
	struct proxy_flow hop;

	if (p->state != PROXIED_WAITING && p->state != PROXIED_TRYING &&
	    p->state != PROXIED_PROCEEDING)
		return;
	hop = hop_of(p);
	if (!p->request.manager_sends && proxy_manager_at(p->ua, &hop) == PHONE_MANAGER_GONE)
		hop_failed(p, 503, false);
	else if (is_invite(p) && p->request.manager_sends &&
		 p->ua->phones.manager(p->ua->phones.arg, &source.address, source.transport,
				       true) == PHONE_MANAGER_GONE)
		cancel(p, NULL); /* else it would ring for nobody */
}

static void cancel(struct proxied *p, const sip_reason_t *reason)
{
	if (p->state == PROXIED_LOOKING_UP) {
		refuse(p, 487);
	} else if (p->state < PROXIED_CANCELLED && is_invite(p)) {
		send_cancel(p, reason);
		p->state = PROXIED_CANCELLED;
		schedule(p, p->ua->config.timer_b_ms);
	}
}

static void on_timer(void *data)
{
	struct proxied *p = data;

	switch (p->state) {
	case PROXIED_WAITING:
		if (is_invite(p) || !p->request.sip->sip_to->a_tag)
			note_health(p, NULL);
		hop_failed(p, 408, false);
		break;
	case PROXIED_TRYING:
	case PROXIED_PROCEEDING: /* timer C */
		cancel(p, NULL);
		break;
	case PROXIED_CANCELLED:
		refuse(p, 487);
		break;
	default:
		proxied_free(p);
	}
}

/* ---- responses */

/* vias: that it has too many. -EINVAL: it has no way up. */
static int send_up(struct proxied *p, msg_t *msg, unsigned vias)
{
	sip_t *sip = sip_object(msg);
	int status = sip->sip_status->st_status;

	for (unsigned i = 0; i < vias && sip->sip_via; i++)
		sip_via_remove(msg, sip);
	if (!sip->sip_via) {
		msg_destroy(msg);
		return -EINVAL;
	}
	proxied_stack_begin(p->ua);
	if (nta_incoming_mreply(p->request.irq, msg) == 0)
		statistics_sent_response(status);
	proxied_stack_end(p->ua);
	loop_kick(p->ua->loop);
	return 0;
}

/* out: whose response it is. */
static int pass_up(struct proxied *p, nta_outgoing_t *out)
{
	return send_up(p, nta_outgoing_getresponse(out), p->vias);
}

void proxied_own(struct proxied *p)
{
	msg_t *last = nta_outgoing_getresponse(p->out), *again = last ? msg_dup(last) : NULL;

	nta_incoming_bind(p->request.irq, on_cancel, (struct dialog *)p);
	if (again && p->state == PROXIED_PROCEEDING)
		send_up(p, again,
			p->vias - 1); /* ours it has lost when it went up to the manager */
	else if (again)
		msg_destroy(again);
	if (last)
		msg_destroy(last);
}

static void take_provisional(struct proxied *p, int status)
{
	if (status > 100 && pass_up(p, p->out) < 0)
		return;
	if (p->state == PROXIED_CANCELLED)
		return;
	if (status > 100)
		p->state = PROXIED_PROCEEDING;
	else if (p->state == PROXIED_WAITING)
		p->state = PROXIED_TRYING;
	osmo_timer_del(&p->timer);
	if (is_invite(p))
		schedule(p, TIMER_C_MS);
}

static void take_final(struct proxied *p, const sip_t *sip, int status)
{
	if (method_of(p) == sip_method_register && status < 300 && p->way.tag)
		proxy_learn(&p->request, &p->way, sip);
	if (pass_up(p, p->out) < 0) {
		refuse(p, 502);
	} else if (is_invite(p) && status < 300) {
		p->state = PROXIED_ACCEPTED;
		schedule(p, p->ua->config.timer_b_ms);
	} else {
		proxied_free(p);
	}
}

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	int status = nta_outgoing_status(out);
	struct proxied *p = magic;
	bool silent = !sip || nta_sip_is_internal(sip);

	if (p->state == PROXIED_ACCEPTED) {
		if (!silent && status >= 200 && status < 300)
			pass_up(p, out);
		return 0;
	}
	if (p->state < PROXIED_CANCELLED)
		note_health(p, silent ? NULL : sip);
	if (silent && p->state == PROXIED_CANCELLED)
		refuse(p, 487);
	else if (silent || (status == 503 && p->state < PROXIED_CANCELLED))
		hop_failed(p, sip && status == 503 ? 503 : 408, !silent);
	else if (status < 200)
		take_provisional(p, status);
	else
		take_final(p, sip, status);
	return 0;
}

bool proxied_take_stray(struct proxied *p, nta_outgoing_t *out, const sip_t *sip)
{
	if (p->state != PROXIED_ACCEPTED || p->way.to.socket->transport == PEER_TRANSPORT_UDP ||
	    strcasecmp(nta_outgoing_branch(p->out), sip->sip_via->v_branch) != 0)
		return false;
	pass_up(p, out);
	return true;
}
