/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * wav - speech from and to RIFF/WAVE files: 8000 Hz, mono, 16 bit linear PCM, nothing else.
 *
 * wav_read() takes a whole file into memory; any other format is refused with a sentence that
 * says how to convert it. A file cut short, or written to a pipe (data size 0 or 0xffffffff), is
 * read as far as it goes. wav_recorder_*() writes a file as the samples come; until
 * wav_recorder_close() its header says that it is empty.
 * Errors are negative errno; the first failed write is remembered and returned by close.
 */
#ifndef GATEWAY_EXCHANGE_WAV_H
#define GATEWAY_EXCHANGE_WAV_H

#include <stddef.h>
#include <stdint.h>

#define WAV_RATE 8000
#define WAV_SAMPLES_MAX (WAV_RATE * 3600u) /* longer files are refused */

struct wav {
	int16_t *samples; /* talloc'ed on the struct */
	size_t count;
};

struct wav_recorder;

/* out: talloc'ed on ctx. On error why has one sentence. */
int wav_read(void *ctx, const char *path, struct wav **out, char *why, size_t why_size);

/* Creates or empties the file. On error why has one sentence. */
int wav_recorder_open(void *ctx, const char *path, struct wav_recorder **out, char *why,
		      size_t why_size);
void wav_recorder_write(struct wav_recorder *recorder, const int16_t *samples, size_t count);
/* Completes the header, closes and frees. */
int wav_recorder_close(struct wav_recorder *recorder);

#endif
