// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/table.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(const void *pa, const void *pb)
{
	unsigned a = *(const unsigned *)pa, b = *(const unsigned *)pb;

	return a < b ? -1 : a > b;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

void table_init(struct table *table, enum table_key key, void (*destroy)(void *object))
{
	*table = (struct table){
	    .compare = key == TABLE_BY_NUMBER ? compare_numbers : compare_names,
	    .destroy = destroy,
	};
}

static void keep(void *object) /* the tree borrows its objects */
{
}

void table_clear(struct table *table)
{
	tdestroy(table->tree, keep);
	for (size_t i = 0; i < table->count; i++)
		table->destroy(table->objects[i]);
	free(table->objects);
	table->tree = NULL;
	table->objects = NULL;
	table->count = table->size = 0;
}

int table_add(struct table *table, void *object)
{
	void **found;

	if (table->count == table->size) {
		size_t size = table->size ? 2 * table->size : 16;
		void **objects = reallocarray(table->objects, size, sizeof(*objects));

		if (!objects)
			return -ENOMEM;
		table->objects = objects;
		table->size = size;
	}
	found = tsearch(object, &table->tree, table->compare);
	if (!found)
		return -ENOMEM;
	if (*found != object)
		return -EEXIST;
	table->objects[table->count++] = object;
	return 0;
}

static int compare_objects(const void *a, const void *b, void *compare)
{
	int (*by_key)(const void *, const void *) = *(int (**)(const void *, const void *))compare;

	return by_key(*(void *const *)a, *(void *const *)b);
}

void table_seal(struct table *table)
{
	tdestroy(table->tree, keep);
	table->tree = NULL;
	if (table->count)
		qsort_r(table->objects, table->count, sizeof(*table->objects), compare_objects,
			&table->compare);
}

static void *find_sealed(const struct table *table, const void *key)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = table->compare(key, table->objects[middle]);

		if (order == 0)
			return table->objects[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void *table_find(const struct table *table, const void *key)
{
	void *const *found;

	if (!table->tree)
		return find_sealed(table, key);
	found = tfind(key, &table->tree, table->compare);
	return found ? *found : NULL;
}
