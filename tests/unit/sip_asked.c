// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/sip_asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/proxy_private.h"

const char *asked_lines(const char *message, const char *name)
{
	static char rooms[6][2048];
	static unsigned turn;
	char *room = rooms[turn++ % 6], start[32];
	const char *line = message;
	size_t used = 0;

	room[0] = '\0';
	snprintf(start, sizeof(start), "\r\n%s: ", name);
	while ((line = strstr(line, start))) {
		line += 2;
		used += snprintf(room + used, sizeof(rooms[0]) - used, "%.*s\r\n",
				 (int)strcspn(line, "\r"), line);
	}
	return room;
}

unsigned asked_count(const char *message, const char *name)
{
	unsigned n = 0;

	for (const char *c = asked_lines(message, name); (c = strstr(c, "\r\n")); c += 2)
		n++;
	return n;
}

void asked_send(struct phone *p, const struct asked *a)
{
	bool invite = !strcmp(a->method, "INVITE");
	const char *body = invite ? SDP_ALAW : a->body ? a->body : "";
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s;rport\r\n"
		 "%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		 "Contact: <sip:me@127.0.0.1:%u>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 a->method, a->uri, p->tcp ? "TCP" : "UDP", p->port, a->branch,
		 a->more && strstr(a->more, "Max-Forwards") ? "" : "Max-Forwards: 70\r\n", a->from,
		 a->to, a->call_id, a->cseq, a->method, p->port, a->more ? a->more : "",
		 invite ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	phone_send(p, text);
}

void asked_reply(struct phone *p, const char *request, const char *status, const char *tag,
		 const char *more)
{
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %s\r\n%s%sFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
		 "Content-Length: 0\r\n\r\n",
		 status, asked_lines(request, "Via"), asked_lines(request, "Record-Route"),
		 header(request, "From"), header(request, "To"), tag ? ";tag=" : "", tag ? tag : "",
		 header(request, "Call-ID"), header(request, "CSeq"), more ? more : "");
	phone_send(p, text);
}

void asked_expect(const char *message, const char *name, const char *value)
{
	if (strcmp(header(message, name), value))
		fail_msg("%s: expected \"%s\", got \"%s\"", name, value, header(message, name));
}

void asked_pass_up(struct phone *p, const char *response)
{
	char text[MESSAGE_MAX];
	const char *via = strstr(response, "\r\nVia: ");
	const char *next = strstr(via + 2, "\r\n");

	snprintf(text, sizeof(text), "%.*s%s", (int)(via - response), response, next);
	phone_send(p, text);
}

const char *asked_token(const struct phone *p)
{
	static char texts[4][PROXY_FLOW_MAX];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	struct proxy_flow flow = {.transport = p->tcp ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP};

	assert_int_equal(target_address_parse("127.0.0.1", p->port, &flow.address), 0);
	proxy_flow_write(rig.ua, &flow, text);
	return text;
}

const char *asked_flow(const struct phone *p)
{
	static char texts[4][128];
	static unsigned turn;
	char *text = texts[turn++ % 4];

	snprintf(text, sizeof(texts[0]), "<sip:%s@127.0.0.1:%u;lr>", asked_token(p), rig.port);
	return text;
}
