// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sipspan - command line of a running gateway; `check`, `import-ios`, `show dahdi` and
 * `configure dahdi` need none.
 *
 * Talks to sipspand's console as console.h describes it.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <osmocom/vty/vty.h>

#include "conf/load.h"
#include "drivers-glue/span/dahdi_inventory.h"
#include "gateway/admin/client.h"
#include "gateway/admin/explain_command.h"
#include "gateway/admin/import_command.h"
#include "gateway/admin/reload_command.h"
#include "gateway/log/log.h"

#define KEY_LEAVE 0x1d /* Ctrl-], as telnet has it */

static const char *const usage =
    "Usage: sipspan [-s SOCKET | -s HOST:PORT] [COMMAND...]\n"
    "       sipspan check FILE\n"
    "       sipspan explain NUMBER | --numbers FILE [OPTION...]\n"
    "       sipspan reload [--check | --diff N [FILE]]\n"
    "       sipspan import-ios FILE [-o OUT] [--report FILE]\n"
    "       sipspan show dahdi | configure dahdi\n"
    "\n"
    "With a COMMAND, does it and ends: sipspan show call active brief\n"
    "Without one, opens the console of the running gateway (? for help, exit to leave).\n"
    "\n"
    "  check FILE          read a configuration and say everything that is wrong with it\n"
    "  explain NUMBER      where a number would go, and why; of the running gateway or --config "
    "FILE\n"
    "  reload              give the running gateway its changed configuration; --check: only\n"
    "                      look at it; --diff N: which of the last N calls would go elsewhere\n"
    "  import-ios FILE     make a configuration of an IOS router's show running-config, and say\n"
    "                      what became of each of its lines\n"
    "  show dahdi          the cards, spans and channels that DAHDI has\n"
    "  configure dahdi     write a first configuration for these cards\n"
    "  -s, --socket WHERE  console of another instance (" CONSOLE_SOCKET ")\n"
    "  -h, --help          this text\n"
    "  -V, --version       version\n"
    "\n"
    "Commands: show call active, show call history, show isdn status, show span,\n"
    "show dial-peer voice summary, show running-config, debug, csim start ...\n"
    "`sipspan list` prints them all.\n";

/* ---- one command */

static int run_command(const char *where, const char *text)
{
	return client_command(where, text, stdout);
}

static int run_words(const char *where, int argc, char **argv)
{
	char text[CLIENT_COMMAND_MAX + 2] = "";
	size_t length = 0;

	for (int i = 0; i < argc && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   i ? " " : "", argv[i]);
	return run_command(where, text);
}

/* Lines of a file or pipe, one after another; the last failure is the exit code. */
static int run_script(const char *where)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int rc = 0;

	while ((n = getline(&line, &size, stdin)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0] || line[0] == '!')
			continue;
		if (strcmp(line, "exit") == 0 || strcmp(line, "quit") == 0)
			break;
		if (run_command(where, line) != 0)
			rc = 1;
	}
	free(line);
	return rc;
}

/* ---- the console */

static struct termios kept_terminal;

static void restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &kept_terminal);
}

static void restore_and_die(int number)
{
	restore_terminal();
	_exit(128 + number);
}

static void raw_terminal(void)
{
	struct sigaction die = {.sa_handler = restore_and_die};
	struct termios raw = kept_terminal;

	atexit(restore_terminal);
	sigaction(SIGTERM, &die, NULL);
	sigaction(SIGHUP, &die, NULL);
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static int copy_loop(int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
				{.fd = STDIN_FILENO, .events = POLLIN}};
	char octets[4096];
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		if (fds[0].revents) {
			n = recv(fd, octets, sizeof(octets), 0);
			if (n <= 0)
				return 0;
			if (write(STDOUT_FILENO, octets, (size_t)n) < 0)
				return 1;
		}
		if (fds[1].revents) {
			n = read(STDIN_FILENO, octets, sizeof(octets));
			if (n <= 0 || memchr(octets, KEY_LEAVE, (size_t)n))
				return 0;
			if (client_send(fd, octets, (size_t)n) < 0)
				return 0;
		}
	}
}

static int run_console(const char *where)
{
	int fd, rc;

	if (tcgetattr(STDIN_FILENO, &kept_terminal) < 0)
		return run_script(where);
	fd = client_connect(where);
	if (fd < 0)
		return 1;
	if (client_send(fd, "console\n", 8) < 0) {
		fprintf(stderr, "sipspan: the gateway closed the connection\n");
		close(fd);
		return 1;
	}
	raw_terminal();
	rc = copy_loop(fd);
	close(fd);
	return rc;
}

/* ---- check */

struct findings {
	unsigned errors, warnings;
	bool router; /* an IOS configuration, as it seems: they begin with version or service */
};

static void print_finding(void *arg, const char *text)
{
	struct findings *findings = arg;

	fprintf(stderr, "%s\n", text);
	if (strstr(text, ": warning:"))
		findings->warnings++;
	else
		findings->errors++;
	if (strstr(text, ": unknown word 'version'") || strstr(text, ": unknown word 'service'"))
		findings->router = true;
}

static int check(const char *path)
{
	static struct vty_app_info app = {.name = "sipspan", .version = PACKAGE_VERSION};
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	struct findings found = {0};
	char why[256];

	log_setup(NULL);
	vty_init(&app);
	load_setup(NULL);
	if (load_file(NULL, path, print_finding, &found, &conf) < 0) {
		if (found.errors > 1)
			fprintf(stderr, "%s: %u errors\n", path, found.errors);
		if (found.router)
			fprintf(stderr,
				"If it is of an IOS gateway, `sipspan import-ios %s -o NEW` makes "
				"a configuration of it.\n",
				path);
		return 1;
	}
	if (conf_make_plan(conf, &plan, why, sizeof(why)) < 0) {
		fprintf(stderr, "%s: %s\n", path, why);
		conf_free(conf);
		return 1;
	}
	plan_unref(plan);
	conf_free(conf);
	if (found.warnings)
		printf("%s: no errors, %u warning%s\n", path, found.warnings,
		       found.warnings == 1 ? "" : "s");
	else
		printf("%s: no errors\n", path);
	return 0;
}

/* ---- dahdi */

/* Nothing on standard output but the whole: it may become a file. */
static int dahdi(const char *verb)
{
	struct dahdi_inventory *inventory;
	char why[256], hostname[64] = "";

	if (dahdi_inventory_read(&inventory, why, sizeof(why)) < 0) {
		fprintf(stderr, "sipspan: %s\n", why);
		return 1;
	}
	if (strcmp(verb, "show") == 0) {
		dahdi_inventory_print(inventory, stdout);
	} else {
		gethostname(hostname, sizeof(hostname) - 1);
		hostname[strcspn(hostname, ".")] = '\0';
		dahdi_inventory_configure(inventory, hostname[0] ? hostname : "gateway", stdout);
	}
	dahdi_inventory_free(inventory);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{0}};
	const char *where = CONSOLE_SOCKET;
	int option;

	while ((option = getopt_long(argc, argv, "+s:hV", options, NULL)) != -1) {
		switch (option) {
		case 's':
			where = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("sipspan %s\n", PACKAGE_VERSION);
			return 0;
		default:
			fprintf(stderr, "Try `sipspan --help`.\n");
			return 1;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 0)
		return run_console(where);
	if (strcmp(argv[0], "check") == 0) {
		if (argc == 2)
			return check(argv[1]);
		fprintf(stderr, "Usage: sipspan check FILE\n");
		return 1;
	}
	if (strcmp(argv[0], "explain") == 0)
		return explain_command(where, argc, argv);
	if (strcmp(argv[0], "import-ios") == 0)
		return import_command(argc, argv);
	if (strcmp(argv[0], "reload") == 0 && (argc == 1 || argv[1][0] == '-'))
		return reload_command(where, argc, argv);
	if (argc == 2 && strcmp(argv[1], "dahdi") == 0 &&
	    (strcmp(argv[0], "show") == 0 || strcmp(argv[0], "configure") == 0))
		return dahdi(argv[0]);
	return run_words(where, argc, argv);
}
