/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registrations - the gateway's lines at its registrars (RFC 3261 10), for as long as the
 * configuration wants them.
 *
 * Each line of each account (account.h) is registered at each of its registrars, the secondary one
 * too, independently: a registration of its own, which registration.h looks after. New ones begin a
 * few milliseconds apart, so that thousands do not begin at once.
 *
 * The registrars are watched (registrar_watch.h). One that is down is left alone as long as another one
 * of the account is there, and the lines are registered there again when it is up, after the hold-down.
 */
#ifndef GATEWAY_SIP_REGISTRATIONS_H
#define GATEWAY_SIP_REGISTRATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include "gateway/sip/tenant.h"

struct registrations;
struct ua;

struct registration_times { /* 0: the default */
	unsigned base_ms;   /* RFC 5626 4.5: base time if nothing of the line is registered; 30 s */
	unsigned base_other_ms; /* if it is at another registrar; 90 s */
	unsigned max_ms;	/* between two tries; 30 min */
	unsigned spread_ms;	/* between the first tries of two registrations; 20 */
	unsigned second_ms;	/* what the registrar calls a second; 1000 */
};

struct registration_view {
	unsigned tenant;
	unsigned registrar; /* place in account.registrars */
	const char *target; /* of the registrar, as configured */
	const char *line;
	unsigned peer; /* tag of its pots dial peer, 0: none */
	bool up;
	unsigned expires_s;		     /* left; 0 if not up */
	const char *associated;		     /* P-Associated-URI, "": none */
	const char *trouble;		     /* why not up, "": nothing is known yet */
	const struct registrar_watch *watch; /* of the registrar; NULL: it is not watched */
};

int registrations_new(struct ua *ua, const struct registration_times *times,
		      struct registrations **out);
/* Ends, begins and keeps what is to be. What is no longer wanted is unregistered with the credentials
 * that hold so far: before the ua takes the new tenants. Tries at once what has failed so far. */
void registrations_change(struct registrations *set, const struct tenant *tenants, unsigned count);
/* Unregisters everything, for the end of the program. */
void registrations_stop(struct registrations *set);
/* How many are still being unregistered. */
unsigned registrations_ending(const struct registrations *set);
void registrations_free(struct registrations *set);

/* Does a registration use the connection to this address? */
bool registrations_need(const struct registrations *set, const struct sockaddr_storage *remote);
/* Is at least one line of the tenant registered, or does it want none? */
bool registrations_are_up(const struct registrations *set, unsigned tenant);
/* Is this the user part of a Contact that we have registered, and no number? Then who is called stands
 * elsewhere in the message. */
bool registrations_know_account(const struct registrations *set, const char *user);
/* Their registrars. */
struct registrar_watches;
const struct registrar_watches *registrations_watches(const struct registrations *set);
/* In the order in which they began. each: false ends it. */
void registrations_each(const struct registrations *set,
			bool (*each)(void *arg, const struct registration_view *view), void *arg);

#endif
