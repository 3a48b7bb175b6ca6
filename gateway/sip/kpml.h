/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kpml - key press markup language (RFC 4730): reads what digits somebody wants to hear of, finds them
 * among those dialled, and reads and writes reports. libxml2 reads; a document with a DTD is refused
 * unread. No SIP here.
 *
 * A digit that was pressed for long has a name of its own among the digits dialled, kpml_digit(). "L5"
 * takes a long 5 only. Where no expression of a request names it so, a long 5 is a 5.
 */
#ifndef GATEWAY_SIP_KPML_H
#define GATEWAY_SIP_KPML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KPML_DOCUMENT_MAX 8192
#define KPML_REGEX_MAX 16    /* expressions in a request */
#define KPML_ELEMENTS_MAX 24 /* of one expression */
#define KPML_DIGITS_MAX 32   /* that an expression can take */
#define KPML_TAG_MAX 64

enum kpml_persist {
	KPML_ONE_SHOT, /* the subscription ends with the first report */
	KPML_PERSIST,
	KPML_SINGLE_NOTIFY, /* one report, then it waits for the next SUBSCRIBE */
};

struct kpml_element { /* so many digits of a set */
	uint32_t set; /* bit n: "0123456789*#ABCD"[n]; bit 16 + n: the same pressed for long */
	uint8_t min, max;
};

struct kpml_regex {
	struct kpml_element elements[KPML_ELEMENTS_MAX];
	unsigned count;
	char tag[KPML_TAG_MAX];
};

struct kpml_request {
	enum kpml_persist persist;
	unsigned interdigit_ms; /* until the next digit that a number needs */
	unsigned critical_ms;	/* ... and that it could take */
	unsigned extra_ms;	/* until enter_key, behind what is complete without it */
	unsigned long_ms;	/* from here on a digit is long */
	bool long_repeat;	/* it counts anew each long_ms */
	bool no_partial;	/* nothing is told of digits that fit nothing in time */
	bool flush;		/* <flush>yes</flush>: those dialled before it do not count */
	char enter_key;		/* ends the digits and is none of them; 0: none */
	struct kpml_regex regex[KPML_REGEX_MAX];
	unsigned count;
};

enum kpml_fit {
	KPML_NO_FIT,
	KPML_MORE, /* they are the beginning of one */
	KPML_FIT,  /* and of none that is longer */
	KPML_FIT_MAYBE_MORE,
};

enum kpml_code { /* of a report */
		 KPML_FITS = 200,
		 KPML_ENTERED = 402,	  /* the enter key, and the digits before it fit nothing */
		 KPML_TIMED_OUT = 423,	  /* they are the beginning of something */
		 KPML_EXPIRED = 487,	  /* the subscription is over; digits: what there was */
		 KPML_BAD_DOCUMENT = 501, /* or one that asks for what is not known here */
		 KPML_TOO_MANY_REGEX = 534,
};

struct kpml_response {
	unsigned code; /* enum kpml_code */
	char digits[KPML_DIGITS_MAX + 1];
	char tag[KPML_TAG_MAX];
	bool forced_flush; /* there were more digits than are kept */
};

/* As it stands among digits here; kpml_write_response() writes it plain. */
char kpml_digit(char digit, bool is_long);
/* -EBADMSG: it is no such document; -ENOTSUP: it asks for what is not known here, as <pre>, digits that
 * are not to be heard; -E2BIG: for more than KPML_REGEX_MAX. */
int kpml_read_request(const char *xml, size_t size, struct kpml_request *out);
/* regex: the first that fits as a whole, if one does. */
enum kpml_fit kpml_match(const struct kpml_request *request, const char *digits, unsigned *regex);
int kpml_read_response(const char *xml, size_t size, struct kpml_response *out);
/* The length, or 0: no room. */
size_t kpml_write_response(const struct kpml_response *response, char *text, size_t size);
/* A request for each digit by itself, for as long as the subscription lasts. */
extern const char kpml_each_digit[];

#endif
