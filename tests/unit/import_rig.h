/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * import_rig - what comes out when an IOS configuration is imported, on conf_rig; and the routers of
 * tests/import.
 */
#ifndef TESTS_UNIT_IMPORT_RIG_H
#define TESTS_UNIT_IMPORT_RIG_H

#include <stddef.h>

#define ROUTERS 5

extern const char *const import_rig_routers[ROUTERS];

struct import_rig_outcome {
	char *conf, *report;
	size_t conf_size, report_size;
	char why[256];
	int rc;
};

void import_rig_text(const char *name, const char *text, size_t size,
		     struct import_rig_outcome *o); /* until import_rig_forget() */
void import_rig_forget(struct import_rig_outcome *o);
/* A file of tests/import, to be freed; a zero follows. */
void import_rig_read_router(const char *name, const char *suffix, char **text, size_t *size);
/* Without errors; warnings may be. */
void import_rig_assert_loads(const struct import_rig_outcome *o);
/* The lines of the report name each line of the input once, in order. */
void import_rig_assert_lines(const struct import_rig_outcome *o, unsigned lines);
unsigned import_rig_count_lines(const char *text, size_t size);

#endif
