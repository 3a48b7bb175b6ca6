// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/exchange/script_private.h"

#define FRAME_MAX 512
#define UNACKNOWLEDGED_MAX 16 /* then `send` waits, as long as it is of use */

static bool is(const char *word, const char *expected)
{
	return strcmp(word, expected) == 0;
}

/* ---- send */

/* octets HEX, frame HEX: out has them. */
static int octets_parse(char *const *words, unsigned count, uint8_t *out, char *why, size_t size)
{
	int length = count == 3 ? script_hex(words[2], out, FRAME_MAX) : -EINVAL;

	if (length < 0)
		return script_refuse(why, size,
				     "%s: expected pairs of hexadecimal digits, up to %u octets",
				     words[1], FRAME_MAX);
	return length;
}

static bool is_raw(const char *word)
{
	return is(word, "octets") || is(word, "frame");
}

static int send_head_parse(char *const *words, unsigned count, struct script_head *head, char *why,
			   size_t size)
{
	int rc = script_head_parse(words, count, head, why, size);

	if (rc == 0 && (head->type_count != 1 || head->others))
		return script_refuse(why, size, "expected send MESSAGE [call NAME] ELEMENT...");
	return rc;
}

static int check_send_words(char *const *words, unsigned count, char *why, size_t size)
{
	struct script_head head;
	struct script_message message;
	struct script_outline outline = {0};
	int rc = send_head_parse(words, count, &head, why, size);

	if (rc < 0)
		return rc;
	if (head.call == NULL && (head.types[0] == DSS1_SETUP))
		return script_refuse(why, size, "send SETUP: expected call NAME");
	outline.words = head.words;
	outline.count = head.count;
	return script_message_build(&outline, &message, why, size);
}

int script_check_send(const struct script_line *line, char *const *words, char *why, size_t size)
{
	uint8_t octets[FRAME_MAX];

	if (is_raw(words[1]))
		return octets_parse(words, line->count, octets, why, size);
	return check_send_words(words + 1, line->count - 1, why, size);
}

static enum script_step run_send_raw(struct script *script, const struct script_line *line)
{
	uint8_t octets[FRAME_MAX];
	char why[256];
	int length = octets_parse(script->words, line->count, octets, why, sizeof(why));
	int rc = 0;

	if (length < 0)
		return script_fail(script, "%s", why);
	if (is(script->words[1], "frame")) {
		script_frame_send(script, octets, (size_t)length);
		script_trace(script, "-> frame [%s]", script->words[2]);
		return STEP_NEXT;
	}
	rc = lapd_send(script->lapd, octets, (size_t)length);
	if (rc < 0)
		return script_fail(script, "it cannot be sent: %s", strerror(-rc));
	script_trace_message(script, "->", octets, (size_t)length);
	return STEP_NEXT;
}

enum script_step script_run_send(struct script *script, const struct script_line *line)
{
	struct script_head head;
	char why[256];
	int rc;

	if (lapd_unacknowledged(script->lapd) >= UNACKNOWLEDGED_MAX && !script->expired) {
		if (!script->entered)
			script_timer_start(script, SCRIPT_WITHIN_MS);
		return STEP_WAIT;
	}
	if (is_raw(script->words[1]))
		return run_send_raw(script, line);
	rc = send_head_parse(script->words + 1, line->count - 1, &head, why, sizeof(why));
	if (rc == 0)
		rc = script_head_send(script, &head, NULL, why, sizeof(why));
	return rc < 0 ? script_fail(script, "%s", why) : STEP_NEXT;
}

/* ---- expect */

enum expectation { EXPECT_MESSAGE, EXPECT_NOTHING, EXPECT_LAYER2 };

struct expected {
	enum expectation kind;
	struct script_head head;
	bool up;
	unsigned ms;
};

static int check_conditions(const struct script_head *head, char *why, size_t size)
{
	for (unsigned i = 0; i < head->count; i++) {
		int rc = 0;

		if (strncmp(head->words[i], "discriminator=", 14) != 0)
			rc = script_message_check(head->words + i, 1, why, size);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* nothing [call NAME] for MS */
static int nothing_parse(char *const *words, unsigned count, struct expected *out, char *why,
			 size_t size)
{
	char *any[3] = {"any"};
	unsigned any_count = 1;

	out->kind = EXPECT_NOTHING;
	if (count == 6 && is(words[2], "call")) {
		any[any_count++] = words[2];
		any[any_count++] = words[3];
	} else if (count != 4) {
		return script_refuse(why, size, "expected expect nothing [call NAME] for MS");
	}
	if (!is(words[count - 2], "for"))
		return script_refuse(why, size, "expected expect nothing [call NAME] for MS");
	if (script_milliseconds(words[count - 1], &out->ms, why, size) < 0)
		return -EINVAL;
	return script_head_parse(any, any_count, &out->head, why, size);
}

static int expect_parse(char *const *words, unsigned count, struct expected *out, char *why,
			size_t size)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->ms = SCRIPT_WITHIN_MS;
	if (is(words[1], "nothing"))
		return nothing_parse(words, count, out, why, size);
	rc = script_within(words, &count, &out->ms, why, size);
	if (rc < 0)
		return rc;
	if (is(words[1], "layer2")) {
		out->kind = EXPECT_LAYER2;
		out->up = count == 3 && is(words[2], "up");
		if (!out->up && (count != 3 || !is(words[2], "down")))
			return script_refuse(why, size,
					     "expected expect layer2 up|down [within MS]");
		return 0;
	}
	rc = script_head_parse(words + 1, count - 1, &out->head, why, size);
	return rc < 0 ? rc : check_conditions(&out->head, why, size);
}

int script_check_expect(const struct script_line *line, char *const *words, char *why, size_t size)
{
	struct expected expected;

	return expect_parse(words, line->count, &expected, why, size);
}

static enum script_step expect_failed(struct script *script, const struct script_line *line,
				      const struct expected *expected, const char *got)
{
	char words[512];
	unsigned count = line->count;
	unsigned ms = 0;
	char why[64];

	script_within(script->words, &count, &ms, why, sizeof(why));
	script_words_join(script->words + 1, count - 1, words, sizeof(words));
	if (expected->kind == EXPECT_NOTHING)
		return script_fail(script, "expected %s, got %s", words, got);
	return script_fail(script, "expected %s within %u ms, got %s", words, expected->ms, got);
}

static enum script_step expect_message(struct script *script, const struct script_line *line,
				       const struct expected *expected)
{
	struct script_received *received = script_received_for(script, &expected->head);
	char text[256], why[256] = "", got[520];

	if (received == NULL && script->expired && expected->kind == EXPECT_NOTHING)
		return STEP_NEXT;
	if (received == NULL && script->expired)
		return expect_failed(script, line, expected, "nothing");
	if (received == NULL)
		return STEP_WAIT;
	if (expected->kind == EXPECT_MESSAGE &&
	    script_head_match(script, &expected->head, received, why) == 1) {
		llist_del(&received->entry);
		talloc_free(received);
		return STEP_NEXT;
	}
	script_describe(script, received, text, sizeof(text));
	snprintf(got, sizeof(got), "%s%s%s", text, why[0] != '\0' ? ": " : "", why);
	return expect_failed(script, line, expected, got);
}

enum script_step script_run_expect(struct script *script, const struct script_line *line)
{
	struct expected expected;
	enum script_step step;
	char why[256];

	if (expect_parse(script->words, line->count, &expected, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	if (!script->entered)
		script_timer_start(script, expected.ms);
	if (expected.kind != EXPECT_LAYER2)
		step = expect_message(script, line, &expected);
	else if (lapd_is_up(script->lapd) == expected.up)
		step = STEP_NEXT;
	else if (script->expired)
		step = expect_failed(script, line, &expected,
				     expected.up ? "layer 2 down" : "layer 2 up");
	else
		step = STEP_WAIT;
	if (step == STEP_NEXT)
		script->met++;
	return step;
}

/* ---- on, off, discard */

static unsigned rule_middle(char *const *words, unsigned count)
{
	unsigned i = 2;

	while (i < count && !is(words[i], "send") && !is(words[i], "ignore"))
		i++;
	return i;
}

static int rule_parse(char *const *words, unsigned count, struct script_rule *out, char *why,
		      size_t size)
{
	unsigned middle = rule_middle(words, count);
	int rc;

	memset(out, 0, sizeof(*out));
	if (middle >= count || (is(words[middle], "ignore") && middle + 1 != count))
		return script_refuse(why, size,
				     "expected on MESSAGE ... send MESSAGE ..., or ignore");
	rc = script_head_parse(words + 1, middle - 1, &out->when, why, size);
	if (rc == 0)
		rc = check_conditions(&out->when, why, size);
	out->ignore = is(words[middle], "ignore");
	if (rc < 0 || out->ignore)
		return rc;
	return send_head_parse(words + middle + 1, count - middle - 1, &out->then, why, size);
}

int script_check_on(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned middle = rule_middle(words, line->count);
	struct script_rule rule;
	int rc = rule_parse(words, line->count, &rule, why, size);

	if (rc < 0 || rule.ignore)
		return rc;
	return check_send_words(words + middle + 1, line->count - middle - 1, why, size);
}

enum script_step script_run_on(struct script *script, const struct script_line *line)
{
	struct script_rule rule;
	char why[256] = "out of memory";

	if (rule_parse(script->words, line->count, &rule, why, sizeof(why)) < 0 ||
	    script_rule_add(script, &rule) < 0)
		return script_fail(script, "%s", why);
	return STEP_NEXT;
}

enum script_step script_run_off(struct script *script, const struct script_line *line)
{
	struct script_rule *rule, *next;

	llist_for_each_entry_safe (rule, next, &script->rules, entry) {
		llist_del(&rule->entry);
		talloc_free(rule);
	}
	return STEP_NEXT;
}

enum script_step script_run_discard(struct script *script, const struct script_line *line)
{
	struct script_received *received, *next;

	llist_for_each_entry_safe (received, next, &script->received, entry) {
		llist_del(&received->entry);
		talloc_free(received);
	}
	return STEP_NEXT;
}
