// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/exchange/lapd.h"
#include "gateway/exchange/script.h"
#include "gateway/exchange/script_message.h"
#include "gateway/log/log.h"

static void *ctx;

/* ---- two ends of LAPD, with frames that get lost */

#define IN_FLIGHT 64

struct end {
	struct lapd *lapd;
	struct end *peer;
	unsigned ups, downs;
	char heard[512]; /* first octets of messages, as letters */
	unsigned frames, lose_every;
};

static struct {
	struct end *to;
	uint8_t octets[600];
	size_t length;
} flight[IN_FLIGHT];
static unsigned flight_first, flight_count;

static void on_link(void *arg, bool up)
{
	struct end *end = arg;

	*(up ? &end->ups : &end->downs) += 1;
}

static void on_message(void *arg, const uint8_t *octets, size_t length)
{
	struct end *end = arg;
	size_t used = strlen(end->heard);

	if (length == 0)
		return;
	assert_int_equal(length, 1);
	assert_true(used < sizeof(end->heard) - 1);
	end->heard[used] = (char)octets[0];
}

static void on_transmit(void *arg, const uint8_t *frame, size_t length)
{
	struct end *end = arg;
	unsigned slot = (flight_first + flight_count) % IN_FLIGHT;

	if (end->lose_every != 0 && ++end->frames % end->lose_every == 0)
		return;
	assert_true(flight_count < IN_FLIGHT && length <= sizeof(flight[0].octets));
	flight[slot].to = end->peer;
	flight[slot].length = length;
	memcpy(flight[slot].octets, frame, length);
	flight_count++;
}

static const struct lapd_handlers handlers = {
    .link = on_link,
    .message = on_message,
    .transmit = on_transmit,
};

static void deliver(void)
{
	while (flight_count > 0) {
		unsigned slot = flight_first;

		flight_first = (flight_first + 1) % IN_FLIGHT;
		flight_count--;
		lapd_receive(flight[slot].to->lapd, flight[slot].octets, flight[slot].length);
	}
}

static void run_ms(unsigned ms)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		deliver();
		osmo_select_main(1);
		usleep(500);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static struct end ends[2];

static int two_ends(void **state)
{
	memset(ends, 0, sizeof(ends));
	flight_count = 0;
	for (int i = 0; i < 2; i++) {
		const struct lapd_config config = {
		    .network = i == 0, .t200_ms = 20, .t203_ms = 200};

		ends[i].peer = &ends[1 - i];
		if (lapd_new(ctx, &config, &handlers, &ends[i], &ends[i].lapd) < 0)
			return -1;
	}
	return 0;
}

static int no_ends(void **state)
{
	lapd_free(ends[0].lapd);
	lapd_free(ends[1].lapd);
	return 0;
}

static void say(struct end *end, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		assert_int_equal(lapd_send(end->lapd, (const uint8_t *)letters, 1), 0);
		deliver();
	}
}

static const char *const alphabet = "abcdefghijklmnopqrstuvwxyz";

static void link_comes_up_and_goes_down(void **state)
{
	assert_int_equal(lapd_send(ends[0].lapd, (const uint8_t *)"x", 1), -ENETDOWN);
	lapd_establish(ends[0].lapd);
	deliver();
	assert_true(lapd_is_up(ends[0].lapd) && lapd_is_up(ends[1].lapd));
	say(&ends[0], "abc");
	say(&ends[1], "xyz");
	assert_string_equal(ends[1].heard, "abc");
	assert_string_equal(ends[0].heard, "xyz");
	assert_int_equal(lapd_unacknowledged(ends[0].lapd), 0);
	lapd_release(ends[1].lapd);
	deliver();
	assert_false(lapd_is_up(ends[0].lapd) || lapd_is_up(ends[1].lapd));
	assert_int_equal(ends[0].downs, 1);
}

static void numbers_go_round(void **state)
{
	lapd_establish(ends[0].lapd);
	deliver();
	for (int i = 0; i < 10; i++)
		say(&ends[0], alphabet);
	assert_int_equal(strlen(ends[1].heard), 260);
	assert_int_equal(ends[1].ups, 1);
}

static void lost_frames_are_sent_again_in_order(void **state)
{
	lapd_establish(ends[0].lapd);
	deliver();
	ends[0].lose_every = 3;
	ends[1].lose_every = 5;
	say(&ends[0], alphabet);
	for (int i = 0; i < 40 && lapd_unacknowledged(ends[0].lapd) > 0; i++)
		run_ms(25);
	assert_string_equal(ends[1].heard, alphabet);
	assert_int_equal(ends[0].ups, 1);
}

static void no_more_than_the_window_goes_out(void **state)
{
	lapd_establish(ends[0].lapd);
	deliver();
	lapd_behave(ends[1].lapd, LAPD_IGNORE_I);
	for (const char *c = alphabet; *c != '\0'; c++)
		assert_int_equal(lapd_send(ends[0].lapd, (const uint8_t *)c, 1), 0);
	assert_int_equal(flight_count, 7);
	deliver();
	assert_string_equal(ends[1].heard, "");
	lapd_behave(ends[1].lapd, LAPD_NORMAL);
	for (int i = 0; i < 40 && lapd_unacknowledged(ends[0].lapd) > 0; i++)
		run_ms(25);
	assert_string_equal(ends[1].heard, alphabet);
}

static void busy_end_gets_it_later(void **state)
{
	lapd_establish(ends[0].lapd);
	deliver();
	lapd_behave(ends[1].lapd, LAPD_BUSY);
	deliver();
	say(&ends[0], "ab");
	assert_string_equal(ends[1].heard, "");
	lapd_behave(ends[1].lapd, LAPD_NORMAL);
	for (int i = 0; i < 40 && lapd_unacknowledged(ends[0].lapd) > 0; i++)
		run_ms(25);
	assert_string_equal(ends[1].heard, "ab");
	assert_int_equal(ends[0].downs, 0);
}

static void silent_end_is_given_up_and_found_again(void **state)
{
	lapd_establish(ends[0].lapd);
	deliver();
	lapd_behave(ends[1].lapd, LAPD_SILENT);
	run_ms(400); /* T203, N200 times T200 */
	assert_false(lapd_is_up(ends[0].lapd));
	assert_int_equal(ends[0].downs, 1);
	lapd_behave(ends[1].lapd, LAPD_NORMAL);
	run_ms(100);
	assert_true(lapd_is_up(ends[0].lapd) && lapd_is_up(ends[1].lapd));
}

static void refusing_end_stays_down(void **state)
{
	lapd_behave(ends[1].lapd, LAPD_REFUSING);
	lapd_establish(ends[0].lapd);
	run_ms(100);
	assert_false(lapd_is_up(ends[0].lapd) || lapd_is_up(ends[1].lapd));
}

static void random_frames_do_no_harm(void **state)
{
	uint8_t frame[16];

	srandom(1);
	for (int i = 0; i < 20000; i++) {
		size_t length = 1 + (size_t)random() % sizeof(frame);

		for (size_t n = 0; n < length; n++)
			frame[n] = (uint8_t)random();
		frame[0] &= 0x02;
		if (length > 1)
			frame[1] = 0x01;
		if (length > 4) /* messages are one octet here */
			length = 5;
		memset(ends[0].heard, 0, sizeof(ends[0].heard));
		memset(ends[1].heard, 0, sizeof(ends[1].heard));
		if (length < 5)
			lapd_receive(ends[i % 2].lapd, frame, length);
		flight_count = 0;
	}
}

/* ---- words and octets */

#define WORDS_MAX 8

static unsigned split(char *text, char **words)
{
	unsigned count = 0;
	char *word;

	while ((word = strsep(&text, " ")) != NULL && count < WORDS_MAX)
		words[count++] = word;
	return count;
}

static const struct built {
	const char *words, *octets; /* octets behind 0802 0001 05 */
} built[] = {
    {"bearer=speech", "04038090a3"},
    {"bearer=3k1,law=ulaw", "04039090a2"},
    {"bearer=data", "04028890"},
    {"channel=3,exclusive", "1803a98383"},
    {"channel=31", "1803a1839f"},
    {"channel=3,interface=1", "1804e1818383"},
    {"channel=any", "1801a3"},
    {"channel=none", "1801a0"},
    {"channel=1,map=0102", "1804a1930102"},
    {"called=2001", "70058132303031"},
    {"calling=12,type=national,plan=isdn", "6c03a13132"},
    {"calling=12,presentation=restricted,screening=3", "6c0401a33132"},
    {"redirecting=1,reason=15", "740401008f31"},
    {"cause=16", "08028090"},
    {"cause=96,location=2,diagnostics=18", "080382e018"},
    {"progress=8,location=1", "1e028188"},
    {"call-state=10", "14010a"},
    {"restart=all", "790187"},
    {"display=Zoe", "28035a6f65"},
    {"sending-complete", "a1"},
    {"shift=5", "9d"},
    {"shift=6,locking", "96"},
    {"facility=91a1", "1c0291a1"},
    {"0x5f=01.02", "5f020102"},
    {"0xb1", "b1"},
    {"octets=ff00", "ff00"},
    {"called=2001,length=90", "705a8132303031"},
    {"sending-complete cause=16", "a108028090"},
};

static void words_become_octets(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(built); i++) {
		char copy[128], why[256] = "", hex[256] = "";
		char *words[WORDS_MAX];
		struct script_outline outline = {.type = 0x05, .reference = 1, .words = words};
		struct script_message message;

		strcpy(copy, built[i].words);
		outline.count = split(copy, words);
		if (script_message_build(&outline, &message, why, sizeof(why)) < 0)
			fail_msg("%s: %s", built[i].words, why);
		for (size_t n = 5; n < message.length; n++)
			sprintf(hex + 2 * (n - 5), "%02x", message.octets[n]);
		assert_string_equal(hex, built[i].octets);
	}
}

/* What was built is what is read, as far as a condition may ask for it. */
static void octets_become_words(void **state)
{
	const struct script_captures captures = {0};

	for (size_t i = 0; i < ARRAY_SIZE(built); i++) {
		char copy[128], why[256] = "";
		char *words[WORDS_MAX];
		struct script_message message = {.octets = {0x08, 0x02, 0x00, 0x01, 0x05}};
		unsigned count;

		strcpy(copy, built[i].words);
		count = split(copy, words);
		if (script_message_check(words, count, why, sizeof(why)) < 0 ||
		    strstr(built[i].words, "map=") != NULL)
			continue; /* shift=, octets=, length=; a map has no channel number */
		message.length = 5 + (size_t)script_hex(built[i].octets, message.octets + 5, 200);
		if (script_message_match(&message, words, count, &captures, why) != 1)
			fail_msg("%s: %s", built[i].words, why);
	}
}

static const struct {
	const char *words, *octets;
} wholes[] = {
    {"cut=4", "08020001"},
    {"flip=0", "0902000105"},
    {"flip=39", "0802000185"},
    {"discriminator=0x43", "4302000105"},
    {"flag=1", "0802800105"},
    {"reference-octets=0", "080005"},
    {"reference-octets=3", "080300000105"},
};

static void messages_are_wrong_as_told(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
		char copy[128], why[256] = "", hex[256] = "";
		char *words[WORDS_MAX];
		struct script_outline outline = {.type = 0x05, .reference = 1, .words = words};
		struct script_message message;

		strcpy(copy, wholes[i].words);
		outline.count = split(copy, words);
		assert_int_equal(script_message_build(&outline, &message, why, sizeof(why)), 0);
		for (size_t n = 0; n < message.length; n++)
			sprintf(hex + 2 * n, "%02x", message.octets[n]);
		assert_string_equal(hex, wholes[i].octets);
	}
}

static void random_messages_are_matched_without_harm(void **state)
{
	static char *const words[] = {"bearer=speech", "channel=3",   "called=1", "cause=16",
				      "progress=8",    "restart=all", "display",  "!facility"};
	const struct script_captures captures = {0};
	struct script_message message;
	char why[256];

	srandom(2);
	for (int i = 0; i < 20000; i++) {
		message.length = (size_t)random() % 64;
		for (size_t n = 0; n < message.length; n++)
			message.octets[n] = (uint8_t)random();
		for (size_t n = 5; n < message.length; n += 8) {
			static const uint8_t ids[] = {0x04, 0x08, 0x18, 0x1e, 0x28, 0x70, 0x79};

			message.octets[n] = ids[(size_t)random() % sizeof(ids)];
			if (n + 1 < message.length)
				message.octets[n + 1] = (uint8_t)(random() % 8);
		}
		for (size_t w = 0; w < ARRAY_SIZE(words); w++)
			script_message_match(&message, &words[w], 1, &captures, why);
	}
}

/* ---- sentences */

static const struct {
	const char *text, *sentence; /* NULL: it is good */
} texts[] = {
    {"layer2 up\nexpect layer2 up\n", NULL},
    {"send SETUP call a channel=$N ${ELEMENT} flip=$N\n", NULL},
    {"expect any call a !cause channel=?CH within 100 # why not\n", NULL},
    {"on RESTART send RESTART-ACK channel=same\n", NULL},
    {"macro m A B\n send RELEASE call $A cause=$B\nend\ndo m x 16\n", NULL},
    {"", "there is no order in it"},
    {"sedn SETUP\n", "1: sedn: expected send, expect"},
    {"\n\nsend SETPU call a\n", "3: SETPU: expected a message such as SETUP"},
    {"send SETUP\n", "1: send SETUP: expected call NAME"},
    {"send SETUP call a chanel=3\n", "1: chanel: expected an information element"},
    {"send SETUP call a channel=333\n", "1: 333: expected none, any, a number up to 129"},
    {"send SETUP call a channel\n", "1: channel needs a value"},
    {"send SETUP call a sending-complete=1\n", "1: sending-complete takes no value"},
    {"send SETUP call a channel=3,exclusiv\n", "1: channel has no option exclusiv"},
    {"send SETUP call a channel=3,exclusive=1\n", "1: option exclusive takes no value"},
    {"send SETUP call a facility=9\n", "1: 9: expected pairs of hexadecimal digits"},
    {"send SETUP call a cut=999\n", "1: cut=999: expected a number up to 508"},
    {"send octets 123\n", "1: octets: expected pairs of hexadecimal digits"},
    {"expect CONNECT within soon\n", "1: soon: expected milliseconds"},
    {"expect nothing\n", "1: expected expect nothing [call NAME] for MS"},
    {"expect layer2 sideways\n", "1: expected expect layer2 up|down"},
    {"expect CONNECT call\n", "1: call: expected the name of a call"},
    {"expect CONNECT octets=00\n", "1: octets cannot be expected"},
    {"on SETUP answer CONNECT\n", "1: expected on MESSAGE ... send MESSAGE ..., or ignore"},
    {"layer2 sidewards\n", "1: layer2 sidewards: expected up, down"},
    {"wait\n", "1: expected wait MS"},
    {"audio 99 echo\n", "1: expected audio CHANNEL echo|tone|off"},
    {"call a 5\n", "1: expected call NAME REFERENCE ours|theirs"},
    {"repeat 3\nwait 1\n", "1: repeat: expected end after it"},
    {"end\n", "1: end: expected repeat or macro before"},
    {"repeat x\nend\n", "1: expected repeat N [as NAME]"},
    {"do nothing_known\n", "1: do nothing_known: there is no such macro"},
    {"macro m A\nend\ndo m\n", "3: do m: expected 1 values"},
    {"macro m\nend\nmacro m\nend\n", "3: macro m exists already"},
    {"print \"open\n", "1: a quote is not closed"},
    {"send SETUP call a channel=${N\n", "1: channel=${N: expected $NAME or ${NAME}"},
    {"include nowhere.inc\n", "nowhere.inc cannot be read: No such file"},
};

static void each_mistake_gets_one_sentence(void **state)
{
	char path[] = "/tmp/test_script.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct script_config config = {.path = path, .network = true};
		struct script *script = NULL;
		char why[512] = "";
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(texts[i].text, file);
		fclose(file);
		if (script_new(ctx, &config, &script, why, sizeof(why)) == 0)
			why[0] = '\0';
		script_free(script);
		if (texts[i].sentence == NULL ? why[0] != '\0'
					      : strstr(why, texts[i].sentence) == NULL)
			fail_msg("%s is told: %s", texts[i].text, why);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(link_comes_up_and_goes_down, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(numbers_go_round, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(lost_frames_are_sent_again_in_order, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(no_more_than_the_window_goes_out, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(busy_end_gets_it_later, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(silent_end_is_given_up_and_found_again, two_ends,
					    no_ends),
	    cmocka_unit_test_setup_teardown(refusing_end_stays_down, two_ends, no_ends),
	    cmocka_unit_test_setup_teardown(random_frames_do_no_harm, two_ends, no_ends),
	    cmocka_unit_test(words_become_octets),
	    cmocka_unit_test(octets_become_words),
	    cmocka_unit_test(messages_are_wrong_as_told),
	    cmocka_unit_test(random_messages_are_matched_without_harm),
	    cmocka_unit_test(each_mistake_gets_one_sentence),
	};
	int status;

	ctx = talloc_named_const(NULL, 0, "test_script");
	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_ERROR);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return status;
}
