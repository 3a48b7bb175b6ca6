// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"
#include "gateway/log/text.h"

#define MESSAGE_TEXT_MAX 160

/* ---- libpri's world: its log, its frames, its clock */

/* libpri has no call that frees a controller. Those of closed D channels wait here, never run
 * again, their calls freed: some 20 kB for each. */
static struct retired {
	struct retired *next;
	struct pri *pri;
} * retired;

static void pri_say(struct pri *pri, const char *text, int level)
{
	struct isdn *isdn = pri ? pri_get_userdata(pri) : NULL;
	int length = (int)strcspn(text, "\r\n");

	/* isdn_sweep() asks about calls that are gone; that is its purpose, not an error */
	if (length == 0 || strstr(text, "Called with invalid call ptr"))
		return;
	LOGP(DISDN, level, "%u:D %.*s\n", isdn ? isdn->config.span : 0, length, text);
}

static void on_pri_message(struct pri *pri, char *text)
{
	pri_say(pri, text, LOGL_DEBUG);
}

static void on_pri_error(struct pri *pri, char *text)
{
	pri_say(pri, text, LOGL_INFO);
}

/* libpri asks for a frame with 2 octets of FCS, and gets what isdn_frame_check() has left of it.
 * Should one of its decoders still read on to the octet that has the extension bit, it finds one
 * behind the frame. */
static int on_pri_read(struct pri *pri, void *buffer, int size)
{
	struct isdn *isdn = pri_get_userdata(pri);
	const struct dchannel_frame *frame = isdn->frame;

	if (!frame || frame->length + 2 > (size_t)size)
		return 0;
	memcpy(buffer, frame->octets, frame->length);
	memset((uint8_t *)buffer + frame->length, 0xff, (size_t)size - frame->length);
	isdn->frame = NULL;
	return (int)frame->length + 2;
}

/* A frame that could not be written is lost like one on the line: Q.921 sends it again. */
static int on_pri_write(struct pri *pri, void *buffer, int length)
{
	struct isdn *isdn = pri_get_userdata(pri);

	struct dchannel *dchannel = isdn ? isdn_dlink_of(isdn, pri)->dchannel : NULL;

	if (dchannel && length > 2)
		dchannel_send(dchannel, buffer, (size_t)length - 2);
	return length;
}

static void isdn_schedule(struct isdn *isdn)
{
	struct timeval *next = NULL;
	struct timeval now, left;

	for (unsigned n = 0; n < isdn->dlink_count; n++) {
		struct timeval *when = pri_schedule_next(isdn->dlinks[n].pri);

		if (when && (!next || timercmp(when, next, <)))
			next = when;
	}
	if (!next)
		return;
	gettimeofday(&now, NULL);
	if (timercmp(next, &now, >))
		timersub(next, &now, &left);
	else
		timerclear(&left);
	osmo_timer_schedule(&isdn->schedule, left.tv_sec, left.tv_usec);
}

/* libpri frees calls without an event, too: an incoming one that was never answered to, for
 * example. The call reference tells a new call in the same memory from the old one. */
static void isdn_sweep(struct isdn *isdn)
{
	struct isdn_call *call, *next;

	llist_for_each_entry_safe (call, next, &isdn->calls, entry) {
		int mode = 0;
		int reference = pri_get_crv(isdn->pri, call->q, &mode);

		if (reference >= 0 && (reference << 3 | mode) == call->reference)
			continue;
		call->q = NULL;
		isdn_call_end(call);
	}
}

static void isdn_settle(struct isdn *isdn)
{
	pri_event *event;

	for (unsigned n = 0; n < isdn->dlink_count; n++) {
		isdn->working = &isdn->dlinks[n];
		while ((event = pri_schedule_run(isdn->dlinks[n].pri)))
			isdn_on_event(isdn, event);
	}
	isdn_sweep(isdn);
	isdn_schedule(isdn);
}

static void on_schedule(void *data)
{
	isdn_settle(data);
}

void isdn_look_soon(struct isdn *isdn)
{
	osmo_timer_schedule(&isdn->schedule, 0, 0);
}

/* ---- frames */

void isdn_trace(struct isdn *isdn, struct isdn_call *call, enum isdn_message_direction direction,
		const struct dss1_message *message)
{
	char text[MESSAGE_TEXT_MAX];

	if (!isdn->handlers->message)
		return;
	dss1_describe(message, text, sizeof(text));
	isdn->handlers->message(isdn->arg, call, direction, text);
}

/* libpri says nothing of a caller who hangs up before anything was sent back to him. It answers
 * DISCONNECT with RELEASE COMPLETE and keeps the call; isdn_sweep() finds that it is gone now. */
static void note_early_clearing(struct isdn_call *call, const struct dss1_message *message)
{
	if (call->state != ISDN_CALL_PRESENT)
		return;
	if (message->type != DSS1_DISCONNECT && message->type != DSS1_RELEASE_COMPLETE)
		return;
	isdn_call_note_cause(call, message->cause, message->location);
	if (message->type == DSS1_DISCONNECT)
		pri_destroycall(call->isdn->pri, call->q);
}

/* frame is fit for libpri: isdn_frame_check(). */
static void handle_frame(struct isdn_dlink *dlink, const struct dchannel_frame *frame)
{
	struct isdn *isdn = dlink->isdn;
	struct dss1_message message = {0};
	bool decoded =
	    frame->message && dss1_decode(frame->message, frame->message_length, &message) == 0;
	struct isdn_call *call = NULL;
	pri_event *event;

	isdn->frame = frame;
	if (decoded && isdn->link == ISDN_LINK_SETTLING)
		isdn_link_settled(isdn);
	if (decoded && !frame->repeated) {
		call = isdn_call_of_message(isdn, &message, ISDN_RECEIVED);
		/* a new call is traced when libpri has taken it, see isdn_event.c */
		if (call || message.type != DSS1_SETUP)
			isdn_trace(isdn, call, ISDN_RECEIVED, &message);
	}
	isdn->message = message;
	isdn->working = dlink;
	event = pri_check_event(dlink->pri);
	isdn->frame = NULL;
	if (event)
		isdn_on_event(isdn, event);
	else if (call)
		note_early_clearing(call, &message);
	memset(&isdn->message, 0, sizeof(isdn->message));
	isdn_request_frame_received(isdn, frame);
	isdn_restart_next(isdn);
	isdn_settle(isdn);
}

static void on_received(void *arg, const struct dchannel_frame *frame)
{
	struct isdn_dlink *dlink = arg;
	struct isdn *isdn = dlink->isdn;
	const struct dchannel_frame *fit;

	isdn->tei = frame->tei;
	isdn_frame_received(isdn, frame);
	fit = isdn_frame_check(isdn, frame);
	if (fit)
		handle_frame(dlink, fit);
	isdn_frame_done(isdn);
}

static void on_sent(void *arg, const struct dchannel_frame *frame)
{
	struct isdn_dlink *dlink = arg;
	struct isdn *isdn = dlink->isdn;
	struct dss1_message message;

	isdn_frame_sent(isdn, frame);
	isdn->tei = frame->tei;
	if (!frame->message || frame->repeated ||
	    dss1_decode(frame->message, frame->message_length, &message) < 0)
		return;
	isdn_request_frame_sent(isdn, frame);
	isdn_trace(isdn, isdn_call_of_message(isdn, &message, ISDN_SENT), ISDN_SENT, &message);
}

static void on_lost(void *arg, int error)
{
	struct isdn_dlink *dlink = arg;
	struct isdn *isdn = dlink->isdn;

	LOGP(DISDN, LOGL_ERROR, "%u:D the D channel's descriptor is gone: %s\n", dlink->span,
	     strerror(-error));
	isdn->working = dlink;
	if (isdn->dlink_count > 1)
		isdn_dlink_down(isdn);
	else
		isdn_link_set(isdn, ISDN_LINK_GONE);
}

const struct dchannel_handlers isdn_frame_handlers = {
    .received = on_received,
    .sent = on_sent,
    .lost = on_lost,
};

/* ---- life */

static const struct {
	enum isdn_switch_type type;
	const char *name;
	int pri_e1, pri_t1;
} switch_types[] = {
    {ISDN_PRIMARY_NET5, "primary-net5", PRI_SWITCH_EUROISDN_E1, PRI_SWITCH_EUROISDN_T1},
    {ISDN_PRIMARY_NI, "primary-ni", PRI_SWITCH_NI2, PRI_SWITCH_NI2},
    {ISDN_PRIMARY_DMS100, "primary-dms100", PRI_SWITCH_DMS100, PRI_SWITCH_DMS100},
    {ISDN_PRIMARY_4ESS, "primary-4ess", PRI_SWITCH_ATT4ESS, PRI_SWITCH_ATT4ESS},
    {ISDN_PRIMARY_5ESS, "primary-5ess", PRI_SWITCH_LUCENT5E, PRI_SWITCH_LUCENT5E},
    {ISDN_PRIMARY_QSIG, "primary-qsig", PRI_SWITCH_QSIG, PRI_SWITCH_QSIG},
    {ISDN_BASIC_NET3, "basic-net3", PRI_SWITCH_EUROISDN_E1, PRI_SWITCH_EUROISDN_E1},
    {ISDN_BASIC_QSIG, "basic-qsig", PRI_SWITCH_QSIG, PRI_SWITCH_QSIG},
};

const char *isdn_switch_type_name(enum isdn_switch_type type)
{
	for (size_t i = 0; i < sizeof(switch_types) / sizeof(switch_types[0]); i++) {
		if (switch_types[i].type == type)
			return switch_types[i].name;
	}
	return "unknown";
}

bool isdn_is_basic_rate(enum isdn_switch_type type)
{
	return type == ISDN_BASIC_NET3 || type == ISDN_BASIC_QSIG;
}

int isdn_switch_type_from_name(const char *name)
{
	for (size_t i = 0; i < sizeof(switch_types) / sizeof(switch_types[0]); i++) {
		if (strcmp(switch_types[i].name, name) == 0)
			return switch_types[i].type;
	}
	return -EINVAL;
}

static int pri_switch_type(const struct isdn_config *config)
{
	for (size_t i = 0; i < sizeof(switch_types) / sizeof(switch_types[0]); i++) {
		if (switch_types[i].type == config->switch_type)
			return config->t1 ? switch_types[i].pri_t1 : switch_types[i].pri_e1;
	}
	return -EINVAL;
}

static const struct {
	enum isdn_timer timer;
	unsigned ms;
	int pri; /* -1: run here */
} timers[] = {
    {ISDN_T301, 180000, -1},
    {ISDN_T302, 15000, -1}, /* by who collects digits */
    {ISDN_T303, 4000, PRI_TIMER_T303},
    {ISDN_T304, 30000, -1},
    {ISDN_T305, 30000, PRI_TIMER_T305},
    {ISDN_T306, 20000, -1}, /* by the leg, for announcements */
    {ISDN_T308, 4000, PRI_TIMER_T308},
    {ISDN_T309, 90000, PRI_TIMER_T309},
    {ISDN_T310, 30000, -1},
    {ISDN_T312, 6000, PRI_TIMER_T312},
    {ISDN_T313, 4000, PRI_TIMER_T313},
    {ISDN_T316, 120000, -1},
};

unsigned isdn_timer_ms(const struct isdn *isdn, enum isdn_timer timer)
{
	unsigned configured = isdn->config.timers_ms[timer - 300];

	for (size_t i = 0; configured == 0 && i < sizeof(timers) / sizeof(timers[0]); i++) {
		if (timers[i].timer == timer)
			return timers[i].ms;
	}
	return configured;
}

/* EN 300 403-1: display goes from the network to the user. QSIG has names in facilities. */
bool isdn_may_display(const struct isdn_config *config)
{
	return config->switch_type != ISDN_PRIMARY_QSIG &&
	       (config->network || config->switch_type != ISDN_PRIMARY_NET5);
}

static void set_pri_timers(struct isdn *isdn, struct pri *pri)
{
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		if (timers[i].pri >= 0)
			pri_set_timer(pri, timers[i].pri,
				      (int)isdn_timer_ms(isdn, timers[i].timer));
	}
}

void isdn_set_timers(struct isdn *isdn, const unsigned timers_ms[32])
{
	memcpy(isdn->config.timers_ms, timers_ms, sizeof(isdn->config.timers_ms));
	for (unsigned n = 0; n < isdn->dlink_count; n++)
		if (isdn->dlinks[n].pri)
			set_pri_timers(isdn, isdn->dlinks[n].pri);
}

void isdn_configure_pri(struct isdn *isdn, struct pri *pri)
{
	const unsigned long display = PRI_DISPLAY_OPTION_NAME_INITIAL |
				      PRI_DISPLAY_OPTION_NAME_UPDATE | PRI_DISPLAY_OPTION_TEXT;

	pri_set_overlapdial(pri, 1); /* sending complete is sent when it was asked for */
	pri_display_options_send(pri, isdn_may_display(&isdn->config) ? display
								      : PRI_DISPLAY_OPTION_BLOCK);
	pri_display_options_receive(
	    pri, isdn->config.switch_type == ISDN_PRIMARY_QSIG ? PRI_DISPLAY_OPTION_TEXT : display);
	pri_hangup_fix_enable(pri, 1); /* DISCONNECT where Q.931 5.3 wants it */
	set_pri_timers(isdn, pri);
	isdn_link_configure(isdn, pri);
	isdn_supplementary_configure(isdn, pri);
}

struct pri *isdn_new_pri(struct isdn *isdn, int fd, int switch_type)
{
	int side = isdn->config.network ? PRI_NETWORK : PRI_CPE;

	if (isdn_is_basic_rate(isdn->config.switch_type))
		return pri_new_bri_cb(fd, !isdn->config.multipoint.on, side, switch_type,
				      on_pri_read, on_pri_write, isdn);
	return pri_new_cb(fd, side, switch_type, on_pri_read, on_pri_write, isdn);
}

int isdn_new(void *ctx, const struct isdn_config *config, const struct isdn_handlers *handlers,
	     void *arg, struct isdn **out)
{
	int switch_type = pri_switch_type(config);
	struct isdn *isdn;
	int rc;

	if (switch_type < 0 || (config->multipoint.on && !isdn_is_basic_rate(config->switch_type)))
		return -EINVAL;
	isdn = talloc_zero(ctx, struct isdn);
	if (!isdn)
		return -ENOMEM;
	isdn->config = *config;
	isdn->handlers = handlers;
	isdn->arg = arg;
	INIT_LLIST_HEAD(&isdn->calls);
	osmo_timer_setup(&isdn->schedule, on_schedule, isdn);
	isdn_link_init(isdn);
	pri_set_message(on_pri_message);
	pri_set_error(on_pri_error);
	rc = isdn_dlink_open(isdn, 0, switch_type);
	if (rc == 0 && config->nfas.backup_fd_d > 0)
		rc = isdn_dlink_open(isdn, 1, switch_type);
	if (rc < 0)
		goto fail;
	isdn_look_soon(isdn);
	*out = isdn;
	return 0;
fail:
	for (unsigned n = 0; n < isdn->dlink_count; n++)
		isdn_dlink_close(&isdn->dlinks[n]);
	talloc_free(isdn);
	return rc;
}

void isdn_retire_pri(struct pri *pri)
{
	struct retired *entry = malloc(sizeof(*entry));

	pri_set_userdata(pri, NULL);
	if (!entry)
		return;
	entry->pri = pri;
	entry->next = retired;
	retired = entry;
}

void isdn_free(struct isdn *isdn)
{
	if (!isdn)
		return;
	while (!llist_empty(&isdn->calls)) {
		struct isdn_call *call = llist_first_entry(&isdn->calls, struct isdn_call, entry);

		isdn_release(call, 41);
		pri_destroycall(isdn->pri, call->q);
		isdn_call_end(call);
	}
	osmo_timer_del(&isdn->schedule);
	isdn_link_stop(isdn);
	for (unsigned n = 0; n < isdn->dlink_count; n++)
		isdn_dlink_close(&isdn->dlinks[n]);
	talloc_free(isdn);
}

/* ---- questions */

bool isdn_is_up(const struct isdn *isdn)
{
	return isdn->link == ISDN_LINK_UP;
}

unsigned isdn_call_count(const struct isdn *isdn)
{
	return llist_count(&isdn->calls);
}

unsigned isdn_timer_value_ms(const struct isdn *isdn, enum isdn_timer timer)
{
	return isdn_timer_ms(isdn, timer);
}

void *isdn_arg(const struct isdn *isdn)
{
	return isdn->arg;
}

/* The names are those of Q.921 annex B. */
static void describe_links(const struct dchannel *dchannel, char *text, size_t size)
{
	static const char *const names[] = {
	    [DCHANNEL_LINK_RELEASED] = "TEI_ASSIGNED",
	    [DCHANNEL_LINK_AWAITING_ESTABLISHMENT] = "AWAITING_ESTABLISHMENT",
	    [DCHANNEL_LINK_AWAITING_RELEASE] = "AWAITING_RELEASE",
	    [DCHANNEL_LINK_ESTABLISHED] = "MULTIPLE_FRAME_ESTABLISHED",
	};

	for (unsigned tei = 0; tei < 127; tei++) {
		enum dchannel_link link = dchannel_link(dchannel, tei);

		if (link != DCHANNEL_LINK_UNKNOWN)
			text_append(text, size, "TEI = %u, %s\n", tei, names[link]);
	}
}

void isdn_describe(struct isdn *isdn, char *text, size_t size)
{
	static const char *const links[] = {
	    [ISDN_LINK_DOWN] = "DOWN",
	    [ISDN_LINK_SETTLING] = "ESTABLISHING",
	    [ISDN_LINK_RESTARTING] = "MULTIPLE_FRAME_ESTABLISHED, channels are restarted",
	    [ISDN_LINK_UP] = "MULTIPLE_FRAME_ESTABLISHED",
	    [ISDN_LINK_GONE] = "GONE",
	};
	struct dchannel_counters counters;
	const struct isdn_call *call;

	if (size == 0)
		return;
	text[0] = '\0';
	dchannel_counters(isdn->dchannel, &counters);
	text_append(text, size, "%s, %s side\n", isdn_switch_type_name(isdn->config.switch_type),
		    isdn->config.network ? "network" : "user");
	text_append(text, size, "Layer 2: %s, frames received %llu sent %llu dropped %llu\n",
		    links[isdn->link], (unsigned long long)counters.received,
		    (unsigned long long)counters.sent, (unsigned long long)counters.dropped);
	describe_links(isdn->dchannel, text, size);
	text_append(text, size, "Layer 3: %u calls\n", isdn_call_count(isdn));
	llist_for_each_entry (call, &isdn->calls, entry)
		text_append(text, size, "  %-4s %s call reference %u %s\n",
			    isdn_channel_text(isdn, call->timeslot), call->outgoing ? "out" : "in ",
			    call->reference, isdn_call_state_name(call));
}
