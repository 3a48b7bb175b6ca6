// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/message_summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct reader { /* of one line's value */
	const char *at, *end;
};

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

static bool take(struct reader *r, char wanted)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != wanted)
		return false;
	r->at++;
	return true;
}

static bool take_count(struct reader *r, unsigned *out)
{
	unsigned count = 0, digits = 0;

	skip_blanks(r);
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, digits++)
		if (count <= MESSAGE_SUMMARY_COUNT_MAX)
			count = count * 10 + (unsigned)(*r->at - '0');
	*out = count < MESSAGE_SUMMARY_COUNT_MAX ? count : MESSAGE_SUMMARY_COUNT_MAX;
	return digits > 0;
}

static bool take_pair(struct reader *r, unsigned *fresh, unsigned *old)
{
	return take_count(r, fresh) && take(r, '/') && take_count(r, old);
}

/* "4/8 (1/2)" */
static void read_counts(struct reader r, struct message_summary *out)
{
	unsigned fresh, old, fresh_urgent = 0, old_urgent = 0;

	if (!take_pair(&r, &fresh, &old))
		return;
	if (take(&r, '(') && (!take_pair(&r, &fresh_urgent, &old_urgent) || !take(&r, ')')))
		return;
	out->counted = true;
	out->fresh = fresh;
	out->old = old;
	out->fresh_urgent = fresh_urgent;
	out->old_urgent = old_urgent;
}

static void read_account(struct reader r, struct message_summary *out)
{
	size_t length;

	skip_blanks(&r);
	length = (size_t)(r.end - r.at);
	if (length >= sizeof(out->account) || memchr(r.at, '\0', length))
		return;
	memcpy(out->account, r.at, length);
	out->account[length] = '\0';
}

static bool is_name(const char *line, size_t length, const char *name)
{
	while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	return length == strlen(name) && strncasecmp(line, name, length) == 0;
}

/* 1: it says whether messages are waiting; 0: something else; -EBADMSG */
static int read_line(const char *line, const char *end, struct message_summary *out)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	struct reader value = {colon ? colon + 1 : end, end};
	size_t length = colon ? (size_t)(colon - line) : 0;

	if (!colon)
		return 0;
	if (is_name(line, length, "Message-Account"))
		read_account(value, out);
	else if (is_name(line, length, "Voice-Message"))
		read_counts(value, out);
	if (!is_name(line, length, "Messages-Waiting"))
		return 0;
	skip_blanks(&value);
	length = (size_t)(end - value.at);
	out->waiting = is_name(value.at, length, "yes");
	return out->waiting || is_name(value.at, length, "no") ? 1 : -EBADMSG;
}

int message_summary_read(const char *text, size_t size, struct message_summary *out)
{
	struct message_summary summary = {0};
	const char *end = text + size;
	int said = 0;

	while (text < end && said >= 0) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		const char *next = newline ? newline + 1 : end;
		int rc;

		if (stop > text && stop[-1] == '\r')
			stop--;
		rc = stop > text ? read_line(text, stop, &summary) : 0;
		said = rc ? rc : said;
		text = next;
	}
	if (said <= 0)
		return -EBADMSG;
	*out = summary;
	return 0;
}

size_t message_summary_write(const struct message_summary *s, char *text, size_t size)
{
	size_t used =
	    (size_t)snprintf(text, size, "Messages-Waiting: %s\r\n", s->waiting ? "yes" : "no");

	if (s->account[0] && used < size)
		used += (size_t)snprintf(text + used, size - used, "Message-Account: %s\r\n",
					 s->account);
	if (s->counted && used < size)
		used +=
		    (size_t)snprintf(text + used, size - used, "Voice-Message: %u/%u (%u/%u)\r\n",
				     s->fresh, s->old, s->fresh_urgent, s->old_urgent);
	return used < size ? used : 0;
}
