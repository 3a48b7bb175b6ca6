// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/log/log.h"
#include "gateway/survive/record.h"

#define GROWTH_MIN (1024 * 1024) /* a new file may grow by that, and to twice its size */
#define READ_SIZE (256 * 1024)
#define SHRINK_SIZE (4 * 1024 * 1024)
#define OPEN_TRIES 10

struct journal {
	char *path, *new_path;
	int fd, new_fd, old_fd;			 /* -1: none */
	off_t size, new_size, old_size, long_at; /* octets */
	bool failing, torn;			 /* torn: it ends within a line */
};

/* ---- octets */

/* All of it, or the file ends where it ended. */
static int write_all(int fd, off_t *size, const char *octets, size_t count)
{
	size_t done = 0;

	while (done < count) {
		ssize_t n = write(fd, octets + done, count - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int rc = -errno;

			if (done && ftruncate(fd, *size) < 0)
				*size += (off_t)done;
			return rc;
		}
		done += (size_t)n;
	}
	*size += (off_t)count;
	return 0;
}

static int read_all(struct journal *journal, struct record_scan *scan)
{
	char *octets = malloc(READ_SIZE);
	ssize_t n;
	int rc = octets ? 0 : -ENOMEM;

	while (!rc) {
		n = read(journal->fd, octets, READ_SIZE);
		if (n == 0)
			break;
		if (n > 0) {
			journal->size += n;
			rc = record_scan(scan, octets, (size_t)n);
		} else if (errno != EINTR) {
			rc = -errno;
		}
	}
	free(octets);
	return rc;
}

/* ---- beginning and end */

/* The file that path names and that nobody else has: it may be replaced between open and lock. */
static int open_locked(const char *path)
{
	for (unsigned i = 0; i < OPEN_TRIES; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600), rc;
		struct stat opened, named;

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
			close(fd);
			return rc;
		}
		if (fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
		    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev) {
			if (S_ISREG(opened.st_mode))
				return fd;
			close(fd);
			return -EINVAL;
		}
		close(fd);
	}
	return -EBUSY;
}

/* Not what we have written: whoever named it wants to keep it. */
static int put_aside(struct journal *journal)
{
	char bad[4096];

	if (snprintf(bad, sizeof(bad), "%s.bad", journal->path) >= (int)sizeof(bad))
		return -ENAMETOOLONG;
	if (rename(journal->path, bad) < 0)
		return -errno;
	close(journal->fd);
	journal->fd = open_locked(journal->path);
	journal->size = 0;
	return journal->fd < 0 ? journal->fd : 0;
}

static int read_records(struct journal *journal, struct record_scan *scan,
			struct journal_read *read)
{
	int rc = read_all(journal, scan);

	if (rc)
		return rc;
	if (scan->tail) { /* of a write that was never finished */
		scan->lines++;
		scan->bad++;
		if (!scan->first_bad)
			scan->first_bad = scan->lines;
	}
	read->records = scan->lines - scan->bad;
	read->bad = scan->bad;
	read->first_bad = scan->first_bad;
	read->put_aside = scan->bad && !read->records && journal->size > (off_t)scan->tail;
	if (read->put_aside)
		return put_aside(journal);
	if (!scan->tail)
		return 0;
	journal->size -= (off_t)scan->tail;
	return ftruncate(journal->fd, journal->size) < 0 ? -errno : 0;
}

int journal_open(const char *path,
		 int (*fn)(void *arg, const struct location_change *changes, unsigned count),
		 void *arg, struct journal **out, struct journal_read *read)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	struct record_scan scan = {.fn = fn, .arg = arg};
	struct journal_read result = {0};
	int rc = -ENOMEM;

	if (!journal)
		return -ENOMEM;
	journal->fd = journal->new_fd = journal->old_fd = -1;
	journal->long_at = GROWTH_MIN;
	journal->path = strdup(path);
	if (!journal->path || asprintf(&journal->new_path, "%s.new", path) < 0) {
		journal->new_path = NULL;
		goto fail;
	}
	rc = journal->fd = open_locked(path);
	if (rc >= 0)
		rc = read_records(journal, &scan, &result);
	record_scan_end(&scan);
	if (rc < 0)
		goto fail;
	unlink(journal->new_path); /* of a program that was killed */
	*read = result;
	*out = journal;
	return 0;
fail:
	journal_close(journal);
	return rc;
}

void journal_renew_cancel(struct journal *journal)
{
	if (journal->new_fd < 0)
		return;
	close(journal->new_fd);
	unlink(journal->new_path);
	journal->new_fd = -1;
	journal->long_at = journal->size + GROWTH_MIN;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	journal_renew_cancel(journal);
	if (journal->fd >= 0)
		close(journal->fd);
	if (journal->old_fd >= 0)
		close(journal->old_fd);
	free(journal->path);
	free(journal->new_path);
	free(journal);
}

/* ---- writing */

int journal_append(struct journal *journal, const char *records, size_t size)
{
	off_t before = journal->size;
	int rc = 0;

	if (journal->torn)
		rc = write_all(journal->fd, &journal->size, "\n", 1);
	journal->torn = journal->torn && rc;
	if (!rc)
		rc = write_all(journal->fd, &journal->size, records, size);
	if (rc) {
		journal->torn = journal->torn || journal->size > before;
		if (!journal->failing)
			LOGP(DSIP, LOGL_ERROR, "location: %s: %s: registrations are refused\n",
			     journal->path, strerror(-rc));
		journal->failing = true;
		return -EIO;
	}
	if (journal->failing)
		LOGP(DSIP, LOGL_NOTICE, "location: %s: written again\n", journal->path);
	journal->failing = false;
	if (journal->new_fd >= 0)
		journal_renew_some(journal, records, size);
	return 0;
}

bool journal_is_long(const struct journal *journal)
{
	return journal->size > journal->long_at;
}

static int renew_failed(struct journal *journal, int rc)
{
	LOGP(DSIP, LOGL_ERROR, "location: %s: %s: %s goes on growing\n", journal->new_path,
	     strerror(-rc), journal->path);
	journal_renew_cancel(journal);
	journal->long_at = journal->size + GROWTH_MIN;
	return rc;
}

int journal_renew(struct journal *journal)
{
	int fd = open(journal->new_path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return renew_failed(journal, -errno);
	journal->new_fd = fd;
	journal->new_size = 0;
	return 0;
}

bool journal_is_renewed(const struct journal *journal)
{
	return journal->new_fd >= 0;
}

int journal_renew_some(struct journal *journal, const char *records, size_t size)
{
	int rc = write_all(journal->new_fd, &journal->new_size, records, size);

	return rc ? renew_failed(journal, rc) : 0;
}

int journal_renew_end(struct journal *journal)
{
	if (flock(journal->new_fd, LOCK_EX | LOCK_NB) < 0 ||
	    rename(journal->new_path, journal->path) < 0)
		return renew_failed(journal, -errno);
	if (journal->old_fd >= 0)
		close(journal->old_fd);
	journal->old_fd = journal->fd;
	journal->old_size = journal->size;
	journal->fd = journal->new_fd;
	journal->new_fd = -1;
	journal->size = journal->new_size;
	journal->long_at = journal->size * 2 + GROWTH_MIN;
	return 0;
}

bool journal_forget_old(struct journal *journal)
{
	if (journal->old_fd < 0)
		return false;
	journal->old_size -= SHRINK_SIZE;
	if (journal->old_size > 0 && ftruncate(journal->old_fd, journal->old_size) == 0)
		return true;
	close(journal->old_fd);
	journal->old_fd = -1;
	return false;
}
