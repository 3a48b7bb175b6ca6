// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/restart.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "conf/location_store.h"

/* In order of numbers, as the configuration has them. */
static void insert_controller(struct conf *conf, struct conf_controller *c)
{
	struct conf_controller *next;

	llist_for_each_entry (next, &conf->controllers, entry)
		if (next->span.number > c->span.number)
			break;
	llist_add_tail(&c->entry, &next->entry);
}

static void *copy(struct conf *conf, const void *original, size_t size)
{
	void *memory = talloc_memdup(conf, original, size);

	OSMO_ASSERT(memory);
	return memory;
}

static void keep_controllers(struct conf *next, const struct conf *running)
{
	const struct conf_controller *now;
	struct conf_controller *c;

	llist_for_each_entry (c, &next->controllers, entry)
		if (!conf_find_controller(running, c->span.number))
			c->shutdown = true; /* it is not open */
	llist_for_each_entry (now, &running->controllers, entry) {
		struct conf_controller *wanted = conf_find_controller(next, now->span.number);

		c = copy(next, now, sizeof(*now));
		if (wanted) {
			osmo_strlcpy(c->description, wanted->description, sizeof(c->description));
			llist_del(&wanted->entry);
			talloc_free(wanted);
		}
		insert_controller(next, c);
	}
}

static struct conf_isdn *find_interface(const struct conf *conf, unsigned span)
{
	struct conf_isdn *i;

	llist_for_each_entry (i, &conf->interfaces, entry)
		if (i->span == span)
			return i;
	return NULL;
}

/* i: that of next; it gets the link of running. */
static void keep_link(struct conf_isdn *i, const struct conf_isdn *running)
{
	struct conf_isdn now = *running;

	now.entry = i->entry;
	now.line = i->line;
	now.supplementary_line = i->supplementary_line;
	now.calls = i->calls;
	memcpy(now.timers_ms, i->timers_ms, sizeof(now.timers_ms));
	/* the dial plan's */
	memcpy(now.trunk_group, i->trunk_group, sizeof(now.trunk_group));
	now.trunk_group_preference = i->trunk_group_preference;
	*i = now;
}

static void insert_interface(struct conf *conf, struct conf_isdn *i)
{
	struct conf_isdn *next;

	llist_for_each_entry (next, &conf->interfaces, entry)
		if (next->span > i->span)
			break;
	llist_add_tail(&i->entry, &next->entry);
}

/* An interface without a block has the defaults of its controller: one that gets its first block, or
 * loses it, waits as a whole. Of a controller that is new nothing runs, and its block may stand. */
static void keep_interfaces(struct conf *next, const struct conf *running)
{
	struct conf_isdn *i, *safe;
	const struct conf_isdn *now;

	llist_for_each_entry_safe (i, safe, &next->interfaces, entry) {
		now = find_interface(running, i->span);
		if (now) {
			keep_link(i, now);
		} else if (conf_find_controller(running, i->span)) {
			llist_del(&i->entry);
			talloc_free(i);
		}
	}
	llist_for_each_entry (now, &running->interfaces, entry)
		if (!find_interface(next, now->span))
			insert_interface(next, copy(next, now, sizeof(*now)));
}

static void keep_voice_service(struct conf *next, const struct conf *running)
{
	struct conf_sip_transport *n = &next->sip;
	const struct conf_sip_transport *r = &running->sip;

	next->rtp_port_first = running->rtp_port_first;
	next->rtp_port_last = running->rtp_port_last;
	next->rtp_line = running->rtp_line;
	memcpy(n->control, r->control, sizeof(n->control));
	n->control_count = r->control_count;
	n->media4 = r->media4;
	n->media6 = r->media6;
	n->port = r->port;
	n->port_secure = r->port_secure;
	n->listen_udp = r->listen_udp;
	n->listen_tcp = r->listen_tcp;
	n->listen_tls = r->listen_tls;
}

static void keep_name_servers(struct conf *next, const struct conf *running)
{
	memcpy(next->name_servers, running->name_servers, sizeof(next->name_servers));
	next->name_servers_count = running->name_servers_count;
	next->enum_time_limit_ms = running->enum_time_limit_ms;
}

/* The password alone may change; one that guards a console that others can reach stays with it. */
static void keep_console(struct conf *next, const struct conf *running)
{
	if (strcmp(next->vty_bind, running->vty_bind) == 0 && next->vty_port == running->vty_port)
		return;
	memcpy(next->vty_bind, running->vty_bind, sizeof(next->vty_bind));
	memcpy(next->vty_password, running->vty_password, sizeof(next->vty_password));
	next->vty_port = running->vty_port;
	next->vty_line = running->vty_line;
}

/* Telephones are where they are. */
static void keep_location(struct conf *next, const struct conf *running)
{
	next->location = running->location;
	location_store_use(next);
}

void restart_keep(struct conf *next, const struct conf *running)
{
	keep_interfaces(next, running);
	keep_controllers(next, running);
	keep_voice_service(next, running);
	keep_name_servers(next, running);
	keep_console(next, running);
	keep_location(next, running);
}
