// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "conf/conf.h"
#include "conf/difference.h"
#include "conf/load.h"
#include "gateway/log/log.h"
#include "gateway/restart.h"
#include "gateway/service.h"

#define STEP_LINES 1000 /* 1 or 2 ms */
#define LINE_SIZE 1200
#define EXAMINE_LIMIT_S 600

/* What the child writes: a character, the line, a newline. */
enum report {
	REPORT_ERROR = 'E',
	REPORT_DIFFERENCE = 'D',
	REPORT_WAITS = 'W',
	REPORT_COUNTS = 'C', /* "+3 -1 peers": once, if nothing is wrong */
};

struct reload {
	struct reload_config config;
	struct conf *running, *before; /* before: to be freed from the loop */
	struct osmo_timer_list later;
	char *pending;
	enum reload_state {
		RELOAD_IDLE,
		RELOAD_READING,
		RELOAD_EXAMINING,
	} state;

	/* of the one that is under way */
	struct reload_asker asker;
	char name[64];
	struct osmo_timer_list timer, limit; /* limit: of the child */
	struct loader *loader;
	struct conf *next;
	pid_t child;
	struct osmo_fd pipe;
	char line[LINE_SIZE];
	size_t length;
	char *waits;
	unsigned waits_count, errors;
	char first_error[256], counts[128];
};

static void *must(void *memory)
{
	OSMO_ASSERT(memory);
	return memory;
}

/* ---- to the one who asked */

static void tell(struct reload *r, enum reload_line kind, const char *text)
{
	if (r->asker.line)
		r->asker.line(r->asker.arg, kind, text);
}

/* "FILE:LINE: warning: ..."; a line of the file that an error quotes may have that word as well. */
static bool is_warning(const char *path, const char *text)
{
	size_t length = strlen(path);

	if (strncmp(text, path, length) != 0 || text[length] != ':')
		return false;
	text += length + 1;
	text += strspn(text, "0123456789");
	return strncmp(text, ": warning:", 10) == 0;
}

static void on_error(void *arg, const char *text)
{
	struct reload *r = arg;

	if (!is_warning(r->config.path, text) && r->errors++ == 0)
		osmo_strlcpy(r->first_error, text, sizeof(r->first_error));
	tell(r, RELOAD_ERROR, text);
}

static void finish(struct reload *r, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void finish(struct reload *r, int status, const char *format, ...)
{
	void (*done)(void *arg, int status) = r->asker.done;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!r->asker.check)
		LOGP(DADMIN, status ? LOGL_ERROR : LOGL_NOTICE, "reload by %s: %s%s\n", r->name,
		     text, status ? ": the running configuration stays" : "");
	tell(r, RELOAD_OUTCOME, text);
	if (r->next)
		conf_free(r->next);
	r->next = NULL;
	TALLOC_FREE(r->waits);
	r->state = RELOAD_IDLE;
	r->asker.line = NULL;
	r->asker.done = NULL;
	if (!r->asker.check)
		service_reloaded();
	if (done)
		done(r->asker.arg, status);
}

static void refuse(struct reload *r)
{
	if (r->errors == 1)
		finish(r, 1, "refused, %s", r->first_error);
	else
		finish(r, 1, "refused, %u errors, the first: %s", r->errors, r->first_error);
}

/* ---- taking it */

static void free_before(void *data)
{
	struct reload *r = data;

	if (r->before)
		conf_free(r->before);
	r->before = NULL;
}

static void take(struct reload *r)
{
	char why[256], waiting[64] = "";
	struct conf *before = r->running;
	struct plan *plan;

	restart_keep(r->next, before);
	if (conf_make_plan(r->next, &plan, why, sizeof(why)) < 0) {
		finish(r, 1, "refused, %s", why);
		return;
	}
	if (r->config.prepare(r->config.arg, r->next, why, sizeof(why)) < 0) {
		plan_unref(plan);
		finish(r, 1, "refused, %s", why);
		return;
	}
	r->running = r->next;
	r->next = NULL;
	r->config.take(r->config.arg, r->running, plan);
	plan_unref(plan);
	free_before(r);
	r->before = before;
	osmo_timer_schedule(&r->later, 0, 0);
	talloc_free(r->pending);
	r->pending = r->waits;
	r->waits = NULL;
	if (r->waits_count)
		snprintf(waiting, sizeof(waiting), "; %u line%s for the next start", r->waits_count,
			 r->waits_count == 1 ? " waits" : "s wait");
	finish(r, 0, "taken, %s%s", r->counts, waiting);
}

/* ---- the child: nobody waits for it, it has copies of everything and writes into a pipe */

struct examiner {
	FILE *out;
	const char *path; /* of the file */
	enum report kind;
	unsigned errors;
};

static void report(void *arg, const char *text)
{
	struct examiner *e = arg;

	if (e->kind == REPORT_ERROR && !is_warning(e->path, text))
		e->errors++;
	fprintf(e->out, "%c%s\n", e->kind, text);
}

static struct conf_text *text_of(const struct conf *conf)
{
	struct conf_text *text = conf_text_new(NULL);

	conf_write(conf, conf_text_add, text);
	return text;
}

static void keep_octets(void *arg, const char *text)
{
	char **octets = arg;

	*octets = must(talloc_asprintf_append_buffer(*octets, "%s\n", text));
}

/* The lines are those of a text that nobody sees. */
static void report_rest(void *arg, const char *text)
{
	struct examiner *e = arg;
	char line[LINE_SIZE];

	text += strlen(e->path) + 1;
	text += strspn(text, "0123456789: ");
	if (strncmp(text, "warning:", 8) == 0)
		return;
	snprintf(line, sizeof(line), "without what waits for the next start: %s", text);
	report(e, line);
}

/* A console shows what runs, and that has to be a configuration too. */
static void examine_rest(struct examiner *e, const struct conf *rest)
{
	char *octets = must(talloc_strdup(NULL, ""));
	struct conf *again;
	struct load_text text;

	conf_write(rest, keep_octets, &octets);
	text = (struct load_text){e->path, octets, strlen(octets), .untested = true};
	if (load_from_text(NULL, &text, report_rest, e, &again) == 0)
		conf_free(again);
}

static bool differ(const struct difference_counts *c)
{
	return c->peers.added + c->peers.removed + c->peers.changed + c->others.added +
	       c->others.removed + c->others.changed;
}

static void put_counts(struct examiner *e, const struct difference_counts *c)
{
	unsigned others = c->others.added + c->others.removed + c->others.changed;
	char text[128];

	if (!differ(c))
		snprintf(text, sizeof(text), "no difference");
	else
		snprintf(text, sizeof(text), "+%u -%u peers, %u changed, %u other block%s",
			 c->peers.added, c->peers.removed, c->peers.changed, others,
			 others == 1 ? "" : "s");
	e->kind = REPORT_COUNTS;
	report(e, text);
}

static int examine(struct examiner *e, struct conf *running, struct conf *next)
{
	struct conf_text *before = text_of(running), *wanted = text_of(next), *after;
	struct difference_counts counts, waiting;
	struct plan *plan;
	char why[256];

	restart_keep(next, running);
	after = text_of(next);
	e->kind = REPORT_ERROR;
	difference(after, wanted, NULL, NULL, &waiting);
	if (differ(&waiting))
		examine_rest(e, next);
	load_verify(next, e->path, report, e);
	if (conf_make_plan(next, &plan, why, sizeof(why)) < 0)
		report(e, why);
	if (e->errors)
		return 1;
	e->kind = REPORT_DIFFERENCE;
	difference(before, after, report, e, &counts);
	e->kind = REPORT_WAITS;
	difference(after, wanted, report, e, &waiting);
	put_counts(e, &counts);
	return 0;
}

static void child_main(struct reload *r, int fd)
{
	struct examiner e = {.path = r->config.path};
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	/* lines, cards and sockets must not stay open for as long as this takes */
	if (fd != 3)
		dup2(fd, 3);
	close_range(4, ~0u, 0);
	fcntl(3, F_SETFL, 0);
	e.out = fdopen(3, "w");
	if (!e.out)
		_exit(2);
	status = examine(&e, r->running, r->next);
	if (fflush(e.out) != 0)
		status = 2;
	_exit(status);
}

/* ---- what the child says */

static void keep_waiting(struct reload *r, const char *text)
{
	r->waits = must(talloc_asprintf_append_buffer(r->waits, "%s\n", text));
	if (*text != ' ')
		r->waits_count++;
}

static void hear_line(struct reload *r)
{
	const char *text = r->line + 1;

	switch ((enum report)r->line[0]) {
	case REPORT_ERROR:
		on_error(r, text);
		break;
	case REPORT_DIFFERENCE:
		tell(r, RELOAD_DIFFERENCE, text);
		break;
	case REPORT_WAITS:
		keep_waiting(r, text);
		tell(r, RELOAD_WAITS, text);
		break;
	case REPORT_COUNTS:
		osmo_strlcpy(r->counts, text, sizeof(r->counts));
		break;
	}
}

static int reap(struct reload *r)
{
	int status = -1;

	osmo_timer_del(&r->limit);
	osmo_fd_unregister(&r->pipe);
	close(r->pipe.fd);
	while (waitpid(r->child, &status, 0) < 0 && errno == EINTR)
		;
	r->child = 0;
	return status;
}

static void examined(struct reload *r)
{
	int status = reap(r);

	if (r->errors)
		refuse(r);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		finish(r, 1, "refused, the process that examines it failed");
	else if (r->asker.check)
		finish(r, 0, "nothing is wrong: %s", r->counts);
	else
		take(r);
}

static int pipe_ready(struct osmo_fd *fd, unsigned int what)
{
	struct reload *r = fd->data;
	char octets[16384];
	ssize_t n = read(fd->fd, octets, sizeof(octets));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	for (ssize_t i = 0; i < n; i++) {
		if (octets[i] != '\n') {
			if (r->length < sizeof(r->line) - 1)
				r->line[r->length++] = octets[i];
			continue;
		}
		r->line[r->length] = '\0';
		r->length = 0;
		hear_line(r);
	}
	if (n <= 0)
		examined(r);
	return 0;
}

/* Its pipe ends, and it is reaped there. */
static void limit_reached(void *data)
{
	struct reload *r = data;

	kill(r->child, SIGKILL);
}

static int start_child(struct reload *r)
{
	int ends[2], rc = -ENOMEM;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	osmo_fd_setup(&r->pipe, ends[0], OSMO_FD_READ, pipe_ready, r, 0);
	if (osmo_fd_register(&r->pipe) < 0)
		goto fail;
	r->child = fork();
	if (r->child == 0)
		child_main(r, ends[1]);
	if (r->child > 0) {
		close(ends[1]);
		osmo_timer_schedule(
		    &r->limit, r->config.limit_s ? (int)r->config.limit_s : EXAMINE_LIMIT_S, 0);
		return 0;
	}
	rc = -errno;
	r->child = 0;
	osmo_fd_unregister(&r->pipe);
fail:
	close(ends[0]);
	close(ends[1]);
	return rc;
}

/* ---- reading */

static void read_more(void *data)
{
	struct reload *r = data;
	int rc;

	if (!r->loader) {
		rc = load_begin(NULL, r->config.path, on_error, r, &r->loader);
	} else if (load_step(r->loader, STEP_LINES)) {
		rc = 0;
	} else {
		rc = load_end(r->loader, on_error, r, &r->next);
		r->loader = NULL;
		if (rc == 0) {
			r->state = RELOAD_EXAMINING;
			rc = start_child(r);
			if (rc == 0)
				return;
			finish(r, 1, "refused, no process can be started: %s", strerror(-rc));
			return;
		}
	}
	if (rc < 0)
		refuse(r);
	else
		osmo_timer_schedule(&r->timer, 0, 0);
}

int reload_start(struct reload *r, const struct reload_asker *asker)
{
	char *waits;

	if (r->state != RELOAD_IDLE)
		return -EBUSY;
	waits = talloc_strdup(r, "");
	if (!waits)
		return -ENOMEM;
	r->waits = waits;
	r->waits_count = r->errors = 0;
	r->length = 0;
	r->counts[0] = r->first_error[0] = '\0';
	r->asker = *asker;
	osmo_strlcpy(r->name, asker->name, sizeof(r->name));
	r->asker.name = r->name;
	r->state = RELOAD_READING;
	if (!asker->check)
		service_reloading();
	osmo_timer_schedule(&r->timer, 0, 0);
	return 0;
}

/* ---- */

void reload_forget(struct reload *r, const void *arg)
{
	if (r->asker.arg != arg)
		return;
	r->asker.line = NULL;
	r->asker.done = NULL;
}

const char *reload_pending(const struct reload *r)
{
	return r->pending ? r->pending : "";
}

int reload_new(void *ctx, const struct reload_config *config, struct reload **out)
{
	struct reload *r = talloc_zero(ctx, struct reload);

	if (!r)
		return -ENOMEM;
	r->config = *config;
	r->running = config->running;
	osmo_timer_setup(&r->timer, read_more, r);
	osmo_timer_setup(&r->later, free_before, r);
	osmo_timer_setup(&r->limit, limit_reached, r);
	*out = r;
	return 0;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	osmo_timer_del(&r->timer);
	osmo_timer_del(&r->later);
	free_before(r);
	if (r->loader)
		load_abandon(r->loader);
	if (r->child > 0) {
		kill(r->child, SIGKILL);
		reap(r);
	}
	if (r->next)
		conf_free(r->next);
	conf_free(r->running);
	talloc_free(r);
}
