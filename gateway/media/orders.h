/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * orders - carries out what sipspand orders over the pipe, and runs what was ordered.
 *
 * orders_new() with the pipe; orders_receive() when the pipe is readable; orders_tick() every 5 ms.
 * The first order is HELLO, which makes the tables; after that nothing but an order allocates. An
 * order that cannot be carried out is answered with REFUSED and changes nothing.
 */
#ifndef GATEWAY_MEDIA_ORDERS_H
#define GATEWAY_MEDIA_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERS_TICK_NS 5000000ull

struct orders;

/* pipe stays the caller's. realtime: what READY says. */
int orders_new(int pipe, bool realtime, struct orders **out);
void orders_free(struct orders *orders);
/* 0; -EPIPE: sipspand is gone. */
int orders_receive(struct orders *orders);
/* now_ns: CLOCK_MONOTONIC. */
void orders_tick(struct orders *orders, uint64_t now_ns);

#endif
