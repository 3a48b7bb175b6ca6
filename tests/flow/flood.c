// SPDX-License-Identifier: GPL-2.0-or-later
/* flood KIND FROM COUNT TO PORT RATE SECONDS [NUMBER] - sends what nobody should, from COUNT IPv4 addresses
 * that begin with FROM, and does not care for answers. RATE: datagrams a second; of connections: those held
 * at once, made again whenever one is closed. Prints how many datagrams it sent, or connections it made.
 *
 *   garbage   datagrams: octets at random, half a message, INVITEs with broken headers
 *   large     datagrams of 60 kB: an INVITE with too many headers
 *   invite    INVITEs to NUMBER, each a call, none with an ACK
 *   register  REGISTERs, each with another password
 *   password  INVITEs to NUMBER, each with another password
 *   silent    connections that say nothing
 *   hello     connections that begin a TLS handshake
 *   slow      connections that send an INVITE octet by octet
 *   endless   connections that send headers without an end
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 64
#define TURN_MS 2
#define DATAGRAM_MAX 61000
#define SMALL_MAX 1400
#define SOURCES_MAX 512
#define CONNECTIONS_MAX 1024
#define SLOW_MS 20 /* an octet each */

static const char *number = "0001";
static struct sockaddr_in target;
static struct in_addr sources[SOURCES_MAX];
static unsigned sources_count;
static char nonces[SOURCES_MAX][200];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int open_socket(int type, unsigned n)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = sources[n % sources_count]};
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		die("socket");
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)))
		die("bind");
	if (connect(fd, (struct sockaddr *)&target, sizeof(target)) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

/* ---- datagrams */

static size_t write_request(char *out, const char *method, unsigned source, unsigned n,
			    const char *more)
{
	static const char sdp[] = "v=0\r\no=t 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
				  "t=0 0\r\nm=audio 9 RTP/AVP 8 0\r\n";
	bool invite = !strcmp(method, "INVITE");
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &sources[source], from, sizeof(from));
	inet_ntop(AF_INET, &target.sin_addr, to, sizeof(to));
	return (size_t)snprintf(
	    out, SMALL_MAX,
	    "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;rport;branch=z9hG4bKf%u-%u\r\n"
	    "Max-Forwards: 70\r\nFrom: <sip:200@%s>;tag=f%u\r\nTo: <sip:%s@%s>\r\n"
	    "Call-ID: f%u-%u-%d@%s\r\nCSeq: 1 %s\r\nContact: <sip:200@%s>\r\n%s%s"
	    "Content-Length: %zu\r\n\r\n%s",
	    method, number, to, from, source, n, from, n, number, to, source, n, (int)getpid(),
	    from, method, from, more, invite ? "Content-Type: application/sdp\r\n" : "",
	    invite ? sizeof(sdp) - 1 : 0, invite ? sdp : "");
}

static size_t write_guess(char *out, const char *method, unsigned source, unsigned n)
{
	char line[600];

	snprintf(line, sizeof(line),
		 "Authorization: Digest username=\"200\", realm=\"sipspan\", nonce=\"%s\", "
		 "uri=\"sip:%s@127.0.0.1\", response=\"%064x\", algorithm=SHA-256, qop=auth, "
		 "cnonce=\"f\", nc=00000001\r\n",
		 nonces[source], number, n * 40503u);
	return write_request(out, method, source, n, nonces[source][0] ? line : "");
}

/* What the gateway wants a password with, once it has asked. */
static void hear_nonce(int fd, unsigned source)
{
	static const char word[] = "nonce=\"";
	char text[4096], *nonce;
	ssize_t size = nonces[source][0] ? 0 : recv(fd, text, sizeof(text) - 1, 0);

	if (size <= 0)
		return;
	text[size] = '\0';
	nonce = strstr(text, word);
	if (nonce)
		sscanf(nonce + sizeof(word) - 1, "%199[^\"]", nonces[source]);
}

static size_t write_garbage(char *out, unsigned source, unsigned n)
{
	size_t size;

	switch (n % 4) {
	case 0:
		for (size = 0; size < 300; size++)
			out[size] = (char)rand();
		return size;
	case 1:
		return (size_t)snprintf(out, SMALL_MAX, "%u is no line of SIP\r\n\r\n", n);
	case 2:
		size = write_request(out, "INVITE", source, n, "");
		return size / 3;
	default:
		size = write_request(out, "INVITE", source, n, "");
		for (unsigned i = 0; i < 40; i++)
			out[30 + (unsigned)rand() % (size - 30)] = (char)rand();
		return size;
	}
}

static size_t write_large(char *out, unsigned source, unsigned n)
{
	static const char line[] = "X-Much: there is more of it than anybody wants to read\r\n";
	size_t size = write_request(out, "INVITE", source, n, "");
	char *body = memmem(out, size, "Content-Type", 12), tail[SMALL_MAX];
	size_t rest = size - (size_t)(body - out);

	memcpy(tail, body, rest);
	for (size = (size_t)(body - out); size < 60000; size += sizeof(line) - 1)
		memcpy(out + size, line, sizeof(line) - 1);
	memcpy(out + size, tail, rest);
	return size + rest;
}

static size_t write_datagram(const char *kind, char *out, unsigned source, unsigned n)
{
	if (!strcmp(kind, "garbage"))
		return write_garbage(out, source, n);
	if (!strcmp(kind, "large"))
		return write_large(out, source, n);
	if (!strcmp(kind, "invite"))
		return write_request(out, "INVITE", source, n, "");
	return write_guess(out, strcmp(kind, "register") ? "INVITE" : "REGISTER", source, n);
}

static void send_batch(const char *kind, int fd, unsigned source, unsigned first, unsigned count)
{
	static char text[BATCH_MAX][DATAGRAM_MAX];
	struct mmsghdr messages[BATCH_MAX] = {0};
	struct iovec parts[BATCH_MAX];

	for (unsigned i = 0; i < count; i++) {
		parts[i].iov_base = text[i];
		parts[i].iov_len = write_datagram(kind, text[i], source, first + i);
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	if (sendmmsg(fd, messages, count, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
		die("sendmmsg");
}

static unsigned send_datagrams(const char *kind, unsigned rate, uint64_t end)
{
	uint64_t begin = now_ms(), now;
	unsigned sent = 0, source = 0, count;
	int fds[SOURCES_MAX];

	for (unsigned i = 0; i < sources_count; i++)
		fds[i] = open_socket(SOCK_DGRAM, i);
	for (; (now = now_ms()) < end; poll(NULL, 0, TURN_MS)) {
		unsigned due = (unsigned)((now - begin) * rate / 1000);

		for (; sent < due; sent += count, source = (source + 1) % sources_count) {
			count = due - sent < BATCH_MAX ? due - sent : BATCH_MAX;
			if (sources_count > 1 && count > 4)
				count = 4;
			hear_nonce(fds[source], source);
			send_batch(kind, fds[source], source, sent, count);
		}
	}
	return sent;
}

/* ---- connections */

/* true: it may go on. */
static bool say(const char *kind, int fd, unsigned n, size_t *said)
{
	/* the first of a ClientHello of 512 octets */
	static const char hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, (char)0xfc, 3, 3};
	static const char line[] = "X-Much: there is more of it than anybody wants to read\r\n";
	char text[SMALL_MAX];
	size_t size = write_request(text, "INVITE", n % sources_count, n, "");
	ssize_t rc = 0;

	if (!strcmp(kind, "hello") && *said < sizeof(hello))
		rc = send(fd, hello + *said, sizeof(hello) - *said, MSG_NOSIGNAL);
	else if (!strcmp(kind, "slow") && *said < size - 1)
		rc = send(fd, text + *said, 1, MSG_NOSIGNAL);
	else if (!strcmp(kind, "endless") && *said < 200)
		rc = send(fd, text + *said, 200 - *said, MSG_NOSIGNAL);
	else if (!strcmp(kind, "endless"))
		for (*said += 2; rc >= 0; *said += rc > 0 ? (size_t)rc : 0)
			rc = send(fd, *said == 202 ? "\r\n" : line,
				  *said == 202 ? 2 : sizeof(line) - 1, MSG_NOSIGNAL);
	if (rc > 0)
		*said += (size_t)rc;
	return rc >= 0 || errno == EAGAIN || errno == ENOTCONN;
}

static bool is_closed(int fd)
{
	char octets[512];
	ssize_t rc;

	while ((rc = recv(fd, octets, sizeof(octets), 0)) > 0)
		;
	return rc == 0 || (errno != EAGAIN && errno != ENOTCONN);
}

static unsigned hold_connections(const char *kind, unsigned count, uint64_t end)
{
	static struct pollfd fds[CONNECTIONS_MAX];
	static size_t said[CONNECTIONS_MAX];
	unsigned made = 0;

	for (unsigned i = 0; i < count; i++)
		fds[i].fd = -1;
	for (; now_ms() < end; poll(NULL, 0, SLOW_MS)) {
		for (unsigned i = 0; i < count; i++) {
			if (fds[i].fd >= 0 && !is_closed(fds[i].fd) &&
			    say(kind, fds[i].fd, i, &said[i]))
				continue;
			if (fds[i].fd >= 0)
				close(fds[i].fd);
			fds[i].fd = open_socket(SOCK_STREAM, i);
			said[i] = 0;
			made++;
		}
	}
	return made;
}

int main(int argc, char **argv)
{
	unsigned rate, done;
	uint64_t end;

	if (argc < 8) {
		fprintf(stderr, "usage: flood KIND FROM COUNT TO PORT RATE SECONDS [NUMBER]\n");
		return 2;
	}
	sources_count = (unsigned)atoi(argv[3]);
	rate = (unsigned)atoi(argv[6]);
	target.sin_family = AF_INET;
	target.sin_port = htons((uint16_t)atoi(argv[5]));
	if (!sources_count || sources_count > SOURCES_MAX || rate > 1000000 ||
	    inet_pton(AF_INET, argv[2], &sources[0]) != 1 ||
	    inet_pton(AF_INET, argv[4], &target.sin_addr) != 1) {
		fprintf(stderr, "flood: not an IPv4 address, or too many\n");
		return 2;
	}
	for (unsigned i = 1; i < sources_count; i++)
		sources[i].s_addr = htonl(ntohl(sources[0].s_addr) + i);
	if (argc > 8)
		number = argv[8];
	end = now_ms() + (uint64_t)(atof(argv[7]) * 1000);
	if (strchr("shel", argv[1][0]) && strcmp(argv[1], "large"))
		done =
		    hold_connections(argv[1], rate < CONNECTIONS_MAX ? rate : CONNECTIONS_MAX, end);
	else
		done = send_datagrams(argv[1], rate, end);
	printf("%u\n", done);
	return 0;
}
