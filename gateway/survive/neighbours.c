// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/neighbours.h"

#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"

struct neighbour { /* as long as it lives */
	struct llist_head entry;
	struct neighbours *all;
	struct osmo_timer_list silence;
	char name[];
};

struct neighbours {
	struct llist_head list;
	unsigned count;
	void (*gone)(void *arg, const char *name);
	void *arg;
};

static int stop(struct neighbours *all)
{
	struct neighbour *n;

	llist_for_each_entry (n, &all->list, entry)
		osmo_timer_del(&n->silence);
	return 0;
}

struct neighbours *neighbours_new(void *ctx)
{
	struct neighbours *all = talloc_zero(ctx, struct neighbours);

	if (!all)
		return NULL;
	INIT_LLIST_HEAD(&all->list);
	talloc_set_destructor(all, stop);
	return all;
}

static struct neighbour *find(const struct neighbours *all, const char *name)
{
	struct neighbour *n;

	llist_for_each_entry (n, &all->list, entry)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

static void silent(void *data)
{
	struct neighbour *n = data;
	struct neighbours *all = n->all;

	llist_del(&n->entry);
	all->count--;
	LOGP(DSIP, LOGL_NOTICE, "gateway %s of this site is silent: this one stands in for it\n",
	     n->name);
	if (all->gone)
		all->gone(all->arg, n->name);
	talloc_free(n);
}

static struct neighbour *add(struct neighbours *all, const char *name)
{
	size_t size = strlen(name) + 1;
	struct neighbour *n;

	if (all->count == NEIGHBOURS_MAX)
		return NULL;
	n = talloc_zero_size(all, sizeof(*n) + size);
	if (!n)
		return NULL;
	n->all = all;
	memcpy(n->name, name, size);
	osmo_timer_setup(&n->silence, silent, n);
	llist_add_tail(&n->entry, &all->list);
	all->count++;
	LOGP(DSIP, LOGL_NOTICE, "gateway %s of this site is there\n", name);
	return n;
}

/* It comes from a channel on which others may write, and goes to the log. */
static bool is_name(const char *name)
{
	const char *c = name;

	while (*c > ' ' && *c < 0x7f)
		c++;
	return *name && !*c;
}

void neighbours_hear(struct neighbours *all, const char *name)
{
	struct neighbour *n = find(all, name);

	if (!n && is_name(name))
		n = add(all, name);
	if (n)
		osmo_timer_schedule(&n->silence, NEIGHBOUR_SILENCE_MS / 1000,
				    NEIGHBOUR_SILENCE_MS % 1000 * 1000);
}

bool neighbours_live(const struct neighbours *all, const char *name)
{
	return find(all, name) != NULL;
}

void neighbours_watch(struct neighbours *all, void (*gone)(void *arg, const char *name), void *arg)
{
	all->gone = gone;
	all->arg = arg;
}
