// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

static struct isdn_cause message_cause(const struct isdn *isdn)
{
	return (struct isdn_cause){isdn->message.cause, isdn->message.location};
}

/* ---- SETUP */

/* Everything in ring is what the far end sent, libpri checks no contents. */
static void ring_to_setup(const struct isdn *isdn, const pri_event_ring *ring,
			  struct isdn_setup *setup)
{
	size_t user_user_length = strlen(ring->useruserinfo);

	*setup = (struct isdn_setup){
	    .timeslot = isdn_channel_from_pri(isdn, ring->channel),
	    .exclusive = !ring->flexible,
	    .bearer = ring->ctype < 0 ? ISDN_BEARER_SPEECH : (uint8_t)ring->ctype,
	    .sending_complete = ring->complete != 0,
	    .progress = (uint8_t)dss1_progress(&isdn->message),
	};
	setup->completion = isdn_completion_of_setup(isdn, ring->subcmds);
	isdn_party_from_pri(&ring->calling, &setup->calling);
	isdn_subaddress_from_pri(&ring->called_subaddress, &setup->called_subaddress);
	if (isdn_digits_valid(ring->keypad_digits, KEYPAD_MAX))
		strcpy(setup->keypad, ring->keypad_digits);
	if (user_user_length > 0 && user_user_length <= USER_USER_MAX) {
		setup->user_user.protocol = USER_USER_IA5; /* libpri passes on no other */
		setup->user_user.length = (uint8_t)user_user_length;
		memcpy(setup->user_user.octets, ring->useruserinfo, user_user_length);
	}
	for (int i = 0; ring->subcmds && i < ring->subcmds->counter_subcmd; i++) {
		const struct pri_subcommand *sub = &ring->subcmds->subcmd[i];

		if (sub->cmd == PRI_SUBCMD_REDIRECTING)
			isdn_redirection_from_pri(&sub->u.redirecting, &setup->redirection);
	}
}

/* Without a struct isdn_call: the user has not heard of it. As libpri says nothing to a SETUP that
 * is hung up with most causes, PROCEEDING goes first (see isdn_call.c). */
static void refuse(struct isdn *isdn, q931_call *q, int channel, unsigned cause)
{
	if (cause != 34)
		pri_proceeding(isdn->pri, q, channel, 0);
	pri_hangup(isdn->pri, q, (int)cause);
}

static void on_ring(struct isdn *isdn, const pri_event_ring *ring)
{
	bool without_channel = ring->channel != -1 && (ring->channel & 1 << 17);
	struct isdn_setup setup;
	struct isdn_call *call;

	ring_to_setup(isdn, ring, &setup);
	if (without_channel && isdn_completion_takes_link(isdn, ring->call, ring->subcmds))
		return;

	/* a SETUP on a bus that is for another terminal gets no answer at all */
	if ((ring->cref & 0x7fff) == 0 || !isdn_is_for_us(isdn, ring->callednum)) {
		pri_destroycall(isdn->pri, ring->call);
		return;
	}
	if (without_channel || llist_count(&isdn->calls) >= ISDN_CALLS_MAX) {
		refuse(isdn, ring->call, 0, 34);
		return;
	}
	/* no other channel will do, and this one does not exist */
	if (setup.exclusive && setup.timeslot == 0 && ring->channel != -1) {
		isdn_trace(isdn, NULL, ISDN_RECEIVED, &isdn->message);
		pri_hangup(isdn->pri, ring->call, 82);
		return;
	}
	if (!isdn_number_from_pri(ring->callednum, ring->calledplan, &setup.called) ||
	    !isdn->handlers->setup) {
		isdn_trace(isdn, NULL, ISDN_RECEIVED, &isdn->message);
		refuse(isdn, ring->call, isdn_channel_to_pri(isdn, setup.timeslot),
		       isdn->handlers->setup ? 28 : 88);
		return;
	}
	call = isdn_call_new(isdn, ring->call, false);
	if (!call) {
		refuse(isdn, ring->call, 0, 34);
		return;
	}
	call->timeslot = setup.timeslot;
	call->supplementary.called = setup.called;
	isdn_trace(isdn, call, ISDN_RECEIVED, &isdn->message);
	isdn->handlers->setup(isdn->arg, call, &setup);
}

/* ---- answers to our SETUP */

/* A far end that sends answers to a call which it made itself is out of its mind. libpri takes
 * some. */
static bool must_be_outgoing(struct isdn_call *call)
{
	if (call->outgoing)
		return true;
	isdn_release(call, 98);
	return false;
}

static void on_setup_ack(struct isdn_call *call)
{
	struct isdn *isdn = call->isdn;
	unsigned progress = dss1_progress(&isdn->message);

	if (call->state != ISDN_CALL_INITIATED || !must_be_outgoing(call))
		return;
	if (isdn_named_channel(isdn) != 0)
		call->timeslot = isdn_named_channel(isdn);
	isdn_call_enter(call, ISDN_CALL_OVERLAP);
	if (isdn->handlers->setup_acknowledge)
		isdn->handlers->setup_acknowledge(call, progress);
	else if (progress != 0 && isdn->handlers->progress)
		isdn->handlers->progress(call, progress, NULL);
}

static void on_proceeding(struct isdn_call *call)
{
	struct isdn *isdn = call->isdn;
	unsigned timeslot = isdn_named_channel(isdn);

	if (!must_be_outgoing(call))
		return;
	/* libpri lets it pass after ALERTING as well */
	if (call->state != ISDN_CALL_INITIATED && call->state != ISDN_CALL_OVERLAP)
		return;
	if (timeslot != 0)
		call->timeslot = timeslot;
	isdn_call_enter(call, ISDN_CALL_OUTGOING_PROCEEDING);
	if (isdn->handlers->proceeding)
		isdn->handlers->proceeding(call, timeslot, dss1_progress(&isdn->message));
}

static void on_progress(struct isdn_call *call)
{
	struct isdn *isdn = call->isdn;
	struct isdn_cause cause = message_cause(isdn);

	if (!must_be_outgoing(call))
		return;
	if (call->running == ISDN_T310) { /* Q.931 table 9-2: PROGRESS stops it */
		osmo_timer_del(&call->timer);
		call->running = 0;
	}
	if (isdn->handlers->progress)
		isdn->handlers->progress(call, dss1_progress(&isdn->message),
					 cause.value != 0 ? &cause : NULL);
}

static void on_ringing(struct isdn_call *call, int channel)
{
	struct isdn *isdn = call->isdn;

	if (!must_be_outgoing(call))
		return;
	if (isdn_channel_from_pri(isdn, channel) != 0)
		call->timeslot = isdn_channel_from_pri(isdn, channel);
	isdn_call_enter(call, ISDN_CALL_DELIVERED);
	if (isdn->handlers->alerting)
		isdn->handlers->alerting(call, dss1_progress(&isdn->message));
}

static void on_answer(struct isdn_call *call, const pri_event_answer *answer)
{
	struct isdn *isdn = call->isdn;
	struct party connected = {.presentation = PRESENTATION_UNAVAILABLE};

	if (!must_be_outgoing(call))
		return;
	for (int i = 0; answer->subcmds && i < answer->subcmds->counter_subcmd; i++) {
		const struct pri_subcommand *sub = &answer->subcmds->subcmd[i];

		if (sub->cmd == PRI_SUBCMD_CONNECTED_LINE)
			isdn_party_from_pri(&sub->u.connected_line.id, &connected);
	}
	if (isdn_channel_from_pri(isdn, answer->channel) != 0)
		call->timeslot = isdn_channel_from_pri(isdn, answer->channel);
	isdn_call_enter(call, ISDN_CALL_ACTIVE);
	if (isdn->handlers->connect)
		isdn->handlers->connect(call, &connected);
}

/* INFORMATION. Both of libpri's events leave sending complete to the one before. */
static void on_digits(struct isdn_call *call, const char *digits)
{
	const struct isdn_handlers *handlers = call->isdn->handlers;
	bool complete = call->isdn->message.sending_complete;

	if (!isdn_digits_valid(digits, NUMBER_DIGITS_MAX)) {
		LOGP(DISDN, LOGL_INFO, "%s: INFORMATION with what is no digit is ignored\n",
		     isdn_channel_text(call->isdn, call->timeslot));
		return;
	}
	if (call->state == ISDN_CALL_OVERLAP_RECEIVING) {
		if ((digits[0] != '\0' || complete) && handlers->more_digits)
			handlers->more_digits(call, digits, complete);
	} else if (digits[0] != '\0' && handlers->digit) {
		handlers->digit(call, digits);
	}
}

/* ---- clearing */

/* Several terminals answer the SETUP of a bus: libpri picks the cause that weighs most. */
static bool chooses_cause(const struct isdn *isdn)
{
	return isdn->config.multipoint.on && isdn->config.network;
}

/* Of the message that is worked on; whose cause is known. */
static void note_new_number(struct isdn_call *call)
{
	const struct dss1_message *message = &call->isdn->message;
	struct isdn_cause *cause = &call->cause;

	if (message->type != 0 && message->new_number[0] && message->cause == cause->value &&
	    !cause->new_number.digits[0])
		number_set(&cause->new_number, message->new_number, message->new_type >> 4,
			   message->new_type & 0x0f);
}

static void on_disconnect(struct isdn_call *call, int cause)
{
	struct isdn *isdn = call->isdn;
	bool inband = dss1_has_progress(&isdn->message, ISDN_PROGRESS_INBAND);

	if (call->state == ISDN_CALL_CLEARING) { /* both at once: finish */
		pri_hangup(isdn->pri, call->q, 16);
		return;
	}
	if (!chooses_cause(isdn))
		isdn_call_note_cause(call, isdn->message.cause, isdn->message.location);
	isdn_call_note_cause(call, cause > 0 ? (unsigned)cause : 16, ISDN_LOCATION_PRIVATE_LOCAL);
	note_new_number(call);
	isdn_call_enter(call, ISDN_CALL_DISCONNECTED);
	if (isdn->handlers->disconnect)
		isdn->handlers->disconnect(call, &call->cause, inband);
	else
		isdn_release(call, call->cause.value);
}

/* RELEASE, RELEASE COMPLETE, or libpri gave the call up for a timer. */
static void on_hangup(struct isdn_call *call, int cause)
{
	struct isdn *isdn = call->isdn;
	bool in_message = isdn->message.type != 0 && !chooses_cause(isdn);

	if (in_message)
		isdn_call_note_cause(call, isdn->message.cause, isdn->message.location);
	else if ((cause == 27 || !isdn_layer2_is_up(isdn)) && call->state != ISDN_CALL_ACTIVE)
		/* the D channel is lost, and who called us is not out of order */
		cause = call->outgoing ? 27 : 41;
	isdn_call_note_cause(call, cause > 0 ? (unsigned)cause : 0, ISDN_LOCATION_PRIVATE_LOCAL);
	note_new_number(call);
	pri_hangup(isdn->pri, call->q, cause > 0 ? cause : 16);
	isdn_call_end(call);
}

/* libpri has freed the call already: RELEASE COMPLETE, or T308 has run out for good. */
static void on_hangup_ack(struct isdn_call *call, int cause)
{
	isdn_call_note_cause(call, cause > 0 ? (unsigned)cause : 0, ISDN_LOCATION_PRIVATE_LOCAL);
	if (call->state == ISDN_CALL_CLEARING && call->isdn->message.type == 0)
		isdn_call_abandon(call);
	else
		isdn_call_end(call);
}

/* channel: libpri's, -1: the whole span. It has acknowledged it, the calls are ours to clear. */
static void on_restart(struct isdn *isdn, int channel)
{
	unsigned timeslot = isdn_channel_from_pri(isdn, channel);
	struct isdn_call *call, *next;
	LLIST_HEAD(ending);

	LOGP(DISDN, LOGL_NOTICE, "%s: RESTART received%s\n", isdn_channel_text(isdn, timeslot),
	     timeslot != 0   ? ""
	     : channel == -1 ? " (whole span)"
			     : " for no channel of ours");
	if (timeslot == 0 && channel != -1)
		return;
	/* those that begin meanwhile, on another channel, stay */
	llist_for_each_entry_safe (call, next, &isdn->calls, entry) {
		if (timeslot == 0 || call->timeslot == timeslot)
			llist_move_tail(&call->entry, &ending);
	}
	while (!llist_empty(&ending)) {
		call = llist_first_entry(&ending, struct isdn_call, entry);
		pri_destroycall(isdn->pri, call->q);
		/* a SETUP that crossed it was not refused: it may try another channel */
		isdn_call_note_cause(call, call->state == ISDN_CALL_INITIATED ? 44 : 41,
				     ISDN_LOCATION_PUBLIC_LOCAL);
		isdn_call_end(call);
	}
	if (isdn->handlers->restarted)
		isdn->handlers->restarted(isdn->arg, timeslot);
}

static void on_service(struct isdn *isdn, unsigned timeslot, int status)
{
	static const char *const names[] = {"in service", "maintenance", "out of service"};

	if (timeslot == 0 || status < ISDN_IN_SERVICE || status > ISDN_OUT_OF_SERVICE)
		return;
	LOGP(DISDN, LOGL_NOTICE, "%s: SERVICE received: %s\n", isdn_channel_text(isdn, timeslot),
	     names[status]);
	if (isdn->handlers->service)
		isdn->handlers->service(isdn->arg, timeslot, (enum isdn_service)status);
}

/* ---- which event is it */

/* The call of an event that has one, NULL for the others. */
static q931_call *event_call(const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_SETUP_ACK:
		return event->setup_ack.call;
	case PRI_EVENT_PROCEEDING:
	case PRI_EVENT_PROGRESS:
		return event->proceeding.call;
	case PRI_EVENT_RINGING:
		return event->ringing.call;
	case PRI_EVENT_ANSWER:
		return event->answer.call;
	case PRI_EVENT_INFO_RECEIVED:
		return event->ring.call;
	case PRI_EVENT_KEYPAD_DIGIT:
		return event->digit.call;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
	case PRI_EVENT_HANGUP_ACK:
		return event->hangup.call;
	case PRI_EVENT_NOTIFY:
		return event->notify.call;
	default:
		return isdn_supplementary_event_call(event);
	}
}

/* ---- who it is, at any time */

static void tell_identity(struct isdn_call *call, const struct pri_subcommand *sub)
{
	const struct isdn_handlers *handlers = call->isdn->handlers;
	struct redirection redirection;
	struct party party;
	char text[DISPLAY_MAX + 1];

	switch (sub->cmd) {
	case PRI_SUBCMD_CONNECTED_LINE:
		if (!handlers->connected)
			break;
		isdn_party_from_pri(&sub->u.connected_line.id, &party);
		handlers->connected(call, &party);
		break;
	case PRI_SUBCMD_REDIRECTING:
		if (!handlers->redirected)
			break;
		isdn_redirection_from_pri(&sub->u.redirecting, &redirection);
		handlers->redirected(call, &redirection);
		break;
	case PRI_SUBCMD_DISPLAY_TEXT:
		if (!handlers->display)
			break;
		isdn_text_from_pri(sub->u.display.text, sub->u.display.char_set, text,
				   sizeof(text));
		if (text[0] != '\0')
			handlers->display(call, text);
		break;
	}
}

/* After the event itself, in which the connected number of CONNECT is told already. */
static void on_identity(struct isdn *isdn, q931_call *q, int event,
			const struct pri_subcommands *subcommands)
{
	for (int i = 0; i < subcommands->counter_subcmd; i++) {
		struct isdn_call *call = isdn_call_find(isdn, q);

		if (!call || call->state == ISDN_CALL_CLEARING)
			return;
		if (event != PRI_EVENT_ANSWER ||
		    subcommands->subcmd[i].cmd != PRI_SUBCMD_CONNECTED_LINE)
			tell_identity(call, &subcommands->subcmd[i]);
	}
}

static bool is_clearing(const pri_event *event)
{
	return event->e == PRI_EVENT_HANGUP_REQ || event->e == PRI_EVENT_HANGUP ||
	       event->e == PRI_EVENT_HANGUP_ACK;
}

static void on_call_event(struct isdn_call *call, const pri_event *event)
{
	if (call->state == ISDN_CALL_CLEARING && !is_clearing(event))
		return;
	switch (event->e) {
	case PRI_EVENT_SETUP_ACK:
		on_setup_ack(call);
		break;
	case PRI_EVENT_PROCEEDING:
		on_proceeding(call);
		break;
	case PRI_EVENT_PROGRESS:
		on_progress(call);
		break;
	case PRI_EVENT_RINGING:
		on_ringing(call, event->ringing.channel);
		break;
	case PRI_EVENT_ANSWER:
		on_answer(call, &event->answer);
		break;
	case PRI_EVENT_INFO_RECEIVED:
		on_digits(call, event->ring.callednum);
		break;
	case PRI_EVENT_KEYPAD_DIGIT:
		on_digits(call, event->digit.digits);
		break;
	case PRI_EVENT_HANGUP_REQ:
		on_disconnect(call, event->hangup.cause);
		break;
	case PRI_EVENT_HANGUP:
		on_hangup(call, event->hangup.cause);
		break;
	case PRI_EVENT_HANGUP_ACK:
		on_hangup_ack(call, event->hangup.cause);
		break;
	}
}

/* An event of a call that we do not know (any more): libpri must not keep it either. */
static void on_unknown_call(struct isdn *isdn, q931_call *q, const pri_event *kept)
{
	int event = kept->e;

	if (event == PRI_EVENT_HANGUP_ACK || event == PRI_EVENT_FACILITY || pri_is_dummy_call(q))
		return;
	if (isdn_completion_is_link(isdn, kept)) {
		if (is_clearing(kept))
			pri_hangup(isdn->pri, q, kept->hangup.cause);
		return;
	}
	LOGP(DISDN, LOGL_INFO, "%u:D %s for no call of ours\n", isdn->config.span,
	     pri_event2str(event));
	if (event == PRI_EVENT_HANGUP)
		pri_hangup(isdn->pri, q, 81);
	else
		pri_destroycall(isdn->pri, q);
}

/* event lies in libpri's controller and is overwritten by the next thing that libpri does. Each
 * handler above takes what it needs from it before it gives an order or calls a handler. */
void isdn_on_event(struct isdn *isdn, const pri_event *event)
{
	q931_call *q = event_call(event);
	struct isdn_call *call = isdn_call_find(isdn, q);
	pri_event kept = *event;
	struct pri_subcommands services;

	isdn_supplementary_keep(event, &services);
	if (kept.e != PRI_EVENT_RING)
		isdn_completion_tell(isdn, call, &services);
	if (call) {
		isdn_supplementary_before(call, &kept, &services);
		on_call_event(call, &kept);
		on_identity(isdn, q, kept.e, &services);
		isdn_supplementary_after(isdn, &kept, &services);
		return;
	}
	if (q) {
		on_unknown_call(isdn, q, &kept);
		return;
	}
	switch (kept.e) {
	case PRI_EVENT_DCHAN_UP:
		isdn_dlink_up(isdn);
		break;
	case PRI_EVENT_DCHAN_DOWN:
		isdn_dlink_down(isdn);
		break;
	case PRI_EVENT_RING:
		on_ring(isdn, &event->ring);
		isdn_completion_tell(isdn, NULL, &services);
		isdn_supplementary_after(isdn, &kept, &services);
		break;
	case PRI_EVENT_RESTART:
		on_restart(isdn, kept.restart.channel);
		break;
	case PRI_EVENT_RESTART_ACK:
		isdn_restart_acknowledged(isdn,
					  isdn_channel_from_pri(isdn, kept.restartack.channel));
		break;
	case PRI_EVENT_SERVICE:
		on_service(isdn, isdn_channel_from_pri(isdn, kept.service.channel),
			   kept.service.changestatus);
		break;
	case PRI_EVENT_SERVICE_ACK:
		isdn_service_acknowledged(isdn,
					  isdn_channel_from_pri(isdn, kept.service_ack.channel));
		break;
	case PRI_EVENT_CONFIG_ERR:
		LOGP(DISDN, LOGL_ERROR, "%u:D both ends are %s: change isdn protocol-emulate\n",
		     isdn->config.span, isdn->config.network ? "network" : "user");
		break;
	}
}
