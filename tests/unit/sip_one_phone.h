/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_one_phone - set-ups of tests with one telephone, for cmocka, on sip_rig.
 */
#ifndef TESTS_UNIT_SIP_ONE_PHONE_H
#define TESTS_UNIT_SIP_ONE_PHONE_H

#include "tests/unit/sip_rig.h"

extern struct phone phone;
int phone_start(void **state); /* it calls, over UDP */
int phone_start_tcp(void **state);
int phone_start_called(void **state); /* calls to 7... are for it, over UDP */
int phone_stop(void **state);
/* It calls, is answered with this party or NULL, and acknowledges. The 200, valid until the next time. */
const char *phone_establish(const char *sdp, const struct party *answered);

#endif
