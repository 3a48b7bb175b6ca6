// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
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
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/vty/vty.h>

#include "gateway/log/log.h"
#include "tests/unit/console_rig.h"

#define DEADLINE_S 30

void *ctx;
struct gateway gateway;
char folder[] = "/tmp/sipspan-admin-XXXXXX";
char path[64];
unsigned tcp_port;

/* ---- a client in the same loop */

bool deadline_over(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - since->tv_sec > DEADLINE_S;
}

struct client *client_new(int family)
{
	struct client *c = talloc_zero(ctx, struct client);
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in tcp = {.sin_family = AF_INET,
				  .sin_port = htons((uint16_t)tcp_port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	strcpy(local.sun_path, path);
	c->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c->fd >= 0);
	if (family == AF_UNIX)
		assert_int_equal(connect(c->fd, (struct sockaddr *)&local, sizeof(local)), 0);
	else
		assert_int_equal(connect(c->fd, (struct sockaddr *)&tcp, sizeof(tcp)), 0);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return c;
}

void client_free(struct client *c)
{
	close(c->fd);
	talloc_free(c);
}

void say(struct client *c, const char *text)
{
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void hear(struct client *c)
{
	ssize_t n = recv(c->fd, c->text + c->length, sizeof(c->text) - 1 - c->length, 0);

	if (n > 0)
		c->length += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		c->ended = true;
	c->text[c->length] = '\0';
}

/* Runs the loop until the client has heard text (NULL: the end). */
void wait_for(struct client *c, const char *text)
{
	struct timespec since;

	clock_gettime(CLOCK_MONOTONIC, &since);
	for (;;) {
		osmo_select_main(1);
		hear(c);
		if (text ? strstr(c->text, text) != NULL : c->ended)
			return;
		if (c->ended || deadline_over(&since))
			fail_msg("waited for \"%s\", heard \"%s\"", text ? text : "(end)", c->text);
	}
}

void run_loop(unsigned times)
{
	while (times--)
		osmo_select_main(1);
}

/* The whole answer to one command; returns its status. */
int ask(const char *command, char *answer, size_t size)
{
	struct client *c = client_new(AF_UNIX);
	char request[600];
	int status;

	snprintf(request, sizeof(request), "command %s\n", command);
	say(c, request);
	wait_for(c, NULL);
	assert_true(c->length >= 2);
	assert_int_equal(c->text[c->length - 2], '\0');
	status = c->text[c->length - 1] - '0';
	assert_true(c->length < size);
	memcpy(answer, c->text, c->length + 1);
	client_free(c);
	return status;
}

/* ---- the console */

int console_up(void **state)
{
	static struct vty_app_info app = {.name = "sipspan", .version = "test"};
	char why[256];

	ctx = talloc_named_const(NULL, 0, "test");
	log_setup(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	vty_init(&app);
	clock_gettime(CLOCK_MONOTONIC, &gateway.started);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/console", folder);
	if (console_setup(ctx, &gateway) < 0)
		return -1;
	return console_listen(path, why, sizeof(why));
}

int console_down(void **state)
{
	console_close();
	rmdir(folder);
	return 0;
}
