// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Headers of a dialog's messages that nobody who sends one needs to think of: message.c asks here
 * for each message that goes out, by its Call-ID.
 */
#include "gateway/sip/dialog_private.h"

#include <string.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/call_headers.h"
#include "gateway/sip/path.h"

/* ---- by Call-ID */

static unsigned hash_of(const char *name)
{
	unsigned hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

void dialog_set_name(struct dialog *d, const char *call_id)
{
	osmo_strlcpy(d->name, call_id, sizeof(d->name));
	hash_add(d->ua->dialog_names, &d->headers.by_name, hash_of(d->name));
}

void dialog_forget_headers(struct dialog *d)
{
	hash_del(&d->headers.by_name); /* nothing, if it has no name yet */
}

static struct dialog *find(const struct ua *ua, const sip_t *sip)
{
	char name[sizeof(((struct dialog *)0)->name)];
	struct dialog *d;

	if (!sip->sip_call_id)
		return NULL;
	osmo_strlcpy(name, sip->sip_call_id->i_id, sizeof(name));
	hash_for_each_possible(ua->dialog_names, d, headers.by_name,
			       hash_of(name)) if (!strcmp(d->name, name)) return d;
	return NULL;
}

/* ---- what the owner says */

static void set(struct dialog *d, char **text, const char *lines)
{
	talloc_free(*text);
	*text = lines && lines[0] ? talloc_strdup(d, lines) : NULL;
}

void dialog_set_headers(struct dialog *d, const char *lines)
{
	set(d, &d->headers.each, lines);
}

void dialog_set_from(struct dialog *d, const char *from)
{
	set(d, &d->headers.from, from);
}

void dialog_set_bye_body(struct dialog *d, const char *content_type, const char *body)
{
	set(d, &d->headers.bye_body, body);
	d->headers.bye_type = content_type;
}

void dialog_set_focus(struct dialog *d, const char *user)
{
	char *contact = d->path.contact;

	if (!user) {
		osmo_strlcpy(contact, d->headers.contact ? d->headers.contact : "",
			     PATH_CONTACT_MAX);
		set(d, &d->headers.contact, NULL);
		return;
	}
	if (!d->headers.contact)
		set(d, &d->headers.contact, contact);
	path_contact_of(&d->path, user, contact);
	osmo_strlcpy(contact + strlen(contact), ";isfocus", PATH_CONTACT_MAX - strlen(contact));
}

void dialog_add_header_once(struct dialog *d, const char *lines)
{
	if (d->headers.once)
		d->headers.once = talloc_asprintf_append(d->headers.once, "%s", lines);
	else
		set(d, &d->headers.once, lines);
}

struct session_id *dialog_session(struct dialog *d)
{
	return &d->headers.session;
}

/* ---- messages */

void dialog_begin_session(struct dialog *d, const sip_t *sip, const char *local)
{
	const char *heard = sip ? call_headers_unknown(sip, "Session-ID") : NULL;
	struct guid guid;

	if (heard)
		session_id_hear(&d->headers.session, heard);
	if (local[0]) {
		osmo_strlcpy(d->headers.session.local, local, sizeof(d->headers.session.local));
		return;
	}
	guid_new(&guid);
	session_uuid_of_guid(&guid, d->headers.session.local);
}

/* Is it one that makes the dialog what it is? */
static bool says_who(sip_method_t method, int status)
{
	return (method == sip_method_invite || method == sip_method_update) &&
	       (!status || (status > 100 && status < 300));
}

static bool takes_once(sip_method_t method, int status)
{
	return status ? method == sip_method_invite && status > 100 : method == sip_method_bye;
}

static void add_session(const struct dialog *d, const char *heard, struct header_lines *lines)
{
	struct session_id session = {.local = ""};
	char text[SESSION_ID_TEXT_MAX];

	if (d)
		session = d->headers.session;
	if (heard)
		session_id_hear(&session, heard);
	if (!session.local[0] && !session.remote[0])
		return;
	session_id_write(&session, text);
	header_lines_add(lines, "Session-ID", text);
}

void dialog_header_lines(struct ua *ua, const sip_t *sip, sip_method_t method, int status,
			 struct header_lines *lines)
{
	struct dialog *d = find(ua, sip);
	const char *heard = status ? call_headers_unknown(sip, "Session-ID") : NULL;

	lines->length = 0;
	lines->text[0] = '\0';
	add_session(d, heard, lines);
	if (status && sip->sip_timestamp && sip->sip_timestamp->ts_stamp)
		header_lines_add(lines, "Timestamp", sip->sip_timestamp->ts_stamp);
	if (!d)
		return;
	if (d->headers.from && !status && method != sip_method_cancel && method != sip_method_ack &&
	    sip->sip_from->a_tag)
		header_lines_printf(lines, "From", "%s;tag=%s", d->headers.from,
				    sip->sip_from->a_tag);
	if (heard)
		session_id_hear(&d->headers.session, heard);
	if (d->headers.each && says_who(method, status))
		header_lines_append(lines, d->headers.each);
	if (!takes_once(method, status))
		return;
	if (d->options.date == SIP_SWITCH_ON)
		call_headers_date(lines);
	if (d->headers.once)
		header_lines_append(lines, d->headers.once);
	set(d, &d->headers.once, NULL);
}
