/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * capture - Q.921 frames into a pcapng file, for Wireshark and tshark.
 *
 * dss1_capture_open() makes the file; dss1_capture_frame() adds a frame, from whichever spans come;
 * dss1_capture_close() ends it, at any time: what stands in the file is always whole. Each span is
 * an interface of the file ("1:D", LINKTYPE_LAPD), each frame has its direction and a comment
 * ("call 17, span 1, sent").
 *
 * The file must not be there yet, and has mode 0600: it holds numbers and keypad digits. Nothing
 * waits: what the disk does not take is an error, after which the capture must be closed.
 * Errors are negative errno. Format: draft-ietf-opsawg-pcapng.
 */
#ifndef DRIVERS_GLUE_ISDN_CAPTURE_H
#define DRIVERS_GLUE_ISDN_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct dss1_capture;

struct dss1_capture_frame {
	unsigned span; /* 1..128 */
	bool sent;
	struct timespec at; /* wall clock */
	const uint8_t *octets;
	size_t length;
	const char *comment; /* UTF-8; longer than 255 octets: cut */
};

/* size_max: octets of the file, 0: no limit. why: one sentence with the remedy. */
int dss1_capture_open(void *ctx, const char *path, uint64_t size_max, struct dss1_capture **out,
		      char *why, size_t why_size);
/* 0; -EFBIG: size_max is reached, the frame is not in the file; another error of write(2). */
int dss1_capture_frame(struct dss1_capture *capture, const struct dss1_capture_frame *frame);
void dss1_capture_close(struct dss1_capture *capture);

const char *dss1_capture_path(const struct dss1_capture *capture);
uint64_t dss1_capture_frames(const struct dss1_capture *capture);
uint64_t dss1_capture_size(const struct dss1_capture *capture);

#endif
