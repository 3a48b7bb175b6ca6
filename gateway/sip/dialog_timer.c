// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session timers (RFC 4028): a session that nobody refreshes in time is over.
 *
 * Whatever 2xx goes or comes sets the interval and who refreshes anew; a 2xx without Session-Expires
 * ends the timer. The refresher sends at half the interval, the other end waits until shortly before
 * its end; whoever sees it pass sends BYE.
 */
#include "gateway/sip/dialog_private.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "gateway/log/log.h"

#define INTERVAL_DEFAULT_S 1800
#define MIN_SE_DEFAULT_S 90 /* RFC 4028 5 */
#define AGAIN_MIN_MS 500    /* a refresh that was refused is not sent again later than that */
#define GRACE_S 32	    /* BYE goes this long before the end, or a third of the interval */

static uint32_t min_se(const struct dialog *d)
{
	uint32_t own = d->options.min_se_s ? d->options.min_se_s : MIN_SE_DEFAULT_S;

	return d->timer.min_se_s > own ? d->timer.min_se_s : own;
}

/* What we ask for. */
static uint32_t own_interval(const struct dialog *d)
{
	uint32_t wanted =
	    d->options.session_expires_s ? d->options.session_expires_s : INTERVAL_DEFAULT_S;

	return wanted > min_se(d) ? wanted : min_se(d);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void schedule(struct dialog *d, int64_t ms)
{
	osmo_timer_schedule(&d->timer.timer, ms / 1000, ms % 1000 * 1000);
}

static uint32_t grace(const struct dialog *d)
{
	uint32_t third = d->timer.interval_s / 3;

	return third < GRACE_S ? third : GRACE_S;
}

/* Until it is to end. */
static int64_t left_ms(const struct dialog *d)
{
	return d->timer.end_ms - now_ms() - grace(d) * 1000ll;
}

static void expire(struct dialog *d)
{
	struct dialog_news news = {.failure = DIALOG_NO_RESPONSE};

	LOGP(DSIP, LOGL_NOTICE, "%s: %s has not refreshed the session for %u s, ending it\n",
	     d->name, d->timer.refresher == REFRESHER_US ? "nothing" : "the far end",
	     d->timer.interval_s);
	d->ua->counters.sessions_expired++;
	dialog_abort(d, DIALOG_TIMEOUT_REASON, &news);
}

static void on_timer(void *data)
{
	struct dialog *d = data;
	int64_t left = left_ms(d);

	if (d->timer.refresher == REFRESHER_US && left > 0) {
		schedule(d, left);
		dialog_refresh(d);
		return;
	}
	expire(d);
}

void dialog_timer_init(struct dialog *d)
{
	osmo_timer_setup(&d->timer.timer, on_timer, d);
}

void dialog_timer_stop(struct dialog *d)
{
	d->timer.refresher = REFRESHER_NONE;
	osmo_timer_del(&d->timer.timer);
}

static void start(struct dialog *d, enum dialog_refresher refresher, unsigned long interval_s)
{
	uint32_t least = min_se(d);

	if (refresher == REFRESHER_NONE) {
		dialog_timer_stop(d);
		return;
	}
	if (interval_s > INT32_MAX)
		interval_s = INT32_MAX;
	d->timer.refresher = refresher;
	d->timer.interval_s = interval_s > least ? interval_s : least;
	d->timer.end_ms = now_ms() + d->timer.interval_s * 1000ll;
	schedule(d, refresher == REFRESHER_US ? d->timer.interval_s * 500ll : left_ms(d));
}

/* ---- requests of ours, and what comes of them */

void dialog_timer_ask(const struct dialog *d, struct timer_headers *out)
{
	bool running = d->timer.refresher != REFRESHER_NONE;

	*out = (struct timer_headers){.asks = false};
	if (!running && d->options.session_refresh == SIP_SWITCH_OFF)
		return;
	out->asks = true;
	if (running)
		snprintf(out->expires, sizeof(out->expires), "%u;refresher=%s", d->timer.interval_s,
			 d->timer.refresher == REFRESHER_US ? "uac" : "uas");
	else
		snprintf(out->expires, sizeof(out->expires), "%u", own_interval(d));
	out->limits = min_se(d) != MIN_SE_DEFAULT_S;
	snprintf(out->min_se, sizeof(out->min_se), "%u", min_se(d));
}

void dialog_timer_agreed(struct dialog *d, const sip_t *response)
{
	const sip_session_expires_t *expires = response->sip_session_expires;
	bool them = expires && expires->x_refresher && !strcasecmp(expires->x_refresher, "uas");

	if (!expires)
		dialog_timer_stop(d);
	else
		start(d, them ? REFRESHER_THEM : REFRESHER_US, expires->x_delta);
}

bool dialog_timer_raise(struct dialog *d, const sip_t *response)
{
	uint32_t before = own_interval(d);

	if (response->sip_status->st_status != 422 || !response->sip_min_se ||
	    response->sip_min_se->min_delta > INT32_MAX)
		return false;
	if (response->sip_min_se->min_delta <= min_se(d))
		return false; /* it has had that already */
	d->timer.min_se_s = response->sip_min_se->min_delta;
	if (d->timer.refresher != REFRESHER_NONE && d->timer.interval_s < d->timer.min_se_s)
		d->timer.interval_s = d->timer.min_se_s;
	LOGP(DSIP, LOGL_INFO, "%s: session interval %u s is too short, %u s are asked for\n",
	     d->name, before, own_interval(d));
	return true;
}

void dialog_timer_refused(struct dialog *d)
{
	int64_t left = left_ms(d);

	if (d->timer.refresher == REFRESHER_US && left > AGAIN_MIN_MS)
		schedule(d, left / 2);
}

/* ---- requests of the far end */

int dialog_timer_check(struct dialog *d, nta_incoming_t *irq, const sip_t *sip)
{
	const sip_session_expires_t *expires = sip->sip_session_expires;
	uint32_t least = d->options.min_se_s ? d->options.min_se_s : MIN_SE_DEFAULT_S;
	char text[16];

	if (!expires || expires->x_delta >= least || !sip_has_feature(sip->sip_supported, "timer"))
		return 0;
	snprintf(text, sizeof(text), "%u", least);
	message_reply(d->ua, irq, NULL, 422, SIPTAG_MIN_SE_STR(text), TAG_END());
	d->ua->counters.intervals_refused++;
	return 422;
}

/* RFC 4028 9, table 2: the far end's wish stands; a far end that knows no timers is refreshed by us,
 * but only if somebody asked. */
void dialog_timer_answer(struct dialog *d, const sip_t *request, struct timer_headers *out)
{
	const sip_session_expires_t *expires = request->sip_session_expires;
	bool able = sip_has_feature(request->sip_supported, "timer");
	bool them =
	    able && expires && (!expires->x_refresher || strcasecmp(expires->x_refresher, "uas"));

	*out = (struct timer_headers){.asks = false};
	if (!expires && (!able || d->options.session_refresh == SIP_SWITCH_OFF)) {
		dialog_timer_stop(d);
		return;
	}
	start(d, them ? REFRESHER_THEM : REFRESHER_US,
	      expires ? expires->x_delta : own_interval(d));
	out->asks = true;
	out->required = them;
	snprintf(out->expires, sizeof(out->expires), "%u;refresher=%s", d->timer.interval_s,
		 them ? "uac" : "uas");
}
