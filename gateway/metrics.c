// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include <microhttpd.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "gateway/admin/metrics_text.h"
#include "gateway/sip/target.h"

#define CONNECTIONS_MAX 16
#define CONNECTION_MEMORY 16384 /* of a request's headers */
#define IDLE_S 10

static struct {
	struct MHD_Daemon *daemon;
	struct sockaddr_storage address;
	struct osmo_fd fd;
	struct osmo_timer_list timer;
} server;

/* ---- requests */

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_with_metrics(struct MHD_Connection *connection,
					  const struct gateway *gateway)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return MHD_NO;
	metrics_write(gateway, out);
	if (fclose(out)) {
		free(text);
		return MHD_NO;
	}
	response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, METRICS_CONTENT_TYPE);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_size, void **seen)
{
	if (!*seen) { /* the headers; the request is whole at the next call */
		*seen = server.daemon;
		return MHD_YES;
	}
	if (*body_size) {
		*body_size = 0; /* nobody wants it */
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (strcmp(url, "/metrics") != 0)
		return reply(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	return reply_with_metrics(connection, arg);
}

/* ---- in the loop */

static void run(void)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(server.daemon);
	osmo_timer_del(&server.timer);
	if (MHD_get_timeout(server.daemon, &ms) == MHD_YES)
		osmo_timer_schedule(&server.timer, ms / 1000, ms % 1000 * 1000);
}

static int on_readable(struct osmo_fd *fd, unsigned what)
{
	run();
	return 0;
}

static void on_timer(void *data)
{
	run();
}

void metrics_close(void)
{
	if (!server.daemon)
		return;
	osmo_timer_del(&server.timer);
	osmo_fd_unregister(&server.fd);
	MHD_stop_daemon(server.daemon);
	server.daemon = NULL;
	memset(&server.address, 0, sizeof(server.address));
}

int metrics_listen(const struct sockaddr_storage *address, const struct gateway *gateway, char *why,
		   size_t why_size)
{
	const union MHD_DaemonInfo *info;
	char text[TARGET_ADDRESS_MAX];
	struct MHD_Daemon *daemon;
	unsigned flags = MHD_USE_EPOLL;

	if (address->ss_family == AF_UNSPEC) {
		metrics_close();
		return 0;
	}
	if (server.daemon && target_address_equal((const struct sockaddr *)address,
						  (const struct sockaddr *)&server.address))
		return 0;
	if (address->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, (void *)gateway,
				  MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address,
				  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				  MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_END);
	if (!daemon) {
		int error = errno ? errno : EIO;

		target_address_text((const struct sockaddr *)address, text, sizeof(text));
		snprintf(why, why_size, "metrics cannot listen on %s: %s", text, strerror(error));
		return -error;
	}
	metrics_close();
	server.daemon = daemon;
	server.address = *address;
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	osmo_fd_setup(&server.fd, info->epoll_fd, OSMO_FD_READ, on_readable, NULL, 0);
	osmo_timer_setup(&server.timer, on_timer, NULL);
	return osmo_fd_register(&server.fd);
}
