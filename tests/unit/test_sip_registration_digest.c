// SPDX-License-Identifier: GPL-2.0-or-later
/* Credentials of a line at its registrar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/digest_rig.h"
#include "tests/unit/registrar_rig.h"

static const struct digest_user user = {"u", "secret"};

static void credentials_are_sent_when_asked_for_and_kept(void **state)
{
	static const char *const algorithms[] = {"", ", algorithm=SHA-256", ", algorithm=MD5-sess",
						 ", algorithm=SHA-512-256"};
	struct digest_credentials credentials;
	unsigned before;

	for (unsigned i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		char more[64], nonce[8];

		registrar_take();
		before = registrar_cseq();
		snprintf(more, sizeof(more), ", qop=\"auth\"%s%s", algorithms[i],
			 i ? ", stale=true" : "");
		snprintf(nonce, sizeof(nonce), "n%u", i);
		registrar_answer(
		    "401 Unauthorized",
		    digest_rig_challenge("WWW-Authenticate", "example.com", nonce, more));
		registrar_take();
		assert_int_equal(registrar_cseq(), before + 1);
		digest_rig_check(registrar.message, "Authorization", &user, &credentials);
		assert_string_equal(credentials.nonce, nonce);
		registrar_grant(10, "");
		registrar_expect_up(true);
		registrar_take();
		assert_int_equal(registrar_cseq(), before + 2);
		digest_rig_check(registrar.message, "Authorization", &user, &credentials);
		assert_int_equal(credentials.nonce_count, 2);
		registrar_grant(10, "");
	}
}

static void the_line_s_own_user_is_preferred(void **state)
{
	static const struct digest_user own = {"own", "pass"};
	struct digest_credentials credentials;

	registrar.lines[0].user = (struct account_user){"own", "pass", "example.com"};
	registrar_take();
	registrar_answer("401 Unauthorized",
			 digest_rig_challenge("WWW-Authenticate", "example.com", "n", ""));
	registrar_take();
	digest_rig_check(registrar.message, "Authorization", &own, &credentials);
}

static void a_wrong_password_is_not_tried_again_and_again(void **state)
{
	registrar_take();
	registrar_answer("401 Unauthorized",
			 digest_rig_challenge("WWW-Authenticate", "example.com", "n", ""));
	registrar_take();
	registrar_answer("401 Unauthorized",
			 digest_rig_challenge("WWW-Authenticate", "example.com", "m", ""));
	phone_expect_nothing(&registrar.phone, REGISTRAR_MAX_MS / 2 - 100);
	assert_string_equal(registrar_look().trouble, "401, user or password are missing or wrong");
	/* but at once if the configuration changes */
	registrar_change(registrar.tenants, 1);
	registrar_take();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, registrar_start, registrar_stop)
	const struct CMUnitTest tests[] = {
	    TEST(credentials_are_sent_when_asked_for_and_kept),
	    TEST(the_line_s_own_user_is_preferred),
	    TEST(a_wrong_password_is_not_tried_again_and_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
