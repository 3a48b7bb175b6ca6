// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/q850.h"
#include "dialplan/text.h"

const char *explain_key(enum plan_key key)
{
	switch (key) {
	case PLAN_KEY_PHONE:
		return "telephone";
	case PLAN_KEY_URI:
		return "uri";
	case PLAN_KEY_CALLED:
		return "called";
	case PLAN_KEY_ANSWER_ADDRESS:
		return "answer-address";
	case PLAN_KEY_CALLING:
		return "calling";
	case PLAN_KEY_PORT:
		return "port";
	case PLAN_KEY_CARRIER:
		return "carrier-id";
	case PLAN_KEY_DEFAULT:
		return "default";
	case PLAN_KEY_NONE:
		break;
	}
	return "none";
}

const char *explain_reason(const struct plan *plan, enum plan_reason reason)
{
	switch (reason) {
	case PLAN_REASON_SHUTDOWN:
		return "shutdown";
	case PLAN_REASON_NO_TARGET:
		return "no-target";
	case PLAN_REASON_MISSING:
		return "missing";
	case PLAN_REASON_BUSIED_OUT:
		return "busied-out";
	case PLAN_REASON_PORT_DOWN: /* the owner asked for the check, or it is our default */
		return plan_options(plan)->status_check == PLAN_STATUS_CHECK ? "status-check"
									     : "port-down";
	case PLAN_REASON_MAX_CONN:
		return "max-conn";
	case PLAN_REASON_MAX_CALLS:
		return "max-calls";
	case PLAN_REASON_AFTER_HUNTSTOP:
		return "huntstop";
	case PLAN_REASON_BEARER:
		return "bearer";
	case PLAN_REASON_COR:
		return "cor";
	case PLAN_REASON_NUMBERING_TYPE:
		return "numbering-type";
	case PLAN_REASON_REJECTED:
		return "translation";
	case PLAN_REASON_TOO_LONG:
		return "too-long";
	case PLAN_REASON_TOO_MANY:
		return "too-many";
	case PLAN_REASON_FALLBACK:
		return "access-code";
	case PLAN_REASON_EMERGENCY:
		return "emergency";
	case PLAN_REASON_SIP_TO_SIP:
		return "allow-connections";
	}
	return "unknown";
}

/* ---- one step */

/* "+442079460000", "2079460000 (national)", "+442079460000 (unknown)": the + is a digit, "no number" */
static void put_number(struct text *text, const struct number *number)
{
	char digits[TRIAL_TEXT_SIZE];

	if (!number || !number->digits[0]) {
		text_put(text, "no number");
		return;
	}
	number_to_e164(number, digits);
	text_put(text, "%s", digits);
	if ((number->ton != TON_UNKNOWN || number->digits[0] == '+') &&
	    number->ton != TON_INTERNATIONAL)
		text_put(text, " (%s)", number_ton_name(number->ton));
}

static void put_change(struct text *text, const struct plan_note *note)
{
	static const char *const which[] = {
	    [PLAN_CALLED] = "called number",
	    [PLAN_CALLING] = "calling number",
	    [PLAN_REDIRECTING] = "redirecting number",
	};

	text_put(text, "%s ", which[note->which]);
	put_number(text, note->before);
	text_put(text, " -> ");
	put_number(text, note->after);
	text_put(text, ": ");
}

static void put_profile(struct text *text, const struct plan_note *note)
{
	static const char *const places[] = {
	    [PLAN_PLACE_VOICE_PORT] = "translation-profile %s of the voice port",
	    [PLAN_PLACE_TRUNK_GROUP] = "translation-profile %s of the trunk group",
	    [PLAN_PLACE_VOIP_INCOMING] = "voip-incoming translation-profile %s",
	    [PLAN_PLACE_SOURCE_GROUP] = "translation-profile %s of the source group",
	    [PLAN_PLACE_PEER_INCOMING] = "translation-profile incoming %s",
	    [PLAN_PLACE_PEER_OUTGOING] = "translation-profile outgoing %s",
	    [PLAN_PLACE_CALL_BLOCK] = "call-block translation-profile %s",
	};
	const char *before = places[note->place], *name = strstr(before, "%s");

	if (note->peer)
		text_put(text, "dial-peer %u ", note->peer->tag);
	text_put(text, "%.*s%s%s", (int)(name - before), before, note->name ? note->name : "",
		 name + 2);
	text_put(text, ", rule %u of voice translation-rule %u", note->rule, note->set);
}

static void put_more(struct text *text, const struct plan_note *note)
{
	if (note->text && note->text[0])
		text_put(text, " (%s)", note->text);
}

static void put_cause(struct text *text, unsigned cause)
{
	text_put(text, "cause %u (%s)", cause, q850_name(cause));
}

/* What only some notes have. */
static const char *of(const char *text)
{
	return text ? text : "";
}

static void put_peer_step(struct text *text, const struct plan_note *note)
{
	unsigned tag = note->peer ? note->peer->tag : 0;

	switch (note->step) {
	case PLAN_STEP_INBOUND:
		if (!note->peer) {
			text_put(text, "no inbound dial-peer fits");
			break;
		}
		text_put(text, "inbound dial-peer %u by %s", tag,
			 plan_key_name((enum plan_key)note->key));
		put_more(text, note);
		if (note->also)
			text_put(text, "; dial-peer %u fits as well, the lower tag counts",
				 note->also->tag);
		break;
	case PLAN_STEP_GROUP:
		text_put(text, "outbound dial-peers by %s of dial-peer %u", of(note->text), tag);
		break;
	case PLAN_STEP_FITS:
		text_put(text, "dial-peer %u fits", tag);
		put_more(text, note);
		if (note->text && note->text[0])
			text_put(text, ", explicit length %u", note->length);
		break;
	case PLAN_STEP_EXCLUDED:
		text_put(text, "dial-peer %u%s%s is left out: %s", tag, note->target ? ", " : "",
			 of(note->target), plan_reason_name((enum plan_reason)note->reason));
		put_more(text, note);
		break;
	default:
		text_put(text, "candidate %u: dial-peer %u, %s", note->position, tag,
			 of(note->target));
	}
}

/* A number that changes, and what changes it. */
static void put_change_step(struct text *text, const struct plan_note *note)
{
	put_change(text, note);
	switch (note->step) {
	case PLAN_STEP_NORMALIZED:
		text_put(text, "voice number-plan");
		break;
	case PLAN_STEP_TRANSLATED:
		put_profile(text, note);
		break;
	case PLAN_STEP_EMPTY_ANI:
		text_put(text, "dial-peer compat empty-ani, pattern of dial-peer %u",
			 note->peer ? note->peer->tag : 0);
		break;
	case PLAN_STEP_NUM_EXP:
		text_put(text, "num-exp %s", of(note->text));
		break;
	case PLAN_STEP_STRIPPED:
		text_put(text, "%s", of(note->text));
		break;
	case PLAN_STEP_PREFIXED:
		text_put(text, "prefix %s", of(note->text));
		break;
	case PLAN_STEP_RENDERED:
		text_put(text, "number-plan %s %s",
			 note->which == PLAN_CALLED ? "called" : "calling", of(note->text));
		break;
	case PLAN_STEP_SITE_NUMBER:
		text_put(text, "dialplan-pattern");
		break;
	default:
		text_put(text, "default-destination: no dial-peer fits");
	}
}

static void put_refusal(struct text *text, const struct plan_note *note)
{
	text_put(text, "refused with ");
	put_cause(text, note->cause);
	text_put(text, ": ");
}

static void put_step(struct text *text, const struct plan_note *note)
{
	switch (note->step) {
	case PLAN_STEP_NORMALIZED:
	case PLAN_STEP_TRANSLATED:
	case PLAN_STEP_EMPTY_ANI:
	case PLAN_STEP_NUM_EXP:
	case PLAN_STEP_STRIPPED:
	case PLAN_STEP_PREFIXED:
	case PLAN_STEP_RENDERED:
	case PLAN_STEP_SITE_NUMBER:
	case PLAN_STEP_DEFAULT_DESTINATION:
		put_change_step(text, note);
		break;
	case PLAN_STEP_BLOCKED:
		put_refusal(text, note);
		put_profile(text, note);
		break;
	case PLAN_STEP_FULL:
		put_refusal(text, note);
		text_put(text, "max-calls of trunk group %s", of(note->name));
		break;
	case PLAN_STEP_EMERGENCY:
		put_number(text, note->after);
		text_put(text,
			 " is an emergency number: no COR, no max-conn, no max-calls, no waiting");
		break;
	case PLAN_STEP_AFTER_HOURS:
		text_put(text, "blocked by after-hours: ");
		put_cause(text, note->cause);
		break;
	case PLAN_STEP_CAUSE:
		put_cause(text, note->cause);
		break;
	case PLAN_STEP_INBOUND:
	case PLAN_STEP_GROUP:
	case PLAN_STEP_FITS:
	case PLAN_STEP_EXCLUDED:
	case PLAN_STEP_CANDIDATE:
		put_peer_step(text, note);
	}
}

void explain_step(const struct plan_note *note, char out[EXPLAIN_LINE_SIZE])
{
	struct text text = {out, EXPLAIN_LINE_SIZE};

	out[0] = '\0';
	put_step(&text, note);
}

/* ---- the whole */

struct reader {
	void (*line)(void *arg, const char *text);
	void *arg;
	bool candidate; /* number changes are those of one candidate */
	char text[EXPLAIN_LINE_SIZE];
};

static void tell(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->text, sizeof(reader->text), format, args);
	va_end(args);
	reader->line(reader->arg, reader->text);
}

static void tell_step(void *arg, const struct plan_note *note)
{
	struct reader *reader = arg;

	char step[EXPLAIN_LINE_SIZE];

	if (note->step == PLAN_STEP_CAUSE) /* told at the end */
		return;
	explain_step(note, step);
	tell(reader, "%s%.*s", reader->candidate && note->before ? "    " : "",
	     EXPLAIN_LINE_SIZE - 8, step);
	if (note->step == PLAN_STEP_CANDIDATE)
		reader->candidate = true;
}

static void tell_digit(void *arg, const struct collect *c)
{
	char where[160];

	collect_describe(c, where, sizeof(where));
	tell(arg, "after %s: %s", c->request.called.digits, where);
}

static void tell_question(struct reader *reader, const struct trial *trial)
{
	const struct plan_request *request = &trial->request;
	struct text text = {reader->text, sizeof(reader->text)};

	text_put(&text, "call to ");
	put_number(&text, &request->called);
	if (request->calling.digits[0]) {
		text_put(&text, " from ");
		put_number(&text, &request->calling);
	}
	if (request->redirecting.digits[0]) {
		text_put(&text, ", redirected by ");
		put_number(&text, &request->redirecting);
	}
	if (request->phone_tag)
		text_put(&text, ", telephone %s", trial->user);
	else if (trial->host[0])
		text_put(&text, ", SIP from %s", trial->host);
	else if (request->port)
		text_put(&text, ", on port %s", request->port);
	if (trial->digit_by_digit)
		text_put(&text, ", digit by digit");
	reader->line(reader->arg, reader->text);
}

/* What each candidate is sent: digits with type and plan as Q.931 has them, or as SIP shows them. */
static void tell_candidate(struct reader *reader, unsigned position,
			   const struct plan_candidate *candidate)
{
	const struct peer *peer = candidate->peer;
	struct text text = {reader->text, sizeof(reader->text)};
	const struct {
		const char *name;
		const struct number *number;
	} numbers[] = {{"called", &candidate->called},
		       {"calling", &candidate->calling},
		       {"redirecting", &candidate->redirecting}};
	char digits[TRIAL_TEXT_SIZE];

	if (candidate->phone[0])
		text_put(&text,
			 "%2u. registered telephone %s, dial-peer %u of voice register pool %u:",
			 position, candidate->phone, peer->tag, peer->pool);
	else
		text_put(&text, "%2u. dial-peer %u %s %s:", position, peer->tag,
			 peer->kind == PEER_POTS ? "pots" : "voip", candidate->target);
	for (unsigned i = 0; i < 3; i++) {
		const struct number *number = numbers[i].number;

		if (i && !number->digits[0])
			continue;
		trial_sent(peer, number, digits);
		text_put(&text, "%s %s %s", i ? "," : "", numbers[i].name,
			 digits[0] ? digits : "no digits");
		if (peer->kind == PEER_POTS)
			text_put(&text, " (type %s, plan %s)", number_ton_name(number->ton),
				 number_npi_name(number->npi));
	}
	reader->line(reader->arg, reader->text);
}

static void tell_collected(struct reader *reader, const struct trial_outcome *outcome)
{
	static const char *const results[] = {
	    [TRIAL_AT_ONCE] = "goes at once",
	    [TRIAL_TIMER] = "goes when the timer between digits ends, or with the terminator",
	    [TRIAL_INCOMPLETE] = "is incomplete when the timer between digits ends",
	    [TRIAL_NO_MATCH] = "fits no dial peer, however many digits follow",
	};

	if (outcome->collected != TRIAL_EN_BLOC)
		tell(reader, "%s %s", outcome->digits[0] ? outcome->digits : "no digit",
		     results[outcome->collected]);
}

static void tell_outcome(struct reader *reader, const struct trial_outcome *outcome)
{
	const struct plan_route *route = &outcome->route;

	tell_collected(reader, outcome);
	if (outcome->confers) {
		tell(reader, "conference factory: the gateway answers, and a conference begins");
		return;
	}
	if (route->longer)
		tell(reader, "dial-peer %u wants %u more digit%s", route->longer->tag,
		     route->missing, route->missing == 1 ? "" : "s");
	if (outcome->cause) {
		tell(reader, "no route: cause %u (%s)", outcome->cause, q850_name(outcome->cause));
		return;
	}
	tell(reader, outcome->redirected
			 ? "redirect ip2ip: the caller is told to call these himself:"
			 : "in this order:");
	for (unsigned i = 0; i < route->count; i++)
		tell_candidate(reader, i + 1, &route->candidates[i]);
}

void explain_text(const struct trial *asked, const struct plan *plan,
		  void (*line)(void *arg, const char *text), void *arg)
{
	struct reader reader = {.line = line, .arg = arg};
	struct trial trial = *asked;
	struct trial_outcome outcome;
	const char *plar = asked->request.port ? plan_port_plar(plan, asked->request.port) : NULL;

	trial.request.note = tell_step;
	trial.request.note_arg = &reader;
	trial.digit = tell_digit;
	trial.digit_arg = &reader;
	tell_question(&reader, asked);
	if (plar)
		tell(&reader, "connection plar: %s is dialled from this port, whatever the number",
		     plar);
	trial_run(&trial, plan, &outcome);
	tell_outcome(&reader, &outcome);
}
