/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * supplementary_rig - lines of isdn_rig.h whose ends allow supplementary services.
 */
#ifndef TESTS_UNIT_SUPPLEMENTARY_RIG_H
#define TESTS_UNIT_SUPPLEMENTARY_RIG_H

#include "tests/unit/isdn_rig.h"

#define ALL_SERVICES 0x1f

/* Fixtures; strict: EuroISDN, nothing is allowed. no_line() ends them. */
int qsig_line(void **state);
int ready_line(void **state); /* EuroISDN */
int tbct_line(void **state);  /* NI */
int strict_line(void **state);

void connect_two(struct side *from); /* two calls of one side, both up */
void expect_released(struct side *side, unsigned count);
void finish(void); /* clears every call and waits for the end of all */

/* From now on this information element is put into each message of that type. */
void add_to(uint8_t message, const uint8_t *element, uint8_t length);
void say(struct isdn_call *call, const char *text); /* user-user information */

#endif
