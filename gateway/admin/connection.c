// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "gateway/admin/connection.h"

#include <arpa/telnet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/telnet_interface.h>
#include <osmocom/vty/vector.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/commands.h"
#include "gateway/log/log.h"

#define LINE_MAX_LENGTH 512	   /* of a request */
#define TYPED_MAX 1024		   /* of a line in a dialogue */
#define TYPED_ROOM 8192		   /* what libosmovty may make of it by completion */
#define INTERRUPT_MAX (256 * 1024) /* octets of log lines kept for a console that does not read */
#define REQUEST_SECONDS 60
#define DRAIN_SECONDS 600
#define GREETING "Press RETURN to get started.\r\n"
#define HIDE_TYPING "\xff\xfb\x01" /* telnet: WILL ECHO */

/*
 *	          TCP with a password
 *	accept --------------------------> PASSWORD
 *	   |                                  | right
 *	   +-----------> REQUEST <------------+
 *	                  |   |
 *	   "console", ""  |   |  "command TEXT"
 *	                  v   v
 *	            DIALOGUE  RUNNING ---> DRAINING ---> closed
 *	                              done          all read
 */
enum connection_state {
	CONNECTION_PASSWORD,
	CONNECTION_REQUEST,
	CONNECTION_DIALOGUE,
	CONNECTION_RUNNING,
	CONNECTION_DRAINING,
};

struct console_wait {
	void (*abandon)(void *arg); /* NULL: nothing is waited for */
	void *arg;
};

struct connection {
	struct telnet_connection telnet; /* first: libosmovty finds it by vty->priv */
	enum connection_state state;
	int family;
	char line[LINE_MAX_LENGTH];
	size_t line_length;
	struct console_wait wait;
	size_t interrupt_bytes; /* waiting in the buffer since it was last empty */
	struct osmo_timer_list deadline;
};

static void *connection_ctx; /* of the first connection, for lines being printed */
static unsigned count;
static LLIST_HEAD(connections);

/* ---- output */

static void print_text(struct vty *vty, const char *text)
{
	char clean[512];
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n' && vty->type == VTY_TERM)
			clean[n++] = '\r';
		if ((c >= ' ' && c != 0x7f) || c == '\n' || c == '\t')
			clean[n++] = (char)c;
		else if (c != '\r')
			clean[n++] = '.';
		if (n >= sizeof(clean) - 2) {
			buffer_put(vty->obuf, clean, n);
			n = 0;
		}
	}
	buffer_put(vty->obuf, clean, n);
}

void console_print(struct vty *vty, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = talloc_vasprintf(connection_ctx, format, args);
	va_end(args);
	if (!text)
		return;
	print_text(vty, text);
	vty_out(vty, "%s", VTY_NEWLINE);
	talloc_free(text);
}

void console_widen(int *width, const char *text)
{
	*width = OSMO_MAX(*width, (int)strlen(text));
}

static void prompt(struct vty *vty)
{
	const struct conf *conf = console_gateway()->conf;

	vty_out(vty, "%s# ", conf && conf->hostname[0] ? conf->hostname : "sipspan");
	if (vty->length > 0)
		buffer_put(vty->obuf, vty->buf, (size_t)vty->length);
	/* the cursor back to where it was */
	for (int i = vty->cp; i < vty->length; i++)
		buffer_putc(vty->obuf, '\b');
}

static void interrupt(struct vty *vty, const char *text)
{
	static const char blank[] = "                                        ";
	size_t length = strlen(text);

	/* over the prompt, and blanks over what of it would still be seen */
	buffer_putc(vty->obuf, '\r');
	print_text(vty, text);
	if (length < sizeof(blank))
		buffer_put(vty->obuf, blank, sizeof(blank) - 1 - length);
	buffer_putstr(vty->obuf, "\r\n");
	prompt(vty);
}

void console_interrupt(struct vty *vty, const char *text)
{
	struct connection *c = vty->priv;
	size_t length = strlen(text) + 80;

	if (c->interrupt_bytes + length > INTERRUPT_MAX)
		return;
	c->interrupt_bytes += length;
	interrupt(vty, text);
}

int console_monitor(struct vty *vty, struct log_target *target)
{
	struct connection *c = vty->priv;

	if (c->state != CONNECTION_DIALOGUE)
		return -ENOTSUP;
	if (c->telnet.dbg)
		log_target_destroy(c->telnet.dbg);
	c->telnet.dbg = target;
	return 0;
}

void console_each_monitor(void (*fn)(struct log_target *target))
{
	struct connection *c;

	llist_for_each_entry (c, &connections, telnet.entry) {
		if (c->telnet.dbg)
			fn(c->telnet.dbg);
	}
}

/* ---- the end of a connection, whoever ends it */

static int connection_gone(struct connection *c)
{
	osmo_timer_del(&c->deadline);
	count--;
	if (c->wait.abandon)
		c->wait.abandon(c->wait.arg);
	return 0;
}

static void connection_close(struct connection *c)
{
	struct vty *vty = c->telnet.vty;

	if (vty && vty->type == VTY_TERM) {
		vty_close(vty); /* and by way of libosmovty c */
		return;
	}
	if (vty) {
		buffer_reset(vty->obuf);
		vty_close(vty);
	}
	osmo_fd_unregister(&c->telnet.fd);
	close(c->telnet.fd.fd);
	llist_del(&c->telnet.entry);
	talloc_free(c);
}

static void deadline_passed(void *data)
{
	connection_close(data);
}

/* 0; -EPIPE: the connection is gone. */
static int connection_flush(struct connection *c)
{
	struct osmo_fd *fd = &c->telnet.fd;

	switch (buffer_flush_all(c->telnet.vty->obuf, fd->fd)) {
	case BUFFER_EMPTY:
		if (c->state == CONNECTION_DRAINING)
			break;
		c->interrupt_bytes = 0;
		fd->when = OSMO_FD_READ;
		return 0;
	case BUFFER_PENDING:
		/* What it asked for it must read before it may ask for more. */
		fd->when =
		    c->state == CONNECTION_DIALOGUE ? OSMO_FD_WRITE : OSMO_FD_READ | OSMO_FD_WRITE;
		if (c->state == CONNECTION_DRAINING)
			osmo_timer_schedule(&c->deadline, DRAIN_SECONDS, 0);
		return 0;
	default:
		break;
	}
	connection_close(c);
	return -EPIPE;
}

/* ---- one command */

static void connection_finish(struct connection *c, int status)
{
	struct vty *vty = c->telnet.vty;
	char end[2] = {'\0', status ? '1' : '0'};

	buffer_put(vty->obuf, end, sizeof(end));
	c->state = CONNECTION_DRAINING;
	c->telnet.fd.when |= OSMO_FD_WRITE;
	osmo_timer_schedule(&c->deadline, DRAIN_SECONDS, 0);
}

static int execute(struct vty *vty, const char *text)
{
	vector words = cmd_make_strvec(text);
	int rc = CMD_ERR_INCOMPLETE;

	if (words)
		rc = cmd_execute_command(words, vty, NULL, 0);
	cmd_free_strvec(words);
	switch (rc) {
	case CMD_SUCCESS:
		return 0;
	case CMD_WARNING:
		break;
	case CMD_ERR_AMBIGUOUS:
		console_print(vty, "%% Ambiguous command: \"%s\"", text);
		break;
	case CMD_ERR_INCOMPLETE:
		console_print(vty, "%% Incomplete command: \"%s\"", text);
		break;
	default:
		console_print(vty, "%% Unknown command: \"%s\" (`sipspan list` shows all)", text);
		break;
	}
	return 1;
}

static struct vty *command_vty_new(struct connection *c)
{
	struct vty *vty = vty_new();

	if (!vty)
		return NULL;
	vty->type = VTY_SHELL_SERV; /* plain newlines, and no events from libosmovty */
	vty->node = ENABLE_NODE;
	vty->priv = c;
	return vty;
}

static void connection_command(struct connection *c, const char *text)
{
	int status;

	c->telnet.vty = command_vty_new(c);
	if (!c->telnet.vty) {
		connection_close(c);
		return;
	}
	c->state = CONNECTION_RUNNING;
	status = execute(c->telnet.vty, text);
	if (!c->wait.abandon)
		connection_finish(c, status);
	connection_flush(c);
}

/* ---- a dialogue */

static void connection_dialogue(struct connection *c)
{
	static const char negotiate[] = {(char)IAC,	  (char)WILL, TELOPT_ECHO, (char)IAC,
					 (char)WILL,	  TELOPT_SGA, (char)IAC,   (char)DONT,
					 TELOPT_LINEMODE, (char)IAC,  (char)DO,	   TELOPT_NAWS};
	bool telnet = c->family != AF_UNIX && c->line_length == 0;
	struct vty *vty = vty_create(c->telnet.fd.fd, c);
	char *room;

	if (!vty) {
		connection_close(c);
		return;
	}
	c->telnet.vty = vty;
	c->state = CONNECTION_DIALOGUE;
	buffer_reset(vty->obuf); /* its greeting speaks telnet to everybody */
	vty->node = ENABLE_NODE;
	room = talloc_realloc_size(vty, vty->buf, TYPED_ROOM);
	if (!room) {
		connection_close(c);
		return;
	}
	memset(room, 0, TYPED_ROOM);
	vty->buf = room;
	vty->max = TYPED_ROOM;
	if (telnet)
		buffer_put(vty->obuf, negotiate, sizeof(negotiate));
	console_print(vty, "sipspan %s. Type ? for help, exit to leave.", PACKAGE_VERSION);
	prompt(vty);
	connection_flush(c);
}

static void dialogue_read(struct connection *c)
{
	struct vty *vty = c->telnet.vty;

	if (vty->length > TYPED_MAX) {
		LOGP(DADMIN, LOGL_NOTICE, "console: a line of more than %u characters, closed\n",
		     TYPED_MAX);
		connection_close(c);
		return;
	}
	if (vty_read(vty) == -EBADF)
		return;
	connection_flush(c);
}

/* ---- the first lines */

/* 1: c->line holds a line, without its end; what follows it stays in the socket. 0: not yet. */
static int connection_read_line(struct connection *c)
{
	char *free_part = c->line + c->line_length;
	size_t room = sizeof(c->line) - 1 - c->line_length;
	ssize_t n = recv(c->telnet.fd.fd, free_part, room, MSG_PEEK);
	size_t take, length = 0;
	bool ended;

	if (n == 0)
		return -EPIPE;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (take = 0; take < (size_t)n; take++)
		if (free_part[take] == '\n' || free_part[take] == '\r')
			break;
	ended = take < (size_t)n;
	if (ended)
		take++;
	/* telnet ends its lines with CR LF or CR NUL */
	if (ended && take < (size_t)n && free_part[take - 1] == '\r' &&
	    (free_part[take] == '\n' || free_part[take] == '\0'))
		take++;
	n = recv(c->telnet.fd.fd, free_part, take, 0);
	if (n != (ssize_t)take)
		return -EPIPE;
	c->line_length += take;
	if (!ended)
		return c->line_length >= sizeof(c->line) - 1 ? -EMSGSIZE : 0;
	for (size_t i = 0; i < c->line_length; i++) {
		unsigned char octet = (unsigned char)c->line[i];

		if (octet == IAC)
			i += 2; /* an answer to our negotiation */
		else if (octet >= ' ')
			c->line[length++] = (char)octet;
	}
	c->line[length] = '\0';
	c->line_length = length;
	return 1;
}

static void connection_refuse(struct connection *c, const char *sentence)
{
	c->telnet.vty = command_vty_new(c);
	if (!c->telnet.vty) {
		connection_close(c);
		return;
	}
	console_print(c->telnet.vty, "%% %s", sentence);
	connection_finish(c, 1);
	connection_flush(c);
}

/* A few octets into an empty socket: if they do not fit, nobody is there to read them. */
static void connection_say(struct connection *c, const char *text)
{
	ssize_t n = send(c->telnet.fd.fd, text, strlen(text), MSG_NOSIGNAL);

	if (n < 0)
		LOGP(DADMIN, LOGL_DEBUG, "console: %s\n", strerror(errno));
}

static bool password_right(const char *typed, const char *password)
{
	size_t length = strlen(password);
	unsigned differ = strlen(typed) != length;

	/* in a time that does not tell how much of it was right */
	for (size_t i = 0; i < length; i++) {
		differ |= (unsigned char)(*typed ^ password[i]);
		if (*typed)
			typed++;
	}
	return differ == 0;
}

static void connection_first_line(struct connection *c)
{
	int rc = connection_read_line(c);

	if (rc == 0)
		return;
	if (rc == -EMSGSIZE) {
		connection_refuse(c, "The line is too long.");
		return;
	}
	if (rc < 0) {
		connection_close(c);
		return;
	}
	if (c->state == CONNECTION_PASSWORD) {
		const struct conf *conf = console_gateway()->conf;

		if (!conf || !password_right(c->line, conf->vty_password)) {
			LOGP(DADMIN, LOGL_NOTICE, "console: wrong password\n");
			connection_refuse(c, "Bad password.");
			return;
		}
		c->state = CONNECTION_REQUEST;
		c->line_length = 0;
		connection_say(c, "\r\n" GREETING);
		return;
	}
	osmo_timer_del(&c->deadline);
	if (c->line_length == 0 || strcmp(c->line, "console") == 0)
		connection_dialogue(c);
	else if (strncmp(c->line, "command ", 8) == 0)
		connection_command(c, c->line + 8);
	else
		connection_refuse(c, "Say \"console\" or \"command TEXT\".");
}

/* Nothing more is expected from a client whose command runs: it can only go away. */
static void running_read(struct connection *c)
{
	char octets[256];
	ssize_t n = recv(c->telnet.fd.fd, octets, sizeof(octets), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		connection_close(c);
}

static int connection_ready(struct osmo_fd *fd, unsigned int what)
{
	struct connection *c = fd->data;

	if (what & OSMO_FD_WRITE)
		return connection_flush(c);
	if (!(what & OSMO_FD_READ))
		return 0;
	switch (c->state) {
	case CONNECTION_PASSWORD:
	case CONNECTION_REQUEST:
		connection_first_line(c);
		break;
	case CONNECTION_DIALOGUE:
		dialogue_read(c);
		break;
	case CONNECTION_RUNNING:
	case CONNECTION_DRAINING:
		running_read(c);
		break;
	}
	return 0;
}

/* ---- commands that end later */

struct console_wait *console_wait_begin(struct vty *vty, void (*abandon)(void *arg), void *arg)
{
	struct connection *c = vty->priv;

	if (c->wait.abandon)
		return NULL;
	c->wait.abandon = abandon;
	c->wait.arg = arg;
	return &c->wait;
}

void console_wait_line(struct console_wait *wait, const char *text)
{
	struct connection *c = container_of(wait, struct connection, wait);

	if (c->state == CONNECTION_DIALOGUE)
		console_interrupt(c->telnet.vty, text);
	else
		console_print(c->telnet.vty, "%s", text);
	/* Written from the loop: a console that is gone must not be noticed within a call's event.
	 */
	c->telnet.fd.when |= OSMO_FD_WRITE;
}

void console_wait_cancel(struct console_wait *wait)
{
	wait->abandon = NULL;
}

void console_wait_end(struct console_wait *wait, int status)
{
	struct connection *c = container_of(wait, struct connection, wait);

	wait->abandon = NULL;
	if (c->state == CONNECTION_RUNNING)
		connection_finish(c, status);
}

/* ---- */

int connection_new(void *ctx, int fd, int family)
{
	struct connection *c = talloc_zero(ctx, struct connection);
	const struct conf *conf = console_gateway()->conf;
	int rc;

	if (!c)
		return -ENOMEM;
	c->family = family;
	osmo_fd_setup(&c->telnet.fd, fd, OSMO_FD_READ, connection_ready, c, 0);
	rc = osmo_fd_register(&c->telnet.fd);
	if (rc < 0) {
		talloc_free(c);
		return rc;
	}
	connection_ctx = ctx;
	llist_add_tail(&c->telnet.entry, &connections);
	count++;
	talloc_set_destructor(c, connection_gone);
	osmo_timer_setup(&c->deadline, deadline_passed, c);
	osmo_timer_schedule(&c->deadline, REQUEST_SECONDS, 0);
	c->state = CONNECTION_REQUEST;
	if (family == AF_UNIX)
		return 0;
	if (conf && conf->vty_password[0]) {
		c->state = CONNECTION_PASSWORD;
		connection_say(c, HIDE_TYPING "Password: ");
	} else {
		connection_say(c, GREETING);
	}
	return 0;
}

unsigned connection_count(void)
{
	return count;
}

void connection_close_all(void)
{
	struct connection *c, *next;

	llist_for_each_entry_safe (c, next, &connections, telnet.entry)
		connection_close(c);
}
