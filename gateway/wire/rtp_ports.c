// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/rtp_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <unistd.h>

#define DSCP_EF (46 << 2) /* RFC 3246: voice */

int rtp_ports_init(struct rtp_ports *ports, unsigned first, unsigned last, unsigned start)
{
	unsigned pairs;

	first = (first + 1) & ~1U;
	if (first < 2 || last > 65535 || last < first + 1)
		return -ERANGE;
	pairs = (last - first + 1) / 2;
	ports->first = first;
	ports->last = first + 2 * pairs - 1;
	ports->next = first + 2 * (start % pairs);
	return 0;
}

static socklen_t set_port(struct sockaddr_storage *a, unsigned port)
{
	if (a->ss_family == AF_INET6) {
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
		return sizeof(struct sockaddr_in6);
	}
	((struct sockaddr_in *)a)->sin_port = htons(port);
	return sizeof(struct sockaddr_in);
}

static int open_bound(struct sockaddr_storage *address, unsigned port)
{
	int family = address->ss_family, tos = DSCP_EF, on = 1, rc;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	} else {
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	}
	if (bind(fd, (struct sockaddr *)address, set_port(address, port)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int open_pair(const struct sockaddr *address, unsigned port, struct rtp_pair *out)
{
	struct sockaddr_storage rtp = {0}, rtcp;
	int rtp_fd, rtcp_fd;

	memcpy(&rtp, address,
	       address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in));
	rtcp = rtp;
	rtp_fd = open_bound(&rtp, port);
	if (rtp_fd < 0)
		return rtp_fd;
	rtcp_fd = open_bound(&rtcp, port + 1);
	if (rtcp_fd < 0) {
		close(rtp_fd);
		return rtcp_fd;
	}
	out->rtp_fd = rtp_fd;
	out->rtcp_fd = rtcp_fd;
	out->rtp = rtp;
	return 0;
}

int rtp_ports_open(struct rtp_ports *ports, const struct sockaddr *address, struct rtp_pair *out)
{
	unsigned tries = (ports->last - ports->first + 1) / 2;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	while (tries--) {
		unsigned port = ports->next;
		int rc = open_pair(address, port, out);
		ports->next = port + 3 > ports->last ? ports->first : port + 2;
		if (rc != -EADDRINUSE)
			return rc;
	}
	return -EADDRINUSE;
}
