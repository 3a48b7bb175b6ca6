// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/srv.h"

#include <string.h>

static void take_record(void *arg, struct dns_reader *data)
{
	struct srv_records *out = arg;
	struct srv_record new;

	new.priority = dns_take_u16(data);
	new.weight = dns_take_u16(data);
	new.port = dns_take_u16(data);
	if (!dns_take_name(data, new.host) || data->broken)
		return;
	if (!new.host[0])
		out->denied = true;
	else if (out->count == SRV_MAX)
		out->more = true;
	else if (new.port)
		out->records[out->count++] = new;
}

int srv_parse(const uint8_t *message, size_t size, struct srv_records *out)
{
	uint32_t ttl_s;
	int rc;

	out->count = 0;
	out->more = out->denied = false;
	rc = dns_message_each(message, size, DNS_TYPE_SRV, take_record, out, &ttl_s);
	out->denied = out->denied && !out->count;
	return rc;
}

/* The record is moved up to its place; the others keep their order. */
static void move_up(struct srv_record *records, unsigned from, unsigned to)
{
	struct srv_record record = records[from];

	memmove(&records[to + 1], &records[to], (from - to) * sizeof(record));
	records[to] = record;
}

static bool goes_before(const struct srv_record *a, const struct srv_record *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return !a->weight && b->weight; /* weight 0 first, so that it has its small chance */
}

static void sort(struct srv_records *list)
{
	for (unsigned i = 1; i < list->count; i++) {
		unsigned to = i;

		while (to && goes_before(&list->records[i], &list->records[to - 1]))
			to--;
		move_up(list->records, i, to);
	}
}

/* RFC 2782, "Usage rules": a number between 0 and the sum of the weights, both included, chooses the
 * first record whose running sum reaches it. */
void srv_order(struct srv_records *list, long (*random)(void))
{
	sort(list);
	for (unsigned i = 0; i + 1 < list->count; i++) {
		unsigned priority = list->records[i].priority, k = i;
		unsigned long sum = 0, running = 0, draw;

		for (unsigned n = i; n < list->count && list->records[n].priority == priority; n++)
			sum += list->records[n].weight;
		draw = (unsigned long)random() % (sum + 1);
		while ((running += list->records[k].weight) < draw)
			k++;
		move_up(list->records, k, i);
	}
}
