/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * explain - what the plan would do with a call, step by step: as text for a reader, or as one JSON
 * object for a program.
 *
 * Text: every number change with the rule that made it, the inbound peer and why, who was considered,
 * who was left out and why, the candidates in hunt order with the digits and the type of number that
 * go on the wire, the cause if there is none.
 *
 * JSON: {"inbound":{"tag":1,"key":"called"},"called":"...","calling":"...","candidates":[{"tag":4,
 * "kind":"pots","target":"1:D","send":"...","calling":"..."}],"rejected":[{"tag":7,"why":"cor"}],
 * "cause":null}, and "collect":{"result":"at-once","digits":"911"} behind it where the number comes digit
 * by digit. called and calling are the numbers that the outbound search sees. The words of key and why
 * are explain_key() and explain_reason(): programs compare them, they stay as they are. A candidate that
 * is a registered telephone has "telephone":"5001" behind its target.
 */
#ifndef DIALPLAN_EXPLAIN_H
#define DIALPLAN_EXPLAIN_H

#include "dialplan/trial.h"

#define EXPLAIN_LINE_SIZE 512

/* trial as for trial_run(), without note. line: without newline. */
void explain_text(const struct trial *trial, const struct plan *plan,
		  void (*line)(void *arg, const char *text), void *arg);
/* Without newline. As getline() does: *out is NULL, or *size octets from malloc() that grow as needed.
 * Returns the length, or -ENOMEM. */
int explain_json(const struct trial *trial, const struct plan *plan, char **out, size_t *size);
/* {"error":"..."}: for a line that is no number. */
int explain_json_error(const char *what, char **out, size_t *size);

/* One step in words. */
void explain_step(const struct plan_note *note, char text[EXPLAIN_LINE_SIZE]);
/* uri, called, answer-address, calling, port, carrier-id, default */
const char *explain_key(enum plan_key key);
/* shutdown, no-target, missing, busied-out, port-down, status-check, max-conn, max-calls, huntstop, bearer,
 * cor, numbering-type, translation, too-long, too-many, allow-connections */
const char *explain_reason(const struct plan *plan, enum plan_reason reason);

#endif
