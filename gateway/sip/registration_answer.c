// SPDX-License-Identifier: GPL-2.0-or-later
/* What a REGISTER says of ourselves, and what its answers say. */
#include "gateway/sip/registration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/message.h"
#include "gateway/sip/place.h"
#include "gateway/sip/uri_param_private.h"

#define GRUU_MAX 256
#define ROUTES_MAX 8
#define ROUTE_TEXT_MAX 1024
#define ASSOCIATED_MAX 512
#define EXPIRES_MAX_S 31536000

/* ---- Contact */

void registration_print_user(const struct registration *r, char text[REGISTRATION_USER_SIZE])
{
	char plain[ACCOUNT_LINE_MAX + 1];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(r->line, "@"), r->line);
	url_escape(text, plain, ":@");
}

void registration_print_contact(const struct registration *r, unsigned expires_s, char *text,
				size_t size)
{
	char user[REGISTRATION_USER_SIZE], contact[PATH_CONTACT_MAX], id[24] = "";

	registration_print_user(r, user);
	if (r->outbound)
		snprintf(id, sizeof(id), ";reg-id=%u", r->registrar + 1);
	path_contact_of(&r->path, user, contact);
	snprintf(text, size, "%s;expires=%u;+sip.instance=\"<%s>\"%s", contact, expires_s,
		 r->set->instance, id);
}

/* ---- 200 */

static const sip_contact_t *own_contact(const struct registration *r, const sip_t *sip)
{
	char text[REGISTRATION_CONTACT_MAX];
	const sip_contact_t *contact, *found = NULL;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	sip_contact_t *own;

	registration_print_contact(r, 0, text, sizeof(text));
	own = sip_contact_make(home, text);
	for (contact = sip->sip_contact; own && contact && !found; contact = contact->m_next)
		if (!url_cmp(contact->m_url, own->m_url))
			found = contact;
	su_home_deinit(home);
	/* a border controller may have changed the address of the only one */
	contact = sip->sip_contact;
	if (!found && contact && !contact->m_next && contact->m_url->url_type == url_sip)
		found = contact;
	return found;
}

static unsigned read_seconds(const char *text, unsigned otherwise)
{
	char *end;
	unsigned long n;

	if (!text || *text < '0' || *text > '9')
		return otherwise;
	n = strtoul(text, &end, 10);
	return *end || n > EXPIRES_MAX_S ? otherwise : n;
}

/* "sip:line@example.com;gr=..." without its quotes. */
static char *read_gruu(void *ctx, const sip_contact_t *contact)
{
	const char *value = msg_header_find_param(contact->m_common, "pub-gruu=");
	su_home_t home[1] = {SU_HOME_INIT(home)};
	size_t length = value ? strlen(value) : 0;
	char *gruu = NULL;
	url_t *url;

	if (length < 3 || length > GRUU_MAX || value[0] != '"' || value[length - 1] != '"')
		return NULL;
	gruu = talloc_strndup(ctx, value + 1, length - 2);
	url = gruu ? url_hdup(home, (const url_t *)gruu) : NULL;
	if (!url || (url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
	    strpbrk(gruu, "<>\"\\ "))
		TALLOC_FREE(gruu);
	su_home_deinit(home);
	return gruu;
}

static char *read_route(void *ctx, const sip_t *sip)
{
	const sip_service_route_t *route = sip->sip_service_route;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	char text[ROUTE_TEXT_MAX] = "";
	size_t used = 0;
	unsigned count = 0;

	for (; route; route = route->r_next) {
		char *url = url_as_string(home, route->r_url);

		if (++count > ROUTES_MAX || !url || !route->r_url->url_host ||
		    (route->r_url->url_type != url_sip && route->r_url->url_type != url_sips) ||
		    strpbrk(url, "<>\"\\ ") || used + strlen(url) + 5 > sizeof(text)) {
			used = 0; /* all of them or none */
			break;
		}
		used += snprintf(text + used, sizeof(text) - used, "%s<%s>", used ? ", " : "", url);
	}
	su_home_deinit(home);
	return used ? talloc_strdup(ctx, text) : NULL;
}

/* The value of a header that the stack does not know, or NULL. */
static const char *find_unknown(const sip_t *sip, const char *name)
{
	const sip_unknown_t *header = sip->sip_unknown;

	while (header && (!header->un_name || strcasecmp(header->un_name, name) != 0))
		header = header->un_next;
	return header ? header->un_value : NULL;
}

static char *read_associated(void *ctx, const sip_t *sip)
{
	const char *value = find_unknown(sip, "P-Associated-URI");

	return value ? talloc_strndup(ctx, value, ASSOCIATED_MAX) : NULL;
}

int registration_read_grant(const struct registration *r, const sip_t *sip,
			    struct registration_grant *out)
{
	const sip_contact_t *contact = own_contact(r, sip);
	unsigned all = sip->sip_expires ? sip->sip_expires->ex_delta : r->asked_s;
	void *ctx = (void *)r;

	/* Some name no Contact at all. Where there are some, ours must be among them. */
	if (!contact && sip->sip_contact)
		return -ENOENT;
	memset(out, 0, sizeof(*out));
	out->expires_s = contact ? read_seconds(contact->m_expires, all) : all;
	if (!out->expires_s)
		return -ENOENT;
	out->gruu = contact && r->config.gruu ? read_gruu(ctx, contact) : NULL;
	out->flow = r->outbound && sip_has_feature(sip->sip_require, "outbound");
	out->flow_timer_s = read_seconds(find_unknown(sip, "Flow-Timer"), 0);
	out->route = read_route(ctx, sip);
	if (out->route && uri_has_param(sip->sip_service_route->r_url, "lr") &&
	    place_target(sip->sip_service_route->r_url, r->target.transport, &out->hop))
		LOGP(DSIP, LOGL_NOTICE, "%s: Service-Route %s leads nowhere\n", r->line,
		     out->route);
	out->associated = read_associated(ctx, sip);
	return 0;
}

/* ---- 3xx */

static int read_target(const sip_contact_t *contact, struct target *out)
{
	static const struct {
		const char *name;
		enum peer_transport transport;
	} transports[] = {
	    {"udp", PEER_TRANSPORT_UDP}, {"tcp", PEER_TRANSPORT_TCP}, {"tls", PEER_TRANSPORT_TLS}};
	enum peer_transport transport = PEER_TRANSPORT_SYSTEM;
	const url_t *url = contact->m_url;
	char name[8], host[TARGET_HOST_MAX + 3];
	unsigned port;

	if (url->url_type != url_sip || !url->url_host)
		return -EINVAL;
	if (uri_has_param(url, "transport")) {
		if (uri_param(url, "transport", name, sizeof(name)) <= 0)
			return -EINVAL;
		for (unsigned i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
			if (!strcasecmp(name, transports[i].name))
				transport = transports[i].transport;
		if (transport == PEER_TRANSPORT_SYSTEM)
			return -EPROTONOSUPPORT;
	}
	port = read_seconds(url->url_port, 0);
	if (port > 65535)
		return -EINVAL;
	snprintf(host, sizeof(host), "%s", url->url_host);
	if (host[0] == '[') {
		host[strcspn(host, "]")] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	return target_from_host(host, port, transport, out);
}

int registration_read_redirect(const sip_t *sip, struct target *out)
{
	const sip_contact_t *contact;

	for (contact = sip->sip_contact; contact; contact = contact->m_next)
		if (!read_target(contact, out))
			return 0;
	return -ENOENT;
}
