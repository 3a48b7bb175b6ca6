/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * restart - what of a configuration takes effect only when the gateway starts.
 *
 * Waits for the next start: controllers (but their description), the link of an interface (switch
 * type, side, order of channels, Q.921, supplementary services, service states, buses), RTP ports,
 * addresses, port and transports of SIP, name servers, the console on TCP. Everything else can be taken by a
 * gateway that runs (reload.h): the dial plan, voice ports, `isdn map`, overlap, timers of Q.931,
 * limits, records, trusted addresses, timers of SIP.
 */
#ifndef GATEWAY_RESTART_H
#define GATEWAY_RESTART_H

struct conf;

/* Makes of next what can run: what waits gets the value that running has. A controller that running
 * does not have is in next as one that is shut down. */
void restart_keep(struct conf *next, const struct conf *running);

#endif
