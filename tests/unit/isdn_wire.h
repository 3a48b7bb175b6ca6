/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * isdn_wire - a D channel between two ends in one process, run by libosmocore's loop, that can
 * lose, bend and add frames.
 */
#ifndef TESTS_UNIT_ISDN_WIRE_H
#define TESTS_UNIT_ISDN_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/select.h>

enum isdn_wire_fault {
	WIRE_GOOD,
	WIRE_CUT,	       /* nothing gets through */
	WIRE_BEND,	       /* messages are truncated and overwritten at random */
	WIRE_PI_IN_DISCONNECT, /* PI 8 is added */
	WIRE_NO_RELEASE_COMPLETE,
	WIRE_MUTE,	      /* layer 2 is well, but nobody acts on messages of layer 3 */
	WIRE_ADD,	      /* wire->element is added to messages of its type */
	WIRE_REPLACE,	      /* and takes the place of the one that was there */
	WIRE_DROP,	      /* messages of its type lose that element */
	WIRE_RESTART_UNKNOWN, /* RESTART becomes a message that nobody answers */
	WIRE_FLIP_SERVICE,    /* one bit of messages that carry supplementary services */
};

struct isdn_wire_end {
	struct isdn_wire *wire;
	int fd;	    /* for isdn_config.fd_d; closed by isdn_wire_close() */
	int inside; /* what is written here, the owner of fd reads */
	struct osmo_fd reader;
};

struct isdn_wire {
	struct isdn_wire_end network, user;
	struct isdn_wire_end other; /* a bus has a second terminal; wire NULL: it is no bus */
	enum isdn_wire_fault fault;
	struct {
		uint8_t message; /* type */
		uint8_t length;
		uint8_t octets[255];
	} element;
	unsigned flipped;    /* WIRE_FLIP_SERVICE: which bit behind the message type */
	unsigned setups;     /* SETUP messages that either end has sent */
	unsigned flip_count; /* how many there were in the longest message so far */
};

void isdn_wire_open(struct isdn_wire *wire);
void isdn_wire_open_bus(struct isdn_wire *wire); /* both terminals hear the network */
void isdn_wire_close(struct isdn_wire *wire);
/* From now on. octets: identifier, length, contents. fault: one that has to do with an element. */
void isdn_wire_element(struct isdn_wire *wire, enum isdn_wire_fault fault, uint8_t message,
		       const void *octets, size_t length);
/* Both ends hear DISC, and nothing more gets through. */
void isdn_wire_cut(struct isdn_wire *wire);
/* The owner of the end's fd reads an end of file. */
void isdn_wire_end_lose(struct isdn_wire_end *end);

unsigned isdn_dice(unsigned sides); /* 0..sides-1, the same in every run */

#endif
