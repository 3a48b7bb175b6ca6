// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/name_addr.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define BLANK " \t\r\n"

static void cut_blank_off(char *text)
{
	size_t n = strlen(text);

	while (n && strchr(BLANK, text[n - 1]))
		text[--n] = '\0';
}

/* Behind the quoted string that begins at text; the end if it is not closed. */
static const char *skip_quoted(const char *text)
{
	for (text++; *text && *text != '"'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text ? text + 1 : text;
}

/* Where the first of stops stands outside quotes, or the end. */
const char *name_addr_find(const char *text, const char *stops)
{
	while (*text && !strchr(stops, *text))
		text = *text == '"' ? skip_quoted(text) : text + 1;
	return text;
}

/* Ends text where one of stops is; what follows it, or NULL. */
static char *cut(char *text, const char *stops)
{
	char *end = text + strcspn(text, stops);

	if (!*end)
		return NULL;
	*end = '\0';
	return end + 1;
}

/* ---- addresses */

static void read_host(char *host, struct name_addr *out)
{
	char *end = *host == '[' ? strchr(host, ']') : NULL;

	out->uri_headers = cut(host, "?");
	out->uri_params = cut(host, ";");
	if (end)
		end[1] = '\0';
	else
		cut(host, ":");
	out->address.host = host;
}

static bool read_uri(char *uri, struct name_addr *out)
{
	char *rest = cut(uri, ":"), *host;

	if (!rest || !*rest)
		return false;
	out->address.scheme = uri;
	if (!strcasecmp(uri, "tel")) {
		out->address.params = cut(rest, ";");
		out->address.user = rest;
		return true;
	}
	if (strcasecmp(uri, "sip") && strcasecmp(uri, "sips"))
		return false;
	host = cut(rest, "@");
	if (host) {
		cut(rest, ":"); /* a password */
		out->address.user = rest;
	}
	read_host(host ? host : rest, out);
	return true;
}

/* Name <URI>;parameters, or URI;parameters. */
static bool read_entry(char *text, struct name_addr *out)
{
	char *open = (char *)name_addr_find(text, "<;"), *close;

	if (*open != '<') {
		out->params = cut(text, ";");
		cut_blank_off(text);
		return read_uri(text, out);
	}
	*open++ = '\0';
	close = strchr(open, '>');
	if (!close)
		return false;
	*close++ = '\0';
	cut_blank_off(text);
	if (*text)
		out->address.display = text;
	out->params = strchr(close, ';');
	return read_uri(open + strspn(open, BLANK), out);
}

/* Where the comma behind the first address is, or the end. */
static char *find_comma(char *text)
{
	char *end = (char *)name_addr_find(text, "<,");

	if (*end == '<')
		end += strcspn(end, ">");
	return (char *)name_addr_find(end, ",");
}

bool name_addr_next(char **text, struct name_addr *out)
{
	char *entry = *text + strspn(*text, "," BLANK), *end;

	memset(out, 0, sizeof(*out));
	if (!*entry)
		return false;
	end = find_comma(entry);
	*text = *end ? end + 1 : end;
	*end = '\0';
	if (!read_entry(entry, out))
		memset(out, 0, sizeof(*out));
	return true;
}

/* ---- parameters */

static int copy_value(const char *from, char *value, size_t size)
{
	const char *end = from + strcspn(from, ";" BLANK);
	bool quoted = *from == '"';
	size_t n = 0;

	if (quoted)
		end = skip_quoted(from++);
	for (; from < end && !(quoted && *from == '"'); from++) {
		if (quoted && *from == '\\' && from + 1 < end)
			from++;
		if (n + 1 >= size)
			return -EMSGSIZE;
		value[n++] = *from;
	}
	value[n] = '\0';
	return 0;
}

int name_addr_param(const char *params, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);

	for (; params && *params; params = name_addr_find(params, ";")) {
		params += strspn(params, ";" BLANK);
		if (strncasecmp(params, name, length) ||
		    (params[length] && !strchr("=;" BLANK, params[length])))
			continue;
		params += length;
		params += strspn(params, BLANK);
		if (*params == '=')
			params += 1 + strspn(params + 1, BLANK);
		else
			params = "";
		return copy_value(params, value, size);
	}
	return -ENOENT;
}

int name_addr_header(const char *headers, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);

	for (; headers && *headers; headers += *headers == '&') {
		size_t n = strcspn(headers, "&");

		if (n > length && headers[length] == '=' && !strncasecmp(headers, name, length))
			return identity_unescape(headers + length + 1, n - length - 1, value, size);
		headers += n;
	}
	return -ENOENT;
}
