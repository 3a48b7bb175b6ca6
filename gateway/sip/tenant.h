/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tenant - a trunk or a customer: the settings that dial peers with `voice-class sip tenant N`
 * share. Tenant 0 is what holds for all (`sip-ua` and `voice service voip`, `sip`).
 *
 * Plain data: the configuration fills an array of them, in order of number, and lends it to the ua
 * (ua_config). Anything that lasts keeps the number and looks it up with ua_tenant(): a reload
 * changes them.
 */
#ifndef GATEWAY_SIP_TENANT_H
#define GATEWAY_SIP_TENANT_H

#include "dialplan/sip_options.h"

struct account;

#define TENANT_NUMBER_MAX 10000

struct tenant {
	unsigned number;
	struct sip_options options;

	const struct account *account; /* NULL: none */
};

#endif
