/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * q931_check - is a received frame fit for libpri? If not, what may be handed to it instead.
 *
 * libpri 1.6 believes the far end: it reads the octets of an element that is too short from what
 * lies behind it, copies a subaddress of any length into a fixed field, walks lengths of a facility
 * that have run over, and keeps a call record for ever for some messages that belong to no call.
 * dss1_check() looks at every frame before libpri does. What is wrong is put right as Q.931 5.8
 * says, as far as it can be done through libpri:
 *
 *   5.8.1, 5.8.2, 5.8.3.1: other protocol, too short, call reference of a wrong format: ignored.
 *   5.8.3.2 a: a message for no call, of a kind that libpri would keep a record for: a STATUS
 *     ENQUIRY instead, so that RELEASE COMPLETE with cause 81 goes back.
 *   5.8.3.2 c to f: SETUP for a call that there is, SETUP or RESTART with the wrong flag, a message
 *     that the global call reference cannot have: ignored. The STATUS with cause 81 that e and f
 *     want is not sent.
 *   5.8.4: a type with bit 8, which libpri does not look at: a type that it does not know instead,
 *     for no call a STATUS ENQUIRY.
 *   5.8.5.2: an element more often than it may be: the first counts.
 *   5.8.6.2: channel identification broken: libpri gets an empty one, which it answers with cause
 *     100 where the element is mandatory.
 *   5.8.6.1, 5.8.7: any other broken element is left out. A mandatory one is thus missing: libpri
 *     answers with cause 96, where 5.8.6.2 would have 100.
 *
 * The acknowledgement of layer 2 is never lost: of an I frame that is ignored the header remains,
 * and libpri passes over the empty message. A frame that is no Q.921 at all is dropped.
 *
 * Nothing is allocated, logged or kept.
 */
#ifndef DRIVERS_GLUE_ISDN_Q931_CHECK_H
#define DRIVERS_GLUE_ISDN_Q931_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/isdn/dchannel.h"

/* octets by which an element that is to be refused can be longer than the broken one */
#define DSS1_REFUSED_MAX 1

enum dss1_verdict {
	DSS1_GOOD,     /* octet for octet what was received */
	DSS1_REPAIRED, /* without its broken elements */
	DSS1_REPLACED, /* another message with the same call reference, see above */
	DSS1_IGNORED,  /* only the header of an I frame is left */
	DSS1_DROPPED,  /* nothing is left */
};

struct dss1_rules {
	uint8_t reference_max; /* octets of a call reference: 2, on a basic rate interface 1 */
	bool service_messages; /* SERVICE is handled; if not, libpri sends back what it gets */
	/* Is there a call with that reference? by_originator as in struct dss1_message. */
	bool (*has_call)(void *arg, unsigned reference, bool by_originator);
	void *arg;
};

struct dss1_checked {
	enum dss1_verdict verdict;
	size_t length; /* 0: dropped */
	uint8_t octets[DCHANNEL_FRAME_MAX + DSS1_REFUSED_MAX];
	char why[96]; /* the first fault: "SETUP: display is too short"; empty if GOOD */
};

/* frame: without FCS, at most DCHANNEL_FRAME_MAX octets. */
void dss1_check(const struct dss1_rules *rules, const uint8_t *frame, size_t length,
		struct dss1_checked *out);

#endif
