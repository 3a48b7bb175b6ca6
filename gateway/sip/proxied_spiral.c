// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call of one telephone to another passes the gateway twice, up to the call manager and down again. If
 * that dies before the call is answered, the two halves become one: the telephone that rings goes on
 * ringing, and its responses go to the caller past the manager.
 *
 *	alice -- up -- manager -- down -- bob		alice -- down -- bob
 *
 * A manager that makes calls of its own, with other Call-IDs, gives no sign that they belong together.
 */
#include "gateway/sip/proxied.h"

#include <string.h>
#include <strings.h>

#include "gateway/log/log.h"
#include "gateway/sip/message.h"

static unsigned vias_of(const sip_t *sip)
{
	const sip_via_t *via;
	unsigned count = 0;

	for (via = sip->sip_via; via; via = via->v_next)
		count++;
	return count;
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* How many Vias it has met since it went up; 0: it is another one. */
static unsigned vias_since(const sip_t *up, const sip_t *down)
{
	unsigned before = vias_of(up), now = vias_of(down);
	const sip_via_t *via = down->sip_via;

	if (before == 0 || now <= before ||
	    strcmp(up->sip_call_id->i_id, down->sip_call_id->i_id) ||
	    up->sip_cseq->cs_seq != down->sip_cseq->cs_seq ||
	    !is_same(up->sip_from->a_tag, down->sip_from->a_tag))
		return 0;
	for (unsigned i = before; i < now; i++)
		via = via->v_next;
	return is_same(via->v_branch, up->sip_via->v_branch) ? now - before : 0;
}

static bool is_half(const struct proxied *up, const struct proxied *p)
{
	return p != up && p->request.irq && p->request.manager_sends &&
	       p->request.sip->sip_request->rq_method == sip_method_invite &&
	       p->state >= PROXIED_WAITING && p->state <= PROXIED_PROCEEDING && p->out &&
	       vias_since(up->request.sip, p->request.sip);
}

/* NULL: none, or several, and only a manager knows what is to become of the others when one answers. */
static struct proxied *other_half(const struct proxied *up)
{
	struct proxied *p, *found = NULL;

	llist_for_each_entry (p, &up->ua->proxied, entry) {
		if (!is_half(up, p))
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

bool proxied_close_spiral(struct proxied *up)
{
	struct proxied *down = up->request.sip->sip_to->a_tag ? NULL : other_half(up);
	nta_incoming_t *managers;

	if (!down)
		return false;
	LOGP(DSIP, LOGL_NOTICE, "INVITE %s goes on without its call manager\n",
	     up->request.sip->sip_call_id->i_id);
	managers = down->request.irq;
	nta_incoming_bind(managers, NULL, NULL);
	message_reply(up->ua, managers, NULL, 487, TAG_END());
	nta_incoming_destroy(managers);
	down->vias += vias_since(up->request.sip, down->request.sip);
	msg_destroy(down->msg);
	down->request = up->request;
	down->request.names_count = down->request.failed_count = 0;
	down->msg = up->msg;
	up->request.irq = NULL;
	up->msg = NULL;
	proxied_own(down);
	proxied_free(up);
	return true;
}
