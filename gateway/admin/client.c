// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/client.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* ---- connecting */

static int connect_local(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *remedy;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "sipspan: %s: the path is too long for a socket\n", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		remedy = "sipspand is not running, or has its console elsewhere (see -s)";
		break;
	case EACCES:
	case EPERM:
		remedy =
		    "you are not in group sipspan: `adduser NAME sipspan` lets you in, or use sudo";
		break;
	default:
		remedy = strerror(errno);
	}
	fprintf(stderr, "sipspan: cannot reach %s: %s\n", path, remedy);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* where: "HOST:PORT" or "[ADDRESS]:PORT" */
static int connect_tcp(const char *where)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	char host[256];
	const char *colon = strrchr(where, ':');
	size_t length = (size_t)(colon - where);
	int fd = -1, rc;

	if (length >= 2 && where[0] == '[' && where[length - 1] == ']') {
		where++;
		length -= 2;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(length < 255 ? length : 255), where);
	rc = getaddrinfo(host, colon + 1, &hints, &list);
	if (rc != 0) {
		fprintf(stderr, "sipspan: %s port %s: %s\n", host, colon + 1, gai_strerror(rc));
		return -1;
	}
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			rc = errno;
			close(fd);
			errno = rc;
			fd = -1;
		}
	}
	if (fd < 0)
		fprintf(stderr, "sipspan: cannot reach %s port %s: %s\n", host, colon + 1,
			strerror(errno));
	freeaddrinfo(list);
	return fd;
}

int client_send(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

/* The password, from SIPSPAN_PASSWORD or typed unseen. Returns 0 or -1. */
static int ask_password(char *password, size_t size)
{
	const char *given = getenv("SIPSPAN_PASSWORD");
	struct termios kept, hidden;
	bool tty = tcgetattr(STDIN_FILENO, &kept) == 0;
	int rc = -1;

	if (given) {
		snprintf(password, size, "%s", given);
		return 0;
	}
	if (tty) {
		fprintf(stderr, "Password: ");
		hidden = kept;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		if (fgets(password, (int)size, stdin))
			rc = 0;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &kept);
		fprintf(stderr, "\n");
		password[strcspn(password, "\r\n")] = '\0';
	}
	if (rc < 0)
		fprintf(stderr, "sipspan: a password is needed: set SIPSPAN_PASSWORD\n");
	return rc;
}

/* A console on TCP speaks first: perhaps asks for a password, then says that it is ready. */
static int greet(int fd)
{
	char line[160], password[128];
	size_t length = 0;

	for (;;) {
		if (length >= sizeof(line) - 1)
			break;
		if (recv(fd, line + length, 1, 0) != 1)
			break;
		line[++length] = '\0';
		if (length >= 10 && strcmp(line + length - 10, "Password: ") == 0) {
			if (ask_password(password, sizeof(password) - 1) < 0)
				return -1;
			strcat(password, "\n");
			if (client_send(fd, password, strlen(password)) < 0)
				break;
			length = 0;
		} else if (line[length - 1] == '\n') {
			if (strstr(line, "RETURN"))
				return 0;
			if (line[0] == '%') {
				fprintf(stderr, "sipspan: %s", line + 2);
				return -1;
			}
			length = 0;
		}
	}
	fprintf(stderr, "sipspan: there is no console of a gateway\n");
	return -1;
}

int client_connect(const char *where)
{
	int fd;

	if (strchr(where, '/') || !strchr(where, ':'))
		return connect_local(where);
	fd = connect_tcp(where);
	if (fd >= 0 && greet(fd) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- one command */

/* Prints what comes until the zero byte and the digit. Returns the exit code. */
static int print_answer(int fd, FILE *out)
{
	char octets[4096];
	bool ending = false;

	for (;;) {
		ssize_t n = recv(fd, octets, sizeof(octets), 0);
		char *zero;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr, "sipspan: the gateway closed the connection\n");
			return 1;
		}
		if (ending)
			return octets[0] == '0' ? 0 : 1;
		zero = memchr(octets, '\0', (size_t)n);
		fwrite(octets, 1, zero ? (size_t)(zero - octets) : (size_t)n, out);
		fflush(out);
		if (!zero)
			continue;
		if (zero + 1 < octets + n)
			return zero[1] == '0' ? 0 : 1;
		ending = true;
	}
}

int client_command(const char *where, const char *text, FILE *out)
{
	char request[CLIENT_COMMAND_MAX + 16];
	int fd, length, rc = 1;

	if (strlen(text) > CLIENT_COMMAND_MAX || strpbrk(text, "\r\n")) {
		fprintf(stderr, "sipspan: a command is one line of at most %d characters\n",
			CLIENT_COMMAND_MAX);
		return 1;
	}
	fd = client_connect(where);
	if (fd < 0)
		return 1;
	length = snprintf(request, sizeof(request), "command %s\n", text);
	if (client_send(fd, request, (size_t)length) < 0)
		fprintf(stderr, "sipspan: the gateway closed the connection\n");
	else
		rc = print_answer(fd, out);
	close(fd);
	return rc;
}

char *client_ask(const char *where, const char *text, size_t *length)
{
	char *answer = NULL;
	FILE *file = open_memstream(&answer, length);
	int rc;

	if (!file) {
		fprintf(stderr, "sipspan: %s\n", strerror(errno));
		return NULL;
	}
	rc = client_command(where, text, file);
	if (fclose(file) == 0 && rc == 0)
		return answer;
	fputs(answer ? answer : "", stderr);
	free(answer);
	return NULL;
}
