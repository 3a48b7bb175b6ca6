// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/watcher.h"

#include <strings.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/ua_private.h"

bool watcher_is_allowed(const struct watcher_rules *rules, const struct line_states *states,
			bool known, const char *line)
{
	if (!rules->enabled)
		return false;
	if (!known)
		return rules->all;
	return rules->any_line || line_states_service(states, line) != LINE_SERVICE_UNKNOWN;
}

bool watcher_is_asked(const struct watcher_rules *rules, const sip_t *sip)
{
	const char *event = sip->sip_event ? sip->sip_event->o_type : NULL;

	return rules->enabled && event && sip->sip_request->rq_method == sip_method_subscribe &&
	       (!strcasecmp(event, event_dialog.name) || !strcasecmp(event, event_presence.name));
}
