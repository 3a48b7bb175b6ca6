// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/refer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/message.h"
#include "gateway/sip/notifier.h"
#include "gateway/sip/place.h"
#include "gateway/sip/replaces.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/uri_param_private.h"

#define EXPIRES_S 300 /* longer than any call rings */

enum refer_state {
	REFER_WORKING,
	REFER_LEFT, /* the same; the far end has ended the call and waits for the news */
	REFER_TOLD, /* the last NOTIFY is out */
	REFER_OVER, /* it was answered, or nobody listens */
};

struct refer { /* of the far end */
	enum refer_state state;
	bool quiet;		   /* no subscription */
	char event[48];		   /* "refer;id=3" */
	struct notifier *notifier; /* the REFER came outside the dialog; else NULL */
	unsigned ringing_told;
	struct dialog_end *end; /* once the leg is released, or NULL */
};

/* ---- NOTIFY */

static void let_go(struct leg_sip *l)
{
	struct refer *r = l->refer;
	struct dialog *d = l->dialog;

	r->state = REFER_OVER;
	if (!r->end || !d)
		return;
	l->dialog = NULL;
	dialog_release(d, r->end);
}

/* Answered, or never (408): a far end that does not know the subscription ends it (RFC 6665 4.2.2).
 */
static void on_notify_answered(void *arg, unsigned status)
{
	struct leg_sip *l = arg;
	struct refer *r = l->refer;

	if (!r)
		return;
	if (status >= 300)
		r->quiet = true;
	if (r->state == REFER_TOLD)
		let_go(l);
}

static int send_notify(struct leg_sip *l, const struct dialog_message *message)
{
	struct notifier *notifier = l->refer->notifier;

	if (notifier)
		return notifier_send(notifier, message->headers, message->content_type,
				     message->body);
	return l->dialog ? dialog_send(l->dialog, message) : -EINVAL;
}

static void notify(struct leg_sip *l, unsigned status, const char *phrase)
{
	struct refer *r = l->refer;
	bool last = status >= 200;
	char headers[160], body[96];
	struct dialog_message message = {
	    .method = "NOTIFY",
	    .content_type = "message/sipfrag;version=2.0",
	    .body = body,
	    .headers = headers,
	    .done = on_notify_answered,
	    .arg = l,
	};

	if (r->state != REFER_WORKING && r->state != REFER_LEFT)
		return;
	if (last)
		r->state = REFER_TOLD;
	snprintf(body, sizeof(body), "SIP/2.0 %u %s\r\n", status, phrase);
	if (last)
		snprintf(headers, sizeof(headers),
			 "Event: %s\r\nSubscription-State: terminated;reason=noresource\r\n",
			 r->event);
	else
		snprintf(headers, sizeof(headers),
			 "Event: %s\r\nSubscription-State: active;expires=%u\r\n", r->event,
			 EXPIRES_S);
	if ((r->quiet || send_notify(l, &message)) && last)
		let_go(l);
}

void refer_news(struct leg *leg, enum leg_transfer_state state, const struct cause *cause)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	unsigned status = cause && cause->answer ? cause->answer : 500;

	if (!l->refer)
		return;
	switch (state) {
	case LEG_TRANSFER_RINGING:
		notify(l, 180, sip_status_phrase(180));
		break;
	case LEG_TRANSFER_DONE:
		notify(l, 200, sip_status_phrase(200));
		break;
	case LEG_TRANSFER_FAILED:
		notify(l, status, cause_sip_phrase(status));
		break;
	}
}

bool refer_delays_release(struct leg_sip *l, const struct dialog_end *end)
{
	struct refer *r = l->refer;

	if (!r || (r->state != REFER_TOLD && r->state != REFER_LEFT))
		return false;
	r->end = talloc_memdup(r, end, sizeof(*end));
	if (r->end)
		r->end->reason = end->reason ? talloc_strdup(r, end->reason) : NULL;
	return r->end != NULL;
}

void refer_dialog_ended(struct leg_sip *l)
{
	struct refer *r = l->refer;

	if (!r || r->state != REFER_WORKING)
		return;
	if (call_awaits_transfer(&l->leg))
		r->state = REFER_LEFT;
	else if (!r->notifier)
		let_go(l);
}

void refer_free(struct leg_sip *l)
{
	call_forget_transfer(&l->leg);
	if (l->refer)
		notifier_free(l->refer->notifier);
	talloc_free(l->refer);
	l->refer = NULL;
}

/* ---- what is wanted */

struct wanted {
	struct call_setup setup;
	struct message_origin origin;
	char target[PLAN_URI_MAX + 1], replaces[REPLACES_TEXT_MAX];
	struct leg_sip *other; /* whose dialog is to be replaced, or NULL */
};

static bool same_host(const url_t *url, const sip_addr_t *address)
{
	return address && address->a_url->url_host && url->url_host &&
	       strcasecmp(address->a_url->url_host, url->url_host) == 0;
}

/* Is its number one that the dial plan may be asked for? */
static bool is_number_here(const struct leg_sip *l, const sip_t *sip, const url_t *url)
{
	switch (place_of(l->ua, url)) {
	case PLACE_NUMBER:
	case PLACE_OURS:
	case PLACE_NEIGHBOUR:
		return true;
	case PLACE_NAME:
		if (trust_knows_name(l->ua->config.trust, url->url_host))
			return true;
		/* fall through */
	case PLACE_STRANGE:
		break;
	}
	if (url->url_type != url_sip && url->url_type != url_sips)
		return false;
	return same_host(url, sip->sip_from) || same_host(url, sip->sip_to);
}

static const char *bare_uri(const url_t *url, char text[PLAN_URI_MAX + 1])
{
	url_t bare = *url;
	int length;

	bare.url_headers = NULL;
	length = url_e(text, PLAN_URI_MAX + 1, &bare);
	return length > 0 && length <= PLAN_URI_MAX ? text : NULL;
}

static int read_target(struct leg_sip *l, const sip_t *sip, struct wanted *w)
{
	const url_t *url = sip->sip_refer_to->r_url;
	struct call_setup *setup = &w->setup;
	char method[16];
	bool here;

	if (uri_has_param(url, "method") &&
	    (uri_param(url, "method", method, sizeof(method)) < 0 || strcasecmp(method, "INVITE")))
		return 403;
	message_origin(sip, dialog_remote(l->dialog), &w->origin, &setup->origin);
	setup->origin.uris[PEER_URI_REQUEST] = bare_uri(url, w->target);
	if (!setup->origin.uris[PEER_URI_REFERRED_BY])
		setup->origin.uris[PEER_URI_REFERRED_BY] = setup->origin.uris[PEER_URI_FROM];
	setup->origin.replaces = w->replaces[0] ? w->replaces : NULL;
	if (!setup->origin.uris[PEER_URI_REQUEST])
		return 400;
	here = is_number_here(l, sip, url);
	if (identity_number(url->url_user, url->url_type == url_tel ? url->url_params : NULL,
			    &setup->called))
		return here ? 404 : 403;
	return here || office_knows_uri(l->ua->office, PEER_VOIP, setup) ? 0 : 403;
}

static int read_replaces(struct leg_sip *l, const sip_t *sip, struct wanted *w)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const sip_replaces_t *replaces = replaces_of_uri(home, sip->sip_refer_to->r_url);
	int status = 0;

	if (replaces)
		w->other = replaces_find(l->ua, replaces);
	if (replaces && !w->other && replaces_text(replaces, w->replaces))
		status = 400;
	if (w->other == l)
		status = 400;
	su_home_deinit(home);
	return status;
}

/* The stack has put a second header of a kind that stands once among the erroneous ones. */
static bool has_second(const sip_t *sip, msg_hclass_t *class)
{
	const sip_header_t *header = (const sip_header_t *)sip->sip_error;

	for (; header; header = header->sh_next)
		if (header->sh_class == class)
			return true;
	return false;
}

static int read_refer(struct leg_sip *l, const sip_t *sip, struct wanted *w)
{
	int status;

	memset(w, 0, sizeof(*w));
	if (!sip->sip_refer_to || has_second(sip, sip_refer_to_class))
		return 400;
	if (l->state != LEG_SIP_UP)
		return 403;
	if (l->refer && l->refer->state != REFER_OVER)
		return 491;
	status = read_replaces(l, sip, w);
	if (status || w->other)
		return status;
	return read_target(l, sip, w);
}

/* ---- REFER */

static bool wants_no_subscription(const sip_t *sip)
{
	const sip_refer_sub_t *sub = sip_refer_sub(sip);

	return sub && sub->rs_value && strcasecmp(sub->rs_value, "false") == 0;
}

static const struct notifier_handlers notifier_handlers = {.answered = on_notify_answered};

/* outside: the REFER, if it came so. */
static int begin(struct leg_sip *l, nta_incoming_t *outside, const sip_t *sip)
{
	bool again = l->refer && !l->refer->notifier && !outside;

	refer_free(l);
	l->refer = talloc_zero(l, struct refer);
	if (!l->refer)
		return -ENOMEM;
	l->refer->quiet = wants_no_subscription(sip);
	snprintf(l->refer->event, sizeof(l->refer->event), "refer");
	if (again) /* the first needs none, and some telephones want none (RFC 3515 2.4.6) */
		snprintf(l->refer->event, sizeof(l->refer->event), "refer;id=%u",
			 sip->sip_cseq->cs_seq);
	if (outside && notifier_new(l->ua, outside, sip, &notifier_handlers, &l->refer->notifier)) {
		refer_free(l);
		return -EINVAL;
	}
	if (outside)
		notifier_set_arg(l->refer->notifier, l);
	return 0;
}

static int receive(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip, bool outside)
{
	struct wanted w;
	struct leg_service service = {.type = LEG_REFER_ASKED};
	int status = read_refer(l, sip, &w);

	if (!status && begin(l, outside ? irq : NULL, sip))
		status = 400;
	if (status) {
		LOGP(DSIP, LOGL_NOTICE, "%s: REFER refused: %d\n", dialog_name(l->dialog), status);
		return status;
	}
	message_reply(l->ua, irq, outside ? notifier_path(l->refer->notifier) : NULL, 202,
		      TAG_IF(l->refer->quiet, SIPTAG_HEADER_STR("Refer-Sub: false")), TAG_END());
	notify(l, 100, sip_status_phrase(100));
	if (w.other) {
		service.type = LEG_TRANSFER_ASKED;
		service.other = &w.other->leg;
	} else {
		service.setup = &w.setup;
	}
	if (!call_service(&l->leg, &service))
		notify(l, 503, sip_status_phrase(503));
	return 202;
}

int refer_receive(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	return receive(l, irq, sip, false);
}

int refer_receive_outside(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_sip *l = replaces_find_target(ua, sip);

	return l && l->leg.call ? receive(l, irq, sip, true) : 403;
}
