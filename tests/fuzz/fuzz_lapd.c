// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames of a data link from a hostile far end: the first octet says which side we are and how we behave;
 * then frames, each behind its length. A length above 250 is an event of ours instead.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/lapd if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/exchange/lapd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long octets_sent;

static void on_link(void *arg, bool up)
{
}

static void on_message(void *arg, const uint8_t *octets, size_t length)
{
	assert(length <= LAPD_MESSAGE_MAX);
	for (size_t i = 0; i < length; i++)
		octets_sent += octets[i];
}

static void on_transmit(void *arg, const uint8_t *frame, size_t length)
{
	assert(length >= 3 && length <= 4 + LAPD_MESSAGE_MAX);
	octets_sent += frame[length - 1];
}

static const struct lapd_handlers handlers = {
    .link = on_link, .message = on_message, .transmit = on_transmit};

static void do_event(struct lapd *lapd, unsigned what)
{
	static const uint8_t message[40] = {8};

	switch (what) {
	case 251:
		lapd_establish(lapd);
		break;
	case 252:
		lapd_release(lapd);
		break;
	case 253:
		lapd_send_unnumbered(lapd, message, sizeof(message));
		break;
	default:
		if (lapd_unacknowledged(lapd) < 20)
			lapd_send(lapd, message, sizeof(message));
	}
}

static void receive(struct lapd *lapd, const uint8_t *data, size_t length)
{
	uint8_t *frame = malloc(length ? length : 1); /* ends where its memory ends */

	memcpy(frame, data, length);
	lapd_receive(lapd, frame, length);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lapd_config config = {.network = size && data[0] & 1};
	struct lapd *lapd = NULL;

	assert(lapd_new(NULL, &config, &handlers, NULL, &lapd) == 0);
	if (size > 0)
		lapd_behave(lapd, (data[0] >> 1) % (LAPD_REFUSING + 1));
	for (size_t at = 1; at < size;) {
		size_t length = data[at++];

		if (length > 250) {
			do_event(lapd, (unsigned)length);
			continue;
		}
		if (length > size - at)
			length = size - at;
		receive(lapd, data + at, length);
		at += length;
	}
	lapd_free(lapd);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "lapd", replay);
}
#endif
