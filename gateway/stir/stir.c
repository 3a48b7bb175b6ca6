// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/stir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/stir/certificate.h"

struct verifier { /* a profile in use, and what it needs */
	struct stir_profile profile;
	struct certificate_trust *trust; /* NULL: does not verify */
	struct fetcher *fetcher;
};

struct verifiers { /* those of one configuration */
	struct verifier *list;
	unsigned count;
	unsigned users; /* checks under way, and the configuration itself */
};

struct stir {
	struct verifiers *verifiers;
	struct llist_head checks;
	struct stir_counters counters;
};

struct stir_check {
	struct llist_head entry;
	struct stir *stir;
	struct verifiers *verifiers;
	struct verifier *verifier;
	stir_done done;
	void *arg;
	char calling[PASSPORT_NUMBER_MAX + 2], called[PASSPORT_NUMBER_MAX + 2];
	char *token; /* that is looked at */
	struct passport passport;
	struct fetch *fetch;
	struct osmo_timer_list later;
	enum stir_verdict verdict;
};

/* ---- profiles */

static int verifiers_free(struct verifiers *v)
{
	for (unsigned i = 0; i < v->count; i++) {
		fetcher_free(v->list[i].fetcher);
		certificate_trust_free(v->list[i].trust);
	}
	return 0;
}

static void verifiers_unuse(struct verifiers *v)
{
	if (v && --v->users == 0)
		talloc_free(v);
}

static int verifier_begin(struct verifiers *all, struct verifier *v)
{
	struct fetcher_config config = {
	    .timeout_ms = v->profile.timeout_ms ? v->profile.timeout_ms : STIR_TIMEOUT_MS,
	    .ca_file = v->profile.ca[0] ? v->profile.ca : NULL,
	};
	int rc;

	if (!v->profile.trusted[0])
		return 0;
	for (unsigned i = 0; i < FETCH_PERMIT_MAX && v->profile.permit[i][0]; i++)
		config.permit[i] = v->profile.permit[i];
	rc = certificate_trust_load(v->profile.trusted, &v->trust);
	if (rc) {
		LOGP(DSIP, LOGL_ERROR, "stir-shaken %u: %s cannot be used: %s\n", v->profile.number,
		     v->profile.trusted, strerror(-rc));
		return rc;
	}
	return fetcher_new(all, &config, &v->fetcher);
}

static int verifiers_new(void *ctx, const struct stir_profile *profiles, unsigned count,
			 struct verifiers **out)
{
	struct verifiers *v = talloc_zero(ctx, struct verifiers);

	if (!v)
		return -ENOMEM;
	v->users = 1;
	v->list = talloc_zero_array(v, struct verifier, count + 1);
	if (!v->list) {
		talloc_free(v);
		return -ENOMEM;
	}
	talloc_set_destructor(v, verifiers_free);
	for (; v->count < count; v->count++) {
		int rc;

		v->list[v->count].profile = profiles[v->count];
		rc = verifier_begin(v, &v->list[v->count]);
		if (rc) {
			v->count++;
			talloc_free(v);
			return rc;
		}
	}
	*out = v;
	return 0;
}

int stir_new(void *ctx, const struct stir_profile *profiles, unsigned count, struct stir **out)
{
	struct stir *s = talloc_zero(ctx, struct stir);
	int rc;

	if (!s)
		return -ENOMEM;
	INIT_LLIST_HEAD(&s->checks);
	rc = verifiers_new(s, profiles, count, &s->verifiers);
	if (rc) {
		talloc_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

int stir_change(struct stir *s, const struct stir_profile *profiles, unsigned count)
{
	struct verifiers *next;
	int rc = verifiers_new(s, profiles, count, &next);

	if (rc)
		return rc;
	verifiers_unuse(s->verifiers);
	s->verifiers = next;
	return 0;
}

void stir_free(struct stir *s)
{
	struct stir_check *check, *next;

	if (!s)
		return;
	llist_for_each_entry_safe (check, next, &s->checks, entry)
		stir_cancel(check);
	verifiers_unuse(s->verifiers);
	talloc_free(s);
}

static struct verifier *verifier_find(const struct stir *s, unsigned number)
{
	for (unsigned i = 0; i < s->verifiers->count; i++)
		if (s->verifiers->list[i].profile.number == number)
			return &s->verifiers->list[i];
	return NULL;
}

const struct stir_profile *stir_profile(const struct stir *s, unsigned number)
{
	const struct verifier *v = verifier_find(s, number);

	return v ? &v->profile : NULL;
}

/* ---- numbers */

/* The digits of "+4420...", or NULL. */
static const char *canonical(const char *e164)
{
	size_t length = strlen(e164);

	if (length < 2 || length > PASSPORT_NUMBER_MAX + 1 || e164[0] != '+' ||
	    strspn(e164 + 1, "0123456789") != length - 1)
		return NULL;
	return e164 + 1;
}

/* ---- signing */

int stir_sign(struct stir *s, unsigned number, const struct stir_claim *claim, int64_t now_s,
	      char identity[STIR_IDENTITY_MAX])
{
	const struct stir_profile *profile = stir_profile(s, number);
	const char *calling = canonical(claim->calling), *called = canonical(claim->called);
	struct passport p = {.issued_s = now_s};
	char token[PASSPORT_TOKEN_MAX + 1];
	int rc;

	if (!profile || !profile->key[0])
		return -ENOENT;
	if (!calling || !called) {
		s->counters.not_signed++;
		return -EINVAL;
	}
	p.attest = profile->attest;
	osmo_strlcpy(p.origin, calling, sizeof(p.origin));
	osmo_strlcpy(p.destinations[0], called, sizeof(p.destinations[0]));
	osmo_strlcpy(p.origid, profile->origid, sizeof(p.origid));
	osmo_strlcpy(p.url, profile->url, sizeof(p.url));
	rc = passport_sign(&p, profile->key, token, sizeof(token));
	if (rc) {
		s->counters.not_signed++;
		return rc;
	}
	snprintf(identity, STIR_IDENTITY_MAX, "%s;info=<%s>;alg=ES256;ppt=\"shaken\"", token,
		 p.url);
	s->counters.signed_calls++;
	return 0;
}

/* ---- verifying */

static void check_free(struct stir_check *check)
{
	osmo_timer_del(&check->later);
	llist_del(&check->entry);
	verifiers_unuse(check->verifiers);
	talloc_free(check);
}

static void check_done(void *data)
{
	struct stir_check *check = data;
	stir_done done = check->done;
	void *arg = check->arg;
	enum stir_verdict verdict = check->verdict;
	char attest = verdict == STIR_PASSED ? check->passport.attest : '\0';

	check->stir->counters.verdicts[verdict]++;
	check_free(check);
	done(arg, verdict, attest);
}

static void conclude(struct stir_check *check, enum stir_verdict verdict)
{
	check->verdict = verdict;
	osmo_timer_setup(&check->later, check_done, check);
	osmo_timer_schedule(&check->later, 0, 0);
}

static void fetched(void *arg, int error, const char *body, size_t size)
{
	struct stir_check *check = arg;
	char key[CERTIFICATE_KEY_MAX];

	check->fetch = NULL;
	if (error) {
		LOGP(DSIP, LOGL_NOTICE, "stir-shaken: %s cannot be fetched: %s\n",
		     check->passport.url, fetch_error_text(error));
		conclude(check, STIR_UNREACHABLE);
	} else if (certificate_check(check->verifier->trust, body, size, time(NULL), key)) {
		LOGP(DSIP, LOGL_NOTICE,
		     "stir-shaken: %s is no certificate of an authority known "
		     "here for numbers\n",
		     check->passport.url);
		conclude(check, STIR_UNTRUSTED);
	} else {
		conclude(check, passport_verify(check->token, key) ? STIR_INVALID : STIR_PASSED);
	}
}

/* The token of "TOKEN;info=<URL>;..."; false: info names another certificate than the token. */
static bool read_identity(const char *value, struct stir_check *check)
{
	size_t length;
	const char *info, *end;

	while (*value == ' ' || *value == '\t')
		value++;
	length = strcspn(value, "; \t\r\n");
	if (length > PASSPORT_TOKEN_MAX)
		return false;
	talloc_free(check->token);
	check->token = talloc_strndup(check, value, length);
	if (!check->token || passport_read(check->token, &check->passport))
		return false;
	info = strcasestr(value + length, "info=<");
	if (!info)
		return true;
	info += strlen("info=<");
	end = strchr(info, '>');
	return end && strlen(check->passport.url) == (size_t)(end - info) &&
	       strncmp(check->passport.url, info, (size_t)(end - info)) == 0;
}

static bool is_this_call(const struct stir_check *check)
{
	const char *calling = canonical(check->calling), *called = canonical(check->called);
	const struct passport *p = &check->passport;

	if (!calling || !called || strcmp(p->origin, calling) != 0)
		return false;
	for (unsigned i = 0; i < PASSPORT_DESTINATIONS_MAX && p->destinations[i][0]; i++)
		if (strcmp(p->destinations[i], called) == 0)
			return true;
	return false;
}

static bool is_fresh(const struct stir_check *check)
{
	const struct stir_profile *profile = &check->verifier->profile;
	int64_t age = (int64_t)time(NULL) - check->passport.issued_s;
	int64_t limit = profile->max_age_s ? profile->max_age_s : STIR_MAX_AGE_S;

	return age <= limit && age >= -limit;
}

/* What can be said without the certificate; STIR_PASSED: nothing against it. */
static enum stir_verdict look_at(struct stir_check *check, const struct stir_claim *claim)
{
	unsigned i;

	for (i = 0; i < STIR_TOKENS_MAX && claim->identities[i]; i++)
		if (read_identity(claim->identities[i], check))
			break;
	if (i == 0 && !claim->identities[0])
		return STIR_NO_IDENTITY;
	if (i == STIR_TOKENS_MAX || !claim->identities[i] || !is_this_call(check))
		return STIR_INVALID;
	return is_fresh(check) ? STIR_PASSED : STIR_STALE;
}

int stir_verify(struct stir *s, unsigned number, const struct stir_claim *claim, stir_done done,
		void *arg, struct stir_check **out)
{
	struct verifier *v = verifier_find(s, number);
	struct stir_check *check;
	enum stir_verdict verdict;

	if (!v || !v->trust)
		return -ENOENT;
	check = talloc_zero(s, struct stir_check);
	if (!check)
		return -ENOMEM;
	check->stir = s;
	check->verifier = v;
	check->verifiers = s->verifiers;
	check->verifiers->users++;
	check->done = done;
	check->arg = arg;
	memcpy(check->calling, claim->calling, sizeof(check->calling));
	memcpy(check->called, claim->called, sizeof(check->called));
	llist_add_tail(&check->entry, &s->checks);
	verdict = look_at(check, claim);
	if (verdict != STIR_PASSED)
		conclude(check, verdict);
	else if (fetch_start(v->fetcher, check->passport.url, fetched, check, &check->fetch))
		conclude(check, STIR_UNREACHABLE);
	*out = check;
	return 0;
}

void stir_cancel(struct stir_check *check)
{
	if (check->fetch)
		fetch_cancel(check->fetch);
	check_free(check);
}

/* ---- verdicts */

unsigned stir_refusal(enum stir_verdict verdict)
{
	static const unsigned statuses[STIR_VERDICTS] = {
	    [STIR_NO_IDENTITY] = 428, [STIR_STALE] = 403,   [STIR_UNREACHABLE] = 436,
	    [STIR_UNTRUSTED] = 437,   [STIR_INVALID] = 438,
	};

	return statuses[verdict];
}

const char *stir_verdict_name(enum stir_verdict verdict)
{
	static const char *const names[STIR_VERDICTS] = {
	    [STIR_PASSED] = "passed",
	    [STIR_NO_IDENTITY] = "no Identity header",
	    [STIR_STALE] = "stale",
	    [STIR_UNREACHABLE] = "certificate unreachable",
	    [STIR_UNTRUSTED] = "certificate not trusted",
	    [STIR_INVALID] = "invalid",
	};

	return names[verdict];
}

enum stir_policy stir_policy_of(const struct stir_profile *profile, enum stir_verdict verdict)
{
	if (verdict == STIR_PASSED)
		return STIR_PERMIT;
	return verdict == STIR_NO_IDENTITY ? profile->missing : profile->failed;
}

void stir_counters(const struct stir *s, struct stir_counters *out)
{
	*out = s->counters;
}
