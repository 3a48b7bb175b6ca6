/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gain - a gain as a table: for each octet of a law the octet that is so much louder. The table is
 * what the DAHDI driver wants too (DAHDI_SETGAINS). 0 dB gives the table that changes nothing.
 *
 * Samples are 16 bit, full scale is +3.14 dBm0 (A-law) or +3.17 dBm0 (u-law), G.711.
 */
#ifndef DRIVERS_GLUE_SPAN_GAIN_H
#define DRIVERS_GLUE_SPAN_GAIN_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/span/span.h"

uint8_t g711_encode(enum tdm_law law, int sample); /* -32768..32767 */
int g711_decode(enum tdm_law law, uint8_t octet);

/* db10: tenths of a dB. Too loud is cut off. table: 256 octets. */
void gain_table(enum tdm_law law, int db10, uint8_t *table);
void gain_apply(const uint8_t *table, const uint8_t *from, uint8_t *to, size_t count);

#endif
