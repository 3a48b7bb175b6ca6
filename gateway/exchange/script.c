// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/script.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "gateway/exchange/script_private.h"
#include "gateway/log/log.h"

#define LINES_A_TURN 500 /* other descriptors want their turn too */

/* ---- the end */

static void over(struct script *script, enum script_state state)
{
	script->state = state;
	osmo_timer_del(&script->timer);
	fflush(stdout);
	lapd_behave(script->lapd, LAPD_NORMAL);
	lapd_release(script->lapd);
	exchange_sound_off(script->exchange);
	script->config.finished(script->config.arg);
}

enum script_step script_fail(struct script *script, const char *format, ...)
{
	unsigned last = script->source->count - 1;
	const struct script_line *line =
	    &script->source->lines[script->at > last ? last : script->at];
	va_list args;

	if (script->state != SCRIPT_RUNNING)
		return STEP_OVER;
	printf("%s:%u: ", line->file, line->number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (script->label != NULL)
		printf(" (%s)", script->label);
	printf("\n");
	script_trace_print(script);
	over(script, SCRIPT_FAILED);
	return STEP_OVER;
}

static void script_end(struct script *script)
{
	struct script_received *left;
	char text[256];

	if (!llist_empty(&script->received)) {
		left = llist_first_entry(&script->received, struct script_received, entry);
		script_describe(script, left, text, sizeof(text));
		script_fail(script, "at the end: %s was not expected", text);
		return;
	}
	printf("%s: all %u expectations were met in %.1f s\n", script->config.path, script->met,
	       (double)(exchange_now_ns() - script->began_ns) / 1e9);
	over(script, SCRIPT_PASSED);
}

/* ---- line after line */

static enum script_step line_enter(struct script *script, const struct script_line *line)
{
	talloc_free(script->scratch);
	script->scratch = talloc_new(script);
	for (unsigned i = 0; i < line->count; i++) {
		int rc = script_substitute(script->scratch, line->words[i], script_variable_get,
					   script, &script->words[i]);

		if (rc == -ENOENT)
			return script_fail(script, "%s: a variable in it has no value yet",
					   line->words[i]);
		if (rc < 0)
			return script_fail(script, "%s: %s", line->words[i], strerror(-rc));
	}
	return STEP_NEXT;
}

static void run(struct script *script)
{
	unsigned lines = 0;

	while (script->state == SCRIPT_RUNNING && script->at < script->source->count) {
		const struct script_line *line = &script->source->lines[script->at];

		if (!script->entered) {
			if (++lines > LINES_A_TURN) {
				osmo_timer_schedule(&script->timer, 0, 0);
				return;
			}
			if (line_enter(script, line) == STEP_OVER)
				return;
		}
		if (script_order_run(script, line) != STEP_NEXT)
			return;
		osmo_timer_del(&script->timer);
		script->entered = script->expired = false;
		script->at++;
	}
	if (script->state == SCRIPT_RUNNING)
		script_end(script);
}

void script_wake(struct script *script)
{
	if (script->state != SCRIPT_RUNNING || script->running)
		return;
	script->running = true;
	run(script);
	script->running = false;
}

static void on_timer(void *data)
{
	struct script *script = data;

	script->expired = script->entered;
	script_wake(script);
}

/* ---- layer 2 */

static void on_link(void *arg, bool up)
{
	struct script *script = arg;

	script_trace(script, "== layer 2 is %s", up ? "up" : "down");
	script_wake(script);
}

static void on_message(void *arg, const uint8_t *octets, size_t length)
{
	struct script *script = arg;
	struct script_received *received;

	if (script->state != SCRIPT_RUNNING)
		return;
	script_trace_message(script, "<-", octets, length);
	received = talloc_zero(script, struct script_received);
	if (received == NULL)
		return;
	if (script_received_parse(octets, length, received) < 0) {
		talloc_free(received);
		script_fail(script, "the far end sent what is no message of Q.931");
		return;
	}
	if (script_rules_apply(script, received)) {
		talloc_free(received);
		return;
	}
	llist_add_tail(&received->entry, &script->received);
	script_wake(script);
}

void script_frame_send(struct script *script, const uint8_t *frame, size_t length)
{
	dchannel_send(script->dchannel, frame, length);
}

static void on_transmit(void *arg, const uint8_t *frame, size_t length)
{
	script_frame_send(arg, frame, length);
}

static void on_acknowledged(void *arg)
{
	script_wake(arg);
}

static const struct lapd_handlers lapd_handlers = {
    .link = on_link,
    .message = on_message,
    .transmit = on_transmit,
    .acknowledged = on_acknowledged,
};

static void on_frame(void *arg, const struct dchannel_frame *frame)
{
	struct script *script = arg;

	lapd_receive(script->lapd, frame->octets, frame->length);
}

static void on_sent(void *arg, const struct dchannel_frame *frame)
{
}

static void on_lost(void *arg, int error)
{
	script_fail(arg, "the D channel is gone: %s", strerror(-error));
}

static const struct dchannel_handlers dchannel_handlers = {
    .received = on_frame,
    .sent = on_sent,
    .lost = on_lost,
};

/* ---- standard input */

static bool asks(const struct script *script)
{
	for (unsigned i = 0; i < script->source->count; i++) {
		if (strcmp(script->source->lines[i].words[0], "ask") == 0)
			return true;
	}
	return false;
}

static int on_input(struct osmo_fd *fd, unsigned what)
{
	struct script *script = fd->data;
	size_t room = sizeof(script->answer) - script->answer_length;
	ssize_t length = read(fd->fd, script->answer + script->answer_length, room);

	if (length <= 0) {
		osmo_fd_unregister(fd);
		script->input_over = true;
	} else {
		script->answer_length += (size_t)length;
	}
	script_wake(script);
	return 0;
}

/* ---- life */

int script_new(void *ctx, const struct script_config *config, struct script **out, char *why,
	       size_t why_size)
{
	struct script *script = talloc_zero(ctx, struct script);
	const struct lapd_config lapd_config = {.network = config->network};
	int rc;

	if (script == NULL)
		return -ENOMEM;
	script->config = *config;
	INIT_LLIST_HEAD(&script->calls);
	INIT_LLIST_HEAD(&script->variables);
	INIT_LLIST_HEAD(&script->rules);
	INIT_LLIST_HEAD(&script->received);
	osmo_timer_setup(&script->timer, on_timer, script);
	rc = script_source_read(script, config->path, script_order_check, &script->source, why,
				why_size);
	if (rc == 0 && script->source->count == 0) {
		snprintf(why, why_size, "%s: there is no order in it", config->path);
		rc = -EINVAL;
	}
	if (rc == 0)
		rc = lapd_new(script, &lapd_config, &lapd_handlers, script, &script->lapd);
	if (rc < 0) {
		talloc_free(script);
		return rc;
	}
	*out = script;
	return 0;
}

void script_free(struct script *script)
{
	if (script == NULL)
		return;
	osmo_timer_del(&script->timer);
	if (osmo_fd_is_registered(&script->input))
		osmo_fd_unregister(&script->input);
	lapd_free(script->lapd);
	dchannel_close(script->dchannel);
	talloc_free(script);
}

int script_attach(struct script *script, int fd_d)
{
	return dchannel_open(script, fd_d, &dchannel_handlers, script, &script->dchannel);
}

void script_start(struct script *script, struct exchange *exchange)
{
	script->exchange = exchange;
	script->state = SCRIPT_RUNNING;
	script->began_ns = exchange_now_ns();
	osmo_fd_setup(&script->input, STDIN_FILENO, OSMO_FD_READ, on_input, script, 0);
	if (asks(script) && osmo_fd_register(&script->input) < 0)
		script->input_over = true;
	osmo_timer_schedule(&script->timer, 0, 0);
}

void script_stop(struct script *script)
{
	script_fail(script, "interrupted");
}

bool script_succeeded(const struct script *script)
{
	return script->state == SCRIPT_PASSED;
}
