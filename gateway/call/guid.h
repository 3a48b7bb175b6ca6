/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * guid - one identifier for a call through all gateways and their records: 128 bits, as four words.
 *
 * SIP carries it as Cisco-Guid: 4227643438-2872574443-2394088474-0340223879. A call that brings none
 * gets a random one.
 */
#ifndef GATEWAY_CALL_GUID_H
#define GATEWAY_CALL_GUID_H

#include <stdbool.h>
#include <stdint.h>

#define GUID_TEXT_MAX 48

struct guid { /* all zero: none */
	uint32_t word[4];
};

void guid_new(struct guid *guid);
bool guid_is_set(const struct guid *guid);
/* -EINVAL, and nothing has changed. */
int guid_read(const char *text, struct guid *guid);
void guid_write(const struct guid *guid, char text[GUID_TEXT_MAX]);

#endif
