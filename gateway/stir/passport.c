// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/passport.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>

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

/* libjwt sorts the members and leaves out white space, as RFC 8225 9 wants it. */
static int fill(jwt_t *jwt, const struct passport *p)
{
	json_t *claims = make_claims(p);
	char *text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
	int rc = -ENOMEM;

	if (text && !jwt_add_grants_json(jwt, text) && !jwt_add_header(jwt, "typ", "passport") &&
	    !jwt_add_header(jwt, "ppt", "shaken") && !jwt_add_header(jwt, "x5u", p->url))
		rc = 0;
	free(text);
	json_decref(claims);
	return rc;
}

int passport_sign(const struct passport *p, const char *key, char *token, size_t size)
{
	jwt_t *jwt = NULL;
	char *text = NULL;
	int rc = -ENOMEM;

	if (jwt_new(&jwt))
		goto fail;
	rc = fill(jwt, p);
	if (rc)
		goto fail;
	rc = -EINVAL;
	if (jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)key, (int)strlen(key)))
		goto fail;
	text = jwt_encode_str(jwt);
	if (!text)
		goto fail;
	rc = -EMSGSIZE;
	if (strlen(text) >= size)
		goto fail;
	strcpy(token, text);
	rc = 0;
fail:
	jwt_free_str(text);
	jwt_free(jwt);
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

static int read_claims(jwt_t *jwt, struct passport *p)
{
	char *text = jwt_get_grants_json(jwt, NULL);
	json_t *claims = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *attest = json_string_value(json_object_get(claims, "attest"));
	const json_t *issued = json_object_get(claims, "iat");
	int rc = -EINVAL;

	if (attest && strlen(attest) == 1 && strchr("ABC", *attest) && json_is_integer(issued) &&
	    read_number(json_object_get(json_object_get(claims, "orig"), "tn"), p->origin) &&
	    read_destinations(claims, p) &&
	    read_text(json_string_value(json_object_get(claims, "origid")), p->origid,
		      sizeof(p->origid))) {
		p->attest = *attest;
		p->issued_s = json_integer_value(issued);
		rc = 0;
	}
	json_decref(claims);
	jwt_free_str(text);
	return rc;
}

static bool header_is(jwt_t *jwt, const char *name, const char *wanted)
{
	const char *value = jwt_get_header(jwt, name);

	return value && strcmp(value, wanted) == 0;
}

int passport_read(const char *token, struct passport *out)
{
	struct passport p = {0};
	jwt_t *jwt = NULL;
	int rc = -EINVAL;

	if (strlen(token) > PASSPORT_TOKEN_MAX || jwt_decode(&jwt, token, NULL, 0))
		return -EINVAL;
	if (!header_is(jwt, "typ", "passport"))
		goto fail;
	rc = -ENOTSUP;
	if (!header_is(jwt, "alg", "ES256") || !header_is(jwt, "ppt", "shaken"))
		goto fail;
	rc = -EINVAL;
	if (!read_text(jwt_get_header(jwt, "x5u"), p.url, sizeof(p.url)))
		goto fail;
	rc = read_claims(jwt, &p);
	if (!rc)
		*out = p;
fail:
	jwt_free(jwt);
	return rc;
}

int passport_verify(const char *token, const char *key)
{
	jwt_t *jwt = NULL;
	int rc = -EKEYREJECTED;

	/* The algorithm is part of the token: one that needs no key, or another, is no proof. */
	if (!jwt_decode(&jwt, token, (const unsigned char *)key, (int)strlen(key)) &&
	    jwt_get_alg(jwt) == JWT_ALG_ES256)
		rc = 0;
	jwt_free(jwt);
	return rc;
}
