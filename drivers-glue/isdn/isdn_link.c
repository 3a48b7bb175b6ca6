// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/isdn_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define SETTLE_MS 1200
#define RESTART_WAIT_MS 3000
#define RESTART_ATTEMPTS 2     /* Q.931 5.5.1 */
#define SERVICE_WAIT_MS 120000 /* T3M1 */
#define SERVICE_ATTEMPTS 2

/* ---- layer 2 */

static bool restart_is_wanted(const struct isdn *isdn);
static void restart_postpone(struct isdn *isdn);

/* Both ends may send SABME at once and one of them be lost: that end tries again after T200 (1 s)
 * and what was sent to it in between is gone. Layer 3 is told when that time has passed, or when
 * the far end has shown that it is there by a message of its own. */
void isdn_link_up(struct isdn *isdn)
{
	unsigned ms = isdn->config.settle_ms ? isdn->config.settle_ms : SETTLE_MS;

	if (isdn->link != ISDN_LINK_DOWN)
		return;
	if (isdn->config.multipoint.on) { /* that is no more than a TEI, or a bus to broadcast on */
		isdn_link_set(isdn, ISDN_LINK_UP);
		return;
	}
	isdn_link_set(isdn, ISDN_LINK_SETTLING);
	osmo_timer_schedule(&isdn->settle, ms / 1000, ms % 1000 * 1000);
}

/* What must be empty is emptied before calls are sent: the far end ignores a SETUP whose call
 * reference it still holds from before. */
void isdn_link_settled(struct isdn *isdn)
{
	isdn->restart_wanted[isdn->config.nfas.interface] |= isdn->config.restart_timeslots & ~1u;
	isdn->config.restart_timeslots = 0;
	if (!restart_is_wanted(isdn)) {
		isdn_link_set(isdn, ISDN_LINK_UP);
		return;
	}
	isdn_link_set(isdn, ISDN_LINK_RESTARTING);
	osmo_timer_schedule(&isdn->settle, RESTART_WAIT_MS / 1000, RESTART_WAIT_MS % 1000 * 1000);
	isdn_restart_next(isdn);
}

static void on_settle_timer(void *data)
{
	struct isdn *isdn = data;

	if (isdn->link == ISDN_LINK_SETTLING) {
		isdn_link_settled(isdn);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%u:D RESTARTs are not acknowledged, calls begin without\n",
	     isdn->config.span);
	isdn_link_set(isdn, ISDN_LINK_UP);
}

bool isdn_layer2_is_up(const struct isdn *isdn)
{
	return isdn->link == ISDN_LINK_UP || isdn->link == ISDN_LINK_RESTARTING;
}

void isdn_link_set(struct isdn *isdn, enum isdn_link_state state)
{
	enum isdn_link_state before = isdn->link;

	if (before == state || before == ISDN_LINK_GONE)
		return;
	isdn->link = state;
	osmo_timer_del(&isdn->settle);
	if (!isdn_layer2_is_up(isdn))
		restart_postpone(isdn);
	if ((before == ISDN_LINK_UP) == (state == ISDN_LINK_UP))
		return;
	LOGP(DISDN, LOGL_NOTICE, "%u:D layer 2 %s\n", isdn->config.span,
	     state == ISDN_LINK_UP ? "up" : "down");
	if (state == ISDN_LINK_UP)
		isdn_restart_next(isdn);
	if (isdn->handlers->dchannel)
		isdn->handlers->dchannel(isdn->arg, state == ISDN_LINK_UP);
}

/* ---- a bus of several terminals */

/* The shorter one is the end of the longer one: exchanges deliver numbers with and without what
 * comes before the subscriber's own digits. */
static bool numbers_match(const char *answer, const char *called)
{
	size_t a = strlen(answer), c = strlen(called);

	while (a > 0 && c > 0) {
		a--;
		c--;
		if (answer[a] != 'x' && answer[a] != called[c])
			return false;
	}
	return true;
}

bool isdn_is_for_us(const struct isdn *isdn, const char *called)
{
	const struct isdn_multipoint *multipoint = &isdn->config.multipoint;
	unsigned count = 0;

	if (!multipoint->on || isdn->config.network || called[0] == '\0')
		return true;
	for (unsigned n = 0; n < ISDN_ANSWER_MAX; n++) {
		if (multipoint->answer[n][0] == '\0')
			continue;
		count++;
		if (numbers_match(multipoint->answer[n], called))
			return true;
	}
	return count == 0;
}

/* ---- channel numbers */

#define PRI_INTERFACE_EXPLICIT (1 << 16)

/* -1, 0 and 0xff are no channel. A channel whose interface is not named is on the one of the D
 * channel. */
unsigned isdn_channel_from_pri(const struct isdn *isdn, int channel)
{
	unsigned timeslot = (unsigned)channel & 0xff;
	unsigned interface = isdn->config.nfas.interface;

	if (channel < 0 || timeslot == 0 || timeslot > 31)
		return 0;
	if (!isdn->config.nfas.on)
		return timeslot;
	if (channel & PRI_INTERFACE_EXPLICIT)
		interface = (unsigned)channel >> 8 & 0x7f;
	return interface < ISDN_INTERFACES_MAX ? ISDN_CHANNEL(interface, timeslot) : 0;
}

int isdn_channel_to_pri(const struct isdn *isdn, unsigned channel)
{
	if (!isdn->config.nfas.on || ISDN_CHANNEL_TIMESLOT(channel) == 0)
		return (int)channel;
	return (int)channel | PRI_INTERFACE_EXPLICIT;
}

const char *isdn_channel_text(const struct isdn *isdn, unsigned channel)
{
	static char text[32];
	unsigned interface = ISDN_CHANNEL_INTERFACE(channel);
	unsigned timeslot = ISDN_CHANNEL_TIMESLOT(channel);
	unsigned span = 0;

	if (interface < ISDN_INTERFACES_MAX)
		span = isdn->config.nfas.spans[interface];
	if (channel == 0)
		snprintf(text, sizeof(text), "%u:D", isdn->config.span);
	else if (!isdn->config.nfas.on || interface == isdn->config.nfas.interface)
		snprintf(text, sizeof(text), "%u/%u", isdn->config.span, timeslot);
	else if (span != 0)
		snprintf(text, sizeof(text), "%u/%u", span, timeslot);
	else
		snprintf(text, sizeof(text), "interface %u/%u", interface, timeslot);
	return text;
}

unsigned isdn_named_channel(const struct isdn *isdn)
{
	const struct dss1_message *message = &isdn->message;
	unsigned interface = message->interface;

	if (message->channel == 0 || message->channel > 31)
		return 0;
	if (!isdn->config.nfas.on)
		return message->channel;
	if (interface == DSS1_NO_INTERFACE)
		interface = isdn->config.nfas.interface;
	return interface < ISDN_INTERFACES_MAX ? ISDN_CHANNEL(interface, message->channel) : 0;
}

/* ---- RESTART */

bool isdn_channel_has_call(const struct isdn *isdn, unsigned channel)
{
	const struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->timeslot == channel)
			return true;
	}
	return false;
}

void isdn_release_channel(struct isdn *isdn, unsigned channel, unsigned cause)
{
	struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->timeslot == channel)
			isdn_release(call, cause);
	}
}

static bool restart_is_wanted(const struct isdn *isdn)
{
	for (unsigned i = 0; i < ISDN_INTERFACES_MAX; i++) {
		if (isdn->restart_wanted[i] != 0)
			return true;
	}
	return false;
}

/* Takes the lowest channel off the list; 0: none is left. */
static unsigned restart_take(struct isdn *isdn)
{
	for (unsigned i = 0; i < ISDN_INTERFACES_MAX; i++) {
		unsigned timeslot;

		if (isdn->restart_wanted[i] == 0)
			continue;
		timeslot = (unsigned)__builtin_ctz(isdn->restart_wanted[i]);
		isdn->restart_wanted[i] &= ~(1u << timeslot);
		return ISDN_CHANNEL(i, timeslot);
	}
	return 0;
}

static void restart_want(struct isdn *isdn, unsigned channel)
{
	isdn->restart_wanted[ISDN_CHANNEL_INTERFACE(channel)] |= 1u
								 << ISDN_CHANNEL_TIMESLOT(channel);
}

/* Layer 2 is gone: the one that is not acknowledged is sent again when it is back. */
static void restart_postpone(struct isdn *isdn)
{
	if (isdn->restart_channel == 0)
		return;
	restart_want(isdn, isdn->restart_channel);
	isdn->restart_channel = 0;
	osmo_timer_del(&isdn->restart_timer);
}

static void restart_tell(struct isdn *isdn, unsigned channel, bool acknowledged)
{
	if (isdn->handlers->restart_done)
		isdn->handlers->restart_done(isdn->arg, channel, acknowledged);
}

static void restart_send(struct isdn *isdn)
{
	unsigned ms = isdn_timer_ms(isdn, ISDN_T316);

	isdn->restart_attempts++;
	osmo_timer_schedule(&isdn->restart_timer, ms / 1000, ms % 1000 * 1000);
	pri_reset(isdn->pri, isdn_channel_to_pri(isdn, isdn->restart_channel));
	isdn_look_soon(isdn);
}

void isdn_restart_next(struct isdn *isdn)
{
	unsigned channel;

	if (!isdn_layer2_is_up(isdn) || isdn->restart_channel != 0)
		return;
	if (isdn->frame)
		return; /* it may be a SETUP on that channel: afterwards */
	while ((channel = restart_take(isdn)) != 0) {
		if (isdn_channel_has_call(isdn, channel)) {
			restart_tell(isdn, channel, true); /* a call shows that it works */
			if (isdn->restart_channel != 0)
				return;
			continue;
		}
		isdn->restart_channel = channel;
		isdn->restart_attempts = 0;
		restart_send(isdn);
		return;
	}
	if (isdn->link == ISDN_LINK_RESTARTING)
		isdn_link_set(isdn, ISDN_LINK_UP);
}

static void restart_finish(struct isdn *isdn, bool acknowledged)
{
	unsigned channel = isdn->restart_channel;

	isdn->restart_channel = 0;
	osmo_timer_del(&isdn->restart_timer);
	restart_tell(isdn, channel, acknowledged);
	isdn_restart_next(isdn);
}

void isdn_restart_acknowledged(struct isdn *isdn, unsigned channel)
{
	/* an answer to one that was given up already proves nothing about this one; no channel at
	 * all in it is a habit of some exchanges */
	if (isdn->restart_channel == 0 || (channel != 0 && channel != isdn->restart_channel))
		return;
	isdn->restart_known = true;
	restart_finish(isdn, true);
}

static void on_restart_timeout(void *data)
{
	struct isdn *isdn = data;
	unsigned channel;

	if (isdn_channel_has_call(isdn, isdn->restart_channel)) {
		/* the far end uses the channel: it is in order, and the call must not be cut off */
		restart_finish(isdn, true);
		return;
	}
	if (isdn->restart_attempts < RESTART_ATTEMPTS) {
		restart_send(isdn);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%s: RESTART was not acknowledged (T316)\n",
	     isdn_channel_text(isdn, isdn->restart_channel));
	/* an exchange that does not know RESTART would hold each channel up for minutes */
	while (!isdn->restart_known && (channel = restart_take(isdn)) != 0)
		restart_tell(isdn, channel, false);
	restart_finish(isdn, false);
}

static bool is_channel(unsigned channel)
{
	unsigned timeslot = ISDN_CHANNEL_TIMESLOT(channel);

	return timeslot >= 1 && timeslot <= 31 &&
	       ISDN_CHANNEL_INTERFACE(channel) < ISDN_INTERFACES_MAX;
}

int isdn_restart(struct isdn *isdn, unsigned channel)
{
	if (!is_channel(channel))
		return -EINVAL;
	if (isdn->config.multipoint.on)
		return -ENOTSUP;
	if (channel == isdn->restart_channel)
		return 0; /* it is on its way */
	restart_want(isdn, channel);
	isdn_restart_next(isdn);
	return 0;
}

/* ---- SERVICE */

bool isdn_has_service(const struct isdn *isdn)
{
	return isdn->config.switch_type == ISDN_PRIMARY_NI ||
	       isdn->config.switch_type == ISDN_PRIMARY_4ESS ||
	       isdn->config.switch_type == ISDN_PRIMARY_5ESS;
}

static void service_send(struct isdn *isdn)
{
	unsigned channel = isdn->service.channel;

	isdn->service.attempts++;
	osmo_timer_schedule(&isdn->service.timer, SERVICE_WAIT_MS / 1000,
			    SERVICE_WAIT_MS % 1000 * 1000);
	pri_maintenance_service(isdn->pri, (int)ISDN_CHANNEL_INTERFACE(channel),
				(int)ISDN_CHANNEL_TIMESLOT(channel), isdn->service.status);
	isdn_look_soon(isdn);
}

/* libpri has one record for all SERVICE messages: one at a time. */
static void service_next(struct isdn *isdn)
{
	if (isdn->service.channel != 0 || !isdn_layer2_is_up(isdn))
		return;
	for (unsigned i = 0; i < ISDN_INTERFACES_MAX; i++) {
		for (unsigned status = ISDN_IN_SERVICE; status <= ISDN_OUT_OF_SERVICE; status++) {
			uint32_t *wanted = &isdn->service.wanted[status][i];
			unsigned timeslot;

			if (*wanted == 0)
				continue;
			timeslot = (unsigned)__builtin_ctz(*wanted);
			*wanted &= ~(1u << timeslot);
			isdn->service.channel = ISDN_CHANNEL(i, timeslot);
			isdn->service.status = status;
			isdn->service.attempts = 0;
			service_send(isdn);
			return;
		}
	}
}

static void on_service_timeout(void *data)
{
	struct isdn *isdn = data;

	if (isdn->service.attempts < SERVICE_ATTEMPTS && isdn_layer2_is_up(isdn)) {
		service_send(isdn);
		return;
	}
	LOGP(DISDN, LOGL_NOTICE, "%s: SERVICE was not acknowledged (T3M1)\n",
	     isdn_channel_text(isdn, isdn->service.channel));
	isdn->service.channel = 0;
	service_next(isdn);
}

void isdn_service_acknowledged(struct isdn *isdn, unsigned channel)
{
	if (isdn->service.channel == 0 || channel != isdn->service.channel)
		return;
	isdn->service.channel = 0;
	osmo_timer_del(&isdn->service.timer);
	service_next(isdn);
}

int isdn_service(struct isdn *isdn, unsigned channel, enum isdn_service status)
{
	if (!is_channel(channel) || status > ISDN_OUT_OF_SERVICE)
		return -EINVAL;
	if (!isdn_has_service(isdn))
		return -ENOTSUP;
	if (!isdn_layer2_is_up(isdn))
		return -ENETDOWN;
	for (unsigned s = ISDN_IN_SERVICE; s <= ISDN_OUT_OF_SERVICE; s++) {
		uint32_t *wanted = &isdn->service.wanted[s][ISDN_CHANNEL_INTERFACE(channel)];

		if (s == status)
			*wanted |= 1u << ISDN_CHANNEL_TIMESLOT(channel);
		else
			*wanted &= ~(1u << ISDN_CHANNEL_TIMESLOT(channel));
	}
	service_next(isdn);
	return 0;
}

/* ---- life */

static bool layer2_on_demand(const struct isdn *isdn)
{
	return isdn->config.multipoint.on && isdn->config.link.layer2 != ISDN_LAYER2_ALWAYS;
}

bool isdn_is_usable(const struct isdn *isdn)
{
	if (isdn->config.multipoint.on)
		return isdn->link != ISDN_LINK_GONE;
	return isdn->link == ISDN_LINK_UP;
}

static void set_timer(struct pri *pri, int timer, unsigned value)
{
	if (value != 0)
		pri_set_timer(pri, timer, (int)value);
}

void isdn_link_configure(struct isdn *isdn, struct pri *pri)
{
	const struct isdn_link_options *options = &isdn->config.link;

	set_timer(pri, PRI_TIMER_T200, options->t200_ms);
	set_timer(pri, PRI_TIMER_T203, options->t203_ms);
	set_timer(pri, PRI_TIMER_N200, options->n200);
	set_timer(pri, PRI_TIMER_K, options->k);
	pri_persistent_layer2_option(pri, layer2_on_demand(isdn) ? PRI_L2_PERSISTENCE_LEAVE_DOWN
								 : PRI_L2_PERSISTENCE_KEEP_UP);
	if (isdn_has_service(isdn))
		pri_set_service_message_support(pri, 1);
}

void isdn_link_init(struct isdn *isdn)
{
	osmo_timer_setup(&isdn->settle, on_settle_timer, isdn);
	osmo_timer_setup(&isdn->restart_timer, on_restart_timeout, isdn);
	osmo_timer_setup(&isdn->service.timer, on_service_timeout, isdn);
}

void isdn_link_stop(struct isdn *isdn)
{
	osmo_timer_del(&isdn->settle);
	osmo_timer_del(&isdn->restart_timer);
	osmo_timer_del(&isdn->service.timer);
}
