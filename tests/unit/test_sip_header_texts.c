// SPDX-License-Identifier: GPL-2.0-or-later
/* Headers of calls as texts: what they say, and what hostile ones do not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/call/guid.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/session_id.h"
#include "gateway/sip/subaddress.h"
#include "gateway/sip/user_to_user.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RESTRICTED PRESENTATION_RESTRICTED

/* ---- user-user information */

static void reads_user_to_user(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint8_t protocol, length;
		const char *octets;
	} rows[] = {
	    {"0448656c6c6f;encoding=hex;purpose=isdn-uui;content=isdn-uui", 0, 4, 5, "Hello"},
	    {"00AbcD", 0, 0, 2, "\xab\xcd"},
	    {" \"0441\";encoding=\"hex\"", 0, 4, 1, "A"},
	    {"0441 ; purpose=isdn-interwork ; encoding=HEX", 0, 4, 1, "A"},
	    {"616263;purpose=call-center, 0442;encoding=hex", 0, 4, 1, "B"},
	    {"0441;encoding=base64", -ENOENT},
	    {"0441;purpose=x", -ENOENT},
	    {"0441;content=text", -ENOENT},
	    {"", -ENOENT},
	    {"04", -EINVAL},
	    {"044", -EINVAL},
	    {"04zz", -EINVAL},
	    {"\"04", -EINVAL},
	    {";encoding=hex", -EINVAL},
	};
	struct user_user read;
	char text[USER_TO_USER_TEXT_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&read, 0, sizeof(read));
		if (user_to_user_read(rows[i].text, &read) != rows[i].rc ||
		    read.protocol != rows[i].protocol || read.length != rows[i].length ||
		    memcmp(read.octets, rows[i].octets ? rows[i].octets : "", read.length))
			fail_msg("%s: %u %u", rows[i].text, read.protocol, read.length);
	}
	user_to_user_read(rows[0].text, &read);
	user_to_user_write(&read, text);
	assert_string_equal(text, rows[0].text);
	read.length = 0;
	user_to_user_write(&read, text);
	assert_string_equal(text, "");
}

static void takes_as_much_user_to_user_as_q931_has(void **state)
{
	char text[USER_TO_USER_TEXT_MAX], longer[2 * USER_USER_MAX + 8];
	struct user_user whole = {.protocol = 4, .length = USER_USER_MAX}, read;

	for (unsigned i = 0; i < USER_USER_MAX; i++)
		whole.octets[i] = 255 - i; /* every octet, zero too */
	user_to_user_write(&whole, text);
	assert_int_equal(user_to_user_read(text, &read), 0);
	assert_memory_equal(&read, &whole, sizeof(read));
	memset(longer, '0', sizeof(longer));
	longer[2 * USER_USER_MAX + 4] = '\0';
	assert_int_equal(user_to_user_read(longer, &read), -EMSGSIZE);
}

/* ---- subaddresses */

static void reads_and_writes_subaddresses(void **state)
{
	static const struct {
		const char *value, *encoding, *written;
		struct subaddress subaddress;
		int rc;
	} rows[] = {
	    {"12",
	     NULL,
	     ";isub=12",
	     {.length = 3,
	      .octets = "\x50"
			"12"}},
	    {"a%2Db",
	     "NSAP-IA5",
	     ";isub=a%2Db",
	     {.length = 4,
	      .octets = "\x50"
			"a-b"}},
	    {"123",
	     "nsap-bcd",
	     ";isub=48123f;isub-encoding=nsap",
	     {.length = 3, .octets = "\x48\x12\x3f"}},
	    {"39F0", "nsap", ";isub=39f0;isub-encoding=nsap", {.length = 2, .octets = "\x39\xf0"}},
	    {"123",
	     "user",
	     ";isub=123;isub-encoding=user",
	     {.type = SUBADDRESS_USER, .odd = true, .length = 2, .octets = "\x12\x3f"}},
	    {"", NULL, "", {0}, -EINVAL},
	    {"1%0d%0a", NULL, "", {0}, -EINVAL},
	    {"1%zz", NULL, "", {0}, -EINVAL},
	    {"123", "nsap", "", {0}, -EINVAL},
	    {"12", "x", "", {0}, -EINVAL},
	    {"1a", "nsap-bcd", "", {0}, -EINVAL},
	    {"12345678901234567890", NULL, "", {0}, -EMSGSIZE},
	    {"1234567890123456789012345678901234567890123", "user", "", {0}, -EMSGSIZE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct subaddress read = {0};
		char text[SUBADDRESS_TEXT_MAX];

		assert_int_equal(subaddress_read(rows[i].value, rows[i].encoding, &read),
				 rows[i].rc);
		assert_int_equal(read.type, rows[i].subaddress.type);
		assert_int_equal(read.odd, rows[i].subaddress.odd);
		assert_int_equal(read.length, rows[i].subaddress.length);
		assert_memory_equal(read.octets, rows[i].subaddress.octets, read.length);
		subaddress_write(&read, text);
		assert_string_equal(text, rows[i].written);
	}
}

/* ---- sessions and calls */

#define UUID_A "ab30317f1a784dc48ff824d0d3715d86"
#define UUID_B "47755a9de7794ba387653f2099600ef2"
#define UUID_0 "00000000000000000000000000000000"

static void hears_sessions(void **state)
{
	static const struct {
		const char *text, *answer;
		int rc;
	} rows[] = {
	    {UUID_A ";remote=" UUID_0, UUID_B ";remote=" UUID_A},
	    {"AB30317F1A784DC48FF824D0D3715D86 ; remote=" UUID_B, UUID_B ";remote=" UUID_A},
	    {UUID_0 ";remote=" UUID_B, UUID_B ";remote=" UUID_0},
	    {UUID_A, UUID_A}, /* RFC 7329 */
	    {UUID_A ";x=y", UUID_A},
	    {UUID_A ";remote=12", UUID_B ";remote=" UUID_0, -EINVAL},
	    {UUID_A ";remote=" UUID_A UUID_A, UUID_B ";remote=" UUID_0, -EINVAL},
	    {UUID_A "0", UUID_B ";remote=" UUID_0, -EINVAL},
	    {"ab30317f-1a78-4dc4-8ff8-24d0d3715d86", UUID_B ";remote=" UUID_0, -EINVAL},
	    {"", UUID_B ";remote=" UUID_0, -EINVAL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session_id session = {.local = UUID_B};
		char text[SESSION_ID_TEXT_MAX];

		assert_int_equal(session_id_hear(&session, rows[i].text), rows[i].rc);
		session_id_write(&session, text);
		assert_string_equal(text, rows[i].answer);
	}
}

static void guids_are_read_and_written(void **state)
{
	static const char *const wrong[] = {"",	      "1-2-3",	 "1-2-3-4-5", "1-2-3-4294967296",
					    "1-2-3-", "1-2-3-x", "-1-2-3-4",  "12345678901-1-1-1"};
	struct guid guid = {{0}}, other;
	char text[GUID_TEXT_MAX], uuid[SESSION_UUID_SIZE];

	assert_int_equal(guid_read("4227643438-2872574443-7-0340223879", &guid), 0);
	guid_write(&guid, text);
	assert_string_equal(text, "4227643438-2872574443-0000000007-0340223879");
	session_uuid_of_guid(&guid, uuid);
	assert_string_equal(uuid, "fbfcb82eab3801eb0000000714476787");
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(guid_read(wrong[i], &guid), -EINVAL);
	guid_new(&guid);
	guid_new(&other);
	assert_true(guid_is_set(&guid));
	assert_memory_not_equal(&guid, &other, sizeof(guid));
}

/* ---- nothing breaks out of its line */

static void a_line_with_a_control_character_is_left_out(void **state)
{
	struct header_lines lines = {0};
	static char longer[HEADER_LINES_MAX + 10];

	header_lines_add(&lines, "A", "b\r\nEvil: x");
	header_lines_add(&lines, "A", "b\x01");
	header_lines_add(&lines, "A", "b\x7f");
	header_lines_add(&lines, "A", "");
	header_lines_printf(&lines, "A", "%s;%c", "b", '\n');
	assert_int_equal(lines.length, 0);
	header_lines_add(&lines, "A", "b\xc3\xa9");
	memset(longer, 'x', sizeof(longer) - 1);
	header_lines_add(&lines, "B", longer);
	header_lines_printf(&lines, "B", "%s", longer);
	header_lines_append(&lines, longer);
	longer[HEADER_LINES_MAX - 10] = '\0';
	header_lines_add(&lines, "B", longer);
	assert_string_equal(lines.text, "A: b\xc3\xa9\r\n");
	header_lines_append(&lines, "C: d\r\n");
	assert_string_equal(lines.text, "A: b\xc3\xa9\r\nC: d\r\n");
}

/* ---- identities */

static const struct party hidden = {.number = {"2"},
				    .presentation = PRESENTATION_RESTRICTED,
				    .name = "L",
				    .screening = SCREENING_NETWORK};

static void remote_party_id_and_preference_are_read(void **state)
{
	static const struct {
		struct identity_view view;
		const char *digits;
		uint8_t presentation, screening;
		const char *name;
	} rows[] = {
	    {{.remote_party = {{"\"R\"", "sip", "2", NULL, "h"}, "yes", "off"}}, "2", 0, 1, "R"},
	    {{.remote_party = {{"\"R\"", "sip", "2", NULL, "h"}, "no", "full"}},
	     "2",
	     RESTRICTED,
	     0,
	     "R"},
	    {{.remote_party = {{"\"R\"", "sip", "2", NULL, "h"}, NULL, "uri"}},
	     "2",
	     RESTRICTED,
	     0,
	     "R"},
	    {{.remote_party = {{"\"R\"", "sip", "2", NULL, "h"}, NULL, "name"}}, "2", 0, 0, ""},
	    {{.asserted = {{NULL, "sip", "3", NULL, "h"}},
	      .remote_party = {{NULL, "sip", "2", NULL, "h"}, "no", "off"}},
	     "3",
	     0,
	     1,
	     "F"},
	    {{.preferred = {NULL, "tel", "4", NULL, NULL}}, "4", 0, 0, "F"},
	    {{.preferred = {NULL, "tel", "4", NULL, NULL},
	      .remote_party = {{NULL, "sip", "2", NULL, "h"}, NULL, NULL}},
	     "2",
	     0,
	     0,
	     "F"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct identity_view view = rows[i].view;
		struct party party;

		view.from = (struct identity_address){"F", "sip", "1", NULL, "h"};
		identity_from_view(&view, &party);
		if (strcmp(party.number.digits, rows[i].digits) ||
		    party.presentation != rows[i].presentation ||
		    party.screening != rows[i].screening || strcmp(party.name, rows[i].name))
			fail_msg("row %zu: %s %u %u %s", i, party.number.digits, party.presentation,
				 party.screening, party.name);
	}
}

static void identities_are_said_as_configured(void **state)
{
	static const struct {
		struct sip_options options;
		bool called;
		const char *passed, *allowed, *restricted;
	} rows[] = {
	    {{.privacy = 0},
	     false,
	     NULL,
	     "P-Asserted-Identity: <sip:2@10.0.0.1>\r\n",
	     "P-Asserted-Identity: \"L\" <sip:2@10.0.0.1>\r\nPrivacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_NONE}, false, NULL, "", "Privacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_PPI, .user_phone = SIP_SWITCH_ON},
	     false,
	     NULL,
	     "P-Preferred-Identity: <sip:2@10.0.0.1;user=phone>\r\n",
	     "P-Preferred-Identity: \"L\" <sip:2@10.0.0.1;user=phone>\r\nPrivacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_RPID},
	     false,
	     NULL,
	     "Remote-Party-ID: <sip:2@10.0.0.1>;party=calling;screen=no;privacy=off\r\n",
	     "Remote-Party-ID: \"L\" <sip:2@10.0.0.1>;party=calling;screen=yes;privacy=full\r\n"
	     "Privacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_RPID},
	     true,
	     NULL,
	     "Remote-Party-ID: <sip:2@10.0.0.1>;party=called;screen=no;privacy=off\r\n",
	     "Remote-Party-ID: \"L\" <sip:2@10.0.0.1>;party=called;screen=yes;privacy=full\r\n"
	     "Privacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_NONE, .privacy = SIP_PRIVACY_PSTN},
	     false,
	     NULL,
	     "",
	     "Privacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_NONE,
	      .privacy = SIP_PRIVACY_HEADER | SIP_PRIVACY_USER | SIP_PRIVACY_CRITICAL},
	     false,
	     NULL,
	     "Privacy: header;user;critical\r\n",
	     "Privacy: header;user;id;critical\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_NONE,
	      .privacy_policy = SIP_PRIVACY_POLICY_SEND_ALWAYS},
	     false,
	     "session",
	     "Privacy: none\r\n",
	     "Privacy: id\r\n"},
	    {{.asserted_id = SIP_ASSERTED_ID_NONE, .privacy_policy = SIP_PRIVACY_POLICY_PASSTHRU},
	     false,
	     "session;critical",
	     "Privacy: session;critical\r\n",
	     "Privacy: session;critical\r\n"},
	};
	static const struct party allowed = {.number = {"2"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct identity_style s = {.host = "10.0.0.1",
					   .options = &rows[i].options,
					   .passed_privacy = rows[i].passed,
					   .called = rows[i].called};
		struct header_lines lines = {0};

		identity_write(&allowed, &s, &lines);
		assert_string_equal(lines.text, rows[i].allowed);
		memset(&lines, 0, sizeof(lines));
		identity_write(&hidden, &s, &lines);
		assert_string_equal(lines.text, rows[i].restricted);
	}
}

static void numbers_carry_subaddress_and_extension(void **state)
{
	const struct number number = {"4420", TON_INTERNATIONAL, NPI_ISDN};
	struct subaddress subaddress;
	char digits[IDENTITY_EXTENSION_MAX + 1], user[IDENTITY_USER_MAX];

	identity_subaddress("+4420;isub=12;ext=9", NULL, &subaddress);
	assert_int_equal(subaddress.length, 3);
	identity_subscriber(&number, &subaddress, user);
	assert_string_equal(user, "+4420;isub=12");
	identity_subaddress("+4420", "isub=12;isub-encoding=user", &subaddress);
	assert_int_equal(subaddress.type, SUBADDRESS_USER);
	identity_subaddress("+4420", NULL, &subaddress);
	assert_int_equal(subaddress.length, 0);
	identity_extension("+4420;ext=1-2.3", NULL, digits);
	assert_string_equal(digits, "123");
	identity_extension("+4420", "ext=7;x", digits);
	assert_string_equal(digits, "7");
	identity_extension(NULL, NULL, digits);
	assert_string_equal(digits, "");
	identity_extension("1;ext=123456789012345678901234567890", NULL, digits);
	assert_string_equal(digits, "12345678901234567890");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_user_to_user),
	    cmocka_unit_test(takes_as_much_user_to_user_as_q931_has),
	    cmocka_unit_test(reads_and_writes_subaddresses),
	    cmocka_unit_test(hears_sessions),
	    cmocka_unit_test(guids_are_read_and_written),
	    cmocka_unit_test(a_line_with_a_control_character_is_left_out),
	    cmocka_unit_test(remote_party_id_and_preference_are_read),
	    cmocka_unit_test(identities_are_said_as_configured),
	    cmocka_unit_test(numbers_carry_subaddress_and_extension),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
