/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pipe_message - what fuzzers of both ends of the pipe between sipspand and sipspan-media share: the one
 * message that waits in it, and how it is made of octets of an input.
 */
#ifndef TESTS_FUZZ_PIPE_MESSAGE_H
#define TESTS_FUZZ_PIPE_MESSAGE_H

#include "gateway/wire/messages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct {
	const uint8_t *octets; /* NULL: nothing waits */
	size_t size;
} waiting_message;

static inline void put_message(const void *octets, size_t size)
{
	waiting_message.octets = octets;
	waiting_message.size = size;
}

/* As recvmsg(), without descriptors. */
static inline ssize_t take_message(struct msghdr *msg)
{
	size_t done = 0;

	errno = EAGAIN;
	if (!waiting_message.octets)
		return -1;
	for (size_t i = 0; i < msg->msg_iovlen && done < waiting_message.size; i++) {
		size_t rest = waiting_message.size - done;
		size_t n = rest < msg->msg_iov[i].iov_len ? rest : msg->msg_iov[i].iov_len;

		memcpy(msg->msg_iov[i].iov_base, waiting_message.octets + done, n);
		done += n;
	}
	msg->msg_flags = done < waiting_message.size ? MSG_TRUNC : 0;
	waiting_message.octets = NULL;
	return (ssize_t)done;
}

/* The body begins with as much as there is of length octets. Returns how many that are. */
static inline size_t fill_body(struct wire_message *m, size_t length, const uint8_t *data,
			       size_t size)
{
	if (length > size)
		length = size;
	if (length > m->header.size)
		length = m->header.size;
	memcpy(m->body.raw, data, length);
	return length;
}

/* To be freed. It ends where its memory ends. */
static inline uint8_t *copy_octets(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert(copy);
	memcpy(copy, data, length);
	return copy;
}

#endif
