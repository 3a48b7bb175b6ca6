// SPDX-License-Identifier: GPL-2.0-or-later
/* The console over real sockets in one loop. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/connection.h"
#include "gateway/log/log.h"
#include "tests/unit/console_rig.h"

#define PORT_FIRST 25000
#define PORT_LAST 25049

static struct conf conf;

/* ---- one command */

static void answers_each_command(void **state)
{
	static const struct {
		const char *command;
		int status;
		const char *says;
	} rows[] = {
	    {"show version", 0, "sipspan "},
	    {"sh ver", 0, "sipspan "},
	    {"show call active", 0, "0 active calls\n"},
	    {"show call active brief", 0, "0 active calls\n"},
	    {"show call history", 0, "No call has ended yet.\n"},
	    {"show call history 7", 1, "% There is no call 7"},
	    {"show isdn status", 0, "No controller has a pri-group.\n"},
	    {"show isdn status serial 1:D", 1, "% There is no interface serial 1:D.\n"},
	    {"show isdn status serial 1", 1, "% 1 is no D channel: say 1:D\n"},
	    {"show isdn service", 0, "No controller has a pri-group.\n"},
	    {"show isdn active", 0, "0 active ISDN calls\n"},
	    {"show isdn history", 0, "No ISDN call has ended yet.\n"},
	    {"show controllers", 0, "There is no controller.\n"},
	    {"show controllers t1", 0, "There is no controller t1.\n"},
	    {"show controllers e1 4", 1, "% There is no controller e1 4.\n"},
	    {"debug isdn q931 interface 300:D", 1, "% 300:D is no D channel: say 1:D\n"},
	    {"debug isdn q921 interface 2:D", 0, "ISDN Q.921 debugging is on for interface 2:D\n"},
	    {"show debug", 0, "ISDN Q.921 debugging is on for interface 2:D\n"},
	    {"no debug isdn q921 interface 2:D", 0, "All debugging is off\n"},
	    {"debug isdn q931", 0, "ISDN Q.931 debugging is on\n"},
	    {"undebug isdn q931 interface 2:D", 1, "is on for all interfaces: no debug isdn q931"},
	    {"no debug all", 0, "All debugging is off\n"},
	    {"no debug isdn capture", 1, "% There is no capture.\n"},
	    {"debug isdn capture x.pcapng", 1, "% x.pcapng is no absolute path"},
	    {"isdn restart 1/17", 1, "% 1/17: there is no such channel\n"},
	    {"isdn restart 1/0", 1,
	     "% 1/0: expected a channel as in 1/17, or 1:D for all of a span\n"},
	    {"isdn restart x", 1, "% x: expected a channel as in 1/17, or 1:D for all of a span\n"},
	    {"isdn service 1:D state 2", 1, "% 1:D: there is no such channel\n"},
	    {"isdn service 129/1 state 0 hard", 1, "% 129/1: expected a channel as in 1/17"},
	    {"show dial-peer voice summary", 0, "There is no dial peer.\n"},
	    {"show dial-peer voice", 0, "There is no dial peer.\n"},
	    {"show dial-peer voice 5", 1, "% There is no dial peer 5.\n"},
	    {"show span", 0, "There is no controller.\n"},
	    {"show media", 1, "% There is no media process.\n"},
	    {"show sip-ua service", 1, "% SIP does not run.\n"},
	    {"show debugging", 0, "All debugging is off\n"},
	    {"undebug all", 0, "All debugging is off\n"},
	    {"clear call 7", 1, "% There is no call 7.\n"},
	    {"csim start 0001", 1, "% The gateway takes no calls.\n"},
	    {"configure terminal", 1, "% The file "},
	    {"terminal monitor", 1, "% The log is shown on an interactive console only"},
	    {"list", 0, "show call active [brief]"},
	    {"write file", 1, "% Unknown command"},
	    {"copy running-config startup-config", 1, "% The configuration is a file"},
	    {"show dialplan number 9123", 1, "% Where a number goes is told by `sipspan explain"},
	    {"sh voi translation-r", 0, ""},
	    {"show call act br", 0, ""},
	    {"no such thing", 1, "% Unknown command: \"no such thing\""},
	    {"show", 1, "% Incomplete command: \"show\""},
	    {"s", 1, "% "},
	    {"", 1, "% Incomplete command"},
	    {"show dial-peer voice 99999999999999999999", 1, "% Unknown command"},
	};
	char answer[8192];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask(rows[i].command, answer, sizeof(answer));

		if (status != rows[i].status || !strstr(answer, rows[i].says))
			fail_msg("\"%s\": status %d, \"%s\"", rows[i].command, status, answer);
	}
}

static void takes_a_request_octet_by_octet(void **state)
{
	static const char request[] = "command show version\n";
	struct client *c = client_new(AF_UNIX);

	for (const char *p = request; *p; p++) {
		assert_int_equal(send(c->fd, p, 1, 0), 1);
		run_loop(3);
	}
	wait_for(c, NULL);
	assert_non_null(strstr(c->text, "Uptime"));
	client_free(c);
}

static void refuses_what_is_no_request(void **state)
{
	static const char *const lines[] = {"GET / HTTP/1.1\r\n", "commandshow version\n",
					    "\x01?\n", "consoles\n"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct client *c = client_new(AF_UNIX);

		say(c, lines[i]);
		wait_for(c, NULL);
		assert_non_null(strstr(c->text, "Say \"console\""));
		client_free(c);
	}
}

static void refuses_a_request_without_end(void **state)
{
	struct client *c = client_new(AF_UNIX);
	char garbage[4096];

	memset(garbage, 'x', sizeof(garbage));
	assert_true(send(c->fd, garbage, sizeof(garbage), MSG_NOSIGNAL) > 0);
	wait_for(c, NULL);
	assert_non_null(strstr(c->text, "too long"));
	client_free(c);
}

/* ---- several clients */

static void serves_two_clients_at_once(void **state)
{
	struct client *a = client_new(AF_UNIX), *b = client_new(AF_UNIX);

	say(a, "console\n");
	wait_for(a, "# ");
	say(a, "show ver");
	say(b, "command show span\n");
	wait_for(b, NULL);
	assert_non_null(strstr(b->text, "no controller"));
	say(a, "sion\n");
	wait_for(a, "Uptime");
	client_free(a);
	client_free(b);
	run_loop(10);
	assert_int_equal(connection_count(), 0);
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
	struct client *deaf = client_new(AF_UNIX);
	size_t written = 0;
	char answer[1024];

	say(deaf, "console\n");
	for (unsigned i = 0; i < 20000; i++) {
		ssize_t n = send(deaf->fd, "list\n", 5, MSG_NOSIGNAL);

		if (n > 0)
			written += (size_t)n;
		osmo_select_main(1);
	}
	/* it is not read from either, or its answers would fill the memory */
	assert_true(written < 20000 * 5);
	assert_true(talloc_total_size(tall_vty_ctx) < 1024 * 1024);
	assert_int_equal(ask("show version", answer, sizeof(answer)), 0);
	client_free(deaf);
	run_loop(10);
	assert_int_equal(connection_count(), 0);
}

static void lets_in_no_more_than_its_maximum(void **state)
{
	struct client *c[CONNECTIONS_MAX + 1];

	for (unsigned i = 0; i <= CONNECTIONS_MAX; i++) {
		c[i] = client_new(AF_UNIX);
		run_loop(2);
	}
	wait_for(c[CONNECTIONS_MAX], NULL);
	assert_non_null(strstr(c[CONNECTIONS_MAX]->text, "Too many"));
	for (unsigned i = 0; i <= CONNECTIONS_MAX; i++)
		client_free(c[i]);
	run_loop(50);
	assert_int_equal(connection_count(), 0);
}

/* ---- dialogue */

static void talks_with_help_completion_and_exit(void **state)
{
	struct client *c = client_new(AF_UNIX);

	say(c, "console\n");
	wait_for(c, "sipspan# ");
	assert_null(strchr(c->text, '\xff')); /* no telnet for a terminal */
	say(c, "show ?");
	wait_for(c, "running-config");
	say(c, "ver\t");
	wait_for(c, "\bversion ");
	say(c, "\n");
	wait_for(c, "Uptime");
	say(c, "configure terminal\r");
	wait_for(c, "is the configuration: edit it");
	say(c, "exit\n");
	wait_for(c, NULL);
	client_free(c);
}

static void ends_at_control_d(void **state)
{
	struct client *c = client_new(AF_UNIX);

	say(c, "console\n");
	wait_for(c, "# ");
	say(c, "\x04");
	wait_for(c, NULL);
	client_free(c);
}

static void closes_on_a_line_without_end(void **state)
{
	struct client *c = client_new(AF_UNIX);
	struct timespec since;

	clock_gettime(CLOCK_MONOTONIC, &since);
	say(c, "console\n");
	while (!c->ended && !deadline_over(&since)) {
		send(c->fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 60,
		     MSG_NOSIGNAL);
		osmo_select_main(1);
		hear(c);
		if (c->length > sizeof(c->text) / 2)
			c->length = 0;
	}
	assert_true(c->ended);
	client_free(c);
}

static void survives_noise(void **state)
{
	static const char keys[] = "show calp ider\t?\n\r\x10\x0e\x1b[A\x08\x7f";
	unsigned seed = 1;

	for (unsigned i = 0; i < 200; i++) {
		struct client *c = client_new(AF_UNIX);
		char noise[600];

		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (char)(rand_r(&seed) >> 8);
		/* one half as a request, one half typed, with much completion and help */
		for (size_t k = 0; i % 4 == 3 && k < sizeof(noise); k++)
			noise[k] = keys[(unsigned char)noise[k] % (sizeof(keys) - 1)];
		if (i % 2)
			say(c, "console\n");
		send(c->fd, noise, sizeof(noise), MSG_NOSIGNAL);
		run_loop(5);
		hear(c);
		client_free(c);
	}
	run_loop(50);
	assert_int_equal(connection_count(), 0);
}

static void shows_the_log_to_who_asks(void **state)
{
	struct client *c = client_new(AF_UNIX), *other = client_new(AF_UNIX);

	say(c, "console\n");
	say(other, "console\n");
	wait_for(c, "# ");
	wait_for(other, "# ");
	say(c, "terminal monitor\nshow sp");
	wait_for(c, "show sp");
	LOGP(DCALL, LOGL_NOTICE, "call 99 %s\n", "ALERTING");
	wait_for(c, "call 99 ALERTING");
	/* and what is being typed is there again below it */
	wait_for(c, "\r\nsipspan# show sp");
	say(c, "\x15terminal no monitor\n");
	wait_for(c, "no monitor");
	run_loop(10);
	LOGP(DCALL, LOGL_NOTICE, "call 98 %s\n", "ALERTING");
	say(c, "show version\n");
	wait_for(c, "Uptime");
	assert_null(strstr(c->text, "call 98"));
	hear(other);
	assert_null(strstr(other->text, "call 99"));
	client_free(c);
	client_free(other);
	run_loop(10);
}

static void prints_no_control_characters(void **state)
{
	struct client *c = client_new(AF_UNIX);

	say(c, "console\nterminal monitor\n");
	wait_for(c, "monitor\r\n");
	LOGP(DCALL, LOGL_NOTICE, "call 97 \033[2J\007 evil\n");
	wait_for(c, "evil");
	assert_non_null(strstr(c->text, "call 97 .[2J. evil"));
	client_free(c);
	run_loop(10);
}

static void a_monitor_that_does_not_read_loses_lines(void **state)
{
	struct client *c = client_new(AF_UNIX);

	say(c, "console\nterminal monitor\n");
	wait_for(c, "monitor\r\n");
	for (unsigned i = 0; i < 20000; i++) {
		LOGP(DCALL, LOGL_NOTICE, "call %u: a line that fills the buffer of the console\n",
		     i);
		if (i % 100 == 0)
			osmo_select_main(1);
	}
	assert_true(talloc_total_size(tall_vty_ctx) < 1024 * 1024);
	client_free(c);
	run_loop(10);
	assert_int_equal(connection_count(), 0);
}

/* ---- sockets */

static void listens_where_a_dead_gateway_did(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char why[256];
	struct stat st;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	console_close();
	assert_int_equal(console_listen(address.sun_path, why, sizeof(why)), 0);
	assert_int_equal(stat(address.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	console_close();
	assert_int_equal(stat(address.sun_path, &st), -1);
	assert_int_equal(console_listen(path, why, sizeof(why)), 0);
}

static void says_why_it_cannot_listen(void **state)
{
	char why[256], file[64], missing[64], far[200];

	assert_int_equal(console_listen(path, why, sizeof(why)), -EADDRINUSE);
	assert_non_null(strstr(why, "another gateway"));
	snprintf(file, sizeof(file), "%s/file", folder);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(console_listen(file, why, sizeof(why)), -EEXIST);
	assert_non_null(strstr(why, "not a socket"));
	unlink(file);
	snprintf(missing, sizeof(missing), "%s/no/console", folder);
	assert_int_equal(console_listen(missing, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "folder is missing"));
	memset(far, 'a', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	assert_int_equal(console_listen(far, why, sizeof(why)), -ENAMETOOLONG);
	assert_int_equal(console_listen_tcp("nowhere", 25000, why, sizeof(why)), -EINVAL);
	assert_int_equal(console_listen_tcp("0.0.0.0", 25000, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "password"));
}

static void open_tcp(void)
{
	char why[256];

	for (tcp_port = PORT_FIRST; tcp_port <= PORT_LAST; tcp_port++)
		if (console_listen_tcp("127.0.0.1", tcp_port, why, sizeof(why)) == 0)
			return;
	fail_msg("%s", why);
}

static void speaks_telnet_on_tcp(void **state)
{
	struct client *c;

	open_tcp();
	c = client_new(AF_INET);
	wait_for(c, "Press RETURN");
	say(c, "\r\n");
	wait_for(c, "# ");
	assert_non_null(strstr(c->text, "\xff\xfb\x01"));
	say(c, "show version\r");
	wait_for(c, "Uptime");
	client_free(c);
	c = client_new(AF_INET);
	wait_for(c, "Press RETURN");
	say(c, "command show version\n");
	wait_for(c, "Uptime");
	client_free(c);
	console_close();
	assert_int_equal(console_listen(path, c->text, 0), 0);
}

static void asks_for_the_password_on_tcp(void **state)
{
	static const char *const wrong[] = {"\r\n", "secre\r\n", "secretx\n", "console\n",
					    "xsecret\n"};
	struct client *c;
	char why[256];

	strcpy(conf.vty_password, "secret");
	gateway.conf = &conf;
	open_tcp();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c = client_new(AF_INET);
		wait_for(c, "Password: ");
		say(c, wrong[i]);
		wait_for(c, NULL);
		assert_non_null(strstr(c->text, "Bad password"));
		client_free(c);
	}
	c = client_new(AF_INET);
	wait_for(c, "Password: ");
	say(c, "\xff\xfd\x01secret\r\n"); /* telnet agrees that we echo */
	wait_for(c, "Press RETURN");
	say(c, "command show version\n");
	wait_for(c, "Uptime");
	client_free(c);
	gateway.conf = NULL;
	console_close();
	assert_int_equal(console_listen(path, why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_each_command),
	    cmocka_unit_test(takes_a_request_octet_by_octet),
	    cmocka_unit_test(refuses_what_is_no_request),
	    cmocka_unit_test(refuses_a_request_without_end),
	    cmocka_unit_test(prints_no_control_characters),
	    cmocka_unit_test(serves_two_clients_at_once),
	    cmocka_unit_test(a_client_that_does_not_read_holds_up_nobody),
	    cmocka_unit_test(lets_in_no_more_than_its_maximum),
	    cmocka_unit_test(talks_with_help_completion_and_exit),
	    cmocka_unit_test(ends_at_control_d),
	    cmocka_unit_test(closes_on_a_line_without_end),
	    cmocka_unit_test(survives_noise),
	    cmocka_unit_test(shows_the_log_to_who_asks),
	    cmocka_unit_test(a_monitor_that_does_not_read_loses_lines),
	    cmocka_unit_test(listens_where_a_dead_gateway_did),
	    cmocka_unit_test(says_why_it_cannot_listen),
	    cmocka_unit_test(speaks_telnet_on_tcp),
	    cmocka_unit_test(asks_for_the_password_on_tcp),
	};

	return cmocka_run_group_tests(tests, console_up, console_down);
}
