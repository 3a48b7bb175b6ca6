/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * user_agent - what the configuration says to the SIP user agent (gateway/sip/ua.h).
 */
#ifndef GATEWAY_USER_AGENT_H
#define GATEWAY_USER_AGENT_H

#include "gateway/sip/ua.h"

struct conf;

/* All that ua_change() takes. out borrows from conf. */
void user_agent_config(const struct conf *conf, struct ua_config *out);
/* And what ua_new() takes: where to listen, the binding of RTP. */
void user_agent_listen(const struct conf *conf, struct ua_config *out);
/* The files of all TLS profiles, before a new configuration is taken. -EINVAL and a sentence. */
int user_agent_check(const struct conf *conf, char *why, size_t why_size);

#endif
