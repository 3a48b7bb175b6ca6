// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dial plan, by tables: the order of outbound peers, digits sent, inbound peers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dialplan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- ports */

static void knows_ports(void **state)
{
	unsigned slot = 99;

	assert_int_equal(peer_port_span("1:D", &slot), 1);
	assert_int_equal(slot, 0);
	assert_int_equal(peer_port_span("2/17", &slot), 2);
	assert_int_equal(slot, 17);
	assert_true(peer_port_equal("1:D", "1:15"));
	assert_true(peer_port_equal("1:23", "1:D"));
	assert_false(peer_port_equal("1:D", "2:D"));
	assert_false(peer_port_equal("1:D", "1/1"));
	assert_false(peer_port_equal("", ""));
	for (const char *const *bad =
		 (const char *const[]){"", "D", ":D", "0:D", "1", "1:", "1:16", "1:DD", "1/", "1/0",
				       "1/32", "1/1x", "-1:D", "99999999999:D", NULL};
	     *bad; bad++)
		assert_int_equal(peer_port_span(*bad, &slot), 0);
}

/* ---- plans, from short texts: "1 dp=2... pref=3 huntstop; 2 voip dp=9T" */

static void peer_from_words(struct peer *p, char *words)
{
	char *save = NULL;
	char *word = strtok_r(words, " ", &save);

	peer_init(p, strtoul(word, NULL, 10), PEER_POTS);
	strcpy(p->port, "1:D");
	while ((word = strtok_r(NULL, " ", &save))) {
		if (!strcmp(word, "voip")) {
			p->kind = PEER_VOIP;
			p->port[0] = '\0';
			strcpy(p->session_target, "ipv4:192.0.2.1");
		} else if (!strncmp(word, "dp=", 3)) {
			strcpy(p->destination_pattern, word + 3);
		} else if (!strncmp(word, "ic=", 3)) {
			strcpy(p->incoming_called_number, word + 3);
		} else if (!strncmp(word, "aa=", 3)) {
			strcpy(p->answer_address, word + 3);
		} else if (!strncmp(word, "pref=", 5)) {
			p->preference = atoi(word + 5);
		} else if (!strncmp(word, "max=", 4)) {
			p->max_conn = atoi(word + 4);
		} else if (!strncmp(word, "prefix=", 7)) {
			strcpy(p->prefix, word + 7);
		} else if (!strncmp(word, "port=", 5)) {
			strcpy(p->port, word + 5);
		} else if (!strncmp(word, "forward=", 8)) {
			p->forward = !strcmp(word + 8, "all")	  ? PEER_FORWARD_ALL
				     : !strcmp(word + 8, "extra") ? PEER_FORWARD_EXTRA
								  : PEER_FORWARD_COUNT;
			p->forward_count = atoi(word + 8);
		} else if (!strcmp(word, "nostrip")) {
			p->no_digit_strip = true;
		} else if (!strcmp(word, "huntstop")) {
			p->huntstop = true;
		} else if (!strcmp(word, "shutdown")) {
			p->shutdown = true;
		} else if (!strcmp(word, "notarget")) {
			p->port[0] = p->session_target[0] = '\0';
		} else {
			fail_msg("test: %s", word);
		}
	}
}

static struct plan *plan_from(const char *text, const struct plan_options *options)
{
	struct plan *plan = plan_new(options);
	char *copy = strdup(text), *save = NULL;

	assert_non_null(plan);
	for (char *words = strtok_r(copy, ";", &save); words; words = strtok_r(NULL, ";", &save)) {
		struct peer peer;
		char why[128];

		peer_from_words(&peer, words);
		if (plan_add_peer(plan, &peer, why, sizeof(why)) < 0)
			fail_msg("%s", why);
	}
	free(copy);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static struct plan_peer_status peer_one_is_special(void *arg, const struct peer *peer)
{
	static const struct plan_peer_status up;

	return peer->tag == 1 ? *(struct plan_peer_status *)arg : up;
}

static void route_text(const struct plan *plan, const char *called,
		       struct plan_peer_status *special, char *text)
{
	struct plan_request request = {.inbound_kind = PEER_VOIP};
	struct plan_route route;

	assert_int_equal(number_from_e164(&request.called, called), 0);
	if (special) {
		request.status = peer_one_is_special;
		request.status_arg = special;
	}
	plan_route(plan, &request, NULL, &route);
	*text = '\0';
	for (unsigned i = 0; i < route.count; i++)
		sprintf(text + strlen(text), "%s%u", i ? " " : "", route.candidates[i].peer->tag);
	if (!route.count)
		sprintf(text, "cause %u", route.cause);
}

struct route_case {
	const char *peers, *called, *order;
	unsigned hunt;
	enum plan_status_check check;
	struct plan_peer_status special; /* of peer 1 */
};

static const struct route_case route_cases[] = {
    {"1 dp=2...;2 dp=200.", "2001", "2 1"},
    {"1 dp=345....;2 dp=3456789", "3456789", "2 1"},
    {"1 dp=568T;2 dp=568....;3 dp=56838..;4 dp=5683848", "5683848", "4 3 2 1"},
    {"10 dp=5551234 pref=3;11 dp=555....", "5551234", "10 11"},
    {"10 dp=5551234 pref=3;11 dp=555....", "5551234", "11 10", .hunt = 2},
    {"20 dp=2...;21 dp=2... pref=1", "2345", "20 21"},
    {"20 dp=2... pref=1;21 dp=2...", "2345", "21 20"},
    {"1 dp=816;2 dp=81690 pref=9", "81690", "2 1"},
    {"3 dp=816;4 dp=81690", "81690", "4 3"},
    {"1 dp=555;2 dp=5551212", "5551212", "2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5553216", "4 3 2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5553217", "3 2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5552170", "2 1"},
    {"1 dp=.T;2 dp=555[2-3]...;3 dp=555321.;4 dp=5553216", "5551234", "1"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "914085551234", "1 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "901144207946000", "2 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "911", "3 4"},
    {"1 dp=91[2-9]..[2-9]......;2 dp=9011T;3 dp=911;4 dp=9T", "95", "4"},
    {"1 dp=555....;2 dp=555[1-4]...", "5552000", "2 1"},
    {"1 dp=9T;2 dp=9....... pref=1", "95551234", "1 2"},
    {"1 dp=9T;2 dp=9.......", "95551234", "2 1"},
    {"1 dp=9.......;2 dp=9...1...", "95551234", "2 1"},
    {"1 dp=2... huntstop;2 dp=2... pref=1", "2001", "1"},
    {"1 dp=2... max=2;2 dp=2... pref=1", "2001", "2", .special = {.calls = 2}},
    {"1 dp=2... max=2;2 dp=2... pref=1", "2001", "1 2", .special = {.calls = 1}},
    {"1 dp=2... max=2", "2001", "cause 34", .special = {.calls = 2}},
    {"1 dp=2... shutdown;2 dp=2... pref=5", "2001", "2"},
    {"1 voip dp=83... notarget;2 voip dp=8....", "83123", "2"},
    {"1 dp=1T notarget", "12025550100", "cause 1"},
    {"1 dp=2...", "7", "cause 1"},
    {"1 voip dp=2...;2 voip dp=2... pref=1", "2001", "2",
     .special = {.state = PLAN_PEER_BUSIED_OUT}},
    {"1 voip dp=2...", "2001", "cause 41", .special = {.state = PLAN_PEER_BUSIED_OUT}},
    {"1 dp=9T", "95551234", "cause 34", .special = {.state = PLAN_PEER_PORT_DOWN}},
    {"1 dp=9T", "95551234", "cause 1", .check = PLAN_STATUS_CHECK,
     .special = {.state = PLAN_PEER_PORT_DOWN}},
    {"1 dp=9T", "95551234", "1", .check = PLAN_STATUS_IGNORE,
     .special = {.state = PLAN_PEER_PORT_DOWN}},
    /* least recently used */
    {"1 dp=2...;2 dp=2...", "2001", "2 1", .hunt = 1, .special = {.last_used = 9}},
    {"1 dp=200.;2 dp=2...", "2001", "1 2", .hunt = 1, .special = {.last_used = 9}},
    {"1 dp=2...;2 dp=2... pref=1", "2001", "1 2", .hunt = 3, .special = {.last_used = 9}},
    {"1 dp=200.;2 dp=2... pref=1", "2001", "2 1", .hunt = 4, .special = {.last_used = 9}},
    {"1 dp=2...;2 dp=200. pref=1", "2001", "1 2", .hunt = 5},
    {"1 dp=2...;2 dp=200. pref=1", "2001", "2 1", .hunt = 4},
    {"1 dp=2001;2 dp=2...", "2001", "2 1", .hunt = 7, .special = {.last_used = 9}},
    /* international numbers */
    {"1 dp=+1408.......;2 dp=1408.......", "+14085550100", "1"},
    {"1 dp=+1408.......;2 dp=1408.......", "14085550100", "2"},
    {"1 dp=9T", "+971555010", "cause 1"},
    {"1 dp=.T", "+971555010", "1"},
    {"1 ic=2... dp=2... notarget", "2001", "cause 1"},
};

static void orders_outbound_peers(void **state)
{
	for (size_t i = 0; i < COUNT(route_cases); i++) {
		const struct route_case *c = &route_cases[i];
		struct plan_options options = {.hunt = c->hunt, .status_check = c->check};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_peer_status special = c->special;
		char text[128];

		route_text(plan, c->called, &special, text);
		if (strcmp(text, c->order) != 0)
			fail_msg("%s called %s: %s, not %s", c->peers, c->called, text, c->order);
		plan_unref(plan);
	}
}

static void says_why_a_peer_was_left_out(void **state)
{
	struct plan_options options = {0};
	struct plan *plan = plan_from("1 dp=2... huntstop;2 dp=2... pref=1;3 dp=2... shutdown;"
				      "4 dp=2... notarget;5 dp=3...",
				      &options);
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	unsigned seen[6] = {0};

	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.excluded_count, 3);
	for (unsigned i = 0; i < 3; i++)
		seen[route.excluded[i].peer->tag] = 1 + route.excluded[i].reason;
	assert_int_equal(seen[2], 1 + PLAN_REASON_AFTER_HUNTSTOP);
	assert_int_equal(seen[3], 1 + PLAN_REASON_SHUTDOWN);
	assert_int_equal(seen[4], 1 + PLAN_REASON_NO_TARGET);
	assert_string_equal(plan_reason_name(PLAN_REASON_AFTER_HUNTSTOP), "after huntstop");
	plan_unref(plan);
}

static void breaks_ties_by_chance_or_by_tag(void **state)
{
	struct plan_options options = {0};
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	unsigned first[4] = {0};

	for (options.tie_deterministic = false;; options.tie_deterministic = true) {
		struct plan *plan = plan_from("1 dp=2...;2 dp=2...;3 dp=2...", &options);

		memset(first, 0, sizeof(first));
		for (request.random = 0; request.random < 3000; request.random++) {
			struct plan_route route, again;

			plan_route(plan, &request, NULL, &route);
			assert_int_equal(route.count, 3);
			first[route.candidates[0].peer->tag]++;
			plan_route(plan, &request, NULL, &again);
			assert_ptr_equal(route.candidates[2].peer, again.candidates[2].peer);
		}
		plan_unref(plan);
		if (options.tie_deterministic)
			break;
		for (unsigned tag = 1; tag <= 3; tag++)
			assert_in_range(first[tag], 800, 1200);
	}
	assert_int_equal(first[1], 3000);
}

static void keeps_the_best_of_many(void **state)
{
	struct plan_options options = {.tie_deterministic = true};
	char text[4096] = "";
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan_route route;
	struct plan *plan;

	for (unsigned i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%s%u dp=2... pref=%u", i ? ";" : "", 100 + i,
			(40 - i) / 4);
	plan = plan_from(text, &options);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, PLAN_CANDIDATES_MAX);
	assert_int_equal(route.candidates[0].peer->tag, 137);
	assert_int_equal(route.candidates[3].peer->tag, 133);
	plan_unref(plan);
}

static void hunts_on_for_causes_that_say_not_here(void **state)
{
	static const unsigned on[] = {27, 34, 38, 41, 42, 44, 47, 102};
	static const unsigned stop[] = {0, 1, 16, 17, 18, 19, 21, 22, 28, 31, 127, 4711};
	struct plan_options options = {0};
	struct plan *plan = plan_from("1 dp=2...", &options);

	for (size_t i = 0; i < COUNT(on); i++)
		assert_true(plan_hunts_on(plan, on[i]));
	for (size_t i = 0; i < COUNT(stop); i++)
		assert_false(plan_hunts_on(plan, stop[i]));
	plan_unref(plan);
}

/* ---- digits sent */

struct digits_case {
	const char *peers, *called, *sent; /* sent: of each candidate */
	unsigned ton;			   /* of the first candidate */
};

static const struct digits_case digits_cases[] = {
    {"1 dp=7......$", "7222222", "222222"},
    {"1 dp=^7......$ nostrip", "7222222", "7222222"},
    {"1 dp=^8......$ forward=6", "8222222", "222222"},
    {"1 dp=555....", "5555439", "5439"},
    {"1 dp=1310555 prefix=9, port=1/4", "13105552222", "9,2222"},
    {"1 dp=1310555 prefix=9,", "13105552222", "92222"},
    {"1 dp=55512", "5551299", "99"},
    {"1 dp=91[2-9]..[2-9]...... prefix=1", "914085551234", "14085551234"},
    {"1 dp=91[2-9]..[2-9]......", "914085551234", "4085551234"},
    {"1 dp=9011T prefix=011", "901144207946000", "01144207946000"},
    {"1 dp=9T forward=4", "95551234", "1234"},
    {"1 dp=9T forward=40", "95551234", "95551234"},
    {"1 dp=9T forward=0", "95551234", ""},
    {"1 dp=555.... forward=all", "5550124", "5550124"},
    {"1 dp=555 forward=extra", "5551212", "1212"},
    {"1 dp=555.... forward=extra prefix=7", "5551212", "7"},
    {"1 dp=555....;2 dp=555.... prefix=1555 pref=1", "5550124", "0124 15550124"},
    {"1 dp=911", "911", ""},
    {"1 voip dp=555....", "5550124", "5550124"},
    {"1 voip dp=+44T", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=+44T", "+44207946000", "207946000"},
    {"1 dp=+44T nostrip", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=+T prefix=00", "+44207946000", "0044207946000"},
    {"1 dp=.T", "+44207946000", "44207946000", TON_INTERNATIONAL},
    {"1 dp=.T prefix=9011", "+44207946000", "901144207946000"},
    {"1 dp=.T prefix=123456789012345678901234567890", "444", "cause 28"},
};

static void sends_digits_as_configured(void **state)
{
	for (size_t i = 0; i < COUNT(digits_cases); i++) {
		const struct digits_case *c = &digits_cases[i];
		struct plan_options options = {0};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_request request = {.inbound_kind = PEER_VOIP};
		struct plan_route route;
		char text[128] = "";

		assert_int_equal(number_from_e164(&request.called, c->called), 0);
		plan_route(plan, &request, NULL, &route);
		for (unsigned k = 0; k < route.count; k++)
			sprintf(text + strlen(text), "%s%s", k ? " " : "",
				route.candidates[k].called.digits);
		if (!route.count)
			sprintf(text, "cause %u", route.cause);
		if (strcmp(text, c->sent) != 0)
			fail_msg("%s called %s: %s, not %s", c->peers, c->called, text, c->sent);
		if (route.count)
			assert_int_equal(route.candidates[0].called.ton, c->ton);
		plan_unref(plan);
	}
}

static void routes_international_calls_from_isdn(void **state)
{
	struct plan_options options = {0};
	struct plan_request request = {
	    .inbound_kind = PEER_POTS,
	    .called = {.digits = "44207946000", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
	};
	struct plan_route route;
	struct plan *plan = plan_from("1 voip dp=44T;2 voip dp=+44T", &options);

	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_int_equal(route.candidates[0].peer->tag, 1);
	assert_int_equal(route.candidates[0].called.ton, TON_INTERNATIONAL);
	plan_unref(plan);

	plan = plan_from("2 dp=+44T", &options);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_string_equal(route.candidates[0].called.digits, "207946000");
	assert_int_equal(route.candidates[0].called.ton, TON_UNKNOWN);
	plan_unref(plan);
}

/* ---- inbound */

struct inbound_case {
	const char *peers, *called, *calling, *port;
	unsigned tag; /* 0: refused */
	enum plan_key key;
	bool empty_ani, voip;
	unsigned also;
};

static const struct inbound_case inbound_cases[] = {
    {"1 ic=.", "123456789", "", "1:D", 1, PLAN_KEY_CALLED},
    {"1 ic=2...;2 aa=408555....", "2001", "4085550100", "1:D", 1, PLAN_KEY_CALLED},
    {"1 ic=2...;2 aa=408555....", "3001", "4085550100", "1:D", 2, PLAN_KEY_ANSWER_ADDRESS},
    {"1 aa=408555.... ic=2...", "3001", "4085550100", "1:D", 1, PLAN_KEY_ANSWER_ADDRESS},
    {"1 dp=408.......", "9", "4085550100", "2:D", 1, PLAN_KEY_CALLING},
    {"1 ic=2...;2 ic=20..", "2001", "", "1:D", 2, PLAN_KEY_CALLED},
    {"1 dp=9T", "2001", "", "2:D", 1, PLAN_KEY_CALLING, .empty_ani = true},
    {"1 dp=9T", "2001", "", "2:D", 0},
    {"1 dp=9T;2 ic=.", "2001", "", "1:D", 2, PLAN_KEY_CALLED, .empty_ani = true},
    {"1 dp=777 port=1:23", "2001", "4085550100", "1:D", 1, PLAN_KEY_PORT},
    {"1 dp=777 port=1:23", "2001", "4085550100", "2:D", 0},
    {"1 port=1:23", "2001", "4085550100", "1:23", 0},
    {"1 dp=777;2 dp=778", "2001", "", "1:D", 1, PLAN_KEY_PORT, .also = 2},
    {"7 ic=2...;3 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED, .also = 7},
    {"7 ic=2...;3 ic=2...;5 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED, .also = 5},
    {"7 ic=2...;3 ic=20..;5 ic=2...", "2001", "", "1:D", 3, PLAN_KEY_CALLED},
    {"1 ic=2... shutdown;2 ic=.", "2001", "", "1:D", 2, PLAN_KEY_CALLED},
    {"1 ic=.;2 voip ic=.", "2001", "", NULL, 2, PLAN_KEY_CALLED, .voip = true},
    {"1 ic=.", "2001", "", NULL, 0, .voip = true},
    {"1 voip dp=9T", "2001", "", NULL, 0, .voip = true, .empty_ani = true},
    {"1 dp=777", "2001", "", NULL, 0, .voip = true},
    /* an empty called number is looked at last */
    {"1 ic=T;2 aa=4T", "", "4085550100", "2:D", 2, PLAN_KEY_ANSWER_ADDRESS},
    {"1 ic=T port=3:D;2 dp=7", "", "4085550100", "1:D", 2, PLAN_KEY_PORT},
    {"1 ic=T;2 dp=7", "", "4085550100", "2:D", 1, PLAN_KEY_CALLED},
    {"1 voip ic=.", "+14085550100", "", NULL, 1, PLAN_KEY_CALLED, .voip = true},
    {"1 ic=+44T", "+44207946000", "", "2:D", 1, PLAN_KEY_CALLED},
    {"1 ic=44T;2 ic=+44T", "+44207946000", "", "2:D", 1, PLAN_KEY_CALLED},
    {"1 voip ic=44T;2 voip ic=+44T", "+44207946000", "", NULL, 2, PLAN_KEY_CALLED, .voip = true},
};

static void chooses_the_inbound_peer(void **state)
{
	for (size_t i = 0; i < COUNT(inbound_cases); i++) {
		const struct inbound_case *c = &inbound_cases[i];
		struct plan_options options = {.empty_ani = c->empty_ani};
		struct plan *plan = plan_from(c->peers, &options);
		struct plan_request request = {.inbound_kind = c->voip ? PEER_VOIP : PEER_POTS,
					       .port = c->port};
		struct plan_inbound inbound = {0};
		int rc;

		assert_int_equal(number_from_e164(&request.called, c->called), 0);
		assert_int_equal(number_from_e164(&request.calling, c->calling), 0);
		rc = plan_match_inbound(plan, &request, &inbound);
		if (rc != (c->tag ? 0 : -ENOENT) ||
		    (c->tag && (inbound.peer->tag != c->tag || inbound.key != c->key)) ||
		    (inbound.also ? inbound.also->tag : 0) != c->also)
			fail_msg("%s called %s calling %s: %d tag %u key %s also %u", c->peers,
				 c->called, c->calling, rc, inbound.peer ? inbound.peer->tag : 0,
				 plan_key_name(inbound.key), inbound.also ? inbound.also->tag : 0);
		plan_unref(plan);
	}
}

static void offers_peer_0_only_if_permitted(void **state)
{
	struct plan_options options = {.permit_default = true};
	struct plan_request request = {.inbound_kind = PEER_VOIP, .called = {.digits = "2001"}};
	struct plan *plan = plan_from("1 dp=9T", &options);
	struct plan_inbound inbound;

	assert_int_equal(plan_match_inbound(plan, &request, &inbound), 0);
	assert_int_equal(inbound.peer->tag, 0);
	assert_int_equal(inbound.peer->kind, PEER_VOIP);
	assert_int_equal(inbound.peer->dtmf, PEER_DTMF_INBAND);
	assert_int_equal(inbound.key, PLAN_KEY_DEFAULT);
	plan_unref(plan);
}

/* ---- the plan as a whole */

static void refuses_wrong_peers(void **state)
{
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct peer peer;
	char why[128];

	peer_init(&peer, 5, PEER_POTS);
	strcpy(peer.destination_pattern, "[12");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "destination-pattern [12: character 4: the set has no ']'");
	strcpy(peer.destination_pattern, "12");
	strcpy(peer.prefix, "9x");
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EINVAL);
	peer.prefix[0] = '\0';
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), 0);
	assert_int_equal(plan_add_peer(plan, &peer, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "dial-peer voice 5 is configured twice");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), -EEXIST);
	peer.tag = 3;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	assert_int_equal(plan_peer_count(plan), 2);
	assert_int_equal(plan_peer_at(plan, 0)->tag, 3);
	assert_int_equal(plan_peer_at(plan, 1)->tag, 5);
	assert_null(plan_peer_at(plan, 2));
	assert_ptr_equal(plan_ref(plan), plan);
	plan_unref(plan);
	assert_int_equal(plan_peer_count(plan), 2);
	plan_unref(plan);
}

static void says_why_a_peer_is_down(void **state)
{
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	assert_false(peer_is_valid(&peer));
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no port");
	strcpy(peer.port, "1:D");
	assert_true(peer_is_outbound(&peer));
	peer.shutdown = true;
	assert_string_equal(peer_down_reason(&peer), "shutdown");
	peer_init(&peer, 1, PEER_VOIP);
	strcpy(peer.destination_pattern, "9T");
	assert_string_equal(peer_down_reason(&peer), "no session target");
	strcpy(peer.incoming_called_number, ".");
	assert_true(peer_is_inbound(&peer));
	assert_false(peer_is_outbound(&peer));
}

static void routes_fast_among_many_peers(void **state)
{
	enum { PEERS = 100000, CALLS = 20000 };
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	struct plan_request request = {.inbound_kind = PEER_VOIP};
	struct plan_route route;
	struct timespec begin, end;
	double us;

	for (unsigned i = 0; i < PEERS; i++) {
		struct peer peer;

		peer_init(&peer, 1 + i, PEER_VOIP);
		sprintf(peer.destination_pattern, i % 2 ? "%u..." : "%u[1-9]..T", 100000 + i);
		strcpy(peer.session_target, "ipv4:192.0.2.1");
		assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	}
	assert_int_equal(plan_seal(plan), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned peer = i * 7919u % PEERS;

		sprintf(request.called.digits, "%u555", 100000 + peer);
		plan_route(plan, &request, NULL, &route);
		assert_int_equal(route.count, 1);
		assert_int_equal(route.candidates[0].peer->tag, 1 + peer);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / CALLS;
	print_message("plan_route among %d peers: %.2f us\n", PEERS, us);
	assert_true(us < 200); /* a walk over all peers takes milliseconds */
	plan_unref(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_ports),
	    cmocka_unit_test(orders_outbound_peers),
	    cmocka_unit_test(says_why_a_peer_was_left_out),
	    cmocka_unit_test(breaks_ties_by_chance_or_by_tag),
	    cmocka_unit_test(keeps_the_best_of_many),
	    cmocka_unit_test(hunts_on_for_causes_that_say_not_here),
	    cmocka_unit_test(sends_digits_as_configured),
	    cmocka_unit_test(routes_international_calls_from_isdn),
	    cmocka_unit_test(chooses_the_inbound_peer),
	    cmocka_unit_test(offers_peer_0_only_if_permitted),
	    cmocka_unit_test(refuses_wrong_peers),
	    cmocka_unit_test(says_why_a_peer_is_down),
	    cmocka_unit_test(routes_fast_among_many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
