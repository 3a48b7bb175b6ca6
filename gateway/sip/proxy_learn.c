// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is learnt of a telephone when its call manager has registered it: the contacts that its own
 * REGISTER has named and the 200 has granted, as reached where that REGISTER came from. What it says of
 * others of its name, or of a Path that is not its own, would let it send calls to anybody.
 */
#include "gateway/sip/proxy_private.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/log/log.h"
#include "gateway/sip/register_request.h"

static uint32_t granted_s(const sip_t *answer, const sip_contact_t *asked, uint32_t asked_s)
{
	const sip_contact_t *c = answer->sip_contact;

	while (c && url_cmp(c->m_url, asked->m_url))
		c = c->m_next;
	if (!c)
		return 0;
	if (c->m_expires)
		return strtoul(c->m_expires, NULL, 10);
	return answer->sip_expires ? answer->sip_expires->ex_delta : asked_s;
}

static void take(const struct proxy_request *r, struct phone_register *in, const sip_t *answer)
{
	const sip_contact_t *contact = r->sip->sip_contact;

	in->call_id = r->sip->sip_call_id->i_id;
	in->cseq = r->sip->sip_cseq->cs_seq;
	in->source.user_agent = "";
	for (unsigned i = 0; i < in->count; i++, contact = contact->m_next) {
		struct phone_contact *c = &in->contacts[i];

		c->source.user_agent = "";
		if (strcmp(c->uri, "*") != 0)
			c->expires_s =
			    granted_s(answer, contact, c->expires_given ? c->expires_s : 3600);
		c->expires_given = true;
	}
	r->ua->phones.learn(r->ua->phones.arg, in);
}

void proxy_learn(const struct proxy_request *r, const struct proxy_way *way, const sip_t *answer)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct phone_register in = {
	    .tag = way->tag,
	    .source = {.address = r->from.remote, .transport = r->from.socket->transport},
	};
	const char *user = r->sip->sip_to->a_url->url_user;
	char name[PHONE_NAME_MAX + 1];

	if (r->ua->phones.learn && user && strlen(user) <= PHONE_NAME_MAX &&
	    url_unescape(name, user) && register_is_plain(name) &&
	    register_is_path_its_own(r->ua, r->sip, &in.source.address) &&
	    register_read_contacts(home, r->sip, &in) == 0 && in.count) {
		in.name = name;
		take(r, &in, answer);
	}
	su_home_deinit(home);
}
