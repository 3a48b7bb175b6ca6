/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * voice_ports - what `voice-port` blocks say, as calls ask for it.
 */
#ifndef GATEWAY_VOICE_PORTS_H
#define GATEWAY_VOICE_PORTS_H

#include <stdbool.h>

#include "gateway/call/call.h"

struct conf;

bool voice_port_is_shut(const struct conf *conf, unsigned span);
/* For office_config.port. Tones: those of cptone, of the US without one. */
void voice_port_for_call(const struct conf *conf, const char *port, struct call_port *out);

#endif
