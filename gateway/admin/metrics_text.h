/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * metrics_text - the state of the gateway in Prometheus' text format, version 0.0.4.
 *
 * The names are part of the interface: sipspan(1) lists them. What is unknown is left out.
 */
#ifndef GATEWAY_ADMIN_METRICS_TEXT_H
#define GATEWAY_ADMIN_METRICS_TEXT_H

#include <stdio.h>

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct gateway;

void metrics_write(const struct gateway *gateway, FILE *out);

#endif
