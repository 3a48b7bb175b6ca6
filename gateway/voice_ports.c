// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/voice_ports.h"

#include "conf/conf.h"
#include "drivers-glue/span/tones.h"

#define COUNTRY_DEFAULT "US" /* as in IOS */

static const struct conf_voice_port *find(const struct conf *conf, unsigned span)
{
	const struct conf_voice_port *p;

	llist_for_each_entry (p, &conf->voice_ports, entry) {
		if (p->span == span)
			return p;
	}
	return NULL;
}

bool voice_port_is_shut(const struct conf *conf, unsigned span)
{
	const struct conf_voice_port *p = find(conf, span);

	return p && p->shutdown;
}

void voice_port_for_call(const struct conf *conf, const char *port, struct call_port *out)
{
	const struct conf_voice_port *p = find(conf, peer_port_span(port, NULL));
	const char *country = p && p->cptone[0] ? p->cptone : COUNTRY_DEFAULT;

	*out = (struct call_port){
	    .dial_tone = tone_country(country, TONE_DIAL),
	    .ringback = tone_country(country, TONE_RINGBACK),
	};
	if (!p)
		return;
	out->initial_ms = p->initial_s * 1000;
	out->interdigit_ms = p->interdigit_s * 1000;
	out->match_ms = p->match_s * 1000;
}
