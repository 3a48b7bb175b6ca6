// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialplan/enum.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialplan/expression.h"

#define REPLACEMENT_MAX (2 * ENUM_STRING_MAX)
#define RESULT_MAX (ENUM_URI_MAX + ENUM_DIGITS_MAX + 1)
#define LABEL_MAX 63

/* ---- from a number to domain names */

static bool is_domain(const char *name)
{
	size_t label = 0;

	for (; *name; name++) {
		if (*name == '.') {
			if (!label)
				return false;
			label = 0;
		} else if ((!isalnum((unsigned char)*name) && *name != '-' && *name != '_') ||
			   ++label > LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

int enum_rule_check(const char *match, const char *replace, const char *domain, char *why,
		    size_t why_size)
{
	struct expression *expression;
	int rc = expression_compile(match, EXPRESSION_SED, false, &expression, why, why_size);

	if (rc < 0)
		return rc;
	rc = expression_check_replacement(expression, replace, why, why_size);
	expression_free(expression);
	if (rc < 0)
		return rc;
	if (is_domain(domain))
		return 0;
	snprintf(why, why_size, "%s is no domain name", domain);
	return -EINVAL;
}

/* RFC 6116 3.2: all but digits goes; backwards, with dots, below the suffix. */
static int question_make(const char *text, const char *suffix, struct enum_question *out)
{
	struct enum_question q = {.number = "+"};
	size_t count = 0, i;
	char *to = q.domain;

	for (; *text; text++) {
		if (strchr("+-. ()", *text))
			continue;
		if (!isdigit((unsigned char)*text) || count == ENUM_DIGITS_MAX)
			return -EINVAL;
		q.number[++count] = *text;
	}
	if (!count)
		return -EINVAL;
	for (i = count; i > 0; i--) {
		*to++ = q.number[i];
		*to++ = '.';
	}
	snprintf(to, sizeof(q.domain) - (size_t)(to - q.domain), "%s", suffix);
	*out = q;
	return 0;
}

static int apply_rule(const char *match, const char *replace, const char *text, char *out,
		      size_t size)
{
	struct expression_match parts[EXPRESSION_GROUPS_MAX + 1];
	struct expression *expression;
	int rc = expression_compile(match, EXPRESSION_SED, false, &expression, NULL, 0);

	if (rc < 0)
		return rc;
	rc = -ENOENT;
	if (expression_find(expression, text, parts))
		rc = expression_replace(replace, text, parts, out, size);
	expression_free(expression);
	return rc;
}

static uint64_t rule_rank(const struct enum_table *table, int rule)
{
	return (uint64_t)table->rules[rule].preference << 32 | table->rules[rule].number;
}

/* The rule to ask after `last`, by preference, then by number; -1: there is none. */
static int next_rule(const struct enum_table *table, int last)
{
	int best = -1, i;

	for (i = 0; i < (int)table->count; i++)
		if ((last < 0 || rule_rank(table, i) > rule_rank(table, last)) &&
		    (best < 0 || rule_rank(table, i) < rule_rank(table, best)))
			best = i;
	return best;
}

unsigned enum_questions(const struct enum_table *table, const char *called,
			struct enum_question out[ENUM_RULES_MAX])
{
	char text[RESULT_MAX + 1];
	unsigned count = 0;
	int i = -1;

	while ((i = next_rule(table, i)) >= 0) {
		if (apply_rule(table->rules[i].match, table->rules[i].replace, called, text,
			       sizeof(text)) ||
		    question_make(text, table->rules[i].domain, &out[count]))
			continue;
		out[count++].rule = table->rules[i].number;
	}
	return count;
}

/* ---- from records to URIs */

/* "E2U+sip", "E2U+voice:tel+sip" (RFC 6116 3.4.3), "sip+E2U" (RFC 2916). A subtype would mean
 * something else than sip does (RFC 3764 has none). */
static bool is_sip_service(const char *service)
{
	bool e2u = false, sip = false, first = true;

	for (;; first = false) {
		size_t length = strcspn(service, "+");
		bool last = !service[length];

		if ((first || last) && length == 3 && !strncasecmp(service, "E2U", 3))
			e2u = true;
		else if (length == 3 && !strncasecmp(service, "sip", 3))
			sip = true;
		if (last)
			return e2u && sip;
		service += length + 1;
	}
}

struct rewrite { /* a substitution expression, RFC 3402 3.2 */
	char expression[ENUM_STRING_MAX + 1];
	char replacement[REPLACEMENT_MAX + 1]; /* as expression.h wants it */
	bool ignore_case;
};

/* Up to the next delimiter that no backslash hides; NULL: there is none. */
static const char *skip_part(const char *text, char delimiter)
{
	for (; *text && *text != delimiter; text++)
		if (*text == '\\' && !*++text)
			return NULL;
	return *text ? text : NULL;
}

static void read_expression(const char *from, const char *end, char delimiter, char *to)
{
	while (from < end) {
		if (*from == '\\') {
			/* a hidden delimiter is that character, whatever it means otherwise */
			if (from[1] != delimiter || strchr(".[]()*+?{}^$|", delimiter))
				*to++ = '\\';
			from++;
		}
		*to++ = *from++;
	}
	*to = '\0';
}

/* Here & stands for itself, and a backslash is followed by 1 to 9 or by what stands for itself. */
static const char *read_replacement(const char *from, const char *end, char *to)
{
	for (; from < end; from++) {
		bool hidden = *from == '\\';

		if (hidden)
			from++;
		if (hidden && *from == '0')
			return "back-reference \\0: there are \\1 to \\9";
		if (*from == '&' || *from == '\\' || (hidden && isdigit((unsigned char)*from)))
			*to++ = '\\';
		*to++ = *from;
	}
	*to = '\0';
	return NULL;
}

static const char *rewrite_parse(const char *text, struct rewrite *out)
{
	char delimiter = *text;
	const char *middle, *end;

	if (!delimiter)
		return "it has no expression";
	if (isalnum((unsigned char)delimiter) || delimiter == '\\')
		return "the delimiter of its expression is a letter, digit or backslash";
	middle = skip_part(text + 1, delimiter);
	end = middle ? skip_part(middle + 1, delimiter) : NULL;
	if (!end)
		return "its expression does not have three delimiters";
	if (end[1] && strcasecmp(end + 1, "i"))
		return "its expression has an unknown flag";
	out->ignore_case = end[1] != '\0';
	read_expression(text + 1, middle, delimiter, out->expression);
	return read_replacement(middle + 1, end, out->replacement);
}

/* What the expression puts in the place of what it fits: what it does not fit is left out. */
static const char *rewrite_apply(const struct rewrite *rewrite, const char *number,
				 char out[RESULT_MAX + 1])
{
	struct expression_match match[EXPRESSION_GROUPS_MAX + 1];
	struct expression *expression;
	const char *why = NULL;
	char text[RESULT_MAX + 1];

	if (expression_compile(rewrite->expression, EXPRESSION_EXTENDED, rewrite->ignore_case,
			       &expression, NULL, 0) < 0)
		return "its expression is wrong";
	if (expression_check_replacement(expression, rewrite->replacement, NULL, 0) < 0)
		why = "it refers back to a group that its expression does not have";
	else if (!expression_find(expression, number, match))
		why = "its expression does not fit the number";
	else if (expression_replace(rewrite->replacement, number, match, text, sizeof(text)) < 0)
		why = "what it makes is too long";
	expression_free(expression);
	if (why)
		return why;
	snprintf(out, RESULT_MAX + 1, "%.*s",
		 (int)(strlen(text) - (size_t)match[0].begin - strlen(number + match[0].end)),
		 text + match[0].begin);
	return NULL;
}

/* ---- URIs (RFC 3261 25.1) */

static bool is_user(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (text[i] == '%') {
			if (i + 2 >= length || !isxdigit((unsigned char)text[i + 1]) ||
			    !isxdigit((unsigned char)text[i + 2]))
				return false;
			i += 2;
		} else if (!isalnum((unsigned char)text[i]) &&
			   !strchr("-_.!~*'()&=+$,;?/", text[i])) {
			return false; /* a password too: nobody publishes one in good faith */
		}
	}
	return length > 0;
}

static bool is_ipv6(const char *text)
{
	return strchr(text, ':') && strspn(text, "0123456789abcdefABCDEF:.") == strlen(text);
}

/* "host", "host:port", "[v6]:port"; *end: what follows. */
static const char *take_host(const char *text, struct enum_uri *uri, const char **end)
{
	bool bracket = *text == '[';
	size_t length;
	unsigned long port;
	char *after;

	if (bracket)
		text++;
	length = strcspn(text, bracket ? "]" : ":;?");
	if (!length || length > ENUM_HOST_MAX || (bracket && !text[length]))
		return "its URI has no host";
	memcpy(uri->host, text, length);
	uri->host[length] = '\0';
	if (bracket ? !is_ipv6(uri->host) : !is_domain(uri->host))
		return "the host of its URI is no name or address";
	text += length + bracket;
	if (*text == ':') {
		port = strtoul(text + 1, &after, 10);
		if (!isdigit((unsigned char)text[1]) || port < 1 || port > 65535)
			return "the port of its URI is not 1 to 65535";
		uri->port = (uint16_t)port;
		text = after;
	}
	*end = text;
	return NULL;
}

static const char *take_parameters(const char *text, struct enum_uri *uri)
{
	for (; *text; text += strcspn(text, ";")) {
		if (*text != ';')
			return "its URI is malformed";
		text++;
		if (!strncasecmp(text, "maddr=", 6) || !strncasecmp(text, "method=", 7) ||
		    !strncasecmp(text, "ttl=", 4))
			return "its URI has a parameter that a request may not have";
		if (strncasecmp(text, "transport=", 10))
			continue;
		text += 10;
		if (strcspn(text, ";") != 3)
			return "its URI wants a transport other than UDP, TCP and TLS";
		if (!strncasecmp(text, "udp", 3))
			uri->transport = PEER_TRANSPORT_UDP;
		else if (!strncasecmp(text, "tcp", 3))
			uri->transport = PEER_TRANSPORT_TCP;
		else if (!strncasecmp(text, "tls", 3))
			uri->transport = PEER_TRANSPORT_TLS;
		else
			return "its URI wants a transport other than UDP, TCP and TLS";
	}
	return NULL;
}

static const char *uri_parse(const char *text, struct enum_uri *out)
{
	struct enum_uri uri = {.secure = !strncasecmp(text, "sips:", 5)};
	const char *rest = text + (uri.secure ? 5 : 4), *at, *why;

	if (!uri.secure && strncasecmp(text, "sip:", 4))
		return "what it makes is no SIP URI";
	if (strlen(text) > ENUM_URI_MAX)
		return "its URI is too long";
	for (at = text; *at; at++)
		if (!isgraph((unsigned char)*at) || strchr("<>\"\\^`{|}#", *at))
			return "its URI has characters that no URI has";
	at = strchr(rest, '@');
	if (at) {
		if (!is_user(rest, (size_t)(at - rest)))
			return "the user part of its URI is malformed";
		rest = at + 1;
	}
	why = take_host(rest, &uri, &rest);
	if (why)
		return why;
	if (strchr(rest, '?'))
		return "its URI has headers";
	why = take_parameters(rest, &uri);
	if (why)
		return why;
	if (uri.secure && uri.transport == PEER_TRANSPORT_UDP)
		return "its URI is sips, which wants TLS, on UDP";
	if (uri.secure) /* whatever is below it: RFC 5630 3.1.3 */
		uri.transport = PEER_TRANSPORT_TLS;
	snprintf(uri.text, sizeof(uri.text), "%s", text);
	*out = uri;
	return NULL;
}

/* ---- the choice */

static const char *record_uri(const struct enum_record *record, const char *number,
			      struct enum_uri *out)
{
	char text[RESULT_MAX + 1];
	struct rewrite rewrite;
	const char *why;

	if (!is_sip_service(record->service))
		return "its service is not SIP";
	if (strcasecmp(record->flags, "u"))
		return record->flags[0] ? "its flag is not u"
					: "it is not terminal: it refers to another name";
	why = rewrite_parse(record->regexp, &rewrite);
	if (!why)
		why = rewrite_apply(&rewrite, number, text);
	return why ? why : uri_parse(text, out);
}

static int compare(const void *a, const void *b)
{
	const struct enum_record *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->preference < y->preference ? -1 : x->preference > y->preference;
}

static bool is_known(const struct enum_uri *uris, unsigned count, const struct enum_uri *uri)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (!strcmp(uris[i].text, uri->text))
			return true;
	return false;
}

unsigned enum_choose(struct enum_records *records, const char *number,
		     struct enum_uri uris[ENUM_URIS_MAX], enum_note note, void *arg)
{
	unsigned count = 0, i;

	qsort(records->records, records->count, sizeof(records->records[0]), compare);
	for (i = 0; i < records->count; i++) {
		const struct enum_record *record = &records->records[i];
		struct enum_uri uri;
		const char *why = record_uri(record, number, &uri);

		if (!why && is_known(uris, count, &uri))
			why = "it gives a URI that is there already";
		else if (!why && count == ENUM_URIS_MAX)
			why = "there are enough URIs";
		if (note)
			note(arg, record, why, why ? NULL : &uri);
		if (!why)
			uris[count++] = uri;
	}
	return count;
}
