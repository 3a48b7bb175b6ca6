// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of a pseudowire from its far end: the first octet says framing, clock and jitter buffer; then
 * orders, each an octet:
 *
 *	0..63	a packet of the next N octets, as they are
 *	64..127	the next packet, so many more are lost before it; the next octet has its flags, the one after
 *		that is what each timeslot holds; with bit 7 of the flags the D channel has the 16 after
 *		those, with bit 6 there is no payload, with bit 5 it comes from a stranger
 *	128..	0 to 15 ms pass; from 192: 60 ms. No more passes begin after TIME_MAX_MS
 *
 * The sockets are here (the program is linked with --wrap): all that the driver asks them for comes from
 * memory.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/pseudowire if none is named). */
#include <assert.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers-glue/span/cesopsn.h"

#define SOCKET 1000000 /* the first of two descriptors that nothing else has */
#define FRAMES 16      /* a packet: 2 ms */
#define WAITING_MAX 256
#define PASSES_MAX 12
#define TIME_MAX_MS 64 /* none begins later: room for two silences */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
		    struct timespec *timeout);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
ssize_t __wrap_recv(int fd, void *octets, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *octets, size_t size, int flags);
int __wrap_close(int fd);
int __real_close(int fd);

/* ---- the sockets */

struct waiting {
	struct sockaddr_in from;
	size_t length;
	uint8_t octets[CESOPSN_PACKET_MAX];
};

static struct {
	struct waiting packets[WAITING_MAX];
	unsigned first, end; /* those in between wait */
} queue;

static const struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = 9};

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
		    struct timespec *timeout)
{
	unsigned n = 0;

	for (; n < count && queue.first < queue.end; n++) {
		const struct waiting *w = &queue.packets[queue.first++];
		struct msghdr *header = &messages[n].msg_hdr;
		size_t room = header->msg_iov->iov_len;

		assert(header->msg_namelen >= sizeof(w->from));
		memcpy(header->msg_name, &w->from, sizeof(w->from));
		header->msg_namelen = sizeof(w->from);
		header->msg_flags = w->length > room ? MSG_TRUNC : 0;
		messages[n].msg_len = w->length < room ? w->length : room;
		memcpy(header->msg_iov->iov_base, w->octets, messages[n].msg_len);
	}
	errno = EAGAIN;
	return n ? (int)n : -1;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	for (unsigned i = 0; i < count; i++)
		assert(messages[i].msg_hdr.msg_iov->iov_len <= CESOPSN_PACKET_MAX);
	return (int)count;
}

ssize_t __wrap_recv(int fd, void *octets, size_t size, int flags)
{
	errno = EAGAIN;
	return -1;
}

ssize_t __wrap_send(int fd, const void *octets, size_t size, int flags)
{
	assert(size >= 2 && size <= TDM_DFRAME_MAX);
	return (ssize_t)size;
}

int __wrap_close(int fd)
{
	return fd == SOCKET || fd == SOCKET + 1 ? 0 : __real_close(fd);
}

static void put(const uint8_t *octets, size_t length, bool stranger)
{
	struct waiting *w = &queue.packets[queue.end];

	if (queue.end == WAITING_MAX)
		return;
	queue.end++;
	w->from = far;
	w->from.sin_port += stranger;
	w->length = length;
	memcpy(w->octets, octets, length);
}

/* ---- the far end */

struct rig {
	struct tdm_span *span;
	struct tdm_channel *channel;
	unsigned timeslots, d_timeslot;
	uint16_t sequence;
	uint64_t now_ns;
};

static void attach(struct rig *rig, unsigned what)
{
	struct tdm_span_config config;
	int fds[2] = {SOCKET, SOCKET + 1};

	tdm_span_config_init(&config, 1, what & 1 ? TDM_T1 : TDM_E1);
	config.driver = TDM_DRIVER_CESOPSN;
	config.clock = what & 2 ? TDM_CLOCK_LINE : TDM_CLOCK_INTERNAL;
	memcpy(&config.local, &far, sizeof(far));
	memcpy(&config.peer, &far, sizeof(far));
	config.frames_per_packet = FRAMES;
	config.jitter_packets = what >> 2 & 7;
	rig->timeslots = tdm_timeslots(config.framing);
	rig->d_timeslot = config.d_timeslot;
	rig->now_ns = 1000000000;
	assert(tdm_span_attach(&config, fds, 2, &rig->span) == 0);
	assert(tdm_channel_open(rig->span, 1, 80, -1, &rig->channel) == 0);
}

static void pass(struct rig *rig, unsigned ms)
{
	uint8_t block[80];

	rig->now_ns += ms * 1000000ull;
	tdm_span_receive(rig->span, rig->now_ns);
	while (tdm_span_step(rig->span, rig->now_ns) == 1)
		if (tdm_channel_read(rig->channel, block) == 1)
			tdm_channel_write(rig->channel, block);
	tdm_span_transmit(rig->span, rig->now_ns);
	if (queue.first == queue.end)
		queue.first = queue.end = 0;
}

/* Returns how much of data it took. */
static size_t send_packet(struct rig *rig, unsigned lost, const uint8_t *data, size_t size)
{
	uint8_t packet[CESOPSN_PACKET_MAX];
	size_t length = CESOPSN_HEADER + (size_t)rig->timeslots * FRAMES, taken = 2;
	unsigned flags;

	if (size < 2)
		return size;
	flags = data[0];
	memset(packet, data[1], length);
	for (unsigned i = 0; i < FRAMES && flags & 0x80 && taken < size; i++)
		packet[CESOPSN_HEADER + i * rig->timeslots + rig->d_timeslot - 1] = data[taken++];
	rig->sequence += lost;
	cesopsn_header_write(packet, length, flags & 7, rig->sequence++);
	put(packet, flags & 0x40 ? CESOPSN_HEADER : length, flags & 0x20);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig rig = {.sequence = 65530};
	struct tdm_status status;
	unsigned passes = 0, passed_ms = 0, ms;
	size_t at = 1, length;

	queue.first = queue.end = 0;
	attach(&rig, size > 0 ? data[0] : 0);
	pass(&rig, 0);
	while (at < size) {
		unsigned order = data[at++];

		if (order < 64) {
			length = order < size - at ? order : size - at;
			put(data + at, length, false);
			at += length;
		} else if (order < 128) {
			at += send_packet(&rig, order - 64, data + at, size - at);
		} else if (passes++ < PASSES_MAX && passed_ms < TIME_MAX_MS) {
			ms = order < 192 ? order % 16 : 60;
			passed_ms += ms;
			pass(&rig, ms);
		}
	}
	pass(&rig, 5);
	tdm_span_status(rig.span, &status);
	tdm_channel_close(rig.channel);
	tdm_span_detach(rig.span);
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
	return replay_main(argc, argv, "pseudowire", replay);
}
#endif
