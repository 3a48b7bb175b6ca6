/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * q931_text - reads a Q.931 message: what an engineer wants to see of it, and what libpri does not
 * tell (location of a cause, which progress indicators, whether a channel was named).
 *
 * dss1_decode() takes the octets behind the Q.921 header. It believes nothing: elements that do not
 * fit end the reading, what was read before stays. Nothing is allocated. (The prefix is dss1_,
 * after the ITU name of this signalling: q931_ belongs to libpri.)
 */
#ifndef DRIVERS_GLUE_ISDN_Q931_TEXT_H
#define DRIVERS_GLUE_ISDN_Q931_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DSS1_PROGRESS_MAX 4
#define DSS1_DIGITS_MAX 33
#define DSS1_NO_INTERFACE 0xff

/* Q.931 table 4-2 */
enum dss1_type {
	DSS1_ALERTING = 0x01,
	DSS1_PROCEEDING = 0x02,
	DSS1_PROGRESS = 0x03,
	DSS1_SETUP = 0x05,
	DSS1_CONNECT = 0x07,
	DSS1_SETUP_ACKNOWLEDGE = 0x0d,
	DSS1_CONNECT_ACKNOWLEDGE = 0x0f,
	DSS1_DISCONNECT = 0x45,
	DSS1_RESTART = 0x46,
	DSS1_RELEASE = 0x4d,
	DSS1_RESTART_ACKNOWLEDGE = 0x4e,
	DSS1_RELEASE_COMPLETE = 0x5a,
	DSS1_FACILITY = 0x62,
	DSS1_REGISTER = 0x64,
	DSS1_NOTIFY = 0x6e,
	DSS1_STATUS_ENQUIRY = 0x75,
	DSS1_INFORMATION = 0x7b,
	DSS1_STATUS = 0x7d,
};

/* Q.931 table 4-3 and its neighbours; codeset 0 unless said */
enum dss1_element {
	DSS1_IE_CHANGE_STATUS = 0x01,
	DSS1_IE_ORIGINATING_LINE = 0x01, /* codeset 6 */
	DSS1_IE_BEARER = 0x04,
	DSS1_IE_CAUSE = 0x08,
	DSS1_IE_CONNECTED_ADDRESS = 0x0c,
	DSS1_IE_CALL_STATE = 0x14,
	DSS1_IE_CHANNEL = 0x18,
	DSS1_IE_FACILITY = 0x1c, /* 0 and 6 */
	DSS1_IE_PROGRESS = 0x1e,
	DSS1_IE_NOTIFICATION = 0x27,
	DSS1_IE_DISPLAY = 0x28, /* 0 and 6 */
	DSS1_IE_KEYPAD = 0x2c,
	DSS1_IE_GENERIC_DIGITS = 0x37, /* codeset 6 */
	DSS1_IE_REVERSE_CHARGING = 0x4a,
	DSS1_IE_CONNECTED = 0x4c,
	DSS1_IE_CONNECTED_SUBADDRESS = 0x4d,
	DSS1_IE_CALLING = 0x6c,
	DSS1_IE_CALLING_SUBADDRESS = 0x6d,
	DSS1_IE_CALLED = 0x70,
	DSS1_IE_CALLED_SUBADDRESS = 0x71,
	DSS1_IE_ORIGINAL_CALLED = 0x73,
	DSS1_IE_REDIRECTING = 0x74,
	DSS1_IE_REDIRECTION = 0x76,
	DSS1_IE_RESTART = 0x79,
	DSS1_IE_USER_USER = 0x7e,
	DSS1_IE_SHIFT = 0x90, /* and up to 0x9f */
	DSS1_IE_SENDING_COMPLETE = 0xa1,
};

struct dss1_message {
	uint8_t type;	    /* enum dss1_type or any other octet */
	bool by_originator; /* sent by the side that made the call (call reference flag 0) */
	uint16_t reference; /* 0: global or none */
	uint8_t channel;    /* timeslot named, 0 if none */
	uint8_t interface;  /* of the channel, or of a whole RESTART (NFAS) */
	bool exclusive;
	uint8_t cause, location; /* cause 0: none */
	/* diagnostics of causes 22 and 23: where the number, or the call, has gone */
	char new_number[DSS1_DIGITS_MAX];
	uint8_t new_type; /* as its octet 3: type of number, numbering plan */
	uint8_t progress_count;
	uint8_t progress[DSS1_PROGRESS_MAX];
	bool sending_complete;
	char called[DSS1_DIGITS_MAX], calling[DSS1_DIGITS_MAX]; /* printable, cut to fit */
	bool restricted; /* calling number may not be shown */
};

/* -EBADMSG: too short to have a type; -EPROTO: not Q.931 (protocol discriminator). */
int dss1_decode(const uint8_t *octets, size_t length, struct dss1_message *out);
bool dss1_has_progress(const struct dss1_message *message, unsigned indicator);
/* Indicator to act upon: 8 if it is there, else 1, else the first; 0 if none. */
unsigned dss1_progress(const struct dss1_message *message);

const char *dss1_type_name(unsigned type); /* "SETUP"; never NULL */
/* "Called Party Number"; "element" if it has no name. */
const char *dss1_element_name(unsigned codeset, unsigned id);
/* "SETUP ch 3 5551234 > 0001", "DISCONNECT cause 17 PI 8". A restricted number is not written. */
void dss1_describe(const struct dss1_message *message, char *text, size_t size);

#endif
