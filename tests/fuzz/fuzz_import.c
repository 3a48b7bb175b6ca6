// SPDX-License-Identifier: GPL-2.0-or-later
/* What `show running-config` of an IOS gateway prints. What comes out of it can be loaded, which is tried with
 * inputs of a length of 32, 64, 96...
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/import if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/import/import.h"
#include "conf/load.h"
#include "gateway/log/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop_error(void *arg, const char *text)
{
	if (!strstr(text, ": warning: "))
		++*(unsigned *)arg;
}

static void setup(void)
{
	static struct vty_app_info info = {.name = "fuzz", .version = "0"};

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	vty_init(&info);
	load_setup(NULL);
}

/* It ends with a zero. */
static char *written(const struct import *im, void (*write)(const struct import *, FILE *),
		     size_t *size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, size);

	assert(file);
	write(im, file);
	assert(fclose(file) == 0);
	assert(strlen(text) == *size);
	return text;
}

static void look_at_result(const struct import *im, bool loads)
{
	struct load_text text = {.name = "f"};
	struct conf *conf = NULL;
	unsigned errors = 0;
	size_t report_size;
	char *octets = written(im, import_write, &text.length);
	char *report = written(im, import_write_report, &report_size);

	text.octets = octets;
	if (loads && (load_from_text(NULL, &text, drop_error, &errors, &conf) || errors)) {
		fprintf(stderr, "%s", octets);
		abort();
	}
	assert(report_size > 0);
	conf_free(conf);
	free(octets);
	free(report);
}

static bool is_tried(size_t size)
{
#ifdef REPLAY
	return true;
#else
	return size % 32 == 0;
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct import *im;
	char why[256] = "";

	if (!ready)
		setup();
	ready = true;
	if (import_new(NULL, "f", (const char *)data, size, why, sizeof(why), &im) < 0) {
		assert(why[0]);
		return 0;
	}
	look_at_result(im, is_tried(size));
	import_free(im);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "import", replay);
}
#endif
