/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conf_rig - configurations from texts: each is written to one file, which is read and checked, without
 * lint and expectations.
 */
#ifndef TESTS_UNIT_CONF_RIG_H
#define TESTS_UNIT_CONF_RIG_H

#include <stddef.h>

#include "conf/load.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Controllers that many cases need. */
#define T1(n)                                                                                      \
	"controller t1 " #n "\n driver cesopsn listen 127.0.0.1:214" #n " peer 127.0.0.1:2149\n"
#define BRI "controller bri 1\n driver cesopsn listen 127.0.0.1:2142 peer 127.0.0.1:2143\n"
#define E1 "controller e1 1\n driver cesopsn listen 127.0.0.1:2142 peer 127.0.0.1:2143\n"
#define PRI E1 " pri-group timeslots 1-31\n"

/* Lines that came out of load_file() or conf_write(). */
struct lines {
	char text[200000];
	size_t length;
	unsigned count;
};

extern void *ctx; /* while rig_main() runs */
extern char path[];
extern struct lines messages; /* of the load before */

void keep_line(void *lines, const char *text);
/* An error without the file's name, to keep tables short: "3: what". */
void keep_error(void *lines, const char *text);
int load_path(const char *file, struct lines *errors, struct conf **out);
int load_bytes(const void *content, size_t size, struct lines *errors, struct conf **out);
struct conf *load_text(const char *content); /* must be right */
void write_again(const struct conf *conf, struct lines *written);
struct plan *make_plan(struct conf *conf); /* must be right */

int rig_main(int (*run)(void));

#endif
