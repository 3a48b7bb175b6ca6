// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/proxy_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gateway/sip/target.h"
#include "gateway/sip/trust.h"

struct phone alice, bob, manager, second;
struct proxy_book book;
static struct trust *trust;

const struct asked registering = {
    .method = "REGISTER",
    .uri = "sip:example.com",
    .call_id = "reg",
    .from = "<sip:2001@example.com>;tag=r",
    .to = "<sip:2001@example.com>",
    .branch = "r1",
    .cseq = 7,
    .more = "Expires: 3600\r\nAuthorization: Digest username=\"2001\", realm=\"x\", nonce=\"n\", "
	    "uri=\"sip:example.com\", response=\"00\"\r\n",
};

const struct asked calling = {
    .method = "INVITE",
    .uri = "sip:2002@example.com",
    .call_id = "call",
    .from = "<sip:2001@example.com>;tag=a",
    .to = "<sip:2002@example.com>",
    .branch = "i1",
    .cseq = 1,
};

/* ---- who knows the telephones */

static bool network(void *arg, const struct sockaddr *source)
{
	char host[TARGET_ADDRESS_MAX];

	target_address_host(source, host, sizeof(host));
	return !book.strangers && strcmp(host, "127.0.0.1") == 0;
}

static enum phone_right right(void *arg, const struct phone_request *request,
			      struct phone_caller *caller)
{
	caller->tag = 40001;
	return PHONE_KNOWN;
}

static void add_hop(struct phone_hop *hop, const struct phone *p)
{
	*hop = (struct phone_hop){
	    .emergency_stays = book.emergency_stays,
	    .transport = book.tcp ? PEER_TRANSPORT_TCP : PEER_TRANSPORT_UDP,
	    .name = "",
	};
	assert_int_equal(target_address_parse("127.0.0.1", p->port, &hop->address), 0);
}

static unsigned route(void *arg, const struct phone_request *request,
		      struct phone_hop hops[PHONE_HOPS_MAX])
{
	if (book.fallback)
		return 0;
	add_hop(&hops[0], &manager);
	if (book.two)
		add_hop(&hops[1], &second);
	return book.two ? 2 : 1;
}

static enum phone_manager is_manager(void *arg, const struct sockaddr_storage *address,
				     enum peer_transport transport, bool sends)
{
	unsigned port = target_address_port((const struct sockaddr *)address);

	if (book.two && port == second.port)
		return PHONE_MANAGER;
	if (port != manager.port || address->ss_family != AF_INET)
		return PHONE_NO_MANAGER;
	return book.gone ? PHONE_MANAGER_GONE : PHONE_MANAGER;
}

static void learn(void *arg, const struct phone_register *granted)
{
	book.learnt++;
	book.last = *granted;
	snprintf(book.name, sizeof(book.name), "%s", granted->name);
	snprintf(book.uri, sizeof(book.uri), "%s", granted->contacts[0].uri);
}

static void configure(struct ua_config *config)
{
	config->trust = trust;
}

struct trust *proxy_rig_trust(void)
{
	return trust;
}

const char *proxy_rig_routes(const struct phone *first, const struct phone *last)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "Route: %s, <sip:127.0.0.1:%u;lr>, <sip:127.0.0.1:%u;transport=tcp;lr>, %s\r\n",
		 asked_flow(first), manager.port, manager.port, asked_flow(last));
	return text;
}

int proxy_rig_start(void **state)
{
	static const struct phone_book phones = {
	    .network = network,
	    .right = right,
	    .route = route,
	    .manager = is_manager,
	    .learn = learn,
	};

	memset(&book, 0, sizeof(book));
	trust = trust_new();
	trust_set_loopback(trust, false);
	rig_configure = configure;
	rig_start(NULL);
	ua_use_phone_book(rig.ua, &phones);
	phone_open(&manager, false, false, rig.peer_port);
	phone_open(&alice, false, false, 0);
	phone_open(&bob, false, false, 0);
	phone_open(&second, false, false, 0);
	return 0;
}

int proxy_rig_stop(void **state)
{
	phone_close(&alice);
	phone_close(&bob);
	phone_close(&manager);
	phone_close(&second);
	rig_stop();
	trust_free(trust);
	rig_configure = NULL;
	return 0;
}
