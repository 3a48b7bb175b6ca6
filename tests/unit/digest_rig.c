// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/digest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sip_rig.h"

void digest_rig_check(const char *text, const char *header_name, const struct digest_user *user,
		      struct digest_credentials *out)
{
	char method[16], uri[256];
	struct digest_request request = {method, uri};

	assert_int_equal(sscanf(text, "%15s %255s", method, uri), 2);
	request.body = body_of(text);
	request.body_size = strlen(request.body);
	if (digest_read_credentials(header(text, header_name), out))
		fail_msg("%s: \"%s\" in %s", header_name, header(text, header_name), text);
	assert_string_equal(out->uri, uri);
	assert_string_equal(out->username, user->name);
	if (!digest_verify(out, user, &request))
		fail_msg("wrong response: %s", header(text, header_name));
}

const char *digest_rig_challenge(const char *header_name, const char *realm, const char *nonce,
				 const char *more)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s: Digest realm=\"%s\", nonce=\"%s\"%s\r\n", header_name,
		 realm, nonce, more);
	return text;
}
