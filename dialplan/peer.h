/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * peer - a dial peer, as IOS has it: one way to the telephone network (pots) or to SIP (voip).
 *
 * Plain data. The configuration fills it and plan_add_peer() copies it. Whether it is complete
 * enough to be used follows from its fields (peer_is_valid, peer_is_outbound, peer_is_inbound:
 * dial-peer rules 1.2 and 1.3).
 */
#ifndef DIALPLAN_PEER_H
#define DIALPLAN_PEER_H

#include "dialplan/classes.h"
#include "dialplan/sip_options.h"

#define PEER_PATTERN_MAX 64
#define PEER_TARGET_MAX 255
#define PEER_DESCRIPTION_MAX 64
#define PEER_CODECS_MAX 4

enum peer_kind {
	PEER_POTS,
	PEER_VOIP,
};

enum peer_codec {
	PEER_CODEC_G711ULAW = 1,
	PEER_CODEC_G711ALAW = 2,
	PEER_CODEC_CLEAR = 3, /* `codec clear-channel`: 64 kbit/s of data, RFC 4040 */
};

enum peer_transport {
	PEER_TRANSPORT_SYSTEM, /* what `sip-ua` says */
	PEER_TRANSPORT_UDP,
	PEER_TRANSPORT_TCP,
	PEER_TRANSPORT_TLS,
};

enum peer_dtmf {			/* bits of `dtmf-relay`; none: digits stay in the audio */
		 PEER_DTMF_RTP_NTE = 1, /* RFC 4733 */
		 PEER_DTMF_SIP_INFO = 2,
		 PEER_DTMF_SIP_NOTIFY = 4, /* NOTIFY telephone-event */
		 PEER_DTMF_SIP_KPML = 8,   /* RFC 4730 */
};

enum peer_forward {			  /* `forward-digits`, rule 7.2 */
		    PEER_FORWARD_DEFAULT, /* digit-strip decides */
		    PEER_FORWARD_COUNT,
		    PEER_FORWARD_ALL,
		    PEER_FORWARD_EXTRA,
};

enum peer_uri { /* the headers of an INVITE whose URIs are compared (rules 2.3, 4.1) */
		PEER_URI_REQUEST,
		PEER_URI_TO,
		PEER_URI_FROM,
		PEER_URI_VIA, /* the topmost: the neighbour */
		PEER_URI_DIVERSION,
		PEER_URI_REFERRED_BY,
		PEER_URI_COUNT
};

enum peer_message { /* messages whose progress indicator `progress_ind` changes */
		    PEER_MESSAGE_SETUP,
		    PEER_MESSAGE_PROCEEDING,
		    PEER_MESSAGE_ALERT,
		    PEER_MESSAGE_PROGRESS,
		    PEER_MESSAGE_CONNECT,
		    PEER_MESSAGE_DISCONNECT,
		    PEER_MESSAGE_COUNT
};

#define PEER_PI_UNSET 0
#define PEER_PI_DISABLE 1 /* `disable` and `strip`: it has none */
#define PEER_PI_STRIP 2
#define PEER_PI_ENABLE(n) (3 + (n))

#define PEER_TRUNK_GROUPS_MAX 4
#define PEER_TON_ANY 0xff

struct peer {
	uint32_t tag; /* 1..2147483647 */
	enum peer_kind kind;
	char description[PEER_DESCRIPTION_MAX + 1];
	bool shutdown;

	char destination_pattern[PEER_PATTERN_MAX + 1];
	char incoming_called_number[PEER_PATTERN_MAX + 1];
	char answer_address[PEER_PATTERN_MAX + 1];
	/* voice class e164-pattern-map; 0: none */
	unsigned destination_map; /* destination e164-pattern-map */
	unsigned calling_out_map; /* destination calling e164-pattern-map */
	unsigned called_map;	  /* incoming called e164-pattern-map */
	unsigned calling_map;	  /* incoming calling e164-pattern-map */
	/* voice class uri, by enum peer_uri; empty: none */
	char incoming_uri[PEER_URI_VIA + 1][CLASS_NAME_MAX + 1];  /* request, to, from, via */
	char destination_uri[PEER_URI_COUNT][CLASS_NAME_MAX + 1]; /* destination uri, uri-to ... */
	char carrier_source[CLASS_NAME_MAX + 1], carrier_target[CLASS_NAME_MAX + 1];
	unsigned dpg;		   /* destination dpg; 0: none */
	unsigned provision_policy; /* destination provision-policy; 0: none */
	uint8_t numbering_type;	   /* enum number_ton, or PEER_TON_ANY */
	char cor_incoming[CLASS_NAME_MAX + 1], cor_outgoing[CLASS_NAME_MAX + 1];
	char profile_incoming[TRANSLATION_PROFILE_NAME_MAX + 1];
	char profile_outgoing[TRANSLATION_PROFILE_NAME_MAX + 1];
	char call_block[TRANSLATION_PROFILE_NAME_MAX + 1]; /* call-block translation-profile */
	uint8_t call_block_cause; /* call-block disconnect-cause, Q.850; 0: 63 */
	uint8_t preference;	  /* 0..10, lower first */
	bool huntstop;
	unsigned max_conn; /* 0: no limit */
	bool emergency;	   /* `emergency response zone`: digit collection never waits behind it */
	unsigned cause_table; /* `set pstn-cause` and the like: a table of the gateway's; 0: none */
	/* `progress_ind`, by enum peer_message: PEER_PI_... */
	uint8_t progress_ind[PEER_MESSAGE_COUNT];
	bool ringback_no_pi;	  /* `tone ringback alert-no-pi` */
	bool special_information; /* `tone special-information` */

	/* pots */
	char port[16]; /* "1:D" or "2/17"; empty if none. The D channel in any spelling
			  (1:D, 1:15, 1:23), which peer_port_equal() takes for one */
	struct {       /* `trunkgroup NAME [PREFERENCE]`, instead of port; in order of preference */
		char name[CLASS_NAME_MAX + 1]; /* empty: end */
		uint8_t preference;
	} trunk_groups[PEER_TRUNK_GROUPS_MAX];
	bool digit_strip_set; /* `digit-strip` is written: it goes before `number-plan called` */
	bool no_digit_strip;
	enum peer_forward forward;
	unsigned forward_count;
	char prefix[NUMBER_DIGITS_MAX + 1]; /* may hold commas: a pause of one second */
	bool no_direct_inward_dial;

	/* voip */
	char session_target[PEER_TARGET_MAX + 1]; /* "ipv4:10.6.2.10:5060" as configured */
	bool to_registrar; /* `session target registrar`: or to another registrar of the tenant */
	unsigned server_group;				  /* `session server-group`; 0: none */
	enum number_format called_format, calling_format; /* `number-plan called FORMAT` */
	enum peer_transport transport;
	uint8_t codecs[PEER_CODECS_MAX]; /* enum peer_codec, best first; 0 ends; none: G.711 of
					    the other leg's law first, then the other */
	uint8_t dtmf;			 /* enum peer_dtmf */
	uint8_t nte_payload_type;	 /* `rtp payload-type nte`, 96..127; 0: 101 */
	unsigned pool; /* it stands for the telephones of `voice register pool N` (plan.h); 0: no */
	unsigned pickup_group; /* of a pool: who may take each other's calls; 0: none */
	bool
	    in_fallback; /* of `access-code`: for telephones, and for calls that they divert, while no
			     call manager is there; nothing comes in on it */
	unsigned hunt_group;	/* it is the pilot of `voice hunt-group N` (hunt_group.h); 0: no */
	unsigned tenant;	/* `voice-class sip tenant`; 0: none */
	struct sip_options sip; /* `voice-class sip ...` */
};

void peer_init(struct peer *p, uint32_t tag, enum peer_kind kind);
bool peer_is_valid(const struct peer *p);    /* rule 1.2, shutdown included */
bool peer_is_outbound(const struct peer *p); /* rule 1.3 */
bool peer_is_inbound(const struct peer *p);
/* As in `codec`: "g711alaw"; "" if it is none. */
const char *peer_codec_name(unsigned codec);
#define PEER_DTMF_TEXT_MAX 48
/* As in `dtmf-relay`: "rtp-nte sip-kpml"; "" if it has none. */
void peer_dtmf_text(uint8_t dtmf, char text[PEER_DTMF_TEXT_MAX]);
/* enum peer_dtmf of "rtp-nte"; 0: it is none. */
uint8_t peer_dtmf_method(const char *name);
/* Can it carry a call of unrestricted digital information (data), or one of speech and audio? */
bool peer_carries(const struct peer *p, bool data);
/* One line that says why the peer is down, or NULL if it is valid. */
const char *peer_down_reason(const struct peer *p);
/* Dialable digits and commas. */
bool peer_prefix_is_valid(const char *prefix);
/* "1:D", "1:15" (E1) and "1:23" (T1) name the same port. */
bool peer_port_equal(const char *a, const char *b);
/* Span number of "1:D" or "2/17", 0 if it is neither; timeslot 0 for the D channel form. */
unsigned peer_port_span(const char *port, unsigned *timeslot);

#endif
