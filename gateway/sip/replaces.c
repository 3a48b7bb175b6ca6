// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/replaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/attempt.h"

static bool has_fork(const struct attempt *a, const nta_leg_t *leg)
{
	const struct fork *fork;

	llist_for_each_entry (fork, &a->forks, entry)
		if (fork->leg == leg)
			return true;
	return false;
}

static struct leg_sip *leg_with(const struct ua *ua, const nta_leg_t *leg)
{
	struct leg_sip *l;

	llist_for_each_entry (l, &ua->legs, entry) {
		const struct dialog *d = l->dialog;

		if (d && (d->leg == leg || (d->attempt && has_fork(d->attempt, leg))))
			return l;
	}
	return NULL;
}

struct leg_sip *replaces_find(const struct ua *ua, const sip_replaces_t *replaces)
{
	nta_agent_t *agent = NULL;

	for (unsigned i = 0; i < ua->sockets_count; i++) {
		nta_leg_t *leg;

		if (ua->sockets[i].agent == agent)
			continue;
		agent = ua->sockets[i].agent;
		leg = nta_leg_by_replaces(agent, replaces);
		if (leg)
			return leg_with(ua, leg);
	}
	return NULL;
}

/* The tags are as we have them; some have them the other way round. */
struct leg_sip *replaces_find_target(const struct ua *ua, const sip_t *sip)
{
	const sip_unknown_t *header = sip->sip_unknown;
	char call_id[REPLACES_TEXT_MAX], near[128], far[128];
	sip_replaces_t dialog = {.rp_call_id = call_id, .rp_to_tag = near, .rp_from_tag = far};
	struct leg_sip *l;

	while (header && (!header->un_name || strcasecmp(header->un_name, "Target-Dialog")))
		header = header->un_next;
	if (!header || !header->un_value ||
	    identity_param(header->un_value, "local-tag", near, sizeof(near)) ||
	    identity_param(header->un_value, "remote-tag", far, sizeof(far)))
		return NULL;
	snprintf(call_id, sizeof(call_id), "%.*s", (int)strcspn(header->un_value, "; \t"),
		 header->un_value);
	l = replaces_find(ua, &dialog);
	if (l)
		return l;
	dialog.rp_to_tag = far;
	dialog.rp_from_tag = near;
	return replaces_find(ua, &dialog);
}

/* A second one, or one that the parser could not read. */
static bool is_wrong(const sip_t *sip)
{
	const sip_header_t *header = (const sip_header_t *)sip->sip_error;

	for (; header; header = header->sh_next)
		if (header->sh_class == sip_replaces_class)
			return true;
	return sip->sip_replaces &&
	       (!sip->sip_replaces->rp_to_tag || !sip->sip_replaces->rp_from_tag);
}

int replaces_check(const struct ua *ua, const sip_t *sip, struct leg_sip **out)
{
	struct leg_sip *l;

	*out = NULL;
	if (is_wrong(sip))
		return 400;
	if (!sip->sip_replaces)
		return 0;
	l = replaces_find(ua, sip->sip_replaces);
	if (!l)
		return 481;
	if (l->state == LEG_SIP_OVER || !l->leg.call)
		return 603;
	if (l->state == LEG_SIP_UP && sip->sip_replaces->rp_early_only)
		return 486;
	if (l->state != LEG_SIP_UP && !l->dialog->attempt)
		return 481; /* it rings here, not there */
	*out = l;
	return 0;
}

sip_replaces_t *replaces_of_uri(su_home_t *home, const url_t *url)
{
	char *headers = url->url_headers ? su_strdup(home, url->url_headers) : NULL;
	char *header, *rest;

	for (header = headers; header; header = rest) {
		rest = strchr(header, '&');
		if (rest)
			*rest++ = '\0';
		if (strncasecmp(header, "Replaces=", 9))
			continue;
		header += 9;
		url_unescape(header, header);
		return sip_replaces_make(home, header);
	}
	return NULL;
}

int replaces_text(const sip_replaces_t *replaces, char text[REPLACES_TEXT_MAX])
{
	int length = snprintf(text, REPLACES_TEXT_MAX, "%s;to-tag=%s;from-tag=%s%s",
			      replaces->rp_call_id, replaces->rp_to_tag, replaces->rp_from_tag,
			      replaces->rp_early_only ? ";early-only" : "");

	return length < REPLACES_TEXT_MAX ? 0 : -EMSGSIZE;
}
