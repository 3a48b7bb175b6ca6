// SPDX-License-Identifier: GPL-2.0-or-later
/* A record for each call, whatever becomes of the gateway. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/call_rig.h"

static char *read_file(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static unsigned commas(const char *line)
{
	unsigned count = 0;

	for (; *line && *line != '\n'; line++)
		count += *line == ',';
	return count;
}

static void writes_one_record_a_call(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80], guid[GUID_TEXT_MAX];
	struct cause busy = cause_q850(17, 0, CAUSE_SOURCE_PSTN);
	struct cdr *cdr;
	struct scene *s;
	unsigned recovered;
	char *text;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	guid_write(&s->call->setup.guid, guid);
	call_set_name(s->call, "odd \"name\", with comma");
	call_event(&made[0].leg, CALL_EV_RELEASED, &busy);
	run_loop();
	text = read_file(path);
	assert_non_null(
	    strstr(text, "\n1,\"odd \"\"name\"\", with comma\",+442079460000,95551234,10,1,1/7,"));
	assert_non_null(strstr(text, ",17,486,called,0,0,0,0,,,speech,0,,,,5551234,+442079460000,,,"
				     "unknown/unknown,international/isdn,"));
	assert_non_null(strstr(text, guid));
	assert_int_equal(strlen(read_file(open_path)), 0);
	scene_free(s);
	cdr_close(cdr);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void settles_records_of_a_killed_gateway(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80];
	struct cdr *cdr;
	struct scene *s;
	unsigned recovered;
	char *text, *line;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	assert_int_equal(cdr_open(ctx, path, &cdr, NULL), 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	/* Killed here: the next one finds what this one had noted, and half a line of a torn write.
	 */
	fd = open(open_path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "+9 9,torn", 9), 9);
	close(fd);
	s->office->config.cdr = NULL;
	scene_free(s);
	cdr_close(cdr);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 1);
	text = read_file(path);
	line = strstr(text, "\n1,,+442079460000,95551234,10,1,1/7,20");
	assert_non_null(line);
	assert_non_null(strstr(line, "Z,41,,,0,0,0,0,,,,,,,,,,,,,,,\n"));
	assert_int_equal(commas(line + 1), commas(text)); /* as many fields as the heading has */
	assert_null(strstr(line, "Z,,"));		  /* the time of answer was known */
	cdr_close(cdr);
	assert_int_equal(cdr_open(ctx, path, &cdr, &recovered), 0);
	assert_int_equal(recovered, 0);
	cdr_close(cdr);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void moves_to_another_file_or_stays(void **state)
{
	char dir[] = "/tmp/cdrXXXXXX", path[64], open_path[80], same[80], pipe[64];
	struct cause normal = cause_q850(16, 0, CAUSE_SOURCE_PSTN);
	struct cdr *cdr;
	struct scene *s;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/calls.csv", dir);
	snprintf(open_path, sizeof(open_path), "%s.open", path);
	snprintf(same, sizeof(same), "%s/./calls.csv", dir);
	snprintf(pipe, sizeof(pipe), "%s/pipe", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(cdr_open(ctx, path, &cdr, NULL), 0);
	s = scene_new(cdr);
	scene_call(s, "95551234");
	call_event(&made[0].leg, CALL_EV_ANSWER, NULL);
	/* the same file by another name: the call that is up is not one of a killed run */
	assert_int_equal(cdr_move(cdr, same), 0);
	assert_null(strstr(read_file(path), "\n1,"));
	assert_non_null(strstr(read_file(open_path), "+1 "));
	/* nobody reads from the pipe */
	alarm(60);
	assert_int_equal(cdr_move(cdr, pipe), -ENXIO);
	alarm(0);
	/* no more records, and what fails leaves it so */
	assert_int_equal(cdr_move(cdr, NULL), 0);
	assert_int_equal(cdr_move(cdr, "/nonexistent/calls.csv"), -ENOENT);
	call_event(&made[0].leg, CALL_EV_RELEASED, &normal);
	run_loop();
	assert_non_null(strstr(read_file(path), "\n1,"));
	scene_call(s, "95551234");
	call_event(&made[1].leg, CALL_EV_RELEASED, &normal);
	run_loop();
	assert_null(strstr(read_file(path), "\n2,"));
	scene_free(s);
	cdr_close(cdr);
	unlink(pipe);
	unlink(path);
	unlink(open_path);
	rmdir(dir);
}

static void goes_on_without_a_place_for_records(void **state)
{
	struct cdr *cdr;

	assert_int_equal(cdr_open(ctx, "/nonexistent/calls.csv", &cdr, NULL), -ENOENT);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_one_record_a_call),
	    cmocka_unit_test(settles_records_of_a_killed_gateway),
	    cmocka_unit_test(moves_to_another_file_or_stays),
	    cmocka_unit_test(goes_on_without_a_place_for_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return call_rig_main(run);
}
