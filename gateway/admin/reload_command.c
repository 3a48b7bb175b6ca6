// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/reload_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "gateway/admin/client.h"
#include "gateway/admin/reroute.h"
#include "gateway/log/log.h"

#define CONF_PATH_LINE "Configuration file is "
#define RECORDS_MAX 100000000

static const char *const usage = "Usage: sipspan reload [--check | --diff N [FILE]]\n";

struct configuration {
	struct conf *conf;
	struct plan *plan;
};

static void print_error(void *arg, const char *text)
{
	if (!strstr(text, ": warning:"))
		fprintf(stderr, "%s\n", text);
}

static int make_plan(struct configuration *c, const char *name)
{
	char why[256];

	if (conf_make_plan(c->conf, &c->plan, why, sizeof(why)) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", name, why);
	return -EINVAL;
}

static int read_running(const char *where, const char *path, struct configuration *c)
{
	struct load_text text = {.name = path, .untested = true};
	char *octets = client_ask(where, "show running-config", &text.length);
	int rc = -EIO;

	text.octets = octets;
	if (octets)
		rc = load_from_text(NULL, &text, print_error, NULL, &c->conf);
	free(octets);
	return rc < 0 ? rc : make_plan(c, "running configuration");
}

static int read_candidate(const char *path, struct configuration *c)
{
	int rc = load_file(NULL, path, print_error, NULL, &c->conf);

	return rc < 0 ? rc : make_plan(c, path);
}

static void release(struct configuration *c)
{
	plan_unref(c->plan);
	if (c->conf)
		conf_free(c->conf);
}

static void print_line(void *arg, const char *text)
{
	puts(text);
}

static int compare(const struct configuration *now, const struct configuration *then, size_t last)
{
	const struct reroute reroute = {now->plan, then->plan, print_line, NULL};
	const char *path = now->conf->cdr_file;
	struct reroute_count count;
	FILE *records;
	int rc;

	if (!*path) {
		fprintf(stderr, "sipspan reload: the gateway writes no call records: expected "
				"`call-record file` in its configuration\n");
		return 1;
	}
	records = fopen(path, "re");
	if (!records) {
		fprintf(stderr, "sipspan reload: %s: %s\n", path, strerror(errno));
		return 1;
	}
	rc = reroute_records(&reroute, records, last, &count);
	fclose(records);
	if (rc < 0) {
		fprintf(stderr,
			"sipspan reload: %s has no heading of call records as this release writes "
			"them\n",
			path);
		return 1;
	}
	printf("%zu of %zu call%s would go another way.\n", count.changed, count.records,
	       count.records == 1 ? "" : "s");
	if (count.unreadable)
		printf("%zu record%s could not be read.\n", count.unreadable,
		       count.unreadable == 1 ? "" : "s");
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Of the gateway's configuration. */
static int find_path(const char *where, char *path, size_t size)
{
	size_t length;
	char *text = client_ask(where, "show version", &length), *rest = text, *line;

	*path = '\0';
	while ((line = strsep(&rest, "\r\n")))
		if (strncmp(line, CONF_PATH_LINE, strlen(CONF_PATH_LINE)) == 0)
			snprintf(path, size, "%s", line + strlen(CONF_PATH_LINE));
	free(text);
	return *path ? 0 : -ENOENT;
}

static int tell_rerouted(const char *where, size_t last, const char *file)
{
	static struct vty_app_info app = {.name = "sipspan"};
	struct configuration now = {NULL}, then = {NULL};
	char path[512];
	int status = 1;

	log_setup(NULL);
	vty_init(&app);
	load_setup(NULL);
	if (find_path(where, path, sizeof(path)) == 0 && read_running(where, path, &now) == 0 &&
	    read_candidate(file ? file : path, &then) == 0)
		status = compare(&now, &then, last);
	release(&now);
	release(&then);
	return status;
}

int reload_command(const char *where, int argc, char **argv)
{
	char *end;
	long last;

	if (argc == 1)
		return client_command(where, "reload", stdout);
	if (argc == 2 && strcmp(argv[1], "--check") == 0)
		return client_command(where, "reload check", stdout);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "--diff") == 0) {
		last = strtol(argv[2], &end, 10);
		if (*argv[2] && !*end && last > 0 && last <= RECORDS_MAX)
			return tell_rerouted(where, (size_t)last, argc == 4 ? argv[3] : NULL);
		fprintf(stderr, "sipspan reload: --diff %s: expected a number of calls\n", argv[2]);
	}
	fputs(usage, stderr);
	return 1;
}
