// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Emergency numbers that would reach nobody: the plan itself is asked where each goes, whoever calls.
 */
#include <string.h>

#include "dialplan/lint_private.h"
#include "dialplan/trial.h"

static bool is_listed(const struct plan *plan, const char *digits)
{
	struct number number;

	return number_from_e164(&number, digits) == 0 && plan_is_emergency(plan, &number);
}

static void lint_number(const struct lint *lint, const char *dialled)
{
	struct lint_warning warning = {.kind = LINT_EMERGENCY};
	const struct plan_candidate *first;
	struct trial_outcome outcome;
	char sent[TRIAL_TEXT_SIZE];
	struct trial trial;

	trial_init(&trial);
	if (trial_set_numbers(&trial, dialled, "", "") < 0)
		return;
	trial_run(&trial, lint->plan, &outcome);
	if (!outcome.route.count) {
		lint_tell(lint, &warning, "emergency %s: no dial peer takes it", dialled);
		return;
	}
	first = &outcome.route.candidates[0];
	trial_sent(first->peer, &first->called, sent);
	if (is_listed(lint->plan, sent))
		return;
	warning.tag = first->peer->tag;
	lint_tell(lint, &warning,
		  "emergency %s goes out as %s on dial-peer voice %u, which is no emergency "
		  "number%s",
		  dialled, sent[0] ? sent : "nothing", warning.tag,
		  first->peer->kind == PEER_POTS ? ": a dial peer of its own with no digit-strip "
						   "would send it whole"
						 : "");
}

void lint_emergency(const struct lint *lint)
{
	const struct plan_options *options = plan_options(lint->plan);

	for (unsigned i = 0; i < PLAN_EMERGENCY_MAX && options->emergency[i][0]; i++)
		lint_number(lint, options->emergency[i]);
}
