/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mailbox - what is known of messages waiting for numbers (RFC 3842): heard by NOTIFY from a voicemail
 * server that nobody had asked, seen in a call manager's NOTIFY on its way to a telephone, or set at the
 * console; told to who has subscribed to message-summary, to the lamp of ua_config, and to telephones that
 * want to hear of it without asking (phone_book.h, `lamps`).
 *
 * A number of the site is known by its extension (dialplan-pattern).
 */
#ifndef GATEWAY_SIP_MAILBOX_H
#define GATEWAY_SIP_MAILBOX_H

#include "gateway/sip/message_summary.h"

struct nta_incoming_s;
struct number;
struct sip_s;
struct ua;

#define MAILBOXES_MAX 20000

/* number: as number_to_e164() has it. -ENOSPC: there are too many. */
int mailbox_set(struct ua *ua, const char *number, const struct message_summary *summary);
/* NULL: nothing is known of it. */
const struct message_summary *mailbox_find(const struct ua *ua, const char *number);
/* A NOTIFY has gone through to a telephone, which knows it now. */
void mailbox_learn(struct ua *ua, const struct sip_s *sip);
/* A telephone has come: what is known is told to it, if it wants to hear of it. */
void mailbox_tell_phone(struct ua *ua, const char *number);
/* NOTIFY message-summary outside a dialog. Returns the status to answer with. */
int mailbox_notified(struct ua *ua, const struct sip_s *sip);

#endif
