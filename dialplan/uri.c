// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voice class uri. A class fits if one of its fields fits, as IOS has it: the host, else the user
 * (`voice class uri sip preference`: the other way round), else the telephone number and its
 * context, else the whole URI. Classes that know addresses and names only are found by these; the
 * others are tried one after another.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/plan_private.h"

/* What fits later in this list ranks lower; 0 is no fit. Not confirmed by the vendor's documents in
 * every detail: the whole URI has no match length and comes last. */
static const uint8_t ranks[URI_FIELDS] = {
    [URI_FIELD_HOST] = 5,    [URI_FIELD_USER] = 4,    [URI_FIELD_PHONE] = 3,
    [URI_FIELD_CONTEXT] = 2, [URI_FIELD_PATTERN] = 1,
};

static unsigned rank_of(const struct plan *plan, enum plan_uri_field field)
{
	if (plan->options.uri_user_first && field == URI_FIELD_HOST)
		return ranks[URI_FIELD_USER];
	if (plan->options.uri_user_first && field == URI_FIELD_USER)
		return ranks[URI_FIELD_HOST];
	return ranks[field];
}

/* One spelling for each host: names in small letters, addresses of IPv6 as inet_ntop() has them. */
static void canonical_host(const char *host, char out[CLASS_TEXT_MAX + 1])
{
	struct in6_addr address;
	size_t length = strlen(host);
	char bare[INET6_ADDRSTRLEN + 1];

	if (length > 2 && host[0] == '[' && host[length - 1] == ']')
		length -= 2, host++;
	if (length < sizeof(bare)) {
		memcpy(bare, host, length);
		bare[length] = '\0';
		if (inet_pton(AF_INET6, bare, &address) == 1) {
			inet_ntop(AF_INET6, &address, out, CLASS_TEXT_MAX + 1);
			return;
		}
	}
	if (length > CLASS_TEXT_MAX)
		length = CLASS_TEXT_MAX;
	for (size_t i = 0; i < length; i++)
		out[i] = tolower((unsigned char)host[i]);
	out[length] = '\0';
}

/* ---- building */

void plan_uri_free(void *object)
{
	struct plan_uri_class *class = object;

	for (unsigned f = 0; f < URI_FIELDS; f++)
		expression_free(class->fields[f]);
	for (unsigned h = 0; h < URI_HOSTS; h++)
		expression_free(class->hosts[h]);
	for (unsigned u = 0; u <= PEER_URI_VIA; u++)
		free(class->incoming[u].items);
	for (unsigned u = 0; u < PEER_URI_COUNT; u++)
		free(class->destination[u].items);
	free(class);
}

struct compiling {
	char *why;
	size_t why_size;
};

static int compile(const struct compiling *c, const char *keyword, const char *text,
		   struct expression **out)
{
	char detail[128] = "";
	int rc;

	if (!text[0])
		return 0;
	rc = expression_compile(text, EXPRESSION_EXTENDED, true, out, detail, sizeof(detail));
	if (rc == -EINVAL && c->why)
		snprintf(c->why, c->why_size, "%s %s: %s", keyword, text, detail);
	return rc;
}

static int compile_host(const struct compiling *c, struct plan_uri_class *class, unsigned h)
{
	static const char *const exact[] = {"ipv4:", "ipv6:", "dns:"};
	const char *text = class->class.host[h];

	for (unsigned i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		size_t length = strlen(exact[i]);

		if (strncmp(text, exact[i], length) != 0)
			continue;
		canonical_host(text + length, class->exact[h]);
		return 0;
	}
	return compile(c, "host", text, &class->hosts[h]);
}

int plan_uri_compile(struct plan_uri_class *class, char *why, size_t why_size)
{
	const struct compiling c = {why, why_size};
	const struct uri_class *from = &class->class;
	int rc = compile(&c, "pattern", from->pattern, &class->fields[URI_FIELD_PATTERN]);

	for (unsigned h = 0; rc == 0 && h < URI_HOSTS; h++)
		rc = compile_host(&c, class, h);
	if (rc == 0)
		rc = compile(&c, "user-id", from->user_id, &class->fields[URI_FIELD_USER]);
	if (rc == 0)
		rc = compile(&c, "phone number", from->phone_number,
			     &class->fields[URI_FIELD_PHONE]);
	if (rc == 0)
		rc = compile(&c, "phone context", from->phone_context,
			     &class->fields[URI_FIELD_CONTEXT]);
	return rc;
}

static bool needs_walk(const struct plan_uri_class *class)
{
	for (unsigned f = 0; f < URI_FIELDS; f++)
		if (class->fields[f])
			return true;
	for (unsigned h = 0; h < URI_HOSTS; h++)
		if (class->hosts[h])
			return true;
	return false;
}

static int add_host(struct plan *plan, const char *name, const struct plan_uri_class *class)
{
	struct plan_host *host = table_find(&plan->tables[PLAN_HOSTS], name);
	int rc;

	if (!host) {
		host = calloc(1, sizeof(*host));
		if (!host)
			return -ENOMEM;
		memcpy(host->host, name, strlen(name) + 1);
		rc = plan_take(plan, PLAN_HOSTS, host);
		if (rc < 0)
			return rc;
	}
	return plan_list_add(&host->classes, class);
}

int plan_uri_seal(struct plan *plan)
{
	const struct table *classes = &plan->tables[PLAN_URIS];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < classes->count; i++) {
		const struct plan_uri_class *class = classes->objects[i];

		if (needs_walk(class))
			rc = plan_list_add(&plan->uris, class);
		for (unsigned h = 0; rc == 0 && h < URI_HOSTS && !needs_walk(class); h++)
			if (class->exact[h][0])
				rc = add_host(plan, class->exact[h], class);
	}
	return rc;
}

/* ---- look-up */

struct uri_parts { /* empty: the URI has none */
	enum uri_scheme scheme;
	char host[CLASS_TEXT_MAX + 1]; /* canonical */
	char user[PLAN_URI_MAX + 1];   /* sip: before any ;  tel: the number */
	char context[CLASS_TEXT_MAX + 1];
};

static void copy_part(char *out, size_t size, const char *from, size_t length)
{
	if (length >= size) /* what is so long is nothing that a class could have */
		length = 0;
	memcpy(out, from, length);
	out[length] = '\0';
}

static void find_context(struct uri_parts *parts, const char *text, size_t length)
{
	static const char name[] = ";phone-context=";
	const char *end = text + length;

	for (const char *c = text; c + sizeof(name) - 1 <= end; c++) {
		if (strncasecmp(c, name, sizeof(name) - 1) != 0)
			continue;
		c += sizeof(name) - 1;
		copy_part(parts->context, sizeof(parts->context), c, strcspn(c, ";@>?"));
		return;
	}
}

static bool parse_uri(const char *uri, struct uri_parts *parts)
{
	char host[PLAN_URI_MAX + 1];
	const char *at, *rest, *end;

	memset(parts, 0, sizeof(*parts));
	if (strlen(uri) > PLAN_URI_MAX)
		return false;
	if (strncasecmp(uri, "tel:", 4) == 0) {
		rest = uri + 4;
		parts->scheme = URI_TEL;
		copy_part(parts->user, sizeof(parts->user), rest, strcspn(rest, ";>?"));
		find_context(parts, rest, strlen(rest));
		return true;
	}
	if (strncasecmp(uri, "sip:", 4) != 0 && strncasecmp(uri, "sips:", 5) != 0)
		return false;
	rest = strchr(uri, ':') + 1;
	at = strchr(rest, '@');
	if (at) {
		size_t user = strcspn(rest, ";:@");

		copy_part(parts->user, sizeof(parts->user), rest, user);
		find_context(parts, rest, at - rest);
		rest = at + 1;
	}
	if (*rest == '[')
		end = rest + strcspn(rest, "]") + (strchr(rest, ']') != NULL);
	else
		end = rest + strcspn(rest, ":;>?");
	copy_part(host, sizeof(host), rest, end - rest);
	canonical_host(host, parts->host);
	return true;
}

static bool host_fits(const struct plan_uri_class *class, const struct uri_parts *parts)
{
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];

	for (unsigned h = 0; parts->host[0] && h < URI_HOSTS; h++) {
		if (class->exact[h][0] && strcmp(class->exact[h], parts->host) == 0)
			return true;
		if (class->hosts[h] && expression_find(class->hosts[h], parts->host, match))
			return true;
	}
	return false;
}

static unsigned class_rank(const struct plan *plan, const struct plan_uri_class *class,
			   const char *uri, const struct uri_parts *parts)
{
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	const char *const texts[URI_FIELDS] = {
	    [URI_FIELD_USER] = parts->scheme == URI_SIP ? parts->user : "",
	    [URI_FIELD_PHONE] = parts->scheme == URI_TEL ? parts->user : "",
	    [URI_FIELD_CONTEXT] = parts->context,
	    [URI_FIELD_PATTERN] = uri,
	};
	unsigned rank = 0;

	if (class->class.scheme != parts->scheme)
		return 0;
	if (host_fits(class, parts))
		rank = rank_of(plan, URI_FIELD_HOST);
	for (unsigned f = URI_FIELD_USER; f < URI_FIELDS; f++)
		if (class->fields[f] && rank_of(plan, f) > rank && texts[f][0] &&
		    expression_find(class->fields[f], texts[f], match))
			rank = rank_of(plan, f);
	return rank;
}

void plan_uri_find(const struct plan *plan, const char *uri, plan_uri_fn fn, void *arg)
{
	const struct plan_host *host;
	struct uri_parts parts;

	if (!parse_uri(uri, &parts))
		return;
	host = parts.host[0] ? table_find(&plan->tables[PLAN_HOSTS], parts.host) : NULL;
	for (size_t i = 0; host && i < host->classes.count; i++) {
		const struct plan_uri_class *class = host->classes.items[i];

		if (class->class.scheme == parts.scheme)
			fn(arg, class, rank_of(plan, URI_FIELD_HOST));
	}
	for (size_t i = 0; i < plan->uris.count; i++) {
		unsigned rank = class_rank(plan, plan->uris.items[i], uri, &parts);

		if (rank)
			fn(arg, plan->uris.items[i], rank);
	}
}

unsigned plan_uri_rank(const struct plan *plan, const struct plan_uri_class *class, const char *uri)
{
	struct uri_parts parts;

	return uri && parse_uri(uri, &parts) ? class_rank(plan, class, uri, &parts) : 0;
}
