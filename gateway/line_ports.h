/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line_ports - tells who watches lines (gateway/sip/line_state.h) which PSTN ports and B channels are
 * in service: a channel as its trunk says, a port if one of its channels is and `shutdown` does not
 * stand at its voice port. What calls are on them line_calls.c tells.
 *
 * Ports are those of the lines that exist when line_ports_new() is called; they must outlive it.
 */
#ifndef GATEWAY_LINE_PORTS_H
#define GATEWAY_LINE_PORTS_H

struct gateway;
struct line_ports;

int line_ports_new(void *ctx, const struct gateway *gateway, struct line_ports **out);
void line_ports_free(struct line_ports *ports); /* NULL: nothing */
/* The configuration has changed. */
void line_ports_update(struct line_ports *ports);

#endif
