// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/trusted_names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"

#define LABEL_MAX (TARGET_HOST_MAX + 16)
#define LINE_MAX_LENGTH 1024

struct trusted_names {
	struct trusted_names_config config;
	struct resolver *resolver;
	struct llist_head names;
	unsigned generation;
};

struct trusted_name {
	struct llist_head entry;
	struct trusted_names *owner;
	struct target target;
	char label[LABEL_MAX]; /* "sip.example.com:5062/tcp", its name in struct trust */
	struct sockaddr_storage addresses[RESOLVE_ADDRESSES_MAX]; /* trusted now; port 0 */
	unsigned count;
	unsigned generation; /* of the set of names that it was last in */
	int error;	     /* of the last look-up */
	struct resolve *question;
	struct osmo_timer_list next;
};

/* ---- sets of addresses */

static bool set_has(const struct sockaddr_storage *set, unsigned count,
		    const struct sockaddr_storage *address)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (target_address_equal((const struct sockaddr *)&set[i],
					 (const struct sockaddr *)address))
			return true;
	return false;
}

static unsigned set_add(struct sockaddr_storage *set, unsigned count,
			const struct sockaddr_storage *addresses, unsigned addresses_count)
{
	unsigned i;

	for (i = 0; i < addresses_count && count < RESOLVE_ADDRESSES_MAX; i++) {
		struct sockaddr_storage address = addresses[i];

		target_address_set_port(&address, 0);
		if (!set_has(set, count, &address))
			set[count++] = address;
	}
	return count;
}

static bool set_equal(const struct sockaddr_storage *a, unsigned a_count,
		      const struct sockaddr_storage *b, unsigned b_count)
{
	unsigned i;

	for (i = 0; i < a_count; i++)
		if (!set_has(b, b_count, &a[i]))
			return false;
	return a_count == b_count;
}

/* ---- look-ups */

static void log_change(const struct trusted_name *n)
{
	char line[LINE_MAX_LENGTH] = "", host[TARGET_ADDRESS_MAX];
	size_t used = 0;
	unsigned i;

	for (i = 0; i < n->count && used < sizeof(line); i++) {
		target_address_host((const struct sockaddr *)&n->addresses[i], host, sizeof(host));
		used += snprintf(line + used, sizeof(line) - used, " %s", host);
	}
	LOGP(DSIP, LOGL_NOTICE, "session target %s: INVITEs are accepted from%s\n", n->label, line);
}

static void take_answer(struct trusted_name *n, const struct resolve_answer *answer)
{
	struct sockaddr_storage set[RESOLVE_ADDRESSES_MAX];
	unsigned count = set_add(set, 0, answer->addresses, answer->count);

	if (answer->partial)
		count = set_add(set, count, n->addresses, n->count);
	if (set_equal(set, count, n->addresses, n->count))
		return;
	if (trust_set_name(n->owner->config.trust, n->label, set, count)) {
		LOGP(DSIP, LOGL_ERROR, "session target %s: no memory for its addresses\n",
		     n->label);
		return;
	}
	memcpy(n->addresses, set, count * sizeof(set[0]));
	n->count = count;
	log_change(n);
}

static void look_up_later(struct trusted_name *n)
{
	unsigned ms = n->error ? n->owner->config.retry_ms : n->owner->config.interval_ms;

	osmo_timer_schedule(&n->next, ms / 1000, ms % 1000 * 1000);
}

static void note_error(struct trusted_name *n, int error)
{
	if (error && error != n->error)
		LOGP(DSIP, LOGL_NOTICE, "session target %s: cannot be looked up: %s, %s\n",
		     n->label, resolve_error(error),
		     n->count ? "its addresses stay trusted" : "INVITEs from it are refused");
	n->error = error;
	look_up_later(n);
}

static void looked_up(void *arg, int error, const struct resolve_answer *answer)
{
	struct trusted_name *n = arg;

	n->question = NULL;
	if (!error)
		take_answer(n, answer);
	note_error(n, error);
}

static void look_up(void *data)
{
	struct trusted_name *n = data;
	int rc = resolve_start(n->owner->resolver, &n->target, looked_up, n, &n->question);

	if (rc < 0)
		note_error(n, rc);
}

/* ---- life */

int trusted_names_new(void *ctx, const struct trusted_names_config *config,
		      struct trusted_names **out)
{
	struct trusted_names *names = talloc_zero(ctx, struct trusted_names);
	int rc;

	if (!names)
		return -ENOMEM;
	rc = resolver_new(names, config->servers, 0, &names->resolver);
	if (rc < 0) {
		talloc_free(names);
		return rc;
	}
	names->config = *config;
	if (!names->config.interval_ms)
		names->config.interval_ms = TRUSTED_NAMES_INTERVAL_MS;
	if (!names->config.retry_ms)
		names->config.retry_ms = TRUSTED_NAMES_RETRY_MS;
	INIT_LLIST_HEAD(&names->names);
	*out = names;
	return 0;
}

/* Its port or transport is another than before: who was trusted at that host stays so until it has
 * been looked up. */
static void take_over(struct trusted_name *n)
{
	const struct trusted_name *other;

	llist_for_each_entry (other, &n->owner->names, entry) {
		if (other->generation == n->generation || !other->count ||
		    strcmp(other->target.host, n->target.host) != 0)
			continue;
		if (trust_set_name(n->owner->config.trust, n->label, other->addresses,
				   other->count) < 0)
			return;
		memcpy(n->addresses, other->addresses, sizeof(n->addresses));
		n->count = other->count;
		return;
	}
}

int trusted_names_add(struct trusted_names *names, const struct target *target)
{
	char label[LABEL_MAX];
	struct trusted_name *n;

	target_hostport(target, label, sizeof(label));
	strcat(label, target->transport == PEER_TRANSPORT_TCP ? "/tcp" : "/udp");
	llist_for_each_entry (n, &names->names, entry)
		if (!strcmp(n->label, label)) {
			n->generation = names->generation;
			return 0;
		}
	n = talloc_zero(names, struct trusted_name);
	if (!n)
		return -ENOMEM;
	n->owner = names;
	n->target = *target;
	n->generation = names->generation;
	strcpy(n->label, label);
	osmo_timer_setup(&n->next, look_up, n);
	take_over(n);
	llist_add_tail(&n->entry, &names->names);
	look_up(n);
	return 0;
}

void trusted_names_begin(struct trusted_names *names)
{
	names->generation++;
}

void trusted_names_end(struct trusted_names *names)
{
	struct trusted_name *n, *next;

	llist_for_each_entry_safe (n, next, &names->names, entry) {
		if (n->generation == names->generation)
			continue;
		if (n->question)
			resolve_cancel(n->question);
		osmo_timer_del(&n->next);
		trust_set_name(names->config.trust, n->label, NULL, 0);
		llist_del(&n->entry);
		talloc_free(n);
	}
}

void trusted_names_free(struct trusted_names *names)
{
	struct trusted_name *n;

	if (!names)
		return;
	llist_for_each_entry (n, &names->names, entry)
		osmo_timer_del(&n->next);
	resolver_free(names->resolver);
	talloc_free(names);
}
