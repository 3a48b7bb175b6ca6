/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fnv - FNV-1a, the hash of all tables and sums here. Not for what a stranger may choose, unless it begins with a
 * random number.
 *
 * In the header, for all layers but dialplan.
 */
#ifndef GATEWAY_LOG_FNV_H
#define GATEWAY_LOG_FNV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FNV_BEGIN 2166136261u
#define FNV_BEGIN_64 0xcbf29ce484222325u

/* Goes on from FNV_BEGIN, or from what this has returned. */
static inline uint32_t fnv_add(uint32_t hash, const void *octets, size_t size)
{
	const unsigned char *at = octets;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 16777619u;
	return hash;
}

static inline uint64_t fnv_add_64(uint64_t hash, const void *octets, size_t size)
{
	const unsigned char *at = octets;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

static inline uint32_t fnv_text(const char *text)
{
	return fnv_add(FNV_BEGIN, text, strlen(text));
}

#endif
