// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event package dialog (RFC 4235): the calls of a number, or the one call that the Event header names
 * by its call-id. A document is full at first and after a refresh, then partial: only what is new,
 * calls that have ended included. version counts documents.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/event_packages.h"
#include "gateway/sip/line_state.h"
#include "gateway/sip/ua_private.h"
#include "gateway/sip/xml_text.h"

#define CALLS_MAX 24 /* that a document has room for */

struct seen { /* a call as it was told of last */
	uint32_t id;
	const char *state; /* "early" */
};

struct dialog_watch {
	unsigned version;
	struct seen seen[CALLS_MAX];
	unsigned count;
};

struct writing {
	struct subscription *s;
	struct dialog_watch *watch;
	struct xml_text xml;
	struct seen now[CALLS_MAX];
	unsigned count, changes;
	bool full;
};

static const char *state_of(const struct line_call *call)
{
	static const char *const names[] = {
	    [LINE_CALL_TRYING] = "trying",	   [LINE_CALL_PROCEEDING] = "proceeding",
	    [LINE_CALL_EARLY] = "early",	   [LINE_CALL_CONFIRMED] = "confirmed",
	    [LINE_CALL_TERMINATED] = "terminated",
	};

	return names[call->state];
}

static const struct seen *find(const struct seen *seen, unsigned count, uint32_t id)
{
	for (unsigned i = 0; i < count; i++)
		if (seen[i].id == id)
			return &seen[i];
	return NULL;
}

/* A URI that can be called: the line at the host that was subscribed to, as numbers without + are no
 * tel: URIs without a phone-context (RFC 3966 5.1.5). */
static void put_party(struct writing *w, const char *element, const char *line)
{
	const char *entity = subscription_about(w->s)->entity, *host = strchr(entity, '@');

	if (!line[0])
		return;
	xml_text_put(&w->xml, "<%s><identity>%s", element, host ? "sip:" : "tel:");
	for (const char *c = line; *c; c++)
		xml_text_put(&w->xml, strchr("#:", *c) ? "%%%02X" : "%c", (unsigned char)*c);
	xml_text_escaped(&w->xml, host ? host : "");
	xml_text_put(&w->xml, "</identity></%s>", element);
}

static void put_call(struct writing *w, const struct line_call *call,
		     const struct line_party *party)
{
	xml_text_put(&w->xml, "<dialog id=\"%u\"", call->id);
	if (call->name[0])
		xml_text_attribute(&w->xml, "call-id", call->name);
	xml_text_put(&w->xml, " direction=\"%s\"><state>%s</state>",
		     party->initiator ? "initiator" : "recipient", state_of(call));
	put_party(w, "local", party->line);
	put_party(w, "remote", party->remote);
	xml_text_put(&w->xml, "</dialog>\n");
}

static bool look(void *arg, const struct line_call *call, const struct line_party *party)
{
	struct writing *w = arg;
	const struct seen *before = find(w->watch->seen, w->watch->count, call->id);
	const char *state = state_of(call);

	w->now[w->count++] = (struct seen){call->id, state};
	if (!before || before->state != state)
		w->changes++;
	if (w->full || !before || before->state != state)
		put_call(w, call, party);
	return w->count < CALLS_MAX;
}

static void put_ended(struct writing *w)
{
	for (unsigned i = 0; i < w->watch->count; i++) {
		uint32_t id = w->watch->seen[i].id;

		if (find(w->now, w->count, id))
			continue;
		w->changes++;
		if (!w->full)
			xml_text_put(&w->xml,
				     "<dialog id=\"%u\"><state>terminated</state></dialog>\n", id);
	}
}

static size_t write_document(struct subscription *s, bool full, char *text, size_t size)
{
	const struct subscription_about *about = subscription_about(s);
	const struct line_states *lines = subscription_ua(s)->line_states;
	struct dialog_watch *watch = subscription_data(s);
	struct writing w = {.s = s, .watch = watch, .xml = {text, size}, .full = full};

	xml_text_put(&w.xml,
		     "<?xml version=\"1.0\"?>\n<dialog-info "
		     "xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%u\" state=\"%s\"",
		     watch->version, full ? "full" : "partial");
	xml_text_attribute(&w.xml, "entity", about->entity);
	xml_text_put(&w.xml, ">\n");
	if (about->call_id[0])
		line_states_each_named_call(lines, about->call_id, look, &w);
	else
		line_states_each_call(lines, about->number, look, &w);
	put_ended(&w);
	xml_text_put(&w.xml, "</dialog-info>\n");
	if (!full && !w.changes)
		return 0;
	memcpy(watch->seen, w.now, sizeof(watch->seen));
	watch->count = w.count;
	watch->version++;
	return xml_text_length(&w.xml);
}

static int read_subject(struct subscription *s, const sip_t *sip)
{
	if (!subscription_about(s)->number[0] && !subscription_about(s)->call_id[0])
		return 404;
	if (!subscription_data(s))
		subscription_set_data(s, talloc_zero(s, struct dialog_watch));
	return subscription_data(s) ? 200 : 500;
}

const struct event_package event_dialog = {
    .name = "dialog",
    .content_type = "application/dialog-info+xml",
    .expires_s = 3600,
    .interval_ms = 1000, /* RFC 4235 3.10 */
    .of_line = true,
    .read = read_subject,
    .write = write_document,
};
