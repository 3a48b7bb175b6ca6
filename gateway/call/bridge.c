// SPDX-License-Identifier: GPL-2.0-or-later
/* The bridge of a call, in the media process: it joins what its two legs have of media. */
#include "gateway/call/call_private.h"

#include <string.h>

#include "gateway/call/fork.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

void call_bridge_close(struct call *call)
{
	direct_end(call);
	media_client_close(call->office->config.media, call->bridge);
	call->bridge = 0;
	memset(call->bridged, 0, sizeof(call->bridged));
}

static void join_ends(struct call *call)
{
	uint32_t a, b;
	int rc;

	if (call->leg[0] && fork_is(call->leg[1]))
		fork_caller_media_changed(call->leg[1]);
	a = call->leg[0] ? call->leg[0]->media_end : 0;
	b = call->leg[1] ? call->leg[1]->media_end : 0;
	if (!call->office->config.media || (call->bridged[0] == a && call->bridged[1] == b))
		return;
	if (call->bridge)
		call_bridge_close(call);
	if (!a || !b)
		return;
	rc = media_client_open(call->office->config.media, a, b, &call->bridge);
	if (rc < 0) {
		LOGP(DCALL, LOGL_ERROR, "call %u: no bridge: %s\n", call->summary.id,
		     strerror(-rc));
		return;
	}
	call->bridged[0] = a;
	call->bridged[1] = b;
}

void call_bridge_update(struct call *call)
{
	if (call->transfer) {
		transfer_media_changed(call);
		return;
	}
	if (conference_media_changed(call))
		return;
	join_ends(call);
	direct_update(call);
}
