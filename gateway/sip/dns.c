// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/sip/dns_cache.h"

#define QUERY_TIMEOUT_MS 1000
#define QUERY_TRIES 3

struct dns {
	ares_channel channel;
	struct osmo_timer_list timer; /* c-ares's own retransmissions */
	struct llist_head sockets, queries;
	struct dns_cache *cache;
};

struct dns_socket {
	struct llist_head entry;
	struct osmo_fd fd;
};

struct dns_query {
	struct llist_head entry;
	struct dns *dns;
	struct dns_question question;
	char name[DNS_NAME_MAX + 1];
	struct asked *asked; /* by c-ares, or NULL */
	struct osmo_timer_list report;
	int error;
	uint8_t *message;
	size_t size;
};

struct
    asked { /* c-ares calls back late when a question is cancelled: it holds this, not the query */
	struct dns_query *query; /* NULL: cancelled */
};

/* ---- c-ares in the loop */

static void arm_timer(struct dns *dns)
{
	struct timeval buffer, *wait = ares_timeout(dns->channel, NULL, &buffer);

	if (wait)
		osmo_timer_schedule(&dns->timer, wait->tv_sec, wait->tv_usec);
	else
		osmo_timer_del(&dns->timer);
}

static void timer_expired(void *data)
{
	struct dns *dns = data;

	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm_timer(dns);
}

static int socket_ready(struct osmo_fd *fd, unsigned int what)
{
	struct dns *dns = fd->data;
	int number = fd->fd;

	ares_process_fd(dns->channel, what & OSMO_FD_READ ? number : ARES_SOCKET_BAD,
			what & OSMO_FD_WRITE ? number : ARES_SOCKET_BAD);
	arm_timer(dns);
	return 0;
}

static void socket_state(void *data, ares_socket_t number, int readable, int writable)
{
	struct dns *dns = data;
	unsigned what = (readable ? OSMO_FD_READ : 0) | (writable ? OSMO_FD_WRITE : 0);
	struct dns_socket *socket = NULL, *i;

	llist_for_each_entry (i, &dns->sockets, entry)
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
		socket = talloc_zero(dns, struct dns_socket);
		if (!socket)
			return; /* the question runs into its time limit */
		osmo_fd_setup(&socket->fd, number, what, socket_ready, dns, 0);
		if (osmo_fd_register(&socket->fd)) {
			talloc_free(socket);
			return;
		}
		llist_add(&socket->entry, &dns->sockets);
	}
	osmo_fd_update_when(&socket->fd, 0, what);
}

int dns_new(void *ctx, const char *servers, struct dns **out)
{
	struct dns *dns = talloc_zero(ctx, struct dns);
	struct ares_options options = {
	    .timeout = QUERY_TIMEOUT_MS,
	    .tries = QUERY_TRIES,
	    .sock_state_cb = socket_state,
	    .sock_state_cb_data = dns,
	};

	if (!dns)
		return -ENOMEM;
	INIT_LLIST_HEAD(&dns->sockets);
	INIT_LLIST_HEAD(&dns->queries);
	osmo_timer_setup(&dns->timer, timer_expired, dns);
	dns->cache = dns_cache_new(dns);
	if (!dns->cache || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto fail;
	if (ares_init_options(&dns->channel, &options,
			      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
	    ARES_SUCCESS) {
		ares_library_cleanup();
		goto fail;
	}
	if (servers && ares_set_servers_ports_csv(dns->channel, servers) != ARES_SUCCESS) {
		dns_free(dns);
		return -EINVAL;
	}
	*out = dns;
	return 0;
fail:
	talloc_free(dns);
	return -ENOMEM;
}

void dns_free(struct dns *dns)
{
	struct dns_query *query, *next;

	if (!dns)
		return;
	llist_for_each_entry_safe (query, next, &dns->queries, entry)
		dns_cancel(query);
	ares_destroy(dns->channel);
	osmo_timer_del(&dns->timer);
	ares_library_cleanup();
	talloc_free(dns);
}

/* ---- a question */

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

void dns_cancel(struct dns_query *query)
{
	if (query->asked)
		query->asked->query = NULL;
	osmo_timer_del(&query->report);
	llist_del(&query->entry);
	talloc_free(query);
}

static void report(void *data)
{
	struct dns_query *query = data;
	uint8_t *message = talloc_steal(query->dns, query->message);
	struct dns_question question = query->question;
	size_t size = query->size;
	int error = query->error;

	dns_cancel(query);
	question.done(question.arg, error, error ? NULL : message, error ? 0 : size);
	talloc_free(message);
}

/* c-ares may call back before ares_query() returns: the answer is reported from the loop. */
static void finish(struct dns_query *query, int error, const uint8_t *message, size_t size)
{
	query->error = error;
	if (!error) {
		query->message = talloc_memdup(query, message, size);
		query->size = size;
		if (!query->message)
			query->error = -ENOMEM;
	}
	osmo_timer_schedule(&query->report, 0, 0);
}

static int to_errno(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
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

static void answered(void *arg, int status, int timeouts, unsigned char *data, int length)
{
	struct asked *asked = arg;
	struct dns_query *query = asked->query;
	int error = to_errno(status);
	struct dns_cache_answer answer = {data, length > 0 ? (size_t)length : 0, error == -ENOENT};

	free(asked);
	if (!query)
		return;
	query->asked = NULL;
	if ((!error || error == -ENOENT) && data && !query->question.fresh)
		dns_cache_put(query->dns->cache, query->name, query->question.type, now_s(),
			      &answer);
	finish(query, error, answer.message, answer.size);
}

int dns_ask(struct dns *dns, const struct dns_question *question, struct dns_query **out)
{
	struct dns_query *query;
	struct dns_cache_answer known;

	if (strlen(question->name) > DNS_NAME_MAX)
		return -ENAMETOOLONG;
	query = talloc_zero(dns, struct dns_query);
	if (!query)
		return -ENOMEM;
	query->dns = dns;
	query->question = *question;
	strcpy(query->name, question->name);
	osmo_timer_setup(&query->report, report, query);
	if (!question->fresh &&
	    dns_cache_find(dns->cache, query->name, question->type, now_s(), &known)) {
		finish(query, known.absent ? -ENOENT : 0, known.message, known.size);
	} else {
		query->asked = calloc(1, sizeof(*query->asked));
		if (!query->asked) {
			talloc_free(query);
			return -ENOMEM;
		}
		query->asked->query = query;
		ares_query(dns->channel, query->name, ns_c_in, question->type, answered,
			   query->asked);
		arm_timer(dns);
	}
	llist_add_tail(&query->entry, &dns->queries);
	*out = query;
	return 0;
}

unsigned dns_hosts_file(struct dns *dns, const char *name, enum dns_type type, uint8_t out[][16],
			unsigned max)
{
	int family = type == DNS_TYPE_A ? AF_INET : AF_INET6;
	struct hostent *host;
	unsigned count = 0;

	if (ares_gethostbyname_file(dns->channel, name, family, &host) != ARES_SUCCESS)
		return 0;
	for (char **address = host->h_addr_list; *address && count < max; address++)
		memcpy(out[count++], *address, type == DNS_TYPE_A ? 4 : 16);
	ares_free_hostent(host);
	return count;
}
