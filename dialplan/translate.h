/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * translate - voice translation-rule and voice translation-profile (dial-peer rule 9).
 *
 * A set has numbered rules. translation_rules_new(), translation_rules_add() for each rule in any
 * order, then translation_apply() as often as wanted: the first rule in order of numbers that fits is
 * applied, and the set ends. Only the part that fits is replaced; // fits every number, also an empty
 * one, and replaces nothing, so that `// //` with a type rewrites only the type. A profile is plain
 * data: it names the set for each of the numbers of a call; 0: none.
 */
#ifndef DIALPLAN_TRANSLATE_H
#define DIALPLAN_TRANSLATE_H

#include "dialplan/number.h"

#define TRANSLATION_TEXT_MAX 64
#define TRANSLATION_RULES_MAX 100 /* of a set; also the highest number of a rule */
#define TRANSLATION_PROFILE_NAME_MAX 31
#define TRANSLATION_ANY 0xff /* type or plan: not looked at, not changed */

struct translation_rule {
	unsigned number; /* 1..TRANSLATION_RULES_MAX */
	bool reject;	 /* refuse the call: for call-block; replace is empty */
	char match[TRANSLATION_TEXT_MAX + 1], replace[TRANSLATION_TEXT_MAX + 1]; /* without / / */
	uint8_t type_match, type_replace; /* enum number_ton or TRANSLATION_ANY */
	uint8_t plan_match, plan_replace; /* enum number_npi or TRANSLATION_ANY */
};

struct translation_rules;

enum translation_outcome {
	TRANSLATION_NONE,      /* no rule fits */
	TRANSLATION_APPLIED,   /* the number is what the rule made of it, perhaps the same */
	TRANSLATION_REJECTED,  /* a reject rule fits */
	TRANSLATION_TOO_LONG,  /* the rule would make more digits than a number has: unchanged */
	TRANSLATION_MALFORMED, /* it would make no number, such as one with a + inside: unchanged */
};

int translation_rules_new(struct translation_rules **out); /* -ENOMEM */
void translation_rules_free(struct translation_rules *rules);
/* -EINVAL: match or replace is wrong, why says how; -EEXIST: the number is taken; -ENOMEM. */
int translation_rules_add(struct translation_rules *rules, const struct translation_rule *rule,
			  char *why, size_t why_size);
/* with_plus: rules see an international number with its +, as in SIP; else bare digits. Types and
 * plans are compared as they are, whatever the rules see.
 *
 * A rule that takes the + away leaves type unknown and the plan as it is; one that puts it makes the
 * number international, plan ISDN; where it changes neither, type and plan stay. What the rule itself
 * names goes before all that. A + among the digits of a number of any other type (some exchanges
 * send it so) stays there while rules keep it and name no type.
 *
 * rule (may be NULL): the number of the rule that fitted, whatever came of it; with
 * TRANSLATION_NONE it is untouched. */
enum translation_outcome translation_apply(const struct translation_rules *rules,
					   struct number *number, bool with_plus, unsigned *rule);

/* Is there a number at all whose digits its match could fit? For lint: `/(1)/` has no \ before the
 * parentheses, `/555-1234/` waits for a hyphen. A match that is wrong fits none. */
bool translation_rule_can_fit(const struct translation_rule *rule);

struct translation_profile {
	char name[TRANSLATION_PROFILE_NAME_MAX + 1];
	unsigned called, calling, redirect_called, redirect_target;
	unsigned callback_number; /* kept for show running-config: no call here has one */
};

#endif
