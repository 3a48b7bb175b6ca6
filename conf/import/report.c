// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define TEXT_SHOWN_MAX 100 /* characters of a line */

/* ---- the text of a line, without what is secret */

/* Up to what follows the first of these words. */
static size_t public_length(const char *text)
{
	static const char *const secrets[] = {"password", "secret",   "key",	    "community",
					      "pin",	  "username", "passphrase", "md5",
					      "digest",	  "string"};
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		const char *found = strcasestr(text, secrets[i]);

		if (found && (size_t)(found - text) + strlen(secrets[i]) < length)
			length = (size_t)(found - text) + strlen(secrets[i]);
	}
	return length;
}

static size_t words_length(const char *text, unsigned words)
{
	size_t length = 0;

	while (words--) {
		length += strcspn(text + length, " ");
		if (words && text[length] == ' ')
			length++;
	}
	return length;
}

static void print_text(const struct import_line *line, FILE *out)
{
	size_t whole = strlen(line->text), length = public_length(line->text);

	if (line->brief && words_length(line->text, 2) < length)
		length = words_length(line->text, 2);
	if (length > TEXT_SHOWN_MAX)
		length = TEXT_SHOWN_MAX;
	fprintf(out, "%.*s%s", (int)length, line->text, length < whole ? " ..." : "");
}

/* ---- what became of the lines */

struct origin { /* a line of the result that a line of the input has made */
	unsigned from;
	unsigned serial;
	const char *text;
};

struct origins {
	struct origin *list;
	unsigned count, size;
};

static void keep_origin(void *arg, const char *text, struct import_block *block,
			struct import_entry *entry)
{
	struct origins *origins = arg;

	if (!entry || !entry->from)
		return;
	if (origins->count == origins->size) {
		origins->size = origins->size ? 2 * origins->size : 256;
		origins->list = realloc(origins->list, origins->size * sizeof(origins->list[0]));
		OSMO_ASSERT(origins->list);
	}
	origins->list[origins->count] =
	    (struct origin){entry->from, origins->count, text + strspn(text, " ")};
	origins->count++;
}

static int compare_origins(const void *pa, const void *pb)
{
	const struct origin *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static const char *const verdicts[] = {
    [IMPORT_UNSEEN] = "ignored",
    [IMPORT_TAKEN] = "taken",
    [IMPORT_CHANGED] = "changed",
    [IMPORT_IGNORED] = "ignored",
};

/* Lines behind the first that say the same of themselves. */
static unsigned run_length(const struct import *im, unsigned first)
{
	const struct import_line *line = &im->lines[first];
	unsigned last = first + 1;

	if (line->verdict != IMPORT_IGNORED || !line->note)
		return 1;
	while (last < im->lines_count && im->lines[last].verdict == IMPORT_IGNORED &&
	       im->lines[last].summed && im->lines[last].note &&
	       strcmp(im->lines[last].note, line->note) == 0)
		last++;
	return last - first;
}

static void print_run(const struct import *im, unsigned first, unsigned count, FILE *out)
{
	char range[32];

	snprintf(range, sizeof(range), "%u-%u", first + 1, first + count);
	fprintf(out, "%13s  ignored  ", range);
	if (*im->lines[first].text && im->lines[first].text[0] != '!') {
		print_text(&im->lines[first], out);
		fputs(" ", out);
	}
	fprintf(out, "(%s)\n", im->lines[first].note);
}

static void print_line(const struct import *im, unsigned at, const struct origins *origins,
		       unsigned *origin, FILE *out)
{
	const struct import_line *line = &im->lines[at];
	const char *between = " => ";

	fprintf(out, "%13u  %-8s ", at + 1, verdicts[line->verdict]);
	print_text(line, out);
	for (; *origin < origins->count && origins->list[*origin].from == at + 1; ++*origin) {
		if (line->verdict != IMPORT_CHANGED ||
		    strcmp(origins->list[*origin].text, line->text) == 0)
			continue;
		fprintf(out, "%s%s", between, origins->list[*origin].text);
		between = "; ";
	}
	if (line->note)
		fprintf(out, "%s(%s)", *line->text ? " " : "", line->note);
	fputs("\n", out);
}

static void print_lines(const struct import *im, FILE *out)
{
	struct origins origins = {0};
	unsigned origin = 0, counts[IMPORT_IGNORED + 1] = {0};

	import_walk(im, keep_origin, &origins);
	if (origins.count)
		qsort(origins.list, origins.count, sizeof(origins.list[0]), compare_origins);
	for (unsigned i = 0; i < im->lines_count;) {
		unsigned run = run_length(im, i);

		if (run > 1)
			print_run(im, i, run, out);
		else
			print_line(im, i, &origins, &origin, out);
		counts[im->lines[i].verdict] += run;
		i += run;
	}
	free(origins.list);
	fprintf(out, "%u lines: %u taken, %u changed, %u ignored\n", im->lines_count,
		counts[IMPORT_TAKEN], counts[IMPORT_CHANGED],
		counts[IMPORT_IGNORED] + counts[IMPORT_UNSEEN]);
}

/* ---- spans */

static const struct {
	const char *name;
	unsigned timeslots, d;
} framings[] = {
    [IMPORT_E1] = {"E1", 31, 16},
    [IMPORT_T1] = {"T1", 24, 24},
    [IMPORT_BRI] = {"BRI", 3, 3},
};

static void print_coding(const struct import_span *span, unsigned timing, FILE *out)
{
	fprintf(out, "    span=%u,%u,0,", span->number, timing);
	if (span->framing == IMPORT_E1)
		fprintf(out, "ccs,%s%s\n", span->ami ? "ami" : "hdb3",
			span->no_crc4 ? "" : ",crc4");
	else if (span->framing == IMPORT_T1)
		fprintf(out, "%s,%s\n", span->superframe ? "d4" : "esf",
			span->ami ? "ami" : "b8zs");
	else
		fprintf(out, "ccs,ami\n");
}

/* Channels of the driver: first is that of the span's timeslot 1. */
static void print_channels(const struct import_span *span, unsigned first, FILE *out)
{
	unsigned d = first + framings[span->framing].d - 1;
	unsigned last = first + framings[span->framing].timeslots - 1;

	if (!span->d_channel)
		fprintf(out, "    bchan=%u-%u\n", first, last);
	else if (d == last)
		fprintf(out, "    bchan=%u-%u\n    %s=%u\n", first, last - 1,
			span->framing == IMPORT_BRI ? "hardhdlc" : "dchan", d);
	else
		fprintf(out, "    bchan=%u-%u,%u-%u\n    dchan=%u\n", first, d - 1, d + 1, last, d);
}

static void print_spans(const struct import *im, FILE *out)
{
	unsigned first = 1, timing = 0;
	bool any = false;

	for (unsigned i = 0; i < im->spans_count; i++) {
		if (!im->spans[i].isdn)
			continue;
		if (!any)
			fputs("\nSpans: is the card's span of this number the line that was in "
			      "this slot?\n",
			      out);
		any = true;
		fprintf(out, "    controller %u  %s %s\n", im->spans[i].number,
			framings[im->spans[i].framing].name, im->spans[i].name);
	}
	if (any)
		fputs("\nIn /etc/dahdi/system.conf, if these are all spans of the machine:\n", out);
	for (unsigned i = 0; i < im->spans_count; i++) {
		const struct import_span *span = &im->spans[i];

		if (!span->isdn)
			continue;
		print_coding(span, span->internal_clock ? 0 : ++timing, out);
		print_channels(span, first, out);
		first += framings[span->framing].timeslots;
	}
}

/* ---- the rest */

static void print_todos(const struct import *im, FILE *out)
{
	if (im->todos_count)
		fputs("\nLeft to do:\n", out);
	for (unsigned i = 0; i < im->todos_count; i++) {
		if (im->todos[i].from)
			fprintf(out, "  * line %u: %s\n", im->todos[i].from, im->todos[i].text);
		else
			fprintf(out, "  * %s\n", im->todos[i].text);
	}
}

static void print_warnings(const struct import *im, FILE *out)
{
	const unsigned most = sizeof(im->warnings) / sizeof(im->warnings[0]);

	if (im->warnings_count)
		fputs("\nWhat sipspan check says of the result, by its lines:\n", out);
	for (unsigned i = 0; i < im->warnings_count && i < most; i++)
		fprintf(out, "    %s\n", im->warnings[i]);
	if (im->warnings_count > most)
		fprintf(out, "    and %u more\n", im->warnings_count - most);
}

void import_write_report(const struct import *im, FILE *out)
{
	fprintf(out, "%s, line by line:\n", im->name);
	print_lines(im, out);
	print_spans(im, out);
	print_todos(im, out);
	print_warnings(im, out);
}
