/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * progress_ind - what dial peers say of progress indicators and ringback; see
 * gateway/call/progress.h.
 */
#ifndef CONF_PROGRESS_IND_H
#define CONF_PROGRESS_IND_H

#include "conf/conf_blocks.h"

void progress_ind_install(void); /* at dial peers of both kinds */
void progress_ind_write(const struct peer *peer, struct conf_writer *writer);

#endif
