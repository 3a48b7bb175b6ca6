// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A leg that calls a telephone: one contact of those that are registered under a name (phone_book.h).
 *
 * The request URI is the contact, octet by octet (RFC 3261 16.6, step 2 and 4). It goes to the first
 * entry of its Path (RFC 3327); or back on the connection that has registered it (RFC 5626 5.3); or
 * to the address in the contact, unless its REGISTER came from another: then it is behind NAT, and is
 * reached where it came from.
 */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

static enum peer_transport transport_of(const url_t *url)
{
	char value[8] = "";

	if (url->url_type == url_sips)
		return PEER_TRANSPORT_TLS;
	if (url->url_params)
		url_param(url->url_params, "transport", value, sizeof(value));
	if (strcasecmp(value, "tls") == 0)
		return PEER_TRANSPORT_TLS;
	return strcasecmp(value, "tcp") == 0 ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP;
}

static int target_of_url(const url_t *url, struct target *out)
{
	unsigned port = url->url_port ? strtoul(url->url_port, NULL, 10) : 0;

	return target_from_host(url->url_host, port, transport_of(url), out);
}

static void target_of_source(const struct phone_source *source, struct target *out)
{
	memset(out, 0, sizeof(*out));
	out->address = source->address;
	out->transport = source->transport;
	out->port = target_address_port((const struct sockaddr *)&source->address);
	target_address_host((const struct sockaddr *)&source->address, out->host,
			    sizeof(out->host));
}

static bool same_host(const struct target *target, const struct phone_source *source)
{
	char host[2][TARGET_ADDRESS_MAX];

	if (target->address.ss_family == AF_UNSPEC)
		return false;
	target_address_host((const struct sockaddr *)&target->address, host[0], sizeof(host[0]));
	target_address_host((const struct sockaddr *)&source->address, host[1], sizeof(host[1]));
	return strcmp(host[0], host[1]) == 0;
}

/* -EINVAL: it cannot be reached. */
static int find_target(su_home_t *home, const struct phone_contact *contact, struct target *out)
{
	sip_route_t *path = contact->path[0] ? sip_route_make(home, contact->path) : NULL;
	const url_t *url = url_make(home, contact->uri);

	if (path)
		return path->r_url->url_host ? target_of_url(path->r_url, out) : -EINVAL;
	if (!url || !url->url_host || contact->path[0])
		return -EINVAL;
	if (!contact->outbound && contact->source.transport == PEER_TRANSPORT_UDP &&
	    target_of_url(url, out) == 0 && same_host(out, &contact->source))
		return 0;
	target_of_source(&contact->source, out);
	return 0;
}

int leg_sip_phone_target(const struct phone_contact *contact, struct target *out)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int rc = find_target(home, contact, out);

	su_home_deinit(home);
	return rc ? rc : out->address.ss_family == AF_UNSPEC ? -EINVAL : 0;
}

/* NULL: it is registered no more. */
static const struct phone_contact *contact_of(const struct phone_contact *contacts, unsigned count,
					      const char *uri)
{
	for (unsigned i = 0; i < count; i++)
		if (!uri || strcmp(contacts[i].uri, uri) == 0)
			return &contacts[i];
	return NULL;
}

int leg_sip_find_phone(struct leg_sip *l, const struct leg_request *request)
{
	const struct phone_book *book = &l->ua->phones;
	struct phone_contact contacts[PHONE_CONTACTS_MAX];
	unsigned count = book->contacts ? book->contacts(book->arg, request->phone, contacts) : 0;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const struct phone_contact *contact = contact_of(contacts, count, request->contact);
	int rc;

	if (!contact)
		return -ENOENT;
	rc = find_target(home, contact, &l->out.target);
	su_home_deinit(home);
	if (rc)
		return rc;
	l->is_phone = true;
	l->out.transport = l->out.target.transport;
	l->out.uri = talloc_strdup(l, contact->uri);
	l->out.route = contact->path[0] ? talloc_strdup(l, contact->path) : NULL;
	return l->out.uri && (l->out.route || !contact->path[0]) ? 0 : -ENOMEM;
}

/* Another telephone cannot come in by a connection that this one has made to us, nor by its Path. */
static bool is_callable_by_others(const struct phone_contact *contact)
{
	return !contact->outbound && !contact->path[0];
}

unsigned leg_sip_phone_contacts(const struct ua *ua, const char *name, char *text, size_t size)
{
	const struct phone_book *book = &ua->phones;
	struct phone_contact contacts[PHONE_CONTACTS_MAX];
	unsigned count = book->contacts ? book->contacts(book->arg, name, contacts) : 0;
	unsigned printed = 0;
	size_t used = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct phone_contact *contact = &contacts[i];
		int length;

		if (!is_callable_by_others(contact))
			continue;
		length = snprintf(text + used, size - used, "%s<%s>;q=%u.%03u", printed ? ", " : "",
				  contact->uri, contact->q / 1000u, contact->q % 1000u);
		if (length < 0 || (size_t)length >= size - used) {
			text[used] = '\0';
			break;
		}
		used += (size_t)length;
		printed++;
	}
	return printed;
}
