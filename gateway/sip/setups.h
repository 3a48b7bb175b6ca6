/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * setups - calls under way: INVITEs of callers for which no ACK has come yet, counted for each source.
 *
 * Each holds a port for RTP while nobody answers, and 64 * T1 more if the ACK never comes. So that a
 * source that sends INVITEs and nothing else leaves room for others, it may have no more calls under
 * way than there are ports left (SETUPS_SHARE), or a fixed number. With one such source a third to a
 * half of the ports stay free, and some do however many there are.
 *
 * A source is an IPv4 address or an IPv6 /64. Of each call setups_begin() first, setups_end() once.
 */
#ifndef GATEWAY_SIP_SETUPS_H
#define GATEWAY_SIP_SETUPS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define SETUPS_SHARE 0 /* as many as there are ports left */
#define SETUPS_NO_LIMIT UINT_MAX

struct setups;
struct setup_source;

struct setups *setups_new(void *ctx); /* NULL: no memory; freed with ctx */
/* May it have another one? most: SETUPS_SHARE, a number or SETUPS_NO_LIMIT; left: ports. */
bool setups_admit(const struct setups *setups, const struct sockaddr *source, unsigned most,
		  unsigned left);
/* One more of it; NULL: no memory. */
struct setup_source *setups_begin(struct setups *setups, const struct sockaddr *source);
void setups_end(struct setup_source *source); /* NULL is ignored */

/* One was not admitted: counts it, and says so in the log, one line a second for all. */
void setups_refused(struct setups *setups, const struct sockaddr *source, uint64_t now_ms);
unsigned long setups_refusals(const struct setups *setups);

#endif
