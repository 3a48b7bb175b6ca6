// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of a pseudowire from its far end, through sockets: the first octet says framing, clock and frames
 * a packet; then orders, each an octet:
 *
 *	0..63	a packet of the next N octets, as they are
 *	64..127	the next packet, so many more are lost before it; the next octet has its flags, the one after
 *		that is what each timeslot holds; with bit 7 of the flags the D channel has the 8 after those
 *	128..	so many ms pass
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/pseudowire if none is named). */
#include <assert.h>
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers-glue/span/cesopsn.h"

#define FRAMES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	int near, far, d[2]; /* of each span a copy */
	struct sockaddr_storage near_address, far_address;
} sockets;

struct rig {
	struct tdm_span *span;
	struct tdm_channel *channel;
	unsigned timeslots, d_timeslot;
	uint16_t sequence;
	uint64_t now_ns;
};

static int bound_socket(struct sockaddr_storage *address)
{
	struct sockaddr_in *any = (struct sockaddr_in *)address;
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	any->sin_family = AF_INET;
	any->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)any, sizeof(*any)) == 0);
	assert(getsockname(fd, (struct sockaddr *)address, &length) == 0);
	return fd;
}

static void sockets_make(void)
{
	sockets.near = bound_socket(&sockets.near_address);
	sockets.far = bound_socket(&sockets.far_address);
	assert(connect(sockets.far, (struct sockaddr *)&sockets.near_address,
		       sizeof(struct sockaddr_in)) == 0);
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.d) ==
	       0);
}

static void attach(struct rig *rig, unsigned what)
{
	struct tdm_span_config config;
	int fds[2] = {dup(sockets.near), dup(sockets.d[1])};

	tdm_span_config_init(&config, 1, what & 1 ? TDM_T1 : TDM_E1);
	config.driver = TDM_DRIVER_CESOPSN;
	config.clock = what & 2 ? TDM_CLOCK_LINE : TDM_CLOCK_INTERNAL;
	config.local = sockets.near_address;
	config.peer = sockets.far_address;
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
	uint8_t frame[TDM_DFRAME_MAX], block[80], dropped[4096];
	ssize_t length;

	rig->now_ns += ms * 1000000ull;
	tdm_span_receive(rig->span, rig->now_ns);
	while (tdm_span_step(rig->span, rig->now_ns) == 1)
		if (tdm_channel_read(rig->channel, block) == 1)
			tdm_channel_write(rig->channel, block);
	tdm_span_transmit(rig->span, rig->now_ns);
	while ((length = recv(sockets.d[0], frame, sizeof(frame), MSG_TRUNC)) > 0)
		assert(length >= 2 && length <= TDM_DFRAME_MAX);
	while (recv(sockets.far, dropped, sizeof(dropped), 0) > 0)
		;
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
	send(sockets.far, packet, flags & 0x40 ? CESOPSN_HEADER : length, 0);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig rig = {.sequence = 65530};
	struct tdm_status status;
	size_t at = 1, length;

	if (!sockets.near)
		sockets_make();
	attach(&rig, size > 0 ? data[0] : 0);
	pass(&rig, 0);
	while (at < size) {
		unsigned order = data[at++];

		if (order < 64) {
			length = order < size - at ? order : size - at;
			send(sockets.far, data + at, length, 0);
			at += length;
		} else if (order < 128) {
			at += send_packet(&rig, order - 64, data + at, size - at);
		} else {
			pass(&rig, order - 128);
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
