// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/frame_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialplan/q850.h"
#include "drivers-glue/isdn/q931_text.h"

#define HEX_MAX 24 /* octets of an element that are written */

struct line {
	char *text;
	size_t size, used;
	unsigned remarks; /* in brackets behind the element */
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->used, line->size - line->used, format, args);
	va_end(args);
	if (n > 0)
		line->used +=
		    (size_t)n < line->size - line->used ? (size_t)n : line->size - line->used - 1;
}

static void remark(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void remark(struct line *line, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(line, "%s%s", line->remarks++ == 0 ? " (" : ", ", text);
}

struct word {
	uint8_t value;
	const char *text;
};

#define WORDS(table) table, sizeof(table) / sizeof(table[0])

static void remark_word(struct line *line, const struct word *words, size_t count, unsigned value)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i].value == value) {
			remark(line, "%s", words[i].text);
			return;
		}
	}
	remark(line, "%u", value);
}

static void add_printable(struct line *line, const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		add(line, "%c", octets[i] >= ' ' && octets[i] < 0x7f ? octets[i] : '?');
}

static size_t group_length(const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (octets[i] & 0x80)
			return i + 1;
	}
	return length;
}

/* ---- elements */

static void bearer_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word capabilities[] = {
	    {0x00, "speech"},	     {0x08, "unrestricted digital"}, {0x09, "restricted digital"},
	    {0x10, "3.1 kHz audio"}, {0x11, "digital with tones"},   {0x18, "video"},
	};
	static const struct word laws[] = {
	    {0xa1, "V.110"}, {0xa2, "u-law"}, {0xa3, "A-law"}, {0xa8, "V.120"}};

	if (length < 1)
		return;
	remark_word(line, WORDS(capabilities), o[0] & 0x1f);
	if (length > 2 && (o[2] & 0x60) == 0x20)
		remark_word(line, WORDS(laws), o[2] | 0x80);
}

static void cause_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word locations[] = {
	    {0, "user"},
	    {1, "private network, local user"},
	    {2, "public network, local user"},
	    {3, "transit network"},
	    {4, "public network, remote user"},
	    {5, "private network, remote user"},
	    {7, "international network"},
	    {10, "beyond interworking"},
	};
	size_t first = group_length(o, length);

	if (first >= length)
		return;
	remark(line, "%u", o[first] & 0x7fu);
	remark(line, "%s", q850_name(o[first] & 0x7f));
	remark_word(line, WORDS(locations), o[0] & 0x0f);
}

static void call_state_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word states[] = {
	    {0, "null"},
	    {1, "call initiated"},
	    {2, "overlap sending"},
	    {3, "outgoing call proceeding"},
	    {4, "call delivered"},
	    {6, "call present"},
	    {7, "call received"},
	    {8, "connect request"},
	    {9, "incoming call proceeding"},
	    {10, "active"},
	    {11, "disconnect request"},
	    {12, "disconnect indication"},
	    {15, "suspend request"},
	    {17, "resume request"},
	    {19, "release request"},
	    {25, "overlap receiving"},
	    {61, "restart request"},
	    {62, "restart"},
	};

	if (length < 1)
		return;
	remark(line, "%u", o[0] & 0x3fu);
	remark_word(line, WORDS(states), o[0] & 0x3f);
}

static void primary_channel_text(struct line *line, const uint8_t *o, size_t length)
{
	size_t at = 1;

	if (o[0] & 0x40) {
		if (length > 1)
			remark(line, "interface %u", o[1] & 0x7fu);
		at += group_length(o + 1, length - 1);
	}
	if (o[0] & 0x04) {
		remark(line, "D channel");
		return;
	}
	if (length < at + 2)
		return;
	if (o[at] & 0x10) {
		remark(line, "slot map");
		return;
	}
	for (at++; at < length; at++) {
		remark(line, "channel %u", o[at] & 0x7fu);
		if (o[at] & 0x80)
			return;
	}
}

static void channel_text(struct line *line, const uint8_t *o, size_t length)
{
	if (length < 1)
		return;
	remark(line, o[0] & 0x08 ? "exclusive" : "preferred");
	if ((o[0] & 0x03) == 0 && !(o[0] & 0x04))
		remark(line, "no channel");
	else if ((o[0] & 0x03) == 3)
		remark(line, "any channel");
	else if (o[0] & 0x20)
		primary_channel_text(line, o, length);
	else
		remark(line, "B%u", o[0] & 0x03u);
}

static void progress_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word indicators[] = {
	    {1, "not end-to-end ISDN"},		{2, "destination is not ISDN"},
	    {3, "origin is not ISDN"},		{4, "returned to ISDN"},
	    {5, "interworking, other service"}, {8, "in-band information"},
	    {10, "delay at the interface"},
	};

	if (length < 2)
		return;
	remark(line, "PI %u", o[1] & 0x7fu);
	remark_word(line, WORDS(indicators), o[1] & 0x7f);
}

static void number_text(struct line *line, const uint8_t *o, size_t length, bool redirecting)
{
	static const struct word types[] = {
	    {0, "unknown"},	     {1, "international"}, {2, "national"},
	    {3, "network specific"}, {4, "subscriber"},	   {6, "abbreviated"},
	};
	static const struct word plans[] = {{0, "plan unknown"}, {1, "ISDN"},	  {3, "data"},
					    {4, "telex"},	 {8, "national"}, {9, "private"}};
	static const struct word presentations[] = {
	    {0, "allowed"}, {1, "restricted"}, {2, "not available"}, {3, "reserved"}};
	static const struct word screenings[] = {{0, "user provided, not screened"},
						 {1, "user provided, passed"},
						 {2, "user provided, failed"},
						 {3, "network provided"}};
	static const struct word reasons[] = {
	    {0, "reason unknown"}, {1, "busy"}, {2, "no reply"}, {15, "unconditional"}};
	size_t header = group_length(o, length);

	if (header == 0)
		return;
	if (length > header) {
		add(line, " ");
		add_printable(line, o + header, length - header);
	}
	remark_word(line, WORDS(types), o[0] >> 4 & 7);
	remark_word(line, WORDS(plans), o[0] & 0x0f);
	if (header >= 2) {
		remark_word(line, WORDS(presentations), o[1] >> 5 & 3);
		remark_word(line, WORDS(screenings), o[1] & 3);
	}
	if (header >= 3 && redirecting)
		remark_word(line, WORDS(reasons), o[2] & 0x0f);
}

static void notification_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word notes[] = {
	    {0x00, "user suspended"},	     {0x01, "user resumed"},
	    {0x02, "bearer change"},	     {0x60, "call waiting"},
	    {0x68, "diversion activated"},   {0x69, "call transfer, alerting"},
	    {0x6a, "call transfer, active"}, {0x71, "remote hold"},
	    {0x79, "remote hold"},	     {0x7a, "remote retrieval"},
	    {0x7b, "call is diverting"},
	};

	if (length >= 1)
		remark_word(line, WORDS(notes), o[0] & 0x7f);
}

static void restart_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word classes[] = {
	    {0, "indicated channels"}, {6, "single interface"}, {7, "all interfaces"}};

	if (length >= 1)
		remark_word(line, WORDS(classes), o[0] & 7);
}

/* The first component of a ROSE facility: its kind, invoke id and operation. */
static void facility_text(struct line *line, const uint8_t *o, size_t length)
{
	static const struct word kinds[] = {
	    {0xa1, "invoke"}, {0xa2, "return result"}, {0xa3, "return error"}, {0xa4, "reject"}};
	size_t at = 1;

	if (length < 4 || (o[0] & 0x1f) != 0x11)
		return;
	remark_word(line, WORDS(kinds), o[at++]);
	at += o[at] > 0x80 ? 1u + (o[at] & 0x7f) : 1u;
	if (at + 3 > length || o[at] != 0x02 || o[at + 1] == 0)
		return;
	remark(line, "id %u", o[at + 1 + o[at + 1] < length ? at + 1 + o[at + 1] : at + 2]);
	at += 2u + o[at + 1];
	if (o[1] == 0xa1 && at + 3 <= length && o[at] == 0x02 && o[at + 1] == 1)
		remark(line, "operation %u", o[at + 2]);
}

static void words_of_element(struct line *line, unsigned id, const uint8_t *o, size_t length)
{
	switch (id) {
	case DSS1_IE_BEARER:
		bearer_text(line, o, length);
		break;
	case DSS1_IE_CAUSE:
		cause_text(line, o, length);
		break;
	case DSS1_IE_CALL_STATE:
		call_state_text(line, o, length);
		break;
	case DSS1_IE_CHANNEL:
		channel_text(line, o, length);
		break;
	case DSS1_IE_FACILITY:
		facility_text(line, o, length);
		break;
	case DSS1_IE_PROGRESS:
		progress_text(line, o, length);
		break;
	case DSS1_IE_NOTIFICATION:
		notification_text(line, o, length);
		break;
	case DSS1_IE_RESTART:
		restart_text(line, o, length);
		break;
	case DSS1_IE_CONNECTED:
	case DSS1_IE_CALLING:
	case DSS1_IE_CALLED:
	case DSS1_IE_REDIRECTION:
		number_text(line, o, length, false);
		break;
	case DSS1_IE_REDIRECTING:
	case DSS1_IE_ORIGINAL_CALLED:
		number_text(line, o, length, true);
		break;
	}
	if (line->remarks > 0)
		add(line, ")");
}

static bool is_text(unsigned id)
{
	return id == DSS1_IE_DISPLAY || id == DSS1_IE_KEYPAD || id == DSS1_IE_USER_USER;
}

static void element_text(struct line *line, unsigned codeset, const uint8_t *element, size_t length)
{
	const uint8_t *contents = element + 2;
	const char *name = dss1_element_name(codeset, element[0]);

	add(line, ", %s", name);
	if (strcmp(name, "element") == 0)
		add(line, " 0x%02x", element[0]);
	if (codeset != 0)
		add(line, " (codeset %u)", codeset);
	if (length == 0)
		return;
	add(line, " i = 0x");
	for (size_t i = 0; i < length && i < HEX_MAX; i++)
		add(line, "%02X", contents[i]);
	if (length > HEX_MAX)
		add(line, "..");
	line->remarks = 0;
	if (is_text(element[0])) {
		add(line, " \"");
		add_printable(line, contents, length);
		add(line, "\"");
	} else if (codeset == 0 || element[0] == DSS1_IE_FACILITY) {
		words_of_element(line, element[0], contents, length);
	}
}

static void elements_text(struct line *line, const uint8_t *octets, size_t length)
{
	unsigned locked = 0, codeset = 0;
	size_t at = 0;

	while (at < length) {
		uint8_t id = octets[at];

		if ((id & 0xf0) == DSS1_IE_SHIFT) {
			codeset = id & 0x07;
			if (!(id & 0x08))
				locked = codeset;
			at++;
			continue;
		}
		if (id & 0x80) {
			const char *name = dss1_element_name(codeset, id);

			add(line, ", %s", name);
			if (strcmp(name, "element") == 0)
				add(line, " 0x%02x", id);
			at++;
		} else if (length - at < 2 || length - at - 2 < octets[at + 1]) {
			add(line, ", %s cut off", dss1_element_name(codeset, id));
			return;
		} else {
			element_text(line, codeset, octets + at, octets[at + 1]);
			at += 2u + octets[at + 1];
		}
		codeset = locked;
	}
}

/* ---- messages and frames */

void dss1_message_text(const uint8_t *message, size_t length, char *text, size_t size)
{
	struct line line = {.text = text, .size = size};
	size_t reference_length = length >= 2 ? message[1] & 0x0f : 0;

	if (size == 0)
		return;
	text[0] = '\0';
	if (length < 3 + reference_length) {
		add(&line, "broken message of %zu octets", length);
		return;
	}
	if (message[0] == 0x08)
		add(&line, "%s", dss1_type_name(message[2 + reference_length]));
	else
		add(&line, "type 0x%02X", message[2 + reference_length]);
	add(&line, " pd = %u callref = ", message[0]);
	if (reference_length == 0)
		add(&line, "none");
	else
		add(&line, "0x");
	for (size_t i = 0; i < reference_length; i++)
		add(&line, "%02X", message[2 + i]);
	elements_text(&line, message + 3 + reference_length, length - 3 - reference_length);
}

const uint8_t *dss1_frame_message(const uint8_t *frame, size_t length, size_t *message_length)
{
	size_t header = length >= 3 && frame[2] & 0x01 ? 3 : 4;

	if (length < header || frame[0] >> 2 != 0)
		return NULL;
	if (header == 3 && (frame[2] & 0xef) != 0x03)
		return NULL;
	*message_length = length - header;
	return frame + header;
}

static const char *unnumbered_name(uint8_t control)
{
	switch (control & 0xef) {
	case 0x6f:
		return "SABME";
	case 0x0f:
		return "DM";
	case 0x03:
		return "UI";
	case 0x43:
		return "DISC";
	case 0x63:
		return "UA";
	case 0x87:
		return "FRMR";
	case 0xaf:
		return "XID";
	default:
		return "unnumbered frame";
	}
}

void dss1_frame_text(const uint8_t *frame, size_t length, char *text, size_t size)
{
	static const char *const supervisory[] = {"RR", "RNR", "REJ", "supervisory frame"};
	struct line line = {.text = text, .size = size};
	uint8_t control;

	if (size == 0)
		return;
	text[0] = '\0';
	control = length >= 3 ? frame[2] : 0;
	if (length < 3 || ((control & 3) != 3 && length < 4)) {
		add(&line, "broken frame of %zu octets", length);
		return;
	}
	if ((control & 3) == 3)
		add(&line, "%s%s", unnumbered_name(control), control & 0x10 ? "p" : "");
	else if (control & 1)
		add(&line, "%s%s", supervisory[control >> 2 & 3], frame[3] & 1 ? "p" : "");
	else
		add(&line, "INFO%s", frame[3] & 1 ? "p" : "");
	add(&line, " c/r=%u sapi=%u tei=%u", frame[0] >> 1 & 1, frame[0] >> 2, frame[1] >> 1);
	if (!(control & 1))
		add(&line, " ns=%u", control >> 1);
	if ((control & 3) != 3)
		add(&line, " nr=%u", frame[3] >> 1);
}
