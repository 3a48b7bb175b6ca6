// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/stir/fetch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <curl/curl.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#define KEPT_MAX 256 /* documents; the oldest goes first */
#define KEEP_DEFAULT_S 3600
#define KEEP_MAX_S 86400
#define KEEP_FAILURE_S 60

struct fetcher {
	struct fetcher_config config;
	CURLM *multi;
	struct osmo_timer_list timer; /* libcurl's */
	struct osmo_timer_list tell;  /* askers whose document is there */
	struct llist_head documents;  /* newest last */
	unsigned documents_count;
	struct llist_head sockets;
};

struct document { /* a URL that was asked for */
	struct llist_head entry;
	struct fetcher *fetcher;
	char *url;
	enum {
		DOCUMENT_LOADING,
		DOCUMENT_KEPT,
		DOCUMENT_LENT, /* an asker looks at it: it must stay */
	} state;
	CURL *easy; /* while LOADING */
	int error;
	char *body;
	size_t size;
	unsigned keep_s;
	bool permitted; /* wherever it is */
	time_t expires; /* monotonic */
	struct llist_head askers;
};

struct fetch {
	struct llist_head entry; /* document->askers */
	fetch_done done;
	void *arg;
};

struct watched { /* a socket of libcurl's */
	struct llist_head entry;
	struct osmo_fd fd;
	struct fetcher *fetcher;
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- documents */

static void document_free(struct document *d)
{
	if (d->easy) {
		curl_multi_remove_handle(d->fetcher->multi, d->easy);
		curl_easy_cleanup(d->easy);
	}
	llist_del(&d->entry);
	d->fetcher->documents_count--;
	talloc_free(d); /* and its askers */
}

static struct document *document_find(struct fetcher *f, const char *url)
{
	struct document *d, *next;

	llist_for_each_entry_safe (d, next, &f->documents, entry) {
		if (d->state == DOCUMENT_KEPT && d->expires <= now_s() && llist_empty(&d->askers))
			document_free(d);
		else if (strcmp(d->url, url) == 0)
			return d;
	}
	return NULL;
}

/* Room for one more. false: all are under way. */
static bool make_room(struct fetcher *f)
{
	struct document *d;

	if (f->documents_count < KEPT_MAX)
		return true;
	llist_for_each_entry (d, &f->documents, entry) {
		if (d->state != DOCUMENT_KEPT || !llist_empty(&d->askers))
			continue;
		document_free(d);
		return true;
	}
	return false;
}

/* From the loop, one document after another: an asker may start and cancel others. */
static void tell_askers(void *data)
{
	struct fetcher *f = data;
	struct document *d;
	struct fetch *fetch;

	llist_for_each_entry (d, &f->documents, entry) {
		if (d->state != DOCUMENT_KEPT || llist_empty(&d->askers))
			continue;
		fetch = llist_first_entry(&d->askers, struct fetch, entry);
		llist_del(&fetch->entry);
		osmo_timer_schedule(&f->tell, 0, 0);
		d->state = DOCUMENT_LENT;
		fetch->done(fetch->arg, d->error, d->body, d->size);
		d->state = DOCUMENT_KEPT;
		talloc_free(fetch);
		return;
	}
}

static void document_ready(struct document *d, int error)
{
	d->state = DOCUMENT_KEPT;
	d->error = error;
	if (error) {
		talloc_free(d->body);
		d->body = NULL;
		d->size = 0;
		d->keep_s = KEEP_FAILURE_S;
	}
	d->expires = now_s() + d->keep_s;
	osmo_timer_schedule(&d->fetcher->tell, 0, 0);
}

/* ---- what a stranger's URL may lead to */

static bool is_private4(uint32_t address)
{
	static const struct {
		uint32_t network, mask;
	} networks[] = {
	    {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
	    {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
	    {0xc0000000, 0xffffff00}, {0xc0a80000, 0xffff0000}, {0xe0000000, 0xe0000000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if ((address & networks[i].mask) == networks[i].network)
			return true;
	return false;
}

static bool is_private(const struct sockaddr *address)
{
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
	uint32_t mapped;

	if (address->sa_family == AF_INET)
		return is_private4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
	if (address->sa_family != AF_INET6)
		return true;
	if (IN6_IS_ADDR_V4MAPPED(in6)) {
		memcpy(&mapped, &in6->s6_addr[12], sizeof(mapped));
		return is_private4(ntohl(mapped));
	}
	return (in6->s6_addr[0] & 0xe0) != 0x20; /* all but global unicast, 2000::/3 */
}

static bool is_permitted(const struct fetcher *f, const char *url)
{
	for (unsigned i = 0; i < FETCH_PERMIT_MAX && f->config.permit[i]; i++)
		if (strncmp(url, f->config.permit[i], strlen(f->config.permit[i])) == 0)
			return true;
	return false;
}

/* https, a host, port 443 or 8443, no name and password. */
static bool is_plain_https(const char *text)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *user = NULL, *port = NULL;
	bool ok = url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
		  !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
		  strcmp(scheme, "https") == 0 && curl_url_get(url, CURLUPART_USER, &user, 0) &&
		  !curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) &&
		  (strcmp(port, "443") == 0 || strcmp(port, "8443") == 0);

	curl_free(scheme);
	curl_free(user);
	curl_free(port);
	curl_url_cleanup(url);
	return ok;
}

/* ---- libcurl's callbacks */

static size_t on_body(char *data, size_t one, size_t count, void *arg)
{
	struct document *d = arg;
	char *grown;

	if (count > FETCH_SIZE_MAX - d->size)
		return 0;
	grown = talloc_realloc(d, d->body, char, d->size + count + 1);
	if (!grown)
		return 0;
	memcpy(grown + d->size, data, count);
	d->body = grown;
	d->size += count;
	d->body[d->size] = '\0';
	return count;
}

/* Cache-Control (RFC 9111 5.2.2), as much of it as says how long. */
static size_t on_header(char *data, size_t one, size_t count, void *arg)
{
	static const char name[] = "cache-control:";
	struct document *d = arg;
	char text[256];
	const char *age;

	if (count < sizeof(name) || strncasecmp(data, name, sizeof(name) - 1) != 0)
		return count;
	snprintf(text, sizeof(text), "%.*s", (int)count, data);
	age = strcasestr(text, "max-age=");
	if (strcasestr(text, "no-store") || strcasestr(text, "no-cache"))
		d->keep_s = 0;
	else if (age)
		d->keep_s = OSMO_MIN(strtoul(age + strlen("max-age="), NULL, 10), KEEP_MAX_S);
	return count;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct document *d = arg;

	if (!d->permitted && is_private(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int error_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
		return -EKEYREJECTED;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return -EMSGSIZE;
	default:
		return -EPROTO;
	}
}

const char *fetch_error_text(int error)
{
	switch (error) {
	case -EACCES:
		return "no line permit allows such a URL";
	case -ETIMEDOUT:
		return "no answer in time";
	case -EHOSTUNREACH:
		return "no connection";
	case -EMSGSIZE:
		return "it is too large";
	case -EKEYREJECTED:
		return "the web server's certificate is not trusted, see web-authorities";
	case -EBADMSG:
		return "the web server does not answer 200";
	case -EPROTO:
		return "TLS or HTTP failed";
	default:
		return strerror(-error);
	}
}

static void take_finished(struct fetcher *f)
{
	struct document *d;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(f->multi, &left))) {
		CURL *easy = message->easy_handle;
		int error = error_of(message->data.result);
		long status = 0;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&d);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		if (!error && status != 200)
			error = -EBADMSG;
		curl_multi_remove_handle(f->multi, easy);
		curl_easy_cleanup(easy);
		d->easy = NULL;
		document_ready(d, error);
	}
}

static int on_ready(struct osmo_fd *fd, unsigned what)
{
	struct fetcher *f = fd->data;
	int mask = (what & OSMO_FD_READ ? CURL_CSELECT_IN : 0) |
		   (what & OSMO_FD_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(f->multi, fd->fd, mask, &running);
	take_finished(f);
	return 0;
}

static void forget_socket(struct watched *w)
{
	osmo_fd_unregister(&w->fd);
	llist_del(&w->entry);
	talloc_free(w);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct watched *w = socket_arg;
	struct fetcher *f = arg;
	unsigned when =
	    (what & CURL_POLL_IN ? OSMO_FD_READ : 0) | (what & CURL_POLL_OUT ? OSMO_FD_WRITE : 0);

	if (what == CURL_POLL_REMOVE) {
		if (w)
			forget_socket(w);
		return 0;
	}
	if (w) {
		osmo_fd_update_when(&w->fd, 0, when);
		return 0;
	}
	w = talloc_zero(f, struct watched);
	if (!w)
		return -1;
	osmo_fd_setup(&w->fd, fd, when, on_ready, f, 0);
	if (osmo_fd_register(&w->fd)) {
		talloc_free(w);
		return -1;
	}
	llist_add_tail(&w->entry, &f->sockets);
	curl_multi_assign(f->multi, fd, w);
	return 0;
}

static void on_timer(void *data)
{
	struct fetcher *f = data;
	int running;

	curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(f);
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct fetcher *f = arg;

	if (ms < 0)
		osmo_timer_del(&f->timer);
	else
		osmo_timer_schedule(&f->timer, ms / 1000, ms % 1000 * 1000);
	return 0;
}

/* ---- orders */

int fetcher_new(void *ctx, const struct fetcher_config *config, struct fetcher **out)
{
	struct fetcher *f = talloc_zero(ctx, struct fetcher);

	if (!f)
		return -ENOMEM;
	f->config = *config;
	INIT_LLIST_HEAD(&f->documents);
	INIT_LLIST_HEAD(&f->sockets);
	osmo_timer_setup(&f->timer, on_timer, f);
	osmo_timer_setup(&f->tell, tell_askers, f);
	if (!curl_global_init(CURL_GLOBAL_DEFAULT))
		f->multi = curl_multi_init();
	if (!f->multi) {
		talloc_free(f);
		return -ENOMEM;
	}
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	*out = f;
	return 0;
}

void fetcher_free(struct fetcher *f)
{
	struct document *d, *next;
	struct watched *w, *next_socket;

	if (!f)
		return;
	llist_for_each_entry_safe (d, next, &f->documents, entry)
		document_free(d);
	curl_multi_cleanup(f->multi);
	llist_for_each_entry_safe (w, next_socket, &f->sockets, entry)
		forget_socket(w);
	osmo_timer_del(&f->timer);
	osmo_timer_del(&f->tell);
	curl_global_cleanup();
	talloc_free(f);
}

static int load(struct document *d)
{
	struct fetcher *f = d->fetcher;
	CURL *easy = curl_easy_init();

	if (!easy)
		return -ENOMEM;
	d->easy = easy;
	curl_easy_setopt(easy, CURLOPT_URL, d->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, d);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)f->config.timeout_ms);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)FETCH_SIZE_MAX);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, d);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, d);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, d);
	if (f->config.ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, f->config.ca_file);
	return curl_multi_add_handle(f->multi, easy) ? -ENOMEM : 0;
}

static struct document *document_new(struct fetcher *f, const char *url)
{
	struct document *d = make_room(f) ? talloc_zero(f, struct document) : NULL;

	if (!d)
		return NULL;
	d->fetcher = f;
	d->keep_s = KEEP_DEFAULT_S;
	d->url = talloc_strdup(d, url);
	INIT_LLIST_HEAD(&d->askers);
	llist_add_tail(&d->entry, &f->documents);
	f->documents_count++;
	d->permitted = is_permitted(f, url);
	if (!d->permitted && !is_plain_https(url)) {
		document_ready(d, -EACCES);
	} else if (!d->url || load(d)) {
		document_free(d);
		return NULL;
	}
	return d;
}

int fetch_start(struct fetcher *f, const char *url, fetch_done done, void *arg, struct fetch **out)
{
	struct document *d = document_find(f, url);
	struct fetch *fetch;

	if (!d)
		d = document_new(f, url);
	if (!d)
		return -ENOMEM;
	fetch = talloc_zero(d, struct fetch);
	if (!fetch)
		return -ENOMEM;
	fetch->done = done;
	fetch->arg = arg;
	llist_add_tail(&fetch->entry, &d->askers);
	if (d->state != DOCUMENT_LOADING)
		osmo_timer_schedule(&f->tell, 0, 0);
	*out = fetch;
	return 0;
}

void fetch_cancel(struct fetch *fetch)
{
	llist_del(&fetch->entry);
	talloc_free(fetch);
}
