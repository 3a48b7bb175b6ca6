// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/q850.h"
#include "drivers-glue/isdn/isdn.h"

const char *isdn_cause_name(unsigned cause)
{
	return q850_name(cause);
}
