// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/watcher.h"

#include <strings.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/ua_private.h"

enum line_service watcher_line_service(const struct ua *ua, const char *line)
{
	enum line_service service = line_states_service(ua->line_states, line);

	if (service == LINE_SERVICE_UNKNOWN && ua->phones.has &&
	    ua->phones.has(ua->phones.arg, line))
		return LINE_OUT_OF_SERVICE;
	return service;
}

bool watcher_is_allowed(const struct ua *ua, bool known, const char *line)
{
	const struct watcher_rules *rules = &ua->config.watchers;

	if (!rules->enabled)
		return false;
	if (!known)
		return rules->all;
	return rules->any_line || watcher_line_service(ua, line) != LINE_SERVICE_UNKNOWN;
}

bool watcher_is_asked(const struct watcher_rules *rules, const sip_t *sip)
{
	const char *event = sip->sip_event ? sip->sip_event->o_type : NULL;

	return rules->enabled && event && sip->sip_request->rq_method == sip_method_subscribe &&
	       (!strcasecmp(event, event_dialog.name) || !strcasecmp(event, event_presence.name));
}
