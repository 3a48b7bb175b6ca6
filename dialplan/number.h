/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * number - a telephone number with what ISDN says about it (Q.931 4.5.8, 4.5.10).
 *
 * The values of the enums are those on the wire, so that no table stands between this and Q.931.
 * digits holds 0-9 A-D * # and, in first place only, + (known to be international, E.164).
 */
#ifndef DIALPLAN_NUMBER_H
#define DIALPLAN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_DIGITS_MAX 32 /* digits, without the terminating zero */

enum number_ton { /* type of number, Q.931 table 4-9 */
		  TON_UNKNOWN = 0,
		  TON_INTERNATIONAL = 1,
		  TON_NATIONAL = 2,
		  TON_NETWORK = 3,
		  TON_SUBSCRIBER = 4,
		  TON_ABBREVIATED = 6,
		  TON_RESERVED = 7,
};

enum number_npi { /* numbering plan identification, Q.931 table 4-9 */
		  NPI_UNKNOWN = 0,
		  NPI_ISDN = 1,
		  NPI_DATA = 3,
		  NPI_TELEX = 4,
		  NPI_NATIONAL = 8,
		  NPI_PRIVATE = 9,
		  NPI_ERMES = 10,
		  NPI_RESERVED = 15,
};

struct number {
	char digits[NUMBER_DIGITS_MAX + 1];
	uint8_t ton; /* enum number_ton */
	uint8_t npi; /* enum number_npi */
};

/* Sets digits. Returns 0; -EINVAL if text has anything but the digits above, -EMSGSIZE if it has
 * more than NUMBER_DIGITS_MAX of them. n is untouched on error. Visual separators (- . space ( ))
 * of RFC 3966 are dropped. */
int number_set(struct number *n, const char *text, enum number_ton ton, enum number_npi npi);

/* The same number with a leading + where ton says international; that is what SIP shows. */
void number_to_e164(const struct number *n, char out[NUMBER_DIGITS_MAX + 2]);

/* The other way round, for SIP user parts: a leading + becomes TON international/NPI ISDN and
 * is dropped; anything else is TON unknown, NPI unknown. Errors as number_set. */
int number_from_e164(struct number *n, const char *text);

const char *number_ton_name(unsigned ton); /* "international"; never NULL */
const char *number_npi_name(unsigned npi);
int number_ton_from_name(const char *name); /* or -EINVAL */
int number_npi_from_name(const char *name);

#endif
