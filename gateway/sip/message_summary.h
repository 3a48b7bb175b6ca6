/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * message_summary - bodies of application/simple-message-summary (RFC 3842 5.2): are messages waiting
 * in a mailbox, and how many are voice. libc only.
 */
#ifndef GATEWAY_SIP_MESSAGE_SUMMARY_H
#define GATEWAY_SIP_MESSAGE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_SUMMARY_ACCOUNT_MAX 256
#define MESSAGE_SUMMARY_COUNT_MAX 65535u

struct message_summary {
	bool waiting;
	bool counted; /* the next four were said */
	unsigned fresh, old, fresh_urgent, old_urgent;
	char account[MESSAGE_SUMMARY_ACCOUNT_MAX]; /* URI of the mailbox; empty: not said */
};

/* -EBADMSG: it does not say whether messages are waiting. */
int message_summary_read(const char *text, size_t size, struct message_summary *out);
/* The length, or 0: no room. */
size_t message_summary_write(const struct message_summary *summary, char *text, size_t size);

#endif
