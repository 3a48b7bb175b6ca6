/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cesopsn - a span as a pseudowire: RFC 5086, basic NxDS0 without CAS, over UDP without RTP header.
 *
 * A packet is the control word and frames_per_packet frames of 31 (E1: timeslots 1-31) or 24 (T1)
 * octets, each frame's timeslots in ascending order, the D channel among them:
 *
 *	 0                   1                   2                   3
 *	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *	|0 0 0 0|L|R| M |FRG|    LEN    |        sequence number        |
 *
 * L	the far end's attachment circuit is down, the payload (it may be absent) is void: BLUE.
 *	Never sent: we have no circuit behind us that could be down.
 * R	the far end receives no packets: YELLOW. Sent while we hear nothing for 50 ms.
 * M	with L 0: 0 normal, 2 the far end's circuit reports RDI (YELLOW); all else is refused, CAS
 *	packets (3) too. FRG is 0. LEN is sent below 64 octets (header counted), read as 0 or right.
 *
 * Descriptors: the UDP socket, then the running half's end of the D channel's pair.
 *
 * Clock, as span.h says. Line: a packet in order is a step, so is a lost one once jitter_packets
 * later ones are there; after 50 ms of silence steps follow our own clock until packets come, so
 * that the far end hears R. One end of a pseudowire should have the internal clock: two that follow
 * each other run, but at no rate in particular.
 * Internal: steps follow now_ns from the first receive on, up to 500 ms late; what is beyond that
 * is left out (slips). What comes in is played once jitter_packets and 10 ms more are there. When
 * it runs dry the step gets idle (a slip, the delay grows); when 10 ms above that stay unused for 1
 * s, or 200 ms at once, the surplus is dropped (slips). The D channel knows no slips: it gets every
 * octet that came.
 *
 * LOS comes after alarm_ms without a packet, goes after 8 packets in order.
 *
 * The socket's receive buffer bounds the stall that a line clock makes up for: 1 MB (without
 * privileges net.core.rmem_max, if that is less).
 */
#ifndef DRIVERS_GLUE_SPAN_CESOPSN_H
#define DRIVERS_GLUE_SPAN_CESOPSN_H

#include <stddef.h>
#include <stdint.h>

#include "drivers-glue/span/driver.h"

#define CESOPSN_HEADER 4
#define CESOPSN_FRAMES_MAX 64
#define CESOPSN_PACKET_MAX (CESOPSN_HEADER + CESOPSN_FRAMES_MAX * TDM_TIMESLOT_MAX)

enum cesopsn_flag { /* bits */
		    CESOPSN_L = 1 << 0,
		    CESOPSN_R = 1 << 1,
		    CESOPSN_RDI = 1 << 2,
};

extern const struct tdm_driver cesopsn_driver;

/* The control word of a packet of length octets, header counted. */
void cesopsn_header_write(uint8_t *packet, size_t length, unsigned flags, uint16_t sequence);
/* length: of the whole packet; payload: octets there must be behind the header. -EBADMSG. */
int cesopsn_header_read(const uint8_t *packet, size_t length, size_t payload, unsigned *flags,
			uint16_t *sequence);

#endif
