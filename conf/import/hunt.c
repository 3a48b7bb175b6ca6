// SPDX-License-Identifier: GPL-2.0-or-later
/* voice hunt-group, and ephone-hunt, which has the same lines. */
#include "conf/import/phones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/hunt_group.h"

#define TIMEOUT_MAX_S 300
#define EPHONE_HUNT_BASE 1000 /* of an ephone-hunt whose number a voice hunt-group has */

/* "5000 secondary 5001": the second leads to the first by num-exp. */
static void pilot(struct import *im, struct import_line *line, const char *rest)
{
	char number[IMPORT_WORD_MAX], word[IMPORT_WORD_MAX], second[IMPORT_WORD_MAX];

	import_word(rest, 0, number);
	import_put(im, line, NULL, "pilot %s", number);
	if (strcmp(rest, number) == 0) {
		import_taken(line);
		return;
	}
	import_changed(line, NULL);
	if (import_word(rest, 1, word) && strcmp(word, "secondary") == 0 &&
	    import_word(rest, 2, second))
		import_put_alone(im, line, import_text(im, "num-exp %s %s", second, number));
}

/* "5001,5002, *": a star is a place that a telephone takes by a code. */
static void list(struct import *im, struct import_line *line, const char *rest)
{
	char words[IMPORT_LINE_MAX], text[IMPORT_LINE_MAX] = "list", *save = NULL;
	unsigned count = 0;
	bool stars = false;

	snprintf(words, sizeof(words), "%s", rest);
	for (char *word = strtok_r(words, ", ", &save); word; word = strtok_r(NULL, ", ", &save)) {
		if (strcmp(word, "*") == 0) {
			stars = true;
			continue;
		}
		if (count++ < HUNT_GROUP_MEMBERS_MAX)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 count > 1 ? ", " : " ", word);
	}
	import_changed(line, stars ? "members are those that the list names" : NULL);
	if (strcmp(text, line->text) == 0)
		import_taken(line);
	if (count > HUNT_GROUP_MEMBERS_MAX) {
		import_changed(line, "a group has at most 15 members");
		import_add_todo(im, line,
				"%.60s...: make the rest a hunt group, the final one of this",
				line->text);
	}
	import_put(im, line, NULL, "%s", text);
}

/* "20", or one for each member: "20, 10, 10" */
static void timeout(struct import *im, struct import_line *line, const char *rest)
{
	unsigned long seconds = strtoul(rest, NULL, 10);

	if (!seconds) {
		import_ignore(line, "expected seconds");
		return;
	}
	import_taken(line);
	if (strspn(rest, "0123456789") != strlen(rest))
		import_changed(line, "one for all members");
	if (seconds > TIMEOUT_MAX_S) {
		seconds = TIMEOUT_MAX_S;
		import_changed(line, "at most 300 s");
	}
	import_put(im, line, NULL, "timeout %lu", seconds);
}

static const struct import_rule rules[] = {
    {"pilot", NULL, pilot, NULL},
    {"list", NULL, list, NULL},
    {"timeout", NULL, timeout, NULL},
    {"hops", NULL, NULL, NULL},
    {"final", NULL, NULL, NULL},
    {"description", NULL, NULL, NULL},
    {"preference", "a pilot goes before dial peers that fit less closely", NULL, NULL},
    {"no-reg", "pilots are registered nowhere", NULL, NULL},
};
static const struct import_section section = {IMPORT_RULES(rules),
					      "hunt groups have no such setting here", NULL};

static void open_group(struct import *im, struct import_line *line, const char *text)
{
	import_open(im, line, text, text);
	im->section = &section;
}

void import_hunt_group(struct import *im, struct import_line *line, const char *rest)
{
	open_group(im, line, line->text);
}

static bool is_taken(const struct import *im, const char *number)
{
	static const char *const schemes[] = {"sequential", "parallel", "peer", "longest-idle"};
	char key[IMPORT_LINE_MAX];

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		snprintf(key, sizeof(key), "voice hunt-group %s %s", number, schemes[i]);
		if (import_find_block(im, key))
			return true;
	}
	return false;
}

void import_ephone_hunt(struct import *im, struct import_line *line, const char *rest)
{
	char number[IMPORT_WORD_MAX], scheme[IMPORT_WORD_MAX];
	unsigned n;

	import_word(rest, 1, scheme);
	if (!import_word(rest, 0, number) || !import_is_number(number, &n)) {
		import_ignore(line, "expected a number");
		im->section_note = line->note;
		return;
	}
	if (is_taken(im, number))
		n += EPHONE_HUNT_BASE;
	open_group(im, line, import_text(im, "voice hunt-group %u %s", n, scheme));
}
