/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * dchannel - the frames of one D channel: read in libosmocore's loop, written at once.
 *
 * Frames come and go without FCS. A frame that is no Q.921 frame at all (too short for its control
 * field, too long for N201) is counted and dropped here. In a frame that carries a layer 3 message
 * the message is pointed out, and whether it was seen before: Q.921 sends again what is not
 * acknowledged, and a trace should show it once.
 *
 * What is known of the data link of each terminal is read from the frames too: libpri tells of one
 * link only, and of no TEI.
 *
 * The descriptor stays the caller's. Errors are negative errno.
 */
#ifndef DRIVERS_GLUE_ISDN_DCHANNEL_H
#define DRIVERS_GLUE_ISDN_DCHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header and control field of 4 octets and N201 of 260; some exchanges send more. */
#define DCHANNEL_FRAME_MAX 512

struct dchannel;

struct dchannel_frame {
	const uint8_t *octets;
	size_t length;
	uint8_t tei;		/* the terminal; 127: all of a bus */
	const uint8_t *message; /* layer 3, NULL if there is none */
	size_t message_length;
	bool repeated; /* this message went by before */
};

struct dchannel_handlers {
	void (*received)(void *arg, const struct dchannel_frame *frame);
	void (*sent)(void *arg, const struct dchannel_frame *frame);
	void (*lost)(void *arg, int error); /* the far end of the descriptor is gone for good */
};

/* Q.921 annex B. Unknown: this side has sent nothing on it, it is none or another terminal's. */
enum dchannel_link {
	DCHANNEL_LINK_UNKNOWN,
	DCHANNEL_LINK_RELEASED,
	DCHANNEL_LINK_AWAITING_ESTABLISHMENT, /* SABME went by */
	DCHANNEL_LINK_AWAITING_RELEASE,	      /* DISC */
	DCHANNEL_LINK_ESTABLISHED,
};

struct dchannel_counters {
	uint64_t received, sent, dropped; /* frames; dropped: either way */
};

/* handlers must stay valid; none may free the object. */
int dchannel_open(void *ctx, int fd, const struct dchannel_handlers *handlers, void *arg,
		  struct dchannel **out);
void dchannel_close(struct dchannel *dchannel);
/* sent is called before this returns. What the descriptor does not take is lost, as on a bad line.
 */
int dchannel_send(struct dchannel *dchannel, const uint8_t *frame, size_t length);
void dchannel_counters(const struct dchannel *dchannel, struct dchannel_counters *out);
enum dchannel_link dchannel_link(const struct dchannel *dchannel, unsigned tei); /* of SAPI 0 */

#endif
