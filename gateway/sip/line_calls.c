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

/* The numbers of one side: as they came, as they went on, and as the other side may see them. */
struct side {
	const char *came, *went;
	const char *came_shown, *went_shown; /* empty: withheld */
};

/* Where another leg has taken the place of one, who was there has left. */
static struct side side_of(const struct call_summary *call, int number)
{
	const struct call_replacement *replaced = &call->replaced[number];
	bool withheld = replaced->made ? replaced->withheld : number == 0 && call->calling_withheld;
	struct side side = {number == 0 ? call->calling : call->called,
			    number == 0 ? call->calling_sent : call->called_sent};

	if (replaced->made)
		side.came = side.went = replaced->number;
	else if (!side.went[0])
		side.went = side.came;
	side.came_shown = withheld ? "" : side.came;
	side.went_shown = withheld ? "" : side.went;
	return side;
}

void line_calls_changed(void *lines, const struct call_summary *call)
{
	struct side calling = side_of(call, 0), called = side_of(call, 1);
	struct line_call line = {.id = call->id, .state = state_of(call->state)};

	osmo_strlcpy(line.name, call->name, sizeof(line.name));
	add(&line, calling.came, called.came_shown, true);
	add(&line, called.came, calling.came_shown, false);
	add(&line, calling.went, called.went_shown, true);
	add(&line, called.went, calling.went_shown, false);
	if (!call->replaced[1].made)
		add(&line, call->connected, calling.went_shown, false);
	/* a channel does what the party behind it does */
	add_channel(&line, call->leg[0].channel, called.came_shown, true);
	add_channel(&line, call->leg[1].channel, calling.went_shown, false);
	if (line_states_set_call(lines, &line) < 0)
		LOGP(DSIP, LOGL_ERROR, "call %u: out of memory for the state of its lines\n",
		     call->id);
}
