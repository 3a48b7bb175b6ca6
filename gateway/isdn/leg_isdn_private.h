/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * leg_isdn_private - what the files of the ISDN leg share: leg_isdn.c (the leg and the orders of
 * its call), leg_isdn_out.c (legs that call), leg_isdn_event.c (what its Q.931 call reports), leg_isdn_setup.c (what SETUP
 * carries), leg_isdn_supplementary.c (supplementary services), completion.c (call completion),
 * isdn_line.c (the line, SETUPs that come in).
 */
#ifndef GATEWAY_ISDN_LEG_ISDN_PRIVATE_H
#define GATEWAY_ISDN_LEG_ISDN_PRIVATE_H

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "gateway/isdn/leg_isdn.h"

#define LEG_MESSAGE_MAX 80

/* picture in leg_isdn.c */
enum leg_isdn_state {
	LEG_PRESENT,
	LEG_COLLECTING,
	LEG_INCOMING,
	LEG_ALERTING,
	LEG_WAITING,
	LEG_TRYING,
	LEG_DIALLING,
	LEG_OUTGOING,
	LEG_ACTIVE,
	LEG_ANNOUNCEMENT,
	LEG_REPORTED,
	LEG_CLEARING,
	LEG_DONE,
};

struct isdn_line {
	struct isdn_line_config config;
	struct office *office;
	struct media_client *media;
	struct isdn *isdn;
	struct trunk *trunk;
	struct auditor *auditor;
	struct address_map *map;
	struct llist_head legs;
	struct llist_head agents, monitors; /* records of completion.h */
	unsigned alarms;
	bool busied_out;		     /* isdn_line_busyout() */
	char setup_message[LEG_MESSAGE_MAX]; /* of a SETUP whose call is just being made */
	char port[16];			     /* "1:D" */
};

struct leg_isdn {
	struct leg leg; /* first */
	struct llist_head entry;
	struct isdn_line *line;
	struct isdn_call *isdn; /* NULL: ended */
	enum leg_isdn_state state;
	unsigned timeslot;	/* taken from the trunk; 0: none */
	unsigned last_timeslot; /* given back; for the record */
	struct osmo_timer_list timer;
	struct isdn_cause cause;      /* ANNOUNCEMENT: why the far end cleared */
	struct isdn_setup setup;      /* ours, for another channel */
	enum called_form called_form; /* of our SETUP */
	struct trunk_order order;     /* in which its channels are tried */
	unsigned attempts;
	long completion;	 /* inbound: the agent's record, see completion.h; 0: none */
	uint32_t call_id;	 /* for frame_watch: the call is gone before its last frames */
	bool hold_wanted;	 /* by the call; the far end may not have acknowledged it yet */
	uint8_t disconnect_rule; /* outbound: `progress_ind disconnect` of its dial peer */
	uint8_t destination;	 /* INCOMING and after: PI 2 if who is called has no ISDN, goes with
				CONNECT */
};

/* leg_isdn.c */
struct leg_isdn *leg_isdn_new(struct isdn_line *line, unsigned timeslot, enum leg_isdn_state state);
void leg_isdn_free(struct leg_isdn *leg);
struct leg_isdn *leg_isdn_of(struct leg *leg); /* NULL: it speaks something else */
void leg_isdn_enter(struct leg_isdn *leg, enum leg_isdn_state state);
void leg_isdn_timer_ms(struct leg_isdn *leg, unsigned ms);
/* The call orders release in this, or already has. */
void leg_isdn_report_released(struct leg_isdn *leg, const struct isdn_cause *cause);
struct cause leg_isdn_cause(const struct isdn_cause *cause);
/* Media end of the channel that leg->timeslot names. */
int leg_isdn_media_open(struct leg_isdn *leg);
/* To the channel that leg->timeslot names now; the call parts its bridge before the old end goes.
 */
int leg_isdn_media_move(struct leg_isdn *leg);
/* The channel that the far end names. 0 or as trunk_take(). */
int leg_isdn_channel_take(struct isdn_line *line, unsigned timeslot);
void leg_isdn_channel_give_back(struct leg_isdn *leg);

/* leg_isdn_out.c */
int leg_isdn_send_setup(struct leg_isdn *leg);
/* A channel has gone back to the trunk: the leg that waits for one gets it. */
void leg_isdn_channel_is_free(struct isdn_line *line);
void leg_isdn_wait_ended(struct leg_isdn *leg); /* its timer: with a channel, or in vain */

/* leg_isdn_setup.c: what SETUP carries, from the D channel to the call and back. out points into
 * nothing of setup. */
void leg_isdn_setup_received(const struct isdn_line *line, const struct isdn_setup *setup,
			     struct call_setup *out);
/* -EINVAL: there is neither a number nor a keypad. */
int leg_isdn_setup_to_send(const struct isdn_line *line, const struct call_setup *wanted,
			   struct isdn_setup *out);

/* isdn_line.c: what the D channel reports for the line as a whole */
void isdn_line_on_dchannel(void *line, bool up);
void isdn_line_on_setup(void *line, struct isdn_call *call, const struct isdn_setup *setup);
void isdn_line_on_message(void *line, struct isdn_call *call, enum isdn_message_direction direction,
			  const char *text);
/* frame_watch.c */
void isdn_line_on_frame(void *line, struct isdn_call *call, enum isdn_message_direction direction,
			const uint8_t *octets, size_t length);
/* leg_isdn_supplementary.c */
void leg_isdn_on_supplementary(struct isdn_call *call,
			       const struct isdn_supplementary_event *event);
void leg_isdn_order_hold(struct leg *leg, bool held);
int leg_isdn_order_transfer(struct leg *leg, struct leg *other);
int leg_isdn_order_deflect(struct leg *leg, const struct number *to);
int leg_isdn_order_identify(struct leg *leg);
void leg_isdn_order_notice(struct leg *leg, const struct leg_notice *notice);
/* isdn_line_channels.c: what it reports for channels */
void isdn_line_on_restarted(void *line, unsigned channel);
void isdn_line_on_restart_done(void *line, unsigned channel, bool acknowledged);
void isdn_line_on_release_failed(void *line, unsigned channel);
void isdn_line_on_service(void *line, unsigned channel, enum isdn_service status);
void isdn_line_tell_service(struct isdn_line *line); /* layer 2 is up */
void isdn_line_configure_service(struct isdn_line *line);
struct leg_isdn *isdn_line_leg_on(const struct isdn_line *line, unsigned channel); /* or NULL */
extern const struct auditor_ops isdn_line_auditor_ops;
/* NFAS: the trunk gets the channels of the other spans; RESTART of them. */
int isdn_line_add_spans(struct isdn_line *line);
void isdn_line_restart_spans(struct isdn_line *line);
/* Own descriptor of a channel, -1: none. */
int isdn_line_descriptor(const struct isdn_line *line, unsigned channel);

/* leg_isdn_event.c */
extern const struct isdn_handlers leg_isdn_handlers;

#endif
