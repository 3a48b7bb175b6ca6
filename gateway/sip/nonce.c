// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/nonce.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define KEY_SIZE 32
#define MAC_SIZE 16

struct nonce {
	uint8_t made[8]; /* milliseconds, most significant octet first */
	uint8_t salt[8];
	uint8_t mac[MAC_SIZE];
};

struct used_nonce {
	uint64_t made_ms; /* 0: free */
	uint8_t salt[8];
	unsigned highest;
	uint64_t window; /* bit n: highest - n has been used */
};

struct nonces {
	uint8_t key[KEY_SIZE];
	unsigned max;
	uint64_t horizon_ms; /* what was made then or before has been forgotten */
	struct used_nonce *used;
};

struct nonces *nonces_new(unsigned max)
{
	struct nonces *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->max = max;
	n->used = calloc(max, sizeof(*n->used));
	if (!n->used || RAND_bytes(n->key, sizeof(n->key)) != 1) {
		nonces_free(n);
		return NULL;
	}
	return n;
}

void nonces_free(struct nonces *n)
{
	if (!n)
		return;
	OPENSSL_cleanse(n->key, sizeof(n->key));
	free(n->used);
	free(n);
}

/* ---- what stands in a nonce */

static size_t source_octets(const struct sockaddr *source, uint8_t out[16])
{
	if (source->sa_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)source)->sin6_addr, 16);
		return 16;
	}
	memcpy(out, &((const struct sockaddr_in *)source)->sin_addr, 4);
	return 4;
}

static void make_mac(const struct nonces *n, const struct nonce *nonce,
		     const struct sockaddr *source, uint8_t mac[MAC_SIZE])
{
	uint8_t octets[16 + 16], whole[EVP_MAX_MD_SIZE];
	unsigned length = sizeof(whole);
	size_t size;

	memcpy(octets, nonce->made, 8);
	memcpy(octets + 8, nonce->salt, 8);
	size = 16 + source_octets(source, octets + 16);
	memset(whole, 0, sizeof(whole));
	HMAC(EVP_sha256(), n->key, sizeof(n->key), octets, size, whole, &length);
	memcpy(mac, whole, MAC_SIZE);
}

static uint64_t made_ms(const struct nonce *nonce)
{
	uint64_t ms = 0;

	for (unsigned i = 0; i < sizeof(nonce->made); i++)
		ms = ms << 8 | nonce->made[i];
	return ms;
}

void nonces_issue(const struct nonces *n, const struct sockaddr *source, uint64_t now_ms,
		  char text[NONCE_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *octets;
	struct nonce nonce;

	for (unsigned i = 0; i < sizeof(nonce.made); i++)
		nonce.made[i] = (uint8_t)(now_ms >> (56 - 8 * i));
	RAND_bytes(nonce.salt, sizeof(nonce.salt));
	make_mac(n, &nonce, source, nonce.mac);
	octets = (const uint8_t *)&nonce;
	for (unsigned i = 0; i < sizeof(nonce); i++) {
		text[2 * i] = digits[octets[i] >> 4];
		text[2 * i + 1] = digits[octets[i] & 15];
	}
	text[2 * sizeof(nonce)] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_nonce(const char *text, struct nonce *out)
{
	uint8_t *octets = (uint8_t *)out;

	if (strlen(text) != NONCE_SIZE - 1)
		return false;
	for (unsigned i = 0; i < sizeof(*out); i++) {
		int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum nonce_age nonces_age(const struct nonces *n, const char *text, const struct sockaddr *source,
			  uint64_t now_ms)
{
	uint8_t mac[MAC_SIZE];
	struct nonce nonce;
	uint64_t made;

	if (!read_nonce(text, &nonce))
		return NONCE_FOREIGN;
	make_mac(n, &nonce, source, mac);
	if (CRYPTO_memcmp(mac, nonce.mac, MAC_SIZE) != 0)
		return NONCE_FOREIGN;
	made = made_ms(&nonce);
	return made > now_ms || now_ms - made > NONCE_LIFE_MS ? NONCE_EXPIRED : NONCE_FRESH;
}

/* ---- counts */

/* The nonce's own place, or one for it; NULL: it has been forgotten already. */
static struct used_nonce *place_of(struct nonces *n, const struct nonce *nonce, uint64_t now_ms)
{
	uint64_t made = made_ms(nonce);
	struct used_nonce *place = NULL;

	for (unsigned i = 0; i < n->max; i++) {
		struct used_nonce *u = &n->used[i];

		if (u->made_ms == made && !memcmp(u->salt, nonce->salt, sizeof(u->salt)))
			return u;
		if (u->made_ms && now_ms - u->made_ms > NONCE_LIFE_MS)
			u->made_ms = 0;
		if (!place || u->made_ms < place->made_ms)
			place = u;
	}
	if (made <= n->horizon_ms)
		return NULL;
	if (place->made_ms > n->horizon_ms)
		n->horizon_ms = place->made_ms;
	if (made <= n->horizon_ms)
		return NULL;
	*place = (struct used_nonce){.made_ms = made};
	memcpy(place->salt, nonce->salt, sizeof(place->salt));
	return place;
}

bool nonces_use(struct nonces *n, const char *text, unsigned count, uint64_t now_ms)
{
	struct used_nonce *u;
	struct nonce nonce;

	if (!read_nonce(text, &nonce))
		return false;
	u = place_of(n, &nonce, now_ms);
	if (!u)
		return false;
	if (!count)
		count = 1;
	if (count > u->highest) {
		unsigned ahead = count - u->highest;

		u->window = ahead < NONCE_WINDOW ? u->window << ahead : 0;
		u->window |= 1;
		u->highest = count;
		return true;
	}
	if (u->highest - count >= NONCE_WINDOW || u->window >> (u->highest - count) & 1)
		return false;
	u->window |= 1ull << (u->highest - count);
	return true;
}
