// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/setups.h"

#include <string.h>
#include <osmocom/core/hashtable.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/source_limit.h"
#include "gateway/sip/target.h"

#define SETUPS_HASH_BITS 8

struct setup_source { /* while it has any */
	struct hlist_node node;
	struct source_prefix prefix;
	unsigned count;
};

struct setups {
	DECLARE_HASHTABLE(sources, SETUPS_HASH_BITS);
	unsigned long refusals, untold;
	uint64_t told_s;
};

struct setups *setups_new(void *ctx)
{
	struct setups *setups = talloc_zero(ctx, struct setups);

	if (setups)
		hash_init(setups->sources);
	return setups;
}

static struct setup_source *find(const struct setups *setups, const struct source_prefix *prefix)
{
	struct setup_source *s;

	hash_for_each_possible(
	    setups->sources, s, node,
	    source_prefix_hash(prefix)) if (source_prefix_equal(&s->prefix, prefix)) return s;
	return NULL;
}

bool setups_admit(const struct setups *setups, const struct sockaddr *source, unsigned most,
		  unsigned left)
{
	struct source_prefix prefix;
	struct setup_source *s;

	source_limit_prefix(source, &prefix);
	s = find(setups, &prefix);
	return !s || s->count < (most == SETUPS_SHARE ? left : most);
}

struct setup_source *setups_begin(struct setups *setups, const struct sockaddr *source)
{
	struct source_prefix prefix;
	struct setup_source *s;

	source_limit_prefix(source, &prefix);
	s = find(setups, &prefix);
	if (!s) {
		s = talloc_zero(setups, struct setup_source);
		if (!s)
			return NULL;
		s->prefix = prefix;
		hash_add(setups->sources, &s->node, source_prefix_hash(&prefix));
	}
	s->count++;
	return s;
}

void setups_end(struct setup_source *s)
{
	if (!s || --s->count)
		return;
	hash_del(&s->node);
	talloc_free(s);
}

void setups_refused(struct setups *setups, const struct sockaddr *source, uint64_t now_ms)
{
	char host[TARGET_ADDRESS_MAX];

	setups->refusals++;
	setups->untold++;
	if (setups->told_s == now_ms / 1000)
		return;
	setups->told_s = now_ms / 1000;
	target_address_host(source, host, sizeof(host));
	LOGP(DSIP, LOGL_NOTICE,
	     "%lu call%s refused, of %s: too many are under way without an ACK (source-limit "
	     "setups)\n",
	     setups->untold, setups->untold == 1 ? "" : "s", host);
	setups->untold = 0;
}

unsigned long setups_refusals(const struct setups *setups)
{
	return setups->refusals;
}
