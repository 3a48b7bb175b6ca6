/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * interfaces - tells when an address that SIP listens on leaves the machine, when it is back, and
 * when one has come that a wildcard would have meant: one line in the log each (rtnetlink(7)).
 *
 * Sockets of an address that has gone stay, and serve again when it returns.
 */
#ifndef GATEWAY_SIP_INTERFACES_H
#define GATEWAY_SIP_INTERFACES_H

#include <stddef.h>

struct interfaces;
struct ua;

/* A kernel without rtnetlink: 0, and nothing will be told. */
int interfaces_new(struct ua *ua, struct interfaces **out);
void interfaces_free(struct interfaces *interfaces);
/* One message of the kernel, for tests. */
void interfaces_take(struct interfaces *interfaces, const void *message, size_t size);

#endif
