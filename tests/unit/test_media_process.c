// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/media_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>
#include <sys/wait.h>

extern char **environ;

static void carries_thirty_calls_bit_by_bit(void **state)
{
	struct rig *rig = *state;
	uint64_t cpu, to_ip = 0, to_pstn = 0;
	unsigned to_ip_count = 0, to_pstn_count = 0, rtcp = 0, ms;

	order_calls(rig, CALLS);
	rig_go_on(rig, 0, 5000, &rig->ready);
	assert_int_equal(rig->ready, 1);
	rig->talk = RIG_TALK;
	cpu = rig_cpu_ns(rig->pid);
	ms = rig_go_on(rig, CALLS, 1000, NULL);
	cpu = rig_cpu_ns(rig->pid) - cpu;
	rig_go_on_evenly(rig, CALLS, 3300);
	rig_listen_last(rig, CALLS);
	for (unsigned i = 0; i < CALLS; i++) {
		struct call *c = &rig->call[i];
		struct stream_record record;
		struct heard h;

		heard_compare(&h, i, 0, c->peer_octets, c->peer_heard);
		if (h.wrong || h.same < 8000 * 3)
			fail_msg("call %u to IP: %u right, %u wrong", i, h.same, h.wrong);
		for (unsigned n = 0; n < h.same; n++) {
			unsigned said = h.position + n, heard = h.first + n;
			if (heard % PACKET)
				continue;
			to_ip += c->peer_heard_ns[heard / PACKET] - c->line_said_ns[said / BLOCK] -
				 said % BLOCK * 125000;
			to_ip_count++;
		}
		heard_compare(&h, i, 1, c->line_octets, c->line_heard);
		if (h.wrong || h.same < 8000 * 3)
			fail_msg("call %u to the line: %u right, %u wrong", i, h.same, h.wrong);
		for (unsigned n = 0; n < h.same; n++) {
			unsigned said = h.position + n, heard = h.first + n;
			if (said % PACKET)
				continue;
			to_pstn += c->line_heard_ns[heard / BLOCK] - 10 * MS +
				   heard % BLOCK * 125000 - c->peer_said_ns[said / PACKET];
			to_pstn_count++;
		}
		assert_true(stream_record_read(&rig->records[i], &record));
		assert_int_equal(record.counters.packets_lost, 0);
		assert_int_equal(record.counters.packets_refused, 0);
		assert_in_range(record.counters.packets_received, c->peer_said / PACKET - 2,
				c->peer_said / PACKET);
		assert_int_equal(c->breaks, 0);
		rtcp += c->rtcp;
	}
	printf(
	    "# delay: packet in to its first octet on the line %.1f ms, first octet from the line "
	    "to its packet out %.1f ms (20 of that the packet)\n",
	    to_pstn / 1e6 / to_pstn_count, to_ip / 1e6 / to_ip_count);
	printf(
	    "# CPU: %.1f us per call per 20 ms, %.1f %% of a core for %u calls; RTCP packets %u\n",
	    cpu / 1e3 / CALLS / (ms / 20.0), cpu / 1e4 / ms, CALLS, rtcp);
	assert_true(rig->states >= 3);
	assert_true(rig->alive >= 1);
	assert_int_equal(rig->refused, 0);
}

static void goes_on_after_it_was_killed(void **state)
{
	struct rig *rig = *state;
	struct call *c = &rig->call[0];
	uint32_t ssrc;
	unsigned ready;

	order_calls(rig, 2);
	rig->talk = RIG_TALK;
	rig_go_on(rig, 2, 1500, NULL);
	assert_true(c->packets > 20);
	ssrc = c->ssrc;
	c->gap_ns = rig->paused_ns = 0;

	kill(rig->pid, SIGKILL);
	waitpid(rig->pid, NULL, 0);
	close(rig->pipe);
	rig_start_media(rig);
	order_calls(rig, 2);
	rig_go_on(rig, 2, 5000, &rig->ready);
	ready = c->packets;
	rig_go_on(rig, 2, 1000, NULL);
	assert_true(c->packets > ready + 40);
	assert_int_equal(c->ssrc, ssrc);
	assert_int_equal(c->breaks, 0);
	printf("# killed: %.0f ms without RTP\n", c->gap_ns / 1e6);
	if (rig->realtime) /* else it is a matter of what else the machine does */
		assert_true(c->gap_ns < 300 * MS + rig->paused_ns);
	/* timestamps went on with time: what has been heard and what was lost make up the whole */
	int ahead = c->next_timestamp - c->first_timestamp - c->peer_heard;
	assert_in_range(ahead, 1, c->gap_ns / 125000 + PACKET);
	struct heard h;
	rig_go_on_evenly(rig, 2, 500);
	heard_compare(&h, 0, 1, c->line_octets, c->line_heard);
	assert_true(h.same >= 2000 && !h.wrong);
}

static void digits_go_both_ways(void **state)
{
	struct rig *rig = *state;
	struct call *c = &rig->call[0];
	struct digit_step step;
	uint8_t event[4] = {6, 10, 0, 0};

	order_calls(rig, 1);
	rig_go_on(rig, 1, 5000, &rig->ready);
	rig_go_on(rig, 1, 100, NULL);
	digit_player_start(rig->player, '4', 120);
	rig_go_on(rig, 1, 2000, &rig->digits);
	assert_int_equal(rig->digit, '4');
	assert_int_equal(rig->digit_end, c->channel);
	rig_go_on(rig, 1, 2000, &c->event_ends);
	rig_go_on(rig, 1, 100, NULL);
	assert_int_equal(c->event_ends, 3);
	assert_in_range(c->events, 5, 12);

	rig->digits = 0;
	for (unsigned i = 1; i <= 5; i++) { /* and all its ends are lost */
		event[2] = i * 160 >> 8;
		event[3] = i * 160 & 0xff;
		peer_send(c, EVENT_TYPE, i == 1, 5000, event, 4);
		rig_go_on(rig, 1, 20, NULL);
	}
	rig_go_on(rig, 1, 2000, &rig->digits);
	assert_int_equal(rig->digit, '6');
	assert_int_equal(rig->digit_end, c->stream);
	rig_go_on(rig, 1, 200, NULL);
	assert_true(digit_steps_take(&rig->steps, &step));
	assert_int_equal(step.digit, '6');
	assert_true(digit_steps_take(&rig->steps, &step));
	assert_int_equal(step.kind, DIGIT_ENDED);
	assert_in_range(step.duration_ms, 80, 350);
	assert_false(digit_steps_take(&rig->steps, &step));
}

/* So much of what the peer has heard was no silence. */
static unsigned sound_ms(const struct call *c, unsigned from)
{
	int16_t linear[LENGTH];
	unsigned loud = 0;

	codec_to_linear(CODEC_ALAW, c->peer_octets + from, linear, c->peer_heard - from);
	for (unsigned i = 0; i < c->peer_heard - from; i++)
		loud += abs(linear[i]) > 256; /* a digit of -6 dBm0 is seldom less */
	return loud / 8;
}

/* A digit goes to the IP side once: as sound, as events, or by SIP, which sipspand sees to. What is heard
 * of it before it is known for one cannot be taken back. */
static void a_digit_that_is_signalled_is_not_heard(void **state)
{
	static const struct {
		unsigned event_type, signalled, sound_min, sound_max, events;
	} rows[] = {
	    {0, 0, 90, 120, 0},	       {0, 1, 0, 45, 0},
	    {EVENT_TYPE, 0, 0, 45, 3}, {EVENT_TYPE, 1, 0, 45, 3}, /* who takes events has them */
	    {0, 0, 90, 120, 0},					  /* and again */
	};
	struct rig *rig = *state;
	struct call *c = &rig->call[0];

	order_calls(rig, 1);
	rig->talk = RIG_QUIET;
	rig_go_on(rig, 1, 5000, &rig->ready);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		unsigned from;

		order_stream_set(rig, c, rows[i].event_type, rows[i].signalled);
		rig_go_on(rig, 1, 200, NULL);
		from = c->peer_heard;
		rig->digits = c->event_ends = 0;
		digit_player_start(rig->player, '4', 120);
		rig_go_on(rig, 1, 2000, &rig->digits);
		assert_int_equal(rig->digits, 1); /* sipspand hears of it in any case */
		rig_go_on(rig, 1, 200, NULL);
		assert_true(c->peer_heard > from + 100 * 8);
		assert_in_range(sound_ms(c, from), rows[i].sound_min, rows[i].sound_max);
		assert_int_equal(c->event_ends, rows[i].events);
	}
}

static void plays_digits_and_tones_when_told(void **state)
{
	struct rig *rig = *state;
	struct call *c = &rig->call[0];
	struct digit_step step;
	struct wire_message m;
	unsigned packets, ms;

	order_hello(rig);
	order_span(rig);
	order_channel(rig, c);
	order_stream(rig, c);
	rig_go_on(rig, 1, 5000, &rig->ready);
	rig_go_on(rig, 1, 50, NULL);
	assert_int_equal(c->packets, 0);
	wire_message_init(&m, WIRE_TONE_PLAY, c->stream); /* without a bridge */
	strcpy(m.body.tone.tone, "425/1000,0/4000");
	order(rig, &m, NULL, 0);
	ms = rig_go_on(rig, 1, 400, NULL);
	assert_in_range(c->packets, 15, ms / 20 + 2);
	wire_message_init(&m, WIRE_TONE_PLAY, c->stream);
	order(rig, &m, NULL, 0);
	rig_go_on(rig, 1, 100, NULL);
	packets = c->packets;
	rig_go_on(rig, 1, 100, NULL);
	assert_int_equal(c->packets, packets);

	wire_message_init(&m, WIRE_DIGIT_PLAY, c->stream);
	m.body.digit.digit = '#';
	order(rig, &m, NULL, 0);
	rig_go_on(rig, 1, 2000, &c->event_ends);
	assert_true(c->events >= 5);
	wire_message_init(&m, WIRE_DIGIT_PLAY, c->channel);
	m.body.digit.digit = 'A';
	m.body.digit.duration_ms = 80;
	order(rig, &m, NULL, 0);
	rig_go_on(rig, 1, 300, NULL);
	assert_true(digit_steps_take(&rig->steps, &step));
	assert_int_equal(step.digit, 'A');
}

static void joins_any_two_ends(void **state)
{
	struct rig *rig = *state;
	struct call *a = &rig->call[0], *b = &rig->call[1];
	struct heard h;

	order_hello(rig);
	order_span(rig);
	order_channel(rig, a);
	order_channel(rig, b);
	order_bridge(rig, 1, a->channel, b->channel);
	order_stream(rig, a);
	order_stream(rig, b);
	order_bridge(rig, 2, a->stream, b->stream);
	rig_go_on(rig, 2, 5000, &rig->ready);
	rig->talk = RIG_ANSWER;
	rig_go_on_evenly(rig, 2, 1300);
	rig_listen_last(rig, 2);
	heard_compare(&h, 0, 0, b->line_octets, b->line_heard);
	assert_true(h.same > 8000 && !h.wrong);
	heard_compare(&h, 1, 0, a->line_octets, a->line_heard);
	assert_true(h.same > 8000 && !h.wrong);
	heard_compare(&h, 0, 1, b->peer_octets, b->peer_heard);
	assert_true(h.same > 8000 && !h.wrong);
	heard_compare(&h, 1, 1, a->peer_octets, a->peer_heard);
	assert_true(h.same > 8000 && !h.wrong);
}

static void ends_come_and_go(void **state)
{
	struct rig *rig = *state;
	struct heard h;

	order_calls(rig, 4);
	rig->talk = RIG_TALK;
	rig_go_on(rig, 4, 5000, &rig->ready);
	rig_go_on(rig, 4, 300, NULL);
	for (unsigned i = 0; i < 4; i++) {
		order_simple(rig, WIRE_END_CLOSE, rig->call[i].channel);
		order_simple(rig, WIRE_END_CLOSE, rig->call[i].stream);
	}
	rig_go_on(rig, 4, 100, NULL); /* the peers still send, the sockets are still there */
	for (int i = 3; i >= 0; i--) {
		struct call *c = &rig->call[i];
		c->stream += 1000;
		c->channel += 1000;
		order_channel(rig, c);
		order_stream(rig, c);
		order_bridge(rig, c->bridge, c->stream, c->channel);
	}
	rig_go_on_evenly(rig, 4, 1000);
	assert_int_equal(rig->refused, 0);
	for (unsigned i = 0; i < 4; i++) {
		struct call *c = &rig->call[i];
		heard_compare(&h, i, 1, c->line_octets, c->line_heard);
		assert_true(h.same > 7000 && !h.wrong);
		heard_compare(&h, i, 0, c->peer_octets, c->peer_heard);
		assert_true(h.same > 7000 && !h.wrong);
	}
}

static void refuses_what_it_cannot_do(void **state)
{
	static const struct {
		enum wire_type type;
		uint32_t id, number[3];
		int error;
	} rows[] = {
	    {WIRE_SPAN_OPEN, 0, {0}, -EINVAL},
	    {WIRE_SPAN_OPEN, 2, {99}, -EINVAL},
	    {WIRE_SPAN_CLOSE, 2, {0}, -ENOENT},
	    {WIRE_SPAN_CLOSE, 4000000000u, {0}, -ENOENT},
	    {WIRE_STREAM_OPEN, 5, {0}, -EINVAL}, /* without sockets */
	    {WIRE_STREAM_SET, 5, {0}, -ENOENT},
	    {WIRE_CHANNEL_OPEN, 5, {9, 1, 80}, -ENOENT},     /* no such span */
	    {WIRE_CHANNEL_OPEN, 5, {SPAN, 16, 80}, -EINVAL}, /* the D channel */
	    {WIRE_CHANNEL_OPEN, 5, {SPAN, 99, 80}, -EINVAL},
	    {WIRE_CHANNEL_OPEN, 5, {SPAN, 2, 81}, -EINVAL},
	    {WIRE_CHANNEL_OPEN, 5, {SPAN, 1, 80}, -EBUSY},
	    {WIRE_CHANNEL_OPEN, 200, {SPAN, 3, 80}, -EEXIST},
	    {WIRE_END_CLOSE, 5, {0}, -ENOENT},
	    {WIRE_BRIDGE_OPEN, 6, {200, 5}, -ENOENT},
	    {WIRE_BRIDGE_OPEN, 6, {200, 200}, -EINVAL},
	    {WIRE_BRIDGE_CLOSE, 6, {0}, -ENOENT},
	    {WIRE_BRIDGE_CLOSE, 0, {0}, -ENOENT},
	    {WIRE_CONFERENCE_SET, 6, {WIRE_CONFERENCE_ENDS_MAX + 1}, -EINVAL},
	    {WIRE_CONFERENCE_SET, 6, {4000000000u, 200, 200}, -EINVAL},
	    {WIRE_CONFERENCE_SET, 6, {2, 200, 5}, -ENOENT},
	    {WIRE_CONFERENCE_SET, 6, {2, 200, 200}, -EINVAL},
	    {WIRE_CONFERENCE_SET, 0, {1, 200}, -EINVAL},
	    {WIRE_DIGIT_PLAY, 200, {'x'}, -EINVAL},
	    {WIRE_TONE_PLAY, 5, {0}, -ENOENT},
	    {WIRE_HELLO, 0, {WIRE_VERSION, 1}, -EINVAL},
	    {WIRE_HELLO, 0, {WIRE_VERSION + 1, 1}, -EPROTO},
	    {WIRE_READY, 0, {0}, -EOPNOTSUPP},
	};
	struct rig *rig = *state;
	struct wire_message m;

	order_simple(rig, WIRE_END_CLOSE, 1); /* before the HELLO */
	order_hello(rig);
	order_span(rig);
	order_channel(rig, &rig->call[0]);
	rig_go_on(rig, 0, 5000, &rig->ready);
	assert_int_equal(rig->refused, 1);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		wire_message_init(&m, rows[i].type, rows[i].id);
		memcpy(m.body.raw, rows[i].number, sizeof(rows[i].number));
		rig->refused = 0;
		order(rig, &m, NULL, 0);
		rig_go_on(rig, 0, 2000, &rig->refused);
		if (rig->refused != 1 || rig->refused_error != rows[i].error)
			fail_msg("row %u: %d", i, rig->refused_error);
	}
	/* and it lives */
	rig->refused = 0;
	order_simple(rig, WIRE_END_CLOSE, 200);
	order_simple(rig, WIRE_SPAN_CLOSE, SPAN);
	order_span(rig);
	rig_go_on(rig, 0, 100, NULL);
	assert_int_equal(rig->refused, 0);
}

static void ends_when_sipspand_is_gone(void **state)
{
	struct rig *rig = *state;
	int status;

	order_calls(rig, 2);
	rig->talk = RIG_TALK;
	rig_go_on(rig, 2, 5000, &rig->ready);
	rig_go_on(rig, 2, 100, NULL);
	status = rig_end_media(rig, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int run_program(const char *one, const char *two)
{
	char *argv[] = {(char *)"sipspan-media", (char *)one, (char *)two, NULL};
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawn(&pid, MEDIA_BUILT, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says_what_it_is_and_what_it_needs(void **state)
{
	assert_int_equal(run_program("--help", NULL), 0);
	assert_int_equal(run_program("--version", NULL), 0);
	assert_int_equal(run_program(NULL, NULL), 2);
	assert_int_equal(run_program("--pipe", "77"), 2);
	assert_int_equal(run_program("--pipe", "x"), 2);
	assert_int_equal(run_program("--pipe", "0"), 2);
	assert_int_equal(run_program("--nonsense", NULL), 2);
}

int test_media_process(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(carries_thirty_calls_bit_by_bit),
	    TEST(goes_on_after_it_was_killed),
	    TEST(digits_go_both_ways),
	    TEST(a_digit_that_is_signalled_is_not_heard),
	    TEST(plays_digits_and_tones_when_told),
	    TEST(joins_any_two_ends),
	    TEST(ends_come_and_go),
	    TEST(refuses_what_it_cannot_do),
	    TEST(ends_when_sipspand_is_gone),
	    cmocka_unit_test(says_what_it_is_and_what_it_needs),
	};

	return cmocka_run_group_tests_name("media: the program", tests, NULL, NULL);
}
