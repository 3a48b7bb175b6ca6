// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/session_id.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/sip/name_addr.h"

static const char nobody[] = "00000000000000000000000000000000";

/* 0: uuid has it, empty for all zeros. */
static int read_uuid(const char *text, char uuid[SESSION_UUID_SIZE])
{
	for (unsigned i = 0; i < SESSION_UUID_SIZE - 1; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return -EINVAL;
		uuid[i] = tolower((unsigned char)text[i]);
	}
	uuid[SESSION_UUID_SIZE - 1] = '\0';
	if (!strcmp(uuid, nobody))
		uuid[0] = '\0';
	return 0;
}

int session_id_hear(struct session_id *session, const char *text)
{
	char theirs[SESSION_UUID_SIZE], ours[64], checked[SESSION_UUID_SIZE];
	const char *params;
	int rc;

	text += strspn(text, " \t");
	if (read_uuid(text, theirs))
		return -EINVAL;
	params = text + SESSION_UUID_SIZE - 1;
	params += strspn(params, " \t");
	if (*params && *params != ';')
		return -EINVAL;
	rc = name_addr_param(params, "remote", ours, sizeof(ours));
	if (rc != -ENOENT &&
	    (rc || strlen(ours) != SESSION_UUID_SIZE - 1 || read_uuid(ours, checked)))
		return -EINVAL;
	session->single = rc == -ENOENT;
	if (theirs[0])
		strcpy(session->remote, theirs);
	return 0;
}

void session_id_write(const struct session_id *session, char text[SESSION_ID_TEXT_MAX])
{
	const char *local = session->local[0] ? session->local : nobody;
	const char *remote = session->remote[0] ? session->remote : nobody;

	if (session->single)
		snprintf(text, SESSION_ID_TEXT_MAX, "%s", remote);
	else
		snprintf(text, SESSION_ID_TEXT_MAX, "%s;remote=%s", local, remote);
}

void session_uuid_of_guid(const struct guid *guid, char uuid[SESSION_UUID_SIZE])
{
	snprintf(uuid, SESSION_UUID_SIZE, "%08x%08x%08x%08x", guid->word[0], guid->word[1],
		 guid->word[2], guid->word[3]);
}
