// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/authorization.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/message.h"

#define REALMS_MAX 4 /* that ask in one dialog: a registrar or trunk, and proxies before it */

struct authorization_realm {
	struct authorization_realm *next;
	bool proxy; /* asked with 407 */
	/* challenges since it took a request: 1 is usual, a second must say that ours is stale */
	unsigned rejections;
	struct digest_session session;
};

void authorization_init(struct authorization *a, struct ua *ua, void *ctx)
{
	memset(a, 0, sizeof(*a));
	a->ua = ua;
	a->ctx = ctx;
}

void authorization_set(struct authorization *a, unsigned tenant, const char *line)
{
	a->tenant = tenant;
	osmo_strlcpy(a->line, line ? line : "", sizeof(a->line));
}

/* ---- headers as texts; the stack's own sip_header_as_string() loses parameters of long ones */

static int join(const char *scheme, const msg_param_t *params, char *text, size_t size)
{
	size_t used = snprintf(text, size, "%s", scheme);
	const char *separator = *scheme ? " " : "";

	for (; params && *params && used < size; params++, separator = ", ")
		used += snprintf(text + used, size - used, "%s%s", separator, *params);
	return used < size ? 0 : -ENOBUFS;
}

int authorization_text(const msg_auth_t *header, char *text, size_t size)
{
	return join(header->au_scheme ? header->au_scheme : "", header->au_params, text, size);
}

/* ---- requests */

static const struct account_user *find_user(const struct authorization *a, const char *realm)
{
	const struct tenant *own = ua_tenant(a->ua, a->tenant), *all = ua_tenant(a->ua, 0);
	const struct account_user *user =
	    own ? account_find_user(own->account, a->line, realm) : NULL;

	return user || !all ? user : account_find_user(all->account, a->line, realm);
}

static void add_credentials(struct authorization_realm *realm, const struct account_user *user,
			    msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	su_home_t *home = msg_home(msg);
	char *uri = url_as_string(home, sip->sip_request->rq_url);
	struct digest_user digest_user = {user->name, user->password};
	struct digest_request request = {
	    .method = sip->sip_request->rq_method_name,
	    .uri = uri,
	    .body = sip->sip_payload ? sip->sip_payload->pl_data : NULL,
	    .body_size = sip->sip_payload ? sip->sip_payload->pl_len : 0,
	};
	char text[DIGEST_TEXT_SIZE];
	sip_header_t *header;

	if (!uri || digest_answer(&realm->session, &digest_user, &request, text, sizeof(text)) < 0)
		return;
	if (realm->proxy)
		header = (sip_header_t *)sip_proxy_authorization_make(home, text);
	else
		header = (sip_header_t *)sip_authorization_make(home, text);
	if (header)
		sip_header_insert(msg, sip, header);
}

void authorization_add(struct authorization *a, msg_t *msg)
{
	sip_method_t method = sip_object(msg)->sip_request->rq_method;
	struct authorization_realm *realm;

	/* the stack gives an ACK those of its INVITE; a CANCEL goes hop by hop */
	if (method == sip_method_ack || method == sip_method_cancel)
		return;
	for (realm = a->realms; realm; realm = realm->next) {
		const struct account_user *user = find_user(a, realm->session.challenge.realm);

		if (user)
			add_credentials(realm, user, msg);
	}
}

/* ---- challenges */

static struct authorization_realm *find_realm(const struct authorization *a, bool proxy,
					      const char *name)
{
	struct authorization_realm *realm;

	for (realm = a->realms; realm; realm = realm->next)
		if (realm->proxy == proxy && !strcmp(realm->session.challenge.realm, name))
			return realm;
	return NULL;
}

static struct authorization_realm *add_realm(struct authorization *a, bool proxy)
{
	struct authorization_realm *realm, **end = &a->realms;
	unsigned count = 0;

	for (; *end; end = &(*end)->next)
		count++;
	if (count == REALMS_MAX)
		return NULL;
	realm = talloc_zero(a->ctx, struct authorization_realm);
	if (realm)
		realm->proxy = proxy;
	*end = realm;
	return realm;
}

/* Did the request that was refused carry the nonce that we would use next? Another of the same dialog
 * may have got a new one meanwhile. */
static bool is_current(const struct authorization_realm *realm, const sip_t *request)
{
	const msg_auth_t *header =
	    realm->proxy ? request->sip_proxy_authorization : request->sip_authorization;
	struct digest_credentials sent;
	char text[DIGEST_TEXT_SIZE];

	for (; header; header = header->au_next)
		if (!authorization_text(header, text, sizeof(text)) &&
		    !digest_read_credentials(text, &sent) &&
		    !strcmp(sent.realm, realm->session.challenge.realm) &&
		    !strcmp(sent.nonce, realm->session.challenge.nonce))
			return true;
	return false;
}

/* What was said to one realm. True: there is an answer that it has not had. */
static bool take_challenge(struct authorization *a, bool proxy, const sip_t *request,
			   const struct digest_challenge *challenge)
{
	struct authorization_realm *realm = find_realm(a, proxy, challenge->realm);
	const struct account_user *user = find_user(a, challenge->realm);
	const char *method = request->sip_request->rq_method_name;
	const char *host = request->sip_request->rq_url->url_host;

	if (!user) {
		LOGP(DSIP, LOGL_ERROR,
		     "%s to %s: realm \"%s\" asks for credentials, and neither its tenant nor "
		     "sip-ua has an authentication for that realm\n",
		     method, host, challenge->realm);
		return false;
	}
	if (realm && realm->rejections && !is_current(realm, request))
		return true;
	if (realm && realm->rejections && (!challenge->stale || realm->rejections > 1)) {
		LOGP(DSIP, LOGL_ERROR,
		     "%s to %s: realm \"%s\" refuses user %s: its name or its password is wrong\n",
		     method, host, challenge->realm, user->name);
		return false;
	}
	if (!realm)
		realm = add_realm(a, proxy);
	if (!realm)
		return false;
	realm->rejections++;
	digest_begin(challenge, &realm->session);
	return true;
}

/* The challenges of one message: the strongest of each realm. */
static bool take_challenges(struct authorization *a, bool proxy, const sip_t *request,
			    const msg_auth_t *headers)
{
	struct digest_challenge best[REALMS_MAX], challenge;
	char text[DIGEST_TEXT_SIZE];
	unsigned count = 0, i;
	bool answered = false, refused = false;

	for (; headers; headers = headers->au_next) {
		if (authorization_text(headers, text, sizeof(text)) ||
		    digest_read_challenge(text, &challenge))
			continue;
		for (i = 0; i < count && strcmp(best[i].realm, challenge.realm) != 0; i++)
			;
		if (i == REALMS_MAX)
			continue;
		if (i == count || digest_prefers(&best[i], &challenge))
			best[i] = challenge;
		count += i == count;
	}
	for (i = 0; i < count; i++) {
		if (take_challenge(a, proxy, request, &best[i]))
			answered = true;
		else
			refused = true;
	}
	if (!count)
		LOGP(DSIP, LOGL_ERROR,
		     "%s to %s: credentials are asked for in no way that we know (RFC 8760)\n",
		     request->sip_request->rq_method_name, request->sip_request->rq_url->url_host);
	a->refused = refused || !count;
	return answered && !refused;
}

/* They have taken what we sent, and may name the next nonce. */
static void accepted(struct authorization *a, const sip_t *sip)
{
	struct authorization_realm *realm;
	char text[DIGEST_TEXT_SIZE];

	for (realm = a->realms; realm; realm = realm->next) {
		const msg_auth_info_t *info = realm->proxy ? sip->sip_proxy_authentication_info
							   : sip->sip_authentication_info;

		realm->rejections = 0;
		if (info && !join("", info->ai_params, text, sizeof(text)))
			digest_read_info(text, &realm->session);
	}
}

bool authorization_retry(const struct message_request *r, nta_outgoing_t **out, const sip_t *sip)
{
	struct authorization *a = r->authorization;
	int status = sip ? sip->sip_status->st_status : 0;
	bool proxy = status == 407, again;
	msg_t *original;

	if (status > 100 && status != 401 && status != 407)
		accepted(a, sip);
	if (status != 401 && status != 407)
		return false;
	original = nta_outgoing_getrequest(*out);
	if (!original)
		return false;
	again = take_challenges(a, proxy, sip_object(original),
				proxy ? sip->sip_proxy_authenticate : sip->sip_www_authenticate) &&
		message_repeat(r, out, TAG_END());
	msg_destroy(original);
	return again;
}
