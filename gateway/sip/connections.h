/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * connections - the TCP and TLS connections of SIP: who is connected, since when, and when one has
 * to go.
 *
 * The stack tells nobody of the connections it has. They are found once a second among the
 * descriptors of its epoll set (/proc/self/fdinfo), and closed by shutdown(2), which the stack takes
 * for the far end's doing:
 *
 *	a TLS handshake, or a connect of ours, that takes longer than establish_ms
 *	a caller's that has brought no whole request in CONNECTIONS_FIRST_REQUEST times as long
 *	idle for aging_ms, if no dialog uses it
 *	a caller's, beyond max of callers in all or per_source of them from one address
 */
#ifndef GATEWAY_SIP_CONNECTIONS_H
#define GATEWAY_SIP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include "dialplan/peer.h"

struct connections;
struct ua;

#define CONNECTIONS_FIRST_REQUEST 3
#define CONNECTIONS_MAX_DEFAULT 2000
#define CONNECTIONS_PER_SOURCE_DEFAULT 200
#define CONNECTIONS_ESTABLISH_MS_DEFAULT 10000
#define CONNECTIONS_AGING_MS_DEFAULT (30 * 60000)

struct connection_limits { /* 0: the default */
	unsigned max, per_source, establish_ms, aging_ms;
	unsigned keepalive_ms; /* CRLF on silent connections, RFC 5626 4.4.1; 0: none */
};

struct connection_view {
	unsigned id;
	enum peer_transport transport;
	bool incoming, established;
	struct sockaddr_storage local, remote; /* remote family 0: not known yet */
	unsigned age_s, idle_s;
	unsigned long requests; /* received */
	char detail[320];	/* of TLS */
};

struct connection_counters {
	unsigned long closed_slow, closed_silent, closed_idle, closed_excess;
};

int connections_new(struct ua *ua, struct connections **out);
void connections_free(struct connections *connections);
/* ua->config.connections have changed. */
void connections_change(struct connections *connections);
/* A whole request has come from there. */
void connections_heard(struct connections *connections, const struct sockaddr_storage *remote);
/* Those that there are now. */
void connections_each(struct connections *connections,
		      void (*each)(void *arg, const struct connection_view *view), void *arg);
/* -ENOENT: no such connection on that transport. */
int connections_close(struct connections *connections, enum peer_transport transport, unsigned id);
void connections_count(const struct connections *connections, struct connection_counters *out);

#endif
