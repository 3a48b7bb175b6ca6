// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/import_command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/import/import.h"
#include "conf/load.h"
#include "conf/text_file.h"
#include "gateway/log/log.h"

static const char *const usage = "Usage: sipspan import-ios FILE [-o OUT] [--report FILE]\n";

struct request {
	const char *in, *out, *report; /* NULL: standard output, standard error */
};

static int read_options(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"report", required_argument, NULL, 'r'},
						{0}};
	static char name[] = "sipspan import-ios"; /* for getopt's messages */
	int option;

	argv[0] = name;
	optind = 0;
	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == 'o')
			request->out = optarg;
		else if (option == 'r')
			request->report = optarg;
		else
			return -EINVAL;
	}
	if (argc - optind != 1)
		return -EINVAL;
	request->in = argv[optind];
	return 0;
}

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "sipspan import-ios: %s: %s\n", path, what);
	return 1;
}

/* path NULL: the stream that is open already. */
static int write_to(const char *path, FILE *stream,
		    void (*write)(const struct import *im, FILE *out), const struct import *im)
{
	FILE *file = path ? fopen(path, "we") : stream;
	int wrong;

	if (!file)
		return complain(path, strerror(errno));
	write(im, file);
	wrong = path ? fclose(file) : fflush(file);
	return wrong ? complain(path ? path : "output", strerror(errno)) : 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int convert(void *ctx, const struct request *request)
{
	static struct vty_app_info app = {.name = "sipspan"};
	struct import *im = NULL;
	char *text = NULL, why[256];
	size_t size;
	int rc = text_file_read(ctx, request->in, &text, &size);

	if (rc < 0)
		return complain(request->in, strerror(-rc));
	log_setup(NULL);
	vty_init(&app);
	load_setup(NULL);
	if (import_new(ctx, base_name(request->in), text, size, why, sizeof(why), &im) < 0)
		return complain(request->in, why);
	rc = write_to(request->out, stdout, import_write, im);
	if (rc == 0)
		rc = write_to(request->report, stderr, import_write_report, im);
	return rc;
}

int import_command(int argc, char **argv)
{
	struct request request = {NULL, NULL, NULL};
	void *ctx;
	int rc;

	if (read_options(&request, argc, argv) < 0) {
		fputs(usage, stderr);
		return 1;
	}
	ctx = talloc_named_const(NULL, 0, "import-ios");
	rc = convert(ctx, &request);
	talloc_free(ctx);
	return rc;
}
