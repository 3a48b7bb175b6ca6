// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "gateway/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const usage =
    "Usage: sipspand [-c FILE] [-s SOCKET] [-u USER[:GROUP]] [--media PROGRAM]\n"
    "\n"
    "The signalling program of the SIP to PSTN gateway. Stays in the foreground, logs to stderr.\n"
    "\n"
    "  -c, --config FILE      configuration (" CONF_FILE ")\n"
    "  -s, --socket SOCKET    console (" CONSOLE_SOCKET ")\n"
    "  -u, --user USER[:GROUP]  become USER once spans and sockets are open\n"
    "      --media PROGRAM    sipspan-media, if it is not where it was installed\n"
    "  -h, --help             this text\n"
    "  -V, --version          version\n"
    "\n"
    "`sipspan check FILE` tells what is wrong with a configuration; `sipspan` is the console.\n";

int options_parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"socket", required_argument, NULL, 's'},
						{"user", required_argument, NULL, 'u'},
						{"media", required_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{0}};
	int option;

	*o = (struct options){.conf_path = CONF_FILE, .socket = CONSOLE_SOCKET};
	while ((option = getopt_long(argc, argv, "c:s:u:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->conf_path = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'm':
			o->media = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case 'V':
			printf("sipspand %s\n", PACKAGE_VERSION);
			exit(0);
		default:
			fprintf(stderr, "Try `sipspand --help`.\n");
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sipspand: what is \"%s\"? Try `sipspand --help`.\n", argv[optind]);
		return -1;
	}
	return 0;
}
