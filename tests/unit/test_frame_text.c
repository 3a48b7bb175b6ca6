// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames and messages as one line, and into a file for Wireshark. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/isdn/capture.h"
#include "drivers-glue/isdn/frame_text.h"
#include "tests/unit/hex.h"

static void frames_are_one_line(void **state)
{
	static const struct {
		const char *frame, *text;
	} rows[] = {
	    {"00017f", "SABMEp c/r=0 sapi=0 tei=0"},
	    {"020173", "UAp c/r=1 sapi=0 tei=0"},
	    {"02010106", "RR c/r=1 sapi=0 tei=0 nr=3"},
	    {"02010907", "REJp c/r=1 sapi=0 tei=0 nr=3"},
	    {"02010408", "INFO c/r=1 sapi=0 tei=0 ns=2 nr=4"},
	    {"fcff030f123401ff", "UI c/r=0 sapi=63 tei=127"},
	    {"02", "broken frame of 1 octets"},
	    {"020100", "broken frame of 3 octets"},
	};
	uint8_t octets[64];
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = from_hex(rows[i].frame, octets);

		dss1_frame_text(octets, length, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void messages_are_one_line(void **state)
{
	static const struct {
		const char *message, *text;
	} rows[] = {
	    {"0802008605 04038090a3 1803a98383 6c0c2183 32303739343630303030 70058130303031 a1",
	     "SETUP pd = 8 callref = 0x0086, Bearer Capability i = 0x8090A3 (speech, A-law), "
	     "Channel ID i = 0xA98383 (exclusive, channel 3), Calling Party Number i = "
	     "0x218332303739343630303030 2079460000 (national, ISDN, allowed, network provided), "
	     "Called Party Number i = 0x8130303031 0001 (unknown, ISDN), Sending Complete"},
	    {"0802808645 08028291 1e028288",
	     "DISCONNECT pd = 8 callref = 0x8086, Cause i = 0x8291 (17, user busy, public "
	     "network, local user), Progress Ind i = 0x8288 (PI 8, in-band information)"},
	    {"0801817d 0802809e 14010a",
	     "STATUS pd = 8 callref = 0x81, Cause i = 0x809E (30, response to STATUS ENQUIRY, "
	     "user), Call State i = 0x0A (10, active)"},
	    {"0802000062 1c0c91a10902010102010730 0101",
	     "FACILITY pd = 8 callref = 0x0000, Facility i = 0x91A109020101020107300101 (invoke, "
	     "id 1, operation 7)"},
	    {"0802000246 1803a99383 790187",
	     "RESTART pd = 8 callref = 0x0002, Channel ID i = 0xA99383 (exclusive, slot map), "
	     "Restart Ind i = 0x87 (all interfaces)"},
	    {"0802000105 180188 28045a6f0a21 740621018f393939 9d320181 280301",
	     "SETUP pd = 8 callref = 0x0001, Channel ID i = 0x88 (exclusive, no channel), Display "
	     "i = 0x5A6F0A21 \"Zo?!\", Redirecting Number i = 0x21018F393939 999 (national, ISDN, "
	     "allowed, user provided, passed, unconditional), Calling Party Category (codeset 5) "
	     "i = 0x81, Display cut off"},
	    {"080062", "FACILITY pd = 8 callref = none"},
	    {"030200000f 0101c1", "type 0x0F pd = 3 callref = 0x0000, Change Status i = 0xC1"},
	    {"0802", "broken message of 2 octets"},
	    {"", "broken message of 0 octets"},
	};
	uint8_t octets[256];
	char text[DSS1_TEXT_MAX], cut[40];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = from_hex(rows[i].message, octets);
		uint8_t *exact = malloc(length ? length : 1);

		assert_non_null(exact);
		memcpy(exact, octets, length);
		dss1_message_text(exact, length, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		dss1_message_text(exact, length, cut, sizeof(cut));
		assert_int_equal(strncmp(text, cut, strlen(cut)), 0);
		free(exact);
	}
}

/* ---- capture */

static char folder[] = "/tmp/sipspan-capture-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/d.pcapng", folder);
	return 0;
}

static int remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static const uint8_t rr[] = {0x02, 0x01, 0x01, 0x02};
static const struct dss1_capture_frame frame = {
    .span = 3, .at = {1700000000, 5}, .octets = rr, .length = 4, .comment = "span 3, received"};

static long file_size(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (long)status.st_size;
}

/* Every block says its length twice, and the last one ends where the file does. */
static unsigned blocks_of_the_file(void)
{
	FILE *file = fopen(path, "rb");
	unsigned count = 0;
	uint32_t head[2], tail;

	assert_non_null(file);
	while (fread(head, sizeof(head), 1, file) == 1) {
		assert_int_equal(head[1] % 4, 0);
		assert_int_equal(fseek(file, (long)head[1] - 12, SEEK_CUR), 0);
		assert_int_equal(fread(&tail, sizeof(tail), 1, file), 1);
		assert_int_equal(tail, head[1]);
		count++;
	}
	assert_int_equal(ftell(file), file_size());
	fclose(file);
	return count;
}

static void capture_is_whole_and_private(void **state)
{
	struct dss1_capture *capture;
	struct stat status;
	char why[256];

	assert_int_equal(dss1_capture_open(NULL, path, 0, &capture, why, sizeof(why)), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(blocks_of_the_file(), 1);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(dss1_capture_frame(capture, &frame), 0);
	assert_int_equal(dss1_capture_frames(capture), 5);
	assert_int_equal(dss1_capture_size(capture), file_size());
	assert_int_equal(blocks_of_the_file(), 1 + 1 + 5);
	dss1_capture_close(capture);
}

static void capture_ends_at_its_size(void **state)
{
	struct dss1_capture *capture;
	char why[256];
	int rc = 0;

	assert_int_equal(dss1_capture_open(NULL, path, 1000, &capture, why, sizeof(why)), 0);
	while (rc == 0)
		rc = dss1_capture_frame(capture, &frame);
	assert_int_equal(rc, -EFBIG);
	assert_true(file_size() <= 1000 && file_size() > 900);
	blocks_of_the_file();
	dss1_capture_close(capture);
}

static void capture_is_whole_when_the_disk_is_full(void **state)
{
	struct rlimit before, full = {0};
	struct dss1_capture *capture;
	char why[256];
	int rc = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(dss1_capture_open(NULL, path, 0, &capture, why, sizeof(why)), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = 501; /* a write in the middle of a block is cut short */
	setrlimit(RLIMIT_FSIZE, &full);
	while (rc == 0)
		rc = dss1_capture_frame(capture, &frame);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, -ENOSPC);
	assert_true(file_size() < 501);
	assert_true(blocks_of_the_file() > 3);
	dss1_capture_close(capture);
}

static void capture_says_why_it_cannot_begin(void **state)
{
	struct dss1_capture *capture = NULL;
	char why[256];
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
	assert_int_equal(dss1_capture_open(NULL, path, 0, &capture, why, sizeof(why)), -EEXIST);
	assert_non_null(strstr(why, "is there already"));
	assert_int_equal(dss1_capture_open(NULL, "d.pcapng", 0, &capture, why, sizeof(why)),
			 -EINVAL);
	assert_non_null(strstr(why, "no absolute path"));
	assert_int_equal(
	    dss1_capture_open(NULL, "/no/such/folder/d", 0, &capture, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "No such file"));
	assert_null(capture);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_one_line),
	    cmocka_unit_test(messages_are_one_line),
	    IN_FOLDER(capture_is_whole_and_private),
	    IN_FOLDER(capture_ends_at_its_size),
	    IN_FOLDER(capture_is_whole_when_the_disk_is_full),
	    IN_FOLDER(capture_says_why_it_cannot_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
