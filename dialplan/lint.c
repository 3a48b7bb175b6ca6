// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns that have numbers in common begin with the same literal digits, as far as both have
 * some. So the peers are sorted by these digits, and each is compared with those whose digits are
 * the same or the first of its own: while the sorted list is walked through, these lie on a stack.
 */
#include "dialplan/lint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/hunt.h"
#include "dialplan/lint_private.h"
#include "dialplan/pattern_pair.h"
#include "dialplan/plan_private.h"

void lint_tell(const struct lint *lint, const struct lint_warning *what, const char *format, ...)
{
	struct lint_warning warning = *what;
	char text[LINT_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	warning.text = text;
	lint->warn(lint->arg, &warning);
}

bool lint_take_pair(struct lint *lint)
{
	return lint->pairs < LINT_PAIRS_MAX && ++lint->pairs;
}

bool lint_takes_all(const struct pattern *pattern)
{
	char digits[2] = "0";

	for (; digits[0] <= '9'; digits[0]++) {
		enum pattern_fit fit = pattern_match(pattern, digits);

		if (fit != PATTERN_FULL && fit != PATTERN_SURPLUS)
			return false;
	}
	return pattern_can_grow(pattern, "0") || pattern_match(pattern, "00") == PATTERN_SURPLUS;
}

/* ---- the patterns of one keyword, sorted */

#define SETS_KEPT 12

struct use { /* of a pattern, by a peer */
	const struct peer *peer;
	struct pattern *pattern;
	char literal[PATTERN_POSITIONS_MAX + 1]; /* digits that it begins with */
	uint8_t sets_count;
	uint32_t sets[SETS_KEPT]; /* what its first digits may be, as far as they are plain */
	unsigned told;		  /* bits of enum lint_kind */
};

struct uses {
	struct lint *lint;
	const char *keyword;
	void (*compare)(struct uses *uses, struct use *a, struct use *b);
	struct use *use;
	size_t count;
};

static int use_set(struct use *use, const struct peer *peer, const char *text)
{
	static const char symbols[] = "0123456789ABCD*#+";
	uint32_t sets[PATTERN_POSITIONS_MAX];
	size_t count, literals;
	int rc = pattern_compile(text, &use->pattern, NULL, 0);

	if (rc < 0)
		return rc;
	use->peer = peer;
	count = pattern_leading_sets(use->pattern, sets);
	literals = pattern_weight(use->pattern)->explicit_length;
	for (size_t i = 0; i < literals && i < count; i++)
		use->literal[i] = symbols[__builtin_ctz(sets[i])];
	use->sets_count = (uint8_t)(count < SETS_KEPT ? count : SETS_KEPT);
	memcpy(use->sets, sets, use->sets_count * sizeof(sets[0]));
	return 0;
}

static int compare_uses(const void *pa, const void *pb)
{
	const struct use *a = pa, *b = pb;
	int order = strcmp(a->literal, b->literal);

	if (order)
		return order;
	return a->peer->tag < b->peer->tag ? -1 : a->peer->tag > b->peer->tag;
}

static void uses_free(struct uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		pattern_free(uses->use[i].pattern);
	free(uses->use);
}

/* text_of: the pattern of a peer, or NULL. */
static int uses_collect(struct uses *uses, const char *(*text_of)(const struct peer *peer))
{
	const struct plan *plan = uses->lint->plan;
	size_t count = plan_peer_count(plan);
	int rc;

	uses->use = calloc(count ? count : 1, sizeof(*uses->use));
	if (!uses->use)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = plan_peer_at(plan, i);
		const char *text = text_of(peer);

		if (!text || !text[0])
			continue;
		rc = use_set(&uses->use[uses->count], peer, text);
		if (rc == -ENOMEM)
			return rc;
		uses->count += rc == 0;
	}
	if (uses->count)
		qsort(uses->use, uses->count, sizeof(*uses->use), compare_uses);
	return 0;
}

/* What can be seen at once: they differ in a digit. */
static bool may_overlap(const struct use *a, const struct use *b)
{
	unsigned count = a->sets_count < b->sets_count ? a->sets_count : b->sets_count;

	for (unsigned i = 0; i < count; i++)
		if (!(a->sets[i] & b->sets[i]))
			return false;
	return true;
}

struct group { /* uses with the same literal digits */
	size_t begin, end;
};

/* Compares use i with those of a group, up to end. Returns how many more may be. */
static unsigned compare_with(struct uses *uses, size_t i, const struct group *group, unsigned left)
{
	for (size_t j = group->begin; j < group->end && j < i && left; j++, left--)
		if (may_overlap(&uses->use[i], &uses->use[j]) && lint_take_pair(uses->lint))
			uses->compare(uses, &uses->use[j], &uses->use[i]);
	return left;
}

static void uses_compare(struct uses *uses)
{
	struct group stack[PATTERN_POSITIONS_MAX + 1]; /* each literal longer than that below */
	unsigned depth = 0;

	for (size_t i = 0; i < uses->count; i++) {
		const char *literal = uses->use[i].literal;
		unsigned left = LINT_NEIGHBOURS_MAX;

		while (depth) {
			const char *top = uses->use[stack[depth - 1].begin].literal;

			if (strncmp(top, literal, strlen(top)) == 0)
				break;
			depth--;
		}
		if (!depth || strcmp(uses->use[stack[depth - 1].begin].literal, literal) != 0)
			stack[depth++] = (struct group){i, i};
		stack[depth - 1].end = i + 1;
		for (unsigned d = depth; d-- > 0;)
			left = compare_with(uses, i, &stack[d], left);
	}
}

static bool tell_once(struct use *use, enum lint_kind kind)
{
	bool first = !(use->told & 1u << kind);

	use->told |= 1u << kind;
	return first;
}

/* ---- outbound */

static const char *destination_of(const struct peer *peer)
{
	return peer_is_outbound(peer) ? peer->destination_pattern : NULL;
}

static bool finds(const struct use *a, const struct use *b, enum pattern_pair_question question,
		  char number[NUMBER_DIGITS_MAX + 1])
{
	return pattern_pair_find(a->pattern, b->pattern, question, number) == 1;
}

/* Does a take every number that b takes? */
static bool covers(const struct use *a, const struct use *b)
{
	char number[NUMBER_DIGITS_MAX + 1];

	return pattern_pair_find(b->pattern, a->pattern, PATTERN_PAIR_FIRST_ONLY, number) == 0;
}

static bool types_differ(const struct peer *a, const struct peer *b)
{
	return a->numbering_type != PEER_TON_ANY && b->numbering_type != PEER_TON_ANY &&
	       a->numbering_type != b->numbering_type;
}

/* Nothing that a call brings keeps it from being tried. */
static bool takes_any_call(const struct peer *peer)
{
	return !peer->max_conn && !peer->cor_outgoing[0] && peer->numbering_type == PEER_TON_ANY &&
	       !peer->calling_out_map && !peer->profile_outgoing[0];
}

/* first goes before second, always. */
static void lint_hidden(struct uses *uses, struct use *first, struct use *second)
{
	struct lint_warning warning = {
	    .kind = LINT_HIDDEN, .tag = second->peer->tag, .other = first->peer->tag};

	if (!first->peer->huntstop || !takes_any_call(first->peer) ||
	    peer_carries(first->peer, true) != peer_carries(second->peer, true) ||
	    peer_carries(first->peer, false) != peer_carries(second->peer, false) ||
	    !covers(first, second) || !tell_once(second, LINT_HIDDEN))
		return;
	lint_tell(uses->lint, &warning,
		  "dial-peer voice %u (%s) is tried only while %u (%s) is down: that one goes "
		  "first with each of its numbers, and ends the hunt (huntstop)",
		  warning.tag, second->peer->destination_pattern, warning.other,
		  first->peer->destination_pattern);
}

/* order: of a before b as it is here, 0: by chance */
static void lint_tie(struct uses *uses, struct use *a, struct use *b, int order)
{
	struct lint_warning warning = {
	    .kind = LINT_TIE, .tag = b->peer->tag, .other = a->peer->tag};
	char number[NUMBER_DIGITS_MAX + 1], here[64];

	if (plan_options(uses->lint->plan)->tie_deterministic || types_differ(a->peer, b->peer) ||
	    a->peer->in_fallback || b->peer->in_fallback || /* both lead to trunks */
	    !finds(a, b, PATTERN_PAIR_BOTH, number) || !tell_once(b, LINT_TIE))
		return;
	if (order)
		snprintf(here, sizeof(here), "; here %u goes first",
			 order < 0 ? a->peer->tag : b->peer->tag);
	else
		snprintf(here, sizeof(here), ", and so it is here");
	lint_tell(uses->lint, &warning,
		  "dial-peer voice %u (%s) and %u (%s) both fit, as with %s: IOS chooses at "
		  "random%s (preference decides, or dial-peer tie deterministic)",
		  a->peer->tag, a->peer->destination_pattern, b->peer->tag,
		  b->peer->destination_pattern, number, here);
}

static bool is_emergency(const struct plan *plan, const char *digits)
{
	struct number number = {0};

	return number_from_e164(&number, digits) == 0 && plan_is_emergency(plan, &number);
}

/* Rule 5.2: digit by digit, short takes the call before all digits of longer have come. */
static void lint_short(struct uses *uses, struct use *brief, struct use *longer)
{
	const struct pattern_weight *b = pattern_weight(brief->pattern);
	const struct pattern_weight *l = pattern_weight(longer->pattern);
	struct lint_warning warning = {
	    .kind = LINT_SHORT, .tag = brief->peer->tag, .other = longer->peer->tag};
	char number[NUMBER_DIGITS_MAX + 1];

	if (b->variable || l->variable || brief->peer->emergency)
		return;
	if (plan_options(uses->lint->plan)->overlap_safe && l->explicit_length > b->explicit_length)
		return;
	if (!finds(brief, longer, PATTERN_PAIR_BEGINNING, number) ||
	    is_emergency(uses->lint->plan, number) || !tell_once(brief, LINT_SHORT))
		return;
	lint_tell(uses->lint, &warning,
		  "dial-peer voice %u (%s) hides the longer %u (%s) where digits come one by one: "
		  "it takes the call at %s (dial-peer overlap-safe, or a longer pattern)",
		  warning.tag, brief->peer->destination_pattern, warning.other,
		  longer->peer->destination_pattern, number);
}

/* Rule 5.3: first goes before second, always; T waits though second is complete. */
static void lint_timer(struct uses *uses, struct use *first, struct use *second)
{
	struct lint_warning warning = {
	    .kind = LINT_TIMER, .tag = first->peer->tag, .other = second->peer->tag};
	char number[NUMBER_DIGITS_MAX + 1];

	if (!pattern_weight(first->pattern)->variable || pattern_weight(second->pattern)->variable)
		return;
	if (!finds(first, second, PATTERN_PAIR_BOTH_EXACTLY, number) ||
	    is_emergency(uses->lint->plan, number) || !tell_once(second, LINT_TIMER))
		return;
	lint_tell(
	    uses->lint, &warning,
	    "dial-peer voice %u (%s) goes before %u (%s) and waits for the timer where digits "
	    "come one by one, though %s is complete (preference)",
	    warning.tag, first->peer->destination_pattern, warning.other,
	    second->peer->destination_pattern, number);
}

static void compare_outbound(struct uses *uses, struct use *a, struct use *b)
{
	const struct hunt_entry ea = {
	    .peer = a->peer, .pattern = a->pattern, .weight = *pattern_weight(a->pattern)};
	const struct hunt_entry eb = {
	    .peer = b->peer, .pattern = b->pattern, .weight = *pattern_weight(b->pattern)};
	bool by_chance;
	int order = hunt_compare_fixed(plan_options(uses->lint->plan), &ea, &eb, &by_chance);

	if (strcmp(a->peer->carrier_target, b->peer->carrier_target) != 0)
		return; /* for the calls of different carriers */
	if (by_chance)
		lint_tie(uses, a, b, order);
	if (order)
		lint_hidden(uses, order < 0 ? a : b, order < 0 ? b : a);
	if (!uses->lint->overlap)
		return;
	lint_short(uses, a, b);
	lint_short(uses, b, a);
	if (order)
		lint_timer(uses, order < 0 ? a : b, order < 0 ? b : a);
}

/* ---- inbound */

static const char *called_of(const struct peer *peer)
{
	return peer_is_inbound(peer) ? peer->incoming_called_number : NULL;
}

static const char *answer_of(const struct peer *peer)
{
	return peer_is_inbound(peer) ? peer->answer_address : NULL;
}

/* Rule 2.4: the longest, then the first configured. */
static bool goes_before(const struct use *a, const struct use *b)
{
	unsigned la = pattern_weight(a->pattern)->explicit_length;
	unsigned lb = pattern_weight(b->pattern)->explicit_length;

	return la != lb ? la > lb : a->peer->tag < b->peer->tag;
}

static void compare_inbound(struct uses *uses, struct use *a, struct use *b)
{
	struct use *first = goes_before(a, b) ? a : b, *second = first == a ? b : a;
	struct lint_warning warning = {
	    .kind = LINT_NOT_INBOUND, .tag = second->peer->tag, .other = first->peer->tag};

	if (a->peer->kind != b->peer->kind || !covers(first, second) ||
	    !tell_once(second, LINT_NOT_INBOUND))
		return;
	lint_tell(uses->lint, &warning,
		  "%s %s of dial-peer voice %u never decides: %u (%s) fits the same calls and "
		  "comes first",
		  uses->keyword, pattern_text(second->pattern), warning.tag, warning.other,
		  pattern_text(first->pattern));
}

/* Rule 2.1: the called number is looked at first, with all peers. */
static void lint_answer_address(struct lint *lint)
{
	const struct peer *taker[2] = {NULL, NULL};
	size_t count = plan_peer_count(lint->plan);

	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = plan_peer_at(lint->plan, i);
		struct pattern *pattern;
		const char *text = called_of(peer);

		if (taker[peer->kind] || !text || !text[0] ||
		    pattern_compile(text, &pattern, NULL, 0) < 0)
			continue;
		if (lint_takes_all(pattern))
			taker[peer->kind] = peer;
		pattern_free(pattern);
	}
	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = plan_peer_at(lint->plan, i), *first = taker[peer->kind];
		const char *text = answer_of(peer);
		struct lint_warning warning = {.kind = LINT_NOT_INBOUND, .tag = peer->tag};

		if (!text || !text[0] || !first || first == peer)
			continue;
		warning.other = first->tag;
		lint_tell(lint, &warning,
			  "answer-address %s of dial-peer voice %u never decides: incoming "
			  "called-number %s of %u takes every call first",
			  text, peer->tag, first->incoming_called_number, first->tag);
	}
}

/* ---- one peer by itself */

static bool is_two_stage(const struct peer *peer)
{
	return peer->kind == PEER_POTS && peer->no_direct_inward_dial && peer_is_inbound(peer);
}

/* Whoever gives one whole number its dial tone means it. */
static bool is_one_number(const char *text)
{
	uint32_t sets[PATTERN_POSITIONS_MAX];
	struct pattern *pattern;
	bool one;

	if (!text[0] || pattern_compile(text, &pattern, NULL, 0) < 0)
		return false;
	one = pattern_is_plain(pattern) && !pattern_weight(pattern)->variable &&
	      pattern_weight(pattern)->explicit_length == pattern_leading_sets(pattern, sets);
	pattern_free(pattern);
	return one;
}

static void lint_peers(struct lint *lint)
{
	for (size_t i = 0; i < plan_peer_count(lint->plan); i++) {
		const struct peer *peer = plan_peer_at(lint->plan, i);
		const char *missing = plan_peer_missing(lint->plan, peer);
		struct lint_warning warning = {.tag = peer->tag};

		if (missing) {
			warning.kind = LINT_MISSING;
			lint_tell(lint, &warning, "dial-peer voice %u is down: there is no %s",
				  peer->tag, missing);
		}
		if (is_two_stage(peer) && !is_one_number(peer->incoming_called_number)) {
			warning.kind = LINT_TWO_STAGE;
			lint_tell(lint, &warning,
				  "dial-peer voice %u has no direct-inward-dial: its callers hear "
				  "dial tone and dial a second time",
				  peer->tag);
		}
	}
}

/* ---- class of restriction: outbound peers that no inbound peer may use */

#define LISTS_MAX 64 /* different incoming lists; beyond that nothing is said */

struct lists {
	uint64_t members[LISTS_MAX];
	unsigned count;
	bool all_allowed; /* some calls may go anywhere, or there are too many lists to tell */
};

static void lists_add(struct lists *lists, const struct plan_entry *inbound)
{
	unsigned i = 0;

	while (i < lists->count && lists->members[i] != inbound->cor_incoming)
		i++;
	if (!inbound->cor_limited || i == LISTS_MAX)
		lists->all_allowed = true;
	else if (i == lists->count)
		lists->members[lists->count++] = inbound->cor_incoming;
}

static bool lists_allow(const struct lists *lists, uint64_t outgoing)
{
	for (unsigned i = 0; i < lists->count; i++)
		if ((outgoing & ~lists->members[i]) == 0)
			return true;
	return false;
}

static void lint_restriction(struct lint *lint)
{
	struct lists lists = {.all_allowed = plan_options(lint->plan)->permit_default};
	size_t count = plan_peer_count(lint->plan);

	for (size_t i = 0; i < count; i++)
		if (peer_is_inbound(plan_peer_at(lint->plan, i)))
			lists_add(&lists, plan_entry_of(plan_peer_at(lint->plan, i)));
	if (lists.all_allowed || !lists.count)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct plan_entry *entry = plan_entry_of(plan_peer_at(lint->plan, i));
		struct lint_warning warning = {.kind = LINT_RESTRICTED, .tag = entry->peer.tag};

		if (peer_is_outbound(&entry->peer) && !lists_allow(&lists, entry->cor_outgoing) &&
		    !is_emergency(lint->plan, entry->peer.destination_pattern))
			lint_tell(lint, &warning,
				  "dial-peer voice %u is never tried: no inbound dial peer has all "
				  "members of its corlist outgoing %s",
				  warning.tag, entry->peer.cor_outgoing);
	}
}

static bool has_two_stage(const struct plan *plan)
{
	for (size_t i = 0; i < plan_peer_count(plan); i++)
		if (is_two_stage(plan_peer_at(plan, i)))
			return true;
	return false;
}

static int lint_patterns(struct uses *uses, const char *(*text_of)(const struct peer *peer))
{
	int rc = uses_collect(uses, text_of);

	if (rc == 0)
		uses_compare(uses);
	uses_free(uses);
	return rc;
}

int lint_plan(const struct plan *plan, const struct lint_options *options, lint_warn warn,
	      void *arg)
{
	struct lint lint = {.plan = plan, .warn = warn, .arg = arg};
	struct uses destination = {&lint, "destination-pattern", compare_outbound};
	struct uses called = {&lint, "incoming called-number", compare_inbound};
	struct uses answer = {&lint, "answer-address", compare_inbound};
	int rc;

	lint.overlap = options->overlap || has_two_stage(plan);
	lint_peers(&lint);
	lint_emergency(&lint);
	lint_restriction(&lint);
	lint_sip_to_sip(&lint);
	lint_answer_address(&lint);
	rc = lint_patterns(&destination, destination_of);
	if (rc == 0)
		rc = lint_patterns(&called, called_of);
	if (rc == 0)
		rc = lint_patterns(&answer, answer_of);
	return rc < 0 ? rc : lint_trunks(&lint);
}
