// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/wav.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#define FORMAT_PCM 1
#define FORMAT_EXTENSIBLE 0xfffe /* the real format is the first word of the sub-format's GUID */
#define HEADER_SIZE 44
#define FMT_READ 26 /* as much of a fmt chunk as matters */

struct wav_recorder {
	FILE *file;
	size_t count;
	int error;
};

struct format {
	unsigned tag;
	unsigned channels;
	unsigned rate;
	unsigned bits;
};

static unsigned get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put16(uint8_t *p, unsigned value)
{
	p[0] = value & 0xff;
	p[1] = value >> 8 & 0xff;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value & 0xffff);
	put16(p + 2, value >> 16);
}

/* Reads over n bytes; the file may be a pipe. */
static bool skip(FILE *file, uint32_t n)
{
	uint8_t waste[512];

	while (n > 0) {
		size_t want = n < sizeof(waste) ? n : sizeof(waste);

		if (fread(waste, 1, want, file) != want)
			return false;
		n -= want;
	}
	return true;
}

static bool read_format(FILE *file, uint32_t size, struct format *out)
{
	uint8_t fmt[FMT_READ] = {0};
	size_t take = size < sizeof(fmt) ? size : sizeof(fmt);

	if (size < 16 || fread(fmt, 1, take, file) != take)
		return false;
	out->tag = get16(fmt);
	out->channels = get16(fmt + 2);
	out->rate = get32(fmt + 4);
	out->bits = get16(fmt + 14);
	if (out->tag == FORMAT_EXTENSIBLE)
		out->tag = take == FMT_READ ? get16(fmt + 24) : 0;
	return skip(file, size - take + (size & 1));
}

/* Goes to the first sample. Returns the size of the data chunk, or -1: no sound file. */
static int64_t find_data(FILE *file, struct format *format)
{
	uint8_t head[12];
	bool have_format = false;

	if (fread(head, 1, 12, file) != 12 || memcmp(head, "RIFF", 4) != 0 ||
	    memcmp(head + 8, "WAVE", 4) != 0)
		return -1;
	while (fread(head, 1, 8, file) == 8) {
		uint32_t size = get32(head + 4);

		if (memcmp(head, "data", 4) == 0)
			return have_format ? (int64_t)size : -1;
		if (memcmp(head, "fmt ", 4) == 0) {
			if (!read_format(file, size, format))
				return -1;
			have_format = true;
		} else if (size == UINT32_MAX || !skip(file, size + (size & 1))) {
			return -1;
		}
	}
	return -1;
}

/* Up to size octets of samples, fewer if the file ends. */
static int read_samples(FILE *file, int64_t size, struct wav *wav)
{
	size_t room = 0;

	if (size == 0 || size == UINT32_MAX)
		size = INT64_MAX; /* written to a pipe: nobody knew */
	while (size >= 2) {
		uint8_t octets[4096];
		size_t want = size < (int64_t)sizeof(octets) ? (size_t)size : sizeof(octets);
		size_t got = fread(octets, 1, want, file);

		if (wav->count + got / 2 > WAV_SAMPLES_MAX)
			return -EFBIG;
		if (wav->count + got / 2 > room) {
			room = (wav->count + got / 2) * 2;
			wav->samples = talloc_realloc(wav, wav->samples, int16_t, room);
			if (wav->samples == NULL)
				return -ENOMEM;
		}
		for (size_t i = 0; i + 1 < got; i += 2)
			wav->samples[wav->count++] = (int16_t)get16(octets + i);
		if (got < want)
			break;
		size -= got;
	}
	if (ferror(file))
		return -EIO;
	return wav->count > 0 ? 0 : -ENODATA;
}

int wav_read(void *ctx, const char *path, struct wav **out, char *why, size_t why_size)
{
	struct wav *wav = talloc_zero(ctx, struct wav);
	struct format format = {0};
	FILE *file = fopen(path, "rb");
	int64_t size;
	int rc;

	if (wav == NULL || file == NULL) {
		rc = wav == NULL ? -ENOMEM : -errno;
		snprintf(why, why_size, "%s cannot be read: %s", path, strerror(-rc));
		goto fail;
	}
	size = find_data(file, &format);
	if (size < 0 && ferror(file)) {
		rc = -EIO;
		snprintf(why, why_size, "%s cannot be read: is it a file?", path);
		goto fail;
	}
	if (size < 0) {
		rc = -EINVAL;
		snprintf(why, why_size, "%s is no WAV file, or its header is damaged", path);
		goto fail;
	}
	if (format.tag != FORMAT_PCM || format.channels != 1 || format.rate != WAV_RATE ||
	    format.bits != 16) {
		rc = -EINVAL;
		snprintf(
		    why, why_size,
		    "%s has format %u, %u channels, %u Hz, %u bit, but 8000 Hz mono 16 bit PCM "
		    "is needed; convert it, e.g. sox %s -r 8000 -c 1 -b 16 -e signed new.wav",
		    path, format.tag, format.channels, format.rate, format.bits, path);
		goto fail;
	}
	rc = read_samples(file, size, wav);
	if (rc < 0) {
		snprintf(why, why_size, "%s %s", path,
			 rc == -EFBIG	  ? "is longer than one hour"
			 : rc == -ENODATA ? "has no samples"
					  : "cannot be read");
		goto fail;
	}
	fclose(file);
	*out = wav;
	return 0;
fail:
	if (file != NULL)
		fclose(file);
	talloc_free(wav);
	return rc;
}

static void header_fill(uint8_t h[HEADER_SIZE], uint32_t data_size)
{
	memcpy(h, "RIFF", 4);
	put32(h + 4, HEADER_SIZE - 8 + data_size);
	memcpy(h + 8, "WAVEfmt ", 8);
	put32(h + 16, 16);
	put16(h + 20, FORMAT_PCM);
	put16(h + 22, 1);
	put32(h + 24, WAV_RATE);
	put32(h + 28, WAV_RATE * 2);
	put16(h + 32, 2);
	put16(h + 34, 16);
	memcpy(h + 36, "data", 4);
	put32(h + 40, data_size);
}

int wav_recorder_open(void *ctx, const char *path, struct wav_recorder **out, char *why,
		      size_t why_size)
{
	struct wav_recorder *recorder = talloc_zero(ctx, struct wav_recorder);
	uint8_t header[HEADER_SIZE];
	int rc;

	if (recorder == NULL)
		return -ENOMEM;
	recorder->file = fopen(path, "wb");
	header_fill(header, 0);
	if (recorder->file == NULL ||
	    fwrite(header, 1, HEADER_SIZE, recorder->file) != HEADER_SIZE ||
	    fflush(recorder->file) != 0) {
		rc = -errno;
		snprintf(why, why_size, "%s cannot be written: %s", path, strerror(-rc));
		if (recorder->file != NULL)
			fclose(recorder->file);
		talloc_free(recorder);
		return rc;
	}
	*out = recorder;
	return 0;
}

void wav_recorder_write(struct wav_recorder *recorder, const int16_t *samples, size_t count)
{
	while (count > 0 && recorder->error == 0) {
		uint8_t octets[512];
		size_t n = count < sizeof(octets) / 2 ? count : sizeof(octets) / 2;

		for (size_t i = 0; i < n; i++)
			put16(octets + 2 * i, (uint16_t)samples[i]);
		if (recorder->count + n > (UINT32_MAX - HEADER_SIZE) / 2)
			recorder->error = -EFBIG;
		else if (fwrite(octets, 2, n, recorder->file) != n)
			recorder->error = -errno;
		else
			recorder->count += n;
		samples += n;
		count -= n;
	}
}

int wav_recorder_close(struct wav_recorder *recorder)
{
	uint8_t header[HEADER_SIZE];
	int rc = recorder->error;

	header_fill(header, recorder->count * 2);
	if (rc == 0 && fflush(recorder->file) != 0)
		rc = -errno;
	/* a pipe or a terminal cannot be rewound: readers take such a header for "to the end" */
	if (rc == 0 && fseek(recorder->file, 0, SEEK_SET) == 0 &&
	    fwrite(header, 1, HEADER_SIZE, recorder->file) != HEADER_SIZE)
		rc = -errno;
	if (fclose(recorder->file) != 0 && rc == 0)
		rc = -errno;
	talloc_free(recorder);
	return rc;
}
