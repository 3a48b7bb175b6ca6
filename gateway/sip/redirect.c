// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/redirect.h"
#include "gateway/sip/uri_param_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"

#define TRIED_MAX (REDIRECT_MAX * REDIRECT_CONTACTS_MAX)

struct contact {
	char uri[REDIRECT_URI_MAX];
	unsigned q; /* thousandths */
	enum place place;
	struct target host;
	struct number number;
};

struct redirect {
	unsigned followed;
	uint8_t reason;
	struct contact contacts[REDIRECT_CONTACTS_MAX];
	unsigned count, next;
	char *tried[TRIED_MAX];
	unsigned tried_count;
};

/* ---- where it has been */

static void note_tried(struct redirect *r, const char *uri)
{
	if (r->tried_count < TRIED_MAX)
		r->tried[r->tried_count++] = talloc_strdup(r, uri);
}

static bool was_tried(const struct redirect *r, const char *uri)
{
	for (unsigned i = 0; i < r->tried_count; i++)
		if (r->tried[i] && strcasecmp(r->tried[i], uri) == 0)
			return true;
	return false;
}

/* ---- what a response offers */

/* "0.7" to 700; none is 1 (RFC 3261 20.10). */
static unsigned read_q(const char *text)
{
	double q = text ? strtod(text, NULL) : 1;

	return q >= 0 && q <= 1 ? (unsigned)(q * 1000) : 0;
}

/* Without header parameters, and no method but INVITE. */
static int read_uri(const url_t *url, char text[REDIRECT_URI_MAX])
{
	url_t bare = *url;
	int length;

	if (uri_has_param(url, "method"))
		return -EINVAL;
	bare.url_headers = NULL;
	length = url_e(text, REDIRECT_URI_MAX, &bare);
	return length > 0 && length < REDIRECT_URI_MAX ? 0 : -EINVAL;
}

static int read_contact(const struct ua *ua, const sip_contact_t *from,
			enum peer_transport transport, struct contact *out)
{
	const url_t *url = from->m_url;

	memset(out, 0, sizeof(*out));
	out->q = read_q(from->m_q);
	out->place = place_of(ua, url);
	if (out->place == PLACE_STRANGE || read_uri(url, out->uri))
		return -EACCES;
	if (out->place == PLACE_NUMBER || out->place == PLACE_OURS)
		return identity_number(
		    url->url_user, url->url_type == url_tel ? url->url_params : NULL, &out->number);
	return place_target(url, transport, &out->host);
}

/* Behind those with the same q: equals stay in their order. */
static void insert(struct redirect *r, const struct contact *contact)
{
	unsigned at = r->count;

	if (r->count == REDIRECT_CONTACTS_MAX)
		return;
	while (at > 0 && r->contacts[at - 1].q < contact->q)
		at--;
	memmove(&r->contacts[at + 1], &r->contacts[at], (r->count - at) * sizeof(*contact));
	r->contacts[at] = *contact;
	r->count++;
}

unsigned redirect_reason(unsigned status)
{
	switch (status) {
	case 301:
		return REDIRECTION_UNCONDITIONAL;
	case 302:
		return REDIRECTION_DEFLECTION;
	case 305:
		return REDIRECTION_BY_EQUIPMENT;
	default:
		return REDIRECTION_UNKNOWN;
	}
}

struct redirect *redirect_new(void *ctx)
{
	return talloc_zero(ctx, struct redirect);
}

int redirect_take(struct redirect *r, const struct ua *ua, const sip_t *sip,
		  enum peer_transport transport)
{
	struct contact contact;
	char called[REDIRECT_URI_MAX];

	if (r->followed == REDIRECT_MAX)
		return -ELOOP;
	if (!r->followed++ && !read_uri(sip->sip_to->a_url, called))
		note_tried(r, called);
	r->reason = redirect_reason(sip->sip_status->st_status);
	r->count = r->next = 0;
	for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next) {
		if (read_contact(ua, m, transport, &contact))
			LOGP(DSIP, LOGL_NOTICE,
			     "redirected to %s%s%s, which is neither a number nor a neighbour\n",
			     m->m_url->url_user ? m->m_url->url_user : "",
			     m->m_url->url_user ? "@" : "",
			     m->m_url->url_host ? m->m_url->url_host : "nowhere");
		else if (was_tried(r, contact.uri))
			LOGP(DSIP, LOGL_NOTICE, "redirected to %s, where it has been\n",
			     contact.uri);
		else
			insert(r, &contact);
	}
	return r->count ? 0 : -ENOENT;
}

static bool is_number(const struct contact *c)
{
	return c->place == PLACE_NUMBER || c->place == PLACE_OURS;
}

int redirect_next(struct redirect *r, struct redirect_target *out)
{
	const struct contact *c;

	if (!r || r->next == r->count)
		return -ENOENT;
	memset(out, 0, sizeof(*out));
	c = &r->contacts[r->next++];
	note_tried(r, c->uri);
	if (!is_number(c)) {
		osmo_strlcpy(out->uri, c->uri, sizeof(out->uri));
		out->host = c->host;
		out->by_name = c->place == PLACE_NAME;
		return 0;
	}
	out->numbers.reason = r->reason;
	out->numbers.to[out->numbers.count++] = c->number;
	while (r->next < r->count && is_number(&r->contacts[r->next]) &&
	       out->numbers.count < LEG_REDIRECT_MAX)
		out->numbers.to[out->numbers.count++] = r->contacts[r->next++].number;
	return 0;
}
