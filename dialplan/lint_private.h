/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lint_private - what lint.c (patterns beside each other), lint_trunk.c (ways back) and
 * lint_emergency.c share.
 */
#ifndef DIALPLAN_LINT_PRIVATE_H
#define DIALPLAN_LINT_PRIVATE_H

#include "dialplan/lint.h"
#include "dialplan/pattern.h"

struct lint {
	const struct plan *plan;
	bool overlap;
	lint_warn warn;
	void *arg;
	unsigned pairs; /* looked at so far */
};

void lint_tell(const struct lint *lint, const struct lint_warning *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* May another pair be looked at? Counts it. */
bool lint_take_pair(struct lint *lint);
/* Does the pattern fit every number that begins with a digit? */
bool lint_takes_all(const struct pattern *pattern);
/* lint_trunk.c */
int lint_trunks(struct lint *lint);
/* sip_to_sip.c */
void lint_sip_to_sip(const struct lint *lint);
/* lint_emergency.c */
void lint_emergency(const struct lint *lint);

#endif
