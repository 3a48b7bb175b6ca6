// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of expressions: recursive descent, the steps written as it reads.
 *
 *	alternatives = branch *( "|" branch )
 *	branch       = *( atom *repetition )
 *	repetition   = "*" / "+" / "?" / "{" n [ "," [ m ] ] "}"
 */
#include "dialplan/expression_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS_MAX 64
#define NESTING_MAX 16
#define REPETITION_MAX 255 /* RE_DUP_MAX of POSIX */

enum token {
	TOKEN_END,
	TOKEN_CHARACTER,
	TOKEN_ANY,
	TOKEN_BRACKET,
	TOKEN_BEGIN,
	TOKEN_FINISH,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OR,
	TOKEN_REPEAT,
	TOKEN_INTERVAL,
};

struct compiler {
	const char *text, *at; /* at: behind the token */
	enum expression_syntax syntax;
	bool ignore_case;
	enum token token;
	const char *token_at;
	unsigned char character; /* of TOKEN_CHARACTER and TOKEN_REPEAT */
	unsigned groups, nesting, sets_count, count;
	struct character_set sets[SETS_MAX];
	struct step steps[EXPRESSION_STEPS_MAX];
	char *why;
	size_t why_size;
};

static int refuse(struct compiler *c, const char *at, const char *what)
{
	if (c->why && c->why_size)
		snprintf(c->why, c->why_size, "character %u: %s", (unsigned)(at - c->text) + 1,
			 what);
	return -EINVAL;
}

/* ---- tokens */

/* Of groups: as it stands in one syntax, behind a backslash in the other. */
static enum token group_token(char character)
{
	switch (character) {
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	case '|':
		return TOKEN_OR;
	}
	return TOKEN_CHARACTER;
}

static enum token plain_token(const struct compiler *c, char character)
{
	switch (character) {
	case '\0':
		return TOKEN_END;
	case '.':
		return TOKEN_ANY;
	case '[':
		return TOKEN_BRACKET;
	case '^':
		return TOKEN_BEGIN;
	case '$':
		return TOKEN_FINISH;
	case '*':
	case '+':
	case '?':
		return TOKEN_REPEAT;
	}
	if (c->syntax == EXPRESSION_SED)
		return TOKEN_CHARACTER;
	return character == '{' ? TOKEN_INTERVAL : group_token(character);
}

static enum token escaped_token(const struct compiler *c, char character)
{
	return c->syntax == EXPRESSION_EXTENDED ? TOKEN_CHARACTER : group_token(character);
}

static int read_token(struct compiler *c)
{
	c->token_at = c->at;
	if (*c->at != '\\') {
		c->token = plain_token(c, *c->at);
	} else {
		c->at++;
		if (*c->at == '\0')
			return refuse(c, c->token_at, "nothing follows the \\");
		if (*c->at >= '0' && *c->at <= '9')
			return refuse(c, c->token_at,
				      "\\0 to \\9 have a meaning in the replacement only");
		c->token = escaped_token(c, *c->at);
	}
	c->character = (unsigned char)*c->at;
	if (c->token != TOKEN_END)
		c->at++;
	return 0;
}

/* ---- writing steps */

static int append(struct compiler *c, struct step step)
{
	if (c->count == EXPRESSION_STEPS_MAX)
		return refuse(c, c->token_at, "from here on the expression is too large");
	c->steps[c->count++] = step;
	return 0;
}

static int insert(struct compiler *c, unsigned start, struct step step)
{
	int rc = append(c, step);

	if (rc < 0)
		return rc;
	memmove(&c->steps[start + 1], &c->steps[start],
		(c->count - 1 - start) * sizeof(c->steps[0]));
	c->steps[start] = step;
	return 0;
}

static int append_all(struct compiler *c, const struct step *steps, unsigned count)
{
	int rc = 0;

	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = append(c, steps[i]);
	return rc;
}

static struct step split(int go, int other)
{
	return (struct step){.kind = STEP_SPLIT, .go = (int16_t)go, .other = (int16_t)other};
}

static struct step jump(int go)
{
	return (struct step){.kind = STEP_JUMP, .go = (int16_t)go};
}

/* What stands from start on, repeated as * + or ? say. */
static int repeat(struct compiler *c, unsigned start, char how)
{
	int length = (int)(c->count - start);
	int rc;

	if (how == '+')
		return append(c, split(-length, 1));
	rc = insert(c, start, split(1, how == '*' ? length + 2 : length + 1));
	if (rc == 0 && how == '*')
		rc = append(c, jump(-(length + 1)));
	return rc;
}

/* The same from least to most times; most < 0: without end. */
static int repeat_counted(struct compiler *c, unsigned start, int least, int most)
{
	struct step body[EXPRESSION_STEPS_MAX];
	unsigned length = c->count - start;
	int rc = 0;

	memcpy(body, &c->steps[start], length * sizeof(body[0]));
	c->count = start;
	for (int i = 0; i < least && rc == 0; i++)
		rc = append_all(c, body, length);
	if (most < 0 && rc == 0) {
		start = c->count;
		rc = append_all(c, body, length);
		return rc < 0 ? rc : repeat(c, start, '*');
	}
	for (int i = least; i < most && rc == 0; i++) {
		rc = append(c, split(1, (most - i) * (int)(length + 1)));
		if (rc == 0)
			rc = append_all(c, body, length);
	}
	return rc;
}

/* ---- [ ] */

static void character_set_add(const struct compiler *c, struct character_set *set, unsigned first,
			      unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		unsigned other = i;

		if (c->ignore_case && i < 128)
			other = (unsigned)(isupper((int)i) ? tolower((int)i) : toupper((int)i));
		set->bits[i / 32] |= 1u << i % 32;
		set->bits[other / 32] |= 1u << other % 32;
	}
}

static int append_set(struct compiler *c, const struct character_set *set)
{
	unsigned i;

	for (i = 0; i < c->sets_count; i++)
		if (memcmp(&c->sets[i], set, sizeof(*set)) == 0)
			break;
	if (i == SETS_MAX)
		return refuse(c, c->token_at, "from here on the expression is too large");
	c->sets[i] = *set;
	if (i == c->sets_count)
		c->sets_count++;
	return append(c, (struct step){.kind = STEP_SET, .what = (uint8_t)i});
}

/* [:digit:] and the like, at is behind the "[:" */
static int read_class(struct compiler *c, struct character_set *set)
{
	static const struct {
		const char *name;
		int (*has)(int);
	} classes[] = {
	    {"alnum:]", isalnum}, {"alpha:]", isalpha}, {"blank:]", isblank},
	    {"cntrl:]", iscntrl}, {"digit:]", isdigit}, {"graph:]", isgraph},
	    {"lower:]", islower}, {"print:]", isprint}, {"punct:]", ispunct},
	    {"space:]", isspace}, {"upper:]", isupper}, {"xdigit:]", isxdigit},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t length = strlen(classes[i].name);

		if (strncmp(c->at, classes[i].name, length) != 0)
			continue;
		for (unsigned character = 0; character < 128; character++)
			if (classes[i].has((int)character))
				character_set_add(c, set, character, character);
		c->at += length;
		return 0;
	}
	return refuse(c, c->at - 2, "[: is followed by no name of a class, such as [:digit:]");
}

/* One member of [ ], or a range of them. at is not at the end. */
static int read_member(struct compiler *c, struct character_set *set)
{
	unsigned first, last;

	if (c->at[0] == '[' && c->at[1] == ':') {
		c->at += 2;
		return read_class(c, set);
	}
	if (c->at[0] == '[' && (c->at[1] == '.' || c->at[1] == '='))
		return refuse(c, c->at, "[. and [= are not known in a set");
	first = last = (unsigned char)*c->at++;
	if (c->at[0] == '-' && c->at[1] != ']' && c->at[1] != '\0') {
		last = (unsigned char)c->at[1];
		if (last < first)
			return refuse(c, c->at - 1, "this range ends before it begins");
		c->at += 2;
	}
	character_set_add(c, set, first, last);
	return 0;
}

static int read_bracket(struct compiler *c)
{
	struct character_set set = {0};
	bool inverted = *c->at == '^';
	const char *first;
	int rc;

	if (inverted)
		c->at++;
	for (first = c->at; *c->at != ']' || c->at == first;) { /* []1] has the ] as a member */
		if (*c->at == '\0')
			return refuse(c, c->token_at, "this [ has no ]");
		rc = read_member(c, &set);
		if (rc < 0)
			return rc;
	}
	c->at++;
	for (unsigned i = 0; i < 8 && inverted; i++)
		set.bits[i] = ~set.bits[i];
	return append_set(c, &set);
}

/* ---- the grammar */

static int read_alternatives(struct compiler *c);

static int append_character(struct compiler *c)
{
	struct character_set set = {0};

	if (!c->ignore_case || c->character >= 128 || !isalpha(c->character))
		return append(c, (struct step){.kind = STEP_CHARACTER, .what = c->character});
	character_set_add(c, &set, c->character, c->character);
	return append_set(c, &set);
}

/* c->token is the opening parenthesis. The tenth group and those behind it keep nothing. */
static int read_group(struct compiler *c)
{
	const char *open = c->token_at;
	unsigned group = c->groups < EXPRESSION_GROUPS_MAX ? ++c->groups : 0;
	struct step save = {.kind = STEP_SAVE, .what = (uint8_t)(2 * group)};
	int rc;

	if (++c->nesting > NESTING_MAX)
		return refuse(c, open, "groups are nested too deeply");
	rc = group ? append(c, save) : 0;
	if (rc == 0)
		rc = read_token(c);
	if (rc == 0)
		rc = read_alternatives(c);
	if (rc < 0)
		return rc;
	if (c->token != TOKEN_CLOSE)
		return refuse(c, open, "this group is not closed");
	c->nesting--;
	save.what++;
	return group ? append(c, save) : 0;
}

static int read_count(struct compiler *c, int *count)
{
	int value = 0;

	if (*c->at < '0' || *c->at > '9')
		return refuse(c, c->token_at, "{ is followed by no number");
	for (; *c->at >= '0' && *c->at <= '9'; c->at++) {
		value = 10 * value + (*c->at - '0');
		if (value > REPETITION_MAX)
			return refuse(c, c->token_at, "more than 255 repetitions");
	}
	*count = value;
	return 0;
}

static int read_interval(struct compiler *c, unsigned start)
{
	int least, most, rc;

	rc = read_count(c, &least);
	if (rc < 0)
		return rc;
	most = least;
	if (*c->at == ',') {
		c->at++;
		most = -1;
		if (*c->at != '}')
			rc = read_count(c, &most);
		if (rc < 0)
			return rc;
	}
	if (*c->at != '}')
		return refuse(c, c->token_at, "this { has no }");
	if (most >= 0 && most < least)
		return refuse(c, c->token_at, "the second number in { } is less than the first");
	c->at++;
	return repeat_counted(c, start, least, most);
}

/* The atom that c->token is or begins; *repeats: can be repeated. */
static int read_atom(struct compiler *c, bool *repeats)
{
	*repeats = true;
	switch (c->token) {
	case TOKEN_ANY:
		return append(c, (struct step){.kind = STEP_ANY});
	case TOKEN_BRACKET:
		return read_bracket(c);
	case TOKEN_OPEN:
		return read_group(c);
	case TOKEN_BEGIN:
	case TOKEN_FINISH:
		*repeats = false;
		return append(
		    c, (struct step){.kind = c->token == TOKEN_BEGIN ? STEP_BEGIN : STEP_END});
	case TOKEN_REPEAT:
		if (c->character == '+') /* the sign of an international number */
			return append_character(c);
		return refuse(c, c->token_at, "there is nothing before it to repeat");
	case TOKEN_INTERVAL:
		return refuse(c, c->token_at, "there is nothing before the { to repeat");
	default:
		return append_character(c);
	}
}

static int read_branch(struct compiler *c)
{
	int rc;

	while (c->token != TOKEN_END && c->token != TOKEN_OR && c->token != TOKEN_CLOSE) {
		unsigned start = c->count;
		bool repeats;

		rc = read_atom(c, &repeats);
		if (rc == 0)
			rc = read_token(c);
		while (rc == 0 && repeats &&
		       (c->token == TOKEN_REPEAT || c->token == TOKEN_INTERVAL)) {
			rc = c->token == TOKEN_REPEAT ? repeat(c, start, (char)c->character)
						      : read_interval(c, start);
			if (rc == 0)
				rc = read_token(c);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_alternatives(struct compiler *c)
{
	unsigned start = c->count, at;
	int rc = read_branch(c);

	while (rc == 0 && c->token == TOKEN_OR) {
		rc = insert(c, start, split(1, (int)(c->count - start) + 2));
		at = c->count;
		if (rc == 0)
			rc = append(c, jump(0));
		if (rc == 0)
			rc = read_token(c);
		if (rc == 0)
			rc = read_branch(c);
		if (rc == 0)
			c->steps[at].go = (int16_t)(c->count - at);
	}
	return rc;
}

static int read_whole(struct compiler *c)
{
	int rc = read_token(c);

	if (rc == 0)
		rc = read_alternatives(c);
	if (rc == 0 && c->token == TOKEN_CLOSE)
		rc = refuse(c, c->token_at, "this closes no group");
	return rc < 0 ? rc : append(c, (struct step){.kind = STEP_FOUND});
}

int expression_compile(const char *text, enum expression_syntax syntax, bool ignore_case,
		       struct expression **out, char *why, size_t why_size)
{
	struct compiler c = {.text = text, .at = text, .syntax = syntax};
	struct expression *e;
	int rc;

	c.ignore_case = ignore_case;
	c.why = why;
	c.why_size = why_size;
	rc = read_whole(&c);
	if (rc < 0)
		return rc;
	e = malloc(sizeof(*e) + c.sets_count * sizeof(e->sets[0]) + c.count * sizeof(e->steps[0]));
	if (!e) {
		if (why && why_size)
			snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	e->groups = c.groups;
	e->count = c.count;
	e->steps = (struct step *)&e->sets[c.sets_count];
	memcpy(e->steps, c.steps, c.count * sizeof(e->steps[0]));
	memcpy(e->sets, c.sets, c.sets_count * sizeof(c.sets[0]));
	*out = e;
	return 0;
}

void expression_free(struct expression *e)
{
	free(e);
}
