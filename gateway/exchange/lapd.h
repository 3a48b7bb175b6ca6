/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lapd - a Q.921 data link of a primary rate D channel (SAPI 0, TEI 0, modulo 128) without libpri,
 * so that a script can send what libpri never would, and can misbehave in layer 2 as well.
 *
 * lapd_new() with handlers; each frame that comes goes to lapd_receive(), each one to be sent comes
 * out of handlers.transmit. lapd_establish() sends SABME again and again until the far end answers;
 * lapd_release() sends DISC. A far end that establishes the link is answered in either case.
 * handlers.link tells when the link came up (also when it was set up anew: what was not
 * acknowledged by then is lost) and when it went down. lapd_send() keeps a message until it is
 * acknowledged; while the link is down -ENETDOWN.
 *
 * Frames are without FCS. Timers run in libosmocore's loop. No handler may free the link.
 * Errors are negative errno. Clauses: Q.921 5.5 to 5.8. Not here: XID, FRMR is never sent (the link
 * is set up anew instead), one data link only.
 */
#ifndef GATEWAY_EXCHANGE_LAPD_H
#define GATEWAY_EXCHANGE_LAPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAPD_MESSAGE_MAX 508 /* N201 is 260; a script may exceed it */

struct lapd;

struct lapd_config { /* 0: the usual value */
	bool network;
	unsigned window;  /* k: 7 */
	unsigned t200_ms; /* 1000 */
	unsigned t203_ms; /* 10000 */
	unsigned n200;	  /* 3 */
};

enum lapd_behaviour {
	LAPD_NORMAL,
	LAPD_SILENT,   /* deaf and dumb: nothing is sent, nothing that comes is seen */
	LAPD_IGNORE_I, /* I frames are neither taken nor acknowledged */
	LAPD_BUSY,     /* the same, and RNR says so */
	LAPD_REFUSING, /* SABME is answered with DM, and none is sent */
};

struct lapd_handlers {
	void (*link)(void *arg, bool up);
	void (*message)(void *arg, const uint8_t *octets, size_t length);
	void (*transmit)(void *arg, const uint8_t *frame, size_t length);
	/* Messages were acknowledged; fewer wait now. May be NULL. */
	void (*acknowledged)(void *arg);
};

/* config is copied, handlers must stay valid. */
int lapd_new(void *ctx, const struct lapd_config *config, const struct lapd_handlers *handlers,
	     void *arg, struct lapd **out);
void lapd_free(struct lapd *lapd);

void lapd_receive(struct lapd *lapd, const uint8_t *frame, size_t length);
void lapd_establish(struct lapd *lapd);
void lapd_release(struct lapd *lapd);
/* LAPD_SILENT stops all timers; when it ends, a link that was up is polled. */
void lapd_behave(struct lapd *lapd, enum lapd_behaviour behaviour);

/* -ENETDOWN, -EMSGSIZE, -ENOMEM. */
int lapd_send(struct lapd *lapd, const uint8_t *message, size_t length);
/* In an UI frame, which is not acknowledged; the link may be down. */
int lapd_send_unnumbered(struct lapd *lapd, const uint8_t *message, size_t length);
bool lapd_is_up(const struct lapd *lapd);
unsigned lapd_unacknowledged(const struct lapd *lapd); /* messages, those not yet sent included */

#endif
