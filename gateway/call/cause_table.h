/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cause_table - which SIP status a Q.850 cause becomes, and back.
 *
 * Four whole tables are built in (`cause-map`, enum cause_map); cause_rows.c has their rows. What the
 * configuration changes of them stands in tables of struct cause_table, one for each place that says
 * something: a dial peer, a trunk group, `sip-ua`. Places that say the same share a table: they hold
 * its number in a struct cause_tables, and 0 where nothing is said.
 *
 * For each answer the tables that hold for it are put into a struct cause_view, nearest first
 * (cause_view_add). The first that has the row decides: its own rows, then those of its file, then
 * its `cause-map`; behind all of them is `cause-map default`.
 *
 * A set is filled while the configuration is read, then it is only looked at. Whoever keeps one
 * counts (cause_tables_ref). Numbers belong to the set, and go with the dial plan that was read
 * with it.
 */
#ifndef GATEWAY_CALL_CAUSE_TABLE_H
#define GATEWAY_CALL_CAUSE_TABLE_H

#include "gateway/call/cause.h"

#define CAUSE_Q850_MAX 127
#define CAUSE_SIP_FIRST 300
#define CAUSE_SIP_LAST 699
#define CAUSE_ANSWER_FIRST 400 /* of the statuses that a cause may become */
#define CAUSE_FILE_MAX 127

enum cause_map { /* `cause-map` */
		 CAUSE_MAP_UNSET,
		 CAUSE_MAP_DEFAULT,
		 CAUSE_MAP_RFC3398,
		 CAUSE_MAP_CISCO,
		 CAUSE_MAP_AUDIOCODES,
		 CAUSE_MAP_COUNT
};

struct cause_table {
	uint8_t map;	      /* enum cause_map */
	bool busy_everywhere; /* 17 of a user is 600 */
	/* `cause-map file NAME`: the number of the table with its rows; 0: none */
	unsigned file;
	char name[CAUSE_FILE_MAX + 1];	  /* of the file that this one's rows are from, or empty */
	uint16_t sip[CAUSE_Q850_MAX + 1]; /* `set pstn-cause N sip-status M`: [N]; 0: not set */
	uint8_t q850[CAUSE_SIP_LAST - CAUSE_SIP_FIRST + 1]; /* `set sip-status`: [N - FIRST] */
};

struct cause_tables;

struct cause_tables *cause_tables_new(void); /* NULL: no memory */
struct cause_tables *cause_tables_ref(struct cause_tables *tables);
void cause_tables_unref(struct cause_tables *tables); /* NULL: nothing */
/* The number of a table that says this: 0 if it says nothing. -ENOMEM. */
int cause_tables_find(struct cause_tables *tables, const struct cause_table *table);
/* Never NULL: number 0 and those that there are not say nothing. */
const struct cause_table *cause_tables_at(const struct cause_tables *tables, unsigned number);

/* ---- the tables that hold for an answer */

#define CAUSE_PLACES_MAX 4

struct cause_view {
	unsigned count;
	struct {
		const struct cause_table *own, *file;
	} place[CAUSE_PLACES_MAX];
};

void cause_view_add(struct cause_view *view, const struct cause_tables *tables, unsigned number);

/* SIP status for a call that was not answered, 301, 302 or 400..699. data: it was one of data, not of
 * speech. */
unsigned cause_to_sip(const struct cause_view *view, const struct cause *cause, bool data);

enum cause_reason_use {			    /* `reason-header` */
			CAUSE_REASON_UNSET, /* its cause wins, but not over rows of the operator's */
			CAUSE_REASON_OVERRIDE, /* over those too */
			CAUSE_REASON_IGNORE,
};

struct cause_answer {	  /* a final answer that came */
	unsigned status;  /* 300..699 */
	bool alerted;	  /* a 180 was seen (480 is 19 then) */
	unsigned warning; /* code of a Warning header or 0 */
	bool retry_after;
	struct cause_reason reason;
	enum cause_reason_use use;
};

struct cause cause_from_sip(const struct cause_view *view, const struct cause_answer *answer);
/* BYE or CANCEL, as its Reason has it: 16 if that says nothing. cancelled: a call that was not
 * answered yet, by us. */
struct cause cause_from_request(const struct cause_view *view, const struct cause_reason *reason,
				enum cause_reason_use use, bool cancelled);

/* ---- the built-in tables */

/* 0: the table has no row of its own for it. */
unsigned cause_map_sip(enum cause_map map, unsigned q850);
unsigned cause_map_q850(enum cause_map map, unsigned status);
const char *cause_map_name(enum cause_map map); /* "rfc3398" */
/* What stands there if there is no row: 500; 31, or with the default that of the class (RFC 3261
 * 8.1.3.2). */
unsigned cause_map_other_sip(enum cause_map map);
unsigned cause_map_other_q850(enum cause_map map, unsigned status);
/* Is it one of RFC 3261 or of those that followed? */
bool cause_sip_is_known(unsigned status);

#endif
