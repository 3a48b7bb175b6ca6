// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/pipe.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control { /* aligned as CMSG macros want it */
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
};

void wire_message_init(struct wire_message *m, enum wire_type type, uint32_t id)
{
	int size = wire_body_size(type);

	assert(size >= 0 && size <= WIRE_MESSAGE_MAX);
	memset(m, 0, sizeof(*m));
	m->header.type = type;
	m->header.size = size;
	m->header.id = id;
}

int wire_send(int fd, const struct wire_message *m)
{
	struct iovec iov[2] = {
	    {(void *)&m->header, sizeof(m->header)},
	    {(void *)&m->body, m->header.size},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	union control control = {0};
	ssize_t n;

	assert(m->fds_count <= WIRE_FDS_MAX);
	if (m->fds_count) {
		struct cmsghdr *c;
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * m->fds_count);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * m->fds_count);
		memcpy(CMSG_DATA(c), m->fds, sizeof(int) * m->fds_count);
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)
		return -EAGAIN;
	return -EPIPE;
}

/* Descriptors count as received even if the message is refused: otherwise they would leak. */
static void take_fds(struct msghdr *msg, struct wire_message *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t i, count;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (m->fds_count < WIRE_FDS_MAX)
				m->fds[m->fds_count++] = fd;
			else
				close(fd);
		}
	}
}

int wire_receive(int fd, struct wire_message *m)
{
	struct iovec iov[2] = {
	    {&m->header, sizeof(m->header)},
	    {&m->body, sizeof(m->body)},
	};
	union control control;
	struct msghdr msg = {
	    .msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space),
	};
	ssize_t n;

	m->fds_count = 0;
	do
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -EPIPE;
	if (n == 0)
		return -EPIPE;
	take_fds(&msg, m);
	if ((size_t)n >= sizeof(m->header) && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	    wire_body_size(m->header.type) == m->header.size &&
	    (size_t)n == sizeof(m->header) + m->header.size)
		return 1;
	while (m->fds_count)
		close(m->fds[--m->fds_count]);
	return -EBADMSG;
}
