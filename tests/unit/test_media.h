/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * test_media - the parts of the test of gateway/media, each a group of its own.
 */
#ifndef TESTS_UNIT_TEST_MEDIA_H
#define TESTS_UNIT_TEST_MEDIA_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each returns how many of its tests failed. */
int test_media_digits(void);
int test_media_packets(void);
int test_media_playout(void);
int test_media_stream(void);
int test_media_conference(void);
int test_media_process(void);

/* The same every run: 0..2^31-1. */
unsigned test_random(uint32_t *seed);
/* UDP on loopback, at a port of the kernel's choice. */
int test_open_socket(struct sockaddr_storage *address);

#endif
