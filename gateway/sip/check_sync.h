/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * check_sync - NOTIFY with `Event: check-sync` to a telephone, outside a dialog and without a
 * subscription: it reads its configuration anew and registers where that says. Telephones of most
 * makers understand it (Cisco, Yealink, Snom, Polycom); what others answer does not matter (linphone 5.1 says
 * 200 and does nothing, baresip 1.0 says 481).
 */
#ifndef GATEWAY_SIP_CHECK_SYNC_H
#define GATEWAY_SIP_CHECK_SYNC_H

struct phone_contact;
struct ua;

/* To where it has registered. 0, -EINVAL: it cannot be reached, or -EHOSTUNREACH. */
int check_sync_send(struct ua *ua, const struct phone_contact *contact);

#endif
