// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/ua_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <osmocom/core/talloc.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_buffer.h>

#include "gateway/log/log.h"
#include "gateway/sip/admission.h"
#include "gateway/sip/challenge.h"
#include "gateway/sip/source_filter.h"
#include "gateway/sip/trust.h"

#define STRANGERS_MAX 4096 /* sources that are remembered: about 500 kB */
#define TRUSTED_MAX 1024
#define PHONES_MAX 16384 /* with all of a large site: about 2 MB */
#define LINES_A_SECOND 10
#define FILTER_MAX (SOURCE_FILTER_IPV4_MAX + SOURCE_FILTER_IPV6_MAX)
#define FILTER_PAUSE_MS 100 /* a new filter costs some 50 us: not for each source of a flood */
#define FILTER_LOOK_MS 1000 /* is somebody's time over? */

struct bucket { /* of all strangers together, of log lines */
	uint64_t tokens_m, filled_ms;
};

enum class {
	CLASS_STRANGER,
	CLASS_PHONE, /* telephones of the site come from there */
	CLASS_TRUSTED,
	CLASSES
};

struct admission {
	struct ua *ua;
	struct source_limit *limits[CLASSES];
	struct source_filter *filter;
	size_t filtered; /* sources in it */
	struct osmo_timer_list refresh;
	struct bucket all, lines;
	struct admission_counters counters;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static const struct admission_rules *rules_of(const struct admission *a)
{
	return &a->ua->config.admission;
}

static bool bucket_take(struct bucket *bucket, unsigned rate, uint64_t now)
{
	uint64_t passed = now - bucket->filled_ms;

	if (passed > 1000)
		passed = 1000;
	bucket->tokens_m += passed * rate;
	if (bucket->tokens_m > rate * 1000ull)
		bucket->tokens_m = rate * 1000ull;
	bucket->filled_ms = now;
	if (bucket->tokens_m < 1000)
		return false;
	bucket->tokens_m -= 1000;
	return true;
}

/* ---- who is it */

bool admission_trusts(const struct admission *a, const struct sockaddr *source)
{
	return rules_of(a)->accept_all || trust_allows(a->ua->config.trust, source);
}

static enum class class_of(const struct admission *a, const struct sockaddr *source) {
	const struct phone_book *phones = &a->ua->phones;

	if (admission_trusts(a, source)) return CLASS_TRUSTED;
	return phones->network && phones->network(phones->arg, source) ? CLASS_PHONE
								       : CLASS_STRANGER;
}

/* ---- the kernel's filter */

/* Telephones that are blocked are not in it: they are few. */
static void refresh_filter(void *data)
{
	struct source_prefix blocked[FILTER_MAX];
	struct admission *a = data;
	size_t count =
	    source_limit_blocked(a->limits[CLASS_STRANGER], now_ms(), blocked, FILTER_MAX);
	int rc;

	if (count || a->filtered) {
		rc = source_filter_set(a->filter, blocked, count);
		if (rc < 0)
			LOGP(DSIP, LOGL_ERROR, "blocked sources cannot be filtered: %s\n",
			     strerror(-rc));
	}
	a->filtered = count;
	if (count)
		osmo_timer_schedule(&a->refresh, FILTER_LOOK_MS / 1000, 0);
}

static void refresh_soon(struct admission *a)
{
	osmo_timer_schedule(&a->refresh, 0, FILTER_PAUSE_MS * 1000);
}

void admission_add_socket(struct admission *a, const struct sockaddr *bound, bool udp)
{
	char address[TARGET_ADDRESS_MAX];
	int rc = source_filter_add(a->filter, bound, udp);

	if (rc == 0)
		return;
	target_address_text(bound, address, sizeof(address));
	LOGP(DSIP, LOGL_ERROR, "no filter at %s %s: %s: blocked sources cost more there\n",
	     udp ? "udp" : "tcp", address, strerror(-rc));
}

/* ---- life */

int admission_new(void *ctx, struct ua *ua, struct admission **out)
{
	struct admission *a = talloc_zero(ctx, struct admission);

	if (!a)
		return -ENOMEM;
	a->ua = ua;
	osmo_timer_setup(&a->refresh, refresh_filter, a);
	a->limits[CLASS_STRANGER] = source_limit_new(STRANGERS_MAX, 64);
	/* all telephones of a site may be in one /64 */
	a->limits[CLASS_PHONE] = source_limit_new(PHONES_MAX, 128);
	a->limits[CLASS_TRUSTED] = source_limit_new(TRUSTED_MAX, 64);
	a->filter = source_filter_new();
	for (int class = 0; class < CLASSES; class ++)
		if (!a->limits[class])
			goto fail;
	if (!a->filter)
		goto fail;
	admission_change(a);
	*out = a;
	return 0;
fail:
	admission_free(a);
	return -ENOMEM;
}

void admission_free(struct admission *a)
{
	if (!a)
		return;
	osmo_timer_del(&a->refresh);
	for (int class = 0; class < CLASSES; class ++)
		source_limit_free(a->limits[class]);
	source_filter_free(a->filter);
	talloc_free(a);
}

void admission_change(struct admission *a)
{
	struct source_limit_rule trusted = rules_of(a)->trusted, phones = rules_of(a)->phones;

	/* who is trusted is slowed down, never shut out; a telephone only if it guesses passwords */
	trusted.block_s = phones.block_s = 0;
	phones.guess_block_s = rules_of(a)->strangers.block_s;
	source_limit_set(a->limits[CLASS_STRANGER], &rules_of(a)->strangers);
	source_limit_set(a->limits[CLASS_PHONE], &phones);
	source_limit_set(a->limits[CLASS_TRUSTED], &trusted);
}

/* ---- the log */

/* what: words of ours, never of the message. always: although there was a line lately. */
static void log_source(struct admission *a, const struct sockaddr *source, const char *what,
		       bool always)
{
	static const char *const names[] = {"stranger", "telephone", "trusted"};
	enum class class = class_of(a, source);
	unsigned messages = source_limit_log(a->limits[class], source, now_ms(), always);
	char host[TARGET_ADDRESS_MAX];

	if (!messages)
		return;
	if (!bucket_take(&a->lines, LINES_A_SECOND, now_ms())) {
		a->counters.not_logged++;
		return;
	}
	target_address_host(source, host, sizeof(host));
	LOGP(DSIP, LOGL_NOTICE, "%s %s: %s, messages %u\n", names[class], host, what, messages);
}

void admission_refused(struct admission *a, const struct sockaddr *source, const char *what)
{
	log_source(a, source, what, false);
}

static void blocked(struct admission *a, const struct sockaddr *source, const char *why)
{
	char what[64];

	a->counters.blocked++;
	refresh_soon(a);
	snprintf(what, sizeof(what), "blocked for %u s: %s", rules_of(a)->strangers.block_s, why);
	log_source(a, source, what, true);
}

void admission_failed(struct admission *a, const struct sockaddr *source)
{
	if (source_limit_fail(a->limits[class_of(a, source)], source, now_ms()))
		blocked(a, source, "wrong passwords");
	else
		admission_refused(a, source, "wrong password");
}

void admission_expect(struct admission *a, const struct sockaddr *source)
{
	if (class_of(a, source) == CLASS_STRANGER)
		source_limit_expect(a->limits[CLASS_STRANGER], source, now_ms());
}

static const struct sockaddr *source_of(msg_t *msg)
{
	return (const struct sockaddr *)msg_addr(msg);
}

/* What it sends in its calls is not limited as a stranger's is. */
void admission_passed(struct admission *a, const struct sockaddr *source)
{
	source_limit_forgive(a->limits[class_of(a, source)], source);
	admission_expect(a, source);
}

/* ---- messages */

/* A datagram is here as a whole. Without an empty line it never comes to admission_headers(). */
static bool has_end_of_headers(msg_t *msg)
{
	const char *text = msg_buf_committed_data(msg);
	size_t size = msg_buf_committed(msg);

	return memmem(text, size, "\r\n\r\n", 4) || memmem(text, size, "\n\n", 2);
}

static bool is_datagram(msg_t *msg)
{
	const su_addrinfo_t *info = msg_addrinfo(msg);

	return info && info->ai_socktype == SOCK_DGRAM;
}

static bool stranger_may_go_on(struct admission *a, msg_t *msg, bool response)
{
	const struct sockaddr *source = source_of(msg);
	uint64_t now = now_ms();
	enum source_verdict verdict = source_limit_take(a->limits[CLASS_STRANGER], source, now);

	if (verdict == SOURCE_BLOCKED)
		blocked(a, source, "too many messages");
	if (verdict != SOURCE_PASSES || (rules_of(a)->strangers_rate &&
					 !bucket_take(&a->all, rules_of(a)->strangers_rate, now))) {
		a->counters.over_limit++;
		return false;
	}
	if (response) {
		a->counters.unasked++;
		return false;
	}
	if (rules_of(a)->silent && is_datagram(msg) && !has_end_of_headers(msg)) {
		a->counters.discarded++;
		return false;
	}
	return true;
}

/* An answer makes nothing new, and it was asked for. */
static bool others_may_go_on(struct admission *a, enum class class, const struct sockaddr *source,
			     bool response)
{
	uint64_t now = now_ms();

	if (response || source_limit_take(a->limits[class], source, now) == SOURCE_PASSES)
		return true;
	a->counters.over_limit++;
	if (!source_limit_blocks(a->limits[class], source, now))
		log_source(a, source, "more than source-limit allows", false);
	return false;
}

bool admission_first_line(struct admission *a, msg_t *msg, bool response)
{
	const struct sockaddr *source = source_of(msg);
	enum class class;

	if (source->sa_family != AF_INET && source->sa_family != AF_INET6)
		return true; /* it came from no socket */
	class = class_of(a, source);
	if (class != CLASS_STRANGER)
		return others_may_go_on(a, class, source, response);
	if (!source_limit_expects(a->limits[CLASS_STRANGER], source, now_ms()))
		return stranger_may_go_on(a, msg, response);
	return others_may_go_on(a, CLASS_TRUSTED, source, response);
}

/* Nobody guesses the Call-ID of a dialog of ours. */
static bool is_in_dialog(const struct ua *ua, const sip_t *sip)
{
	const nta_agent_t *agent = NULL;

	if (!sip->sip_call_id || !sip->sip_call_id->i_id)
		return false;
	for (unsigned i = 0; i < ua->sockets_count; i++) {
		if (!ua->sockets[i].agent || ua->sockets[i].agent == agent)
			continue;
		agent = ua->sockets[i].agent;
		if (nta_leg_by_call_id(ua->sockets[i].agent, sip->sip_call_id->i_id))
			return true;
	}
	return false;
}

/* A method that is not ours is a word of the message. */
static void discarded(struct admission *a, const struct sockaddr *source, const sip_t *sip)
{
	const char *method = sip_method_name(sip->sip_request->rq_method, "request");
	char what[64];

	a->counters.discarded++;
	snprintf(what, sizeof(what), "%s discarded", method);
	admission_refused(a, source, what);
}

bool admission_headers(struct admission *a, msg_t *msg, const sip_t *sip)
{
	const struct sockaddr *source = source_of(msg);

	if (!rules_of(a)->silent || !sip->sip_request ||
	    sip->sip_request->rq_method == sip_method_ack || source->sa_family == AF_UNSPEC ||
	    class_of(a, source) != CLASS_STRANGER || challenge_applies(a->ua, sip) ||
	    is_in_dialog(a->ua, sip))
		return true;
	discarded(a, source, sip);
	return false;
}

/* ---- the console */

void admission_counters(const struct admission *a, struct admission_counters *out)
{
	*out = a->counters;
}

void admission_each(const struct admission *a,
		    bool (*fn)(void *arg, const struct source_state *state), void *arg)
{
	for (int class = 0; class < CLASS_TRUSTED; class ++)
		source_limit_each(a->limits[class], now_ms(), fn, arg);
}

void admission_clear(struct admission *a)
{
	for (int class = 0; class < CLASSES; class ++)
		source_limit_clear(a->limits[class]);
	refresh_soon(a);
}
