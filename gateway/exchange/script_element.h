/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * script_element - one information element of Q.931 4.5 as a script writes it, and as octets.
 *
 * A table tells of each element its identifier and fields. The first field is the one behind the
 * equals sign, the others are its options.
 */
#ifndef GATEWAY_EXCHANGE_SCRIPT_ELEMENT_H
#define GATEWAY_EXCHANGE_SCRIPT_ELEMENT_H

#include "gateway/exchange/script_message.h"

#define ELEMENT_FIELDS_MAX 6
#define ELEMENT_NAME_MAX 24

enum element_form {
	FORM_NUMBER, /* or one of its names */
	FORM_TEXT,
	FORM_HEX,
	FORM_FLAG, /* stands there or not */
};

struct element_name {
	const char *name;
	unsigned number;
};

struct element_field {
	const char *name; /* NULL: the value itself */
	enum element_form form;
	unsigned most;			  /* of a number */
	const struct element_name *names; /* ends with NULL */
};

struct element_value {
	bool given;
	unsigned number;
	char text[SCRIPT_TEXT_MAX + 1];
	char capture[ELEMENT_NAME_MAX]; /* "": none */
};

struct element {
	const struct element_kind *kind;
	bool absent;	  /* !NAME */
	bool same;	  /* =same */
	uint8_t id;	  /* of kind->any_id; else kind->id */
	int wrong_length; /* -1: the right one */
	struct element_value values[ELEMENT_FIELDS_MAX];
};

struct element_kind {
	const char *name;
	int id; /* -1: octets as they are; from 0x80 on: one octet, no contents */
	struct element_field fields[ELEMENT_FIELDS_MAX];
	/* contents, at most 255 octets */
	size_t (*encode)(const struct element_value *values, uint8_t *out);
	void (*decode)(const uint8_t *contents, size_t length, struct element_value *values);
};

/* What is wrong with a script, as text; -EINVAL. */
int script_refuse(char *why, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Condition: !NAME and ?VARIABLE are allowed, =same is not. */
int element_parse(const char *word, bool condition, struct element *out, char *why,
		  size_t why_size);
/* Octets with identifier and length; size is big enough for any. */
size_t element_encode(const struct element *element, uint8_t *out);
/* kind->decode, numbers as text too. */
void element_decode(const struct element_kind *kind, const uint8_t *contents, size_t length,
		    struct element_value *values);

/* script_element_kinds.c, the table */
#define ELEMENT_ANY_ID 0x100
extern const struct element_kind element_kind_any;		/* 0x1c=HEX */
const struct element_kind *element_kind_find(const char *name); /* NULL: no such element */

#endif
