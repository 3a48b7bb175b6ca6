// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/uri_param_private.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* What stands behind the name, as far as the parameter goes; NULL: it is not there. */
static const char *find(const url_t *url, const char *name, size_t *length)
{
	const char *param = url->url_params;
	size_t own = strlen(name), whole;

	for (; param; param = param[whole] ? param + whole + 1 : NULL) {
		whole = strcspn(param, ";");
		if (whole < own || strncasecmp(param, name, own) != 0 ||
		    (whole > own && param[own] != '='))
			continue;
		*length = whole - own;
		return param + own;
	}
	return NULL;
}

bool uri_has_param(const url_t *url, const char *name)
{
	size_t length;

	return find(url, name, &length) != NULL;
}

int uri_param(const url_t *url, const char *name, char *value, size_t size)
{
	size_t length;
	const char *at = find(url, name, &length);

	if (!at)
		return -ENOENT;
	if (length) {
		at++; /* = */
		length--;
	}
	if (length >= size)
		return -EMSGSIZE;
	memcpy(value, at, length);
	value[length] = '\0';
	return (int)length;
}
