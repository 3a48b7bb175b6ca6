/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pipe - sends and receives one message of messages.h, with its descriptors.
 *
 * Both ends use it on their nonblocking SEQPACKET socket. Nothing is allocated.
 */
#ifndef GATEWAY_WIRE_PIPE_H
#define GATEWAY_WIRE_PIPE_H

#include <stddef.h>
#include "gateway/wire/messages.h"

struct wire_message {
	struct wire_header header;
	union {
		struct wire_hello hello;
		struct wire_span_open span_open;
		struct wire_stream_open stream_open;
		struct wire_stream_set stream_set;
		struct wire_channel_open channel_open;
		struct wire_bridge_open bridge_open;
		struct wire_conference_set conference_set;
		struct wire_digit digit;
		struct wire_tone tone;
		struct wire_ready ready;
		struct wire_span_state span_state;
		struct wire_refused refused;
		uint8_t raw[WIRE_MESSAGE_MAX];
	} body;
	int fds[WIRE_FDS_MAX]; /* received: the receiver owns them */
	unsigned fds_count;
};

/* Sets header and clears the body. */
void wire_message_init(struct wire_message *m, enum wire_type type, uint32_t id);
/* 0; -EAGAIN: the socket is full, try later; -EPIPE: the other end is gone. fds stay the caller's.
 */
int wire_send(int fd, const struct wire_message *m);
/* 1: *m is a message whose size is right for its type; 0: nothing there; -EPIPE: the other end is
 * gone; -EBADMSG: a message that does not fit (its descriptors were closed). */
int wire_receive(int fd, struct wire_message *m);

#endif
