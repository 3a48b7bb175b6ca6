// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/collect.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static size_t length(const struct collect *c)
{
	return strlen(c->request.called.digits);
}

static enum collect_result wait_for(struct collect *c, enum collect_timer timer)
{
	c->timer = length(c) ? timer : COLLECT_TIMER_INITIAL;
	return COLLECT_MORE;
}

static enum collect_result route(struct collect *c, enum collect_end end)
{
	c->end = end;
	return COLLECT_ROUTE;
}

static enum collect_result refuse(struct collect *c, enum collect_result result)
{
	c->cause = c->fit.cause;
	return result;
}

/* Rule 5.6: the longer one is meant more often than not. */
static bool waits_for_longer(const struct collect *c)
{
	return plan_options(c->plan)->overlap_safe && c->fit.longer_explicit &&
	       !c->fit.full[0]->emergency;
}

static enum collect_result decide(struct collect *c)
{
	plan_fit_digits(c->plan, &c->request, c->inbound, &c->fit);
	if (!c->fit.full_count && !c->fit.longer_count)
		return refuse(c, COLLECT_NO_MATCH);
	if (!c->fit.full_count && length(c) == NUMBER_DIGITS_MAX)
		return refuse(c, COLLECT_INCOMPLETE); /* rules that shorten it keep M alive */
	if (!c->fit.full_count)
		return wait_for(c, COLLECT_TIMER_INTERDIGIT);
	if (!length(c)) /* nothing is decided before the first digit */
		return wait_for(c, COLLECT_TIMER_INITIAL);
	if (c->fit.emergency || (!c->fit.variable && !waits_for_longer(c)))
		return route(c, COLLECT_OPEN);
	if (length(c) == NUMBER_DIGITS_MAX)
		return route(c, COLLECT_LONGEST);
	return wait_for(c, COLLECT_TIMER_MATCH);
}

enum collect_result collect_start(struct collect *c, const struct plan *plan,
				  const struct plan_request *request, const struct peer *inbound)
{
	memset(c, 0, sizeof(*c));
	c->plan = plan;
	c->inbound = inbound;
	c->request = *request;
	c->request.called.digits[0] = '\0';
	c->request.collected = true;
	return decide(c);
}

static void append(struct collect *c, char digit)
{
	size_t at = length(c);

	assert(at < NUMBER_DIGITS_MAX);
	c->request.called.digits[at] = digit;
	c->request.called.digits[at + 1] = '\0';
}

static bool is_terminator(const struct collect *c, char digit)
{
	char terminator = plan_options(c->plan)->terminator;

	return digit == (terminator ? terminator : '#');
}

/* After F whose best has no T: the terminator may be what a longer pattern wants. */
static bool terminator_is_digit(const struct collect *c, char digit)
{
	struct collect longer = *c;

	if (c->fit.variable)
		return false;
	append(&longer, digit);
	plan_fit_digits(c->plan, &longer.request, c->inbound, &longer.fit);
	return longer.fit.full_count || longer.fit.longer_count;
}

static enum collect_result collect_digit(struct collect *c, char digit)
{
	if (c->fit.full_count && is_terminator(c, digit) && !terminator_is_digit(c, digit))
		return route(c, COLLECT_TERMINATED);
	append(c, digit);
	return decide(c);
}

static bool is_digit(const struct collect *c, char digit)
{
	return digit == '+' ? length(c) == 0 : strchr("0123456789ABCD*#", digit) != NULL;
}

enum collect_result collect_digits(struct collect *c, const char *digits, const char **rest)
{
	enum collect_result result = COLLECT_MORE;

	for (; *digits && result == COLLECT_MORE; digits++)
		if (is_digit(c, *digits))
			result = collect_digit(c, *digits);
	if (rest)
		*rest = digits;
	return result;
}

static enum collect_result finish(struct collect *c, enum collect_end end)
{
	return c->fit.full_count ? route(c, end) : refuse(c, COLLECT_INCOMPLETE);
}

enum collect_result collect_complete(struct collect *c)
{
	return finish(c, COLLECT_COMPLETED);
}

enum collect_result collect_timeout(struct collect *c)
{
	return finish(c, COLLECT_TIMED_OUT);
}

/* ---- for logs */

static size_t put_peers(char *text, size_t size, const struct peer *const *peers, unsigned count)
{
	size_t at = 0;

	for (unsigned i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, " %u", peers[i]->tag);
	if (!count)
		at = (size_t)snprintf(text, size, " none");
	else if (count == PLAN_FIT_MAX && at < size)
		at += (size_t)snprintf(text + at, size - at, " ...");
	return at < size ? at : size;
}

void collect_describe(const struct collect *c, char *text, size_t size)
{
	const struct plan_fit *fit = &c->fit;
	size_t at = (size_t)snprintf(text, size, "complete:");

	if (at < size)
		at += put_peers(text + at, size - at, fit->full, fit->full_count);
	if (at < size)
		at += (size_t)snprintf(text + at, size - at, "; longer:");
	if (at < size)
		at += put_peers(text + at, size - at, fit->longer, fit->longer_count);
	if (at < size && fit->longer_count && fit->missing)
		snprintf(text + at, size - at, " (%u more)", fit->missing);
}

const char *collect_end_name(enum collect_end end)
{
	switch (end) {
	case COLLECT_OPEN:
		return "pattern full";
	case COLLECT_COMPLETED:
		return "sending complete";
	case COLLECT_TERMINATED:
		return "terminator";
	case COLLECT_TIMED_OUT:
		return "timer";
	case COLLECT_LONGEST:
		return "longest number";
	}
	return "unknown";
}
