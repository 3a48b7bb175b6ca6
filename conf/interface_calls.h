/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * interface_calls - the commands of `interface serial` about what SETUP and its answers carry. Used
 * by interface.c alone.
 */
#ifndef CONF_INTERFACE_CALLS_H
#define CONF_INTERFACE_CALLS_H

struct conf_isdn;
struct conf_writer;

void interface_calls_setup(void);
void interface_calls_write(const struct conf_isdn *i, struct conf_writer *writer);

#endif
