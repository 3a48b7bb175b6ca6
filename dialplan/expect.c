// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/expect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/q850.h"
#include "dialplan/text.h"

#define WORD_MAX EXPECT_SOURCE_MAX

/* ---- reading */

struct words {
	const char *at;
	char word[WORD_MAX + 1]; /* the one that is looked at; empty: the line has ended */
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct words *words, const char *format,
							...)
{
	va_list args;

	if (words->why && words->why_size) {
		va_start(args, format);
		vsnprintf(words->why, words->why_size, format, args);
		va_end(args);
	}
	return -EINVAL;
}

static int wanted(struct words *words, const char *what)
{
	return refuse(words, "%s%s%s: expected %s", words->word[0] ? "'" : "",
		      words->word[0] ? words->word : "the line ends", words->word[0] ? "'" : "",
		      what);
}

static void next(struct words *words)
{
	size_t length;

	words->at += strspn(words->at, " \t");
	length = strcspn(words->at, " \t");
	snprintf(words->word, sizeof(words->word), "%.*s",
		 (int)(length < WORD_MAX ? length : WORD_MAX), words->at);
	words->at += length;
}

static bool take(struct words *words, const char *word)
{
	if (strcmp(words->word, word) != 0)
		return false;
	next(words);
	return true;
}

static int take_number(struct words *words, char text[NUMBER_DIGITS_MAX + 2], bool may_lack)
{
	struct number number;

	if (may_lack && take(words, "-")) {
		text[0] = '\0';
		return 0;
	}
	if (number_from_e164(&number, words->word) < 0 || !number.digits[0] ||
	    strlen(words->word) > NUMBER_DIGITS_MAX + 1)
		return wanted(words, may_lack ? "a number, or - for none" : "a number");
	snprintf(text, NUMBER_DIGITS_MAX + 2, "%s", words->word);
	next(words);
	return 0;
}

static int take_unsigned(struct words *words, unsigned long max, const char *what,
			 unsigned long *out)
{
	char *end;
	unsigned long value;

	if (words->word[0] < '0' || words->word[0] > '9')
		return wanted(words, what);
	errno = 0;
	value = strtoul(words->word, &end, 10);
	if (*end || errno || value < 1 || value > max)
		return wanted(words, what);
	next(words);
	*out = value;
	return 0;
}

static int take_tag(struct words *words, struct expect *expect)
{
	unsigned long tag;
	int rc = take_unsigned(words, 2147483647, "the tag of a dial peer", &tag);

	if (rc < 0)
		return rc;
	if (expect->count == PLAN_CANDIDATES_MAX)
		return refuse(words, "no call hunts through more than %d dial peers",
			      PLAN_CANDIDATES_MAX);
	expect->tags[expect->count++] = (uint32_t)tag;
	return 0;
}

/* "sip:10.1.1.1", "1:D", or the two words "span 1" */
static int take_source(struct words *words, struct expect *expect)
{
	static const char *const what = "sip:HOST, a port as in 1:D or 2/17, or span N";
	char *source = expect->source;
	struct trial trial;

	if (strcmp(words->word, "span") == 0) {
		next(words);
		if (strlen(words->word) > 8)
			return wanted(words, "the number of a span");
		snprintf(source, EXPECT_SOURCE_MAX + 1, "span %.8s", words->word);
	} else {
		snprintf(source, EXPECT_SOURCE_MAX + 1, "%s", words->word);
	}
	trial_init(&trial);
	if (trial_set_source(&trial, NULL, source) < 0)
		return wanted(words, what);
	next(words);
	return 0;
}

static int take_result(struct words *words, struct expect *expect)
{
	unsigned long cause;
	int rc;

	if (take(words, "via")) {
		expect->result = EXPECT_VIA;
		if (!take(words, "peer"))
			return wanted(words, "peer TAG");
		rc = take_tag(words, expect);
		if (rc < 0 || !take(words, "send"))
			return rc;
		if (strcmp(words->word, "-") != 0)
			return take_number(words, expect->send, false);
		strcpy(expect->send, "-");
		next(words);
		return 0;
	}
	if (take(words, "hunts")) {
		expect->result = EXPECT_HUNTS;
		do
			rc = take_tag(words, expect);
		while (rc == 0 && words->word[0]);
		return rc;
	}
	if (!take(words, "refused"))
		return wanted(words, "via peer TAG, hunts TAG ... or refused cause N");
	expect->result = EXPECT_REFUSED;
	if (!take(words, "cause"))
		return wanted(words, "cause N");
	rc = take_unsigned(words, 127, "a cause, 1 to 127", &cause);
	if (rc == 0)
		expect->cause = (unsigned)cause;
	return rc;
}

int expect_parse(struct expect *out, const char *text, char *why, size_t why_size)
{
	struct words words = {.at = text, .why = why, .why_size = why_size};
	struct expect expect = {0};
	int rc;

	next(&words);
	if (!take(&words, "from"))
		return wanted(&words, "from NUMBER");
	rc = take_number(&words, expect.calling, true);
	if (rc == 0 && take(&words, "on"))
		rc = take_source(&words, &expect);
	if (rc < 0)
		return rc;
	if (!take(&words, "to"))
		return wanted(&words, expect.source[0] ? "to NUMBER" : "on SOURCE or to NUMBER");
	rc = take_number(&words, expect.called, false);
	if (rc == 0)
		rc = take_result(&words, &expect);
	if (rc < 0)
		return rc;
	if (words.word[0])
		return wanted(&words, "the end of the line");
	*out = expect;
	return 0;
}

/* ---- checking */

/* The tags of the candidates, each peer once. */
static unsigned hunted(const struct plan_route *route, uint32_t tags[PLAN_CANDIDATES_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < route->count; i++)
		if (!count || tags[count - 1] != route->candidates[i].peer->tag)
			tags[count++] = route->candidates[i].peer->tag;
	return count;
}

static const char *sent(const struct plan_route *route, char text[TRIAL_TEXT_SIZE])
{
	trial_sent(route->candidates[0].peer, &route->candidates[0].called, text);
	return text[0] ? text : "-";
}

static bool holds(const struct expect *expect, const struct trial_outcome *outcome)
{
	const struct plan_route *route = &outcome->route;
	uint32_t tags[PLAN_CANDIDATES_MAX];
	char text[TRIAL_TEXT_SIZE];

	if (expect->result == EXPECT_REFUSED)
		return outcome->cause == expect->cause;
	if (outcome->cause || outcome->confers)
		return false;
	if (expect->result == EXPECT_VIA)
		return route->candidates[0].peer->tag == expect->tags[0] &&
		       (!expect->send[0] || strcmp(sent(route, text), expect->send) == 0);
	return hunted(route, tags) == expect->count &&
	       memcmp(tags, expect->tags, expect->count * sizeof(tags[0])) == 0;
}

static void put_expected(struct text *text, const struct expect *expect)
{
	switch (expect->result) {
	case EXPECT_VIA:
		text_put(text, "via peer %u", expect->tags[0]);
		if (expect->send[0])
			text_put(text, " send %s", expect->send);
		break;
	case EXPECT_HUNTS:
		text_put(text, "hunts");
		for (unsigned i = 0; i < expect->count; i++)
			text_put(text, " %u", expect->tags[i]);
		break;
	case EXPECT_REFUSED:
		text_put(text, "refused cause %u", expect->cause);
	}
}

static void put_outcome(struct text *text, const struct expect *expect,
			const struct trial_outcome *outcome)
{
	uint32_t tags[PLAN_CANDIDATES_MAX];
	char digits[TRIAL_TEXT_SIZE];
	unsigned count;

	if (outcome->cause) {
		text_put(text, "refused cause %u (%s", outcome->cause, q850_name(outcome->cause));
		if (!outcome->inbound.peer && expect->source[0])
			text_put(text, ": no inbound dial peer fits");
		text_put(text, ")");
		return;
	}
	if (outcome->confers) {
		text_put(text, "a conference");
		return;
	}
	count = hunted(&outcome->route, tags);
	if (expect->result == EXPECT_HUNTS || count > 1) {
		text_put(text, "hunts");
		for (unsigned i = 0; i < count; i++)
			text_put(text, " %u", tags[i]);
		if (expect->result == EXPECT_HUNTS)
			return;
		text_put(text, ", first ");
	}
	text_put(text, "via peer %u send %s", tags[0], sent(&outcome->route, digits));
}

int expect_verify(const struct expect *expect, const struct plan *plan, char *why, size_t why_size)
{
	struct text text = {why, why_size};
	struct trial_outcome outcome;
	struct trial trial;
	int rc;

	trial_init(&trial);
	rc = expect->source[0] ? trial_set_source(&trial, plan, expect->source) : 0;
	if (rc == 0)
		rc = trial_set_numbers(&trial, expect->called, expect->calling, "");
	if (rc < 0)
		return rc;
	trial_run(&trial, plan, &outcome);
	if (holds(expect, &outcome))
		return 0;
	text_put(&text, "call from %s%s%s to %s: expected ",
		 expect->calling[0] ? expect->calling : "-", expect->source[0] ? " on " : "",
		 expect->source, expect->called);
	put_expected(&text, expect);
	text_put(&text, ", it would be ");
	put_outcome(&text, expect, &outcome);
	return -EINVAL;
}
