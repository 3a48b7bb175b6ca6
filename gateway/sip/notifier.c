// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/notifier.h"

#include <errno.h>

#include <osmocom/core/talloc.h>

struct notifier {
	struct ua *ua;
	struct ua_path path;
	nta_leg_t *leg;
	const struct notifier_handlers *handlers;
	void *arg;
	struct llist_head sent;
};

struct sent_notify {
	struct llist_head entry; /* notifier->sent */
	struct notifier *notifier;
	nta_outgoing_t *out;
};

static void sent_free(struct sent_notify *sent)
{
	nta_outgoing_destroy(sent->out);
	llist_del(&sent->entry);
	talloc_free(sent);
}

static int on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct notifier *n = magic;
	int status = 405;

	if (n->handlers->request)
		status = n->handlers->request(n->arg, irq, sip);
	if (nta_incoming_status(irq) < 200)
		message_reply(n->ua, irq, &n->path, status, TAG_END());
	return status;
}

int notifier_new(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
		 const struct notifier_handlers *handlers, struct notifier **out)
{
	struct notifier *n;
	int rc;

	if (!message_target_ok(sip, true))
		return -EINVAL;
	n = talloc_zero(ua, struct notifier);
	if (!n)
		return -ENOMEM;
	n->ua = ua;
	n->handlers = handlers;
	INIT_LLIST_HEAD(&n->sent);
	rc = message_source(ua, irq, &n->path);
	if (rc)
		goto fail;
	rc = -ENOMEM;
	n->leg =
	    nta_leg_tcreate(n->path.socket->agent, on_request, n, SIPTAG_CALL_ID(sip->sip_call_id),
			    SIPTAG_FROM(sip->sip_to), SIPTAG_TO(sip->sip_from),
			    NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
	if (!n->leg || !nta_leg_tag(n->leg, nta_incoming_tag(irq, NULL)) ||
	    nta_leg_server_route(n->leg, sip->sip_record_route, sip->sip_contact) < 0)
		goto fail;
	*out = n;
	return 0;
fail:
	notifier_free(n);
	return rc;
}

void notifier_refresh(struct notifier *n, const sip_t *sip)
{
	if (message_target_ok(sip, true))
		nta_leg_server_route(n->leg, sip->sip_record_route, sip->sip_contact);
}

void notifier_set_arg(struct notifier *n, void *arg)
{
	n->arg = arg;
}

const struct ua_path *notifier_path(const struct notifier *n)
{
	return &n->path;
}

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct sent_notify *sent = magic;
	struct notifier *n = sent->notifier;
	int status = nta_outgoing_status(out);

	if (status < 200)
		return 0;
	sent_free(sent);
	n->handlers->answered(n->arg, status);
	return 0;
}

int notifier_send(struct notifier *n, const char *headers, const char *content_type,
		  const char *body)
{
	struct sent_notify *sent = talloc_zero(n, struct sent_notify);
	struct message_request request = {
	    .ua = n->ua,
	    .leg = n->leg,
	    .path = &n->path,
	    .method = sip_method_notify,
	    .name = "NOTIFY",
	    .callback = on_response,
	    .magic = sent,
	};

	if (!sent)
		return -ENOMEM;
	sent->notifier = n;
	sent->out = message_send(&request, SIPTAG_HEADER_STR(headers),
				 TAG_IF(body, SIPTAG_CONTENT_TYPE_STR(content_type)),
				 TAG_IF(body, SIPTAG_PAYLOAD_STR(body)), TAG_END());
	if (!sent->out) {
		talloc_free(sent);
		return -EIO;
	}
	llist_add_tail(&sent->entry, &n->sent);
	return 0;
}

void notifier_free(struct notifier *n)
{
	struct sent_notify *sent, *next;

	if (!n)
		return;
	llist_for_each_entry_safe (sent, next, &n->sent, entry)
		sent_free(sent);
	if (n->leg)
		nta_leg_destroy(n->leg);
	talloc_free(n);
}
