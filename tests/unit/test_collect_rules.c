// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Digit collection against the rules spelled out over all peers, by a matcher that knows nothing of automata
 * and tries, with random plans; and what it costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/collect.h"
#include "dialplan/pattern.h"
#include "tests/unit/plan_rig.h"

static const struct plan_request all_up = {.inbound_kind = PEER_POTS};

/* ---- the rules over all peers */

/* The end of the atom that begins at p. */
static const char *atom_end(const char *p)
{
	if (*p == '(')
		return strchr(p, ')') + 1;
	if (*p == '[')
		return strchr(p, ']') + 1;
	return p + 1;
}

static bool atom_takes(const char *p, char digit)
{
	if (*p == '.')
		return digit != '#';
	if (*p == '[') {
		bool negated = p[1] == '^';
		const char *close = strchr(p, ']');
		const char *at = memchr(p, digit, (size_t)(close - p));

		return negated != (at != NULL);
	}
	return *p == digit;
}

/* Does the text from p on take exactly these digits? Tries everything. */
static bool naive_takes(const char *p, const char *end, const char *digits, size_t count)
{
	const char *next;
	char quantifier;

	if (p == end)
		return count == 0;
	if (*p == 'T')
		return true;
	next = atom_end(p);
	quantifier = next < end && strchr("?%+", *next) ? *next : 0;
	if (quantifier && quantifier != '+' && naive_takes(next + 1, end, digits, count))
		return true;
	for (size_t n = *p == '(' ? 0 : 1; n <= count; n++) {
		const char *after = quantifier ? next + 1 : next;
		bool taken = *p == '(' ? naive_takes(p + 1, next - 1, digits, n)
				       : n == 1 && atom_takes(p, digits[0]);

		if (!taken)
			continue;
		if (naive_takes(after, end, digits + n, count - n))
			return true;
		if (n && (quantifier == '%' || quantifier == '+') &&
		    naive_takes(p, end, digits + n, count - n))
			return true;
	}
	return false;
}

#define ALPHABET "123"
#define GROW_MAX 6 /* no pattern here needs more */

static bool takes(const struct peer *p, const char *digits)
{
	const char *pattern = p->destination_pattern;

	return naive_takes(pattern, pattern + strlen(pattern), digits, strlen(digits));
}

static bool naive_grows(const struct peer *p, char *digits, size_t length, unsigned more)
{
	for (const char *next = ALPHABET; *next; next++) {
		bool grows;

		digits[length] = *next;
		digits[length + 1] = '\0';
		grows =
		    takes(p, digits) || (more > 1 && naive_grows(p, digits, length + 1, more - 1));
		digits[length] = '\0';
		if (grows)
			return true;
	}
	return false;
}

static unsigned literal_length(const char *pattern)
{
	size_t length = strspn(pattern, ALPHABET);

	return length && pattern[length] && strchr("?%+", pattern[length]) ? length - 1 : length;
}

/* Rule 4.5, hunt 0, as far as T or no T depends on it. */
static bool naive_before(const struct peer *a, const struct peer *b)
{
	unsigned la = literal_length(a->destination_pattern);
	unsigned lb = literal_length(b->destination_pattern);

	if (la != lb)
		return la > lb;
	if (a->preference != b->preference)
		return a->preference < b->preference;
	return !strchr(a->destination_pattern, 'T') && strchr(b->destination_pattern, 'T');
}

struct naive {
	unsigned full, longer; /* bits of peers */
	bool variable, longer_explicit;
};

static struct naive naive_fit(const struct peer *peers, unsigned count, const char *digits)
{
	struct naive naive = {0};
	const struct peer *best = NULL;
	char text[NUMBER_DIGITS_MAX + 1];

	strcpy(text, digits);
	for (unsigned i = 0; i < count; i++) {
		if (peers[i].shutdown)
			continue;
		if (takes(&peers[i], digits)) {
			naive.full |= 1u << i;
			if (!best || naive_before(&peers[i], best))
				best = &peers[i];
		}
		if (naive_grows(&peers[i], text, strlen(text), GROW_MAX))
			naive.longer |= 1u << i;
	}
	naive.variable = best && strchr(best->destination_pattern, 'T');
	for (unsigned i = 0; best && i < count; i++)
		if (naive.longer >> i & 1 && literal_length(peers[i].destination_pattern) >
						 literal_length(best->destination_pattern))
			naive.longer_explicit = true;
	return naive;
}

static enum collect_result naive_result(const struct naive *naive, bool overlap_safe)
{
	if (!naive->full)
		return naive->longer ? COLLECT_MORE : COLLECT_NO_MATCH;
	if (naive->variable || (overlap_safe && naive->longer_explicit))
		return COLLECT_MORE;
	return COLLECT_ROUTE;
}

static void random_pattern(char *text)
{
	static const char *const atoms[] = {"1", "2", "3",    "1",    "2",    "3",
					    ".", ".", "[12]", "[^2]", "(12)", "(3.)"};
	unsigned count = 1 + (unsigned)random() % 3;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		strcat(text, atoms[(unsigned)random() % COUNT(atoms)]);
		if (random() % 8 == 0)
			strcat(text, &"?\0%\0+"[2 * (random() % 3)]);
	}
	if (random() % 4 == 0)
		strcat(text, "T");
}

static unsigned tags_of(const struct peer *const *peers, unsigned count)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < count; i++)
		bits |= 1u << (peers[i]->tag - 1);
	return bits;
}

#define RANDOM_PEERS PLAN_FIT_MAX

static struct plan *random_plan(struct peer *peers, bool overlap_safe)
{
	struct plan_options options = {.tie_deterministic = true, .overlap_safe = overlap_safe};
	struct plan *plan = plan_new(&options);

	for (unsigned i = 0; i < RANDOM_PEERS; i++) {
		peer_init(&peers[i], i + 1, PEER_POTS);
		strcpy(peers[i].port, "1:D");
		random_pattern(peers[i].destination_pattern);
		peers[i].preference = random() % 2;
		peers[i].shutdown = random() % 8 == 0;
		assert_int_equal(plan_add_peer(plan, &peers[i], NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static void compare_with_naive(struct collect *c, const struct peer *peers, bool overlap_safe,
			       enum collect_result result, unsigned seed)
{
	const char *digits = c->request.called.digits;
	struct naive naive = naive_fit(peers, RANDOM_PEERS, digits);
	enum collect_result expected = naive_result(&naive, overlap_safe);
	unsigned full = tags_of(c->fit.full, c->fit.full_count);
	unsigned longer = tags_of(c->fit.longer, c->fit.longer_count);

	if (full == naive.full && longer == naive.longer && result == expected &&
	    (!full || c->fit.variable == naive.variable))
		return;
	for (unsigned i = 0; i < RANDOM_PEERS; i++)
		print_message("%u %s pref %u%s\n", peers[i].tag, peers[i].destination_pattern,
			      peers[i].preference, peers[i].shutdown ? " shutdown" : "");
	fail_msg("seed %u, %s: F %x M %x result %d; by the rules F %x M %x result %d", seed, digits,
		 full, longer, result, naive.full, naive.longer, expected);
}

static void agrees_with_the_rules_over_random_plans(void **state)
{
	unsigned decided = 0;

	for (unsigned seed = 0; seed < 400; seed++) {
		struct peer peers[RANDOM_PEERS];
		bool overlap_safe = seed & 1;
		enum collect_result result;
		struct collect c;
		struct plan *plan;

		srandom(seed);
		plan = random_plan(peers, overlap_safe);
		for (unsigned call = 0; call < 6; call++) {
			result = collect_start(&c, plan, &all_up, NULL);
			for (unsigned i = 0; result == COLLECT_MORE && i < 6; i++) {
				char digit[2] = {ALPHABET[random() % 3]};

				result = collect_digits(&c, digit, NULL);
				compare_with_naive(&c, peers, overlap_safe, result, seed);
			}
			decided += result == COLLECT_ROUTE;
		}
		plan_unref(plan);
	}
	assert_true(decided > 500);
}

/* ---- cost */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A hundred times the peers must not cost a hundred times as much: it takes a walk over all to fail
 * here. */
static void costs_no_walk_over_all_peers(void **state)
{
	double spent[2];

	for (unsigned big = 0; big < 2; big++) {
		struct plan_options options = {.overlap_safe = true};
		struct plan *plan = plan_new(&options);
		unsigned count = big ? 50000 : 500;
		double begin;
		struct peer p;

		for (unsigned i = 0; i < count; i++) {
			peer_init(&p, i + 1, PEER_POTS);
			strcpy(p.port, "1:D");
			snprintf(p.destination_pattern, sizeof(p.destination_pattern), "%u%06u..",
				 1 + i % 9, i);
			assert_int_equal(plan_add_peer(plan, &p, NULL, 0), 0);
		}
		assert_int_equal(plan_seal(plan), 0);
		begin = seconds();
		for (unsigned n = 0; n < 2000; n++) {
			struct collect c;
			char digits[16];

			snprintf(digits, sizeof(digits), "%u%06u77", 1 + n % count % 9, n % count);
			collect_start(&c, plan, &all_up, NULL);
			if (collect_digits(&c, digits, NULL) != COLLECT_ROUTE)
				fail_msg("%s: no route after %s", digits, c.request.called.digits);
		}
		spent[big] = seconds() - begin;
		plan_unref(plan);
	}
	print_message("2000 numbers of 9 digits: %.1f ms with 500 peers, %.1f ms with 50000\n",
		      spent[0] * 1e3, spent[1] * 1e3);
	assert_true(spent[1] < spent[0] * 10 + 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_the_rules_over_random_plans),
	    cmocka_unit_test(costs_no_walk_over_all_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
