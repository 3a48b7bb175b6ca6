// SPDX-License-Identifier: GPL-2.0-or-later
/* A configuration. What is read is written again, and that must be read, and be written as the same lines.
 *
 * To say what was expected takes longer than all else: it is done for the first refused line, and if an input
 * has a length of 32, 64, 96... (the program is linked with --wrap).
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/conf if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/expected.h"
#include "conf/load.h"
#include "gateway/log/log.h"

void __wrap_expected_describe(int node, const char *line, char *text, size_t size);
void __real_expected_describe(int node, const char *line, char *text, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct written {
	char text[65536];
	size_t length;
};

static unsigned described;

void __wrap_expected_describe(int node, const char *line, char *text, size_t size)
{
	if (described++ == 0)
		__real_expected_describe(node, line, text, size);
	else
		snprintf(text, size, "refused");
}

static bool may_describe(size_t size)
{
#ifdef REPLAY
	return true;
#else
	return size % 32 == 0;
#endif
}

static void drop_error(void *arg, const char *text)
{
	assert(text[0] && !strchr(text, '\n'));
}

static void keep_error(void *arg, const char *text)
{
	if (!strstr(text, ": warning: "))
		fprintf(stderr, "%s\n", text);
}

static void keep_line(void *arg, const char *text)
{
	struct written *w = arg;
	size_t length = strlen(text);

	assert(!memchr(text, '\n', length) && w->length + length + 2 < sizeof(w->text));
	memcpy(w->text + w->length, text, length);
	w->length += length;
	w->text[w->length++] = '\n';
	w->text[w->length] = '\0';
}

static int load(const char *octets, size_t length, void (*error)(void *, const char *),
		struct conf **out)
{
	const struct load_text text = {
	    .name = "f", .octets = octets, .length = length, .untested = true};

	return load_from_text(NULL, &text, error, NULL, out);
}

static void setup(void)
{
	static struct vty_app_info info = {.name = "fuzz", .version = "0"};

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	vty_init(&info);
	load_setup(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct written first, second;
	struct conf *conf, *again;
	static bool ready;

	if (!ready)
		setup();
	ready = true;
	described = may_describe(size) ? 0 : 1;
	if (load((const char *)data, size, drop_error, &conf))
		return 0;
	first.length = second.length = 0;
	conf_write(conf, keep_line, &first);
	if (load(first.text, first.length, keep_error, &again)) {
		fprintf(stderr, "%s", first.text);
		abort();
	}
	conf_write(again, keep_line, &second);
	assert(first.length == second.length && !memcmp(first.text, second.text, first.length));
	conf_free(conf);
	conf_free(again);
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
	return replay_main(argc, argv, "conf", replay);
}
#endif
