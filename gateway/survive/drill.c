// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/drill.h"

#include <errno.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/call/call.h"
#include "gateway/log/log.h"
#include "gateway/sip/target_health.h"

struct drill {
	struct llist_head entry;
	struct drills *drills;
	unsigned pool;
	enum drill_state state;
	uint64_t began_ms, ended_ms;
	uint64_t began_wall_ms; /* as calls have it */
	struct osmo_timer_list timer;
	struct drill_phone **phones; /* in order of name */
	unsigned count, room;
	struct drill_calls calls; /* when it has ended */
};

struct drills {
	struct location *location;
	struct office *office;
	void (*ended)(void *arg, unsigned pool);
	void *arg;
	struct llist_head list; /* latest first */
};

static struct drill *find(const struct drills *drills, unsigned pool)
{
	struct drill *drill;

	llist_for_each_entry (drill, &drills->list, entry)
		if (drill->pool == pool)
			return drill;
	return NULL;
}

bool drills_is_down(const struct drills *drills, unsigned pool)
{
	const struct drill *drill = find(drills, pool);

	return drill && drill->state == DRILL_RUNS;
}

/* ---- telephones */

/* Where a name is, or belongs. */
static unsigned place_of(const struct drill *drill, const char *name)
{
	unsigned low = 0, high = drill->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (strcmp(drill->phones[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* It may be there already. NULL: there is no room for it. */
static struct drill_phone *add(struct drill *drill, const char *name)
{
	unsigned at = place_of(drill, name);
	struct drill_phone *phone;

	if (at < drill->count && strcmp(drill->phones[at]->name, name) == 0)
		return drill->phones[at];
	if (drill->count == DRILL_PHONES_MAX)
		return NULL;
	if (drill->count == drill->room) {
		unsigned room = drill->room ? 2 * drill->room : 64;
		struct drill_phone **more =
		    talloc_realloc(drill, drill->phones, struct drill_phone *, room);

		if (!more)
			return NULL;
		drill->phones = more;
		drill->room = room;
	}
	phone = talloc_zero(drill, struct drill_phone);
	if (!phone)
		return NULL;
	phone->took_ms = DRILL_MISSING_MS;
	osmo_strlcpy(phone->name, name, sizeof(phone->name));
	memmove(&drill->phones[at + 1], &drill->phones[at],
		(drill->count - at) * sizeof(struct drill_phone *));
	drill->phones[at] = phone;
	drill->count++;
	return phone;
}

static bool add_bound(void *arg, const struct location_binding *binding)
{
	struct drill *drill = arg;

	if (binding->pool == drill->pool)
		add(drill, binding->name);
	return true;
}

/* Of patterns for several numbers nobody knows which of them there are. */
static bool is_one_number(const char *pattern)
{
	return pattern[strspn(pattern, "+0123456789")] == '\0';
}

void drills_came(struct drills *drills, unsigned pool, const char *name)
{
	struct drill *drill = find(drills, pool);
	struct drill_phone *phone;

	if (!drill || drill->state != DRILL_RUNS)
		return;
	phone = add(drill, name);
	if (phone && phone->took_ms == DRILL_MISSING_MS)
		phone->took_ms = (uint32_t)(target_health_now_ms() - drill->began_ms);
}

/* ---- calls */

struct counting {
	const struct drill *drill;
	struct drill_calls *calls;
};

static bool is_of(const struct drill *drill, const struct call_summary *call)
{
	uint32_t tag = POOL_PEER_TAG + drill->pool;
	uint64_t setup_ms = 1000ull * call->setup.tv_sec + call->setup.tv_nsec / 1000000;

	return setup_ms >= drill->began_wall_ms && (call->peer_in == tag || call->peer_out == tag);
}

static bool count_up(void *arg, const struct call_summary *call)
{
	const struct counting *counting = arg;

	counting->calls->up += is_of(counting->drill, call);
	return true;
}

/* People are not there, or do not want to; nothing is wrong with their telephones. */
static bool is_unanswered(unsigned q850)
{
	return q850 >= 16 && q850 <= 21;
}

static void add_failure(struct drill_calls *calls, const struct call_summary *call)
{
	struct drill_failure *failure = &calls->failure[calls->failures];

	calls->failed++;
	if (calls->failures == DRILL_FAILURES_MAX)
		return;
	calls->failures++;
	failure->id = call->id;
	failure->cause = call->cause.q850;
	osmo_strlcpy(failure->calling, call->calling, sizeof(failure->calling));
	osmo_strlcpy(failure->called, call->called, sizeof(failure->called));
}

static bool count_past(void *arg, const struct call_summary *call)
{
	const struct counting *counting = arg;
	struct drill_calls *calls = counting->calls;

	if (!is_of(counting->drill, call) || (call->services & CALL_ELSEWHERE))
		return true;
	if (call->answer.tv_sec)
		calls->answered++;
	else if (is_unanswered(call->cause.q850))
		calls->unanswered++;
	else
		add_failure(calls, call);
	return true;
}

static void count_calls(const struct drill *drill, struct drill_calls *calls)
{
	struct counting counting = {drill, calls};

	memset(calls, 0, sizeof(*calls));
	office_each_call_state(drill->drills->office, count_up, &counting);
	office_each_past_call(drill->drills->office, count_past, &counting);
}

/* ---- what it has found */

static void look(const struct drill *drill, struct drill_calls *calls, struct drill_view *view)
{
	struct timeval left = {0};

	if (drill->state == DRILL_RUNS) {
		count_calls(drill, calls);
		osmo_timer_remaining(&drill->timer, NULL, &left);
	} else {
		*calls = drill->calls;
	}
	*view = (struct drill_view){
	    .pool = drill->pool,
	    .state = drill->state,
	    .left_s = (unsigned)left.tv_sec,
	    .phones = (const struct drill_phone *const *)drill->phones,
	    .phones_count = drill->count,
	    .calls = calls,
	};
	view->lasted_s = ((drill->state == DRILL_RUNS ? target_health_now_ms() : drill->ended_ms) -
			  drill->began_ms) /
			 1000;
	for (unsigned i = 0; i < drill->count; i++) {
		uint32_t took_ms = drill->phones[i]->took_ms;

		if (took_ms == DRILL_MISSING_MS)
			continue;
		view->came++;
		if (took_ms > view->slowest_ms)
			view->slowest_ms = took_ms;
	}
	view->missing = drill->count - view->came;
}

unsigned drills_each(struct drills *drills, unsigned pool,
		     void (*fn)(void *arg, const struct drill_view *view), void *arg)
{
	const struct drill *drill;
	struct drill_calls calls;
	struct drill_view view;
	unsigned n = 0;

	llist_for_each_entry (drill, &drills->list, entry) {
		if (pool && drill->pool != pool)
			continue;
		look(drill, &calls, &view);
		fn(arg, &view);
		n++;
	}
	return n;
}

const char *drill_state_name(enum drill_state state)
{
	static const char *const names[] = {
	    [DRILL_RUNS] = "runs",
	    [DRILL_ORDERED] = "by order",
	    [DRILL_TIME_OVER] = "because its time was over",
	    [DRILL_POOL_GONE] = "because its pool was gone",
	};

	return names[state];
}

/* ---- begin and end */

static void end(struct drill *drill, enum drill_state why)
{
	struct drills *drills = drill->drills;
	struct drill_calls calls;
	struct drill_view view;

	osmo_timer_del(&drill->timer);
	count_calls(drill, &drill->calls);
	drill->ended_ms = target_health_now_ms();
	drill->state = why;
	look(drill, &calls, &view);
	LOGP(DSIP, LOGL_NOTICE,
	     "drill: voice register pool %u is over after %u s (%s): %u telephones came over, %u "
	     "did not; calls: %u answered, %u not answered, %u failed, %u up\n",
	     drill->pool, view.lasted_s, drill_state_name(why), view.came, view.missing,
	     calls.answered, calls.unanswered, calls.failed, calls.up);
	drills->ended(drills->arg, drill->pool);
}

static void time_over(void *data)
{
	end(data, DRILL_TIME_OVER);
}

static void forget(struct drill *drill)
{
	osmo_timer_del(&drill->timer);
	llist_del(&drill->entry);
	talloc_free(drill);
}

/* Of the last drill of this pool nothing is kept; of others as much as there is room for. */
static int make_room(struct drills *drills, unsigned pool)
{
	struct drill *drill = find(drills, pool), *oldest = NULL;
	unsigned n = 0;

	if (drill && drill->state == DRILL_RUNS)
		return -EALREADY;
	if (drill)
		forget(drill);
	llist_for_each_entry (drill, &drills->list, entry) {
		n++;
		if (drill->state != DRILL_RUNS)
			oldest = drill;
	}
	if (n < DRILLS_MAX)
		return 0;
	if (!oldest)
		return -ENOSPC;
	forget(oldest);
	return 0;
}

int drills_begin(struct drills *drills, const struct pool *pool)
{
	int rc = make_room(drills, pool->number);
	struct drill *drill;

	if (rc < 0)
		return rc;
	drill = talloc_zero(drills, struct drill);
	if (!drill)
		return -ENOMEM;
	drill->drills = drills;
	drill->pool = pool->number;
	drill->state = DRILL_RUNS;
	drill->began_ms = target_health_now_ms();
	drill->began_wall_ms = location_now_ms();
	llist_add(&drill->entry, &drills->list);
	location_each(drills->location, add_bound, drill);
	for (unsigned i = 0; i < pool->numbers_count; i++)
		if (is_one_number(pool->numbers[i].pattern))
			add(drill, pool->numbers[i].pattern);
	osmo_timer_setup(&drill->timer, time_over, drill);
	osmo_timer_schedule(&drill->timer, DRILL_MAX_S, 0);
	LOGP(DSIP, LOGL_NOTICE,
	     "drill: voice register pool %u is served as if its call manager were gone, for %u "
	     "minutes at most\n",
	     pool->number, DRILL_MAX_S / 60);
	return 0;
}

int drills_end(struct drills *drills, unsigned pool)
{
	struct drill *drill = find(drills, pool);

	if (!drill || drill->state != DRILL_RUNS)
		return -ENOENT;
	end(drill, DRILL_ORDERED);
	return 0;
}

void drills_keep(struct drills *drills, const struct pools *pools)
{
	struct drill *drill;

	llist_for_each_entry (drill, &drills->list, entry)
		if (drill->state == DRILL_RUNS && !pools_number(pools, drill->pool))
			end(drill, DRILL_POOL_GONE);
}

struct drills *drills_new(void *ctx, struct location *location, struct office *office,
			  void (*ended)(void *arg, unsigned pool), void *arg)
{
	struct drills *drills = talloc_zero(ctx, struct drills);

	if (!drills)
		return NULL;
	drills->location = location;
	drills->office = office;
	drills->ended = ended;
	drills->arg = arg;
	INIT_LLIST_HEAD(&drills->list);
	return drills;
}

void drills_free(struct drills *drills)
{
	struct drill *drill, *next;

	if (!drills)
		return;
	llist_for_each_entry_safe (drill, next, &drills->list, entry)
		forget(drill);
	talloc_free(drills);
}
