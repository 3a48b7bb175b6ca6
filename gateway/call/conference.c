// SPDX-License-Identifier: GPL-2.0-or-later
/* Seats, and what becomes of a conference when somebody comes or goes. How one comes about: conference_join.c. */
#include "gateway/call/conference_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define NORMAL_CLEARING 16
#define NUMBER_RANDOM_DIGITS 9

static const struct leg_ops seat_ops;

static struct seat *seat_at(const struct call *call, int side)
{
	struct leg *leg = call->leg[side];

	return leg && leg->ops == &seat_ops ? (struct seat *)leg : NULL;
}

struct seat *seat_in(const struct call *call)
{
	struct seat *seat = seat_at(call, 0);

	return seat ? seat : seat_at(call, 1);
}

static int side_of(const struct seat *seat)
{
	return seat->leg.call->leg[0] == &seat->leg ? 0 : 1;
}

/* Who sits there. NULL: nobody, or he has not answered yet. */
static struct leg *party_of(const struct seat *seat)
{
	const struct call *call = seat->leg.call;

	if (seat->state == SEAT_LEFT || !call || call->fi->state != CALL_ACTIVE)
		return NULL;
	return call->leg[!side_of(seat)];
}

static bool holds(const struct seat *seat)
{
	return seat->leg.call->holds[!side_of(seat)];
}

/* ---- who is heard by whom */

void seat_tell(struct seat *seat, struct leg *party, bool seated)
{
	if (seat->told == (seated ? party : NULL))
		return;
	seat->told = seated ? party : NULL;
	if (party->ops->conference)
		party->ops->conference(party, seated ? seat->conference->number : NULL);
}

/* One who holds is not heard either: what he sends is music for one, or nothing. */
static void mix(struct conference *c)
{
	uint32_t ends[PLAN_CONFERENCE_PARTIES_MAX];
	struct seat *seat;
	unsigned count = 0;
	int rc;

	llist_for_each_entry (seat, &c->seats, entry) {
		struct leg *party = party_of(seat);

		if (!party)
			continue;
		if (party->ops == &seat_ops) { /* nobody is there */
			osmo_timer_schedule(&c->later, 0, 0);
			continue;
		}
		seat_tell(seat, party, true);
		if (party->media_end && party->codec != PEER_CODEC_CLEAR && !holds(seat) &&
		    count < ARRAY_SIZE(ends))
			ends[count++] = party->media_end;
	}
	if (!c->office->config.media)
		return;
	rc = media_client_confer(c->office->config.media, &c->media, ends, count);
	if (rc < 0)
		LOGP(DCALL, LOGL_ERROR, "conference %u: it cannot be mixed: %s\n", c->id,
		     strerror(-rc));
}

bool conference_media_changed(struct call *call)
{
	struct seat *seat = seat_in(call);

	if (seat)
		mix(seat->conference);
	return seat;
}

/* ---- life of a conference */

static void settle(void *data);

static int conference_stop(struct conference *c)
{
	osmo_timer_del(&c->later);
	llist_del(&c->entry);
	return 0;
}

static int name_it(struct conference *c)
{
	char digits[NUMBER_RANDOM_DIGITS + 1];
	uint8_t random[NUMBER_RANDOM_DIGITS];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -errno;
	for (unsigned i = 0; i < sizeof(random); i++)
		digits[i] = (char)('0' + random[i] % 10);
	digits[sizeof(random)] = '\0';
	snprintf(c->number, sizeof(c->number), "%s*%s", c->rules.factory, digits);
	return 0;
}

struct conference *conference_find(const struct office *office, const char *number)
{
	struct conference *c;

	llist_for_each_entry (c, &office->conferences, entry)
		if (c->state != CONFERENCE_OVER && strcmp(c->number, number) == 0)
			return c;
	return NULL;
}

static unsigned count_of(const struct office *office)
{
	const struct conference *c;
	unsigned count = 0;

	llist_for_each_entry (c, &office->conferences, entry)
		count += c->state != CONFERENCE_OVER;
	return count;
}

static unsigned conferences_max(const struct plan_conference *rules)
{
	return rules->conferences_max ? rules->conferences_max : PLAN_CONFERENCES_DEFAULT;
}

static unsigned parties_max(const struct conference *c)
{
	return c->rules.parties_max ? c->rules.parties_max : PLAN_CONFERENCE_PARTIES_DEFAULT;
}

static bool has_begun(const struct conference *c, const struct call_setup *setup)
{
	const struct call *call = c->creator ? c->creator->leg.call : NULL;

	return c->state == CONFERENCE_UP && call &&
	       call->setup.origin.phone == setup->origin.phone &&
	       strcmp(call->setup.calling.number.digits, setup->calling.number.digits) == 0;
}

bool conference_may_begin(struct office *office, const struct call_setup *setup)
{
	unsigned max = plan_options(office->config.plan)->conference.per_telephone_max, count = 0;
	const struct conference *c;

	if (!max || !setup->origin.phone)
		return true;
	llist_for_each_entry (c, &office->conferences, entry)
		count += has_begun(c, setup);
	if (count < max)
		return true;
	LOGP(DCALL, LOGL_NOTICE, "no conference for telephone %s: it has begun %u, per-telephone\n",
	     setup->calling.number.digits, count);
	office->conferences_refused++;
	return false;
}

struct conference *conference_new(const struct call *call, enum conference_origin origin)
{
	struct office *office = call->office;
	const struct plan_conference *rules = &plan_options(office->config.plan)->conference;
	struct conference *c;

	if (count_of(office) >= conferences_max(rules)) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: no conference: there are %u, max-conferences\n",
		     call->summary.id, conferences_max(rules));
		office->conferences_refused++;
		return NULL;
	}
	c = talloc_zero(office, struct conference);
	if (!c)
		return NULL;
	c->office = office;
	c->origin = origin;
	c->rules = *rules;
	c->id = ++office->conferences_begun;
	INIT_LLIST_HEAD(&c->seats);
	do {
		if (name_it(c) < 0) {
			talloc_free(c);
			return NULL;
		}
	} while (conference_find(office, c->number));
	osmo_timer_setup(&c->later, settle, c);
	osmo_timer_schedule(&c->later, 0, 0); /* if nobody comes */
	llist_add_tail(&c->entry, &office->conferences);
	talloc_set_destructor(c, conference_stop);
	LOGP(DCALL, LOGL_NOTICE, "conference %u: begun by call %u, number %s\n", c->id,
	     call->summary.id, c->number);
	return c;
}

bool conference_has_room(const struct conference *c, const struct call *call)
{
	if (c->count < parties_max(c))
		return true;
	LOGP(DCALL, LOGL_NOTICE, "conference %u: no room for call %u, there are %u\n", c->id,
	     call->summary.id, c->count);
	c->office->conferences_refused++;
	return false;
}

/* ---- seats */

static int seat_stop(struct seat *seat)
{
	osmo_timer_del(&seat->later);
	if (seat->asker.leg)
		call_forget_transfer(seat->asker.leg);
	return 0;
}

static void seat_later(void *data)
{
	struct seat *seat = data;

	if (seat->state == SEAT_LEFT) {
		talloc_free(seat);
		return;
	}
	if (seat->state != SEAT_CALLED)
		return;
	seat->state = SEAT_TAKEN;
	osmo_timer_schedule(&seat->conference->later, 0, 0);
	call_event(&seat->leg, CALL_EV_ANSWER, NULL);
}

struct seat *seat_new(struct conference *c, enum seat_state state)
{
	struct seat *seat = talloc_zero(c->office, struct seat);

	if (!seat)
		return NULL;
	seat->leg.ops = &seat_ops;
	seat->leg.kind = PEER_VOIP;
	seat->conference = c;
	seat->state = state;
	osmo_timer_setup(&seat->later, seat_later, seat);
	talloc_set_destructor(seat, seat_stop);
	llist_add_tail(&seat->entry, &c->seats);
	c->count++;
	return seat;
}

void seat_joined(struct seat *seat)
{
	struct conference *c = seat->conference;
	struct call *call = seat->leg.call;

	call->summary.services |= CALL_CONFERENCE;
	LOGP(DCALL, LOGL_NOTICE, "conference %u: call %u is in it, %u of %u\n", c->id,
	     call->summary.id, c->count, parties_max(c));
}

void seat_leave(struct seat *seat)
{
	struct conference *c = seat->conference;

	seat->state = SEAT_LEFT;
	seat->conference = NULL;
	llist_del(&seat->entry);
	c->count--;
	if (c->creator == seat)
		c->creator = NULL;
	mix(c);
	osmo_timer_schedule(&c->later, 0, 0);
	osmo_timer_schedule(&seat->later, 0, 0);
}

static void seat_proceed(struct leg *leg)
{
}

static void seat_alert(struct leg *leg, const struct progress *progress)
{
	transfer_tell(&((struct seat *)leg)->asker, LEG_TRANSFER_RINGING, NULL);
}

static void seat_progress(struct leg *leg, const struct progress *progress)
{
}

static void seat_answer(struct leg *leg, const struct party *connected)
{
	struct seat *seat = (struct seat *)leg;

	seat->state = SEAT_TAKEN;
	seat_joined(seat);
	osmo_timer_schedule(&seat->conference->later, 0, 0);
	transfer_tell(&seat->asker, LEG_TRANSFER_DONE, NULL);
}

static void seat_release(struct leg *leg, const struct cause *cause)
{
	struct seat *seat = (struct seat *)leg;
	const struct conference *c = seat->conference;

	LOGP(DCALL, LOGL_NOTICE, "conference %u: call %u has left it, %u of %u: cause %u (%s)\n",
	     c->id, leg->trace.call_id, c->count - 1, parties_max(c), cause->q850,
	     cause_name(cause->q850));
	transfer_tell(&seat->asker, LEG_TRANSFER_FAILED, cause);
	seat_leave(seat);
}

static void seat_digit(struct leg *leg, const struct leg_digit *digit)
{
}

static void seat_hold(struct leg *leg, bool held)
{
	mix(((struct seat *)leg)->conference);
}

static const struct leg_ops seat_ops = {
    .name = "conference",
    .proceed = seat_proceed,
    .alert = seat_alert,
    .progress = seat_progress,
    .answer = seat_answer,
    .release = seat_release,
    .digit = seat_digit,
    .hold = seat_hold,
};

bool conference_has(const struct call *call)
{
	return seat_in(call);
}

/* ---- from the loop: somebody has left */

static void clear_call_of(struct seat *seat)
{
	struct cause cause =
	    cause_q850(NORMAL_CLEARING, CAUSE_LOCATION_PRIVATE_LOCAL, CAUSE_SOURCE_GATEWAY);
	struct call *call = seat->leg.call;

	if (!call)
		return;
	call->cause = cause;
	call_clear(call, EV_CLEAR, -1);
}

static void clear_all(struct conference *c)
{
	struct seat *seat, *next;

	llist_for_each_entry_safe (seat, next, &c->seats, entry)
		clear_call_of(seat);
}

static struct seat *seat_facing_another(const struct conference *c)
{
	struct seat *seat;

	llist_for_each_entry (seat, &c->seats, entry) {
		const struct leg *party = party_of(seat);

		if (party && party->ops == &seat_ops)
			return seat;
	}
	return NULL;
}

/* By pickup, or a hunt group, a conference can come to call one: nobody would ever end that. */
static void clear_calls_of_nobody(struct conference *c)
{
	struct seat *seat;

	while ((seat = seat_facing_another(c)))
		clear_call_of(seat);
}

/* Two are left of a call that had been one of two. */
static void be_a_call(struct conference *c)
{
	struct seat *one = llist_first_entry(&c->seats, struct seat, entry);
	struct seat *two = llist_last_entry(&c->seats, struct seat, entry);
	struct leg *party = party_of(one), *other = party_of(two);

	if (!party || !other) /* not seated yet: then it is looked at again */
		return;
	LOGP(DCALL, LOGL_NOTICE, "conference %u: it is call %u again\n", c->id,
	     one->leg.call->summary.id);
	seat_tell(one, party, false);
	seat_tell(two, other, false);
	calls_join_here(one->leg.call, side_of(one), two->leg.call, side_of(two));
}

static void settle(void *data)
{
	struct conference *c = data;
	struct seat *last;

	clear_calls_of_nobody(c);
	if (c->state == CONFERENCE_UP && !c->creator && c->rules.drop_mode == PLAN_DROP_CREATOR)
		clear_all(c);
	else if (c->origin == CONFERENCE_OF_CALL && c->count == 2)
		be_a_call(c);
	if (c->count == 1) {
		last = llist_first_entry(&c->seats, struct seat, entry);
		if (last != c->creator || c->origin == CONFERENCE_OF_CALL)
			clear_call_of(last);
	}
	if (c->count)
		return;
	LOGP(DCALL, LOGL_NOTICE, "conference %u: it has ended\n", c->id);
	c->state = CONFERENCE_OVER;
	talloc_free(c);
}

/* ---- for people */

static void view_party(const struct conference *c, const struct seat *seat,
		       struct conference_party *out)
{
	const struct call *call = seat->leg.call;
	int side = side_of(seat);
	const struct leg *party = call->leg[!side];
	struct party who;

	memset(out, 0, sizeof(*out));
	out->call = call->summary.id;
	out->kind = party ? party->ops->name : "";
	out->creator = seat == c->creator;
	out->called = seat->state == SEAT_CALLING;
	out->holds = holds(seat);
	call_party_at(call, !side, &who);
	number_to_e164(&who.number, out->number);
}

void office_each_conference(const struct office *office,
			    void (*fn)(void *arg, const struct conference_view *view), void *arg)
{
	const struct conference *c;
	const struct seat *seat;

	llist_for_each_entry (c, &office->conferences, entry) {
		struct conference_view view = {
		    .id = c->id,
		    .number = c->number,
		    .origin = c->origin,
		    .parties_max = parties_max(c),
		};

		llist_for_each_entry (seat, &c->seats, entry)
			if (seat->leg.call && view.count < ARRAY_SIZE(view.parties))
				view_party(c, seat, &view.parties[view.count++]);
		fn(arg, &view);
	}
}

struct conference_counts office_conference_counts(const struct office *office)
{
	struct conference_counts counts = {
	    .begun = office->conferences_begun,
	    .refused = office->conferences_refused,
	};
	const struct conference *c;

	llist_for_each_entry (c, &office->conferences, entry) {
		counts.conferences++;
		counts.parties += c->count;
	}
	return counts;
}
