// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/phone_lines.h"

#include <string.h>
#include <osmocom/core/talloc.h>

struct phone_lines {
	struct location *location;
	struct line_states *states;
	void (*came)(void *arg, const char *name);
	void *arg;
	unsigned gone; /* out of service */
};

static void changed(void *arg, const char *name)
{
	struct phone_lines *lines = arg;
	enum line_service before = line_states_service(lines->states, name), now;
	const struct location_binding *one;

	if (strpbrk(name, ":/"))
		return;
	if (location_find(lines->location, name, &one, 1))
		now = LINE_IN_SERVICE;
	else if (before == LINE_OUT_OF_SERVICE || lines->gone < PHONE_LINES_GONE_MAX)
		now = LINE_OUT_OF_SERVICE;
	else
		now = LINE_SERVICE_UNKNOWN;
	if (now == before || line_states_set_service(lines->states, name, now) < 0)
		return;
	lines->gone += now == LINE_OUT_OF_SERVICE;
	lines->gone -= before == LINE_OUT_OF_SERVICE;
	if (now == LINE_IN_SERVICE)
		lines->came(lines->arg, name);
}

static bool tell(void *arg, const struct location_binding *binding)
{
	changed(arg, binding->name);
	return true;
}

struct phone_lines *phone_lines_new(void *ctx, struct location *location,
				    struct line_states *states,
				    void (*came)(void *arg, const char *name), void *arg)
{
	struct phone_lines *lines = talloc_zero(ctx, struct phone_lines);

	if (!lines)
		return NULL;
	lines->location = location;
	lines->states = states;
	lines->came = came;
	lines->arg = arg;
	location_watch(location, changed, lines);
	location_each(location, tell, lines);
	return lines;
}
