// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/line_calls.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "dialplan/peer.h"
#include "gateway/call/call.h"
#include "gateway/log/log.h"
#include "gateway/sip/line_state.h"

static enum line_call_state state_of(const char *state)
{
	static const struct {
		const char *name;
		enum line_call_state state;
	} states[] = {
	    {"PROCEEDING", LINE_CALL_PROCEEDING},
	    {"ALERTING", LINE_CALL_EARLY},
	    {"ACTIVE", LINE_CALL_CONFIRMED},
	    {"CLEARED", LINE_CALL_TERMINATED},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(states[i].name, state) == 0)
			return states[i].state;
	return LINE_CALL_TRYING;
}

static void add(struct line_call *out, const char *line, const char *remote, bool initiator)
{
	struct line_party *party = &out->parties[out->parties_count];

	if (!line[0] || out->parties_count == LINE_PARTIES_MAX)
		return;
	for (unsigned i = 0; i < out->parties_count; i++)
		if (strcmp(out->parties[i].line, line) == 0)
			return;
	osmo_strlcpy(party->line, line, sizeof(party->line));
	osmo_strlcpy(party->remote, remote, sizeof(party->remote));
	party->initiator = initiator;
	out->parties_count++;
}

/* "2/17" and its port, "2:D". */
static void add_channel(struct line_call *out, const char *channel, const char *remote,
			bool initiator)
{
	unsigned span = peer_port_span(channel, NULL);
	char port[16];

	if (!span)
		return;
	snprintf(port, sizeof(port), "%u:D", span);
	add(out, channel, remote, initiator);
	add(out, port, remote, initiator);
}

void line_calls_changed(void *lines, const struct call_summary *call)
{
	const char *from = call->calling_sent[0] ? call->calling_sent : call->calling;
	const char *to = call->called_sent[0] ? call->called_sent : call->called;
	struct line_call line = {.id = call->id, .state = state_of(call->state)};

	osmo_strlcpy(line.name, call->name, sizeof(line.name));
	add(&line, call->calling, call->called, true);
	add(&line, call->called, call->calling, false);
	add(&line, call->calling_sent, to, true);
	add(&line, call->called_sent, from, false);
	add(&line, call->connected, from, false);
	/* a channel does what the party behind it does */
	add_channel(&line, call->leg[0].channel, call->called, true);
	add_channel(&line, call->leg[1].channel, from, false);
	if (line_states_set_call(lines, &line) < 0)
		LOGP(DSIP, LOGL_ERROR, "call %u: out of memory for the state of its lines\n",
		     call->id);
}
