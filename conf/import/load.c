// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/load.h"
#include "dialplan/trial.h"

#define ROUNDS_MAX 40 /* each takes out up to LOAD_ERRORS_MAX lines */
#define NAME "import" /* of the text that is loaded; no colon inside */

/* ---- taking out */

static struct import_line *line_of(struct import *im, unsigned from)
{
	return from ? &im->lines[from - 1] : NULL;
}

static void drop_entry(struct import *im, struct import_entry *entry, const char *note)
{
	struct import_line *line = line_of(im, entry->from);

	entry->dropped = true;
	if (line)
		import_ignore(line, note);
}

static void drop_block(struct import *im, struct import_block *block, const char *note)
{
	block->dropped = true;
	for (unsigned i = 0; i < block->count; i++)
		drop_entry(im, &block->entries[i], note);
}

/* What names a block that is not there goes, until nothing does. */
static void drop_references(struct import *im)
{
	bool again;

	do {
		again = false;
		for (unsigned b = 0; b < im->blocks_count; b++) {
			struct import_block *block = im->blocks[b];

			for (unsigned i = 0; !block->dropped && i < block->count; i++) {
				struct import_entry *entry = &block->entries[i];

				if (!entry->refers || entry->dropped ||
				    import_find_block(im, entry->refers))
					continue;
				drop_entry(im, entry,
					   import_text(im, "there is no %s", entry->refers));
				block->dropped = block->dropped || i == 0;
				again = again || i == 0;
			}
		}
	} while (again);
}

/* ---- what the result does with calls */

/* A number that a pattern fits, without its optional parts; false: it is none of these simple ones. */
static bool make_number(const char *pattern, char number[NUMBER_DIGITS_MAX + 2])
{
	size_t length = 0;

	for (pattern += *pattern == '^'; *pattern && *pattern != '$' && *pattern != 'T';
	     pattern++) {
		if (length > NUMBER_DIGITS_MAX)
			return false;
		if (*pattern == '[') {
			number[length++] = pattern[1];
			pattern += strcspn(pattern, "]");
			if (!*pattern)
				return false;
		} else if (*pattern == '.') {
			number[length++] = '5';
		} else if (*pattern != ',') {
			number[length++] = *pattern;
		}
	}
	number[length] = '\0';
	return length > 0 && strspn(number + (number[0] == '+'), "0123456789*#ABCD") ==
				 length - (number[0] == '+');
}

/* Peers that are shut down leave their numbers to others: to whom? */
static void say_shut(struct import *im, const struct import_shut *shut, const struct plan *plan)
{
	static struct trial_outcome outcome;
	char number[NUMBER_DIGITS_MAX + 2];
	const struct import_line *line = line_of(im, shut->from);
	struct trial trial;

	trial_init(&trial);
	if (!make_number(shut->pattern, number) || trial_set_numbers(&trial, number, "", "") < 0) {
		import_add_todo(im, line, "%s is shut down: %s", line->text, shut->why);
		return;
	}
	trial_run(&trial, plan, &outcome);
	if (outcome.cause)
		import_add_todo(im, line,
				"%s is shut down: %s; calls to %s are refused now (cause %u)",
				line->text, shut->why, number, outcome.cause);
	else
		import_add_todo(
		    im, line, "%s is shut down: %s; calls to %s go to dial-peer voice %u now",
		    line->text, shut->why, number, outcome.route.candidates[0].peer->tag);
}

static void say_calls(struct import *im, struct conf *conf)
{
	struct plan *plan = NULL;
	char why[256];

	if (im->no_g711)
		import_add_todo(
		    im, im->no_g711,
		    "%s, and others perhaps, had codecs that are not there (G.729 where none is "
		    "said): they are G.711 now, about 87 kbit/s a call each way",
		    im->no_g711->text);
	if (im->no_default && !im->any_call)
		import_add_todo(
		    im, NULL,
		    "SIP calls that fit no inbound dial peer are refused here, where IOS took "
		    "them by its peer 0: an `incoming called-number .` at a peer takes them");
	if (!im->shut_count || conf_make_plan(conf, &plan, why, sizeof(why)) < 0)
		return;
	for (unsigned i = 0; i < im->shut_count; i++)
		say_shut(im, &im->shut[i], plan);
	plan_unref(plan);
}

/* ---- loading */

struct rendering {
	struct import *im;
	FILE *file;
	struct place {
		struct import_block *block;
		struct import_entry *entry; /* NULL: of no block */
	} * places;			    /* by lines, from 0 */
	unsigned count, size;
};

static void render_line(void *arg, const char *text, struct import_block *block,
			struct import_entry *entry)
{
	struct rendering *r = arg;

	fprintf(r->file, "%s\n", text);
	if (r->count == r->size) {
		r->size = r->size ? 2 * r->size : 256;
		r->places = talloc_realloc(r->im, r->places, struct place, r->size);
		OSMO_ASSERT(r->places);
	}
	r->places[r->count++] = (struct place){block, entry};
}

struct round {
	struct import *im;
	const struct rendering *rendering;
	unsigned errors, dropped;
	bool last; /* warnings are kept */
};

/* "import:12: warning: what" */
static void keep_warning(struct import *im, unsigned line, const char *what)
{
	const size_t most = sizeof(im->warnings) / sizeof(im->warnings[0]);

	if (im->warnings_count < most)
		snprintf(im->warnings[im->warnings_count], sizeof(im->warnings[0]), "%u: %s", line,
			 what);
	im->warnings_count++;
}

static void take_message(void *arg, const char *text)
{
	struct round *round = arg;
	const struct rendering *r = round->rendering;
	const char *what = strchr(text, ' ');
	unsigned line = 0;

	sscanf(text, NAME ":%9u:", &line);
	if (what && strncmp(what, " warning: ", 10) == 0) {
		if (round->last)
			keep_warning(round->im, line, what + 10);
		return;
	}
	round->errors++;
	if (!what || !line || line > r->count || !r->places[line - 1].entry)
		return;
	what = import_text(round->im, "refused: %s", what + 1);
	if (r->places[line - 1].entry == &r->places[line - 1].block->entries[0])
		drop_block(round->im, r->places[line - 1].block, what);
	else
		drop_entry(round->im, r->places[line - 1].entry, what);
	round->dropped++;
}

/* How many errors there were. */
static int load_once(struct import *im, struct round *round)
{
	struct rendering rendering = {.im = im};
	struct load_text text = {.name = NAME, .untested = !round->last};
	struct conf *conf = NULL;
	char *octets = NULL;

	rendering.file = open_memstream(&octets, &text.length);
	OSMO_ASSERT(rendering.file);
	import_walk(im, render_line, &rendering);
	fclose(rendering.file);
	text.octets = octets;
	round->rendering = &rendering;
	if (load_from_text(im, &text, take_message, round, &conf) == 0) {
		if (round->last)
			say_calls(im, conf);
		conf_free(conf);
	}
	free(octets);
	talloc_free(rendering.places);
	return (int)round->errors;
}

int import_settle(struct import *im, char *why, size_t why_size)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		struct round round = {.im = im};

		drop_references(im);
		if (load_once(im, &round) == 0) {
			struct round last = {.im = im, .last = true};

			if (refused)
				import_add_todo(
				    im, NULL,
				    "lines said to be refused above: look at each, something is "
				    "missing now");
			if (load_once(im, &last) == 0)
				return 0;
			break;
		}
		refused += round.dropped;
		if (!round.dropped)
			break;
	}
	snprintf(why, why_size,
		 "too much of it is refused: expected what show running-config of a voice gateway "
		 "prints");
	return -EINVAL;
}
