// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/verify.h"

#include <stdlib.h>

#include "conf/conf_blocks.h"
#include "dialplan/expect.h"
#include "dialplan/lint.h"

/* Where a peer stands in the file; peers are in order of their tags. */
struct verify {
	struct loader *loader;
	const struct conf_peer **peers;
	size_t count;
	unsigned rules_line, set; /* of the voice translation-rule that is looked at; 0: none */
};

static int compare_tags(const void *pa, const void *pb)
{
	const uint32_t *tag = pa;
	const struct conf_peer *peer = *(const struct conf_peer *const *)pb;

	return *tag < peer->peer.tag ? -1 : *tag > peer->peer.tag;
}

static unsigned line_of(const struct verify *verify, uint32_t tag)
{
	const struct conf_peer **found = verify->count ? bsearch(&tag, verify->peers, verify->count,
								 sizeof(*found), compare_tags)
						       : NULL;

	return found ? (*found)->line : 0;
}

static void warn_of_peers(void *arg, const struct lint_warning *warning)
{
	const struct verify *verify = arg;
	unsigned line = line_of(verify, warning->tag), other = line_of(verify, warning->other);

	if (!warning->tag)
		line = loader_conf(verify->loader)->emergency_line;
	if (other && other != line)
		loader_warning(verify->loader, line, "%s; dial-peer voice %u: line %u",
			       warning->text, warning->other, other);
	else
		loader_warning(verify->loader, line, "%s", warning->text);
}

static void warn_of_rules(void *arg, const struct lint_warning *warning)
{
	const struct verify *verify = arg;

	loader_warning(verify->loader, verify->rules_line, "voice translation-rule %u: %s",
		       verify->set, warning->text);
}

static void verify_lint(struct verify *verify, const struct plan *plan)
{
	const struct conf *conf = loader_conf(verify->loader);
	const struct conf_translation_rules *rules;
	const struct conf_isdn *interface;
	struct lint_options options = {0};

	llist_for_each_entry (interface, &conf->interfaces, entry)
		options.overlap = options.overlap || interface->calls.overlap_receiving;
	lint_plan(plan, &options, warn_of_peers, verify);
	llist_for_each_entry (rules, &conf->translation_rules, head.entry) {
		verify->rules_line = rules->head.line;
		verify->set = rules->set;
		lint_rules(rules->rules, rules->count, warn_of_rules, verify);
	}
}

/* Whether a call can come from there. */
static bool source_exists(const struct conf *conf, const struct plan *plan, const char *source,
			  char *why, size_t why_size)
{
	struct trial trial;
	char what[256];

	trial_init(&trial);
	if (!source[0] || trial_set_source(&trial, plan, source) < 0 || !trial.request.port ||
	    conf_controller_of_port(conf, trial.request.port, what, sizeof(what)))
		return true;
	snprintf(why, why_size, "call on %s", what);
	return false;
}

static void verify_expectations(const struct verify *verify, const struct plan *plan)
{
	const struct conf *conf = loader_conf(verify->loader);
	const struct conf_expect *e;
	struct expect expect;
	char why[512];

	llist_for_each_entry (e, &conf->expects, entry)
		if (expect_parse(&expect, e->text, why, sizeof(why)) < 0 ||
		    !source_exists(conf, plan, expect.source, why, sizeof(why)) ||
		    expect_verify(&expect, plan, why, sizeof(why)) < 0)
			loader_error(verify->loader, e->line, "expect %s", why);
}

static int peers_by_tag(struct verify *verify)
{
	const struct conf *conf = loader_conf(verify->loader);
	const struct conf_peer *p;
	size_t count = 0;

	llist_for_each_entry (p, &conf->peers, entry)
		count++;
	verify->peers = calloc(count ? count : 1, sizeof(verify->peers[0]));
	if (!verify->peers)
		return -1;
	llist_for_each_entry (p, &conf->peers, entry)
		verify->peers[verify->count++] = p;
	return 0;
}

void conf_verify(struct loader *loader)
{
	struct verify verify = {.loader = loader};
	struct conf *conf = loader_conf(loader);
	struct plan *plan;
	char why[512];

	/* who makes the plan for use says what is wrong then */
	if (conf_make_plan(conf, &plan, why, sizeof(why)) < 0)
		return;
	conf->made = plan;
	verify_expectations(&verify, plan);
	if (peers_by_tag(&verify) == 0)
		verify_lint(&verify, plan);
	free(verify.peers);
}
