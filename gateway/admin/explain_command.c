// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/explain_command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/conf_blocks.h"
#include "conf/load.h"
#include "conf/text_file.h"
#include "dialplan/address_map.h"
#include "dialplan/explain.h"
#include "gateway/admin/client.h"
#include "gateway/admin/peer_states.h"
#include "gateway/log/log.h"

#define EXIT_ROUTE 0
#define EXIT_NO_ROUTE 1
#define EXIT_TROUBLE 2

static const char *const usage =
    "Usage: sipspan explain NUMBER [--calling N] [--redirecting N] [--from SOURCE]\n"
    "                       [--digits] [--json] [--config FILE]\n"
    "       sipspan explain --numbers FILE|- [the same options]\n"
    "SOURCE is sip:HOST, sip:USER@HOST, a port as in 1:D or 2/17, span N, or telephone:NUMBER.\n";

struct question {
	const char *number, *calling, *redirecting, *from, *config, *numbers;
	bool digits, json, help;
	char span[24]; /* --from span 1 in two words */
};

/* ---- what was asked */

static int wrong_usage(const char *what)
{
	if (what)
		fprintf(stderr, "sipspan explain: %s\n", what);
	fputs(usage, stderr);
	return -EINVAL;
}

static int read_options(struct question *q, int argc, char **argv)
{
	static const struct option options[] = {{"calling", required_argument, NULL, 'c'},
						{"redirecting", required_argument, NULL, 'r'},
						{"from", required_argument, NULL, 'f'},
						{"digits", no_argument, NULL, 'd'},
						{"json", no_argument, NULL, 'j'},
						{"config", required_argument, NULL, 'C'},
						{"numbers", required_argument, NULL, 'n'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	static char name[] = "sipspan explain"; /* for getopt's messages */
	int option;

	argv[0] = name;
	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			q->calling = optarg;
			break;
		case 'r':
			q->redirecting = optarg;
			break;
		case 'f':
			q->from = optarg;
			if (strcmp(optarg, "span") != 0 || optind >= argc)
				break;
			snprintf(q->span, sizeof(q->span), "span %.12s", argv[optind++]);
			q->from = q->span;
			break;
		case 'd':
			q->digits = true;
			break;
		case 'j':
			q->json = true;
			break;
		case 'C':
			q->config = optarg;
			break;
		case 'n':
			q->numbers = optarg;
			break;
		case 'h':
			q->help = true;
			return 0;
		default:
			return wrong_usage(NULL);
		}
	}
	if (argc - optind != !q->numbers)
		return wrong_usage(q->numbers ? "either a NUMBER or --numbers"
					      : "expected one NUMBER");
	q->number = argv[optind];
	return 0;
}

/* ---- what it is asked of */

struct gateway_view {
	struct conf *conf;
	struct plan *plan;
	struct peer_states *states; /* NULL: all are up and idle */
	struct address_map **maps;  /* isdn map, in the order of conf->interfaces */
};

static void print_error(void *arg, const char *text)
{
	if (!strstr(text, ": warning:"))
		fprintf(stderr, "%s\n", text);
}

static int make_maps(struct gateway_view *view)
{
	const struct conf_isdn *interface;
	unsigned i = 0;
	int rc = 0;

	view->maps = calloc(llist_count(&view->conf->interfaces) + 1, sizeof(view->maps[0]));
	if (!view->maps)
		return -ENOMEM;
	llist_for_each_entry (interface, &view->conf->interfaces, entry)
		if (rc == 0)
			rc = address_map_new(interface->calls.map, interface->calls.map_count,
					     &view->maps[i++]);
	return rc;
}

static void apply_map(void *arg, const char *port, struct number *number)
{
	const struct gateway_view *view = arg;
	const struct conf_isdn *interface;
	unsigned i = 0;

	llist_for_each_entry (interface, &view->conf->interfaces, entry) {
		if (peer_port_equal(interface->port, port))
			address_map_apply(view->maps[i], number);
		i++;
	}
}

static int make_plan(struct gateway_view *view, const struct load_text *text)
{
	static struct vty_app_info app = {.name = "sipspan"};
	char why[256];

	log_setup(NULL);
	vty_init(&app);
	load_setup(NULL);
	if (load_from_text(NULL, text, print_error, NULL, &view->conf) < 0)
		return -EINVAL;
	if (conf_make_plan(view->conf, &view->plan, why, sizeof(why)) < 0) {
		fprintf(stderr, "%s: %s\n", text->name, why);
		return -EINVAL;
	}
	return make_maps(view);
}

/* path: of the gateway's configuration, for files that it refers to. */
static int read_states(struct gateway_view *view, const char *where, char *path, size_t path_size)
{
	size_t length;
	char *text = client_ask(where, "show dial-peer state", &length), *rest = text, *line;
	int rc;

	if (!text)
		return -EIO;
	rc = peer_states_new(&view->states);
	while (rc == 0 && (line = strsep(&rest, "\r\n"))) {
		if (strncmp(line, "configuration ", 14) == 0)
			snprintf(path, path_size, "%s", line + 14);
		else
			rc = peer_states_read(view->states, line);
	}
	free(text);
	return rc;
}

static int view_running(struct gateway_view *view, const char *where)
{
	char path[512] = "running-config";
	struct load_text text = {.name = path, .untested = true};
	int rc = read_states(view, where, path, sizeof(path));
	char *octets;

	if (rc < 0)
		return rc;
	octets = client_ask(where, "show running-config", &text.length);
	if (!octets)
		return -EIO;
	text.octets = octets;
	rc = make_plan(view, &text);
	free(octets);
	return rc;
}

static int view_file(struct gateway_view *view, const char *path)
{
	struct load_text text = {.name = path, .untested = true};
	char *octets = NULL;
	int rc = text_file_read_waiting(NULL, path, &octets, &text.length);

	if (rc < 0) {
		fprintf(stderr, "sipspan explain: %s: %s\n", path, text_file_error(rc));
		return rc;
	}
	text.octets = octets;
	rc = make_plan(view, &text);
	talloc_free(octets);
	return rc;
}

static void view_release(struct gateway_view *view)
{
	for (unsigned i = 0; view->maps && view->maps[i]; i++)
		address_map_free(view->maps[i]);
	free(view->maps);
	plan_unref(view->plan);
	conf_free(view->conf);
	peer_states_free(view->states);
}

/* ---- the answer */

static const char *set_numbers(struct trial *trial, const struct question *q, const char *called,
			       const char *calling)
{
	int rc = trial_set_numbers(trial, called, calling ? calling : "",
				   q->redirecting ? q->redirecting : "");

	if (rc == 0)
		return NULL;
	return rc == -EMSGSIZE ? "a number has at most 32 digits"
			       : "expected a number: digits, A to D, * and #, perhaps a + in front";
}

static void print_line(void *arg, const char *text)
{
	fprintf(arg, "%s\n", text);
}

static int answer_one(struct trial *trial, const struct plan *plan, const struct question *q)
{
	const char *wrong = set_numbers(trial, q, q->number, q->calling);
	struct trial_outcome outcome;
	char *json = NULL;
	size_t size = 0;

	if (wrong) {
		fprintf(stderr, "sipspan explain: %s: %s\n", q->number, wrong);
		return EXIT_TROUBLE;
	}
	if (!q->json)
		explain_text(trial, plan, print_line, stdout);
	else if (explain_json(trial, plan, &json, &size) >= 0)
		puts(json);
	else
		fprintf(stderr, "sipspan explain: %s\n", strerror(ENOMEM));
	free(json);
	trial_run(trial, plan, &outcome);
	if (fflush(stdout) != 0 && errno != EPIPE) {
		fprintf(stderr, "sipspan explain: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	return outcome.cause ? EXIT_NO_ROUTE : EXIT_ROUTE;
}

struct answer { /* memory for one line after another */
	char *json;
	size_t size;
};

/* At both ends. */
static char *without_blanks(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length && strchr(" \t", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* CALLED or CALLED,CALLING */
static int answer_line(struct trial *trial, const struct plan *plan, const struct question *q,
		       char *line, struct answer *answer)
{
	char *comma = strchr(line, ',');
	const char *wrong;

	if (comma)
		*comma = '\0';
	wrong = set_numbers(trial, q, without_blanks(line),
			    comma ? without_blanks(comma + 1) : q->calling);
	return wrong ? explain_json_error(wrong, &answer->json, &answer->size)
		     : explain_json(trial, plan, &answer->json, &answer->size);
}

static int answer_lines(struct trial *trial, const struct plan *plan, const struct question *q,
			FILE *file)
{
	struct answer answer = {0};
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int rc = EXIT_ROUTE;

	errno = 0;
	while ((n = getline(&line, &size, file)) > 0) {
		int length;

		line[strcspn(line, "\r\n")] = '\0';
		length = strlen(line) + 2 < (size_t)n
			     ? explain_json_error("a byte of zero", &answer.json, &answer.size)
			     : answer_line(trial, plan, q, line, &answer);
		if (length < 0) {
			fprintf(stderr, "sipspan explain: %s\n", strerror(-length));
			rc = EXIT_TROUBLE;
			break;
		}
		answer.json[length] = '\n';
		if (fwrite(answer.json, 1, (size_t)length + 1, stdout) != (size_t)length + 1)
			break;
	}
	if (ferror(file)) {
		fprintf(stderr, "sipspan explain: %s: %s\n", q->numbers, strerror(errno));
		rc = EXIT_TROUBLE;
	}
	/* whoever has read enough closes the pipe */
	if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
		fprintf(stderr, "sipspan explain: %s\n", strerror(errno));
		rc = EXIT_TROUBLE;
	}
	free(line);
	free(answer.json);
	return rc;
}

static int answer_file(struct trial *trial, const struct plan *plan, const struct question *q)
{
	FILE *file = strcmp(q->numbers, "-") == 0 ? stdin : fopen(q->numbers, "re");
	int rc;

	if (!file) {
		fprintf(stderr, "sipspan explain: %s: %s\n", q->numbers, strerror(errno));
		return EXIT_TROUBLE;
	}
	rc = answer_lines(trial, plan, q, file);
	if (file != stdin)
		fclose(file);
	return rc;
}

#define TELEPHONE "telephone:"

/* false: told why not. */
static bool set_source(struct trial *trial, const struct gateway_view *view, const char *from)
{
	const char *name = from + strlen(TELEPHONE);
	struct plan_phone phone;

	if (strncmp(from, TELEPHONE, strlen(TELEPHONE)) == 0) {
		if (view->states && peer_states_find_phone(view->states, name, &phone) &&
		    trial_set_phone(trial, phone.tag, name) == 0)
			return true;
		fprintf(stderr, "sipspan explain: --from %s: it is not registered\n", from);
		return false;
	}
	if (trial_set_source(trial, view->plan, from) == 0)
		return true;
	fprintf(stderr,
		"sipspan explain: --from %s: expected sip:HOST, sip:USER@HOST, a port as in 1:D "
		"or 2/17, span N, or telephone:NUMBER\n",
		from);
	return false;
}

static bool blocks(void *arg, uint32_t tag, const char *called)
{
	const struct survive_config *survive = &((const struct gateway_view *)arg)->conf->survive;
	bool exempt = false;

	for (unsigned i = 0; i < survive->global.pools_count; i++)
		if (survive->global.pools[i].peer.tag == tag)
			exempt = survive->global.pools[i].after_hours_exempt;
	return after_hours_keep(&survive->after_hours, exempt, called);
}

static int answer(struct gateway_view *view, const struct question *q)
{
	struct trial trial;
	char why[256];

	trial_init(&trial);
	trial.digit_by_digit = q->digits;
	trial.line = apply_map;
	trial.line_arg = view;
	trial.blocks = blocks;
	trial.blocks_arg = view;
	if (view->states) {
		peer_states_use_site(view->states, &view->conf->survive.site);
		peer_states_fill(view->states, &trial.request);
	}
	if (q->from && !set_source(&trial, view, q->from))
		return EXIT_TROUBLE;
	if (trial.request.port &&
	    !conf_controller_of_port(view->conf, trial.request.port, why, sizeof(why))) {
		fprintf(stderr, "sipspan explain: --from %s\n", why);
		return EXIT_TROUBLE;
	}
	return q->numbers ? answer_file(&trial, view->plan, q) : answer_one(&trial, view->plan, q);
}

int explain_command(const char *where, int argc, char **argv)
{
	struct question q = {0};
	struct gateway_view view = {0};
	int rc = EXIT_TROUBLE;

	if (read_options(&q, argc, argv) < 0)
		return rc;
	if (q.help) {
		fputs(usage, stdout);
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if ((q.config ? view_file(&view, q.config) : view_running(&view, where)) == 0)
		rc = answer(&view, &q);
	view_release(&view);
	return rc;
}
