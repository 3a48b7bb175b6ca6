// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames that are broken, on a line with a call up, through a real libpri: every bit of a SETUP
 * turned, and cut off at every octet. The call that is up does not notice, nothing is left behind,
 * and layer 2 stays where it is: the far end here is a Q.921 of this file's own, which numbers its
 * frames and expects every one to be acknowledged. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/isdn/q931_text.h"
#include "tests/unit/isdn_rig.h"

/* ---- the far end: a network that says what it is told */

static struct {
	int fd;
	uint8_t next;	      /* N(S) of the next frame sent */
	uint8_t expected;     /* N(R) */
	uint8_t acknowledged; /* last N(R) received */
	bool up;
	bool rejected;	 /* our frame was bad on purpose */
	char said[4096]; /* types of the messages that came back: "RELEASE COMPLETE 96|" */
} far;

static void far_send(const uint8_t *frame, size_t length)
{
	assert_int_equal(write(far.fd, frame, length), length);
}

static void far_acknowledge(void)
{
	uint8_t rr[4] = {0x00, 0x01, 0x01, (uint8_t)(far.expected << 1)};

	far_send(rr, sizeof(rr));
}

static void far_hear(const uint8_t *frame, size_t length)
{
	struct dss1_message message;
	size_t used = strlen(far.said);

	if ((frame[2] & 0xef) == 0x6f) { /* SABME */
		far_send((const uint8_t[]){0x00, 0x01, 0x73}, 3);
		far.next = far.expected = far.acknowledged = 0;
		far.up = true;
		return;
	}
	if ((frame[2] & 0x03) == 0x03)
		return;
	far.acknowledged = frame[3] >> 1;
	if (frame[2] & 0x01) {
		if (!(frame[0] & 0x02) && frame[3] & 0x01 && length == 4) /* poll */
			far_send(
			    (const uint8_t[]){0x00, 0x01, 0x01, (uint8_t)(far.expected << 1 | 1)},
			    4);
		if (!far.rejected)
			assert_int_not_equal(frame[2], 0x09); /* REJ: one of our frames was lost */
		return;
	}
	far.expected = (uint8_t)((frame[2] >> 1) + 1) & 0x7f;
	far_acknowledge();
	assert_int_equal(dss1_decode(frame + 4, length - 4, &message), 0);
	snprintf(far.said + used, sizeof(far.said) - used, "%s %u|", dss1_type_name(message.type),
		 message.cause);
}

static int far_readable(struct osmo_fd *fd, unsigned what)
{
	uint8_t frame[600];
	ssize_t length = read(fd->fd, frame, sizeof(frame));

	if (length > 3 || (length == 3 && (frame[2] & 3) == 3))
		far_hear(frame, (size_t)length);
	return 0;
}

static bool far_is_up(void *arg)
{
	return far.up && isdn_is_up(user.isdn);
}

static bool far_is_acknowledged(void *arg)
{
	return far.acknowledged == far.next;
}

/* Layer 3 of one I frame, and all of it is taken by layer 2. */
static void far_say(const uint8_t *message, size_t length)
{
	uint8_t frame[600] = {0x02, 0x01, (uint8_t)(far.next << 1), (uint8_t)(far.expected << 1)};

	memcpy(frame + 4, message, length);
	far.next = (far.next + 1) & 0x7f;
	far_send(frame, 4 + length);
	if (!run_until(far_is_acknowledged, NULL))
		fail_msg("N(R) %u, sent up to %u", far.acknowledged, far.next);
}

static int line_with_far_end(void **state)
{
	memset(&far, 0, sizeof(far));
	memset(&rig_config, 0, sizeof(rig_config));
	rig_config = (struct isdn_config){
	    .span = 1, .settle_ms = 1, .switch_type = ISDN_PRIMARY_NET5, .alaw = true};
	rig_config.timers_ms[ISDN_T305 - 300] = 200;
	rig_config.timers_ms[ISDN_T308 - 300] = 100;
	isdn_wire_open(&wire);
	far.fd = wire.user.inside; /* not through the wire: no copy, no fault */
	wire.user.reader.cb = far_readable;
	user = (struct side){.end = &wire.user, .peer = &user};
	network = (struct side){0};
	side_isdn_new(&user, false);
	if (!run_until(far_is_up, NULL))
		fail_msg("no SABME");
	forget();
	return 0;
}

static int no_far_end(void **state)
{
	isdn_free(user.isdn);
	isdn_wire_close(&wire);
	return 0;
}

/* ---- the SETUP that is broken, and the call that is up */

static const uint8_t setup_whole[] = {
    0x08, 0x02, 0x12, 0x34, 0x05, 0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa9, 0x83, 0x85, 0x1c,
    0x0f, 0x91, 0xa1, 0x0c, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00, 0x80, 0x04, 'Z',  'o',	'e',  '!',
    0x1e, 0x02, 0x82, 0x83, 0x28, 0x04, 'Z',  'o',  'e',  '!',	0x6c, 0x0c, 0x21, 0x83, '2',  '0',
    '7',  '9',	'4',  '6',  '0',  '0',	'0',  '0',  0x6d, 0x08, 0x80, 0x50, '1',  '2',	'3',  '4',
    '5',  '6',	0x70, 0x05, 0x81, '0',	'0',  '0',  '1',  0x71, 0x04, 0x80, 0x50, '7',	'8',  0x74,
    0x07, 0x21, 0x01, 0x82, '9',  '9',	'9',  '9',  0x7e, 0x04, 0x04, 'H',  'i',  '!',	0xa1,
};

static const uint8_t active_setup[] = {
    0x08, 0x02, 0x00, 0x02, 0x05, 0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03,
    0xa9, 0x83, 0x81, 0x70, 0x05, 0x81, '0',  '0',  '0',  '2',	0xa1,
};

static struct isdn_call *active;

static void call_is_made(void)
{
	static const uint8_t connect_ack[] = {0x08, 0x02, 0x00, 0x02, 0x0f};

	far_say(active_setup, sizeof(active_setup));
	wait_for(&user, "setup(0002,1)");
	active = user.calls[0];
	assert_int_equal(isdn_connect(active, NULL), 0);
	run_ms(5);
	far_say(connect_ack, sizeof(connect_ack));
	forget();
	far.said[0] = '\0';
}

static bool only_the_active_call_is_left(void *arg)
{
	for (unsigned i = 0; i < RIG_CALLS_MAX; i++) {
		if (user.calls[i] && user.calls[i] != active)
			isdn_release(user.calls[i], 88); /* RELEASE COMPLETE */
	}
	return isdn_call_count(user.isdn) == 1;
}

static void say_broken(const uint8_t *message, size_t length)
{
	far_say(message, length);
	if (!run_until(only_the_active_call_is_left, NULL))
		fail_msg("%u calls are left", isdn_call_count(user.isdn));
	if (strstr(user.heard, "released") && !user.calls[0])
		fail_msg("the call that was up is gone: %s", user.heard);
	far.said[0] = '\0';
	forget();
}

static void call_is_unharmed(void)
{
	static const uint8_t enquiry[] = {0x08, 0x02, 0x00, 0x02, 0x75};
	static const uint8_t disconnect[] = {0x08, 0x02, 0x00, 0x02, 0x45, 0x08, 0x02, 0x82, 0x90};
	static const uint8_t complete[] = {0x08, 0x02, 0x00, 0x02, 0x5a};

	assert_ptr_equal(user.calls[0], active);
	assert_string_equal(isdn_call_state_name(active), "ACTIVE");
	assert_int_equal(isdn_call_timeslot(active), 1);
	far_say(enquiry, sizeof(enquiry));
	run_ms(5);
	assert_string_equal(far.said, "STATUS 30|");
	far.said[0] = '\0';
	far_say(disconnect, sizeof(disconnect));
	wait_for(&user, "disconnect(16@2)");
	assert_int_equal(isdn_release(active, 16), 0);
	run_ms(5);
	assert_string_equal(far.said, "RELEASE 16|");
	far_say(complete, sizeof(complete));
	wait_for(&user, "released(16@2)");
	assert_int_equal(isdn_call_count(user.isdn), 0);
}

/* ---- memory */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

#define NOISE 1024 /* a call record of libpri has more */

static void memory_is_flat(size_t before)
{
	size_t after;

	run_ms(300); /* T305 and T308 */
	after = allocated();
	if (after > before + NOISE)
		fail_msg("%zu octets before, %zu now", before, after);
}

/* ---- tests */

static void every_bit_of_a_setup(void **state)
{
	uint8_t message[sizeof(setup_whole)];
	size_t before;

	call_is_made();
	say_broken(setup_whole, sizeof(setup_whole));
	before = allocated();
	for (size_t bit = 0; bit < 8 * sizeof(setup_whole); bit++) {
		memcpy(message, setup_whole, sizeof(message));
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		say_broken(message, sizeof(message));
	}
	memory_is_flat(before);
	call_is_unharmed();
}

static void every_truncation_of_a_setup(void **state)
{
	size_t before;

	call_is_made();
	say_broken(setup_whole, sizeof(setup_whole));
	before = allocated();
	for (size_t length = 0; length < sizeof(setup_whole); length++)
		say_broken(setup_whole, length);
	memory_is_flat(before);
	call_is_unharmed();
}

/* The same with the call reference of the call that is up; a message that is none any more or a
 * SETUP that there was must not touch it. DISCONNECT may: bit 6 of the type. */
static void every_bit_of_a_setup_for_the_call_that_is_up(void **state)
{
	uint8_t message[sizeof(setup_whole)];

	call_is_made();
	for (size_t bit = 0; bit < 8 * sizeof(setup_whole); bit++) {
		memcpy(message, setup_whole, sizeof(message));
		message[2] = 0x00;
		message[3] = 0x02;
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (message[4] != 0x45)
			say_broken(message, sizeof(message));
	}
	call_is_unharmed();
}

static void every_truncation_for_the_call_that_is_up(void **state)
{
	uint8_t message[sizeof(setup_whole)];

	call_is_made();
	memcpy(message, setup_whole, sizeof(message));
	message[2] = 0x00;
	message[3] = 0x02;
	for (size_t length = 0; length <= sizeof(message); length++)
		say_broken(message, length);
	call_is_unharmed();
}

/* Every type with nothing in it, each for another call that there is not, either flag. */
static void every_type_for_no_call(void **state)
{
	static const uint8_t first[] = {0x08, 0x02, 0x20, 0x00, 0x75};
	size_t before;

	call_is_made();
	say_broken(first, sizeof(first));
	before = allocated();
	for (unsigned i = 0; i < 512; i++) {
		uint8_t message[] = {0x08, 0x02, (uint8_t)(0x20 | (i & 1) << 7 | i >> 8),
				     (uint8_t)i, (uint8_t)(i >> 1)};

		say_broken(message, sizeof(message));
	}
	memory_is_flat(before);
	call_is_unharmed();
}

static bool far_is_still_up(void *arg)
{
	return isdn_is_up(user.isdn) && far.acknowledged == far.next;
}

/* Bits of the Q.921 header, and frames cut within it: lost or answered by REJ or a new SABME. */
static void every_bit_of_the_header(void **state)
{
	call_is_made();
	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t frame[4 + sizeof(setup_whole)] = {0x02, 0x01, (uint8_t)(far.next << 1),
							  (uint8_t)(far.expected << 1)};

		memcpy(frame + 4, setup_whole, sizeof(setup_whole));
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		far.rejected = true;
		far_send(frame, sizeof(frame));
		far_send(frame, bit % 4 + 1);
		run_ms(5);
		only_the_active_call_is_left(NULL);
		far.next = far.acknowledged; /* P bit: taken */
		if (!run_until(far_is_still_up, NULL))
			fail_msg("bit %u: layer 2 did not come back", bit);
		far.rejected = false;
		assert_ptr_equal(user.calls[0], active);
		far.said[0] = '\0';
		forget();
	}
	run_until(only_the_active_call_is_left, NULL);
	run_ms(5);
	far.said[0] = '\0';
	call_is_unharmed();
}

static void answers(const char *what, const uint8_t *message, size_t length, const char *said)
{
	far.said[0] = '\0';
	far_say(message, length);
	run_until(only_the_active_call_is_left, NULL);
	run_ms(5);
	if (strcmp(far.said, said) != 0)
		fail_msg("%s: \"%s\" came back, not \"%s\"", what, far.said, said);
}

#define ANSWERS(what, said, ...)                                                                   \
	answers(what, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), said)

/* Q.931 5.8, as far as it goes through libpri */
static void answers_as_q931_says(void **state)
{
	call_is_made();
	ANSWERS("too short", "", 0x08, 0x02, 0x00);
	ANSWERS("other protocol", "", 0x4f, 0x02, 0x00, 0x05, 0x05);
	ANSWERS("ALERTING for no call", "RELEASE COMPLETE 81|", 0x08, 0x02, 0x80, 0x05, 0x01);
	ANSWERS("HOLD for no call", "RELEASE COMPLETE 81|", 0x08, 0x02, 0x00, 0x05, 0x24);
	ANSWERS("PROGRESS for no call, nothing in it", "RELEASE COMPLETE 81|", 0x08, 0x02, 0x80,
		0x05, 0x03);
	ANSWERS("SETUP without bearer capability", "RELEASE COMPLETE 96|", 0x08, 0x02, 0x00, 0x05,
		0x05, 0x18, 0x03, 0xa9, 0x83, 0x85);
	ANSWERS("SETUP, bearer capability of one octet", "RELEASE COMPLETE 96|", 0x08, 0x02, 0x00,
		0x05, 0x05, 0x04, 0x01, 0x80, 0x18, 0x03, 0xa9, 0x83, 0x85);
	ANSWERS("SETUP, channel identification cut off", "RELEASE COMPLETE 100|", 0x08, 0x02, 0x00,
		0x05, 0x05, 0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa9);
	ANSWERS("unknown type", "STATUS 97|", 0x08, 0x02, 0x00, 0x02, 0x79);
	ANSWERS("type with bit 8", "STATUS 97|", 0x08, 0x02, 0x00, 0x02, 0x87);
	ANSWERS("SETUP for the call", "", 0x08, 0x02, 0x00, 0x02, 0x05);
	ANSWERS("SERVICE ACK that nobody asked for", "", 0x03, 0x02, 0x00, 0x00, 0x07);
	far.said[0] = '\0';
	call_is_unharmed();
}

static void bad_frames_are_counted(void **state)
{
	struct isdn_frame_counters before, after;

	call_is_made();
	isdn_frame_counters(user.isdn, &before);
	ANSWERS("too short", "", 0x08, 0x02, 0x00);
	ANSWERS("broken", "RELEASE COMPLETE 96|", 0x08, 0x02, 0x00, 0x05, 0x05, 0x04, 0x01, 0x80,
		0x18, 0x03, 0xa9, 0x83, 0x85);
	far_send((const uint8_t[]){0x03, 0x01, 0x73}, 3);
	run_ms(5);
	isdn_frame_counters(user.isdn, &after);
	assert_int_equal(after.ignored - before.ignored, 1);
	assert_int_equal(after.repaired - before.repaired, 1);
	assert_int_equal(after.dropped - before.dropped, 1);
	assert_true(after.received > before.received && after.sent > before.sent);
	far.said[0] = '\0';
	call_is_unharmed();
}

/* What a real libpri sends is good in every eye. */
static void frames_of_a_whole_call_are_all_good(void **state)
{
	struct isdn_frame_counters counters;

	whole_call(&user, &network);
	forget();
	whole_call(&network, &user);
	isdn_frame_counters(user.isdn, &counters);
	assert_int_equal(counters.repaired + counters.ignored + counters.dropped, 0);
	isdn_frame_counters(network.isdn, &counters);
	assert_int_equal(counters.repaired + counters.ignored + counters.dropped, 0);
	assert_true(counters.received > 8);
}

static int run(void)
{
#define FAR(test) cmocka_unit_test_setup_teardown(test, line_with_far_end, no_far_end)
	const struct CMUnitTest tests[] = {
	    FAR(every_bit_of_a_setup),
	    FAR(every_truncation_of_a_setup),
	    FAR(every_bit_of_a_setup_for_the_call_that_is_up),
	    FAR(every_truncation_for_the_call_that_is_up),
	    FAR(every_type_for_no_call),
	    FAR(every_bit_of_the_header),
	    FAR(answers_as_q931_says),
	    FAR(bad_frames_are_counted),
	    ON(net5_line, frames_of_a_whole_call_are_all_good),
	    ON(ni_line, frames_of_a_whole_call_are_all_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
