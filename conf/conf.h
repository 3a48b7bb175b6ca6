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

#include "conf/sip_transport.h"
#include "dialplan/peer.h"
#include "dialplan/plan.h"
#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/span/span.h"
#include "gateway/call/cause_table.h"
#include "gateway/call/threshold.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/isdn/trunk.h"
#include "gateway/sip/admission.h"
#include "gateway/sip/call_service.h"
#include "gateway/sip/caller.h"
#include "gateway/sip/registrar_watch.h"
#include "gateway/sip/resolve.h"
#include "gateway/sip/tenant.h"
#include "gateway/sip/watcher.h"
#include "gateway/stir/stir.h"
#include "gateway/survive/survive.h"
#include "conf/password.h"

#define CONF_LINE_MAX 500 /* characters; what libosmovty takes is a little more */
#define CONF_TRUSTED_MAX 128
#define CONF_NAME_SERVERS_MAX 6

/* what is not configured */
#define CONF_RTP_FIRST_DEFAULT 16384
#define CONF_RTP_LAST_DEFAULT 32767
#define CONF_SIP_PORT_DEFAULT 5060
#define CONF_T1_MS_DEFAULT 500
#define CONF_HOLD_DOWN_S_DEFAULT 30
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

enum conf_access_type { /* access-code in call-manager-fallback */
			CONF_ACCESS_FXO,
			CONF_ACCESS_EM,
			CONF_ACCESS_BRI,
			CONF_ACCESS_PRI,
			CONF_ACCESS_CODES,
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
	char trunk_group[CLASS_NAME_MAX + 1]; /* trunk-group NAME [PREFERENCE] */
	uint8_t trunk_group_preference;
	bool basic; /* interface bri N */
	struct isdn_link_options link;
	struct isdn_multipoint multipoint;     /* isdn answer1 ... */
	bool static_tei, point_to_point_setup; /* either: point to point */
	uint8_t service[32];		       /* isdn service b_channel; enum isdn_service */
	unsigned restart_interval_s;	       /* isdn restart interval; 0: none */
	unsigned line;
};

#define CONF_BUSYOUT_PEERS_MAX 8

struct conf_busyout { /* busyout */
	bool forced, sip;
	unsigned peers_count;
	uint32_t peers[CONF_BUSYOUT_PEERS_MAX]; /* tags */
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
	struct plan_port dial; /* what the dial plan sees of it; its port stays empty here */
	struct conf_busyout busyout;
	char description[65];
	bool shutdown;
	unsigned line;
};

enum conf_target_alias { /* session target in other words: */
			 CONF_TARGET_ITSELF,
			 CONF_TARGET_SIP_SERVER, /* what sip-ua says; it stands in the peer's
						    session_target once all is read */
			 CONF_TARGET_REGISTRAR,
};

struct conf_peer {
	struct llist_head entry;
	struct peer peer;
	enum conf_target_alias target_alias;
	unsigned line;

	/* sip_register.c; pots only */
	bool no_register_e164;
	struct conf_user *authentication; /* NULL: none */
};

/* ---- what peers and ports refer to: blocks with a name or a number. Each begins with its head. */

struct conf_head {
	struct llist_head entry; /* of its list in struct conf, in the order of the file */
	unsigned line;
	char description[65];
};

struct conf_translation_rules { /* voice translation-rule */
	struct conf_head head;
	unsigned set;
	unsigned count;
	struct translation_rule *rules; /* by their numbers */
};

struct conf_translation_profile {
	struct conf_head head;
	struct translation_profile profile;
};

struct conf_pattern_map {
	struct conf_head head;
	unsigned number;
	struct pattern_map *entries;	     /* e164 lines; NULL: none */
	char url[PATTERN_MAP_PATH_MAX + 1];  /* as written, behind file: */
	char path[PATTERN_MAP_PATH_MAX * 2]; /* of the same file */
	struct pattern_map *file_entries;    /* NULL: none, or the plan has them */
};

struct conf_peer_group {
	struct conf_head head;
	struct peer_group group;
};

#define CONF_HUNTSTOPS_MAX 4

struct conf_server_group {
	struct conf_head head;
	struct server_group group;
	unsigned huntstop_rules[CONF_HUNTSTOPS_MAX]; /* their numbers */
};

struct conf_uri_class {
	struct conf_head head;
	struct uri_class class;
};

struct conf_provision_policy {
	struct conf_head head;
	struct provision_policy policy;
};

struct conf_cor_list {
	struct conf_head head;
	struct cor_list list; /* its members: once all is read */
	unsigned count;
	char members[COR_NAMES_MAX][CLASS_NAME_MAX + 1];
};

struct conf_trunk_group {
	struct conf_head head;
	struct trunk_group group;
};

struct conf_source_group {
	struct conf_head head;
	struct source_group group;
};

struct conf_num_exp {
	struct conf_head head;
	struct num_exp num_exp;
};

struct conf_enum_table {
	struct conf_head head;
	struct enum_table table;
};

struct conf_hunt_group {
	struct conf_head head;
	char pilot[NUMBER_DIGITS_MAX + 2];
	struct hunt_group group;
};

struct conf_tenant { /* voice class tenant */
	struct conf_head head;
	struct tenant tenant;
};

struct conf_tls_profile { /* voice class tls-profile */
	struct conf_head head;
	struct tls_profile profile;
};

struct conf_keepalive { /* voice class sip-options-keepalive */
	struct conf_head head;
	unsigned number;
	struct sip_keepalive keepalive;
};

struct conf_stir { /* voice class stir-shaken */
	struct conf_head head;
	struct stir_profile profile;
	/* as written */
	char key_file[STIR_FILE_MAX + 1], trusted_file[STIR_FILE_MAX + 1];
	char web_file[STIR_FILE_MAX + 1];
};

struct conf_expect { /* a test of the dial plan; see dialplan/expect.h for its words */
	struct llist_head entry;
	unsigned line;
	char *text; /* behind `expect call` */
};

struct conf_trusted {
	struct sockaddr_storage address;
	unsigned prefix;
};

enum conf_algorithm { /* `authenticate algorithm` */
		      CONF_ALGORITHM_UNSAID,
		      CONF_ALGORITHM_ANY,
		      CONF_ALGORITHM_MD5,
		      CONF_ALGORITHM_SHA256,
};

struct conf_challenge { /* sip_challenge.c */
	struct callers callers;
	enum conf_algorithm algorithm;
	unsigned algorithm_line;
	char file[256]; /* as written; empty: none */
	unsigned line;
};

struct conf_pool { /* voice register pool */
	struct conf_head head;
	struct pool pool;			      /* numbers and peer: once all is read */
	struct pool_number numbers[POOL_NUMBERS_MAX]; /* by their places; empty: none */
	struct conf_peer peer; /* what it has in common with voip dial peers */
	struct password password;
};

enum conf_location_kind {
	CONF_LOCATION_DEFAULT,
	CONF_LOCATION_MEMORY,
	CONF_LOCATION_FILE,
	CONF_LOCATION_REDIS,
};

struct conf_location { /* location store */
	enum conf_location_kind kind;
	char place[256]; /* path, or address */
	char host[64];	 /* name of this machine, if there is no hostname */
	struct password password;
};

struct conf {
	char hostname[64];
	struct llist_head controllers, interfaces, voice_ports,
	    peers; /* in order of number or tag */

	/* voice service voip */
	struct conf_trusted trusted[CONF_TRUSTED_MAX];
	unsigned trusted_count;
	struct admission_rules admission; /* sip_admission.c */
	bool distrust_loopback;
	struct call_service_order service; /* call service stop */
	struct conf_challenge challenge;   /* of strangers */

	/* voice_register.c */
	struct survive_config survive;
	struct conf_location location;
	struct conf_challenge phone_users;
	struct llist_head pools;
	unsigned register_line; /* voice register global; 0: not configured */
	unsigned fallback_line; /* call-manager-fallback; the same */
	char call_managers[UPSTREAMS_MAX][PEER_TARGET_MAX + 1]; /* by their places; empty: none */
	enum peer_transport call_manager_transports[UPSTREAMS_MAX];
	unsigned drain_s; /* call service drain */
	unsigned rtp_port_first, rtp_port_last;
	unsigned rtp_line; /* of the file; 0: not configured */
	struct conf_sip_transport sip;

	/* sip-ua */
	unsigned sip_ua_line;
	enum peer_transport transport;	/* session transport; SYSTEM: not said */
	enum resolve_families families; /* protocol mode */
	unsigned timer_expires_ms;	/* timers expires; 0: not said */
	unsigned timer_t1_ms;		/* timers trying: T1 of RFC 3261 */
	unsigned invite_retries;	/* retry invite; 0: not said */
	unsigned hold_down_s;		/* timers hold-down */
	struct registrar_watch_config registrar_watch;
	struct conf_access_code {
		char digits[17]; /* empty: there is none */
		bool direct_inward_dial;
		unsigned line;
	} access_codes[CONF_ACCESS_CODES];

	/* sip_presence.c */
	struct watcher_rules watchers;
	unsigned presence_line; /* 0: there is no such block */

	/* cause_map.c */
	struct cause_tables *causes; /* what dial peers, trunk groups and sip-ua have numbers of */
	unsigned cause_table;	     /* of sip-ua */

	/* sip_keepalive.c */
	struct llist_head keepalives;
	unsigned keepalive_line; /* of options-keepalive for all */

	/* sip_options.c */
	struct llist_head tenant_blocks, tls_profiles;
	struct tenant tenant_all; /* number 0: voice service voip, sip */
	struct tenant *tenants;	  /* all of them, in order of number, once all is read */
	unsigned tenants_count;

	/* stir_shaken.c */
	struct llist_head stirs;
	struct stir_profile *stir_profiles; /* once all is read */
	unsigned stir_profiles_count;

	/* name_server.c */
	struct sockaddr_storage name_servers[CONF_NAME_SERVERS_MAX]; /* port 0: 53 */
	unsigned name_servers_count;				     /* 0: those of the system */
	unsigned enum_time_limit_ms;	      /* `voice enum timeout`; 0: not configured */
	char sip_server[PEER_TARGET_MAX + 1]; /* as after `session target`; empty: none */

	/* dial plan */
	struct plan_options plan;
	struct plan *made; /* verify.h: what conf_make_plan() hands out next; NULL: none yet */
	unsigned number_plan_line; /* voice number-plan; 0: not configured */
	unsigned emergency_count;  /* of plan.emergency */
	unsigned emergency_line;
	struct llist_head translation_rules, translation_profiles, pattern_maps, peer_groups,
	    server_groups, uri_classes, provision_policies, cor_lists, trunk_groups, source_groups,
	    num_exps, enum_tables, expects;
	struct llist_head hunt_groups;
	unsigned voip_profile_line; /* voip-incoming translation-profile */
	/* dial-peer cor custom: the place of a name is its bit in struct cor_list */
	unsigned cor_line, cor_count;
	char cor_names[COR_NAMES_MAX][CLASS_NAME_MAX + 1];

	/* call records and limits */
	char cdr_file[256];		   /* `call-record file`; empty: none */
	unsigned calls_max;		   /* `call threshold` */
	bool sip_to_sip;		   /* `allow-connections sip to sip` */
	struct threshold_rules thresholds; /* call_threshold.c */
	unsigned history_max;		   /* `call-history-mib max-size` */

	/* telemetry.c */
	struct sockaddr_storage metrics; /* with its port; family 0: none */
	char syslog_facility[16];	 /* empty: none */

	/* line vty: TCP console */
	char vty_bind[64]; /* empty: none */
	unsigned vty_port; /* 4242 if not configured */
	char vty_password[64];
	unsigned vty_line; /* of bind */
};

/* What an empty file says: all lists are empty, all values are those that hold without configuration. */
struct conf *conf_new(void *ctx);
void conf_free(struct conf *conf); /* NULL: nothing */
struct conf_controller *conf_find_controller(const struct conf *conf, unsigned number);

#endif
