/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * register_request - REGISTER of a telephone (RFC 3261 10.3): read and checked, given to the phone
 * book, and answered when that has decided.
 *
 * Here: what is wrong whoever sends it (400), Require (420), Contact, Path (RFC 3327), instance and
 * flow (RFC 5626; 439 if the proxy next to the telephone keeps none). The phone book decides about everything else. Domains are not looked at: telephones
 * come with the one of their call manager.
 */
#ifndef GATEWAY_SIP_REGISTER_REQUEST_H
#define GATEWAY_SIP_REGISTER_REQUEST_H

#include "gateway/sip/message.h"
#include "gateway/sip/phone_book.h"

/* Of a telephone that may. Returns the status that was sent, or 0: it will be. */
int register_receive(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
		     const struct requester *who);
/* Whose request is it? Names are lent by the message. -EINVAL: it does not say, or too much. */
int register_read_source(struct ua *ua, nta_incoming_t *irq, const sip_t *sip,
			 struct phone_request *out);
/* Contacts and Path of a REGISTER, lent by home and sip; out->source is that of all. -EINVAL it is not
 * as it should be, -EMSGSIZE too many. */
int register_read_contacts(su_home_t *home, const sip_t *sip, struct phone_register *out);
/* Whoever names another host in Path would have calls sent to it from our address. */
bool register_is_path_its_own(const struct ua *ua, const sip_t *sip,
			      const struct sockaddr_storage *source);
/* No control characters: it may go into a log and a store. */
bool register_is_plain(const char *text);
/* Those that wait for the phone book are answered no more. */
void register_forget_all(struct ua *ua);

#endif
