/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digest_text - the parameters of a challenge or of credentials, as they stand in a header.
 *
 *	Digest realm="example.com", nonce="84f1", qop="auth,auth-int", algorithm=SHA-256
 */
#ifndef GATEWAY_SIP_DIGEST_TEXT_H
#define GATEWAY_SIP_DIGEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct digest_field { /* a parameter that is wanted */
	const char *name;
	char *value; /* between its quotes, escapes stay; "" if it is not there */
	size_t size;
	bool seen;
};

/* text begins with the first parameter. 0, -EBADMSG: cannot be read, or a parameter comes twice;
 * -ENOBUFS: a wanted value is too long. Parameters that nobody wants are passed over. */
int digest_text_read(const char *text, struct digest_field *fields, unsigned count);
/* Behind the word "Digest" and spaces; NULL: another scheme. */
const char *digest_text_scheme(const char *text);
/* Is one of the words in "auth, auth-int" this one? */
bool digest_text_lists(const char *list, const char *word);

#endif
