// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "gateway/log/log.h"
#include "tests/unit/conf_rig.h"

void *ctx;
char path[] = "/tmp/test_conf.XXXXXX";

void keep_line(void *arg, const char *text)
{
	struct lines *lines = arg;

	assert_true(lines->length + strlen(text) + 2 < sizeof(lines->text));
	lines->length += sprintf(lines->text + lines->length, "%s\n", text);
	lines->count++;
}

/* An error without the file's name, to keep tables short: "3: what". */
void keep_error(void *arg, const char *text)
{
	if (strncmp(text, path, strlen(path)) == 0)
		text += strlen(path) + 1;
	keep_line(arg, text);
}

static void write_file(const void *content, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Without tests of the dial plan and lint: what is read and checked is looked at here. */
int load_path(const char *file, struct lines *errors, struct conf **out)
{
	struct loader *loader;
	int rc;

	memset(errors, 0, sizeof(*errors));
	rc = load_begin(ctx, file, keep_error, errors, &loader);
	if (rc < 0)
		return rc;
	while (load_step(loader, UINT_MAX))
		;
	return load_end(loader, keep_error, errors, out);
}

int load_bytes(const void *content, size_t size, struct lines *errors, struct conf **out)
{
	write_file(content, size);
	return load_path(path, errors, out);
}

struct lines messages;

/* Must be right. */
struct conf *load_text(const char *content)
{
	struct conf *conf = NULL;

	if (load_bytes(content, strlen(content), &messages, &conf) < 0)
		fail_msg("%s", messages.text);
	return conf;
}

void write_again(const struct conf *conf, struct lines *written)
{
	memset(written, 0, sizeof(*written));
	conf_write(conf, keep_line, written);
}

struct plan *make_plan(struct conf *conf)
{
	struct plan *plan = NULL;
	char why[256] = "";

	if (conf_make_plan(conf, &plan, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	return plan;
}

int rig_main(int (*run)(void))
{
	static struct vty_app_info app = {.name = "test_conf", .version = "0", .copyright = ""};
	int fd = mkstemp(path), rc;

	if (fd < 0)
		return 1;
	close(fd);
	ctx = talloc_named_const(NULL, 0, "test_conf");
	log_setup(ctx);
	vty_init(&app);
	load_setup(ctx);
	rc = run();
	unlink(path);
	talloc_free(ctx);
	return rc;
}
