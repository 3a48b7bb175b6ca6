/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * import_private - what the files of the import share.
 *
 *	text.c     lines of the input, without what a terminal has done to them
 *	survey.c   what must be known before: spans, addresses, codec classes, tenants
 *	rules.c    which block a line belongs to, and the rule for it
 *	global.c   rules of lines that begin a block, or stand alone
 *	line.c     rules of controllers, interfaces and voice ports
 *	sip.c      rules of voice service voip and sip-ua
 *	class.c    rules of everything that peers and ports refer to
 *	peer.c     rules of dial peers
 *	account.c  rules of registrars, users and passwords
 *	tls.c      rules of TLS
 *	phones.h   telephones: pools, what is done when call managers are gone, hunt groups
 *	load.c     references, and what the configuration's own reader refuses
 *	report.c   what became of each line
 */
#ifndef CONF_IMPORT_IMPORT_PRIVATE_H
#define CONF_IMPORT_IMPORT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <osmocom/core/hashtable.h>

#include "conf/import/import.h"

#define IMPORT_LINE_MAX 1000 /* characters; IOS takes 254 */
#define IMPORT_WORD_MAX 128
#define IMPORT_SPANS_MAX 128
#define IMPORT_KNOWN_MAX 1000 /* codec classes, tenants, addresses */
#define IMPORT_CODECS_SIZE 48
#define IMPORT_TRUSTPOINTS_MAX 40 /* of crypto signaling */

enum import_verdict {
	IMPORT_UNSEEN,
	IMPORT_TAKEN,
	IMPORT_CHANGED,
	IMPORT_IGNORED,
};

struct import_line {	  /* of the input */
	const char *text; /* without indentation, one blank between words */
	const char *note; /* why; NULL: nothing to say */
	uint16_t indent;
	uint8_t verdict;
	bool unsure; /* of the indentation */
	bool brief;  /* its first words are all that the report needs to show */
	bool summed; /* with the line above, if both are ignored for the same reason: no voice, or
			of a block that is left out whole */
};

struct import_entry { /* a line of the result */
	char *text;
	const char *refers; /* key of the block that must be there; NULL: none */
	unsigned from;	    /* line of the input, from 1; 0: of the import's own */
	bool dropped;
};

struct import_block {
	struct hlist_node node;
	const char
	    *key; /* what others refer to it by: "voice class dpg 7", "dial-peer voice 100" */
	struct import_entry *entries;
	unsigned count;
	bool dropped;
};

enum import_framing {
	IMPORT_E1,
	IMPORT_T1,
	IMPORT_BRI,
};

struct import_span {
	char name[32]; /* "0/0/0" */
	enum import_framing framing;
	unsigned number; /* here */
	unsigned from;	 /* line */
	bool isdn;	 /* pri-group, or a basic rate */
	bool d_channel;	 /* of its own: not so for the other spans of an NFAS group */
	bool internal_clock, no_crc4, ami, superframe;
};

struct import_codecs { /* voice class codec, and what else is found by number */
	unsigned number;
	char names[IMPORT_CODECS_SIZE]; /* those that are here, best first */
};

struct import_tenant { /* voice class tenant */
	unsigned number;
	const char *sip_server, *registrar; /* as after `session target`; NULL: none */
	const char *transport;		    /* "tcp tls"; NULL: as sip-ua says */
};

struct import_address { /* interface NAME / ip address A */
	const char *interface;
	const char *address;
};

struct import_trustpoint {
	const char *name;
	unsigned profile; /* voice class tls-profile that stands for it */
};

struct import_tls_block { /* voice class tls-profile, while its lines are read */
	bool verifies, names;
	struct import_line *validate; /* whose callers' names are to be compared, or NULL */
};

struct import_shut {   /* a peer that the import has shut down */
	unsigned from; /* line */
	const char *pattern, *why;
};

struct import_todo {
	unsigned from; /* line; 0: of none */
	const char *text;
};

struct import;

struct import_rule {
	const char *words; /* the first of the command */
	const char *note;  /* why it is ignored; NULL: it is taken, or handle decides */
	/* rest: behind words */
	void (*handle)(struct import *im, struct import_line *line, const char *rest);
	const char *refers; /* taken lines name a block: "voice translation-profile" ... */
};

struct import_section { /* lines below one that begins a block */
	const struct import_rule *rules;
	size_t count;
	const char *unknown; /* note of what no rule is for */
	void (*end)(struct import *im);
};

struct import_peer;
struct import_phones;

struct import {
	const char *name;
	struct import_line *lines;
	unsigned lines_count;
	bool flat; /* no line is indented */

	/* survey */
	struct import_span spans[IMPORT_SPANS_MAX];
	unsigned spans_count;
	struct import_codecs *codecs;
	unsigned codecs_count;
	struct import_tenant *tenants;
	unsigned tenants_count;
	struct import_address *addresses;
	unsigned addresses_count;
	char primary_type[32], basic_type[32]; /* isdn switch-type for all */
	bool did;			       /* what IOS does without direct-inward-dial */
	bool sip_server, registrar;	       /* sip-ua has them */

	/* result */
	struct import_block **blocks;
	unsigned blocks_count;
	DECLARE_HASHTABLE(keys, 12); /* of blocks */
	struct import_todo *todos;
	unsigned todos_count;

	/* where the conversion is */
	const struct import_section *section, *sub; /* sub: a block within the block */
	const char *section_note;		    /* of a block that is passed over; NULL: none */
	unsigned sub_indent;
	const char *sub_note;
	struct import_block *block; /* NULL: none is open */
	bool block_brief;
	struct import_peer *peer;
	struct import_shut *shut;
	unsigned shut_count;
	const struct import_line *no_g711; /* the first peer that had other codecs than there are */
	const struct import_line
	    *no_default; /* the first voip peer, and no inbound peer for any call */
	bool any_call;
	unsigned access_lists; /* of source groups */
	struct import_trustpoint trustpoints[IMPORT_TRUSTPOINTS_MAX];
	unsigned trustpoints_count;
	struct import_tls_block tls_block;
	/* TLS: a call needs it; said of everybody who we are; told to listen; told not to */
	bool tls_wanted, tls_default, tls_listens, tls_off;
	bool echo_said;	 /* by the voice port that is open */
	bool codec_said; /* by the voip peer or pool that is open */
	struct import_phones *phones;
	unsigned old_called, old_calling; /* old translation-rules of the open block; 0: none */
	char warnings[40][256];		  /* of the loader */
	unsigned warnings_count;
};

/* ---- words */

/* What follows these words at the beginning; NULL: it does not begin with them. */
const char *import_behind(const char *text, const char *words);
/* The n-th word, from 0. False: there is none, or it is too long; out is "" then. */
bool import_word(const char *text, unsigned n, char out[IMPORT_WORD_MAX]);
bool import_is_number(const char *text, unsigned *out);
unsigned import_line_number(const struct import *im, const struct import_line *line);

/* ---- verdicts: the last one counts */

void import_ignore(struct import_line *line, const char *note);
void import_changed(struct import_line *line, const char *note);
void import_taken(struct import_line *line);
void import_add_todo(struct import *im, const struct import_line *line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- the result. line may be NULL: nothing of the input says so */

/* Opens a block; its first line is text. */
struct import_block *import_open(struct import *im, struct import_line *line, const char *key,
				 const char *text);
/* A key that others may refer to, without anything to be written. */
void import_define(struct import *im, const char *key);
/* One line below it, indented here. refers: NULL, or the key that must be there. */
void import_put(struct import *im, const struct import_line *line, const char *refers,
		const char *format, ...) __attribute__((format(printf, 4, 5)));
void import_put_to(struct import *im, struct import_block *block, const struct import_line *line,
		   const char *refers, const char *text);
/* A line of its own, outside of blocks. */
void import_put_alone(struct import *im, const struct import_line *line, const char *text);
struct import_block *import_find_block(const struct import *im, const char *key);
char *import_text(struct import *im, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef void (*import_put_line)(void *arg, const char *text, struct import_block *block,
				struct import_entry *entry);
/* Each line of the result in order; block and entry are NULL for those between blocks. */
void import_walk(const struct import *im, import_put_line put, void *arg);

/* ---- text.c */
void import_read_lines(struct import *im, const char *text, size_t size);

/* ---- survey.c */
void import_survey(struct import *im);
const struct import_span *import_find_span(const struct import *im, const char *name);
const struct import_tenant *import_find_tenant(const struct import *im, const char *number);
const struct import_codecs *import_find_codecs(const struct import *im, const char *number);
const char *import_find_address(const struct import *im, const char *interface);
/* "g711alaw" and the others that are here. */
bool import_codec_is_here(const char *name);

enum import_port {
	IMPORT_PORT_NONE, /* names no span that is there */
	IMPORT_PORT_ISDN,
	IMPORT_PORT_ANALOGUE,
	IMPORT_PORT_CAS,
};

/* "0/0/0:15" to "1:15" */
enum import_port import_port(const struct import *im, const char *name, char out[16]);
const char *import_port_note(enum import_port port);

/* ---- rules.c */
void import_convert(struct import *im);
const struct import_rule *import_find_rule(const struct import_section *section, const char *text,
					   const char **rest);
/* As the line stands; too long a description is cut. */
void import_take(struct import *im, struct import_line *line, const char *refers);
/* Lines below this one, and indented more, are of this section, or ignored with this note. */
void import_enter_sub(struct import *im, const struct import_line *line,
		      const struct import_section *section, const char *note);

extern const struct import_section import_global_section;

/* begin blocks */
void import_controller(struct import *im, struct import_line *line, const char *rest);
void import_interface(struct import *im, struct import_line *line, const char *rest);
void import_voice_port(struct import *im, struct import_line *line, const char *rest);
void import_voice_service(struct import *im, struct import_line *line, const char *rest);
void import_sip_ua(struct import *im, struct import_line *line, const char *rest);
void import_dial_peer(struct import *im, struct import_line *line, const char *rest);
void import_translation_rules(struct import *im, struct import_line *line, const char *rest);
void import_old_rules(struct import *im, struct import_line *line, const char *rest);
void import_translation_profile(struct import *im, struct import_line *line, const char *rest);
void import_uri_class(struct import *im, struct import_line *line, const char *rest);
void import_pattern_map(struct import *im, struct import_line *line, const char *rest);
void import_peer_group(struct import *im, struct import_line *line, const char *rest);
void import_keepalive(struct import *im, struct import_line *line, const char *rest);
void import_server_group(struct import *im, struct import_line *line, const char *rest);
void import_tenant(struct import *im, struct import_line *line, const char *rest);
void import_policy(struct import *im, struct import_line *line, const char *rest);
void import_cor_custom(struct import *im, struct import_line *line, const char *rest);
void import_cor_list(struct import *im, struct import_line *line, const char *rest);
void import_trunk_group(struct import *im, struct import_line *line, const char *rest);
void import_source_group(struct import *im, struct import_line *line, const char *rest);
void import_enum_table(struct import *im, struct import_line *line, const char *rest);

/* tls.c */
void import_tls_profile(struct import *im, struct import_line *line, const char *rest);
void import_crypto(struct import *im, struct import_line *line, const char *rest);
void import_listen_tls(struct import *im, struct import_line *line, const char *rest);
void import_no_listen_tls(struct import *im, struct import_line *line, const char *rest);
/* After all lines: what TLS needs and they did not say. */
void import_tls_end(struct import *im);
/* That of sip-ua, opened if it is not there yet; what is open stays so. */
struct import_block *import_sip_ua_block(struct import *im);

/* peer.c: the codecs that are here, of those that the line or a voice class codec names; NULL: none, and the
 * line is ignored. */
const char *import_codecs_of(struct import *im, struct import_line *line, const char *rest);
const char *import_codecs_of_class(struct import *im, struct import_line *line, const char *rest);
void import_dtmf(struct import *im, struct import_line *line, const char *rest);

/* pool.c, fallback.c, hunt.c */
void import_register_global(struct import *im, struct import_line *line, const char *rest);
void import_pool(struct import *im, struct import_line *line, const char *rest);
void import_dn(struct import *im, struct import_line *line, const char *rest);
void import_fallback(struct import *im, struct import_line *line, const char *rest);
void import_telephony_service(struct import *im, struct import_line *line, const char *rest);
void import_skinny(struct import *im, struct import_line *line, const char *rest);
void import_presence(struct import *im, struct import_line *line, const char *rest);
void import_hunt_group(struct import *im, struct import_line *line, const char *rest);
void import_ephone_hunt(struct import *im, struct import_line *line, const char *rest);
/* After all lines: pools have what other blocks say of them. */
void import_phones_end(struct import *im);

/* account.c: rules of sip-ua, tenants and pots peers */
void import_user(struct import *im, struct import_line *line, const char *rest);
void import_registrar(struct import *im, struct import_line *line, const char *rest);

/* Old `translate called N`, `translate-outgoing calling N`: kept until the block ends, then one profile
 * of both. direction: "incoming", "outgoing". */
void import_old_translate(struct import *im, struct import_line *line, const char *rest);
void import_old_translate_end(struct import *im, const char *direction);

/* ---- load.c: 0 or -EINVAL */
int import_settle(struct import *im, char *why, size_t why_size);

/* Reasons that stand in several tables. */
#define NOTE_OTHER "no part of a telephony gateway"
#define NOTE_ANALOGUE "this release has no analogue ports"
#define NOTE_CAS "this release has no CAS, ISDN alone"
#define NOTE_H323 "this release has no H.323"
#define NOTE_MGCP "this release is not controlled by MGCP"
#define NOTE_SCCP "this release has no conference bridges and transcoders"
#define NOTE_DSP "there are no DSPs: codecs are software, echo cancellers are the card's"
#define NOTE_CODEC "this release has G.711 and clear channel alone"
#define NOTE_CODEC_AGAIN "the dial peer has said its codecs above"
#define NOTE_FAX "fax passes as G.711 audio; no T.38 in this release"
#define NOTE_QOS "packets are marked by the system (tc, nftables)"
#define NOTE_SIP "SIP has no such switch here"
#define NOTE_APPLICATION "there are no applications: dial peers route all calls"
#define NOTE_LINE "the line is set in /etc/dahdi/system.conf, see below"
#define NOTE_DEFAULT "as it is here anyway"
#define NOTE_VIDEO "audio alone"

#define IMPORT_RULES(table) (table), sizeof(table) / sizeof((table)[0])

#endif
