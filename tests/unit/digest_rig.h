/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digest_rig - the other side of digest authentication: what a server says and looks at.
 */
#ifndef TESTS_UNIT_DIGEST_RIG_H
#define TESTS_UNIT_DIGEST_RIG_H

#include "gateway/sip/digest.h"

/* Credentials in a request, of this header, that are right for the user; else the test fails. */
void digest_rig_check(const char *request, const char *header_name, const struct digest_user *user,
		      struct digest_credentials *out);
/* "WWW-Authenticate: Digest realm=..., nonce=..., MORE" with CRLF, in a buffer of its own. */
const char *digest_rig_challenge(const char *header_name, const char *realm, const char *nonce,
				 const char *more);

#endif
