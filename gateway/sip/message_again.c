// SPDX-License-Identifier: GPL-2.0-or-later
/* A request that goes out once more: with credentials, with another session interval. */
#include "gateway/sip/message.h"

#include <stdarg.h>

static void drop_all(msg_t *msg, sip_header_t **first)
{
	while (*first)
		sip_header_remove(msg, sip_object(msg), *first);
}

/* What each transmission, or tags, will have anew. */
static void strip(msg_t *msg, bool route)
{
	sip_t *sip = sip_object(msg);

	drop_all(msg, (sip_header_t **)&sip->sip_via);
	drop_all(msg, (sip_header_t **)&sip->sip_authorization);
	drop_all(msg, (sip_header_t **)&sip->sip_proxy_authorization);
	if (route)
		drop_all(msg, (sip_header_t **)&sip->sip_route);
}

static int number_anew(const struct message_request *r, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	const sip_request_t *line = sip->sip_request;
	sip_cseq_t *cseq;

	if (r->leg)
		return nta_msg_request_complete(msg, r->leg, line->rq_method, line->rq_method_name,
						(const url_string_t *)line->rq_url);
	cseq = sip_cseq_create(msg_home(msg), sip->sip_cseq->cs_seq + 1, sip->sip_cseq->cs_method,
			       sip->sip_cseq->cs_method_name);
	return cseq ? sip_header_insert(msg, sip, (sip_header_t *)cseq) : -1;
}

static msg_t *copy_request(const struct message_request *r, nta_outgoing_t *out, const tagi_t *tags)
{
	msg_t *original = nta_outgoing_getrequest(out);
	msg_t *msg = original ? msg_dup(original) : NULL;

	if (original)
		msg_destroy(original);
	if (!msg)
		return NULL;
	strip(msg, r->leg != NULL);
	if (sip_add_tl(msg, sip_object(msg), TAG_NEXT(tags)) < 0 || number_anew(r, msg) < 0) {
		msg_destroy(msg);
		return NULL;
	}
	return msg;
}

bool message_repeat(const struct message_request *r, nta_outgoing_t **out, tag_type_t tag,
		    tag_value_t value, ...)
{
	nta_outgoing_t *again = NULL;
	tagi_t *tags;
	va_list args;
	msg_t *msg;

	va_start(args, value);
	tags = tl_vlist2(tag, value, args);
	va_end(args);
	msg = tags ? copy_request(r, *out, tags) : NULL;
	tl_vfree(tags);
	if (msg)
		again = message_send_again(r, msg);
	if (!again)
		return false;
	nta_outgoing_destroy(*out);
	*out = again;
	return true;
}
