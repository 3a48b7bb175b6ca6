// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/check_sync.h"

#include <stddef.h>

#include "gateway/sip/unasked_notify.h"

int check_sync_send(struct ua *ua, const struct phone_contact *contact)
{
	static const struct unasked_notify notify = {.event = "check-sync", .state = "terminated"};

	return unasked_notify_send(ua, contact, &notify);
}
