// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/dchannel.h"

#define LINKTYPE_LAPD 203 /* address octet first, no FCS */
#define SPAN_MAX 128
#define COMMENT_MAX 255
#define BLOCK_MAX (DCHANNEL_FRAME_MAX + COMMENT_MAX + 64)

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6, /* enhanced */
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_NAME = 2,	/* of an interface */
	OPTION_FLAGS = 2,	/* of a packet */
	OPTION_APPLICATION = 4, /* of a section */
	OPTION_RESOLUTION = 9,	/* of an interface: ten to the minus so many seconds */
};

struct dss1_capture {
	int fd;
	char *path;
	uint64_t size, size_max, frames;
	unsigned interfaces;
	unsigned interface_of[SPAN_MAX + 1]; /* and 1; 0: the span has none yet */
};

struct block {
	uint8_t octets[BLOCK_MAX];
	size_t length;
};

static void put(struct block *block, const void *octets, size_t length)
{
	if (length > 0)
		memcpy(block->octets + block->length, octets, length);
	block->length += length;
	while (block->length % 4 != 0)
		block->octets[block->length++] = 0;
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void put_option(struct block *block, uint16_t code, const void *octets, size_t length)
{
	uint16_t header[2] = {code, (uint16_t)length};

	put(block, header, sizeof(header));
	put(block, octets, length);
}

static void block_begin(struct block *block, uint32_t type)
{
	block->length = 0;
	put32(block, type);
	put32(block, 0); /* length, known at the end */
}

/* All of it or nothing: a reader stops at half a block. */
static int block_write(struct dss1_capture *capture, struct block *block)
{
	uint32_t length = (uint32_t)block->length + 4;
	ssize_t written;

	put32(block, length);
	memcpy(block->octets + 4, &length, sizeof(length));
	if (capture->size_max != 0 && capture->size + length > capture->size_max)
		return -EFBIG;
	written = write(capture->fd, block->octets, length);
	if (written == (ssize_t)length) {
		capture->size += length;
		return 0;
	}
	if (written < 0)
		return -errno;
	if (ftruncate(capture->fd, (off_t)capture->size) < 0)
		return -errno;
	return -ENOSPC;
}

static int section_write(struct dss1_capture *capture)
{
	static const uint16_t version[2] = {1, 0};
	static const int64_t unknown_length = -1;
	static const char application[] = "sipspan";
	struct block block;

	block_begin(&block, BLOCK_SECTION);
	put32(&block, 0x1a2b3c4d); /* tells the order of octets */
	put(&block, version, sizeof(version));
	put(&block, &unknown_length, sizeof(unknown_length));
	put_option(&block, OPTION_APPLICATION, application, strlen(application));
	put_option(&block, OPTION_END, NULL, 0);
	return block_write(capture, &block);
}

static int interface_write(struct dss1_capture *capture, unsigned span)
{
	static const uint16_t link_type[2] = {LINKTYPE_LAPD, 0};
	static const uint8_t nanoseconds = 9;
	struct block block;
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "%u:D", span);
	block_begin(&block, BLOCK_INTERFACE);
	put(&block, link_type, sizeof(link_type));
	put32(&block, 0); /* frames are not cut */
	put_option(&block, OPTION_NAME, name, strlen(name));
	put_option(&block, OPTION_RESOLUTION, &nanoseconds, 1);
	put_option(&block, OPTION_END, NULL, 0);
	rc = block_write(capture, &block);
	if (rc == 0)
		capture->interface_of[span] = ++capture->interfaces;
	return rc;
}

int dss1_capture_frame(struct dss1_capture *capture, const struct dss1_capture_frame *frame)
{
	uint64_t at = (uint64_t)frame->at.tv_sec * 1000000000u + (uint64_t)frame->at.tv_nsec;
	uint32_t flags = frame->sent ? 2 : 1;
	struct block block;
	int rc;

	if (frame->span < 1 || frame->span > SPAN_MAX || frame->length > DCHANNEL_FRAME_MAX)
		return -EINVAL;
	if (capture->interface_of[frame->span] == 0) {
		rc = interface_write(capture, frame->span);
		if (rc < 0)
			return rc;
	}
	block_begin(&block, BLOCK_PACKET);
	put32(&block, capture->interface_of[frame->span] - 1);
	put32(&block, (uint32_t)(at >> 32));
	put32(&block, (uint32_t)at);
	put32(&block, (uint32_t)frame->length); /* captured, and on the line */
	put32(&block, (uint32_t)frame->length);
	put(&block, frame->octets, frame->length);
	put_option(&block, OPTION_COMMENT, frame->comment, strnlen(frame->comment, COMMENT_MAX));
	put_option(&block, OPTION_FLAGS, &flags, sizeof(flags));
	put_option(&block, OPTION_END, NULL, 0);
	rc = block_write(capture, &block);
	if (rc == 0)
		capture->frames++;
	return rc;
}

int dss1_capture_open(void *ctx, const char *path, uint64_t size_max, struct dss1_capture **out,
		      char *why, size_t why_size)
{
	struct dss1_capture *capture;
	int rc;

	if (path[0] != '/') {
		snprintf(why, why_size, "%s is no absolute path: begin it with /", path);
		return -EINVAL;
	}
	capture = talloc_zero(ctx, struct dss1_capture);
	if (!capture)
		return -ENOMEM;
	capture->size_max = size_max;
	capture->path = talloc_strdup(capture, path);
	capture->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = capture->fd < 0 ? -errno : 0;
	if (rc == -EEXIST)
		snprintf(why, why_size, "%s is there already: remove it or take another name",
			 path);
	else if (rc < 0)
		snprintf(why, why_size, "%s cannot be made: %s", path, strerror(-rc));
	if (rc < 0)
		goto fail;
	rc = section_write(capture);
	if (rc < 0) {
		snprintf(why, why_size, "%s cannot be written: %s", path, strerror(-rc));
		close(capture->fd);
		unlink(path);
		goto fail;
	}
	*out = capture;
	return 0;
fail:
	talloc_free(capture);
	return rc;
}

void dss1_capture_close(struct dss1_capture *capture)
{
	if (!capture)
		return;
	close(capture->fd);
	talloc_free(capture);
}

const char *dss1_capture_path(const struct dss1_capture *capture)
{
	return capture->path;
}

uint64_t dss1_capture_frames(const struct dss1_capture *capture)
{
	return capture->frames;
}

uint64_t dss1_capture_size(const struct dss1_capture *capture)
{
	return capture->size;
}
