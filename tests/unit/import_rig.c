// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/import_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/import/import.h"
#include "conf/load.h"
#include "conf/text_file.h"
#include "tests/unit/conf_rig.h"

#define FOLDER SOURCE_FOLDER "/tests/import/"

const char *const import_rig_routers[] = {"pri-callmanager", "itsp-trunk", "srst-site",
					  "fxo-fxs-branch", "cme-office"};

static void write_out(const struct import *im, struct import_rig_outcome *o)
{
	FILE *conf = open_memstream(&o->conf, &o->conf_size);
	FILE *report = open_memstream(&o->report, &o->report_size);

	assert_true(conf && report);
	import_write(im, conf);
	import_write_report(im, report);
	fclose(conf);
	fclose(report);
}

void import_rig_text(const char *name, const char *text, size_t size, struct import_rig_outcome *o)
{
	struct import *im = NULL;
	/* it ends where its memory ends */
	char *exact = malloc(size ? size : 1);

	assert_non_null(exact);
	memcpy(exact, text, size);
	*o = (struct import_rig_outcome){0};
	o->rc = import_new(ctx, name, exact, size, o->why, sizeof(o->why), &im);
	if (o->rc == 0) {
		write_out(im, o);
		import_free(im);
	} else {
		assert_null(im);
		assert_true(o->why[0] != '\0');
	}
	free(exact);
}

void import_rig_forget(struct import_rig_outcome *o)
{
	free(o->conf);
	free(o->report);
}

void import_rig_read_router(const char *name, const char *suffix, char **text, size_t *size)
{
	char file[512];

	snprintf(file, sizeof(file), FOLDER "%s%s", name, suffix);
	assert_int_equal(text_file_read(ctx, file, text, size), 0);
	*text = talloc_realloc_size(ctx, *text, *size + 1);
	(*text)[*size] = '\0';
}

static void keep_first_error(void *arg, const char *text)
{
	char *kept = arg;

	if (!*kept && !strstr(text, ": warning:"))
		snprintf(kept, 512, "%s", text);
}

void import_rig_assert_loads(const struct import_rig_outcome *o)
{
	struct load_text text = {.name = "result", .octets = o->conf, .length = o->conf_size};
	struct conf *conf = NULL;
	char error[512] = "";

	if (load_from_text(ctx, &text, keep_first_error, error, &conf) < 0)
		fail_msg("%s\n%s", error, o->conf);
	conf_free(conf);
}

void import_rig_assert_lines(const struct import_rig_outcome *o, unsigned lines)
{
	const char *at = strchr(o->report, '\n') + 1;
	unsigned next = 1, first, last;

	while (at[0] == ' ') {
		int fields = sscanf(at, "%u-%u", &first, &last);

		assert_true(fields >= 1);
		assert_int_equal(first, next);
		next = (fields == 2 ? last : first) + 1;
		assert_true(strncmp(at + 15, "taken    ", 9) == 0 ||
			    strncmp(at + 15, "changed  ", 9) == 0 ||
			    strncmp(at + 15, "ignored  ", 9) == 0);
		at = strchr(at, '\n') + 1;
	}
	assert_int_equal(next, lines + 1);
}

unsigned import_rig_count_lines(const char *text, size_t size)
{
	unsigned count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '\n';
	return count + (size > 0 && text[size - 1] != '\n');
}
