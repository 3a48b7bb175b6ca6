// SPDX-License-Identifier: GPL-2.0-or-later
/* The opening half of the driver, and the control word. */
#include "drivers-glue/span/cesopsn_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#define RECEIVE_BUFFER (1024 * 1024)

void cesopsn_header_write(uint8_t *packet, size_t length, unsigned flags, uint16_t sequence)
{
	packet[0] = (uint8_t)((flags & CESOPSN_L ? 0x08 : 0) | (flags & CESOPSN_R ? 0x04 : 0) |
			      (flags & CESOPSN_RDI ? 0x02 : 0));
	packet[1] = length < 64 ? (uint8_t)length : 0;
	packet[2] = (uint8_t)(sequence >> 8);
	packet[3] = (uint8_t)sequence;
}

int cesopsn_header_read(const uint8_t *packet, size_t length, size_t payload, unsigned *flags,
			uint16_t *sequence)
{
	unsigned modifier, said;
	unsigned found = 0;

	if (length < CESOPSN_HEADER || (packet[0] & 0xf0) || (packet[1] & 0xc0))
		return -EBADMSG;
	said = packet[1] & 0x3f;
	if (said != 0 && said != length)
		return -EBADMSG;
	modifier = packet[0] & 0x03;
	if (packet[0] & 0x08) {
		found |= CESOPSN_L;
		if (modifier != 0 ||
		    (length != CESOPSN_HEADER && length != CESOPSN_HEADER + payload))
			return -EBADMSG;
	} else if ((modifier != 0 && modifier != 2) || length != CESOPSN_HEADER + payload) {
		return -EBADMSG;
	}
	if (modifier == 2)
		found |= CESOPSN_RDI;
	if (packet[0] & 0x04)
		found |= CESOPSN_R;
	*flags = found;
	*sequence = (uint16_t)(packet[2] << 8 | packet[3]);
	return 0;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

static unsigned address_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
}

static void address_text(const struct sockaddr_storage *address, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host,
			  sizeof(host));
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host,
			  sizeof(host));
	snprintf(text, size, address->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 address_port(address));
}

static const char *config_fault(const struct tdm_span_config *c)
{
	if (c->frames_per_packet < 1 || c->frames_per_packet > CESOPSN_FRAMES_MAX)
		return "frames per packet must be 1 to 64";
	if (c->jitter_packets > CESOPSN_JITTER_MAX)
		return "the jitter buffer must be 0 to 64 packets";
	if (address_size(&c->local) == 0)
		return "the pseudowire needs an IPv4 or IPv6 address to listen on";
	if (c->peer.ss_family != c->local.ss_family)
		return "listen and peer address must both be IPv4 or both be IPv6";
	if (address_port(&c->peer) == 0)
		return "the pseudowire needs the peer's UDP port";
	return NULL;
}

int cesopsn_config_check(const struct tdm_span_config *config)
{
	return config_fault(config) ? -EINVAL : 0;
}

static void explain_bind(const struct tdm_span_config *config, int error, char *why, size_t size)
{
	char address[80];

	address_text(&config->local, address, sizeof(address));
	switch (error) {
	case EADDRINUSE:
		snprintf(
		    why, size,
		    "UDP port %s is in use by another program: stop that or listen on another port",
		    address);
		break;
	case EADDRNOTAVAIL:
		snprintf(why, size, "%s is no address of this machine: listen on one that is",
			 address);
		break;
	case EACCES:
		snprintf(
		    why, size,
		    "no permission to listen on UDP port %s: use a port above 1023 or run with "
		    "CAP_NET_BIND_SERVICE",
		    address);
		break;
	default:
		snprintf(why, size, "cannot listen on UDP port %s: %s", address, strerror(error));
		break;
	}
}

static int open_socket(const struct tdm_span_config *config, char *why, size_t why_size)
{
	const int size = RECEIVE_BUFFER;
	int fd = socket(config->local.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0) {
		error = errno;
		snprintf(why, why_size, "cannot make a UDP socket: %s", strerror(error));
		return -error;
	}
	/* root may go beyond net.core.rmem_max; others get what is allowed */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&config->local, address_size(&config->local)) < 0) {
		error = errno;
		explain_bind(config, error, why, why_size);
		close(fd);
		return -error;
	}
	return fd;
}

int cesopsn_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
		 size_t why_size)
{
	const char *fault = config_fault(config);
	int pair[2] = {-1, -1};
	int fd;

	if (fault) {
		snprintf(why, why_size, "%s", fault);
		return -EINVAL;
	}
	fd = open_socket(config, why, why_size);
	if (fd < 0)
		return fd;
	if (config->d_timeslot &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		int error = errno;

		snprintf(why, why_size, "cannot make the D channel's socket pair: %s",
			 strerror(error));
		close(fd);
		return -error;
	}
	*out = (struct tdm_descriptors){.fd_d = pair[0], .fds = {fd, pair[1], -1, -1}};
	out->count = config->d_timeslot ? 2 : 1;
	return 0;
}
