// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/stream_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_TRIES 64

int stream_records_create(unsigned count, struct stream_record **out, int *fd)
{
	size_t size = count * sizeof(struct stream_record);
	void *map;
	int memfd, rc;

	if (!count)
		return -EINVAL;
	memfd = memfd_create("sipspan-streams", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd < 0)
		return -errno;
	if (ftruncate(memfd, size) < 0 ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		goto fail;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (map == MAP_FAILED)
		goto fail;
	*out = map;
	*fd = memfd;
	return 0;
fail:
	rc = -errno;
	close(memfd);
	return rc;
}

int stream_records_map(int fd, unsigned count, struct stream_record **out)
{
	size_t size = count * sizeof(struct stream_record);
	struct stat st;
	void *map;

	if (!count || fstat(fd, &st) < 0 || (uint64_t)st.st_size < size)
		return -EINVAL;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*out = map;
	return 0;
}

void stream_records_unmap(struct stream_record *records, unsigned count)
{
	if (records)
		munmap(records, count * sizeof(struct stream_record));
}

bool stream_record_read(const struct stream_record *record, struct stream_record *copy)
{
	atomic_uint *sequence = (atomic_uint *)&record->sequence;
	unsigned tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		unsigned before = atomic_load_explicit(sequence, memory_order_acquire);
		if (before & 1)
			continue;
		memcpy(copy, record, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(sequence, memory_order_relaxed) == before)
			return true;
	}
	return false;
}

/* A writer that was killed left an odd number: the next one starts from the even one above. */
void stream_record_write_begin(struct stream_record *record)
{
	unsigned sequence = atomic_load_explicit(&record->sequence, memory_order_relaxed);

	atomic_store_explicit(&record->sequence, sequence | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

void stream_record_write_end(struct stream_record *record)
{
	unsigned sequence = atomic_load_explicit(&record->sequence, memory_order_relaxed);

	atomic_store_explicit(&record->sequence, (sequence | 1) + 1, memory_order_release);
}
