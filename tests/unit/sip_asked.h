/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_asked - requests and responses of sip_rig's telephones as the test wants them to the last header,
 * for proxies, which add Via and Record-Route.
 */
#ifndef TESTS_UNIT_SIP_ASKED_H
#define TESTS_UNIT_SIP_ASKED_H

#include "tests/unit/sip_rig.h"

struct asked {
	const char *method, *uri, *call_id, *from, *to, *branch;
	unsigned cseq;
	const char *more; /* lines */
	const char *body; /* NULL: none; its Content-Type is in more */
};

/* An INVITE has SDP_ALAW. */
void asked_send(struct phone *p, const struct asked *a);
/* With all Via and Record-Route of the request; tag: of To, NULL: none is added; more: lines, or NULL. */
void asked_reply(struct phone *p, const char *request, const char *status, const char *tag,
		 const char *more);
/* A response without its topmost Via, which was p's. */
void asked_pass_up(struct phone *p, const char *response);
/* The gateway's Record-Route or Path with the flow of p, in a buffer that four calls share. */
const char *asked_flow(const struct phone *p);
/* Its user part alone. */
const char *asked_token(const struct phone *p);
/* All lines of a header, in a buffer that six calls share. */
const char *asked_lines(const char *message, const char *name);
unsigned asked_count(const char *message, const char *name);
void asked_expect(const char *message, const char *name, const char *value);

#endif
