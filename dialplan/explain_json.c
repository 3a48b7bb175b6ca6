// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/explain.h"

struct json {
	char *at, *end; /* at == end: too small */
};

static void put(struct json *json, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(json->end - json->at) <= length) {
		json->at = json->end;
		return;
	}
	memcpy(json->at, text, length);
	json->at += length;
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

static void put_route(struct json *json, const struct plan *plan, const struct plan_route *route)
{
	put(json, ",\"candidates\":[");
	for (unsigned i = 0; i < route->count; i++) {
		if (i)
			put(json, ",");
		put_candidate(json, &route->candidates[i]);
	}
	put(json, "],\"rejected\":[");
	for (unsigned i = 0; i < route->excluded_count; i++) {
		put(json, i ? ",{\"tag\":" : "{\"tag\":");
		put_unsigned(json, route->excluded[i].peer->tag);
		put(json, ",\"why\":");
		put_string(json, explain_reason(plan, route->excluded[i].reason));
		put(json, "}");
	}
	put(json, "],\"cause\":");
}

static int finish(struct json *json, char *out)
{
	put(json, "}");
	if (json->at == json->end)
		return -EMSGSIZE;
	*json->at = '\0';
	return (int)(json->at - out);
}

int explain_json(const struct trial *trial, const struct plan *plan, char *out, size_t size)
{
	static const char *const results[] = {
	    [TRIAL_AT_ONCE] = "at-once",
	    [TRIAL_TIMER] = "timer",
	    [TRIAL_INCOMPLETE] = "incomplete",
	    [TRIAL_NO_MATCH] = "no-match",
	};
	struct json json = {out, out + size};
	struct trial_outcome outcome;

	trial_run(trial, plan, &outcome);
	put_inbound(&json, &outcome.inbound);
	put_number(&json, ",\"called\":", &outcome.called);
	put_number(&json, ",\"calling\":", &outcome.calling);
	put_route(&json, plan, &outcome.route);
	if (outcome.cause)
		put_unsigned(&json, outcome.cause);
	else
		put(&json, "null");
	if (outcome.collected != TRIAL_EN_BLOC) {
		put(&json, ",\"collect\":{\"result\":");
		put_string(&json, results[outcome.collected]);
		put(&json, ",\"digits\":");
		put_string(&json, outcome.digits);
		put(&json, "}");
	}
	return finish(&json, out);
}

int explain_json_error(const char *what, char *out, size_t size)
{
	struct json json = {out, out + size};

	put(&json, "{\"error\":");
	put_string(&json, what);
	return finish(&json, out);
}
