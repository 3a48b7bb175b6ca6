// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A leg that calls a telephone: one contact of those that are registered under a name (phone_book.h).
 *
 * The request URI is the contact, octet by octet (RFC 3261 16.6, step 2 and 4). It goes to the first
 * entry of its Path (RFC 3327); or back on the connection that has registered it (RFC 5626 5.3), without a
 * look at its certificate; or to the address in the contact, unless its REGISTER came from another: then
 * it is behind NAT, and is reached where it came from, as is all that follows in the dialog.
 *
 * A connection that is not here any more, because it has closed or was another gateway's of the site, is
 * made anew to the address in the contact. Behind NAT that is of no use: the telephone is not there
 * until it registers again.
 */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/path.h"
#include "gateway/sip/place.h"

static void target_of_source(const struct phone_source *source, struct target *out)
{
	memset(out, 0, sizeof(*out));
	out->address = source->address;
	out->transport = source->transport;
	out->port = target_address_port((const struct sockaddr *)&source->address);
	target_address_host((const struct sockaddr *)&source->address, out->host,
			    sizeof(out->host));
}

/* It is where its REGISTER came from, and not behind NAT. */
static bool is_at_source(const struct target *target, const struct phone_source *source)
{
	return target->address.ss_family != AF_UNSPEC &&
	       target_same_host(&target->address, &source->address);
}

static int find_by_source(const struct ua *ua, const struct phone_contact *contact,
			  const url_t *url, struct target *out)
{
	const struct phone_source *source = &contact->source;
	bool is_open = source->transport != PEER_TRANSPORT_UDP &&
		       path_is_connected(ua, &source->address, source->transport);
	bool is_kept = source->transport == PEER_TRANSPORT_UDP && contact->outbound;

	if (!is_open && !is_kept && place_target(url, PEER_TRANSPORT_UDP, out) == 0 &&
	    is_at_source(out, source))
		return LEG_SIP_PHONE;
	if (!is_open && source->transport != PEER_TRANSPORT_UDP)
		return -EHOSTUNREACH;
	target_of_source(source, out);
	return LEG_SIP_PHONE_AT_SOURCE;
}

/* enum leg_sip_phone, or -EINVAL, -EHOSTUNREACH: it cannot be reached. */
static int find_target(const struct ua *ua, su_home_t *home, const struct phone_contact *contact,
		       struct target *out)
{
	sip_route_t *path = contact->path[0] ? sip_route_make(home, contact->path) : NULL;
	const url_t *url = url_make(home, contact->uri);

	if (!url || !url->url_host || (contact->path[0] && !path))
		return -EINVAL;
	if (!path)
		return find_by_source(ua, contact, url, out);
	return place_target(path->r_url, PEER_TRANSPORT_UDP, out) ? -EINVAL : LEG_SIP_PHONE;
}

int leg_sip_phone_target(const struct ua *ua, const struct phone_contact *contact,
			 struct target *out)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int rc = find_target(ua, home, contact, out);

	su_home_deinit(home);
	return rc >= 0 && out->address.ss_family == AF_UNSPEC ? -EINVAL : rc;
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
	rc = find_target(l->ua, home, contact, &l->out.target);
	su_home_deinit(home);
	if (rc < 0) {
		LOGP(DSIP, LOGL_NOTICE, "telephone %s: %s cannot be reached\n", request->phone,
		     contact->uri);
		return rc;
	}
	l->out.phone = rc;
	l->out.transport = l->out.target.transport;
	l->out.uri = talloc_strdup(l, contact->uri);
	l->out.route = contact->path[0] ? talloc_strdup(l, contact->path) : NULL;
	return l->out.uri && (l->out.route || !contact->path[0]) ? 0 : -ENOMEM;
}

int leg_sip_call_phone_anew(struct leg_sip *l)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const url_t *url = url_make(home, l->out.uri);
	struct target target;
	bool found = url && !place_target(url, PEER_TRANSPORT_UDP, &target) &&
		     target.address.ss_family != AF_UNSPEC &&
		     target_same_host(&target.address, &l->out.target.address);

	su_home_deinit(home);
	if (!found)
		return -EHOSTUNREACH;
	l->out.phone = LEG_SIP_PHONE;
	l->out.target = target;
	return leg_sip_start(l);
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
