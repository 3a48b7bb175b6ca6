/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * outbound_proxy - `outbound-proxy [emergency-local]` in `call-manager-fallback`: telephones go
 * through the gateway to their call manager (gateway/sip/proxy.h). The command is ours: IOS lets
 * telephones register past the gateway.
 */
#ifndef CONF_OUTBOUND_PROXY_H
#define CONF_OUTBOUND_PROXY_H

#include "conf/conf_blocks.h"

void outbound_proxy_install(void);
/* One warning if it would do nothing. */
void outbound_proxy_check(struct loader *loader);
void outbound_proxy_write(const struct conf *conf, struct conf_writer *writer);

#endif
