// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/text_file.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define FILE_SIZE_MAX (64 * 1024 * 1024)

int text_file_read(void *ctx, const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "re");
	size_t room = 0, length = 0;
	char *buffer = NULL;
	int rc = 0;

	if (!file)
		return -errno;
	do {
		if (length == room) {
			room = room ? 2 * room : 65536;
			buffer = talloc_realloc_size(ctx, buffer, room);
			OSMO_ASSERT(buffer);
		}
		length += fread(buffer + length, 1, room - length, file);
		if (length > FILE_SIZE_MAX)
			rc = -EFBIG;
		else if (ferror(file))
			rc = errno ? -errno : -EIO;
	} while (rc == 0 && !feof(file));
	fclose(file);
	if (rc < 0) {
		talloc_free(buffer);
		return rc;
	}
	*text = buffer;
	*size = length;
	return 0;
}
