// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/test_media.h"

#include "gateway/media/codec.h"
#include "gateway/media/session.h"

unsigned test_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 1 ^ (*seed >> 17 & 0x3fff);
}

int main(void)
{
	codec_setup();
	session_setup();
	return !!(test_media_digits() + test_media_packets() + test_media_playout() +
		  test_media_stream() + test_media_conference() + test_media_process());
}
