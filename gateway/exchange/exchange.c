// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/exchange/line.h"
#include "gateway/log/log.h"

#define TICK_NS (5 * 1000 * 1000)

uint64_t exchange_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec;
}

/* ---- what the D channel tells */

static void on_dchannel(void *arg, bool up)
{
	struct exchange *exchange = arg;

	if (exchange->config.dchannel != NULL)
		exchange->config.dchannel(exchange->config.arg, up);
}

/* A gateway that has just started does this to one channel after another, calls or no calls. */
static void on_restarted(void *arg, unsigned timeslot)
{
	struct exchange *exchange = arg;

	if (exchange->config.dchannel != NULL)
		exchange->config.dchannel(exchange->config.arg, true);
}

static void on_message(void *arg, struct isdn_call *call, enum isdn_message_direction direction,
		       const char *text)
{
	struct exchange *exchange = arg;
	const char *arrow = direction == ISDN_SENT ? "->" : "<-";

	if (call != NULL && isdn_call_timeslot(call) != 0)
		LOGP(DISDN, LOGL_INFO, "%u/%u %s %s\n", exchange->config.span.number,
		     isdn_call_timeslot(call), arrow, text);
	else
		LOGP(DISDN, LOGL_INFO, "span %u %s %s\n", exchange->config.span.number, arrow,
		     text);
}

/* Which channel a call in gets; 0 and a cause if none. */
static unsigned timeslot_grant(const struct exchange *exchange, const struct isdn_setup *setup,
			       unsigned *cause)
{
	unsigned timeslot;

	if (exchange_timeslot_usable(exchange, setup->timeslot))
		return setup->timeslot;
	if (setup->timeslot != 0 && setup->exclusive) {
		*cause = 44;
		return 0;
	}
	timeslot = exchange_timeslot_hunt(exchange);
	*cause = 34;
	return timeslot;
}

/* What else came in SETUP, if anything did. */
static void log_elements(unsigned span, unsigned timeslot, const struct isdn_setup *setup)
{
	const struct redirection *r = &setup->redirection;

	if (setup->calling.name[0] != '\0')
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: calling name %s\n", span, timeslot,
		     setup->calling.name);
	if (r->count != 0)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: diverted by %s (%s), %u times, first called %s\n",
		     span, timeslot, r->from.number.digits, redirection_reason_name(r->reason),
		     r->count, r->original.number.digits[0] ? r->original.number.digits : "-");
	if (setup->calling.subaddress.length != 0)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: calling subaddress %s\n", span, timeslot,
		     osmo_hexdump_nospc(setup->calling.subaddress.octets,
					setup->calling.subaddress.length));
	if (setup->called_subaddress.length != 0)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: called subaddress %s\n", span, timeslot,
		     osmo_hexdump_nospc(setup->called_subaddress.octets,
					setup->called_subaddress.length));
	if (setup->user_user.length != 0)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: user-user information %s\n", span, timeslot,
		     osmo_hexdump_nospc(setup->user_user.octets, setup->user_user.length));
	if (setup->keypad[0] != '\0')
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: keypad %s\n", span, timeslot, setup->keypad);
}

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	struct exchange *exchange = arg;
	const struct subscriber_row *row = subscriber_find(setup->called.digits);
	struct line *line;
	unsigned cause = 0;
	unsigned timeslot = timeslot_grant(exchange, setup, &cause);

	if (timeslot == 0) {
		LOGP(DISDN, LOGL_NOTICE, "span %u: no channel for a call to %s\n",
		     exchange->config.span.number, setup->called.digits);
		isdn_release(call, cause);
		return;
	}
	if (line_new(exchange, timeslot, &line) < 0) {
		isdn_release(call, 41);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%u/%u: call from %s to %s, who %s\n",
	     exchange->config.span.number, timeslot,
	     setup->calling.presentation != PRESENTATION_ALLOWED ? "(withheld)"
	     : setup->calling.number.digits[0] == '\0'		 ? "(no number)"
								 : setup->calling.number.digits,
	     setup->called.digits, subscriber_row_does(row));
	log_elements(exchange->config.span.number, timeslot, setup);
	line->call = call;
	isdn_call_set_user(call, line);
	if (subscriber_start(line, row, &line_subscriber_ops, &exchange->config.delays, line,
			     &line->subscriber) < 0)
		line_clear(line, 41);
}

static void on_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	line_follow(line);
	if (line->owner != NULL && progress != ISDN_PROGRESS_NONE)
		line->owner->progress(line, progress);
}

static void on_alerting(struct isdn_call *call, unsigned progress)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	line_follow(line);
	if (line->owner != NULL)
		line->owner->alerting(line, progress);
}

static void on_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	line_follow(line);
	if (line->owner != NULL)
		line->owner->progress(line, progress);
}

static void on_connect(struct isdn_call *call, const struct party *connected)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	line_follow(line);
	if (line->owner != NULL)
		line->owner->answered(line);
}

static void on_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	struct line *line = isdn_call_user(call);

	if (line != NULL && line->cleared_by == CLEARED_BY_NOBODY)
		line->cleared_by = CLEARED_BY_FAR_END;
	isdn_release(call, cause->value);
}

static void on_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	struct line *line = isdn_call_user(call);

	if (line == NULL)
		return;
	if (line->subscriber != NULL)
		LOGP(DISDN, LOGL_NOTICE, "%u/%u: call ended, cause %u (%s)%s%s\n",
		     line->exchange->config.span.number, line->timeslot, cause->value,
		     isdn_cause_name(cause->value),
		     line_audio_digits(line->audio)[0] != '\0' ? ", heard digits " : "",
		     line_audio_digits(line->audio));
	if (line->owner != NULL)
		line->owner->ended(line, cause->value, line->cleared_by != CLEARED_BY_US);
	line_free(line);
}

static const struct isdn_handlers handlers = {
    .dchannel = on_dchannel,
    .setup = on_setup,
    .restarted = on_restarted,
    .proceeding = on_proceeding,
    .alerting = on_alerting,
    .progress = on_progress,
    .connect = on_connect,
    .disconnect = on_disconnect,
    .released = on_released,
    .message = on_message,
    .supplementary = line_on_service,
};

/* ---- the tick */

static void alarms_log(struct exchange *exchange)
{
	struct tdm_status status;
	char text[64];

	tdm_span_status(exchange->span, &status);
	if (status.alarms == exchange->alarms)
		return;
	exchange->alarms = status.alarms;
	LOGP(DSPAN, LOGL_NOTICE, "span %u: alarms: %s\n", exchange->config.span.number,
	     tdm_alarms_name(status.alarms, text, sizeof(text)));
}

static void lines_step(struct exchange *exchange)
{
	struct line *line;
	uint8_t heard[TDM_BLOCK_MAX];
	uint8_t said[TDM_BLOCK_MAX];

	llist_for_each_entry (line, &exchange->lines, entry) {
		if (line->channel == NULL || tdm_channel_read(line->channel, heard) != 1)
			continue;
		line_audio_block(line->audio, heard, said, LINE_BLOCK);
		tdm_channel_write(line->channel, said);
	}
}

static int on_tick(struct osmo_fd *fd, unsigned what)
{
	struct exchange *exchange = fd->data;
	uint64_t expired;
	uint64_t now_ns;

	if (read(fd->fd, &expired, sizeof(expired)) != sizeof(expired))
		return 0;
	now_ns = exchange_now_ns();
	tdm_span_receive(exchange->span, now_ns);
	while (tdm_span_step(exchange->span, now_ns) == 1)
		lines_step(exchange);
	tdm_span_transmit(exchange->span, now_ns);
	alarms_log(exchange);
	return 0;
}

static int tick_start(struct exchange *exchange)
{
	const struct timespec interval = {.tv_nsec = TICK_NS};
	int rc = osmo_timerfd_setup(&exchange->tick, on_tick, exchange);

	return rc < 0 ? rc : osmo_timerfd_schedule(&exchange->tick, NULL, &interval);
}

/* ---- life */

/* The running half takes over what it gets; the opener's copies stay ours. */
static int span_attach(struct exchange *exchange)
{
	int fds[TDM_DESCRIPTORS_MAX];
	unsigned count = 0;
	int rc = 0;

	while (count < exchange->descriptors.count) {
		fds[count] = fcntl(exchange->descriptors.fds[count], F_DUPFD_CLOEXEC, 3);
		if (fds[count] < 0) {
			rc = -errno;
			break;
		}
		count++;
	}
	if (rc == 0)
		rc = tdm_span_attach(&exchange->config.span, fds, count, &exchange->span);
	if (rc < 0)
		while (count > 0)
			close(fds[--count]);
	return rc;
}

static int dchannel_start(struct exchange *exchange)
{
	struct isdn_config config = {
	    .span = exchange->config.span.number,
	    .fd_d = exchange->descriptors.fd_d,
	    .switch_type = exchange->config.switch_type,
	    .network = exchange->config.network,
	    .t1 = exchange->config.span.framing == TDM_T1,
	    .alaw = exchange->config.span.law == TDM_ALAW,
	    .multipoint.on =
		exchange->config.span.framing == TDM_BRI && !exchange->config.point_to_point,
	    .supplementary = ISDN_SUPPLEMENTARY_HOLD | ISDN_SUPPLEMENTARY_TRANSFER |
			     ISDN_SUPPLEMENTARY_DIVERSION | ISDN_SUPPLEMENTARY_MCID,
	};
	unsigned last = tdm_timeslots(exchange->config.span.framing);
	int rc;

	if (exchange->config.signalling != NULL)
		return exchange->config.signalling(exchange->config.arg, config.fd_d);
	/* The far end may hold calls of an exchange that ran here before and was killed. */
	for (unsigned timeslot = 1; exchange->config.restart && timeslot <= last; timeslot++)
		if (exchange_timeslot_usable(exchange, timeslot))
			config.restart_timeslots |= 1u << timeslot;
	rc = isdn_new(exchange, &config, &handlers, exchange, &exchange->isdn);
	if (rc == 0 && exchange->config.debug)
		isdn_debug(exchange->isdn, true, true);
	return rc;
}

int exchange_new(void *ctx, const struct exchange_config *config, struct exchange **out, char *why,
		 size_t why_size)
{
	struct exchange *exchange = talloc_zero(ctx, struct exchange);
	int rc;

	if (exchange == NULL)
		return -ENOMEM;
	exchange->config = *config;
	exchange->tick.fd = -1;
	exchange->descriptors.fd_d = -1;
	INIT_LLIST_HEAD(&exchange->lines);
	rc = tdm_open(&config->span, &exchange->descriptors, why, why_size);
	if (rc < 0)
		goto fail;
	rc = span_attach(exchange);
	if (rc == 0)
		rc = dchannel_start(exchange);
	if (rc == 0)
		rc = tick_start(exchange);
	if (rc < 0) {
		snprintf(why, why_size, "the span cannot be started: %s", strerror(-rc));
		goto fail;
	}
	*out = exchange;
	return 0;
fail:
	exchange_free(exchange);
	return rc;
}

void exchange_free(struct exchange *exchange)
{
	struct line *line, *next;

	if (exchange == NULL)
		return;
	if (exchange->tick.fd >= 0) {
		osmo_fd_unregister(&exchange->tick);
		close(exchange->tick.fd);
	}
	llist_for_each_entry (line, &exchange->lines, entry)
		line_abandon(line);
	isdn_free(exchange->isdn);
	llist_for_each_entry_safe (line, next, &exchange->lines, entry)
		line_free(line);
	if (exchange->span != NULL)
		tdm_span_detach(exchange->span);
	tdm_descriptors_close(&exchange->descriptors);
	talloc_free(exchange);
}

bool exchange_is_up(const struct exchange *exchange)
{
	return exchange->isdn != NULL && isdn_is_up(exchange->isdn);
}

unsigned exchange_line_count(const struct exchange *exchange)
{
	return llist_count(&exchange->lines);
}

void exchange_clear_all(struct exchange *exchange, unsigned cause)
{
	struct line *line;

	llist_for_each_entry (line, &exchange->lines, entry)
		line_clear(line, cause);
}

void exchange_counters(const struct exchange *exchange, struct tdm_counters *out)
{
	struct tdm_status status;

	tdm_span_status(exchange->span, &status);
	*out = status.counters;
}

int exchange_call(struct exchange *exchange, const struct isdn_setup *setup,
		  const struct line_owner *owner, void *arg, struct line **out)
{
	struct isdn_setup with_channel = *setup;
	struct line *line;
	int rc;

	if (!exchange_is_up(exchange))
		return -ENETDOWN;
	with_channel.timeslot = exchange_timeslot_hunt(exchange);
	if (with_channel.timeslot == 0)
		return -EBUSY;
	rc = line_new(exchange, with_channel.timeslot, &line);
	if (rc < 0)
		return rc;
	rc = isdn_setup(exchange->isdn, &with_channel, line, &line->call);
	if (rc < 0) {
		line_free(line);
		return rc;
	}
	line->owner = owner;
	line->arg = arg;
	*out = line;
	return 0;
}

static struct line *sound_on(struct exchange *exchange, unsigned timeslot)
{
	struct line *line;

	llist_for_each_entry (line, &exchange->lines, entry)
		if (line->timeslot == timeslot && line->call == NULL)
			return line;
	return NULL;
}

int exchange_sound(struct exchange *exchange, unsigned timeslot, enum subscriber_audio sound)
{
	struct line *line = sound_on(exchange, timeslot);
	int rc;

	if (line == NULL && !exchange_timeslot_usable(exchange, timeslot))
		return -EINVAL;
	if (line == NULL) {
		rc = line_new(exchange, timeslot, &line);
		if (rc < 0)
			return rc;
		line->cleared_by = CLEARED_BY_US; /* there is nothing to clear */
	}
	line_subscriber_ops.audio(line, sound);
	if (sound == SUBSCRIBER_AUDIO_NONE)
		line_free(line);
	return 0;
}

void exchange_sound_off(struct exchange *exchange)
{
	struct line *line, *next;

	llist_for_each_entry_safe (line, next, &exchange->lines, entry)
		if (line->call == NULL)
			line_free(line);
}
