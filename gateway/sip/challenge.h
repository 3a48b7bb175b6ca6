/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * challenge - strangers who may call, or watch lines (watcher.h), because they know a password:
 * `authenticate` in `sip-ua`.
 *
 * A request of a stranger is answered 401 with two challenges, SHA-256 and MD5 (RFC 8760), qop auth
 * and auth-int; with one, if there is a user whose hash of the other is not known. With the right password it goes on, as somebody's: he may only say that he is that
 * user, or has one of his numbers (403). Nonces expire and cannot be used twice (nonce.h); who guesses
 * is logged and then blocked (admission.h).
 */
#ifndef GATEWAY_SIP_CHALLENGE_H
#define GATEWAY_SIP_CHALLENGE_H

#include <stdbool.h>

#include "gateway/sip/caller.h"

struct ua;
struct nta_incoming_s;
struct sip_s;
struct call_setup;
struct challenges;

struct challenges *challenges_new(void); /* NULL: no memory, no random numbers */
void challenges_free(struct challenges *challenges);

/* Is it asked for a password, if it is a stranger's? */
bool challenge_applies(const struct ua *ua, const struct sip_s *sip);
/* Whose of users, strangers or telephones, is the request? 0 and *user, or the status that it was
 * answered with. */
int challenge_check(struct ua *ua, struct nta_incoming_s *irq, const struct sip_s *sip,
		    const struct callers *users, const struct caller **user);
/* May he say that he is, or that the call was diverted by, who setup says? */
bool challenge_allows(const struct caller *user, const struct sip_s *sip,
		      const struct call_setup *setup);

#endif
