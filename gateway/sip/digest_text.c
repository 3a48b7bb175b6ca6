// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/digest_text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/digest.h"

#define SPACE " \t\r\n"
#define SEPARATORS SPACE "\"(),/:;<=>?@[\\]{}" /* what no token has, RFC 7230 3.2.6 */

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* The length of what stands between quotes; text is behind the first. */
static int quoted_length(const char *text, size_t *out)
{
	size_t length = 0;

	while (text[length] != '"') {
		if (text[length] == '\\')
			length++;
		if (!text[length] || is_control(text[length]))
			return -EBADMSG;
		length++;
	}
	*out = length;
	return 0;
}

/* One value; *at goes behind it. Unquoted ones may hold anything that cannot end them: nonces are
 * sent so by some, with = and / in them. */
static int read_value(const char **at, const char **value, size_t *length)
{
	const char *text = *at;

	if (*text == '"') {
		*value = text + 1;
		if (quoted_length(text + 1, length))
			return -EBADMSG;
		*at = text + *length + 2;
		return 0;
	}
	*value = text;
	*length = strcspn(text, SPACE ",\"\\");
	for (size_t i = 0; i < *length; i++)
		if (is_control(text[i]))
			return -EBADMSG;
	*at = text + *length;
	return 0;
}

static struct digest_field *find_field(struct digest_field *fields, unsigned count,
				       const char *name, size_t length)
{
	for (unsigned i = 0; i < count; i++)
		if (strlen(fields[i].name) == length && !strncasecmp(fields[i].name, name, length))
			return &fields[i];
	return NULL;
}

static int keep(struct digest_field *field, const char *value, size_t length)
{
	if (field->seen)
		return -EBADMSG;
	if (length >= field->size)
		return -ENOBUFS;
	memcpy(field->value, value, length);
	field->value[length] = '\0';
	field->seen = true;
	return 0;
}

int digest_text_read(const char *text, struct digest_field *fields, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		fields[i].seen = false;
		fields[i].value[0] = '\0';
	}
	for (text += strspn(text, SPACE ","); *text; text += strspn(text, SPACE ",")) {
		const char *name = text, *value;
		size_t name_length = strcspn(text, SEPARATORS), length;
		struct digest_field *field = find_field(fields, count, name, name_length);
		int rc;

		text += name_length;
		text += strspn(text, SPACE);
		if (!name_length || *text != '=')
			return -EBADMSG;
		text++;
		text += strspn(text, SPACE);
		if (read_value(&text, &value, &length))
			return -EBADMSG;
		text += strspn(text, SPACE);
		if (*text && *text != ',')
			return -EBADMSG;
		rc = field ? keep(field, value, length) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

const char *digest_text_scheme(const char *text)
{
	text += strspn(text, SPACE);
	if (strncasecmp(text, "Digest", 6) != 0 || !text[6] || !strchr(SPACE, text[6]))
		return NULL;
	return text + 6 + strspn(text + 6, SPACE);
}

bool digest_text_lists(const char *list, const char *word)
{
	size_t wanted = strlen(word);

	for (list += strspn(list, SPACE ","); *list; list += strspn(list, SPACE ",")) {
		size_t length = strcspn(list, SPACE ",");

		if (length == wanted && !strncasecmp(list, word, length))
			return true;
		list += length;
	}
	return false;
}

bool digest_is_sendable(const char *text)
{
	for (; *text; text++)
		if (*text == '"' || *text == '\\' || iscntrl((unsigned char)*text))
			return false;
	return true;
}
