/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * message_lamp - the lamp of a telephone behind an ISDN line: the dial plan says which line a number is
 * reached through, and the line tells its far end (message waiting indication), if its switch type can.
 */
#ifndef GATEWAY_MESSAGE_LAMP_H
#define GATEWAY_MESSAGE_LAMP_H

#include <stdbool.h>

struct number;

/* ua_config.lamp; gateway: struct gateway. Numbers that are no ISDN line's are left alone. */
void message_lamp_light(void *gateway, const struct number *number, bool on);

#endif
