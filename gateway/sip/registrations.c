// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/registrations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/fnv.h"
#include "gateway/log/log.h"
#include "gateway/sip/registration.h"

static const struct registration_times default_times = {
    .base_ms = 30000,
    .base_other_ms = 90000,
    .max_ms = 1800000,
    .spread_ms = 20,
    .second_ms = 1000,
};

unsigned registration_hash(const char *line)
{
	return fnv_add(FNV_BEGIN, line, strcspn(line, "@"));
}

uint64_t registration_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool registration_is_up(const struct registration *r)
{
	return (r->state == REGISTRATION_REGISTERED || r->state == REGISTRATION_REFRESHING) &&
	       registration_now_ms() < r->until_ms;
}

/* ---- who we are, to a registrar that has seen us before (RFC 5626 4.1): the same at every start */

static void print_uuid(const unsigned char octets[16], char text[48])
{
	size_t used = snprintf(text, 48, "urn:uuid:");

	for (unsigned i = 0; i < 16; i++)
		used += snprintf(text + used, 48 - used, "%s%02x",
				 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", octets[i]);
}

static void make_instance(struct registrations *set)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	char seed[256] = "sipspan", random[33];
	size_t used = strlen(seed);
	FILE *file = fopen("/etc/machine-id", "re");
	size_t read = file ? fread(seed + used, 1, 64, file) : 0;

	if (file)
		fclose(file);
	used += read;
	if (!read) { /* there is nothing that stays */
		digest_random(random, sizeof(random));
		used += snprintf(seed + used, sizeof(seed) - used, "%s", random);
	}
	used += snprintf(seed + used, sizeof(seed) - used, ":%u",
			 target_address_port((struct sockaddr *)&set->ua->sockets[0].address));
	if (EVP_Digest(seed, used, octets, NULL, EVP_sha256(), NULL) != 1)
		memset(octets, 0, sizeof(octets));
	octets[6] =
	    (octets[6] & 0x0f) | 0x80; /* RFC 9562 5.8: what it is made of is our own affair */
	octets[8] = (octets[8] & 0x3f) | 0x80;
	print_uuid(octets, set->instance);
}

/* ---- the registrars come and go */

static const struct account *account_of(const struct registration *r)
{
	const struct tenant *tenant = ua_tenant(r->ua, r->tenant);

	return tenant ? tenant->account : NULL;
}

bool registration_is_to_be_held(const struct registration *r)
{
	enum server_state state = r->watch ? registrar_watch_state(r->watch) : SERVER_UP;
	const struct account *account = account_of(r);

	if (state == SERVER_UP || state == SERVER_SUSPECT || !account)
		return false;
	if (!registrar_watch_asks(r->watch)) /* REGISTER alone finds it again */
		return false;
	if (state == SERVER_RETURNING && registration_is_up(r))
		return false;
	return registrar_watches_other_is_there(r->set->watches, account, r->watch);
}

void registration_tell_watch(struct registration *r, bool heard, const char *what)
{
	if (!r->watch || r->redirects)
		return;
	if (heard)
		registrar_watch_heard(r->watch);
	else
		registrar_watch_unheard(r->watch, what);
}

static void review(struct registration *r, const struct registrar_watch *changed,
		   unsigned *after_ms)
{
	enum server_state state = registrar_watch_state(changed);
	bool answers = r->watch == changed && (state == SERVER_UP || state == SERVER_RETURNING);
	bool back = r->state == REGISTRATION_WAITING && r->failures && answers;

	if (r->state == REGISTRATION_REMOVING)
		return;
	if (registration_is_to_be_held(r)) {
		registration_hold(r);
	} else if (r->state == REGISTRATION_HELD || back) {
		r->failures = 0;
		registration_start(r, *after_ms);
		*after_ms += r->set->times.spread_ms;
	} else if (r->state == REGISTRATION_REGISTERED && answers && state == SERVER_RETURNING) {
		registration_refresh(r, *after_ms); /* it may have forgotten it */
		*after_ms += r->set->times.spread_ms;
	}
}

static void registrar_changed(void *arg, const struct registrar_watch *watch)
{
	struct registrations *set = arg;
	struct registration *r;
	unsigned after_ms = 0;

	llist_for_each_entry (r, &set->list, entry)
		review(r, watch, &after_ms);
}

/* ---- the set */

int registrations_new(struct ua *ua, const struct registration_times *times,
		      struct registrations **out)
{
	struct registrations *set = talloc_zero(ua, struct registrations);

	if (!set)
		return -ENOMEM;
	set->ua = ua;
	set->times = *times;
	if (!set->times.base_ms)
		set->times.base_ms = default_times.base_ms;
	if (!set->times.base_other_ms)
		set->times.base_other_ms = default_times.base_other_ms;
	if (!set->times.max_ms)
		set->times.max_ms = default_times.max_ms;
	if (!set->times.spread_ms)
		set->times.spread_ms = default_times.spread_ms;
	if (!set->times.second_ms)
		set->times.second_ms = default_times.second_ms;
	INIT_LLIST_HEAD(&set->list);
	hash_init(set->lines);
	make_instance(set);
	set->watches = registrar_watches_new(ua, registrar_changed, set);
	if (!set->watches) {
		talloc_free(set);
		return -ENOMEM;
	}
	*out = set;
	return 0;
}

void registrations_free(struct registrations *set)
{
	struct registration *r, *next;

	if (!set)
		return;
	llist_for_each_entry_safe (r, next, &set->list, entry)
		registration_free(r);
	registrar_watches_free(set->watches);
	talloc_free(set);
}

static bool is_same(const struct registration *a, const struct registration *b)
{
	return a->tenant == b->tenant && a->registrar == b->registrar &&
	       !strcmp(a->config.target, b->config.target) &&
	       a->config.transport == b->config.transport && !strcmp(a->line, b->line);
}

static struct registration *find_same(struct registrations *set, const struct registration *key)
{
	struct registration *r;

	hash_for_each_possible(set->lines, r, node, registration_hash(key->line))
	{
		if (r->state != REGISTRATION_REMOVING && is_same(r, key))
			return r;
	}
	return NULL;
}

static void want(struct registrations *set, const struct registration *key, unsigned *after_ms)
{
	struct registration *r = find_same(set, key);

	if (!r) {
		r = registration_new(set, key, *after_ms);
		*after_ms += set->times.spread_ms;
	} else if (r->state == REGISTRATION_HELD ||
		   (r->state == REGISTRATION_WAITING && r->failures)) {
		r->failures = 0;
		registration_start(r, *after_ms);
		*after_ms += set->times.spread_ms;
	}
	if (!r) {
		LOGP(DSIP, LOGL_ERROR, "%s cannot be registered at %s: out of memory\n", key->line,
		     key->config.target);
		return;
	}
	r->wanted = true;
	r->watch = registrar_watches_find(set->watches, &key->config);
	r->peer = key->peer;
	r->config = key->config;
	if (r->asked_s < key->config.expires_s)
		r->asked_s = key->config.expires_s;
}

static void want_account(struct registrations *set, const struct tenant *tenant, unsigned *after_ms)
{
	const struct account *account = tenant->account;
	struct registration key = {.tenant = tenant->number};

	for (unsigned i = 0; account && i < ACCOUNT_REGISTRARS_MAX; i++) {
		key.registrar = i;
		key.config = account->registrars[i];
		for (unsigned n = 0; key.config.target[0] && n < account->lines_count; n++) {
			key.line = (char *)account->lines[n].name;
			key.peer = account->lines[n].peer;
			want(set, &key, after_ms);
		}
	}
}

void registrations_change(struct registrations *set, const struct tenant *tenants, unsigned count)
{
	struct registration *r, *next;
	unsigned after_ms = 0;

	registrar_watches_configure(set->watches, &set->ua->config.registrar_watch, tenants, count);
	llist_for_each_entry (r, &set->list, entry) {
		r->wanted = false;
		r->watch = NULL; /* it may be gone */
	}
	for (unsigned i = 0; i < count; i++)
		want_account(set, &tenants[i], &after_ms);
	llist_for_each_entry_safe (r, next, &set->list, entry)
		if (!r->wanted)
			registration_remove(r);
}

void registrations_stop(struct registrations *set)
{
	registrations_change(set, NULL, 0);
}

unsigned registrations_ending(const struct registrations *set)
{
	return set->ending;
}

/* ---- connections */

bool registrations_need(const struct registrations *set, const struct sockaddr_storage *remote)
{
	const struct registration *r;

	llist_for_each_entry (r, &set->list, entry)
		if (registration_is_up(r) && r->path.socket->transport != PEER_TRANSPORT_UDP &&
		    target_address_equal((const struct sockaddr *)&r->path.remote,
					 (const struct sockaddr *)remote))
			return true;
	return false;
}

/* ---- questions */

/* Is this the user part of the line's Contact? */
static bool is_user(const struct registration *r, const char *user)
{
	size_t length = strcspn(r->line, "@");

	return strlen(user) == length && !strncmp(r->line, user, length);
}

bool registrations_are_up(const struct registrations *set, unsigned tenant)
{
	const struct registration *r;
	bool any = false;

	llist_for_each_entry (r, &set->list, entry) {
		if (r->tenant != tenant || r->state == REGISTRATION_REMOVING)
			continue;
		if (registration_is_up(r))
			return true;
		any = true;
	}
	return !any;
}

static bool is_number(const char *text)
{
	text += *text == '+';
	return *text && strspn(text, "0123456789*#") == strlen(text);
}

bool registrations_know_account(const struct registrations *set, const char *user)
{
	const struct registration *r;

	if (!user || is_number(user))
		return false;
	hash_for_each_possible(set->lines, r, node, registration_hash(user))
	{
		if (registration_is_up(r) && is_user(r, user))
			return true;
	}
	return false;
}

const struct account *registration_account(const struct ua *ua, unsigned tenant)
{
	const unsigned numbers[] = {tenant, 0};

	for (unsigned n = 0; n < ARRAY_SIZE(numbers); n++) {
		const struct tenant *t = ua_tenant(ua, numbers[n]);

		for (unsigned i = 0; t && t->account && i < ACCOUNT_REGISTRARS_MAX; i++)
			if (t->account->registrars[i].target[0])
				return t->account;
	}
	return NULL;
}

/* Has the registrar at this place the line, or the only line of the account? */
static bool has_line(const struct registrations *set, const struct account *account, unsigned place,
		     const char *line)
{
	const struct registration *r;

	if (account->lines_count == 1)
		line = account->lines[0].name;
	hash_for_each_possible(set->lines, r, node, registration_hash(line))
	{
		if (account_of(r) == account && r->registrar == place && registration_is_up(r) &&
		    !strcmp(r->line, line))
			return true;
	}
	return false;
}

int registration_choose_registrar(const struct ua *ua, unsigned tenant, const char *line,
				  unsigned tried)
{
	const struct registrations *set = ua->registrations;
	const struct account *account = registration_account(ua, tenant);
	int there = -1, first = -1;

	for (int i = 0; account && i < ACCOUNT_REGISTRARS_MAX; i++) {
		const struct registrar_watch *w;

		if (!account->registrars[i].target[0] || tried & 1u << i)
			continue;
		w = registrar_watches_find(set->watches, &account->registrars[i]);
		if (first < 0)
			first = i;
		if (w && registrar_watch_is_there(w)) {
			if (has_line(set, account, i, line))
				return i;
			if (there < 0)
				there = i;
		}
	}
	return there >= 0 ? there : first;
}

static const struct registration *find_up(const struct registrations *set, unsigned tenant,
					  const char *line)
{
	const struct registration *r;

	hash_for_each_possible(set->lines, r, node, registration_hash(line))
	{
		if (r->tenant == tenant && registration_is_up(r) && !strcmp(r->line, line))
			return r;
	}
	return NULL;
}

static void use_contact(const struct registration *r, struct ua_path *path)
{
	char user[REGISTRATION_USER_SIZE];

	registration_print_user(r, user);
	if (r->grant.gruu)
		snprintf(path->contact, sizeof(path->contact), "<%s>", r->grant.gruu);
	else
		path_contact_of(path, user, path->contact);
}

/* That calls of this line belong to: its own, or the only one of the tenant. */
static const struct registration *find_of_call(const struct ua *ua, unsigned tenant,
					       const char *line)
{
	const struct registration *r = find_up(ua->registrations, tenant, line);
	const struct tenant *t = ua_tenant(ua, tenant);

	if (!r && t && t->account && t->account->lines_count == 1)
		r = find_up(ua->registrations, tenant, t->account->lines[0].name);
	return r;
}

void registration_prepare_call(struct ua *ua, unsigned tenant, const char *line,
			       struct ua_path *path)
{
	const struct registration *r = find_of_call(ua, tenant, line);

	if (r)
		use_contact(r, path);
}

static bool is_registrar(const struct registration *r, const struct target *target)
{
	struct target configured;

	return !strcasecmp(target->host, r->target.host) ||
	       (!target_parse(r->config.target, r->config.transport, &configured) &&
		!strcasecmp(target->host, configured.host));
}

const char *registration_service_route(const struct ua *ua, const struct registration_call *call,
				       struct target *hop)
{
	const struct registration *r = find_of_call(ua, call->tenant, call->line);

	if (!r || !r->grant.route || !is_registrar(r, call->target))
		return NULL;
	if (r->grant.hop.host[0])
		*hop = r->grant.hop;
	return r->grant.route;
}

void registration_prepare_answer(struct ua *ua, const char *user, struct ua_path *path)
{
	const struct registration *r;

	if (!user)
		return;
	hash_for_each_possible(ua->registrations->lines, r, node, registration_hash(user))
	{
		if (!registration_is_up(r) || !is_user(r, user))
			continue;
		use_contact(r, path);
		return;
	}
}

const struct registrar_watches *registrations_watches(const struct registrations *set)
{
	return set->watches;
}

void registrations_each(const struct registrations *set,
			bool (*each)(void *arg, const struct registration_view *view), void *arg)
{
	const struct registration *r;
	uint64_t now = registration_now_ms();

	llist_for_each_entry (r, &set->list, entry) {
		bool up = registration_is_up(r);
		struct registration_view view = {
		    .tenant = r->tenant,
		    .registrar = r->registrar,
		    .target = r->config.target,
		    .line = r->line,
		    .peer = r->peer,
		    .up = up,
		    .expires_s = up ? (unsigned)((r->until_ms - now) / set->times.second_ms) : 0,
		    .associated = r->grant.associated ? r->grant.associated : "",
		    .trouble = r->trouble,
		    .watch = r->watch,
		};

		if (!each(arg, &view))
			return;
	}
}
