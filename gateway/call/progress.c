// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/progress.h"

#define NOT_END_TO_END_ISDN 1
#define INBAND_AVAILABLE 8

static bool announces_tones(uint8_t indicator)
{
	return indicator == NOT_END_TO_END_ISDN || indicator == INBAND_AVAILABLE;
}

struct progress progress_normal(const struct progress *in)
{
	struct progress p = {0};

	if (!in)
		return p;
	p = *in;
	if (announces_tones(p.indicator))
		p.inband = true;
	if (p.inband && !p.indicator)
		p.indicator = INBAND_AVAILABLE;
	return p;
}

uint8_t progress_indicator(uint8_t rule, uint8_t indicator)
{
	switch (rule) {
	case PEER_PI_UNSET:
		return indicator;
	case PEER_PI_DISABLE:
	case PEER_PI_STRIP:
		return 0;
	default:
		return rule - PEER_PI_ENABLE(0);
	}
}

struct progress progress_changed(uint8_t rule, const struct progress *in)
{
	struct progress p = progress_normal(in);

	if (rule == PEER_PI_UNSET)
		return p;
	p.indicator = progress_indicator(rule, p.indicator);
	p.inband = announces_tones(p.indicator);
	return p;
}

static uint8_t rule_of(const struct progress_case *c, enum peer_message message)
{
	return c->peer ? c->peer->progress_ind[message] : PEER_PI_UNSET;
}

/* The caller is told of tones: whose are they? An exchange has them on the channel whether it says
 * so or not; SIP has them only if it sent a description. */
static enum progress_tone tone_of(const struct progress_case *c, const struct progress *said,
				  const struct progress *told)
{
	if (!told->inband)
		return PROGRESS_TONE_KEEP;
	return said->inband || c->far == PEER_POTS || c->heard ? PROGRESS_TONE_OFF
							       : PROGRESS_TONE_RINGBACK;
}

static void announce(struct progress *p)
{
	p->indicator = INBAND_AVAILABLE;
	p->inband = true;
}

enum progress_tone progress_of_proceeding(const struct progress_case *c, struct progress *progress)
{
	struct progress said = progress_normal(progress);

	*progress = progress_changed(rule_of(c, PEER_MESSAGE_PROCEEDING), &said);
	return tone_of(c, &said, progress);
}

enum progress_tone progress_of_alert(const struct progress_case *c, struct progress *progress)
{
	struct progress said = progress_normal(progress);

	*progress = progress_changed(rule_of(c, PEER_MESSAGE_ALERT), &said);
	if (c->peer && c->peer->ringback_no_pi && !progress->inband && !c->heard) {
		announce(progress);
		return PROGRESS_TONE_RINGBACK;
	}
	return tone_of(c, &said, progress);
}

enum progress_tone progress_of_progress(const struct progress_case *c, struct progress *progress)
{
	struct progress said = progress_normal(progress);

	*progress = progress_changed(rule_of(c, PEER_MESSAGE_PROGRESS), &said);
	/* PROGRESS cannot be sent without an indicator, and behind one there must be something to
	 * hear. */
	if (said.queued && !progress->inband && c->caller == PEER_POTS && !c->heard) {
		announce(progress);
		return PROGRESS_TONE_RINGBACK;
	}
	return tone_of(c, &said, progress);
}
