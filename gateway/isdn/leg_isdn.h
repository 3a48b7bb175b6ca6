/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * leg_isdn - the ISDN side of calls: one object per controller (struct isdn_line) holding its
 * D channel (isdn.h), its trunk (trunk.h) and its legs.
 *
 * isdn_line_new() for each controller with a pri-group; then main registers leg_isdn_make as the
 * leg kind PEER_POTS, with the table of lines as its argument. Incoming SETUPs become calls of the
 * office.
 *
 * What becomes of what: PROCEEDING is reported as CALL_EV_PROCEEDING, and with PI 1 or 8 as
 * CALL_EV_PROGRESS too. DISCONNECT with PI 8 before the answer is CALL_EV_PROGRESS with its cause
 * (the announcement is heard), CALL_EV_RELEASED follows when the far end releases or
 * announcement_ms is over; every other DISCONNECT is CALL_EV_RELEASED. A SETUP that is refused with
 * cause 44 or 6 is sent again for up to two other channels. Refused with: 65 data bearer, 28 no
 * called number, 44 or 82 channel (only if it was exclusive, else another is chosen), 34 none left.
 * PROCEEDING is sent when the call orders it, or after one second without any order.
 *
 * Supplementary services: HOLD gives the B channel back until RETRIEVE; a hold of the other side is
 * a NOTIFY (remote hold, or user suspended where the switch type has no other), or HOLD. Requests
 * to transfer or deflect are carried out by the call layer; it orders ours by the leg's transfer,
 * deflect and identify.
 *
 * Free the office first, then the lines. The D channel's handlers.message feeds the ladder.
 */
#ifndef GATEWAY_ISDN_LEG_ISDN_H
#define GATEWAY_ISDN_LEG_ISDN_H

#include "dialplan/address_map.h"
#include "drivers-glue/isdn/isdn.h"
#include "gateway/call/call.h"
#include "gateway/isdn/auditor.h"
#include "gateway/isdn/trunk.h"
#include "gateway/wire/messages.h"

struct isdn_line;

enum isdn_line_choice { /* what was not configured follows from switch type and side */
			ISDN_LINE_UNSAID,
			ISDN_LINE_ON,
			ISDN_LINE_OFF,
};

struct isdn_call_options {	/* what is in SETUP and its answers; all zero: the defaults */
	bool overlap_receiving; /* SETUP without sending complete: more digits may come */
	unsigned t302_ms;	/* of overlap receiving; 0: the call's own */
	enum isdn_line_choice sending_complete; /* unsaid: primary-net5 only */
	/* Offer a channel that the far end may exchange for another one; unsaid: user side only */
	enum isdn_line_choice negotiate_channel;
	bool send_alerting; /* never CONNECT without ALERTING */
	struct address_rule map[ADDRESS_MAP_MAX];
	unsigned map_count;
};

struct isdn_line_config {
	struct isdn_config isdn; /* fd_d included; it stays the caller's */
	uint32_t timeslots;	 /* bit n: timeslot n is a B channel of this line */
	enum trunk_hunt hunt;
	bool restart_channels; /* RESTART every B channel once layer 2 is up (after our own restart)
				*/
	unsigned block;	       /* 80 or 160 */
	const int *channels; /* own descriptors of B channels by timeslot, -1: none; may be NULL */
	struct wire_channel_audio audio; /* of each B channel */
	/* T306 as seen from here: how long an announcement behind DISCONNECT with PI 8 is passed on
	 * before the call is cleared; 0: 20000 */
	unsigned announcement_ms;
	bool hold_messages; /* a hold of the other side is sent as HOLD; else as a notification */
	struct isdn_line_span { /* further spans of an NFAS group, see isdn.nfas */
		unsigned span, interface;
		uint32_t timeslots;
		const int *channels;
	} spans[TRUNK_INTERFACES_MAX];
	unsigned span_count;
	uint8_t service[32];	     /* [timeslot]: enum isdn_service, from the start */
	struct auditor_config audit; /* restart_ms: `isdn restart interval` */
	struct isdn_call_options calls;
};

struct isdn_lines {			/* argument of leg_isdn_make: [span number] */
	struct isdn_line *line[129];	/* whose D channel is that of this span */
	struct isdn_line *of_span[129]; /* that has the channels of this span */
};

int isdn_line_new(void *ctx, const struct isdn_line_config *config, struct office *office,
		  struct media_client *media, struct isdn_line **out);
/* Takes calls, audio, announcement_ms and isdn.timers_ms of config for calls and channels from now
 * on; the rest stays. -ENOMEM: nothing has changed. */
int isdn_line_change(struct isdn_line *line, const struct isdn_line_config *config);
void isdn_line_free(struct isdn_line *line);
struct isdn *isdn_line_isdn(struct isdn_line *line);
struct trunk *isdn_line_trunk(struct isdn_line *line);
void isdn_line_alarms(struct isdn_line *line, unsigned alarms); /* from media: enum tdm_alarm */
void isdn_line_span_alarms(struct isdn_line *line, unsigned span, unsigned alarms); /* of a group */
bool isdn_line_is_up(const struct isdn_line *line);
/* What a B channel does: "idle", "call 17 ACTIVE". */
void isdn_line_describe_channel(struct isdn_line *line, unsigned timeslot, char *text, size_t size);

/* The operator's orders. isdn_line_service(): the far end is told by SERVICE where the switch type
 * has it, else the channel is only busied out here; a call on it stays, unless hard. -ENOENT: no
 * such channel. isdn_line_restart(): RESTART, from then on the auditor's; -EBUSY: a call is on it,
 * -ENOTSUP: point to multipoint. */
int isdn_line_service(struct isdn_line *line, unsigned channel, enum isdn_service status,
		      bool hard);
int isdn_line_restart(struct isdn_line *line, unsigned channel);
/* `busyout monitor`: no more calls are taken, so that the exchange sends them elsewhere. It is told by
 * SERVICE where the switch type has it; a SETUP is refused with cause 34 in any case, unless its number
 * is one for emergencies. Calls that are up stay. Emergency calls still go out. */
void isdn_line_busyout(struct isdn_line *line, bool busy);
/* The channel of a timeslot of one of the line's spans; 0: there is none. */
unsigned isdn_line_channel(const struct isdn_line *line, unsigned span, unsigned timeslot);

struct leg *leg_isdn_make(void *lines, struct call *call, const struct leg_request *request,
			  struct cause *why);

#endif
