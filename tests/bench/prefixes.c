// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/prefixes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Country codes with the digits that follow and how many areas a deck has there, roughly. */
static const struct country {
	const char *code;
	unsigned digits, weight;
} countries[] = {
    {"1", 10, 200}, {"7", 10, 60},  {"20", 10, 8},  {"27", 9, 8},    {"30", 10, 8},
    {"31", 9, 20},  {"32", 9, 15},  {"33", 9, 40},  {"34", 9, 25},   {"36", 9, 8},
    {"39", 10, 40}, {"40", 9, 8},   {"41", 9, 15},  {"43", 11, 30},  {"44", 10, 80},
    {"45", 8, 8},   {"46", 9, 20},  {"47", 8, 8},   {"48", 9, 15},   {"49", 11, 120},
    {"51", 9, 6},   {"52", 10, 40}, {"53", 8, 2},   {"54", 10, 25},  {"55", 11, 60},
    {"56", 9, 8},   {"57", 10, 10}, {"58", 10, 8},  {"60", 9, 10},   {"61", 9, 30},
    {"62", 11, 30}, {"63", 10, 12}, {"64", 9, 8},   {"65", 8, 3},    {"66", 9, 10},
    {"81", 10, 60}, {"82", 10, 25}, {"84", 9, 12},  {"86", 11, 140}, {"90", 10, 20},
    {"91", 10, 90}, {"92", 10, 12}, {"93", 9, 3},   {"94", 9, 5},    {"95", 9, 4},
    {"98", 10, 12}, {"212", 9, 4},  {"213", 9, 4},  {"216", 8, 3},   {"218", 9, 2},
    {"220", 7, 1},  {"221", 9, 2},  {"225", 10, 2}, {"233", 9, 2},   {"234", 10, 5},
    {"237", 9, 2},  {"243", 9, 2},  {"244", 9, 2},  {"249", 9, 2},   {"251", 9, 2},
    {"254", 9, 3},  {"255", 9, 2},  {"256", 9, 2},  {"260", 9, 1},   {"263", 9, 1},
    {"351", 9, 8},  {"352", 9, 2},  {"353", 9, 8},  {"354", 7, 1},   {"358", 9, 10},
    {"359", 9, 6},  {"370", 8, 2},  {"371", 8, 2},  {"372", 8, 2},   {"375", 9, 4},
    {"380", 9, 12}, {"381", 9, 5},  {"385", 9, 4},  {"386", 8, 3},   {"420", 9, 8},
    {"421", 9, 5},  {"502", 8, 2},  {"506", 8, 2},  {"507", 8, 2},   {"593", 9, 4},
    {"595", 9, 2},  {"598", 8, 2},  {"852", 8, 3},  {"855", 9, 2},   {"880", 10, 6},
    {"886", 9, 6},  {"960", 7, 1},  {"961", 8, 2},  {"962", 9, 2},   {"964", 10, 3},
    {"965", 8, 1},  {"966", 9, 4},  {"971", 9, 3},  {"972", 9, 5},   {"974", 8, 1},
    {"977", 10, 2}, {"994", 9, 2},  {"995", 9, 2},  {"998", 9, 3},
};
#define COUNTRIES (sizeof(countries) / sizeof(countries[0]))

static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

unsigned prefixes_random(struct prefixes *p, unsigned below)
{
	return (random_next(&p->random) >> 32) * below >> 32;
}

static const struct country *country_by_weight(struct prefixes *p)
{
	static unsigned sum;
	unsigned at;

	if (!sum)
		for (size_t i = 0; i < COUNTRIES; i++)
			sum += countries[i].weight;
	at = prefixes_random(p, sum);
	for (size_t i = 0;; i++) {
		if (at < countries[i].weight)
			return &countries[i];
		at -= countries[i].weight;
	}
}

static const struct country *country_of(const char *number)
{
	for (size_t i = 0; i < COUNTRIES; i++)
		if (!strncmp(number, countries[i].code, strlen(countries[i].code)))
			return &countries[i];
	return NULL;
}

static void append_random(struct prefixes *p, char *digits, size_t length)
{
	size_t at = strlen(digits);

	for (; at < length && at < PREFIX_DIGITS_MAX; at++)
		digits[at] = '0' + prefixes_random(p, 10);
	digits[at] = '\0';
}

/* ---- a set of those made so far: 0 is a free place */

struct seen {
	uint64_t *places;
	size_t size; /* a power of two */
};

static bool seen_add(struct seen *seen, const char *digits)
{
	uint64_t key = 1, hash;

	for (; *digits; digits++)
		key = 10 * key + (*digits - '0');
	hash = key;
	for (size_t at = random_next(&hash) % seen->size;; at = (at + 1) % seen->size) {
		if (seen->places[at] == key)
			return false;
		if (!seen->places[at]) {
			seen->places[at] = key;
			return true;
		}
	}
}

/* The first three in ten are areas, the rest are areas split further. */
static void make_one(struct prefixes *p, size_t wanted, char *digits)
{
	if (p->count < COUNTRIES) {
		strcpy(digits, countries[p->count].code);
	} else if (p->count < COUNTRIES + wanted / 10 * 3) {
		const struct country *country = country_by_weight(p);

		sprintf(digits, "%s%u", country->code, 1 + prefixes_random(p, 9));
		append_random(p, digits, strlen(digits) + 1 + prefixes_random(p, 5));
	} else {
		const char *area = p->list[COUNTRIES + prefixes_random(p, p->count - COUNTRIES)];

		strcpy(digits, area);
		if (strlen(area) < 12)
			append_random(p, digits, strlen(area) + 1 + prefixes_random(p, 2));
	}
}

void prefixes_make(struct prefixes *p, size_t count)
{
	struct seen seen = {.size = 1024};

	while (seen.size < 2 * count)
		seen.size *= 2;
	*p = (struct prefixes){.random = 1, .list = calloc(count, sizeof(*p->list))};
	seen.places = calloc(seen.size, sizeof(*seen.places));
	if (!p->list || !seen.places)
		abort();
	while (p->count < count) {
		make_one(p, count, p->list[p->count]);
		p->count += seen_add(&seen, p->list[p->count]);
	}
	free(seen.places);
	for (size_t i = count; i > 1; i--) {
		size_t other = prefixes_random(p, i);
		char swap[PREFIX_DIGITS_MAX + 1];

		memcpy(swap, p->list[i - 1], sizeof(swap));
		memcpy(p->list[i - 1], p->list[other], sizeof(swap));
		memcpy(p->list[other], swap, sizeof(swap));
	}
}

void prefixes_free(struct prefixes *p)
{
	free(p->list);
}

void prefixes_number(struct prefixes *p, char number[PREFIX_DIGITS_MAX + 1])
{
	static const char *const nowhere[] = {"210", "214", "899", "969", "999"};
	unsigned kind = prefixes_random(p, 50);
	const struct country *country;
	size_t length;

	strcpy(number, p->list[prefixes_random(p, p->count)]);
	if (kind < 2) {
		strcpy(number, nowhere[prefixes_random(p, 5)]);
		append_random(p, number, 11);
	} else if (kind < 4) {
		number[strlen(number) - (number[1] != '\0')] = '\0';
	} else if (kind < 5) {
		append_random(p, number, PREFIX_DIGITS_MAX);
	} else {
		country = country_of(number);
		length = country ? strlen(country->code) + country->digits : 11;
		if (length < strlen(number) + 2)
			length = strlen(number) + 2;
		append_random(p, number, length);
	}
}

/* ---- dial peers */

void prefixes_pattern(struct prefixes *p, char pattern[PREFIX_PATTERN_MAX])
{
	static const char *const ends[] = {
	    "T",	"....",	       ".......",   "......$",	"[2-9]......",
	    "[1-4]...", "[13579]....", "[^0-1]..T", ".[0-4].T", "..[2-9]..",
	};
	static const char *const begins[] = {"", "", "+", "9", "900", "9,00"};
	const char *area = p->list[prefixes_random(p, p->count)];
	size_t digits = 4 + prefixes_random(p, 6);

	if (prefixes_random(p, 50) == 0) /* "7[3-9]55T": a set in the middle of the literals */
		snprintf(pattern, PREFIX_PATTERN_MAX, "%.2s[%u-9]%.2sT", area,
			 prefixes_random(p, 9), area);
	else
		snprintf(pattern, PREFIX_PATTERN_MAX, "%s%.*s%s", begins[prefixes_random(p, 6)],
			 (int)digits, area, ends[prefixes_random(p, 10)]);
}

/* One of the digits of a set, and behind it. */
static char dial_set(struct prefixes *p, const char **pattern)
{
	const char *set = *pattern + 1;
	bool negated = *set == '^';
	char digit;

	*pattern = strchr(set, ']') + 1;
	for (;;) {
		bool in = false;

		digit = '0' + prefixes_random(p, 10);
		for (const char *c = set; *c != ']'; c++)
			in |= c[1] == '-' ? digit >= c[0] && digit <= c[2] : digit == *c;
		if (in != negated)
			return digit;
	}
}

void prefixes_dial(struct prefixes *p, const char *pattern, char number[PREFIX_PATTERN_MAX])
{
	size_t at = 0;

	while (*pattern && at < PREFIX_PATTERN_MAX - 5) {
		char c = *pattern;

		if (c == '[') {
			number[at++] = dial_set(p, &pattern);
			continue;
		}
		pattern++;
		if (c == '.')
			number[at++] = '0' + prefixes_random(p, 10);
		else if (c == 'T')
			for (unsigned i = 0; i < 4; i++)
				number[at++] = '0' + prefixes_random(p, 10);
		else if (c != ',' && c != '$')
			number[at++] = c;
	}
	number[at] = '\0';
}
