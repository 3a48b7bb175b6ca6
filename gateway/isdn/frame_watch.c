// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/isdn/frame_watch.h"

#include "gateway/isdn/leg_isdn_private.h"

static struct {
	void (*fn)(void *arg, const struct isdn_frame_line *frame);
	void *arg;
} watcher;

void frame_watch(void (*fn)(void *arg, const struct isdn_frame_line *frame), void *arg)
{
	watcher.fn = fn;
	watcher.arg = arg;
}

void isdn_line_on_frame(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
			const uint8_t *octets, size_t length)
{
	const struct isdn_line *line = arg;
	struct leg_isdn *leg = call ? isdn_call_user(call) : NULL;
	struct isdn_frame_line frame = {
	    .span = line->config.isdn.span,
	    .direction = direction,
	    .octets = octets,
	    .length = length,
	};

	if (leg && leg->leg.call)
		leg->call_id = call_id(leg->leg.call);
	frame.call = leg ? leg->call_id : 0;
	if (watcher.fn)
		watcher.fn(watcher.arg, &frame);
}
