// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/call_headers.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "gateway/sip/diversion.h"
#include "gateway/sip/path.h"
#include "gateway/sip/user_to_user.h"

/* ---- reading */

const char *call_headers_unknown(const sip_t *sip, const char *name)
{
	const sip_unknown_t *header;

	for (header = sip->sip_unknown; header; header = header->un_next)
		if (header->un_name && header->un_value && !strcasecmp(header->un_name, name))
			return header->un_value;
	return NULL;
}

/* All headers of that name as one list. Longer than there is room: as long as there is. */
static void join_unknown(const sip_t *sip, const char *name, char text[DIVERSION_TEXT_MAX + 1])
{
	const sip_unknown_t *header;
	size_t used = 0;

	text[0] = '\0';
	for (header = sip->sip_unknown; header && used < DIVERSION_TEXT_MAX;
	     header = header->un_next)
		if (header->un_name && header->un_value && !strcasecmp(header->un_name, name))
			used += snprintf(text + used, DIVERSION_TEXT_MAX + 1 - used, "%s%s",
					 used ? ", " : "", header->un_value);
}

static bool has_privacy(const sip_t *sip, const char *const *wanted)
{
	const msg_param_t *value = sip->sip_privacy ? sip->sip_privacy->priv_values : NULL;
	bool found = false;

	for (; value && *value; value++) {
		if (!strcasecmp(*value, "none"))
			return false;
		for (const char *const *w = wanted; *w; w++)
			found |= !strcasecmp(*value, *w);
	}
	return found;
}

static void view_address(const char *display, const url_t *url, struct identity_address *out)
{
	out->display = display;
	out->scheme = url->url_scheme;
	out->user = url->url_user;
	out->params = url->url_type == url_tel ? url->url_params : NULL;
	out->host = url->url_host;
}

/* Of several, the one that is about who sends the message. */
static void view_remote_party(const sip_t *sip, struct identity_remote_party *out)
{
	const sip_remote_party_id_t *header = sip_remote_party_id(sip);
	const char *party = sip->sip_request ? "calling" : "called";
	const sip_remote_party_id_t *best = header;

	for (; header; header = header->rpid_next)
		if (header->rpid_party && !strcasecmp(header->rpid_party, party)) {
			best = header;
			break;
		}
	if (!best)
		return;
	view_address(best->rpid_display, best->rpid_url, &out->address);
	out->screen = best->rpid_screen;
	out->privacy = best->rpid_privacy;
}

void message_party(const sip_t *sip, struct party *out)
{
	static const char *const private[] = {"id", "user", "header", NULL};
	const sip_p_asserted_identity_t *asserted = sip_p_asserted_identity(sip);
	const sip_p_preferred_identity_t *preferred = sip_p_preferred_identity(sip);
	struct identity_view view = {.private = has_privacy(sip, private)};

	if (sip->sip_from && sip->sip_request)
		view_address(sip->sip_from->a_display, sip->sip_from->a_url, &view.from);
	for (unsigned i = 0; asserted && i < 2; i++, asserted = asserted->paid_next)
		view_address(asserted->paid_display, asserted->paid_url, &view.asserted[i]);
	if (preferred)
		view_address(preferred->ppid_display, preferred->ppid_url, &view.preferred);
	view_remote_party(sip, &view.remote_party);
	identity_from_view(&view, out);
}

bool call_headers_has_identity(const sip_t *sip)
{
	return sip_p_asserted_identity(sip) || sip_remote_party_id(sip);
}

int call_headers_redirection(const sip_t *sip, struct redirection *out)
{
	static const char *const private[] = {"history", "header", "session", NULL};
	struct redirection history = {0}, diversion = {0};
	char text[DIVERSION_TEXT_MAX + 1];

	join_unknown(sip, "Diversion", text);
	diversion_read(text, &diversion);
	join_unknown(sip, "History-Info", text);
	history_read(text, has_privacy(sip, private), &history);
	if (!diversion.count && !history.count)
		return -ENOENT;
	*out = history.count > diversion.count ? history : diversion;
	return 0;
}

int call_headers_user_user(const sip_t *sip, struct user_user *out)
{
	const sip_unknown_t *header;

	for (header = sip->sip_unknown; header; header = header->un_next)
		if (header->un_name && header->un_value &&
		    !strcasecmp(header->un_name, "User-to-User") &&
		    !user_to_user_read(header->un_value, out))
			return 0;
	return -ENOENT;
}

/* ---- what passes through */

static const char *const trusted_only[] = {"P-Access-Network-Info", "P-Charging-Function-Addresses",
					   "P-Charging-Vector"};

/* sip_header_as_string() would lose what does not fit its first buffer. */
static void pass_typed(struct header_lines *lines, const char *name, const void *header)
{
	char value[512];

	for (const sip_header_t *h = header; h; h = h->sh_next) {
		issize_t n = sip_header_field_e(value, sizeof(value), h, 0);

		if (n > 0 && (size_t)n < sizeof(value))
			header_lines_add(lines, name, value);
	}
}

static void read_passed(const sip_t *sip, char passed[CALL_HEADERS_PASSED_MAX])
{
	struct header_lines lines = {0};

	pass_typed(&lines, "Accept-Language", sip->sip_accept_language);
	pass_typed(&lines, "Alert-Info", sip_alert_info(sip));
	pass_typed(&lines, "Call-Info", sip->sip_call_info);
	pass_typed(&lines, "In-Reply-To", sip->sip_in_reply_to);
	pass_typed(&lines, "Organization", sip->sip_organization);
	pass_typed(&lines, "Priority", sip->sip_priority);
	pass_typed(&lines, "Subject", sip->sip_subject);
	for (size_t i = 0; i < sizeof(trusted_only) / sizeof(trusted_only[0]); i++) {
		const char *value = call_headers_unknown(sip, trusted_only[i]);

		if (value)
			header_lines_add(&lines, trusted_only[i], value);
	}
	passed[0] = '\0';
	if (lines.length < CALL_HEADERS_PASSED_MAX)
		memcpy(passed, lines.text, lines.length + 1);
}

static bool is_trusted_only(const char *line)
{
	for (size_t i = 0; i < sizeof(trusted_only) / sizeof(trusted_only[0]); i++) {
		size_t n = strlen(trusted_only[i]);

		if (!strncmp(line, trusted_only[i], n) && line[n] == ':')
			return true;
	}
	return false;
}

static void write_passed(const struct dialog_call *call, struct header_lines *lines)
{
	const char *line = call->setup->origin.headers;
	bool trusted = call->options.asserted_id != SIP_ASSERTED_ID_NONE;
	char one[CALL_HEADERS_PASSED_MAX];

	if (call->options.pass_headers != SIP_SWITCH_ON)
		return;
	while (line && *line) {
		const char *end = strstr(line, "\r\n");
		size_t n = end ? (size_t)(end + 2 - line) : strlen(line);

		if (n >= sizeof(one))
			return;
		memcpy(one, line, n);
		one[n] = '\0';
		if (trusted || !is_trusted_only(one))
			header_lines_append(lines, one);
		line += n;
	}
}

static void read_privacy(const sip_t *sip, char text[64])
{
	const msg_param_t *value = sip->sip_privacy ? sip->sip_privacy->priv_values : NULL;
	size_t used = 0;

	text[0] = '\0';
	for (; value && *value && used + strlen(*value) + 2 < 64; value++)
		used += snprintf(text + used, 64 - used, "%s%s", used ? ";" : "", *value);
}

void call_headers_read(const sip_t *sip, struct call_headers_room *room, struct call_setup *setup)
{
	const url_t *url = sip->sip_request->rq_url;
	const char *params = url->url_type == url_tel ? url->url_params : NULL;
	const char *guid = call_headers_unknown(sip, "Cisco-Guid");
	const char *session = call_headers_unknown(sip, "Session-ID");
	struct session_id heard = {.local = ""};

	message_party(sip, &setup->calling);
	call_headers_redirection(sip, &setup->redirection);
	call_headers_user_user(sip, &setup->user_user);
	identity_subaddress(url->url_user, params, &setup->called_subaddress);
	identity_extension(url->url_user, params, setup->extension);
	if (guid)
		guid_read(guid, &setup->guid);
	if (session && !session_id_hear(&heard, session))
		memcpy(setup->session, heard.remote, sizeof(setup->session));
	read_privacy(sip, room->privacy);
	setup->origin.privacy = room->privacy[0] ? room->privacy : NULL;
	read_passed(sip, room->passed);
	setup->origin.headers = room->passed[0] ? room->passed : NULL;
}

/* ---- writing */

/* RFC 3966 5.1.5: a local number is local to something; a numeric address is no such thing. */
static void print_context(const char *hostport, char *text, size_t size)
{
	size_t n = strcspn(hostport, ":");

	if (hostport[0] == '[' || hostport[strspn(hostport, "0123456789.:")] == '\0')
		snprintf(text, size, "local.invalid");
	else
		snprintf(text, size, "%.*s", (int)n, hostport);
}

void call_headers_uri(const struct dialog_call *call, bool secure, char uri[CALL_URI_MAX])
{
	const struct call_setup *setup = call->setup;
	char user[IDENTITY_USER_MAX], context[TARGET_HOST_MAX + 1];
	const char *transport = secure ? "" : path_transport_param(call->transport);
	const char *scheme = secure ? "sips" : "sip";
	bool phone = call->options.user_phone == SIP_SWITCH_ON;

	identity_subscriber(&setup->called, &setup->called_subaddress, user);
	print_context(call->hostport, context, sizeof(context));
	if (call->uri)
		snprintf(uri, CALL_URI_MAX, "%s", call->uri);
	else if (!user[0])
		snprintf(uri, CALL_URI_MAX, "%s:%s%s", scheme, call->hostport, transport);
	else if (call->options.url == SIP_URL_TEL && user[0] == '+')
		snprintf(uri, CALL_URI_MAX, "tel:%s", user);
	else if (call->options.url == SIP_URL_TEL)
		snprintf(uri, CALL_URI_MAX, "tel:%s;phone-context=%s", user, context);
	else
		snprintf(uri, CALL_URI_MAX, "%s:%s@%s%s%s", scheme, user, call->hostport, transport,
			 phone ? ";user=phone" : "");
}

void call_headers_redirected(const struct redirection *redirection,
			     const struct identity_style *style, const char *uri,
			     struct header_lines *lines)
{
	uint8_t diversion = style->options->diversion;

	if (!diversion || diversion == SIP_DIVERSION_HEADER || diversion == SIP_DIVERSION_BOTH)
		diversion_write(redirection, style, lines);
	if (diversion == SIP_DIVERSION_HISTORY || diversion == SIP_DIVERSION_BOTH)
		history_write(redirection, style, uri, lines);
}

static void write_hops(const struct dialog_call *call, struct header_lines *lines)
{
	unsigned hops = call->options.max_forwards;

	if (call->setup->hops) /* it came by SIP */
		hops = call->setup->hops - 1u;
	else if (!hops)
		hops = SIP_MAX_FORWARDS_DEFAULT;
	header_lines_printf(lines, "Max-Forwards", "%u", hops);
}

void call_headers_date(struct header_lines *lines)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	header_lines_printf(lines, "Date", "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
			    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
			    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void call_headers_invite(const struct dialog_call *call, const char *host, const char *uri,
			 char from[IDENTITY_HEADER_MAX], struct header_lines *lines)
{
	const struct call_setup *setup = call->setup;
	struct identity_style style = {
	    .host = host, .options = &call->options, .passed_privacy = setup->origin.privacy};
	char text[USER_TO_USER_TEXT_MAX];

	identity_write_from(&setup->calling, &style, from);
	write_hops(call, lines);
	identity_write(&setup->calling, &style, lines);
	call_headers_redirected(&setup->redirection, &style, uri, lines);
	user_to_user_write(&setup->user_user, text);
	header_lines_add(lines, "User-to-User", text);
	if (guid_is_set(&setup->guid)) {
		guid_write(&setup->guid, text);
		header_lines_add(lines, "Cisco-Guid", text);
	}
	if (call->options.date == SIP_SWITCH_ON)
		call_headers_date(lines);
	write_passed(call, lines);
}
