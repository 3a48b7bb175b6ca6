/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * unasked_notify - NOTIFY to a telephone, outside a dialog and without a subscription: check_sync.h, and
 * message-summary to telephones whose pool says `mwi` (mailbox.h). What they answer does not matter.
 */
#ifndef GATEWAY_SIP_UNASKED_NOTIFY_H
#define GATEWAY_SIP_UNASKED_NOTIFY_H

struct phone_contact;
struct ua;

struct unasked_notify {
	const char *event; /* "check-sync" */
	const char *state; /* Subscription-State */
	const char *type;  /* of body; NULL: none */
	const char *body;
};

/* To where it has registered. 0, -EINVAL: it cannot be reached, or -EHOSTUNREACH. */
int unasked_notify_send(struct ua *ua, const struct phone_contact *contact,
			const struct unasked_notify *notify);

#endif
