/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * metrics - answers GET /metrics over HTTP with what metrics_text.h writes. On loopback only: who
 * collects from elsewhere puts a proxy in front that asks for names and passwords.
 *
 * metrics_listen() any time, again after a new configuration: the same address is left alone,
 * another one is opened before the old one is closed. metrics_close() at the end. The server is
 * libmicrohttpd's, in the program's loop.
 */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stddef.h>

struct gateway;
struct sockaddr_storage;

/* address: with its port; family 0: nowhere. gateway is lent for good. Negative errno, and why is
 * one sentence: what was open stays so. */
int metrics_listen(const struct sockaddr_storage *address, const struct gateway *gateway, char *why,
		   size_t why_size);
void metrics_close(void);

#endif
