/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * party - who calls, who answers, who diverted the call, and what one user says to the other.
 *
 * Values of the enums are those on the wire (Q.931, Q.951, Q.952). Names are UTF-8. An element that
 * is not there is all zero: length 0, count 0, empty digits.
 */
#ifndef DIALPLAN_PARTY_H
#define DIALPLAN_PARTY_H

#include "dialplan/number.h"

#define PARTY_NAME_MAX 63
#define SUBADDRESS_MAX 20 /* Q.931 4.5.9 */
#define USER_USER_MAX 128 /* Q.931 4.5.30: 131 octets with its header and protocol */
#define DISPLAY_MAX 80
#define KEYPAD_MAX 32 /* Q.931 4.5.18: 34 octets with its header */

enum number_presentation { /* Q.931 table 4-11 */
			   PRESENTATION_ALLOWED = 0,
			   PRESENTATION_RESTRICTED = 1,
			   PRESENTATION_UNAVAILABLE = 2,
};

enum number_screening { /* Q.931 table 4-11 */
			SCREENING_NOT_SCREENED = 0,
			SCREENING_VERIFIED_PASSED = 1,
			SCREENING_VERIFIED_FAILED = 2,
			SCREENING_NETWORK = 3,
};

enum subaddress_type { /* Q.931 4.5.9 */
		       SUBADDRESS_NSAP = 0,
		       SUBADDRESS_USER = 2,
};

struct subaddress {
	uint8_t type;	/* enum subaddress_type */
	bool odd;	/* user specified in BCD: odd number of digits */
	uint8_t length; /* 0: none */
	uint8_t octets[SUBADDRESS_MAX];
};

/* Who calls, or who answered: number, name and whether they may be shown. An empty number with
 * PRESENTATION_ALLOWED is a call without calling party number. */
struct party {
	struct number number;
	uint8_t presentation;	       /* enum number_presentation */
	uint8_t screening;	       /* enum number_screening */
	char name[PARTY_NAME_MAX + 1]; /* UTF-8, empty if none */
	struct subaddress subaddress;
};

enum redirection_reason { /* Q.931 redirecting number, octet 3b (Q.952) */
			  REDIRECTION_UNKNOWN = 0,
			  REDIRECTION_BUSY = 1,
			  REDIRECTION_NO_REPLY = 2,
			  REDIRECTION_DEFLECTION = 3,
			  REDIRECTION_OUT_OF_ORDER = 9,
			  REDIRECTION_BY_EQUIPMENT = 10,
			  REDIRECTION_UNCONDITIONAL = 15,
};

struct redirection {
	uint8_t count;		 /* how often the call was diverted; 0: it was not */
	uint8_t reason;		 /* enum redirection_reason, of the last diversion */
	uint8_t original_reason; /* of the first one */
	struct party from;	 /* who diverted it last */
	struct party original;	 /* who was called first; empty if not known */
	struct party to;	 /* told to the caller: where it was diverted; else empty */
};

#define USER_USER_IA5 4

struct user_user {
	uint8_t protocol; /* protocol discriminator, Q.931 table 4-26 */
	uint8_t length;	  /* 0: none */
	uint8_t octets[USER_USER_MAX];
};

const char *redirection_reason_name(unsigned reason); /* "no reply"; never NULL */

#endif
