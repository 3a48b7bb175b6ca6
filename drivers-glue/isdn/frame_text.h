/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * frame_text - one line for a Q.921 frame or a Q.931 message, as `debug isdn q921` and q931 print
 * it: what an engineer reads first, and the octets of each element (i = 0x8090A3) for the rest.
 *
 *	INFO sapi=0 tei=0 ns=3 nr=5
 *	SETUP pd = 8 callref = 0x0086, Bearer Capability i = 0x8090A3 (speech, A-law), ...
 *
 * Any octets will do; what cannot be read is said to be broken. Nothing is allocated. A restricted
 * number is written, and that it is restricted.
 */
#ifndef DRIVERS_GLUE_ISDN_FRAME_TEXT_H
#define DRIVERS_GLUE_ISDN_FRAME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DSS1_TEXT_MAX 2048

/* A frame without FCS, its header and control field alone. */
void dss1_frame_text(const uint8_t *frame, size_t length, char *text, size_t size);
/* The octets behind the header. */
void dss1_message_text(const uint8_t *message, size_t length, char *text, size_t size);
/* Where the message is in a frame; NULL: it has none. */
const uint8_t *dss1_frame_message(const uint8_t *frame, size_t length, size_t *message_length);

#endif
