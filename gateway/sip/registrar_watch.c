// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/registrar_watch.h"

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/tenant.h"
#include "gateway/sip/ua_private.h"

struct registrar_watch {
	struct llist_head entry;
	struct registrar_watches *all;
	struct server_watch *server;
	bool wanted, has_other; /* while registrar_watches_configure() looks */
};

struct registrar_watches {
	struct ua *ua;
	void (*changed)(void *arg, const struct registrar_watch *watch);
	void *arg;
	struct llist_head list;
	unsigned long changes[SERVER_RETURNING + 1];
};

struct registrar_watches *
registrar_watches_new(struct ua *ua,
		      void (*changed)(void *arg, const struct registrar_watch *watch), void *arg)
{
	struct registrar_watches *all = talloc_zero(ua, struct registrar_watches);

	if (!all)
		return NULL;
	all->ua = ua;
	all->changed = changed;
	all->arg = arg;
	INIT_LLIST_HEAD(&all->list);
	return all;
}

static void stop(struct registrar_watch *w)
{
	server_watch_free(w->server);
	llist_del(&w->entry);
	talloc_free(w);
}

void registrar_watches_free(struct registrar_watches *all)
{
	struct registrar_watch *w, *next;

	if (!all)
		return;
	llist_for_each_entry_safe (w, next, &all->list, entry)
		stop(w);
	talloc_free(all);
}

static void state_changed(void *arg, enum server_state before, enum server_state now)
{
	struct registrar_watch *w = arg;

	w->all->changes[now]++;
	w->all->changed(w->all->arg, w);
}

struct registrar_watch *registrar_watches_find(const struct registrar_watches *all,
					       const struct account_registrar *registrar)
{
	struct registrar_watch *w;

	llist_for_each_entry (w, &all->list, entry)
		if (server_watch_is(w->server, registrar->target, registrar->transport))
			return w;
	return NULL;
}

/* ---- the configuration */

static struct registrar_watch *start(struct registrar_watches *all,
				     const struct account_registrar *registrar, unsigned tenant)
{
	struct registrar_watch *w = talloc_zero(all, struct registrar_watch);
	struct server_watched watched = {
	    .kind = "registrar",
	    .target = registrar->target,
	    .transport = registrar->transport,
	    .tenant = tenant,
	    .state = SERVER_SUSPECT,
	    .changed = state_changed,
	    .arg = w,
	};

	if (!w)
		return NULL;
	w->all = all;
	w->server = server_watch_new(w, all->ua, &watched, &(struct server_times){0});
	if (!w->server) {
		talloc_free(w);
		return NULL;
	}
	llist_add_tail(&w->entry, &all->list);
	return w;
}

static void want_account(struct registrar_watches *all, const struct tenant *tenant)
{
	const struct account_registrar *registrars = tenant->account->registrars;
	unsigned count = 0;

	for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++)
		count += registrars[i].target[0] != '\0';
	if (!tenant->account->lines_count && count == 1)
		return; /* calls go there in any case */
	for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++) {
		struct registrar_watch *w;

		if (!registrars[i].target[0])
			continue;
		w = registrar_watches_find(all, &registrars[i]);
		if (!w)
			w = start(all, &registrars[i], tenant->number);
		if (!w) {
			LOGP(DSIP, LOGL_ERROR, "registrar %s is not watched\n",
			     registrars[i].target);
			continue;
		}
		w->wanted = true;
		w->has_other = w->has_other || count > 1;
	}
}

void registrar_watches_configure(struct registrar_watches *all,
				 const struct registrar_watch_config *config,
				 const struct tenant *tenants, unsigned count)
{
	struct registrar_watch *w, *next;

	llist_for_each_entry (w, &all->list, entry)
		w->wanted = w->has_other = false;
	for (unsigned i = 0; i < count; i++)
		if (tenants[i].account)
			want_account(all, &tenants[i]);
	llist_for_each_entry_safe (w, next, &all->list, entry) {
		if (!w->wanted)
			stop(w);
		else
			server_watch_set_times(
			    w->server, &config->times,
			    config->keepalive == REGISTRAR_KEEPALIVE_ALL ||
				(config->keepalive == REGISTRAR_KEEPALIVE_OF_TWO && w->has_other));
	}
}

/* ---- for others */

enum server_state registrar_watch_state(const struct registrar_watch *w)
{
	return server_watch_state(w->server);
}

void registrar_watch_view(const struct registrar_watch *w, struct server_view *out)
{
	server_watch_view(w->server, out);
}

bool registrar_watch_is_there(const struct registrar_watch *w)
{
	return server_watch_is_there(w->server);
}

bool registrar_watch_asks(const struct registrar_watch *w)
{
	return server_watch_asks(w->server);
}

bool registrar_watches_other_is_there(const struct registrar_watches *all,
				      const struct account *account,
				      const struct registrar_watch *watch)
{
	for (unsigned i = 0; i < ACCOUNT_REGISTRARS_MAX; i++) {
		const struct registrar_watch *w =
		    account->registrars[i].target[0]
			? registrar_watches_find(all, &account->registrars[i])
			: NULL;

		if (w && w != watch && registrar_watch_is_there(w))
			return true;
	}
	return false;
}

void registrar_watch_heard(struct registrar_watch *w)
{
	server_watch_heard(w->server);
}

void registrar_watch_unheard(struct registrar_watch *w, const char *what)
{
	server_watch_unheard(w->server, what);
}

void registrar_watches_each(const struct registrar_watches *all,
			    void (*fn)(void *arg, const struct server_view *view), void *arg)
{
	const struct registrar_watch *w;
	struct server_view view;

	llist_for_each_entry (w, &all->list, entry) {
		server_watch_view(w->server, &view);
		fn(arg, &view);
	}
}

unsigned long registrar_watches_changes(const struct registrar_watches *all,
					enum server_state state)
{
	return all->changes[state];
}
