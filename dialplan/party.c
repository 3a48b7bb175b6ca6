// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/party.h"

const char *redirection_reason_name(unsigned reason)
{
	switch (reason) {
	case REDIRECTION_BUSY:
		return "busy";
	case REDIRECTION_NO_REPLY:
		return "no reply";
	case REDIRECTION_DEFLECTION:
		return "deflection";
	case REDIRECTION_OUT_OF_ORDER:
		return "out of order";
	case REDIRECTION_BY_EQUIPMENT:
		return "by the called equipment";
	case REDIRECTION_UNCONDITIONAL:
		return "unconditional";
	default:
		return "unknown";
	}
}
