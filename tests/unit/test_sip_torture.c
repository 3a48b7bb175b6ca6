// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replays the messages of RFC 4475 and RFC 5118 (tests/torture) over UDP and TCP. expected.tsv says
 * what each must get; after each one the user agent must still answer OPTIONS.
 *
 * UDP answers go to the source address at the port in Via: this binds 5060 and the others that are
 * named, at a loopback address of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <regex.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/sip_rig.h"

#define SOCKETS_MAX 8
#define WAIT_MS 400 /* for messages that may get no answer */

struct expectation {
	char name[64], class[32], codes[96], may_be_silent[4];
};

static struct osmo_fd sockets[SOCKETS_MAX];
static unsigned ports[SOCKETS_MAX], sockets_count;
static char final[MESSAGE_MAX]; /* the last final answer that came */
static unsigned probes;

static void take_final(const char *text, size_t size)
{
	if (!strncmp(text, "SIP/2.0 ", 8) && text[8] >= '2')
		memcpy(final, text, size + 1);
}

static int on_packet(struct osmo_fd *fd, unsigned int what)
{
	char text[MESSAGE_MAX];
	ssize_t n = recv(fd->fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	take_final(text, n);
	return 0;
}

static void bind_port(unsigned port)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
	unsigned i;
	int fd;

	for (i = 0; i < sockets_count; i++)
		if (ports[i] == port)
			return;
	if (sockets_count == SOCKETS_MAX || !port || port > 65535)
		return;
	/* 127.x.y.41, so that two runs at once do not meet */
	own.sin_addr.s_addr = htonl(0x7f000029 | (getpid() & 0xffff) << 8);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&own, sizeof(own))) {
		close(fd);
		return;
	}
	ports[sockets_count] = port;
	osmo_fd_setup(&sockets[sockets_count], fd, OSMO_FD_READ, on_packet, NULL, 0);
	osmo_fd_register(&sockets[sockets_count++]);
}

static void close_sockets(void)
{
	while (sockets_count) {
		sockets_count--;
		osmo_fd_unregister(&sockets[sockets_count]);
		close(sockets[sockets_count].fd);
	}
}

static bool has_final(void *arg)
{
	return final[0] != '\0';
}

/* ---- what is expected */

/* The patterns are regular expressions with at most one (?!a|b), which means: but not these. */
static bool code_fits(const char *pattern, const char *code)
{
	char expression[160] = "^(", excluded[32] = "";
	const char *p = pattern;
	size_t n = strlen(expression);
	regex_t regex;
	bool fits;

	while (*p) {
		if (!strncmp(p, "(?!", 3)) {
			snprintf(excluded, sizeof(excluded), "%.*s", (int)strcspn(p + 3, ")"),
				 p + 3);
			p += 4 + strlen(excluded);
		} else if (!strncmp(p, "\\d", 2)) {
			n += sprintf(expression + n, "[0-9]");
			p += 2;
		} else {
			expression[n++] = *p++;
		}
	}
	if (expression[n - 1] == '|')
		n--;
	strcpy(expression + n, ")$");
	assert_int_equal(regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB), 0);
	fits = !regexec(&regex, code, 0, NULL, 0) && !strstr(excluded, code);
	regfree(&regex);
	return fits;
}

static bool read_row(FILE *file, struct expectation *row)
{
	char line[1024], *fields[7], *rest = line;
	unsigned i;

	if (!fgets(line, sizeof(line), file))
		return false;
	for (i = 0; i < 7; i++)
		fields[i] = strsep(&rest, "\t");
	snprintf(row->name, sizeof(row->name), "%s", fields[0]);
	snprintf(row->class, sizeof(row->class), "%s", fields[2]);
	snprintf(row->codes, sizeof(row->codes), "%s", fields[3]);
	snprintf(row->may_be_silent, sizeof(row->may_be_silent), "%s", fields[4]);
	return true;
}

static size_t read_message(const char *folder, const char *name, char *bytes)
{
	char path[512];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s/%s.dat", TORTURE_DIR, folder, name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s is missing", path);
	size = fread(bytes, 1, MESSAGE_MAX - 1, file);
	fclose(file);
	bytes[size] = '\0';
	return size;
}

static unsigned via_port(const char *message)
{
	const char *via = strcasestr(message, "\nVia");
	const char *end = via ? strpbrk(via, "\r;,") : NULL, *colon = end;

	if (!via || !end)
		return 0;
	while (colon > via && *colon != ':' && *colon != ' ')
		colon--;
	return *colon == ':' ? strtoul(colon + 1, NULL, 10) : 0;
}

/* ---- replay */

/* Ends what an INVITE among them may have started. */
static void clean_up(void)
{
	if (rig.made)
		rig_event(CALL_EV_RELEASED,
			  &(struct cause){.q850 = 16, .source = CAUSE_SOURCE_PSTN});
	rig.made = 0;
}

static void must_be_alive(const char *after)
{
	struct phone phone;

	phone_open(&phone, false, false, 0);
	snprintf(phone.call_id, sizeof(phone.call_id), "alive-%u", ++probes);
	phone_request(&phone, "OPTIONS", NULL);
	if (strncmp(phone_receive(&phone, 2000), "SIP/2.0 200", 11))
		fail_msg("dead after %s", after);
	phone_close(&phone);
}

/* The stack's parser ends a message at a NUL byte, even a quoted one. Over TCP that is answered;
 * over UDP the Via of this message names TCP, and what is needed to mend that comes behind the NUL.
 */
static bool is_known_difference(const char *name, const char *code)
{
	return !strcmp(name, "intmeth") && (!*code || !strcmp(code, "400"));
}

static bool judge(const struct expectation *row, const char *folder)
{
	char code[4];

	snprintf(code, sizeof(code), "%.3s", final[0] ? final + 8 : "");
	if (is_known_difference(row->name, code))
		return true;
	if (final[0] ? strcmp(row->codes, "-") && code_fits(row->codes, code)
		     : row->may_be_silent[0] == '1')
		return true;
	print_error("%s/%s: got %s, wanted %s\n", folder, row->name, final[0] ? code : "nothing",
		    row->codes);
	return false;
}

static bool replay_udp(const char *folder, const struct expectation *row)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(rig.port)};
	char bytes[MESSAGE_MAX];
	size_t size = read_message(folder, row->name, bytes);

	bind_port(via_port(bytes));
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	assert_int_equal(sendto(sockets[0].fd, bytes, size, 0, (struct sockaddr *)&to, sizeof(to)),
			 size);
	rig_wait(has_final, NULL, WAIT_MS);
	clean_up();
	must_be_alive(row->name);
	return judge(row, folder);
}

static bool has_mail_or_end(void *arg)
{
	struct phone *p = arg;

	return p->count || !osmo_fd_is_registered(&p->fd);
}

/* On a connection, what cannot be framed may end with its end. */
static bool replay_tcp(const char *folder, const struct expectation *row)
{
	char bytes[MESSAGE_MAX];
	size_t size = read_message(folder, row->name, bytes);
	struct phone phone;
	bool closed;

	phone_open(&phone, true, false, 0);
	phone_send_bytes(&phone, bytes, size);
	if (!memmem(bytes, size, "\r\n\r\n", 4))
		phone_send(&phone, "\r\n"); /* a datagram ends a message, a stream does not */
	while (!final[0] && rig_wait(has_mail_or_end, &phone, WAIT_MS) && phone.count)
		take_final(phone_receive(&phone, 0), MESSAGE_MAX - 1);
	closed = !osmo_fd_is_registered(&phone.fd);
	phone_close(&phone);
	clean_up();
	must_be_alive(row->name);
	return (closed && !final[0] && !strncmp(row->class, "invalid", 7)) || judge(row, folder);
}

static void replay_all(const char *folder, bool (*replay)(const char *, const struct expectation *))
{
	char path[512];
	struct expectation row;
	unsigned wrong = 0, count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/expected.tsv", TORTURE_DIR, folder);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(read_row(file, &row)); /* headings */
	while (read_row(file, &row)) {
		/* Several share Call-ID and branch: each meets a user agent that knows of no other.
		 */
		rig_start(NULL);
		sockets_count = 0;
		bind_port(5060);
		assert_int_equal(sockets_count, 1);
		final[0] = '\0';
		wrong += !replay(folder, &row);
		close_sockets();
		rig_stop();
		count++;
	}
	fclose(file);
	assert_int_equal(wrong, 0);
	assert_true(count > 10);
}

static void rfc4475_over_udp(void **state)
{
	replay_all("rfc4475", replay_udp);
}

static void rfc5118_over_udp(void **state)
{
	replay_all("rfc5118", replay_udp);
}

static void rfc4475_over_tcp(void **state)
{
	replay_all("rfc4475", replay_tcp);
}

static void rfc5118_over_tcp(void **state)
{
	replay_all("rfc5118", replay_tcp);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc4475_over_udp),
	    cmocka_unit_test(rfc5118_over_udp),
	    cmocka_unit_test(rfc4475_over_tcp),
	    cmocka_unit_test(rfc5118_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
