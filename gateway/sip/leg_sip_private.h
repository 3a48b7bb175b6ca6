/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * leg_sip_private - what the files leg_sip*.c share.
 */
#ifndef GATEWAY_SIP_LEG_SIP_PRIVATE_H
#define GATEWAY_SIP_LEG_SIP_PRIVATE_H

#include "gateway/sip/digit_event.h"
#include "gateway/sip/leg_sip.h"
#include "gateway/sip/session.h"
#include "gateway/sip/ua_private.h"

#define EVENT_PAYLOAD_TYPE_DEFAULT 101

enum leg_sip_state {
	LEG_SIP_RESOLVING,
	LEG_SIP_CALLING,
	LEG_SIP_ALERTING,
	LEG_SIP_UP,
	LEG_SIP_OVER,
};

enum leg_sip_telling { /* an UPDATE that says who we are */
		       LEG_SIP_TOLD,
		       LEG_SIP_TELLING,
		       LEG_SIP_TELLING_OLD, /* what it says is old already */
};

enum leg_sip_phone { /* a leg that calls */
		     LEG_SIP_NO_PHONE,
		     LEG_SIP_PHONE,
		     LEG_SIP_PHONE_AT_SOURCE, /* where its REGISTER came from: on its connection, or behind NAT */
};

struct leg_sip_place {			 /* where a call may go */
	struct sockaddr_storage address; /* with port */
	enum peer_transport transport;
};

struct leg_sip {
	struct leg leg;
	struct llist_head entry; /* ua->legs */
	struct ua *ua;
	enum leg_sip_state state;
	struct session session;
	struct sip_options options; /* of its dial peer */
	unsigned tenant;
	struct dialog *dialog; /* the one in use, or NULL */
	unsigned dialogs;      /* not yet gone, those of earlier attempts included */
	uint16_t sip_status;
	uint8_t dtmf;			 /* of its dial peer: bits of enum peer_dtmf */
	bool is_phone;			 /* inbound: a telephone of the site calls */
	bool far_holds;			 /* as it was reported */
	bool other_holds;		 /* the other leg of the call */
	struct osmo_timer_list later;	 /* frees a leg without dialogs, reports a failure, tells media */
	struct osmo_timer_list expires;	 /* leg_sip_expires.c: runs until the answer */
	struct refer *refer;		 /* of the far end (refer.c), or NULL */
	struct referral *referral;	 /* of ours (refer_out.c), or NULL */
	struct hlist_head subscriptions; /* in its dialog, subscription.c */
	struct {			 /* leg_sip_flow.c */
		bool around;		 /* `media flow-around`, or a telephone of the site */
		bool asking;		 /* an offer that says another place is not settled */
		bool refused;
		uint8_t again_s; /* to the next offer to come back, after a refusal; 0: there was none */
		struct offer_direct wanted; /* where it is to send its audio; none: here */
		struct offer_direct before; /* what it was told before our last offer */
		uint8_t before_mode;
	} flow;
	struct { /* digit_relay.c */
		bool far_notifies, far_has_kpml;
		bool notifying; /* a NOTIFY of events is under way */
		struct digit_events events;
		struct osmo_timer_list subscribe; /* runs: we have subscribed to kpml, or will */
	} digits;
	struct cause failure;	    /* reported by later; q850 0: none */
	struct {		    /* leg_sip_identity.c */
		struct party heard; /* of the far end, the last that it said */
		struct party ours;  /* that we stand for */
		bool changed;	    /* outbound: before the answer */
		enum leg_sip_telling telling;
		bool takes_update, takes_from_change; /* the far end */
	} identity;
	struct {			       /* outbound */
		enum peer_transport transport; /* where a URI names none */
		enum leg_sip_phone phone;
		struct target target;
		struct target hop;	       /* the first of service_route; host empty: target */
		struct call_setup setup;       /* its texts live as long as the call */
		struct enum_query *enum_query; /* under way, or NULL */
		struct enum_answer *found; /* by ENUM: to be called one after another; or NULL */
		unsigned found_next;
		const char *uri; /* that is being called as it stands, of found or a telephone's; or
				    NULL */
		const char *route;	   /* value of Route, or NULL */
		const char *service_route; /* the same of its line's registrar */
		struct resolve *resolve;
		struct leg_sip_place *places; /* the addresses of target */
		unsigned places_count;
		struct redirect *redirect; /* 3xx that were followed, or NULL */
		bool neighbours_only;	   /* of the addresses, those that are trusted */
		unsigned registrars;	   /* bit n: registrar n was tried; 0: the target is none */
		/* leg_sip_failover.c */
		uint32_t tried;			 /* bit n: places n */
		unsigned current;		 /* which of them is being called */
		const char *target_text;	 /* as configured; NULL: it is made for each call */
		struct osmo_timer_list patience; /* runs until the first response */
	} out;
};

/* ---- leg_sip_expires.c */

void leg_sip_expires_out(struct leg_sip *l);			 /* begins to call */
void leg_sip_expires_in(struct leg_sip *l, const sip_t *invite); /* is called; may be NULL */
/* Outbound: the far end gave up when our time was over. */
bool leg_sip_has_expired(const struct leg_sip *l, struct cause *cause);

/* ---- leg_sip_identity.c */

/* A response, a re-INVITE, an UPDATE or a BYE: tells the call what is new in it. First of all. */
void leg_sip_hear(struct leg_sip *l, const struct dialog_news *news);
/* Who has answered; NULL: it does not say so. */
const struct party *leg_sip_answerer(const struct leg_sip *l);
/* Headers of the messages to come say that it is this party that we are; NULL: as before. */
void leg_sip_connected(struct leg_sip *l, const struct party *connected);
/* The same to a far end that has been told before. */
void leg_sip_tell(struct leg_sip *l);
void leg_sip_order_identity(struct leg *leg, const struct leg_identity *identity);
void leg_sip_order_notice(struct leg *leg, const struct leg_notice *notice);

extern const struct dialog_handlers leg_sip_handlers;

/* peer: decides codecs and DTMF relay; NULL: as one with nothing configured. prefer: codec to offer
 * first if the peer names none, 0: A-law; PEER_CODEC_CLEAR is offered alone. */
struct leg_sip *leg_sip_alloc(struct ua *ua, const struct peer *peer, enum peer_codec prefer);
void leg_sip_free(struct leg_sip *l);
/* As leg_sip_new(), but into the call of old, in its place. */
int leg_sip_replace(struct leg_sip *old, struct dialog *dialog, const struct call_setup *setup,
		    const struct dialog_news *offer);
/* The same, but beside old: a third in its call, or one more in its conference. */
int leg_sip_join(struct leg_sip *old, struct dialog *dialog, const struct call_setup *setup,
		 const struct dialog_news *offer);
/* What the call may look at has changed. */
void leg_sip_media_changed(struct leg_sip *l);
/* An INVITE to the next address of the host. 0, or negative errno when there is none left. */
int leg_sip_try_next_address(struct leg_sip *l);
/* The same for the next of the URIs that ENUM found. */
int leg_sip_try_next_uri(struct leg_sip *l);
/* ---- leg_sip_registrar.c: `session target registrar` */

int leg_sip_try_registrar(struct leg_sip *l); /* as leg_sip_start(), to the best one */
bool leg_sip_has_next_registrar(const struct leg_sip *l);
int leg_sip_try_next_registrar(struct leg_sip *l); /* if it has called one before */

/* The INVITE was answered 3xx: does it go on elsewhere (leg_sip_redirect.c)? */
bool leg_sip_follow(struct leg_sip *l, const struct dialog_news *news);
/* The same when one of the Contacts has failed. */
bool leg_sip_try_next_contact(struct leg_sip *l);
/* It is not followed: the number that it names goes on with the cause. */
void leg_sip_note_new_number(const struct dialog_news *news, struct cause *cause);
/* The Contact of a 3xx that says the cause's new number; 410 if there is none. */
#define REDIRECT_CONTACT_MAX 400
void leg_sip_contact_of_cause(const struct leg_sip *l, const struct cause *cause,
			      struct dialog_end *end, char room[REDIRECT_CONTACT_MAX]);
int leg_sip_deflect(struct leg *leg, const struct number *to); /* orders of an inbound leg */
int leg_sip_redirect(struct leg *leg, const struct plan_route *route);
/* leg_sip_phone.c: out.target and out.uri are those of the contact. -ENOENT: it is registered no more;
 * -EINVAL, -EHOSTUNREACH: it cannot be reached. */
int leg_sip_find_phone(struct leg_sip *l, const struct leg_request *request);
/* The connection that it had made has closed: at its Contact. -EHOSTUNREACH: that is another host's, or it
 * cannot be called. */
int leg_sip_call_phone_anew(struct leg_sip *l);
/* Where it is reached: enum leg_sip_phone. -EHOSTUNREACH, -EINVAL: nowhere, or by a name that is to be
 * looked up. */
int leg_sip_phone_target(const struct ua *ua, const struct phone_contact *contact,
			 struct target *out);
/* Contact of a 3xx: where another telephone can call this one itself, "<sip:...>;q=0.8, ...". How many
 * there are; 0: none, or not so many octets. */
unsigned leg_sip_phone_contacts(const struct ua *ua, const char *name, char *text, size_t size);
/* Calls out.target; a name is looked up first. */
int leg_sip_start(struct leg_sip *l);
/* leg_sip_failover.c: the address to call next, or -EHOSTUNREACH: there is none; -EAGAIN: none that
 * may be called now. */
int leg_sip_next_address(const struct leg_sip *l);
/* An INVITE is out. */
void leg_sip_wait_for_response(struct leg_sip *l);
/* It has a response, whatever it says. */
void leg_sip_responds(struct leg_sip *l);
/* The INVITE has failed: goes on with another address of the host if this one is out of order, with
 * another URI if the call may hunt on. false: there is none. */
bool leg_sip_try_elsewhere(struct leg_sip *l, const struct dialog_news *news,
			   const struct cause *cause);
/* Nothing is asked or waited for any more. */
void leg_sip_stop_looking(struct leg_sip *l);
struct cause leg_sip_local_cause(unsigned q850);
/* The answer to our offer, or a preview of it. true: there is audio of the far end to be heard. */
bool leg_sip_take_answer(struct leg_sip *l, const struct dialog_news *news);
/* leg_sip_hold.c: the far end holds, or no longer; the other leg does (order `hold`); handler
 * `offered` of the dialog. */
void leg_sip_report_hold(struct leg_sip *l);
void leg_sip_hold(struct leg *leg, bool held);
void leg_sip_on_offered(void *arg, const struct dialog_news *news);
/* Tells the far end what it does not know. If another offer is under way, its end brings us here again. */
void leg_sip_tell_media(struct leg_sip *l);

/* ---- leg_sip_flow.c: orders media, flow, quiet */

void leg_sip_set_flow(struct leg_sip *l, const struct peer *peer);
void leg_sip_media(struct leg *leg, struct leg_media *out);
void leg_sip_flow(struct leg *leg, const struct leg_media *to);
void leg_sip_quiet(struct leg *leg, bool quiet);
bool leg_sip_same_place(const struct offer_direct *a, const struct offer_direct *b);
/* An offer of theirs comes: ours that has not gone out is made anew after it. */
void leg_sip_withdraw(struct leg_sip *l);
/* It was taken; generation: of the session before. */
void leg_sip_redescribed(struct leg_sip *l, uint32_t generation);
/* It asks for an offer: whoever is to have that is not told the address of a third. */
void leg_sip_describe_here(struct leg_sip *l);
/* Handler `request` of the dialog (leg_sip_request.c). */
int leg_sip_on_request(void *arg, nta_incoming_t *irq, const sip_t *sip);

#endif
