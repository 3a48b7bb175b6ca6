/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line - inside the exchange: a B channel in use, with its call, its audio and who has it.
 *
 * exchange.c makes a line when a call begins, feeds it what the D channel tells, and frees it when
 * the call is released. line.c carries out what subscribers and owners order. The public half
 * (line_clear() and so on) is in exchange.h. line_service.c carries out hold, transfer and the
 * like.
 */
#ifndef GATEWAY_EXCHANGE_LINE_H
#define GATEWAY_EXCHANGE_LINE_H

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>

#include "gateway/exchange/exchange.h"

#define LINE_BLOCK 80 /* 10 ms */

enum line_cleared_by {
	CLEARED_BY_NOBODY,
	CLEARED_BY_US,
	CLEARED_BY_FAR_END,
};

struct line {
	struct llist_head entry;
	struct exchange *exchange;
	struct isdn_call *call;
	unsigned timeslot;
	struct tdm_channel *channel;
	struct line_audio *audio;
	enum subscriber_audio sound;
	enum line_cleared_by cleared_by;
	struct subscriber *subscriber;	/* calls in */
	const struct line_owner *owner; /* calls out; NULL: nobody listens */
	void *arg;
};

struct exchange {
	struct exchange_config config;
	struct tdm_descriptors descriptors;
	struct tdm_span *span;
	struct isdn *isdn;
	struct osmo_fd tick;
	unsigned alarms;
	struct llist_head lines;
};
/* Exists, is no D channel and has no line. */
bool exchange_timeslot_usable(const struct exchange *exchange, unsigned timeslot);
/* 0: all are taken. */
unsigned exchange_timeslot_hunt(const struct exchange *exchange);

/* The line has no call yet. */
int line_new(struct exchange *exchange, unsigned timeslot, struct line **out);
void line_free(struct line *line);
/* The far end may have chosen another channel than we did: go there. */
void line_follow(struct line *line);

/* line_service.c: supplementary services that the far end asks for; it gets all there are. */
void line_on_service(struct isdn_call *call, const struct isdn_supplementary_event *event);
void line_order_charge(void *line, unsigned units, bool final);

/* What a subscriber may order; its line is a struct line. */
extern const struct subscriber_ops line_subscriber_ops;

#endif
