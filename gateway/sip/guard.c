// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stack's parser drops some broken requests without a word, and would look up a name in Via
 * before it answers others. A message class of our own, a copy of the stack's, mends what is needed
 * for an answer:
 *
 *   - a request line that cannot be read gets a URI that ua_on_request() refuses with 400;
 *   - a Via that cannot be read is replaced by the source of the message, so that the 400 arrives;
 *   - a Via of another transport or version than the message's gets the right one;
 *   - where the message came from is noted in its Via before anything else looks there, and a name there
 *     that the answer would go to (maddr) is taken out;
 *   - a message is never longer than UA_MESSAGE_MAX.
 *
 * Wherever the stack would look up a name all the same, it finds none: it waits for the name servers, and
 * everything else with it.
 *
 * Here is also the first place where a message can be dropped (admission.h): one that has no first
 * line is garbage to the stack, which forgets it without a word.
 */
#include "gateway/sip/proxy.h"
#include "gateway/sip/secure.h"
#include "gateway/sip/ua_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/hostdomain.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_addrinfo.h>

#define MARK_SCHEME "unreadable"

static msg_mclass_t *guarded;
static struct msg_hclass_s request_class, status_class;
static struct admission *admission;
static struct ua *proxy;

bool guard_marked(const sip_t *sip)
{
	const char *scheme = sip->sip_request->rq_url->url_scheme;

	return scheme && !strcmp(scheme, MARK_SCHEME);
}

void guard_use_admission(struct admission *used)
{
	admission = used;
}

void guard_use_proxy(struct ua *used)
{
	proxy = used;
}

/* home is that of the message which is read. The stack forgets its limit for all but the first message of
 * a connection; without one, Content-Length alone can make it abort. */
static bool may_go_on(su_home_t *home, bool response)
{
	if (!msg_maxsize((msg_t *)home, 0))
		msg_maxsize((msg_t *)home, UA_MESSAGE_MAX);
	return !admission || admission_first_line(admission, (msg_t *)home, response);
}

static issize_t parse_status_line(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
	((sip_status_t *)header)->st_common->h_class = sip_status_class;
	return may_go_on(home, true) ? sip_status_class->hc_parse(home, header, text, size) : -1;
}

static issize_t parse_request_line(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
	sip_request_t *request = (sip_request_t *)header;
	char *copy, *method;
	size_t length;
	issize_t rc;

	if (!may_go_on(home, false))
		return -1;
	copy = su_strndup(home, text, size);
	/* Everything else knows this header by the stack's own class. */
	request->rq_common->h_class = sip_request_class;
	rc = sip_request_class->hc_parse(home, header, text, size);
	if (rc >= 0 || !copy)
		return rc;
	length = strcspn(copy, " \t");
	copy[length] = '\0';
	method = copy;
	request->rq_method = sip_method_code(method);
	request->rq_method_name = method;
	request->rq_version = sip_version_2_0;
	url_init(request->rq_url, url_unknown);
	request->rq_url->url_scheme = MARK_SCHEME;
	request->rq_url->url_host = "";
	return 0;
}

static const char *transport_of(msg_t *msg)
{
	const su_addrinfo_t *ai = msg_addrinfo(msg);

	if (!ai || ai->ai_socktype != SOCK_STREAM)
		return sip_transport_udp;
	return secure_is_from((const struct sockaddr *)msg_addr(msg)) ? sip_transport_tls
								      : sip_transport_tcp;
}

static void note_source(msg_t *msg, sip_t *sip)
{
	const su_sockaddr_t *from = msg_addr(msg);
	char host[TARGET_ADDRESS_MAX], address[TARGET_ADDRESS_MAX], param[TARGET_ADDRESS_MAX + 16];
	sip_via_t *via = sip->sip_via;

	if (from->su_family != AF_INET && from->su_family != AF_INET6)
		return;
	target_address_host((const struct sockaddr *)from, host, sizeof(host));
	if (!via) {
		target_address_text((const struct sockaddr *)from, address, sizeof(address));
		via = sip_via_format(msg_home(msg), "%s %s;branch=z9hG4bK-unreadable",
				     transport_of(msg), address);
		if (via)
			msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)via);
		return;
	}
	if (strcmp(via->v_protocol, transport_of(msg))) {
		via->v_protocol = transport_of(msg);
		msg_fragment_clear_chain((msg_header_t *)via);
	}
	if (via->v_maddr && !host_is_ip_address(via->v_maddr))
		msg_header_remove_param(via->v_common, "maddr");
	if (sip->sip_request->rq_version != sip_version_2_0) {
		snprintf(param, sizeof(param), "received=%s", host);
		msg_header_replace_param(msg_home(msg), via->v_common,
					 su_strdup(msg_home(msg), param));
	}
}

/* Called when all headers of a message have been read. */
static issize_t extract_body(msg_t *msg, msg_pub_t *pub, char text[], isize_t size, int eos)
{
	sip_t *sip = (sip_t *)pub;

	if (!(sip->sip_flags & MSG_FLG_BODY)) {
		statistics_received(sip);
		if (sip->sip_request && admission && !admission_headers(admission, msg, sip)) {
			sip->sip_request = NULL;
			return -1;
		}
		if (sip->sip_request)
			note_source(msg, sip);
	}
	/* each time, as messages of other connections may come before the end of this one */
	if (sip->sip_request && proxy)
		proxy_prepare(proxy, sip, msg_addr(msg));
	return sip_extract_body(msg, sip, text, size, eos);
}

const msg_mclass_t *guard_message_class(void)
{
	if (guarded)
		return guarded;
	guarded = sip_extend_mclass(NULL);
	if (!guarded)
		return NULL;
	request_class = *sip_request_class;
	request_class.hc_parse = parse_request_line;
	guarded->mc_request->hr_class = &request_class;
	status_class = *sip_status_class;
	status_class.hc_parse = parse_status_line;
	guarded->mc_status->hr_class = &status_class;
	guarded->mc_extract_body = extract_body;
	sip_update_default_mclass(guarded);
	return guarded;
}

/* In the place of the stack's own. What we send has an address (resolve.h). */
int su_getaddrinfo(const char *node, const char *service, const su_addrinfo_t *hints,
		   su_addrinfo_t **result)
{
	su_addrinfo_t numeric = {0};

	if (hints)
		numeric = *hints;
	numeric.ai_flags |= AI_NUMERICHOST;
	return getaddrinfo(node, service, &numeric, result);
}
