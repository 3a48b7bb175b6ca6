// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/span_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "drivers-glue/span/cesopsn_private.h"

#define PORT_FIRST 18000
#define PORTS 2999
#define PORTS_OF_ONE 101 /* program; others run at the same time */
#define START_NS 1000000000ull

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			perror("span_rig: " #condition);                                           \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct sockaddr_storage rig_address(unsigned port)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *address = (struct sockaddr_in *)&storage;

	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return storage;
}

/* Not a port of the kernel's choice: that may be another program's before it is bound again. */
static int bound_socket(unsigned *port)
{
	static unsigned asked;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), rc = -1;

	CHECK(fd >= 0);
	for (unsigned i = 0; i < PORTS && rc < 0; i++) {
		struct sockaddr_storage address;

		*port = PORT_FIRST + ((unsigned)getpid() * PORTS_OF_ONE + asked++) % PORTS;
		address = rig_address(*port);
		rc = bind(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in));
	}
	CHECK(rc == 0);
	return fd;
}

unsigned rig_free_port(void)
{
	unsigned port;

	close(bound_socket(&port));
	return port;
}

void rig_end_attach(struct rig_end *end)
{
	static uint16_t sequence;
	int fds[TDM_DESCRIPTORS_MAX];

	for (unsigned i = 0; i < end->descriptors.count; i++) {
		fds[i] = dup(end->descriptors.fds[i]);
		CHECK(fds[i] >= 0);
	}
	CHECK(tdm_span_attach(&end->config, fds, end->descriptors.count, &end->span) == 0);
	/* a random start may come close to the last one; here it never does */
	((struct cesopsn *)end->span)->sequence = sequence += 20011;
}

void rig_end_detach(struct rig_end *end)
{
	tdm_span_detach(end->span);
	end->span = NULL;
}

void rig_end_start(struct rig_end *end)
{
	char why[200] = "";
	int rc = tdm_open(&end->config, &end->descriptors, why, sizeof(why));

	if (rc < 0)
		fprintf(stderr, "span_rig: %s\n", why);
	CHECK(rc == 0);
	rig_end_attach(end);
}

void rig_end_stop(struct rig_end *end)
{
	if (end->span)
		rig_end_detach(end);
	tdm_descriptors_close(&end->descriptors);
}

unsigned rig_end_tick(struct rig_end *end, uint64_t now_ns)
{
	unsigned steps = 0;

	tdm_span_receive(end->span, now_ns);
	while (tdm_span_step(end->span, now_ns) == 1) {
		steps++;
		end->steps++;
		if (end->on_step)
			end->on_step(end);
	}
	tdm_span_transmit(end->span, now_ns);
	return steps;
}

struct tdm_status rig_status(const struct rig_end *end)
{
	struct tdm_status status;

	tdm_span_status(end->span, &status);
	return status;
}

void rig_start(struct rig *rig, enum tdm_framing framing, unsigned frames)
{
	unsigned port[2] = {rig_free_port(), rig_free_port()};

	memset(rig, 0, sizeof(*rig));
	rig->now_ns = START_NS;
	for (unsigned i = 0; i < 2; i++) {
		struct tdm_span_config *config = &rig->end[i].config;

		tdm_span_config_init(config, i + 1, framing);
		config->clock = i == 0 ? TDM_CLOCK_INTERNAL : TDM_CLOCK_LINE;
		config->frames_per_packet = frames;
		config->local = rig_address(port[i]);
		config->peer = rig_address(port[!i]);
		rig_end_start(&rig->end[i]);
	}
}

void rig_stop(struct rig *rig)
{
	rig_end_stop(&rig->end[0]);
	rig_end_stop(&rig->end[1]);
}

void rig_run(struct rig *rig, unsigned ticks)
{
	while (ticks-- > 0) {
		rig_end_tick(&rig->end[0], rig->now_ns);
		rig_end_tick(&rig->end[1], rig->now_ns);
		rig->now_ns += RIG_TICK_NS;
	}
}

void wire_start(struct wire *wire, enum tdm_clock clock, unsigned frames, enum tdm_framing framing)
{
	struct tdm_span_config *config = &wire->end.config;
	unsigned port;

	memset(wire, 0, sizeof(*wire));
	wire->now_ns = START_NS;
	wire->sequence = 1000;
	wire->payload = (size_t)tdm_timeslots(framing) * frames;
	wire->fd = bound_socket(&port);
	tdm_span_config_init(config, 1, framing);
	config->clock = clock;
	config->frames_per_packet = frames;
	config->local = rig_address(rig_free_port());
	config->peer = rig_address(port);
	rig_end_start(&wire->end);
}

void wire_stop(struct wire *wire)
{
	rig_end_stop(&wire->end);
	close(wire->fd);
}

void wire_send_octets(struct wire *wire, const void *octets, size_t length)
{
	CHECK(sendto(wire->fd, octets, length, 0, (struct sockaddr *)&wire->end.config.local,
		     sizeof(struct sockaddr_in)) == (ssize_t)length);
}

void wire_send(struct wire *wire, unsigned value, unsigned flags)
{
	uint8_t packet[RIG_PACKET_MAX];

	memset(packet, (int)value, sizeof(packet));
	cesopsn_header_write(packet, CESOPSN_HEADER + wire->payload, flags, wire->sequence++);
	wire_send_octets(wire, packet, CESOPSN_HEADER + wire->payload);
}

int wire_read(struct wire *wire, unsigned *flags, uint16_t *sequence, uint8_t *payload)
{
	uint8_t packet[RIG_PACKET_MAX + 1];
	ssize_t length = recv(wire->fd, packet, sizeof(packet), 0);
	unsigned found;
	uint16_t number;

	if (length < 0)
		return 0;
	CHECK(cesopsn_header_read(packet, (size_t)length, wire->payload, &found, &number) == 0);
	if (flags)
		*flags = found;
	if (sequence)
		*sequence = number;
	if (payload)
		memcpy(payload, packet + CESOPSN_HEADER, wire->payload);
	return 1;
}

unsigned wire_drain(struct wire *wire)
{
	unsigned count = 0;

	while (wire_read(wire, NULL, NULL, NULL))
		count++;
	return count;
}

unsigned wire_run(struct wire *wire, unsigned ms)
{
	unsigned steps = 0;

	for (uint64_t until = wire->now_ns + ms * 1000000ull; wire->now_ns < until;) {
		steps += rig_end_tick(&wire->end, wire->now_ns);
		wire->now_ns += RIG_TICK_NS;
	}
	return steps;
}
