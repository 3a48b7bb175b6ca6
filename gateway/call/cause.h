/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cause - why a call ended: Q.850 cause and location, and its SIP status (RFC 3398).
 *
 * Two tables, one each way. cause_to_sip() for a call that fails before answer; cause_from_sip()
 * for a final response. Which table applies is an argument, so that nothing here has state.
 */
#ifndef GATEWAY_CALL_CAUSE_H
#define GATEWAY_CALL_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct cause {
	uint8_t q850;	  /* 1..127; 0: none yet */
	uint8_t location; /* enum cause_location */
	uint16_t sip;	  /* SIP status if it came from SIP, else 0 */
	uint8_t source;	  /* enum cause_source */
	bool from_reason; /* q850 came in a Reason header and wins over the status */
};

enum cause_map { /* `cause-map` */
		 CAUSE_MAP_DEFAULT,
		 CAUSE_MAP_RFC3398,
		 CAUSE_MAP_CISCO,
};

struct cause cause_q850(unsigned q850, unsigned location, enum cause_source source);

/* SIP status for a call that was not answered. Never 2xx. */
unsigned cause_to_sip(enum cause_map map, const struct cause *cause);

/* status: a final response, 300..699; alerted: a 180 was seen (480 is then 19).
 * warning: code of a Warning header or 0. retry_after: 503 carried one. */
struct cause cause_from_sip(enum cause_map map, unsigned status, bool alerted, unsigned warning,
			    bool retry_after);

/* Reads a Reason header field value ("Q.850;cause=17;text=..." or several of them). Returns the
 * Q.850 cause (1..127) or 0 if there is none that is valid. */
unsigned cause_from_reason(const char *value);
/* Writes "Q.850;cause=17;text=\"User busy\"". Returns the length. */
int cause_to_reason(const struct cause *cause, char *text, size_t size);

const char *cause_name(unsigned q850);	       /* "user busy"; never NULL */
const char *cause_sip_phrase(unsigned status); /* "Busy Here"; never NULL */

#endif
