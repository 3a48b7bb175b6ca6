/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * subscription - what others have subscribed to here (RFC 6665, the notifier's side).
 *
 * A SUBSCRIBE outside any dialog makes a dialog of its own (notifier.h); one inside a call's dialog
 * shares it, and ends with the call, as there is nothing more to tell: with a last NOTIFY, before our
 * BYE or after theirs. What can be subscribed to is an event package, a file event_*.c with one struct
 * event_package. The package says what there is to tell; all that RFC 6665 asks for
 * is here: Expires, 423, 489, refresh, the end by Expires 0, by time, or by a NOTIFY that is refused
 * or never answered. One NOTIFY is under way at a time, and no sooner after the one before than the
 * package allows.
 *
 * Who may subscribe at all was decided before (request.c), who may watch lines watcher.h says: no
 * subscription is ever pending.
 */
#ifndef GATEWAY_SIP_SUBSCRIPTION_H
#define GATEWAY_SIP_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leg_digit;
struct leg_sip;
struct nta_incoming_s;
struct sip_s;
struct subscription;
struct subscriptions;
struct ua;

#define SUBSCRIPTIONS_PER_SOURCE_MAX 1000 /* of one address; of strangers, one IPv6 /64 */
#define SUBSCRIPTION_EXPIRES_MIN_S 60
#define SUBSCRIPTION_BODY_MAX 8192
#define SUBSCRIPTION_NUMBER_MAX 64 /* of which a line's name is one */
#define SUBSCRIPTION_ENTITY_MAX 256

struct event_package {
	const char *name;	  /* "dialog" */
	const char *content_type; /* of its NOTIFY */
	unsigned expires_s;	  /* where SUBSCRIBE says nothing, and at most */
	unsigned interval_ms;	  /* between two NOTIFYs */
	bool in_call_only;
	bool of_line; /* it tells what a line does (line_state.h): looks when that changes */
	/* New, or refreshed: reads what it is about into s->data, a talloc child of s. 200, or the
	 * status to refuse with. NULL: there is nothing to read. */
	int (*read)(struct subscription *s, const struct sip_s *sip);
	/* What there is to tell; full: whatever was told before. The length, or 0: nothing new (full:
	 * a NOTIFY without body). */
	size_t (*write)(struct subscription *s, bool full, char *text, size_t size);
	/* The call's digit that the far end is to hear of; NULL: it has no use for one. */
	void (*digit)(struct subscription *s, const struct leg_digit *digit);
};

struct subscription_about { /* for packages */
	/* as +E.164 or as dialled; of a port or channel its name, "1:D", "2/17"; may be empty */
	char number[SUBSCRIPTION_NUMBER_MAX];
	char entity[SUBSCRIPTION_ENTITY_MAX]; /* URI that was subscribed to */
	char call_id[128];		      /* of the call it is about; empty: of all */
};

int subscriptions_new(struct ua *ua, struct subscriptions **out);
void subscriptions_free(struct subscriptions *all);
/* ua->config.watchers has changed: who may no longer watch is told. */
void subscriptions_change(struct ua *ua);

/* Does the gateway have the package of a SUBSCRIBE outside calls? */
bool subscription_is_ours(const struct ua *ua, const struct sip_s *sip);
/* SUBSCRIBE outside a dialog. known: of whom, see watcher.h. Returns the status; it has been sent. */
int subscription_receive(struct ua *ua, struct nta_incoming_s *irq, const struct sip_s *sip,
			 bool known);
/* The same in the dialog of a leg. */
int subscription_receive_in_call(struct leg_sip *l, struct nta_incoming_s *irq,
				 const struct sip_s *sip);
/* The leg is released; its dialog still is there. Those in it end. */
void subscription_leg_ended(struct leg_sip *l);
void subscription_leg_freed(struct leg_sip *l);
/* true: somebody has subscribed to the leg's digits and is told. */
bool subscription_digit(struct leg_sip *l, const struct leg_digit *digit);
bool subscription_hears_digits(const struct leg_sip *l);

/* ---- for packages */

const struct subscription_about *subscription_about(const struct subscription *s);
void *subscription_data(const struct subscription *s);
void subscription_set_data(struct subscription *s, void *data);
struct ua *subscription_ua(const struct subscription *s);
/* What is written now is its last NOTIFY. */
bool subscription_is_ending(const struct subscription *s);
/* Tells it as soon as it may. */
void subscription_changed(struct subscription *s);
/* The last NOTIFY goes out. reason: of Subscription-State, RFC 6665 4.1.3 */
void subscription_end(struct subscription *s, const char *reason);
/* All of one package. */
void subscriptions_each_of(struct ua *ua, const struct event_package *package,
			   void (*fn)(struct subscription *s));

/* ---- for the console */

struct subscription_counters {
	unsigned active;
	unsigned long accepted, refused, notifies, ended;
};

struct subscription_view {
	const char *package, *number, *state; /* "active" */
	char remote[80];
	unsigned remaining_s;
	unsigned long notifies;
};

void subscriptions_count(const struct ua *ua, struct subscription_counters *out);
void subscriptions_each(const struct ua *ua,
			void (*fn)(void *arg, const struct subscription_view *view), void *arg);

#endif
