// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/conference.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/replaces.h"

/* The stack knows no Join. NULL: there is none; *again: there is more than one. */
static const char *value_of(const sip_t *sip, bool *again)
{
	const sip_unknown_t *header = sip->sip_unknown;
	const char *value = NULL;

	for (*again = false; header; header = header->un_next) {
		if (!header->un_name || strcasecmp(header->un_name, "Join"))
			continue;
		*again = value;
		value = header->un_value ? header->un_value : "";
	}
	return value;
}

int join_check(const struct ua *ua, const sip_t *sip, struct leg_sip **out)
{
	bool again;
	const char *value = value_of(sip, &again);
	char call_id[REPLACES_TEXT_MAX], near[128], far[128];
	sip_replaces_t dialog = {.rp_call_id = call_id, .rp_to_tag = near, .rp_from_tag = far};
	struct leg_sip *l;

	*out = NULL;
	if (!value)
		return 0;
	if (again || sip->sip_replaces || identity_param(value, "to-tag", near, sizeof(near)) ||
	    identity_param(value, "from-tag", far, sizeof(far)))
		return 400;
	snprintf(call_id, sizeof(call_id), "%.*s", (int)strcspn(value, "; \t"), value);
	l = replaces_find(ua, &dialog);
	if (!l)
		return 481;
	if (l->state == LEG_SIP_OVER || !l->leg.call)
		return 603;
	if (l->state != LEG_SIP_UP)
		return 481;
	*out = l;
	return 0;
}

void leg_sip_order_conference(struct leg *leg, const char *number)
{
	struct leg_sip *l = (struct leg_sip *)leg;

	if (!l->dialog)
		return;
	dialog_set_focus(l->dialog, number);
	if (l->state == LEG_SIP_UP)
		dialog_refresh(l->dialog);
}
