/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * import - makes a configuration of what `show running-config` of an IOS voice gateway prints, and says
 * line by line what became of it.
 *
 * load_setup() first: the result is loaded, so that it can be promised to load. Then import_new(), both
 * writers as often as wanted, import_free().
 *
 * Releases 12.4, 15 and IOS-XE 16 and 17 are meant. What a terminal or a log file does to such a text is
 * taken out (line numbers, --More--, carriage returns); banners and certificates are passed over. Each
 * line of the input has one verdict:
 *	taken	it stands in the result as it was
 *	changed	something of the same meaning stands there, or its meaning went elsewhere
 *	ignored	and why
 * What would send calls elsewhere than IOS did is written `shutdown`: peers at analogue ports, of
 * protocols that are not there, with applications.
 */
#ifndef CONF_IMPORT_IMPORT_H
#define CONF_IMPORT_IMPORT_H

#include <stddef.h>
#include <stdio.h>

#define IMPORT_LINES_MAX 500000

struct import;

/* name: of the input, for what is written. text: lent until import_free(). 0, or one sentence in why and
 * -EFBIG: more lines than IMPORT_LINES_MAX; -EINVAL: not text at all, or so much of it is refused that it
 * is no configuration. */
int import_new(void *ctx, const char *name, const char *text, size_t size, char *why,
	       size_t why_size, struct import **out);
void import_free(struct import *im);
void import_write(const struct import *im, FILE *out);
void import_write_report(const struct import *im, FILE *out);

#endif
