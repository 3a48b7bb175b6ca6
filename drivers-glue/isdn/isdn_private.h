/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_private - what the files of isdn share: isdn.c (the object, libpri's loop), isdn_frame.c
 * (what libpri may see of a frame, and who else sees it), isdn_link.c (layer 2's state, RESTART),
 * isdn_event.c (libpri's events in), isdn_call.c (orders out, our timers), isdn_party.c (numbers
 * and names), isdn_completion.c (call completion).
 *
 * libpri frees its calls when it likes, at times without an event. So a q931_call is never
 * dereferenced, only handed back to libpri while isdn_sweep() says that it is still the same.
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_PRIVATE_H
#define DRIVERS_GLUE_ISDN_ISDN_PRIVATE_H

#include <sys/time.h>
#include <libpri.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/dchannel.h"
#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/isdn/isdn_completion.h"
#include "drivers-glue/isdn/isdn_link.h"
#include "drivers-glue/isdn/isdn_supplementary_private.h"
#include "drivers-glue/isdn/q931_check.h"
#include "drivers-glue/isdn/q931_text.h"

#define ISDN_CALLS_MAX 64 /* more than a span has channels: somebody floods us with SETUP */

/* Q.931 2.1, ours and the far end's view folded into one */
enum isdn_call_state {
	ISDN_CALL_INITIATED, /* SETUP sent */
	ISDN_CALL_OVERLAP,   /* SETUP ACK received: the far end wants more digits */
	ISDN_CALL_OUTGOING_PROCEEDING,
	ISDN_CALL_DELIVERED,	     /* ALERTING received */
	ISDN_CALL_PRESENT,	     /* SETUP received */
	ISDN_CALL_OVERLAP_RECEIVING, /* SETUP ACK sent */
	ISDN_CALL_INCOMING_PROCEEDING,
	ISDN_CALL_RECEIVED, /* ALERTING sent */
	ISDN_CALL_ACTIVE,
	ISDN_CALL_DISCONNECTED, /* DISCONNECT received, isdn_release() is awaited */
	ISDN_CALL_CLEARING,	/* isdn_release() was given, or a timer did */
	ISDN_CALL_ABANDONED,	/* RELEASE was not answered, the call is about to go */
};

enum isdn_link_state {
	ISDN_LINK_DOWN,
	ISDN_LINK_SETTLING,   /* up here; whether at the far end too is not known yet */
	ISDN_LINK_RESTARTING, /* up; RESTART of the channels that must be empty goes first */
	ISDN_LINK_UP,
	ISDN_LINK_GONE, /* the descriptor has no far end any more */
};

struct isdn_call {
	struct llist_head entry;
	struct isdn *isdn;
	q931_call *q; /* opaque, see above */
	bool outgoing;
	uint16_t reference;
	uint8_t tei; /* incoming: of the terminal that made it; references are its own */
	enum isdn_call_state state;
	unsigned timeslot;
	struct isdn_cause cause; /* why it ends; the first one stays; value 0: not known */
	struct osmo_timer_list timer;
	enum isdn_timer running; /* which one timer is */
	struct isdn_call_supplementary supplementary;
	void *user;
};

#define FRAMES_HELD_MAX 4

struct isdn_frames {
	struct dss1_checked checked; /* what libpri sees of the frame that is worked on ... */
	struct dchannel_frame fit;   /* ... as a frame */
	/* a SETUP that handlers.frame has not heard of yet, and what was sent since */
	const struct dchannel_frame *untold;
	struct {
		size_t length;
		uint8_t octets[DCHANNEL_FRAME_MAX];
	} held[FRAMES_HELD_MAX];
	unsigned held_count;
	uint64_t faults[DSS1_DROPPED + 1];
	time_t fault_logged; /* monotonic seconds */
	unsigned faults_unsaid;
	bool show_q931, show_q921; /* isdn_debug() */
};

struct isdn_dlink { /* a D channel; the second one is a backup */
	struct isdn *isdn;
	unsigned span;
	struct pri *pri;
	struct dchannel *dchannel;
	bool up;
};

#define ISDN_DLINKS_MAX 2

struct isdn {
	struct isdn_config config;
	const struct isdn_handlers *handlers;
	void *arg;
	struct isdn_dlink dlinks[ISDN_DLINKS_MAX];
	unsigned dlink_count;
	struct isdn_dlink *working; /* the one that libpri works for right now */
	/* those of the D channel that is in use */
	struct pri *pri;
	struct dchannel *dchannel;
	enum isdn_link_state link;
	struct llist_head calls;
	struct osmo_timer_list settle;
	struct osmo_timer_list schedule; /* libpri's next timer, or "look now" after an order */
	/* the frame libpri is working on; type 0: it runs for a timer or an order */
	const struct dchannel_frame *frame;
	uint8_t tei; /* of the frame received or sent last */
	struct dss1_message message;
	struct isdn_frames frames;
	/* RESTART goes out for one channel at a time */
	uint32_t restart_wanted[ISDN_INTERFACES_MAX]; /* bit n: timeslot n */
	unsigned restart_channel;		      /* sent, not acknowledged; 0: none */
	unsigned restart_attempts;
	bool restart_known; /* the far end has acknowledged one */
	struct osmo_timer_list restart_timer;
	struct {
		uint32_t wanted[ISDN_OUT_OF_SERVICE + 1][ISDN_INTERFACES_MAX];
		unsigned channel; /* sent, not acknowledged; 0: none */
		enum isdn_service status;
		unsigned attempts;
		struct osmo_timer_list timer;
	} service;
};

/* isdn.c */
void isdn_look_soon(struct isdn *isdn); /* after every order: run libpri's timers, sweep */
void isdn_trace(struct isdn *isdn, struct isdn_call *call, enum isdn_message_direction direction,
		const struct dss1_message *message);
unsigned isdn_timer_ms(const struct isdn *isdn, enum isdn_timer timer);
bool isdn_may_display(const struct isdn_config *config); /* send a display element */

/* isdn_link.c */
void isdn_link_init(struct isdn *isdn);
void isdn_link_configure(struct isdn *isdn, struct pri *pri); /* libpri's side of the options */
void isdn_link_stop(struct isdn *isdn);			      /* its timers */
void isdn_link_up(struct isdn *isdn);		 /* SETTLING, RESTARTING, UP in their time */
void isdn_link_settled(struct isdn *isdn);	 /* the far end has shown that it hears us */
bool isdn_layer2_is_up(const struct isdn *isdn); /* RESTARTING included */
void isdn_link_set(struct isdn *isdn, enum isdn_link_state state);
bool isdn_is_for_us(const struct isdn *isdn, const char *called); /* multipoint.answer */
void isdn_restart_next(struct isdn *isdn);
void isdn_restart_acknowledged(struct isdn *isdn, unsigned channel); /* 0: none named */
void isdn_service_acknowledged(struct isdn *isdn, unsigned channel);
/* libpri's channel numbers hold interface and flags too. 0: no channel. */
unsigned isdn_channel_from_pri(const struct isdn *isdn, int channel);
int isdn_channel_to_pri(const struct isdn *isdn, unsigned channel);
unsigned isdn_named_channel(const struct isdn *isdn); /* by the message at hand; 0: none */

/* isdn_nfas.c */
/* 0: primary, 1: backup. */
int isdn_dlink_open(struct isdn *isdn, unsigned number, int switch_type);
void isdn_dlink_close(struct isdn_dlink *dlink);
struct isdn_dlink *isdn_dlink_of(struct isdn *isdn, const struct pri *pri);
/* What libpri says of layer 2 of the one it works for. */
void isdn_dlink_up(struct isdn *isdn);
void isdn_dlink_down(struct isdn *isdn);

/* isdn.c, for it */
extern const struct dchannel_handlers isdn_frame_handlers; /* arg: the dlink */
struct pri *isdn_new_pri(struct isdn *isdn, int fd, int switch_type);
void isdn_configure_pri(struct isdn *isdn, struct pri *pri);
void isdn_retire_pri(struct pri *pri);

/* isdn_frame.c */
/* What libpri and we may see of a received frame, valid until the next one; NULL: nothing. */
const struct dchannel_frame *isdn_frame_check(struct isdn *isdn,
					      const struct dchannel_frame *frame);
void isdn_frame_received(struct isdn *isdn, const struct dchannel_frame *frame);
void isdn_frame_done(struct isdn *isdn); /* with what was received */
void isdn_frame_sent(struct isdn *isdn, const struct dchannel_frame *frame);

/* isdn_event.c */
void isdn_on_event(struct isdn *isdn, const pri_event *event);

/* isdn_call.c */
struct isdn_call *isdn_call_new(struct isdn *isdn, q931_call *q, bool outgoing);
struct isdn_call *isdn_call_find(struct isdn *isdn, const q931_call *q);
/* by_originator as in the frame; received tells which side sent it. */
struct isdn_call *isdn_call_of_message(struct isdn *isdn, const struct dss1_message *message,
				       enum isdn_message_direction direction);
void isdn_call_enter(struct isdn_call *call, enum isdn_call_state state);
void isdn_call_note_cause(struct isdn_call *call, unsigned value, unsigned location);
/* As isdn_call_end(), after RELEASE went unanswered. */
void isdn_call_abandon(struct isdn_call *call);
/* handlers.released, and the call is gone. */
void isdn_call_end(struct isdn_call *call);

/* isdn_completion.c */
bool isdn_completion_is_on(const struct isdn *isdn);
/* Of a connection without B channel that libpri uses for call completion, or may. */
bool isdn_completion_is_link(const struct isdn *isdn, const pri_event *event);
/* A SETUP without channel that is for call completion: libpri answers it. */
bool isdn_completion_takes_link(const struct isdn *isdn, q931_call *q,
				const struct pri_subcommands *subcommands);
/* What subcommands say of it. call: NULL if they came with none. */
void isdn_completion_tell(struct isdn *isdn, struct isdn_call *call,
			  const struct pri_subcommands *subcommands);
/* The record that a SETUP calls back for; 0: none. */
long isdn_completion_of_setup(const struct isdn *isdn, const struct pri_subcommands *subcommands);

/* isdn_party.c */
void isdn_party_from_pri(const struct pri_party_id *id, struct party *out);
void isdn_party_to_pri(const struct party *party, struct pri_party_id *out);
void isdn_subaddress_from_pri(const struct pri_party_subaddress *in, struct subaddress *out);
void isdn_subaddress_to_pri(const struct subaddress *in, struct pri_party_subaddress *out);
void isdn_redirection_from_pri(const struct pri_party_redirecting *in, struct redirection *out);
void isdn_redirection_to_pri(const struct redirection *in, struct pri_party_redirecting *out);
void isdn_text_from_pri(const char *in, int char_set, char *out, size_t size); /* to UTF-8 */
void isdn_text_to_pri(const char *in, char *out, size_t size);		       /* to Latin-1 */
/* Digits of the called number or of a keypad. */
bool isdn_digits_valid(const char *digits, size_t max);
/* Digits and plan octet as libpri has them. False: something in it is no digit or too much. */
bool isdn_number_from_pri(const char *digits, int plan, struct number *out);
int isdn_number_plan(const struct number *number);
const char *isdn_number_digits(const struct number *number); /* without the + */

#endif
