/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cause - why a call ended: Q.850 cause and location, its SIP status, and what a Reason header says
 * of it (RFC 3326, RFC 6432).
 *
 * Which cause becomes which status and back is in cause_table.h. Nothing here has state.
 */
#ifndef GATEWAY_CALL_CAUSE_H
#define GATEWAY_CALL_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialplan/number.h"

enum cause_location { /* Q.850 2.2.3 */
		      CAUSE_LOCATION_USER = 0,
		      CAUSE_LOCATION_PRIVATE_LOCAL = 1,
		      CAUSE_LOCATION_PUBLIC_LOCAL = 2,
		      CAUSE_LOCATION_TRANSIT = 3,
		      CAUSE_LOCATION_PUBLIC_REMOTE = 4,
		      CAUSE_LOCATION_PRIVATE_REMOTE = 5,
		      CAUSE_LOCATION_INTERNATIONAL = 7,
		      CAUSE_LOCATION_BEYOND_INTERWORKING = 10,
};

enum cause_source { /* who said it first: what a Reason header carries (RFC 3326) */
		    CAUSE_SOURCE_GATEWAY,
		    CAUSE_SOURCE_PSTN,
		    CAUSE_SOURCE_SIP,
};

#define CAUSE_TEXT_MAX 63
#define CAUSE_REASON_MAX 256 /* the longest value of a Reason header */

struct cause {
	uint8_t q850;		  /* 1..127; 0: none yet */
	uint8_t location;	  /* enum cause_location */
	uint16_t sip;		  /* SIP status if it came from SIP, else 0 */
	uint8_t source;		  /* enum cause_source */
	bool from_reason;	  /* q850 came in a Reason header and wins over the status */
	bool elsewhere;		  /* another telephone has taken the call: it was not missed */
	uint8_t retry_after_s;	  /* there may be room again by then; 0: nothing is said */
	uint16_t answer;	  /* status that the call layer has chosen for a SIP leg; 0: none */
	struct number new_number; /* with 22 and 23; no digits: not told */
	char text[CAUSE_TEXT_MAX + 1]; /* what the far end wrote, for the record: printable ASCII */
};

struct cause cause_q850(unsigned q850, unsigned location, enum cause_source source);

/* ---- the Reason header */

struct cause_reason { /* what the values of a message say together: the first of each protocol */
	uint8_t q850; /* 1..127; 0: none */
	uint16_t sip; /* 200..699; 0: none */
	char text[CAUSE_TEXT_MAX + 1];
};

/* Takes one value of the header to what others have said. protocol: "Q.850", "SIP", "preemption"
 * (RFC 4411); others and values that are no cause are passed over. text may be quoted, or NULL. */
void cause_reason_add(struct cause_reason *reason, const char *protocol, const char *value,
		      const char *text);
/* For BYE, CANCEL and final answers: Q.850 if the PSTN or this gateway said it first, SIP if SIP did;
 * both if both are known. Returns the length. */
int cause_to_reason(const struct cause *cause, char *text, size_t size);

const char *cause_name(unsigned q850);	       /* "user busy"; never NULL */
const char *cause_sip_phrase(unsigned status); /* "Busy Here"; never NULL */

#endif
