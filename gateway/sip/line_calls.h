/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line_calls - the calls of the office as lines see them: a call is one of its calling number, of its
 * called number, of the numbers that it went out with, and of the ports and B channels of its legs. Who
 * does not want to be shown is no remote party of the other lines.
 */
#ifndef GATEWAY_SIP_LINE_CALLS_H
#define GATEWAY_SIP_LINE_CALLS_H

struct call_summary;

/* For office_watch(). lines: struct line_states. */
void line_calls_changed(void *lines, const struct call_summary *call);

#endif
