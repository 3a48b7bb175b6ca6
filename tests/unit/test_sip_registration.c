// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of the gateway at a registrar that answers as the test says. A second of the registrar is 10 ms
 * here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/sip/account.h"
#include "gateway/sip/registration.h"
#include "tests/unit/digest_rig.h"
#include "tests/unit/name_server.h"
#include "tests/unit/sip_rig.h"

#define SECOND_MS 10
#define BASE_MS 20
#define MAX_MS 1000

static struct phone phone, proxy;
static struct account_line lines[600];
static struct account account;
static struct tenant tenants[] = {{.number = 0, .account = &account}};
static char message[MESSAGE_MAX];
static const struct digest_user user = {"u", "secret"};

static const struct party alice = {
    .number = {.digits = "4930111", .ton = TON_INTERNATIONAL, .npi = NPI_ISDN},
};

static void set_registrar(unsigned index, const char *host, unsigned port)
{
	struct account_registrar *r = &account.registrars[index];

	snprintf(r->target, sizeof(r->target), "%s:%u", host, port);
	r->expires_s = 100;
	r->refresh_percent = 80;
}

static void configure(struct ua_config *config)
{
	set_registrar(0, "ipv4:127.0.0.1", rig.peer_port);
	config->tenants = tenants;
	config->tenants_count = 1;
	config->registration = (struct registration_times){.base_ms = BASE_MS,
							   .base_other_ms = 3 * BASE_MS,
							   .max_ms = MAX_MS,
							   .spread_ms = 1,
							   .second_ms = SECOND_MS};
}

static void configure_name(struct ua_config *config)
{
	configure(config);
	set_registrar(0, "dns:moving.test", rig.peer_port);
}

static void configure_tcp(struct ua_config *config)
{
	configure(config);
	set_registrar(0, "ipv6:[::1]", rig.peer_port);
	account.registrars[0].transport = PEER_TRANSPORT_TCP;
}

static void configure_two(struct ua_config *config)
{
	configure(config);
	set_registrar(ACCOUNT_REGISTRAR_SECONDARY, "ipv4:127.0.0.2", rig.peer_port);
}

static void begin(const char *line)
{
	memset(&account, 0, sizeof(account));
	memset(lines, 0, sizeof(lines));
	strcpy(lines[0].name, line);
	account.lines = lines;
	account.lines_count = 1;
	account.users[0] = (struct account_user){"u", "secret", "example.com"};
	account.users_count = 1;
}

static int start(void **state)
{
	begin("+4930111");
	rig_configure = configure;
	rig_start(NULL);
	phone_open(&phone, false, false, rig.peer_port);
	return 0;
}

static int start_account(void **state)
{
	begin("pbx");
	rig_configure = configure;
	rig_start(NULL);
	phone_open(&phone, false, false, rig.peer_port);
	return 0;
}

static int start_tcp(void **state)
{
	begin("+4930111");
	rig_configure = configure_tcp;
	rig_start(NULL);
	phone_listen(&phone, true, rig.peer_port);
	return 0;
}

static int start_name(void **state)
{
	char address[32];

	begin("+4930111");
	rig_configure = configure_name;
	rig_start(NULL);
	name_server_start(address);
	rig_use_name_server(address);
	phone_open(&phone, false, false, rig.peer_port);
	return 0;
}

static int stop_name(void **state)
{
	name_server_stop();
	phone_close(&phone);
	rig_stop();
	rig_configure = NULL;
	return 0;
}

static int stop(void **state)
{
	phone_close(&phone);
	rig_stop();
	rig_configure = NULL;
	return 0;
}

/* ---- the registrar */

static const char *take(void)
{
	const char *text = phone_receive(&phone, 3000);

	if (strncmp(text, "REGISTER sip:", 13))
		fail_msg("expected REGISTER, got \"%.200s\"", text);
	snprintf(message, sizeof(message), "%s", text);
	return message;
}

static void answer(const char *status, const char *headers)
{
	static char contact[512];

	/* a 200 names what is registered */
	snprintf(contact, sizeof(contact), "%s", "");
	phone.contact = contact;
	phone.extra = headers;
	phone_respond(&phone, message, status, "r", NULL);
	phone.contact = NULL;
}

/* The Contact of the REGISTER with other parameters: what stands in its angle brackets. */
static const char *own_uri(void)
{
	static char text[256];
	const char *contact = header(message, "Contact");

	snprintf(text, sizeof(text), "%.*s", (int)(strchr(contact, '>') - contact + 1), contact);
	return text;
}

static void grant(unsigned seconds, const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "Contact: <sip:elsewhere@192.0.2.1>;expires=7777, %s;expires=%u%s%s", own_uri(),
		 seconds, more[0] == ';' ? "" : "\r\n", more);
	answer("200 OK", text);
}

static bool see(void *arg, const struct registration_view *view)
{
	*(struct registration_view *)arg = *view;
	return false;
}

static struct registration_view look(void)
{
	struct registration_view view = {0};

	registrations_each(ua_registrations(rig.ua), see, &view);
	return view;
}

static bool is_up(void *arg)
{
	return look().up == *(bool *)arg;
}

static void expect_up(bool up)
{
	assert_true(rig_wait(is_up, &up, 2000));
}

static unsigned cseq(void)
{
	return strtoul(header(message, "CSeq"), NULL, 10);
}

static unsigned t1_ms = RIG_T1_MS; /* for what begins after change() */

static void change(const struct tenant *next, unsigned count)
{
	struct ua_config config = {.t1_ms = t1_ms, .tenants = next, .tenants_count = count};

	ua_change(rig.ua, &config);
}

/* ---- registering */

static void a_line_is_registered_and_repeated_before_it_expires(void **state)
{
	char text[128], call_id[128];
	unsigned first;
	uint64_t began;

	take();
	began = registration_now_ms();
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u SIP/2.0\r\n", rig.peer_port);
	assert_memory_equal(message, text, strlen(text));
	assert_string_equal(header(message, "To"), "<sip:+4930111@127.0.0.1>");
	assert_memory_equal(header(message, "From"), "<sip:+4930111@127.0.0.1>;tag=", 29);
	snprintf(text, sizeof(text), "<sip:+4930111@127.0.0.1:%u>", rig.port);
	assert_string_equal(own_uri(), text);
	assert_non_null(strstr(header(message, "Contact"), "+sip.instance=\"<urn:uuid:"));
	assert_null(strstr(header(message, "Contact"), "reg-id"));
	assert_string_equal(header(message, "Expires"), "100");
	assert_string_equal(header(message, "Supported"), "path");
	assert_false(look().up);
	snprintf(call_id, sizeof(call_id), "%s", header(message, "Call-ID"));
	first = cseq();
	grant(60, "");
	expect_up(true);
	assert_in_range(look().expires_s, 50, 60);
	take();
	/* 80 percent of 60 s, and 90 to 100 percent of that, in seconds of 10 ms; a crowded machine
	 * may be late */
	assert_in_range(registration_now_ms() - began, 400, 590);
	assert_true(look().up);
	assert_string_equal(header(message, "Call-ID"), call_id);
	assert_int_equal(cseq(), first + 1);
	grant(60, "");
}

static void credentials_are_sent_when_asked_for_and_kept(void **state)
{
	static const char *const algorithms[] = {"", ", algorithm=SHA-256", ", algorithm=MD5-sess",
						 ", algorithm=SHA-512-256"};
	struct digest_credentials credentials;
	unsigned before;

	for (unsigned i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		char more[64], nonce[8];

		take();
		before = cseq();
		snprintf(more, sizeof(more), ", qop=\"auth\"%s%s", algorithms[i],
			 i ? ", stale=true" : "");
		snprintf(nonce, sizeof(nonce), "n%u", i);
		answer("401 Unauthorized",
		       digest_rig_challenge("WWW-Authenticate", "example.com", nonce, more));
		take();
		assert_int_equal(cseq(), before + 1);
		digest_rig_check(message, "Authorization", &user, &credentials);
		assert_string_equal(credentials.nonce, nonce);
		grant(10, "");
		expect_up(true);
		take();
		assert_int_equal(cseq(), before + 2);
		digest_rig_check(message, "Authorization", &user, &credentials);
		assert_int_equal(credentials.nonce_count, 2);
		grant(10, "");
	}
}

static void the_line_s_own_user_is_preferred(void **state)
{
	static const struct digest_user own = {"own", "pass"};
	struct digest_credentials credentials;

	lines[0].user = (struct account_user){"own", "pass", "example.com"};
	take();
	answer("401 Unauthorized",
	       digest_rig_challenge("WWW-Authenticate", "example.com", "n", ""));
	take();
	digest_rig_check(message, "Authorization", &own, &credentials);
}

static void a_wrong_password_is_not_tried_again_and_again(void **state)
{
	take();
	answer("401 Unauthorized",
	       digest_rig_challenge("WWW-Authenticate", "example.com", "n", ""));
	take();
	answer("401 Unauthorized",
	       digest_rig_challenge("WWW-Authenticate", "example.com", "m", ""));
	phone_expect_nothing(&phone, MAX_MS / 2 - 100);
	assert_string_equal(look().trouble, "401, user or password are missing or wrong");
	/* but at once if the configuration changes */
	change(tenants, 1);
	take();
}

static void a_longer_time_is_asked_for(void **state)
{
	take();
	answer("423 Interval Too Brief", "Min-Expires: 1800\r\n");
	take();
	assert_string_equal(header(message, "Expires"), "1800");
	grant(20, "");
	expect_up(true);
	take();
	assert_string_equal(header(message, "Expires"), "1800");
	answer("423 Interval Too Brief", "Min-Expires: 1800\r\n"); /* that is what we asked for */
	expect_up(false);
	assert_non_null(strstr(look().trouble, "423"));
}

static void a_redirect_is_followed(void **state)
{
	char text[256];
	struct phone other;

	phone_open(&other, false, false, 0);
	take();
	snprintf(text, sizeof(text), "Contact: <mailto:x@y>, <sip:127.0.0.1:%u>\r\n", other.port);
	answer("302 Moved Temporarily", text);
	snprintf(message, sizeof(message), "%s", phone_expect(&other, "REGISTER sip:127.0.0.1:"));
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u ", other.port);
	assert_memory_equal(message, text, strlen(text));
	assert_string_equal(header(message, "To"), "<sip:+4930111@127.0.0.1>");
	/* a proxy to go through: the registrar stays */
	snprintf(text, sizeof(text), "Contact: <sip:127.0.0.1:%u>\r\n", phone.port);
	other.extra = text;
	phone_respond(&other, message, "305 Use Proxy", "r", NULL);
	take();
	snprintf(text, sizeof(text), "REGISTER sip:127.0.0.1:%u ", rig.peer_port);
	assert_memory_equal(message, text, strlen(text));
	phone_close(&other);
}

static void redirects_in_a_circle_end(void **state)
{
	char text[256];
	unsigned count = 0;

	snprintf(text, sizeof(text), "Contact: <sip:127.0.0.1:%u>\r\n", rig.peer_port);
	do {
		take();
		answer("302 Moved Temporarily", text);
		rig_run(10);
		count++;
	} while (!look().trouble[0] && count < 20);
	assert_int_equal(count, 6);
	assert_string_equal(look().trouble, "redirected too often");
}

static void the_next_address_is_tried(void **state)
{
	name_server_move("127.0.0.2 127.0.0.1"); /* nobody is at the first, in either order */
	take();
	assert_memory_equal(message, "REGISTER sip:moving.test:", 25);
	assert_string_equal(header(message, "To"), "<sip:+4930111@moving.test>");
	grant(60, "");
	expect_up(true);
}

static void a_registrar_that_cannot_serve_is_left_for_the_next(void **state)
{
	struct phone other;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(rig.peer_port)};
	struct sockaddr_storage gateway = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	/* a second one at the same port of another address of loopback */
	inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	phone_open(&other, false, false, 0);
	memcpy(&gateway, &other.gateway, sizeof(gateway));
	phone_use_socket(&other, fd, &gateway);
	name_server_move("127.0.0.1 127.0.0.2");
	take();
	answer("503 Service Unavailable", "Retry-After: 100\r\n");
	snprintf(message, sizeof(message), "%s", phone_expect(&other, "REGISTER"));
	phone_respond(&other, message, "200 OK", "r", NULL);
	phone_close(&other);
}

static void no_address_is_tried_again_later(void **state)
{
	name_server_move("");
	rig_run(60);
	assert_non_null(strstr(look().trouble, "no address"));
}

static void failures_are_repeated_with_doubling_pauses(void **state)
{
	uint64_t before = 0, now;

	for (unsigned i = 0; i < 6; i++) {
		take();
		now = registration_now_ms();
		/* RFC 5626 4.5: half of base * 2^failures at least (a timer may be 2 ms early), and
		 * at most all of it, and what this machine needs */
		if (i)
			assert_in_range(now - before + 2, (BASE_MS << (i - 1)) / 2,
					(BASE_MS << (i - 1)) + 200);
		before = now;
		answer("500 Server Internal Error", NULL);
	}
	assert_false(registrations_are_up(ua_registrations(rig.ua), 0));
}

static void retry_after_is_obeyed(void **state)
{
	uint64_t before;

	take();
	before = registration_now_ms();
	answer("500 Server Internal Error", "Retry-After: 40\r\n");
	take();
	assert_in_range(registration_now_ms() - before + 2, 40 * SECOND_MS, 40 * SECOND_MS + 300);
}

static void a_refusal_is_repeated_slowly(void **state)
{
	take();
	answer("403 Forbidden", NULL);
	phone_expect_nothing(&phone, MAX_MS / 2 - 100);
	assert_string_equal(look().trouble, "403 Forbidden");
	assert_false(look().up);
}

static void silence_is_a_failure(void **state)
{
	unsigned sent = 0;

	while (!look().trouble[0] && sent++ < 30)
		take(); /* repeated by UDP */
	rig_run(50);
	assert_string_equal(look().trouble, "no answer");
}

static void a_registrar_that_dies_is_noticed(void **state)
{
	take();
	grant(20, "");
	expect_up(true);
	phone_close(&phone); /* ICMP */
	expect_up(false);
	phone_open(&phone, false, false, rig.peer_port);
	take();
	grant(60, "");
	expect_up(true);
}

/* ---- unregistering */

static void what_is_no_longer_configured_is_unregistered(void **state)
{
	struct digest_credentials credentials;
	unsigned last;

	take();
	answer("401 Unauthorized",
	       digest_rig_challenge("WWW-Authenticate", "example.com", "n", ", qop=\"auth\""));
	take();
	grant(60, "");
	expect_up(true);
	last = cseq();
	change(NULL, 0);
	take();
	assert_string_equal(header(message, "Expires"), "0");
	assert_non_null(strstr(header(message, "Contact"), ";expires=0"));
	assert_int_equal(cseq(), last + 1);
	digest_rig_check(message, "Authorization", &user, &credentials);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 1);
	answer("200 OK", NULL);
	rig_run(20);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 0);
	assert_null(look().line);
	phone_expect_nothing(&phone, 50);
}

static void what_stays_configured_stays_registered(void **state)
{
	take();
	grant(60, "");
	expect_up(true);
	change(tenants, 1);
	assert_true(look().up);
	phone_expect_nothing(&phone, 50);
	strcpy(lines[1].name, "+4930112");
	account.lines_count = 2;
	change(tenants, 1);
	take();
	assert_string_equal(header(message, "To"), "<sip:+4930112@127.0.0.1>");
	phone_expect_nothing(&phone, 20);
}

static void what_is_not_registered_yet_is_forgotten(void **state)
{
	take();
	answer("403 Forbidden", NULL);
	rig_run(20);
	change(NULL, 0);
	assert_null(look().line);
	phone_expect_nothing(&phone, 50);
}

static void a_stopped_service_is_not_registered_unless_it_is_to_stay(void **state)
{
	take();
	grant(60, "");
	expect_up(true);
	call_service_set(rig.ua,
			 &(struct call_service_order){.stop = true, .maintain_registration = true});
	phone_expect_nothing(&phone, 50);
	call_service_set(rig.ua, &(struct call_service_order){.stop = true});
	take();
	assert_string_equal(header(message, "Expires"), "0");
	answer("200 OK", NULL);
	phone_expect_nothing(&phone, 50);
	call_service_set(rig.ua, &(struct call_service_order){.stop = false});
	take();
	grant(60, "");
	expect_up(true);
}

static void all_is_unregistered_at_the_end(void **state)
{
	take();
	grant(60, "");
	expect_up(true);
	registrations_stop(ua_registrations(rig.ua));
	take();
	assert_string_equal(header(message, "Expires"), "0");
	answer("481 Whatever", NULL);
	rig_run(20);
	assert_int_equal(registrations_ending(ua_registrations(rig.ua)), 0);
}

/* ---- what calls have from it */

static void a_call_has_the_line_s_contact_and_route(void **state)
{
	const char *invite;
	char text[256];

	phone_open(&proxy, false, false, 0);
	take();
	snprintf(text, sizeof(text),
		 "Service-Route: <sip:orig@127.0.0.1:%u;lr>\r\nService-Route: "
		 "<sip:second.test;lr>\r\n"
		 "P-Associated-URI: <sip:+4930111@example.com>, <tel:+4930119>\r\n",
		 proxy.port);
	grant(60, text);
	expect_up(true);
	assert_string_equal(look().associated, "<sip:+4930111@example.com>, <tel:+4930119>");
	rig_call("7001", &alice);
	/* to the first of them, not to the session target */
	snprintf(text, sizeof(text), "INVITE sip:7001@127.0.0.1:%u ", rig.peer_port);
	invite = phone_expect(&proxy, text);
	snprintf(text, sizeof(text), "<sip:+4930111@127.0.0.1:%u>", rig.port);
	assert_string_equal(header(invite, "Contact"), text);
	snprintf(text, sizeof(text),
		 "\r\nRoute: <sip:orig@127.0.0.1:%u;lr>\r\nRoute: <sip:second.test;lr>\r\n",
		 proxy.port);
	assert_non_null(strstr(invite, text));
	phone_respond(&proxy, invite, "486 Busy Here", "a", NULL);
	phone_expect(&proxy, "ACK");
	phone_expect_nothing(&phone, 30);
	phone_close(&proxy);
	/* that is for calls to the registrar */
	phone_listen(&proxy, true, rig.peer_port);
	rig_call("8001", &alice);
	invite = phone_expect(&proxy, "INVITE sip:8001@[::1]");
	assert_null(strstr(invite, "\r\nRoute:"));
	phone_respond(&proxy, invite, "486 Busy Here", "a", NULL);
	phone_expect(&proxy, "ACK");
	phone_close(&proxy);
}

static bool has_long(void *arg)
{
	return look().expires_s > 10;
}

static void a_public_gruu_is_the_contact_of_calls(void **state)
{
	static const char gruu[] = "sip:+4930111@example.com;gr=urn:uuid:f81d4fae";
	char more[256], text[128];
	const char *invite, *response;

	take();
	account.registrars[0].gruu = true;
	change(tenants, 1);
	grant(2, "");
	expect_up(true);
	take();
	assert_string_equal(header(message, "Supported"), "path, gruu");
	snprintf(more, sizeof(more), ";pub-gruu=\"%s\";temp-gruu=\"sip:x@y;gr\"\r\n", gruu);
	grant(60, more);
	assert_true(rig_wait(has_long, NULL, 2000));
	rig_call("7001", &alice);
	invite = phone_expect(&phone, "INVITE sip:7001@");
	snprintf(text, sizeof(text), "<%s>", gruu);
	assert_string_equal(header(invite, "Contact"), text);
	phone_respond(&phone, invite, "486 Busy Here", "a", NULL);
	phone_expect(&phone, "ACK");
	phone.to = "+4930111"; /* a call for the line */
	phone_request(&phone, "INVITE", SDP_ALAW);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, NULL);
	response = phone_expect(&phone, "SIP/2.0 200");
	assert_string_equal(header(response, "Contact"), text);
	phone_request(&phone, "ACK", NULL);
	phone.to = "2001";
}

static void the_number_is_in_to_if_the_account_is_called(void **state)
{
	char request[1024];

	take();
	assert_string_equal(header(message, "To"), "<sip:pbx@127.0.0.1>");
	grant(60, "");
	expect_up(true);
	snprintf(
	    request, sizeof(request),
	    "INVITE sip:pbx@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch="
	    "z9hG4bKaccount;rport\r\nFrom: <sip:4420@h>;tag=f\r\nTo: <sip:2345@h>\r\n"
	    "Call-ID: account\r\nCSeq: 1 INVITE\r\nContact: <sip:me@127.0.0.1:%u>\r\n"
	    "Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
	    rig.port, phone.port, phone.port, strlen(SDP_ALAW), SDP_ALAW);
	phone_send(&phone, request);
	phone_expect(&phone, "SIP/2.0 100");
	assert_int_equal(rig.made, 1);
	assert_string_equal(rig.fake.request.setup.called.digits, "2345");
}

/* ---- two registrars, connections, many */

static int start_two(void **state)
{
	begin("+4930111");
	rig_configure = configure_two;
	rig_start(NULL);
	phone_open(&phone, false, false, rig.peer_port);
	return 0;
}

static bool count_one(void *arg, const struct registration_view *view)
{
	unsigned *counts = arg;

	counts[view->registrar == ACCOUNT_REGISTRAR_SECONDARY] += view->up ? 10 : 1;
	return true;
}

static bool all_are_up(void *arg)
{
	unsigned counts[2] = {0};

	registrations_each(ua_registrations(rig.ua), count_one, counts);
	return counts[0] == 10 * *(const unsigned *)arg;
}

static void both_registrars_are_used_at_the_same_time(void **state)
{
	unsigned counts[2] = {0};

	take();
	grant(60, "");
	expect_up(true);
	rig_run(20);
	registrations_each(ua_registrations(rig.ua), count_one, counts);
	assert_int_equal(counts[0], 10);
	assert_int_equal(counts[1], 1); /* nobody is there */
	assert_true(registrations_are_up(ua_registrations(rig.ua), 0));
	assert_true(registrations_are_up(ua_registrations(rig.ua), 99)); /* wants none */
}

static void a_connection_is_asked_to_be_kept(void **state)
{
	take();
	assert_string_equal(header(message, "Supported"), "path, outbound");
	assert_non_null(strstr(header(message, "Contact"), ";reg-id=1"));
	assert_non_null(strstr(own_uri(), ";transport=tcp>"));
	answer("439 First Hop Lacks Outbound Support", NULL);
	take();
	assert_null(strstr(header(message, "Contact"), ";reg-id="));
	assert_string_equal(header(message, "Supported"), "path");
	answer("200 OK", NULL); /* without any Contact: some do */
	expect_up(true);
	assert_in_range(look().expires_s, 90, 100);
}

static void hostile_answers_are_survived(void **state)
{
	static const struct {
		const char *headers; /* %s: our Contact */
		bool up;
	} rows[] = {
	    {"Contact: *\r\nExpires: 4\r\n", true}, /* the stack reads none */
	    {"Contact: <sip:a@b>, <sip:c@d>\r\n", false},
	    {"Contact: %s;expires=0\r\n", false},
	    {"Contact: %s;expires=99999999999999\r\nExpires: 4\r\n", true},
	    {"Contact: %s;expires=abc\r\nExpires: 4\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"<>\"\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"tel:1\"\r\n", true},
	    {"Contact: %s;expires=4;pub-gruu=\"\r\n", false},
	    {"Contact: %s;expires=4\r\nService-Route: <tel:1>\r\n", true},
	    {"Contact: %s;expires=4\r\nService-Route: <sip:>, <sip:a;lr>\r\n", true},
	    {"Contact: <sip:me@192.0.2.77:9>;expires=4\r\n", true}, /* rewritten on the way */
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		take();
		snprintf(text, sizeof(text), "%.*s%s%s",
			 (int)(strstr(rows[i].headers, "%s")
				   ? strstr(rows[i].headers, "%s") - rows[i].headers
				   : 0),
			 rows[i].headers, strstr(rows[i].headers, "%s") ? own_uri() : "",
			 strstr(rows[i].headers, "%s") ? strstr(rows[i].headers, "%s") + 2
						       : rows[i].headers);
		answer("200 OK", text);
		if (rows[i].up)
			expect_up(true);
		else
			rig_run(20);
		if (look().up != rows[i].up)
			fail_msg("%s: %s", rows[i].headers, look().trouble);
		change(tenants, 1); /* a failure is tried again at once */
	}
}

static void hundreds_begin_one_after_another(void **state)
{
	unsigned count = sizeof(lines) / sizeof(lines[0]);
	uint64_t began;

	take();
	grant(6000, "");
	for (unsigned i = 0; i < count; i++)
		snprintf(lines[i].name, sizeof(lines[i].name), "+49301%05u", i);
	account.lines_count = count;
	t1_ms = 500; /* nothing is repeated while a crowded machine lets us wait */
	change(tenants, 1);
	t1_ms = RIG_T1_MS;
	take(); /* the old one is unregistered */
	answer("200 OK", NULL);
	began = registration_now_ms();
	for (unsigned i = 0; i < count; i++) {
		take();
		grant(6000, "");
	}
	assert_true(registration_now_ms() - began + 20 >= count - 1); /* 1 ms each here */
	assert_true(rig_wait(all_are_up, &count, 2000));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define TEST_NAME(name) cmocka_unit_test_setup_teardown(name, start_name, stop_name)
	const struct CMUnitTest tests[] = {
	    TEST(a_line_is_registered_and_repeated_before_it_expires),
	    TEST(credentials_are_sent_when_asked_for_and_kept),
	    TEST(the_line_s_own_user_is_preferred),
	    TEST(a_wrong_password_is_not_tried_again_and_again),
	    TEST(a_longer_time_is_asked_for),
	    TEST(a_redirect_is_followed),
	    TEST(redirects_in_a_circle_end),
	    TEST_NAME(the_next_address_is_tried),
	    TEST_NAME(a_registrar_that_cannot_serve_is_left_for_the_next),
	    TEST_NAME(no_address_is_tried_again_later),
	    TEST(failures_are_repeated_with_doubling_pauses),
	    TEST(retry_after_is_obeyed),
	    TEST(a_refusal_is_repeated_slowly),
	    TEST(silence_is_a_failure),
	    TEST(a_registrar_that_dies_is_noticed),
	    TEST(what_is_no_longer_configured_is_unregistered),
	    TEST(what_stays_configured_stays_registered),
	    TEST(what_is_not_registered_yet_is_forgotten),
	    TEST(a_stopped_service_is_not_registered_unless_it_is_to_stay),
	    TEST(all_is_unregistered_at_the_end),
	    TEST(a_call_has_the_line_s_contact_and_route),
	    TEST(a_public_gruu_is_the_contact_of_calls),
	    cmocka_unit_test_setup_teardown(the_number_is_in_to_if_the_account_is_called,
					    start_account, stop),
	    cmocka_unit_test_setup_teardown(both_registrars_are_used_at_the_same_time, start_two,
					    stop),
	    cmocka_unit_test_setup_teardown(a_connection_is_asked_to_be_kept, start_tcp, stop),
	    TEST(hostile_answers_are_survived),
	    TEST(hundreds_begin_one_after_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
