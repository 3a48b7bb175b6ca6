// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/location_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log/log.h"

#define RENEW_SOME 200 /* bindings of a journal that is written anew, in one turn of the loop */
#define RENEW_PAUSE_MS 5

struct renewal {
	struct text text;
	uint64_t now_ms;
	int error;
};

static void add_binding(void *arg, const struct bound *bound)
{
	const struct location_change put = {LOCATION_PUT, bound->binding};
	struct renewal *renewal = arg;

	if (!renewal->error && bound->binding.expires_ms > renewal->now_ms)
		renewal->error = location_add_record(&renewal->text, &put, 1);
}

static void renew_some(void *arg)
{
	struct location *location = arg;
	struct renewal renewal = {.now_ms = location_now_ms()};
	struct journal *journal = location->journal;
	bool more;

	if (journal_is_renewed(journal)) {
		more = bindings_each_some(location->bindings, &location->cursor, RENEW_SOME,
					  add_binding, &renewal);
		if (renewal.error)
			journal_renew_cancel(journal);
		else if (!journal_renew_some(journal, renewal.text.octets, renewal.text.used) &&
			 !more)
			journal_renew_end(journal);
		free(renewal.text.octets);
	} else if (!journal_forget_old(journal)) {
		return;
	}
	location_schedule(&location->renew_timer, RENEW_PAUSE_MS);
}

void location_renew_journal(struct location *location)
{
	if (!journal_is_long(location->journal) || journal_is_renewed(location->journal) ||
	    journal_renew(location->journal))
		return;
	location->cursor = 0;
	location_schedule(&location->renew_timer, 0);
}

int location_write_journal(struct location *location)
{
	uint64_t before_us = location_monotonic_us();
	int rc;

	if (!location->text.used)
		return 0;
	rc = journal_append(location->journal, location->text.octets, location->text.used);
	location->counters.reachable = !rc;
	if (!rc)
		location_count_batch(location, location_monotonic_us() - before_us);
	location->text.used = 0;
	return rc;
}

int location_open_journal(struct location *location, const char *path, char *why, size_t why_size)
{
	struct journal_read read;
	struct location_counters counters;
	int rc = journal_open(path, location_apply, location, &location->journal, &read);

	osmo_timer_setup(&location->renew_timer, renew_some, location);
	if (rc == -EBUSY)
		snprintf(why, why_size, "%s is in use by another gateway: name another file", path);
	else if (rc)
		snprintf(why, why_size, "%s: %s: name a file that sipspand may write", path,
			 strerror(-rc));
	if (rc)
		return rc;
	location_counters(location, &counters);
	if (read.put_aside)
		LOGP(DSIP, LOGL_ERROR, "location: %s held no bindings: it is %s.bad now\n", path,
		     path);
	else if (read.bad)
		LOGP(DSIP, LOGL_ERROR,
		     "location: %s: %u bindings; %lu of %lu lines cannot be read, the first is "
		     "%lu\n",
		     path, counters.bindings, read.bad, read.records + read.bad, read.first_bad);
	else
		LOGP(DSIP, LOGL_NOTICE, "location: %s: %u bindings\n", path, counters.bindings);
	location_renew_journal(location);
	return 0;
}
