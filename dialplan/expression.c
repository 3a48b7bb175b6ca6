// SPDX-License-Identifier: GPL-2.0-or-later
/* Pike's method: all ways through an expression are followed at once, one character of the text
 * after another. Of the ways that reach a step at the same character only the best goes on, so that
 * there are never more of them than steps. */
#include "dialplan/expression_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct ways { /* that wait for a character, best first */
	unsigned count;
	uint16_t steps[EXPRESSION_STEPS_MAX];
	int slots[EXPRESSION_STEPS_MAX]
		 [EXPRESSION_SLOTS_MAX]; /* where each of them passed a group */
};

struct search {
	const struct expression *expression;
	const char *text;
	size_t slots_size;		   /* octets of the slots in use */
	int reached[EXPRESSION_STEPS_MAX]; /* last position at which a way came to the step, + 1 */
	bool found;
	int best[EXPRESSION_SLOTS_MAX];
};

/* One way goes on from a step, until each of its branches waits for a character at position. */
static void search_follow(struct search *search, struct ways *ways, unsigned at, int position,
			  int *slots)
{
	while (search->reached[at] != position + 1) {
		const struct step *step = &search->expression->steps[at];
		int saved;

		search->reached[at] = position + 1;
		switch (step->kind) {
		case STEP_SPLIT:
			search_follow(search, ways, (unsigned)((int)at + step->go), position,
				      slots);
			at = (unsigned)((int)at + step->other);
			break;
		case STEP_JUMP:
			at = (unsigned)((int)at + step->go);
			break;
		case STEP_SAVE:
			saved = slots[step->what];
			slots[step->what] = position;
			search_follow(search, ways, at + 1, position, slots);
			slots[step->what] = saved;
			return;
		case STEP_BEGIN:
			if (position > 0)
				return;
			at++;
			break;
		case STEP_END:
			if (search->text[position] != '\0')
				return;
			at++;
			break;
		default:
			ways->steps[ways->count] = (uint16_t)at;
			memcpy(ways->slots[ways->count], slots, search->slots_size);
			ways->count++;
			return;
		}
	}
}

/* Leftmost, then longest. A way that is as long but worse never gets here. */
static void search_found(struct search *search, const int *slots, int position)
{
	if (search->found && slots[0] > search->best[0])
		return;
	memcpy(search->best, slots, search->slots_size);
	search->best[1] = position;
	search->found = true;
}

static bool step_takes(const struct expression *e, const struct step *step, unsigned char c)
{
	switch (step->kind) {
	case STEP_CHARACTER:
		return c == step->what;
	case STEP_SET:
		return character_set_has(&e->sets[step->what], c);
	default:
		return step->kind == STEP_ANY;
	}
}

/* All ways take the character at position. */
static void search_advance(struct search *search, struct ways *from, struct ways *to, int position)
{
	const struct expression *e = search->expression;
	unsigned char c = (unsigned char)search->text[position];

	to->count = 0;
	for (unsigned i = 0; i < from->count; i++) {
		const struct step *step = &e->steps[from->steps[i]];

		if (step->kind == STEP_FOUND)
			search_found(search, from->slots[i], position);
		else if (c != '\0' && step_takes(e, step, c))
			search_follow(search, to, from->steps[i] + 1u, position + 1,
				      from->slots[i]);
	}
}

bool expression_find(const struct expression *e, const char *text,
		     struct expression_match match[EXPRESSION_GROUPS_MAX + 1])
{
	bool anchored = e->steps[0].kind == STEP_BEGIN; /* nothing begins later */
	struct search search;
	struct ways ways[2];
	int fresh[EXPRESSION_SLOTS_MAX];
	unsigned now = 0;

	search.expression = e;
	search.text = text;
	search.slots_size = 2 * (e->groups + 1) * sizeof(int);
	search.found = false;
	memset(search.reached, 0, e->count * sizeof(search.reached[0]));
	memset(fresh, -1, sizeof(fresh));
	memset(search.best, -1, sizeof(search.best));
	ways[now].count = 0;
	for (int position = 0;; position++, now = !now) {
		fresh[0] = position;
		if (!search.found)
			search_follow(&search, &ways[now], 0, position, fresh);
		search_advance(&search, &ways[now], &ways[!now], position);
		if (text[position] == '\0' || (ways[!now].count == 0 && (search.found || anchored)))
			break;
	}
	for (unsigned i = 0; i <= EXPRESSION_GROUPS_MAX && search.found; i++)
		match[i] = (struct expression_match){search.best[2 * i], search.best[2 * i + 1]};
	return search.found;
}

/* ---- what could be found */

enum { /* how far a text has come, for ^ and $ */
       PLACE_BEGIN,
       PLACE_INSIDE,
       PLACE_BEHIND, /* a $ was passed: nothing may follow */
       PLACE_EMPTY,  /* both: the text is empty */
       PLACES
};

struct reach {
	const struct expression *expression;
	const char *characters;
	bool seen[EXPRESSION_STEPS_MAX][PLACES];
	bool found;
};

static bool step_takes_one_of(const struct expression *e, const struct step *step,
			      const char *characters)
{
	for (; *characters != '\0'; characters++)
		if (step_takes(e, step, (unsigned char)*characters))
			return true;
	return false;
}

static void reach_from(struct reach *reach, unsigned at, int place)
{
	while (!reach->found && !reach->seen[at][place]) {
		const struct step *step = &reach->expression->steps[at];

		reach->seen[at][place] = true;
		switch (step->kind) {
		case STEP_SPLIT:
			reach_from(reach, (unsigned)((int)at + step->go), place);
			at = (unsigned)((int)at + step->other);
			continue;
		case STEP_JUMP:
			at = (unsigned)((int)at + step->go);
			continue;
		case STEP_FOUND:
			reach->found = true;
			return;
		case STEP_SAVE:
			break;
		case STEP_BEGIN:
			/* in the middle of a match nothing begins; before it anything may stand */
			if (place != PLACE_BEGIN && place != PLACE_EMPTY)
				return;
			break;
		case STEP_END:
			place = place == PLACE_BEGIN || place == PLACE_EMPTY ? PLACE_EMPTY
									     : PLACE_BEHIND;
			break;
		default:
			if (place == PLACE_BEHIND || place == PLACE_EMPTY ||
			    !step_takes_one_of(reach->expression, step, reach->characters))
				return;
			place = PLACE_INSIDE;
		}
		at++;
	}
}

bool expression_can_fit(const struct expression *e, const char *characters)
{
	struct reach reach = {.expression = e, .characters = characters};

	reach_from(&reach, 0, PLACE_BEGIN);
	return reach.found;
}

/* ---- replacements */

static int refuse(char *why, size_t why_size, size_t at, const char *what)
{
	if (why && why_size)
		snprintf(why, why_size, "character %u of the replacement: %s", (unsigned)at + 1,
			 what);
	return -EINVAL;
}

int expression_check_replacement(const struct expression *e, const char *replacement, char *why,
				 size_t why_size)
{
	for (size_t i = 0; replacement[i] != '\0'; i++) {
		if (replacement[i] != '\\')
			continue;
		i++;
		if (replacement[i] == '\0')
			return refuse(why, why_size, i - 1, "nothing follows the \\");
		if (isdigit((unsigned char)replacement[i]) &&
		    (unsigned)(replacement[i] - '0') > e->groups)
			return refuse(why, why_size, i - 1, "the expression has no such group");
	}
	return 0;
}

/* Returns how long it is; out may be NULL. */
static size_t replacement_write(const char *replacement, const char *text,
				const struct expression_match match[EXPRESSION_GROUPS_MAX + 1],
				char *out)
{
	size_t length = 0;

	for (const char *at = replacement; *at != '\0'; at++) {
		int group = *at == '&' ? 0 : -1;
		const char *from;
		size_t count = 1;

		if (*at == '\\' && at[1] != '\0') {
			at++;
			if (isdigit((unsigned char)*at))
				group = *at - '0';
		}
		from = at;
		if (group >= 0) {
			if (match[group].begin < 0)
				continue;
			from = text + match[group].begin;
			count = (size_t)(match[group].end - match[group].begin);
		}
		if (out)
			memcpy(out + length, from, count);
		length += count;
	}
	return length;
}

int expression_replace(const char *replacement, const char *text,
		       const struct expression_match match[EXPRESSION_GROUPS_MAX + 1], char *out,
		       size_t size)
{
	size_t before = (size_t)match[0].begin;
	size_t after = strlen(text + match[0].end);
	size_t length = replacement_write(replacement, text, match, NULL);

	if (before + length + after >= size)
		return -EMSGSIZE;
	memcpy(out, text, before);
	replacement_write(replacement, text, match, out + before);
	memcpy(out + before + length, text + match[0].end, after + 1);
	return 0;
}
