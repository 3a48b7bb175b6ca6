// SPDX-License-Identifier: GPL-2.0-or-later
/* What is let through to libpri, octet for octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers-glue/isdn/q931_check.h"
#include "tests/unit/hex.h"

#define KNOWN 2 /* the call reference that has a call */

static bool has_call(void *arg, unsigned reference, bool by_originator)
{
	return reference == KNOWN;
}

static struct dss1_rules rules = {.reference_max = 2, .has_call = has_call};

struct row {
	const char *name;
	const char *in, *out; /* hex; out NULL: as in */
	enum dss1_verdict verdict;
	const char *why; /* part of it */
};

#define I "0201 0000 " /* I frame, N(S) 0 */
#define SETUP I "0802 0001 05 "
#define BEARER "04038090a3 "

/* checked from a heap block of the frame's own size, so that a sanitizer sees one octet too many */
static void check_row(const struct row *row)
{
	uint8_t in[600], expected[600], *exact;
	size_t length = from_hex(row->in, in);
	size_t wanted = from_hex(row->out ? row->out : row->in, expected);
	struct dss1_checked checked;

	exact = malloc(length ? length : 1);
	assert_non_null(exact);
	memcpy(exact, in, length);
	dss1_check(&rules, exact, length, &checked);
	free(exact);
	if (row->verdict == DSS1_DROPPED)
		wanted = 0;
	if (checked.verdict != row->verdict || checked.length != wanted ||
	    memcmp(checked.octets, expected, wanted) != 0)
		fail_msg("%s: verdict %d, %zu octets for %zu, \"%s\"", row->name, checked.verdict,
			 checked.length, wanted, checked.why);
	if (row->why ? !strstr(checked.why, row->why) : checked.why[0] != '\0')
		fail_msg("%s: \"%s\"", row->name, checked.why);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof(rows[0]))

static void good_frames_pass_untouched(void **state)
{
	static const struct row rows[] = {
	    {"SABME", "0001 7f"},
	    {"RR", "0201 0102"},
	    {"TEI check", "fcff 03 0f 0000 04 ff"},
	    {"packet data on a D channel", "4201 0000 100000"},
	    {"SETUP with everything",
	     SETUP BEARER "1803a18383 2803 5a6f65 6c0c2183 32303739343630303030 "
			  "6d08 80 50 313233343536 7005 81 30303031 7c03 8090a3 7d02 9181 7e03 04 "
			  "4869 a1"},
	    {"two calling numbers", SETUP BEARER "6c04 0083 3132 6c04 0183 3334"},
	    {"DISCONNECT, PI 8", I "0802 8002 45 0802 8291 1e02 8288"},
	    {"cause with octet 3a", I "0802 8002 45 0804 02 80 91 ff"},
	    {"longest subaddress", SETUP BEARER "6d15 80 4142434445464748494a4b4c4d4e4f5051525354"},
	    {"other codeset", SETUP BEARER "96 0802 8290 9d 3201 8a"},
	    {"ROSE invoke", I "0802 0002 62 1c10 91 a1 0d 020101 020107 3005 80033031 32"},
	    {"indefinite lengths", I "0802 0002 62 1c0f 91 a1 80 020101 020107 3080 0000 0000"},
	    {"profile that is not read", I "0802 0002 62 1c04 92 ffffff"},
	    {"RESTART", I "0802 0000 46 1803a98383 790180"},
	    {"RESTART ACK", I "0802 8000 4e 1803a98383 790180"},
	    {"SERVICE that is echoed", I "4302 0000 0f 010181 1803a98383"},
	    {"dummy reference", I "0800 62 1c06 91 a1 03 020101"},
	    {"unknown type", I "0802 0001 79"},
	    {"unknown element", I "0802 8002 45 0802 8291 2a03 010203"},
	    {"STATUS for no call", I "0802 0001 7d 0802 8290 1401 0a"},
	    {"one-octet reference", "0201 0000 0801 05 05 04038090a3"},
	};

	CHECK(rows);
}

static void broken_elements_are_left_out(void **state)
{
	static const struct row rows[] = {
	    {"display empty", SETUP BEARER "2800 a1", SETUP BEARER "a1", DSS1_REPAIRED,
	     "SETUP: Display is too short"},
	    {"calling number without end", SETUP BEARER "6c03 010203 a1", SETUP BEARER "a1",
	     DSS1_REPAIRED, "Calling Party Number has no end"},
	    {"cause without value", I "0802 8002 45 0801 82", I "0802 8002 45", DSS1_REPAIRED,
	     "DISCONNECT: Cause is too short"},
	    {"cause, octet 3a last", I "0802 8002 45 0802 0280", I "0802 8002 45", DSS1_REPAIRED,
	     "Cause has no cause value"},
	    {"progress of one octet", I "0802 8002 03 1e01 82", I "0802 8002 03", DSS1_REPAIRED,
	     "PROGRESS: Progress Ind is too short"},
	    {"subaddress that would overrun libpri's field",
	     SETUP BEARER "6d16 80 4142434445464748494a4b4c4d4e4f505152535455 a1",
	     SETUP BEARER "a1", DSS1_REPAIRED, "Calling Party Subaddress is too long"},
	    {"element past the end", SETUP BEARER "7009 81 303030", SETUP BEARER, DSS1_REPAIRED,
	     "Called Party Number runs past the end"},
	    {"element without length", SETUP BEARER "70", SETUP BEARER, DSS1_REPAIRED,
	     "Called Party Number runs past the end"},
	    {"called number twice", SETUP BEARER "7003 81 3031 7003 81 3939",
	     SETUP BEARER "7003 81 3031", DSS1_REPAIRED, "Called Party Number is repeated"},
	    {"facility, length negative for libpri", I "0802 0002 62 1c0a 91 a1 84ffffffff 020101",
	     I "0802 0002 62", DSS1_REPAIRED, "Facility has lengths that do not fit"},
	    {"facility, component too long", I "0802 0002 62 1c04 91 a1 05 02", I "0802 0002 62",
	     DSS1_REPAIRED, "Facility"},
	    {"facility, no end of contents", I "0802 0002 62 1c06 91 a1 80 020101",
	     I "0802 0002 62", DSS1_REPAIRED, "Facility"},
	    {"shift of a broken element goes with it", SETUP BEARER "9e 2800 7003 81 3031",
	     SETUP BEARER "7003 81 3031", DSS1_REPAIRED, "Display is too short"},
	    {"downward locking shift", SETUP "96 0101 00 94 3701 00", SETUP "96 0101 00 3701 00",
	     DSS1_REPAIRED, "locking shift"},
	    {"shift at the end", SETUP BEARER "9e", SETUP BEARER, DSS1_REPAIRED, "shift at"},
	};

	CHECK(rows);
}

static void facility_may_be_nested_but_not_for_ever(void **state)
{
	for (unsigned depth = 2; depth < 60; depth++) {
		char in[600] = "", end[300] = "";
		struct row row = {"nested", in, depth <= 16 ? NULL : I "0802 0002 62",
				  depth <= 16 ? DSS1_GOOD : DSS1_REPAIRED,
				  depth <= 16 ? NULL : "Facility"};

		sprintf(in, I "0802 0002 62 1c%02x 91 ", 1 + 4 * depth);
		for (unsigned i = 0; i < depth; i++) {
			strcat(in, "3080");
			strcat(end, "0000");
		}
		strcat(in, end);
		check_row(&row);
	}
}

static void broken_mandatory_elements_are_refused_by_libpri(void **state)
{
	static const struct row rows[] = {
	    {"bearer capability of one octet", SETUP "0401 80 7002 81 30", SETUP "7002 81 30",
	     DSS1_REPAIRED, "Bearer Capability is too short"},
	    {"bearer capability, multirate", SETUP "0402 8098", SETUP, DSS1_REPAIRED,
	     "Bearer Capability"},
	    {"channel identification cut off", SETUP BEARER "1803 a1", SETUP BEARER "1800",
	     DSS1_REPAIRED, "Channel ID runs past the end"},
	    {"second channel identification cut off", SETUP "1801 a3 1803 a1", SETUP "1801 a3",
	     DSS1_REPAIRED, "Channel ID is repeated"},
	};

	CHECK(rows);
}

static void messages_not_to_be_heeded_leave_their_acknowledgement(void **state)
{
	static const struct row rows[] = {
	    {"empty", I, I, DSS1_IGNORED, "message is too short"},
	    {"no type", I "0802 0001", I, DSS1_IGNORED, "message is too short"},
	    {"other protocol", I "4b02 0001 05", I, DSS1_IGNORED, "protocol discriminator"},
	    {"reference of a wrong format", I "0812 0001 05", I, DSS1_IGNORED, "wrong format"},
	    {"reference too long", I "0803 000001 05", I, DSS1_IGNORED, "too long"},
	    {"SETUP with a dummy reference", I "0800 05 04038090a3", I, DSS1_IGNORED,
	     "dummy call reference"},
	    {"SETUP with the global reference", I "0802 0000 05", I, DSS1_IGNORED,
	     "global call reference"},
	    {"SETUP with the wrong flag", I "0802 8001 05", I, DSS1_IGNORED, "flag"},
	    {"RESTART with the wrong flag", I "0802 8000 46 790187", I, DSS1_IGNORED, "flag"},
	    {"SETUP for a call that is up", I "0802 0002 05", I, DSS1_IGNORED, "there already"},
	    {"maintenance that is echoed for ever", I "0302 0000 07 010181", I, DSS1_IGNORED,
	     "unknown type"},
	    {"UI has no acknowledgement", "02ff 03 0802 0001", "", DSS1_DROPPED, "too short"},
	};

	CHECK(rows);
}

static void messages_for_no_call_leave_no_record_in_libpri(void **state)
{
	static const struct row rows[] = {
	    {"HOLD", I "0802 0001 24", I "0802 0001 75", DSS1_REPLACED, "HOLD: for no call"},
	    {"HOLD of a call", I "0802 0002 24"},
	    {"RESTART", I "0802 0001 46 790180", I "0802 0001 75", DSS1_REPLACED, "RESTART"},
	    {"PROGRESS without indicator", I "0802 0001 03", I "0802 0001 75", DSS1_REPLACED,
	     "PROGRESS"},
	    {"PROGRESS", I "0802 0001 03 1e02 8288"},
	    {"STATUS without cause", I "0802 0001 7d 1401 0a", I "0802 0001 75", DSS1_REPLACED,
	     "STATUS"},
	    {"SETUP with bit 8", I "0802 0001 85" BEARER, I "0802 0001 75", DSS1_REPLACED,
	     "unknown type"},
	    {"CONNECT with bit 8 for a call", I "0802 8002 87", I "0802 8002 7f", DSS1_REPLACED,
	     "unknown type"},
	    {"ALERTING with an element that must be known", I "0802 0001 01 0501 00",
	     I "0802 0001 75", DSS1_REPLACED, "ALERTING"},
	};

	CHECK(rows);
}

static void nonsense_is_dropped(void **state)
{
	static const struct row rows[] = {
	    {"nothing", "", "", DSS1_DROPPED, "wrong length"},
	    {"address only", "0201", "", DSS1_DROPPED, "wrong length"},
	    {"I frame without N(R)", "0201 00", "", DSS1_DROPPED, "wrong length"},
	    {"address of one octet", "0301 0000 0802 0001 05", "", DSS1_DROPPED, "address"},
	    {"address of three octets", "0200 0000 0802 0001 05", "", DSS1_DROPPED, "address"},
	    {"supervisory", "0201 0d00", "", DSS1_DROPPED, "supervisory"},
	    {"unnumbered", "0201 ef", "", DSS1_DROPPED, "unnumbered"},
	    {"I frame to all terminals", "02ff 0000 0802 0001 05", "", DSS1_DROPPED, "group"},
	    {"management cut off", "fcff 03 0f 0000 04", "", DSS1_DROPPED, "TEI"},
	    {"FRMR cut off", "0201 87 0000", "", DSS1_DROPPED, "wrong length"},
	};

	CHECK(rows);
}

static void service_passes_where_it_is_handled(void **state)
{
	static const struct row rows[] = {
	    {"SERVICE ACK", I "4302 8000 07 010181 1803a98383"},
	    {"other", I "4302 8000 08", I, DSS1_IGNORED, "unknown type"},
	};

	rules.service_messages = true;
	CHECK(rows);
	rules.service_messages = false;
}

static void basic_rate_has_references_of_one_octet(void **state)
{
	static const struct row rows[] = {
	    {"two", SETUP BEARER, I, DSS1_IGNORED, "too long"},
	    {"one", I "0801 01 05 " BEARER},
	};

	rules.reference_max = 1;
	CHECK(rows);
	rules.reference_max = 2;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_frames_pass_untouched),
	    cmocka_unit_test(broken_elements_are_left_out),
	    cmocka_unit_test(facility_may_be_nested_but_not_for_ever),
	    cmocka_unit_test(broken_mandatory_elements_are_refused_by_libpri),
	    cmocka_unit_test(messages_not_to_be_heeded_leave_their_acknowledgement),
	    cmocka_unit_test(messages_for_no_call_leave_no_record_in_libpri),
	    cmocka_unit_test(nonsense_is_dropped),
	    cmocka_unit_test(service_passes_where_it_is_handled),
	    cmocka_unit_test(basic_rate_has_references_of_one_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
