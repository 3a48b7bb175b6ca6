// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/digits.h"

#define CAUSE_CALL_REJECTED 21
#define CAUSE_NO_CIRCUIT 34

void trial_init(struct trial *trial)
{
	memset(trial, 0, sizeof(*trial));
	trial->request.inbound_kind = PEER_VOIP;
}

/* ---- where it comes from */

static int set_port(struct trial *trial, const struct plan *plan, const char *port)
{
	unsigned timeslot = 0, span = peer_port_span(port, &timeslot);

	if (!span || strlen(port) >= sizeof(trial->port))
		return -EINVAL;
	if (timeslot && plan && !plan_has_port(plan, port))
		snprintf(trial->port, sizeof(trial->port), "%u:D", span);
	else
		snprintf(trial->port, sizeof(trial->port), "%s", port);
	trial->request.inbound_kind = PEER_POTS;
	trial->request.port = trial->port;
	return 0;
}

/* host: an address is that of the sender as well. */
static void set_source_address(struct plan_request *request, const char *host)
{
	char address[64];
	size_t length = strcspn(host, ":");

	if (host[0] == '[') {
		host++;
		length = strcspn(host, "]");
	}
	if (length >= sizeof(address))
		return;
	memcpy(address, host, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, request->source) == 1)
		request->source_family = 4;
	else if (inet_pton(AF_INET6, address, request->source) == 1)
		request->source_family = 6;
}

static int set_uri(struct trial *trial, const char *uri)
{
	const char *at = strchr(uri, '@'), *host = at ? at + 1 : uri;
	size_t user_length = at ? (size_t)(at - uri) : 0, length = strcspn(host, ";?>");

	if (!length || length >= sizeof(trial->host) || user_length >= sizeof(trial->user) ||
	    strpbrk(host, " \t@<\""))
		return -EINVAL;
	memcpy(trial->user, uri, user_length);
	trial->user[user_length] = '\0';
	memcpy(trial->host, host, length);
	trial->host[length] = '\0';
	trial->request.inbound_kind = PEER_VOIP;
	set_source_address(&trial->request, trial->host);
	return 0;
}

int trial_set_source(struct trial *trial, const struct plan *plan, const char *source)
{
	char port[24];
	char *end;
	int rc;

	if (strncmp(source, "sip:", 4) == 0) {
		rc = set_uri(trial, source + 4);
	} else if (strncmp(source, "span ", 5) == 0) {
		unsigned long span = strtoul(source + 5, &end, 10);

		if (source[5] < '0' || source[5] > '9' || *end || span > 9999)
			return -EINVAL;
		snprintf(port, sizeof(port), "%lu:D", span);
		rc = set_port(trial, plan, port);
	} else {
		rc = set_port(trial, plan, source);
	}
	if (rc == 0)
		trial->source_known = true;
	return rc;
}

int trial_set_phone(struct trial *trial, uint32_t tag, const char *name)
{
	if (!name[0] || strlen(name) >= sizeof(trial->user))
		return -EINVAL;
	strcpy(trial->user, name);
	trial->request.inbound_kind = PEER_VOIP;
	trial->request.phone_tag = tag;
	trial->source_known = true;
	return 0;
}

/* ---- the numbers */

static void put_uri(struct trial *trial, enum peer_uri which, const char *user, const char *host)
{
	snprintf(trial->uris[which], sizeof(trial->uris[which]), "sip:%s%s%s", user,
		 user[0] ? "@" : "", host);
	trial->request.uris[which] = trial->uris[which];
}

int trial_set_numbers(struct trial *trial, const char *called, const char *calling,
		      const char *redirecting)
{
	struct plan_request *request = &trial->request;
	struct number numbers[3], own;
	const char *const texts[3] = {called, calling, redirecting};

	for (unsigned i = 0; i < 3; i++) {
		int rc = number_from_e164(&numbers[i], texts[i]);

		if (rc < 0)
			return rc;
	}
	if (!numbers[0].digits[0])
		return -EINVAL;
	request->called = numbers[0];
	request->calling = numbers[1];
	request->redirecting = numbers[2];
	if (request->phone_tag && !calling[0] && number_from_e164(&own, trial->user) == 0)
		request->calling = own;
	if (!trial->host[0])
		return 0;
	/* the gateway's own name is not known here */
	put_uri(trial, PEER_URI_REQUEST, called, "gateway.invalid");
	put_uri(trial, PEER_URI_TO, called, "gateway.invalid");
	put_uri(trial, PEER_URI_FROM, trial->user[0] ? trial->user : calling, trial->host);
	put_uri(trial, PEER_URI_VIA, "", trial->host);
	request->uris[PEER_URI_DIVERSION] = NULL;
	if (redirecting[0])
		put_uri(trial, PEER_URI_DIVERSION, redirecting, trial->host);
	return 0;
}

/* ---- the call */

struct run {
	const struct trial *trial;
	const struct plan *plan;
	struct plan_request request;
	struct trial_outcome *out;
	bool searching; /* what changes a number from now on belongs to one candidate */
};

/* Keeps the numbers that the outbound search sees; everything goes on to who asked. */
static void run_note(void *arg, const struct plan_note *note)
{
	struct run *run = arg;

	switch (note->step) {
	case PLAN_STEP_NORMALIZED:
	case PLAN_STEP_TRANSLATED:
	case PLAN_STEP_EMPTY_ANI:
	case PLAN_STEP_NUM_EXP:
	case PLAN_STEP_DEFAULT_DESTINATION:
		if (run->searching || !note->after)
			break;
		if (note->which == PLAN_CALLED)
			run->out->called = *note->after;
		else if (note->which == PLAN_CALLING)
			run->out->calling = *note->after;
		break;
	case PLAN_STEP_GROUP:
	case PLAN_STEP_FITS:
	case PLAN_STEP_EXCLUDED:
	case PLAN_STEP_CANDIDATE:
		run->searching = true;
		break;
	default:
		break;
	}
	if (run->trial->request.note)
		run->trial->request.note(run->trial->request.note_arg, note);
}

/* Without a source: the first kind of call that finds an inbound peer. */
static void choose_kind(struct run *run)
{
	struct plan_request request = run->request;
	struct plan_inbound inbound;

	request.note = NULL;
	run->request.inbound_kind = PEER_POTS;
	if (run->trial->digit_by_digit)
		return;
	request.inbound_kind = PEER_VOIP;
	if (plan_match_inbound(run->plan, &request, &inbound) < 0) {
		request.inbound_kind = PEER_POTS;
		if (plan_match_inbound(run->plan, &request, &inbound) == 0)
			return;
	}
	run->request.inbound_kind = PEER_VOIP;
}

/* Returns whether the call goes on; else sets its cause. */
static bool find_inbound(struct run *run)
{
	struct plan_inbound *inbound = &run->out->inbound;

	if (!run->trial->source_known)
		choose_kind(run);
	run->out->kind = run->request.inbound_kind;
	if (plan_match_inbound(run->plan, &run->request, inbound) < 0)
		run->out->cause = run->trial->source_known ? CAUSE_CALL_REJECTED : 0;
	else if (inbound->blocked)
		run->out->cause = inbound->blocked;
	else if (inbound->full)
		run->out->cause = CAUSE_NO_CIRCUIT;
	return !run->out->cause;
}

static void collect(struct run *run)
{
	struct trial_outcome *out = run->out;
	const struct trial *trial = run->trial;
	struct plan_request request = run->request;
	enum collect_result result;
	struct collect c;

	request.note = NULL; /* every digit is a search of its own */
	result = collect_start(&c, run->plan, &request, out->inbound.peer);
	out->collected = TRIAL_AT_ONCE;
	for (const char *d = request.called.digits; *d && result == COLLECT_MORE; d++) {
		const char one[2] = {*d};

		result = collect_digits(&c, one, NULL);
		if (trial->digit)
			trial->digit(trial->digit_arg, &c);
	}
	if (result == COLLECT_MORE) {
		out->collected = TRIAL_TIMER;
		result = collect_timeout(&c);
	}
	if (result == COLLECT_INCOMPLETE)
		out->collected = TRIAL_INCOMPLETE;
	else if (result == COLLECT_NO_MATCH)
		out->collected = TRIAL_NO_MATCH;
	out->cause = result == COLLECT_ROUTE ? 0 : c.cause;
	snprintf(out->digits, sizeof(out->digits), "%s", c.request.called.digits);
	run->request.called = out->called = c.request.called;
	run->request.collected = true;
}

static void run_lines(const struct trial *trial, struct plan_route *route)
{
	for (unsigned i = 0; i < route->count; i++) {
		struct plan_candidate *candidate = &route->candidates[i];

		if (candidate->peer->kind != PEER_POTS)
			continue;
		trial->line(trial->line_arg, candidate->target, &candidate->called);
		trial->line(trial->line_arg, candidate->target, &candidate->calling);
		trial->line(trial->line_arg, candidate->target, &candidate->redirecting);
	}
}

/* The number as it was dialled. */
static void keep_hours(struct run *run)
{
	const struct trial *trial = run->trial;
	char called[TRIAL_TEXT_SIZE];

	if (!trial->blocks || !trial->request.phone_tag || run->out->route.emergency)
		return;
	number_to_e164(&trial->request.called, called);
	if (!trial->blocks(trial->blocks_arg, trial->request.phone_tag, called))
		return;
	run->out->route.count = 0;
	run->out->cause = CAUSE_CALL_REJECTED;
	run_note(run,
		 &(struct plan_note){.step = PLAN_STEP_AFTER_HOURS, .cause = CAUSE_CALL_REJECTED});
}

/* The number as it was dialled. */
static void confer(struct run *run)
{
	struct trial_outcome *out = run->out;
	const char *called = run->trial->request.called.digits;

	out->confers = run->request.inbound_kind == PEER_VOIP && !out->route.emergency &&
		       !out->cause && called[0] &&
		       strcmp(called, plan_options(run->plan)->conference.factory) == 0;
	if (out->confers)
		out->route.count = 0;
}

/* A SIP caller, and what goes to SIP. */
static void connect_sip(struct run *run)
{
	struct plan_route *route = &run->out->route;

	run->out->redirected = run->request.inbound_kind == PEER_VOIP && route->count &&
			       !route->emergency && route->candidates[0].peer->kind == PEER_VOIP &&
			       plan_redirects(run->plan, run->out->inbound.peer);
	if (!run->out->redirected)
		plan_drop_sip_to_sip(run->plan, &run->request, route);
}

void trial_run(const struct trial *trial, const struct plan *plan, struct trial_outcome *out)
{
	struct run run = {.trial = trial, .plan = plan, .request = trial->request, .out = out};
	const char *plar = trial->request.port ? plan_port_plar(plan, trial->request.port) : NULL;

	/* the candidates of a route are many octets: not all are cleared for each number */
	out->inbound = (struct plan_inbound){0};
	out->plar = plar;
	out->collected = TRIAL_EN_BLOC;
	out->digits[0] = '\0';
	out->cause = out->route.count = out->route.excluded_count = 0;
	out->route.longer = NULL;
	out->route.emergency = out->redirected = out->confers = false;
	run.request.note = run_note;
	run.request.note_arg = &run;
	if (plar && number_from_e164(&run.request.called, plar) < 0)
		out->plar = NULL;
	out->called = run.request.called;
	out->calling = run.request.calling;
	if (!find_inbound(&run))
		return;
	if (trial->digit_by_digit && !out->plar)
		collect(&run);
	plan_route(plan, &run.request, out->inbound.peer, &out->route);
	keep_hours(&run);
	confer(&run);
	if (trial->source_known)
		connect_sip(&run);
	if (trial->line)
		run_lines(trial, &out->route);
	if (!out->cause && !out->route.count && !out->confers)
		out->cause = out->route.cause;
}

void trial_sent(const struct peer *peer, const struct number *number, char text[TRIAL_TEXT_SIZE])
{
	digits_text(number, peer->kind == PEER_VOIP, text);
}
