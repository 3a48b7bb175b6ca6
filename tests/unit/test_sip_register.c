// SPDX-License-Identifier: GPL-2.0-or-later
/* REGISTER of telephones: what goes in, and what comes out. Telephones of pool 1 (2..., 30..) and of pool
 * 2 (a password of its own), no call manager, and a location store in memory, if a test does not say
 * otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/digest.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/trust.h"
#include "tests/unit/survive_rig.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TOO_MANY (1u << 30) /* pools: there is no memory for so many */
#define INSTANCE ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-001122334455>\""

static struct caller users[] = {
    {.name = "carol", .password = "of-carol", .numbers = {"2003"}, .numbers_count = 1},
    {.name = "dora", .password = "of-dora", .numbers = {"4420"}, .numbers_count = 1},
    {.name = "owner", .password = "of-pool-2"},
};
static char authorization[DIGEST_TEXT_SIZE + 64];

static struct trust *trust;
static char heard[4096]; /* of the log */

static void hear(struct log_target *target, unsigned level, const char *text)
{
	size_t used = strlen(heard);

	if (level >= LOGL_NOTICE)
		snprintf(heard + used, sizeof(heard) - used, "%s", text);
}

static void trust_somebody(struct ua_config *ua)
{
	ua->trust = trust;
}

static int start(void **state)
{
	trust = trust_new();
	rig_configure = trust_somebody;
	site_start();
	site_add_pool("2...");
	strcpy(site_add_pool("5...")->user, "owner");
	site_add_pool("alice");
	return 0;
}

static int stop(void **state)
{
	site_stop();
	trust_free(trust);
	return 0;
}

static const char *allowed(void)
{
	phone.remote_tag[0] = '\0';
	phone_request(&phone, "OPTIONS", NULL);
	return header(phone_expect(&phone, "SIP/2.0 200"), "Allow");
}

static void register_is_allowed_where_there_is_a_registrar(void **state)
{
	assert_null(strstr(allowed(), "REGISTER"));
	site_serve();
	assert_non_null(strstr(allowed(), "SUBSCRIBE, REGISTER"));
	site.config.global.serves = false;
	survive_change(site.survive, &site.config);
	assert_null(strstr(allowed(), "REGISTER"));
}

/* Header lines; one Contact at least, or "". */
static const char *do_register(const char *name, const char *lines, const char *status)
{
	char start[32];

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	site_send_register(name, lines);
	return phone_expect(&phone, start);
}

static void must_have(const char *answer, const char *lines, const char *what)
{
	if (!strstr(answer, what))
		fail_msg("%s\nexpected %s in\n%s", lines, what, answer);
}

static void each_register_gets_its_answer(void **state)
{
	static const struct {
		const char *name, *lines, *status, *has, *has_too, *has_not;
	} rows[] = {
	    /* for how long */
	    {"2000", "Contact: <sip:a@127.0.0.1:5070>;expires=600\r\n", "200 OK",
	     "Contact: <sip:a@127.0.0.1:5070>;expires=600", "Date: ", "Require:"},
	    {"2001", "Contact: <sip:a@127.0.0.1:5070>\r\nExpires: 120\r\n", "200", ";expires=120"},
	    {"2002", "Contact: <sip:a@127.0.0.1:5070>;expires=90\r\nExpires: 120\r\n", "200",
	     ";expires=90"},
	    {"2003", "Contact: <sip:a@127.0.0.1:5070>\r\n", "200", ";expires=3600"},
	    {"2004", "Contact: <sip:a@127.0.0.1:5070>;expires=99999999999999\r\n", "200",
	     ";expires=3600"},
	    {"2005", "Contact: <sip:a@127.0.0.1:5070>;expires=soon\r\n", "200", ";expires=3600"},
	    {"2006", "Contact: <sip:a@127.0.0.1:5070>;expires=59\r\n", "423 ",
	     "Min-Expires: 60\r\n"},
	    {"2007", "Contact: <sip:a@127.0.0.1:5070>;expires=0\r\n", "200", "CSeq", NULL,
	     "Contact: "},
	    /* several */
	    {"2010",
	     "Contact: <sip:a@127.0.0.1>;q=0.5\r\nContact: \"B\" <sips:b@127.0.0.1>;q=0.7\r\n",
	     "200", "<sips:b@127.0.0.1>;expires=3600;q=0.700\r\nContact: <sip:a@", "q=0.500"},
	    {"2010", "", "200", "<sips:b@127.0.0.1>", "<sip:a@127.0.0.1>"},
	    {"2010", "Contact: <sip:a@127.0.0.1>;expires=0\r\n", "200", "<sips:b@127.0.0.1>", NULL,
	     "<sip:a@127.0.0.1>"},
	    {"2010", "Contact: *\r\nExpires: 0\r\n", "200", "CSeq", NULL, "Contact: "},
	    {"2010", "", "200", "CSeq", NULL, "Contact: "},
	    /* wrong */
	    {"2011", "Contact: *\r\n", "400"},
	    {"2011", "Contact: *\r\nExpires: 5\r\n", "400"},
	    {"2011", "Contact: *\r\nContact: <sip:a@127.0.0.1>\r\nExpires: 0\r\n", "400"},
	    {"2011", "Contact: <sip:a@127.0.0.1>\r\nContact: *\r\nExpires: 0\r\n", "400"},
	    {"2011", "Contact: <tel:+4930111>\r\n", "400"},
	    {"2011", "Contact: <sip:a@127.0.0.1>;q=1.5\r\n", "400"},
	    {"2011", "Contact: <sip:a@127.0.0.1>;q=0.1234\r\n", "400"},
	    {"2011", "Contact: <sip:a@127.0.0.1>;reg-id=0" INSTANCE "\r\n", "400"},
	    {"2011", "", "200", "CSeq", NULL, "Contact: "},
	    {"2011", "Contact: <sip:a@127.0.0.1>\r\nRequire: gruu\r\n", "420", "Unsupported: gruu"},
	    {"2011", "Contact: <sip:a@127.0.0.1>\r\nRequire: path, outbound\r\n", "200"},
	    {"20%0a1", "Contact: <sip:a@127.0.0.1>\r\n", "400"},
	    {"9000", "Contact: <sip:a@127.0.0.1>\r\n", "403"},
	    {"alice", "Contact: <sip:a@127.0.0.1>\r\n", "200"},
	    {"%61lice", "", "200", "Contact: <sip:a@127.0.0.1>"},
	    {"Alice", "Contact: <sip:a@127.0.0.1>\r\n", "403"},
	    /* Path and flows */
	    {"2020",
	     "Contact: <sip:a@127.0.0.1>\r\nSupported: path\r\nPath: <sip:127.0.0.1:5099;lr>, "
	     "<sip:127.0.0.1:5098;lr;ob>\r\n",
	     "200", "Path: <sip:127.0.0.1:5099;lr>", "<sip:127.0.0.1:5098;lr;ob>"},
	    {"2021", "Contact: <sip:a@127.0.0.1>;reg-id=1" INSTANCE "\r\nSupported: outbound\r\n",
	     "200", "Require: outbound", ";reg-id=1"},
	    {"2021",
	     "Contact: <sip:b@127.0.0.1:5071>;reg-id=1" INSTANCE "\r\nSupported: outbound\r\n",
	     "200", "<sip:b@127.0.0.1:5071>", "+sip.instance=\"<urn:uuid:0000",
	     "<sip:a@127.0.0.1>"},
	    {"2021",
	     "Contact: <sip:c@127.0.0.1:5072>;reg-id=2" INSTANCE "\r\nSupported: outbound\r\n",
	     "200", "<sip:b@127.0.0.1:5071>", "<sip:c@127.0.0.1:5072>"},
	    {"2022", "Contact: <sip:a@127.0.0.1>;reg-id=1" INSTANCE "\r\n", "200", "+sip.instance",
	     NULL, "reg-id"},
	    {"2022",
	     "Via: SIP/2.0/UDP 127.0.0.1:5097;branch=z9hG4bKold\r\n"
	     "Contact: <sip:a@127.0.0.1>;reg-id=1" INSTANCE "\r\nSupported: outbound\r\n"
	     "Path: <sip:127.0.0.1:5099;lr>\r\n",
	     "439"},
	    {"2023",
	     "Via: SIP/2.0/UDP 127.0.0.1:5097;branch=z9hG4bKold\r\n"
	     "Contact: <sip:a@127.0.0.1>;reg-id=1" INSTANCE "\r\nSupported: outbound\r\n"
	     "Path: <sip:127.0.0.1:5099;lr;ob>\r\n",
	     "200", "Require: outbound", "reg-id=1"},
	};

	site_serve();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *answer = do_register(rows[i].name, rows[i].lines, rows[i].status);

		if (rows[i].has)
			must_have(answer, rows[i].lines, rows[i].has);
		if (rows[i].has_too)
			must_have(answer, rows[i].lines, rows[i].has_too);
		if (rows[i].has_not && strstr(answer, rows[i].has_not))
			fail_msg("%s\nunexpected %s in\n%s", rows[i].lines, rows[i].has_not,
				 answer);
	}
}

static void too_much_is_refused(void **state)
{
	char lines[2000] = "";

	site_serve();
	for (unsigned i = 0; i < PHONE_CONTACTS_MAX; i++)
		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines),
			 "Contact: <sip:a%u@127.0.0.1>\r\n", i);
	do_register("2001", lines, "200");
	strcat(lines, "Contact: <sip:a16@127.0.0.1>\r\n");
	do_register("2001", lines, "400");
	snprintf(lines, sizeof(lines), "Contact: <sip:a@127.0.0.1>\r\nUser-Agent: %01100d\r\n", 0);
	do_register("2002", lines, "400");
}

/* RFC 3261 10.3 step 7 */
static void an_older_register_changes_nothing(void **state)
{
	site_serve();
	phone.cseq = 10;
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	phone.remote_tag[0] = '\0';
	phone.cseq = 8;
	phone.contact = "Contact: <sip:c@127.0.0.1>\r\n";
	phone_request(&phone, "REGISTER", NULL);
	phone_expect(&phone, "SIP/2.0 500");
	phone.remote_tag[0] = '\0';
	phone.cseq = 11;
	phone_request(&phone, "REGISTER", NULL);
	assert_non_null(strstr(phone_expect(&phone, "SIP/2.0 200"), "<sip:c@127.0.0.1>"));
}

/* Of the whole gateway and of a pool: a number that is there already may always come again. */
static void limits_hold(void **state)
{
	const char *answer;

	site.config.global.max_dn = 2;
	site_serve();
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	do_register("alice", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	answer = do_register("2002", "Contact: <sip:a@127.0.0.1>\r\n", "503");
	assert_string_equal(header(answer, "Retry-After"), "300");
	do_register("2001", "Contact: <sip:b@127.0.0.1>\r\n", "200");
	do_register("2001", "Contact: *\r\nExpires: 0\r\n", "200");
	do_register("2002", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	site.config.global.max_dn = 0;
	site.pools[0].max_registrations = 2;
	survive_change(site.survive, &site.config);
	do_register("2003", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	do_register("2004", "Contact: <sip:a@127.0.0.1>\r\n", "503");
	do_register("2003", "Contact: <sip:b@127.0.0.1>\r\n", "200");
	do_register("5001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	do_register("2003", "Contact: *\r\nExpires: 0\r\n", "200");
	do_register("2004", "Contact: <sip:a@127.0.0.1>\r\n", "200");
}

/* Those that have not been stored yet count. */
static void limits_hold_when_all_come_at_once(void **state)
{
	unsigned taken = 0, refused = 0;

	site.config.global.max_dn = 3;
	site_serve();
	for (unsigned i = 0; i < 8; i++) {
		char name[8];

		snprintf(name, sizeof(name), "200%u", i);
		site_send_register(name, "Contact: <sip:a@127.0.0.1>\r\n");
	}
	for (unsigned i = 0; i < 8; i++) {
		const char *answer = phone_receive(&phone, 3000);

		taken += !strncmp(answer, "SIP/2.0 200", 11);
		refused += !strncmp(answer, "SIP/2.0 503", 11);
	}
	assert_int_equal(taken, 3);
	assert_int_equal(refused, 5);
}

/* While it answers, `mode` says what telephones get. The manager is the phone's socket, which is silent:
 * suspect is not gone. */
static void modes_differ_while_the_call_manager_is_there(void **state)
{
	static const struct {
		enum pool_mode mode;
		const char *status, *has;
	} rows[] = {
	    {POOL_MODE_STANDBY, "200", ";expires=120"},
	    {POOL_MODE_REFUSE, "503", "Retry-After: "},
	    {POOL_MODE_ALWAYS, "200", ";expires=3600"},
	};

	site_open_manager();
	site_serve();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *lines = "Contact: <sip:a@127.0.0.1>\r\n";

		site.config.global.mode = rows[i].mode;
		survive_change(site.survive, &site.config);
		must_have(do_register("2001", lines, rows[i].status), lines, rows[i].has);
		do_register("2002", "Contact: *\r\nExpires: 0\r\n", "200");
		do_register("2002", "", "200");
	}
}

static void nothing_is_taken_that_cannot_be_kept(void **state)
{
	site.config.location.redis = "127.0.0.1:1";
	site_serve();
	assert_string_equal(
	    header(do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "503"), "Retry-After"),
	    "10");
	do_register("2001", "", "200");
}

static void nobody_registers_without_a_registrar(void **state)
{
	site.config.global.serves = false;
	site_serve();
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "405");
	site.config.global.serves = true;
	survive_change(site.survive, &site.config);
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
}

/* Those who watch the lamp of a number see whether it is there (RFC 3856). */
/* The one before must not be looked at any more either. */
static void a_configuration_without_memory_has_no_telephones(void **state)
{
	struct survive_config *before = malloc(sizeof(*before));
	struct pool *its_pools = malloc(sizeof(site.pools));

	assert_true(before && its_pools);
	memcpy(its_pools, site.pools, sizeof(site.pools));
	*before = site.config;
	before->global.pools = its_pools;
	before->global.mode = POOL_MODE_ALWAYS;
	before->upstream.count = 1;
	before->upstream.times.keepalive_ms = 100;
	strcpy(before->upstream.managers[0].target, "ipv4:127.0.0.1:9");
	site.config.upstream = before->upstream;
	site.config.upstream.times.misses = 1;
	site_serve_as(before);
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	site.config.global.pools_count = TOO_MANY;
	survive_change(site.survive, &site.config);
	assert_int_equal(survive_drill(site.survive, 1, true), -ENOENT);
	memset(its_pools, 0xff, sizeof(site.pools));
	memset(before, 0xff, sizeof(*before));
	free(its_pools);
	free(before);
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "405");
	assert_true(rig_wait(site_is_fallback, NULL, 20000));
	site.config.global.pools_count = COUNT(site.pools);
	survive_change(site.survive, &site.config);
	must_have(do_register("2001", "", "200"), "", "<sip:a@127.0.0.1>");
}

static void what_is_registered_is_a_line_in_service(void **state)
{
	struct line_states *lines;

	site_serve();
	lines = ua_line_states(rig.ua);
	assert_int_equal(line_states_service(lines, "2001"), LINE_SERVICE_UNKNOWN);
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\nContact: <sip:b@127.0.0.1>\r\n", "200");
	assert_int_equal(line_states_service(lines, "2001"), LINE_IN_SERVICE);
	do_register("2001", "Contact: <sip:a@127.0.0.1>;expires=0\r\n", "200");
	assert_int_equal(line_states_service(lines, "2001"), LINE_IN_SERVICE);
	do_register("2001", "Contact: *\r\nExpires: 0\r\n", "200");
	assert_int_equal(line_states_service(lines, "2001"), LINE_OUT_OF_SERVICE);
	do_register("2001", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	assert_int_equal(line_states_service(lines, "2001"), LINE_IN_SERVICE);
	site.pools[0].numbers_count = 0;
	survive_change(site.survive, &site.config);
	do_register("1%3AD", "Contact: <sip:a@127.0.0.1>\r\n", "200");
	assert_int_equal(line_states_service(lines, "1:D"), LINE_SERVICE_UNKNOWN);
}

/* ---- passwords */

static void answer_challenge(const char *asked, const char *user, const char *password)
{
	char value[1024], text[DIGEST_TEXT_SIZE], uri[64];
	struct digest_user who = {user, password};
	struct digest_challenge challenge;
	struct digest_session session;
	struct digest_request request = {"REGISTER", uri, "", 0};

	snprintf(value, sizeof(value), "%s", header(asked, "WWW-Authenticate"));
	assert_int_equal(digest_read_challenge(value, &challenge), 0);
	digest_begin(&challenge, &session);
	snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", phone.to, rig.port);
	assert_int_equal(digest_answer(&session, &who, &request, text, sizeof(text)), 0);
	snprintf(authorization, sizeof(authorization),
		 "Authorization: %s\r\nContact: <sip:a@127.0.0.1>\r\n", text);
}

static void passwords_are_those_of_the_number(void **state)
{
	static const struct {
		const char *name, *user, *password, *status;
	} rows[] = {
	    {"2003", "carol", "of-carol", "200"},  /* a number of hers */
	    {"2004", "carol", "of-carol", "403"},  /* not one of hers */
	    {"2003", "carol", "guess", "401"},	   /* wrong */
	    {"2003", "nobody", "of-carol", "401"}, /* nobody */
	    {"5001", "owner", "of-pool-2", "200"}, /* the pool's own */
	    {"5001", "carol", "of-carol", "403"},  /* not the pool's */
	    {"2003", "owner", "of-pool-2", "403"}, /* another pool's */
	    {"9000", "carol", "of-carol", "403 "}, /* of no pool, whoever he is */
	};

	strcpy(site.config.global.users.realm, "site");
	site.config.global.users.users = users;
	site.config.global.users.users_count = COUNT(users);
	site_serve();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *asked;

		site_send_register(rows[i].name, "Contact: <sip:a@127.0.0.1>\r\n");
		asked = phone_receive(&phone, 3000);
		if (!strncmp(asked, "SIP/2.0 401", 11)) {
			answer_challenge(asked, rows[i].user, rows[i].password);
			site_send_register(rows[i].name, authorization);
			asked = phone_receive(&phone, 3000);
		}
		if (strncmp(asked + 8, rows[i].status, 3))
			fail_msg("%s as %s got %.20s", rows[i].name, rows[i].user, asked);
	}
}

/* However many they are. */
static void refusals_are_one_line_of_the_log(void **state)
{
	struct log_target *lines;

	site_serve();
	lines = log_target_create();
	lines->output = hear;
	log_target_plain(lines);
	log_add_target(lines);
	heard[0] = '\0';
	for (unsigned i = 0; i < 20; i++)
		do_register("9000", "Contact: <sip:a@127.0.0.1>\r\n", "403");
	log_target_destroy(lines);
	assert_string_equal(heard, "trusted 127.0.0.1: REGISTER of 9000 refused: no voice register "
				   "pool has it, messages 1\n");
}

static void trust_network(const char *network, unsigned prefix)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};

	inet_pton(AF_INET, network, &in4.sin_addr);
	trust_clear(trust);
	assert_int_equal(trust_add(trust, (struct sockaddr *)&in4, prefix), 0);
}

/* Its From is 4420, a telephone's number. */
static void expect_options(struct phone *sender, const char *start)
{
	static unsigned calls;

	snprintf(sender->call_id, sizeof(sender->call_id), "options-%u", ++calls);
	sender->remote_tag[0] = '\0';
	sender->to = "2001";
	sender->contact = NULL;
	phone_request(sender, "OPTIONS", NULL);
	phone_expect(sender, start);
	sender->remote_tag[0] = '\0';
}

/* Telephones are in 127.0.0.0/8. */
static void a_trunk_among_telephones_is_no_telephone(void **state)
{
	static const struct {
		unsigned prefix; /* of 127.0.0.1, trusted */
		const char *start;
	} rows[] = {
	    {1, "SIP/2.0 401"}, {8, "SIP/2.0 401"}, {9, "SIP/2.0 200"}, {32, "SIP/2.0 200"}};
	struct phone other;

	strcpy(site.pools[0].numbers[0].pattern, "44..");
	strcpy(site.config.global.users.realm, "site");
	site.config.global.users.users = users;
	site.config.global.users.users_count = COUNT(users);
	site_serve();
	expect_options(&phone, "SIP/2.0 401");
	for (size_t i = 0; i < COUNT(rows); i++) {
		trust_network("127.0.0.1", rows[i].prefix);
		expect_options(&phone, rows[i].start);
	}

	/* a telephone of that number has registered there: it may be either */
	answer_challenge(do_register("4420", "Contact: <sip:a@127.0.0.1>\r\n", "401"), "dora",
			 "of-dora");
	do_register("4420", authorization, "200");
	phone_open(&other, false, false, 0);
	expect_options(&other, "SIP/2.0 401");
	expect_options(&phone, "SIP/2.0 200"); /* it is that telephone */
	phone_close(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	    TEST(register_is_allowed_where_there_is_a_registrar),
	    TEST(each_register_gets_its_answer),
	    TEST(too_much_is_refused),
	    TEST(an_older_register_changes_nothing),
	    TEST(limits_hold),
	    TEST(limits_hold_when_all_come_at_once),
	    TEST(modes_differ_while_the_call_manager_is_there),
	    TEST(nothing_is_taken_that_cannot_be_kept),
	    TEST(nobody_registers_without_a_registrar),
	    TEST(a_configuration_without_memory_has_no_telephones),
	    TEST(what_is_registered_is_a_line_in_service),
	    TEST(passwords_are_those_of_the_number),
	    TEST(refusals_are_one_line_of_the_log),
	    TEST(a_trunk_among_telephones_is_no_telephone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
