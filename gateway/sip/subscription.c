// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/subscription.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/event_packages.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/notifier.h"

#define RETRY_AFTER "60"
#define LINES_LATER_US 50000 /* several changes of a line are told as one */

static const struct event_package *const packages[] = {
    &event_dialog, &event_presence, &event_message_summary, &event_kpml, &event_telephone_event};

enum subscription_state {
	SUBSCRIPTION_ACTIVE,
	SUBSCRIPTION_ENDING, /* the last NOTIFY is out, or about to be */
	SUBSCRIPTION_OVER,   /* of a call, which has ended or goes on without it */
};

struct subscription {
	struct llist_head entry; /* subscriptions->list */
	struct subscriptions *all;
	const struct event_package *package;
	enum subscription_state state;
	struct subscription_about about;
	void *data;		   /* the package's */
	char event[128];	   /* value of Event: "dialog;id=7" */
	const char *reason;	   /* ENDING: why */
	struct notifier *notifier; /* its own dialog, or NULL */
	struct leg_sip *leg;	   /* whose dialog it shares, or NULL */
	struct sockaddr_storage remote;
	struct osmo_timer_list expires, interval;
	struct line_listener line;
	bool line_changed;
	unsigned unanswered; /* NOTIFYs under way */
	bool full;	     /* the next one tells everything */
	unsigned long notifies;
};

struct subscriptions {
	struct ua *ua;
	struct llist_head list;
	struct osmo_timer_list lines_later; /* there are some whose line has changed */
	struct subscription_counters counters;
};

/* ---- life */

static void subscription_free(struct subscription *s)
{
	osmo_timer_del(&s->expires);
	osmo_timer_del(&s->interval);
	line_states_unlisten(&s->line);
	notifier_free(s->notifier);
	llist_del(&s->entry);
	talloc_free(s);
}

static void retire(struct subscription *s)
{
	if (s->state != SUBSCRIPTION_OVER)
		s->all->counters.ended++;
	s->state = SUBSCRIPTION_OVER;
	osmo_timer_del(&s->expires);
	osmo_timer_del(&s->interval);
	line_states_unlisten(&s->line);
	if (!s->leg) /* those of a call are waited for by its NOTIFYs: they go with the leg */
		subscription_free(s);
}

static void line_changed(void *arg)
{
	struct subscription *s = arg;

	s->line_changed = true;
	if (!osmo_timer_pending(&s->all->lines_later))
		osmo_timer_schedule(&s->all->lines_later, 0, LINES_LATER_US);
}

static void tell_of_lines(void *arg)
{
	struct subscriptions *all = arg;
	struct subscription *s, *next;

	llist_for_each_entry_safe (s, next, &all->list, entry) {
		if (!s->line_changed)
			continue;
		s->line_changed = false;
		subscription_changed(s);
	}
}

int subscriptions_new(struct ua *ua, struct subscriptions **out)
{
	struct subscriptions *all = talloc_zero(ua, struct subscriptions);

	if (!all)
		return -ENOMEM;
	all->ua = ua;
	INIT_LLIST_HEAD(&all->list);
	osmo_timer_setup(&all->lines_later, tell_of_lines, all);
	*out = all;
	return 0;
}

void subscriptions_free(struct subscriptions *all)
{
	struct subscription *s, *next;

	if (!all)
		return;
	osmo_timer_del(&all->lines_later);
	llist_for_each_entry_safe (s, next, &all->list, entry)
		subscription_free(s);
	talloc_free(all);
}

/* ---- NOTIFY */

/* RFC 6665 4.2.2: it stays if the far end is merely out of order for a moment. */
static bool survives(unsigned status)
{
	return status < 300 || status == 491 || status == 500 || status == 503;
}

static void flush(struct subscription *s);

static void on_answered(void *arg, unsigned status)
{
	struct subscription *s = arg;

	s->unanswered--;
	if (s->state == SUBSCRIPTION_OVER)
		return;
	if (!survives(status)) {
		LOGP(DSIP, LOGL_NOTICE, "subscription of %s to %s ends: NOTIFY %u\n",
		     s->about.entity, s->package->name, status);
		retire(s);
	} else if (s->state == SUBSCRIPTION_ENDING) {
		if (!s->unanswered)
			retire(s);
	} else {
		flush(s);
	}
}

static unsigned remaining_s(const struct subscription *s)
{
	struct timeval remaining;

	return osmo_timer_remaining(&s->expires, NULL, &remaining) < 0
		   ? 0
		   : (unsigned)remaining.tv_sec + (remaining.tv_usec > 0);
}

static int send_body(struct subscription *s, const char *headers, const char *body, size_t length)
{
	struct dialog_message message = {
	    .method = "NOTIFY",
	    .content_type = length ? s->package->content_type : NULL,
	    .body = body,
	    .body_size = length,
	    .headers = headers,
	    .done = on_answered,
	    .arg = s,
	};

	if (s->notifier)
		return notifier_send(s->notifier, headers, message.content_type,
				     length ? body : NULL);
	return s->leg && s->leg->dialog ? dialog_send(s->leg->dialog, &message) : -EINVAL;
}

static void notify(struct subscription *s, const char *body, size_t length)
{
	char headers[256], state[64];

	if (s->state == SUBSCRIPTION_ENDING)
		snprintf(state, sizeof(state), "terminated;reason=%s", s->reason);
	else
		snprintf(state, sizeof(state), "active;expires=%u", remaining_s(s));
	snprintf(headers, sizeof(headers), "Event: %s\r\nSubscription-State: %s\r\n", s->event,
		 state);
	s->full = false;
	s->unanswered++;
	s->notifies++;
	s->all->counters.notifies++;
	if (s->package->interval_ms)
		osmo_timer_schedule(&s->interval, s->package->interval_ms / 1000,
				    s->package->interval_ms % 1000 * 1000);
	if (send_body(s, headers, body, length)) {
		s->unanswered--;
		retire(s);
	}
}

/* Tells what there is to tell, unless it must wait: then this is called again. */
static void flush(struct subscription *s)
{
	bool ending = s->state == SUBSCRIPTION_ENDING;
	char body[SUBSCRIPTION_BODY_MAX];
	size_t length;

	if (!ending && !s->full && (s->unanswered || osmo_timer_pending(&s->interval)))
		return;
	length = s->package->write(s, s->full || ending, body, sizeof(body));
	if (length || s->full || ending)
		notify(s, body, length);
}

static void interval_over(void *data)
{
	flush(data);
}

void subscription_changed(struct subscription *s)
{
	if (s->state == SUBSCRIPTION_ACTIVE)
		flush(s);
}

void subscription_end(struct subscription *s, const char *reason)
{
	if (s->state != SUBSCRIPTION_ACTIVE)
		return;
	s->state = SUBSCRIPTION_ENDING;
	s->reason = reason;
	osmo_timer_del(&s->expires);
	flush(s);
}

static void expired(void *data)
{
	subscription_end(data, "timeout");
}

/* ---- SUBSCRIBE */

const char *subscription_events(void)
{
	static char text[128];

	if (!text[0])
		for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 i ? ", " : "", packages[i]->name);
	return text;
}

static const struct event_package *find_package(const sip_t *sip)
{
	const char *name = sip->sip_event ? sip->sip_event->o_type : NULL;

	for (size_t i = 0; name && i < ARRAY_SIZE(packages); i++)
		if (strcasecmp(packages[i]->name, name) == 0)
			return packages[i];
	return NULL;
}

/* A SUBSCRIBE without Accept takes what is usual for the package. */
static bool is_accepted(const sip_t *sip, const struct event_package *package)
{
	const sip_accept_t *accept;

	for (accept = sip->sip_accept; accept; accept = accept->ac_next) {
		const char *type = accept->ac_type;
		size_t slash = type ? strcspn(type, "/") : 0;

		if (!type)
			continue;
		if (strcasecmp(type, package->content_type) == 0 || strcmp(type, "*/*") == 0)
			return true;
		if (strcmp(type + slash, "/*") == 0 &&
		    strncasecmp(type, package->content_type, slash + 1) == 0)
			return true;
	}
	return !sip->sip_accept;
}

struct wanted {
	const struct event_package *package;
	unsigned long expires_s;
	int status; /* 200, or it is refused */
};

static struct wanted read_wanted(const sip_t *sip, bool in_call)
{
	struct wanted w = {.package = find_package(sip), .status = 200};

	if (!w.package || (w.package->in_call_only && !in_call)) {
		w.status = 489;
		return w;
	}
	w.expires_s = sip->sip_expires ? sip->sip_expires->ex_delta : w.package->expires_s;
	if (w.expires_s > w.package->expires_s)
		w.expires_s = w.package->expires_s;
	if (w.expires_s && w.expires_s < SUBSCRIPTION_EXPIRES_MIN_S)
		w.status = 423;
	else if (!is_accepted(sip, w.package))
		w.status = 406;
	return w;
}

/* "dialog;id=7" */
static void copy_event(struct subscription *s, const sip_t *sip)
{
	const char *id = sip->sip_event->o_id;

	if (id && strlen(id) < 64)
		snprintf(s->event, sizeof(s->event), "%s;id=%s", s->package->name, id);
	else
		snprintf(s->event, sizeof(s->event), "%s", s->package->name);
}

static bool same_event(const struct subscription *s, const sip_t *sip)
{
	struct subscription other = {.package = find_package(sip)};

	if (other.package != s->package)
		return false;
	copy_event(&other, sip);
	return strcmp(other.event, s->event) == 0;
}

/* "1%3AD", or "1:D" as it is; "2/17". The D channel may be named as `interface serial` does. */
static bool read_port(const url_t *url, char line[SUBSCRIPTION_NUMBER_MAX])
{
	char text[32], user[48];
	unsigned span, timeslot;

	if (!url->url_user || strlen(url->url_user) >= sizeof(text) ||
	    (url->url_password && strlen(url->url_password) > 8) ||
	    identity_unescape(url->url_user, strlen(url->url_user), text, sizeof(text)))
		return false;
	snprintf(user, sizeof(user), "%s%s%s", text, url->url_password ? ":" : "",
		 url->url_password ? url->url_password : "");
	span = peer_port_span(user, &timeslot);
	if (span && timeslot)
		snprintf(line, SUBSCRIPTION_NUMBER_MAX, "%u/%u", span, timeslot);
	else if (span)
		snprintf(line, SUBSCRIPTION_NUMBER_MAX, "%u:D", span);
	return span;
}

/* From its line, or, if it is about one call, from all of them. */
static int listen_to_line(struct subscription *s)
{
	s->line.changed = line_changed;
	s->line.arg = s;
	if (line_states_listen(s->all->ua->line_states,
			       s->about.call_id[0] ? NULL : s->about.number, &s->line))
		return 500;
	return 200;
}

static void read_about(const sip_t *sip, const struct leg_sip *leg, struct subscription_about *out)
{
	const url_t *url = leg ? sip->sip_to->a_url : sip->sip_request->rq_url;
	const char *params = url->url_type == url_tel ? url->url_params : NULL;
	const char *call_id =
	    sip->sip_event->o_params ? msg_params_find(sip->sip_event->o_params, "call-id=") : NULL;
	struct number number;
	url_t bare = *url;

	if (!read_port(url, out->number) && !identity_number(url->url_user, params, &number))
		number_to_e164(&number, out->number);
	bare.url_headers = bare.url_params = NULL;
	if (url_e(out->entity, sizeof(out->entity), &bare) >= (int)sizeof(out->entity))
		out->entity[0] = '\0';
	if (leg)
		call_id = dialog_name(leg->dialog);
	if (!call_id)
		return;
	if (*call_id == '"')
		call_id++;
	osmo_strlcpy(out->call_id, call_id, sizeof(out->call_id));
	if (!leg)
		out->call_id[strcspn(out->call_id, "\"")] = '\0';
}

static int refuse(struct ua *ua, nta_incoming_t *irq, int status)
{
	ua->counters.requests_refused++;
	ua->subscriptions->counters.refused++;
	message_reply(ua, irq, NULL, status,
		      TAG_IF(status == 489, SIPTAG_ALLOW_EVENTS_STR(subscription_events())),
		      TAG_IF(status == 423, SIPTAG_MIN_EXPIRES_STR(
						OSMO_STRINGIFY_VAL(SUBSCRIPTION_EXPIRES_MIN_S))),
		      TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR(RETRY_AFTER)), TAG_END());
	return status;
}

/* The request is good: its answer, and then a NOTIFY. */
static int accept_request(struct subscription *s, nta_incoming_t *irq, const struct wanted *w)
{
	const struct ua_path *path = s->notifier ? notifier_path(s->notifier) : NULL;
	struct ua_path source;
	char expires[16];

	snprintf(expires, sizeof(expires), "%lu", w->expires_s);
	if (!path && !message_source(s->all->ua, irq, &source))
		path = &source;
	message_reply(s->all->ua, irq, path, 200, SIPTAG_EXPIRES_STR(expires),
		      SIPTAG_ALLOW_EVENTS_STR(subscription_events()), TAG_END());
	if (!w->expires_s) {
		subscription_end(s, "timeout");
		return 200;
	}
	osmo_timer_schedule(&s->expires, w->expires_s, 0);
	s->full = true;
	flush(s);
	return 200;
}

/* Again, or no more. */
static int refresh(struct subscription *s, nta_incoming_t *irq, const sip_t *sip)
{
	struct wanted w = read_wanted(sip, s->leg != NULL);
	struct ua *ua = s->all->ua;
	int status = w.status;

	if (s->state != SUBSCRIPTION_ACTIVE)
		return refuse(ua, irq, 481);
	if (status == 200 && w.expires_s && s->package->read)
		status = s->package->read(s, sip);
	if (status != 200)
		return refuse(ua, irq, status);
	if (s->notifier)
		notifier_refresh(s->notifier, sip);
	return accept_request(s, irq, &w);
}

static int on_request(void *arg, nta_incoming_t *irq, const sip_t *sip)
{
	struct subscription *s = arg;

	if (sip->sip_request->rq_method != sip_method_subscribe)
		return 405;
	if (!find_package(sip))
		return refuse(s->all->ua, irq, 489);
	if (!same_event(s, sip)) /* RFC 6665 4.5.2: one dialog, one subscription */
		return refuse(s->all->ua, irq, 403);
	return refresh(s, irq, sip);
}

static const struct notifier_handlers notifier_handlers = {
    .answered = on_answered,
    .request = on_request,
};

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	struct sockaddr_storage one = *a, other = *b;

	target_address_set_port(&one, 0);
	target_address_set_port(&other, 0);
	return target_address_equal((struct sockaddr *)&one, (struct sockaddr *)&other);
}

static bool has_room(const struct subscriptions *all, const struct sockaddr_storage *remote)
{
	const struct subscription *s;
	unsigned total = 0, own = 0;

	llist_for_each_entry (s, &all->list, entry) {
		total++;
		own += same_host(&s->remote, remote);
	}
	return total < SUBSCRIPTIONS_MAX && own < SUBSCRIPTIONS_PER_SOURCE_MAX;
}

/* A new one. leg NULL: in a dialog of its own. */
static int begin(struct ua *ua, struct leg_sip *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct wanted w = read_wanted(sip, leg != NULL);
	struct subscription *s;
	struct ua_path path;
	int status = w.status;

	if (status == 200 && message_source(ua, irq, &path))
		status = 500;
	if (status == 200 && !has_room(ua->subscriptions, &path.remote))
		status = 503;
	if (status != 200)
		return refuse(ua, irq, status);
	s = talloc_zero(ua->subscriptions, struct subscription);
	if (!s)
		return refuse(ua, irq, 500);
	s->all = ua->subscriptions;
	s->package = w.package;
	s->remote = path.remote;
	s->leg = leg;
	osmo_timer_setup(&s->expires, expired, s);
	osmo_timer_setup(&s->interval, interval_over, s);
	llist_add_tail(&s->entry, &s->all->list);
	copy_event(s, sip);
	read_about(sip, leg, &s->about);
	if (s->package->read)
		status = s->package->read(s, sip);
	if (status == 200 && s->package->of_line)
		status = listen_to_line(s);
	if (status == 200 && !leg && notifier_new(ua, irq, sip, &notifier_handlers, &s->notifier))
		status = 400;
	if (status != 200) {
		subscription_free(s);
		return refuse(ua, irq, status);
	}
	if (s->notifier)
		notifier_set_arg(s->notifier, s);
	s->all->counters.accepted++;
	return accept_request(s, irq, &w);
}

int subscription_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip)
{
	return begin(ua, NULL, irq, sip);
}

int subscription_receive_in_call(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	struct subscription *s;

	if (l->state != LEG_SIP_UP && l->state != LEG_SIP_ALERTING)
		return refuse(l->ua, irq, 481);
	llist_for_each_entry (s, &l->ua->subscriptions->list, entry)
		if (s->leg == l && s->state != SUBSCRIPTION_OVER && find_package(sip) &&
		    same_event(s, sip))
			return refresh(s, irq, sip);
	return begin(l->ua, l, irq, sip);
}

void subscription_leg_ended(struct leg_sip *l)
{
	struct subscription *s, *next;

	llist_for_each_entry_safe (s, next, &l->ua->subscriptions->list, entry) {
		if (s->leg != l || s->state == SUBSCRIPTION_OVER)
			continue;
		subscription_end(s, "noresource");
		retire(s);
	}
}

void subscription_leg_freed(struct leg_sip *l)
{
	struct subscription *s, *next;

	if (!l->ua->subscriptions)
		return;
	llist_for_each_entry_safe (s, next, &l->ua->subscriptions->list, entry)
		if (s->leg == l)
			subscription_free(s);
}

bool subscription_digit(struct leg_sip *l, const struct leg_digit *digit)
{
	struct subscription *s, *next;
	bool told = false;

	llist_for_each_entry_safe (s, next, &l->ua->subscriptions->list, entry) {
		if (s->leg != l || s->state != SUBSCRIPTION_ACTIVE || !s->package->digit)
			continue;
		s->package->digit(s, digit);
		told = true;
	}
	return told;
}

/* ---- for packages */

const struct subscription_about *subscription_about(const struct subscription *s)
{
	return &s->about;
}

void *subscription_data(const struct subscription *s)
{
	return s->data;
}

void subscription_set_data(struct subscription *s, void *data)
{
	s->data = data;
}

struct ua *subscription_ua(const struct subscription *s)
{
	return s->all->ua;
}

void subscriptions_each_of(struct ua *ua, const struct event_package *package,
			   void (*fn)(struct subscription *s))
{
	struct subscription *s, *next;

	llist_for_each_entry_safe (s, next, &ua->subscriptions->list, entry)
		if (s->package == package)
			fn(s);
}

/* ---- for the console */

void subscriptions_count(const struct ua *ua, struct subscription_counters *out)
{
	const struct subscription *s;

	*out = ua->subscriptions->counters;
	llist_for_each_entry (s, &ua->subscriptions->list, entry)
		out->active += s->state == SUBSCRIPTION_ACTIVE;
}

void subscriptions_each(const struct ua *ua,
			void (*fn)(void *arg, const struct subscription_view *view), void *arg)
{
	const struct subscription *s;

	llist_for_each_entry (s, &ua->subscriptions->list, entry) {
		struct subscription_view view = {
		    .package = s->package->name,
		    .number = s->about.number,
		    .state = s->state == SUBSCRIPTION_ACTIVE ? "active" : "terminated",
		    .remaining_s = remaining_s(s),
		    .notifies = s->notifies,
		};

		target_address_text((const struct sockaddr *)&s->remote, view.remote,
				    sizeof(view.remote));
		fn(arg, &view);
	}
}
