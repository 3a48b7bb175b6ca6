// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/explain.h"

struct json {
	char **out;
	size_t *size, length;
	bool failed; /* out of memory */
};

/* Room for so many octets more and the end of the text. */
static bool grow(struct json *json, size_t more)
{
	size_t size = *json->size ? *json->size : 512;
	char *out;

	if (json->failed || json->length + more < *json->size)
		return !json->failed;
	while (size <= json->length + more)
		size *= 2;
	out = realloc(*json->out, size);
	json->failed = !out;
	if (out) {
		*json->out = out;
		*json->size = size;
	}
	return out != NULL;
}

static void put(struct json *json, const char *text)
{
	size_t length = strlen(text);

	if (!grow(json, length))
		return;
	memcpy(*json->out + json->length, text, length);
	json->length += length;
}

static void put_character(struct json *json, unsigned char c)
{
	char text[8] = {(char)c};

	if (c == '"' || c == '\\')
		snprintf(text, sizeof(text), "\\%c", c);
	else if (c < ' ' || c > '~')
		snprintf(text, sizeof(text), "\\u%04x", c);
	put(json, text);
}

static void put_string(struct json *json, const char *text)
{
	size_t plain = strspn(text, "0123456789+");

	put(json, "\"");
	if (!text[plain]) /* most are numbers */
		put(json, text);
	else
		for (; *text; text++)
			put_character(json, (unsigned char)*text);
	put(json, "\"");
}

static void put_unsigned(struct json *json, unsigned value)
{
	char text[12], *at = text + sizeof(text);

	*--at = '\0';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(json, at);
}

static void put_candidate(struct json *json, const struct plan_candidate *candidate)
{
	const struct peer *peer = candidate->peer;
	char text[TRIAL_TEXT_SIZE];

	put(json, "{\"tag\":");
	put_unsigned(json, peer->tag);
	put(json, peer->kind == PEER_POTS ? ",\"kind\":\"pots\",\"target\":"
					  : ",\"kind\":\"voip\",\"target\":");
	put_string(json, candidate->target);
	if (candidate->phone[0]) {
		put(json, ",\"telephone\":");
		put_string(json, candidate->phone);
	}
	put(json, ",\"send\":");
	trial_sent(peer, &candidate->called, text);
	put_string(json, text);
	put(json, ",\"calling\":");
	trial_sent(peer, &candidate->calling, text);
	put_string(json, text);
	put(json, "}");
}

static void put_inbound(struct json *json, const struct plan_inbound *inbound)
{
	put(json, "{\"inbound\":{\"tag\":");
	put_unsigned(json, inbound->peer ? inbound->peer->tag : 0);
	if (inbound->peer) {
		put(json, ",\"key\":");
		put_string(json, explain_key(inbound->key));
	}
	put(json, "}");
}

static void put_number(struct json *json, const char *name, const struct number *number)
{
	char text[TRIAL_TEXT_SIZE];

	put(json, name);
	number_to_e164(number, text);
	put_string(json, text);
}

/* ---- who is left out */

struct rejected {
	uint32_t tag;
	enum plan_reason reason;
};

struct rejections {
	struct json *json;
	const struct plan *plan;
	void *told; /* tsearch tree of struct rejected */
	unsigned count;
};

static void put_rejected(struct rejections *r, uint32_t tag, enum plan_reason reason)
{
	put(r->json, r->count++ ? ",{\"tag\":" : "{\"tag\":");
	put_unsigned(r->json, tag);
	put(r->json, ",\"why\":");
	put_string(r->json, explain_reason(r->plan, reason));
	put(r->json, "}");
}

static int compare_rejected(const void *pa, const void *pb)
{
	const struct rejected *a = pa, *b = pb;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->reason < b->reason ? -1 : a->reason > b->reason;
}

static void note_rejected(void *arg, const struct plan_note *note)
{
	struct rejections *r = arg;
	struct rejected *rejected, **found;

	if (note->step != PLAN_STEP_EXCLUDED || note->target)
		return;
	rejected = malloc(sizeof(*rejected));
	if (rejected)
		*rejected = (struct rejected){note->peer->tag, note->reason};
	found = rejected ? tsearch(rejected, &r->told, compare_rejected) : NULL;
	if (!found)
		r->json->failed = true;
	if (!found || *found != rejected)
		free(rejected);
	else
		put_rejected(r, rejected->tag, rejected->reason);
}

/* A route has room for the first few; if there may be more, the call is tried again, and the notes
 * tell all of them. */
static void put_all_rejected(struct json *json, const struct trial *asked, const struct plan *plan,
			     const struct plan_route *route)
{
	struct rejections rejections = {.json = json, .plan = plan};
	struct trial trial = *asked;
	struct trial_outcome again;

	if (route->excluded_count < PLAN_EXCLUDED_MAX) {
		for (unsigned i = 0; i < route->excluded_count; i++)
			put_rejected(&rejections, route->excluded[i].peer->tag,
				     route->excluded[i].reason);
		return;
	}
	trial.request.note = note_rejected;
	trial.request.note_arg = &rejections;
	trial.digit = NULL;
	trial_run(&trial, plan, &again);
	tdestroy(rejections.told, free);
}

/* ---- the object */

static void put_candidates(struct json *json, const struct plan_route *route)
{
	put(json, ",\"candidates\":[");
	for (unsigned i = 0; i < route->count; i++) {
		if (i)
			put(json, ",");
		put_candidate(json, &route->candidates[i]);
	}
}

static int finish(struct json *json)
{
	put(json, "}");
	if (json->failed)
		return -ENOMEM;
	(*json->out)[json->length] = '\0';
	return (int)json->length;
}

int explain_json(const struct trial *trial, const struct plan *plan, char **out, size_t *size)
{
	static const char *const results[] = {
	    [TRIAL_AT_ONCE] = "at-once",
	    [TRIAL_TIMER] = "timer",
	    [TRIAL_INCOMPLETE] = "incomplete",
	    [TRIAL_NO_MATCH] = "no-match",
	};
	struct json json = {.out = out, .size = size};
	struct trial_outcome outcome;

	trial_run(trial, plan, &outcome);
	put_inbound(&json, &outcome.inbound);
	put_number(&json, ",\"called\":", &outcome.called);
	put_number(&json, ",\"calling\":", &outcome.calling);
	put_candidates(&json, &outcome.route);
	put(&json, "],\"rejected\":[");
	put_all_rejected(&json, trial, plan, &outcome.route);
	put(&json, "],\"cause\":");
	if (outcome.cause)
		put_unsigned(&json, outcome.cause);
	else
		put(&json, "null");
	if (outcome.confers)
		put(&json, ",\"conference\":true");
	if (outcome.collected != TRIAL_EN_BLOC) {
		put(&json, ",\"collect\":{\"result\":");
		put_string(&json, results[outcome.collected]);
		put(&json, ",\"digits\":");
		put_string(&json, outcome.digits);
		put(&json, "}");
	}
	return finish(&json);
}

int explain_json_error(const char *what, char **out, size_t *size)
{
	struct json json = {.out = out, .size = size};

	put(&json, "{\"error\":");
	put_string(&json, what);
	return finish(&json);
}
