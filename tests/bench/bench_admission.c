// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a datagram of a stranger costs, by how far it gets, as a ratio to a bare recvfrom(2): CPU time
 * of this process while it takes BATCH of them that wait in the socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/trust.h"
#include "gateway/sip/ua_private.h"
#include "tests/unit/sip_rig.h"

#define BATCH 500
#define ROUNDS 20
#define STRANGER "127.0.0.9"

static const char garbage[] = "gibberish that has no meaning at all\r\nand: goes on\r\n\r\n";
static struct trust *trust;
static struct admission_rules rules;

static void configure(struct ua_config *config)
{
	trust_set_loopback(trust, false);
	config->trust = trust;
	config->admission = rules;
}

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int open_at(const char *host, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
	socklen_t length = sizeof(*address);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	inet_pton(AF_INET, host, &address->sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	getsockname(fd, (struct sockaddr *)address, &length);
	return fd;
}

/* "%u" in the text is a number that changes; it stands there once or twice. */
static void send_batch(int fd, const struct sockaddr_in *to, const char *text)
{
	static unsigned serial;
	char message[4096];

	for (unsigned i = 0; i < BATCH; i++) {
		int length = 0;

		serial++;
		for (const char *at = text; *at; at++) {
			if (at[0] == '%' && at[1] == 'u')
				length += sprintf(message + length, "%u", serial), at++;
			else
				message[length++] = *at;
		}
		sendto(fd, message, length, 0, (const struct sockaddr *)to, sizeof(*to));
	}
}

static double bare(const char *text)
{
	struct sockaddr_in to, from;
	int fd = open_at("127.0.0.1", &to), out = open_at(STRANGER, &from);
	char octets[65536];
	double spent = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		double before;

		send_batch(out, &to, text);
		before = cpu_us();
		while (recv(fd, octets, sizeof(octets), MSG_DONTWAIT) > 0)
			;
		spent += cpu_us() - before;
	}
	close(fd);
	close(out);
	return spent / (BATCH * ROUNDS);
}

static double through_the_gateway(const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET}, from;
	double spent = 0;
	int out = open_at(STRANGER, &from);

	rig_configure = configure;
	rig_start(NULL);
	to.sin_port = htons(rig.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (unsigned round = 0; round < ROUNDS + 2; round++) {
		double before;

		send_batch(out, &to, text);
		before = cpu_us();
		for (unsigned n = 0; n < 4 * BATCH && osmo_select_main_ctx(1) > 0; n++)
			;
		if (round >= 2) /* the first are no stranger's bad name yet */
			spent += cpu_us() - before;
		usleep(120000); /* a new filter is due */
		osmo_select_main_ctx(1);
	}
	rig_stop();
	close(out);
	return spent / (BATCH * ROUNDS);
}

static void print(const char *what, double us, double unit)
{
	printf("%-52s %6.2f us  %5.1f\n", what, us, us / unit);
}

int main(void)
{
	static char invite[4096];
	double unit;

	trust = trust_new();
	snprintf(invite, sizeof(invite),
		 "INVITE sip:2001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " STRANGER
		 ":5060;branch=z9hG4bK%%u;rport\r\nFrom: <sip:1@x>;tag=1\r\nTo: "
		 "<sip:2001@127.0.0.1>\r\nCall-ID: bench%%u\r\nCSeq: 1 INVITE\r\nContact: "
		 "<sip:1@" STRANGER ">\r\nMax-Forwards: 70\r\nContent-Type: "
		 "application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(SDP_ALAW), SDP_ALAW);
	unit = bare(invite);
	print("INVITE, bare recv()", unit, unit);
	rules = (struct admission_rules){0};
	print("INVITE, answered 403", through_the_gateway(invite), unit);
	rules.silent = true;
	print("INVITE, read and discarded", through_the_gateway(invite), unit);
	rules.strangers = (struct source_limit_rule){1, 1, 0};
	print("INVITE, over the limit of its source", through_the_gateway(invite), unit);
	print("garbage, over the limit of its source", through_the_gateway(garbage), unit);
	rules.strangers = (struct source_limit_rule){1, 1, 60};
	print("INVITE, its source is blocked", through_the_gateway(invite), unit);
	print("garbage, its source is blocked", through_the_gateway(garbage), unit);
	trust_free(trust);
	return 0;
}
