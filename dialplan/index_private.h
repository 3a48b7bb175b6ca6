/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * index_private - the tree that index.c builds and index_find.c walks.
 *
 * A trie over the leading atoms of the patterns. An edge is a code: a digit, or a set of digits (dot
 * or brackets). Patterns that share their beginning and are few stay together in one leaf. Where all
 * patterns of a node go on alike, the node skips what they share.
 *
 *	2...  20[1-3]T  911 (and many that begin with 442 or 447)
 *			root -2-> leaf { 2... , 20[1-3]T }
 *			root -4-> skip 1, -2-> ... , -7-> ...
 *			root -9-> leaf { 911 }
 *
 * Among a million patterns nearly all that a look-up reads comes from memory that no cache holds, so
 * it has to be little: a node takes 16 octets, and the patterns lie in the order of the tree, those
 * of a node together.
 */
#ifndef DIALPLAN_INDEX_PRIVATE_H
#define DIALPLAN_INDEX_PRIVATE_H

#include "dialplan/index.h"

#define CODE_ANY PATTERN_SYMBOLS /* stands in for sets without a code of their own */
#define CODES_MAX 255		 /* 0..16 are digits, then "any", the rest are sets */

struct index_record { /* a pattern that was added */
	uint32_t value;
	uint8_t words;	/* size of all of it */
	uint8_t length; /* leading atoms */
	uint8_t next;	/* code of the first of these that did not lead to the node */
	bool plain : 1; /* all atoms are leading ones, and each has a code that is its own */
	bool last : 1;	/* of those of its node */
	uint32_t pattern[];
};

struct index_node {
	uint32_t records;	   /* of it and of all below begin at this word */
	uint32_t children;	   /* first child: digits in order, then sets */
	uint32_t digits : 17;	   /* symbols that have a child */
	uint32_t skip : 6;	   /* codes that all patterns here and below share */
	uint32_t explicit_max : 6; /* longest explicit length here and below */
	uint32_t has_records : 1;  /* of its own */
	uint32_t sets_count : 8;
	uint32_t code : 8;    /* the edge that leads here */
	uint32_t values : 16; /* of the patterns here and below: bits of index_value_bit() */
};

/* Values that very many patterns have, such as that of a map, have a bit of their own; the others
 * share one. */
#define COMMON_VALUES_MAX 15
#define VALUES_OTHER (1u << COMMON_VALUES_MAX)

struct index {
	struct chunk *chunks; /* records while they are added */
	size_t count, words;  /* of all records */
	uint32_t *records;    /* sealed */
	struct index_node *nodes;
	size_t nodes_count;
	uint32_t sets[CODES_MAX]; /* symbols of each code */
	unsigned sets_count;
	uint32_t common_values[COMMON_VALUES_MAX];
	unsigned common_count;
};

static inline const struct pattern *record_pattern(const struct index_record *record)
{
	return (const void *)record->pattern;
}

static inline unsigned index_value_bit(const struct index *index, uint32_t value)
{
	for (unsigned i = 0; i < index->common_count; i++)
		if (index->common_values[i] == value)
			return 1u << i;
	return VALUES_OTHER;
}

#endif
