// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define FILE_SIZE_MAX (64 * 1024 * 1024)

static int read_whole(void *ctx, FILE *file, char **text, size_t *size)
{
	size_t room = 0, length = 0;
	char *buffer = NULL;
	int rc = 0;

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
	if (rc < 0) {
		talloc_free(buffer);
		return rc;
	}
	*text = buffer;
	*size = length;
	return 0;
}

/* What can be read without waiting for somebody: to open a pipe for reading waits for its writer,
 * unless O_NONBLOCK is said. */
static int open_regular(const char *path, FILE **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = -ENOTSUP;
	else if (st.st_size > FILE_SIZE_MAX)
		rc = -EFBIG;
	else if (!(*out = fdopen(fd, "r")))
		rc = -errno;
	if (rc < 0)
		close(fd);
	return rc;
}

int text_file_read(void *ctx, const char *path, char **text, size_t *size)
{
	FILE *file = NULL;
	int rc = open_regular(path, &file);

	if (rc < 0)
		return rc;
	rc = read_whole(ctx, file, text, size);
	fclose(file);
	return rc;
}

int text_file_read_waiting(void *ctx, const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (!file)
		return -errno;
	rc = read_whole(ctx, file, text, size);
	fclose(file);
	return rc;
}

int text_file_beside(const char *beside, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(beside, '/');
	int length;

	if (*name == '/' || !slash)
		length = snprintf(path, size, "%s", name);
	else
		length = snprintf(path, size, "%.*s/%s", (int)(slash - beside), beside, name);
	return (size_t)length < size ? 0 : -ENAMETOOLONG;
}

const char *text_file_error(int error)
{
	switch (error) {
	case -ENOTSUP:
		return "it is not a regular file";
	case -EFBIG:
		return "it has more than 64 MiB";
	default:
		return strerror(-error);
	}
}
