// SPDX-License-Identifier: GPL-2.0-or-later
/* Names to addresses, asked of name_server.c's zone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/sip/resolve.h"
#include "tests/unit/name_server.h"

#define TIME_LIMIT_MS 300

static void *ctx;
static struct resolver *resolver;
static struct resolve_answer got;
static int result;
static unsigned answers;

static int start(void **state)
{
	char server[32];

	name_server_start(server);
	ctx = talloc_named_const(NULL, 0, "resolve");
	assert_int_equal(resolver_new(ctx, server, TIME_LIMIT_MS, &resolver), 0);
	answers = 0;
	return 0;
}

static int stop(void **state)
{
	resolver_free(resolver);
	name_server_stop();
	talloc_free(ctx);
	return 0;
}

/* ---- questions */

static void done(void *arg, int error, const struct resolve_answer *answer)
{
	answers++;
	result = error;
	memset(&got, 0, sizeof(got));
	if (answer)
		got = *answer;
}

static void deadline(void *data)
{
	*(bool *)data = true;
}

static void run(unsigned ms, bool until_answer)
{
	struct osmo_timer_list timer = {0};
	bool over = false;

	osmo_timer_setup(&timer, deadline, &over);
	osmo_timer_schedule(&timer, ms / 1000, ms % 1000 * 1000);
	while (!over && !(until_answer && answers))
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
}

static void ask(const char *text, enum peer_transport transport, struct resolve **question)
{
	struct target target;

	answers = 0;
	assert_int_equal(target_parse(text, transport, &target), 0);
	assert_int_equal(resolve_start(resolver, &target, done, NULL, question), 0);
	assert_int_equal(answers, 0); /* never before it returns */
}

static void add_addresses(char *text)
{
	static const char *const transports[] = {"", "udp", "tcp", "tls"};
	char one[TARGET_ADDRESS_MAX];

	text[0] = '\0';
	for (unsigned k = 0; k < got.count; k++) {
		target_address_text((struct sockaddr *)&got.addresses[k], one, sizeof(one));
		sprintf(text + strlen(text), "%s/%s ", one, transports[got.transports[k]]);
	}
}

static void finds_addresses(void **state)
{
	static const struct {
		const char *target;
		enum peer_transport transport;
		const char *addresses;
	} rows[] = {
	    {"dns:plain.test:5062", PEER_TRANSPORT_UDP, "192.0.2.1:5062/udp "},
	    {"dns:plain.test:5062", PEER_TRANSPORT_SYSTEM, "192.0.2.1:5062/udp "},
	    {"dns:plain.test", PEER_TRANSPORT_UDP, "192.0.2.1:5060/udp "},
	    {"dns:plain.test", PEER_TRANSPORT_TLS, "192.0.2.1:5061/tls "},
	    {"dns:plain.test", PEER_TRANSPORT_SYSTEM, "192.0.2.1:5060/udp "},
	    {"dns:service.test", PEER_TRANSPORT_UDP, "192.0.2.11:5071/udp 192.0.2.12:5070/udp "},
	    {"dns:service.test", PEER_TRANSPORT_TCP, "192.0.2.11:5080/tcp "},
	    {"dns:service.test:5060", PEER_TRANSPORT_UDP, "192.0.2.99:5060/udp "},
	    /* no NAPTR: SRV of both */
	    {"dns:service.test", PEER_TRANSPORT_SYSTEM,
	     "192.0.2.11:5071/udp 192.0.2.12:5070/udp 192.0.2.11:5080/tcp "},
	    /* NAPTR by order and preference; what is not SIP, or by SCTP, is passed over */
	    {"dns:domain.test", PEER_TRANSPORT_SYSTEM,
	     "192.0.2.12:5061/tls 192.0.2.11:5080/tcp 192.0.2.11:5071/udp 192.0.2.12:5070/udp "},
	    {"dns:domain.test", PEER_TRANSPORT_TCP, "192.0.2.98:5060/tcp "},
	    {"dns:domain.test:5060", PEER_TRANSPORT_SYSTEM, "192.0.2.98:5060/udp "},
	    {"ipv4:192.0.2.7", PEER_TRANSPORT_UDP, "192.0.2.7:5060/udp "},
	    {"ipv4:192.0.2.7", PEER_TRANSPORT_TLS, "192.0.2.7:5061/tls "},
	    {"ipv6:[2001:db8::7]:5061", PEER_TRANSPORT_SYSTEM, "[2001:db8::7]:5061/udp "},
	};
	struct resolve *question;
	char text[512];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(rows[i].target, rows[i].transport, &question);
		run(2000, true);
		assert_int_equal(answers, 1);
		assert_int_equal(result, 0);
		add_addresses(text);
		assert_string_equal(text, rows[i].addresses);
	}
}

static void a_transport_that_we_cannot_speak_is_passed_over(void **state)
{
	struct resolve *question;
	char text[512];

	resolver_set_transports(resolver, 1u << PEER_TRANSPORT_UDP);
	ask("dns:domain.test", PEER_TRANSPORT_SYSTEM, &question);
	run(2000, true);
	add_addresses(text);
	assert_string_equal(text, "192.0.2.11:5071/udp 192.0.2.12:5070/udp ");
}

static void a_service_that_is_denied_has_no_address(void **state)
{
	struct resolve *question;

	ask("dns:refuses.test", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(result, -ENOENT);
}

static void families_take_turns_the_preferred_one_first(void **state)
{
	static const struct {
		enum resolve_families families;
		const char *addresses;
	} rows[] = {
	    {RESOLVE_IPV6_FIRST, "[2001:db8::4]:5060/udp 192.0.2.4:5060/udp 192.0.2.5:5060/udp "},
	    {RESOLVE_IPV4_FIRST, "192.0.2.4:5060/udp [2001:db8::4]:5060/udp 192.0.2.5:5060/udp "},
	    {RESOLVE_IPV4_ONLY, "192.0.2.4:5060/udp 192.0.2.5:5060/udp "},
	    {RESOLVE_IPV6_ONLY, "[2001:db8::4]:5060/udp "},
	};
	struct resolve *question;
	char text[512];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		resolver_set_families(resolver, rows[i].families);
		ask("dns:many.test:5060", PEER_TRANSPORT_UDP, &question);
		run(2000, true);
		add_addresses(text);
		assert_string_equal(text, rows[i].addresses);
	}
}

/* How many questions the same target takes again. */
static unsigned asked_again(const char *text)
{
	struct resolve *question;
	unsigned before;

	ask(text, PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	before = name_server_questions;
	ask(text, PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	return name_server_questions - before;
}

static void answers_are_kept_as_long_as_they_may_be(void **state)
{
	name_server_move("192.0.2.1");
	assert_int_equal(asked_again("dns:moving.test:5060"), 2); /* A: time to live 0 */
	assert_int_equal(asked_again("dns:kept.test:5060"), 1);	  /* no AAAA, and no SOA */
	assert_int_equal(asked_again("dns:absent.test:5060"), 0); /* SOA */
	assert_int_equal(result, -ENOENT);
	assert_int_equal(asked_again("dns:plain.test:5060"), 1);
	run(1200, false); /* A: time to live 1 s */
	name_server_questions = 0;
	assert_int_equal(asked_again("dns:plain.test:5060"), 1);
	assert_int_equal(name_server_questions, 3);
}

static void both_families_come(void **state)
{
	struct resolve *question;

	ask("dns:both.test:5060", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(got.count, 2);
	assert_int_not_equal(got.addresses[0].ss_family, got.addresses[1].ss_family);
}

static void a_numeric_target_asks_nobody(void **state)
{
	struct resolve *question;

	ask("ipv4:192.0.2.7", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(name_server_questions, 0);
	assert_int_equal(answers, 1);
}

static void a_name_that_does_not_exist_says_so(void **state)
{
	struct resolve *question;

	ask("dns:nowhere.test", PEER_TRANSPORT_UDP, &question);
	run(2000, true);
	assert_int_equal(answers, 1);
	assert_int_equal(result, -ENOENT);
}

static void a_silent_server_ends_at_the_time_limit(void **state)
{
	struct resolve *question;

	ask("dns:silent.test", PEER_TRANSPORT_UDP, &question);
	run(TIME_LIMIT_MS / 2, true);
	assert_int_equal(answers, 0);
	run(TIME_LIMIT_MS, true);
	assert_int_equal(answers, 1);
	assert_int_equal(result, -ETIMEDOUT);
}

static void a_cancelled_question_is_not_answered(void **state)
{
	struct resolve *question;

	ask("dns:plain.test", PEER_TRANSPORT_UDP, &question);
	resolve_cancel(question);
	run(100, false);
	assert_int_equal(answers, 0);
	ask("ipv4:192.0.2.7", PEER_TRANSPORT_UDP, &question);
	resolve_cancel(question);
	run(50, false);
	assert_int_equal(answers, 0);
	ask("dns:silent.test", PEER_TRANSPORT_UDP, &question); /* left for resolver_free() */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(finds_addresses, start, stop),
	    cmocka_unit_test_setup_teardown(a_transport_that_we_cannot_speak_is_passed_over, start,
					    stop),
	    cmocka_unit_test_setup_teardown(a_service_that_is_denied_has_no_address, start, stop),
	    cmocka_unit_test_setup_teardown(families_take_turns_the_preferred_one_first, start,
					    stop),
	    cmocka_unit_test_setup_teardown(answers_are_kept_as_long_as_they_may_be, start, stop),
	    cmocka_unit_test_setup_teardown(both_families_come, start, stop),
	    cmocka_unit_test_setup_teardown(a_numeric_target_asks_nobody, start, stop),
	    cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_says_so, start, stop),
	    cmocka_unit_test_setup_teardown(a_silent_server_ends_at_the_time_limit, start, stop),
	    cmocka_unit_test_setup_teardown(a_cancelled_question_is_not_answered, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
