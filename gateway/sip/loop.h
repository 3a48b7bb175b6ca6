/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * loop - the SIP stack's event loop as one descriptor and one timer in libosmocore's.
 *
 * The stack waits in an epoll descriptor of its own. It is readable when the stack has something to
 * do; the stack says how long until its next timer. Whoever calls into the stack from outside a
 * callback of it (an order of a call, a resolver's answer) calls loop_kick() afterwards, since that
 * may have set an earlier timer.
 */
#ifndef GATEWAY_SIP_LOOP_H
#define GATEWAY_SIP_LOOP_H

struct loop;
struct su_root_s;
struct ua;

int loop_new(void *ctx, struct ua *ua, struct loop **out);
struct su_root_s *loop_root(struct loop *loop);
int loop_descriptor(const struct loop *loop); /* the stack's epoll set */
void loop_kick(struct loop *loop);
void loop_free(struct loop *loop); /* after the agent is gone */

#endif
