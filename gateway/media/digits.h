/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * digits - DTMF as sound: heard in audio, and put into it; tones (ringback and such) as well.
 *
 * digits_detect() looks at each block of audio and adds steps (a digit began, a digit ended);
 * detection takes 17 to 24 ms, and while digit_detector_digit() is not 0 the sound of it goes on.
 *
 * digits_inject() writes what a player has to play over each block: a digit with silence around it,
 * or else a tone. Digits that come too fast wait their turn; each sounds for at least
 * DIGIT_MS_MIN and is followed by as long a pause.
 *
 * Only the _new functions allocate.
 */
#ifndef GATEWAY_MEDIA_DIGITS_H
#define GATEWAY_MEDIA_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "gateway/media/codec.h"
#include "gateway/media/event.h"

#define DIGITS_BLOCK_MAX 160

struct digit_detector;

int digit_detector_new(enum codec_law law, struct digit_steps *steps, struct digit_detector **out);
void digit_detector_free(struct digit_detector *detector);
void digits_detect(struct digit_detector *detector, const uint8_t *block, unsigned count);
char digit_detector_digit(const struct digit_detector *detector); /* 0: none sounds */

struct digit_player;

int digit_player_new(enum codec_law law, struct digit_player **out);
void digit_player_free(struct digit_player *player);
void digit_player_set_law(struct digit_player *player, enum codec_law law);
/* duration_ms 0: until digit_player_stop(). -ENOBUFS: too many wait. */
int digit_player_start(struct digit_player *player, char digit, unsigned duration_ms);
void digit_player_stop(struct digit_player *player, char digit);
/* tone: libtonezone's notation, "" stops. level_db10: tenths of dB below 0 dBm0, 0: as usual.
 * -EINVAL: not a tone. */
int digit_player_tone(struct digit_player *player, const char *tone, unsigned level_db10);
bool digit_player_busy(const struct digit_player *player);
/* false: there is nothing to play, the block is as it was. */
bool digits_inject(struct digit_player *player, uint8_t *block, unsigned count);

#endif
