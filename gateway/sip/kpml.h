/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kpml - key press markup language (RFC 4730): reads what digits somebody wants to hear of, finds them
 * among those dialled, and reads and writes reports. libxml2 reads; a document with a DTD is refused
 * unread. No SIP here.
 */
#ifndef GATEWAY_SIP_KPML_H
#define GATEWAY_SIP_KPML_H

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
	uint16_t set; /* bit n: "0123456789*#ABCD"[n] */
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
	struct kpml_regex regex[KPML_REGEX_MAX];
	unsigned count;
};

enum kpml_fit {
	KPML_NO_FIT,
	KPML_MORE, /* they are the beginning of one */
	KPML_FIT,  /* and of none that is longer */
	KPML_FIT_MAYBE_MORE,
};

struct kpml_response {
	unsigned code; /* 200, 423 */
	char digits[KPML_DIGITS_MAX + 1];
	char tag[KPML_TAG_MAX];
};

/* -EBADMSG: it is no such document; -ENOTSUP: it asks for what is not known here. */
int kpml_read_request(const char *xml, size_t size, struct kpml_request *out);
/* regex: the first that fits as a whole, if one does. */
enum kpml_fit kpml_match(const struct kpml_request *request, const char *digits, unsigned *regex);
int kpml_read_response(const char *xml, size_t size, struct kpml_response *out);
/* The length, or 0: no room. */
size_t kpml_write_response(const struct kpml_response *response, char *text, size_t size);
/* A request for each digit by itself, for as long as the subscription lasts. */
extern const char kpml_each_digit[];

#endif
