// SPDX-License-Identifier: GPL-2.0-or-later
/* Names to addresses, with a name server of a few lines on loopback. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/sip/resolve.h"

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_SRV 33
#define TIME_LIMIT_MS 300

static const struct record {
	const char *name;
	unsigned type, priority, port;
	const char *value;
} records[] = {
    {"plain.test", TYPE_A, 0, 0, "192.0.2.1"},
    {"both.test", TYPE_A, 0, 0, "192.0.2.2"},
    {"both.test", TYPE_AAAA, 0, 0, "2001:db8::2"},
    {"_sip._udp.service.test", TYPE_SRV, 20, 5070, "second.test"},
    {"_sip._udp.service.test", TYPE_SRV, 10, 5071, "first.test"},
    {"_sip._tcp.service.test", TYPE_SRV, 1, 5080, "first.test"},
    {"first.test", TYPE_A, 0, 0, "192.0.2.11"},
    {"second.test", TYPE_A, 0, 0, "192.0.2.12"},
    {"service.test", TYPE_A, 0, 0, "192.0.2.99"},
};

static void *ctx;
static struct osmo_fd server;
static struct resolver *resolver;
static struct resolve_answer got;
static int result;
static unsigned answers, questions;

/* ---- the name server */

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

static size_t write_record(uint8_t *to, const struct record *r)
{
	uint8_t data[128];
	size_t size = r->type == TYPE_A ? 4 : 16;

	if (r->type == TYPE_SRV) {
		uint16_t fixed[3] = {htons(r->priority), 0, htons(r->port)};

		memcpy(data, fixed, 6);
		size = 6 + write_name(data + 6, r->value);
	} else {
		inet_pton(r->type == TYPE_A ? AF_INET : AF_INET6, r->value, data);
	}
	memcpy(to, (uint8_t[]){0xc0, 12, 0, r->type, 0, 1, 0, 0, 0, 1, 0, size}, 12);
	memcpy(to + 12, data, size);
	return 12 + size;
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
	bool exists = false;

	questions++;
	if (n < 17)
		return 0;
	end = 12 + read_name(packet + 12, name);
	type = packet[end] << 8 | packet[end + 1];
	end += 4;
	if (strstr(name, "silent"))
		return 0;
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
	packet[7] = count;
	memset(packet + 8, 0, 4);
	sendto(fd->fd, packet, end, 0, (struct sockaddr *)&from, from_size);
	return 0;
}

static int start(void **state)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[32];

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	osmo_fd_setup(&server, fd, OSMO_FD_READ, on_question, NULL, 0);
	assert_int_equal(osmo_fd_register(&server), 0);
	ctx = talloc_named_const(NULL, 0, "resolve");
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(own.sin_port));
	assert_int_equal(resolver_new(ctx, text, TIME_LIMIT_MS, &resolver), 0);
	answers = questions = 0;
	return 0;
}

static int stop(void **state)
{
	resolver_free(resolver);
	osmo_fd_unregister(&server);
	close(server.fd);
	talloc_free(ctx);
	return 0;
}

/* ---- questions */

static void done(void *arg, int error, const struct resolve_answer *answer)
{
	answers++;
	result = error;
	memset(&got, 0, sizeof(got));
	if (answer)
		got = *answer;
}

static void deadline(void *data)
{
	*(bool *)data = true;
}

static void run(unsigned ms, bool until_answer)
{
	struct osmo_timer_list timer = {0};
	bool over = false;

	osmo_timer_setup(&timer, deadline, &over);
	osmo_timer_schedule(&timer, ms / 1000, ms % 1000 * 1000);
	while (!over && !(until_answer && answers))
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
}

static void ask(const char *text, enum peer_transport transport, struct resolve **question)
{
	struct target target;

	answers = 0;
	assert_int_equal(target_parse(text, transport, &target), 0);
	assert_int_equal(resolve_start(resolver, &target, done, NULL, question), 0);
	assert_int_equal(answers, 0); /* never before it returns */
}

static void finds_addresses(void **state)
{
	static const struct {
		const char *target;
		enum peer_transport transport;
		const char *addresses;
	} rows[] = {
	    {"dns:plain.test:5062", PEER_TRANSPORT_UDP, "192.0.2.1:5062 "},
	    {"dns:plain.test", PEER_TRANSPORT_UDP, "192.0.2.1:5060 "},
	    {"dns:service.test", PEER_TRANSPORT_UDP, "192.0.2.11:5071 192.0.2.12:5070 "},
	    {"dns:service.test", PEER_TRANSPORT_TCP, "192.0.2.11:5080 "},
	    {"dns:service.test:5060", PEER_TRANSPORT_UDP, "192.0.2.99:5060 "},
	    {"ipv4:192.0.2.7", PEER_TRANSPORT_UDP, "192.0.2.7:5060 "},
	    {"ipv6:[2001:db8::7]:5061", PEER_TRANSPORT_UDP, "[2001:db8::7]:5061 "},
	};
	struct resolve *question;
	char text[512], one[TARGET_ADDRESS_MAX];
	unsigned i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(rows[i].target, rows[i].transport, &question);
		run(2000, true);
		assert_int_equal(answers, 1);
		assert_int_equal(result, 0);
		text[0] = '\0';
		for (k = 0; k < got.count; k++) {
			target_address_text((struct sockaddr *)&got.addresses[k], one, sizeof(one));
			strcat(strcat(text, one), " ");
		}
		assert_string_equal(text, rows[i].addresses);
	}
}

static void both_families_come(void **state)
{
	struct resolve *question;

	ask("dns:both.test:5060", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(got.count, 2);
	assert_int_not_equal(got.addresses[0].ss_family, got.addresses[1].ss_family);
}

static void a_numeric_target_asks_nobody(void **state)
{
	struct resolve *question;

	ask("ipv4:192.0.2.7", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(questions, 0);
	assert_int_equal(answers, 1);
}

static void a_name_that_does_not_exist_says_so(void **state)
{
	struct resolve *question;

	ask("dns:nowhere.test", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(answers, 1);
	assert_int_equal(result, -ENOENT);
}

static void a_silent_server_ends_at_the_time_limit(void **state)
{
	struct resolve *question;

	ask("dns:silent.test", PEER_TRANSPORT_UDP, &question);
	run(TIME_LIMIT_MS / 2, true);
	assert_int_equal(answers, 0);
	run(TIME_LIMIT_MS, true);
	assert_int_equal(answers, 1);
	assert_int_equal(result, -ETIMEDOUT);
}

static void a_cancelled_question_is_not_answered(void **state)
{
	struct resolve *question;

	ask("dns:plain.test", PEER_TRANSPORT_UDP, &question);
	resolve_cancel(question);
	run(100, false);
	assert_int_equal(answers, 0);
	ask("ipv4:192.0.2.7", PEER_TRANSPORT_UDP, &question);
	resolve_cancel(question);
	run(50, false);
	assert_int_equal(answers, 0);
	ask("dns:silent.test", PEER_TRANSPORT_UDP, &question); /* left for resolver_free() */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(finds_addresses, start, stop),
	    cmocka_unit_test_setup_teardown(both_families_come, start, stop),
	    cmocka_unit_test_setup_teardown(a_numeric_target_asks_nobody, start, stop),
	    cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_says_so, start, stop),
	    cmocka_unit_test_setup_teardown(a_silent_server_ends_at_the_time_limit, start, stop),
	    cmocka_unit_test_setup_teardown(a_cancelled_question_is_not_answered, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
