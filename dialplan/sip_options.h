/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_options - how SIP is spoken with a neighbour.
 *
 * The same settings can stand in three places: at a dial peer (`voice-class sip ...`), at the
 * tenant that it names (`voice class tenant`), and for all (`voice service voip`, `sip`). 0 always
 * means "not said here": sip_options_inherit() lets the next place decide, and what nobody says has
 * the default that stands behind its name.
 *
 * Plain data, no strings: it is part of every dial peer. Texts (credentials, addresses) belong to
 * the tenant (gateway/sip/tenant.h).
 */
#ifndef DIALPLAN_SIP_OPTIONS_H
#define DIALPLAN_SIP_OPTIONS_H

#include <stdint.h>

enum sip_switch {
	SIP_SWITCH_UNSET,
	SIP_SWITCH_OFF,
	SIP_SWITCH_ON,
};

enum sip_rel1xx {		    /* `rel1xx`: RFC 3262 */
		  SIP_REL1XX_UNSET, /* supported */
		  SIP_REL1XX_DISABLED,
		  SIP_REL1XX_SUPPORTED,
		  SIP_REL1XX_REQUIRED,
};

enum sip_asserted_id {			      /* `asserted-id`: the header that says who calls */
		       SIP_ASSERTED_ID_UNSET, /* P-Asserted-Identity */
		       SIP_ASSERTED_ID_NONE,
		       SIP_ASSERTED_ID_PAI,
		       SIP_ASSERTED_ID_PPI,
		       SIP_ASSERTED_ID_RPID, /* `remote-party-id` */
};

enum sip_diversion {			  /* the header that says who diverted the call */
		     SIP_DIVERSION_UNSET, /* Diversion */
		     SIP_DIVERSION_NONE,
		     SIP_DIVERSION_HEADER,  /* RFC 5806 */
		     SIP_DIVERSION_HISTORY, /* History-Info, RFC 7044 */
		     SIP_DIVERSION_BOTH,
};

enum sip_url {		      /* `url`: the Request-URI of calls */
	       SIP_URL_UNSET, /* sip */
	       SIP_URL_SIP,
	       SIP_URL_SIPS,
	       SIP_URL_TEL,
};

enum sip_privacy { /* `privacy`, bits: what calls always ask for (RFC 3323) */
		   SIP_PRIVACY_PSTN = 0x01, /* nothing but what the caller asks for; the default */
		   SIP_PRIVACY_HEADER = 0x02,
		   SIP_PRIVACY_SESSION = 0x04,
		   SIP_PRIVACY_USER = 0x08,
		   SIP_PRIVACY_ID = 0x10,
		   SIP_PRIVACY_HISTORY = 0x20,
		   SIP_PRIVACY_CRITICAL = 0x40,
};

enum sip_privacy_policy { /* `privacy-policy`, bits */
			  SIP_PRIVACY_POLICY_PASSTHRU =
			      0x01, /* Privacy of the other SIP leg as it is */
			  SIP_PRIVACY_POLICY_SEND_ALWAYS = 0x02,     /* `Privacy: none` too */
			  SIP_PRIVACY_POLICY_STRIP_DIVERSION = 0x04, /* if privacy is asked for */
			  SIP_PRIVACY_POLICY_STRIP_HISTORY = 0x08,
};

#define SIP_MAX_FORWARDS_DEFAULT 70 /* RFC 3261 8.1.1.6 */
#define SIP_DIVERSIONS_DEFAULT 5    /* Q.952, Q.732.2: no call is diverted more often */

struct sip_keepalive {	   /* `options-keepalive`: OPTIONS to session targets; taken as a whole */
	uint8_t on;	   /* enum sip_switch; off */
	uint8_t retry;	   /* so many failures in a row busy a target out */
	uint16_t up_s;	   /* between them while it answers */
	uint16_t down_s;   /* ... and while it is busied out */
	uint16_t profile;  /* voice class sip-options-keepalive that says the others; 0: none */
	uint8_t transport; /* enum peer_transport; SYSTEM: that of calls */
};

#define SIP_KEEPALIVE_UP_S 60
#define SIP_KEEPALIVE_DOWN_S 30
#define SIP_KEEPALIVE_RETRY 5

enum sip_reason {		       /* `reason-header`: causes that come in it */
		  SIP_REASON_UNSET,    /* win over the built-in tables */
		  SIP_REASON_OVERRIDE, /* and over `set sip-status` */
		  SIP_REASON_IGNORE,
};

struct sip_options {
	/* transport; places in the list of addresses (ua_config), counted from 1 */
	uint8_t bind_control4, bind_control6, bind_media4, bind_media6;
	uint8_t external, external_media; /* what the far end is told; external_media: external's */
	uint8_t large_by_tcp;		  /* enum sip_switch: `transport switch udp tcp`; on */
	uint16_t tls_profile;		  /* `tls-profile`; the default one */
	struct sip_keepalive keepalive;
	uint8_t invite_retries; /* `retry invite`: how often an INVITE without any response is sent
				   again before the next address is tried */

	uint8_t reason;		 /* enum sip_reason */
	uint8_t early_media_180; /* enum sip_switch: what a 180 brings is heard; on */

	uint8_t rel1xx;		    /* enum sip_rel1xx */
	uint8_t session_refresh;    /* enum sip_switch: offer session timers (RFC 4028); on */
	uint8_t asserted_id;	    /* enum sip_asserted_id */
	uint8_t diversion;	    /* enum sip_diversion */
	uint8_t url;		    /* enum sip_url */
	uint8_t redirect;	    /* enum sip_switch: follow 3xx; on */
	uint32_t min_se_s;	    /* RFC 4028 Min-SE; 90 */
	uint32_t session_expires_s; /* RFC 4028 Session-Expires; 1800 */

	/* all of them enum sip_switch */
	uint8_t refer;		   /* ask neighbours by REFER to join calls; on */
	uint8_t moved_temporarily; /* tell callers by 3xx where their call is to go; on */
	uint8_t redirect_server;   /* `redirect ip2ip`: answer SIP to SIP calls with 3xx; off */

	uint8_t media_around; /* enum sip_switch: `media flow-around`; telephones on, others off */

	uint16_t stir;		/* number of a voice class stir-shaken */
	uint8_t privacy;	/* enum sip_privacy */
	uint8_t privacy_policy; /* enum sip_privacy_policy */
	uint8_t user_phone;	/* enum sip_switch: user=phone in URIs with numbers; off */
	uint8_t date;		/* enum sip_switch: Date header; off */
	uint8_t aoc;		/* enum sip_switch: advice of charge by INFO; off */
	uint8_t pass_headers;	/* enum sip_switch: headers of the other SIP leg pass; off */
	uint8_t diversions_max; /* a call that was diverted more often is refused */
	uint8_t max_forwards;	/* of calls that do not come by SIP */
};

/* What is not set in own is taken from outer. */
void sip_options_inherit(struct sip_options *own, const struct sip_options *outer);

#endif
