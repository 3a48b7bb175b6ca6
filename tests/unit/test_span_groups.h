/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The groups of test_span, a file each; every one returns how many tests failed.
 */
#ifndef TESTS_UNIT_TEST_SPAN_GROUPS_H
#define TESTS_UNIT_TEST_SPAN_GROUPS_H

int test_span_packets(void);  /* test_span_packets.c */
int test_span_dchannel(void); /* test_span_dchannel.c */
int test_span_parts(void);    /* test_span_parts.c */
int test_hdlc(void);	      /* test_hdlc.c */
int test_tones(void);	      /* test_tones.c */

#endif
