/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * jws - tokens in compact form (RFC 7515) with ES256 (RFC 7518 3.4): HEADER.PAYLOAD.SIGNATURE, each
 * part in base64url.
 *
 * Only what PASSporTs need, since the library at hand (libjwt 1.10) cannot write their `typ`. Tokens
 * and keys are hostile. A door to OpenSSL.
 */
#ifndef GATEWAY_STIR_JWS_H
#define GATEWAY_STIR_JWS_H

#include <stddef.h>

#define JWS_PART_MAX 2048 /* header and payload, as text */

/* key: PEM of a private key on P-256. -EINVAL: it is none; -EMSGSIZE. */
int jws_sign(const char *header, const char *payload, const char *key, char *token, size_t size);
/* Header and payload as text, ended by 0. -EINVAL: no such token. */
int jws_read(const char *token, char header[JWS_PART_MAX + 1], char payload[JWS_PART_MAX + 1]);
/* key: PEM of a public key. 0, or -EKEYREJECTED: it did not sign this. */
int jws_verify(const char *token, const char *key);

#endif
