// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/sip_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <cmocka.h>

#include "gateway/log/fnv.h"

#define WAIT_MS 20000 /* until it comes; a slow machine takes its time */

/* ---- messages */

const char *header(const char *message, const char *name)
{
	static char values[8][1024];
	static unsigned turn;
	const char *line = message;
	size_t length = strlen(name);

	while ((line = strstr(line, "\r\n")) && strncmp(line, "\r\n\r\n", 4)) {
		line += 2;
		if (!strncasecmp(line, name, length) && line[length] == ':') {
			char *value = values[turn++ % 8];
			const char *from = line + length + 1 + strspn(line + length + 1, " ");

			snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(from, "\r"), from);
			return value;
		}
	}
	return "";
}

const char *body_of(const char *message)
{
	const char *end = strstr(message, "\r\n\r\n");

	return end ? end + 4 : "";
}

/* Word for word what came before: RFC 3261 17. Two 180 may be the same and are not. */
static bool is_repeated(struct phone *p, const char *text, size_t size)
{
	uint64_t hash = fnv_add_64(FNV_BEGIN_64, text, size);

	if (!strncmp(text, "SIP/2.0 1", 9) && !memmem(text, size, "\r\nRSeq:", 7))
		return false;
	for (unsigned i = 0; i < RIG_REPEATS; i++)
		if (p->known[i] == hash)
			return true;
	p->known[p->known_next++ % RIG_REPEATS] = hash;
	return false;
}

static void put_in_inbox(struct phone *p, const char *text, size_t size)
{
	char *slot = p->inbox[(p->head + p->count) % 32];

	if (is_repeated(p, text, size) && !p->hears_repeats)
		return;
	assert_true(p->count < 32 && size < MESSAGE_MAX);
	memcpy(slot, text, size);
	slot[size] = '\0';
	p->count++;
}

/* Cuts whole messages off what has come on a connection. */
static void split_stream(struct phone *p)
{
	char *end;

	p->stream[p->stream_used] = '\0';
	while ((end = memmem(p->stream, p->stream_used, "\r\n\r\n", 4))) {
		const char *length = memmem(p->stream, p->stream_used, "\r\nContent-Length:", 17);
		size_t size = end + 4 - p->stream + (length ? strtoul(length + 17, NULL, 10) : 0);

		if (p->stream_used < size)
			return;
		put_in_inbox(p, p->stream, size);
		p->stream_used -= size;
		memmove(p->stream, p->stream + size, p->stream_used + 1);
	}
}

static unsigned port_of(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET6
			 ? ((const struct sockaddr_in6 *)address)->sin6_port
			 : ((const struct sockaddr_in *)address)->sin_port);
}

static int readable(struct osmo_fd *fd, unsigned int what)
{
	struct phone *p = fd->data;
	char bytes[MESSAGE_MAX];
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	ssize_t n;

	if (!p->tcp) {
		n = recvfrom(fd->fd, bytes, sizeof(bytes) - 1, 0, (struct sockaddr *)&from,
			     &from_size);
		/* a gateway of another program may still answer who had this port before */
		if (n > 0 && (port_of(&from) == rig.port || port_of(&from) == rig.peer_port))
			put_in_inbox(p, bytes, n);
		return 0;
	}
	n = recv(fd->fd, p->stream + p->stream_used, sizeof(p->stream) - p->stream_used - 1, 0);
	if (n <= 0) {
		osmo_fd_unregister(fd);
		return 0;
	}
	p->stream_used += n;
	split_stream(p);
	return 0;
}

/* ---- sockets */

static socklen_t address(struct sockaddr_storage *out, bool v6, unsigned port)
{
	memset(out, 0, sizeof(*out));
	if (v6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;

	in4->sin_family = AF_INET;
	in4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in4->sin_port = htons(port);
	return sizeof(*in4);
}

static void watch(struct phone *p, struct osmo_fd *ofd, int fd,
		  int (*cb)(struct osmo_fd *, unsigned int))
{
	osmo_fd_setup(ofd, fd, OSMO_FD_READ, cb, p, 0);
	assert_int_equal(osmo_fd_register(ofd), 0);
}

static void prepare(struct phone *p, bool tcp, bool v6)
{
	static unsigned calls;

	memset(p, 0, sizeof(*p));
	p->fd.fd = p->listen.fd = -1;
	p->tcp = tcp;
	p->v6 = v6;
	p->to = "2001";
	address(&p->gateway, v6, rig.port);
	snprintf(p->call_id, sizeof(p->call_id), "call-%u-%d", ++calls, getpid());
	snprintf(p->local_tag, sizeof(p->local_tag), "tag%u", calls);
}

void phone_open(struct phone *p, bool tcp, bool v6, unsigned port)
{
	struct sockaddr_storage own, gateway;
	socklen_t size;
	int one = 1, fd;

	prepare(p, tcp, v6);
	fd = socket(v6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	size = address(&own, v6, port);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	address(&gateway, v6, rig.port);
	if (tcp)
		assert_int_equal(connect(fd, (struct sockaddr *)&gateway, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	p->port = port_of(&own);
	watch(p, &p->fd, fd, readable);
}

void phone_use_socket(struct phone *p, int fd, const struct sockaddr_storage *gateway)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);

	phone_close(p);
	p->gateway = *gateway;
	((struct sockaddr_in *)&p->gateway)->sin_port = htons(rig.port);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	p->port = ntohs(own.sin_port);
	watch(p, &p->fd, fd, readable);
}

static int connected(struct osmo_fd *listen_fd, unsigned int what)
{
	struct phone *p = listen_fd->data;
	int fd = accept(listen_fd->fd, NULL, NULL);

	assert_true(fd >= 0 && p->fd.fd < 0);
	watch(p, &p->fd, fd, readable);
	return 0;
}

void phone_listen(struct phone *p, bool v6, unsigned port)
{
	struct sockaddr_storage own;
	socklen_t size;
	int one = 1, fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	prepare(p, true, v6);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	size = address(&own, v6, port);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	p->port = port;
	watch(p, &p->listen, fd, connected);
}

void phone_close(struct phone *p)
{
	struct osmo_fd *fds[] = {&p->fd, &p->listen};
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (fds[i]->fd < 0)
			continue;
		if (osmo_fd_is_registered(fds[i]))
			osmo_fd_unregister(fds[i]);
		close(fds[i]->fd);
	}
}

void phone_send_bytes(struct phone *p, const void *bytes, size_t size)
{
	socklen_t to_size = p->v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	ssize_t n;

	if (p->tcp)
		n = send(p->fd.fd, bytes, size, MSG_NOSIGNAL);
	else
		n = sendto(p->fd.fd, bytes, size, 0, (struct sockaddr *)&p->gateway, to_size);
	assert_int_equal(n, size);
}

void phone_send(struct phone *p, const char *text)
{
	phone_send_bytes(p, text, strlen(text));
}

/* ---- requests and responses */

static void choose_cseq(struct phone *p, const char *method, unsigned *cseq, char branch[64])
{
	static unsigned branches;
	bool invite = !strcmp(method, "INVITE");
	bool follows = !strcmp(method, "CANCEL") || !strcmp(method, "ACK");

	if (!follows)
		p->cseq++;
	*cseq = follows ? p->invite_cseq : p->cseq;
	/* RFC 3261 17.1.1.3, 13.2.2.4: the ACK of a 2xx is a transaction of its own */
	if (follows && (strcmp(method, "ACK") || p->refused))
		snprintf(branch, 64, "%s", p->invite_branch);
	else
		snprintf(branch, 64, "z9hG4bK-test-%u-%d", ++branches, getpid());
	if (invite) {
		p->invite_cseq = p->cseq;
		snprintf(p->invite_branch, sizeof(p->invite_branch), "%s", branch);
	}
}

void phone_request(struct phone *p, const char *method, const char *body)
{
	const char *host = p->v6 ? "[::1]" : "127.0.0.1", *transport = p->tcp ? "TCP" : "UDP";
	char text[MESSAGE_MAX], branch[64], contact[128], tag[80] = "", via[128];
	const char *type = p->body_type ? p->body_type : "application/sdp";
	unsigned cseq;

	choose_cseq(p, method, &cseq, branch);
	snprintf(via, sizeof(via), "%s:%u", host, p->port);
	snprintf(contact, sizeof(contact), "Contact: <sip:me@%s:%u;transport=%s>\r\n", host,
		 p->port, transport);
	if (p->remote_tag[0] && strcmp(method, "CANCEL"))
		snprintf(tag, sizeof(tag), ";tag=%s", p->remote_tag);
	snprintf(text, sizeof(text),
		 "%s sip:%s@%s:%u SIP/2.0\r\n"
		 "Via: SIP/2.0/%s %s;branch=%s;rport\r\n"
		 "Max-Forwards: 70\r\n"
		 "From: \"Alice\" <sip:4420@%s>;tag=%s\r\n"
		 "To: <sip:%s@%s>%s\r\n"
		 "Call-ID: %s\r\nCSeq: %u %s\r\n%s%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		 method, p->to, host, rig.port, transport, p->via ? p->via : via, branch, host,
		 p->local_tag, p->to, host, tag, p->call_id, cseq, method,
		 p->contact ? p->contact : contact, p->extra ? p->extra : "",
		 body ? "Content-Type: " : "", body ? type : "", body ? "\r\n" : "",
		 body ? strlen(body) : 0, body ? body : "");
	p->extra = NULL;
	phone_send(p, text);
}

static bool has_mail(void *arg)
{
	return ((struct phone *)arg)->count > 0;
}

const char *phone_receive(struct phone *p, unsigned ms)
{
	const char *message;

	if (!rig_wait(has_mail, p, ms))
		return "";
	message = p->inbox[p->head];
	p->head = (p->head + 1) % 32;
	p->count--;
	if (!strncmp(message, "SIP/2.0 ", 8) && strstr(header(message, "CSeq"), " INVITE"))
		p->refused = message[8] >= '3';
	return message;
}

static void take_tag(struct phone *p, const char *message)
{
	const char *tag = strstr(header(message, "To"), ";tag=");

	if (tag)
		snprintf(p->remote_tag, sizeof(p->remote_tag), "%.*s", (int)strcspn(tag + 5, ";"),
			 tag + 5);
}

const char *phone_expect(struct phone *p, const char *start)
{
	const char *message = phone_receive(p, WAIT_MS);

	if (strncmp(message, start, strlen(start)))
		fail_msg("expected \"%s\", got \"%.200s\"", start, message);
	if (!strncmp(message, "SIP/2.0 ", 8)) {
		take_tag(p, message);
		p->refused = message[8] > '2';
	}
	return message;
}

void phone_expect_nothing(struct phone *p, unsigned ms)
{
	const char *message = phone_receive(p, ms);

	if (*message)
		fail_msg("expected nothing, got \"%.200s\"", message);
}

void phone_respond(struct phone *p, const char *request, const char *status, const char *tag,
		   const char *body)
{
	const char *host = p->v6 ? "[::1]" : "127.0.0.1";
	char text[MESSAGE_MAX], contact[128];

	snprintf(contact, sizeof(contact), "Contact: <sip:me@%s:%u%s>\r\n", host, p->port,
		 p->tcp ? ";transport=tcp" : "");
	snprintf(
	    text, sizeof(text),
	    "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s%s%s"
	    "Content-Length: %zu\r\n\r\n%s",
	    status, header(request, "Via"), header(request, "From"), header(request, "To"),
	    tag ? ";tag=" : "", tag ? tag : "", header(request, "Call-ID"), header(request, "CSeq"),
	    p->contact ? p->contact : contact, p->extra ? p->extra : "",
	    body ? "Content-Type: application/sdp\r\n" : "", body ? strlen(body) : 0,
	    body ? body : "");
	p->extra = NULL;
	phone_send(p, text);
}
