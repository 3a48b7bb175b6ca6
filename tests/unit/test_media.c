// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include <netinet/in.h>

#include "gateway/media/codec.h"
#include "gateway/media/session.h"

unsigned test_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 1 ^ (*seed >> 17 & 0x3fff);
}

int test_open_socket(struct sockaddr_storage *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	socklen_t length = sizeof(*in);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)in, sizeof(*in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)in, &length), 0);
	return fd;
}

int main(void)
{
	codec_setup();
	session_setup();
	return !!(test_media_digits() + test_media_packets() + test_media_playout() +
		  test_media_stream() + test_media_conference() + test_media_process());
}
