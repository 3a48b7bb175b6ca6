// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/call_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define LADDER_WIDTH 38 /* of one arrow */

static void put_type(const struct number *number, char text[24])
{
	snprintf(text, 24, "%s/%s", number_ton_name(number->ton), number_npi_name(number->npi));
}

void history_begin(struct call *call)
{
	const struct call_setup *setup = &call->setup;
	struct call_summary *s = &call->summary;
	const char *neighbour = setup->origin.neighbour ? setup->origin.neighbour : "";

	s->ended_by = -1;
	number_to_e164(&setup->called, s->called);
	number_to_e164(&setup->calling.number, s->calling);
	s->calling_withheld = setup->calling.presentation != PRESENTATION_ALLOWED;
	number_to_e164(&setup->redirection.from.number, s->redirecting);
	put_type(&setup->called, s->called_type);
	put_type(&setup->calling.number, s->calling_type);
	osmo_strlcpy(s->source, call->port ? call->port : neighbour, sizeof(s->source));
	s->bearer = setup->bearer;
	guid_write(&setup->guid, s->guid);
	osmo_strlcpy(s->kinds[0], call->leg[0]->ops->name, sizeof(s->kinds[0]));
	s->state = call_state_name(CALL_ROUTING);
	clock_gettime(CLOCK_REALTIME, &s->setup);
}

void history_fill(struct call *call)
{
	struct call_summary *s = &call->summary;

	s->media_direct = direct_is_up(call);
	for (int side = 0; side < 2; side++) {
		struct leg *leg = call->leg[side];
		if (!leg)
			continue;
		osmo_strlcpy(s->kinds[side], leg->ops->name, sizeof(s->kinds[side]));
		memset(&s->leg[side], 0, sizeof(s->leg[side]));
		if (leg->ops->report)
			leg->ops->report(leg, &s->leg[side]);
	}
}

void history_add(struct office *office, const struct call_summary *summary)
{
	office->past[office->past_next] = *summary;
	office->past_next = (office->past_next + 1) % office->config.history_max;
	if (office->past_count < office->config.history_max)
		office->past_count++;
}

/* i-th past call, 0 the newest */
static struct call_summary *past(struct office *office, unsigned i)
{
	unsigned max = office->config.history_max;

	return &office->past[(office->past_next + max - 1 - i) % max];
}

int history_resize(struct office *office, unsigned max)
{
	struct call_summary *ring;
	unsigned count = office->past_count < max ? office->past_count : max;

	if (max == office->config.history_max)
		return 0;
	ring = talloc_zero_array(office, struct call_summary, max);
	if (!ring)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		ring[count - 1 - i] = *past(office, i);
	talloc_free(office->past);
	office->past = ring;
	office->past_count = count;
	office->past_next = count % max;
	office->config.history_max = max;
	return 0;
}

/* Of a call that was let go, in any office; NULL if it is forgotten. */
static struct call_summary *find_summary(uint32_t id)
{
	struct office *office;

	llist_for_each_entry (office, &offices, entry) {
		struct call *call;
		llist_for_each_entry (call, &office->calls, entry)
			if (call->summary.id == id)
				return &call->summary;
		for (unsigned i = 0; i < office->past_count; i++)
			if (past(office, i)->id == id)
				return past(office, i);
	}
	return NULL;
}

void office_each_call(struct office *office, bool (*fn)(void *arg, const struct call_summary *),
		      void *arg)
{
	struct call *call;

	llist_for_each_entry (call, &office->calls, entry) {
		if (call->fi->state == CALL_CLEARED)
			continue;
		history_fill(call);
		if (!fn(arg, &call->summary))
			return;
	}
}

void office_each_call_state(struct office *office,
			    bool (*fn)(void *arg, const struct call_summary *), void *arg)
{
	struct call *call;

	llist_for_each_entry (call, &office->calls, entry)
		if (call->fi->state != CALL_CLEARED && !fn(arg, &call->summary))
			return;
}

static void tell(const struct call *call)
{
	if (call->office->watch.fn)
		call->office->watch.fn(call->office->watch.arg, &call->summary);
}

void history_tell(struct call *call)
{
	/* of a call that is over it is filled in already, with what its caller is about to be told */
	if (call->office->watch.fn && call->fi->state != CALL_CLEARED)
		history_fill(call);
	tell(call);
}

void office_watch(struct office *office, office_watch_fn *fn, void *arg)
{
	office->watch.fn = fn;
	office->watch.arg = arg;
}

void office_each_past_call(struct office *office,
			   bool (*fn)(void *arg, const struct call_summary *), void *arg)
{
	for (unsigned i = 0; i < office->past_count; i++)
		if (!fn(arg, past(office, i)))
			return;
}

int office_call_summary(struct office *office, uint32_t id, struct call_summary *out)
{
	struct call *call = call_find(office, id);

	if (call) {
		history_fill(call);
		*out = call->summary;
		return 0;
	}
	for (unsigned i = 0; i < office->past_count; i++) {
		if (past(office, i)->id == id) {
			*out = *past(office, i);
			return 0;
		}
	}
	return -ENOENT;
}

/* ---- the ladder */

/* In 0.1 ms, which serves for five days. */
static uint32_t time_between(const struct timespec *a, const struct timespec *b)
{
	long long time = (b->tv_sec - a->tv_sec) * 10000LL + (b->tv_nsec - a->tv_nsec) / 100000;

	if (time > UINT32_MAX)
		return UINT32_MAX;
	return time < 0 ? 0 : time; /* the clock has been set */
}

/* A leg goes on talking after its call has let it go: RELEASE COMPLETE belongs into the ladder too.
 */
void call_trace(struct leg *leg, enum call_direction direction, const char *text)
{
	struct call *call = leg->call;
	struct call_summary *summary;
	struct call_trace_line *line;
	struct timespec now;

	if (call) {
		leg->trace.call_id = call->summary.id;
		/* An outbound leg that is just being made is not in its place yet. */
		leg->trace.attempt = leg == call->leg[0] ? 0 : call->attempt;
		summary = &call->summary;
	} else {
		summary = find_summary(leg->trace.call_id);
	}
	if (!summary || summary->trace_count >= CALL_TRACE_MAX)
		return;
	line = &summary->trace[summary->trace_count++];
	clock_gettime(CLOCK_REALTIME, &now);
	line->at = time_between(&summary->setup, &now);
	line->leg = leg->trace.attempt;
	line->direction = direction;
	osmo_strlcpy(line->text, text, sizeof(line->text));
}

struct leg *call_inbound_leg(const struct call *call)
{
	return call->leg[0];
}

uint32_t call_id(const struct call *call)
{
	return call->summary.id;
}

void call_set_name(struct call *call, const char *name)
{
	if (call->summary.name[0])
		return;
	osmo_strlcpy(call->summary.name, name, sizeof(call->summary.name));
	tell(call); /* the leg is being made: it has nothing to report */
}

/* "---- INVITE ---->" or "<--- 180 Ringing ---", LADDER_WIDTH columns wide */
static void arrow(const char *text, bool to_right, char out[LADDER_WIDTH + 1])
{
	size_t length = strlen(text), lead;

	if (length > LADDER_WIDTH - 6)
		length = LADDER_WIDTH - 6;
	lead = (LADDER_WIDTH - length - 2) / 2;
	memset(out, '-', LADDER_WIDTH);
	out[lead] = ' ';
	memcpy(out + lead + 1, text, length);
	out[lead + 1 + length] = ' ';
	out[to_right ? LADDER_WIDTH - 1 : 0] = to_right ? '>' : '<';
	out[LADDER_WIDTH] = 0;
}

static void ladder_heading(const struct call_summary *s, void (*line)(void *arg, const char *text),
			   void *arg)
{
	char text[256];

	snprintf(text, sizeof(text), "call %u: %s -> %s, dial-peers %u -> %u, %s", s->id,
		 s->calling[0] ? s->calling : "-", s->called, s->peer_in, s->peer_out, s->state);
	line(arg, text);
	if (s->cause.q850) {
		snprintf(text, sizeof(text), "ended by %s, cause %u (%s)",
			 s->ended_by == 0   ? "the caller"
			 : s->ended_by == 1 ? "the called side"
					    : "the gateway",
			 s->cause.q850, cause_name(s->cause.q850));
		line(arg, text);
	}
	snprintf(text, sizeof(text), "%10s %-*s%-*s", "seconds", LADDER_WIDTH + 2,
		 s->kinds[0][0] ? s->kinds[0] : "in", LADDER_WIDTH + 2, "sipspan");
	osmo_strlcpy(text + strlen(text), s->kinds[1][0] ? s->kinds[1] : "", 8);
	line(arg, text);
}

void call_ladder(const struct call_summary *s, void (*line)(void *arg, const char *text), void *arg)
{
	unsigned attempts = 1;

	for (unsigned i = 0; i < s->trace_count; i++)
		if (s->trace[i].leg > attempts)
			attempts = s->trace[i].leg;
	ladder_heading(s, line, arg);
	for (unsigned i = 0; i < s->trace_count; i++) {
		const struct call_trace_line *t = &s->trace[i];
		/* The caller stands on the left, so what he sends goes to the right. */
		bool to_right = (t->leg == 0) == (t->direction == CALL_RECEIVED);
		char mark[LADDER_WIDTH + 1], blank[LADDER_WIDTH + 1], text[160], number[16] = "";

		arrow(t->text, to_right, mark);
		memset(blank, ' ', LADDER_WIDTH);
		blank[LADDER_WIDTH] = 0;
		if (t->leg && attempts > 1)
			snprintf(number, sizeof(number), " (%u)", t->leg);
		snprintf(text, sizeof(text), "%10.4f |%s|%s|%s", t->at / 1e4, t->leg ? blank : mark,
			 t->leg ? mark : blank, number);
		line(arg, text);
	}
}
