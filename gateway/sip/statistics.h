/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * statistics - how many SIP messages came and went, by method and by status.
 *
 * Received: all that can be read, also what was sent to us again. Sent: what the gateway decides to
 * send, once each; what the stack sends by itself (ACK to a failure, a response again, 481 to what
 * belongs to no dialog) does not count. The counters are those of the process, as the stack's
 * message class is.
 */
#ifndef GATEWAY_SIP_STATISTICS_H
#define GATEWAY_SIP_STATISTICS_H

#include <stdbool.h>

struct statistics_row {
	const char *method; /* of requests: "INVITE", "other"; else NULL */
	unsigned status;    /* of responses; else 0 */
	unsigned long received, sent;
};

/* Requests by method, then responses by status; those that never came nor went only if all. */
void statistics_each(bool all, void (*fn)(void *arg, const struct statistics_row *), void *arg);
void statistics_clear(void);

#endif
