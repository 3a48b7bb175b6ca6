// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/user_agent.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/conf.h"
#include "gateway/sip/target.h"
#include "gateway/sip/secure.h"

void user_agent_config(const struct conf *conf, struct ua_config *out)
{
	out->transport = conf->transport;
	out->families = conf->families;
	out->t1_ms = conf->timer_t1_ms;
	out->expires_ms = conf->timer_expires_ms;
	out->invite_retries = conf->invite_retries;
	out->hold_down_s = conf->hold_down_s;
	out->registrar_watch = conf->registrar_watch;
	out->admission = conf->admission;
	out->challenge = conf->challenge.callers;
	out->watchers = conf->watchers;
	out->tenants = conf->tenants;
	out->stir_profiles = conf->stir_profiles;
	out->stir_profiles_count = conf->stir_profiles_count;
	out->tenants_count = conf->tenants_count;
	out->addresses = conf->sip.places;
	out->addresses_count = conf->sip.addresses_count;
	out->tls = conf->sip.tls;
	out->connections = conf->sip.connections;
}

static void add(const struct conf *conf, const struct sockaddr_storage *address, bool secure,
		struct ua_config *out)
{
	struct ua_listen *l = &out->listen[out->listen_count];

	if (out->listen_count == UA_LISTEN_MAX)
		return;
	l->address = *address;
	target_address_set_port(&l->address, secure ? conf->sip.port_secure : conf->sip.port);
	l->udp = !secure && conf->sip.listen_udp;
	l->tcp = !secure && conf->sip.listen_tcp;
	l->tls = secure;
	if (l->udp || l->tcp || l->tls)
		out->listen_count++;
}

void user_agent_listen(const struct conf *conf, struct ua_config *out)
{
	struct sockaddr_storage addresses[UA_LISTEN_MAX / 2];
	unsigned count = conf_sip_control(conf, addresses, UA_LISTEN_MAX / 2);

	if (count == 0) {
		target_address_parse("0.0.0.0", 0, &addresses[count++]);
		/* a machine may have been booted without IPv6 */
		if (access("/proc/net/if_inet6", R_OK) == 0)
			target_address_parse("::", 0, &addresses[count++]);
	}
	for (unsigned i = 0; i < count; i++) {
		add(conf, &addresses[i], false, out);
		if (conf->sip.listen_tls)
			add(conf, &addresses[i], true, out);
	}
	out->media4 = conf->sip.media4.address;
	out->media6 = conf->sip.media6.address;
}

int user_agent_check(const struct conf *conf, char *why, size_t why_size)
{
	for (unsigned i = 0; i < conf->sip.tls.profiles_count; i++) {
		const struct tls_profile *p = &conf->sip.tls.profiles[i];
		char reason[512];

		if (secure_check(p, reason, sizeof(reason))) {
			snprintf(why, why_size, "voice class tls-profile %u: %s", p->number,
				 reason);
			return -EINVAL;
		}
	}
	return 0;
}
