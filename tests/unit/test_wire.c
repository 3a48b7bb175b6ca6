// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pipe and sipspand's end of it. The media process is this program itself, started with --pipe:
 * it writes down what it is told and dies when told to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"
#include "gateway/wire/pipe.h"
#include "gateway/wire/rtp_ports.h"

#define LEAK_FD 200 /* open here without close-on-exec: a media process must not inherit it */

static void *ctx;
static char self[4096], told_path[] = "/tmp/wireXXXXXX";

/* ---- the media process */

static int be_media(void)
{
	int log = open(getenv("TOLD"), O_WRONLY | O_APPEND);
	struct wire_message m, ready, alive;
	bool greeted = false;

	wire_message_init(&alive, WIRE_ALIVE, 0);
	for (;;) {
		struct pollfd p = {.fd = 3, .events = POLLIN};
		char line[128];
		int rc, n;
		if (poll(&p, 1, 1000) == 0 && greeted)
			wire_send(3, &alive);
		rc = wire_receive(3, &m);
		if (rc == -EPIPE)
			return 0;
		if (rc != 1)
			continue;
		n = snprintf(line, sizeof(line), "%s %u fds %u\n", wire_type_name(m.header.type),
			     m.header.id, m.fds_count);
		if (write(log, line, n) != n)
			return 1;
		while (m.fds_count)
			close(m.fds[--m.fds_count]);
		if (m.header.type == WIRE_HELLO) {
			wire_message_init(&ready, WIRE_READY, 0);
			ready.body.ready.version = WIRE_VERSION;
			wire_send(3, &ready);
			greeted = true;
		}
		if (m.header.type == WIRE_TONE_PLAY && !strcmp(m.body.tone.tone, "die"))
			kill(getpid(), SIGKILL);
		if (m.header.type == WIRE_DIGIT_PLAY) {
			m.header.type = WIRE_DIGIT;
			m.fds_count = 0;
			wire_send(3, &m);
		}
	}
}

static char *told(void)
{
	static char text[65536];
	FILE *f = fopen(told_path, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	text[n] = 0;
	fclose(f);
	return text;
}

static void forget_told(void)
{
	assert_int_equal(truncate(told_path, 0), 0);
}

/* Runs the loop until what was told is as expected, or half a minute is over. */
static void wait_told(const char *expected)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		osmo_select_main(1);
		if (!strcmp(told(), expected))
			return;
		poll(NULL, 0, 2);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 30);
	assert_string_equal(told(), expected);
}

/* ---- pipe */

static void make_pipe(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
}

static void carries_a_message_with_descriptors(void **state)
{
	int pair[2], fds[2];
	struct wire_message out, in;
	char c;

	make_pipe(pair);
	assert_int_equal(pipe(fds), 0);
	wire_message_init(&out, WIRE_CHANNEL_OPEN, 77);
	out.body.channel_open.timeslot = 17;
	out.fds[0] = fds[1];
	out.fds_count = 1;
	assert_int_equal(wire_send(pair[0], &out), 0);
	assert_int_equal(wire_receive(pair[1], &in), 1);
	assert_int_equal(in.header.id, 77);
	assert_int_equal(in.body.channel_open.timeslot, 17);
	assert_int_equal(in.fds_count, 1);
	assert_int_equal(write(in.fds[0], "x", 1), 1);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(wire_receive(pair[1], &in), 0);
	close(in.fds[0]);
	close(pair[0]);
	assert_int_equal(wire_receive(pair[1], &in), -EPIPE);
	close(pair[1]);
	close(fds[0]);
	close(fds[1]);
}

static void knows_the_size_of_every_type(void **state)
{
	for (unsigned t = 1; t < WIRE_TYPE_COUNT; t++) {
		assert_in_range(wire_body_size(t), 0, WIRE_MESSAGE_MAX);
		assert_string_not_equal(wire_type_name(t), "unknown");
	}
	assert_int_equal(wire_body_size(0), -1);
	assert_int_equal(wire_body_size(WIRE_TYPE_COUNT), -1);
	assert_int_equal(wire_body_size(65535), -1);
}

static void refuses_messages_that_do_not_fit(void **state)
{
	struct wire_message m, in;
	uint8_t raw[2048];
	int pair[2];

	make_pipe(pair);
	wire_message_init(&m, WIRE_BRIDGE_OPEN, 5);
	memcpy(raw, &m.header, sizeof(m.header));
	memset(raw + sizeof(m.header), 0, sizeof(raw) - sizeof(m.header));
	for (size_t n = 1; n < 700; n++) {
		bool right = n == sizeof(m.header) + sizeof(struct wire_bridge_open);
		assert_int_equal(send(pair[0], raw, n, 0), n);
		assert_int_equal(wire_receive(pair[1], &in), right ? 1 : -EBADMSG);
	}
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = 1 + random() % 600;
		for (size_t k = 0; k < n; k++)
			raw[k] = random();
		assert_int_equal(send(pair[0], raw, n, 0), n);
		wire_receive(pair[1], &in);
		while (in.fds_count)
			close(in.fds[--in.fds_count]);
	}
	close(pair[0]);
	close(pair[1]);
}

/* ---- stream records */

static void reads_records_in_one_piece(void **state)
{
	struct stream_record *records, *mapped, copy;
	int fd;

	assert_int_equal(stream_records_create(4, &records, &fd), 0);
	assert_int_equal(stream_records_map(fd, 4, &mapped), 0);
	assert_int_equal(stream_records_map(fd, 5, &mapped), -EINVAL);
	stream_record_write_begin(&records[2]);
	records[2].ssrc = 4711;
	assert_false(stream_record_read(&mapped[2], &copy));
	/* A writer that was killed leaves it so; the next one repairs it. */
	stream_record_write_begin(&records[2]);
	stream_record_write_end(&records[2]);
	assert_true(stream_record_read(&mapped[2], &copy));
	assert_int_equal(copy.ssrc, 4711);
	assert_int_equal(ftruncate(fd, 0), -1); /* sealed: nobody can take the memory away */
	stream_records_unmap(records, 4);
	stream_records_unmap(mapped, 4);
	close(fd);
}

/* ---- ports */

static void opens_pairs_in_turn(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct rtp_ports ports;
	struct rtp_pair pair[3];

	assert_int_equal(rtp_ports_init(&ports, 30001, 30002, 0), -ERANGE);
	assert_int_equal(rtp_ports_init(&ports, 30001, 30006, 1), 0);
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in *bound = (struct sockaddr_in *)&pair[i].rtp;
		assert_int_equal(rtp_ports_open(&ports, (struct sockaddr *)&a, &pair[i]), 0);
		assert_int_equal(ntohs(bound->sin_port), i ? 30002 : 30004);
	}
	assert_int_equal(rtp_ports_open(&ports, (struct sockaddr *)&a, &pair[2]), -EADDRINUSE);
	close(pair[1].rtp_fd);
	close(pair[1].rtcp_fd);
	assert_int_equal(rtp_ports_open(&ports, (struct sockaddr *)&a, &pair[1]), 0);
	for (int i = 0; i < 2; i++) {
		close(pair[i].rtp_fd);
		close(pair[i].rtcp_fd);
	}
	a.sin_addr.s_addr = htonl(0x08080808);
	assert_int_equal(rtp_ports_open(&ports, (struct sockaddr *)&a, &pair[0]), -EADDRNOTAVAIL);
}

/* ---- media client */

static char heard;
static unsigned restarted;

static void on_digit(void *arg, uint32_t end, char digit, unsigned ms)
{
	heard = digit;
}

static void on_restarted(void *arg, unsigned times)
{
	restarted = times;
}

static const struct media_client_handlers handlers = {.digit = on_digit, .restarted = on_restarted};

static struct media_client *new_client(void)
{
	struct media_client_config config = {
	    .program = self, .port_first = 30100, .port_last = 30200};
	struct media_client *c;

	forget_told();
	assert_int_equal(media_client_new(ctx, &config, &handlers, NULL, &c), 0);
	return c;
}

static void tells_a_new_process_everything(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct wire_channel_open channel = {.span = 1, .timeslot = 3, .block = 160};
	struct wire_span_open span = {.driver = 1};
	struct wire_stream_set set = {.codec = WIRE_PCMA};
	struct media_client *c = new_client();
	struct sockaddr_storage rtp;
	uint32_t stream, end, bridge, gone;
	struct stream_counters counters;
	int fds[2];
	pid_t first;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(media_client_span_open(c, 1, &span, fds, 2), 0);
	assert_int_equal(media_client_span_open(c, 1, &span, fds, 2), -EBUSY);
	assert_int_equal(media_client_start(c), 0);
	first = media_client_pid(c);
	assert_int_equal(media_client_stream_open(c, (struct sockaddr *)&a, &stream, &rtp), 0);
	assert_int_equal(media_client_stream_set(c, stream, &set), 0);
	assert_int_equal(media_client_channel_open(c, &channel, -1, &end), 0);
	assert_int_equal(media_client_channel_open(c, &channel, -1, &gone), 0);
	assert_int_equal(media_client_open(c, stream, end, &bridge), 0);
	media_client_end_close(c, gone);
	wait_told("HELLO 0 fds 1\nSPAN_OPEN 1 fds 2\nSTREAM_OPEN 1 fds 2\nSTREAM_SET 1 fds 0\n"
		  "CHANNEL_OPEN 2 fds 0\nCHANNEL_OPEN 3 fds 0\nBRIDGE_OPEN 4 fds 0\n"
		  "END_CLOSE 3 fds 0\n");
	assert_int_equal(media_client_stream_counters(c, stream, &counters), 0);
	assert_int_equal(media_client_stream_counters(c, end, &counters), -ENOENT);

	forget_told();
	restarted = 0;
	media_client_tone(c, end, "die");
	wait_told("TONE_PLAY 2 fds 0\nHELLO 0 fds 1\nSPAN_OPEN 1 fds 2\nSTREAM_OPEN 1 fds 2\n"
		  "STREAM_SET 1 fds 0\nCHANNEL_OPEN 2 fds 0\nBRIDGE_OPEN 4 fds 0\n");
	assert_int_equal(restarted, 1);
	assert_int_not_equal(media_client_pid(c), first);

	heard = 0;
	media_client_digit(c, end, '5', 100);
	for (int i = 0; i < 1000 && !heard; i++) {
		osmo_select_main(1);
		poll(NULL, 0, 2);
	}
	assert_int_equal(heard, '5');
	media_client_free(c);
	close(fds[0]);
	close(fds[1]);
}

static void keeps_orders_when_the_pipe_is_full(void **state)
{
	struct wire_channel_open channel = {.span = 1, .timeslot = 3, .block = 160};
	struct wire_span_open span = {.driver = 1};
	struct media_client *c = new_client();
	uint32_t end;
	int lines = 0;

	assert_int_equal(media_client_span_open(c, 1, &span, NULL, 0), 0);
	assert_int_equal(media_client_start(c), 0);
	kill(media_client_pid(c), SIGSTOP);
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(media_client_channel_open(c, &channel, -1, &end), 0);
		media_client_end_close(c, end);
	}
	kill(media_client_pid(c), SIGCONT);
	for (int i = 0; i < 3000 && lines < 6002; i++) {
		FILE *f = fopen(told_path, "r");
		int ch;
		osmo_select_main(1);
		poll(NULL, 0, 2);
		for (lines = 0; (ch = getc(f)) != EOF;)
			lines += ch == '\n';
		fclose(f);
	}
	assert_int_equal(lines, 6002);
	assert_int_equal(media_client_restarts(c), 0);
	media_client_free(c);
}

static void run_ms(unsigned ms)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		osmo_select_main(1);
		poll(NULL, 0, 2);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
}

static void wait_restarted(const struct media_client *c)
{
	for (unsigned i = 0; i < 300 && media_client_restarts(c) == 0; i++)
		run_ms(100);
	assert_int_equal(media_client_restarts(c), 1);
}

/* Without a span too, of which it would say how it is. */
static void starts_a_silent_process_again(void **state)
{
	struct media_client *c = new_client();

	assert_int_equal(media_client_start(c), 0);
	run_ms(7000); /* 5 s of silence are too many */
	assert_int_equal(media_client_restarts(c), 0);
	kill(media_client_pid(c), SIGSTOP);
	wait_restarted(c);
	media_client_free(c);
}

/* It cannot know any more what it is to do. */
static void starts_a_process_again_that_has_missed_an_order(void **state)
{
	struct wire_channel_open channel = {.span = 1, .timeslot = 3, .block = 160};
	struct wire_span_open span = {.driver = 1};
	struct media_client *c = new_client();
	uint32_t end;

	assert_int_equal(media_client_span_open(c, 1, &span, NULL, 0), 0);
	assert_int_equal(media_client_start(c), 0);
	run_ms(100);
	kill(media_client_pid(c), SIGSTOP);
	for (int i = 0; i < 40000; i++) {
		assert_int_equal(media_client_channel_open(c, &channel, -1, &end), 0);
		media_client_end_close(c, end);
	}
	forget_told();
	run_ms(100);
	assert_int_equal(media_client_restarts(c), 1);
	wait_told("HELLO 0 fds 1\nSPAN_OPEN 1 fds 0\n");
	media_client_free(c);
}

static unsigned streams_max(unsigned first, unsigned last, rlim_t descriptors)
{
	struct media_client_config config = {
	    .program = self, .port_first = first, .port_last = last};
	struct rlimit before, limit;
	struct media_client *c;
	unsigned most;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = descriptors;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(media_client_new(ctx, &config, &handlers, NULL, &c), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	most = media_client_streams_max(c);
	assert_int_equal(media_client_streams_left(c), most);
	media_client_free(c);
	return most;
}

static void streams_are_as_many_as_ports_and_descriptors(void **state)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(streams_max(30100, 30199, 1024), 50);
	assert_int_equal(streams_max(16384, 32767, 1024), 128);
	if (limit.rlim_max >= 4608)
		assert_int_equal(streams_max(16384, 32767, 4608), 1024);
	if (limit.rlim_max >= 65536)
		assert_int_equal(streams_max(1024, 65535, 65536), 16256);
}

/* More than there were records for once; each can be found again. */
static void a_thousand_streams_and_more_can_be_open(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct media_client_config config = {
	    .program = self, .port_first = 21000, .port_last = 27999};
	struct wire_stream_set set = {.codec = WIRE_PCMA};
	uint32_t streams[1100], bridges[550];
	struct rlimit before, limit;
	struct sockaddr_storage rtp;
	struct media_client *c;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 8192)
		skip();
	assert_int_equal(media_client_new(ctx, &config, &handlers, NULL, &c), 0);
	for (unsigned i = 0; i < 1100; i++)
		assert_int_equal(
		    media_client_stream_open(c, (struct sockaddr *)&a, &streams[i], &rtp), 0);
	assert_int_equal(media_client_streams(c), 1100);
	for (unsigned i = 0; i < 550; i++)
		assert_int_equal(
		    media_client_open(c, streams[2 * i], streams[2 * i + 1], &bridges[i]), 0);
	for (unsigned i = 0; i < 550; i++)
		media_client_close(c, bridges[i]);
	for (unsigned i = 0; i < 1100; i++) {
		assert_int_equal(media_client_stream_set(c, streams[i], &set), 0);
		media_client_end_close(c, streams[i]);
		assert_int_equal(media_client_stream_set(c, streams[i], &set), -ENOENT);
	}
	assert_int_equal(media_client_streams(c), 0);
	media_client_free(c);
	setrlimit(RLIMIT_NOFILE, &before);
}

static void says_when_the_program_is_missing(void **state)
{
	struct media_client_config config = {.program = "/nonexistent/sipspan-media"};
	struct media_client *c;

	assert_int_equal(media_client_new(ctx, &config, &handlers, NULL, &c), 0);
	assert_int_equal(media_client_start(c), -ENOENT);
	media_client_free(c);
}

static void leaves_no_descriptor_behind(void **state)
{
	int before = dup(0), after;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct media_client *c = new_client();
	struct sockaddr_storage rtp;
	uint32_t stream;

	close(before);
	assert_int_equal(media_client_start(c), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(media_client_stream_open(c, (struct sockaddr *)&a, &stream, &rtp),
				 0);
		if (i % 2)
			media_client_end_close(c, stream);
	}
	media_client_free(c);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(carries_a_message_with_descriptors),
	    cmocka_unit_test(knows_the_size_of_every_type),
	    cmocka_unit_test(refuses_messages_that_do_not_fit),
	    cmocka_unit_test(reads_records_in_one_piece),
	    cmocka_unit_test(opens_pairs_in_turn),
	    cmocka_unit_test(tells_a_new_process_everything),
	    cmocka_unit_test(keeps_orders_when_the_pipe_is_full),
	    cmocka_unit_test(starts_a_silent_process_again),
	    cmocka_unit_test(starts_a_process_again_that_has_missed_an_order),
	    cmocka_unit_test(streams_are_as_many_as_ports_and_descriptors),
	    cmocka_unit_test(a_thousand_streams_and_more_can_be_open),
	    cmocka_unit_test(says_when_the_program_is_missing),
	    cmocka_unit_test(leaves_no_descriptor_behind),
	};
	ssize_t n;
	int rc;

	if (argc > 1 && !strcmp(argv[1], "--pipe"))
		return fcntl(LEAK_FD, F_GETFD) < 0 ? be_media() : 1;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return 1;
	self[n] = 0;
	close(mkstemp(told_path));
	if (dup2(0, LEAK_FD) < 0)
		return 1;
	setenv("TOLD", told_path, 1);
	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_category_filter(osmo_stderr_target, DMEDIA, 0, LOGL_FATAL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(told_path);
	return rc;
}
