// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/isdn/q931_check.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "drivers-glue/isdn/q931_text.h"

#define SUBADDRESS_MAX 21 /* Q.931 4.5.9: type octet and 20 more; libpri's field has no more */
#define BER_DEPTH_MAX 16
#define TYPE_NOBODY_KNOWS 0x7f /* Q.931 4.4: reserved; libpri answers STATUS with cause 97 */

enum content {
	CONTENT_ANY,
	CONTENT_GROUP, /* its first octets end with the extension bit */
	CONTENT_CAUSE, /* such a group and one octet more */
	CONTENT_BEARER,
	CONTENT_FACILITY,
};

/* What libpri takes for granted of the elements that it reads; others it passes over. */
static const struct element_row {
	uint8_t codeset, id;
	uint8_t min, max; /* octets of contents; max 0: any */
	uint8_t most;	  /* times in a message; 0: any */
	uint8_t content;  /* enum content */
} element_rows[] = {
    {0, DSS1_IE_CHANGE_STATUS, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_BEARER, 2, 0, 0, CONTENT_BEARER},
    {0, DSS1_IE_CAUSE, 2, 0, 0, CONTENT_CAUSE},
    {0, DSS1_IE_CONNECTED_ADDRESS, 2, 0, 1, CONTENT_GROUP},
    {0, DSS1_IE_CALL_STATE, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_CHANNEL, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_FACILITY, 2, 0, 0, CONTENT_FACILITY},
    {0, DSS1_IE_PROGRESS, 2, 0, 0, CONTENT_ANY},
    {0, DSS1_IE_NOTIFICATION, 1, 0, 0, CONTENT_ANY},
    {0, DSS1_IE_DISPLAY, 1, 0, 0, CONTENT_ANY},
    {0, DSS1_IE_KEYPAD, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_REVERSE_CHARGING, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_CONNECTED, 2, 0, 2, CONTENT_GROUP},
    {0, DSS1_IE_CONNECTED_SUBADDRESS, 1, SUBADDRESS_MAX, 2, CONTENT_ANY},
    {0, DSS1_IE_CALLING, 1, 0, 2, CONTENT_GROUP},
    {0, DSS1_IE_CALLING_SUBADDRESS, 1, SUBADDRESS_MAX, 2, CONTENT_ANY},
    {0, DSS1_IE_CALLED, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_CALLED_SUBADDRESS, 1, SUBADDRESS_MAX, 1, CONTENT_ANY},
    {0, DSS1_IE_ORIGINAL_CALLED, 1, 0, 1, CONTENT_GROUP},
    {0, DSS1_IE_REDIRECTING, 1, 0, 0, CONTENT_GROUP},
    {0, DSS1_IE_REDIRECTION, 1, 0, 1, CONTENT_GROUP},
    {0, DSS1_IE_RESTART, 1, 0, 1, CONTENT_ANY},
    {0, DSS1_IE_USER_USER, 1, 0, 1, CONTENT_ANY},
    {6, DSS1_IE_ORIGINATING_LINE, 1, 0, 1, CONTENT_ANY},
    {6, DSS1_IE_FACILITY, 2, 0, 0, CONTENT_FACILITY},
    {6, DSS1_IE_DISPLAY, 1, 0, 0, CONTENT_ANY},
    {6, DSS1_IE_GENERIC_DIGITS, 1, 0, 0, CONTENT_ANY},
};

#define ELEMENT_ROWS (sizeof(element_rows) / sizeof(element_rows[0]))

static void blame(struct dss1_checked *out, enum dss1_verdict verdict, const char *what,
		  const char *fault)
{
	if (out->why[0] == '\0')
		snprintf(out->why, sizeof(out->why), "%s%s%s", what, what[0] ? ": " : "", fault);
	if (verdict > out->verdict)
		out->verdict = verdict;
}

static void drop(struct dss1_checked *out, const char *fault)
{
	blame(out, DSS1_DROPPED, "", fault);
	out->length = 0;
}

/* ---- facility: BER (X.690) tags and lengths, as deep as they go */

/* Octets of an identifier; 0: it does not end. */
static size_t ber_identifier(const uint8_t *octets, size_t length)
{
	size_t at = 1;

	if (length == 0)
		return 0;
	if ((octets[0] & 0x1f) != 0x1f)
		return 1;
	while (at < length && at < 5 && (octets[at] & 0x80))
		at++;
	return at < length && at < 5 ? at + 1 : 0;
}

static size_t ber_value(const uint8_t *octets, size_t length, unsigned depth);

/* Values up to 00 00; returns their octets with it, 0: broken. */
static size_t ber_indefinite(const uint8_t *octets, size_t length, bool constructed, unsigned depth)
{
	size_t at = 0;

	while (at < length && octets[at] != 0) {
		size_t value = constructed ? ber_value(octets + at, length - at, depth) : 1;

		if (value == 0)
			return 0;
		at += value;
	}
	return length - at >= 2 && octets[at + 1] == 0 ? at + 2 : 0;
}

static bool ber_fits(const uint8_t *octets, size_t length, unsigned depth)
{
	size_t at = 0;

	while (at < length) {
		size_t value = ber_value(octets + at, length - at, depth);

		if (value == 0)
			return false;
		at += value;
	}
	return true;
}

/* Octets of one value with its identifier and length; 0: broken. */
static size_t ber_value(const uint8_t *octets, size_t length, unsigned depth)
{
	size_t at = ber_identifier(octets, length);
	bool constructed;
	size_t contents;

	if (at == 0 || at >= length || depth >= BER_DEPTH_MAX)
		return 0;
	constructed = octets[0] & 0x20;
	contents = octets[at++];
	if (contents == 0x80) {
		size_t rest = ber_indefinite(octets + at, length - at, constructed, depth + 1);

		return rest ? at + rest : 0;
	}
	if (contents > 0x80) { /* longer ones cannot fit, and libpri's would run over */
		size_t octets_of_length = contents & 0x7f;

		if (octets_of_length > 2 || length - at < octets_of_length)
			return 0;
		for (contents = 0; octets_of_length > 0; octets_of_length--)
			contents = contents << 8 | octets[at++];
	}
	if (contents > length - at)
		return 0;
	if (constructed && !ber_fits(octets + at, contents, depth + 1))
		return 0;
	return at + contents;
}

/* Q.932 8.2.3: protocol profile, with DMS-100 an octet more, then components. */
static bool facility_fits(const uint8_t *contents, size_t length)
{
	size_t profile = contents[0] & 0x80 ? 1 : 2;

	if ((contents[0] & 0x1f) != 0x11 && (contents[0] & 0x1f) != 0x1f)
		return true; /* neither ROSE nor networking extensions: libpri does not look */
	return ber_fits(contents + profile, length - profile, 0);
}

/* ---- elements */

static size_t group_length(const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (octets[i] & 0x80)
			return i + 1;
	}
	return 0;
}

static const char *content_fault(const struct element_row *row, const uint8_t *contents,
				 size_t length)
{
	size_t group;

	if (length < row->min)
		return "is too short";
	if (row->max != 0 && length > row->max)
		return "is too long";
	switch ((enum content)row->content) {
	case CONTENT_ANY:
		return NULL;
	case CONTENT_GROUP:
		return group_length(contents, length) ? NULL : "has no end of its first octets";
	case CONTENT_CAUSE:
		group = group_length(contents, length);
		return group != 0 && group < length && (contents[0] & 0x80 || length > 2)
			   ? NULL
			   : "has no cause value";
	case CONTENT_BEARER: /* multirate: the multiplier follows */
		return (contents[1] & 0x7f) == 0x18 && length < 3 ? "is too short" : NULL;
	case CONTENT_FACILITY:
		return facility_fits(contents, length) ? NULL : "has lengths that do not fit";
	}
	return NULL;
}

struct message_check {
	struct dss1_checked *out;
	const char *name; /* of the message */
	unsigned locked;  /* codeset */
	unsigned codeset; /* of the next element */
	uint8_t shift;	  /* non-locking, not handed on yet; 0: none */
	/* as libpri counts them: cause and call state seen, an element that it must know and does
	 * not */
	bool has_cause, has_call_state, has_progress, has_unknown;
	uint8_t seen[ELEMENT_ROWS];
};

static void element_blame(struct message_check *check, uint8_t id, const char *fault)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", dss1_element_name(check->codeset, id), fault);
	blame(check->out, DSS1_REPAIRED, check->name, text);
}

static void put(struct message_check *check, const uint8_t *octets, size_t length)
{
	struct dss1_checked *out = check->out;

	if (check->shift) {
		assert(out->length < sizeof(out->octets));
		out->octets[out->length++] = check->shift;
	}
	assert(length <= sizeof(out->octets) - out->length);
	memcpy(out->octets + out->length, octets, length);
	out->length += length;
}

/* What libpri gets in place of a broken element: nothing, or what it answers with cause 100. */
static void put_refused(struct message_check *check, uint8_t id)
{
	static const uint8_t channel[] = {DSS1_IE_CHANNEL, 0};

	if (check->codeset == 0 && id == DSS1_IE_CHANNEL)
		put(check, channel, sizeof(channel));
}

static void note_element(struct message_check *check, uint8_t id)
{
	if (check->codeset != 0)
		return;
	check->has_cause |= id == DSS1_IE_CAUSE;
	check->has_call_state |= id == DSS1_IE_CALL_STATE;
	check->has_progress |= id == DSS1_IE_PROGRESS;
	check->has_unknown |= id < 0x10 && id != DSS1_IE_BEARER && id != DSS1_IE_CAUSE &&
			      id != DSS1_IE_CONNECTED_ADDRESS;
}

/* -1: libpri does not look into such an element. */
static int find_row(unsigned codeset, uint8_t id)
{
	for (size_t i = 0; i < ELEMENT_ROWS; i++) {
		if (element_rows[i].codeset == codeset && element_rows[i].id == id)
			return (int)i;
	}
	return -1;
}

/* fault: what is wrong with it whatever its contents are, or NULL */
static void check_element(struct message_check *check, const uint8_t *element, size_t length,
			  const char *fault)
{
	uint8_t id = element[0];
	int row = find_row(check->codeset, id);

	if (row >= 0 && element_rows[row].most != 0 && check->seen[row] >= element_rows[row].most) {
		element_blame(check, id, "is repeated");
		return;
	}
	if (row >= 0)
		check->seen[row]++;
	if (row >= 0 && !fault)
		fault = content_fault(&element_rows[row], element + 2, length);
	if (fault) {
		element_blame(check, id, fault);
		put_refused(check, id);
		return;
	}
	note_element(check, id);
	put(check, element, 2 + length);
}

/* Q.931 4.5.2 and 4.5.3. libpri takes a locking shift to a lower codeset, which nobody may send, or
 * passes it over; so that all read the same, it is left out. */
static void check_shift(struct message_check *check, uint8_t octet)
{
	unsigned codeset = octet & 0x07;

	if (check->shift)
		blame(check->out, DSS1_REPAIRED, check->name, "shift behind a shift");
	check->shift = 0;
	if (octet & 0x08) {
		check->shift = octet;
	} else if (codeset == 0 || codeset < check->locked) {
		blame(check->out, DSS1_REPAIRED, check->name, "locking shift to a lower codeset");
		check->codeset = check->locked;
		return;
	} else {
		put(check, &octet, 1);
		check->locked = codeset;
	}
	check->codeset = codeset;
}

static void check_elements(struct message_check *check, const uint8_t *octets, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t whole = 1;

		if ((octets[at] & 0xf0) == DSS1_IE_SHIFT) {
			check_shift(check, octets[at++]);
			continue;
		}
		if (octets[at] & 0x80) {
			put(check, octets + at, 1);
		} else {
			whole = length - at < 2 ? 2 : 2u + octets[at + 1];
			if (whole > length - at) {
				check_element(check, octets + at, 0, "runs past the end");
				return;
			}
			check_element(check, octets + at, whole - 2, NULL);
		}
		at += whole;
		check->codeset = check->locked;
		check->shift = 0;
	}
	if (check->shift)
		blame(check->out, DSS1_REPAIRED, check->name, "shift at the end");
}

/* ---- messages */

static bool is_restart(uint8_t type)
{
	return type == DSS1_RESTART || type == DSS1_RESTART_ACKNOWLEDGE;
}

/* Why libpri must not see the message at all; NULL: it may. */
static const char *message_fault(const struct dss1_rules *rules, const struct dss1_message *message,
				 unsigned reference_length, bool known)
{
	if (reference_length > rules->reference_max)
		return "call reference is too long";
	if (reference_length == 0)
		return message->type == DSS1_FACILITY || message->type == DSS1_INFORMATION ||
			       message->type == DSS1_NOTIFY
			   ? NULL
			   : "dummy call reference";
	if (message->reference == 0) {
		if (message->type == DSS1_RESTART && !message->by_originator)
			return "call reference flag is wrong";
		if (message->type == DSS1_RESTART_ACKNOWLEDGE && message->by_originator)
			return "call reference flag is wrong";
		return is_restart(message->type) || message->type == DSS1_STATUS
			   ? NULL
			   : "global call reference";
	}
	if (message->type != DSS1_SETUP && message->type != DSS1_REGISTER)
		return NULL;
	if (!message->by_originator)
		return "call reference flag is wrong";
	return known && message->type == DSS1_SETUP ? "the call is there already" : NULL;
}

/* Would libpri make a call record for this message and keep it, though there is no call? */
static bool leaves_a_record(const struct message_check *check, uint8_t type)
{
	switch (type) {
	case 0x24: /* HOLD, HOLD ACK, HOLD REJECT, RETRIEVE, ... */
	case 0x28:
	case 0x30:
	case 0x31:
	case 0x33:
	case 0x37:
	case DSS1_RESTART:
	case DSS1_RESTART_ACKNOWLEDGE:
		return true;
	case DSS1_STATUS:
		return !check->has_cause || !check->has_call_state || check->has_unknown;
	case DSS1_PROGRESS:
		return !check->has_progress || check->has_unknown;
	case DSS1_ALERTING:
	case DSS1_PROCEEDING:
	case DSS1_CONNECT:
	case DSS1_SETUP_ACKNOWLEDGE:
		return check->has_unknown;
	default:
		return false;
	}
}

static void ignore(struct dss1_checked *out, size_t header, const char *what, const char *fault)
{
	if (out->octets[2] & 0x01) { /* UI: nobody waits for an acknowledgement */
		blame(out, DSS1_DROPPED, what, fault);
		out->length = 0;
		return;
	}
	blame(out, DSS1_IGNORED, what, fault);
	out->length = header;
}

/* What was written so far ends with the type. */
static void replace(struct dss1_checked *out, uint8_t type, const char *what)
{
	blame(out, DSS1_REPLACED, what, type == DSS1_STATUS_ENQUIRY ? "for no call" : "for a call");
	out->octets[out->length - 1] = type;
}

static void check_q931(const struct dss1_rules *rules, const uint8_t *octets, size_t length,
		       size_t header, struct dss1_checked *out)
{
	struct message_check check = {.out = out};
	struct dss1_message message;
	size_t reference_length = octets[1] & 0x0f;
	size_t start = 3 + reference_length;
	const char *fault;
	bool known;

	if (octets[1] & 0xf0) {
		ignore(out, header, "", "call reference has a wrong format");
		return;
	}
	if (dss1_decode(octets, length, &message) < 0) {
		ignore(out, header, "", "message is too short");
		return;
	}
	known = message.reference != 0 &&
		rules->has_call(rules->arg, message.reference, message.by_originator);
	check.name = dss1_type_name(message.type);
	fault = message_fault(rules, &message, (unsigned)reference_length, known);
	if (fault) {
		ignore(out, header, check.name, fault);
		return;
	}
	memcpy(out->octets + header, octets, start);
	out->length = header + start;
	if (message.type & 0x80) { /* libpri would take it for the type without that bit */
		replace(out, known ? TYPE_NOBODY_KNOWS : DSS1_STATUS_ENQUIRY, "unknown type");
		return;
	}
	check_elements(&check, octets + start, length - start);
	if (message.reference == 0 || known || !leaves_a_record(&check, message.type))
		return;
	out->length = header + start;
	replace(out, DSS1_STATUS_ENQUIRY, check.name);
}

/* ATIS-0300 (national 3, AT&T 0x43). Where it does not handle SERVICE, libpri answers any such
 * message with an echo whose type is 8 less; right for SERVICE, an endless game for others. */
static void check_maintenance(const struct dss1_rules *rules, const uint8_t *octets, size_t length,
			      size_t header, struct dss1_checked *out)
{
	struct message_check check = {.out = out, .name = "maintenance message"};
	size_t reference_length = octets[1] & 0x0f;
	size_t start = 3 + reference_length;

	if (octets[1] & 0xf0 || reference_length > 2 || length < start) {
		ignore(out, header, check.name, "call reference has a wrong format");
		return;
	}
	if (octets[start - 1] != 0x0f && !(rules->service_messages && octets[start - 1] == 0x07)) {
		ignore(out, header, check.name, "unknown type");
		return;
	}
	memcpy(out->octets + header, octets, start);
	out->length = header + start;
	check_elements(&check, octets + start, length - start);
}

static void check_layer3(const struct dss1_rules *rules, const uint8_t *frame, size_t length,
			 struct dss1_checked *out)
{
	size_t header = frame[2] & 0x01 ? 3 : 4;
	const uint8_t *message = frame + header;

	memcpy(out->octets, frame, header);
	if (length - header < 3)
		ignore(out, header, "", "message is too short");
	else if (message[0] == 0x08)
		check_q931(rules, message, length - header, header, out);
	else if (message[0] == 0x03 || message[0] == 0x43)
		check_maintenance(rules, message, length - header, header, out);
	else
		ignore(out, header, "", "unknown protocol discriminator");
}

/* ---- frames */

/* Q.921 3.2 to 3.6. NULL: libpri knows what to do with it. */
static const char *frame_fault(const uint8_t *frame, size_t length)
{
	unsigned sapi, tei;
	uint8_t control;

	if (length < 3 || length > DCHANNEL_FRAME_MAX)
		return "frame has a wrong length";
	if (frame[0] & 0x01 || !(frame[1] & 0x01))
		return "address field is wrong";
	sapi = frame[0] >> 2;
	tei = frame[1] >> 1;
	control = frame[2];
	if ((control & 0x03) != 0x03 && length < 4)
		return "frame has a wrong length";
	if ((control & 0xef) == 0x03) /* UI */
		return sapi == 63 && (length < 8 || frame[3] != 0x0f) ? "TEI management" : NULL;
	if (sapi == 63 || tei == 127)
		return "frame to a group of terminals is not UI";
	if ((control & 0x03) == 0x01)
		return control == 0x01 || control == 0x05 || control == 0x09
			   ? NULL
			   : "unknown supervisory frame";
	if (!(control & 0x01))
		return NULL;
	switch (control & 0xef) {
	case 0x6f: /* SABME, DM, DISC, UA, XID */
	case 0x0f:
	case 0x43:
	case 0x63:
	case 0xaf:
		return NULL;
	case 0x87: /* FRMR */
		return length < 8 ? "frame has a wrong length" : NULL;
	default:
		return "unknown unnumbered frame";
	}
}

void dss1_check(const struct dss1_rules *rules, const uint8_t *frame, size_t length,
		struct dss1_checked *out)
{
	const char *fault = frame_fault(frame, length);
	bool is_message;

	out->verdict = DSS1_GOOD;
	out->length = 0;
	out->why[0] = '\0';
	if (fault) {
		drop(out, fault);
		return;
	}
	is_message = !(frame[2] & 0x01) || (frame[2] & 0xef) == 0x03;
	if (is_message && frame[0] >> 2 == 0) {
		check_layer3(rules, frame, length, out);
		return;
	}
	memcpy(out->octets, frame, length);
	out->length = length;
}
