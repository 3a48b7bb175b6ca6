// SPDX-License-Identifier: GPL-2.0-or-later
/* A request that comes to the proxy, from a telephone and from a call manager: its way along Routes,
 * flows and names, and what goes out then. Every signature of a flow is taken for a true one (the linker
 * wraps CRYPTO_memcmp()): fuzzers do not guess them, and whoever gets hold of the key must not get further
 * than to telephones.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/proxy if none is named; those
 * named good... are passed on, others are not). */
#include "gateway/sip/proxy_private.h"
#include "gateway/sip/trust.h"
#include "tests/fuzz/stack_message.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t size);

#define TELEPHONES 0xc0000200u /* 192.0.2.0/24 */
#define MANAGER 0xcb007101u    /* 203.0.113.1; .2 is one that is dead */

static struct ua *ua;
static unsigned long passed;

int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t size)
{
	return 0;
}

static uint32_t host_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET
		   ? ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr)
		   : 0;
}

static bool network(void *arg, const struct sockaddr *source)
{
	return (host_of(source) & 0xffffff00) == TELEPHONES;
}

static enum phone_manager manager(void *arg, const struct sockaddr_storage *address,
				  enum peer_transport transport, bool sends)
{
	uint32_t host = host_of((const struct sockaddr *)address);

	if (host == MANAGER)
		return PHONE_MANAGER;
	return host == MANAGER + 1 ? PHONE_MANAGER_GONE : PHONE_NO_MANAGER;
}

static void setup(void)
{
	struct trust *trust = trust_new();

	trust_set_loopback(trust, false);
	ua = make_ua();
	ua->config.trust = trust;
	ua->phones.network = network;
	ua->phones.manager = manager;
}

/* The first name is a telephone's, the next ones are those of managers, the last is nobody's. */
static void answer(struct proxy_request *r, const struct target *question)
{
	struct proxy_name *name = talloc_zero(ua, struct proxy_name);
	static const uint32_t hosts[] = {TELEPHONES + 1, MANAGER, MANAGER + 1};

	assert(name && r->names_count < PROXY_NAMES_MAX && question->host[0]);
	name->target = *question;
	if (r->names_count < 3) {
		set_address(&name->hops[0].address, hosts[r->names_count], 5060);
		name->hops[0].transport = PEER_TRANSPORT_UDP;
		name->count = 1;
	}
	r->names[r->names_count++] = name;
}

static void send_on(const struct proxy_request *r, const struct proxy_way *way, msg_t *msg)
{
	struct proxy_flow hop = {way->to.remote, way->to.socket->transport};
	msg_t *copy = msg_dup(msg);
	char *text;
	size_t size;

	assert(network(NULL, (struct sockaddr *)&hop.address) ||
	       manager(NULL, &hop.address, hop.transport, false) != PHONE_NO_MANAGER);
	if (!r->manager_sends && !r->sip->sip_to->a_tag) /* what a telephone begins */
		assert(manager(NULL, &hop.address, hop.transport, false) != PHONE_NO_MANAGER);
	assert(copy);
	if (proxy_change_headers(r, way, copy) == 0) {
		text = msg_as_string(msg_home(copy), copy, NULL, 0, &size);
		assert(text && size > 0);
	}
	msg_destroy(copy);
	passed++;
}

static void pass_on(msg_t *msg, const sip_t *sip, uint32_t source)
{
	struct proxy_request r = {.ua = ua, .sip = sip};
	struct proxy_way way;
	unsigned asked = 0;
	int rc;

	set_address(&r.from.remote, source, 5060);
	r.from.socket = &ua->sockets[0];
	r.manager_sends = source == MANAGER;
	while ((rc = proxy_find_way(&r, &way)) == PROXY_LOOKS_UP) {
		assert(++asked <= PROXY_NAMES_MAX);
		answer(&r, &way.question);
	}
	assert(rc == 0 || rc == 1 || (rc >= 400 && rc < 600));
	if (rc == 1)
		send_on(&r, &way, msg);
	for (unsigned i = 0; i < r.names_count; i++)
		talloc_free(r.names[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	msg_t *msg;
	sip_t *sip;

	if (!ua)
		setup();
	sip = parse_message(data, size, &msg);
	if (!sip)
		return 0;
	if (sip->sip_request) {
		pass_on(msg, sip, TELEPHONES + 9);
		pass_on(msg, sip, MANAGER);
	}
	msg_destroy(msg);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	unsigned long before = passed;

	replay_octets(octets, size);
	if (!strncmp(name, "good", 4) == (passed > before))
		return 0;
	fprintf(stderr, "%s: %s\n", name, passed > before ? "passed on" : "not passed on");
	return -1;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "proxy", replay);
}
#endif
