// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/subscription.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/digit_relay.h"
#include "gateway/sip/event_packages.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/notifier.h"
#include "gateway/sip/source_limit.h"
#include "gateway/sip/subscription_request.h"

#define RETRY_AFTER "60"
#define SOURCES_HASH_BITS 8
#define LINES_LATER_US 50000 /* several changes of a line are told as one */

enum subscription_state {
	SUBSCRIPTION_ACTIVE,
	SUBSCRIPTION_ENDING, /* the last NOTIFY is out, or about to be */
	SUBSCRIPTION_OVER,   /* of a call, which has ended or goes on without it */
};

struct subscription {
	struct llist_head entry;      /* subscriptions->list */
	struct hlist_node of_source;  /* subscriptions->sources */
	struct hlist_node in_leg;     /* leg->subscriptions */
	struct llist_head of_changed; /* subscriptions->changed; empty: it is not in it */
	struct subscriptions *all;
	const struct event_package *package;
	enum subscription_state state;
	struct subscription_about about;
	void *data;		   /* the package's */
	char event[128];	   /* as in struct subscription_request */
	const char *reason;	   /* ENDING: why */
	bool known;		   /* who watches is: see watcher.h */
	struct notifier *notifier; /* its own dialog, or NULL */
	struct leg_sip *leg;	   /* whose dialog it shares, or NULL */
	struct sockaddr_storage remote;
	struct source_prefix source; /* the same */
	struct osmo_timer_list expires, interval;
	struct line_listener line;
	unsigned unanswered; /* NOTIFYs under way */
	bool full;	     /* the next one tells everything */
	unsigned long notifies;
};

struct subscriptions {
	struct ua *ua;
	struct llist_head list;
	unsigned count; /* those that are not OVER */
	DECLARE_HASHTABLE(sources, SOURCES_HASH_BITS);
	struct llist_head changed; /* those whose line has */
	struct osmo_timer_list lines_later;
	struct subscription_counters counters;
};

/* ---- life */

static void subscription_free(struct subscription *s)
{
	s->all->count -= s->state != SUBSCRIPTION_OVER;
	hash_del(&s->of_source);
	hash_del(&s->in_leg);
	llist_del(&s->of_changed);
	osmo_timer_del(&s->expires);
	osmo_timer_del(&s->interval);
	line_states_unlisten(&s->line);
	notifier_free(s->notifier);
	llist_del(&s->entry);
	talloc_free(s);
}

static void retire(struct subscription *s)
{
	if (s->state != SUBSCRIPTION_OVER) {
		s->all->counters.ended++;
		s->all->count--;
	}
	s->state = SUBSCRIPTION_OVER;
	hash_del(&s->of_source);
	if (s->leg)
		digit_relay_update(s->leg);
	osmo_timer_del(&s->expires);
	osmo_timer_del(&s->interval);
	line_states_unlisten(&s->line);
	if (!s->leg) /* those of a call are waited for by its NOTIFYs: they go with the leg */
		subscription_free(s);
}

static void line_changed(void *arg)
{
	struct subscription *s = arg;

	if (llist_empty(&s->of_changed))
		llist_add_tail(&s->of_changed, &s->all->changed);
	if (!osmo_timer_pending(&s->all->lines_later))
		osmo_timer_schedule(&s->all->lines_later, 0, LINES_LATER_US);
}

static void tell_of_lines(void *arg)
{
	struct subscriptions *all = arg;
	struct subscription *s;

	while (!llist_empty(&all->changed)) {
		s = llist_first_entry(&all->changed, struct subscription, of_changed);
		llist_del_init(&s->of_changed);
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
	INIT_LLIST_HEAD(&all->changed);
	hash_init(all->sources);
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
	if (s->leg)
		digit_relay_update(s->leg);
	osmo_timer_del(&s->expires);
	flush(s);
}

static void expired(void *data)
{
	subscription_end(data, "timeout");
}

/* ---- SUBSCRIBE */

/* Or to the one call that it is about. */
static int listen_to_line(struct subscription *s)
{
	struct line_states *lines = s->all->ua->line_states;

	s->line.changed = line_changed;
	s->line.arg = s;
	if (!s->about.call_id[0])
		return line_states_listen(lines, s->about.number, &s->line) ? 500 : 200;
	line_states_listen_call(lines, s->about.call_id, &s->line);
	return 200;
}

static int refuse(struct ua *ua, nta_incoming_t *irq, int status)
{
	char events[SUBSCRIPTION_EVENTS_MAX];

	subscription_events(ua, events);
	ua->counters.requests_refused++;
	ua->subscriptions->counters.refused++;
	message_reply(ua, irq, NULL, status, TAG_IF(status == 489, SIPTAG_ALLOW_EVENTS_STR(events)),
		      TAG_IF(status == 423, SIPTAG_MIN_EXPIRES_STR(
						OSMO_STRINGIFY_VAL(SUBSCRIPTION_EXPIRES_MIN_S))),
		      TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR(RETRY_AFTER)), TAG_END());
	return status;
}

/* The request is good: its answer, and then a NOTIFY. */
static int accept_request(struct subscription *s, nta_incoming_t *irq,
			  const struct subscription_request *w)
{
	char events[SUBSCRIPTION_EVENTS_MAX];
	const struct ua_path *path = s->notifier ? notifier_path(s->notifier) : NULL;
	struct ua_path source;
	char expires[16];

	snprintf(expires, sizeof(expires), "%lu", w->expires_s);
	if (!path && !message_source(s->all->ua, irq, &source))
		path = &source;
	subscription_events(s->all->ua, events);
	message_reply(s->all->ua, irq, path, 200, SIPTAG_EXPIRES_STR(expires),
		      SIPTAG_ALLOW_EVENTS_STR(events), TAG_END());
	if (!w->expires_s) {
		subscription_end(s, "timeout");
		return 200;
	}
	osmo_timer_schedule(&s->expires, w->expires_s, 0);
	if (s->leg)
		digit_relay_update(s->leg);
	s->full = true;
	flush(s);
	return 200;
}

/* Again, or no more. */
static int refresh(struct subscription *s, nta_incoming_t *irq, const sip_t *sip,
		   const struct subscription_request *w)
{
	struct ua *ua = s->all->ua;
	int status = 200;

	if (s->state != SUBSCRIPTION_ACTIVE)
		return refuse(ua, irq, 481);
	if (w->expires_s && s->package->read)
		status = s->package->read(s, sip);
	if (status != 200)
		return refuse(ua, irq, status);
	if (s->notifier)
		notifier_refresh(s->notifier, sip);
	return accept_request(s, irq, w);
}

static int on_request(void *arg, nta_incoming_t *irq, const sip_t *sip)
{
	struct subscription *s = arg;
	struct subscription_request w = {.known = s->known, .again = true, .about = s->about};
	int status;

	if (sip->sip_request->rq_method != sip_method_subscribe)
		return 405;
	status = subscription_read(s->all->ua, sip, NULL, &w);
	if (w.package && strcmp(w.event, s->event) != 0)
		status = 403; /* RFC 6665 4.5.2: one dialog, one subscription */
	return status == 200 ? refresh(s, irq, sip, &w) : refuse(s->all->ua, irq, status);
}

static const struct notifier_handlers notifier_handlers = {
    .answered = on_answered,
    .request = on_request,
};

static bool has_room(const struct subscriptions *all, const struct source_prefix *source)
{
	unsigned own = 0, max = all->ua->config.watchers.max;
	const struct subscription *s;

	if (!max)
		max = WATCHER_SUBSCRIPTIONS_MAX;
	hash_for_each_possible(all->sources, s, of_source, source_prefix_hash(source))
	{
		own += source_prefix_equal(&s->source, source);
	}
	return all->count < max && own < SUBSCRIPTIONS_PER_SOURCE_MAX;
}

/* What it asks for, and the package's part of it. 200 or a status. */
static int prepare(struct subscription *s, nta_incoming_t *irq, const sip_t *sip)
{
	int status = 200;

	if (s->package->read)
		status = s->package->read(s, sip);
	if (status == 200 && s->package->of_line)
		status = listen_to_line(s);
	if (status != 200 || s->leg)
		return status;
	if (notifier_new(s->all->ua, irq, sip, &notifier_handlers, &s->notifier))
		return 400;
	notifier_set_arg(s->notifier, s);
	return 200;
}

/* A new one. leg NULL: in a dialog of its own. */
static int begin(struct ua *ua, struct leg_sip *leg, nta_incoming_t *irq, const sip_t *sip,
		 const struct subscription_request *w)
{
	struct subscription *s;
	struct source_prefix source;
	struct ua_path path;
	int status = 500;

	if (message_source(ua, irq, &path))
		return refuse(ua, irq, status);
	if (w->known) /* telephones of one site may share an IPv6 network */
		source_limit_host((const struct sockaddr *)&path.remote, &source);
	else
		source_limit_prefix((const struct sockaddr *)&path.remote, &source);
	if (!has_room(ua->subscriptions, &source))
		return refuse(ua, irq, 503);
	s = talloc_zero(ua->subscriptions, struct subscription);
	if (!s)
		return refuse(ua, irq, status);
	s->all = ua->subscriptions;
	s->package = w->package;
	s->known = w->known;
	s->about = w->about;
	s->remote = path.remote;
	s->source = source;
	s->leg = leg;
	memcpy(s->event, w->event, sizeof(s->event));
	osmo_timer_setup(&s->expires, expired, s);
	osmo_timer_setup(&s->interval, interval_over, s);
	llist_add_tail(&s->entry, &s->all->list);
	INIT_LLIST_HEAD(&s->of_changed);
	hash_add(s->all->sources, &s->of_source, source_prefix_hash(&source));
	if (leg)
		hlist_add_head(&s->in_leg, &leg->subscriptions);
	s->all->count++;
	status = prepare(s, irq, sip);
	if (status != 200) {
		subscription_free(s);
		return refuse(ua, irq, status);
	}
	s->all->counters.accepted++;
	return accept_request(s, irq, w);
}

int subscription_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, bool known)
{
	struct subscription_request w = {.known = known};
	int status = subscription_read(ua, sip, NULL, &w);

	return status == 200 ? begin(ua, NULL, irq, sip, &w) : refuse(ua, irq, status);
}

int subscription_receive_in_call(struct leg_sip *l, nta_incoming_t *irq, const sip_t *sip)
{
	struct subscription_request w = {.package = NULL};
	int status = subscription_read(l->ua, sip, l, &w);
	struct subscription *s;

	if (l->state != LEG_SIP_UP && l->state != LEG_SIP_ALERTING)
		status = 481;
	if (status != 200)
		return refuse(l->ua, irq, status);
	hlist_for_each_entry(s, &l->subscriptions,
			     in_leg) if (s->state != SUBSCRIPTION_OVER &&
					 strcmp(w.event, s->event) == 0) return refresh(s, irq, sip,
											&w);
	return begin(l->ua, l, irq, sip, &w);
}

void subscriptions_change(struct ua *ua)
{
	struct subscription *s, *next;

	llist_for_each_entry_safe (s, next, &ua->subscriptions->list, entry)
		if (s->package->of_line && !s->leg &&
		    !watcher_is_allowed(ua, s->known, s->about.number))
			subscription_end(s, "rejected");
}

void subscription_leg_ended(struct leg_sip *l)
{
	struct hlist_node *next;
	struct subscription *s;

	hlist_for_each_entry_safe(s, next, &l->subscriptions, in_leg)
	{
		if (s->state == SUBSCRIPTION_OVER)
			continue;
		subscription_end(s, "noresource");
		retire(s);
	}
}

void subscription_leg_freed(struct leg_sip *l)
{
	struct hlist_node *next;
	struct subscription *s;

	if (!l->ua->subscriptions) /* they have gone before their legs */
		return;
	hlist_for_each_entry_safe(s, next, &l->subscriptions, in_leg) subscription_free(s);
}

bool subscription_digit(struct leg_sip *l, const struct leg_digit *digit)
{
	struct hlist_node *next;
	struct subscription *s;
	bool told = false;

	hlist_for_each_entry_safe(s, next, &l->subscriptions, in_leg)
	{
		if (s->state != SUBSCRIPTION_ACTIVE || !s->package->digit)
			continue;
		s->package->digit(s, digit);
		told = true;
	}
	return told;
}

bool subscription_hears_digits(const struct leg_sip *l)
{
	const struct subscription *s;

	hlist_for_each_entry(s, &l->subscriptions, in_leg) if (s->state == SUBSCRIPTION_ACTIVE &&
							       s->package->digit) return true;
	return false;
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

bool subscription_is_ending(const struct subscription *s)
{
	return s->state == SUBSCRIPTION_ENDING;
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
