// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/digest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "gateway/sip/digest_text.h"

static const struct algorithm {
	const char *name;
	const EVP_MD *(*hash)(void);
	unsigned strength;
} algorithms[DIGEST_ALGORITHMS] = {
    [DIGEST_MD5] = {"MD5", EVP_md5, 1},
    [DIGEST_SHA256] = {"SHA-256", EVP_sha256, 2},
    [DIGEST_SHA512_256] = {"SHA-512-256", EVP_sha512_256, 2},
};

#define SESSION_SUFFIX "-sess"
#define CNONCE_DIGITS 32

/* ---- hashes */

struct part {
	const void *octets;
	size_t size;
};

#define TEXT(text)                                                                                 \
	(struct part)                                                                              \
	{                                                                                          \
		(text), strlen(text)                                                               \
	}

static void print_hex(const unsigned char *octets, size_t count, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		hex[2 * i] = digits[octets[i] >> 4];
		hex[2 * i + 1] = digits[octets[i] & 15];
	}
	hex[2 * count] = '\0';
}

/* The parts with a colon between each, as hexadecimal digits. 0 or -EIO. */
static int hash(enum digest_algorithm algorithm, const struct part *parts, unsigned count,
		char hex[DIGEST_HEX_MAX + 1])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char octets[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	int ok = context && EVP_DigestInit_ex(context, algorithms[algorithm].hash(), NULL);

	for (unsigned i = 0; ok && i < count; i++) {
		if (i)
			ok = EVP_DigestUpdate(context, ":", 1);
		ok = ok && EVP_DigestUpdate(context, parts[i].octets, parts[i].size);
	}
	ok = ok && EVP_DigestFinal_ex(context, octets, &size);
	EVP_MD_CTX_free(context);
	if (!ok)
		return -EIO;
	assert(size * 2 <= DIGEST_HEX_MAX);
	print_hex(octets, size, hex);
	OPENSSL_cleanse(octets, sizeof(octets));
	return 0;
}

/* What a response is made of; both sides have it. */
struct proof {
	enum digest_algorithm algorithm;
	bool session;
	unsigned qop; /* one, or 0 */
	const char *username, *realm;
	const char *password, *hash; /* one of them; hash: of name, realm and password */
	const char *nonce, *cnonce, *nonce_count;
	const char *method, *uri;
	struct part body;
};

static const char *qop_name(unsigned qop)
{
	return qop == DIGEST_AUTH_INT ? "auth-int" : "auth";
}

static int hash_user(const struct proof *p, char a1[DIGEST_HEX_MAX + 1])
{
	struct part user[] = {TEXT(p->username), TEXT(p->realm),
			      TEXT(p->password ? p->password : "")};

	if (!p->hash)
		return hash(p->algorithm, user, 3, a1);
	snprintf(a1, DIGEST_HEX_MAX + 1, "%s", p->hash);
	return 0;
}

/* RFC 7616 3.4.1 to 3.4.3. */
static int prove(const struct proof *p, char response[DIGEST_HEX_MAX + 1])
{
	char a1[DIGEST_HEX_MAX + 1], a2[DIGEST_HEX_MAX + 1], body[DIGEST_HEX_MAX + 1];
	int rc = hash_user(p, a1);

	if (!rc && p->session) {
		struct part parts[] = {TEXT(a1), TEXT(p->nonce), TEXT(p->cnonce)};

		rc = hash(p->algorithm, parts, 3, a1);
	}
	if (!rc && p->qop == DIGEST_AUTH_INT) {
		rc = hash(p->algorithm, &p->body, 1, body);
		if (!rc) {
			struct part parts[] = {TEXT(p->method), TEXT(p->uri), TEXT(body)};

			rc = hash(p->algorithm, parts, 3, a2);
		}
	} else if (!rc) {
		struct part parts[] = {TEXT(p->method), TEXT(p->uri)};

		rc = hash(p->algorithm, parts, 2, a2);
	}
	if (!rc && p->qop) {
		struct part parts[] = {
		    TEXT(a1),	     TEXT(p->nonce),	     TEXT(p->nonce_count),
		    TEXT(p->cnonce), TEXT(qop_name(p->qop)), TEXT(a2)};

		rc = hash(p->algorithm, parts, 6, response);
	} else if (!rc) {
		struct part parts[] = {TEXT(a1), TEXT(p->nonce), TEXT(a2)};

		rc = hash(p->algorithm, parts, 3, response);
	}
	OPENSSL_cleanse(a1, sizeof(a1));
	return rc;
}

static int hash_username(enum digest_algorithm algorithm, const char *name, const char *realm,
			 char hex[DIGEST_HEX_MAX + 1])
{
	struct part parts[] = {TEXT(name), TEXT(realm)};

	return hash(algorithm, parts, 2, hex);
}

unsigned digest_hash_length(enum digest_algorithm algorithm)
{
	return algorithm == DIGEST_MD5 ? 32 : 64;
}

void digest_random(char *hex, size_t size)
{
	unsigned char octets[64];

	assert(size > 0 && size % 2 && size / 2 <= sizeof(octets));
	if (RAND_bytes(octets, size / 2) != 1)
		abort(); /* nothing here is safe without random numbers */
	print_hex(octets, size / 2, hex);
}

/* ---- reading */

/* "SHA-256-sess"; "" is MD5. */
static int read_algorithm(const char *text, enum digest_algorithm *algorithm, bool *session)
{
	if (!*text)
		text = algorithms[DIGEST_MD5].name;
	for (unsigned i = 0; i < DIGEST_ALGORITHMS; i++) {
		const char *rest;

		if (strncasecmp(text, algorithms[i].name, strlen(algorithms[i].name)) != 0)
			continue;
		rest = text + strlen(algorithms[i].name);
		if (*rest && strcasecmp(rest, SESSION_SUFFIX) != 0)
			continue;
		*algorithm = i;
		*session = *rest;
		return 0;
	}
	return -ENOTSUP;
}

static bool is_true(const char *text)
{
	return !strcasecmp(text, "true");
}

int digest_read_challenge(const char *text, struct digest_challenge *out)
{
	struct digest_challenge c = {0};
	char algorithm[32], qop[64], stale[8], userhash[8];
	struct digest_field fields[] = {
	    {"realm", c.realm, sizeof(c.realm)},
	    {"nonce", c.nonce, sizeof(c.nonce)},
	    {"opaque", c.opaque, sizeof(c.opaque)},
	    {"algorithm", algorithm, sizeof(algorithm)},
	    {"qop", qop, sizeof(qop)},
	    {"stale", stale, sizeof(stale)},
	    {"userhash", userhash, sizeof(userhash)},
	};
	int rc;

	text = digest_text_scheme(text);
	if (!text)
		return -ENOTSUP;
	rc = digest_text_read(text, fields, sizeof(fields) / sizeof(fields[0]));
	if (rc)
		return rc;
	if (!fields[0].seen || !c.nonce[0])
		return -EBADMSG;
	rc = read_algorithm(algorithm, &c.algorithm, &c.session);
	if (rc)
		return rc;
	c.qop = (digest_text_lists(qop, "auth") ? DIGEST_AUTH : 0) |
		(digest_text_lists(qop, "auth-int") ? DIGEST_AUTH_INT : 0);
	if (qop[0] && !c.qop)
		return -ENOTSUP;
	c.has_opaque = fields[2].seen;
	c.stale = is_true(stale);
	c.userhash = is_true(userhash);
	*out = c;
	return 0;
}

bool digest_prefers(const struct digest_challenge *a, const struct digest_challenge *b)
{
	return algorithms[b->algorithm].strength > algorithms[a->algorithm].strength;
}

static int read_qop(struct digest_credentials *c, const char *qop)
{
	if (!*qop)
		return 0;
	if (!strcasecmp(qop, "auth"))
		c->qop = DIGEST_AUTH;
	else if (!strcasecmp(qop, "auth-int"))
		c->qop = DIGEST_AUTH_INT;
	else
		return -ENOTSUP;
	if (!c->cnonce[0] || strlen(c->nonce_count_text) != 8 ||
	    strspn(c->nonce_count_text, "0123456789abcdefABCDEF") != 8)
		return -EBADMSG;
	c->nonce_count = strtoul(c->nonce_count_text, NULL, 16);
	return 0;
}

int digest_read_credentials(const char *text, struct digest_credentials *out)
{
	struct digest_credentials c = {0};
	char algorithm[32], qop[16], userhash[8];
	struct digest_field fields[] = {
	    /* the first five must be there */
	    {"username", c.username, sizeof(c.username)},
	    {"realm", c.realm, sizeof(c.realm)},
	    {"nonce", c.nonce, sizeof(c.nonce)},
	    {"uri", c.uri, sizeof(c.uri)},
	    {"response", c.response, sizeof(c.response)},
	    {"opaque", c.opaque, sizeof(c.opaque)},
	    {"cnonce", c.cnonce, sizeof(c.cnonce)},
	    {"nc", c.nonce_count_text, sizeof(c.nonce_count_text)},
	    {"algorithm", algorithm, sizeof(algorithm)},
	    {"qop", qop, sizeof(qop)},
	    {"userhash", userhash, sizeof(userhash)},
	};
	int rc;

	text = digest_text_scheme(text);
	if (!text)
		return -ENOTSUP;
	rc = digest_text_read(text, fields, sizeof(fields) / sizeof(fields[0]));
	if (rc)
		return rc;
	for (unsigned i = 0; i < 5; i++)
		if (!fields[i].seen)
			return -EBADMSG;
	rc = read_algorithm(algorithm, &c.algorithm, &c.session);
	if (!rc)
		rc = read_qop(&c, qop);
	if (rc)
		return rc;
	c.userhash = is_true(userhash);
	*out = c;
	return 0;
}

int digest_read_info(const char *text, struct digest_session *session)
{
	char nonce[DIGEST_NONCE_MAX + 1];
	struct digest_field field = {"nextnonce", nonce, sizeof(nonce)};
	int rc = digest_text_read(text, &field, 1);

	if (rc)
		return rc;
	if (!nonce[0])
		return -ENOENT;
	if (strcmp(nonce, session->challenge.nonce) != 0) {
		memcpy(session->challenge.nonce, nonce, sizeof(nonce));
		session->nonce_count = 0;
	}
	return 0;
}

/* ---- who answers */

void digest_begin(const struct digest_challenge *challenge, struct digest_session *out)
{
	out->challenge = *challenge;
	out->nonce_count = 0;
	digest_random(out->cnonce, CNONCE_DIGITS + 1);
}

static int print_answer(const struct digest_challenge *c, const struct proof *proof,
			const char *response, char *text, size_t size)
{
	char hashed[DIGEST_HEX_MAX + 1], qop[64] = "";
	const char *name = proof->username;
	int length;

	if (c->userhash) {
		if (hash_username(c->algorithm, name, c->realm, hashed))
			return -EIO;
		name = hashed;
	}
	if (proof->qop)
		snprintf(qop, sizeof(qop), ", qop=%s, nc=%s", qop_name(proof->qop),
			 proof->nonce_count);
	length = snprintf(
	    text, size,
	    "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
	    "response=\"%s\", algorithm=%s%s%s%s%s%s%s%s%s%s",
	    name, c->realm, c->nonce, proof->uri, response, algorithms[c->algorithm].name,
	    c->session ? SESSION_SUFFIX : "", proof->qop || c->session ? ", cnonce=\"" : "",
	    proof->qop || c->session ? proof->cnonce : "", proof->qop || c->session ? "\"" : "",
	    qop, c->has_opaque ? ", opaque=\"" : "", c->has_opaque ? c->opaque : "",
	    c->has_opaque ? "\"" : "", c->userhash ? ", userhash=true" : "");
	return length < 0 || (size_t)length >= size ? -ENOBUFS : 0;
}

int digest_answer(struct digest_session *session, const struct digest_user *user,
		  const struct digest_request *request, char *text, size_t size)
{
	const struct digest_challenge *c = &session->challenge;
	char nonce_count[9], response[DIGEST_HEX_MAX + 1];
	struct proof proof = {
	    .algorithm = c->algorithm,
	    .session = c->session,
	    /* auth-int only where nothing else is taken: it fails behind anybody who changes
	     * addresses in session descriptions */
	    .qop = c->qop & DIGEST_AUTH ? DIGEST_AUTH : c->qop,
	    .username = user->name,
	    .password = user->password,
	    .hash = user->hash,
	    .realm = c->realm,
	    .nonce = c->nonce,
	    .cnonce = session->cnonce,
	    .nonce_count = nonce_count,
	    .method = request->method,
	    .uri = request->uri,
	    .body = {request->body_size ? request->body : "", request->body_size},
	};
	int rc;

	if (!digest_is_sendable(user->name) || !digest_is_sendable(request->uri) || !user->name[0])
		return -EINVAL;
	snprintf(nonce_count, sizeof(nonce_count), "%08x", session->nonce_count + 1);
	rc = prove(&proof, response);
	if (!rc)
		rc = print_answer(c, &proof, response, text, size);
	if (!rc)
		session->nonce_count++;
	return rc;
}

/* ---- who asks */

int digest_print_challenge(const struct digest_challenge *c, char *text, size_t size)
{
	const char *both = (c->qop & DIGEST_AUTH) && (c->qop & DIGEST_AUTH_INT) ? "," : "";
	int length = snprintf(
	    text, size, "Digest realm=\"%s\", nonce=\"%s\", algorithm=%s%s%s%s%s%s%s%s%s%s%s%s",
	    c->realm, c->nonce, algorithms[c->algorithm].name, c->session ? SESSION_SUFFIX : "",
	    c->qop ? ", qop=\"" : "", c->qop & DIGEST_AUTH ? "auth" : "", both,
	    c->qop & DIGEST_AUTH_INT ? "auth-int" : "", c->qop ? "\"" : "",
	    c->has_opaque ? ", opaque=\"" : "", c->has_opaque ? c->opaque : "",
	    c->has_opaque ? "\"" : "", c->stale ? ", stale=true" : "",
	    c->userhash ? ", userhash=true" : "");

	return length < 0 || (size_t)length >= size ? -ENOBUFS : 0;
}

bool digest_names(const struct digest_credentials *c, const char *name)
{
	char hashed[DIGEST_HEX_MAX + 1];

	if (!c->userhash)
		return strcmp(c->username, name) == 0;
	return hash_username(c->algorithm, name, c->realm, hashed) == 0 &&
	       strcasecmp(c->username, hashed) == 0;
}

bool digest_verify(const struct digest_credentials *c, const struct digest_user *user,
		   const struct digest_request *request)
{
	struct proof proof = {
	    .algorithm = c->algorithm,
	    .session = c->session,
	    .qop = c->qop,
	    .username = user->name,
	    .password = user->password,
	    .hash = user->hash,
	    .realm = c->realm,
	    .nonce = c->nonce,
	    .cnonce = c->cnonce,
	    .nonce_count = c->nonce_count_text,
	    .method = request->method,
	    .uri = c->uri,
	    .body = {request->body_size ? request->body : "", request->body_size},
	};
	char wanted[DIGEST_HEX_MAX + 1], given[DIGEST_HEX_MAX + 1] = "";
	size_t length;

	if (!digest_names(c, user->name) || prove(&proof, wanted))
		return false;
	length = strlen(wanted);
	if (strlen(c->response) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		given[i] = tolower((unsigned char)c->response[i]);
	return CRYPTO_memcmp(given, wanted, length) == 0;
}
