/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * address_map - type and plan of a number by its digits: `isdn map address`, the last step before a
 * number is sent (after strip, prefix and translation).
 *
 * Rules are tried in order, the first whose pattern takes the number (surplus digits allowed unless
 * the pattern ends in $) sets type and plan; without one the number stays as it is. A pattern that
 * begins with + is compared with the number as E.164 shows it; .* at its end, as IOS writes it, is
 * anything or nothing.
 */
#ifndef DIALPLAN_ADDRESS_MAP_H
#define DIALPLAN_ADDRESS_MAP_H

#include "dialplan/number.h"
#include "dialplan/pattern.h"

#define ADDRESS_MAP_MAX 32

#define ADDRESS_ANY 0xff /* leave it as it is */

struct address_rule {
	char pattern[PATTERN_TEXT_MAX + 1];
	uint8_t ton, npi; /* or ADDRESS_ANY */
};

struct address_map;

/* -EINVAL: no pattern; why (may be NULL) says in one sentence what is wrong with it. */
int address_rule_check(const struct address_rule *rule, char *why, size_t why_size);
/* count 0: a map that changes nothing. -EINVAL: a pattern is wrong, or too many. */
int address_map_new(const struct address_rule *rules, unsigned count, struct address_map **out);
void address_map_free(struct address_map *map);
void address_map_apply(const struct address_map *map, struct number *number);

#endif
