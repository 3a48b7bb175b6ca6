/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * subscriber - the scripted telephones behind the exchange: a table, one row a number.
 *
 * subscriber_find() chooses the row by the last four digits called; subscriber_start() runs its
 * script for one call. Each step is an order to the line (subscriber_ops); waits are timers of
 * libosmocore's loop. A script that ends without clearing the call leaves it up until the caller
 * hangs up. subscriber_stop() must be called when the call ends for any reason (also after the
 * script has cleared it); no order is given after it.
 * The orders may be given before subscriber_start() returns. An order must not call
 * subscriber_stop() itself.
 */
#ifndef GATEWAY_EXCHANGE_SUBSCRIBER_H
#define GATEWAY_EXCHANGE_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>

#define SUBSCRIBER_DIGITS 4

enum subscriber_audio {
	SUBSCRIBER_AUDIO_NONE,
	SUBSCRIBER_AUDIO_RINGING,
	SUBSCRIBER_AUDIO_ECHO, /* looped frame by frame */
	SUBSCRIBER_AUDIO_PLAY, /* the WAV or the tone */
	SUBSCRIBER_AUDIO_ANNOUNCEMENT,
	SUBSCRIBER_AUDIO_DIGITS, /* digits heard are sent back */
};

struct subscriber_ops {
	void (*proceeding)(void *line);
	void (*alerting)(void *line);
	void (*progress)(void *line, unsigned progress); /* enum isdn_progress */
	void (*connect)(void *line);
	void (*audio)(void *line, enum subscriber_audio audio);
	void (*charge)(void *line, unsigned units, bool final);
	void (*clear)(void *line, unsigned cause);
};

struct subscriber_delays {
	unsigned proceeding_ms;	  /* SETUP to CALL PROCEEDING */
	unsigned alerting_ms;	  /* to ALERTING */
	unsigned answer_ms;	  /* ALERTING to CONNECT */
	unsigned announcement_ms; /* how long 0008 talks */
};

struct subscriber_row;
struct subscriber;

/* Never NULL: numbers that are not in the table get the row "unallocated". */
const struct subscriber_row *subscriber_find(const char *called);
const char *subscriber_row_does(const struct subscriber_row *row); /* "answers and echoes" */
/* For --help: one line a row. */
void subscriber_list(char *text, size_t size);

/* ops and delays must stay valid. */
int subscriber_start(void *ctx, const struct subscriber_row *row, const struct subscriber_ops *ops,
		     const struct subscriber_delays *delays, void *line, struct subscriber **out);
void subscriber_stop(struct subscriber *subscriber); /* NULL is allowed */

#endif
