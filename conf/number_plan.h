/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * number_plan - `number-plan (called|calling) FORMAT`, as peers, ports and trunk groups have it.
 */
#ifndef CONF_NUMBER_PLAN_H
#define CONF_NUMBER_PLAN_H

#include "conf/conf_blocks.h"

#define NUMBER_PLAN_STR "How numbers are sent\nThe called number\nThe calling number\n"
#define NUMBER_PLAN_FORMAT_STR                                                                     \
	NUMBER_PLAN_STR "as-is, international, national, subscriber, unknown or e164\n"

int number_plan_read_format(struct vty *vty, const char *name, enum number_format *out);
void number_plan_write_formats(enum number_format called, enum number_format calling,
			       struct conf_writer *writer);

#endif
