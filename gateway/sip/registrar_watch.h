/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registrar_watch - are the registrars of the gateway's own lines there? Each that is named by an
 * account (account.h) is watched once, however many tenants name it, with the states of call managers
 * (server_watch.h).
 *
 * OPTIONS go to those of accounts that have another registrar, or to all or none, as configured. What
 * REGISTER and calls meet counts in any case.
 *
 * What is made of it stands in registrations.h (lines) and leg_sip_out.c (calls).
 */
#ifndef GATEWAY_SIP_REGISTRAR_WATCH_H
#define GATEWAY_SIP_REGISTRAR_WATCH_H

#include "gateway/sip/account.h"
#include "gateway/sip/server_watch.h"

struct registrar_watch;	  /* one of them */
struct registrar_watches; /* all of a user agent */
struct tenant;
struct ua;

enum registrar_keepalive {
	REGISTRAR_KEEPALIVE_OF_TWO, /* OPTIONS where there is another registrar */
	REGISTRAR_KEEPALIVE_ALL,
	REGISTRAR_KEEPALIVE_NONE,
};

struct registrar_watch_config {
	enum registrar_keepalive keepalive;
	struct server_times times;
};

/* changed: after the state of one of them has; watches may be asked then. NULL: no memory. */
struct registrar_watches *
registrar_watches_new(struct ua *ua,
		      void (*changed)(void *arg, const struct registrar_watch *watch), void *arg);
/* Those that stay keep their state; new ones are suspect; others are freed. */
void registrar_watches_configure(struct registrar_watches *watches,
				 const struct registrar_watch_config *config,
				 const struct tenant *tenants, unsigned count);
void registrar_watches_free(struct registrar_watches *watches);

/* NULL: it is not watched. */
struct registrar_watch *registrar_watches_find(const struct registrar_watches *watches,
					       const struct account_registrar *registrar);
enum server_state registrar_watch_state(const struct registrar_watch *watch);
void registrar_watch_view(const struct registrar_watch *watch, struct server_view *out);
/* up or suspect */
/* Would it be found out without a REGISTER that it is back? */
bool registrar_watch_asks(const struct registrar_watch *watch);
bool registrar_watch_is_there(const struct registrar_watch *watch);
/* Is another registrar of the account there? Then this one can be waited for. */
bool registrar_watches_other_is_there(const struct registrar_watches *watches,
				      const struct account *account,
				      const struct registrar_watch *watch);

/* A REGISTER was answered; or not, or with 503. */
void registrar_watch_heard(struct registrar_watch *watch);
void registrar_watch_unheard(struct registrar_watch *watch, const char *what);

void registrar_watches_each(const struct registrar_watches *watches,
			    void (*fn)(void *arg, const struct server_view *view), void *arg);
/* How often registrars have come into it. */
unsigned long registrar_watches_changes(const struct registrar_watches *watches,
					enum server_state state);

#endif
