/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn - Q.931 calls on one D channel: the only door to libpri.
 *
 * Order of calls: isdn_new() with a D-channel descriptor (see span.h) and handlers; it lives in
 * libosmocore's loop from then on. isdn_setup() makes a call, handlers.setup brings one. Every
 * call ends with exactly one handlers.released, after which its struct isdn_call is gone. Orders
 * may be given in any handler and never call one before they return. Two of them differ:
 * handlers.message and handlers.frame tell of what an order sends while it is sent, and must give
 * no orders. isdn_free() must not be called in a handler.
 *
 * Who owns what: the isdn object owns its calls; the user hangs its own object on a call with
 * isdn_call_set_user(). Closing fd_d is the caller's, after isdn_free().
 *
 * Timers: libpri runs Q.921's and T303, T305, T308, T309, T312, T313. T301 (180 s), T304 (30 s),
 * T310 (30 s) and T316 (120 s, twice) are run here. At the end of the first three the call is
 * cleared with cause 102 towards the network and reported, at once by handlers.disconnect and then
 * by handlers.released, with 19 (T301: alerted, no answer) or 102 (T304, T310). Messages that make
 * no sense can stop libpri's timers for good: a call that got no answer to SETUP or is being
 * cleared is given up one second after its timers should have ended it. D channel lost: calls that
 * are not active yet end with 27 (we made them) or 41; active ones live on for T309 (90 s), and
 * through it if layer 2 comes back.
 *
 * Overlap. In: a SETUP without sending complete is answered by isdn_need_digits(), further digits
 * come by handlers.more_digits; who collects them runs T302. Out: isdn_setup() without
 * sending_complete, handlers.setup_acknowledge, isdn_send_digits() until the far end proceeds.
 *
 * What libpri 1.6 cannot do, and so this does not:
 *   - Progress indicators sent: 8 in SETUP ACKNOWLEDGE, PROCEEDING, PROGRESS and ALERTING, 2 in
 *     CONNECT (not with primary-dms100), 3 in SETUP (primary-ni only); no other, and none in
 *     DISCONNECT. isdn_progress() with another one: -ENOTSUP. All that come are reported.
 *   - The location sent is always 1 (private network serving the local user), diagnostics are
 *     never sent; a location that comes is reported, and of the diagnostics the new number of
 *     causes 22 and 23.
 *   - A name goes as display in SETUP and CONNECT: from the network side, and from the user side
 *     with every type but primary-net5; with primary-qsig as a facility. Restricted names not at
 *     all.
 *   - Redirecting number without facilities (redirection_facility false): neither count (1 is
 *     reported) nor the number called originally.
 *   - User-user information: 35 octets of IA5 without zeros are sent, in SETUP only and not when
 *     SETUP is sent again. High and low layer compatibility are neither sent nor reported.
 *   - INFORMATION takes one digit of the called number a message, and never sending complete.
 *   - Connected number and name after CONNECT, and where a call was diverted: primary-net5 and
 *     primary-qsig only.
 *   - A SETUP is rejected by RELEASE COMPLETE with causes 1, 34, 44, 82 and 88; for any other
 *     PROCEEDING and DISCONNECT are sent.
 * The table of what each switch type carries is in sipspan.conf(5), ISDN LIMITS.
 *
 * Times are milliseconds, causes are Q.850 with location, errors negative errno.
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_H
#define DRIVERS_GLUE_ISDN_ISDN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialplan/party.h"

enum isdn_switch_type {
	ISDN_PRIMARY_NET5 = 1, /* EuroISDN */
	ISDN_PRIMARY_NI,       /* NI2 */
	ISDN_PRIMARY_DMS100,
	ISDN_PRIMARY_4ESS,
	ISDN_PRIMARY_5ESS,
	ISDN_PRIMARY_QSIG,
	ISDN_BASIC_NET3, /* EuroISDN on a basic rate */
	ISDN_BASIC_QSIG,
};

/* progress description, Q.931 4.5.23: the indicator's own number */
enum isdn_progress {
	ISDN_PROGRESS_NONE = 0,
	ISDN_PROGRESS_NOT_END_TO_END = 1,
	ISDN_PROGRESS_DESTINATION_NOT_ISDN = 2,
	ISDN_PROGRESS_ORIGIN_NOT_ISDN = 3,
	ISDN_PROGRESS_RETURNED = 4,
	ISDN_PROGRESS_INBAND = 8,
};

/* Q.850 2.2.3 */
enum isdn_location {
	ISDN_LOCATION_USER = 0,
	ISDN_LOCATION_PRIVATE_LOCAL = 1,
	ISDN_LOCATION_PUBLIC_LOCAL = 2,
	ISDN_LOCATION_TRANSIT = 3,
	ISDN_LOCATION_PUBLIC_REMOTE = 4,
	ISDN_LOCATION_PRIVATE_REMOTE = 5,
	ISDN_LOCATION_INTERNATIONAL = 7,
	ISDN_LOCATION_BEYOND_INTERWORKING = 10,
};

/* information transfer capability, Q.931 table 4-6 */
enum isdn_bearer {
	ISDN_BEARER_SPEECH = 0x00,
	ISDN_BEARER_UNRESTRICTED_DIGITAL = 0x08,
	ISDN_BEARER_RESTRICTED_DIGITAL = 0x09,
	ISDN_BEARER_3K1_AUDIO = 0x10,
};

/* numbers as in Q.931 table 9-1 and 9-2 */
enum isdn_timer {
	ISDN_T301 = 301,
	ISDN_T302 = 302,
	ISDN_T303 = 303,
	ISDN_T304 = 304,
	ISDN_T305 = 305,
	ISDN_T306 = 306,
	ISDN_T308 = 308,
	ISDN_T309 = 309,
	ISDN_T310 = 310,
	ISDN_T312 = 312,
	ISDN_T313 = 313,
	ISDN_T316 = 316,
};

/* state of a channel as SERVICE tells it */
enum isdn_service {
	ISDN_IN_SERVICE = 0,
	ISDN_MAINTENANCE = 1,
	ISDN_OUT_OF_SERVICE = 2,
};

/* `isdn layer2 establish` */
enum isdn_layer2 {
	ISDN_LAYER2_UNSAID, /* always, but on demand on a point to multipoint bus */
	ISDN_LAYER2_ALWAYS, /* it is brought up again when it goes down */
	ISDN_LAYER2_DEMAND, /* a call brings it up; that it is down is no trouble */
};

struct isdn_link_options {	   /* see isdn_link.h; 0: the default */
	unsigned t200_ms, t203_ms; /* Q.921: 1000, 10000 */
	unsigned n200, k;	   /* retransmissions: 3; window: 7, basic rate 1 */
	enum isdn_layer2 layer2;
};

#define ISDN_ANSWER_MAX 8
#define ISDN_ANSWER_DIGITS 24

#define ISDN_INTERFACES_MAX 32 /* identifiers are below this */

struct isdn_nfas { /* one D channel for several spans; see isdn_link.h */
	bool on;
	unsigned interface;   /* identifier of the span of fd_d */
	int backup_fd_d;      /* D-channel backup; 0: none */
	unsigned backup_span; /* for log lines */
	/* By interface, for log lines; 0: not told. That of fd_d is known. */
	unsigned spans[ISDN_INTERFACES_MAX];
};

struct isdn_multipoint { /* a bus of several terminals; see isdn_link.h */
	bool on;
	/* User side: the numbers of this terminal (`isdn answer1`), x is any digit; a SETUP for
	 * another one is not ours and gets no answer. None: all are. */
	char answer[ISDN_ANSWER_MAX][ISDN_ANSWER_DIGITS + 1];
};

struct isdn;
struct isdn_call;
struct isdn_supplementary_event;
struct isdn_completion_event;

struct isdn_config {
	unsigned span; /* for log lines and the channel's name */
	int fd_d;
	enum isdn_switch_type switch_type;
	bool network; /* `isdn protocol-emulate network` */
	bool t1;
	bool alaw;	    /* law announced in the bearer capability */
	unsigned settle_ms; /* layer 2 counts as up when it has been for so long; 0: 1200 */
	/* Bit n: RESTART timeslot n before layer 2 first counts as up: the far end may hold calls
	 * of a program that was killed. It has 3 s to acknowledge all of them. */
	uint32_t restart_timeslots;
	/* Diversions as divertingLegInformation2 (primary-net5; primary-qsig always) */
	bool redirection_facility;
	unsigned timers_ms[32]; /* [T - 300]; 0: the default of the timer's row */
	unsigned supplementary; /* enum isdn_supplementary: services that are allowed */
	struct isdn_nfas nfas;
	struct isdn_link_options link;
	struct isdn_multipoint multipoint; /* basic rate only */
};

/* What SETUP carries; both ways. What came was checked: digits are digits, names are good UTF-8,
 * lengths are those of Q.931; an element that was not so is left out. */
struct isdn_setup {
	struct number called; /* may be empty: overlap, or keypad instead */
	struct subaddress called_subaddress;
	struct party calling;
	unsigned timeslot; /* 1..31; the B channel wanted or offered */
	bool exclusive;	   /* no other channel will do */
	uint8_t bearer;	   /* enum isdn_bearer */
	bool sending_complete;
	uint8_t progress; /* enum isdn_progress: PI in SETUP */
	struct redirection redirection;
	struct user_user user_user;
	char keypad[KEYPAD_MAX + 1]; /* digits, * and # */
	/* Calls back for this record of call completion, see isdn_completion.h; 0: it does not.
	 * Sent with the calling and called number, bearer and capabilities of the first call. */
	long completion;
};

struct isdn_cause {
	uint8_t value;		  /* Q.850, 1..127 */
	uint8_t location;	  /* enum isdn_location */
	struct number new_number; /* with 22 and 23; no digits: not told */
};

enum isdn_message_direction {
	ISDN_RECEIVED,
	ISDN_SENT,
};

/* Any handler may be NULL. timeslot: the channel the far end named, 0 if none. progress: PI or 0.
 */
struct isdn_handlers {
	void (*dchannel)(void *arg, bool up);
	void (*setup)(void *arg, struct isdn_call *call, const struct isdn_setup *setup);
	void (*setup_acknowledge)(struct isdn_call *call, unsigned progress); /* wants digits */
	/* after isdn_need_digits(): digits may be empty; complete: no more will come */
	void (*more_digits)(struct isdn_call *call, const char *digits, bool complete);
	void (*proceeding)(struct isdn_call *call, unsigned timeslot, unsigned progress);
	void (*alerting)(struct isdn_call *call, unsigned progress);
	void (*progress)(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause);
	void (*connect)(struct isdn_call *call, const struct party *connected);
	void (*digit)(struct isdn_call *call, const char *digits); /* INFORMATION, keypad */
	void (*connected)(struct isdn_call *call, const struct party *connected); /* changed */
	void (*redirected)(struct isdn_call *call, const struct redirection *redirection);
	void (*display)(struct isdn_call *call, const char *text); /* UTF-8 */
	/* DISCONNECT, or a timer of ours ran out: clear with isdn_release(). inband: tones can be
	 * heard until then (PI 8). NULL: cleared at once. */
	void (*disconnect)(struct isdn_call *call, const struct isdn_cause *cause, bool inband);
	void (*released)(struct isdn_call *call, const struct isdn_cause *cause);
	void (*restarted)(void *arg, unsigned timeslot); /* RESTART (0: the whole span): its calls
						    were released before this */
	/* A RESTART of ours has ended; acknowledged too if the far end uses the channel by then. */
	void (*restart_done)(void *arg, unsigned timeslot, bool acknowledged);
	void (*service)(void *arg, unsigned timeslot, enum isdn_service status); /* SERVICE */
	/* RELEASE was not answered (T308, twice): the far end may hold the channel. The call's
	 * handlers.released follows. */
	void (*release_failed)(void *arg, unsigned timeslot);
	/* Every Q.931 message with its name ("SETUP") and what matters in it ("PI 8", "cause 17").
	 * call is NULL if it belongs to none (RESTART, STATUS). */
	void (*message)(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
			const char *text);
	/* Supplementary services: see isdn_supplementary.h. */
	void (*supplementary)(struct isdn_call *call, const struct isdn_supplementary_event *event);
	/* Call completion: see isdn_completion.h. call: of the message, NULL if it has none. */
	void (*completion)(void *arg, struct isdn_call *call,
			   const struct isdn_completion_event *event);
	/* Every Q.921 frame as it stands on the line, without FCS. call: of the message in it, NULL
	 * if there is none. Of a SETUP that makes a call this is told after handlers.setup, or
	 * before the first frame that is sent for it. Must give no orders. */
	void (*frame)(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
		      const uint8_t *octets, size_t length);
};

/* handlers must stay valid. -EINVAL: unknown switch type. */
int isdn_new(void *ctx, const struct isdn_config *config, const struct isdn_handlers *handlers,
	     void *arg, struct isdn **out);
/* Its calls are released first, cause 41. libpri cannot free a controller: some 20 kB stay behind.
 */
void isdn_free(struct isdn *isdn);

/* `isdn timer` while it runs, as in struct isdn_config: for timers that are started from now on. */
void isdn_set_timers(struct isdn *isdn, const unsigned timers_ms[32]);

bool isdn_is_up(const struct isdn *isdn); /* layer 2 established */
unsigned isdn_call_count(const struct isdn *isdn);
void *isdn_arg(const struct isdn *isdn);
/* What `show isdn status` prints about layers 2 and 3, several lines. */
void isdn_describe(struct isdn *isdn, char *text, size_t size);
unsigned isdn_timer_value_ms(const struct isdn *isdn, enum isdn_timer timer); /* as in use */
/* One line for every frame (q921) and message (q931) to the log, category DISDN, level debug. */
void isdn_debug(struct isdn *isdn, bool q931, bool q921);
/* The same for one frame, for who sees them by handlers.frame and knows the call's id. */
struct isdn_frame_line {
	unsigned span;
	uint32_t call; /* 0: none */
	enum isdn_message_direction direction;
	const uint8_t *octets;
	size_t length;
	bool q931, q921;
};
void isdn_frame_log(const struct isdn_frame_line *frame);
struct isdn_frame_counters {
	uint64_t received, sent, lost; /* lost: no frame, or not taken by the descriptor */
	/* Received ones that were not fit for libpri, see q931_check.h: broken elements left out;
	 * message not heeded; no Q.921 frame. */
	uint64_t repaired, ignored, dropped;
};
/* Of the D channel and its backup together. */
void isdn_frame_counters(const struct isdn *isdn, struct isdn_frame_counters *out);

/* -ENETDOWN: layer 2 is down (treat as cause 27). -EINVAL: no number although it is complete, and
 * no keypad. */
int isdn_setup(struct isdn *isdn, const struct isdn_setup *setup, void *user,
	       struct isdn_call **out);

void isdn_call_set_user(struct isdn_call *call, void *user);
void *isdn_call_user(const struct isdn_call *call);
struct isdn *isdn_call_isdn(const struct isdn_call *call);
unsigned isdn_call_timeslot(const struct isdn_call *call);
const char *isdn_call_state_name(const struct isdn_call *call);
/* In a handler: the progress indicators of its message, bit n: indicator n. */
unsigned isdn_call_indicators(const struct isdn_call *call);

/* Incoming calls. timeslot: the channel we choose (as offered, or another if it was not exclusive).
 * isdn_alerting() and later steps send what must come before by themselves. */
int isdn_need_digits(struct isdn_call *call, unsigned timeslot, bool dialtone); /* SETUP ACK */
int isdn_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress);
int isdn_alerting(struct isdn_call *call, unsigned progress);
int isdn_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause);
int isdn_connect(struct isdn_call *call, const struct party *connected);
/* CONNECT with PI 2: who answers is no ISDN terminal. */
int isdn_connect_not_isdn(struct isdn_call *call, const struct party *connected);

/* Either side, any state: DISCONNECT, RELEASE or RELEASE COMPLETE as the state wants. The call
 * lives until handlers.released, which brings the first cause that was known: this one, if the far
 * end had not said anything. */
int isdn_release(struct isdn_call *call, unsigned cause);
int isdn_send_digits(struct isdn_call *call, const char *digits); /* INFORMATION */
/* Before the answer: the call was diverted to redirection->to. -ENOTSUP as below. */
int isdn_diverted(struct isdn_call *call, const struct redirection *redirection);
/* In a call that is up: we are somebody else now (transfer), or what the far end should display.
 * -ENOTSUP: this switch type has no way to say so. */
int isdn_connected_update(struct isdn_call *call, const struct party *connected);
int isdn_display(struct isdn_call *call, const char *text);

const char *isdn_switch_type_name(enum isdn_switch_type type); /* "primary-net5" */
bool isdn_is_basic_rate(enum isdn_switch_type type);
int isdn_switch_type_from_name(const char *name); /* or -EINVAL */
const char *isdn_cause_name(unsigned cause);	  /* "user busy"; never NULL */

#endif
