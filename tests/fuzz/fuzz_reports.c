// SPDX-License-Identifier: GPL-2.0-or-later
/* What sipspand reads from sipspan-media: the input is a sequence of messages, each an octet:
 *
 *	0..127	a message of type N modulo 16: an octet with its id, one with how many octets of its body follow
 *		(the others are zero), and these
 *	128..191 media writes into the record of a stream: an octet with where, and one with what
 *	192..	a message as it is: an octet with its length, and its octets; of length 0: media is gone, and is
 *		started again
 *
 * The system calls of the pipe and of the process are here (the program is linked with --wrap).
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/reports if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <osmocom/core/application.h>

#include "gateway/log/log.h"
#include "gateway/wire/media_client_private.h"
#include "tests/fuzz/pipe_message.h"

#define SPAN 3
#define DEATHS_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_media_process_start(struct media_process *p, const char *program, bool realtime);
int __wrap_media_process_reap(struct media_process *p);
void __wrap_media_process_stop(struct media_process *p, unsigned wait_ms);

static struct {
	struct media_client *client;
	uint32_t stream, bridge;
	unsigned restarts;
	int pipe;
} world;

/* ---- the pipe */

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	assert(fd == world.pipe);
	msg->msg_controllen = 0;
	return take_message(msg);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct wire_header *header = msg->msg_iov[0].iov_base;

	assert(fd == world.pipe && header->type < WIRE_READY);
	assert(wire_body_size(header->type) == header->size);
	return (ssize_t)(sizeof(*header) + header->size);
}

/* ---- the process */

int __wrap_media_process_start(struct media_process *p, const char *program, bool realtime)
{
	p->pid = 1;
	p->pipe = world.pipe;
	return 0;
}

int __wrap_media_process_reap(struct media_process *p)
{
	p->pid = 0;
	p->pipe = -1;
	return 0;
}

void __wrap_media_process_stop(struct media_process *p, unsigned wait_ms)
{
	__wrap_media_process_reap(p);
}

/* ---- */

static void on_digit(void *arg, uint32_t end, char digit, unsigned duration_ms)
{
	assert(digit && strchr("0123456789*#ABCD", digit));
}

static void on_span_state(void *arg, unsigned span, const struct wire_span_state *state)
{
	assert(span == SPAN);
}

static void on_restarted(void *arg, unsigned times)
{
	world.restarts++;
}

static const struct media_client_handlers handlers = {
    .digit = on_digit, .span_state = on_span_state, .restarted = on_restarted};

static void setup(void)
{
	const struct media_client_config config = {.program = "media", .streams_max = 2};
	const struct sockaddr_in here = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct wire_span_open span = {0};
	const struct wire_channel_open channel = {.span = SPAN, .timeslot = 1, .block = 80};
	struct sockaddr_storage rtp;
	uint32_t end;

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	world.pipe = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert(media_client_new(NULL, &config, &handlers, NULL, &world.client) == 0);
	assert(media_client_span_open(world.client, SPAN, &span, NULL, 0) == 0);
	assert(media_client_stream_open(world.client, (const struct sockaddr *)&here, &world.stream,
					&rtp) == 0);
	assert(media_client_channel_open(world.client, &channel, -1, &end) == 0);
	assert(media_client_open(world.client, world.stream, end, &world.bridge) == 0);
	assert(media_client_start(world.client) == 0);
}

static void hear(const void *message, size_t size)
{
	put_message(message, size);
	world.client->pipe.cb(&world.client->pipe, OSMO_FD_READ);
	assert(!waiting_message.octets);
}

/* Each returns how much of data it took. */
static size_t hear_message(unsigned type, const uint8_t *data, size_t size)
{
	struct wire_message m;
	size_t length;

	type %= 16;
	if (size < 2 || wire_body_size(type) < 0)
		return size < 2 ? size : 2;
	wire_message_init(&m, type, data[0]);
	length = fill_body(&m, data[1], data + 2, size - 2);
	hear(&m, sizeof(m.header) + m.header.size);
	return 2 + length;
}

static size_t hear_octets(const uint8_t *data, size_t size, unsigned *deaths)
{
	size_t length;
	uint8_t *message;

	if (size < 1)
		return size;
	length = data[0] < size - 1 ? data[0] : size - 1;
	if (!length && ++*deaths > DEATHS_MAX)
		return 1;
	world.client->retry_ms = 0; /* at once */
	message = copy_octets(data + 1, length);
	hear(message, length);
	free(message);
	return 1 + length;
}

static size_t write_record(const uint8_t *data, size_t size)
{
	struct stream_counters counters;

	if (size < 2)
		return size;
	((uint8_t *)world.client->records)[data[0]] = data[1];
	assert(media_client_stream_counters(world.client, world.stream, &counters) == 0);
	return 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned deaths = 0;

	if (!world.client)
		setup();
	for (size_t at = 0; at < size;) {
		unsigned what = data[at++];

		if (what < 128)
			at += hear_message(what, data + at, size - at);
		else if (what < 192)
			at += write_record(data + at, size - at);
		else
			at += hear_octets(data + at, size - at, &deaths);
	}
	assert(world.client->process.pid && llist_empty(&world.client->queue));
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "reports", replay);
}
#endif
