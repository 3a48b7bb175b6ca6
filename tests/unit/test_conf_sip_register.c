// SPDX-License-Identifier: GPL-2.0-or-later
/* `registrar`, `authentication`, `credentials`, `register e164`, and passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "gateway/sip/account.h"
#include "tests/unit/conf_rig.h"

static const struct account *account_of(const struct conf *conf, unsigned tenant)
{
	for (unsigned i = 0; i < conf->tenants_count; i++)
		if (conf->tenants[i].number == tenant)
			return conf->tenants[i].account;
	fail_msg("no tenant %u", tenant);
	return NULL;
}

static void they_are_read_and_written_back_the_same(void **state)
{
	static const char text[] =
	    "sip-ua\n"
	    " registrar dns:sip.example.com\n"
	    " registrar 3 ipv4:192.0.2.3:5070 expires 600 refresh-ratio 90 tcp\n"
	    " registrar ipv6:[2001:db8::5] expires 60 gruu secondary udp\n"
	    " authentication username trunk password cisco realm example.com\n"
	    " authentication username any password 0 7\n"
	    " authentication username trunk password 7 02050D480809 realm two.example.com\n"
	    " credentials number +4930111 username u password cisco realm example.com\n"
	    " credentials username pbx password cisco\n"
	    "voice class tenant 7\n"
	    " registrar ipv4:192.0.2.9\n"
	    " credentials number 1 username t password cisco\n" PRI
	    "dial-peer voice 1 pots\n destination-pattern 4001\n port 1:D\n"
	    " authentication username fxs password cisco\n"
	    "dial-peer voice 2 pots\n destination-pattern 4002\n port 1:D\n"
	    " voice-class sip tenant 7\n"
	    "dial-peer voice 3 pots\n destination-pattern 4003\n port 1:D\n no register e164\n"
	    "dial-peer voice 4 pots\n destination-pattern 4...\n port 1:D\n"
	    "dial-peer voice 5 pots\n destination-pattern +4930111\n port 1:D\n"
	    "dial-peer voice 6 voip\n destination-pattern 5001\n session target registrar\n"
	    "dial-peer voice 7 voip\n destination-pattern 5002\n session target registrar\n"
	    " voice-class sip tenant 7\n";
	static const char *const parts[] = {
	    " registrar dns:sip.example.com\n"
	    " registrar 3 ipv4:192.0.2.3:5070 expires 600 refresh-ratio 90 tcp\n"
	    " registrar ipv6:[2001:db8::5] expires 60 udp gruu secondary\n"
	    " authentication username trunk password 7 0822455D0A16 realm example.com\n"
	    " authentication username any password 7 0876\n"
	    " authentication username trunk password 7 0822455D0A16 realm two.example.com\n"
	    " credentials number +4930111 username u password 7 0822455D0A16 realm example.com\n"
	    " credentials username pbx password 7 0822455D0A16\n!\n",
	    "voice class tenant 7\n registrar ipv4:192.0.2.9\n"
	    " credentials number 1 username t password 7 0822455D0A16\n!\n",
	    " voice-class sip tenant 7\n!\n",
	    " authentication username fxs password 7 0822455D0A16\n",
	    " no register e164\n",
	};
	static struct lines written, again;
	struct conf *conf = load_text(text);
	const struct account *all = account_of(conf, 0), *own = account_of(conf, 7);
	const struct account_line *line;

	assert_int_equal(all->lines_count, 3); /* +4930111, 4001, pbx */
	line = account_find_line(all, "+4930111");
	assert_string_equal(line->user.name, "u");
	assert_string_equal(line->user.password, "cisco");
	assert_int_equal(line->peer, 5);
	line = account_find_line(all, "4001");
	assert_string_equal(line->user.name, "fxs");
	assert_int_equal(line->peer, 1);
	assert_non_null(account_find_line(all, "pbx"));
	assert_int_equal(own->lines_count, 2); /* 1, 4002 */
	assert_string_equal(account_find_line(own, "4002")->user.name, "");
	assert_int_equal(all->registrars[2].transport, PEER_TRANSPORT_TCP);
	assert_int_equal(all->registrars[2].expires_s, 600);
	assert_int_equal(all->registrars[ACCOUNT_REGISTRAR_SECONDARY].expires_s, 60);
	assert_string_equal(all->users[2].password, "cisco");
	assert_string_equal(all->users[1].password, "7");
	conf_write(conf, keep_line, &written);
	for (unsigned i = 0; i < COUNT(parts); i++)
		if (!strstr(written.text, parts[i]))
			fail_msg("%s\n-- in --\n%s", parts[i], written.text);
	assert_non_null(strstr(written.text, "destination-pattern 5001"));
	conf_free(conf);
	conf = load_text(written.text);
	conf_write(conf, keep_line, &again);
	assert_string_equal(again.text, written.text);
	conf_free(conf);
}

static void no_takes_each_back(void **state)
{
	static const char text[] = "sip-ua\n registrar ipv4:192.0.2.1\n no registrar\n"
				   " registrar 2 ipv4:192.0.2.2\n no registrar 2\n"
				   " registrar ipv4:192.0.2.3 secondary\n no registrar secondary\n"
				   " authentication username a password b realm c\n"
				   " no authentication username a\n"
				   " credentials number 1 username a password b\n"
				   " no credentials number 1\n"
				   " credentials username a password b\n"
				   " no credentials username a\n" PRI
				   "dial-peer voice 1 pots\n destination-pattern 4001\n port 1:D\n"
				   " authentication username fxs password cisco\n"
				   " no authentication\n no register e164\n register e164\n";
	static struct lines written;
	struct conf *conf = load_text(text);

	conf_write(conf, keep_line, &written);
	assert_null(strstr(written.text, "registrar"));
	assert_null(strstr(written.text, "authentication"));
	assert_null(strstr(written.text, "credentials"));
	assert_null(strstr(written.text, "e164"));
	conf_free(conf);
}

static void wrong_ones_are_refused_without_their_password(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {" registrar nowhere\n", "2: registrar nowhere: "},
	    {" registrar ipv4:192.0.2.1 expires 59\n",
	     "2: registrar expires 59: expected a number from 60 to 604800\n"},
	    {" registrar ipv4:192.0.2.1 expires\n", "2: registrar expires : expected a number"},
	    {" registrar ipv4:192.0.2.1 refresh-ratio 0\n", "2: registrar refresh-ratio 0"},
	    {" registrar ipv4:192.0.2.1 sctp\n", "2: registrar: unexpected 'sctp'"},
	    {" registrar 2 ipv4:192.0.2.1 secondary\n",
	     "2: registrar 2: the secondary registrar has no number\n"},
	    {" no registrar 7\n", "2: no registrar 7: expected 1 to 6, secondary or nothing\n"},
	    {" registrar ipv4:192.0.2.1 tls\n",
	     "2: registrar ipv4:192.0.2.1: transport tcp tls is off in sip-ua\n"},
	    {" no transport tcp\n registrar ipv4:192.0.2.1 tcp\n",
	     "3: registrar ipv4:192.0.2.1: transport tcp is off in sip-ua\n"},
	    {" authentication username u SECRET\n",
	     "2: authentication: expected username USER password PASSWORD [realm REALM]\n"},
	    {" authentication username u password\n",
	     "2: authentication: expected username USER password PASSWORD [realm REALM]\n"},
	    {" authentication username u\"x password SECRET\n",
	     "2: username: expected 1 to 128 characters, without"},
	    {" authentication username u password SECRET SECRET\n",
	     "2: authentication: expected realm REALM, or nothing, behind the password\n"},
	    {" authentication username u password SECRET realm a\\b\n", "2: realm: expected 1 to"},
	    {" authentication username u password 6 SECRET\n",
	     "2: authentication: a password of type 6 has its key in the box that it comes from"},
	    {" authentication username u password 7 SECRET\n",
	     "2: authentication: what stands behind password 7 is none of that type\n"},
	    {" authentication username u password 7 08224\n",
	     "2: authentication: what stands behind password 7 is none of that type\n"},
	    {" authentication username u password 7 08\n",
	     "2: authentication: what stands behind password 7 is none of that type\n"},
	    {" authentication username u password file /nowhere/SECRET.txt\n",
	     "2: authentication: password file /nowhere/SECRET.txt cannot be read: No such file"},
	    {" credentials number 1 username u\n", "2: credentials: expected username USER"},
	    {" credentials number 1 username u password SECRET\n"
	     " credentials username 1 password SECRET\n",
	     "3: credentials for 1 are in line 2 already: expected them once\n"},
	    {" no authentication username u\n", "2: no authentication username u: there is none\n"},
	    {" no credentials number 5\n", "2: no credentials number 5: there are none\n"},
	};
	static struct lines errors;
	struct conf *conf;
	char text[512];

	for (unsigned i = 0; i < COUNT(rows); i++) {
		memset(&errors, 0, sizeof(errors));
		snprintf(text, sizeof(text), "sip-ua\n%s", rows[i].text);
		assert_true(load_bytes(text, strlen(text), &errors, &conf) < 0);
		if (!strstr(errors.text, rows[i].error))
			fail_msg("%s: %s", rows[i].text, errors.text);
		if (strstr(errors.text, "SECRET") && !strstr(rows[i].error, "SECRET"))
			fail_msg("quoted: %s", errors.text);
	}
}

static void credentials_need_a_registrar(void **state)
{
	struct conf *conf = load_text("sip-ua\n credentials username a password b\n");

	assert_string_equal(messages.text,
			    "2: warning: credentials without a registrar: nothing is registered\n");
	conf_free(conf);
}

/* ---- files */

static void put(const char *name, const char *text, size_t size, mode_t mode)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	assert_int_equal(chmod(name, mode), 0);
}

static void a_password_may_stand_in_a_file_of_its_owner_s_own(void **state)
{
	static const struct {
		const char *content;
		size_t size;
		mode_t mode;
		const char *password, *error;
	} rows[] = {
	    {"se cret\nrest", 12, 0600, "se cret", NULL},
	    {"secret\r\n", 8, 0400, "secret", NULL},
	    {"secret", 6, 0600, "secret", NULL},
	    {"secret\n", 7, 0640, NULL, "can be read or written by others than its owner"},
	    {"secret\n", 7, 0604, NULL, "make it `chmod 600`"},
	    {"\nsecret\n", 8, 0600, NULL, "expected a password of 1 to 128 characters"},
	    {"", 0, 0600, NULL, "expected a password of 1 to 128 characters"},
	    {"\0secret", 7, 0600, NULL, "expected a password of 1 to 128 characters"},
	};
	static struct lines errors, written;
	char name[512], text[1024], *slash;
	struct conf *conf;

	snprintf(name, sizeof(name), "%s", path);
	slash = strrchr(name, '/');
	snprintf(slash ? slash + 1 : name, 128, "password-%d", getpid());
	snprintf(text, sizeof(text),
		 "sip-ua\n authentication username u password file %s realm r\n",
		 slash ? slash + 1 : name);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		put(name, rows[i].content, rows[i].size, rows[i].mode);
		memset(&errors, 0, sizeof(errors));
		if (rows[i].error) {
			assert_true(load_bytes(text, strlen(text), &errors, &conf) < 0);
			if (!strstr(errors.text, rows[i].error))
				fail_msg("%u: %s", i, errors.text);
			assert_null(strstr(errors.text, "secret"));
			continue;
		}
		conf = load_text(text);
		assert_string_equal(account_of(conf, 0)->users[0].password, rows[i].password);
		memset(&written, 0, sizeof(written));
		conf_write(conf, keep_line, &written);
		assert_non_null(strstr(written.text, strchr(text, '\n')));
		conf_free(conf);
	}
	assert_int_equal(unlink(name), 0);
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(they_are_read_and_written_back_the_same),
	    cmocka_unit_test(no_takes_each_back),
	    cmocka_unit_test(wrong_ones_are_refused_without_their_password),
	    cmocka_unit_test(credentials_need_a_registrar),
	    cmocka_unit_test(a_password_may_stand_in_a_file_of_its_owner_s_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
