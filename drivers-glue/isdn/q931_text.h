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
	DSS1_STATUS = 0x7d,
};

struct dss1_message {
	uint8_t type;	    /* enum dss1_type or any other octet */
	bool by_originator; /* sent by the side that made the call (call reference flag 0) */
	uint16_t reference; /* 0: global or none */
	uint8_t channel;    /* timeslot named, 0 if none */
	bool exclusive;
	uint8_t cause, location; /* cause 0: none */
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
/* "SETUP ch 3 5551234 > 0001", "DISCONNECT cause 17 PI 8". A restricted number is not written. */
void dss1_describe(const struct dss1_message *message, char *text, size_t size);

#endif
