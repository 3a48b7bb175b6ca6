/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * progress - what a progress indicator means for the audio path (RFC 3398 7.2.3, Q.931 4.5.23), and
 * what the configuration makes of it.
 *
 *	far end says			caller who came by SIP		caller who came by ISDN
 *	SETUP ACK, CALL PROCEEDING or
 *	  PROGRESS with PI 1 or 8	183 with SDP			PROGRESS with PI 8
 *	CALL PROCEEDING, 100		nothing				CALL PROCEEDING
 *	183 with SDP			183 with SDP			PROGRESS with PI 8
 *	183 without SDP			183				nothing
 *	182				182				PROGRESS with PI 8, it rings
 *	ALERTING, 180 without SDP	180				ALERTING
 *	ALERTING with PI 1 or 8,
 *	  180 with SDP			180 with SDP			ALERTING with PI 8
 *
 * A row that the outbound dial peer changes (`progress_ind`, `tone ringback alert-no-pi`) is
 * changed before it is passed on. The gateway rings by itself when it tells the caller of tones that
 * nobody sends.
 */
#ifndef GATEWAY_CALL_PROGRESS_H
#define GATEWAY_CALL_PROGRESS_H

#include "gateway/call/leg.h"

/* One meaning, whoever said it: indicators 1 and 8 announce tones, and tones without indicator
 * (early media of SIP) are indicator 8. in may be NULL: no progress at all. */
struct progress progress_normal(const struct progress *in);

/* What `progress_ind` makes of an indicator; rule: as in struct peer. */
uint8_t progress_indicator(uint8_t rule, uint8_t indicator);
/* The same for all of it. */
struct progress progress_changed(uint8_t rule, const struct progress *in);

enum progress_tone {			 /* that the caller is to hear from the gateway */
		     PROGRESS_TONE_KEEP, /* as before */
		     PROGRESS_TONE_OFF,	 /* the far end is heard */
		     PROGRESS_TONE_RINGBACK,
};

struct progress_case {
	const struct peer *peer; /* outbound; NULL: nothing is configured */
	enum peer_kind far;	 /* which leg said it */
	enum peer_kind caller;	 /* and who is told */
	bool heard;		 /* the far end has been heard before */
};

/* What the far end said, changed to what is to be told; and the tone that goes with it. */
enum progress_tone progress_of_proceeding(const struct progress_case *c, struct progress *progress);
enum progress_tone progress_of_alert(const struct progress_case *c, struct progress *progress);
enum progress_tone progress_of_progress(const struct progress_case *c, struct progress *progress);

#endif
