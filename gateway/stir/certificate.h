/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * certificate - may this certificate vouch for telephone numbers? (RFC 8226, ATIS-1000080)
 *
 * certificate_trust_load() reads the authorities once; certificate_check() then looks at what was
 * fetched for a call. PEM in, the public key out as PEM. Certificates are hostile. A door to
 * OpenSSL.
 */
#ifndef GATEWAY_STIR_CERTIFICATE_H
#define GATEWAY_STIR_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

struct certificate_trust;

#define CERTIFICATE_KEY_MAX 512

/* file: PEM, one authority or many. -ENOENT, -EACCES ...; -EINVAL: there is none in it. */
int certificate_trust_load(const char *file, struct certificate_trust **out);
void certificate_trust_free(struct certificate_trust *trust);

/* pem: the certificate first, then those between it and an authority. -EINVAL: not a certificate
 * with a key on P-256; -EKEYREJECTED: nobody trusted signed it, or not for this time; -EACCES: it
 * has no TNAuthList, it is not meant for telephone numbers. */
int certificate_check(const struct certificate_trust *trust, const char *pem, size_t size,
		      int64_t now_s, char key[CERTIFICATE_KEY_MAX]);
/* Is this PEM a private key on P-256? -EINVAL */
int certificate_check_private_key(const char *pem);

#endif
