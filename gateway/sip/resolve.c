// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/resolve.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#define QUERY_TIMEOUT_MS 1000
#define QUERY_TRIES 3
#define SRV_MAX 16

struct resolver {
	ares_channel channel;
	struct osmo_timer_list timer; /* c-ares's own retransmissions */
	struct llist_head sockets, questions;
	unsigned time_limit_ms;
};

struct resolver_socket {
	struct llist_head entry;
	struct resolver *resolver;
	struct osmo_fd fd;
};

struct srv_record {
	char host[TARGET_HOST_MAX + 1];
	uint16_t port, priority, weight;
};

/* c-ares calls back late when a question is cancelled: it holds a query, not the question. */
struct resolve {
	struct llist_head entry;
	struct resolver *resolver;
	struct target target;
	resolve_done done;
	void *arg;
	struct srv_record srv[SRV_MAX];
	unsigned srv_count, srv_next;
	struct resolve_answer answer;
	resolve_naptr_done
	    naptr_done;		    /* asks for NAPTR: done and what belongs to it are not used */
	struct naptr_answer *naptr; /* what came, or NULL */
	struct query *query;	    /* under way, or NULL */
	int error;
	struct osmo_timer_list limit, report;
};

struct query {
	struct resolve *resolve; /* NULL: cancelled */
	unsigned port;
};

/* ---- c-ares in the loop */

static void arm_timer(struct resolver *resolver)
{
	struct timeval buffer, *wait = ares_timeout(resolver->channel, NULL, &buffer);

	if (wait)
		osmo_timer_schedule(&resolver->timer, wait->tv_sec, wait->tv_usec);
	else
		osmo_timer_del(&resolver->timer);
}

static void timer_expired(void *data)
{
	struct resolver *resolver = data;

	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm_timer(resolver);
}

static int socket_ready(struct osmo_fd *fd, unsigned int what)
{
	struct resolver *resolver = fd->data;
	int number = fd->fd;

	ares_process_fd(resolver->channel, what & OSMO_FD_READ ? number : ARES_SOCKET_BAD,
			what & OSMO_FD_WRITE ? number : ARES_SOCKET_BAD);
	arm_timer(resolver);
	return 0;
}

static void socket_state(void *data, ares_socket_t number, int readable, int writable)
{
	struct resolver *resolver = data;
	unsigned what = (readable ? OSMO_FD_READ : 0) | (writable ? OSMO_FD_WRITE : 0);
	struct resolver_socket *socket = NULL, *i;

	llist_for_each_entry (i, &resolver->sockets, entry)
		if (i->fd.fd == number)
			socket = i;
	if (!what) {
		if (socket) {
			osmo_fd_unregister(&socket->fd);
			llist_del(&socket->entry);
			talloc_free(socket);
		}
		return;
	}
	if (!socket) {
		socket = talloc_zero(resolver, struct resolver_socket);
		if (!socket)
			return; /* the question runs into its time limit */
		osmo_fd_setup(&socket->fd, number, what, socket_ready, resolver, 0);
		if (osmo_fd_register(&socket->fd)) {
			talloc_free(socket);
			return;
		}
		llist_add(&socket->entry, &resolver->sockets);
	}
	osmo_fd_update_when(&socket->fd, 0, what);
}

int resolver_new(void *ctx, const char *servers, unsigned time_limit_ms, struct resolver **out)
{
	struct resolver *resolver = talloc_zero(ctx, struct resolver);
	struct ares_options options = {
	    .timeout = QUERY_TIMEOUT_MS,
	    .tries = QUERY_TRIES,
	    .sock_state_cb = socket_state,
	    .sock_state_cb_data = resolver,
	};

	if (!resolver)
		return -ENOMEM;
	INIT_LLIST_HEAD(&resolver->sockets);
	INIT_LLIST_HEAD(&resolver->questions);
	resolver->time_limit_ms = time_limit_ms ? time_limit_ms : RESOLVE_TIME_LIMIT_MS;
	osmo_timer_setup(&resolver->timer, timer_expired, resolver);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto fail;
	if (ares_init_options(&resolver->channel, &options,
			      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
	    ARES_SUCCESS) {
		ares_library_cleanup();
		goto fail;
	}
	if (servers && ares_set_servers_ports_csv(resolver->channel, servers) != ARES_SUCCESS) {
		resolver_free(resolver);
		return -EINVAL;
	}
	*out = resolver;
	return 0;
fail:
	talloc_free(resolver);
	return -ENOMEM;
}

void resolver_free(struct resolver *resolver)
{
	struct resolve *question, *next;

	if (!resolver)
		return;
	llist_for_each_entry_safe (question, next, &resolver->questions, entry)
		resolve_cancel(question);
	ares_destroy(resolver->channel);
	osmo_timer_del(&resolver->timer);
	ares_library_cleanup();
	talloc_free(resolver);
}

/* ---- a question */

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

static void finish_addresses(struct resolve *question)
{
	struct resolve_answer answer = question->answer;
	resolve_done done = question->done;
	void *arg = question->arg;
	int error = answer.count ? 0 : question->error;

	resolve_cancel(question);
	done(arg, error, error ? NULL : &answer);
}

static void finish_now(void *data)
{
	struct resolve *question = data;

	if (question->naptr_done)
		finish_naptr(question);
	else
		finish_addresses(question);
}

/* c-ares may call back before ares_query() returns: the answer is reported from the loop. */
static void finish(struct resolve *question, int error)
{
	question->error = error;
	osmo_timer_schedule(&question->report, 0, 0);
}

static void limit_reached(void *data)
{
	struct resolve *question = data;

	question->error = -ETIMEDOUT;
	question->answer.partial = true;
	finish_now(question);
}

void resolve_cancel(struct resolve *question)
{
	if (question->query)
		question->query->resolve = NULL;
	osmo_timer_del(&question->limit);
	osmo_timer_del(&question->report);
	llist_del(&question->entry);
	talloc_free(question);
}

static int to_errno(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME:
		return -ENOENT;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	case ARES_ENOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
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

/* The name has no such records, and that is for sure. */
static bool is_absent(int status)
{
	return to_errno(status) == -ENOENT;
}

static struct query *query_new(struct resolve *question, unsigned port)
{
	struct query *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	query->resolve = question;
	query->port = port;
	question->query = query;
	return query;
}

/* Ends the query; NULL if nobody waits for it any more. */
static struct resolve *query_end(struct query *query)
{
	struct resolve *question = query->resolve;

	free(query);
	if (question)
		question->query = NULL;
	return question;
}

static void ask_addresses(struct resolve *question);

static void addresses_came(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct query *query = arg;
	unsigned port = query->port;
	struct resolve *question = query_end(query);
	const struct ares_addrinfo_node *node = info ? info->nodes : NULL;

	for (; question && node; node = node->ai_next) {
		struct sockaddr_storage *to;

		if (question->answer.count == RESOLVE_ADDRESSES_MAX) {
			question->answer.partial = true;
			break;
		}
		if (node->ai_addrlen > sizeof(*to))
			continue;
		to = &question->answer.addresses[question->answer.count++];
		memset(to, 0, sizeof(*to));
		memcpy(to, node->ai_addr, node->ai_addrlen);
		target_address_set_port(to, port);
	}
	if (info)
		ares_freeaddrinfo(info);
	if (!question)
		return;
	if (status != ARES_SUCCESS && !is_absent(status))
		question->answer.partial = true;
	question->error = to_errno(status);
	question->srv_next++;
	if (question->srv_next < question->srv_count &&
	    question->answer.count < RESOLVE_ADDRESSES_MAX)
		ask_addresses(question);
	else
		finish(question, question->error);
}

/* The addresses of the next SRV record, or of the name itself. */
static void ask_addresses(struct resolve *question)
{
	struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = 0};
	const char *host = question->target.host;
	unsigned port = question->target.port ? question->target.port : TARGET_PORT_DEFAULT;
	struct query *query;

	if (question->srv_count) {
		host = question->srv[question->srv_next].host;
		port = question->srv[question->srv_next].port;
	}
	query = query_new(question, port);
	if (!query) {
		finish(question, -ENOMEM);
		return;
	}
	ares_getaddrinfo(question->resolver->channel, host, NULL, &hints, addresses_came, query);
}

/* RFC 2782: lowest priority first, within it by weighted chance. */
static void sort_srv(struct srv_record *srv, unsigned count)
{
	unsigned i, k;

	for (i = 0; i + 1 < count; i++) {
		unsigned best = i, sum = 0, draw;
		struct srv_record swap;

		for (k = i + 1; k < count; k++)
			if (srv[k].priority < srv[best].priority)
				best = k;
		for (k = i; k < count; k++)
			if (srv[k].priority == srv[best].priority)
				sum += srv[k].weight;
		draw = sum ? random() % (sum + 1) : 0;
		for (k = i; sum && k < count; k++) {
			if (srv[k].priority != srv[best].priority)
				continue;
			if (srv[k].weight >= draw) {
				best = k;
				break;
			}
			draw -= srv[k].weight;
		}
		swap = srv[i];
		srv[i] = srv[best];
		srv[best] = swap;
	}
}

static void srv_came(void *arg, int status, int timeouts, unsigned char *data, int length)
{
	struct resolve *question = query_end(arg);
	struct ares_srv_reply *list = NULL, *i;

	if (!question)
		return;
	if (status == ARES_SUCCESS)
		ares_parse_srv_reply(data, length, &list);
	else if (!is_absent(status))
		question->answer.partial = true; /* the name's own addresses are a guess */
	for (i = list; i && question->srv_count < SRV_MAX; i = i->next) {
		struct srv_record *srv = &question->srv[question->srv_count];

		if (!i->host || !*i->host || strlen(i->host) > TARGET_HOST_MAX || !i->port)
			continue;
		snprintf(srv->host, sizeof(srv->host), "%s", i->host);
		srv->port = i->port;
		srv->priority = i->priority;
		srv->weight = i->weight;
		question->srv_count++;
	}
	if (list)
		ares_free_data(list);
	sort_srv(question->srv, question->srv_count);
	ask_addresses(question);
}

static int ask_srv(struct resolve *question)
{
	char name[TARGET_HOST_MAX + 16];
	struct query *query = query_new(question, 0);

	if (!query)
		return -ENOMEM;
	snprintf(name, sizeof(name), "_sip._%s.%s",
		 question->target.transport == PEER_TRANSPORT_TCP ? "tcp" : "udp",
		 question->target.host);
	ares_query(question->resolver->channel, name, ns_c_in, ns_t_srv, srv_came, query);
	return 0;
}

static struct resolve *question_new(struct resolver *resolver, void *arg)
{
	struct resolve *question = talloc_zero(resolver, struct resolve);

	if (!question)
		return NULL;
	question->resolver = resolver;
	question->arg = arg;
	llist_add_tail(&question->entry, &resolver->questions);
	osmo_timer_setup(&question->limit, limit_reached, question);
	osmo_timer_setup(&question->report, finish_now, question);
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
		question->answer.count = 1;
		finish(question, 0);
	} else if (target->port) {
		ask_addresses(question);
	} else if (ask_srv(question)) {
		resolve_cancel(question);
		return -ENOMEM;
	}
	arm_timer(resolver);
	*out = question;
	return 0;
}

/* ---- NAPTR */

static void naptr_came(void *arg, int status, int timeouts, unsigned char *data, int length)
{
	struct resolve *question = query_end(arg);
	int error = to_errno(status);

	if (!question)
		return;
	if (status == ARES_SUCCESS) {
		question->naptr = talloc(question, struct naptr_answer);
		error = question->naptr ? naptr_parse(data, length, question->naptr) : -ENOMEM;
	}
	finish(question, error);
}

int resolve_naptr_start(struct resolver *resolver, const char *name, resolve_naptr_done done,
			void *arg, struct resolve **out)
{
	struct resolve *question = question_new(resolver, arg);
	struct query *query = question ? query_new(question, 0) : NULL;

	if (!query) {
		if (question)
			resolve_cancel(question);
		return -ENOMEM;
	}
	question->naptr_done = done;
	ares_query(resolver->channel, name, ns_c_in, ns_t_naptr, naptr_came, query);
	arm_timer(resolver);
	*out = question;
	return 0;
}
