// SPDX-License-Identifier: GPL-2.0-or-later
/* A session description: as an offer that is answered, as an answer to ours, and as what an offer of ours
 * follows. What is written must be one again, with the same lines, and without a character that is not
 * text: parts of it came from the far end.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/offer if none is named). */
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "gateway/sip/offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct offer_local *local(unsigned which)
{
	static struct offer_local all[] = {
	    {.codecs = {PEER_CODEC_G711ALAW, PEER_CODEC_G711ULAW}, .event_payload_type = 101},
	    {.codecs = {PEER_CODEC_G711ULAW, PEER_CODEC_CLEAR}, .event_payload_type = 96},
	    {.codecs = {PEER_CODEC_CLEAR, PEER_CODEC_G711ALAW, PEER_CODEC_G711ULAW}},
	};
	struct offer_local *l = &all[which % 3];
	struct sockaddr_in *rtp = (struct sockaddr_in *)&l->rtp;

	rtp->sin_family = AF_INET;
	rtp->sin_port = htons(16384);
	l->mode = OFFER_SEND | OFFER_RECEIVE;
	return l;
}

static void look_at(const struct offer *offer)
{
	assert(offer->count <= OFFER_STREAMS_MAX);
	for (unsigned i = 0; i < offer->count; i++) {
		const struct offer_stream *s = &offer->streams[i];

		assert(memchr(s->media, '\0', sizeof(s->media)) && s->media[0]);
		assert(memchr(s->protocol, '\0', sizeof(s->protocol)) && s->protocol[0]);
		assert(memchr(s->format, '\0', sizeof(s->format)) && s->format[0]);
		assert(!s->usable || s->port);
	}
}

static void look_at_agreed(const struct offer_agreed *agreed)
{
	assert(agreed->codec && agreed->ptime_ms >= 10 && agreed->ptime_ms <= 60);
	assert(agreed->ptime_ms % 10 == 0 && agreed->mode <= 3);
	assert(!agreed->event_payload_type || agreed->event_payload_type >= 96);
}

/* Reads what was written; lines: so many m= lines it must have. */
static void read_again(const char *text, int length, unsigned lines, struct offer *out)
{
	assert(length > 0 && (size_t)length == strlen(text));
	for (const char *c = text; *c; c++)
		assert((unsigned char)*c >= ' ' || *c == '\r' || *c == '\n');
	for (const char *c = strchr(text, '\r'); c; c = strchr(c + 1, '\r'))
		assert(c[1] == '\n');
	assert(offer_parse(text, (size_t)length, out) == 0);
	assert(out->count == lines);
}

static void write_offer(const struct offer_local *l, const struct offer *lines,
			const struct offer_agreed *before)
{
	char text[OFFER_TEXT_MAX];
	struct offer ours;
	int length = offer_write(l, lines, before, text, sizeof(text));

	read_again(text, length, lines->count, &ours);
	for (unsigned i = 0; i < OFFER_CODECS_MAX && l->codecs[i]; i++)
		assert(memchr(ours.streams[before->stream].codecs, l->codecs[i], OFFER_CODECS_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct offer_local *l = local((unsigned)size);
	struct offer_agreed agreed;
	char text[OFFER_TEXT_MAX];
	struct offer offer, ours;

	if (offer_parse((const char *)data, size, &offer))
		return 0;
	look_at(&offer);
	if (!offer_answer(&offer, l, &agreed)) {
		look_at_agreed(&agreed);
		read_again(text, offer_write_answer(&offer, l, &agreed, text, sizeof(text)),
			   offer.count, &ours);
		assert(ours.streams[agreed.stream].codecs[0] == agreed.codec);
		write_offer(l, &offer, &agreed);
	}
	for (unsigned i = 0; i <= offer.count && i < OFFER_STREAMS_MAX; i++)
		if (!offer_accept(l, &offer, i, &agreed)) {
			look_at_agreed(&agreed);
			write_offer(l, &offer, &agreed);
		}
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
	return replay_main(argc, argv, "offer", replay);
}
#endif
