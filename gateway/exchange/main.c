// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/exchange/caller.h"
#include "gateway/exchange/exchange.h"
#include "gateway/exchange/options.h"
#include "gateway/exchange/script.h"
#include "gateway/log/log.h"

#define EXIT_USAGE 2
#define CLEAR_MS 3000 /* calls have this long to end */
#define LINGER_MS 100 /* then the last message gets out: T200 is longer, HDLC needs 5 ms */
#define NORMAL_CLEARING 16

/* RUNNING --signal, calls done--> CLEARING --no lines left, or 3 s--> LINGERING --100 ms--> OVER */
enum program_state {
	PROGRAM_RUNNING,
	PROGRAM_CLEARING,
	PROGRAM_LINGERING,
	PROGRAM_OVER,
};

struct program {
	void *ctx;
	struct options options;
	struct exchange *exchange;
	struct caller *caller;
	struct script *script;
	enum program_state state;
	struct osmo_timer_list timer;
};

static void state_enter(struct program *program, enum program_state state, unsigned ms)
{
	program->state = state;
	osmo_timer_schedule(&program->timer, ms / 1000, ms % 1000 * 1000);
}

static void on_timer(void *data)
{
	struct program *program = data;

	if (program->state == PROGRAM_CLEARING)
		state_enter(program, PROGRAM_LINGERING, LINGER_MS);
	else if (program->state == PROGRAM_LINGERING)
		program->state = PROGRAM_OVER;
}

static void program_end(struct program *program)
{
	if (program->state != PROGRAM_RUNNING)
		return;
	state_enter(program, PROGRAM_CLEARING, CLEAR_MS);
	exchange_clear_all(program->exchange, NORMAL_CLEARING);
}

static void on_finished(void *arg)
{
	program_end(arg);
}

static void on_dchannel(void *arg, bool up)
{
	struct program *program = arg;

	if (program->caller != NULL)
		caller_dchannel(program->caller, up);
}

static void on_signal(struct osmo_signalfd *fd, const struct signalfd_siginfo *info)
{
	struct program *program = fd->data;

	if (program->state != PROGRAM_RUNNING) {
		program->state = PROGRAM_OVER; /* the second one means now */
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "signal %u: clearing %u calls\n", info->ssi_signo,
	     exchange_line_count(program->exchange));
	if (program->caller != NULL)
		caller_stop(program->caller);
	if (program->script != NULL)
		script_stop(program->script);
	program_end(program);
}

static int load(struct program *program, const char *path, const struct wav **out, char *why,
		size_t why_size)
{
	struct wav *wav;
	int rc;

	if (path == NULL)
		return 0;
	rc = wav_read(program->ctx, path, &wav, why, why_size);
	if (rc == 0)
		*out = wav;
	return rc;
}

/* Better now than when the first call is up. */
static int record_check(const char *path, char *why, size_t why_size)
{
	char *copy = path != NULL ? strdup(path) : NULL;
	int rc = 0;

	if (copy != NULL && access(dirname(copy), W_OK) < 0) {
		rc = -errno;
		snprintf(why, why_size, "%s cannot be written: %s", path, strerror(-rc));
	}
	free(copy);
	return rc;
}

static int on_signalling(void *arg, int fd_d)
{
	struct program *program = arg;

	return script_attach(program->script, fd_d);
}

static int script_load(struct program *program, char *why, size_t why_size)
{
	const struct script_config config = {
	    .path = program->options.script,
	    .network = program->options.exchange.network,
	    .finished = on_finished,
	    .arg = program,
	};

	program->options.exchange.signalling = on_signalling;
	return script_new(program->ctx, &config, &program->script, why, why_size);
}

static int program_start(struct program *program, char *why, size_t why_size)
{
	struct options *options = &program->options;
	sigset_t signals;
	int rc;

	rc = load(program, options->play_wav, &options->exchange.play, why, why_size);
	if (rc == 0)
		rc = load(program, options->announcement_wav, &options->exchange.announcement, why,
			  why_size);
	if (rc == 0)
		rc = load(program, options->call_wav, &options->caller.play, why, why_size);
	if (rc == 0)
		rc = record_check(options->caller.record, why, why_size);
	if (rc == 0 && options->action == OPTIONS_CALL)
		rc = caller_new(program->ctx, &options->caller, on_finished, program,
				&program->caller);
	if (rc == 0 && options->action == OPTIONS_SCRIPT)
		rc = script_load(program, why, why_size);
	if (rc < 0)
		return rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ||
	    osmo_signalfd_setup(program->ctx, signals, on_signal, program) == NULL) {
		snprintf(why, why_size, "signals cannot be set up");
		return -EIO;
	}
	options->exchange.dchannel = on_dchannel;
	options->exchange.arg = program;
	rc = exchange_new(program->ctx, &options->exchange, &program->exchange, why, why_size);
	if (rc == 0 && program->caller != NULL)
		caller_start(program->caller, program->exchange);
	if (rc == 0 && program->script != NULL)
		script_start(program->script, program->exchange);
	return rc;
}

static void counters_print(const struct exchange *exchange)
{
	struct tdm_counters c;

	exchange_counters(exchange, &c);
	LOGP(DSPAN, LOGL_NOTICE,
	     "span 1: packets received %" PRIu64 " sent %" PRIu64 " lost %" PRIu64 " late %" PRIu64
	     " malformed %" PRIu64 ", slips %" PRIu64 ", HDLC errors %" PRIu64 "\n",
	     c.packets_received, c.packets_sent, c.packets_lost, c.packets_late,
	     c.packets_malformed, c.slips, c.hdlc_errors);
}

static int program_run(struct program *program)
{
	while (program->state != PROGRAM_OVER) {
		osmo_select_main(0);
		if (program->state == PROGRAM_CLEARING &&
		    exchange_line_count(program->exchange) == 0)
			state_enter(program, PROGRAM_LINGERING, LINGER_MS);
	}
	if (program->options.exchange.span.driver != TDM_DRIVER_DAHDI) /* a card has no packets */
		counters_print(program->exchange);
	if (program->script != NULL)
		return script_succeeded(program->script) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (program->caller == NULL)
		return EXIT_SUCCESS;
	return caller_succeeded(program->caller) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void help_print(void)
{
	char text[8192];

	options_help(text, sizeof(text));
	fputs(text, stdout);
}

int main(int argc, char **argv)
{
	struct program program = {0};
	char why[512] = "out of memory";
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(argc, argv, &program.options, why, sizeof(why)) < 0) {
		fprintf(stderr, "sipspan-exchange: %s\n", why);
		return EXIT_USAGE;
	}
	if (program.options.action == OPTIONS_HELP) {
		help_print();
		return EXIT_SUCCESS;
	}
	if (program.options.action == OPTIONS_VERSION) {
		printf("sipspan-exchange %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	program.ctx = talloc_named_const(NULL, 0, "sipspan-exchange");
	log_setup(program.ctx);
	log_set_log_level(osmo_stderr_target, program.options.log_level);
	osmo_timer_setup(&program.timer, on_timer, &program);
	if (program_start(&program, why, sizeof(why)) < 0) {
		fprintf(stderr, "sipspan-exchange: %s\n", why);
		status = EXIT_FAILURE;
	} else {
		status = program_run(&program);
	}
	osmo_timer_del(&program.timer);
	caller_free(program.caller);
	script_free(program.script);
	exchange_free(program.exchange);
	log_fini();
	talloc_free(program.ctx);
	return status;
}
