// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of the numbers of a call before the outbound search (rule 3, steps 1 to 4). */
#include <stdio.h>
#include <string.h>

#include "dialplan/plan_private.h"

/* ---- translation profiles */

/* after NULL: the rule refuses the call, or makes no number. */
static void tell_translation(const struct plan_change *change, unsigned which, unsigned rule,
			     const struct number *before, const struct number *after)
{
	bool blocks = change->place == PLAN_PLACE_CALL_BLOCK;

	plan_tell(change->request, &(struct plan_note){
				       .step = blocks ? PLAN_STEP_BLOCKED : PLAN_STEP_TRANSLATED,
				       .which = which,
				       .place = change->place,
				       .peer = change->peer,
				       .target = change->target,
				       .name = change->profile->profile.name,
				       .set = change->profile->rules[which]->number,
				       .rule = rule,
				       .before = before,
				       .after = after,
				       .cause = blocks ? plan_block_cause(change->peer) : 0,
				   });
}

bool plan_change_failed(enum translation_outcome outcome)
{
	return outcome == TRANSLATION_TOO_LONG || outcome == TRANSLATION_MALFORMED;
}

enum translation_outcome plan_change(const struct plan_change *change, unsigned which,
				     struct number *number)
{
	bool blocks = change->place == PLAN_PLACE_CALL_BLOCK; /* and changes nothing */
	const struct plan_rules *rules = change->profile ? change->profile->rules[which] : NULL;
	enum translation_outcome outcome;
	struct number before;
	unsigned rule = 0;

	if (!rules || (which == PLAN_REDIRECTING && !number->digits[0]))
		return TRANSLATION_NONE;
	before = *number;
	outcome = translation_apply(rules->rules, number, change->with_plus, &rule);
	if (blocks && outcome == TRANSLATION_REJECTED)
		tell_translation(change, which, rule, &before, NULL);
	else if (!blocks && outcome == TRANSLATION_APPLIED)
		tell_translation(change, which, rule, &before, number);
	else if (!blocks && which == PLAN_CALLED && plan_change_failed(outcome))
		tell_translation(change, which, rule, &before, NULL);
	return outcome;
}

void plan_translate_target(const struct plan *plan, const struct peer *peer, struct number *number)
{
	const struct plan_entry *entry = plan_entry_of(peer);
	struct plan_change change = {.profile = entry->outgoing, .with_plus = true};

	/* the peer was called, so that its outgoing profile knows the numbers that it speaks of */
	if (!change.profile || !change.profile->rules[PLAN_TARGET])
		change.profile = entry->incoming;
	plan_change(&change, PLAN_TARGET, number);
}

/* ---- where the call comes from */

static bool address_within(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;

	if (memcmp(address, net, octets) != 0)
		return false;
	return !rest || (address[octets] ^ net[octets]) >> (8 - rest) == 0;
}

/* The narrowest network that the call comes from. */
static const struct plan_source *find_source(const struct plan *plan,
					     const struct plan_request *request)
{
	const struct table *sources = &plan->tables[PLAN_SOURCES];
	unsigned max = request->source_family == 4 ? 32 : 128;
	const struct plan_source *best = NULL;
	int best_bits = -1;

	if (!request->source_family)
		return NULL;
	for (size_t i = 0; i < sources->count; i++) {
		const struct plan_source *source = sources->objects[i];

		for (unsigned a = 0; a < source->group.addresses_count; a++) {
			unsigned bits = source->group.addresses[a].bits;

			if (source->group.addresses[a].family != request->source_family ||
			    bits > max || (int)bits <= best_bits ||
			    !address_within(request->source, source->group.addresses[a].octets,
					    bits))
				continue;
			best = source;
			best_bits = bits;
		}
	}
	return best;
}

/* Rule 3, step 1: which profile, and which carrier the call comes from. */
static void begin_pots(const struct plan *plan, const struct plan_request *request,
		       struct plan_change *change, const char **carrier)
{
	const struct plan_trunk *trunk = plan_find_trunk(plan, request->port);

	if (!trunk)
		return;
	change->profile = trunk->incoming;
	change->place = PLAN_PLACE_VOICE_PORT;
	change->target = request->port;
	if (!trunk->group)
		return;
	if (!change->profile) {
		change->profile = trunk->group->incoming;
		change->place = PLAN_PLACE_TRUNK_GROUP;
	}
	if (!*carrier && trunk->group->group.carrier_id[0])
		*carrier = trunk->group->group.carrier_id;
}

static void begin_voip(const struct plan *plan, const struct plan_request *request,
		       struct plan_change *change, const char **carrier)
{
	const struct plan_source *source = find_source(plan, request);

	change->profile = plan->voip_incoming;
	change->place = PLAN_PLACE_VOIP_INCOMING;
	if (!source)
		return;
	if (source->incoming) {
		change->profile = source->incoming;
		change->place = PLAN_PLACE_SOURCE_GROUP;
	}
	if (!*carrier && source->group.carrier_id[0])
		*carrier = source->group.carrier_id;
}

/* ---- emergency numbers */

bool plan_is_emergency(const struct plan *plan, const struct number *called)
{
	char e164[NUMBER_DIGITS_MAX + 2];

	number_to_e164(called, e164);
	for (unsigned i = 0; i < PLAN_EMERGENCY_MAX && plan->options.emergency[i][0]; i++)
		if (strcmp(plan->options.emergency[i], called->digits) == 0 ||
		    strcmp(plan->options.emergency[i], e164) == 0)
			return true;
	return false;
}

bool plan_may_be_emergency(const struct plan *plan, const struct number *called)
{
	struct number whole;

	if (plan_is_emergency(plan, called))
		return true;
	for (unsigned i = 0; i < PLAN_EMERGENCY_MAX && plan->options.emergency[i][0]; i++)
		if (plan_emergency_ahead(plan, called, i, &whole))
			return true;
	return false;
}

unsigned plan_emergency_ahead(const struct plan *plan, const struct number *called, unsigned at,
			      struct number *whole)
{
	const char *emergency = plan->options.emergency[at];
	size_t length = strlen(called->digits);

	if (strncmp(emergency, called->digits, length) != 0 || !emergency[length])
		return 0;
	*whole = *called;
	memcpy(whole->digits, emergency, strlen(emergency) + 1);
	return strlen(emergency) - length;
}

/* The number as it was dialled, or as the port's profile left it, if that is for emergency calls. */
static const struct number *emergency_dialled(const struct plan *plan,
					      const struct plan_request *request,
					      const struct plan_numbers *numbers)
{
	if (plan_is_emergency(plan, &request->called))
		return &request->called;
	return plan_is_emergency(plan, &numbers->came[PLAN_CALLED]) ? &numbers->came[PLAN_CALLED]
								    : NULL;
}

/* ---- from the edge to the inbound peer */

static void normalize(const struct plan *plan, const struct plan_request *request,
		      enum plan_which which, struct plan_numbers *numbers)
{
	struct number *number = &numbers->normal[which], before = *number;

	if (!plan->numbers_known || !number->digits[0])
		return;
	if (which == PLAN_CALLED && emergency_dialled(plan, request, numbers))
		return; /* 112 is 112 in every country */
	if (number_normalize(&plan->options.number_plan, number))
		plan_tell(request, &(struct plan_note){.step = PLAN_STEP_NORMALIZED,
						       .which = which,
						       .before = &before,
						       .after = number});
}

void plan_numbers_begin(const struct plan *plan, const struct plan_request *request,
			struct plan_numbers *numbers)
{
	struct plan_change change = {.request = request,
				     .with_plus = request->inbound_kind == PEER_VOIP};

	numbers->carrier = request->carrier;
	if (request->inbound_kind == PEER_POTS)
		begin_pots(plan, request, &change, &numbers->carrier);
	else
		begin_voip(plan, request, &change, &numbers->carrier);
	numbers->came[PLAN_CALLED] = request->called;
	numbers->came[PLAN_CALLING] = request->calling;
	numbers->came[PLAN_REDIRECTING] = request->redirecting;
	for (unsigned w = 0; w <= PLAN_REDIRECTING; w++) {
		enum translation_outcome outcome = plan_change(&change, w, &numbers->came[w]);

		if (w == PLAN_CALLED)
			numbers->called_failed = plan_change_failed(outcome);
		numbers->normal[w] = numbers->came[w];
		normalize(plan, request, w, numbers);
	}
}

static bool is_international(const struct number *number)
{
	return number->ton == TON_INTERNATIONAL && number->digits[0];
}

unsigned plan_number_forms(const struct plan *plan, enum peer_kind inbound,
			   const struct plan_numbers *numbers, enum plan_which which,
			   char text[2][DIGITS_TEXT_SIZE])
{
	bool plus = inbound == PEER_VOIP;

	digits_text(&numbers->normal[which], plus || plan->numbers_known, text[0]);
	if (plan->numbers_known)
		digits_text(&numbers->came[which], plus, text[1]);
	else
		digits_text(&numbers->came[which], true, text[1]);
	return strcmp(text[0], text[1]) == 0 ? 1 : 2;
}

/* ---- from the inbound peer to the outbound search */

struct expansion {
	const struct plan *plan;
	const struct plan_num_exp *best;
	unsigned length; /* explicit, of best */
};

static void expansion_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct expansion *expansion = arg;
	const struct plan_num_exp *num_exp = expansion->plan->tables[PLAN_NUM_EXPS].objects[value];
	unsigned length = pattern_weight(pattern)->explicit_length;

	if (expansion->best &&
	    (length < expansion->length ||
	     (length == expansion->length && num_exp->ordinal > expansion->best->ordinal)))
		return;
	expansion->best = num_exp;
	expansion->length = length;
}

/* The right side of num-exp for the digits in text: its dots are those that the dots on the left
 * took. Ends before the first dot that text has no digit for. */
static void expand(const struct num_exp *num_exp, const char *text, char out[NUMBER_DIGITS_MAX + 1])
{
	const char *left = num_exp->match;
	size_t at = 0, length = strlen(text);

	for (const char *c = num_exp->replace; *c; c++) {
		if (*c != '.') {
			out[at++] = *c;
			continue;
		}
		while (*left && *left != '.')
			left++;
		if ((size_t)(left - num_exp->match) >= length)
			break;
		out[at++] = text[left++ - num_exp->match];
	}
	out[at] = '\0';
}

static void apply_num_exp(const struct plan *plan, const struct plan_request *request,
			  struct plan_form *form)
{
	struct expansion expansion = {.plan = plan};
	struct number before = form->called;
	char digits[NUMBER_DIGITS_MAX + 1];

	if (!plan->tables[PLAN_NUM_EXPS].count)
		return;
	index_find_exact(plan->num_exps, form->text, expansion_fits, &expansion);
	if (!expansion.best)
		return;
	expand(&expansion.best->num_exp, form->text, digits);
	/* + alone is no number, and cannot be all that is on the right: the dots are filled */
	if (number_from_e164(&form->called, digits) < 0)
		return;
	form->text_plus = true;
	digits_text(&form->called, true, form->text);
	plan_tell(request, &(struct plan_note){.step = PLAN_STEP_NUM_EXP,
					       .text = expansion.best->num_exp.match,
					       .before = &before,
					       .after = &form->called});
}

struct expectation {
	const struct plan *plan;
	const char *text;
	bool (*fn)(void *arg, const char *begin, unsigned missing);
	void *arg;
};

static bool expectation_fits(void *arg, uint32_t value, const struct pattern *pattern)
{
	struct expectation *e = arg;
	const struct plan_num_exp *num_exp = e->plan->tables[PLAN_NUM_EXPS].objects[value];
	char begin[NUMBER_DIGITS_MAX + 1];

	expand(&num_exp->num_exp, e->text, begin);
	return e->fn(e->arg, begin, pattern_missing(pattern, e->text));
}

/* Of a number that begins with prefix: what `voice number-plan` will make of it once it is long
 * enough to be known for one. */
static bool expect_prefix(const struct expectation *e, const char *prefix, const char *instead)
{
	size_t length = strlen(prefix), dialled = strlen(e->text), missing = 1;
	char begin[DIGITS_TEXT_SIZE + NUMBER_PLAN_TEXT_MAX];
	const char *rest = "";

	if (!length || strncmp(prefix, e->text, dialled < length ? dialled : length) != 0)
		return true;
	if (dialled > length)
		rest = e->text + length;
	if (*rest == '0')
		return true;
	snprintf(begin, sizeof(begin), "+%s%s", instead, rest);
	if (strlen(begin) > NUMBER_DIGITS_MAX)
		return true;
	if (strlen(begin) - 1 < NUMBER_PLAN_DIGITS_MIN)
		missing = NUMBER_PLAN_DIGITS_MIN - (strlen(begin) - 1);
	if (dialled < length)
		missing += length - dialled;
	return e->fn(e->arg, begin, missing);
}

void plan_each_expected(const struct plan *plan, const struct plan_form *form,
			bool (*fn)(void *arg, const char *begin, unsigned missing), void *arg)
{
	struct expectation expectation = {
	    .plan = plan, .text = form->dialled, .fn = fn, .arg = arg};
	const struct number_plan *numbers = &plan->options.number_plan;

	if (plan->tables[PLAN_NUM_EXPS].count)
		index_find_longer(plan->num_exps, form->dialled, 0, expectation_fits, &expectation);
	if (plan->numbers_known && !numbers->signalled_only && form->called.ton == TON_UNKNOWN &&
	    expect_prefix(&expectation, numbers->international_prefix, ""))
		expect_prefix(&expectation, numbers->national_prefix, numbers->country_code);
}

/* The digits that every number of the pattern begins with: what a number can hold of it. */
static int number_from_pattern(struct number *number, const struct pattern *pattern)
{
	static const char symbols[PATTERN_SYMBOLS + 1] = "0123456789ABCD*#+";
	unsigned length = pattern_weight(pattern)->explicit_length;
	uint32_t sets[PATTERN_POSITIONS_MAX];
	char text[PATTERN_POSITIONS_MAX + 1];

	pattern_leading_sets(pattern, sets);
	for (unsigned i = 0; i < length; i++)
		text[i] = symbols[__builtin_ctz(sets[i])];
	text[length] = '\0';
	return number_from_e164(number, text);
}

/* Rule 2.5: the peer that was taken because there is no calling number gives its own. */
static void fill_empty_ani(const struct plan *plan, const struct plan_request *request,
			   const struct peer *inbound, struct number *calling)
{
	struct plan_request quiet = *request;
	struct number before = *calling;
	struct plan_inbound found;

	if (!plan->options.empty_ani || !plan->empty_ani || inbound != &plan->empty_ani->peer ||
	    calling->digits[0])
		return;
	quiet.note = NULL;
	if (plan_match_inbound(plan, &quiet, &found) < 0 || found.key != PLAN_KEY_CALLING ||
	    number_from_pattern(calling, plan->empty_ani->patterns[FIELD_DESTINATION]) < 0 ||
	    !calling->digits[0])
		return;
	plan_tell(request, &(struct plan_note){.step = PLAN_STEP_EMPTY_ANI,
					       .which = PLAN_CALLING,
					       .peer = inbound,
					       .before = &before,
					       .after = calling});
}

/* Nothing is added where a rule makes no number of it, nor the same text twice. */
static void add_form(const struct plan *plan, const struct plan_change *change,
		     const struct number *number, struct plan_outside *out)
{
	struct plan_form *form = &out->forms[out->forms_count];

	form->called = *number;
	form->rules_plus = form->text_plus = change->with_plus;
	if (plan_change_failed(plan_change(change, PLAN_CALLED, &form->called)))
		return;
	digits_text(&form->called, form->text_plus, form->text);
	memcpy(form->dialled, form->text, sizeof(form->dialled));
	apply_num_exp(plan, change->request, form);
	if (!out->forms_count || strcmp(form->text, out->forms[0].text) != 0)
		out->forms_count++;
}

static void add_forms(const struct plan *plan, const struct plan_change *change,
		      const struct plan_numbers *numbers, struct plan_outside *out)
{
	bool voip = change->request->inbound_kind == PEER_VOIP;
	struct plan_request quiet = *change->request;
	struct plan_change again = *change;

	out->forms_count = 0;
	if (numbers->called_failed)
		return;
	add_form(plan, change, &numbers->normal[PLAN_CALLED], out);
	if (plan->numbers_known) {
		quiet.note = NULL;
		again.request = &quiet;
		again.with_plus = voip;
		add_form(plan, &again, &numbers->came[PLAN_CALLED], out);
	} else if (!voip && out->forms_count && is_international(&out->forms[0].called)) {
		out->forms[1] = out->forms[0];
		out->forms[1].text_plus = true;
		digits_text(&out->forms[1].called, true, out->forms[1].text);
		out->forms_count = 2;
	}
}

/* Forms and emergency of out. An emergency number is looked up before anything else that the call could
 * mean; and as it was dialled, if what rules and num-exp make of it fits nothing. */
static void add_called(const struct plan *plan, const struct plan_change *change,
		       const struct plan_numbers *numbers, struct plan_outside *out)
{
	bool voip = change->request->inbound_kind == PEER_VOIP;
	const struct number *dialled = emergency_dialled(plan, change->request, numbers);
	struct plan_form *forms = out->forms, whole = {.rules_plus = voip, .text_plus = voip};

	add_forms(plan, change, numbers, out);
	if (out->forms_count == 2 && !plan_is_emergency(plan, &forms[0].called) &&
	    plan_is_emergency(plan, &forms[1].called)) {
		forms[0] = forms[1];
		out->forms_count = 1;
	}
	out->emergency = dialled || (out->forms_count && plan_is_emergency(plan, &forms[0].called));
	if (!dialled)
		return;
	whole.called = *dialled;
	digits_text(dialled, voip, whole.text);
	memcpy(whole.dialled, whole.text, sizeof(whole.dialled));
	if (!out->forms_count) {
		forms[out->forms_count++] = whole;
	} else if (strcmp(forms[0].text, whole.text) != 0) {
		forms[1] = whole;
		out->forms_count = 2;
	}
}

static struct plan_change change_by_inbound(const struct plan *plan,
					    const struct plan_request *request,
					    const struct peer *inbound)
{
	return (struct plan_change){
	    .request = request,
	    .profile = inbound ? plan_entry_of(inbound)->incoming : NULL,
	    .place = PLAN_PLACE_PEER_INCOMING,
	    .with_plus = request->inbound_kind == PEER_VOIP || plan->numbers_known,
	    .peer = inbound,
	};
}

bool plan_call_is_emergency(const struct plan *plan, const struct plan_request *request,
			    const struct peer *inbound)
{
	struct plan_request quiet = *request;
	struct plan_change change = change_by_inbound(plan, &quiet, inbound);
	struct plan_numbers numbers;
	struct plan_outside call;

	quiet.note = NULL;
	plan_numbers_begin(plan, &quiet, &numbers);
	add_called(plan, &change, &numbers, &call);
	return call.emergency;
}

void plan_outside_begin(const struct plan *plan, const struct plan_request *request,
			const struct peer *inbound, struct plan_outside *out)
{
	struct plan_change change = change_by_inbound(plan, request, inbound);
	struct plan_request quiet = *request;
	struct plan_numbers numbers;

	quiet.note = NULL; /* plan_match_inbound() has told these */
	plan_numbers_begin(plan, &quiet, &numbers);
	add_called(plan, &change, &numbers, out);
	out->calling = numbers.normal[PLAN_CALLING];
	fill_empty_ani(plan, request, inbound, &out->calling);
	plan_change(&change, PLAN_CALLING, &out->calling);
	out->redirecting = numbers.normal[PLAN_REDIRECTING];
	plan_change(&change, PLAN_REDIRECTING, &out->redirecting);
	out->calling_plus = change.with_plus;
	out->ton_came = numbers.came[PLAN_CALLED].ton;
	out->carrier = numbers.carrier;
	if (out->emergency)
		plan_tell(request, &(struct plan_note){.step = PLAN_STEP_EMERGENCY,
						       .after = &request->called});
}
