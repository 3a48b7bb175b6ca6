/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fetch - certificates over HTTPS, by libcurl's multi interface in the program's loop.
 *
 * fetcher_new(), then fetch_start() for each that is wanted; done() is called once, always from the
 * loop, unless fetch_cancel() came first. What was fetched is kept as long as its Cache-Control
 * allows, and at most a day; that a fetch failed is kept a minute, so that a bad URL costs little.
 * Who asks for a URL that is under way gets the same answer.
 *
 * The URL came from a stranger: only https: to port 443 or 8443 (ATIS-1000074) of an address that
 * is no private one and not this machine, no redirects, FETCH_SIZE_MAX octets, one time limit for
 * all. URLs that begin like one of permit may be anywhere.
 */
#ifndef GATEWAY_STIR_FETCH_H
#define GATEWAY_STIR_FETCH_H

#include <stddef.h>

#define FETCH_SIZE_MAX 65536
#define FETCH_PERMIT_MAX 4

struct fetcher;
struct fetch;

struct fetcher_config {
	unsigned timeout_ms; /* of one fetch */
	/* borrowed; NULL: the system's */
	const char *ca_file;		      /* PEM of authorities for the servers */
	const char *permit[FETCH_PERMIT_MAX]; /* beginnings of URLs; NULL: none */
};

/* error: 0 and the octets, lent; -EACCES: such a URL is not fetched; -ETIMEDOUT, -EHOSTUNREACH,
 * -EMSGSIZE, -EKEYREJECTED (the server's certificate), -EBADMSG (a status other than 200), -EPROTO. */
typedef void (*fetch_done)(void *arg, int error, const char *body, size_t size);

int fetcher_new(void *ctx, const struct fetcher_config *config, struct fetcher **out);
void fetcher_free(struct fetcher *fetcher); /* whoever waits is not called any more */
int fetch_start(struct fetcher *fetcher, const char *url, fetch_done done, void *arg,
		struct fetch **out);
void fetch_cancel(struct fetch *fetch);
const char *fetch_error_text(int error); /* for the log */

#endif
