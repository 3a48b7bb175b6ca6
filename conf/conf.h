/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * conf - a configuration as it was read: plain data, in the terms of the modules that use it.
 *
 * load.h reads a file into one, checks it, and writes it back (`show running-config`). Each block
 * of the file has a source file of its own in this folder, which holds its commands and how it is
 * written back; conf_blocks.h is the list of them.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <netinet/in.h>
#include <osmocom/core/linuxlist.h>

#include "dialplan/peer.h"
#include "dialplan/plan.h"
#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/span/span.h"
#include "gateway/call/cause.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/isdn/trunk.h"

#define CONF_TRUSTED_MAX 128
#define CONF_LISTEN_MAX 4
#define CONF_NAME_SERVERS_MAX 6

/* what is not configured */
#define CONF_RTP_FIRST_DEFAULT 16384
#define CONF_RTP_LAST_DEFAULT 32767
#define CONF_SIP_PORT_DEFAULT 5060
#define CONF_T1_MS_DEFAULT 500
#define CONF_INVITE_RETRIES_DEFAULT 6
#define CONF_HISTORY_DEFAULT 100
#define CONF_VTY_PORT_DEFAULT 4242

struct conf_controller {
	struct llist_head entry;
	struct tdm_span_config span; /* driver 0: none configured yet */
	char description[65];
	bool shutdown;
	uint32_t timeslots; /* B channels of pri-group, bit n: timeslot n, never the D channel;
			       0: no pri-group */
	struct conf_nfas {
		enum conf_nfas_d {
			CONF_NFAS_OFF,
			CONF_NFAS_PRIMARY, /* its interface is that of the group */
			CONF_NFAS_BACKUP,
			CONF_NFAS_NONE, /* the D timeslot is a B channel */
		} d;
		unsigned interface, group;
	} nfas;	       /* pri-group ... nfas_d */
	unsigned line; /* of the file, for messages */
};

struct conf_isdn { /* interface serial N:D; a pri-group without one is primary-net5 (E1) or
		      primary-ni (T1), user side, ascending */
	struct llist_head entry;
	unsigned span;
	char port[16]; /* as written: "1:D", "1:15", "1:23" */
	enum isdn_switch_type switch_type;
	bool network;			/* isdn protocol-emulate network */
	enum trunk_hunt hunt;		/* isdn bchan-number-order */
	unsigned timers_ms[32];		/* isdn timer tNNN, [NNN - 300]; 0: not configured */
	struct isdn_call_options calls; /* isdn overlap-receiving, isdn map ... */
	bool calldiversion;		/* isdn supp-service calldiversion */
	unsigned supplementary; /* isdn supp-service: the others of enum isdn_supplementary */
	bool hold_messages;	/* isdn supp-service hold send */
	unsigned supplementary_line;
	bool basic; /* interface bri N */
	struct isdn_link_options link;
	struct isdn_multipoint multipoint;     /* isdn answer1 ... */
	bool static_tei, point_to_point_setup; /* either: point to point */
	uint8_t service[32];		       /* isdn service b_channel; enum isdn_service */
	unsigned restart_interval_s;	       /* isdn restart interval; 0: none */
	unsigned line;
};

struct conf_voice_port {
	struct llist_head entry;
	unsigned span;
	char port[16];	/* as written */
	char cptone[4]; /* country, "GB" */
	bool echo_cancel;
	unsigned echo_coverage_ms;
	int input_gain_db, output_attenuation_db;
	/* timeouts initial, interdigit, interdigit-match; 0: not configured */
	unsigned initial_s, interdigit_s, match_s;
	char description[65];
	bool shutdown;
	unsigned line;
};

struct conf_peer {
	struct llist_head entry;
	struct peer peer;
	unsigned line;
};

struct conf_trusted {
	struct sockaddr_storage address;
	unsigned prefix;
};

struct conf {
	char hostname[64];
	struct llist_head controllers, interfaces, voice_ports,
	    peers; /* in order of number or tag */

	/* voice service voip */
	struct conf_trusted trusted[CONF_TRUSTED_MAX];
	unsigned trusted_count;
	unsigned rtp_port_first, rtp_port_last;
	unsigned rtp_line;				       /* of the file; 0: not configured */
	struct sockaddr_storage bind_control[CONF_LISTEN_MAX]; /* port 0: sip_port */
	unsigned bind_control_count;			       /* 0: all addresses, IPv4 and IPv6 */
	struct sockaddr_storage bind_media4, bind_media6;      /* family 0: not bound */
	unsigned sip_port;				       /* listen-port non-secure, 5060 */
	bool listen_udp, listen_tcp; /* sip-ua: transport udp, transport tcp */

	/* sip-ua */
	unsigned sip_ua_line;
	enum peer_transport transport; /* session transport */
	unsigned timer_t1_ms;	       /* timers trying: T1 of RFC 3261 */
	unsigned invite_retries;       /* retry invite */
	unsigned timer_b_ms;	       /* what follows from both: T1 * 2^retries */
	enum cause_map cause_map;

	/* name_server.c */
	struct sockaddr_storage name_servers[CONF_NAME_SERVERS_MAX]; /* port 0: 53 */
	unsigned name_servers_count;				     /* 0: those of the system */
	unsigned enum_time_limit_ms; /* `voice enum timeout`; 0: not configured */

	/* dial plan */
	struct plan_options plan;

	/* call records and limits */
	char cdr_file[256];   /* `call-record file`; empty: none */
	unsigned calls_max;   /* `call threshold` */
	unsigned history_max; /* `call-history-mib max-size` */

	/* line vty: TCP console */
	char vty_bind[64]; /* empty: none */
	unsigned vty_port; /* 4242 if not configured */
	char vty_password[64];
	unsigned vty_line; /* of bind */
};

#endif
