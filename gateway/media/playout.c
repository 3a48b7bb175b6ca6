// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/playout.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

#define RING 4096 /* more than PLAYOUT_DELAY_MAX + PLAYOUT_PACKET_MAX, a power of two */
#define FILLED 0x100
#define WINDOWS 8
#define WINDOW CODEC_SAMPLES(500)
#define NO_SLACK INT_MAX
#define PIECE CODEC_SAMPLES(5) /* left out or put in at once, in silence */
#define FORCED_PIECE CODEC_SAMPLES(10)
#define FORCED_EVERY CODEC_SAMPLES(100)
#define FADE CODEC_SAMPLES(5)
#define SILENCE_MEAN 150	      /* linear, about -47 dBm0 */
#define CONCEAL_MAX CODEC_SAMPLES(60) /* by then spandsp has faded out */
#define COUNT_MAX CODEC_SAMPLES(100)  /* a longer gap is a pause, not a loss */
#define FORGET CODEC_SAMPLES(2000)
#define LATE_MARGIN CODEC_SAMPLES(3) /* more than it was late */
#define LATE_FAR CODEC_SAMPLES(1000) /* later than this is a jump */
#define LATE_RUN 5		     /* so many late ones in a row are a jump too */

enum playout_state {
	PLAYOUT_AWAITING, /* the next packet starts it */
	PLAYOUT_PLAYING,
};

struct playout {
	enum playout_state state;
	enum codec_law law;
	unsigned start;
	uint32_t read;		/* timestamp of the next sample to give out */
	uint32_t end;		/* timestamp after the newest sample */
	unsigned lead;		/* silence to give out before `read` */
	unsigned frozen;	/* concealed since it ran dry, while `read` stood still */
	unsigned stretch;	/* samples by which the delay shall grow */
	unsigned conceal_run;	/* concealed since the last real sample */
	unsigned concealed_now; /* in this block, short of a pause */
	unsigned since_forced;
	unsigned late_run;
	int slack[WINDOWS]; /* smallest of each window, [0] is now */
	unsigned window_used;
	unsigned windows_full;
	struct playout_counters counters;
	plc_state_t plc;
	uint16_t ring[RING]; /* FILLED | octet, by timestamp */
};

int playout_open(enum codec_law law, unsigned start, struct playout **out)
{
	struct playout *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->law = law;
	p->start = start;
	playout_start_anew(p);
	*out = p;
	return 0;
}

void playout_close(struct playout *p)
{
	free(p);
}

void playout_start_anew(struct playout *p)
{
	p->state = PLAYOUT_AWAITING;
	plc_init(&p->plc);
}

void playout_set_law(struct playout *p, enum codec_law law)
{
	if (law == p->law)
		return;
	p->law = law;
	playout_start_anew(p);
}

const struct playout_counters *playout_counters(const struct playout *p)
{
	return &p->counters;
}

static int depth(const struct playout *p)
{
	return (int32_t)(p->end - p->read);
}

unsigned playout_waiting(const struct playout *p)
{
	return p->state == PLAYOUT_PLAYING ? depth(p) + p->lead : 0;
}

static uint16_t *cell(struct playout *p, uint32_t timestamp)
{
	return &p->ring[timestamp % RING];
}

/* ---- slack */

static void slack_clear(struct playout *p)
{
	for (unsigned i = 0; i < WINDOWS; i++)
		p->slack[i] = NO_SLACK;
	p->window_used = p->windows_full = 0;
}

/* What was left out or put in changes all that was measured before. */
static void slack_shift(struct playout *p, int by)
{
	for (unsigned i = 0; i < WINDOWS; i++)
		if (p->slack[i] != NO_SLACK)
			p->slack[i] += by;
}

static int slack_smallest(const struct playout *p)
{
	int smallest = NO_SLACK;

	for (unsigned i = 0; i < WINDOWS; i++)
		if (p->slack[i] < smallest)
			smallest = p->slack[i];
	return smallest;
}

static void want_more(struct playout *p, int count)
{
	int room = PLAYOUT_DELAY_MAX - (int)playout_waiting(p);

	if (count > room)
		count = room;
	if (count > (int)p->stretch)
		p->stretch = count;
}

static void slack_pass_time(struct playout *p, unsigned count)
{
	p->window_used += count;
	if (p->window_used < WINDOW)
		return;
	p->window_used = 0;
	memmove(&p->slack[1], &p->slack[0], (WINDOWS - 1) * sizeof(p->slack[0]));
	p->slack[0] = NO_SLACK;
	if (p->windows_full < WINDOWS)
		p->windows_full++;
}

/* ---- putting in */

static void begin_at(struct playout *p, uint32_t timestamp)
{
	memset(p->ring, 0, sizeof(p->ring));
	p->state = PLAYOUT_PLAYING;
	p->read = p->end = timestamp;
	p->lead = p->start;
	p->frozen = p->stretch = p->late_run = p->since_forced = 0;
	slack_clear(p);
}

/* Time stood still while it was dry. What a packet says has passed meanwhile (a lost packet, a
 * pause of the talker) was concealed already and is not played again. */
static void thaw(struct playout *p, int ahead)
{
	if (ahead > 0) {
		unsigned credit = p->frozen < (unsigned)ahead ? p->frozen : (unsigned)ahead;
		p->read += credit;
		p->end = p->read;
	}
	p->frozen = 0;
}

static bool is_jump(const struct playout *p, int ahead, unsigned count)
{
	return ahead > PLAYOUT_DELAY_MAX || ahead + (int)count < -LATE_FAR ||
	       (ahead + (int)count <= 0 && p->late_run + 1 >= LATE_RUN);
}

void playout_packet(struct playout *p, uint32_t timestamp, const uint8_t *audio, unsigned count)
{
	int ahead;

	if (!count || count > PLAYOUT_PACKET_MAX)
		return;
	if (p->state == PLAYOUT_AWAITING)
		begin_at(p, timestamp);
	if (p->frozen)
		thaw(p, (int32_t)(timestamp - p->read));
	ahead = (int32_t)(timestamp - p->read);
	if (is_jump(p, ahead, count)) {
		p->counters.dropped += depth(p) > 0;
		begin_at(p, timestamp);
		ahead = 0;
	}
	if (ahead + (int)p->lead < p->slack[0])
		p->slack[0] = ahead + p->lead;
	if (ahead < 0)
		want_more(p, -ahead + LATE_MARGIN);
	if (ahead + (int)count <= 0) {
		p->counters.late++;
		p->late_run++;
		return;
	}
	p->late_run = 0;
	for (unsigned i = ahead < 0 ? -ahead : 0; i < count; i++)
		*cell(p, timestamp + i) = FILLED | audio[i];
	if ((int32_t)(timestamp + count - p->end) > 0)
		p->end = timestamp + count;
}

/* ---- keeping the delay low */

static bool take_linear(struct playout *p, uint32_t timestamp, int16_t *out, unsigned count)
{
	uint8_t octet[FORCED_PIECE + FADE];

	assert(count <= sizeof(octet));
	for (unsigned i = 0; i < count; i++) {
		uint16_t c = *cell(p, timestamp + i);
		if (!c)
			return false;
		octet[i] = c;
	}
	codec_to_linear(p->law, octet, out, count);
	return true;
}

static bool next_is_silent(struct playout *p, unsigned count)
{
	int16_t next[FORCED_PIECE + FADE];
	unsigned sum = 0;

	if (depth(p) < (int)count || !take_linear(p, p->read, next, count))
		return false;
	for (unsigned i = 0; i < count; i++)
		sum += abs(next[i]);
	return sum < count * SILENCE_MEAN;
}

/* Leaves out count samples; a short fade joins what is left. */
static void leave_out(struct playout *p, unsigned count)
{
	int16_t from[FADE], to[FADE];
	uint8_t mixed[FADE];
	bool fade =
	    take_linear(p, p->read, from, FADE) && take_linear(p, p->read + count, to, FADE);

	if (depth(p) < (int)(count + FADE))
		return;
	for (unsigned i = 0; i < count; i++)
		*cell(p, p->read + i) = 0;
	p->read += count;
	slack_shift(p, -(int)count);
	p->counters.dropped++;
	if (!fade)
		return;
	for (int i = 0; i < FADE; i++)
		to[i] = (from[i] * (FADE - i) + to[i] * i) / FADE;
	codec_from_linear(p->law, to, mixed, FADE);
	for (unsigned i = 0; i < FADE; i++)
		*cell(p, p->read + i) = FILLED | mixed[i];
}

static void lower_delay(struct playout *p, unsigned count)
{
	int smallest = slack_smallest(p);

	if (p->law == CODEC_CLEAR)
		return;
	p->since_forced += count;
	if (p->windows_full < WINDOWS || smallest == NO_SLACK || p->lead)
		return;
	if (smallest > PLAYOUT_SLACK_FORCED && p->since_forced >= FORCED_EVERY) {
		leave_out(p, FORCED_PIECE);
		p->since_forced = 0;
	} else if (smallest > PLAYOUT_SLACK_HIGH && next_is_silent(p, PIECE + FADE)) {
		leave_out(p, PIECE);
	}
}

/* ---- giving out */

/* spandsp would do this by a memcpy() whose halves overlap. */
static void align_history(plc_state_t *plc)
{
	int16_t whole[PLC_HISTORY_LEN];
	unsigned newer = PLC_HISTORY_LEN - plc->buf_ptr;

	memcpy(whole, plc->history + plc->buf_ptr, newer * sizeof(whole[0]));
	memcpy(whole + newer, plc->history, plc->buf_ptr * sizeof(whole[0]));
	memcpy(plc->history, whole, sizeof(whole));
	plc->buf_ptr = 0;
}

static void conceal(struct playout *p, uint8_t *block, unsigned count)
{
	int16_t amp[PLAYOUT_BLOCK_MAX];

	if (p->conceal_run >= CONCEAL_MAX || p->law == CODEC_CLEAR) {
		memset(block, codec_silence(p->law), count);
	} else {
		align_history(&p->plc);
		plc_fillin(&p->plc, amp, count);
		codec_from_linear(p->law, amp, block, count);
	}
	if (p->conceal_run < COUNT_MAX)
		p->concealed_now += count;
	if (p->conceal_run < FORGET)
		p->conceal_run += count;
}

static void copy(struct playout *p, uint8_t *block, unsigned count)
{
	int16_t came[PLAYOUT_BLOCK_MAX], blended[PLAYOUT_BLOCK_MAX];

	for (unsigned i = 0; i < count; i++) {
		uint16_t *c = cell(p, p->read + i);
		block[i] = *c;
		*c = 0;
	}
	p->read += count;
	if (p->law == CODEC_CLEAR) {
		p->conceal_run = 0;
		return;
	}
	codec_to_linear(p->law, block, came, count);
	memcpy(blended, came, count * sizeof(came[0]));
	plc_rx(&p->plc, blended, count);
	for (unsigned i = 0; p->conceal_run && i < count; i++)
		if (blended[i] != came[i])
			codec_from_linear(p->law, &blended[i], &block[i], 1);
	p->conceal_run = 0;
}

/* How many cells from `read` on are filled, or are not, like the first one. */
static unsigned run_length(struct playout *p, unsigned most)
{
	bool filled = *cell(p, p->read);
	unsigned i;

	if ((int)most > depth(p))
		most = depth(p);
	for (i = 1; i < most; i++)
		if (!!*cell(p, p->read + i) != filled)
			break;
	return i;
}

/* One piece of the block: as much as is of one kind. */
static unsigned give_piece(struct playout *p, uint8_t *block, unsigned count, bool *real)
{
	unsigned n;

	if (p->lead) {
		n = p->lead < count ? p->lead : count;
		memset(block, codec_silence(p->law), n);
		p->lead -= n;
	} else if (depth(p) <= 0) {
		n = count;
		conceal(p, block, n);
		p->frozen += n;
	} else if (*cell(p, p->read)) {
		n = run_length(p, count);
		copy(p, block, n);
		*real = true;
	} else if (p->stretch) {
		n = p->stretch < count ? p->stretch : count;
		conceal(p, block, n);
		p->stretch -= n;
		slack_shift(p, n);
	} else {
		n = run_length(p, count);
		conceal(p, block, n);
		p->read += n;
	}
	return n;
}

/* Repeats a piece of silence. */
static unsigned put_in(struct playout *p, uint8_t *block, unsigned count)
{
	if (p->law == CODEC_CLEAR || p->stretch < PIECE || count < PIECE || p->lead ||
	    !next_is_silent(p, PIECE + FADE))
		return 0;
	for (unsigned i = 0; i < PIECE; i++)
		block[i] = *cell(p, p->read + i);
	p->stretch -= PIECE;
	slack_shift(p, PIECE);
	return PIECE;
}

bool playout_block(struct playout *p, uint8_t *block, unsigned count)
{
	bool real = false;
	unsigned done;

	assert(count && count <= PLAYOUT_BLOCK_MAX);
	if (p->state == PLAYOUT_AWAITING) {
		memset(block, codec_silence(p->law), count);
		return false;
	}
	p->concealed_now = 0;
	slack_pass_time(p, count);
	lower_delay(p, count);
	done = put_in(p, block, count);
	while (done < count)
		done += give_piece(p, block + done, count - done, &real);
	p->counters.concealed += p->concealed_now > 0;
	if (p->frozen >= FORGET)
		playout_start_anew(p);
	return real;
}
