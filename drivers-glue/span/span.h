/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * span - one interface to every E1, T1 or BRI: a card (DAHDI) or a pseudowire (RFC 5086 over UDP).
 *
 * It has two halves, so that signalling and audio can live in two programs:
 *
 *   opening	tdm_open() makes every descriptor of a span; tdm_descriptors_close() gives them
 *		up. Whoever opens keeps them: a copy of each goes to the program that runs the
 *		audio, which can then die and come back while the span stays up.
 *   running	tdm_span_attach() takes copies of those descriptors, then every 5 ms
 *
 *			tdm_span_receive(span, now_ns);
 *			while (tdm_span_step(span, now_ns) == 1)
 *				for each open channel:
 *					if (tdm_channel_read(channel, block) == 1)
 *						... tdm_channel_write(channel, block);
 *			tdm_span_transmit(span, now_ns);
 *
 *		A step is the smallest piece of time the driver knows (one packet of a pseudowire).
 *		With TDM_CLOCK_LINE there is a step for each packet received, so that a stalled
 *		machine delays but loses nothing; with TDM_CLOCK_INTERNAL there is one for each
 *		packet time that has passed. A block read in one step and written in the same
 *		step goes out at once: the driver adds no delay of its own.
 *
 * Audio is octets in the law of the span, in blocks of 80 or 160 (10 or 20 ms), chosen when the
 * channel is opened. A channel that nobody writes sends the idle pattern.
 *
 * D channel: on a pseudowire the running half does HDLC and hands whole frames, FCS checked and
 * stripped, over a SEQPACKET pair whose other end the opener keeps (fd_d); on a card fd_d is the
 * driver's own HDLC descriptor. Either way: one read or write on fd_d is one frame. fd_d is
 * nonblocking. Frames on fd_d carry no FCS; tdm_dchannel_read/write hide a driver that differs.
 *
 * Nothing in the running half allocates, logs or locks after attach and channel open.
 * Errors are negative errno. One thread.
 */
#ifndef DRIVERS_GLUE_SPAN_SPAN_H
#define DRIVERS_GLUE_SPAN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define TDM_SPAN_MAX 128	/* span numbers are 1..TDM_SPAN_MAX */
#define TDM_TIMESLOT_MAX 31	/* timeslots are 1..31 (E1), 1..24 (T1) or 1..3 (BRI) */
#define TDM_BLOCK_MAX 160
#define TDM_DESCRIPTORS_MAX 4
#define TDM_GAIN_MIN_DB10 (-200)
#define TDM_GAIN_MAX_DB10 200
#define TDM_DFRAME_MAX 512	/* longest D-channel frame; N201 of Q.921 is 260 and a header */

enum tdm_driver_kind {
	TDM_DRIVER_CESOPSN = 1,
	TDM_DRIVER_DAHDI = 2,
	TDM_DRIVER_REPLAY = 3, /* in memory, for tests: replay.h */
};

enum tdm_framing {
	TDM_E1 = 1,
	TDM_T1 = 2,
	TDM_BRI = 3,	/* basic rate: B1, B2 and D as timeslots 1, 2, 3 */
};

enum tdm_law {
	TDM_ALAW = 1,
	TDM_ULAW = 2,
};

enum tdm_clock {
	TDM_CLOCK_LINE = 1,	/* `clock source line`: follow the far end */
	TDM_CLOCK_INTERNAL = 2,	/* `clock source internal`: we are the clock */
};

enum tdm_alarm {	/* bits */
	TDM_ALARM_LOS = 1 << 0,	/* loss of signal: no packets, no carrier */
	TDM_ALARM_RED = 1 << 1,	/* no framing */
	TDM_ALARM_YELLOW = 1 << 2,	/* the far end does not hear us (RAI; R bit of RFC 5086) */
	TDM_ALARM_BLUE = 1 << 3,	/* far end sends AIS; its attachment circuit is down (L bit) */
	TDM_ALARM_RECOVERING = 1 << 4, /* the cause has gone, not yet for long enough */
	TDM_ALARM_LOOPBACK = 1 << 5, /* the line is looped: we hear ourselves */
	TDM_ALARM_LFA = 1 << 6, /* loss of frame or multiframe alignment, beside RED */
};

struct tdm_span_config {
	unsigned number;	/* 1..TDM_SPAN_MAX, the controller's number */
	enum tdm_driver_kind driver;
	enum tdm_framing framing;
	enum tdm_law law;
	enum tdm_clock clock;
	unsigned d_timeslot;	/* timeslot of the D channel: 16 (E1), 24 (T1), 3 (BRI); 0: none */
	unsigned unit; /* card: number of the span in DAHDI; 0: as number */
	/* pseudowire */
	struct sockaddr_storage local;
	struct sockaddr_storage peer;
	unsigned frames_per_packet;	/* 1..64, 8 is 1 ms */
	unsigned jitter_packets;	/* depth of the reordering buffer, 0..64; 0 is 2 */
	unsigned alarm_ms;	/* this long without a packet is an alarm; 0 is 2500 */
};

struct tdm_descriptors {
	int fd_d;	/* the opener's end of the D channel, -1 if none; never passed on */
	int fds[TDM_DESCRIPTORS_MAX];	/* for the running half, in the driver's order */
	unsigned count;
};

struct tdm_counters {
	uint64_t packets_received;
	uint64_t packets_sent;
	uint64_t packets_lost;	/* replaced by the idle pattern */
	uint64_t packets_late;	/* came after their time, dropped */
	uint64_t packets_reordered;	/* came out of order and were put right */
	uint64_t packets_malformed;	/* refused: wrong size, wrong bits, wrong peer */
	uint64_t slips;	/* frames dropped or repeated where two clocks meet */
	uint64_t hdlc_frames_received;
	uint64_t hdlc_frames_sent;
	uint64_t hdlc_errors;	/* FCS wrong, aborted or too long */
};

struct tdm_line_counters {	/* of a card, since its module was loaded */
	uint32_t bipolar_violations, crc_errors, e_bits, framing_errors;
	uint32_t errored_seconds, missed_interrupts;
};

struct tdm_status {
	unsigned alarms;	/* bits of enum tdm_alarm */
	struct tdm_counters counters;
	struct tdm_line_counters line;
};

struct tdm_span;
struct tdm_channel;

/* Fills config with the usual values for a framing: law, D timeslot, 8 frames a packet. */
void tdm_span_config_init(struct tdm_span_config *config, unsigned number, enum tdm_framing framing);
unsigned tdm_timeslots(enum tdm_framing framing);	/* 31, 24 or 3 */
unsigned char tdm_idle(enum tdm_law law);	/* the octet of silence: 0xd5 or 0xff */
const char *tdm_alarms_name(unsigned alarms, char *text, size_t size);	/* "LOS,YELLOW", "none" */

/* ---- opening */

/* On error why has one sentence with the remedy (the busy port, the missing permission). */
int tdm_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
	     size_t why_size);
void tdm_descriptors_close(struct tdm_descriptors *d);
/* The own descriptor of a B channel, where the driver has one: it hangs the channel up when the last
 * copy is closed. -ENOTSUP: there is none (why is not written), tdm_channel_open() gets -1. */
int tdm_channel_descriptor(const struct tdm_span_config *config, unsigned timeslot, char *why,
			   size_t why_size);
/* What the opener can see of the span itself, and takes the events off fd_d (which is ready for
 * exceptions then). -ENOTSUP: only the running half knows. -ENODEV: the span is gone; all its
 * descriptors are dead and should be closed, and opened anew when it is back. */
int tdm_watch(const struct tdm_span_config *config, const struct tdm_descriptors *d,
	      struct tdm_status *out);

/* One D-channel frame, without FCS. Return its length; -EAGAIN if there is none; -EMSGSIZE if it
 * does not fit (the frame is dropped); -EBADMSG for a frame that the driver could not receive;
 * -EPIPE if the running half is gone for good. A card that is gone has no frames: tdm_watch(). */
ssize_t tdm_dchannel_read(int fd_d, void *frame, size_t size);
ssize_t tdm_dchannel_write(int fd_d, const void *frame, size_t length);

/* ---- running */

/* Takes over fds (closes them at detach, not if it fails); audio that had queued up in them is
 * thrown away, D-channel frames that wait to be sent are kept. */
int tdm_span_attach(const struct tdm_span_config *config, const int *fds, unsigned count,
		    struct tdm_span **out);
void tdm_span_detach(struct tdm_span *span);	/* channels must be closed before */

void tdm_span_receive(struct tdm_span *span, uint64_t now_ns);
int tdm_span_step(struct tdm_span *span, uint64_t now_ns);	/* 1: stepped, 0: nothing is due */
void tdm_span_transmit(struct tdm_span *span, uint64_t now_ns);
void tdm_span_status(const struct tdm_span *span, struct tdm_status *out);

/* fd: the channel's own descriptor where the driver has one (DAHDI), else -1. block: 80 or 160.
 * -EBUSY: open already. -EINVAL: no such timeslot, or the D channel, or an fd where the driver has none. */
int tdm_channel_open(struct tdm_span *span, unsigned timeslot, unsigned block, int fd,
		     struct tdm_channel **out);
void tdm_channel_close(struct tdm_channel *channel);
/* 1 and a block in the span's law; 0: not complete yet. */
int tdm_channel_read(struct tdm_channel *channel, uint8_t *block);
/* One block for each block read. 0; -ENOSPC: more was written than read, the block is dropped. */
int tdm_channel_write(struct tdm_channel *channel, const uint8_t *block);
/* Everything received goes back out in the same step; reading goes on, writing is ignored. */
void tdm_channel_loop(struct tdm_channel *channel, bool on);
/* The driver itself passes on what either channel receives to the other, sooner than any reader and
 * writer could. Both can still be read, writing is ignored. Each of the two is parted by itself, or
 * by being closed. -ENOTSUP: the driver cannot, or the laws differ. */
int tdm_channel_join(struct tdm_channel *a, struct tdm_channel *b);
void tdm_channel_part(struct tdm_channel *channel);
unsigned tdm_channel_timeslot(const struct tdm_channel *channel);
/* The driver's echo canceller, for echo from the span: taps of 1/8000 s, 0 is off (as after
 * opening). A driver with fixed sizes takes the next larger one. -ENOTSUP: the driver has none. */
int tdm_channel_echo(struct tdm_channel *channel, unsigned taps);
/* Gains in tenths of a dB: of what is read (input) and of what is written (output), each from
 * TDM_GAIN_MIN_DB10 to TDM_GAIN_MAX_DB10, else -EINVAL. 0 and 0 (as after opening) leaves the
 * octets untouched. A looped channel is not amplified. */
int tdm_channel_gain(struct tdm_channel *channel, int input_db10, int output_db10);

#endif
