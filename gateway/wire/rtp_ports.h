/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * rtp_ports - pairs of UDP sockets for RTP (even port) and RTCP (the odd one above), RFC 3550
 * section 11.
 *
 * Ports are tried in turn from where the last call stopped, so that a port rests as long as
 * possible before another call gets it: late packets of the old call then meet nobody.
 */
#ifndef GATEWAY_WIRE_RTP_PORTS_H
#define GATEWAY_WIRE_RTP_PORTS_H

#include <sys/socket.h>

struct rtp_ports {
	unsigned first, last; /* range, inclusive */
	unsigned next;	      /* even port to try next */
};

struct rtp_pair {
	int rtp_fd, rtcp_fd;	     /* nonblocking, close-on-exec; the caller's */
	struct sockaddr_storage rtp; /* where the RTP socket is bound */
};

/* start: any number, spreads the first port between runs. -ERANGE: no pair fits into the range. */
int rtp_ports_init(struct rtp_ports *ports, unsigned first, unsigned last, unsigned start);
/* -EADDRINUSE: every pair of the range is taken; -EADDRNOTAVAIL: address is not ours. */
int rtp_ports_open(struct rtp_ports *ports, const struct sockaddr *address, struct rtp_pair *out);

#endif
