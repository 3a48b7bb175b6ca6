// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/learnt.h"

#include <string.h>

#include "gateway/log/log.h"
#include "gateway/survive/pool.h"

static void change(const struct phone_register *in, const struct phone_contact *contact,
		   struct location_change *out)
{
	memset(out, 0, sizeof(*out));
	out->binding.name = in->name;
	out->binding.contact = *contact;
	out->binding.call_id = in->call_id;
	out->binding.cseq = in->cseq;
	out->binding.pool = in->tag > POOL_PEER_TAG ? in->tag - POOL_PEER_TAG : 0;
	out->binding.origin = LOCATION_LEARNT;
	out->binding.expires_ms = location_now_ms() + 1000ull * contact->expires_s;
	if (strcmp(contact->uri, "*") == 0)
		out->verb = LOCATION_REMOVE_ALL;
	else
		out->verb = contact->expires_s ? LOCATION_PUT : LOCATION_REMOVE;
}

void learnt_store(struct location *location, const struct phone_register *granted)
{
	struct location_change changes[PHONE_CONTACTS_MAX];
	int rc;

	for (unsigned i = 0; i < granted->count; i++)
		change(granted, &granted->contacts[i], &changes[i]);
	rc = location_change(location, changes, granted->count, NULL, NULL);
	if (rc < 0)
		LOGP(DSIP, LOGL_ERROR,
		     "telephone %s: what the call manager has registered is not kept: %s\n",
		     granted->name, strerror(-rc));
	else
		LOGP(DSIP, LOGL_DEBUG, "telephone %s: learnt from the call manager\n",
		     granted->name);
}
