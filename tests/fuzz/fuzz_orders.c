// SPDX-License-Identifier: GPL-2.0-or-later
/* What sipspan-media reads from sipspand, and the audio that comes meanwhile. After a good HELLO the input
 * is a sequence of orders to this program, each an octet:
 *
 *	0..63	a message of type N modulo 16: an octet with its id, one with how many descriptors come with
 *		it, one with half of how many octets of its body follow (the others are zero), and these
 *	64..127	N - 64 ms pass
 *	128..191 a packet from the network: an octet with its socket, one with its length, and its octets
 *	192..	a message as it is: an octet with its length, and its octets
 *
 * The system calls are here (the program is linked with --wrap): descriptors are numbers that nothing else
 * has, and each that was given must be closed once.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/orders if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>

#include "gateway/log/log.h"
#include "gateway/media/codec.h"
#include "gateway/media/orders.h"
#include "gateway/media/session.h"
#include "gateway/wire/pipe.h"
#include "gateway/wire/stream_record.h"
#include "tests/fuzz/pipe_message.h"

#define RECORDS 4
#define PIPE 1000000 /* descriptors: this one, that of epoll, then those that are given */
#define EARS 1000001
#define GIVEN 1000002
#define GIVEN_MAX 1024
#define TICKS_MAX 24
#define PACKET_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
		    struct timespec *timeout);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
ssize_t __wrap_recv(int fd, void *octets, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *octets, size_t size, int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int ms);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_close(int fd);
int __real_close(int fd);

static struct {
	struct stream_record *records; /* the other end's */
	int records_fd;
	bool open[GIVEN_MAX], heard[GIVEN_MAX];
	uint64_t name[GIVEN_MAX]; /* what epoll says if it is heard */
	unsigned given;
	unsigned message_fds; /* these come with the message that waits in the pipe */
	/* what waits in a socket */
	int packet_fd;
	uint8_t packet[PACKET_MAX];
	size_t packet_size;
	uint64_t now_ns;
} world;

/* ---- descriptors */

static int give(void)
{
	if (world.given == GIVEN_MAX)
		return dup(world.records_fd);
	world.open[world.given] = true;
	world.heard[world.given] = false;
	return GIVEN + (int)world.given++;
}

static bool is_given(int fd)
{
	return fd >= GIVEN && fd < GIVEN + (int)world.given;
}

int __wrap_close(int fd)
{
	if (fd == PIPE || fd == EARS)
		return 0;
	if (!is_given(fd))
		return __real_close(fd);
	assert(world.open[fd - GIVEN]); /* once */
	world.open[fd - GIVEN] = world.heard[fd - GIVEN] = false;
	return 0;
}

int __wrap_epoll_create1(int flags)
{
	return EARS;
}

int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	assert(epoll == EARS && is_given(fd) && world.open[fd - GIVEN]);
	world.heard[fd - GIVEN] = what == EPOLL_CTL_ADD;
	if (what == EPOLL_CTL_ADD)
		world.name[fd - GIVEN] = event->data.u64;
	return 0;
}

int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int ms)
{
	if (!world.packet_size || !is_given(world.packet_fd) ||
	    !world.heard[world.packet_fd - GIVEN])
		return 0;
	events[0].events = EPOLLIN;
	events[0].data.u64 = world.name[world.packet_fd - GIVEN];
	return 1;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return 0;
}

/* ---- the pipe */

static void put_descriptors(struct msghdr *msg)
{
	unsigned room = (msg->msg_controllen - CMSG_LEN(0)) / sizeof(int);
	unsigned count = world.message_fds < room ? world.message_fds : room;
	struct cmsghdr *c = msg->msg_control;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++) {
		int fd = give();

		memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(fd));
	}
	msg->msg_controllen = CMSG_SPACE(count * sizeof(int));
	if (count < world.message_fds)
		msg->msg_flags |= MSG_CTRUNC;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t size = take_message(msg);

	assert(fd == PIPE);
	if (size < 0)
		return size;
	if (world.message_fds)
		put_descriptors(msg);
	else
		msg->msg_controllen = 0;
	return size;
}

static void look_at_report(const struct msghdr *msg)
{
	const struct wire_header *header = msg->msg_iov[0].iov_base;

	assert(msg->msg_iovlen == 2 && !msg->msg_control);
	assert(header->type >= WIRE_READY && header->type < WIRE_TYPE_COUNT);
	assert(wire_body_size(header->type) == header->size);
	assert(msg->msg_iov[1].iov_len == header->size);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	size_t length = 0;

	for (size_t i = 0; i < msg->msg_iovlen; i++)
		length += msg->msg_iov[i].iov_len;
	if (fd == PIPE)
		look_at_report(msg);
	else
		assert(is_given(fd) && world.open[fd - GIVEN] && length < 1500);
	return (ssize_t)length;
}

/* ---- the sockets */

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
		    struct timespec *timeout)
{
	struct msghdr *msg = &messages[0].msg_hdr;
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = 9};
	size_t size = world.packet_size;

	assert(is_given(fd) && world.open[fd - GIVEN]);
	errno = EAGAIN;
	if (!size || fd != world.packet_fd || flags & MSG_PEEK)
		return -1;
	world.packet_size = 0;
	memcpy(msg->msg_name, &from, sizeof(from));
	msg->msg_namelen = sizeof(from);
	msg->msg_controllen = 0;
	msg->msg_flags = size > msg->msg_iov->iov_len ? MSG_TRUNC : 0;
	if (size > msg->msg_iov->iov_len)
		size = msg->msg_iov->iov_len;
	memcpy(msg->msg_iov->iov_base, world.packet, size);
	messages[0].msg_len = (unsigned)size;
	return 1;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	assert(is_given(fd) && world.open[fd - GIVEN]);
	return (int)count;
}

ssize_t __wrap_recv(int fd, void *octets, size_t size, int flags)
{
	errno = EAGAIN;
	return -1;
}

ssize_t __wrap_send(int fd, const void *octets, size_t size, int flags)
{
	return (ssize_t)size;
}

/* ---- */

static void say(struct orders *orders, const void *message, size_t size, unsigned fds)
{
	put_message(message, size);
	world.message_fds = fds;
	assert(orders_receive(orders) == 0);
	assert(!waiting_message.octets);
}

/* Its descriptor is a real one: it is mapped. */
static void say_hello(struct orders *orders)
{
	struct wire_message hello;

	wire_message_init(&hello, WIRE_HELLO, 0);
	hello.body.hello.version = WIRE_VERSION;
	hello.body.hello.records = RECORDS;
	world.given = GIVEN_MAX; /* give() makes a real one */
	say(orders, &hello, sizeof(hello.header) + sizeof(hello.body.hello), 1);
	world.given = 0;
}

/* Each returns how much of data it took. */
static size_t say_order(struct orders *orders, unsigned type, const uint8_t *data, size_t size)
{
	struct wire_message m;
	size_t length;

	type %= 16;
	if (size < 3 || wire_body_size(type) < 0)
		return size < 3 ? size : 3;
	wire_message_init(&m, type, data[0]);
	length = fill_body(&m, 2u * data[2], data + 3, size - 3);
	say(orders, &m, sizeof(m.header) + m.header.size, data[1] % (WIRE_FDS_MAX + 2));
	return 3 + length;
}

static size_t say_octets(struct orders *orders, const uint8_t *data, size_t size)
{
	size_t length;
	uint8_t *message;

	if (size < 2)
		return size;
	length = data[0] < size - 1 ? data[0] : size - 1;
	message = copy_octets(data + 1, length);
	if (length)
		say(orders, message, length, 0);
	free(message);
	return 1 + length;
}

static size_t put_packet(const uint8_t *data, size_t size)
{
	size_t length;

	if (size < 3)
		return size;
	length = data[1] < size - 2 ? data[1] : size - 2;
	world.packet_fd = GIVEN + data[0];
	world.packet_size = length;
	memcpy(world.packet, data + 2, length);
	return 2 + length;
}

static void pass(struct orders *orders, unsigned ms)
{
	world.now_ns += ms * 1000000ull;
	orders_tick(orders, world.now_ns);
	world.packet_size = 0;
}

static void setup(void)
{
	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	codec_setup();
	session_setup();
	assert(stream_records_create(RECORDS, &world.records, &world.records_fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orders *orders;
	unsigned ticks = 0;

	if (!world.records)
		setup();
	memset(world.records, 0, RECORDS * sizeof(world.records[0]));
	world.now_ns = 1000000000;
	world.packet_size = 0;
	assert(orders_new(PIPE, true, &orders) == 0);
	say_hello(orders);
	for (size_t at = 0; at < size && world.given < GIVEN_MAX - 16;) {
		unsigned what = data[at++];

		if (what < 64)
			at += say_order(orders, what, data + at, size - at);
		else if (what >= 192)
			at += say_octets(orders, data + at, size - at);
		else if (what >= 128)
			at += put_packet(data + at, size - at);
		else if (ticks++ < TICKS_MAX)
			pass(orders, what - 64);
	}
	orders_free(orders);
	for (unsigned i = 0; i < world.given; i++)
		assert(!world.open[i]); /* nothing leaks */
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
	return replay_main(argc, argv, "orders", replay);
}
#endif
