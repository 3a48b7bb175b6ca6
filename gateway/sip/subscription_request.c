// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/subscription_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/line_state.h"

static const struct event_package *const packages[] = {
    &event_dialog, &event_presence, &event_message_summary, &event_kpml, &event_telephone_event};

static bool is_there(const struct ua *ua, const struct event_package *package)
{
	return !package->of_line || ua->config.watchers.enabled;
}

void subscription_events(const struct ua *ua, char text[SUBSCRIPTION_EVENTS_MAX])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (is_there(ua, packages[i]))
			used += (size_t)snprintf(text + used, SUBSCRIPTION_EVENTS_MAX - used,
						 "%s%s", used ? ", " : "", packages[i]->name);
}

static const struct event_package *find_package(const sip_t *sip)
{
	const char *name = sip->sip_event ? sip->sip_event->o_type : NULL;

	for (size_t i = 0; name && i < ARRAY_SIZE(packages); i++)
		if (strcasecmp(packages[i]->name, name) == 0)
			return packages[i];
	return NULL;
}

bool subscription_is_ours(const struct ua *ua, const sip_t *sip)
{
	const struct event_package *package = find_package(sip);

	return package && !package->in_call_only && is_there(ua, package);
}

/* A SUBSCRIBE without Accept takes what is usual for the package. */
static bool is_accepted(const sip_t *sip, const struct event_package *package)
{
	const sip_accept_t *accept;

	for (accept = sip->sip_accept; accept; accept = accept->ac_next) {
		const char *type = accept->ac_type;
		size_t slash = type ? strcspn(type, "/") : 0;

		if (!type)
			continue;
		if (strcasecmp(type, package->content_type) == 0 || strcmp(type, "*/*") == 0)
			return true;
		if (strcmp(type + slash, "/*") == 0 &&
		    strncasecmp(type, package->content_type, slash + 1) == 0)
			return true;
	}
	return !sip->sip_accept;
}

/* "dialog;id=7" */
static void copy_event(const sip_t *sip, struct subscription_request *out)
{
	const char *id = sip->sip_event->o_id;

	if (id && strlen(id) < 64)
		snprintf(out->event, sizeof(out->event), "%s;id=%s", out->package->name, id);
	else
		snprintf(out->event, sizeof(out->event), "%s", out->package->name);
}

/* "1%3AD", or "1:D" as it is; "2/17". The D channel may be named as `interface serial` does. */
static bool read_port(const url_t *url, char line[SUBSCRIPTION_NUMBER_MAX])
{
	char text[32], user[48];
	unsigned span, timeslot;

	if (!url->url_user || strlen(url->url_user) >= sizeof(text) ||
	    (url->url_password && strlen(url->url_password) > 8) ||
	    identity_unescape(url->url_user, strlen(url->url_user), text, sizeof(text)))
		return false;
	snprintf(user, sizeof(user), "%s%s%s", text, url->url_password ? ":" : "",
		 url->url_password ? url->url_password : "");
	span = peer_port_span(user, &timeslot);
	if (span && timeslot)
		snprintf(line, SUBSCRIPTION_NUMBER_MAX, "%u/%u", span, timeslot);
	else if (span)
		snprintf(line, SUBSCRIPTION_NUMBER_MAX, "%u:D", span);
	return span;
}

static void read_about(const sip_t *sip, const struct leg_sip *leg, struct subscription_about *out)
{
	const url_t *url = leg ? sip->sip_to->a_url : sip->sip_request->rq_url;
	const char *params = url->url_type == url_tel ? url->url_params : NULL;
	const char *call_id =
	    sip->sip_event->o_params ? msg_params_find(sip->sip_event->o_params, "call-id=") : NULL;
	struct number number;
	url_t bare = *url;

	if (!read_port(url, out->number) && !identity_number(url->url_user, params, &number))
		number_to_e164(&number, out->number);
	bare.url_headers = bare.url_params = NULL;
	if (url_e(out->entity, sizeof(out->entity), &bare) >= (int)sizeof(out->entity))
		out->entity[0] = '\0';
	if (leg)
		call_id = dialog_name(leg->dialog);
	if (!call_id)
		return;
	if (*call_id == '"')
		call_id++;
	osmo_strlcpy(out->call_id, call_id, sizeof(out->call_id));
	if (!leg)
		out->call_id[strcspn(out->call_id, "\"")] = '\0';
}

/* 200 or a status. */
static int check(const struct ua *ua, const sip_t *sip, const struct leg_sip *leg,
		 const struct subscription_request *request)
{
	const struct event_package *package = request->package;

	if (request->expires_s && request->expires_s < SUBSCRIPTION_EXPIRES_MIN_S)
		return 423;
	if (!is_accepted(sip, package))
		return 406;
	if (!package->of_line || leg) /* the parties of a call may know of it */
		return 200;
	if (!watcher_is_allowed(ua, request->known, request->about.number))
		return 403;
	return peer_port_span(request->about.number, NULL) &&
		       line_states_service(ua->line_states, request->about.number) ==
			   LINE_SERVICE_UNKNOWN
		   ? 404
		   : 200;
}

int subscription_read(const struct ua *ua, const sip_t *sip, const struct leg_sip *leg,
		      struct subscription_request *out)
{
	const struct event_package *package = find_package(sip);

	if (!package || (package->in_call_only && !leg) || (!leg && !is_there(ua, package)))
		return 489;
	out->package = package;
	out->expires_s = sip->sip_expires ? sip->sip_expires->ex_delta : package->expires_s;
	if (out->expires_s > package->expires_s)
		out->expires_s = package->expires_s;
	copy_event(sip, out);
	if (!out->again)
		read_about(sip, leg, &out->about);
	return check(ua, sip, leg, out);
}
