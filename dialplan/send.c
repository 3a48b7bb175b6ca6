// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers that go out to one target of a peer (rule 3, steps 6 to 8, and rule 7). Each peer
 * starts from the numbers of the search. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/plan_private.h"

static const struct plan_entry *entry_of(const struct plan_sending *s)
{
	return plan_entry_of(s->hunt->peer);
}

static const struct plan_form *form_of(const struct plan_sending *s)
{
	return &s->search->call->forms[s->search->form];
}

static void tell(const struct plan_sending *s, enum plan_step step, const char *text,
		 const struct number *numbers)
{
	plan_tell(s->request, &(struct plan_note){.step = step,
						  .peer = s->hunt->peer,
						  .target = s->target->target,
						  .text = text,
						  .before = &numbers[0],
						  .after = &numbers[1]});
}

/* ---- called number */

static bool has_country_code(const struct number *number)
{
	return number->digits[0] && (number->ton == TON_INTERNATIONAL || *number->digits == '+');
}

/* The pattern that digit-strip goes by: of the peer itself if something else chose the peer. */
static const struct pattern *pattern_of(const struct plan_sending *s)
{
	const struct pattern *own = entry_of(s)->patterns[FIELD_DESTINATION];
	enum pattern_fit fit;

	if (s->hunt->pattern || !own)
		return s->hunt->pattern;
	fit = pattern_match(own, form_of(s)->text);
	return fit == PATTERN_FULL || fit == PATTERN_SURPLUS ? own : NULL;
}

static void render(const struct plan_sending *s, enum plan_which which, enum number_format format,
		   struct number *number)
{
	struct number before = *number;

	if (format == NUMBER_AS_IS ||
	    !number_render(&s->search->plan->options.number_plan, format, number))
		return;
	plan_tell(s->request, &(struct plan_note){.step = PLAN_STEP_RENDERED,
						  .which = which,
						  .peer = s->hunt->peer,
						  .target = s->target->target,
						  .text = number_format_name(format),
						  .before = &before,
						  .after = number});
}

/* The + of digits on an ISDN line is a type of number. */
static void plus_becomes_type(struct number *number)
{
	if (number->digits[0] != '+')
		return;
	memmove(number->digits, number->digits + 1, strlen(number->digits));
	number->ton = TON_INTERNATIONAL;
	number->npi = NPI_ISDN;
}

/* Rules 7.1 and 7.2. Returns whether digits were cut off. */
static bool cut(const struct plan_sending *s, bool rewritten, bool renders, struct number *number)
{
	const struct peer *peer = s->hunt->peer;
	struct digits_cut cut = {
	    .peer = peer,
	    .pattern = pattern_of(s),
	    .matched = form_of(s)->text,
	    .with_plus = form_of(s)->text_plus,
	    /* a number that the trunk has its own form for is sent whole, unless configured */
	    .no_strip = rewritten || (renders && !peer->digit_strip_set),
	};
	struct number told[2] = {*number};
	char text[32] = "digit-strip";

	if (!digits_cut(&cut, number))
		return false;
	told[1] = *number;
	if (peer->forward == PEER_FORWARD_EXTRA)
		strcpy(text, "forward-digits extra");
	else if (peer->forward == PEER_FORWARD_COUNT)
		snprintf(text, sizeof(text), "forward-digits %u", peer->forward_count);
	tell(s, PLAN_STEP_STRIPPED, text, told);
	return true;
}

static int send_pots(const struct plan_sending *s, bool rewritten, struct number *number)
{
	const struct plan_trunk *trunk = s->target->trunk;
	enum number_format format = trunk ? trunk->called_format : NUMBER_AS_IS;
	bool renders = format != NUMBER_AS_IS && has_country_code(number);
	struct number told[2];
	int rc;

	if (!cut(s, rewritten, renders, number)) {
		plus_becomes_type(number);
		render(s, PLAN_CALLED, format, number);
	}
	told[0] = *number;
	rc = digits_put_prefix(s->hunt->peer, s->target->target, number);
	if (rc <= 0)
		return rc;
	told[1] = *number;
	tell(s, PLAN_STEP_PREFIXED, s->hunt->peer->prefix, told);
	return 0;
}

/* ---- all numbers */

/* -EPERM: a rule rejects the call, unless it is an emergency call; -EMSGSIZE: a rule makes no called
 * number, or one too long. */
static int change_number(const struct plan_sending *s, const struct plan_change *change,
			 enum plan_which which, struct number *number)
{
	enum translation_outcome outcome = plan_change(change, which, number);

	if (outcome == TRANSLATION_REJECTED && !s->search->emergency)
		return -EPERM;
	return which == PLAN_CALLED && plan_change_failed(outcome) ? -EMSGSIZE : 0;
}

static int change_callers(const struct plan_sending *s, const struct plan_change *change,
			  struct plan_candidate *out)
{
	int rc = change_number(s, change, PLAN_CALLING, &out->calling);

	return rc < 0 ? rc : change_number(s, change, PLAN_REDIRECTING, &out->redirecting);
}

/* Rule 3, step 8: the port's own profile, or its group's. */
static int change_at_port(const struct plan_sending *s, struct plan_candidate *out)
{
	const struct plan_trunk *trunk = s->target->trunk;
	struct plan_change change = {.request = s->request,
				     .place = PLAN_PLACE_VOICE_PORT,
				     .peer = s->hunt->peer,
				     .target = s->target->target};
	int rc;

	if (!trunk)
		return 0;
	change.profile = trunk->outgoing;
	if (!change.profile && trunk->group) {
		change.profile = trunk->group->outgoing;
		change.place = PLAN_PLACE_TRUNK_GROUP;
	}
	rc = change_number(s, &change, PLAN_CALLED, &out->called);
	return rc < 0 ? rc : change_callers(s, &change, out);
}

static void render_callers(const struct plan_sending *s, struct plan_candidate *out)
{
	enum number_format format = s->hunt->peer->calling_format;

	if (s->hunt->peer->kind == PEER_POTS) {
		format = s->target->trunk ? s->target->trunk->calling_format : NUMBER_AS_IS;
		plus_becomes_type(&out->calling);
		plus_becomes_type(&out->redirecting);
	}
	render(s, PLAN_CALLING, format, &out->calling);
	render(s, PLAN_REDIRECTING, format, &out->redirecting);
}

/* An alias rings the telephone by its own number. */
static void call_phone(const struct plan_phone *phone, struct number *called)
{
	const char *name = phone->name;

	if (strlen(name) > NUMBER_DIGITS_MAX ||
	    strspn(name + (*name == '+'), "0123456789*#ABCD") != strlen(name + (*name == '+')))
		return;
	if (strcmp(called->digits, name) == 0)
		return;
	*called = (struct number){.ton = TON_UNKNOWN, .npi = called->npi};
	strcpy(called->digits, name);
}

/* `dialplan-pattern`: telephones are shown extensions, all others E.164 numbers. The number of a caller
 * who is no telephone of the site is his own. */
static void change_site_number(const struct plan_sending *s, enum plan_which which,
			       struct number *number)
{
	const struct plan_request *request = s->search->request;
	bool to_phone = s->hunt->peer->pool != 0;
	struct number before = *number;

	/* each member of a hunt group is called as if the caller had dialled its number */
	if (!request->site_number || !number->digits[0] || s->hunt->peer->hunt_group ||
	    (which == PLAN_CALLING && !to_phone && !request->phone_tag) ||
	    !request->site_number(request->phones_arg, to_phone, number))
		return;
	plan_tell(s->request, &(struct plan_note){.step = PLAN_STEP_SITE_NUMBER,
						  .which = which,
						  .peer = s->hunt->peer,
						  .target = s->target->target,
						  .before = &before,
						  .after = number});
}

/* Step 6. *rewritten: the called number is another. Errors as change_number(). */
static int change_by_peer(const struct plan_sending *s, struct plan_candidate *out, bool *rewritten)
{
	const struct plan_outside *call = s->search->call;
	struct plan_change change = {
	    .request = s->request,
	    .profile = entry_of(s)->outgoing,
	    .place = PLAN_PLACE_PEER_OUTGOING,
	    .with_plus = form_of(s)->rules_plus,
	    .peer = s->hunt->peer,
	    .target = s->target->target,
	};
	char text[2][DIGITS_TEXT_SIZE];
	int rc;

	out->called = form_of(s)->called;
	if (s->hunt->phone)
		call_phone(s->hunt->phone, &out->called);
	out->calling = call->calling;
	out->redirecting = call->redirecting;
	change_site_number(s, PLAN_CALLING, &out->calling);
	change_site_number(s, PLAN_REDIRECTING, &out->redirecting);
	rc = change_number(s, &change, PLAN_CALLED, &out->called);
	if (rc < 0)
		return rc;
	digits_text(&form_of(s)->called, true, text[0]);
	digits_text(&out->called, true, text[1]);
	*rewritten = strcmp(text[0], text[1]) != 0;
	change.with_plus = call->calling_plus;
	return change_callers(s, &change, out);
}

static int change_all(const struct plan_sending *s, struct plan_candidate *out)
{
	const struct peer *peer = s->hunt->peer;
	bool rewritten;
	int rc = change_by_peer(s, out, &rewritten);

	if (rc < 0)
		return rc;
	if (peer->kind == PEER_POTS)
		rc = send_pots(s, rewritten, &out->called);
	else
		render(s, PLAN_CALLED, peer->called_format, &out->called);
	if (rc < 0)
		return rc;
	render_callers(s, out);
	return change_at_port(s, out);
}

int plan_send(const struct plan_sending *s, struct plan_candidate *out, enum plan_reason *reason)
{
	int rc = change_all(s, out);

	if (rc < 0) {
		*reason = rc == -EPERM ? PLAN_REASON_REJECTED : PLAN_REASON_TOO_LONG;
		return rc;
	}
	out->peer = s->hunt->peer;
	out->target = s->target->target;
	out->trunk_group = s->target->trunk_group;
	out->server_group = s->target->server_group;
	out->enum_table = entry_of(s)->enum_table;
	out->hunt_group = entry_of(s)->hunt_group;
	snprintf(out->phone, sizeof(out->phone), "%s", s->hunt->phone ? s->hunt->phone->name : "");
	out->standby = s->hunt->standby;
	return 0;
}
