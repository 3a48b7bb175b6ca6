/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * index_private - the tree that index.c builds and index_find.c walks.
 *
 * A trie over the leading atoms of the patterns. An edge is a code: a digit, or a set of digits (dot
 * or brackets). Patterns that share their beginning and are few stay together in one leaf. Where all
 * patterns of a node go on alike, the node skips what they share.
 *
 *	2...  20[1-3]T  911 (and many that begin with 44)
 *			root -2-> leaf { 2... , 20[1-3]T }
 *			root -4-> skip 1, -2-> ... , -7-> ...
 *			root -9-> leaf { 911 }
 *
 * The entries lie in the order of their codes, what is shorter before what goes on: those of one
 * node together, and below them those of its children.
 */
#ifndef DIALPLAN_INDEX_PRIVATE_H
#define DIALPLAN_INDEX_PRIVATE_H

#include "dialplan/index.h"

#define CODE_ANY PATTERN_SYMBOLS /* stands in for sets without a code of their own */
#define CODES_MAX 255		 /* 0..16 are digits, then "any", the rest are sets */

struct index_entry {
	const struct pattern *pattern;
	uint32_t value;
	uint8_t length; /* leading atoms */
	uint8_t next;	/* in a leaf, if there are more than led there: the code of the first of
			   these */
	uint8_t explicit_length;
	bool plain : 1; /* all its atoms are leading ones, and each has a code that is its own */
	bool variable : 1;
	bool anchored : 1;
};

struct index_node {
	uint32_t entries, entries_count; /* patterns to check here */
	uint32_t children;		 /* first child: digits in order, then sets */
	uint32_t digits;		 /* symbols that have a child */
	uint8_t sets_count;
	uint8_t code;	      /* the edge that leads here */
	uint8_t skip;	      /* codes after it that all patterns here and below share */
	uint8_t explicit_max; /* longest explicit length here and below */
};

struct index {
	struct index_entry *entries;
	size_t count, size;
	uint32_t sets[CODES_MAX]; /* symbols of each code */
	unsigned sets_count;
	struct index_node *nodes;
	size_t nodes_count;
	struct chunk *chunks; /* patterns that are the index's own */
};

#endif
