// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event package kpml (RFC 4730), in calls: the digits of the other party that fit the expressions of
 * the last SUBSCRIBE. Digits that fit none and begin none are forgotten one by one, the oldest first.
 *
 * How long a digit was pressed is known when it ends: a long one is told then, with longrepeat as often as
 * its time has passed. Digits between two requests of one subscription are kept, unless the second says
 * <flush>yes</flush>. A request that cannot be read ends the subscription with a report that says so, as
 * does its end the digits that had no report yet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/call/leg.h"
#include "gateway/sip/event_packages.h"
#include "gateway/sip/kpml.h"
#include "gateway/sip/ua_private.h"

#define REPORTS_MAX 32

struct kpml_watch {
	struct subscription *s;
	struct kpml_request request;
	char digits[KPML_DIGITS_MAX + 1];
	bool too_many; /* digits were lost for want of room */
	enum {
		COLLECTS,
		TOLD,	 /* single-notify: digits are kept for the next request */
		REPLAYS, /* which has come, and wants them: from the loop */
		REFUSED, /* it could not be read: ends, from the loop */
	} state;
	unsigned refusal; /* REFUSED: enum kpml_code */
	struct kpml_response reports[REPORTS_MAX];
	unsigned reports_count;
	struct osmo_timer_list timer;
};

static void report(struct kpml_watch *w, unsigned code, const char *tag)
{
	struct kpml_response *r = &w->reports[w->reports_count];
	bool ends = w->request.persist == KPML_ONE_SHOT;

	osmo_timer_del(&w->timer);
	if (w->reports_count < REPORTS_MAX) {
		w->reports_count++;
		*r = (struct kpml_response){.code = code, .forced_flush = w->too_many};
		osmo_strlcpy(r->digits, w->digits, sizeof(r->digits));
		osmo_strlcpy(r->tag, tag, sizeof(r->tag));
	}
	w->digits[0] = '\0';
	w->too_many = false;
	w->state = w->request.persist == KPML_PERSIST ? COLLECTS : TOLD;
	if (ends)
		subscription_end(w->s, "noresource"); /* w may be gone */
	else
		subscription_changed(w->s);
}

static void collect(struct kpml_watch *w, char digit);

/* Those that came between two requests, as if they came now. */
static void replay(struct kpml_watch *w)
{
	char kept[KPML_DIGITS_MAX + 1];

	memcpy(kept, w->digits, sizeof(kept));
	w->digits[0] = '\0';
	w->state = COLLECTS;
	for (const char *c = kept; *c; c++) {
		collect(w, *c);
		if (w->state == TOLD && w->request.persist == KPML_ONE_SHOT)
			return;
	}
}

static void on_timer(void *data)
{
	struct kpml_watch *w = data;
	unsigned regex = 0;
	enum kpml_fit fit;

	if (w->state == REPLAYS) {
		replay(w);
		return;
	}
	if (w->state == REFUSED) {
		w->request.persist = KPML_ONE_SHOT;
		w->digits[0] = '\0';
		report(w, w->refusal, "");
		return;
	}
	fit = kpml_match(&w->request, w->digits, &regex);
	if (fit == KPML_FIT || fit == KPML_FIT_MAYBE_MORE)
		report(w, KPML_FITS, w->request.regex[regex].tag);
	else if (!w->request.no_partial)
		report(w, KPML_TIMED_OUT, "");
	else
		w->digits[0] = '\0';
}

static void wait_for(struct kpml_watch *w, unsigned ms)
{
	osmo_timer_schedule(&w->timer, ms / 1000, ms % 1000 * 1000);
}

static void look(struct kpml_watch *w)
{
	unsigned regex = 0;
	enum kpml_fit fit = kpml_match(&w->request, w->digits, &regex);

	while (fit == KPML_NO_FIT && w->digits[0]) {
		memmove(w->digits, w->digits + 1, strlen(w->digits));
		fit = kpml_match(&w->request, w->digits, &regex);
	}
	osmo_timer_del(&w->timer);
	if (!w->digits[0])
		return;
	if (fit == KPML_FIT && !w->request.enter_key)
		report(w, KPML_FITS, w->request.regex[regex].tag);
	else if (fit == KPML_FIT)
		wait_for(w, w->request.extra_ms);
	else
		wait_for(w, fit == KPML_MORE ? w->request.interdigit_ms : w->request.critical_ms);
}

/* The oldest goes if there are too many. */
static void append(struct kpml_watch *w, char digit)
{
	size_t count = strlen(w->digits);

	if (count == KPML_DIGITS_MAX) {
		memmove(w->digits, w->digits + 1, count--);
		w->too_many = true;
	}
	w->digits[count++] = digit;
	w->digits[count] = '\0';
}

/* A digit that those before it cannot take. true: it is used up. */
static bool end_before(struct kpml_watch *w, char digit)
{
	bool enter = w->request.enter_key && digit == w->request.enter_key;
	unsigned regex = 0;

	switch (kpml_match(&w->request, w->digits, &regex)) {
	case KPML_FIT:
	case KPML_FIT_MAYBE_MORE:
		report(w, KPML_FITS, w->request.regex[regex].tag);
		return enter;
	case KPML_MORE:
		if (enter)
			report(w, KPML_ENTERED, "");
		return enter;
	default:
		return false;
	}
}

static void collect(struct kpml_watch *w, char digit)
{
	char more[KPML_DIGITS_MAX + 2];
	unsigned regex;

	if (w->state == REFUSED)
		return;
	if (w->state != COLLECTS) {
		append(w, digit);
		return;
	}
	snprintf(more, sizeof(more), "%s%c", w->digits, digit);
	if (w->digits[0] && kpml_match(&w->request, more, &regex) == KPML_NO_FIT &&
	    end_before(w, digit))
		return;
	if (w->state == TOLD && w->request.persist == KPML_ONE_SHOT)
		return; /* the subscription has ended */
	append(w, digit);
	if (w->state == COLLECTS)
		look(w);
}

static void on_digit(struct subscription *s, const struct leg_digit *digit)
{
	struct kpml_watch *w = subscription_data(s);
	bool is_long = w->request.long_ms && digit->duration_ms >= w->request.long_ms;
	unsigned times =
	    is_long && w->request.long_repeat ? digit->duration_ms / w->request.long_ms : 1;
	bool ends = w->request.persist == KPML_ONE_SHOT;

	if (times > KPML_DIGITS_MAX)
		times = KPML_DIGITS_MAX;
	while (times-- && !(ends && w->state == TOLD))
		collect(w, kpml_digit(digit->digit, is_long));
}

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	struct kpml_watch *w = subscription_data(s);
	struct kpml_response first;

	if (!w->reports_count && subscription_is_ending(s)) {
		first = (struct kpml_response){.code = KPML_EXPIRED, .forced_flush = w->too_many};
		osmo_strlcpy(first.digits, w->digits, sizeof(first.digits));
		return kpml_write_response(&first, text, size);
	}
	if (!w->reports_count)
		return 0;
	first = w->reports[0];
	w->reports_count--;
	memmove(w->reports, w->reports + 1, w->reports_count * sizeof(first));
	return kpml_write_response(&first, text, size);
}

static int forget(struct kpml_watch *w)
{
	osmo_timer_del(&w->timer);
	return 0;
}

static int read_subject(struct subscription *s, const sip_t *sip)
{
	struct kpml_watch *w = subscription_data(s);
	const sip_content_type_t *type = sip->sip_content_type;
	struct kpml_request request;
	int rc;

	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return w ? 200 : 400; /* refreshed as it is */
	if (!type || !type->c_type || strcasecmp(type->c_type, "application/kpml-request+xml"))
		return 415;
	memset(&request, 0, sizeof(request));
	rc = kpml_read_request(sip->sip_payload->pl_data, sip->sip_payload->pl_len, &request);
	if (!w) {
		w = talloc_zero(s, struct kpml_watch);
		if (!w)
			return 500;
		w->s = s;
		osmo_timer_setup(&w->timer, on_timer, w);
		talloc_set_destructor(w, forget);
		subscription_set_data(s, w);
	}
	w->request = request;
	osmo_timer_del(&w->timer);
	if (request.flush)
		w->digits[0] = '\0';
	w->state = rc ? REFUSED : w->digits[0] ? REPLAYS : COLLECTS;
	w->refusal = rc == -E2BIG ? KPML_TOO_MANY_REGEX : KPML_BAD_DOCUMENT;
	if (w->state != COLLECTS)
		osmo_timer_schedule(&w->timer, 0, 0);
	return 200;
}

const struct event_package event_kpml = {
    .name = "kpml",
    .content_type = "application/kpml-response+xml",
    .expires_s = 7200, /* RFC 4730 4.4 */
    .in_call_only = true,
    .read = read_subject,
    .write = write_document,
    .digit = on_digit,
};
