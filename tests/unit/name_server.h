/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * name_server - a DNS server of a few lines on loopback, in the test's own loop. Its zone is the
 * table in name_server.c, and what ends in moving.test or uris.test; names with "silent" in them get no answer.
 */
#ifndef TESTS_UNIT_NAME_SERVER_H
#define TESTS_UNIT_NAME_SERVER_H

extern unsigned name_server_questions;

void name_server_start(char address[32]); /* "127.0.0.1:5353" */
void name_server_stop(void);
/* A records of moving.test from now on, "192.0.2.1 192.0.2.2". "silent": no answer at all;
 * "broken": server failure; "": the name is gone. */
void name_server_move(const char *addresses);
/* NAPTR records of all names below uris.test, best first: "sip:1@127.0.0.1:5062 sip:2@h". */
void name_server_naptr(const char *uris);

#endif
