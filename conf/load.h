/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * load - reads a configuration file, says everything that is wrong with it, and writes it back.
 *
 * load_setup() once (it installs the commands into libosmovty), then load_file(). Errors come as
 * "FILE:LINE: what, and what was expected", up to LOAD_ERRORS_MAX of them, in order of lines; with
 * any error there is no configuration. libosmovty stops at the first error: it is given the file
 * line by line, and a line that it refuses is left out together with the lines indented below it.
 *
 * The commands live in nodes of their own (_LAST_OSMOVTY_NODE + 32 and up), which no console can
 * reach: configuration is changed by editing the file and `sipspan reload`. `end` ends the file, as in
 * IOS.
 */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include <stdio.h>
#include "conf/conf.h"

#define LOAD_ERRORS_MAX 50

void load_setup(void *ctx); /* after vty_init() */
/* error: called once an error with the whole line to print. Returns 0 and *out (free it with
 * conf_free), -ENOENT and friends if the file cannot be read (reported as well), -EINVAL if it has
 * errors. warning lines go the same way and start with "FILE:LINE: warning:". */
int load_file(void *ctx, const char *path, void (*error)(void *arg, const char *text), void *arg,
	      struct conf **out);
/* The same of a text in memory: what `show running-config` prints. -EINVAL. */
struct load_text {
	const char *name; /* stands for the file in what is said of it */
	const char *octets;
	size_t length;
	bool untested; /* leave out tests of the dial plan (`expect`) and lint: for who looks into
			  what is wrong with it */
};
int load_from_text(void *ctx, const struct load_text *text,
		   void (*error)(void *arg, const char *text), void *arg, struct conf **out);

/* load_file() in steps, for a loop that has other things to do. load_begin() reads the file into
 * memory (it reports what load_file() returns for a file that cannot be read, and takes no pipe); load_step() looks at
 * about so many of its lines, true: there are more; load_end() checks, reports and ends the loader
 * whatever it returns; it leaves out tests of the dial plan and lint, which take a time of their own.
 * load_abandon() ends it before. */
struct loader;
int load_begin(void *ctx, const char *path, void (*error)(void *arg, const char *text), void *arg,
	       struct loader **out);
bool load_step(struct loader *loader, unsigned lines);
int load_end(struct loader *loader, void (*error)(void *arg, const char *text), void *arg,
	     struct conf **out);
void load_abandon(struct loader *loader);
/* What load_end() left out, for the same path: 0, or -EINVAL if an expectation fails (reported). */
int load_verify(struct conf *conf, const char *path, void (*error)(void *arg, const char *text),
		void *arg);
/* Writes what load_file() read; reading that gives the same configuration. */
void conf_write(const struct conf *conf, void (*line)(void *arg, const char *text), void *arg);
/* The name servers as resolver_new() has them; NULL: those of the system. */
#define CONF_NAME_SERVERS_SIZE (CONF_NAME_SERVERS_MAX * 64)
const char *conf_name_servers(const struct conf *conf, char text[CONF_NAME_SERVERS_SIZE]);
/* The plan of this configuration, sealed. why: a sentence if something is wrong. The pattern maps that
 * were read from files go to the plan; a second plan reads these files again. */
int conf_make_plan(struct conf *conf, struct plan **out, char *why, size_t why_size);

#endif
