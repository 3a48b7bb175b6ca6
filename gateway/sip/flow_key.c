// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/flow_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/rand.h>

static int read_key(const char *path, uint8_t key[FLOW_KEY_SIZE])
{
	uint8_t whole[FLOW_KEY_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = read(fd, whole, sizeof(whole));
	close(fd);
	if (size != FLOW_KEY_SIZE)
		return -EBADMSG;
	memcpy(key, whole, FLOW_KEY_SIZE);
	return 0;
}

/* As a whole or not at all. */
static int write_key(const char *path, const uint8_t key[FLOW_KEY_SIZE])
{
	char draft[PATH_MAX];
	int fd, rc = 0;

	if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
		return -ENAMETOOLONG;
	unlink(draft); /* of one that was killed meanwhile */
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, key, FLOW_KEY_SIZE) != FLOW_KEY_SIZE || fsync(fd) < 0)
		rc = -EIO;
	close(fd);
	if (!rc && rename(draft, path) < 0)
		rc = -errno;
	if (rc)
		unlink(draft);
	return rc;
}

int flow_key_open(const char *folder, uint8_t key[FLOW_KEY_SIZE])
{
	char path[PATH_MAX];
	int rc = -ENAMETOOLONG;

	if (RAND_bytes(key, FLOW_KEY_SIZE) != 1)
		return -ENOKEY;
	if (!folder)
		return 0;
	if (snprintf(path, sizeof(path), "%s/" FLOW_KEY_FILE, folder) < (int)sizeof(path))
		rc = read_key(path, key);
	return rc == -ENOENT || rc == -EBADMSG ? write_key(path, key) : rc;
}
