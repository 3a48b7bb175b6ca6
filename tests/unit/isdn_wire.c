// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/isdn_wire.h"

#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "drivers-glue/isdn/q931_text.h"

static unsigned seed = 1;

unsigned isdn_dice(unsigned sides)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % sides;
}

static size_t bend(uint8_t *frame, size_t length)
{
	if (length <= 6 || (frame[2] & 1))
		return length;
	switch (isdn_dice(8)) {
	case 0:
		return 4 + isdn_dice((unsigned)length - 4);
	case 1:
	case 2:
		for (unsigned n = 1 + isdn_dice(3); n > 0; n--)
			frame[4 + isdn_dice((unsigned)length - 4)] = (uint8_t)isdn_dice(256);
		return length;
	default:
		return length;
	}
}

static size_t add_progress(uint8_t *frame, size_t length)
{
	static const uint8_t element[] = {0x1e, 0x02, 0x82, 0x88};

	if (length < 10 || (frame[2] & 1) || frame[8] != DSS1_DISCONNECT)
		return length;
	memcpy(frame + length, element, sizeof(element));
	return length + sizeof(element);
}

/* Header and control field, discriminator, call reference of two octets: the type is the ninth. */
static bool is_message(const uint8_t *frame, size_t length, uint8_t type)
{
	return length >= 9 && !(frame[2] & 1) && frame[8] == type;
}

static size_t add_element(const struct isdn_wire *wire, uint8_t *frame, size_t length)
{
	if (!is_message(frame, length, wire->element.message))
		return length;
	memcpy(frame + length, wire->element.octets, wire->element.length);
	return length + wire->element.length;
}

static size_t drop_element(const struct isdn_wire *wire, uint8_t *frame, size_t length)
{
	size_t at = 9, gone;

	if (!is_message(frame, length, wire->element.message))
		return length;
	while (at + 1 < length && frame[at] != wire->element.octets[0])
		at += frame[at] & 0x80 ? 1 : 2u + frame[at + 1];
	if (at + 1 >= length)
		return length;
	gone = 2u + frame[at + 1];
	memmove(frame + at, frame + at + gone, length - at - gone);
	return length - gone;
}

/* FACILITY, NOTIFY and HOLD to RETRIEVE REJECT. */
static void flip(struct isdn_wire *wire, uint8_t *frame, size_t length)
{
	unsigned bits;

	if (length < 10 || (frame[2] & 1) ||
	    (frame[8] != 0x62 && frame[8] != 0x64 && frame[8] != 0x6e && (frame[8] & 0xe0) != 0x20))
		return;
	bits = (unsigned)(length - 9) * 8;
	if (bits > wire->flip_count)
		wire->flip_count = bits;
	if (wire->flipped < bits)
		frame[9 + wire->flipped / 8] ^= (uint8_t)(1u << wire->flipped % 8);
}

static int on_wire(struct osmo_fd *fd, unsigned what)
{
	struct isdn_wire_end *from = fd->data;
	struct isdn_wire *wire = from->wire;
	struct isdn_wire_end *to = from == &wire->network ? &wire->user : &wire->network;
	struct isdn_wire_end *also =
	    from == &wire->network && wire->other.wire ? &wire->other : NULL;
	uint8_t frame[1024];
	ssize_t length = read(from->inside, frame, 512);

	if (length <= 0)
		return 0;
	if (length > 8 && !(frame[2] & 1) && frame[8] == DSS1_SETUP)
		wire->setups++;
	switch (wire->fault) {
	case WIRE_CUT:
		return 0;
	case WIRE_BEND:
		length = (ssize_t)bend(frame, (size_t)length);
		break;
	case WIRE_PI_IN_DISCONNECT:
		length = (ssize_t)add_progress(frame, (size_t)length);
		break;
	case WIRE_ADD:
		length = (ssize_t)add_element(wire, frame, (size_t)length);
		break;
	case WIRE_DROP:
		length = (ssize_t)drop_element(wire, frame, (size_t)length);
		break;
	case WIRE_REPLACE:
		length = (ssize_t)drop_element(wire, frame, (size_t)length);
		length = (ssize_t)add_element(wire, frame, (size_t)length);
		break;
	case WIRE_NO_RELEASE_COMPLETE:
		if (length > 8 && !(frame[2] & 1) && frame[8] == DSS1_RELEASE_COMPLETE)
			return 0;
		break;
	case WIRE_RESTART_UNKNOWN:
		if (length > 8 && !(frame[2] & 1) && frame[8] == DSS1_RESTART)
			frame[8] = 0x79;
		break;
	case WIRE_FLIP_SERVICE:
		flip(wire, frame, (size_t)length);
		break;
	case WIRE_MUTE: /* a protocol discriminator that is dropped without a word */
		if (length > 4 && !(frame[2] & 1))
			frame[4] = 0x7f;
		break;
	case WIRE_GOOD:
		break;
	}
	if (also && also->inside >= 0 && write(also->inside, frame, (size_t)length) < 0)
		return 0;
	if (to->inside >= 0 && write(to->inside, frame, (size_t)length) < 0)
		return 0;
	return 0;
}

static void end_open(struct isdn_wire *wire, struct isdn_wire_end *end)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	end->wire = wire;
	end->fd = fds[0];
	end->inside = fds[1];
	osmo_fd_setup(&end->reader, end->inside, OSMO_FD_READ, on_wire, end, 0);
	assert_int_equal(osmo_fd_register(&end->reader), 0);
}

void isdn_wire_open(struct isdn_wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	end_open(wire, &wire->network);
	end_open(wire, &wire->user);
}

void isdn_wire_open_bus(struct isdn_wire *wire)
{
	isdn_wire_open(wire);
	end_open(wire, &wire->other);
}

void isdn_wire_end_lose(struct isdn_wire_end *end)
{
	if (end->inside < 0)
		return;
	osmo_fd_unregister(&end->reader);
	close(end->inside);
	end->inside = -1;
}

void isdn_wire_close(struct isdn_wire *wire)
{
	isdn_wire_end_lose(&wire->network);
	isdn_wire_end_lose(&wire->user);
	close(wire->network.fd);
	close(wire->user.fd);
	if (wire->other.wire) {
		isdn_wire_end_lose(&wire->other);
		close(wire->other.fd);
	}
}

void isdn_wire_element(struct isdn_wire *wire, enum isdn_wire_fault fault, uint8_t message,
		       const void *octets, size_t length)
{
	assert_true(length <= sizeof(wire->element.octets));
	wire->element.message = message;
	wire->element.length = (uint8_t)length;
	memcpy(wire->element.octets, octets, length);
	wire->fault = fault;
}

void isdn_wire_cut(struct isdn_wire *wire)
{
	static const uint8_t to_user[] = {0x02, 0x01, 0x53}, to_network[] = {0x00, 0x01, 0x53};

	assert_int_equal(write(wire->user.inside, to_user, 3), 3);
	assert_int_equal(write(wire->network.inside, to_network, 3), 3);
	wire->fault = WIRE_CUT;
}
