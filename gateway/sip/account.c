// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/account.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *line)
{
	return strcmp(name, ((const struct account_line *)line)->name);
}

const struct account_line *account_find_line(const struct account *account, const char *name)
{
	if (!account || !account->lines_count || !name)
		return NULL;
	return bsearch(name, account->lines, account->lines_count, sizeof(account->lines[0]),
		       compare_name);
}

/* realm "": one that is for any. */
static const struct account_user *find_in(const struct account *account, const char *line,
					  const char *realm)
{
	const struct account_line *own = account_find_line(account, line);

	if (own && own->user.name[0] && strcmp(own->user.realm, realm) == 0)
		return &own->user;
	for (unsigned i = 0; i < account->users_count; i++)
		if (strcmp(account->users[i].realm, realm) == 0)
			return &account->users[i];
	for (unsigned i = 0; *realm && i < account->lines_count; i++)
		if (account->lines[i].user.name[0] &&
		    strcmp(account->lines[i].user.realm, realm) == 0)
			return &account->lines[i].user;
	return NULL;
}

const struct account_user *account_find_user(const struct account *account, const char *line,
					     const char *realm)
{
	const struct account_user *user;

	if (!account)
		return NULL;
	user = *realm ? find_in(account, line, realm) : NULL;
	return user ? user : find_in(account, line, "");
}
