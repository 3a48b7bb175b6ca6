/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * source_limit - how many messages a source may send: a token bucket for each, in a table that does
 * not grow.
 *
 * A source is an IPv4 address or an IPv6 prefix. Its bucket holds `burst` tokens and gets `rate` of
 * them a second; a message takes one. Whoever goes on with an empty bucket may be blocked for a while,
 * and so may he who guesses passwords (source_limit_fail()). The table is the one bound on memory: when
 * it is full, the source that was heard longest ago makes room, those that are blocked last. The
 * table is keyed with a random number, so that nobody can choose addresses that fall together.
 *
 * Time is an argument, in milliseconds of a clock that does not go back. libc only.
 */
#ifndef GATEWAY_SIP_SOURCE_LIMIT_H
#define GATEWAY_SIP_SOURCE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct source_limit;

struct source_limit_rule {
	unsigned rate, burst;	/* messages a second, and at once; rate 0: no limit */
	unsigned block_s;	/* who sends far more; 0: nobody is blocked */
	unsigned guess_block_s; /* who guesses passwords; 0: the same */
};

struct source_prefix { /* an IPv4 address, or an IPv6 prefix with zeros behind it */
	struct sockaddr_storage address;
	unsigned bits;
};

struct source_state { /* one source, for the console and the log */
	struct source_prefix prefix;
	uint64_t heard, dropped; /* messages */
	unsigned failures;	 /* of its passwords, lately */
	unsigned blocked_s;	 /* so long still; 0: not blocked */
};

enum source_verdict {
	SOURCE_PASSES,
	SOURCE_OVER,	/* its bucket is empty: drop the message */
	SOURCE_BLOCKED, /* the same, and it has just been blocked */
};

/* sources_max: entries of the table; ipv6_bits: what is one source in IPv6, in whole octets. NULL: no
 * memory. */
struct source_limit *source_limit_new(unsigned sources_max, unsigned ipv6_bits);
void source_limit_free(struct source_limit *limit);
/* Holds for what comes from now on. */
void source_limit_set(struct source_limit *limit, const struct source_limit_rule *rule);

/* A message has come. */
enum source_verdict source_limit_take(struct source_limit *limit, const struct sockaddr *source,
				      uint64_t now_ms);
/* A wrong password. true: that was one too many, the source is blocked from now on. */
bool source_limit_fail(struct source_limit *limit, const struct sockaddr *source, uint64_t now_ms);
/* A right one. */
void source_limit_forgive(struct source_limit *limit, const struct sockaddr *source);

/* We send requests there: it may answer for a while, whoever it is (see source_limit_expects()). */
void source_limit_expect(struct source_limit *limit, const struct sockaddr *source,
			 uint64_t now_ms);
bool source_limit_expects(const struct source_limit *limit, const struct sockaddr *source,
			  uint64_t now_ms);

/* A line about it is to be logged: the messages that came since the last line, this one included; 0:
 * not now, there is one a minute and source. always: there is one now. */
unsigned source_limit_log(struct source_limit *limit, const struct sockaddr *source,
			  uint64_t now_ms, bool always);

bool source_limit_blocks(const struct source_limit *limit, const struct sockaddr *source,
			 uint64_t now_ms);

/* Of which source is that address, if an IPv6 /64 is one? Zeros if it is no IP address. */
void source_limit_prefix(const struct sockaddr *source, struct source_prefix *out);
/* The same of that address alone. */
void source_limit_host(const struct sockaddr *source, struct source_prefix *out);
/* For tables of sources. */
uint32_t source_prefix_hash(const struct source_prefix *prefix);
bool source_prefix_equal(const struct source_prefix *a, const struct source_prefix *b);
/* Those that are blocked, the last one first; returns how many. */
size_t source_limit_blocked(const struct source_limit *limit, uint64_t now_ms,
			    struct source_prefix *out, size_t max);
/* Everybody, the one heard last first, until fn returns false. */
void source_limit_each(const struct source_limit *limit, uint64_t now_ms,
		       bool (*fn)(void *arg, const struct source_state *state), void *arg);
/* Nobody is blocked any more. */
void source_limit_clear(struct source_limit *limit);

#endif
