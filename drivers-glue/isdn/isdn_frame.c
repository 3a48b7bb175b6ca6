// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <time.h>

#include "drivers-glue/isdn/frame_text.h"
#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define FAULT_LINE_S 1 /* at most one line in so long */

/* ---- what libpri may see */

static bool has_call(void *arg, unsigned reference, bool by_originator)
{
	const struct dss1_message message = {
	    .reference = (uint16_t)reference,
	    .by_originator = by_originator,
	};

	return isdn_call_of_message(arg, &message, ISDN_RECEIVED) != NULL;
}

static void log_fault(struct isdn *isdn, const struct dss1_checked *checked)
{
	static const char *const done[] = {
	    [DSS1_GOOD] = "",
	    [DSS1_REPAIRED] = "left out",
	    [DSS1_REPLACED] = "another one taken in its place",
	    [DSS1_IGNORED] = "ignored",
	    [DSS1_DROPPED] = "dropped",
	};
	struct isdn_frames *frames = &isdn->frames;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (frames->fault_logged != 0 && now.tv_sec - frames->fault_logged < FAULT_LINE_S) {
		frames->faults_unsaid++;
		return;
	}
	frames->fault_logged = now.tv_sec;
	if (frames->faults_unsaid > 0)
		LOGP(DISDN, LOGL_NOTICE, "%u:D %u more bad frames were received\n",
		     isdn->config.span, frames->faults_unsaid);
	frames->faults_unsaid = 0;
	LOGP(DISDN, LOGL_NOTICE, "%u:D bad frame received: %s; %s\n", isdn->config.span,
	     checked->why, done[checked->verdict]);
}

const struct dchannel_frame *isdn_frame_check(struct isdn *isdn, const struct dchannel_frame *frame)
{
	struct isdn_frames *frames = &isdn->frames;
	struct dss1_checked *checked = &frames->checked;
	const struct dss1_rules rules = {
	    .reference_max = isdn_is_basic_rate(isdn->config.switch_type) ? 1 : 2,
	    .service_messages = isdn_has_service(isdn),
	    .has_call = has_call,
	    .arg = isdn,
	};

	dss1_check(&rules, frame->octets, frame->length, checked);
	if (checked->verdict == DSS1_GOOD)
		return frame;
	if (!frame->repeated) {
		frames->faults[checked->verdict]++;
		log_fault(isdn, checked);
	}
	if (checked->verdict == DSS1_DROPPED)
		return NULL;
	frames->fit = *frame;
	frames->fit.octets = checked->octets;
	frames->fit.length = checked->length;
	if (frame->message) {
		size_t header = (size_t)(frame->message - frame->octets);

		frames->fit.message = checked->octets + header;
		frames->fit.message_length = checked->length - header;
	}
	return &frames->fit;
}

/* ---- who wants to see frames: as they stand on the line */

void isdn_frame_log(const struct isdn_frame_line *frame)
{
	const char *arrow = frame->direction == ISDN_SENT ? "TX ->" : "RX <-";
	const uint8_t *message;
	char text[DSS1_TEXT_MAX];
	size_t length;

	if (frame->q921) {
		dss1_frame_text(frame->octets, frame->length, text, sizeof(text));
		LOGP(DISDN, LOGL_DEBUG, "%u:D Q921: %s %s\n", frame->span, arrow, text);
	}
	message = frame->q931 ? dss1_frame_message(frame->octets, frame->length, &length) : NULL;
	if (!message)
		return;
	dss1_message_text(message, length, text, sizeof(text));
	if (frame->call != 0)
		LOGP(DISDN, LOGL_DEBUG, "%u:D Q931: %s call %u: %s\n", frame->span, arrow,
		     frame->call, text);
	else
		LOGP(DISDN, LOGL_DEBUG, "%u:D Q931: %s %s\n", frame->span, arrow, text);
}

void isdn_debug(struct isdn *isdn, bool q931, bool q921)
{
	isdn->frames.show_q931 = q931;
	isdn->frames.show_q921 = q921;
}

static void show(const struct isdn *isdn, const struct dchannel_frame *frame,
		 enum isdn_message_direction direction)
{
	const struct isdn_frame_line line = {
	    .span = isdn->config.span,
	    .direction = direction,
	    .octets = frame->octets,
	    .length = frame->length,
	    .q931 = isdn->frames.show_q931 && !frame->repeated,
	    .q921 = isdn->frames.show_q921,
	};

	isdn_frame_log(&line);
}

static struct isdn_call *call_of_frame(struct isdn *isdn, const struct dchannel_frame *frame,
				       enum isdn_message_direction direction)
{
	struct dss1_message message;

	if (!frame->message || dss1_decode(frame->message, frame->message_length, &message) < 0)
		return NULL;
	isdn->tei = frame->tei;
	return isdn_call_of_message(isdn, &message, direction);
}

static void tell(struct isdn *isdn, const struct dchannel_frame *frame,
		 enum isdn_message_direction direction)
{
	isdn->handlers->frame(isdn->arg, call_of_frame(isdn, frame, direction), direction,
			      frame->octets, frame->length);
}

/* The call that a SETUP makes is known a little later. */
static bool is_new_setup(struct isdn *isdn, const struct dchannel_frame *frame)
{
	struct dss1_message message;

	return frame->message &&
	       dss1_decode(frame->message, frame->message_length, &message) == 0 &&
	       message.type == DSS1_SETUP && !isdn_call_of_message(isdn, &message, ISDN_RECEIVED);
}

void isdn_frame_received(struct isdn *isdn, const struct dchannel_frame *frame)
{
	show(isdn, frame, ISDN_RECEIVED);
	if (!isdn->handlers->frame)
		return;
	if (is_new_setup(isdn, frame))
		isdn->frames.untold = frame;
	else
		tell(isdn, frame, ISDN_RECEIVED);
}

void isdn_frame_done(struct isdn *isdn)
{
	struct isdn_frames *frames = &isdn->frames;
	const struct dchannel_frame *frame = frames->untold;

	frames->untold = NULL;
	if (frame)
		tell(isdn, frame, ISDN_RECEIVED);
	for (unsigned i = 0; i < frames->held_count; i++)
		isdn->handlers->frame(isdn->arg, NULL, ISDN_SENT, frames->held[i].octets,
				      frames->held[i].length);
	frames->held_count = 0;
}

/* While a SETUP waits for its call, layer 2 acknowledges it: that is told after the SETUP. */
static bool hold(struct isdn *isdn, const struct dchannel_frame *frame)
{
	struct isdn_frames *frames = &isdn->frames;

	if (!frames->untold || frames->held_count >= FRAMES_HELD_MAX ||
	    frame->length > DCHANNEL_FRAME_MAX || call_of_frame(isdn, frame, ISDN_SENT))
		return false;
	frames->held[frames->held_count].length = frame->length;
	memcpy(frames->held[frames->held_count++].octets, frame->octets, frame->length);
	return true;
}

void isdn_frame_sent(struct isdn *isdn, const struct dchannel_frame *frame)
{
	show(isdn, frame, ISDN_SENT);
	if (!isdn->handlers->frame || hold(isdn, frame))
		return;
	isdn_frame_done(isdn);
	tell(isdn, frame, ISDN_SENT);
}

void isdn_frame_counters(const struct isdn *isdn, struct isdn_frame_counters *out)
{
	*out = (struct isdn_frame_counters){
	    .repaired = isdn->frames.faults[DSS1_REPAIRED],
	    .ignored = isdn->frames.faults[DSS1_REPLACED] + isdn->frames.faults[DSS1_IGNORED],
	    .dropped = isdn->frames.faults[DSS1_DROPPED],
	};
	for (unsigned n = 0; n < isdn->dlink_count; n++) {
		struct dchannel_counters line;

		dchannel_counters(isdn->dlinks[n].dchannel, &line);
		out->received += line.received;
		out->sent += line.sent;
		out->lost += line.dropped;
	}
}
