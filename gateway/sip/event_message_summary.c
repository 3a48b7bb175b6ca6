// SPDX-License-Identifier: GPL-2.0-or-later
/* Event package message-summary (RFC 3842), and the mailboxes that it tells of. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/call/call.h"
#include "gateway/log/log.h"
#include "gateway/sip/event_packages.h"
#include "gateway/sip/mailbox.h"
#include "gateway/sip/unasked_notify.h"
#include "gateway/sip/ua_private.h"

struct mailbox {
	struct llist_head entry; /* ua->mailboxes */
	char number[SUBSCRIPTION_NUMBER_MAX];
	struct message_summary summary;
};

/* ---- mailboxes */

static struct mailbox *find(const struct ua *ua, const char *number)
{
	struct mailbox *m;

	llist_for_each_entry (m, &ua->mailboxes, entry)
		if (strcmp(m->number, number) == 0)
			return m;
	return NULL;
}

const struct message_summary *mailbox_find(const struct ua *ua, const char *number)
{
	const struct mailbox *m = find(ua, number);

	return m ? &m->summary : NULL;
}

static void light(struct ua *ua, const char *text, bool on)
{
	struct number number;

	if (ua->config.lamp && number_from_e164(&number, text) >= 0)
		ua->config.lamp(ua->config.lamp_arg, &number, on);
}

void mailbox_tell_phone(struct ua *ua, const char *number)
{
	const struct message_summary *summary = mailbox_find(ua, number);
	struct phone_contact contacts[PHONE_CONTACTS_MAX];
	char body[SUBSCRIPTION_BODY_MAX];
	struct unasked_notify notify = {
	    .event = event_message_summary.name,
	    .state = "terminated",
	    .type = event_message_summary.content_type,
	    .body = body,
	};
	unsigned count;

	if (!summary || !ua->phones.lamps || !message_summary_write(summary, body, sizeof(body)))
		return;
	count = ua->phones.lamps(ua->phones.arg, number, contacts);
	for (unsigned i = 0; i < count; i++)
		if (unasked_notify_send(ua, &contacts[i], &notify))
			LOGP(DSIP, LOGL_NOTICE, "%s: %s cannot be told of messages\n", number,
			     contacts[i].uri);
}

/* Who has subscribed is told. 1: it was known already. */
static int keep(struct ua *ua, const char *number, const struct message_summary *summary)
{
	struct mailbox *m = find(ua, number);
	bool before = m && m->summary.waiting;

	if (m && memcmp(&m->summary, summary, sizeof(*summary)) == 0)
		return 1;
	if (!m && llist_count(&ua->mailboxes) >= MAILBOXES_MAX)
		return -ENOSPC;
	if (!m) {
		m = talloc_zero(ua, struct mailbox);
		if (!m)
			return -ENOMEM;
		osmo_strlcpy(m->number, number, sizeof(m->number));
		llist_add_tail(&m->entry, &ua->mailboxes);
	}
	m->summary = *summary;
	if (summary->waiting != before)
		light(ua, number, summary->waiting);
	subscriptions_each_of(ua, &event_message_summary, subscription_changed);
	return 0;
}

int mailbox_set(struct ua *ua, const char *number, const struct message_summary *summary)
{
	int rc = keep(ua, number, summary);

	if (rc < 0)
		return rc;
	mailbox_tell_phone(ua, number); /* that of the telephone may be out of date */
	return 0;
}

/* The number as its telephone has it. */
static void write_number(const struct ua *ua, struct number *number,
			 char out[NUMBER_DIGITS_MAX + 2])
{
	struct plan_request site = {.phone_tag = 0};

	office_fill_state(ua->office, &site);
	if (site.site_number)
		site.site_number(site.phones_arg, true, number);
	number_to_e164(number, out);
}

/* Whose telephone it is for; a server may name it by the mailbox alone. */
static bool read_number(const struct ua *ua, const char *user,
			const struct message_summary *summary, char out[NUMBER_DIGITS_MAX + 2])
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct number number;
	const url_t *account;
	bool found = !identity_number(user, NULL, &number);

	if (!found && summary->account[0]) {
		account = url_make(home, summary->account);
		found = account && !identity_number(account->url_user, NULL, &number);
	}
	su_home_deinit(home);
	if (found)
		write_number(ua, &number, out);
	return found;
}

/* user: whom it is for. 200, or the status to refuse it with; 202: it says nothing. */
static int read_summary(const struct ua *ua, const sip_t *sip, const char *user,
			struct message_summary *summary, char number[NUMBER_DIGITS_MAX + 2])
{
	const sip_content_type_t *type = sip->sip_content_type;

	memset(summary, 0, sizeof(*summary));
	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 202;
	if (!type || !type->c_type || strcasecmp(type->c_type, event_message_summary.content_type))
		return 415;
	if (message_summary_read(sip->sip_payload->pl_data, sip->sip_payload->pl_len, summary))
		return 400;
	if (!read_number(ua, user, summary, number))
		return 404;
	summary->account[0] = '\0'; /* the server's own; subscribers know us */
	return 200;
}

void mailbox_learn(struct ua *ua, const sip_t *sip)
{
	char number[NUMBER_DIGITS_MAX + 2];
	struct message_summary summary;

	if (sip->sip_request->rq_method == sip_method_notify && sip->sip_event &&
	    sip->sip_event->o_type &&
	    !strcasecmp(sip->sip_event->o_type, event_message_summary.name) &&
	    read_summary(ua, sip, sip->sip_to->a_url->url_user, &summary, number) == 200)
		keep(ua, number, &summary);
}

int mailbox_notified(struct ua *ua, const sip_t *sip)
{
	char number[NUMBER_DIGITS_MAX + 2];
	struct message_summary summary;
	int status = read_summary(ua, sip, sip->sip_request->rq_url->url_user, &summary, number);

	if (status == 202)
		return 200;
	if (status != 200)
		return status;
	LOGP(DSIP, LOGL_INFO, "messages %s for %s\n", summary.waiting ? "waiting" : "gone", number);
	return mailbox_set(ua, number, &summary) ? 503 : 200;
}

/* ---- the package */

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	const struct subscription_about *about = subscription_about(s);
	const struct message_summary *known = mailbox_find(subscription_ua(s), about->number);
	struct message_summary *told = subscription_data(s), now = {0};

	if (known)
		now = *known;
	osmo_strlcpy(now.account, about->entity, sizeof(now.account));
	if (!full && memcmp(told, &now, sizeof(now)) == 0)
		return 0;
	*told = now;
	return message_summary_write(&now, text, size);
}

static int read_subject(struct subscription *s, const sip_t *sip)
{
	if (!subscription_about(s)->number[0])
		return 404;
	if (!subscription_data(s))
		subscription_set_data(s, talloc_zero(s, struct message_summary));
	return subscription_data(s) ? 200 : 500;
}

const struct event_package event_message_summary = {
    .name = "message-summary",
    .content_type = "application/simple-message-summary",
    .expires_s = 86400,
    .interval_ms = 1000, /* RFC 3842 3.10 */
    .read = read_subject,
    .write = write_document,
};
