// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/select.h>

#define TYPE_A 1
#define TYPE_SOA 6
#define TYPE_AAAA 28
#define TYPE_SRV 33
#define TYPE_NAPTR 35
#define LONG_TTL_S 60

static const struct record {
	const char *name;
	unsigned type, priority, port; /* NAPTR: order, preference */
	const char *value;	       /* NAPTR: "flags service regexp replacement" */
} records[] = {
    {"plain.test", TYPE_A, 0, 0, "192.0.2.1"},
    {"both.test", TYPE_A, 0, 0, "192.0.2.2"},
    {"both.test", TYPE_AAAA, 0, 0, "2001:db8::2"},
    {"_sip._udp.service.test", TYPE_SRV, 20, 5070, "second.test"},
    {"_sip._udp.service.test", TYPE_SRV, 10, 5071, "first.test"},
    {"_sip._tcp.service.test", TYPE_SRV, 1, 5080, "first.test"},
    {"_sip._udp.half.test", TYPE_SRV, 10, 5060, "first.test"},
    {"_sip._udp.half.test", TYPE_SRV, 20, 5060, "moving.test"},
    {"here.test", TYPE_A, 0, 0, "127.0.0.1"},
    {"here.test", TYPE_AAAA, 0, 0, "::1"},
    {"first.test", TYPE_A, 0, 0, "192.0.2.11"},
    {"second.test", TYPE_A, 0, 0, "192.0.2.12"},
    {"service.test", TYPE_A, 0, 0, "192.0.2.99"},
    {"1.0.0.1.e164.test", TYPE_NAPTR, 100, 20, "u E2U+sip !^.*$!sip:second@example.com!"},
    {"1.0.0.1.e164.test", TYPE_NAPTR, 100, 10, "u E2U+sip !^.*$!sip:first@127.0.0.1:5062!"},
    {"1.0.0.1.e164.test", TYPE_NAPTR, 10, 10, "u E2U+email:mailto !^.*$!mailto:a@b.test!"},
    {"2.0.0.1.e164.test", TYPE_NAPTR, 10, 10, "u E2U+email:mailto !^.*$!mailto:a@b.test!"},
    {"2.0.0.1.e164.test", TYPE_NAPTR, 10, 20, "u E2U+sip !^.*$!sip:1@example.com;maddr=x!"},
    {"2.0.0.1.second.test", TYPE_NAPTR, 10, 10, "u E2U+sip !^\\+1(.*)$!sip:\\1@example.com!"},
    {"3.0.0.1.e164.test", TYPE_A, 0, 0, "192.0.2.1"},
    {"domain.test", TYPE_NAPTR, 20, 10, "s SIP+D2U  _sip._udp.service.test"},
    {"domain.test", TYPE_NAPTR, 10, 20, "s sip+d2t  _sip._tcp.service.test"},
    {"domain.test", TYPE_NAPTR, 10, 10, "s SIPS+D2T  _sips._tcp.domain.test"},
    {"domain.test", TYPE_NAPTR, 1, 1, "s SIP+D2S  _sip._sctp.domain.test"},
    {"domain.test", TYPE_NAPTR, 1, 2, "u E2U+sip !^.*$!sip:x@y! "},
    {"domain.test", TYPE_A, 0, 0, "192.0.2.98"},
    {"_sips._tcp.domain.test", TYPE_SRV, 1, 5061, "second.test"},
    {"refuses.test", TYPE_A, 0, 0, "192.0.2.97"},
    {"_sip._udp.refuses.test", TYPE_SRV, 0, 0, ""},
    {"kept.test", TYPE_A, 0, 0, "192.0.2.3"},
    {"many.test", TYPE_A, 0, 0, "192.0.2.4"},
    {"many.test", TYPE_A, 0, 0, "192.0.2.5"},
    {"many.test", TYPE_AAAA, 0, 0, "2001:db8::4"},
};

static struct osmo_fd server;
static char moving[256], uris[256];
unsigned name_server_questions;

static size_t read_name(const uint8_t *at, char name[256])
{
	size_t used = 0;

	while (at[used]) {
		memcpy(name + used, at + used + 1, at[used]);
		used += at[used] + 1;
		name[used - 1] = '.';
	}
	name[used ? used - 1 : 0] = '\0';
	return used + 1;
}

static size_t write_name(uint8_t *to, const char *name)
{
	size_t used = 0;

	while (*name) {
		size_t length = strcspn(name, ".");

		to[used++] = length;
		memcpy(to + used, name, length);
		used += length;
		name += length + (name[length] == '.');
	}
	to[used++] = 0;
	return used;
}

static size_t write_naptr(uint8_t *to, const struct record *r)
{
	char copy[256], *rest = copy, *part;
	uint16_t fixed[2] = {htons(r->priority), htons(r->port)};
	size_t used = 4;

	memcpy(to, fixed, 4);
	snprintf(copy, sizeof(copy), "%s", r->value);
	for (unsigned i = 0; i < 3 && (part = strsep(&rest, " ")); i++) {
		to[used++] = strlen(part);
		memcpy(to + used, part, strlen(part));
		used += strlen(part);
	}
	return used + write_name(to + used, rest ? rest : ""); /* replacement, or the root */
}

static uint8_t ttl_s(const struct record *r)
{
	if (r->name && !strcmp(r->name, "moving.test"))
		return 0;
	return r->type == TYPE_NAPTR || (r->name && !strcmp(r->name, "kept.test")) ? LONG_TTL_S : 1;
}

static size_t write_record(uint8_t *to, const struct record *r)
{
	uint8_t data[256];
	size_t size = r->type == TYPE_A ? 4 : 16;

	if (r->type == TYPE_NAPTR) {
		size = write_naptr(data, r);
	} else if (r->type == TYPE_SRV) {
		uint16_t fixed[3] = {htons(r->priority), 0, htons(r->port)};

		memcpy(data, fixed, 6);
		size = 6 + write_name(data + 6, r->value);
	} else {
		inet_pton(r->type == TYPE_A ? AF_INET : AF_INET6, r->value, data);
	}
	memcpy(to, (uint8_t[]){0xc0, 12, 0, r->type, 0, 1, 0, 0, 0, ttl_s(r), 0, size}, 12);
	memcpy(to + 12, data, size);
	return 12 + size;
}

/* Records of moving.test; the bytes written. */
static size_t write_moving(uint8_t *to, unsigned type, size_t *count)
{
	struct record r = {"moving.test", TYPE_A, 0, 0, NULL};
	char copy[sizeof(moving)], *rest = copy;
	size_t used = 0;

	snprintf(copy, sizeof(copy), "%s", moving);
	while (type == TYPE_A && (r.value = strsep(&rest, " ")) && *r.value) {
		used += write_record(to + used, &r);
		++*count;
	}
	return used;
}

void name_server_naptr(const char *text)
{
	snprintf(uris, sizeof(uris), "%s", text);
}

static size_t write_uris(uint8_t *to, size_t *count)
{
	char copy[sizeof(uris)], value[sizeof(uris)], *rest = copy, *uri;
	size_t used = 0;

	snprintf(copy, sizeof(copy), "%s", uris);
	while ((uri = strsep(&rest, " ")) && *uri) {
		struct record r = {NULL, TYPE_NAPTR, 10, ++*count, value};

		snprintf(value, sizeof(value), "u E2U+sip !^.*$!%.200s!", uri);
		used += write_record(to + used, &r);
	}
	return used;
}

void name_server_move(const char *addresses)
{
	snprintf(moving, sizeof(moving), "%s", addresses);
}

/* What a name that is not there leaves behind for so long (RFC 2308). */
static size_t write_soa(uint8_t *to)
{
	static const uint8_t soa[] = {0xc0, 12, 0,	    TYPE_SOA, 0,  1, 0,
				      0,    0,	LONG_TTL_S, 0,	      22, 0, 0};

	memset(to, 0, 34);
	memcpy(to, soa, sizeof(soa));
	to[33] = LONG_TTL_S;
	return 34;
}

static int on_question(struct osmo_fd *fd, unsigned int what)
{
	uint8_t packet[512];
	struct sockaddr_in from;
	socklen_t from_size = sizeof(from);
	char name[256];
	ssize_t n =
	    recvfrom(fd->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_size);
	size_t end, i, count = 0;
	unsigned type;
	bool exists = false, moves;

	name_server_questions++;
	if (n < 17)
		return 0;
	end = 12 + read_name(packet + 12, name);
	type = packet[end] << 8 | packet[end + 1];
	end += 4;
	moves = strstr(name, "moving.test");
	if (strstr(name, "silent") || (moves && !strcmp(moving, "silent")))
		return 0;
	if (moves && moving[0]) {
		exists = true;
		if (strcmp(moving, "broken"))
			end += write_moving(packet + end, type, &count);
	}
	if (strstr(name, ".uris.test") && uris[0]) {
		exists = true;
		end += write_uris(packet + end, &count);
	}
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		if (strcasecmp(records[i].name, name))
			continue;
		exists = true;
		if (records[i].type != type)
			continue;
		end += write_record(packet + end, &records[i]);
		count++;
	}
	packet[2] = 0x81;
	packet[3] = exists ? 0x80 : 0x83;
	if (moves && !strcmp(moving, "broken"))
		packet[3] = 0x82;
	packet[7] = count;
	memset(packet + 8, 0, 4);
	if (!count && strstr(name, "absent")) {
		packet[9] = 1;
		end += write_soa(packet + end);
	}
	sendto(fd->fd, packet, end, 0, (struct sockaddr *)&from, from_size);
	return 0;
}

void name_server_start(char address[32])
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	osmo_fd_setup(&server, fd, OSMO_FD_READ, on_question, NULL, 0);
	assert_int_equal(osmo_fd_register(&server), 0);
	name_server_questions = 0;
	moving[0] = uris[0] = '\0';
	snprintf(address, 32, "127.0.0.1:%u", ntohs(own.sin_port));
}

void name_server_stop(void)
{
	osmo_fd_unregister(&server);
	close(server.fd);
}
