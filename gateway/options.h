/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * options - the command line of sipspand.
 */
#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

struct options {
	const char *conf_path, *socket, *user, *media; /* user, media: NULL if not given */
};

/* 0, or -1 after it has said what is wrong. --help and --version end the program. */
int options_parse(int argc, char **argv, struct options *o);

#endif
