// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event package presence (RFC 3856): whether a number is in a call, as busy lamps of telephones want to
 * know it: PIDF (RFC 3863) with the activity on-the-phone (RFC 4480). There are telephones that look for
 * the letters rpid:on-the-phone, whatever the namespace is called.
 */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/ua_private.h"
#include "gateway/sip/watcher.h"
#include "gateway/sip/xml_text.h"

struct told { /* last */
	bool open, in_call;
};

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	struct told *told = subscription_data(s);
	const char *line = subscription_about(s)->number;
	const struct line_states *lines = subscription_ua(s)->line_states;
	struct xml_text xml = {text, size};
	struct told now = {
	    .open = watcher_line_service(subscription_ua(s), line) != LINE_OUT_OF_SERVICE,
	    .in_call = line_states_is_busy(lines, line),
	};

	if (!full && memcmp(&now, told, sizeof(now)) == 0)
		return 0;
	*told = now;
	xml_text_put(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			   "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
			   " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
			   " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"");
	xml_text_attribute(&xml, "entity", subscription_about(s)->entity);
	xml_text_put(&xml, ">\n<tuple id=\"line\"><status><basic>%s</basic></status></tuple>\n",
		     now.open ? "open" : "closed");
	if (now.in_call)
		xml_text_put(&xml, "<dm:person id=\"user\"><rpid:activities><rpid:on-the-phone/>"
				   "</rpid:activities></dm:person>\n");
	xml_text_put(&xml, "</presence>\n");
	return xml_text_length(&xml);
}

static int read_subject(struct subscription *s, const sip_t *sip)
{
	if (!subscription_about(s)->number[0])
		return 404;
	if (!subscription_data(s))
		subscription_set_data(s, talloc_zero(s, struct told));
	return subscription_data(s) ? 200 : 500;
}

const struct event_package event_presence = {
    .name = "presence",
    .content_type = "application/pidf+xml",
    .expires_s = 3600,
    .interval_ms = 5000, /* RFC 3856 6.10 */
    .of_line = true,
    .read = read_subject,
    .write = write_document,
};
