/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * reload_command - `sipspan reload`: what the command line does for it in a process of its own.
 *
 *	sipspan reload			a new configuration for the running gateway
 *	sipspan reload --check		what is wrong with it, and what would change
 *	sipspan reload --diff N [FILE]	which of the last N calls would go another way
 *
 * The first two are commands of the console; the third asks the gateway for what it runs and does
 * the rest here. FILE: a candidate in another place than the gateway's own.
 */
#ifndef GATEWAY_ADMIN_RELOAD_COMMAND_H
#define GATEWAY_ADMIN_RELOAD_COMMAND_H

/* argv[0]: "reload". Returns the exit status. where: as client.h has it. */
int reload_command(const char *where, int argc, char **argv);

#endif
