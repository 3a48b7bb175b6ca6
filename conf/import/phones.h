/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * phones - what the import knows of telephones while it reads.
 *
 * A line of one block says something of another: a pool names a voice register dn, call-manager-fallback
 * has settings of all its telephones, several blocks have aliases and addresses of call managers. So lines
 * are kept, and pools are completed by import_phones_end(), when all are read.
 *
 *	phone_setting.c  what pools, dns and call-manager-fallback all say
 *	pool.c           voice register pool and voice register dn
 *	fallback.c       voice register global, call-manager-fallback, telephony-service, presence
 *	hunt.c           voice hunt-group, ephone-hunt
 */
#ifndef CONF_IMPORT_PHONES_H
#define CONF_IMPORT_PHONES_H

#include "conf/import/import_private.h"
#include "dialplan/site_numbers.h"
#include "gateway/survive/pool.h"
#include "gateway/survive/upstream.h"

#define IMPORT_SETTINGS_MAX 16
#define IMPORT_UNSAID (~0u) /* a preference that is not said */

struct import_setting { /* of telephones; subject: the words that a pool has once */
	const char *subject, *value, *refers;
	struct import_line *line;
};

struct import_settings {
	struct import_setting list[IMPORT_SETTINGS_MAX];
	unsigned count;
};

struct import_pool_number { /* number TAG PATTERN, or number TAG dn DN */
	struct import_line *line;
	const char *pattern; /* or the number of the dn */
	bool is_dn, huntstop;
	unsigned preference;
};

struct import_pool {
	struct import_line *head;
	struct import_block *block;
	bool network;	     /* id network or id ip: not from everywhere */
	unsigned preference; /* of numbers that have none */
	struct import_pool_number numbers[POOL_NUMBERS_MAX];
	unsigned numbers_count;
};

struct import_dn { /* voice register dn */
	struct import_line *head, *number_line;
	const char *name;    /* its number, as a pool says it */
	const char *pattern; /* NULL: it has none */
	unsigned preference;
	struct import_settings settings;
	bool used;
};

struct import_manager { /* an address that must be a call manager's */
	const char *target;
	struct import_line *line;
	unsigned rank;	  /* the lowest is the first */
	const char *note; /* of the line, if there are no telephones */
};

struct import_phones {
	struct import_pool *pools;
	unsigned pools_count;
	struct import_dn *dns;
	unsigned dns_count;
	struct import_manager managers[UPSTREAMS_MAX];
	unsigned managers_count;
	bool alias_used[ALIASES_MAX];
	struct import_settings of_all;	 /* call-manager-fallback: of each pool */
	struct import_settings *keeping; /* of the open block; NULL: they are put into it */
	bool no_manager;		 /* this router was their call manager */
	struct import_line *fallback;	 /* call-manager-fallback */
	struct import_line *skinny;	 /* the first line of an SCCP telephone */
	struct import_line *password;	 /* the first that has to do with one */
};

/* `call-manager-fallback`, opened if it is not there yet; what is open stays so. */
struct import_block *import_fallback_block(struct import *im);
/* Of the open pool; or kept for pools, if the open block is one of others. */
void import_phone_setting(struct import *im, struct import_line *line, const char *subject,
			  const char *value, const char *refers);
/* Settings of call managers go to pools that do not have them; call managers stand in order. */
void import_pools_end(struct import *im);

/* ---- rules of several blocks */

void import_phone_codec(struct import *im, struct import_line *line, const char *rest);
void import_phone_codec_class(struct import *im, struct import_line *line, const char *rest);
void import_phone_profile(struct import *im, struct import_line *line, const char *rest);
void import_phone_cor(struct import *im, struct import_line *line, const char *rest);
void import_phone_forward(struct import *im, struct import_line *line, const char *rest);
void import_phone_password(struct import *im, struct import_line *line, const char *rest);
void import_alias(struct import *im, struct import_line *line, const char *rest);
/* word: an address or a name; the line is ignored if it is none, or one of the router's own, and with note
 * if there are no telephones. */
void import_manager(struct import *im, struct import_line *line, const char *word, unsigned rank,
		    const char *note);

#define NOTE_PHONE "set in the telephones themselves"
#define NOTE_SKINNY "SCCP telephones are not served, SIP telephones are"
#define NOTE_TONES "telephones make their tones and collect digits themselves"
#define NOTE_MUSIC "no music is played to those on hold"

#endif
