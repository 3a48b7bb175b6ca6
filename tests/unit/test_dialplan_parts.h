/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of test_dialplan, a file each; every one returns how many tests failed.
 */
#ifndef TESTS_UNIT_TEST_DIALPLAN_PARTS_H
#define TESTS_UNIT_TEST_DIALPLAN_PARTS_H

int test_dialplan_inbound(void);
int test_dialplan_outbound(void);
int test_dialplan_groups(void);
int test_dialplan_numbers(void);
int test_dialplan_digits(void);
int test_dialplan_hunt(void);
int test_dialplan_notes(void);
int test_dialplan_random(void);
int test_dialplan_phones(void);

#endif
