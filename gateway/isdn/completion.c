// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/completion.h"

#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

#define LIFE_S (45 * 60) /* T-CCBS2 of ETS 300 359-1 */
#define PAIRS_MAX 64	 /* of the callers of a line */

enum completion_state { /* picture in completion.h */
			COMPLETION_OFFERED,
			COMPLETION_REQUESTED,
			COMPLETION_ACTIVE,
			COMPLETION_RECALLED,
};

struct completion {
	struct {
		struct llist_head entry; /* in its line's agents or monitors */
		struct isdn_line *line;
		long id;
	} a, b;
	enum completion_state state;
	bool caller_busy; /* as a's line said last */
	bool asked;	  /* b wants to know, and a has not said free since */
	struct osmo_timer_list timer;
};

enum told { /* whose record is gone already */
	    TOLD_NONE,
	    TOLD_A,
	    TOLD_B,
	    TOLD_BOTH,
};

static void completion_end(struct completion *pair, enum told told, const char *why)
{
	LOGP(DISDN, LOGL_INFO, "%s to %s: call completion ends: %s\n", pair->a.line->port,
	     pair->b.line->port, why);
	osmo_timer_del(&pair->timer);
	llist_del(&pair->a.entry);
	llist_del(&pair->b.entry);
	if (told != TOLD_A && told != TOLD_BOTH)
		isdn_completion_order(pair->a.line->isdn, pair->a.id, ISDN_COMPLETION_CANCELLED);
	if (told != TOLD_B && told != TOLD_BOTH)
		isdn_completion_order(pair->b.line->isdn, pair->b.id, ISDN_COMPLETION_CANCELLED);
	talloc_free(pair);
}

static void on_life_over(void *data)
{
	completion_end(data, TOLD_NONE, "time limit");
}

static void live_on(struct completion *pair)
{
	osmo_timer_schedule(&pair->timer, LIFE_S, 0);
}

static struct completion *of_agent(const struct isdn_line *line, long id)
{
	struct completion *pair;

	llist_for_each_entry (pair, &line->agents, a.entry) {
		if (pair->a.id == id)
			return pair;
	}
	return NULL;
}

static struct completion *of_monitor(const struct isdn_line *line, long id)
{
	struct completion *pair;

	llist_for_each_entry (pair, &line->monitors, b.entry) {
		if (pair->b.id == id)
			return pair;
	}
	return NULL;
}

/* ---- the offer */

/* The ISDN leg that the call came in on. */
static struct leg_isdn *caller_of(const struct call *call)
{
	struct leg *inbound = call ? call_inbound_leg(call) : NULL;

	return inbound ? leg_isdn_of(inbound) : NULL;
}

static int pair_new(struct leg_isdn *a, struct isdn_line *b, long b_id)
{
	struct completion *pair;
	long id = 0;

	if (!a->isdn || llist_count(&a->line->agents) >= PAIRS_MAX)
		return -1;
	pair = talloc_zero(a->line, struct completion);
	if (pair)
		id = isdn_completion_offer(a->isdn);
	if (id <= 0) {
		talloc_free(pair);
		return -1;
	}
	pair->a.line = a->line;
	pair->a.id = a->completion = id;
	pair->b.line = b;
	pair->b.id = b_id;
	osmo_timer_setup(&pair->timer, on_life_over, pair);
	live_on(pair);
	llist_add_tail(&pair->a.entry, &a->line->agents);
	llist_add_tail(&pair->b.entry, &b->monitors);
	return 0;
}

static void on_offer(struct isdn_line *line, struct isdn_call *call, long id)
{
	struct leg_isdn *b = call ? isdn_call_user(call) : NULL;
	struct leg_isdn *a = b ? caller_of(b->leg.call) : NULL;
	struct completion *before = a ? of_agent(a->line, a->completion) : NULL;

	if (of_monitor(line, id)) /* QSIG: at ALERTING and again at DISCONNECT */
		return;
	if (before) /* of a peer that was tried before, or the call back finds b busy again */
		completion_end(before, TOLD_NONE, "there is a new offer");
	if (!a || pair_new(a, line, id) < 0)
		isdn_completion_order(line->isdn, id, ISDN_COMPLETION_CANCELLED);
}

/* ---- what a line hears is an order for the other */

static void on_requested(struct completion *pair, bool no_reply)
{
	if (pair->state != COMPLETION_OFFERED)
		return;
	pair->state = COMPLETION_REQUESTED;
	live_on(pair);
	if (isdn_completion_request(pair->b.line->isdn, pair->b.id, no_reply) == 0)
		return;
	isdn_completion_answer(pair->a.line->isdn, pair->a.id, ISDN_COMPLETION_SHORT_TERM_DENIAL);
	completion_end(pair, TOLD_A, "it cannot be requested");
}

static void on_answered(struct completion *pair, enum isdn_completion_answer answer)
{
	int rc;

	if (pair->state != COMPLETION_REQUESTED)
		return;
	rc = isdn_completion_answer(pair->a.line->isdn, pair->a.id, answer);
	if (answer != ISDN_COMPLETION_ACCEPTED)
		completion_end(pair, TOLD_BOTH, "refused");
	else if (rc < 0)
		completion_end(pair, TOLD_NONE, "the acceptance could not be passed on");
	else
		pair->state = COMPLETION_ACTIVE;
}

static void on_status_asked(struct completion *pair)
{
	pair->asked = pair->a.line->config.isdn.multipoint.on;
	if (pair->asked)
		isdn_completion_order(pair->a.line->isdn, pair->a.id, ISDN_COMPLETION_STATUS_ASKED);
	else
		isdn_completion_status(pair->b.line->isdn, pair->b.id,
				       ISDN_COMPLETION_STATUS_ANSWERED, pair->caller_busy);
}

/* Of the terminals on a bus any may be free, and libpri reports the first that is as if nobody had
 * asked. */
static void on_status(struct completion *pair, enum isdn_completion_type type, bool busy)
{
	struct isdn *b = pair->b.line->isdn;

	pair->caller_busy = busy;
	if (pair->asked)
		isdn_completion_status(b, pair->b.id, ISDN_COMPLETION_STATUS_ANSWERED, busy);
	if (type == ISDN_COMPLETION_STATUS)
		isdn_completion_status(b, pair->b.id, type, busy);
	pair->asked = pair->asked && busy;
}

static void on_agent_event(struct completion *pair, const struct isdn_completion_event *event)
{
	switch (event->type) {
	case ISDN_COMPLETION_REQUESTED:
		on_requested(pair, event->no_reply);
		break;
	case ISDN_COMPLETION_STATUS:
	case ISDN_COMPLETION_STATUS_ANSWERED:
		on_status(pair, event->type, event->busy);
		break;
	case ISDN_COMPLETION_CANCELLED:
		completion_end(pair, TOLD_A, "cancelled by the caller");
		break;
	default:
		break;
	}
}

static void on_monitor_event(struct completion *pair, const struct isdn_completion_event *event)
{
	switch (event->type) {
	case ISDN_COMPLETION_ANSWERED:
		on_answered(pair, event->answer);
		break;
	case ISDN_COMPLETION_USER_FREE:
	case ISDN_COMPLETION_B_FREE:
	case ISDN_COMPLETION_STOP_ALERTING:
		isdn_completion_order(pair->a.line->isdn, pair->a.id, event->type);
		break;
	case ISDN_COMPLETION_STATUS_ASKED:
		on_status_asked(pair);
		break;
	case ISDN_COMPLETION_CANCELLED:
		completion_end(pair, TOLD_B, "cancelled by the called");
		break;
	default:
		break;
	}
}

void completion_on_event(void *arg, struct isdn_call *call,
			 const struct isdn_completion_event *event)
{
	struct isdn_line *line = arg;
	struct completion *agent = of_agent(line, event->id);
	struct completion *monitor = of_monitor(line, event->id);

	if (event->type == ISDN_COMPLETION_OFFERED)
		on_offer(line, call, event->id);
	else if (agent)
		on_agent_event(agent, event);
	else if (monitor)
		on_monitor_event(monitor, event);
}

/* ---- the call back */

void completion_called_back(struct leg_isdn *a, long id)
{
	struct completion *pair = of_agent(a->line, id);

	a->completion = id;
	if (pair)
		pair->state = COMPLETION_RECALLED;
}

long completion_for_setup(const struct isdn_line *line, const struct call *call)
{
	const struct leg_isdn *a = caller_of(call);
	const struct completion *pair = a ? of_agent(a->line, a->completion) : NULL;

	if (!pair || pair->state != COMPLETION_RECALLED || pair->b.line != line)
		return 0;
	return pair->b.id;
}

void completion_answered(struct leg_isdn *a)
{
	struct completion *pair = of_agent(a->line, a->completion);

	if (pair)
		completion_end(pair, TOLD_NONE, "the call is answered");
}

void completion_reached(struct leg_isdn *b)
{
	struct completion *pair = of_monitor(b->line, b->setup.completion);

	b->setup.completion = 0;
	if (pair)
		completion_end(pair, TOLD_NONE, "called back");
}

void completion_leg_released(struct leg_isdn *leg)
{
	struct completion *pair;

	completion_reached(leg);
	pair = of_agent(leg->line, leg->completion);
	if (pair && pair->state == COMPLETION_RECALLED)
		completion_end(pair, TOLD_NONE, "called back in vain");
}

/* ---- the end of a line */

void completion_line_lost(struct isdn_line *line)
{
	while (!llist_empty(&line->agents))
		completion_end(llist_first_entry(&line->agents, struct completion, a.entry),
			       TOLD_NONE, "the caller's line is lost");
	while (!llist_empty(&line->monitors))
		completion_end(llist_first_entry(&line->monitors, struct completion, b.entry),
			       TOLD_NONE, "the line of the called is lost");
}
