// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/challenge.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "gateway/sip/authorization.h"
#include "gateway/sip/message.h"
#include "gateway/sip/nonce.h"

#define NONCES_MAX 16384 /* telephones that register at once; about 1 MB when all are used */

struct challenges {
	struct nonces *nonces;
};

struct challenges *challenges_new(void)
{
	struct challenges *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->nonces = nonces_new(NONCES_MAX);
	if (c->nonces)
		return c;
	free(c);
	return NULL;
}

void challenges_free(struct challenges *c)
{
	if (!c)
		return;
	nonces_free(c->nonces);
	free(c);
}

/* ---- challenges */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

bool challenge_applies(const struct ua *ua, const sip_t *sip)
{
	return ua->config.challenge.realm[0] && (sip->sip_request->rq_method == sip_method_invite ||
						 watcher_is_asked(&ua->config.watchers, sip));
}

struct asking {
	struct ua *ua;
	nta_incoming_t *irq;
	const struct callers *users;
	const struct sockaddr *source;
};

static int ask(struct asking *a, bool stale)
{
	struct ua *ua = a->ua;
	struct digest_challenge c = {.qop = DIGEST_AUTH | DIGEST_AUTH_INT, .stale = stale};
	char strong[DIGEST_TEXT_SIZE], old[DIGEST_TEXT_SIZE];
	unsigned lacking = a->users->lacking;

	strcpy(c.realm, a->users->realm);
	nonces_issue(ua->challenges->nonces, a->source, now_ms(), c.nonce);
	c.algorithm = DIGEST_SHA256;
	if (digest_print_challenge(&c, strong, sizeof(strong)) < 0)
		return 500;
	c.algorithm = DIGEST_MD5;
	if (digest_print_challenge(&c, old, sizeof(old)) < 0)
		return 500;
	message_reply(ua, a->irq, NULL, 401,
		      TAG_IF(!(lacking & 1u << DIGEST_SHA256), SIPTAG_WWW_AUTHENTICATE_STR(strong)),
		      TAG_IF(!(lacking & 1u << DIGEST_MD5), SIPTAG_WWW_AUTHENTICATE_STR(old)),
		      TAG_END());
	return 401;
}

/* The credentials for our realm, as we have asked for them. */
static bool read_credentials(const char *realm, const sip_t *sip, struct digest_credentials *out)
{
	const sip_authorization_t *header = sip->sip_authorization;
	char text[DIGEST_TEXT_SIZE];

	for (; header; header = header->au_next)
		if (authorization_text(header, text, sizeof(text)) == 0 &&
		    digest_read_credentials(text, out) == 0 && !out->session && !out->userhash &&
		    (out->algorithm == DIGEST_SHA256 || out->algorithm == DIGEST_MD5) &&
		    !strcmp(out->realm, realm))
			return true;
	return false;
}

static bool same_uri(const sip_t *sip, const char *text)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	url_t *url = url_make(home, text);
	bool same = url && url_cmp_all(url, sip->sip_request->rq_url) == 0;

	su_home_deinit(home);
	return same;
}

/* Somebody who does not exist takes as long as somebody whose password is another. */
static bool is_right(const struct caller *user, const struct digest_credentials *credentials,
		     const sip_t *sip)
{
	static const struct caller nobody = {.password = "-"};
	struct digest_user asked = caller_secret(user ? user : &nobody, credentials->algorithm);
	const struct digest_request request = {
	    .method = sip->sip_request->rq_method_name,
	    .uri = credentials->uri,
	    .body = sip->sip_payload ? sip->sip_payload->pl_data : NULL,
	    .body_size = sip->sip_payload ? sip->sip_payload->pl_len : 0,
	};

	asked.name = credentials->username;
	return digest_verify(credentials, &asked, &request) && user;
}

int challenge_check(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
		    const struct callers *users, const struct caller **out)
{
	struct asking asking = {.ua = ua, .irq = irq, .users = users};
	struct nonces *nonces = ua->challenges->nonces;
	struct digest_credentials credentials;
	const struct caller *user;
	struct ua_path path;
	enum nonce_age age;

	if (message_source(ua, irq, &path)) {
		message_reply(ua, irq, NULL, 500, TAG_END());
		return 500;
	}
	asking.source = (const struct sockaddr *)&path.remote;
	if (!read_credentials(users->realm, sip, &credentials))
		return ask(&asking, false);
	age = nonces_age(nonces, credentials.nonce, asking.source, now_ms());
	if (age == NONCE_FOREIGN)
		return ask(&asking, false);
	user = callers_find(users, credentials.username);
	if (!is_right(user, &credentials, sip)) {
		admission_failed(ua->admission, asking.source);
		return ask(&asking, false);
	}
	if (age == NONCE_EXPIRED ||
	    !nonces_use(nonces, credentials.nonce, credentials.nonce_count, now_ms()))
		return ask(&asking, true);
	if (!same_uri(sip, credentials.uri)) {
		message_reply(ua, irq, NULL, 400, TAG_END());
		return 400;
	}
	admission_passed(ua->admission, asking.source);
	*out = user;
	return 0;
}

/* ---- who he says that he is */

static bool is_his(const struct caller *user, const struct party *party)
{
	return !party->number.digits[0] || caller_has_number(user, party->number.digits);
}

bool challenge_allows(const struct caller *user, const sip_t *sip, const struct call_setup *setup)
{
	const char *from = sip->sip_from->a_url->url_user;

	if (!is_his(user, &setup->redirection.from) || !is_his(user, &setup->redirection.original))
		return false;
	if (setup->calling.number.digits[0])
		return is_his(user, &setup->calling);
	return !from || !strcasecmp(from, "anonymous") || !strcmp(from, user->name);
}
