// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/user_to_user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/name_addr.h"

#define PARAM_MAX 32

/* false: it has another value than these, both of which may be NULL. */
static bool param_is(const char *params, const char *name, const char *one, const char *other)
{
	char value[PARAM_MAX];
	int rc = name_addr_param(params, name, value, sizeof(value));

	if (rc == -ENOENT)
		return true;
	return !rc && (!strcasecmp(value, one) || (other && !strcasecmp(value, other)));
}

static int read_hex(const char *text, struct user_user *out)
{
	struct user_user read = {0};
	size_t n = 0;

	text += *text == '"';
	for (; *text && !strchr("\"; \t", *text); text += 2, n++) {
		int high = identity_hex_value(text[0]);
		int low = high < 0 ? -1 : identity_hex_value(text[1]);

		if (low < 0)
			return -EINVAL;
		if (n > USER_USER_MAX)
			return -EMSGSIZE;
		if (n == 0)
			read.protocol = high << 4 | low;
		else
			read.octets[n - 1] = high << 4 | low;
	}
	if (n < 2)
		return -EINVAL;
	read.length = n - 1;
	*out = read;
	return 0;
}

static int read_one(const char *text, struct user_user *out)
{
	const char *params = name_addr_find(text, ";");

	if (!param_is(params, "purpose", "isdn-uui", "isdn-interwork") ||
	    !param_is(params, "encoding", "hex", NULL) ||
	    !param_is(params, "content", "isdn-uui", NULL))
		return -ENOENT;
	return read_hex(text, out);
}

int user_to_user_read(const char *text, struct user_user *out)
{
	char one[USER_TO_USER_TEXT_MAX + 256];
	int rc = -ENOENT;

	while (rc && *(text += strspn(text, ", \t"))) {
		const char *end = name_addr_find(text, ",");
		size_t n = end - text;

		rc = -EMSGSIZE;
		if (n < sizeof(one)) {
			memcpy(one, text, n);
			one[n] = '\0';
			rc = read_one(one, out);
		}
		text = end;
	}
	return rc;
}

void user_to_user_write(const struct user_user *user_user, char text[USER_TO_USER_TEXT_MAX])
{
	char *to = text;

	text[0] = '\0';
	if (user_user->length == 0 || user_user->length > USER_USER_MAX)
		return;
	to += sprintf(to, "%02x", user_user->protocol);
	for (unsigned i = 0; i < user_user->length; i++)
		to += sprintf(to, "%02x", user_user->octets[i]);
	strcpy(to, ";encoding=hex;purpose=isdn-uui;content=isdn-uui");
}
