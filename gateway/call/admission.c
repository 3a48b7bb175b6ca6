// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * May there be another call? `call threshold`, `call spike` and `call service stop`; calls to
 * emergency numbers always may.
 */
#include "gateway/call/call_private.h"

#include <string.h>
#include <time.h>

#include "gateway/log/log.h"

#define TEMPORARY_FAILURE 41
#define SWITCH_CONGESTION 42

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static bool same_source(const struct call_origin *a, const struct call_origin *b)
{
	return a->source_family && a->source_family == b->source_family &&
	       !memcmp(a->source, b->source, sizeof(a->source));
}

static unsigned calls_of_source(const struct office *office, const struct call_origin *origin)
{
	const struct call *call;
	unsigned count = 0;

	llist_for_each_entry (call, &office->calls, entry)
		count += !call->hunted && same_source(&call->setup.origin, origin);
	return count;
}

/* own: the call itself is among those that are counted. */
static enum office_refusal refusal(struct office *office, enum peer_kind kind,
				   const struct call_setup *setup, unsigned own)
{
	unsigned calls = office->calls_count - office->hunted_count - own, source = 0;
	enum threshold_refusal refused;

	if (office->stopped[kind])
		return OFFICE_STOPPED;
	if (threshold_counts_sources(office->threshold))
		source = calls_of_source(office, &setup->origin);
	if (source)
		source -= own;
	refused = threshold_refuses(office->threshold, calls, source, now_ms());
	if (office->config.calls_max && calls >= office->config.calls_max)
		return OFFICE_CALLS_MAX;
	return (enum office_refusal)refused;
}

const char *office_refusal_name(enum office_refusal refused)
{
	switch ((unsigned)refused) {
	case OFFICE_STOPPED:
		return "call service is stopped";
	case OFFICE_CALLS_MAX:
		return "call threshold";
	case THRESHOLD_REFUSES_SOURCE:
		return "call threshold source";
	case THRESHOLD_REFUSES_SPIKE:
		return "call spike";
	default:
		return threshold_name(refused - THRESHOLD_REFUSES);
	}
}

/* One line a second, however many they are. */
static void log_refusal(struct office *office, enum office_refusal refused)
{
	uint64_t second = now_ms() / 1000;

	office->refusals_since_line++;
	if (office->refusal_line_s == second)
		return;
	office->refusal_line_s = second;
	LOGP(DCALL, LOGL_NOTICE, "%u call%s refused before routing: %s\n",
	     office->refusals_since_line, office->refusals_since_line == 1 ? "" : "s",
	     office_refusal_name(refused));
	office->refusals_since_line = 0;
}

bool office_is_emergency(struct office *office, enum peer_kind kind, const struct call_setup *setup)
{
	struct plan_inbound inbound = {0};
	struct plan_request request;
	struct plan_route route;

	office_request(office, kind, setup, NULL, &request);
	plan_match_inbound(office->config.plan, &request, &inbound);
	plan_route(office->config.plan, &request, inbound.peer, &route);
	return route.emergency;
}

static unsigned count_refusal(struct office *office, enum office_refusal refused)
{
	office->refused[refused]++;
	return refused == OFFICE_STOPPED ? TEMPORARY_FAILURE : SWITCH_CONGESTION;
}

unsigned office_refuses(struct office *office, enum peer_kind kind, struct call_setup *setup)
{
	enum office_refusal refused = refusal(office, kind, setup, 0);

	setup->admitted = true;
	if (!refused || office_is_emergency(office, kind, setup))
		return 0;
	log_refusal(office, refused);
	return count_refusal(office, refused);
}

unsigned office_refuses_call(struct call *call)
{
	struct office *office = call->office;
	enum office_refusal refused;

	if (call->setup.admitted)
		return 0;
	call->setup.admitted = true;
	refused = refusal(office, call->leg[0]->kind, &call->setup, !call->hunted);
	return !refused || call->summary.emergency ? 0 : count_refusal(office, refused);
}

/* ---- call service stop */

static bool uses(const struct call *call, enum peer_kind kind)
{
	return (call->leg[0] && call->leg[0]->kind == kind) ||
	       (call->leg[1] && call->leg[1]->kind == kind);
}

unsigned office_calls_of_kind(const struct office *office, enum peer_kind kind)
{
	const struct call *call;
	unsigned count = 0;

	llist_for_each_entry (call, &office->calls, entry)
		count += call->fi->state != CALL_CLEARED && uses(call, kind);
	return count;
}

void office_stop(struct office *office, enum peer_kind kind, bool stopped)
{
	office->stopped[kind] = stopped;
}

bool office_is_stopped(const struct office *office, enum peer_kind kind)
{
	return office->stopped[kind];
}

unsigned office_clear_kind(struct office *office, enum peer_kind kind)
{
	struct call *call, *next;
	unsigned count = 0;

	llist_for_each_entry_safe (call, next, &office->calls, entry) {
		if (call->fi->state == CALL_CLEARED || call->summary.emergency || !uses(call, kind))
			continue;
		office_clear_call(office, call->summary.id, TEMPORARY_FAILURE);
		count++;
	}
	return count;
}

/* ---- the console */

const struct threshold *office_threshold(const struct office *office)
{
	return office->threshold;
}

unsigned long office_refused(const struct office *office, enum office_refusal refused)
{
	return office->refused[refused];
}
