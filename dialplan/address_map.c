// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/address_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct address_map {
	unsigned count;
	struct {
		struct pattern *pattern;
		uint8_t ton, npi;
	} rule[ADDRESS_MAP_MAX];
};

static int compile(const struct address_rule *rule, struct pattern **out, char *why, size_t size)
{
	char text[PATTERN_TEXT_MAX + 1];
	size_t length = strnlen(rule->pattern, PATTERN_TEXT_MAX);

	memcpy(text, rule->pattern, length);
	text[length] = '\0';
	if (length == 2 && strcmp(text, ".*") == 0)
		text[1] = '\0';
	else if (length > 2 && strcmp(text + length - 2, ".*") == 0 && text[length - 3] != '\\')
		text[length - 2] = '\0';
	return pattern_compile(text, out, why, size);
}

int address_rule_check(const struct address_rule *rule, char *why, size_t why_size)
{
	struct pattern *pattern;
	int rc = compile(rule, &pattern, why, why_size);

	if (rc == 0)
		pattern_free(pattern);
	return rc;
}

int address_map_new(const struct address_rule *rules, unsigned count, struct address_map **out)
{
	struct address_map *map;
	int rc;

	if (count > ADDRESS_MAP_MAX)
		return -EINVAL;
	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		rc = compile(&rules[i], &map->rule[i].pattern, NULL, 0);
		if (rc < 0)
			goto fail;
		map->rule[i].ton = rules[i].ton;
		map->rule[i].npi = rules[i].npi;
		map->count++;
	}
	*out = map;
	return 0;
fail:
	address_map_free(map);
	return rc;
}

void address_map_free(struct address_map *map)
{
	if (!map)
		return;
	for (unsigned i = 0; i < map->count; i++)
		pattern_free(map->rule[i].pattern);
	free(map);
}

void address_map_apply(const struct address_map *map, struct number *number)
{
	char e164[NUMBER_DIGITS_MAX + 2];

	if (number->digits[0] == '\0')
		return;
	number_to_e164(number, e164);
	for (unsigned i = 0; i < map->count; i++) {
		bool plus = pattern_text(map->rule[i].pattern)[0] == '+';
		enum pattern_fit fit =
		    pattern_match(map->rule[i].pattern, plus ? e164 : number->digits);

		if (fit != PATTERN_FULL && fit != PATTERN_SURPLUS)
			continue;
		if (map->rule[i].ton != ADDRESS_ANY)
			number->ton = map->rule[i].ton;
		if (map->rule[i].npi != ADDRESS_ANY)
			number->npi = map->rule[i].npi;
		if (number->digits[0] == '+' && map->rule[i].ton != ADDRESS_ANY)
			/* the sign would say international again */
			memmove(number->digits, number->digits + 1, strlen(number->digits));
		return;
	}
}
