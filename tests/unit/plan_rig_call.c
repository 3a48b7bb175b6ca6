// SPDX-License-Identifier: GPL-2.0-or-later
/* The calls of plan_rig, and what becomes of them; plan_rig.c builds the plans. */
#include "tests/unit/plan_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"

/* ---- calls */

/* The value of "KEY:NAME" or "KEY:NAME=N" in the states; false: it is not there. */
static bool state_of(const char *states, const char *key, const char *name, unsigned *value)
{
	char wanted[96];
	const char *found;
	size_t length = snprintf(wanted, sizeof(wanted), "%s%s", key, name);

	*value = 0;
	for (found = states; found && (found = strstr(found, wanted)); found++) {
		if (found != states && found[-1] != ' ')
			continue;
		if (found[length] == '=')
			*value = atoi(found + length + 1);
		return true;
	}
	return false;
}

static struct plan_peer_status peer_status(void *arg, const struct peer *peer)
{
	const struct plan_call *call = arg;
	struct plan_peer_status status = {.state = PLAN_PEER_UP};
	unsigned value;
	char key[16];

	snprintf(key, sizeof(key), "%u:", peer->tag);
	if (state_of(call->states, key, "busied", &value))
		status.state = PLAN_PEER_BUSIED_OUT;
	if (state_of(call->states, key, "down", &value))
		status.state = PLAN_PEER_PORT_DOWN;
	state_of(call->states, key, "calls", &status.calls);
	state_of(call->states, key, "used", &value);
	status.last_used = value;
	return status;
}

static struct plan_target_status target_status(void *arg, const char *target)
{
	const struct plan_call *call = arg;
	struct plan_target_status status = {0};
	unsigned value;
	char key[80];

	snprintf(key, sizeof(key), "%.64s@", target);
	status.down = state_of(call->states, key, "down", &value);
	status.failing = state_of(call->states, key, "failing", &value);
	state_of(call->states, key, "busy", &status.busy);
	state_of(call->states, key, "of", &status.channels);
	state_of(call->states, key, "idle", &value);
	status.idle_since = value;
	state_of(call->states, key, "used", &value);
	status.last_used = value;
	return status;
}

static struct plan_group_calls group_calls(void *arg, const char *name)
{
	const struct plan_call *call = arg;
	struct plan_group_calls calls;
	char key[80];

	snprintf(key, sizeof(key), "%.64s@", name);
	state_of(call->states, key, "in", &calls.in);
	state_of(call->states, key, "out", &calls.out);
	return calls;
}

static void phones(void *arg, const char *called, bool longer, plan_phone_fn fn, void *fn_arg)
{
	const struct plan_call *call = arg;
	const char *word = call->states;

	for (; word && (word = strchr(word, '>')); word++) {
		struct plan_phone phone = {.tag = 0};
		const char *begin = word;
		struct pattern *pattern;
		unsigned preference;
		char stop = 0;

		while (begin > call->states && begin[-1] != ' ')
			begin--;
		assert_true(sscanf(begin, "%64[^>]>%63[^@]@%u=%u%c", phone.pattern, phone.name,
				   &phone.tag, &preference, &stop) >= 4);
		phone.preference = preference;
		phone.huntstop = stop == '!' || stop == '*';
		phone.standby = stop == '*';
		assert_int_equal(pattern_compile(phone.pattern, &pattern, NULL, 0), 0);
		if (longer ? pattern_missing(pattern, called) > 0
			   : pattern_match(pattern, called) == PATTERN_FULL)
			fn(fn_arg, &phone);
		pattern_free(pattern);
	}
}

static bool call_uri_word(struct plan_request *request, const char *word)
{
	for (unsigned u = 0; u < PEER_URI_COUNT; u++)
		if (plan_rig_value(word, plan_rig_uri_keys[u], &request->uris[u]))
			return true;
	return false;
}

static void call_word(struct plan_call *call, const char *word)
{
	struct plan_request *request = &call->request;
	const char *v;

	if (call_uri_word(request, word))
		return;
	if (strcmp(word, "pots") == 0)
		request->inbound_kind = PEER_POTS;
	else if (strcmp(word, "voip") == 0)
		request->inbound_kind = PEER_VOIP;
	else if (strcmp(word, "inbound") == 0)
		call->inbound = true;
	else if (strcmp(word, "data") == 0)
		request->data = true;
	else if (strcmp(word, "collected") == 0)
		request->collected = true;
	else if (plan_rig_value(word, "called=", &v))
		assert_int_equal(number_from_e164(&request->called, v), 0);
	else if (plan_rig_value(word, "raw=", &v))
		assert_int_equal(number_set(&request->called, v, TON_UNKNOWN, NPI_UNKNOWN), 0);
	else if (plan_rig_value(word, "raw-calling=", &v))
		assert_int_equal(number_set(&request->calling, v, TON_UNKNOWN, NPI_UNKNOWN), 0);
	else if (plan_rig_value(word, "raw-redir=", &v))
		assert_int_equal(number_set(&request->redirecting, v, TON_UNKNOWN, NPI_UNKNOWN), 0);
	else if (plan_rig_value(word, "calling=", &v))
		assert_int_equal(number_from_e164(&request->calling, v), 0);
	else if (plan_rig_value(word, "redir=", &v))
		assert_int_equal(number_from_e164(&request->redirecting, v), 0);
	else if (plan_rig_value(word, "ton=", &v))
		request->called.ton = plan_rig_ton(v);
	else if (plan_rig_value(word, "calling-ton=", &v))
		request->calling.ton = plan_rig_ton(v);
	else if (plan_rig_value(word, "redir-ton=", &v))
		request->redirecting.ton = plan_rig_ton(v);
	else if (plan_rig_value(word, "port=", &request->port) ||
		 plan_rig_value(word, "carrier=", &request->carrier))
		;
	else if (plan_rig_value(word, "phone=", &v))
		request->phone_tag = strtoul(v, NULL, 10);
	else if (plan_rig_value(word, "random=", &v))
		request->random = strtoul(v, NULL, 10);
	else if (plan_rig_value(word, "from-address=", &v)) {
		request->source_family = strchr(v, ':') ? 6 : 4;
		assert_int_equal(inet_pton(strchr(v, ':') ? AF_INET6 : AF_INET, v, request->source),
				 1);
	} else {
		fail_msg("test: call %s", word);
	}
}

void plan_rig_call(struct plan_call *call, const char *text, const char *states)
{
	char *save = NULL;

	memset(call, 0, sizeof(*call));
	call->request.inbound_kind = PEER_VOIP;
	COPY(call->words, text);
	for (char *word = strtok_r(call->words, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		call_word(call, word);
	if (!states)
		return;
	call->states = states;
	call->request.status = peer_status;
	call->request.target = target_status;
	call->request.group_calls = group_calls;
	call->request.phones = phones;
	call->request.status_arg = call->request.target_arg = call->request.group_calls_arg =
	    call->request.phones_arg = call;
}

/* ---- results */

static void put_number(char *text, char sign, const struct number *number)
{
	char e164[NUMBER_DIGITS_MAX + 2];

	number_to_e164(number, e164);
	sprintf(text + strlen(text), "%c%s", sign, e164);
}

static void put_candidate(char *text, const char *show, const struct plan_candidate *c)
{
	sprintf(text + strlen(text), "%s%u", *text ? " " : "", c->peer->tag);
	for (; show && *show; show++) {
		if (*show == '@')
			sprintf(text + strlen(text), "@%s", c->target);
		else if (*show == '!' && c->phone[0])
			sprintf(text + strlen(text), "!%s", c->phone);
		else if (*show == '=')
			sprintf(text + strlen(text), "=%s", c->called.digits);
		else if (*show == '/')
			sprintf(text + strlen(text), "/%s", number_ton_name(c->called.ton));
		else if (*show == '<')
			put_number(text, '<', &c->calling);
		else if (*show == '>')
			put_number(text, '>', &c->redirecting);
		else if (*show == 'c' || *show == 'r') {
			const struct number *n = *show == 'c' ? &c->calling : &c->redirecting;

			sprintf(text + strlen(text), " %c %s/%s", *show, n->digits,
				number_ton_name(n->ton));
		} else if (*show == '~')
			sprintf(text + strlen(text), "~%s~%s", number_ton_name(c->calling.ton),
				number_ton_name(c->redirecting.ton));
	}
}

void plan_rig_route(const struct plan *plan, struct plan_call *call, const char *show, char *text)
{
	struct plan_inbound inbound = {0};
	struct plan_route route;

	*text = '\0';
	if (call->inbound && plan_match_inbound(plan, &call->request, &inbound) < 0) {
		strcpy(text, "refused");
		return;
	}
	plan_route(plan, &call->request, inbound.peer, &route);
	for (unsigned i = 0; i < route.count; i++)
		put_candidate(text, show, &route.candidates[i]);
	if (!route.count)
		sprintf(text, "cause %u", route.cause);
	if (route.emergency)
		strcat(text, " emergency");
}

void plan_rig_inbound(const struct plan *plan, struct plan_call *call, char *text)
{
	static const char *const keys[] = {
	    [PLAN_KEY_PHONE] = "phone",	    [PLAN_KEY_URI] = "uri",
	    [PLAN_KEY_CALLED] = "called",   [PLAN_KEY_ANSWER_ADDRESS] = "answer",
	    [PLAN_KEY_CALLING] = "calling", [PLAN_KEY_PORT] = "port",
	    [PLAN_KEY_CARRIER] = "carrier", [PLAN_KEY_DEFAULT] = "default",
	};
	struct plan_inbound inbound;

	if (plan_match_inbound(plan, &call->request, &inbound) < 0) {
		strcpy(text, "none");
		return;
	}
	sprintf(text, "%u %s", inbound.peer->tag, keys[inbound.key]);
	if (inbound.also)
		sprintf(text + strlen(text), " also %u", inbound.also->tag);
	if (inbound.full)
		strcat(text, " full");
	if (inbound.blocked)
		sprintf(text + strlen(text), " blocked %u", inbound.blocked);
}

static void check(const struct plan_case *cases, size_t count, bool inbound)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct plan_case *c = &cases[i];
		struct plan *plan = plan_rig_plan(c->plan, &c->options);
		struct plan_call call;
		char text[4096];

		plan_rig_call(&call, c->call, c->states);
		if (inbound)
			plan_rig_inbound(plan, &call, text);
		else
			plan_rig_route(plan, &call, c->show, text);
		if (strcmp(text, c->result) != 0) {
			print_error("%s%s [%s] %s: \"%s\", not \"%s\"\n",
				    c->example ? "example " : "", c->example ? c->example : "",
				    c->plan, c->call, text, c->result);
			wrong++;
		}
		plan_unref(plan);
	}
	assert_int_equal(wrong, 0);
}

void plan_rig_check_routes(const struct plan_case *cases, size_t count)
{
	check(cases, count, false);
}

void plan_rig_check_inbound(const struct plan_case *cases, size_t count)
{
	check(cases, count, true);
}
