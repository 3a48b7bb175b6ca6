/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_facility - which ROSE components (X.229, Q.932) a Q.931 message carries.
 *
 * isdn_facility_read() takes a message from its protocol discriminator on and hands out the
 * components of all its Facility elements of codeset 0, in order. It believes nothing: what does
 * not fit ends the reading, and what was read before stays. Nothing is allocated.
 */
#ifndef DRIVERS_GLUE_ISDN_ISDN_FACILITY_H
#define DRIVERS_GLUE_ISDN_ISDN_FACILITY_H

#include <stddef.h>
#include <stdint.h>

enum isdn_component_type { /* their tags */
			   ISDN_COMPONENT_INVOKE = 0xa1,
			   ISDN_COMPONENT_RESULT = 0xa2,
			   ISDN_COMPONENT_ERROR = 0xa3,
			   ISDN_COMPONENT_REJECT = 0xa4,
};

struct isdn_component {
	enum isdn_component_type type;
	int invoke; /* -1: none */
};

/* Returns how many there are in the message, of which the first max were written. */
size_t isdn_facility_read(const uint8_t *message, size_t length, struct isdn_component *out,
			  size_t max);

#endif
