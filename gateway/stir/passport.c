// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/passport.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "gateway/stir/jws.h"

/* ---- signing */

static json_t *make_claims(const struct passport *p)
{
	char attest[2] = {p->attest, '\0'};
	json_t *numbers = json_array();

	for (unsigned i = 0; i < PASSPORT_DESTINATIONS_MAX && p->destinations[i][0]; i++)
		json_array_append_new(numbers, json_string(p->destinations[i]));
	return json_pack("{s:s, s:{s:o}, s:I, s:{s:s}, s:s}", "attest", attest, "dest", "tn",
			 numbers, "iat", (json_int_t)p->issued_s, "orig", "tn", p->origin, "origid",
			 p->origid);
}

/* The members in order and without white space, as RFC 8225 9 wants them. */
static char *to_text(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(object);
	return text;
}

int passport_sign(const struct passport *p, const char *key, char *token, size_t size)
{
	char *header = to_text(json_pack("{s:s, s:s, s:s, s:s}", "alg", "ES256", "ppt", "shaken",
					 "typ", "passport", "x5u", p->url));
	char *claims = to_text(make_claims(p));
	int rc = header && claims ? jws_sign(header, claims, key, token, size) : -ENOMEM;

	free(header);
	free(claims);
	return rc;
}

/* ---- reading */

/* Digits, as RFC 8225 5.2.1 has them in canonical form. */
static bool read_number(const json_t *value, char out[PASSPORT_NUMBER_MAX + 1])
{
	const char *text = json_string_value(value);
	size_t length = text ? strlen(text) : 0;

	if (length < 1 || length > PASSPORT_NUMBER_MAX || strspn(text, "0123456789") != length)
		return false;
	strcpy(out, text);
	return true;
}

static bool read_text(const char *text, char *out, size_t size)
{
	if (!text || !*text || strlen(text) >= size)
		return false;
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '<' || *c == '>')
			return false;
	strcpy(out, text);
	return true;
}

static bool read_destinations(const json_t *claims, struct passport *p)
{
	const json_t *numbers = json_object_get(json_object_get(claims, "dest"), "tn");
	size_t count = json_array_size(numbers);

	if (count < 1 || count > PASSPORT_DESTINATIONS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_number(json_array_get(numbers, i), p->destinations[i]))
			return false;
	return true;
}

static int read_claims(const json_t *claims, struct passport *p)
{
	const char *attest = json_string_value(json_object_get(claims, "attest"));
	const json_t *issued = json_object_get(claims, "iat");

	if (!attest || strlen(attest) != 1 || !strchr("ABC", *attest) || !json_is_integer(issued) ||
	    !read_number(json_object_get(json_object_get(claims, "orig"), "tn"), p->origin) ||
	    !read_destinations(claims, p) ||
	    !read_text(json_string_value(json_object_get(claims, "origid")), p->origid,
		       sizeof(p->origid)))
		return -EINVAL;
	p->attest = *attest;
	p->issued_s = json_integer_value(issued);
	return 0;
}

static bool header_is(const json_t *header, const char *name, const char *wanted)
{
	const char *value = json_string_value(json_object_get(header, name));

	return value && strcmp(value, wanted) == 0;
}

static int read_parts(const json_t *header, const json_t *claims, struct passport *p)
{
	if (!header_is(header, "typ", "passport"))
		return -EINVAL;
	if (!header_is(header, "alg", "ES256") || !header_is(header, "ppt", "shaken"))
		return -ENOTSUP;
	if (!read_text(json_string_value(json_object_get(header, "x5u")), p->url, sizeof(p->url)))
		return -EINVAL;
	return read_claims(claims, p);
}

int passport_read(const char *token, struct passport *out)
{
	char header_text[JWS_PART_MAX + 1], claims_text[JWS_PART_MAX + 1];
	struct passport p = {0};
	json_t *header, *claims;
	int rc;

	if (strlen(token) > PASSPORT_TOKEN_MAX || jws_read(token, header_text, claims_text))
		return -EINVAL;
	header = json_loads(header_text, JSON_REJECT_DUPLICATES, NULL);
	claims = json_loads(claims_text, JSON_REJECT_DUPLICATES, NULL);
	rc = header && claims ? read_parts(header, claims, &p) : -EINVAL;
	json_decref(header);
	json_decref(claims);
	if (!rc)
		*out = p;
	return rc;
}

int passport_verify(const char *token, const char *key)
{
	return jws_verify(token, key);
}
