/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lint - what is allowed in a dial plan and probably not meant.
 *
 * lint_plan() looks at a sealed plan, lint_rules() at one voice translation-rule. Both call warn for
 * each finding, with the peers (or rules) that it is about; the sentence names them.
 *
 * What is bounded, so that 100 000 peers take well under a second: each pattern is compared with at
 * most LINT_NEIGHBOURS_MAX others that begin with the same literal digits or with the first of them;
 * LINT_PAIRS_MAX pairs in all are looked at closely. Each peer is named once for each kind. Of
 * e164-pattern-maps, URIs and peer groups nothing is said.
 */
#ifndef DIALPLAN_LINT_H
#define DIALPLAN_LINT_H

#include "dialplan/plan.h"

#define LINT_NEIGHBOURS_MAX 64
#define LINT_PAIRS_MAX 200000
#define LINT_TEXT_SIZE 400

enum lint_kind {
	LINT_MISSING,	  /* refers to what does not exist */
	LINT_HIDDEN,	  /* never tried: another goes first and ends the hunt */
	LINT_RESTRICTED,  /* never tried: no inbound peer's COR list allows it */
	LINT_NOT_INBOUND, /* an inbound key that never decides: another fits first */
	LINT_TIE,	  /* IOS would choose at random */
	LINT_SHORT,	/* digit by digit: a short pattern takes the call before a longer one can */
	LINT_TIMER,	/* digit by digit: T goes before a fixed pattern and waits */
	LINT_TWO_STAGE, /* pots peer without direct-inward-dial */
	LINT_LOOP,	/* goes back to the host it came from */
	LINT_HAIRPIN,	/* leaves by the trunk it came from */
	LINT_EMERGENCY, /* an emergency number that no peer takes (tag 0), or that goes out as another */
	LINT_SIP_TO_SIP,    /* calls from SIP that would go to SIP are refused */
	LINT_RULE_SHADOWED, /* an earlier rule of the set fits first, always */
	LINT_RULE_NEVER,    /* no number fits this rule */
};

struct lint_warning { /* lent */
	enum lint_kind kind;
	uint32_t tag, other; /* of the peers, or the numbers of the rules; 0: none */
	const char *text;
};

struct lint_options {
	bool overlap; /* digits may come one by one: overlap receiving, analogue ports */
};

typedef void (*lint_warn)(void *arg, const struct lint_warning *warning);

/* 0 or -ENOMEM. */
int lint_plan(const struct plan *plan, const struct lint_options *options, lint_warn warn,
	      void *arg);
/* rules: by their numbers. */
void lint_rules(const struct translation_rule *rules, unsigned count, lint_warn warn, void *arg);

#endif
