// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/exchange/script_private.h"

#define WITHIN_MS 5000
#define ASK_MS 30000
#define WAIT_MAX_MS 3600000
#define ROUNDS_MAX 100000
#define FRAME_MAX 512

__attribute__((format(printf, 3, 4))) static int refuse(char *why, size_t size, const char *format,
							...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -EINVAL;
}

static bool is(const char *word, const char *expected)
{
	return strcmp(word, expected) == 0;
}

static int milliseconds(const char *text, unsigned *out, char *why, size_t size)
{
	if (script_number(text, WAIT_MAX_MS, out) < 0)
		return refuse(why, size, "%s: expected milliseconds, up to %u", text, WAIT_MAX_MS);
	return 0;
}

/* Takes `within MS` from the end of the words. */
static int within(char *const *words, unsigned *count, unsigned *ms, char *why, size_t size)
{
	if (*count < 3 || !is(words[*count - 2], "within"))
		return 0;
	*count -= 2;
	return milliseconds(words[*count + 1], ms, why, size);
}

static void timer_start(struct script *script, unsigned ms)
{
	script->entered = true;
	script->expired = false;
	osmo_timer_schedule(&script->timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- send */

/* octets HEX, frame HEX: out has them. */
static int octets_parse(char *const *words, unsigned count, uint8_t *out, char *why, size_t size)
{
	int length = count == 3 ? script_hex(words[2], out, FRAME_MAX) : -EINVAL;

	if (length < 0)
		return refuse(why, size,
			      "%s: expected pairs of hexadecimal digits, up to %u octets", words[1],
			      FRAME_MAX);
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
		return refuse(why, size, "expected send MESSAGE [call NAME] ELEMENT...");
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
		return refuse(why, size, "send SETUP: expected call NAME");
	outline.words = head.words;
	outline.count = head.count;
	return script_message_build(&outline, &message, why, size);
}

static int check_send(const struct script_line *line, char *const *words, char *why, size_t size)
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

static enum script_step run_send(struct script *script, const struct script_line *line)
{
	struct script_head head;
	char why[256];
	int rc;

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
		return refuse(why, size, "expected expect nothing [call NAME] for MS");
	}
	if (!is(words[count - 2], "for"))
		return refuse(why, size, "expected expect nothing [call NAME] for MS");
	if (milliseconds(words[count - 1], &out->ms, why, size) < 0)
		return -EINVAL;
	return script_head_parse(any, any_count, &out->head, why, size);
}

static int expect_parse(char *const *words, unsigned count, struct expected *out, char *why,
			size_t size)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->ms = WITHIN_MS;
	if (is(words[1], "nothing"))
		return nothing_parse(words, count, out, why, size);
	rc = within(words, &count, &out->ms, why, size);
	if (rc < 0)
		return rc;
	if (is(words[1], "layer2")) {
		out->kind = EXPECT_LAYER2;
		out->up = count == 3 && is(words[2], "up");
		if (!out->up && (count != 3 || !is(words[2], "down")))
			return refuse(why, size, "expected expect layer2 up|down [within MS]");
		return 0;
	}
	rc = script_head_parse(words + 1, count - 1, &out->head, why, size);
	return rc < 0 ? rc : check_conditions(&out->head, why, size);
}

static int check_expect(const struct script_line *line, char *const *words, char *why, size_t size)
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

	within(script->words, &count, &ms, why, sizeof(why));
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

static enum script_step run_expect(struct script *script, const struct script_line *line)
{
	struct expected expected;
	enum script_step step;
	char why[256];

	if (expect_parse(script->words, line->count, &expected, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	if (!script->entered)
		timer_start(script, expected.ms);
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
		return refuse(why, size, "expected on MESSAGE ... send MESSAGE ..., or ignore");
	rc = script_head_parse(words + 1, middle - 1, &out->when, why, size);
	if (rc == 0)
		rc = check_conditions(&out->when, why, size);
	out->ignore = is(words[middle], "ignore");
	if (rc < 0 || out->ignore)
		return rc;
	return send_head_parse(words + middle + 1, count - middle - 1, &out->then, why, size);
}

static int check_on(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned middle = rule_middle(words, line->count);
	struct script_rule rule;
	int rc = rule_parse(words, line->count, &rule, why, size);

	if (rc < 0 || rule.ignore)
		return rc;
	return check_send_words(words + middle + 1, line->count - middle - 1, why, size);
}

static enum script_step run_on(struct script *script, const struct script_line *line)
{
	struct script_rule rule;
	char why[256] = "out of memory";

	if (rule_parse(script->words, line->count, &rule, why, sizeof(why)) < 0 ||
	    script_rule_add(script, &rule) < 0)
		return script_fail(script, "%s", why);
	return STEP_NEXT;
}

static enum script_step run_off(struct script *script, const struct script_line *line)
{
	struct script_rule *rule, *next;

	llist_for_each_entry_safe (rule, next, &script->rules, entry) {
		llist_del(&rule->entry);
		talloc_free(rule);
	}
	return STEP_NEXT;
}

static enum script_step run_discard(struct script *script, const struct script_line *line)
{
	struct script_received *received, *next;

	llist_for_each_entry_safe (received, next, &script->received, entry) {
		llist_del(&received->entry);
		talloc_free(received);
	}
	return STEP_NEXT;
}

/* ---- wait, layer2, audio */

static int check_wait(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned ms;

	return milliseconds(words[1], &ms, why, size);
}

static enum script_step run_wait(struct script *script, const struct script_line *line)
{
	unsigned ms;
	char why[128];

	if (script->entered)
		return script->expired ? STEP_NEXT : STEP_WAIT;
	if (milliseconds(script->words[1], &ms, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	timer_start(script, ms);
	return STEP_WAIT;
}

static const struct {
	const char *name;
	enum lapd_behaviour behaviour;
	void (*order)(struct lapd *lapd); /* NULL: none */
} layer2[] = {
    {"up", LAPD_NORMAL, lapd_establish},
    {"down", LAPD_NORMAL, lapd_release},
    {"reset", LAPD_NORMAL, lapd_establish},
    {"normal", LAPD_NORMAL, NULL},
    {"silent", LAPD_SILENT, NULL},
    {"ignore-i", LAPD_IGNORE_I, NULL},
    {"busy", LAPD_BUSY, NULL},
    {"refuse", LAPD_REFUSING, NULL},
};

static int layer2_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(layer2); i++) {
		if (is(layer2[i].name, name))
			return (int)i;
	}
	return -ENOENT;
}

static int check_layer2(const struct script_line *line, char *const *words, char *why, size_t size)
{
	if (layer2_find(words[1]) >= 0)
		return 0;
	return refuse(why, size,
		      "layer2 %s: expected up, down, reset, normal, silent, ignore-i, busy or "
		      "refuse",
		      words[1]);
}

static enum script_step run_layer2(struct script *script, const struct script_line *line)
{
	int i = layer2_find(is(script->words[0], "silence") ? "silent" : script->words[1]);
	bool was_up = lapd_is_up(script->lapd);

	if (i < 0)
		return script_fail(script, "layer2 %s: there is no such thing", script->words[1]);
	script_trace(script, "== layer 2 %s", layer2[i].name);
	lapd_behave(script->lapd, layer2[i].behaviour);
	if (layer2[i].order != NULL && !(is(layer2[i].name, "up") && was_up))
		layer2[i].order(script->lapd);
	return STEP_NEXT;
}

static const struct {
	const char *name;
	enum subscriber_audio audio;
} sounds[] = {
    {"off", SUBSCRIBER_AUDIO_NONE},
    {"echo", SUBSCRIBER_AUDIO_ECHO},
    {"tone", SUBSCRIBER_AUDIO_PLAY},
};

static int sound_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(sounds); i++) {
		if (is(sounds[i].name, name))
			return (int)i;
	}
	return -ENOENT;
}

static int check_audio(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned timeslot;

	if (script_number(words[1], TDM_TIMESLOT_MAX, &timeslot) == 0 && sound_find(words[2]) >= 0)
		return 0;
	return refuse(why, size, "expected audio CHANNEL echo|tone|off");
}

static enum script_step run_audio(struct script *script, const struct script_line *line)
{
	unsigned timeslot;
	int sound = sound_find(script->words[2]);
	int rc = script_number(script->words[1], TDM_TIMESLOT_MAX, &timeslot);

	if (rc < 0 || sound < 0)
		return script_fail(script, "expected audio CHANNEL echo|tone|off");
	rc = exchange_sound(script->exchange, timeslot, sounds[sound].audio);
	if (rc < 0)
		return script_fail(script, "channel %u: %s", timeslot, strerror(-rc));
	return STEP_NEXT;
}

/* ---- call, set, print, ask, label */

static int call_parse(char *const *words, unsigned *reference, char *why, size_t size)
{
	if (script_number(words[2], 0x7fff, reference) < 0 ||
	    (!is(words[3], "ours") && !is(words[3], "theirs")))
		return refuse(why, size, "expected call NAME REFERENCE ours|theirs");
	return 0;
}

static int check_call(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned reference;

	return call_parse(words, &reference, why, size);
}

static enum script_step run_call(struct script *script, const struct script_line *line)
{
	unsigned reference;
	char why[128] = "out of memory";

	if (call_parse(script->words, &reference, why, sizeof(why)) < 0 ||
	    script_call_bind(script, script->words[1], (uint16_t)reference,
			     is(script->words[3], "ours")) == NULL)
		return script_fail(script, "%s", why);
	return STEP_NEXT;
}

static enum script_step run_set(struct script *script, const struct script_line *line)
{
	script_variable_set(script, script->words[1], script->words[2]);
	return STEP_NEXT;
}

static enum script_step run_print(struct script *script, const struct script_line *line)
{
	char text[512];

	script_words_join(script->words + 1, line->count - 1, text, sizeof(text));
	printf("%s\n", text);
	return STEP_NEXT;
}

static enum script_step run_label(struct script *script, const struct script_line *line)
{
	char text[512];

	script_words_join(script->words + 1, line->count - 1, text, sizeof(text));
	talloc_free(script->label);
	script->label = talloc_strdup(script, text);
	script_trace(script, "== %s", text);
	return STEP_NEXT;
}

static int check_ask(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned count = line->count;
	unsigned ms;

	return within(words, &count, &ms, why, size);
}

/* The answer is a line of standard input: ok, or what is wrong. */
static enum script_step run_ask(struct script *script, const struct script_line *line)
{
	unsigned count = line->count;
	unsigned ms = ASK_MS;
	char text[512], why[128];
	char *end;

	if (within(script->words, &count, &ms, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	script_words_join(script->words + 1, count - 1, text, sizeof(text));
	if (!script->entered) {
		timer_start(script, ms);
		script_trace(script, "?? %s", text);
		printf("? %s\n", text);
	}
	end = memchr(script->answer, '\n', script->answer_length);
	if (end == NULL && (script->expired || script->input_over))
		return script_fail(script, "ask %s: there was no answer%s", text,
				   script->input_over ? ", standard input is closed" : "");
	if (end == NULL)
		return STEP_WAIT;
	*end++ = '\0';
	if (!is(script->answer, "ok"))
		return script_fail(script, "ask %s: %s", text, script->answer);
	script->answer_length -= (size_t)(end - script->answer);
	memmove(script->answer, end, script->answer_length);
	script->met++;
	return STEP_NEXT;
}

/* ---- repeat, macro, do, end */

static int repeat_parse(char *const *words, unsigned count, unsigned *rounds, char *why,
			size_t size)
{
	if ((count != 2 && (count != 4 || !is(words[2], "as"))) ||
	    script_number(words[1], ROUNDS_MAX, rounds) < 0)
		return refuse(why, size, "expected repeat N [as NAME], N up to %u", ROUNDS_MAX);
	return 0;
}

static int check_repeat(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned rounds;

	return repeat_parse(words, line->count, &rounds, why, size);
}

/* The variable is 1 in the first round. */
static void round_begin(struct script *script, struct script_block *block)
{
	const struct script_line *line = &script->source->lines[block->line];
	char number[16];

	snprintf(number, sizeof(number), "%u", block->round);
	if (line->count == 4)
		script_variable_set(script, line->words[3], number);
}

static enum script_step run_repeat(struct script *script, const struct script_line *line)
{
	struct script_block *block = &script->blocks[script->depth];
	char why[128];

	*block = (struct script_block){.line = script->at, .round = 1};
	if (repeat_parse(script->words, line->count, &block->rounds, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	if (script->depth + 1 == SCRIPT_DEPTH_MAX)
		return script_fail(script, "more than %u blocks in each other", SCRIPT_DEPTH_MAX);
	if (block->rounds == 0) {
		script->at = line->end;
		return STEP_NEXT;
	}
	script->depth++;
	round_begin(script, block);
	return STEP_NEXT;
}

static enum script_step run_macro(struct script *script, const struct script_line *line)
{
	script->at = line->end; /* it runs when it is done */
	return STEP_NEXT;
}

static enum script_step run_do(struct script *script, const struct script_line *line)
{
	int macro = script_source_macro(script->source, script->words[1]);
	const struct script_line *head;

	if (macro < 0)
		return script_fail(script, "there is no macro %s", script->words[1]);
	head = &script->source->lines[macro];
	if (head->count != line->count)
		return script_fail(script, "macro %s needs %u values", script->words[1],
				   head->count - 2);
	if (script->depth + 1 == SCRIPT_DEPTH_MAX)
		return script_fail(script, "more than %u blocks in each other", SCRIPT_DEPTH_MAX);
	for (unsigned i = 2; i < head->count; i++)
		script_parameter_set(script, head->words[i], script->words[i]);
	script->blocks[script->depth++] = (struct script_block){.line = script->at};
	script->at = (unsigned)macro;
	return STEP_NEXT;
}

static enum script_step run_end(struct script *script, const struct script_line *line)
{
	struct script_block *block = &script->blocks[script->depth - 1];

	if (is(script->source->lines[line->end].words[0], "repeat") &&
	    block->round++ < block->rounds) {
		round_begin(script, block);
		script->at = line->end;
		return STEP_NEXT;
	}
	if (is(script->source->lines[line->end].words[0], "macro")) {
		script_parameters_drop(script, script->depth);
		script->at = block->line;
	}
	script->depth--;
	return STEP_NEXT;
}

/* ---- which order is it */

static const struct {
	const char *name;
	unsigned least, most; /* words, the name included */
	script_check *check;
	enum script_step (*run)(struct script *script, const struct script_line *line);
	const char *expected;
} orders[] = {
    {"send", 2, SCRIPT_WORDS_MAX, check_send, run_send, "send MESSAGE [call NAME] ELEMENT..."},
    {"expect", 2, SCRIPT_WORDS_MAX, check_expect, run_expect,
     "expect MESSAGE [call NAME] CONDITION... [within MS]"},
    {"on", 3, SCRIPT_WORDS_MAX, check_on, run_on, "on MESSAGE ... send MESSAGE ..., or ignore"},
    {"off", 1, 1, NULL, run_off, "off"},
    {"discard", 1, 1, NULL, run_discard, "discard"},
    {"wait", 2, 2, check_wait, run_wait, "wait MS"},
    {"layer2", 2, 2, check_layer2, run_layer2, "layer2 up|down|..."},
    {"silence", 1, 1, NULL, run_layer2, "silence"},
    {"audio", 3, 3, check_audio, run_audio, "audio CHANNEL echo|tone|off"},
    {"call", 4, 4, check_call, run_call, "call NAME REFERENCE ours|theirs"},
    {"set", 3, 3, NULL, run_set, "set NAME VALUE"},
    {"print", 1, SCRIPT_WORDS_MAX, NULL, run_print, "print TEXT"},
    {"label", 2, SCRIPT_WORDS_MAX, NULL, run_label, "label TEXT"},
    {"ask", 2, SCRIPT_WORDS_MAX, check_ask, run_ask, "ask TEXT [within MS]"},
    {"repeat", 2, 4, check_repeat, run_repeat, "repeat N [as NAME]"},
    {"macro", 2, SCRIPT_WORDS_MAX, NULL, run_macro, "macro NAME [PARAMETER...]"},
    {"do", 2, SCRIPT_WORDS_MAX, NULL, run_do, "do MACRO [VALUE...]"},
    {"end", 1, 1, NULL, run_end, "end"},
};

int script_order_check(const struct script_line *line, char *const *words, char *why, size_t size)
{
	char names[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i > 0 ? ", " : "", orders[i].name);
		if (!is(orders[i].name, words[0]))
			continue;
		if (line->count < orders[i].least || line->count > orders[i].most)
			return refuse(why, size, "expected %s", orders[i].expected);
		return orders[i].check != NULL ? orders[i].check(line, words, why, size) : 0;
	}
	return refuse(why, size, "%s: expected %s or include", words[0], names);
}

enum script_step script_order_run(struct script *script, const struct script_line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (is(orders[i].name, line->words[0]))
			return orders[i].run(script, line);
	}
	return STEP_OVER;
}
