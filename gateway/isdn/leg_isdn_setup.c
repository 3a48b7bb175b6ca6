// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/leg_isdn_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool chosen(enum isdn_line_choice choice, bool unsaid)
{
	return choice == ISDN_LINE_UNSAID ? unsaid : choice == ISDN_LINE_ON;
}

void leg_isdn_setup_received(const struct isdn_line *line, const struct isdn_setup *setup,
			     struct call_setup *out)
{
	bool more = line->config.calls.overlap_receiving && !setup->sending_complete;

	*out = (struct call_setup){
	    .called = setup->called,
	    .called_form = more ? CALLED_OVERLAP : CALLED_COMPLETE,
	    .interdigit_ms = line->config.calls.t302_ms,
	    .called_subaddress = setup->called_subaddress,
	    .calling = setup->calling,
	    .redirection = setup->redirection,
	    .user_user = setup->user_user,
	    .bearer = setup->bearer,
	    .progress = setup->progress,
	};
	/* a terminal that dials by keypad has no called number (Q.931 5.1.1) */
	if (out->called.digits[0] == '\0')
		number_set(&out->called, setup->keypad, TON_UNKNOWN, NPI_UNKNOWN);
	else
		strcpy(out->keypad, setup->keypad);
}

int leg_isdn_setup_to_send(const struct isdn_line *line, const struct call_setup *wanted,
			   struct isdn_setup *out)
{
	const struct isdn_config *isdn = &line->config.isdn;
	bool complete = wanted->called_form == CALLED_COMPLETE;
	struct isdn_setup setup = {
	    .called = wanted->called,
	    .called_subaddress = wanted->called_subaddress,
	    .calling = wanted->calling,
	    /* the network chooses: its word is final (Q.931 5.2.3.1) */
	    .exclusive = !chosen(line->config.calls.negotiate_channel, !isdn->network),
	    .bearer = wanted->bearer,
	    .sending_complete = complete && chosen(line->config.calls.sending_complete,
						   isdn->switch_type == ISDN_PRIMARY_NET5),
	    .progress = wanted->progress,
	    .redirection = wanted->redirection,
	    .user_user = wanted->user_user,
	};

	if (complete && setup.called.digits[0] == '\0' && wanted->keypad[0] == '\0')
		return -EINVAL;
	strcpy(setup.keypad, wanted->keypad);
	address_map_apply(line->map, &setup.called);
	address_map_apply(line->map, &setup.calling.number);
	address_map_apply(line->map, &setup.redirection.from.number);
	*out = setup;
	return 0;
}
