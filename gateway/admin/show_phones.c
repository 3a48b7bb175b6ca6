// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that register here: show voice register ..., show sip-ua status registrar. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/commands.h"
#include "gateway/sip/target.h"
#include "gateway/survive/registrar.h"
#include "gateway/survive/survive.h"

/* ---- bindings in order of pool and name */

struct listing {
	const struct location_binding **bindings;
	unsigned count, room;
};

static bool collect(void *arg, const struct location_binding *binding)
{
	struct listing *l = arg;

	if (l->count == l->room) {
		unsigned room = l->room ? 2 * l->room : 64;
		const struct location_binding **more =
		    talloc_realloc(NULL, l->bindings, const struct location_binding *, room);

		if (!more)
			return false;
		l->bindings = more;
		l->room = room;
	}
	l->bindings[l->count++] = binding;
	return true;
}

static int compare(const void *one, const void *two)
{
	const struct location_binding *a = *(const struct location_binding *const *)one;
	const struct location_binding *b = *(const struct location_binding *const *)two;
	int order = (a->pool > b->pool) - (a->pool < b->pool);

	return order ? order : strcmp(a->name, b->name);
}

/* bindings are talloc_free()d. */
static struct listing list(struct survive *survive)
{
	struct listing l = {NULL};

	location_each(survive_location(survive), collect, &l);
	if (l.count)
		qsort(l.bindings, l.count, sizeof(*l.bindings), compare);
	return l;
}

/* ---- lines */

static const char *const origins[] = {
    [LOCATION_REGISTERED] = "registered",
    [LOCATION_STANDBY] = "standby",
    [LOCATION_LEARNT] = "learnt",
};

static const char *const transports[] = {
    [PEER_TRANSPORT_SYSTEM] = "-",
    [PEER_TRANSPORT_UDP] = "udp",
    [PEER_TRANSPORT_TCP] = "tcp",
    [PEER_TRANSPORT_TLS] = "tls",
};

static const char *source_text(const struct phone_source *source, char text[TARGET_ADDRESS_MAX])
{
	if (source->address.ss_family == AF_UNSPEC)
		return "-";
	target_address_text((const struct sockaddr *)&source->address, text, TARGET_ADDRESS_MAX);
	return text;
}

struct widths { /* of columns */
	int name, from;
};

static struct widths widths_of(const struct listing *l)
{
	struct widths w = {16, 21};
	char from[TARGET_ADDRESS_MAX];

	for (unsigned i = 0; i < l->count; i++) {
		console_widen(&w.name, l->bindings[i]->name);
		console_widen(&w.from, source_text(&l->bindings[i]->contact.source, from));
	}
	return w;
}

/* What may be of any length stands last. */
static void print_binding(struct vty *vty, const struct location_binding *b, const struct widths *w)
{
	const struct phone_source *source = &b->contact.source;
	char from[TARGET_ADDRESS_MAX];

	console_print(vty, "  %-*s %7u  %-10s %-*s %-3s  %s%s%s", w->name, b->name,
		      location_left_s(b), origins[b->origin], w->from, source_text(source, from),
		      transports[source->transport], b->contact.uri,
		      source->user_agent[0] ? "  " : "", source->user_agent);
	if (b->contact.path[0])
		console_print(vty, "    by %s", b->contact.path);
}

/* l: the bindings of this pool. */
static void print_pool(struct vty *vty, const struct pool *pool, const struct listing *l)
{
	const struct location *location = survive_location(console_gateway()->survive);
	struct widths w = widths_of(l);

	console_print(vty, "Pool %u, dial peer %u", pool->number, pool->peer.tag);
	for (unsigned i = 0; i < pool->numbers_count; i++)
		console_print(vty, "  number %s, preference %u%s", pool->numbers[i].pattern,
			      pool->numbers[i].preference,
			      pool->numbers[i].no_huntstop ? ", no huntstop" : "");
	if (pool->max_registrations)
		console_print(vty, "  numbers registered: %u, at most %u",
			      location_pool_names(location, pool->number), pool->max_registrations);
	else
		console_print(vty, "  numbers registered: %u",
			      location_pool_names(location, pool->number));
	if (l->count)
		console_print(vty, "  %-*s %7s  %-10s %-*s %-3s  %s", w.name, "Number", "Expires",
			      "State", w.from, "From", "By", "Contact, User-Agent");
	for (unsigned i = 0; i < l->count; i++)
		print_binding(vty, l->bindings[i], &w);
}

static struct survive *phones_of(struct vty *vty)
{
	struct survive *survive = console_gateway()->survive;

	if (!survive || !console_gateway()->conf)
		console_print(vty, "%% SIP does not run.");
	return survive && console_gateway()->conf ? survive : NULL;
}

/* number 0: all. How many. */
static unsigned print_pools(struct vty *vty, struct survive *survive, unsigned number)
{
	const struct pool_global *global = &console_gateway()->conf->survive.global;
	struct listing l = list(survive);
	unsigned first = 0, n = 0;

	for (unsigned i = 0; i < global->pools_count; i++) {
		const struct pool *pool = &global->pools[i];
		struct listing own;

		while (first < l.count && l.bindings[first]->pool < pool->number)
			first++;
		own = (struct listing){.bindings = l.bindings + first};
		while (first + own.count < l.count &&
		       l.bindings[first + own.count]->pool == pool->number)
			own.count++;
		if (number && pool->number != number)
			continue;
		print_pool(vty, pool, &own);
		n++;
	}
	talloc_free(l.bindings);
	return n;
}

#define REGISTER_STR "Voice\nTelephones that register here\n"
#define POOL_STR "By `voice register pool`\n"

DEFUN(show_pool, show_pool_cmd, "show voice register pool <1-100000>",
      SHOW_STR REGISTER_STR POOL_STR "Number\n")
{
	struct survive *survive = phones_of(vty);

	if (!survive)
		return CMD_WARNING;
	if (print_pools(vty, survive, (unsigned)strtoul(argv[0], NULL, 10)))
		return CMD_SUCCESS;
	console_print(vty, "%% There is no voice register pool %s.", argv[0]);
	return CMD_WARNING;
}

DEFUN(show_pools, show_pools_cmd, "show voice register pool all",
      SHOW_STR REGISTER_STR POOL_STR "All\n")
{
	struct survive *survive = phones_of(vty);

	if (!survive)
		return CMD_WARNING;
	if (!print_pools(vty, survive, 0))
		console_print(vty, "There is no voice register pool.");
	return CMD_SUCCESS;
}

/* ---- all of them together */

static const char *limit(unsigned n, char text[16])
{
	snprintf(text, 16, n ? "%u" : "none", n);
	return text;
}

DEFUN(show_register, show_register_cmd, "show voice register all",
      SHOW_STR REGISTER_STR "What holds for all, and all pools\n")
{
	static const char *const modes[] = {
	    [POOL_MODE_STANDBY] = "standby",
	    [POOL_MODE_REFUSE] = "refuse",
	    [POOL_MODE_ALWAYS] = "registrar",
	};
	struct survive *survive = phones_of(vty);
	const struct pool_global *g;
	char text[2][16];

	if (!survive)
		return CMD_WARNING;
	g = &console_gateway()->conf->survive.global;
	console_print(vty, "Registrar: %s, mode %s; expires %u to %u s, standby %u s",
		      g->serves ? "on" : "off", modes[g->mode], g->expires_min_s, g->expires_max_s,
		      g->expires_standby_s);
	console_print(vty, "Call managers: %s",
		      !upstreams_count(survive_upstreams(survive)) ? "none configured"
		      : survive_is_fallback(survive)		   ? "gone"
								   : "there");
	console_print(vty, "Limits: max-pool %s, max-dn %s; passwords: %s",
		      limit(g->max_pool, text[0]), limit(g->max_dn, text[1]),
		      g->users.realm[0] ? g->users.realm : "nobody is asked");
	print_pools(vty, survive, 0);
	return CMD_SUCCESS;
}

static void print_counts(struct vty *vty, const struct registrar_counters *r,
			 const struct location_counters *l)
{
	console_print(vty, "REGISTER: %lu accepted, %lu of removal, %lu queries", r->accepted,
		      r->removed, r->queried);
	console_print(
	    vty,
	    "Refused: %lu not allowed, %lu too brief (423), %lu too many (503), %lu out of "
	    "order (500), %lu not stored (503)",
	    r->refused, r->too_brief, r->too_many, r->out_of_order, r->failed);
	console_print(vty, "Registered: %u numbers, %u contacts", l->names, l->bindings);
	console_print(vty,
		      "Store: %s; %lu changes in %lu batches, %lu octets, the slowest %llu.%03llu "
		      "ms; %lu failed",
		      l->reachable ? "up" : "away", l->written, l->batches, l->bytes,
		      l->write_us_max / 1000, l->write_us_max % 1000, l->failed);
}

DEFUN(show_statistics, show_statistics_cmd, "show voice register statistics",
      SHOW_STR REGISTER_STR "What was asked and answered, and what storing it cost\n")
{
	struct survive *survive = phones_of(vty);
	struct registrar_counters registrar;
	struct location_counters location;

	if (!survive)
		return CMD_WARNING;
	registrar_counters(survive_registrar(survive), &registrar);
	location_counters(survive_location(survive), &location);
	print_counts(vty, &registrar, &location);
	return CMD_SUCCESS;
}

/* As IOS has it: three lines for each. */
DEFUN(show_registrar, show_registrar_cmd, "show sip-ua status registrar",
      SHOW_STR "SIP user agent\nState\nWho is registered here\n")
{
	struct survive *survive = phones_of(vty);
	char from[TARGET_ADDRESS_MAX];
	struct listing l;
	struct widths w;

	if (!survive)
		return CMD_WARNING;
	l = list(survive);
	w = widths_of(&l);
	console_print(vty, "%-*s %-*s %-12s %s", w.name, "Line", w.from, "destination",
		      "expires(sec)", "contact");
	console_print(vty, "%-*s %s", w.name, "transport", "call-id");
	console_print(vty, "%-*s %s", w.name, "", "peer");
	console_print(vty, "==============================================================="
			   "===================");
	for (unsigned i = 0; i < l.count; i++) {
		const struct location_binding *b = l.bindings[i];

		console_print(vty, "%-*s %-*s %-12u %s", w.name, b->name, w.from,
			      source_text(&b->contact.source, from), location_left_s(b),
			      b->contact.uri);
		console_print(vty, "%-*s %s", w.name, transports[b->contact.source.transport],
			      b->call_id);
		console_print(vty, "%-*s %u", w.name, "", b->pool ? POOL_PEER_TAG + b->pool : 0);
	}
	talloc_free(l.bindings);
	return CMD_SUCCESS;
}

void show_phones_install(void)
{
	install_element(ENABLE_NODE, &show_pool_cmd);
	install_element(ENABLE_NODE, &show_pools_cmd);
	install_element(ENABLE_NODE, &show_register_cmd);
	install_element(ENABLE_NODE, &show_statistics_cmd);
	install_element(ENABLE_NODE, &show_registrar_cmd);
}
