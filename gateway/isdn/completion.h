/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * completion - call completion (CCBS, CCNR) through the gateway: what who was called offers on one
 * ISDN line, who called can ask for on another one.
 *
 * A pair is made when the far end of an outbound leg offers completion and the inbound leg of that
 * call is an ISDN leg whose line has it, too: an agent's record on the line of the caller (a) and
 * the monitor's record on that of the called (b), see isdn_completion.h. What one of them hears is
 * an order for the other:
 *
 *	OFFERED --requested on a--> REQUESTED --accepted on b--> ACTIVE --SETUP on a--> RECALLED
 *
 * In RECALLED the new call is routed like any other; if that leads to b's line, its SETUP is that
 * of the record. Whether the caller is busy is asked on a where that line is a bus; elsewhere it
 * is answered with what the caller's line said last.
 *
 * A pair ends, and with it both records: when either far end cancels, b refuses, the first call is
 * answered, the call back rings, is answered or ends, a line loses its D channel, gets a RESTART of
 * all channels or is freed, or 45 minutes after it was offered or requested. There are at most 64
 * for the callers of a line; what is offered beyond that is declined.
 */
#ifndef GATEWAY_ISDN_COMPLETION_H
#define GATEWAY_ISDN_COMPLETION_H

#include "drivers-glue/isdn/isdn_completion.h"
#include "gateway/isdn/leg_isdn_private.h"

/* isdn_handlers.completion */
void completion_on_event(void *line, struct isdn_call *call,
			 const struct isdn_completion_event *event);
/* The SETUP of an inbound leg calls back for this record: before the call is made. 0: it does not.
 */
void completion_called_back(struct leg_isdn *a, long id);
/* For the SETUP of an outbound leg of call; 0: it is no call back on this line. */
long completion_for_setup(const struct isdn_line *line, const struct call *call);
void completion_answered(struct leg_isdn *a); /* the call orders the inbound leg to answer */
void completion_reached(struct leg_isdn *b);  /* alerting, answered */
void completion_leg_released(struct leg_isdn *leg);
void completion_line_lost(struct isdn_line *line);

#endif
