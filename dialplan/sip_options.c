// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/sip_options.h"

#define INHERIT(own, outer, field)                                                                 \
	do {                                                                                       \
		if (!(own)->field)                                                                 \
			(own)->field = (outer)->field;                                             \
	} while (0)

void sip_options_inherit(struct sip_options *own, const struct sip_options *outer)
{
	INHERIT(own, outer, bind_control4);
	INHERIT(own, outer, bind_control6);
	INHERIT(own, outer, bind_media4);
	INHERIT(own, outer, bind_media6);
	if (!own->external_media && !own->external)
		own->external_media = outer->external_media;
	INHERIT(own, outer, external);
	INHERIT(own, outer, large_by_tcp);
	INHERIT(own, outer, tls_profile);
	INHERIT(own, outer, invite_retries);
	if (!own->keepalive.on)
		own->keepalive = outer->keepalive;
	INHERIT(own, outer, reason);
	INHERIT(own, outer, early_media_180);
	INHERIT(own, outer, rel1xx);
	INHERIT(own, outer, session_refresh);
	INHERIT(own, outer, asserted_id);
	INHERIT(own, outer, diversion);
	INHERIT(own, outer, url);
	INHERIT(own, outer, redirect);
	INHERIT(own, outer, refer);
	INHERIT(own, outer, moved_temporarily);
	INHERIT(own, outer, redirect_server);
	INHERIT(own, outer, media_around);
	INHERIT(own, outer, min_se_s);
	INHERIT(own, outer, session_expires_s);
	INHERIT(own, outer, stir);
	INHERIT(own, outer, privacy);
	INHERIT(own, outer, privacy_policy);
	INHERIT(own, outer, user_phone);
	INHERIT(own, outer, date);
	INHERIT(own, outer, aoc);
	INHERIT(own, outer, pass_headers);
	INHERIT(own, outer, diversions_max);
	INHERIT(own, outer, max_forwards);
}
