// SPDX-License-Identifier: GPL-2.0-or-later
/* cesopsn_packets e1|t1 FRAMES FILE - writes packets that a span sends to a pcap file: first some
 * while it hears nothing, then some for which every timeslot is looped and brings its own number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include "tests/unit/span_rig.h"

#define PACKETS 8 /* of each kind */
#define PORT 2142

static void put(FILE *file, const void *octets, size_t length)
{
	if (fwrite(octets, length, 1, file) != 1) {
		perror("cesopsn_packets");
		exit(1);
	}
}

/* The classic format, link type 101: packets begin with an IP header. */
static void put_file_header(FILE *file)
{
	static const uint32_t header[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 101};

	put(file, header, sizeof(header));
}

static void put_packet(FILE *file, const uint8_t *payload, size_t length)
{
	uint16_t size = (uint16_t)(length + sizeof(struct udphdr));
	struct udphdr udp = {.source = htons(PORT), .dest = htons(PORT), .len = htons(size)};
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP};
	uint32_t total = size + (uint32_t)sizeof(ip);
	uint32_t record[] = {0, 0, total, total};

	ip.tot_len = htons((uint16_t)total);
	ip.saddr = ip.daddr = htonl(INADDR_LOOPBACK);
	put(file, record, sizeof(record));
	put(file, &ip, sizeof(ip));
	put(file, &udp, sizeof(udp));
	put(file, payload, length);
}

static unsigned copy_packets(struct wire *wire, FILE *file, unsigned most)
{
	uint8_t packet[RIG_PACKET_MAX];
	unsigned count = 0;
	ssize_t length;

	while ((length = recv(wire->fd, packet, sizeof(packet), 0)) > 0) {
		if (count++ < most)
			put_packet(file, packet, (size_t)length);
	}
	return count;
}

static void send_numbers(struct wire *wire, unsigned timeslots, unsigned frames)
{
	uint8_t packet[RIG_PACKET_MAX];

	for (unsigned i = 0; i < timeslots * frames; i++)
		packet[CESOPSN_HEADER + i] = (uint8_t)(i % timeslots + 1);
	cesopsn_header_write(packet, CESOPSN_HEADER + timeslots * frames, 0, wire->sequence++);
	wire_send_octets(wire, packet, CESOPSN_HEADER + timeslots * frames);
}

int main(int argc, char **argv)
{
	struct wire wire;
	struct tdm_channel *channel;
	unsigned frames, timeslots;
	FILE *file;

	if (argc != 4) {
		fprintf(stderr, "usage: cesopsn_packets e1|t1 FRAMES FILE\n");
		return 2;
	}
	frames = (unsigned)atoi(argv[2]);
	file = fopen(argv[3], "w");
	if (!file || frames < 1 || frames > CESOPSN_FRAMES_MAX) {
		perror(argv[3]);
		return 1;
	}
	put_file_header(file);
	wire_start(&wire, TDM_CLOCK_LINE, frames, strcmp(argv[1], "t1") ? TDM_E1 : TDM_T1);
	timeslots = tdm_timeslots(wire.end.config.framing);
	for (unsigned slot = 1; slot <= timeslots; slot++) {
		if (tdm_channel_open(wire.end.span, slot, 80, -1, &channel) == 0)
			tdm_channel_loop(channel, true);
	}
	wire_run(&wire, 60 + PACKETS * frames / 8);
	if (copy_packets(&wire, file, PACKETS) < PACKETS)
		return 1;
	for (unsigned i = 0; i < PACKETS; i++)
		send_numbers(&wire, timeslots, frames);
	wire_run(&wire, 5);
	if (copy_packets(&wire, file, PACKETS) != PACKETS)
		return 1;
	wire_stop(&wire);
	return fclose(file) == 0 ? 0 : 1;
}
