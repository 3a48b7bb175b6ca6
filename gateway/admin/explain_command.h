/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * explain_command - `sipspan explain`: where a number would go, and why, or a whole file of numbers.
 *
 * The configuration comes from --config FILE, with all peers up and idle, or from the running gateway
 * (`show running-config`) together with the state of its peers (`show dial-peer state`). Either is read
 * once; the plan is evaluated in this process.
 */
#ifndef GATEWAY_ADMIN_EXPLAIN_COMMAND_H
#define GATEWAY_ADMIN_EXPLAIN_COMMAND_H

/* where: as client_connect(). argv[0] is "explain". Exit status: 0 there is a route (of many numbers:
 * all were answered), 1 there is none, 2 wrong usage or trouble. */
int explain_command(const char *where, int argc, char **argv);

#endif
