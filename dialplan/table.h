/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * table - objects by their number or name, each once.
 *
 * table_init(), table_add() for each object, table_find() at any time; table_seal() when all are
 * there: it puts the objects in order of their keys and makes the table smaller. The key is the
 * first member of an object: an unsigned number, or an array that holds a name. The table owns the
 * objects and frees them with the function it was given.
 */
#ifndef DIALPLAN_TABLE_H
#define DIALPLAN_TABLE_H

#include <stddef.h>

enum table_key {
	TABLE_BY_NUMBER,
	TABLE_BY_NAME,
};

struct table {
	int (*compare)(const void *a, const void *b);
	void (*destroy)(void *object);
	void *tree; /* until it is sealed */
	void **objects;
	size_t count, size;
};

void table_init(struct table *table, enum table_key key, void (*destroy)(void *object));
void table_clear(struct table *table);
/* -EEXIST, -ENOMEM: object stays the caller's. */
int table_add(struct table *table, void *object);
void table_seal(struct table *table);
/* key: points to a number or a name. NULL: there is none. */
void *table_find(const struct table *table, const void *key);

#endif
