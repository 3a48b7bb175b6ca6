// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event package presence (RFC 3856): whether a number is in a call, as busy lamps of telephones want to
 * know it: PIDF (RFC 3863) with the activity on-the-phone (RFC 4480).
 */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/ua_private.h"
#include "gateway/sip/xml_text.h"

enum told {
	TOLD_NOTHING,
	TOLD_AVAILABLE,
	TOLD_IN_CALL,
};

struct presence_watch {
	enum told told;
};

struct looking {
	const char *number;
	bool found;
};

static bool look(void *arg, const struct call_summary *call)
{
	struct looking *l = arg;

	l->found = strcmp(l->number, call->calling) == 0 || strcmp(l->number, call->called) == 0;
	return !l->found;
}

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	struct presence_watch *watch = subscription_data(s);
	struct looking l = {.number = subscription_about(s)->number};
	struct xml_text xml = {text, size};
	enum told now;

	office_each_call_state(subscription_ua(s)->office, look, &l);
	now = l.found ? TOLD_IN_CALL : TOLD_AVAILABLE;
	if (!full && now == watch->told)
		return 0;
	watch->told = now;
	xml_text_put(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			   "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
			   " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
			   " xmlns:e=\"urn:ietf:params:xml:ns:pidf:rpid\"");
	xml_text_attribute(&xml, "entity", subscription_about(s)->entity);
	xml_text_put(&xml, ">\n<tuple id=\"line\"><status><basic>open</basic></status></tuple>\n");
	if (l.found)
		xml_text_put(&xml, "<dm:person id=\"user\"><e:activities><e:on-the-phone/>"
				   "</e:activities></dm:person>\n");
	xml_text_put(&xml, "</presence>\n");
	return xml_text_length(&xml);
}

static int read_subject(struct subscription *s, const sip_t *sip)
{
	if (!subscription_about(s)->number[0])
		return 404;
	if (!subscription_data(s))
		subscription_set_data(s, talloc_zero(s, struct presence_watch));
	return subscription_data(s) ? 200 : 500;
}

const struct event_package event_presence = {
    .name = "presence",
    .content_type = "application/pidf+xml",
    .expires_s = 3600,
    .interval_ms = 5000, /* RFC 3856 6.10 */
    .read = read_subject,
    .write = write_document,
};
