// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/script_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/exchange/script_element.h"

#define ELEMENT_MAX 600 /* octets of one in a script, however long it claims to be */
#define DISCRIMINATOR 0x08

int script_message_type(const char *name)
{
	char known[32];
	unsigned type;

	if (name[0] == '$')
		return 0;
	if (script_number(name, 255, &type) == 0)
		return (int)type;
	for (type = 0; type < 128; type++) {
		snprintf(known, sizeof(known), "%s", dss1_type_name(type));
		for (char *c = known; *c != '\0'; c++)
			*c = *c == ' ' ? '-' : *c;
		if (strcmp(known, name) == 0 && strcmp(known, "UNKNOWN-MESSAGE") != 0)
			return (int)type;
	}
	return -EINVAL;
}

/* ---- to be sent */

struct whole { /* what is done to the message as a whole; -1: nothing */
	int discriminator, flag, reference_octets, cut, flip;
};

/* 1: the word was one of these. */
static int whole_parse(const char *word, struct whole *whole, char *why, size_t size)
{
	const struct {
		const char *name;
		unsigned most;
		int *value;
	} known[] = {
	    {"discriminator", 255, &whole->discriminator},
	    {"flag", 1, &whole->flag},
	    {"reference-octets", 15, &whole->reference_octets},
	    {"cut", LAPD_MESSAGE_MAX, &whole->cut},
	    {"flip", 8 * LAPD_MESSAGE_MAX - 1, &whole->flip},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t length = strlen(known[i].name);
		unsigned value;

		if (strncmp(word, known[i].name, length) != 0 || word[length] != '=')
			continue;
		if (script_number(word + length + 1, known[i].most, &value) < 0)
			return script_refuse(why, size, "%s: expected a number up to %u", word,
					     known[i].most);
		*known[i].value = (int)value;
		return 1;
	}
	return 0;
}

static void append(struct script_message *message, const uint8_t *octets, size_t length)
{
	size_t room = sizeof(message->octets) - message->length;

	if (length > room)
		length = room;
	memcpy(message->octets + message->length, octets, length);
	message->length += length;
}

static void append_octet(struct script_message *message, unsigned octet)
{
	uint8_t o = (uint8_t)octet;

	append(message, &o, 1);
}

/* The low octets of the reference hold it, the first has the flag. */
static void append_reference(const struct script_outline *outline, const struct whole *whole,
			     struct script_message *out)
{
	unsigned length = outline->no_reference ? 0 : 2;
	bool flag = whole->flag >= 0 ? whole->flag : outline->flag;

	if (whole->reference_octets >= 0)
		length = (unsigned)whole->reference_octets;
	append_octet(out, length);
	for (unsigned i = length; i > 0; i--) {
		unsigned octet = i > 2 ? 0 : outline->reference >> 8 * (i - 1) & 0xff;

		if (i == length)
			octet = (octet & 0x7f) | (flag ? 0x80 : 0);
		append_octet(out, octet);
	}
}

struct found {
	const uint8_t *element; /* identifier; NULL: there is none */
	size_t length;		/* with identifier and length */
};

/* The next element behind *at; false at the end, or where the lengths are wrong. */
static bool element_next(const struct script_message *message, size_t *at, struct found *found)
{
	size_t left = message->length - *at;
	const uint8_t *octets = message->octets + *at;

	if (left == 0)
		return false;
	found->element = octets;
	found->length = octets[0] & 0x80 ? 1 : 2;
	if (found->length == 2 && (left < 2 || left - 2 < octets[1]))
		return false;
	if (found->length == 2)
		found->length += octets[1];
	*at += found->length;
	return true;
}

static size_t elements_begin(const struct script_message *message)
{
	size_t at = 3 + (message->length > 1 ? message->octets[1] & 0x0f : 0);

	return at < message->length ? at : message->length;
}

/* All elements with this identifier. */
static void append_same(const struct script_message *original, uint8_t id,
			struct script_message *out)
{
	struct found found;
	size_t at = original ? elements_begin(original) : 0;

	while (original && element_next(original, &at, &found)) {
		if (found.element[0] == id)
			append(out, found.element, found.length);
	}
}

static int append_word(const struct script_outline *outline, const char *word,
		       struct script_message *out, char *why, size_t size)
{
	uint8_t octets[ELEMENT_MAX];
	struct element element;
	int rc = word[0] == '$' ? 0 : element_parse(word, false, &element, why, size);

	if (rc < 0 || word[0] == '$')
		return rc;
	if (element.same)
		append_same(outline->original, element.id, out);
	else
		append(out, octets, element_encode(&element, octets));
	return 0;
}

int script_message_build(const struct script_outline *outline, struct script_message *out,
			 char *why, size_t why_size)
{
	struct whole whole = {-1, -1, -1, -1, -1};
	int rc;

	out->length = 0;
	for (unsigned i = 0; i < outline->count; i++) {
		rc = whole_parse(outline->words[i], &whole, why, why_size);
		if (rc < 0)
			return rc;
	}
	append_octet(out, whole.discriminator >= 0 ? (unsigned)whole.discriminator : DISCRIMINATOR);
	append_reference(outline, &whole, out);
	append_octet(out, outline->type);
	for (unsigned i = 0; i < outline->count; i++) {
		struct whole ignored;

		if (whole_parse(outline->words[i], &ignored, why, why_size) == 1)
			continue;
		rc = append_word(outline, outline->words[i], out, why, why_size);
		if (rc < 0)
			return rc;
	}
	if (whole.flip >= 0 && (size_t)whole.flip / 8 >= out->length)
		return script_refuse(why, why_size, "flip=%d: the message has bits 0 to %zu",
				     whole.flip, 8 * out->length - 1);
	if (whole.flip >= 0)
		out->octets[whole.flip / 8] ^= (uint8_t)(1u << whole.flip % 8);
	if (whole.cut >= 0 && (size_t)whole.cut > out->length)
		return script_refuse(why, why_size, "cut=%d: the message has %zu octets", whole.cut,
				     out->length);
	if (whole.cut >= 0)
		out->length = (size_t)whole.cut;
	return 0;
}

/* ---- received */

int script_message_check(char *const *words, unsigned count, char *why, size_t why_size)
{
	struct element element;

	for (unsigned i = 0; i < count; i++) {
		int rc =
		    words[i][0] == '$' ? 0 : element_parse(words[i], true, &element, why, why_size);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool value_equal(const struct element_field *field, const struct element_value *wanted,
			const struct element_value *got)
{
	if (!wanted->given || wanted->capture[0] != '\0')
		return true;
	if (!got->given)
		return false;
	if (field->form == FORM_NUMBER)
		return wanted->number == got->number;
	return field->form == FORM_FLAG || strcmp(wanted->text, got->text) == 0;
}

static void captures_make(const struct element *wanted, const struct element_value *got,
			  const struct script_captures *captures)
{
	for (unsigned i = 0; i < ELEMENT_FIELDS_MAX; i++) {
		if (wanted->values[i].capture[0] != '\0')
			captures->capture(captures->arg, wanted->values[i].capture, got[i].text);
	}
}

static bool values_equal(const struct element *wanted, const struct element_value *got)
{
	for (unsigned i = 0; i < ELEMENT_FIELDS_MAX; i++) {
		if (!value_equal(&wanted->kind->fields[i], &wanted->values[i], &got[i]))
			return false;
	}
	return true;
}

/* got: what the last element of this kind held, for the sentence. */
static bool word_true(const struct script_message *message, const struct element *wanted,
		      const struct script_captures *captures, struct element_value *got)
{
	struct found found;
	size_t at = elements_begin(message);
	bool there = false;

	while (element_next(message, &at, &found)) {
		if (found.element[0] != wanted->id)
			continue;
		there = true;
		if (found.length >= 2)
			element_decode(wanted->kind, found.element + 2, found.length - 2, got);
		if (wanted->absent || !values_equal(wanted, got))
			continue;
		captures_make(wanted, got, captures);
		return true;
	}
	return wanted->absent && !there;
}

int script_message_match(const struct script_message *message, char *const *words, unsigned count,
			 const struct script_captures *captures, char why[256])
{
	struct element_value got[ELEMENT_FIELDS_MAX];
	struct element wanted;

	for (unsigned i = 0; i < count; i++) {
		memset(got, 0, sizeof(got));
		if (element_parse(words[i], true, &wanted, why, 256) < 0)
			return 0;
		if (word_true(message, &wanted, captures, got))
			continue;
		if (wanted.absent || got[0].given)
			snprintf(why, 256, "not %.80s: %s is %.100s", words[i], wanted.kind->name,
				 got[0].given ? got[0].text : "there");
		else
			snprintf(why, 256, "without %.100s", words[i]);
		return 0;
	}
	return 1;
}
