/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * watcher - who may watch what lines do (event packages dialog and presence): the words of IOS.
 *
 *	sip-ua			presence
 *	 presence enable	 watcher all
 *				 allow subscribe
 *				 max-subscription 200
 *
 * Nobody may without `presence enable`: the packages are not there (489). With it, telephones of ours and
 * those who have shown a password may watch the lines that are ours (ports, and telephones that may register
 * here), and with `allow subscribe` any number; neighbours, who are trusted for their address alone, may
 * watch if `watcher all` says so, and then whatever they like. Anybody else: 403.
 */
#ifndef GATEWAY_SIP_WATCHER_H
#define GATEWAY_SIP_WATCHER_H

#include <stdbool.h>

#include "gateway/sip/line_state.h"

struct sip_s;
struct ua;

#define WATCHER_SUBSCRIPTIONS_MAX 5000

struct watcher_rules { /* plain data of the configuration */
	bool enabled;  /* presence enable */
	bool all;      /* watcher all */
	bool any_line; /* allow subscribe */
	unsigned max;  /* max-subscription; 0: WATCHER_SUBSCRIPTIONS_MAX */
};

/* known: who watches has shown a password, or is a telephone of ours; else he is trusted for his
 * address alone. */
bool watcher_is_allowed(const struct ua *ua, bool known, const char *line);
/* Of a line as it is told: a telephone that has never registered is out of service as well. */
enum line_service watcher_line_service(const struct ua *ua, const char *line);
/* Is the SUBSCRIBE of a stranger one to ask a password for? */
bool watcher_is_asked(const struct watcher_rules *rules, const struct sip_s *sip);

#endif
