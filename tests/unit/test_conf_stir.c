// SPDX-License-Identifier: GPL-2.0-or-later
/* `voice class stir-shaken`: what is read, written back and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/conf_rig.h"

static char folder[] = "/tmp/sipspan-stir-XXXXXX";

static void in_folder(const char *name, char file[128])
{
	snprintf(file, 128, "%s/%s", folder, name);
}

static int make_files(void **state)
{
	char command[512];

	assert_non_null(mkdtemp(folder));
	snprintf(
	    command, sizeof(command),
	    "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
	    "-subj /CN=a -keyout a.key -out a.pem 2>/dev/null && cp a.key open.key && "
	    "chmod 644 open.key && openssl genrsa -out rsa.key 2>/dev/null && chmod 600 rsa.key",
	    folder);
	return system(command);
}

static int remove_files(void **state)
{
	static const char *const names[] = {"a.key", "a.pem", "open.key", "rsa.key"};
	char file[128];

	for (unsigned i = 0; i < COUNT(names); i++) {
		in_folder(names[i], file);
		unlink(file);
	}
	return rmdir(folder);
}

static void all_of_it_is_written_back(void **state)
{
	static struct lines written;
	char text[1024];
	struct conf *conf;

	snprintf(text, sizeof(text),
		 "voice class stir-shaken 7\n"
		 " description numbers\n"
		 " private-key %s/a.key\n"
		 " certificate-url https://example.com/a.pem\n"
		 " attestation partial\n"
		 " origid 123e4567-e89b-12d3-a456-426655440000\n"
		 " trusted-authorities %s/a.pem\n"
		 " web-authorities %s/a.pem\n"
		 " permit https://10.0.0.1/\n"
		 " max-age 30\n"
		 " fetch-time 500\n"
		 " missing anonymous\n"
		 " failed reject\n"
		 " calling-name passed [V]\n"
		 " calling-name failed [?]\n"
		 "!\n",
		 folder, folder, folder);
	conf = load_text(text);
	memset(&written, 0, sizeof(written));
	conf_write(conf, keep_line, &written);
	assert_non_null(strstr(written.text, text));
	assert_int_equal(conf->stir_profiles_count, 1);
	assert_string_equal(conf->stir_profiles[0].origid, "123e4567-e89b-12d3-a456-426655440000");
	assert_null(strstr(written.text, "PRIVATE KEY"));
	conf_free(conf);
}

static void a_gateway_without_origid_gets_one_that_stays(void **state)
{
	char text[256], first[PASSPORT_ORIGID_MAX + 1];
	struct conf *conf;

	snprintf(text, sizeof(text),
		 "voice class stir-shaken 7\n private-key %s/a.key\n"
		 " certificate-url https://example.com/a.pem\n",
		 folder);
	conf = load_text(text);
	strcpy(first, conf->stir_profiles[0].origid);
	assert_int_equal(strlen(first), PASSPORT_ORIGID_MAX);
	conf_free(conf);
	conf = load_text(text);
	assert_string_equal(conf->stir_profiles[0].origid, first);
	conf_free(conf);
}

static void wrong_ones_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *line, *file, *error; /* file: in the folder, or NULL */
	} rows[] = {
	    {"private-key", "open.key", "can be read or written by others than its owner"},
	    {"private-key", "rsa.key", "expected a PEM file with a key on P-256"},
	    {"private-key", "a.pem", "can be read or written by others than its owner"},
	    {"private-key", "none.key", "cannot be read"},
	    {"private-key", "a.key", "expected certificate-url with private-key"},
	    {"certificate-url https://example.com/a.pem", NULL,
	     "expected private-key with certificate-url"},
	    {"certificate-url http://example.com/a.pem", NULL, "expected an https: URL"},
	    {"certificate-url https://example.com/<a>", NULL, "expected an https: URL"},
	    {"origid 123", NULL, "expected a UUID"},
	    {"trusted-authorities", "a.key", "there is no PEM certificate in it"},
	    {"trusted-authorities", "none.pem", "No such file"},
	    {"max-age 5", NULL, "expected a number from 10 to 300"},
	    {"fetch-time 99", NULL, "expected a number from 100 to 10000"},
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		static struct lines errors;
		struct conf *conf = NULL;
		char text[512] = "voice class stir-shaken 7\n ";

		strcat(text, rows[i].line);
		if (rows[i].file)
			snprintf(text + strlen(text), 256, " %s/%s", folder, rows[i].file);
		strcat(text, "\n");
		memset(&errors, 0, sizeof(errors));
		assert_int_equal(load_bytes(text, strlen(text), &errors, &conf), -EINVAL);
		if (!strstr(errors.text, rows[i].error))
			fail_msg("%s: %snot: %s", text, errors.text, rows[i].error);
	}
}

static void who_uses_it_must_name_one_that_is_there(void **state)
{
	static struct lines errors;
	struct conf *conf = NULL;
	const char *text = "dial-peer voice 1 voip\n voice-class sip stir-shaken 7\n";

	assert_int_equal(load_bytes(text, strlen(text), &errors, &conf), -EINVAL);
	assert_non_null(strstr(errors.text, "there is no voice class stir-shaken 7"));
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_it_is_written_back),
	    cmocka_unit_test(a_gateway_without_origid_gets_one_that_stays),
	    cmocka_unit_test(wrong_ones_are_refused_with_a_sentence),
	    cmocka_unit_test(who_uses_it_must_name_one_that_is_there),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}

int main(void)
{
	return rig_main(run);
}
