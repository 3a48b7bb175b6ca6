// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/hops.h"

#include <string.h>

#include "gateway/log/log.h"
#include "gateway/sip/attempt.h"
#include "gateway/sip/place.h"

static bool same_user(const char *uri, const url_t *url)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const url_t *sent = url_hdup(home, (const url_t *)uri);
	bool same =
	    sent && sent->url_user && url->url_user && strcmp(sent->url_user, url->url_user) == 0;

	su_home_deinit(home);
	return same;
}

/* Calls that are being set up are looked through only if the INVITE has been here. */
static bool has_been_sent(const struct ua *ua, const sip_t *sip)
{
	const struct attempt *a;

	llist_for_each_entry (a, &ua->attempts, entry)
		if (a->dialog && strcmp(a->dialog->name, sip->sip_call_id->i_id) == 0 &&
		    same_user(a->uri, sip->sip_request->rq_url))
			return true;
	return false;
}

int hops_check(const struct ua *ua, const sip_t *sip)
{
	const sip_via_t *via = sip->sip_via ? sip->sip_via->v_next : NULL;

	if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0)
		return 483;
	while (via && !place_is_ours(ua, via->v_host, via->v_port))
		via = via->v_next;
	if (!via || !has_been_sent(ua, sip))
		return 0;
	LOGP(DSIP, LOGL_NOTICE, "%s: the call comes back to the number that it was sent to: 482\n",
	     sip->sip_call_id->i_id);
	return 482;
}

unsigned hops_of(const sip_t *sip)
{
	unsigned long count = sip->sip_max_forwards ? sip->sip_max_forwards->mf_count : HOPS_MAX;

	return count < HOPS_MAX ? count : HOPS_MAX;
}
