/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * options - what the command line of sipspan-exchange asks for, checked.
 *
 * options_parse() reads nothing but argv: files are opened and ports bound by those who use them.
 * On error why has one sentence that names the option. getopt's permutation may reorder argv.
 */
#ifndef GATEWAY_EXCHANGE_OPTIONS_H
#define GATEWAY_EXCHANGE_OPTIONS_H

#include <stddef.h>

#include "gateway/exchange/caller.h"
#include "gateway/exchange/exchange.h"

enum options_action {
	OPTIONS_SERVE,	/* subscribers only, until a signal comes */
	OPTIONS_CALL,	/* subscribers, and calls; ends with them */
	OPTIONS_SCRIPT, /* a script instead of both; ends with it */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

struct options {
	enum options_action action;
	struct exchange_config exchange; /* without the wavs and dchannel */
	struct caller_config caller;	 /* without play */
	const char *play_wav;		 /* 0002; these point into argv, NULL if not given */
	const char *announcement_wav;	 /* 0008 */
	const char *call_wav;		 /* --call ... --play */
	const char *script;		 /* --script */
	int log_level;			 /* LOGL_... */
};

int options_parse(int argc, char **argv, struct options *out, char *why, size_t why_size);
/* The text of --help. */
void options_help(char *text, size_t size);

#endif
