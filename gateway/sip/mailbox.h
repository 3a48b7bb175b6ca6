/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mailbox - what is known of messages waiting for numbers (RFC 3842): heard by NOTIFY from a voicemail
 * server that nobody had asked, or set at the console; told to who has subscribed to message-summary,
 * and to the lamp of ua_config.
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
/* NOTIFY message-summary outside a dialog. Returns the status to answer with. */
int mailbox_notified(struct ua *ua, const struct sip_s *sip);

#endif
