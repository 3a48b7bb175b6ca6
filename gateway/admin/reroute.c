// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/reroute.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/trial.h"
#include "gateway/call/cdr.h"

#define FIELDS_MAX 64
#define BLOCK 65536
#define ROUTE_SIZE 2048

enum column {
	COLUMN_CALL_ID,
	COLUMN_SETUP,
	COLUMN_CALLING,
	COLUMN_CALLED,
	COLUMNS_NEEDED,
	COLUMN_REDIRECTING = COLUMNS_NEEDED, /* records of older releases lack some of these */
	COLUMN_BEARER,
	COLUMN_SOURCE,
	COLUMN_CALLING_TYPE,
	COLUMN_CALLED_TYPE,
	COLUMNS
};

static const char *const column_names[COLUMNS] = {
    "call_id", "setup",	 "calling",	 "called",	"redirecting",
    "bearer",  "source", "calling_type", "called_type",
};

struct columns {
	size_t at[COLUMNS]; /* FIELDS_MAX: not there */
};

/* ---- CSV, RFC 4180; a record is one line */

/* Cuts a field off line and takes its quotes away. NULL: there is none left. */
static char *take_field(char **line)
{
	char *in = *line, *out = in, *field = in;
	bool quoted = in && *in == '"';

	if (!in)
		return NULL;
	for (in += quoted; *in && (quoted || *in != ','); in++) {
		if (!quoted || *in != '"')
			*out++ = *in;
		else if (in[1] == '"')
			*out++ = *in++;
		else
			quoted = false;
	}
	*line = *in ? in + 1 : NULL;
	*out = '\0';
	return field;
}

static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;

	while (n < FIELDS_MAX && (fields[n] = take_field(&line)))
		n++;
	return n;
}

static void place_columns(struct columns *columns, char *heading)
{
	char *fields[FIELDS_MAX];
	size_t n = split(heading, fields);

	for (int c = 0; c < COLUMNS; c++) {
		columns->at[c] = FIELDS_MAX;
		for (size_t i = 0; i < n; i++)
			if (strcmp(fields[i], column_names[c]) == 0)
				columns->at[c] = i;
	}
}

static int find_columns(struct columns *columns, char *heading)
{
	char ours[] = CDR_HEADING;
	size_t length = strlen(heading);
	bool older = strncmp(ours, heading, length) == 0 && ours[length] == ',';

	place_columns(columns, heading);
	for (int c = 0; c < COLUMNS_NEEDED; c++)
		if (columns->at[c] == FIELDS_MAX)
			return -EINVAL;
	if (older)
		place_columns(columns, ours); /* records of this release follow in the same file */
	return 0;
}

/* Where the last lines begin, not before first. */
static long find_last(FILE *file, long first, size_t last)
{
	static char block[BLOCK];
	long end, from;

	if (fseek(file, 0, SEEK_END) < 0)
		return first;
	end = ftell(file);
	for (from = end; from > first;) {
		long size = from - first < BLOCK ? from - first : BLOCK;

		from -= size;
		if (fseek(file, from, SEEK_SET) < 0 ||
		    fread(block, 1, (size_t)size, file) != (size_t)size)
			return first;
		for (long i = size - 1; i >= 0; i--) {
			/* the newline at the very end ends the last line */
			if (block[i] == '\n' && from + i + 1 < end && last-- == 1)
				return from + i + 1;
		}
	}
	return first;
}

/* ---- one call */

/* "national/isdn" */
static void set_type(struct number *number, char *text)
{
	char *plan = strchr(text, '/');
	int ton, npi;

	if (!plan)
		return;
	*plan++ = '\0';
	ton = number_ton_from_name(text);
	npi = number_npi_from_name(plan);
	if (ton < 0 || npi < 0)
		return;
	number->ton = (uint8_t)ton;
	number->npi = (uint8_t)npi;
}

static int set_call(struct trial *trial, char *const *field)
{
	int rc = trial_set_numbers(trial, field[COLUMN_CALLED], field[COLUMN_CALLING],
				   field[COLUMN_REDIRECTING]);

	if (rc < 0)
		return rc;
	set_type(&trial->request.called, field[COLUMN_CALLED_TYPE]);
	set_type(&trial->request.calling, field[COLUMN_CALLING_TYPE]);
	trial->request.data = strstr(field[COLUMN_BEARER], "data") != NULL;
	return 0;
}

static void describe(const struct trial_outcome *outcome, char text[ROUTE_SIZE])
{
	const struct plan_route *route = &outcome->route;
	size_t used = 0;

	if (outcome->confers) {
		snprintf(text, ROUTE_SIZE, "a conference");
		return;
	}
	if (outcome->cause || !route->count) {
		snprintf(text, ROUTE_SIZE, "refused, cause %u", outcome->cause);
		return;
	}
	for (unsigned i = 0; i < route->count && used < ROUTE_SIZE; i++) {
		const struct plan_candidate *c = &route->candidates[i];
		char called[TRIAL_TEXT_SIZE], calling[TRIAL_TEXT_SIZE];

		trial_sent(c->peer, &c->called, called);
		trial_sent(c->peer, &c->calling, calling);
		used += (size_t)snprintf(
		    text + used, ROUTE_SIZE - used, "%speer %u %s sends %s%s%s%s", i ? ", " : "",
		    c->peer->tag, c->target ? c->target : "-", called[0] ? called : "nothing",
		    i		 ? ""
		    : calling[0] ? " from "
				 : "",
		    i ? "" : calling, route->emergency && i == 0 ? " (emergency)" : "");
	}
}

static void put(const struct reroute *r, const char *what, const char *text)
{
	char line[ROUTE_SIZE + 64];

	snprintf(line, sizeof(line), "%s%s", what, text);
	r->line(r->arg, line);
}

/* 1: it would go another way; 0; or -EINVAL: the record makes no sense. */
static int compare(const struct reroute *r, char *const *field)
{
	char now[ROUTE_SIZE], then[ROUTE_SIZE], heading[512];
	struct trial_outcome outcome;
	struct trial trial;
	bool from = field[COLUMN_SOURCE][0];

	trial_init(&trial);
	if (from && trial_set_source(&trial, NULL, field[COLUMN_SOURCE]) < 0)
		return -EINVAL;
	if (set_call(&trial, field) < 0)
		return -EINVAL;
	trial_run(&trial, r->now, &outcome);
	describe(&outcome, now);
	trial_run(&trial, r->then, &outcome);
	describe(&outcome, then);
	if (strcmp(now, then) == 0)
		return 0;
	snprintf(heading, sizeof(heading), "call %s, %s: %s -> %s%s%s", field[COLUMN_CALL_ID],
		 field[COLUMN_SETUP], field[COLUMN_CALLING][0] ? field[COLUMN_CALLING] : "-",
		 field[COLUMN_CALLED][0] ? field[COLUMN_CALLED] : "-", from ? ", from " : "",
		 field[COLUMN_SOURCE]);
	put(r, "", heading);
	put(r, "  now:  ", now);
	put(r, "  then: ", then);
	return 1;
}

/* ---- */

static int take_record(const struct reroute *r, const struct columns *columns, char *line)
{
	char *fields[FIELDS_MAX], *wanted[COLUMNS], none[] = "";
	size_t n = split(line, fields);

	for (int c = 0; c < COLUMNS; c++) {
		wanted[c] = columns->at[c] < n ? fields[columns->at[c]] : none;
		if (c < COLUMNS_NEEDED && wanted[c] == none)
			return -EINVAL;
	}
	return compare(r, wanted);
}

int reroute_records(const struct reroute *r, FILE *records, size_t last,
		    struct reroute_count *count)
{
	struct columns columns;
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, records);
	int rc = -EINVAL;

	*count = (struct reroute_count){0};
	if (n > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		rc = find_columns(&columns, line);
	}
	if (rc == 0 && last &&
	    fseek(records, find_last(records, ftell(records), last), SEEK_SET) < 0)
		rc = -errno;
	while (rc == 0 && last && (n = getline(&line, &size, records)) > 0) {
		int changed;

		if (line[n - 1] != '\n')
			break; /* just being written */
		line[strcspn(line, "\r\n")] = '\0';
		changed = take_record(r, &columns, line);
		count->records++;
		count->changed += changed > 0;
		count->unreadable += changed < 0;
	}
	free(line);
	return rc;
}
