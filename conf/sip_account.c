// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines that are registered: numbers of `credentials` and those of pots dial peers. */
#include "conf/sip_register.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

struct conf_account *sip_account_of(struct conf *conf, struct tenant *tenant)
{
	struct conf_account *a;

	if (tenant->account)
		return (struct conf_account *)tenant->account;
	a = talloc_zero(conf, struct conf_account);
	OSMO_ASSERT(a);
	INIT_LLIST_HEAD(&a->credentials);
	tenant->account = &a->account;
	return a;
}

/* ---- pots peers */

/* "+4930111" or "4001": one number, which somebody can be called by. */
static bool is_whole_number(const char *pattern)
{
	pattern += *pattern == '+';
	return *pattern && strspn(pattern, "0123456789") == strlen(pattern);
}

static bool is_registered(const struct conf_peer *p)
{
	return p->peer.kind == PEER_POTS && !p->no_register_e164 && !p->peer.shutdown &&
	       is_whole_number(p->peer.destination_pattern);
}

static bool has_registrar(const struct account *account)
{
	for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++)
		if (account->registrars[i].target[0])
			return true;
	return false;
}

/* ---- lines */

static int by_name(const void *one, const void *two)
{
	const struct account_line *a = one, *b = two;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	return a->peer < b->peer ? -1 : a->peer > b->peer;
}

/* Of each name the first stays: the one of `credentials`, which gets the tag of the dial peer. */
static void merge(struct account *account)
{
	struct account_line *last = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < account->lines_count; i++) {
		const struct account_line *line = &account->lines[i];

		if (last && strcmp(last->name, line->name) == 0) {
			if (!last->peer)
				last->peer = line->peer;
			if (!last->user.name[0])
				last->user = line->user;
			continue;
		}
		last = &account->lines[count++];
		*last = *line;
	}
	account->lines_count = count;
}

static int by_line(const void *one, const void *two)
{
	const struct conf_credentials *a = *(struct conf_credentials *const *)one;
	const struct conf_credentials *b = *(struct conf_credentials *const *)two;
	int order = strcmp(a->line, b->line);

	if (order)
		return order;
	return a->file_line < b->file_line ? -1 : a->file_line > b->file_line;
}

static void check_twice(struct loader *loader, const struct conf_account *a)
{
	struct conf_credentials **sorted, *c;
	unsigned count = 0;

	sorted = talloc_array(loader, struct conf_credentials *, a->credentials_count + 1);
	OSMO_ASSERT(sorted);
	llist_for_each_entry (c, &a->credentials, entry)
		sorted[count++] = c;
	qsort(sorted, count, sizeof(sorted[0]), by_line);
	for (unsigned i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->line, sorted[i]->line) == 0)
			loader_error(
			    loader, sorted[i]->file_line,
			    "credentials for %s are in line %u already: expected them once",
			    sorted[i]->line, sorted[i - 1]->file_line);
	talloc_free(sorted);
}

static void collect(struct loader *loader, struct tenant *tenant)
{
	struct conf *conf = loader_conf(loader);
	struct conf_account *a = (struct conf_account *)tenant->account;
	const struct conf_credentials *c;
	const struct conf_peer *p;
	struct account *account;
	size_t room;

	if (!a)
		return;
	account = &a->account;
	room = a->credentials_count + llist_count(&conf->peers);
	account->lines = talloc_zero_array(a, struct account_line, room + 1);
	OSMO_ASSERT(account->lines);
	llist_for_each_entry (c, &a->credentials, entry) {
		struct account_line *line = &account->lines[account->lines_count++];

		strcpy(line->name, c->line);
		line->user = c->user.user;
	}
	llist_for_each_entry (p, &conf->peers, entry) {
		struct account_line *line = &account->lines[account->lines_count];

		if (p->peer.tenant != tenant->number || !is_registered(p))
			continue;
		strcpy(line->name, p->peer.destination_pattern);
		line->peer = p->peer.tag;
		if (p->authentication)
			line->user = p->authentication->user;
		account->lines_count++;
	}
	qsort(account->lines, account->lines_count, sizeof(account->lines[0]), by_name);
	merge(account);
	account->lines =
	    talloc_realloc(a, account->lines, struct account_line, account->lines_count + 1);
	check_twice(loader, a);
	if (a->credentials_count && !has_registrar(account) && !loader_is_incomplete(loader))
		loader_warning(loader, a->line,
			       "credentials without a registrar: nothing is registered");
}

void sip_account_collect_lines(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_tenant *t;

	collect(loader, &conf->tenant_all);
	llist_for_each_entry (t, &conf->tenant_blocks, head.entry)
		collect(loader, &t->tenant);
}
