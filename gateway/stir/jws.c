// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/jws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define NUMBER_SIZE 32 /* of P-256; a signature is two of them */
#define SIGNATURE_SIZE (2 * NUMBER_SIZE)
#define DER_MAX 80

/* ---- base64url without padding */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Returns the length. out has room for 4 characters for each 3 octets, and 0. */
static size_t encode(const unsigned char *in, size_t size, char *out)
{
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		held = held << 8 | in[i];
		for (bits += 8; bits >= 6; bits -= 6)
			out[n++] = alphabet[held >> (bits - 6) & 63];
	}
	if (bits)
		out[n++] = alphabet[held << (6 - bits) & 63];
	out[n] = '\0';
	return n;
}

/* Octets, or -EINVAL. */
static int decode(const char *in, size_t length, unsigned char *out, size_t size)
{
	unsigned bits = 0, held = 0;
	size_t n = 0;

	if (length % 4 == 1)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		const char *at = in[i] ? strchr(alphabet, in[i]) : NULL;

		if (!at)
			return -EINVAL;
		held = held << 6 | (unsigned)(at - alphabet);
		bits += 6;
		if (bits < 8)
			continue;
		if (n == size)
			return -EINVAL;
		bits -= 8;
		out[n++] = (unsigned char)(held >> bits);
	}
	return (int)n;
}

/* ---- keys and signatures */

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	return -1;
}

static EVP_PKEY *read_key(const char *pem, int private)
{
	BIO *memory = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = NULL;

	if (memory && private)
		key = PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL);
	else if (memory)
		key = PEM_read_bio_PUBKEY(memory, NULL, no_passphrase, NULL);
	BIO_free(memory);
	if (key && !EVP_PKEY_is_a(key, "EC")) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* DER to the two numbers one behind the other, and back. */
static int to_numbers(const unsigned char *der, size_t size, unsigned char out[SIGNATURE_SIZE])
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)size);
	int rc = -EINVAL;

	if (signature &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, NUMBER_SIZE) == NUMBER_SIZE &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + NUMBER_SIZE, NUMBER_SIZE) ==
		NUMBER_SIZE)
		rc = 0;
	ECDSA_SIG_free(signature);
	return rc;
}

static int to_der(const unsigned char in[SIGNATURE_SIZE], unsigned char der[DER_MAX])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(in, NUMBER_SIZE, NULL);
	BIGNUM *s = BN_bin2bn(in + NUMBER_SIZE, NUMBER_SIZE, NULL);
	unsigned char *end = der;
	int size;

	if (!signature || !r || !s || ECDSA_SIG_set0(signature, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(signature);
		return -ENOMEM;
	}
	size = i2d_ECDSA_SIG(signature, NULL);
	if (size > 0 && size <= DER_MAX)
		size = i2d_ECDSA_SIG(signature, &end);
	else
		size = -EINVAL;
	ECDSA_SIG_free(signature);
	return size;
}

static int sign(const char *text, const char *pem, unsigned char out[SIGNATURE_SIZE])
{
	EVP_PKEY *key = read_key(pem, 1);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	size_t size = sizeof(der);
	int rc = -EINVAL;

	if (key && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &size, (const unsigned char *)text, strlen(text)) == 1)
		rc = to_numbers(der, size, out);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}

/* ---- tokens */

struct parts {
	const char *header, *payload, *signature;
	size_t header_length, payload_length, signature_length;
};

static int split(const char *token, struct parts *out)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strchr(second + 1, '.'))
		return -EINVAL;
	*out = (struct parts){token,
			      first + 1,
			      second + 1,
			      (size_t)(first - token),
			      (size_t)(second - first - 1),
			      strlen(second + 1)};
	return 0;
}

int jws_sign(const char *header, const char *payload, const char *key, char *token, size_t size)
{
	size_t head = strlen(header), body = strlen(payload), used;
	unsigned char signature[SIGNATURE_SIZE];
	int rc;

	if ((head + body + SIGNATURE_SIZE) / 3 * 4 + 16 > size)
		return -EMSGSIZE;
	used = encode((const unsigned char *)header, head, token);
	token[used++] = '.';
	used += encode((const unsigned char *)payload, body, token + used);
	rc = sign(token, key, signature);
	if (rc)
		return rc;
	token[used++] = '.';
	encode(signature, sizeof(signature), token + used);
	return 0;
}

static int read_part(const char *text, size_t length, char out[JWS_PART_MAX + 1])
{
	int size = decode(text, length, (unsigned char *)out, JWS_PART_MAX);

	if (size < 0 || memchr(out, '\0', (size_t)size))
		return -EINVAL;
	out[size] = '\0';
	return 0;
}

int jws_read(const char *token, char header[JWS_PART_MAX + 1], char payload[JWS_PART_MAX + 1])
{
	struct parts parts;

	if (split(token, &parts) || read_part(parts.header, parts.header_length, header))
		return -EINVAL;
	return read_part(parts.payload, parts.payload_length, payload);
}

int jws_verify(const char *token, const char *pem)
{
	unsigned char signature[SIGNATURE_SIZE], der[DER_MAX];
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	struct parts parts;
	int size, rc = -EKEYREJECTED;

	if (split(token, &parts) || decode(parts.signature, parts.signature_length, signature,
					   sizeof(signature)) != SIGNATURE_SIZE)
		return -EKEYREJECTED;
	size = to_der(signature, der);
	if (size < 0)
		return -EKEYREJECTED;
	key = read_key(pem, 0);
	ctx = EVP_MD_CTX_new();
	if (key && ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, der, (size_t)size, (const unsigned char *)token,
			     (size_t)(parts.signature - 1 - token)) == 1)
		rc = 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}
