/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ua - the SIP user agent: transports, requests outside dialogs, and incoming calls.
 *
 * The only door to the SIP stack together with dialog.c and offer.c in this folder; none of their
 * types appears here. ua_new() binds the addresses and puts the stack into libosmocore's loop.
 * INVITEs from trusted sources become calls of the office; main registers leg_sip_make (leg_sip.h)
 * as leg kind PEER_VOIP with the ua as its argument.
 */
#ifndef GATEWAY_SIP_UA_H
#define GATEWAY_SIP_UA_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include "dialplan/peer.h"
#include "gateway/sip/admission.h"
#include "gateway/sip/caller.h"
#include "gateway/sip/connections.h"
#include "gateway/sip/resolve.h"
#include "gateway/sip/registrar_watch.h"
#include "gateway/sip/registrations.h"
#include "gateway/sip/tenant.h"
#include "gateway/stir/stir.h"
#include "gateway/sip/tls_profile.h"
#include "gateway/sip/watcher.h"

struct ua;
struct office;
struct media_client;
struct trust;
struct enum_queries;
struct registrations;
struct keepalive;
struct line_states;
struct target_health;

#define UA_LISTEN_MAX 64

struct ua_listen {
	struct sockaddr_storage address; /* with port; the wildcard address is allowed */
	bool udp, tcp, tls;		 /* TLS has a port of its own */
};

struct ua_config {
	struct ua_listen listen[UA_LISTEN_MAX];
	unsigned listen_count;
	struct sockaddr_storage media4, media6; /* addresses that RTP is bound to; family 0: the
						   address that a route to the far end would use */
	enum peer_transport transport;		/* default for session targets; SYSTEM: not said */
	enum resolve_families families;		/* of names that have addresses of both */
	unsigned expires_ms; /* how long a call that goes out may ring; 0: 180000 */
	unsigned t1_ms;	     /* RFC 3261 T1; 0: 500 */
	unsigned timer_b_ms; /* 64*T1 of RFC 3261 17; 0: that */
	/* How often an INVITE without any response is sent again before the call goes elsewhere; 0:
	 * as a tenant or peer says, else three times if there is somewhere else. */
	unsigned invite_retries;
	unsigned hold_down_s;	      /* how long an address that failed is called after others */
	const struct tenant *tenants; /* borrowed; in order of number, tenant 0 may be missing */
	unsigned tenants_count;
	const struct stir_profile *stir_profiles; /* borrowed until ua_change() */
	unsigned stir_profiles_count;
	const char *product;	   /* User-Agent and Server: "sipspan/0.1" */
	const struct trust *trust; /* borrowed; NULL: loopback only */
	struct admission_rules admission;
	struct callers challenge;
	struct watcher_rules watchers;
	const char
	    *state_folder; /* of what is kept (flow_key.h); NULL: nothing is; needed as long */
	const char *name_servers; /* as resolver_new() has them; needed while ua_new() runs only */
	unsigned enum_time_limit_ms; /* of `session target enum:N`; 0: ENUM_TIME_LIMIT_MS */

	/* Messages are waiting for a telephone, or no longer; may be NULL. ua_change() leaves it. */
	void (*lamp)(void *arg, const struct number *number, bool on);
	void *lamp_arg;

	struct registration_times registration;
	struct registrar_watch_config registrar_watch;

	/* those that sip_options count from 1; borrowed */
	const struct sockaddr_storage *addresses;
	unsigned addresses_count;
	struct tls_config tls;
	struct connection_limits connections;
};

struct ua_counters {
	unsigned long invites_received, invites_sent, invites_refused_untrusted;
	unsigned long requests_refused; /* any 4xx or 5xx that is about the message, not the call */
	unsigned dialogs;		/* now */

	/* session timers (RFC 4028) */
	unsigned long refreshes_sent, refreshes_received, sessions_expired;
	unsigned long intervals_refused; /* 422 */
};

/* why: one sentence with the remedy if an address cannot be bound. */
int ua_new(void *ctx, const struct ua_config *config, struct office *office,
	   struct media_client *media, struct ua **out, char *why, size_t why_size);
/* Takes transport, timers, tenants, addresses, TLS profiles and limits of connections of config for
 * what begins from now on; the rest stays. */
void ua_change(struct ua *ua, const struct ua_config *config);
/* The site's telephones (phone_book.h); copied. NULL: there are none. */
struct phone_book;
void ua_use_phone_book(struct ua *ua, const struct phone_book *book);
/* A call manager does not answer any more, as the phone book says: requests that wait for it do no
 * longer, from the loop on. */
void ua_manager_is_gone(struct ua *ua);
/* Ends all dialogs at once. Call after office_free(). */
void ua_free(struct ua *ua);
/* `debug ccsip messages`: whole messages to the log, category DSIP. */
void ua_debug(struct ua *ua, bool messages);
/* For who looks up other targets than those of calls. */
struct resolver *ua_resolver(struct ua *ua);
/* For the console: `test enum`, `show enum`. */
struct enum_queries *ua_enum_queries(struct ua *ua);
/* For the console, and for who ends the program. */
struct registrations *ua_registrations(struct ua *ua);
/* For who knows the state of ports and telephones (line_state.h). */
struct line_states *ua_line_states(struct ua *ua);
/* What is known of the addresses and session targets that calls went to (target_health.h). */
struct target_health *ua_target_health(struct ua *ua);
struct keepalive *ua_keepalive(struct ua *ua);	 /* keepalive.h */
const struct stir *ua_stir(const struct ua *ua); /* stir.h: its counters */
void ua_counters(const struct ua *ua, struct ua_counters *out);
unsigned long ua_setups_refused(const struct ua *ua); /* by `source-limit setups` */
struct admission *ua_admission(const struct ua *ua);
/* For the console: `show sip-ua connections`, `clear sip-ua`. */
struct connections *ua_connections(struct ua *ua);
/* "udp 127.0.0.1:5060", one line each, for `show sip-ua service`. */
void ua_describe(const struct ua *ua, char *text, size_t size);

#endif
