// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/register_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <osmocom/core/talloc.h>

#include "gateway/sip/admission.h"
#include "gateway/sip/place.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/uri_param_private.h"

#define SUPPORTED "path, outbound"
#define EXPIRES_MAX_S 0xffffffffu
#define PATH_MAX_TEXT 1024
#define NAME_LOGGED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+*#._-"

struct pending { /* talloc'ed; a REGISTER that is being decided */
	struct llist_head entry;
	struct ua *ua;
	nta_incoming_t *irq;
	bool flow;   /* it asks for one (RFC 5626) */
	bool inside; /* receive() has not returned yet */
	int status;  /* that was sent; 0: none yet */
};

/* ---- reading */

/* Values of a header that is a list of addresses, as one text. */
static int join(const sip_route_t *route, char *text, size_t size)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	size_t used = 0;
	int rc = 0;

	text[0] = '\0';
	for (; route && !rc; route = route->r_next) {
		const char *one = sip_header_as_string(home, (const sip_header_t *)route);
		int n =
		    one ? snprintf(text + used, size - used, "%s%s", used ? ", " : "", one) : -1;

		if (n < 0 || (size_t)n >= size - used)
			rc = -EMSGSIZE;
		used += n;
	}
	su_home_deinit(home);
	return rc;
}

static int read_seconds(const char *text, uint32_t *out)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	n = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	*out = n > EXPIRES_MAX_S ? EXPIRES_MAX_S : n;
	return 0;
}

/* "0.75", "1", "1.000": thousandths (RFC 3261 25.1 qvalue) */
static int read_q(const char *text, uint16_t *out)
{
	unsigned q = 0, digits = 0;

	if ((*text != '0' && *text != '1') || (text[1] && text[1] != '.'))
		return -EINVAL;
	for (const char *c = text[1] ? text + 2 : ""; *c; c++, digits++) {
		if (*c < '0' || *c > '9' || digits == 3)
			return -EINVAL;
		q = 10 * q + (*c - '0');
	}
	for (; digits < 3; digits++)
		q *= 10;
	q += (*text - '0') * 1000;
	if (q > 1000)
		return -EINVAL;
	*out = q;
	return 0;
}

/* A quoted value without its quotes. */
static const char *unquoted(su_home_t *home, const char *value)
{
	size_t length = value ? strlen(value) : 0;

	if (length < 2 || value[0] != '"' || value[length - 1] != '"')
		return value ? value : "";
	return su_strndup(home, value + 1, length - 2);
}

bool register_is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int read_contact(su_home_t *home, const sip_contact_t *contact, struct phone_contact *out)
{
	const char *instance = msg_header_find_param(contact->m_common, "+sip.instance=");
	const char *reg_id = msg_header_find_param(contact->m_common, "reg-id=");

	out->uri = url_as_string(home, contact->m_url);
	out->instance = unquoted(home, instance);
	if (!out->uri || !out->instance)
		return -ENOMEM;
	if (strlen(out->uri) > PHONE_URI_MAX || strlen(out->instance) > PHONE_URI_MAX ||
	    !register_is_plain(out->uri) || !register_is_plain(out->instance))
		return -EINVAL;
	out->q = 1000;
	if (contact->m_q && read_q(contact->m_q, &out->q))
		return -EINVAL;
	if (reg_id && (read_seconds(reg_id, &out->reg_id) || !out->reg_id))
		return -EINVAL;
	if (!contact->m_expires)
		return 0;
	/* what cannot be read counts as 3600 (RFC 3261 10.2.1.1) */
	if (read_seconds(contact->m_expires, &out->expires_s))
		out->expires_s = 3600;
	out->expires_given = true;
	return 0;
}

static bool is_target_ok(const url_t *url)
{
	return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host &&
	       url->url_host[0];
}

/* RFC 5626 6: who does not support it says nothing with reg-id. */
static bool asks_for_flow(const sip_t *sip, const struct phone_contact *contact)
{
	return contact->reg_id && contact->instance[0] &&
	       (sip_has_supported(sip->sip_supported, "outbound") ||
		sip_has_feature(sip->sip_require, "outbound"));
}

/* Whoever has the connection: this gateway, or the proxy next to the telephone, which says so in the
 * last Path (RFC 5626 5.1). */
static bool is_flow_kept(const sip_t *sip)
{
	const sip_path_t *last = sip->sip_path;

	if (sip->sip_via && !sip->sip_via->v_next)
		return true;
	while (last && last->r_next)
		last = last->r_next;
	return last && uri_has_param(last->r_url, "ob");
}

int register_read_contacts(su_home_t *home, const sip_t *sip, struct phone_register *out)
{
	const sip_contact_t *contact = sip->sip_contact;
	const char *path = su_alloc(home, PATH_MAX_TEXT);

	if (!path || join((const sip_route_t *)sip->sip_path, (char *)path, PATH_MAX_TEXT))
		return -EINVAL;
	for (; contact; contact = contact->m_next) {
		struct phone_contact *c = &out->contacts[out->count];

		if (out->count == PHONE_CONTACTS_MAX)
			return -EMSGSIZE;
		if (contact->m_url->url_type == url_any) {
			if (contact->m_next || out->count || !sip->sip_expires ||
			    sip->sip_expires->ex_delta)
				return -EINVAL;
			*c = (struct phone_contact){.uri = "*", .path = "", .instance = ""};
			c->expires_given = true;
		} else if (!is_target_ok(contact->m_url) || read_contact(home, contact, c)) {
			return -EINVAL;
		}
		if (!c->expires_given && sip->sip_expires) {
			c->expires_s = sip->sip_expires->ex_delta > EXPIRES_MAX_S
					   ? EXPIRES_MAX_S
					   : sip->sip_expires->ex_delta;
			c->expires_given = true;
		}
		c->path = path;
		c->source = out->source;
		if (!asks_for_flow(sip, c))
			c->reg_id = 0;
		else if (!is_flow_kept(sip))
			return -EPROTO;
		c->outbound = c->reg_id && !sip->sip_via->v_next;
		out->count++;
	}
	return 0;
}

static const char *instance_of(const sip_t *sip)
{
	const char *value =
	    sip->sip_contact ? msg_header_find_param(sip->sip_contact->m_common, "+sip.instance=")
			     : NULL;

	return value ? value : "";
}

int register_read_source(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
			 struct phone_request *out)
{
	const url_t *url = sip->sip_request->rq_method == sip_method_register
			       ? sip->sip_to->a_url
			       : sip->sip_from->a_url;
	struct ua_path path;

	if (message_source(ua, irq, &path))
		return -EINVAL;
	out->name = url->url_user ? url->url_user : "";
	if (strlen(out->name) > PHONE_NAME_MAX || !register_is_plain(out->name))
		return -EINVAL;
	out->instance = instance_of(sip);
	out->registers = sip->sip_request->rq_method == sip_method_register;
	out->source.address = path.remote;
	out->trusted_bits = trust_bits(ua->config.trust, (const struct sockaddr *)&path.remote);
	out->source.transport = path.socket->transport;
	out->source.user_agent = sip->sip_user_agent && sip->sip_user_agent->g_string
				     ? sip->sip_user_agent->g_string
				     : "";
	return 0;
}

/* ---- answering */

/* All that a 200 says beyond its status. NULL: no memory. */
static char *answer_lines(void *ctx, const struct phone_answer *answer, bool flow)
{
	time_t now = time(NULL);
	char *text, date[64];
	struct tm tm;

	/* for telephones that have no clock (RFC 3261 10.3) */
	strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &tm));
	text = talloc_strdup(ctx, date);
	for (unsigned i = 0; i < answer->count; i++) {
		const struct phone_contact *c = &answer->contacts[i];

		text = talloc_asprintf_append(text, "Contact: <%s>;expires=%u;q=%u.%03u", c->uri,
					      c->expires_s, c->q / 1000, c->q % 1000);
		if (c->instance[0])
			text = talloc_asprintf_append(text, ";+sip.instance=\"%s\"", c->instance);
		if (c->reg_id)
			text = talloc_asprintf_append(text, ";reg-id=%u", c->reg_id);
		text = talloc_strdup_append(text, "\r\n");
	}
	if (flow)
		text = talloc_strdup_append(text, "Require: outbound\r\n");
	return text;
}

/* Once a minute for each source (admission.h). */
static void log_refusal(const struct pending *p, const sip_t *sip, const char *why)
{
	const char *name = sip->sip_to->a_url->url_user;
	struct ua_path path;
	char what[160];

	if (message_source(p->ua, p->irq, &path))
		return;
	/* a name that says more than who it is might say what is not so */
	if (!name || strspn(name, NAME_LOGGED) != strlen(name))
		name = "?";
	snprintf(what, sizeof(what), "REGISTER of %.*s refused: %s", PHONE_NAME_MAX, name, why);
	admission_refused(p->ua->admission, (const struct sockaddr *)&path.remote, what);
}

static void send_answer(struct pending *p, const struct phone_answer *answer)
{
	char min_expires[16], retry_after[16];
	char *lines = NULL;
	msg_t *request = nta_incoming_getrequest(p->irq);
	const sip_t *sip = sip_object(request);

	snprintf(min_expires, sizeof(min_expires), "%u", answer->min_expires_s);
	snprintf(retry_after, sizeof(retry_after), "%u", answer->retry_after_s);
	if (answer->why)
		log_refusal(p, sip, answer->why);
	if (answer->status == 200)
		lines = answer_lines(p, answer, p->flow);
	p->status = answer->status == 200 && !lines ? 500 : (int)answer->status;
	message_reply(
	    p->ua, p->irq, NULL, p->status,
	    TAG_IF(p->status == 423, SIPTAG_MIN_EXPIRES_STR(min_expires)),
	    TAG_IF(p->status == 503 && answer->retry_after_s, SIPTAG_RETRY_AFTER_STR(retry_after)),
	    TAG_IF(p->status == 200 && sip->sip_path, SIPTAG_PATH(sip->sip_path)),
	    TAG_IF(p->status == 200, SIPTAG_SUPPORTED_STR(SUPPORTED)),
	    TAG_IF(lines && lines[0], SIPTAG_HEADER_STR(lines)), TAG_END());
	msg_destroy(request);
	if (p->status >= 300)
		p->ua->counters.requests_refused++;
}

/* The phone book has decided. */
static void answered(void *arg, const struct phone_answer *answer)
{
	struct pending *p = arg;

	send_answer(p, answer);
	if (p->inside)
		return;
	nta_incoming_destroy(p->irq);
	llist_del(&p->entry);
	talloc_free(p);
}

static int refuse(struct ua *ua, nta_incoming_t *irq, int status)
{
	ua->counters.requests_refused++;
	message_reply(ua, irq, NULL, status, TAG_END());
	return status;
}

static void decide(struct pending *p, const struct phone_register *in)
{
	const struct phone_book *book = &p->ua->phones;

	for (unsigned i = 0; i < in->count; i++)
		p->flow |= in->contacts[i].reg_id &&
			   (in->contacts[i].expires_s || !in->contacts[i].expires_given);
	p->inside = true;
	book->receive(book->arg, in, answered, p);
	p->inside = false;
}

/* The stack drops the request when this returns a status: it stays ours as long as it waits. */
static int give(struct ua *ua, nta_incoming_t *irq, const struct phone_register *in)
{
	struct pending *p = talloc_zero(ua, struct pending);
	int status;

	if (!p)
		return refuse(ua, irq, 500);
	p->ua = ua;
	p->irq = irq;
	llist_add_tail(&p->entry, &ua->registers);
	decide(p, in);
	status = p->status;
	if (status) {
		llist_del(&p->entry);
		talloc_free(p);
	}
	return status;
}

bool register_is_path_its_own(const struct ua *ua, const sip_t *sip,
			      const struct sockaddr_storage *source)
{
	struct target hop;

	if (!sip->sip_path || trust_allows(ua->config.trust, (const struct sockaddr *)source))
		return true;
	return place_target(sip->sip_path->r_url, PEER_TRANSPORT_UDP, &hop) == 0 &&
	       hop.address.ss_family != AF_UNSPEC && target_same_host(&hop.address, source);
}

int register_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
		     const struct requester *who)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct phone_register in = {
	    .tag = who->phone.tag,
	    .source = who->request.source,
	    .user = who->user ? who->user->name : NULL,
	};
	char name[PHONE_NAME_MAX + 1];
	int status = message_check_required(irq, sip, SUPPORTED), rc = -EINVAL;

	if (status)
		return status;
	if (url_unescape(name, who->request.name) && name[0] && register_is_plain(name) &&
	    sip->sip_call_id)
		rc = register_read_contacts(home, sip, &in);
	if (rc) {
		status = refuse(ua, irq, rc == -EPROTO ? 439 : 400);
	} else if (!register_is_path_its_own(ua, sip, &in.source.address)) {
		status = refuse(ua, irq, 403);
	} else {
		in.name = name;
		in.call_id = sip->sip_call_id->i_id;
		in.cseq = sip->sip_cseq->cs_seq;
		status = give(ua, irq, &in);
	}
	su_home_deinit(home);
	return status;
}

void register_forget_all(struct ua *ua)
{
	struct pending *p, *next;

	llist_for_each_entry_safe (p, next, &ua->registers, entry) {
		nta_incoming_destroy(p->irq);
		llist_del(&p->entry);
		talloc_free(p);
	}
}
