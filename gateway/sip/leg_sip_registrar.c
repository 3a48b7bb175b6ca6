// SPDX-License-Identifier: GPL-2.0-or-later
/* A call of `session target registrar`: to the registrar that is there and has its line, then to the others. */
#include "gateway/sip/leg_sip_private.h"

#include <errno.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/registration.h"

static int choose(const struct leg_sip *l)
{
	char caller[IDENTITY_USER_MAX];

	identity_user(&l->out.setup.calling.number, caller);
	return registration_choose_registrar(l->ua, l->tenant, caller, l->out.registrars);
}

bool leg_sip_has_next_registrar(const struct leg_sip *l)
{
	return l->out.registrars && choose(l) >= 0;
}

int leg_sip_try_registrar(struct leg_sip *l)
{
	int place;

	while ((place = choose(l)) >= 0) {
		const struct account_registrar *r =
		    &registration_account(l->ua, l->tenant)->registrars[place];
		enum peer_transport transport =
		    r->transport == PEER_TRANSPORT_SYSTEM ? l->out.transport : r->transport;

		if (l->out.registrars)
			LOGP(DSIP, LOGL_NOTICE, "calling registrar %s instead\n", r->target);
		l->out.registrars |= 1u << place;
		l->out.target_text = talloc_strdup(l, r->target);
		if (!target_parse(r->target, transport, &l->out.target) && !leg_sip_start(l))
			return 0;
	}
	return -EHOSTUNREACH;
}

int leg_sip_try_next_registrar(struct leg_sip *l)
{
	return l->out.registrars ? leg_sip_try_registrar(l) : -EHOSTUNREACH;
}
