// SPDX-License-Identifier: GPL-2.0-or-later
/* A dial plan without memory: whichever allocation fails, -ENOMEM comes back and nothing is leaked
 * (the sanitizer build and the count here tell). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void __real_free(void *old);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void __wrap_free(void *old);

static unsigned left; /* allocations until one fails */
static bool limited, hit;
static long allocated;

static bool fails(void)
{
	if (!limited || left--)
		return false;
	limited = false; /* one failure is enough */
	hit = true;
	return true;
}

static void *count(void *block)
{
	allocated += block != NULL;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	return old ? __real_realloc(old, size) : count(__real_realloc(old, size));
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	if (fails())
		return NULL;
	return old ? __real_reallocarray(old, n, size) : count(__real_reallocarray(old, n, size));
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : count(__real_strdup(text));
}

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
	return fails() ? NULL : __real_tsearch(key, root, compare);
}

void __wrap_free(void *old)
{
	allocated -= old != NULL;
	__real_free(old);
}

/* ---- one of everything; each step is 0 or what the plan returned */

static int add_rules(struct plan *plan)
{
	static const struct translation_rule rule = {.number = 1,
						     .match = "^9\\(.*\\)$",
						     .replace = "\\1",
						     .type_match = TRANSLATION_ANY,
						     .type_replace = TRANSLATION_ANY,
						     .plan_match = TRANSLATION_ANY,
						     .plan_replace = TRANSLATION_ANY};
	struct translation_rules *rules;
	int rc = translation_rules_new(&rules);

	if (rc < 0)
		return rc;
	rc = translation_rules_add(rules, &rule, NULL, 0);
	if (rc < 0) {
		translation_rules_free(rules);
		return rc;
	}
	return plan_add_translation_rules(plan, 1, rules);
}

static int add_map(struct plan *plan)
{
	struct pattern_map *map;
	int rc = pattern_map_new(&map);

	if (rc < 0)
		return rc;
	rc = pattern_map_add(map, "20[1-3].", NULL, 0);
	if (rc < 0) {
		pattern_map_free(map);
		return rc;
	}
	return plan_add_pattern_map(plan, 1, map);
}

static int add_classes(struct plan *plan)
{
	static const struct translation_profile profile = {"p", .called = 1};
	static const struct peer_group group = {1, 1, {{100, 0}}};
	static const struct server_group servers = {1, .count = 1, .servers = {{"A", 0}}};
	static const struct trunk_group trunks = {.name = "g", .profile_outgoing = "p"};
	static const struct plan_port port = {.port = "1:D", .trunk_group = "g"};
	static const struct cor_list cor = {"c", 1};
	static const struct source_group source = {.name = "s", .profile_incoming = "p"};
	static const struct provision_policy policy = {1, {{{PROVISION_FROM}}}};
	static const struct enum_table table = {.number = 1};
	const int results[] = {
	    add_rules(plan),
	    add_map(plan),
	    plan_add_translation_profile(plan, &profile),
	    plan_add_peer_group(plan, &group),
	    plan_add_server_group(plan, &servers),
	    plan_add_trunk_group(plan, &trunks),
	    plan_add_port(plan, &port),
	    plan_add_cor_list(plan, &cor),
	    plan_add_source_group(plan, &source),
	    plan_add_provision_policy(plan, &policy),
	    plan_add_enum_table(plan, &table),
	};

	for (size_t i = 0; i < COUNT(results); i++)
		if (results[i] < 0)
			return results[i];
	return 0;
}

static int add_uris(struct plan *plan)
{
	static const struct uri_class classes[] = {
	    {.name = "u", .host = {"ipv4:10.1.1.1", "10.2"}, .user_id = "^5"},
	    {.name = "v", .host = {"dns:a.example", "dns:b.example"}},
	};
	static const struct num_exp num_exp = {"5...", "2..."};
	char why[128] = "";
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(classes); i++)
		rc = plan_add_uri_class(plan, &classes[i], why, sizeof(why));
	if (rc == 0)
		rc = plan_add_num_exp(plan, &num_exp, why, sizeof(why));
	if (rc < 0)
		assert_string_equal(why, "out of memory");
	return rc;
}

static int add_peers(struct plan *plan)
{
	int rc = 0;

	for (uint32_t tag = 100; rc == 0 && tag < 140; tag++) {
		struct peer peer;
		char why[128] = "";

		peer_init(&peer, tag, tag % 2 ? PEER_POTS : PEER_VOIP);
		strcpy(peer.destination_pattern, "2[1-3].T");
		strcpy(peer.incoming_called_number, ".");
		strcpy(peer.answer_address, "40+");
		strcpy(peer.port, tag % 4 ? "2:D" : "");
		if (tag % 2)
			strcpy(peer.trunk_groups[0].name, "g");
		peer.server_group = 1;
		peer.destination_map = peer.called_map = peer.calling_map = 1;
		peer.calling_out_map = 1;
		strcpy(peer.incoming_uri[PEER_URI_VIA], "u");
		strcpy(peer.destination_uri[PEER_URI_FROM], "v");
		strcpy(peer.carrier_source, tag % 3 ? "acme" : "other");
		strcpy(peer.carrier_target, "target");
		strcpy(peer.cor_incoming, "c");
		strcpy(peer.profile_incoming, tag % 5 ? "p" : "missing");
		peer.dpg = 1;
		rc = plan_add_peer(plan, &peer, why, sizeof(why));
		if (rc < 0)
			assert_string_equal(why, "out of memory");
	}
	return rc;
}

static int build(struct plan **out)
{
	static const struct plan_options options;
	struct plan *plan = plan_new(&options);
	int rc = plan ? 0 : -ENOMEM;

	if (rc == 0)
		rc = add_classes(plan);
	if (rc == 0)
		rc = add_uris(plan);
	if (rc == 0)
		rc = add_peers(plan);
	if (rc == 0)
		rc = plan_seal(plan);
	if (rc < 0) {
		plan_unref(plan);
		return rc;
	}
	*out = plan;
	return 0;
}

static void survives_any_failing_allocation(void **state)
{
	unsigned attempts = 0, spared = 0;

	for (;; attempts++) {
		struct plan *plan = NULL;
		long before = allocated;
		int rc;

		left = attempts;
		limited = true;
		hit = false;
		rc = build(&plan);
		limited = false;
		if (!hit) {
			assert_int_equal(rc, 0);
			plan_unref(plan);
			assert_int_equal(allocated, before);
			break;
		}
		if (rc == 0) /* an index that could not give back what it does not need */
			spared++, plan_unref(plan);
		else
			assert_int_equal(rc, -ENOMEM);
		/* nodes of tsearch() are not counted: they are freed by it as well */
		assert_int_equal(allocated, before);
	}
	print_message("%u allocations\n", attempts);
	assert_true(attempts > 200);
	assert_true(spared <= 5); /* the indexes of a plan */
}

static void looks_up_without_any_memory(void **state)
{
	struct plan_request request = {
	    .inbound_kind = PEER_VOIP, .called = {"5123"}, .calling = {"4085"}};
	struct plan_inbound inbound;
	struct plan_route route;
	struct plan_fit fit;
	struct plan *plan;

	request.uris[PEER_URI_VIA] = "sip:10.1.1.1";
	request.uris[PEER_URI_FROM] = "sip:5001@a.example";
	assert_int_equal(build(&plan), 0);
	left = 0;
	limited = true;
	hit = false;
	assert_int_equal(plan_match_inbound(plan, &request, &inbound), 0);
	plan_route(plan, &request, inbound.peer, &route);
	plan_fit_digits(plan, &request, NULL, &fit);
	assert_false(hit);
	limited = false;
	plan_unref(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(survives_any_failing_allocation),
	    cmocka_unit_test(looks_up_without_any_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
