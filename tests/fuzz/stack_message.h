/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * stack_message - what fuzzers of whole SIP messages share: a message as the stack would give it to us,
 * and a user agent that is only memory.
 */
#ifndef TESTS_FUZZ_STACK_MESSAGE_H
#define TESTS_FUZZ_STACK_MESSAGE_H

#include "gateway/log/log.h"
#include "gateway/sip/ua_private.h"

#include <string.h>
#include <arpa/inet.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <sofia-sip/msg_mclass.h>

/* host in the order of this machine */
static inline void set_address(struct sockaddr_storage *out, uint32_t host, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;

	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	in4->sin_addr.s_addr = htonl(host);
}

/* It has one socket, 127.0.0.1:5060 by UDP; nothing is logged. */
static inline struct ua *make_ua(void)
{
	struct ua *ua = talloc_zero(NULL, struct ua);

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	INIT_LLIST_HEAD(&ua->legs);
	set_address(&ua->sockets[0].address, INADDR_LOOPBACK, 5060);
	ua->sockets[0].transport = PEER_TRANSPORT_UDP;
	ua->sockets_count = 1;
	return ua;
}

/* NULL: the stack gives us no such message. Otherwise it lives until msg_destroy(*out). */
static inline sip_t *parse_message(const uint8_t *data, size_t size, msg_t **out)
{
	msg_t *msg = msg_make(guard_message_class(), 0, data, (ssize_t)size);
	sip_t *sip = msg ? sip_object(msg) : NULL;

	if (!sip || sip_sanity_check(sip) < 0) {
		msg_destroy(msg);
		return NULL;
	}
	*out = msg;
	return sip;
}

#endif
