/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * name_server - a DNS server of a few lines on loopback, in the test's own loop. Its zone is the
 * table in name_server.c; names with "silent" in them get no answer.
 */
#ifndef TESTS_UNIT_NAME_SERVER_H
#define TESTS_UNIT_NAME_SERVER_H

extern unsigned name_server_questions;

void name_server_start(char address[32]); /* "127.0.0.1:5353" */
void name_server_stop(void);

#endif
