// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/unasked_notify.h"

#include <errno.h>
#include <stdio.h>

#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/message.h"
#include "gateway/sip/path.h"

static int send_notify(struct ua *ua, const struct phone_contact *contact,
		       const struct ua_path *path, const struct unasked_notify *notify)
{
	char own[TARGET_ADDRESS_MAX], from[TARGET_ADDRESS_MAX + 8], to[PHONE_URI_MAX + 3];
	struct sockaddr_storage local;
	struct message_request request = {
	    .ua = ua,
	    .path = path,
	    .method = sip_method_notify,
	    .name = "NOTIFY",
	    .uri = contact->uri,
	};
	nta_outgoing_t *out;

	path_local(path, &local);
	target_address_text((const struct sockaddr *)&local, own, sizeof(own));
	snprintf(from, sizeof(from), "<sip:%s>", own);
	snprintf(to, sizeof(to), "<%s>", contact->uri);
	request.leg = nta_leg_tcreate(path->socket->agent, NULL, NULL, SIPTAG_FROM_STR(from),
				      SIPTAG_TO_STR(to), TAG_END());
	if (!request.leg)
		return -EINVAL;
	nta_leg_tag(request.leg, NULL);
	out = message_send(&request, TAG_IF(contact->path[0], SIPTAG_ROUTE_STR(contact->path)),
			   SIPTAG_EVENT_STR(notify->event),
			   SIPTAG_SUBSCRIPTION_STATE_STR(notify->state),
			   TAG_IF(notify->type, SIPTAG_CONTENT_TYPE_STR(notify->type)),
			   TAG_IF(notify->type, SIPTAG_PAYLOAD_STR(notify->body)), TAG_END());
	nta_leg_destroy(request.leg);
	return out ? 0 : -EHOSTUNREACH;
}

int unasked_notify_send(struct ua *ua, const struct phone_contact *contact,
			const struct unasked_notify *notify)
{
	struct target target;
	struct path_far far = {&target.address, 0, NULL, target.host};
	struct ua_path path;
	int rc = leg_sip_phone_target(ua, contact, &target);

	if (rc < 0)
		return rc;
	if (rc == LEG_SIP_PHONE_AT_SOURCE)
		far.name = "";
	far.transport = target.transport;
	rc = path_find(ua, &far, &path);
	return rc ? rc : send_notify(ua, contact, &path, notify);
}
