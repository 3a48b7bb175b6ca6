// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/script_element.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

int script_refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -EINVAL;
}

int script_number(const char *text, unsigned most, unsigned *out)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	unsigned long value;
	char *end;

	*out = 1;
	if (text[0] == '$')
		return 0;
	if (digits[0] == '\0' || strlen(digits) > 8 ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return -EINVAL;
	value = strtoul(digits, &end, hex ? 16 : 10);
	if (value > most)
		return -EINVAL;
	*out = (unsigned)value;
	return 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int script_hex(const char *text, uint8_t *out, size_t size)
{
	size_t length = 0;

	for (; *text != '\0'; text += 2) {
		while (*text == '.' || *text == ':')
			text++;
		if (*text == '\0')
			break;
		if (nibble(text[0]) < 0 || nibble(text[1]) < 0 || length >= size)
			return -EINVAL;
		out[length++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
	}
	return (int)length;
}

/* ---- words */

static int value_parse(const struct element_field *field, const char *text,
		       struct element_value *value)
{
	uint8_t octets[255];

	switch (field->form) {
	case FORM_NUMBER:
		for (const struct element_name *n = field->names; n != NULL && n->name; n++) {
			if (strcmp(n->name, text) == 0) {
				value->number = n->number;
				return 0;
			}
		}
		return script_number(text, field->most, &value->number);
	case FORM_HEX:
		if (script_hex(text, octets, sizeof(octets)) < 0)
			return -EINVAL;
		value->text[0] = '\0';
		for (int i = 0, n = script_hex(text, octets, sizeof(octets)); i < n; i++)
			snprintf(value->text + 2 * i, 3, "%02x", octets[i]);
		return 0;
	case FORM_TEXT:
		if (strlen(text) > 255)
			return -EINVAL;
		strcpy(value->text, text);
		return 0;
	case FORM_FLAG:
		return -EINVAL;
	}
	return -EINVAL;
}

static int value_refuse(const struct element_field *field, const char *text, char *why, size_t size)
{
	char names[160] = "";

	if (field->form == FORM_FLAG)
		return script_refuse(why, size, "option %s takes no value", field->name);
	if (field->form == FORM_HEX)
		return script_refuse(why, size, "%s: expected pairs of hexadecimal digits", text);
	if (field->form == FORM_TEXT)
		return script_refuse(why, size, "%.20s...: expected at most 255 characters", text);
	for (const struct element_name *n = field->names; n != NULL && n->name; n++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s, ", n->name);
	return script_refuse(why, size, "%s: expected %sa number up to %u", text, names,
			     field->most);
}

static int value_set(const struct element_field *field, const char *text, bool condition,
		     struct element_value *value)
{
	value->given = true;
	if (!condition || text[0] != '?')
		return value_parse(field, text, value);
	if (text[1] == '\0' || strlen(text + 1) >= sizeof(value->capture))
		return -EINVAL;
	strcpy(value->capture, text + 1);
	return 0;
}

/* NAME or NAME=VALUE */
static int option_parse(char *option, bool condition, struct element *element, char *why,
			size_t size)
{
	char *text = strchr(option, '=');
	const struct element_field *field = element->kind->fields + 1;
	unsigned length;

	if (text != NULL)
		*text++ = '\0';
	if (strcmp(option, "length") == 0 && text != NULL && !condition) {
		if (script_number(text, 255, &length) < 0)
			return script_refuse(why, size, "length=%s: expected 0 to 255", text);
		element->wrong_length = (int)length;
		return 0;
	}
	for (; field < element->kind->fields + ELEMENT_FIELDS_MAX && field->name; field++) {
		struct element_value *value = &element->values[field - element->kind->fields];

		if (strcmp(field->name, option) != 0)
			continue;
		if (field->form == FORM_FLAG && text == NULL) {
			value->given = true;
			return 0;
		}
		if (text == NULL)
			return script_refuse(why, size, "option %s needs a value", option);
		if (value_set(field, text, condition, value) < 0)
			return value_refuse(field, text, why, size);
		return 0;
	}
	return script_refuse(why, size, "%s has no option %s", element->kind->name, option);
}

static int kind_parse(const char *name, struct element *out, char *why, size_t size)
{
	unsigned id;

	out->kind = element_kind_find(name);
	if (out->kind != NULL) {
		out->id = (uint8_t)(out->kind->id < 0 ? 0 : out->kind->id);
		return 0;
	}
	if (strncmp(name, "0x", 2) != 0 || script_number(name, 255, &id) < 0)
		return script_refuse(
		    why, size,
		    "%s: expected an information element such as channel=1, 0x1c=HEX or "
		    "octets=HEX",
		    name);
	out->kind = &element_kind_any;
	out->id = (uint8_t)id;
	return 0;
}

static bool takes_no_value(const struct element *element)
{
	return element->kind->decode == NULL && element->kind->fields[0].most == 0;
}

int element_parse(const char *word, bool condition, struct element *out, char *why, size_t size)
{
	char copy[SCRIPT_TEXT_MAX + 128];
	char *rest = copy, *head, *text, *option;
	int rc;

	if (strlen(word) >= sizeof(copy))
		return script_refuse(why, size, "%.20s...: too long", word);
	memset(out, 0, sizeof(*out));
	out->wrong_length = -1;
	out->absent = condition && word[0] == '!';
	strcpy(copy, word + out->absent);
	head = strsep(&rest, ",");
	text = strchr(head, '=');
	if (text != NULL)
		*text++ = '\0';
	rc = kind_parse(head, out, why, size);
	if (rc < 0)
		return rc;
	if (condition && (out->kind->id < 0 || strcmp(head, "shift") == 0))
		return script_refuse(why, size, "%s cannot be expected", head);
	if (out->absent && (text != NULL || rest != NULL))
		return script_refuse(why, size, "!%s takes no value", head);
	out->same = !condition && text != NULL && strcmp(text, "same") == 0;
	if (out->same)
		return 0;
	if (text != NULL &&
	    (takes_no_value(out) || (out->kind == &element_kind_any && out->id >= 0x80)))
		return script_refuse(why, size, "%s takes no value", head);
	if (text == NULL && !condition && !takes_no_value(out) &&
	    !(out->kind == &element_kind_any && out->id >= 0x80))
		return script_refuse(why, size, "%s needs a value: %s=...", head, head);
	if (text != NULL && value_set(&out->kind->fields[0], text, condition, &out->values[0]) < 0)
		return value_refuse(&out->kind->fields[0], text, why, size);
	while ((option = strsep(&rest, ","))) {
		rc = option_parse(option, condition, out, why, size);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- octets */

size_t element_encode(const struct element *element, uint8_t *out)
{
	const struct element_kind *kind = element->kind;
	size_t length;

	if (kind->id == -1)
		return kind->encode(element->values, out);
	out[0] = element->id;
	if (kind->encode == NULL && kind->fields[0].most != 0) { /* shift */
		out[0] |= (uint8_t)element->values[0].number;
		if (!element->values[1].given)
			out[0] |= 0x08;
	}
	if (element->id >= 0x80)
		return 1;
	length = kind->encode(element->values, out + 2);
	out[1] = (uint8_t)(element->wrong_length >= 0 ? (size_t)element->wrong_length : length);
	return 2 + length;
}

void element_decode(const struct element_kind *kind, const uint8_t *contents, size_t length,
		    struct element_value *values)
{
	memset(values, 0, sizeof(*values) * ELEMENT_FIELDS_MAX);
	if (kind->decode != NULL)
		kind->decode(contents, length, values);
	for (unsigned i = 0; i < ELEMENT_FIELDS_MAX; i++) {
		if (kind->fields[i].form == FORM_NUMBER && values[i].given)
			snprintf(values[i].text, sizeof(values[i].text), "%u", values[i].number);
	}
}
