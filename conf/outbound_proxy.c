// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/outbound_proxy.h"

#define OUTBOUND_STR "Telephones go through the gateway to their call manager\n"

static int set(struct vty *vty, bool on, bool emergency_local)
{
	struct conf *conf = conf_of(vty);

	conf->survive.outbound.on = on;
	conf->survive.outbound.emergency_local = emergency_local;
	return CMD_SUCCESS;
}

DEFUN(outbound, outbound_cmd, "outbound-proxy", OUTBOUND_STR)
{
	return set(vty, true, false);
}

DEFUN(outbound_local, outbound_local_cmd, "outbound-proxy emergency-local",
      OUTBOUND_STR "Their emergency calls are the gateway's own\n")
{
	return set(vty, true, true);
}

DEFUN(no_outbound, no_outbound_cmd, "no outbound-proxy", NO_STR OUTBOUND_STR)
{
	return set(vty, false, false);
}

void outbound_proxy_install(void)
{
	install_element(CONF_FALLBACK_NODE, &outbound_cmd);
	install_element(CONF_FALLBACK_NODE, &outbound_local_cmd);
	install_element(CONF_FALLBACK_NODE, &no_outbound_cmd);
}

void outbound_proxy_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);

	if (conf->survive.outbound.on && !conf->survive.global.serves &&
	    !loader_is_incomplete(loader))
		loader_warning(
		    loader, conf->fallback_line,
		    "outbound-proxy without registrar server in voice service voip, sip: "
		    "the gateway has no telephones");
}

void outbound_proxy_write(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->survive.outbound.on)
		conf_put(writer, " outbound-proxy%s",
			 conf->survive.outbound.emergency_local ? " emergency-local" : "");
}
