/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * script_message - Q.931 messages from and to the words of a script, right or wrong.
 *
 * A word is NAME, NAME=VALUE or NAME=VALUE,OPTION,OPTION=VALUE...: an information element, such as
 * channel=3,exclusive, or something done to the message as a whole (cut=12). In a message to be
 * sent the elements stand in the order of the words. In a condition each word must be true of some
 * element: NAME (it is there), !NAME (it is not), NAME=VALUE; VALUE may be ?VARIABLE, which takes
 * what is there. Which words there are is in the manual, sipspan-exchange(1).
 *
 * A word $NAME has no value yet: it passes all checks, for what it may be once it has one.
 * Errors are negative errno with one sentence in why. Nothing is allocated.
 */
#ifndef GATEWAY_EXCHANGE_SCRIPT_MESSAGE_H
#define GATEWAY_EXCHANGE_SCRIPT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/exchange/lapd.h"

#define SCRIPT_TEXT_MAX (2 * LAPD_MESSAGE_MAX) /* longest value of a word, hex included */

struct script_message {
	uint8_t octets[LAPD_MESSAGE_MAX]; /* layer 3, from the protocol discriminator on */
	size_t length;
};

struct script_outline { /* of a message to be sent */
	uint8_t type;
	uint16_t reference;
	bool no_reference; /* the dummy call reference: length 0 */
	bool flag;	   /* call reference flag: the far end made the call */
	char *const *words;
	unsigned count;
	const struct script_message *original; /* what =same copies from; NULL: nothing */
};

/* "SETUP-ACK", "STATUS-ENQUIRY", 0x7d, 125; -EINVAL. */
int script_message_type(const char *name);
int script_message_build(const struct script_outline *outline, struct script_message *out,
			 char *why, size_t why_size);
/* Are these conditions well formed? */
int script_message_check(char *const *words, unsigned count, char *why, size_t why_size);

struct script_captures {
	void (*capture)(void *arg, const char *variable, const char *value);
	void *arg;
};

/* 1: all are true, and the captures were made. 0: why tells which is not. */
int script_message_match(const struct script_message *message, char *const *words, unsigned count,
			 const struct script_captures *captures, char why[256]);

/* Even count of hexadecimal digits, . and : between them allowed. Octets or -EINVAL. */
int script_hex(const char *text, uint8_t *out, size_t size);
/* 17 or 0x11, up to most; or -EINVAL. */
int script_number(const char *text, unsigned most, unsigned *out);

#endif
