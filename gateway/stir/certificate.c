// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#define TN_AUTH_LIST "1.3.6.1.5.5.7.1.26" /* RFC 8226 9 */
#define CHAIN_MAX 8

struct certificate_trust {
	X509_STORE *store;
};

/* Never a question on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	return -1;
}

/* ---- authorities */

static int read_authorities(FILE *in, X509_STORE *store)
{
	unsigned count = 0;
	X509 *one;

	while ((one = PEM_read_X509(in, NULL, no_passphrase, NULL))) {
		if (X509_STORE_add_cert(store, one) == 1)
			count++;
		X509_free(one);
	}
	ERR_clear_error();
	return count ? 0 : -EINVAL;
}

int certificate_trust_load(const char *file, struct certificate_trust **out)
{
	struct certificate_trust *trust;
	FILE *in = fopen(file, "re");
	int rc = in ? -ENOMEM : -errno;

	if (!in)
		return rc;
	trust = calloc(1, sizeof(*trust));
	if (trust)
		trust->store = X509_STORE_new();
	if (trust && trust->store)
		rc = read_authorities(in, trust->store);
	fclose(in);
	if (rc) {
		certificate_trust_free(trust);
		return rc;
	}
	*out = trust;
	return 0;
}

void certificate_trust_free(struct certificate_trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

/* ---- a certificate and its chain */

static int is_p256(const EVP_PKEY *key)
{
	char group[32];
	size_t length;

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					      &length) == 1 &&
	       strcmp(group, SN_X9_62_prime256v1) == 0;
}

static int write_key(const X509 *leaf, char text[CERTIFICATE_KEY_MAX])
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	BIO *memory;
	long length;
	char *data;
	int rc = -EINVAL;

	if (!is_p256(key))
		return -EINVAL;
	memory = BIO_new(BIO_s_mem());
	if (!memory)
		return -ENOMEM;
	if (PEM_write_bio_PUBKEY(memory, key) == 1) {
		length = BIO_get_mem_data(memory, &data);
		if (length > 0 && length < CERTIFICATE_KEY_MAX) {
			memcpy(text, data, (size_t)length);
			text[length] = '\0';
			rc = 0;
		}
	}
	BIO_free(memory);
	return rc;
}

static int is_for_numbers(const X509 *leaf)
{
	ASN1_OBJECT *wanted = OBJ_txt2obj(TN_AUTH_LIST, 1);
	int at = wanted ? X509_get_ext_by_OBJ(leaf, wanted, -1) : -1;

	ASN1_OBJECT_free(wanted);
	return at >= 0;
}

static int verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) * chain, int64_t now_s)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc = -ENOMEM;

	if (ctx && X509_STORE_CTX_init(ctx, store, leaf, chain) == 1) {
		X509_STORE_CTX_set_time(ctx, 0, (time_t)now_s);
		X509_STORE_CTX_set_depth(ctx, CHAIN_MAX);
		rc = X509_verify_cert(ctx) == 1 ? 0 : -EKEYREJECTED;
	}
	X509_STORE_CTX_free(ctx);
	return rc;
}

static STACK_OF(X509) * read_chain(const char *pem, size_t size)
{
	BIO *memory = BIO_new_mem_buf(pem, (int)size);
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *one;

	while (memory && chain && sk_X509_num(chain) < CHAIN_MAX &&
	       (one = PEM_read_bio_X509(memory, NULL, no_passphrase, NULL)))
		if (!sk_X509_push(chain, one)) {
			X509_free(one);
			break;
		}
	BIO_free(memory);
	return chain;
}

int certificate_check(const struct certificate_trust *trust, const char *pem, size_t size,
		      int64_t now_s, char key[CERTIFICATE_KEY_MAX])
{
	STACK_OF(X509) *chain = read_chain(pem, size);
	X509 *leaf = chain ? sk_X509_value(chain, 0) : NULL;
	char text[CERTIFICATE_KEY_MAX];
	int rc = -EINVAL;

	if (!leaf)
		goto fail;
	rc = write_key(leaf, text);
	if (rc)
		goto fail;
	rc = verify(trust->store, leaf, chain, now_s);
	if (rc)
		goto fail;
	rc = -EACCES;
	if (!is_for_numbers(leaf))
		goto fail;
	strcpy(key, text);
	rc = 0;
fail:
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
	return rc;
}

int certificate_check_private_key(const char *pem)
{
	BIO *memory = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL) : NULL;
	int rc = is_p256(key) ? 0 : -EINVAL;

	EVP_PKEY_free(key);
	BIO_free(memory);
	ERR_clear_error();
	return rc;
}
