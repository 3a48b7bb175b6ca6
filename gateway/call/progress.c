// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/progress.h"

#define NOT_END_TO_END_ISDN 1
#define INBAND_AVAILABLE 8

struct progress progress_normal(const struct progress *in)
{
	struct progress p = {0};

	if (!in)
		return p;
	p = *in;
	if (p.indicator == NOT_END_TO_END_ISDN || p.indicator == INBAND_AVAILABLE)
		p.inband = true;
	if (p.inband && !p.indicator)
		p.indicator = INBAND_AVAILABLE;
	return p;
}
