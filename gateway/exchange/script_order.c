// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/exchange/script_private.h"

#define ASK_MS 30000
#define WAIT_MAX_MS 3600000
#define ROUNDS_MAX 100000

static bool is(const char *word, const char *expected)
{
	return strcmp(word, expected) == 0;
}

int script_milliseconds(const char *text, unsigned *out, char *why, size_t size)
{
	if (script_number(text, WAIT_MAX_MS, out) < 0)
		return script_refuse(why, size, "%s: expected milliseconds, up to %u", text,
				     WAIT_MAX_MS);
	return 0;
}

int script_within(char *const *words, unsigned *count, unsigned *ms, char *why, size_t size)
{
	if (*count < 3 || !is(words[*count - 2], "within"))
		return 0;
	*count -= 2;
	return script_milliseconds(words[*count + 1], ms, why, size);
}

void script_timer_start(struct script *script, unsigned ms)
{
	script->entered = true;
	script->expired = false;
	osmo_timer_schedule(&script->timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- wait, layer2, audio */

static int check_wait(const struct script_line *line, char *const *words, char *why, size_t size)
{
	unsigned ms;

	return script_milliseconds(words[1], &ms, why, size);
}

static enum script_step run_wait(struct script *script, const struct script_line *line)
{
	unsigned ms;
	char why[128];

	if (script->entered)
		return script->expired ? STEP_NEXT : STEP_WAIT;
	if (script_milliseconds(script->words[1], &ms, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	script_timer_start(script, ms);
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
	return script_refuse(
	    why, size,
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
	return script_refuse(why, size, "expected audio CHANNEL echo|tone|off");
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
		return script_refuse(why, size, "expected call NAME REFERENCE ours|theirs");
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

	return script_within(words, &count, &ms, why, size);
}

/* The answer is a line of standard input: ok, or what is wrong. */
static enum script_step run_ask(struct script *script, const struct script_line *line)
{
	unsigned count = line->count;
	unsigned ms = ASK_MS;
	char text[512], why[128];
	char *end;

	if (script_within(script->words, &count, &ms, why, sizeof(why)) < 0)
		return script_fail(script, "%s", why);
	script_words_join(script->words + 1, count - 1, text, sizeof(text));
	if (!script->entered) {
		script_timer_start(script, ms);
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
		return script_refuse(why, size, "expected repeat N [as NAME], N up to %u",
				     ROUNDS_MAX);
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
    {"send", 2, SCRIPT_WORDS_MAX, script_check_send, script_run_send,
     "send MESSAGE [call NAME] ELEMENT..."},
    {"expect", 2, SCRIPT_WORDS_MAX, script_check_expect, script_run_expect,
     "expect MESSAGE [call NAME] CONDITION... [within MS]"},
    {"on", 3, SCRIPT_WORDS_MAX, script_check_on, script_run_on,
     "on MESSAGE ... send MESSAGE ..., or ignore"},
    {"off", 1, 1, NULL, script_run_off, "off"},
    {"discard", 1, 1, NULL, script_run_discard, "discard"},
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
			return script_refuse(why, size, "expected %s", orders[i].expected);
		return orders[i].check != NULL ? orders[i].check(line, words, why, size) : 0;
	}
	return script_refuse(why, size, "%s: expected %s or include", words[0], names);
}

enum script_step script_order_run(struct script *script, const struct script_line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (is(orders[i].name, line->words[0]))
			return orders[i].run(script, line);
	}
	return STEP_OVER;
}
