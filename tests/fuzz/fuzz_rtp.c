// SPDX-License-Identifier: GPL-2.0-or-later
/* RTP and RTCP from the network, up to and through oRTP: packets, each behind two octets: the first says
 * by its highest bit that it is RTCP and by the others how many ms later it comes, the second is its length.
 * Payload type 101 is a telephone-event.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/rtp if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/media/event.h"
#include "gateway/media/packet.h"
#include "gateway/media/playout.h"
#include "gateway/media/reception.h"
#include "gateway/media/session.h"

#define EVENT_TYPE 101

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rig {
	struct session *session;
	struct playout *playout;
	struct reception reception;
	struct event_receiver events;
	struct digit_steps steps;
	uint64_t now_ns;
};

static ssize_t send_nowhere(void *arg, bool rtcp, const struct iovec *iov, unsigned count)
{
	size_t length = 0;

	for (unsigned i = 0; i < count; i++)
		length += iov[i].iov_len;
	return (ssize_t)length;
}

static const struct session_handlers handlers = {.send = send_nowhere};

static void take_rtp(struct rig *rig, const uint8_t *data, size_t length)
{
	enum reception_verdict verdict;
	struct packet packet;

	if (packet_parse(data, length, &packet))
		return;
	assert(packet.length > 0 && packet.length <= PACKET_PAYLOAD_MAX);
	assert(packet.payload >= data + PACKET_HEADER);
	assert(packet.payload + packet.length <= data + length);
	verdict = reception_packet(&rig->reception, &packet, rig->now_ns,
				   packet.payload_type != EVENT_TYPE);
	if (verdict == RECEPTION_PLAY || verdict == RECEPTION_FRESH)
		session_receive(rig->session, &packet, rig->now_ns, verdict == RECEPTION_FRESH);
}

static void pull(struct rig *rig)
{
	uint8_t block[PLAYOUT_BLOCK_MAX];
	struct digit_step step;
	struct packet packet;

	while (session_pull(rig->session, &packet)) {
		assert(packet.length <= PACKET_PAYLOAD_MAX);
		if (packet.payload_type == EVENT_TYPE)
			event_received(&rig->events, packet.timestamp, packet.payload,
				       packet.length, rig->now_ns);
		else
			playout_packet(rig->playout, packet.timestamp, packet.payload,
				       packet.length);
	}
	event_expire(&rig->events, rig->now_ns);
	while (digit_steps_take(&rig->steps, &step))
		assert(digit_valid((unsigned char)step.digit));
	playout_block(rig->playout, block, sizeof(block));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig rig = {.now_ns = 1000000000};
	static int ready;

	if (!ready++)
		session_setup();
	assert(session_new(1, 1, &handlers, NULL, &rig.session) == 0);
	assert(playout_open(CODEC_ALAW, PLAYOUT_SLACK_START, &rig.playout) == 0);
	reception_init(&rig.reception);
	event_receiver_init(&rig.events, &rig.steps);
	while (size > 2) {
		size_t length = data[1] < size - 2 ? data[1] : size - 2;
		uint8_t *packet = malloc(length ? length : 1); /* ends where its memory ends */

		memcpy(packet, data + 2, length);
		rig.now_ns += (data[0] & 0x7f) * 1000000ull;
		if (!(data[0] & 0x80))
			take_rtp(&rig, packet, length);
		else if (packet_rtcp_valid(packet, length))
			session_receive_rtcp(rig.session, packet, length);
		pull(&rig);
		free(packet);
		data += 2 + length;
		size -= 2 + length;
	}
	session_free(rig.session);
	playout_close(rig.playout);
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
	return replay_main(argc, argv, "rtp", replay);
}
#endif
