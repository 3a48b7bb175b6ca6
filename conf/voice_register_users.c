// SPDX-License-Identifier: GPL-2.0-or-later
/* Passwords of telephones, those of pools and those of the file of users, as one list. */
#include "conf/voice_register.h"

#include <stdlib.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/sip_challenge.h"

static int by_name(const void *one, const void *two)
{
	return strcmp(((const struct caller *)one)->name, ((const struct caller *)two)->name);
}

static int by_name_and_place(const void *one, const void *two)
{
	const struct caller *a = *(const struct caller *const *)one;
	const struct caller *b = *(const struct caller *const *)two;
	int order = strcmp(a->name, b->name);

	return order ? order : (a > b) - (a < b);
}

/* Those that one of the same name stands before. */
static bool *find_again(struct caller *users, size_t count)
{
	const struct caller **sorted = talloc_array(users, const struct caller *, count + 1);
	bool *again = talloc_zero_array(users, bool, count + 1);

	OSMO_ASSERT(sorted && again);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &users[i];
	qsort(sorted, count, sizeof(*sorted), by_name_and_place);
	for (size_t i = 1; i < count; i++)
		again[sorted[i] - users] = strcmp(sorted[i]->name, sorted[i - 1]->name) == 0;
	talloc_free(sorted);
	return again;
}

/* Of pools, behind those of the file; returns how many there are then. */
static size_t add_pools(struct conf *conf, struct caller *users, size_t count)
{
	const struct conf_pool *p;

	llist_for_each_entry (p, &conf->pools, head.entry) {
		if (!p->pool.user[0])
			continue;
		strcpy(users[count].name, p->pool.user);
		strcpy(users[count++].password, p->pool.password);
	}
	return count;
}

/* Returns how many are left. */
static unsigned drop_again(struct loader *loader, struct caller *users, size_t first, size_t count)
{
	bool *again = find_again(users, count);
	const struct conf_pool *p;
	size_t at = first, kept = first;

	llist_for_each_entry (p, &loader_conf(loader)->pools, head.entry) {
		if (!p->pool.user[0])
			continue;
		if (again[at])
			loader_error(loader, p->head.line,
				     "voice register pool %u: username %s has a password already",
				     p->pool.number, p->pool.user);
		else
			users[kept++] = users[at];
		at++;
	}
	talloc_free(again);
	return (unsigned)kept;
}

void voice_register_users_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	const struct callers *file = &conf->phone_users.callers;
	struct callers *users = &conf->survive.global.users;
	size_t room = file->users_count + llist_count(&conf->pools) + 1;
	struct caller *all = talloc_zero_array(conf, struct caller, room);
	unsigned count = file->users_count, lacking;

	OSMO_ASSERT(all);
	if (count)
		memcpy(all, file->users, count * sizeof(*all));
	count = drop_again(loader, all, count, add_pools(conf, all, count));
	qsort(all, count, sizeof(*all), by_name);
	strcpy(users->realm, file->realm);
	users->users = all;
	users->users_count = count;
	lacking = callers_lacking(all, count);
	/* many telephones give up when they are asked for SHA-256, whatever else they are offered */
	users->lacking = sip_challenge_lacking(loader, &conf->phone_users, lacking,
					       lacking & 1u << DIGEST_MD5 ? CONF_ALGORITHM_ANY
									  : CONF_ALGORITHM_MD5);
	if (users->realm[0] && !count && !loader_is_incomplete(loader))
		loader_error(loader, conf->phone_users.line,
			     "authenticate realm %s: expected authenticate users file PATH, or a "
			     "voice register pool with username",
			     users->realm);
}
