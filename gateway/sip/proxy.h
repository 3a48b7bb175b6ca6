/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * proxy - telephones that go through the gateway to their call manager (outbound mode): a stateful
 * proxy (RFC 3261 16), with Record-Route and Path.
 *
 * Why a proxy and no B2BUA: the call manager sees each telephone as it is, its address of record,
 * Contact, nonce, digest-uri and SDP, and what either side has of extensions goes through untouched.
 * A B2BUA would have to understand everything, and calls would need it; here dialogs are those of
 * the two ends, and nothing of them is kept. The gateway learns the bindings as their 200 passes.
 *
 * Which requests are passed on (proxy_way.c):
 *
 *	our Route stands on top		the next hop is the next Route that is not ours, else the
 *					telephone whose flow is in ours, else the Request-URI
 *	a telephone begins something	the call managers that are there (phone_book.h, `route`)
 *	all others			none: request.c answers them
 *
 * Both ends of what is passed on must be telephones of ours, call managers, or trusted (403). What a
 * telephone begins goes to the call manager alone, whatever its Routes name: it would call past the
 * dial plan, as us; so it would by a To tag that it has made up. Within a dialog it reaches others than
 * call managers only if a flow of ours is among its Routes, nobody of this machine from outside, and no
 * trunk (a host that is trusted by its own address, or no telephone's) by INVITE. Next hops that are names are looked up (resolve.h), at most PROXY_NAMES_MAX of a
 * request and none for strangers; what holds for addresses holds for those that come out.
 *
 * Flows: in our Record-Route and Path the user part says where the telephone's messages came from
 * (proxy_flow.c), so that it is found behind its NAT (RFC 5626 5.3), signed with a key that outlives the
 * process (flow_key.h): one that we have not written is refused (403), and one whose connection is gone
 * answered 430. The telephone's Contact is left alone. Two Record-Routes are added where it comes in on
 * one socket and goes out on another (RFC 5658). Path goes with Supported: path even if the telephone
 * does not say so: registrars that want to know whether it bears Path (RFC 3327 5.1) would refuse it,
 * and it bears what it ignores.
 *
 * What happens to a request on its way, and when a call manager does not answer: proxied.h.
 *
 * The call manager is dead, and a dialog goes on: if the next Route is that of a call manager that
 * does not answer any more, or of a name that nobody knows, and the one behind it is ours, it is left
 * out. So a BYE or re-INVITE of one telephone reaches the other one of a call that the dead manager has
 * routed; and so do those of the gateway's own calls (proxy_own.c).
 *
 * Forked 2xx, and those sent again, go up for 64*T1 after the first (RFC 6026); their ACKs come back
 * by Route, and go down without state. Timer C is 3 minutes and restarts with each 1xx.
 *
 * Not of RFC 3261 16: a CANCEL of what is not known is answered 481 and not passed on (16.10 means
 * proxies without state), and branches hold no loop detection (16.6 step 8): nothing is forked here,
 * Max-Forwards ends what circles (RFC 5393 4).
 *
 * A request that spirals, from a telephone through us, the manager and us again to another one, is
 * for the stack a merged one, and ACK and PRACK of others are ours or nobody's: proxy_prepare()
 * tells it before each request what to leave alone. It also would take a request for a dialog that ends
 * here, however its Route goes: dialogs ask proxy_receive() first.
 */
#ifndef GATEWAY_SIP_PROXY_H
#define GATEWAY_SIP_PROXY_H

#include "gateway/sip/message.h"

/* A request, ACK too, before anything else is done with it. True: it was passed on or refused, and
 * *status is for the stack. */
bool proxy_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, int *status);
/* All headers of a request have been read, nothing has been done with it yet. */
void proxy_prepare(struct ua *ua, const sip_t *sip, const su_sockaddr_t *source);
/* A request inside a dialog of ours that is about to go out: if it would go to a dead call manager, and
 * to a telephone through us again, it goes straight. Routes of msg and *path are changed then. */
void proxy_leave_out_dead(struct ua *ua, msg_t *msg, struct ua_path *path);
/* *out was not answered: the same once more, if there is such a way past who did not. True: *out is
 * the new transaction. Of the request it needs ua, callback and magic. */
bool proxy_send_past(const struct message_request *request, nta_outgoing_t **out);
/* Once, when the stack is there. -ENOMEM */
int proxy_start(struct ua *ua);
/* Its end; nobody who waits is answered. */
void proxy_forget_all(struct ua *ua);

#endif
