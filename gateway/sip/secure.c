// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/secure_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <osmocom/core/talloc.h>

/* Authenticated ciphers only: a record's length then tells how much is in it (secure_link.c). */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:AESGCM:!aNULL:!PSK:!SRP"

/* ---- one context */

static int complain(char *why, size_t size, const char *what, const char *file)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(error);

	snprintf(why, size, "%s %s: %s", what, file,
		 errno == ENOENT || errno == EACCES || errno == EISDIR ? strerror(errno)
		 : reason					       ? reason
								       : "cannot be read");
	ERR_clear_error();
	return -EINVAL;
}

static int check_readable(const char *what, const char *file, struct stat *out, char *why,
			  size_t size)
{
	errno = 0;
	if (stat(file, out) == 0 && !S_ISREG(out->st_mode))
		errno = EISDIR;
	if (errno || access(file, R_OK))
		return complain(why, size, what, file);
	return 0;
}

/* Who else may read the key can pass for us. */
static int check_private(const char *file, const struct stat *st, char *why, size_t size)
{
	if (st->st_mode & 077) {
		snprintf(why, size,
			 "private key %s: mode %04o lets others than its owner at it: expected "
			 "0600, see chmod",
			 file, st->st_mode & 07777u);
		return -EINVAL;
	}
	return 0;
}

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	return -1; /* nobody is there to type one */
}

static int load_identity(SSL_CTX *ssl, const struct tls_profile *p, char *why, size_t size)
{
	const char *key = p->private_key[0] ? p->private_key : p->certificate;
	struct stat st;
	int rc;

	if (!p->certificate[0])
		return 0;
	rc = check_readable("certificate", p->certificate, &st, why, size);
	if (!rc && SSL_CTX_use_certificate_chain_file(ssl, p->certificate) != 1)
		rc = complain(why, size, "certificate", p->certificate);
	if (!rc)
		rc = check_readable("private key", key, &st, why, size);
	if (!rc)
		rc = check_private(key, &st, why, size);
	if (!rc && SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		rc = complain(why, size, "private key", key);
	return rc;
}

static int load_roots(SSL_CTX *ssl, const struct tls_profile *p, char *why, size_t size)
{
	struct stat st;
	int rc;

	if (!p->ca[0]) {
		SSL_CTX_set_default_verify_paths(ssl);
		return 0;
	}
	rc = check_readable("ca", p->ca, &st, why, size);
	if (!rc && SSL_CTX_load_verify_locations(ssl, p->ca, NULL) != 1)
		rc = complain(why, size, "ca", p->ca);
	if (!rc && p->client_verify)
		SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(p->ca));
	return rc;
}

static int make_context(const struct tls_profile *p, enum tls_version version, SSL_CTX **out,
			char *why, size_t size)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_method());
	int rc;

	if (!ssl)
		return -ENOMEM;
	errno = 0;
	SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
	SSL_CTX_set_min_proto_version(ssl,
				      version == TLS_VERSION_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
	/* A session that is resumed would carry an identity past a change of the profile. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_dh_auto(ssl, 1);
	SSL_CTX_set_cipher_list(ssl, CIPHERS);
	rc = load_identity(ssl, p, why, size);
	if (!rc)
		rc = load_roots(ssl, p, why, size);
	if (rc) {
		SSL_CTX_free(ssl);
		return rc;
	}
	*out = ssl;
	return 0;
}

int secure_check(const struct tls_profile *profile, char *why, size_t why_size)
{
	SSL_CTX *ssl;
	int rc = make_context(profile, TLS_VERSION_1_2, &ssl, why, why_size);

	if (!rc)
		SSL_CTX_free(ssl);
	return rc;
}

/* ---- all of them */

static int contexts_destroy(struct secure_context *contexts)
{
	for (size_t i = 0; i < talloc_array_length(contexts); i++)
		SSL_CTX_free(contexts[i].ssl);
	return 0;
}

static int make_contexts(struct secure *tls, const struct tls_config *config,
			 struct secure_context **out, char *why, size_t why_size)
{
	struct secure_context *contexts =
	    talloc_zero_array(tls, struct secure_context, config->profiles_count);
	char reason[512] = "out of memory";
	int rc = contexts ? 0 : -ENOMEM;

	if (contexts)
		talloc_set_destructor(contexts, contexts_destroy);
	for (unsigned i = 0; !rc && i < config->profiles_count; i++) {
		contexts[i].profile = config->profiles[i];
		rc = make_context(&config->profiles[i], config->version, &contexts[i].ssl, reason,
				  sizeof(reason));
		if (rc)
			snprintf(why, why_size, "voice class tls-profile %u: %s",
				 config->profiles[i].number, reason);
	}
	if (rc)
		talloc_free(contexts);
	else
		*out = contexts;
	return rc;
}

int secure_change(struct secure *tls, const struct tls_config *config, char *why, size_t why_size)
{
	struct secure_context *contexts;
	int rc = make_contexts(tls, config, &contexts, why, why_size);

	if (rc)
		return rc;
	talloc_free(tls->contexts); /* connections hold theirs */
	tls->contexts = contexts;
	tls->count = config->profiles_count;
	tls->config = *config;
	tls->config.profiles = NULL;
	return 0;
}

int secure_new(void *ctx, const struct tls_config *config, struct secure **out, char *why,
	       size_t why_size)
{
	struct secure *tls = talloc_zero(ctx, struct secure);
	int rc;

	if (!tls)
		return -ENOMEM;
	INIT_LLIST_HEAD(&tls->links);
	rc = secure_change(tls, config, why, why_size);
	if (!rc)
		rc = secure_link_watch(tls);
	if (rc)
		talloc_free(tls);
	else
		*out = tls;
	return rc;
}

void secure_free(struct secure *tls)
{
	if (!tls)
		return;
	secure_link_free_all(tls);
	talloc_free(tls);
}

const struct secure_context *secure_context(const struct secure *tls, unsigned number)
{
	if (!number)
		number = tls->config.default_profile;
	for (unsigned i = 0; i < tls->count; i++)
		if (tls->contexts[i].profile.number == number)
			return &tls->contexts[i];
	return NULL;
}

static const uint8_t *octets_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET
		   ? (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr
		   : (const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr;
}

static bool is_in(const struct tls_remote *network, const struct sockaddr_storage *address)
{
	const uint8_t *a = octets_of(&network->address), *b = octets_of(address);
	unsigned whole = network->prefix / 8, rest = network->prefix % 8;

	if (network->address.ss_family != address->ss_family || memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

const struct secure_context *secure_context_for(const struct secure *tls,
						const struct sockaddr_storage *remote)
{
	for (unsigned i = 0; i < tls->config.remotes_count; i++)
		if (is_in(&tls->config.remotes[i], remote))
			return secure_context(tls, tls->config.remotes[i].profile);
	return secure_context(tls, 0);
}

/* ---- the stack's own contexts */

void secure_listen_begin(struct secure *tls)
{
	tls->listening = true;
	tls->made = NULL;
}

void secure_listen_end(struct secure *tls)
{
	tls->listening = false;
	if (tls->made)
		secure_link_adopt(tls->made);
}
