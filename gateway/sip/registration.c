// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/registration.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/message.h"

#define REDIRECTS_MAX 5
#define ASKED_MAX_S 604800 /* what a 423 may make of it */
#define BACKOFF_DOUBLINGS_MAX 16
#define FLOW_TIMER_DEFAULT_S 120 /* RFC 5626 4.4 */
#define PONG_S 10
#define FEATURES "path, gruu"

static void begin(void *data);
static void try_next(struct registration *r);
static int send_register(struct registration *r, unsigned expires_s);

/* ---- timers */

/* Between low and high percent of it. */
static uint64_t part_of(uint64_t ms, unsigned low, unsigned high)
{
	double share = low + (high - low) * ((double)random() / RAND_MAX);

	return (uint64_t)((double)ms * share / 100);
}

static void schedule(struct registration *r, uint64_t ms)
{
	osmo_timer_schedule(&r->timer, (int)(ms / 1000), (int)(ms % 1000 * 1000));
}

void registration_start(struct registration *r, unsigned after_ms)
{
	r->state = REGISTRATION_WAITING;
	schedule(r, after_ms);
}

void registration_refresh(struct registration *r, unsigned after_ms)
{
	schedule(r, after_ms);
}

/* RFC 5626 4.5: min(max, base * 2 ^ failures), 50 to 100 percent of it. */
static uint64_t back_off(const struct registration *r)
{
	const struct registration_times *times = &r->set->times;
	uint64_t wait = times->base_ms;
	const struct registration *other;

	hash_for_each_possible(r->set->lines, other, node, registration_hash(r->line))
	{
		if (other != r && other->tenant == r->tenant && !strcmp(other->line, r->line) &&
		    registration_is_up(other))
			wait = times->base_other_ms;
	}
	for (unsigned i = 0; i < r->failures && i < BACKOFF_DOUBLINGS_MAX; i++)
		wait *= 2;
	return part_of(wait < times->max_ms ? wait : times->max_ms, 50, 100);
}

/* ---- what came of it */

static void drop_grant(struct registration *r)
{
	talloc_free(r->grant.gruu);
	talloc_free(r->grant.route);
	talloc_free(r->grant.associated);
	memset(&r->grant, 0, sizeof(r->grant));
	r->until_ms = 0;
}

/* The configured way again. */
static int read_target(const struct registration *r, struct target *out)
{
	enum peer_transport transport = r->config.transport;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = r->ua->config.transport;
	return target_parse(r->config.target, transport, out);
}

static int reset_target(struct registration *r)
{
	r->through = false;
	r->redirects = 0;
	return read_target(r, &r->target);
}

/* One line a change. */
static void log_trouble(struct registration *r, const char *trouble, uint64_t wait_ms)
{
	if (!strcmp(r->trouble, trouble) && r->failures)
		return;
	osmo_strlcpy(r->trouble, trouble, sizeof(r->trouble));
	LOGP(DSIP, LOGL_ERROR, "%s is not registered at %s: %s; next try in %llu s\n", r->line,
	     r->config.target, trouble, (unsigned long long)(wait_ms + 999) / 1000);
}

static void wait_again(struct registration *r, const char *trouble, uint64_t wait_ms)
{
	if (r->state == REGISTRATION_REMOVING) {
		registration_free(r);
		return;
	}
	log_trouble(r, trouble, wait_ms);
	r->failures++;
	TALLOC_FREE(r->addresses);
	drop_grant(r);
	reset_target(r);
	r->state = REGISTRATION_WAITING;
	schedule(r, wait_ms);
}

static void fail(struct registration *r, const char *trouble)
{
	wait_again(r, trouble, back_off(r));
}

/* ---- flows (RFC 5626): the registrar reaches us by the connection that the REGISTER came on */

static void forget_flow(struct registration *r)
{
	if (!r->flow)
		return;
	tport_release(r->flow, r->flow_watch, NULL, NULL, (tp_client_t *)r, 0);
	tport_unref(r->flow);
	r->flow = NULL;
}

static void on_flow_end(tp_stack_t *stack, tp_client_t *client, tport_t *tport, msg_t *msg,
			int error)
{
	struct registration *r = (struct registration *)client;

	forget_flow(r);
	if (r->state != REGISTRATION_REGISTERED)
		return;
	registration_tell_watch(r, false, "its connection has closed");
	if (r->state == REGISTRATION_REGISTERED)
		fail(r, "the connection is gone");
}

/* CRLF now and then, and an answer each time, so that we and all between us notice that the connection
 * is gone (4.4.1). TLS has its own (connections.h). */
static void keep_flow(struct registration *r, tport_t *tport)
{
	const struct registration_times *times = &r->set->times;
	unsigned most_s = r->grant.flow_timer_s ? r->grant.flow_timer_s : FLOW_TIMER_DEFAULT_S;
	uint64_t alive_ms = part_of((uint64_t)most_s * times->second_ms, 80, 100);

	forget_flow(r);
	if (!r->grant.flow || !tport || !tport_is_secondary(tport))
		return;
	tport_set_params(tport, TPTAG_SDWN_ERROR(1), TAG_END());
	if (r->path.socket->transport == PEER_TRANSPORT_TCP)
		tport_set_params(tport, TPTAG_KEEPALIVE(alive_ms),
				 TPTAG_PINGPONG(PONG_S * times->second_ms), TAG_END());
	r->flow_watch = tport_pend(tport, NULL, on_flow_end, (tp_client_t *)r);
	if (r->flow_watch > 0)
		r->flow = tport_ref(tport);
}

void registration_hold(struct registration *r)
{
	if (r->state == REGISTRATION_HELD)
		return;
	osmo_timer_del(&r->timer);
	if (r->resolve)
		resolve_cancel(r->resolve);
	r->resolve = NULL;
	if (r->out) {
		r->cseq = nta_outgoing_cseq(r->out);
		nta_outgoing_destroy(r->out);
	}
	r->out = NULL;
	forget_flow(r);
	TALLOC_FREE(r->addresses);
	drop_grant(r);
	reset_target(r);
	osmo_strlcpy(r->trouble, "the registrar is down, another one has the line",
		     sizeof(r->trouble));
	r->state = REGISTRATION_HELD;
}

/* ---- success */

static void be_registered(struct registration *r, const sip_t *sip, tport_t *tport)
{
	const struct registration_times *times = &r->set->times;
	struct registration_grant grant;
	bool new = r->state == REGISTRATION_REGISTERING;

	if (registration_read_grant(r, sip, &grant)) {
		fail(r, "it was accepted without our Contact");
		return;
	}
	drop_grant(r);
	r->grant = grant;
	keep_flow(r, tport);
	r->until_ms = registration_now_ms() + (uint64_t)grant.expires_s * times->second_ms;
	r->state = REGISTRATION_REGISTERED;
	r->failures = 0;
	r->trouble[0] = '\0';
	TALLOC_FREE(r->addresses);
	if (new)
		LOGP(DSIP, LOGL_NOTICE, "%s is registered at %s for %u s\n", r->line,
		     r->config.target, grant.expires_s);
	schedule(r, part_of((uint64_t)grant.expires_s * times->second_ms *
				r->config.refresh_percent / 100,
			    90, 100));
}

/* ---- answers */

static void ask_for_longer(struct registration *r, const sip_t *sip)
{
	unsigned wanted = sip->sip_min_expires ? sip->sip_min_expires->me_delta : 0;

	if (wanted <= r->asked_s || wanted > ASKED_MAX_S) {
		fail(r, "423 without a Min-Expires that we could ask for");
		return;
	}
	r->asked_s = wanted;
	if (send_register(r, r->asked_s))
		try_next(r);
}

static void follow(struct registration *r, const sip_t *sip)
{
	struct target target;

	if (++r->redirects > REDIRECTS_MAX) {
		fail(r, "redirected too often");
		return;
	}
	if (registration_read_redirect(sip, &target)) {
		fail(r, "redirected to where we cannot go");
		return;
	}
	r->through = sip->sip_status->st_status == 305;
	r->target = target;
	LOGP(DSIP, LOGL_INFO, "%s: registrar %s redirects to %s\n", r->line, r->config.target,
	     target.host);
	TALLOC_FREE(r->addresses);
	begin(r);
}

/* Refusals that will not change by themselves. */
static bool is_final(unsigned status)
{
	return (status >= 400 && status < 500 && status != 408 && status != 480 && status != 491) ||
	       status >= 600;
}

static void refused(struct registration *r, const sip_t *sip, unsigned status)
{
	uint64_t wait = back_off(r), asked = 0;
	char trouble[REGISTRATION_TROUBLE_MAX];

	if (is_final(status))
		wait = part_of(r->set->times.max_ms, 50, 100);
	if (sip->sip_retry_after)
		asked = (uint64_t)sip->sip_retry_after->af_delta * r->set->times.second_ms;
	if (asked > r->set->times.max_ms)
		asked = r->set->times.max_ms;
	if (asked > wait || (asked && is_final(status)))
		wait = asked;
	if (r->authorization.refused && (status == 401 || status == 407))
		snprintf(trouble, sizeof(trouble), "%u, user or password are missing or wrong",
			 status);
	else
		snprintf(trouble, sizeof(trouble), "%u %.60s", status, sip->sip_status->st_phrase);
	wait_again(r, trouble, wait);
}

static void answered(struct registration *r, const sip_t *sip, unsigned status, tport_t *tport)
{
	bool elsewhere = status == 503 && r->addresses && r->next < r->addresses->count;

	if (!elsewhere)
		registration_tell_watch(r, status != 503 && status != 408, "it says no");
	if (r->state == REGISTRATION_HELD)
		return;
	if (r->state == REGISTRATION_REMOVING) {
		registration_free(r);
	} else if (status < 300) {
		be_registered(r, sip, tport);
	} else if (status < 400) {
		follow(r, sip);
	} else if (status == 423) {
		ask_for_longer(r, sip);
	} else if (status == 439 && r->outbound) {
		r->outbound = false;
		if (send_register(r, r->asked_s))
			try_next(r);
	} else if (elsewhere) {
		try_next(r);
	} else {
		refused(r, sip, status);
	}
}

/* Nothing came from there. */
static void unanswered(struct registration *r, unsigned status)
{
	if (r->state == REGISTRATION_REMOVING) {
		registration_free(r);
		return;
	}
	if (r->addresses && r->next < r->addresses->count) {
		try_next(r);
		return;
	}
	if (r->state == REGISTRATION_REFRESHING) { /* it may have another address by now */
		registration_tell_watch(r, false, "a REGISTER had no answer");
		if (r->state == REGISTRATION_HELD)
			return;
		r->state = REGISTRATION_REGISTERING;
		LOGP(DSIP, LOGL_NOTICE, "%s: registrar %s does not answer\n", r->line,
		     r->config.target);
		begin(r);
		return;
	}
	registration_tell_watch(r, false, "a REGISTER had no answer");
	if (r->state != REGISTRATION_HELD)
		fail(r, status == 408 ? "no answer" : "no connection");
}

static int on_response(void *magic, nta_outgoing_t *out, const sip_t *sip)
{
	struct registration *r = magic;
	struct message_request request = {
	    .ua = r->ua,
	    .path = &r->path,
	    .callback = on_response,
	    .magic = r,
	    .authorization = &r->authorization,
	};
	msg_t *held;
	tport_t *tport;
	bool internal;
	int status = nta_outgoing_status(out);

	if (authorization_retry(&request, &r->out, sip) || status < 200)
		return 0;
	held = nta_outgoing_getresponse(out);
	internal = !sip || !held || nta_is_internal_msg(held);
	r->cseq = nta_outgoing_cseq(out);
	tport = nta_outgoing_transport(out);
	nta_outgoing_destroy(out);
	r->out = NULL;
	if (internal)
		unanswered(r, status);
	else
		answered(r, sip, status, tport);
	if (tport)
		tport_unref(tport);
	if (held)
		msg_destroy(held);
	return 0;
}

/* ---- sending */

/* "sip:example.com:5070": a redirect changes it, a proxy does not. */
static void print_uri(const struct registration *r, char *text, size_t size)
{
	struct target configured = r->target;
	char hostport[TARGET_HOST_MAX + 16];

	if (r->through)
		read_target(r, &configured);
	target_hostport(&configured, hostport, sizeof(hostport));
	snprintf(text, size, "sip:%s%s", hostport, path_transport_param(r->path.socket->transport));
}

/* 0, or -EIO: it could not be sent. */
static int send_register(struct registration *r, unsigned expires_s)
{
	char uri[TARGET_HOST_MAX + 48], contact[REGISTRATION_CONTACT_MAX], expires[16], cseq[32];
	char features[32];
	char *from = talloc_asprintf(r, "<%s>;tag=%s", r->aor, r->from_tag);
	char *to = talloc_asprintf(r, "<%s>", r->aor);
	struct message_request request = {
	    .ua = r->ua,
	    .path = &r->path,
	    .method = sip_method_register,
	    .name = "REGISTER",
	    .uri = uri,
	    .callback = on_response,
	    .magic = r,
	    .authorization = &r->authorization,
	};

	r->outbound = r->outbound && r->path.socket->transport != PEER_TRANSPORT_UDP;
	snprintf(features, sizeof(features), "path%s%s", r->config.gruu ? ", gruu" : "",
		 r->outbound ? ", outbound" : "");
	print_uri(r, uri, sizeof(uri));
	registration_print_contact(r, expires_s, contact, sizeof(contact));
	snprintf(expires, sizeof(expires), "%u", expires_s);
	snprintf(cseq, sizeof(cseq), "%u REGISTER", r->cseq);
	/* the leg only serves to fill in the headers */
	request.leg = nta_leg_tcreate(r->path.socket->agent, NULL, NULL,
				      SIPTAG_CALL_ID_STR(r->call_id), SIPTAG_FROM_STR(from),
				      SIPTAG_TO_STR(to), SIPTAG_CSEQ_STR(cseq), TAG_END());
	if (from && to && request.leg)
		r->out =
		    message_send(&request, SIPTAG_CONTACT_STR(contact), SIPTAG_EXPIRES_STR(expires),
				 SIPTAG_SUPPORTED_STR(features), TAG_END());
	if (request.leg)
		nta_leg_destroy(request.leg);
	talloc_free(from);
	talloc_free(to);
	return r->out ? 0 : -EIO;
}

/* The way to one of its addresses, by the tenant's settings. */
static int find_path(struct registration *r, unsigned i)
{
	const struct tenant *own = ua_tenant(r->ua, r->tenant), *all = ua_tenant(r->ua, 0);
	struct sip_options options = own ? own->options : (struct sip_options){0};
	struct path_far far = {
	    .remote = &r->addresses->addresses[i],
	    .transport = r->addresses->transports[i],
	    .options = &options,
	    .name = r->target.host,
	};

	if (all)
		sip_options_inherit(&options, &all->options);
	return path_find(r->ua, &far, &r->path);
}

/* At the next address that we have a socket for. */
static void try_next(struct registration *r)
{
	r->state = REGISTRATION_REGISTERING;
	while (r->addresses && r->next < r->addresses->count) {
		if (!find_path(r, r->next++) && !send_register(r, r->asked_s))
			return;
	}
	fail(r, "no connection");
}

static void resolved(void *arg, int error, const struct resolve_answer *answer)
{
	struct registration *r = arg;
	char trouble[REGISTRATION_TROUBLE_MAX];

	r->resolve = NULL;
	if (!error) {
		r->addresses = talloc_memdup(r, answer, sizeof(*answer));
		r->next = 0;
		try_next(r);
		return;
	}
	snprintf(trouble, sizeof(trouble), "no address: %s", resolve_error(error));
	fail(r, trouble);
}

static void resolve(struct registration *r)
{
	struct resolve_answer one = {.count = 1};

	r->state = REGISTRATION_RESOLVING;
	if (r->target.address.ss_family == AF_UNSPEC) {
		if (resolve_start(r->ua->resolver, &r->target, resolved, r, &r->resolve))
			fail(r, "no address: out of memory");
		return;
	}
	one.addresses[0] = r->target.address;
	one.transports[0] = r->target.transport;
	resolved(r, 0, &one);
}

/* The timer: the first time, once more, or to repeat what holds. */
static void begin(void *data)
{
	struct registration *r = data;

	if (registration_is_to_be_held(r)) {
		registration_hold(r);
		return;
	}
	if (r->state == REGISTRATION_REGISTERED) {
		r->state = REGISTRATION_REFRESHING;
		if (!send_register(r, r->asked_s))
			return;
	}
	resolve(r);
}

/* ---- life */

/* The address of record; a line may have its domain with it. */
static char *make_aor(struct registration *r)
{
	char user[REGISTRATION_USER_SIZE];
	const char *at = strchr(r->line, '@');

	registration_print_user(r, user);
	if (at)
		return talloc_asprintf(r, "sip:%s@%s", user, at + 1);
	return talloc_asprintf(r, strchr(r->target.host, ':') ? "sip:%s@[%s]" : "sip:%s@%s", user,
			       r->target.host);
}

static int prepare(struct registration *r)
{
	char id[33], tag[17];
	int rc = reset_target(r);

	if (rc)
		return rc;
	digest_random(id, sizeof(id));
	digest_random(tag, sizeof(tag));
	r->aor = make_aor(r);
	r->call_id = talloc_strdup(r, id);
	r->from_tag = talloc_strdup(r, tag);
	return r->aor && r->call_id && r->from_tag ? 0 : -ENOMEM;
}

struct registration *registration_new(struct registrations *set, const struct registration *key,
				      unsigned after_ms)
{
	struct registration *r = talloc_zero(set, struct registration);

	if (!r)
		return NULL;
	r->set = set;
	r->ua = set->ua;
	r->tenant = key->tenant;
	r->registrar = key->registrar;
	r->peer = key->peer;
	r->config = key->config;
	r->asked_s = key->config.expires_s;
	r->outbound = true;
	r->line = talloc_strdup(r, key->line);
	if (!r->line || prepare(r)) {
		talloc_free(r);
		return NULL;
	}
	authorization_init(&r->authorization, r->ua, r);
	authorization_set(&r->authorization, r->tenant, r->line);
	osmo_timer_setup(&r->timer, begin, r);
	llist_add_tail(&r->entry, &set->list);
	hash_add(set->lines, &r->node, registration_hash(r->line));
	registration_start(r, after_ms);
	return r;
}

void registration_remove(struct registration *r)
{
	bool known = registration_is_up(r) || r->out; /* or will be */

	if (r->state == REGISTRATION_REMOVING)
		return;
	r->watch = NULL;
	osmo_timer_del(&r->timer);
	if (r->out) {
		r->cseq = nta_outgoing_cseq(r->out);
		nta_outgoing_destroy(r->out);
	}
	r->out = NULL;
	if (!known) {
		registration_free(r);
		return;
	}
	r->state = REGISTRATION_REMOVING;
	r->set->ending++;
	if (send_register(r, 0))
		registration_free(r);
	else
		LOGP(DSIP, LOGL_NOTICE, "%s: unregistering at %s\n", r->line, r->config.target);
}

void registration_free(struct registration *r)
{
	if (r->state == REGISTRATION_REMOVING)
		r->set->ending--;
	if (r->resolve)
		resolve_cancel(r->resolve);
	if (r->out)
		nta_outgoing_destroy(r->out);
	forget_flow(r);
	osmo_timer_del(&r->timer);
	hash_del(&r->node);
	llist_del(&r->entry);
	talloc_free(r);
}
