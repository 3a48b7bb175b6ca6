/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * passport - a SHAKEN PASSporT (RFC 8225, RFC 8588): who says which number calls which, signed.
 *
 * Text in, text out. passport_sign() makes the token for an Identity header. Of a received one,
 * passport_read() tells what it claims and where the certificate is, and passport_verify() whether
 * the key of that certificate signed it; a claim is worth nothing before. ES256 only, as RFC 8588
 * wants it.
 *
 * Tokens are hostile. The door to jansson.
 */
#ifndef GATEWAY_STIR_PASSPORT_H
#define GATEWAY_STIR_PASSPORT_H

#include <stddef.h>
#include <stdint.h>

#define PASSPORT_NUMBER_MAX 15 /* digits of E.164 */
#define PASSPORT_DESTINATIONS_MAX 4
#define PASSPORT_URL_MAX 255
#define PASSPORT_ORIGID_MAX 36 /* a UUID */
#define PASSPORT_TOKEN_MAX 2048

struct passport {
	char attest;			      /* 'A', 'B' or 'C' */
	char origin[PASSPORT_NUMBER_MAX + 1]; /* digits only, no + */
	char destinations[PASSPORT_DESTINATIONS_MAX][PASSPORT_NUMBER_MAX + 1]; /* empty: end */
	int64_t issued_s; /* iat: seconds since 1970 */
	char origid[PASSPORT_ORIGID_MAX + 1];
	char url[PASSPORT_URL_MAX + 1]; /* x5u: of the certificate */
};

/* key: PEM of a private key on P-256. -EINVAL: the key is none; -EMSGSIZE; -ENOMEM. */
int passport_sign(const struct passport *passport, const char *key, char *token, size_t size);
/* -EINVAL: not a PASSporT; -ENOTSUP: one of another kind than SHAKEN with ES256. */
int passport_read(const char *token, struct passport *out);
/* key: PEM of a public key. -EKEYREJECTED: it did not sign this. */
int passport_verify(const char *token, const char *key);

#endif
