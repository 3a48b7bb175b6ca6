/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * notifier - a dialog that exists for NOTIFY alone: the request that made it, a SUBSCRIBE or REFER,
 * came outside any other (RFC 6665 4.2, RFC 3515 2.4.4).
 *
 * notifier_new() before that request is answered, so that the answer has the dialog's tag. Then any
 * number of notifier_send(); what is not answered yet when it is freed is forgotten.
 */
#ifndef GATEWAY_SIP_NOTIFIER_H
#define GATEWAY_SIP_NOTIFIER_H

#include "gateway/sip/message.h"

struct notifier;

struct notifier_handlers {
	/* A NOTIFY was answered, with 408 if it never was. It may free the notifier. */
	void (*answered)(void *arg, unsigned status);
	/* Another request in the dialog: the status to answer with. NULL: 405. */
	int (*request)(void *arg, nta_incoming_t *irq, const sip_t *sip);
};

/* Negative errno: no memory, or the request has no usable Contact (-EINVAL). */
int notifier_new(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
		 const struct notifier_handlers *handlers, struct notifier **out);
/* The SUBSCRIBE again: its Contact may be new. */
void notifier_refresh(struct notifier *notifier, const sip_t *sip);
void notifier_set_arg(struct notifier *notifier, void *arg); /* of the handlers */
/* headers: with CRLF each. body may be NULL. */
int notifier_send(struct notifier *notifier, const char *headers, const char *content_type,
		  const char *body);
const struct ua_path *notifier_path(const struct notifier *notifier);
void notifier_free(struct notifier *notifier);

#endif
