// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NAPTR -> SRV -> AAAA and A. What can be asked at once is asked at once; the next step begins when
 * the last answer of a step is there.
 */
#include "gateway/sip/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/sip/dns.h"
#include "gateway/sip/srv.h"

#define HOSTS_MAX 16
#define FAMILY_ADDRESSES_MAX 32 /* of one host */
#define QUERIES_MAX (2 * HOSTS_MAX)

struct resolver {
	struct dns *dns;
	struct llist_head questions;
	unsigned time_limit_ms;
	enum resolve_families families;
	unsigned transports;
};

struct service { /* SRV records to ask for */
	char name[DNS_NAME_MAX + 1];
	enum peer_transport transport;
	struct srv_records srv;
};

struct host_addresses { /* of one family */
	uint8_t octets[FAMILY_ADDRESSES_MAX][16];
	unsigned count;
};

struct host {
	char name[DNS_NAME_MAX + 1];
	uint16_t port;
	enum peer_transport transport;
	struct host_addresses v4, v6;
};

struct slot { /* one of the questions of a step, and where its answer goes */
	struct resolve *resolve;
	struct dns_query *query; /* under way, or NULL */
	enum dns_type type;
	union {
		struct service *service;
		struct host *host;
	};
};

struct resolve {
	struct llist_head entry;
	struct resolver *resolver;
	struct target target;
	resolve_done done;
	void *arg;
	struct service services[NAPTR_SERVICES_MAX];
	unsigned services_count;
	struct host hosts[HOSTS_MAX];
	unsigned hosts_count;
	struct slot slots[QUERIES_MAX];
	unsigned slots_count, pending;
	void (*step_done)(struct resolve *question);
	struct resolve_answer answer;
	resolve_naptr_done
	    naptr_done;		    /* asks for NAPTR: done and what belongs to it are not used */
	struct naptr_answer *naptr; /* what came, or NULL */
	int error;
	struct osmo_timer_list limit, report;
};

/* ---- life */

int resolver_new(void *ctx, const char *servers, unsigned time_limit_ms, struct resolver **out)
{
	struct resolver *resolver = talloc_zero(ctx, struct resolver);
	int rc;

	if (!resolver)
		return -ENOMEM;
	INIT_LLIST_HEAD(&resolver->questions);
	resolver->time_limit_ms = time_limit_ms ? time_limit_ms : RESOLVE_TIME_LIMIT_MS;
	resolver->transports =
	    1u << PEER_TRANSPORT_UDP | 1u << PEER_TRANSPORT_TCP | 1u << PEER_TRANSPORT_TLS;
	rc = dns_new(resolver, servers, &resolver->dns);
	if (rc < 0) {
		talloc_free(resolver);
		return rc;
	}
	*out = resolver;
	return 0;
}

void resolver_free(struct resolver *resolver)
{
	struct resolve *question, *next;

	if (!resolver)
		return;
	llist_for_each_entry_safe (question, next, &resolver->questions, entry)
		resolve_cancel(question);
	dns_free(resolver->dns);
	talloc_free(resolver);
}

void resolver_set_families(struct resolver *resolver, enum resolve_families families)
{
	resolver->families = families;
}

void resolver_set_transports(struct resolver *resolver, unsigned transports)
{
	resolver->transports = transports;
}

const char *resolve_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "the name does not exist or has no address";
	case -ETIMEDOUT:
		return "no name server answers";
	case -EIO:
		return "the name servers fail";
	case -EBADMSG:
		return "the name server's answer is broken";
	default:
		return strerror(-error);
	}
}

void resolve_cancel(struct resolve *question)
{
	for (unsigned i = 0; i < question->slots_count; i++)
		if (question->slots[i].query)
			dns_cancel(question->slots[i].query);
	osmo_timer_del(&question->limit);
	osmo_timer_del(&question->report);
	llist_del(&question->entry);
	talloc_free(question);
}

static void finish_naptr(struct resolve *question)
{
	struct naptr_answer *naptr = talloc_steal(question->resolver, question->naptr);
	resolve_naptr_done done = question->naptr_done;
	void *arg = question->arg;
	int error = question->error;

	resolve_cancel(question);
	done(arg, error, error ? NULL : naptr);
	talloc_free(naptr);
}

static void add_address(struct resolve *question, const struct host *host,
			const struct host_addresses *from, unsigned which)
{
	struct resolve_answer *answer = &question->answer;
	struct sockaddr_storage *to = &answer->addresses[answer->count];

	if (answer->count == RESOLVE_ADDRESSES_MAX) {
		answer->partial = true;
		return;
	}
	if (from == &host->v4) {
		to->ss_family = AF_INET;
		memcpy(&((struct sockaddr_in *)to)->sin_addr, from->octets[which], 4);
	} else {
		to->ss_family = AF_INET6;
		memcpy(&((struct sockaddr_in6 *)to)->sin6_addr, from->octets[which], 16);
	}
	target_address_set_port(to, host->port);
	answer->transports[answer->count++] = (uint8_t)host->transport;
}

/* Adds what there is of both families in turn. */
static void add_host(struct resolve *question, const struct host *host)
{
	bool v4_first = question->resolver->families == RESOLVE_IPV4_FIRST;
	const struct host_addresses *first = v4_first ? &host->v4 : &host->v6;
	const struct host_addresses *second = v4_first ? &host->v6 : &host->v4;

	for (unsigned i = 0; i < 2 * FAMILY_ADDRESSES_MAX; i++) {
		const struct host_addresses *from = i % 2 ? second : first;

		if (i / 2 < from->count)
			add_address(question, host, from, i / 2);
	}
}

static void finish_addresses(struct resolve *question)
{
	struct resolver *resolver = question->resolver;
	resolve_done done = question->done;
	void *arg = question->arg;
	struct resolve_answer *answer;
	int error;

	for (unsigned i = 0; i < question->hosts_count; i++)
		add_host(question, &question->hosts[i]);
	answer = talloc_memdup(resolver, &question->answer, sizeof(*answer));
	error = !answer ? -ENOMEM : answer->count ? 0 : question->error ? question->error : -ENOENT;
	resolve_cancel(question);
	done(arg, error, error ? NULL : answer);
	talloc_free(answer);
}

static void finish(void *data)
{
	struct resolve *question = data;

	if (question->naptr_done)
		finish_naptr(question);
	else
		finish_addresses(question);
}

static void limit_reached(void *data)
{
	struct resolve *question = data;

	question->error = -ETIMEDOUT;
	question->answer.partial = true;
	finish(question);
}

/* ---- steps */

static void slot_take(struct slot *slot, const uint8_t *message, size_t size);

static void slot_answered(void *arg, int error, const uint8_t *message, size_t size)
{
	struct slot *slot = arg;
	struct resolve *question = slot->resolve;

	slot->query = NULL;
	if (!error) {
		slot_take(slot, message, size);
	} else if (error != -ENOENT) {
		question->answer.partial = true;
		question->error = error;
	}
	if (--question->pending == 0)
		question->step_done(question);
}

static void step_begin(struct resolve *question, void (*step_done)(struct resolve *question))
{
	question->slots_count = question->pending = 0;
	question->step_done = step_done;
}

/* service or host as the type wants it. */
static void step_ask(struct resolve *question, const char *name, enum dns_type type, void *where)
{
	struct slot *slot = &question->slots[question->slots_count];
	struct dns_question asked = {
	    .name = name,
	    .type = type,
	    .fresh = question->naptr_done != NULL,
	    .done = slot_answered,
	    .arg = slot,
	};
	int rc;

	slot->resolve = question;
	slot->type = type;
	slot->service = where;
	rc = dns_ask(question->resolver->dns, &asked, &slot->query);
	if (rc < 0) {
		question->error = rc;
		return;
	}
	question->slots_count++;
	question->pending++;
}

/* Nothing could be asked: the step is over from the loop. */
static void step_run(struct resolve *question)
{
	if (!question->pending)
		osmo_timer_schedule(&question->report, 0, 0);
}

/* ---- addresses */

static void take_address(void *arg, struct dns_reader *data)
{
	struct host_addresses *to = arg;
	size_t size = (size_t)(data->end - data->at);
	const uint8_t *octets = dns_take(data, size);

	if ((size != 4 && size != 16) || to->count == FAMILY_ADDRESSES_MAX)
		return;
	memcpy(to->octets[to->count++], octets, size);
}

static void take_addresses(struct slot *slot, const uint8_t *message, size_t size)
{
	struct host_addresses *to = slot->type == DNS_TYPE_A ? &slot->host->v4 : &slot->host->v6;
	uint32_t ttl_s;

	if (dns_message_each(message, size, slot->type, take_address, to, &ttl_s)) {
		slot->resolve->answer.partial = true;
		slot->resolve->error = -EBADMSG;
	}
}

static void ask_family(struct resolve *question, struct host *host, enum dns_type type)
{
	struct host_addresses *to = type == DNS_TYPE_A ? &host->v4 : &host->v6;
	enum resolve_families wanted = question->resolver->families;

	if (wanted == (type == DNS_TYPE_A ? RESOLVE_IPV6_ONLY : RESOLVE_IPV4_ONLY))
		return;
	to->count = dns_hosts_file(question->resolver->dns, host->name, type, to->octets,
				   FAMILY_ADDRESSES_MAX);
	if (!to->count)
		step_ask(question, host->name, type, host);
}

static void ask_addresses(struct resolve *question)
{
	step_begin(question, finish_addresses);
	for (unsigned i = 0; i < question->hosts_count; i++) {
		ask_family(question, &question->hosts[i], DNS_TYPE_AAAA);
		ask_family(question, &question->hosts[i], DNS_TYPE_A);
	}
	step_run(question);
}

static void add_host_name(struct resolve *question, const char *name, unsigned port,
			  enum peer_transport transport)
{
	struct host *host = &question->hosts[question->hosts_count];

	if (question->hosts_count == HOSTS_MAX) {
		question->answer.partial = true;
		return;
	}
	strcpy(host->name, name);
	host->port = (uint16_t)port;
	host->transport = transport;
	question->hosts_count++;
}

/* The name itself. */
static void ask_own_addresses(struct resolve *question)
{
	const struct target *target = &question->target;
	enum peer_transport transport = target->transport;
	unsigned port = target->port;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = PEER_TRANSPORT_UDP;
	if (!port)
		port = target_default_port(transport);
	add_host_name(question, target->host, port, transport);
	ask_addresses(question);
}

/* ---- SRV */

static void srv_answered(struct resolve *question)
{
	bool denied = false;

	for (unsigned i = 0; i < question->services_count; i++) {
		struct service *service = &question->services[i];

		denied = denied || service->srv.denied;
		question->answer.partial = question->answer.partial || service->srv.more;
		srv_order(&service->srv, random);
		for (unsigned k = 0; k < service->srv.count; k++)
			add_host_name(question, service->srv.records[k].host,
				      service->srv.records[k].port, service->transport);
	}
	if (question->hosts_count || denied)
		ask_addresses(question);
	else
		ask_own_addresses(question);
}

static void add_service(struct resolve *question, const char *name, enum peer_transport transport)
{
	struct service *service = &question->services[question->services_count];

	if (!(question->resolver->transports & 1u << transport) ||
	    question->services_count == NAPTR_SERVICES_MAX)
		return;
	snprintf(service->name, sizeof(service->name), "%s", name);
	service->transport = transport;
	question->services_count++;
}

static void add_usual_service(struct resolve *question, enum peer_transport transport)
{
	static const char *const prefixes[] = {
	    [PEER_TRANSPORT_UDP] = "_sip._udp.",
	    [PEER_TRANSPORT_TCP] = "_sip._tcp.",
	    [PEER_TRANSPORT_TLS] = "_sips._tcp.",
	};
	char name[TARGET_HOST_MAX + 16];

	snprintf(name, sizeof(name), "%s%s", prefixes[transport], question->target.host);
	if (strlen(name) <= DNS_NAME_MAX)
		add_service(question, name, transport);
}

static void ask_srv(struct resolve *question)
{
	step_begin(question, srv_answered);
	for (unsigned i = 0; i < question->services_count; i++)
		step_ask(question, question->services[i].name, DNS_TYPE_SRV,
			 &question->services[i]);
	if (question->pending)
		return;
	ask_own_addresses(question);
}

/* ---- NAPTR */

/* A domain that says nothing of its transports: those that SIP without TLS has (RFC 3263 4.1). */
static void services_answered(struct resolve *question)
{
	if (!question->services_count) {
		add_usual_service(question, PEER_TRANSPORT_UDP);
		add_usual_service(question, PEER_TRANSPORT_TCP);
	}
	ask_srv(question);
}

static void take_services(struct slot *slot, const uint8_t *message, size_t size)
{
	struct naptr_services found;

	if (naptr_parse_services(message, size, &found)) {
		slot->resolve->answer.partial = true;
		return;
	}
	for (unsigned i = 0; i < found.count; i++)
		add_service(slot->resolve, found.services[i].name, found.services[i].transport);
}

static void take_srv(struct slot *slot, const uint8_t *message, size_t size)
{
	if (srv_parse(message, size, &slot->service->srv))
		slot->resolve->answer.partial = true;
}

static void take_enum(struct slot *slot, const uint8_t *message, size_t size)
{
	struct resolve *question = slot->resolve;

	question->naptr = talloc(question, struct naptr_answer);
	question->error = question->naptr ? naptr_parse(message, size, question->naptr) : -ENOMEM;
}

static void slot_take(struct slot *slot, const uint8_t *message, size_t size)
{
	if (slot->resolve->naptr_done)
		take_enum(slot, message, size);
	else if (slot->type == DNS_TYPE_NAPTR)
		take_services(slot, message, size);
	else if (slot->type == DNS_TYPE_SRV)
		take_srv(slot, message, size);
	else
		take_addresses(slot, message, size);
}

/* ---- questions */

static struct resolve *question_new(struct resolver *resolver, void *arg)
{
	struct resolve *question = talloc_zero(resolver, struct resolve);

	if (!question)
		return NULL;
	question->resolver = resolver;
	question->arg = arg;
	llist_add_tail(&question->entry, &resolver->questions);
	osmo_timer_setup(&question->limit, limit_reached, question);
	osmo_timer_setup(&question->report, finish, question);
	osmo_timer_schedule(&question->limit, resolver->time_limit_ms / 1000,
			    resolver->time_limit_ms % 1000 * 1000);
	return question;
}

int resolve_start(struct resolver *resolver, const struct target *target, resolve_done done,
		  void *arg, struct resolve **out)
{
	struct resolve *question = question_new(resolver, arg);

	if (!question)
		return -ENOMEM;
	question->target = *target;
	question->done = done;
	if (target->address.ss_family != AF_UNSPEC) {
		question->answer.addresses[0] = target->address;
		question->answer.transports[0] = target->transport;
		question->answer.count = 1;
		step_run(question);
	} else if (target->port) {
		ask_own_addresses(question);
	} else if (target->transport != PEER_TRANSPORT_SYSTEM) {
		add_usual_service(question, target->transport);
		ask_srv(question);
	} else {
		step_begin(question, services_answered);
		step_ask(question, target->host, DNS_TYPE_NAPTR, NULL);
		step_run(question);
	}
	*out = question;
	return 0;
}

int resolve_naptr_start(struct resolver *resolver, const char *name, resolve_naptr_done done,
			void *arg, struct resolve **out)
{
	struct resolve *question = question_new(resolver, arg);

	if (!question)
		return -ENOMEM;
	question->naptr_done = done;
	question->error = -ENOENT;
	step_begin(question, finish_naptr);
	step_ask(question, name, DNS_TYPE_NAPTR, NULL);
	step_run(question);
	*out = question;
	return 0;
}
