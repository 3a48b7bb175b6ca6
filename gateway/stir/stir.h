/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stir - STIR/SHAKEN (RFC 8224, RFC 8225, RFC 8588): signs who calls, and checks who claims to.
 *
 * stir_new() with the profiles of the configuration. Outbound, stir_sign() makes the value of an
 * Identity header. Inbound, stir_verify() takes the Identity headers of an INVITE, fetches the
 * certificate and calls done() once from the loop, unless stir_cancel() came first.
 *
 * Numbers are E.164 with "+": others cannot be signed, and pass no check. What a verdict means for
 * the call is the profile's policy; stir_refusal() gives the SIP status of RFC 8224 6.2.2.
 */
#ifndef GATEWAY_STIR_STIR_H
#define GATEWAY_STIR_STIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/stir/fetch.h"
#include "gateway/stir/passport.h"

#define STIR_NUMBER_MAX 10000 /* of profiles */
#define STIR_KEY_MAX 2048
#define STIR_FILE_MAX 255
#define STIR_PREFIX_MAX 15
#define STIR_IDENTITY_MAX (PASSPORT_TOKEN_MAX + PASSPORT_URL_MAX + 64)
#define STIR_TOKENS_MAX 4 /* Identity headers of one INVITE; more are not looked at */

#define STIR_MAX_AGE_S 60 /* RFC 8224 6.2.2 */
#define STIR_TIMEOUT_MS 2000

enum stir_policy {
	STIR_PERMIT,	/* the call goes on; the calling name may tell */
	STIR_ANONYMOUS, /* it goes on with its number withheld, and no name */
	STIR_REJECT,
};

struct stir_profile { /* voice class stir-shaken N */
	unsigned number;
	/* signs if it has a key */
	char key[STIR_KEY_MAX + 1]; /* PEM */
	char url[PASSPORT_URL_MAX + 1];
	char attest; /* 'A', 'B', 'C' */
	char origid[PASSPORT_ORIGID_MAX + 1];
	/* verifies if it has authorities */
	char trusted[STIR_FILE_MAX + 1]; /* PEM file */
	char ca[STIR_FILE_MAX + 1];	 /* of web servers; empty: the system's */
	char permit[FETCH_PERMIT_MAX][PASSPORT_URL_MAX + 1];
	unsigned max_age_s, timeout_ms; /* 0: the defaults above */
	enum stir_policy missing, failed;
	char prefix_passed[STIR_PREFIX_MAX + 1]; /* of the calling name */
	char prefix_failed[STIR_PREFIX_MAX + 1];
};

enum stir_verdict {
	STIR_PASSED,
	STIR_NO_IDENTITY, /* nobody signed */
	STIR_STALE,	  /* signed too long ago, or in the future */
	STIR_UNREACHABLE, /* its certificate could not be fetched */
	STIR_UNTRUSTED,	  /* ... or is of nobody we know, or not for numbers */
	STIR_INVALID,	  /* another call was signed, or none */
	STIR_VERDICTS
};

struct stir_counters {
	unsigned long signed_calls, not_signed, verdicts[STIR_VERDICTS];
};

struct stir_claim {				 /* of an INVITE; copied */
	const char *identities[STIR_TOKENS_MAX]; /* values of Identity headers; NULL: end */
	char calling[PASSPORT_NUMBER_MAX + 2], called[PASSPORT_NUMBER_MAX + 2]; /* "+4420..." */
};

struct stir;
struct stir_check;

typedef void (*stir_done)(void *arg, enum stir_verdict verdict, char attest);

/* profiles are copied. */
int stir_new(void *ctx, const struct stir_profile *profiles, unsigned count, struct stir **out);
/* Checks that are under way end with the profiles they began with. */
int stir_change(struct stir *stir, const struct stir_profile *profiles, unsigned count);
void stir_free(struct stir *stir);
/* NULL: there is none. Valid until the next change. */
const struct stir_profile *stir_profile(const struct stir *stir, unsigned number);

/* -ENOENT: the profile does not sign; -EINVAL: a number is not E.164. now_s: also for Date. */
int stir_sign(struct stir *stir, unsigned number, const struct stir_claim *claim, int64_t now_s,
	      char identity[STIR_IDENTITY_MAX]);
/* -ENOENT: the profile does not verify. done comes from the loop, never before this returns. */
int stir_verify(struct stir *stir, unsigned number, const struct stir_claim *claim, stir_done done,
		void *arg, struct stir_check **out);
void stir_cancel(struct stir_check *check);

unsigned stir_refusal(enum stir_verdict verdict); /* SIP status; 0: passed */
const char *stir_verdict_name(enum stir_verdict verdict);
enum stir_policy stir_policy_of(const struct stir_profile *profile, enum stir_verdict verdict);
void stir_counters(const struct stir *stir, struct stir_counters *out);

#endif
