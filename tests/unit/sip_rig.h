/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_rig - a real user agent and office on loopback, with a telephone of raw sockets on the SIP
 * side, a leg that does what the test says on the other, and a media process that only writes down
 * its orders.
 *
 * Everything runs in one loop. Waiting is for an event with a deadline, and fails the test.
 */
#ifndef TESTS_UNIT_SIP_RIG_H
#define TESTS_UNIT_SIP_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <osmocom/core/select.h>

#include "gateway/call/call.h"
#include "gateway/sip/ua.h"
#include "gateway/wire/messages.h"

#define RIG_PORT_FIRST                                                                             \
	22000 /* a free pair between them is taken, from a place of this run's own on */
#define RIG_PORT_LAST 23998
#define RIG_T1_MS 40
#define RIG_ENUM_MS 300 /* time limit of enum_query */
#define MESSAGE_MAX 8192

struct rig_media { /* what the media process was told last */
	unsigned opened, closed, sets;
	unsigned ports; /* taken or not; 0: very many */
	struct wire_stream_set set;
	char digit;
	bool strays; /* far ends send from elsewhere */
};

struct fake_leg { /* the other side of the call */
	struct leg leg;
	bool inbound, released;
	char orders[256]; /* "alert+ answer(4420) release(16)" */
	struct leg_request request;
	struct cause cause;
	bool held;
	char channel[16]; /* what it reports */
};

struct rig {
	void *ctx;
	unsigned port;	    /* of the user agent */
	unsigned peer_port; /* where dial-peers 7... (UDP) and 8... (TCP, IPv6) send their calls */
	struct office *office;
	struct ua *ua;
	struct fake_leg fake; /* the one made last */
	unsigned made;
	struct rig_media media;
};

extern struct rig rig;

/* The plan: numbers that begin with 1-6 or + go to the fake leg, 7..., 8..., 90.., 91.. and 99..,
 * this one to the registrar, to SIP; 77.. to ::1 if that fails.
 * Calls from SIP to 2... have RFC 4733 events and both codecs; to 31.. only mu-law, and events as
 * type 97; to 32.. both codecs and no events; to 33.. A-law and data; to 34.. digits in INFO;
 * to 35.. there or in events; to 36.. by KPML, NOTIFY and INFO, and charges; the rest has peer 0. */
/* What the next rig_start() asks before it makes the user agent, NULL: nobody. */
extern void (*rig_configure)(struct ua_config *config);
/* listen_extra: one more IPv4 address to listen on, or NULL. */
void rig_start(const struct sockaddr_storage *listen_extra);
void rig_use_name_server(const char *address);
/* No `allow-connections sip to sip`. */
void rig_forbid_sip_to_sip(void);
void rig_use_emergency(void); /* `emergency 2112` */
void rig_stop(void);
/* Runs the loop until done() or the deadline; false: it passed. */
bool rig_wait(bool (*done)(void *arg), void *arg, unsigned ms);
void rig_run(unsigned ms); /* what must not happen has that long to do so */
/* The fake leg's side. */
void rig_event(enum call_event event, const void *data);
bool rig_ordered(const char *order); /* waits for it */
/* A call from the fake side to number, calling from. */
void rig_call(const char *number, const struct party *calling);
void rig_call_setup(const struct call_setup *setup);

/* ---- a telephone */

#define RIG_REPEATS 512 /* messages, at least */

struct phone {
	struct osmo_fd fd, listen; /* listen: TCP only */
	bool tcp, v6;
	unsigned port;
	struct sockaddr_storage gateway; /* where it sends */
	char inbox[32][MESSAGE_MAX];
	unsigned head, count;
	char stream[4 * MESSAGE_MAX]; /* TCP: what has come of the next message */
	size_t stream_used;
	/* What a message sent again adds depends on the machine: it is heard once, unless the test asks. */
	bool hears_repeats;
	uint64_t known[RIG_REPEATS];
	unsigned known_next;
	/* the dialog it is in */
	char call_id[64], local_tag[32], remote_tag[64], invite_branch[64];
	unsigned cseq, invite_cseq;
	bool refused;	       /* the last response was: the ACK is for 3xx to 6xx */
	const char *extra;     /* header lines for the next request, each with CRLF */
	const char *via;       /* replaces host and port of Via */
	const char *contact;   /* replaces the Contact header; "" leaves it out */
	const char *body_type; /* application/sdp */
	const char *to;	       /* number called, "2001" */
};

void phone_open(struct phone *p, bool tcp, bool v6, unsigned port); /* UDP, or TCP connected */
void phone_listen(struct phone *p, bool v6, unsigned port);	    /* TCP, one connection */
/* UDP from another address: fd is bound to it, and sends to the user agent at the same address. */
void phone_use_socket(struct phone *p, int fd, const struct sockaddr_storage *gateway);
void phone_close(struct phone *p);
void phone_send(struct phone *p, const char *text);
void phone_send_bytes(struct phone *p, const void *bytes, size_t size);
/* A request of its dialog; INVITE, ACK and CANCEL share CSeq and branch as they must. */
void phone_request(struct phone *p, const char *method, const char *body);
/* The next message; "" when none came in time. Valid until 31 more have come. */
const char *phone_receive(struct phone *p, unsigned ms);
/* The next message must begin so. Takes the remote tag of a response. */
const char *phone_expect(struct phone *p, const char *start);
void phone_expect_nothing(struct phone *p, unsigned ms);
/* Answers a request that came: status line as in "180 Ringing". tag: of To, NULL none. */
void phone_respond(struct phone *p, const char *request, const char *status, const char *tag,
		   const char *body);
/* Value of a header of a message (its first line of that name), in a buffer that eight calls share.
 */
const char *header(const char *message, const char *name);
const char *body_of(const char *message);

extern const char SDP_ALAW[], SDP_HOLD[], SDP_ALAW6[];

#endif
