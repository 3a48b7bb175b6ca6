// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call whose target does not do: when to give up on an address, which one is next, and what the
 * calls after it should know.
 */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>

#include "gateway/log/log.h"
#include "gateway/sip/target_health.h"

/* INVITEs sent again to who says nothing at all, if there is somewhere else to go, or to a telephone: 4 s
 * with T1 500 ms */
#define RETRIES_WITH_ALTERNATIVE 3
#define CAUSE_NETWORK_OUT_OF_ORDER 38
#define HOLD_BRIEF_MS 5000 /* 503 without Retry-After, 408 */

/* ---- what is known of an address */

static enum target_health_state health_of(const struct leg_sip *l, unsigned which,
					  uint64_t *left_ms)
{
	char name[TARGET_HEALTH_NAME_MAX];

	target_health_name(&l->out.places[which].address, l->out.places[which].transport, name);
	return target_health_look(l->ua->health, name, target_health_now_ms(), left_ms);
}

/* Has been tried, or may not be called now. An emergency call leaves nothing untried. */
static bool is_out_of_question(const struct leg_sip *l, unsigned which)
{
	return l->out.tried & 1u << which || (health_of(l, which, NULL) == TARGET_HEALTH_EXCUSED &&
					      call_may_be_preempted(l->leg.call));
}

int leg_sip_next_address(const struct leg_sip *l)
{
	bool excused = false;

	for (unsigned failing = 0; failing < 2; failing++) {
		for (unsigned i = 0; i < l->out.places_count; i++) {
			bool works = health_of(l, i, NULL) == TARGET_HEALTH_WORKS;

			if (!is_out_of_question(l, i) && works == !failing)
				return (int)i;
			excused = excused || !(l->out.tried & 1u << i);
		}
	}
	return excused ? -EAGAIN : -EHOSTUNREACH;
}

/* Not that of a URI from elsewhere: ENUM, a 3xx. */
static bool is_own_target(const struct leg_sip *l)
{
	return l->out.target_text && !l->out.uri;
}

static void note_answer(struct leg_sip *l)
{
	char name[TARGET_HEALTH_NAME_MAX];

	target_health_name(&l->out.places[l->out.current].address,
			   l->out.places[l->out.current].transport, name);
	target_health_works(l->ua->health, name);
	if (is_own_target(l))
		target_health_works(l->ua->health, l->out.target_text);
}

/* The target as a whole is as bad as the best of its addresses. */
static void note_target(struct leg_sip *l)
{
	enum target_health_state state, best = TARGET_HEALTH_EXCUSED;
	uint64_t left_ms, shortest_ms = UINT64_MAX;

	for (unsigned i = 0; i < l->out.places_count; i++) {
		state = health_of(l, i, &left_ms);
		if (state < best)
			best = state;
		if (left_ms < shortest_ms)
			shortest_ms = left_ms;
	}
	if (best != TARGET_HEALTH_WORKS && is_own_target(l))
		target_health_set(l->ua->health, l->out.target_text, best, target_health_now_ms(),
				  shortest_ms);
}

static unsigned retry_after_s(const struct dialog_news *news)
{
	const sip_retry_after_t *after = news->message ? news->message->sip_retry_after : NULL;

	if (!after)
		return 0;
	return after->af_delta < TARGET_HEALTH_EXCUSED_MAX_S ? after->af_delta
							     : TARGET_HEALTH_EXCUSED_MAX_S;
}

/* Returns whether the address, and not the called party, is what has failed. */
static bool note_failure(struct leg_sip *l, const struct dialog_news *news)
{
	uint64_t hold_ms = (uint64_t)l->ua->config.hold_down_s * 1000;
	enum target_health_state state = TARGET_HEALTH_FAILING;
	char name[TARGET_HEALTH_NAME_MAX];

	if (!news->failure && news->status != 503 && news->status != 408) {
		note_answer(l);
		return false;
	}
	if (!news->failure) {
		unsigned after_s = news->status == 503 ? retry_after_s(news) : 0;

		state = after_s ? TARGET_HEALTH_EXCUSED : TARGET_HEALTH_FAILING;
		if (after_s)
			hold_ms = (uint64_t)after_s * 1000;
		else if (hold_ms > HOLD_BRIEF_MS)
			hold_ms = HOLD_BRIEF_MS;
	}
	target_health_name(&l->out.places[l->out.current].address,
			   l->out.places[l->out.current].transport, name);
	LOGP(DSIP, LOGL_NOTICE, "%s: %s: %s for %u s\n", name,
	     news->failure == DIALOG_NO_RESPONSE    ? "no answer"
	     : news->failure == DIALOG_NO_TRANSPORT ? "cannot be reached"
	     : news->status == 503		    ? "503"
						    : "408",
	     state == TARGET_HEALTH_EXCUSED ? "is not called" : "others are called before it",
	     (unsigned)(hold_ms / 1000));
	target_health_set(l->ua->health, name, state, target_health_now_ms(), hold_ms);
	note_target(l);
	return true;
}

/* ---- patience */

static void patience_over(void *data)
{
	struct leg_sip *l = data;
	struct dialog_news news = {.status = 408, .failure = DIALOG_NO_RESPONSE};

	/* the INVITE is cancelled; should it be answered all the same, that is acknowledged and ended */
	leg_sip_handlers.failed(l, &news);
}

static bool has_alternative(const struct leg_sip *l)
{
	return leg_sip_next_address(l) >= 0 ||
	       (l->out.found && l->out.found_next < l->out.found->count) ||
	       leg_sip_has_next_registrar(l) || call_has_other_routes(l->leg.call);
}

void leg_sip_wait_for_response(struct leg_sip *l)
{
	unsigned t1_ms = l->ua->config.t1_ms, ms = 0;

	if (l->options.invite_retries)
		ms = t1_ms << l->options.invite_retries;
	else if (l->ua->config.invite_retries)
		ms = t1_ms << l->ua->config.invite_retries;
	else if (l->out.phone || has_alternative(l)) /* telephones are near */
		ms = t1_ms << RETRIES_WITH_ALTERNATIVE;
	osmo_timer_setup(&l->out.patience, patience_over, l);
	if (ms && ms < 64 * t1_ms)
		osmo_timer_schedule(&l->out.patience, ms / 1000, ms % 1000 * 1000);
}

void leg_sip_responds(struct leg_sip *l)
{
	osmo_timer_del(&l->out.patience);
	note_answer(l);
}

/* ---- call managers that are given up */

static bool waits_for_dead_manager(const struct leg_sip *l)
{
	const struct phone_book *book = &l->ua->phones;
	const struct leg_sip_place *place;

	if ((l->state != LEG_SIP_CALLING && l->state != LEG_SIP_ALERTING) || !l->dialog ||
	    !l->out.places_count || !book->manager)
		return false;
	place = &l->out.places[l->out.current];
	return book->manager(book->arg, &place->address, place->transport, false) ==
	       PHONE_MANAGER_GONE;
}

/* As leg_sip_try_elsewhere() and the call will see it. */
static bool has_way_out(const struct leg_sip *l)
{
	const struct cause cause = leg_sip_local_cause(CAUSE_NETWORK_OUT_OF_ORDER);

	if (l->state == LEG_SIP_ALERTING)
		return call_has_other_routes(l->leg.call) && call_hunts_on(l->leg.call, &cause);
	return has_alternative(l);
}

/* Without a way out it stays: the manager may be back before its telephone is answered. */
void leg_sip_managers_gone(struct ua *ua)
{
	static const struct dialog_news gone = {.status = 503, .failure = DIALOG_NO_TRANSPORT};
	struct leg_sip *l, *next;

	llist_for_each_entry_safe (l, next, &ua->legs, entry)
		if (waits_for_dead_manager(l) && has_way_out(l))
			leg_sip_handlers.failed(l, &gone);
}

/* ---- elsewhere */

bool leg_sip_try_elsewhere(struct leg_sip *l, const struct dialog_news *news,
			   const struct cause *cause)
{
	bool failed, address, registrar, uri, phone;

	osmo_timer_del(&l->out.patience);
	if (l->state != LEG_SIP_CALLING)
		return false;
	failed = note_failure(l, news);
	address = failed && leg_sip_next_address(l) >= 0;
	registrar = failed && leg_sip_has_next_registrar(l);
	uri = l->out.found && call_hunts_on(l->leg.call, cause);
	phone = l->out.phone == LEG_SIP_PHONE_AT_SOURCE &&
		l->out.target.transport != PEER_TRANSPORT_UDP &&
		news->failure == DIALOG_NO_TRANSPORT;
	if (!address && !registrar && !uri && !phone)
		return false;
	dialog_release(l->dialog, &(struct dialog_end){0});
	l->dialog = NULL;
	if (address && !leg_sip_try_next_address(l))
		return true;
	if (registrar && !leg_sip_try_next_registrar(l))
		return true;
	if (phone && !leg_sip_call_phone_anew(l))
		return true;
	return uri && !leg_sip_try_next_uri(l);
}
