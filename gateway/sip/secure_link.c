// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TLS connections of the stack. Of each SSL object that it makes from a context which we have
 * adopted, OpenSSL tells us here: made (on_ssl_new), handshake begins and is over (on_info), a
 * certificate is looked at (on_verify), octets are read (on_octets), a record begins (on_record).
 */
#include "gateway/sip/secure_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <sofia-sip/tport.h>

#include "gateway/log/log.h"
#include "gateway/sip/target.h"
#include "gateway/sip/secure_names.h"

#define VERIFY_DEPTH 6
#define PING_SIZE 4 /* two CRLF, RFC 5626 4.4.1 */

static struct secure *current; /* whom OpenSSL's callbacks are for */
static int ssl_index = -1;     /* of a struct secure_link in its SSL object */
static int context_index = -1; /* of the stack's contexts: current, once adopted */
static BIO *newest; /* the socket BIO made last: the stack makes it before the SSL object */
static struct osmo_timer_list pong_timer;

/* ---- life */

static ino_t inode_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool is_closed(const struct secure_link *l)
{
	return !l->inode || inode_of(l->fd) != l->inode;
}

static void remember_descriptor(struct secure_link *l)
{
	struct secure *tls = l->tls;
	size_t room = talloc_array_length(tls->by_fd);
	struct secure_link **more = tls->by_fd;

	if (l->fd < 0)
		return;
	if ((size_t)l->fd >= room) {
		more = talloc_realloc(tls, tls->by_fd, struct secure_link *, l->fd + 256);
		if (!more)
			return;
		memset(more + room, 0, ((size_t)l->fd + 256 - room) * sizeof(*more));
		tls->by_fd = more;
	}
	more[l->fd] = l;
}

/* From OpenSSL: the object is being made. */
static void on_ssl_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
		       void *argp)
{
	SSL *ssl = parent;
	struct secure_link *l;

	if (!current || SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index) != current)
		return;
	l = talloc_zero(current, struct secure_link);
	if (!l)
		return; /* on_info() ends it */
	l->tls = current;
	l->ssl = ssl;
	l->fd = newest ? (int)BIO_get_fd(newest, NULL) : -1;
	l->inode = inode_of(l->fd);
	newest = NULL;
	if (current->wish) {
		const struct secure_context *context =
		    secure_context(current, current->wish->profile);

		l->profile = context ? context->profile.number : 0;
		l->remote = *current->wish->remote;
		osmo_strlcpy(l->expected, current->wish->name, sizeof(l->expected));
		current->wished = l;
	}
	llist_add_tail(&l->entry, &current->links);
	remember_descriptor(l);
	CRYPTO_set_ex_data(ad, index, l);
	/* The stack drops a reference to its context with each connection that it never took. */
	SSL_CTX_up_ref(SSL_get_SSL_CTX(ssl));
}

/* From OpenSSL: somebody frees the object after all. */
static void on_ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
			void *argp)
{
	struct secure_link *l = ptr;

	if (!l)
		return;
	if (l->tls->wished == l)
		l->tls->wished = NULL;
	if (secure_link_of(l->tls, l->fd, l->inode) == l)
		l->tls->by_fd[l->fd] = NULL;
	llist_del(&l->entry);
	talloc_free(l);
}

static void on_bio_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
		       void *argp)
{
	if (BIO_method_type(parent) == BIO_TYPE_SOCKET)
		newest = parent;
}

static void on_bio_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
			void *argp)
{
	if (newest == parent)
		newest = NULL;
}

static void on_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
			   void *argp)
{
	if (current && current->listening)
		current->made = parent;
}

static const char *whom(const struct secure_link *l, char text[TARGET_ADDRESS_MAX])
{
	if (l->remote.ss_family == AF_UNSPEC)
		return "a closed connection";
	target_address_text((const struct sockaddr *)&l->remote, text, TARGET_ADDRESS_MAX);
	return text;
}

/* Failures of callers are theirs, and any number of them may come. */
static void tell_failure(const struct secure_link *l)
{
	char text[TARGET_ADDRESS_MAX];

	if (l->state != SECURE_LINK_HANDSHAKE)
		return;
	LOGP(DSIP, l->expected[0] ? LOGL_NOTICE : LOGL_INFO, "TLS %s %s%s%s failed: %s\n",
	     l->incoming ? "from" : "to", whom(l, text), l->expected[0] ? " for " : "", l->expected,
	     l->error[0] ? l->error : "the connection was closed");
}

/* The descriptor is closed, so the stack has forgotten the object: it took one of the two references
 * to the BIO with it. */
static void link_free(struct secure_link *l)
{
	SSL *ssl = l->ssl;

	tell_failure(l);
	if (SSL_get_rbio(ssl))
		BIO_up_ref(SSL_get_rbio(ssl));
	SSL_free(ssl); /* on_ssl_free() frees l */
	ERR_clear_error();
}

void secure_sweep(struct secure *tls)
{
	struct secure_link *l, *next;

	llist_for_each_entry_safe (l, next, &tls->links, entry)
		if (is_closed(l))
			link_free(l);
}

void secure_link_free_all(struct secure *tls)
{
	struct secure_link *l, *next;

	osmo_timer_del(&pong_timer);
	llist_for_each_entry_safe (l, next, &tls->links, entry)
		link_free(l);
	current = NULL;
}

/* ---- octets */

/* Errors that another connection left would be taken for this one's. */
static long on_octets(BIO *bio, int operation, const char *data, size_t size, int argi, long argl,
		      int ret, size_t *done)
{
	if (operation == BIO_CB_READ || operation == BIO_CB_WRITE)
		ERR_clear_error();
	return ret;
}

void secure_ping(struct secure_link *l, const char *octets)
{
	if (l->state != SECURE_LINK_OPEN || is_closed(l) || !l->tport ||
	    tport_queuelen(l->tport) > 0 || SSL_want_write(l->ssl))
		return;
	ERR_clear_error();
	SSL_write(l->ssl, octets, (int)strlen(octets));
	ERR_clear_error();
}

static void send_pongs(void *data)
{
	struct secure *tls = data;
	struct secure_link *l;

	llist_for_each_entry (l, &tls->links, entry) {
		if (l->pong_due)
			secure_ping(l, "\r\n");
		l->pong_due = false;
	}
}

/* What is in a record cannot be seen from here, its size can: four octets are a ping, not SIP. */
static void on_record(int writing, int version, int type, const void *data, size_t size, SSL *ssl,
		      void *arg)
{
	struct secure_link *l = arg;
	const uint8_t *head = data;
	unsigned length, around;

	if (type != SSL3_RT_HEADER || writing || size < 5 || l->state != SECURE_LINK_OPEN ||
	    head[0] != SSL3_RT_APPLICATION_DATA)
		return;
	length = head[3] << 8 | head[4];
	if (SSL_version(ssl) == TLS1_3_VERSION)
		around = EVP_GCM_TLS_TAG_LEN + 1; /* and the type of content */
	else if (SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl)) == NID_chacha20_poly1305)
		around = EVP_GCM_TLS_TAG_LEN;
	else
		around = EVP_GCM_TLS_TAG_LEN + EVP_GCM_TLS_EXPLICIT_IV_LEN;
	if (length != around + PING_SIZE)
		return;
	l->pong_due = true;
	osmo_timer_setup(&pong_timer, send_pongs, l->tls);
	osmo_timer_schedule(&pong_timer, 0, 0);
}

/* ---- the handshake */

static bool server_name_ok(const struct secure_link *l, const struct tls_profile *p,
			   X509 *certificate)
{
	if (p->validate != TLS_VALIDATE_SERVER && p->validate != TLS_VALIDATE_BIDIRECTIONAL)
		return true;
	if (secure_names_match(certificate, l->expected))
		return true;
	for (unsigned i = 0; i < TLS_NAMES_MAX; i++)
		if (p->names[i][0] && secure_names_match(certificate, p->names[i]))
			return true;
	return false;
}

static bool client_name_ok(const struct tls_profile *p, X509 *certificate)
{
	if (p->validate != TLS_VALIDATE_CLIENT && p->validate != TLS_VALIDATE_BIDIRECTIONAL)
		return true;
	for (unsigned i = 0; i < TLS_NAMES_MAX; i++)
		if (p->names[i][0] && secure_names_match(certificate, p->names[i]))
			return true;
	return false;
}

static bool name_ok(const struct secure_link *l, X509 *certificate)
{
	const struct secure_context *context = secure_context(l->tls, l->profile);

	if (!context || !certificate)
		return false;
	return l->incoming ? client_name_ok(&context->profile, certificate)
			   : server_name_ok(l, &context->profile, certificate);
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct secure_link *l = SSL_get_ex_data(ssl, ssl_index);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	char names[160];

	if (!ok) {
		secure_names_print(X509_STORE_CTX_get0_cert(store), names, sizeof(names));
		snprintf(l->error, sizeof(l->error), "the certificate of %s: %s", names,
			 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
		return 0;
	}
	if (X509_STORE_CTX_get_error_depth(store) > 0)
		return 1;
	if (!name_ok(l, certificate)) {
		secure_names_print(certificate, names, sizeof(names));
		snprintf(l->error, sizeof(l->error), "the certificate is for %s", names);
		X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
		return 0;
	}
	l->verified = true;
	return 1;
}

static void on_info(const SSL *ssl, int where, int ret);

/* What holds for a connection from the profile; the context brings certificate, roots, ciphers. */
static void apply(struct secure_link *l, const struct secure_context *context)
{
	struct in6_addr address;
	SSL *ssl = l->ssl;
	int mode = SSL_VERIFY_PEER;

	SSL_set_SSL_CTX(ssl, context->ssl);
	SSL_set_info_callback(ssl, on_info); /* that of the context before is gone */
	SSL_set_options(ssl, SSL_CTX_get_options(context->ssl));
	SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(context->ssl));
	SSL_set_num_tickets(ssl, 0);
	if (l->incoming)
		mode = context->profile.client_verify
			   ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
			   : SSL_VERIFY_NONE;
	SSL_set_verify(ssl, mode, on_verify);
	SSL_set_verify_depth(ssl, VERIFY_DEPTH);
	if (!l->incoming && inet_pton(AF_INET, l->expected, &address) != 1 &&
	    inet_pton(AF_INET6, l->expected, &address) != 1)
		SSL_set_tlsext_host_name(ssl, l->expected);
	SSL_set_msg_callback(ssl, on_record);
	SSL_set_msg_callback_arg(ssl, l);
	BIO_set_callback_ex(SSL_get_rbio(ssl), on_octets);
}

static void begin(struct secure_link *l)
{
	const struct secure_context *context = NULL;
	socklen_t size = sizeof(l->remote);

	if (l->fd < 0) {
		l->fd = SSL_get_fd(l->ssl);
		l->inode = inode_of(l->fd);
		remember_descriptor(l);
	}
	if (getpeername(l->fd, (struct sockaddr *)&l->remote, &size))
		l->remote.ss_family = AF_UNSPEC;
	l->incoming = SSL_is_server(l->ssl);
	if (l->remote.ss_family != AF_UNSPEC && l->incoming)
		context = secure_context_for(l->tls, &l->remote);
	else if (l->expected[0])
		context = secure_context(l->tls, l->profile);
	if (!context) {
		snprintf(l->error, sizeof(l->error),
			 l->expected[0] || l->incoming ? "its tls-profile is gone"
						       : "nobody is expected there");
		shutdown(l->fd, SHUT_RDWR);
		return;
	}
	l->profile = context->profile.number;
	apply(l, context);
}

/* OpenSSL has no name for the one that is met most. */
static const char *alert_name(int alert)
{
	return (alert & 0xff) == TLS13_AD_CERTIFICATE_REQUIRED ? "a certificate is required"
							       : SSL_alert_desc_string_long(alert);
}

static void on_info(const SSL *ssl, int where, int ret)
{
	struct secure_link *l = SSL_get_ex_data(ssl, ssl_index);

	if (!l) {
		shutdown(SSL_get_fd(ssl), SHUT_RDWR); /* there was no memory for it */
		return;
	}
	if (l->state != SECURE_LINK_HANDSHAKE)
		return;
	if (where & SSL_CB_HANDSHAKE_START) {
		begin(l);
	} else if (where & SSL_CB_HANDSHAKE_DONE) {
		l->state = SECURE_LINK_OPEN;
	} else if ((where & SSL_CB_ALERT) && !l->error[0]) {
		snprintf(l->error, sizeof(l->error), "%s says: %s",
			 where & SSL_CB_READ ? "the far end" : "our side", alert_name(ret));
	}
}

/* ---- for the other files */

int secure_link_watch(struct secure *tls)
{
	if (ssl_index < 0) {
		context_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL,
							on_context_new, NULL, NULL);
		ssl_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, on_ssl_new, NULL,
						    on_ssl_free);
		if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_BIO, 0, NULL, on_bio_new, NULL,
					    on_bio_free) < 0 ||
		    context_index < 0 || ssl_index < 0)
			return -ENOMEM;
	}
	current = tls;
	return 0;
}

void secure_link_adopt(SSL_CTX *made)
{
	SSL_CTX_set_ex_data(made, context_index, current);
	SSL_CTX_set_info_callback(made, on_info);
	SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
}

void secure_expect(struct secure *tls, const struct secure_wish *wish)
{
	tls->wish = wish;
	tls->wished = NULL;
}

struct secure_link *secure_expect_nobody(struct secure *tls)
{
	tls->wish = NULL;
	return tls->wished;
}

/* Does it lead to whom we want? One that they made: only if their certificate says so, and they
 * promised the port (RFC 5923). */
static bool reaches(const struct secure_link *l, const struct secure_wish *wish)
{
	const struct secure_context *context = secure_context(l->tls, wish->profile);
	X509 *certificate = l->verified ? SSL_get0_peer_certificate(l->ssl) : NULL;

	if (!context || context->profile.number != l->profile)
		return false;
	if (!l->incoming)
		return target_address_equal((const struct sockaddr *)&l->remote,
					    (const struct sockaddr *)wish->remote) &&
		       (!strcasecmp(l->expected, wish->name) ||
			(certificate && secure_names_match(certificate, wish->name)));
	return certificate && l->alias_port &&
	       l->alias_port == target_address_port((const struct sockaddr *)wish->remote) &&
	       target_same_host(&l->remote, wish->remote) &&
	       secure_names_match(certificate, wish->name);
}

struct secure_link *secure_find(struct secure *tls, const struct secure_wish *wish)
{
	struct secure_link *l;

	llist_for_each_entry (l, &tls->links, entry)
		if (l->tport && !is_closed(l) && reaches(l, wish))
			return l;
	return NULL;
}

struct secure_link *secure_find_incoming(struct secure *tls, const struct sockaddr_storage *remote)
{
	struct secure_link *l;

	llist_for_each_entry (l, &tls->links, entry)
		if (l->incoming && l->state == SECURE_LINK_OPEN && !is_closed(l) &&
		    target_address_equal((const struct sockaddr *)&l->remote,
					 (const struct sockaddr *)remote))
			return l;
	return NULL;
}

bool secure_is_from(const struct sockaddr *remote)
{
	struct secure_link *l;

	if (current)
		llist_for_each_entry (l, &current->links, entry)
			if (l->state == SECURE_LINK_OPEN &&
			    target_address_equal((const struct sockaddr *)&l->remote, remote))
				return true;
	return false;
}

struct secure_link *secure_link_of(struct secure *tls, int fd, ino_t inode)
{
	struct secure_link *l = NULL;

	if (fd >= 0 && (size_t)fd < talloc_array_length(tls->by_fd))
		l = tls->by_fd[fd];
	return l && l->inode == inode ? l : NULL;
}

void secure_describe(const struct secure_link *l, char *text, size_t size)
{
	X509 *certificate = SSL_get0_peer_certificate(l->ssl);
	char names[160] = "";

	if (l->state != SECURE_LINK_OPEN) {
		snprintf(text, size, "handshake");
		return;
	}
	if (certificate)
		secure_names_print(certificate, names, sizeof(names));
	snprintf(text, size, "%s %s, profile %u, %s%s%s", SSL_get_version(l->ssl),
		 SSL_get_cipher_name(l->ssl), l->profile, certificate ? "certificate of " : "",
		 certificate ? names : "no certificate", l->verified ? "" : ", not verified");
}
