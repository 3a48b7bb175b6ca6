// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/q931_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/log/text.h"

#define NUMBER_CHANGED 22
#define REDIRECTION 23

static const struct {
	uint8_t type;
	const char *name;
} names[] = {
    {DSS1_ALERTING, "ALERTING"},
    {DSS1_PROCEEDING, "PROCEEDING"},
    {DSS1_PROGRESS, "PROGRESS"},
    {DSS1_SETUP, "SETUP"},
    {DSS1_CONNECT, "CONNECT"},
    {DSS1_SETUP_ACKNOWLEDGE, "SETUP ACK"},
    {DSS1_CONNECT_ACKNOWLEDGE, "CONNECT ACK"},
    {0x20, "USER INFORMATION"},
    {0x21, "SUSPEND REJECT"},
    {0x22, "RESUME REJECT"},
    {0x24, "HOLD"},
    {0x25, "SUSPEND"},
    {0x26, "RESUME"},
    {0x28, "HOLD ACK"},
    {0x2d, "SUSPEND ACK"},
    {0x2e, "RESUME ACK"},
    {0x30, "HOLD REJECT"},
    {0x31, "RETRIEVE"},
    {0x33, "RETRIEVE ACK"},
    {0x37, "RETRIEVE REJECT"},
    {DSS1_DISCONNECT, "DISCONNECT"},
    {DSS1_RESTART, "RESTART"},
    {DSS1_RELEASE, "RELEASE"},
    {DSS1_RESTART_ACKNOWLEDGE, "RESTART ACK"},
    {DSS1_RELEASE_COMPLETE, "RELEASE COMPLETE"},
    {0x60, "SEGMENT"},
    {DSS1_FACILITY, "FACILITY"},
    {DSS1_REGISTER, "REGISTER"},
    {DSS1_NOTIFY, "NOTIFY"},
    {DSS1_STATUS_ENQUIRY, "STATUS ENQUIRY"},
    {0x79, "CONGESTION CONTROL"},
    {DSS1_INFORMATION, "INFORMATION"},
    {DSS1_STATUS, "STATUS"},
};

const char *dss1_type_name(unsigned type)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return "UNKNOWN MESSAGE";
}

static const struct {
	uint8_t codeset, id;
	const char *name;
} elements[] = {
    {0, 0x00, "Segmented Message"},
    {0, DSS1_IE_CHANGE_STATUS, "Change Status"},
    {0, DSS1_IE_BEARER, "Bearer Capability"},
    {0, DSS1_IE_CAUSE, "Cause"},
    {0, DSS1_IE_CONNECTED_ADDRESS, "Connected Address"},
    {0, 0x10, "Call Identity"},
    {0, DSS1_IE_CALL_STATE, "Call State"},
    {0, DSS1_IE_CHANNEL, "Channel ID"},
    {0, DSS1_IE_FACILITY, "Facility"},
    {0, DSS1_IE_PROGRESS, "Progress Ind"},
    {0, 0x20, "Network Specific Facilities"},
    {0, 0x26, "Endpoint ID"},
    {0, DSS1_IE_NOTIFICATION, "Notification Ind"},
    {0, DSS1_IE_DISPLAY, "Display"},
    {0, 0x29, "Date/Time"},
    {0, DSS1_IE_KEYPAD, "Keypad Facility"},
    {0, 0x34, "Signal"},
    {0, DSS1_IE_REVERSE_CHARGING, "Reverse Charging"},
    {0, DSS1_IE_CONNECTED, "Connected Number"},
    {0, DSS1_IE_CONNECTED_SUBADDRESS, "Connected Subaddress"},
    {0, DSS1_IE_CALLING, "Calling Party Number"},
    {0, DSS1_IE_CALLING_SUBADDRESS, "Calling Party Subaddress"},
    {0, DSS1_IE_CALLED, "Called Party Number"},
    {0, DSS1_IE_CALLED_SUBADDRESS, "Called Party Subaddress"},
    {0, DSS1_IE_ORIGINAL_CALLED, "Original Called Number"},
    {0, DSS1_IE_REDIRECTING, "Redirecting Number"},
    {0, DSS1_IE_REDIRECTION, "Redirection Number"},
    {0, 0x78, "Transit Network Selection"},
    {0, DSS1_IE_RESTART, "Restart Ind"},
    {0, 0x7c, "Low Layer Compat"},
    {0, 0x7d, "High Layer Compat"},
    {0, DSS1_IE_USER_USER, "User-User"},
    {0, 0x7f, "Escape"},
    {0, 0xa0, "More Data"},
    {0, DSS1_IE_SENDING_COMPLETE, "Sending Complete"},
    {4, 0x31, "Transit Counter"},
    {5, 0x32, "Calling Party Category"},
    {6, DSS1_IE_ORIGINATING_LINE, "Originating Line Information"},
    {6, DSS1_IE_FACILITY, "Facility"},
    {6, DSS1_IE_DISPLAY, "Display"},
    {6, DSS1_IE_GENERIC_DIGITS, "Generic Digits"},
};

const char *dss1_element_name(unsigned codeset, unsigned id)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		if (elements[i].codeset == codeset && elements[i].id == id)
			return elements[i].name;
	}
	return "element";
}

/* Octets of one group up to the one with the extension bit; 0 if it does not end. */
static size_t group_length(const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (octets[i] & 0x80)
			return i + 1;
	}
	return 0;
}

static void decode_digits(const uint8_t *octets, size_t length, char digits[DSS1_DIGITS_MAX])
{
	size_t header = group_length(octets, length);
	size_t n = 0;

	if (header == 0)
		return;
	for (size_t i = header; i < length && n < DSS1_DIGITS_MAX - 1; i++) {
		unsigned char c = octets[i] & 0x7f;

		digits[n++] = c > ' ' && c < 0x7f ? (char)c : '?';
	}
	digits[n] = '\0';
}

/* Q.850 table 1, note 5: with its identifier, like an element of its own. */
static void decode_new_number(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	if (length < 3 || octets[0] != DSS1_IE_CALLED || octets[1] > length - 2)
		return;
	out->new_type = octets[2] & 0x7f;
	decode_digits(octets + 2, octets[1], out->new_number);
}

static void decode_cause(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	size_t first = group_length(octets, length);

	if (first == 0 || first >= length || out->cause != 0)
		return;
	out->location = octets[0] & 0x0f;
	out->cause = octets[first] & 0x7f;
	if (out->cause == NUMBER_CHANGED || out->cause == REDIRECTION)
		decode_new_number(octets + first + 1, length - first - 1, out);
}

static void decode_progress(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	if (length < 2 || out->progress_count >= DSS1_PROGRESS_MAX)
		return;
	out->progress[out->progress_count++] = octets[1] & 0x7f;
}

static void decode_channel(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	size_t at = 1;

	if (length >= 1 && !(octets[0] & 0x24)) { /* basic rate: B1, B2; none and any are neither */
		if ((octets[0] & 0x03) == 1 || (octets[0] & 0x03) == 2)
			out->channel = octets[0] & 0x03;
		out->exclusive = octets[0] & 0x08;
		return;
	}
	/* primary rate, not the D channel, "as indicated in the following octets" */
	if (length < 1 || !(octets[0] & 0x20) || (octets[0] & 0x04) || (octets[0] & 0x03) != 1)
		return;
	if (octets[0] & 0x40) { /* interface identifier */
		size_t interface = group_length(octets + at, length - at);

		if (interface == 0)
			return;
		out->interface = octets[at] & 0x7f;
		at += interface;
	}
	/* a channel number, not a slot map */
	if (length < at + 2 || (octets[at] & 0x10))
		return;
	out->channel = octets[at + 1] & 0x7f;
	out->exclusive = octets[0] & 0x08;
}

static void decode_element(const uint8_t *element, size_t length, struct dss1_message *out)
{
	const uint8_t *contents = element + 2;

	switch (element[0]) {
	case DSS1_IE_CAUSE:
		decode_cause(contents, length, out);
		break;
	case DSS1_IE_CHANNEL:
		decode_channel(contents, length, out);
		break;
	case DSS1_IE_PROGRESS:
		decode_progress(contents, length, out);
		break;
	case DSS1_IE_CALLING:
		decode_digits(contents, length, out->calling);
		if (length >= 2 && !(contents[0] & 0x80))
			out->restricted = (contents[1] & 0x60) == 0x20;
		break;
	case DSS1_IE_CALLED:
		decode_digits(contents, length, out->called);
		break;
	}
}

/* Codeset of the elements that follow a shift (Q.931 4.5.2): locking for good, else for one. */
static void decode_elements(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	unsigned locked = 0, codeset = 0;
	size_t at = 0;

	while (at < length) {
		uint8_t id = octets[at];
		size_t contents;

		if (id & 0x80) { /* one octet */
			at++;
			if ((id & 0xf0) == DSS1_IE_SHIFT) {
				codeset = id & 0x07;
				if (!(id & 0x08))
					locked = codeset;
				continue;
			}
			if (id == DSS1_IE_SENDING_COMPLETE && codeset == 0)
				out->sending_complete = true;
			codeset = locked;
			continue;
		}
		if (length - at < 2)
			return;
		contents = octets[at + 1];
		if (length - at - 2 < contents)
			return;
		if (codeset == 0)
			decode_element(octets + at, contents, out);
		codeset = locked;
		at += 2 + contents;
	}
}

int dss1_decode(const uint8_t *octets, size_t length, struct dss1_message *out)
{
	struct dss1_message message = {.interface = DSS1_NO_INTERFACE};
	size_t reference_length;

	if (length < 3)
		return -EBADMSG;
	if (octets[0] != 0x08)
		return -EPROTO;
	reference_length = octets[1] & 0x0f;
	if (length < 3 + reference_length)
		return -EBADMSG;
	if (reference_length > 0)
		message.by_originator = !(octets[2] & 0x80);
	if (reference_length == 1)
		message.reference = octets[2] & 0x7f;
	else if (reference_length == 2)
		message.reference = (octets[2] & 0x7f) << 8 | octets[3];
	message.type = octets[2 + reference_length];
	decode_elements(octets + 3 + reference_length, length - 3 - reference_length, &message);
	*out = message;
	return 0;
}

bool dss1_has_progress(const struct dss1_message *message, unsigned indicator)
{
	for (unsigned i = 0; i < message->progress_count; i++) {
		if (message->progress[i] == indicator)
			return true;
	}
	return false;
}

unsigned dss1_progress(const struct dss1_message *message)
{
	if (dss1_has_progress(message, 8))
		return 8;
	if (dss1_has_progress(message, 1))
		return 1;
	return message->progress_count > 0 ? message->progress[0] : 0;
}

void dss1_describe(const struct dss1_message *message, char *text, size_t size)
{
	if (size == 0)
		return;
	snprintf(text, size, "%s", dss1_type_name(message->type));
	if (message->channel != 0)
		text_append(text, size, " ch %u", message->channel);
	if (message->type == DSS1_SETUP)
		text_append(text, size, " %s > %s",
			    message->restricted		  ? "(restricted)"
			    : message->calling[0] != '\0' ? message->calling
							  : "-",
			    message->called[0] != '\0' ? message->called : "-");
	if (message->cause != 0)
		text_append(text, size, " cause %u", message->cause);
	if (message->new_number[0])
		text_append(text, size, " new number %s", message->new_number);
	for (unsigned i = 0; i < message->progress_count; i++)
		text_append(text, size, " PI %u", message->progress[i]);
}
