// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define NUMBERED_SAMPLE 200   /* lines that are looked at for numbers in front */
#define BANNER_LINES_MAX 2000 /* how far the end of a banner is looked for */

/* ---- one line as a terminal shows it */

struct screen {
	char text[IMPORT_LINE_MAX + 1];
	size_t length, cursor;
	bool full;
};

static void show(struct screen *screen, char c)
{
	if (screen->cursor == IMPORT_LINE_MAX) {
		screen->full = true;
		return;
	}
	screen->text[screen->cursor++] = c;
	if (screen->cursor > screen->length)
		screen->length = screen->cursor;
}

/* How many octets an escape sequence has (ECMA-48: ESC [ parameters and a letter). */
static size_t escape_length(const char *in, size_t length)
{
	size_t n = 2;

	if (length < 2 || in[1] != '[')
		return 1;
	while (n < length && (unsigned char)in[n] < '@')
		n++;
	return n < length ? n + 1 : n;
}

/* Backspace and carriage return move the cursor; other control characters show as ^C does. */
static void show_line(struct screen *screen, const char *in, size_t length)
{
	*screen = (struct screen){0};
	while (length && in[length - 1] == '\r')
		length--;
	for (size_t i = 0; i < length && !screen->full; i++) {
		unsigned char c = in[i];

		if (c == '\b') {
			screen->cursor -= screen->cursor > 0;
		} else if (c == '\r') {
			screen->cursor = 0;
		} else if (c == 0x1b) {
			i += escape_length(in + i, length - i) - 1;
		} else if (c == '\t' || (c >= ' ' && c != 0x7f)) {
			show(screen, c);
		} else {
			show(screen, '^');
			show(screen, c == 0x7f ? '?' : c + '@');
		}
	}
	screen->text[screen->length] = '\0';
}

/* ---- line numbers in front: "   12 : hostname", "12: hostname", "   12<tab>hostname" */

/* What is behind the number; NULL: there is none. */
static const char *behind_number(const char *text, unsigned long *number)
{
	const char *digits = text + strspn(text, " \t");
	char *end;

	if (!isdigit((unsigned char)*digits))
		return NULL;
	*number = strtoul(digits, &end, 10);
	if (*end == '\t')
		return end + 1;
	end += strspn(end, " ");
	if (*end != ':')
		return NULL;
	return end[1] == ' ' ? end + 2 : end + 1;
}

static const char *next_line(const char *text, const char *end, size_t *length)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));

	*length = (size_t)((newline ? newline : end) - text);
	return newline ? newline + 1 : end;
}

/* Do nearly all lines begin with a number, each higher than the last? */
static bool is_numbered(const char *text, size_t size)
{
	const char *end = text + size;
	unsigned long number = 0, last = 0;
	unsigned with = 0, without = 0;
	struct screen screen;

	while (text < end && with + without < NUMBERED_SAMPLE) {
		size_t length;
		const char *next = next_line(text, end, &length);

		show_line(&screen, text, length);
		text = next;
		if (screen.text[strspn(screen.text, " \t")] == '\0')
			continue;
		if (behind_number(screen.text, &number) && number > last)
			with++;
		else
			without++;
		last = number;
	}
	return with > 2 && with > 4 * without;
}

/* ---- a line of the input */

/* One blank between words, none at the end. */
static char *tidy(void *ctx, const char *text)
{
	char *out = talloc_strdup(ctx, text), *to = out;

	OSMO_ASSERT(out);
	for (; *text; text++) {
		bool blank = *text == ' ' || *text == '\t';

		if (blank && (to == out || to[-1] == ' '))
			continue;
		*to++ = blank ? ' ' : *text;
	}
	while (to > out && to[-1] == ' ')
		to--;
	*to = '\0';
	return out;
}

static void add_line(struct import *im, const struct screen *screen, bool numbered)
{
	struct import_line *line = &im->lines[im->lines_count++];
	const char *text = screen->text;
	unsigned long number;
	char *more;

	if (numbered) {
		const char *behind = behind_number(text, &number);

		text = behind ? behind : text;
	}
	more = strstr(text, "--More--");
	if (more) { /* it was not overwritten: what is left of it is as long as the terminal liked */
		memset(more, ' ', strlen("--More--"));
		line->unsure = true;
	}
	line->indent = (uint16_t)strspn(text, " \t");
	line->text = tidy(im->lines, text);
	if (screen->full)
		import_ignore(line, "longer than a line of IOS can be");
	else if (!*line->text && more)
		import_ignore(line, "left over from the terminal");
	else if (!*line->text || *line->text == '!')
		import_ignore(line, "empty, or a comment");
}

/* ---- what is no configuration */

static bool is_prompt(const char *text)
{
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-_.()");

	return name > 0 && (text[name] == '#' || text[name] == '>') &&
	       (!text[name + 1] || strncmp(text + name + 1, "sh", 2) == 0 ||
		strncmp(text + name + 1, "term", 4) == 0 ||
		strncmp(text + name + 1, "exit", 4) == 0);
}

/* The character or ^C that ends the text which this line begins. False: it begins none. */
static bool begins_text(const char *text, char end[3])
{
	const char *rest = import_behind(text, "banner");
	const char *caret = strstr(text, "^C");
	char type[IMPORT_WORD_MAX];

	end[0] = '\0';
	if (caret && !strstr(caret + 2, "^C")) {
		strcpy(end, "^C");
	} else if (!caret && rest && import_word(rest, 0, type)) {
		rest += strlen(type);
		rest += *rest == ' ';
		if (!*rest || strchr(rest + 1, *rest))
			return false;
		end[0] = *rest;
		end[1] = '\0';
	}
	return end[0] != '\0';
}

/* Passes over the text that begins at a line; returns the last line of it. */
static unsigned skip_text(struct import *im, unsigned first, const char *end)
{
	unsigned last = first + 1;

	while (last < im->lines_count && last - first < BANNER_LINES_MAX &&
	       !strstr(im->lines[last].text, end))
		last++;
	if (last == im->lines_count || last - first == BANNER_LINES_MAX) {
		import_ignore(&im->lines[first],
			      "a banner that never ends: only this line is left out");
		return first;
	}
	for (unsigned i = first; i <= last; i++) {
		import_ignore(&im->lines[i], "text of a banner");
		im->lines[i].brief = true;
		im->lines[i].summed = true;
	}
	return last;
}

/* True: nothing behind this line is of the configuration. */
static bool judge_line(struct import_line *line)
{
	const char *text = line->text;

	if (line->verdict != IMPORT_UNSEEN)
		return false;
	if (strncmp(text, "Building configuration", 22) == 0 ||
	    strncmp(text, "Current configuration", 21) == 0 || strncmp(text, "Using ", 6) == 0 ||
	    (line->indent == 0 && is_prompt(text)))
		import_ignore(line, "said by the console");
	else if (strcmp(text, "exit") == 0 || import_behind(text, "exit-address-family"))
		import_ignore(line, "leaves a block");
	else if (line->indent == 0 && strcmp(text, "end") == 0)
		import_ignore(line, "the end");
	else
		return false;
	return strcmp(text, "end") == 0;
}

/* Nothing of the configuration is indented, if what follows such a line is not. */
static bool begins_block(const struct import_line *line)
{
	static const char *const words[] = {
	    "dial-peer voice",	"interface", "controller",
	    "voice-port",	"voice",     "sip-ua",
	    "trunk group",	"ephone",    "call-manager-fallback",
	    "telephony-service"};

	for (size_t i = 0; !line->indent && i < sizeof(words) / sizeof(words[0]); i++)
		if (import_behind(line->text, words[i]))
			return true;
	return false;
}

static void judge_lines(struct import *im)
{
	bool ended = false;
	char end[3];

	im->flat = true;
	for (unsigned i = 0; i < im->lines_count; i++) {
		struct import_line *line = &im->lines[i];

		line->summed = ended || line->verdict != IMPORT_UNSEEN;
		if (ended && line->verdict == IMPORT_UNSEEN)
			import_ignore(line, "behind the end");
		else if (line->verdict == IMPORT_UNSEEN && begins_text(line->text, end))
			i = skip_text(im, i, end);
		else if (judge_line(line))
			ended = true;
		else if (i && line->indent && begins_block(&im->lines[i - 1]))
			im->flat = false;
	}
}

void import_read_lines(struct import *im, const char *text, size_t size)
{
	const char *end = text + size;
	bool numbered = is_numbered(text, size);
	size_t count = 1, length;
	struct screen screen;

	for (const char *at = text; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		count++;
	im->lines = talloc_zero_array(im, struct import_line, count);
	OSMO_ASSERT(im->lines);
	while (text < end) {
		const char *next = next_line(text, end, &length);

		show_line(&screen, text, length);
		add_line(im, &screen, numbered);
		text = next;
	}
	judge_lines(im);
}
