/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * classes - what dial peers refer to by name or number: peer groups, server groups, trunk groups,
 * classes of URIs, classes of restriction, source groups, ports.
 *
 * Plain data in the terms of IOS. The configuration fills it, plan_add_...() copies it, plan_seal()
 * looks the references up.
 */
#ifndef DIALPLAN_CLASSES_H
#define DIALPLAN_CLASSES_H

#include "dialplan/number_plan.h"
#include "dialplan/translate.h"

#define CLASS_NAME_MAX 31
#define CLASS_TARGET_MAX 255
#define CLASS_TEXT_MAX 127

/* ---- voice class dpg: `dial-peer TAG preference P` */

#define PEER_GROUP_MAX 20

struct peer_group {
	unsigned number; /* 1.. */
	unsigned count;
	struct {
		uint32_t tag;
		uint8_t preference; /* 0..10 */
	} members[PEER_GROUP_MAX];
};

/* ---- voice class server-group: targets of one voip peer */

#define SERVER_GROUP_MAX 5

struct server_group {
	unsigned number;
	bool round_robin; /* `hunt-scheme round-robin`; else by preference */
	/* `huntstop N resp-code FROM [to TO]`: final SIP statuses after which no other server is tried */
	struct {
		uint16_t from, to; /* 0: unused */
	} huntstop[4];
	unsigned count;
	struct {
		char target[CLASS_TARGET_MAX +
			    1]; /* as after `session target`: "ipv4:10.1.1.1:5060" */
		uint8_t preference;
	} servers[SERVER_GROUP_MAX];
};

/* ---- trunk group */

enum trunk_group_scheme {			  /* `hunt-scheme` */
			  TRUNK_GROUP_LEAST_USED, /* default: most free channels first */
			  TRUNK_GROUP_LEAST_IDLE,
			  TRUNK_GROUP_LONGEST_IDLE,
			  TRUNK_GROUP_ROUND_ROBIN,
			  TRUNK_GROUP_SEQUENTIAL,
			  TRUNK_GROUP_RANDOM,
};

enum trunk_group_parity { /* which channels go first */
			  TRUNK_GROUP_BOTH,
			  TRUNK_GROUP_EVEN,
			  TRUNK_GROUP_ODD,
};

struct trunk_group {
	char name[CLASS_NAME_MAX + 1];
	enum trunk_group_scheme scheme;
	enum trunk_group_parity parity;
	bool down;		  /* from the highest channel; default up */
	unsigned max_in, max_out; /* `max-calls voice N direction in|out`; 0: no limit */
	char profile_incoming[TRANSLATION_PROFILE_NAME_MAX + 1];
	char profile_outgoing[TRANSLATION_PROFILE_NAME_MAX + 1];
	char carrier_id[CLASS_NAME_MAX + 1];
	enum number_format called_format, calling_format; /* of members that say nothing */
	unsigned cause_table;				  /* as in struct peer */
};

/* ---- voice-port, as far as the dial plan sees it */

struct plan_port {
	char port[16];			      /* "1:D", "2/17" */
	char trunk_group[CLASS_NAME_MAX + 1]; /* `trunk-group NAME [PREFERENCE]`; empty: none */
	uint8_t trunk_group_preference; /* 1..64, lower first; 0: behind those that have one */
	char profile_incoming[TRANSLATION_PROFILE_NAME_MAX + 1]; /* override the group's */
	char profile_outgoing[TRANSLATION_PROFILE_NAME_MAX + 1];
	char plar[NUMBER_DIGITS_MAX + 1]; /* `connection plar`: dialled for whoever calls in */
	enum number_format called_format, calling_format;
};

/* ---- voice class uri */

enum uri_scheme {
	URI_SIP,
	URI_TEL,
};

struct uri_class { /* empty texts are not looked at */
	char name[CLASS_NAME_MAX + 1];
	enum uri_scheme scheme;
	char pattern[CLASS_TEXT_MAX + 1]; /* whole URI, EXPRESSION_EXTENDED */
	char host[4]
		 [CLASS_TEXT_MAX + 1]; /* `host ipv4:ADDRESS`, `host dns:NAME`, or an expression */
	char user_id[CLASS_TEXT_MAX + 1];      /* expression for the user part */
	char phone_number[CLASS_TEXT_MAX + 1]; /* tel: expression for the number */
	char phone_context[CLASS_TEXT_MAX + 1];
};

/* ---- dial-peer cor: names are bits */

#define COR_NAMES_MAX 64

struct cor_list {
	char name[CLASS_NAME_MAX + 1];
	uint64_t members;
};

/* ---- voice source-group: calls by the address they come from */

#define SOURCE_GROUP_ADDRESSES_MAX 16

struct source_group {
	char name[CLASS_NAME_MAX + 1];
	unsigned addresses_count;
	struct {
		uint8_t family; /* 4 or 6 */
		uint8_t bits;
		uint8_t octets[16];
	} addresses[SOURCE_GROUP_ADDRESSES_MAX];
	char profile_incoming[TRANSLATION_PROFILE_NAME_MAX + 1];
	char carrier_id[CLASS_NAME_MAX + 1];
};

/* ---- voice class dial-peer provision-policy */

enum provision_key {
	PROVISION_NONE,
	PROVISION_CALLED,
	PROVISION_CALLING,
	PROVISION_CARRIER_ID,
	PROVISION_URI, /* request URI */
	PROVISION_FROM,
	PROVISION_TO,
	PROVISION_VIA,
	PROVISION_DIVERSION,
	PROVISION_REFERRED_BY,
};

struct provision_policy { /* `preference N KEY1 [KEY2]`: both must fit */
	unsigned number;
	struct {
		enum provision_key keys[2];
	} preference[2];
};

/* ---- num-exp */

struct num_exp {
	char match[NUMBER_DIGITS_MAX + 1];   /* digits and dots */
	char replace[NUMBER_DIGITS_MAX + 1]; /* its dots copy the digits that those of match took */
};

/* ---- voice enum-match-table: `rule N PREFERENCE /MATCH/ /REPLACE/ DOMAIN` */

#define ENUM_RULES_MAX 10

struct enum_table {
	unsigned number;
	unsigned count;
	struct {
		unsigned number;
		uint8_t preference;		      /* lower first */
		char match[TRANSLATION_TEXT_MAX + 1]; /* of the called number; EXPRESSION_SED */
		char replace[TRANSLATION_TEXT_MAX + 1];
		char domain[64]; /* suffix: "e164.arpa" */
	} rules[ENUM_RULES_MAX];
};

#endif
