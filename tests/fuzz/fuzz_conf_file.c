// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that a configuration names: the first octet says which, the others are the file. What is said of it
 * is one line, and never a password that stands there.
 *
 * text_file_read() is here (the program is linked with --wrap).
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/conf_file if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/load.h"
#include "gateway/log/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_text_file_read(void *ctx, const char *path, char **text, size_t *size);

static struct {
	const uint8_t *octets;
	size_t size;
} named;

static const char *const texts[] = {
    "sip-ua\n cause-map file f\n",
    "voice service voip\n sip\n  authenticate realm r\n  authenticate users file f\n",
    "sip-ua\n credentials username u password file f realm r\n",
    "voice class e164-pattern-map 1\n url file:f\n",
};

int __wrap_text_file_read(void *ctx, const char *path, char **text, size_t *size)
{
	assert(strcmp(path, "./f") == 0 || strcmp(path, "f") == 0);
	*text = talloc_size(ctx, named.size + !named.size);
	assert(*text);
	memcpy(*text, named.octets, named.size);
	*size = named.size;
	return 0;
}

static void look_at_error(void *arg, const char *text)
{
	assert(text[0] && !strchr(text, '\n'));
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = texts[size ? data[0] % (sizeof(texts) / sizeof(texts[0])) : 0];
	const struct load_text load = {
	    .name = "input", .octets = text, .length = strlen(text), .untested = true};
	static bool ready;
	struct conf *conf;
	unsigned errors = 0;

	if (!ready)
		setup();
	ready = true;
	named.octets = size ? data + 1 : data;
	named.size = size ? size - 1 : 0;
	if (load_from_text(NULL, &load, look_at_error, &errors, &conf) == 0)
		conf_free(conf);
	else
		assert(errors);
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
	return replay_main(argc, argv, "conf_file", replay);
}
#endif
