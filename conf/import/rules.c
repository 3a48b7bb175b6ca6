// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define DESCRIPTION_MAX 64 /* as conf.h has it */

/* ---- rules */

const struct import_rule *import_find_rule(const struct import_section *section, const char *text,
					   const char **rest)
{
	const struct import_rule *best = NULL;
	size_t best_length = 0;

	for (size_t i = 0; i < section->count; i++) {
		const struct import_rule *rule = &section->rules[i];
		const char *behind = import_behind(text, rule->words);
		size_t length = strlen(rule->words);

		if (!behind || (best && length <= best_length))
			continue;
		best = rule;
		best_length = length;
		*rest = behind;
	}
	return best;
}

static void take_description(struct import *im, struct import_line *line, const char *text)
{
	size_t length = strlen(text);

	if (!length) {
		import_ignore(line, "says nothing");
		return;
	}
	if (length <= DESCRIPTION_MAX) {
		import_taken(line);
		import_put(im, line, NULL, "description %s", text);
		return;
	}
	length = DESCRIPTION_MAX;
	while (length && ((unsigned char)text[length] & 0xc0) == 0x80) /* within a character */
		length--;
	import_changed(line, "has at most 64 characters here");
	import_put(im, line, NULL, "description %.*s", (int)length, text);
}

void import_take(struct import *im, struct import_line *line, const char *refers)
{
	const char *description = import_behind(line->text, "description");

	if (description) {
		take_description(im, line, description);
		return;
	}
	import_taken(line);
	import_put(im, line, refers, "%s", line->text);
}

/* Names a block by the first word of rest. */
static const char *reference(struct import *im, const char *kind, const char *rest)
{
	char name[IMPORT_WORD_MAX];

	if (!kind || !import_word(rest, 0, name))
		return NULL;
	return import_text(im, "%s %s", kind, name);
}

static void apply(struct import *im, const struct import_rule *rule, struct import_line *line,
		  const char *rest)
{
	if (rule->note)
		import_ignore(line, rule->note);
	else if (rule->handle)
		rule->handle(im, line, rest);
	else
		import_take(im, line, reference(im, rule->refers, rest));
}

/* A line below the first of a block. */
static void convert_below(struct import *im, const struct import_section *section,
			  struct import_line *line)
{
	const struct import_rule *rule;
	const char *positive = import_behind(line->text, "no"), *rest = "";

	rule = import_find_rule(section, line->text, &rest);
	if (rule || !positive) {
		if (rule)
			apply(im, rule, line, rest);
		else
			import_ignore(line, section->unknown);
		return;
	}
	rule = import_find_rule(section, positive, &rest);
	if (!rule)
		import_ignore(line, section->unknown);
	else if (rule->note)
		import_ignore(line, rule->note);
	else if (im->block)
		import_take(im, line, NULL);
	else /* what the lines here say is kept for other blocks: there is none to say no in */
		import_ignore(line, NOTE_DEFAULT);
}

/* ---- blocks */

static void end_block(struct import *im)
{
	if (im->section && im->section->end)
		im->section->end(im);
	im->section = im->sub = NULL;
	im->section_note = im->sub_note = NULL;
	im->block = NULL;
	im->peer = NULL;
	im->old_called = im->old_calling = 0;
	im->block_brief = im->codec_said = false;
}

void import_enter_sub(struct import *im, const struct import_line *line,
		      const struct import_section *section, const char *note)
{
	im->sub = section;
	im->sub_note = note;
	im->sub_indent = line->unsure ? 1 : line->indent;
}

static void convert_top(struct import *im, struct import_line *line)
{
	const char *rest = "";
	const struct import_rule *rule =
	    import_find_rule(&import_global_section, line->text, &rest);
	const char *positive = import_behind(line->text, "no");

	end_block(im);
	if (!rule && positive) {
		rule = import_find_rule(&import_global_section, positive, &rest);
		if (rule) {
			im->section_note = rule->note ? rule->note : NOTE_DEFAULT;
			import_ignore(line, im->section_note);
			return;
		}
	}
	if (!rule) {
		im->section_note = NOTE_OTHER;
		im->block_brief = line->brief = line->summed = true;
		import_ignore(line, NOTE_OTHER);
		return;
	}
	apply(im, rule, line, rest);
	if (!im->section)
		im->section_note = line->note ? line->note : "the line above begins no block";
}

/* ---- where indentation has been lost, the words say where a line belongs */

static bool is_loose(const struct import *im, const struct import_line *line)
{
	return line->unsure || im->flat;
}

/* How much of a line a section knows; 0: nothing. */
static size_t known_length(const struct import_section *section, const char *text)
{
	const char *positive = import_behind(text, "no"), *rest;
	const struct import_rule *rule = section ? import_find_rule(section, text, &rest) : NULL;

	if (!rule && section && positive)
		rule = import_find_rule(section, positive, &rest);
	return rule ? strlen(rule->words) : 0;
}

/* First words of blocks and lines that no rule is for. */
static bool is_of_a_router(const char *text)
{
	static const char *const words[] = {
	    "aaa",	     "access-list", "archive", "boot",	    "class-map",   "clock",
	    "control-plane", "crypto",	    "enable",  "event",	    "ip",	   "ipv6",
	    "license",	     "line",	    "logging", "ntp",	    "platform",	   "policy-map",
	    "redundancy",    "route-map",   "router",  "scheduler", "snmp-server", "username",
	    "vlan",	     "vrf"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (import_behind(text, words[i]))
			return true;
	return false;
}

/* Does the line begin a block, or stand alone? */
static bool is_top(const struct import *im, const struct import_line *line)
{
	size_t top, inside, within;

	if (!im->section && !im->section_note)
		return true;
	if (!is_loose(im, line))
		return line->indent == 0;
	top = known_length(&import_global_section, line->text);
	inside = known_length(im->section, line->text);
	within = known_length(im->sub, line->text);
	if (top || inside || within)
		return top > inside && top > within;
	return im->section ? is_of_a_router(line->text) : im->flat;
}

static bool leaves_sub(const struct import *im, const struct import_line *line)
{
	if (!im->sub && !im->sub_note)
		return false;
	if (!is_loose(im, line))
		return line->indent <= im->sub_indent;
	return !im->sub ||
	       known_length(im->section, line->text) > known_length(im->sub, line->text);
}

static void convert_inside(struct import *im, struct import_line *line)
{
	if (!im->section) {
		import_ignore(line, im->section_note);
		line->brief = im->block_brief;
		line->summed = true;
		return;
	}
	if (leaves_sub(im, line)) {
		im->sub = NULL;
		im->sub_note = NULL;
	}
	if (im->sub) {
		convert_below(im, im->sub, line);
	} else if (im->sub_note) {
		import_ignore(line, im->sub_note);
		line->summed = true;
	} else {
		convert_below(im, im->section, line);
		/* what is indented below a line that is left out, is as well */
		if (line->verdict == IMPORT_IGNORED)
			import_enter_sub(im, line, NULL, line->note);
	}
}

void import_convert(struct import *im)
{
	for (unsigned i = 0; i < im->lines_count; i++) {
		struct import_line *line = &im->lines[i];

		if (line->verdict != IMPORT_UNSEEN)
			continue;
		if (is_top(im, line))
			convert_top(im, line);
		else
			convert_inside(im, line);
	}
	end_block(im);
}
