// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log/fnv.h"
#include "gateway/sip/ua_private.h"
#include "gateway/wire/media_client.h"

#define MEDIA_CNAME "sipspan"

void session_init(struct session *s, struct media_client *media, const uint8_t *codecs,
		  uint8_t event_payload_type)
{
	memset(s, 0, sizeof(*s));
	s->media = media;
	memcpy(s->local.codecs, codecs, sizeof(s->local.codecs));
	s->local.event_payload_type = event_payload_type;
	s->local.mode = OFFER_SEND | OFFER_RECEIVE;
	s->local.session = (uint32_t)random();
	s->local.version = 1;
}

void session_close(struct session *s)
{
	media_client_end_close(s->media, s->end);
	s->end = 0;
	s->local.rtp.ss_family = AF_UNSPEC;
}

int session_open(struct session *s, const struct sockaddr_storage *far)
{
	int family = far->ss_family, rc;
	struct sockaddr_storage address = family == AF_INET6 ? s->media6 : s->media4;

	if (s->end && s->local.rtp.ss_family == family)
		return 0;
	if (s->end)
		session_close(s);
	if (address.ss_family == AF_UNSPEC) {
		/* Not its media address if that can be helped: behind NAT it means nothing here. */
		rc = ua_local_address(s->signalling.ss_family == family ? &s->signalling : far,
				      &address);
		if (rc < 0)
			return rc;
	}
	if (address.ss_family != family)
		return -EAFNOSUPPORT;
	return media_client_stream_open(s->media, (struct sockaddr *)&address, &s->end,
					&s->local.rtp);
}

/* Nothing is sent to a caller who has no description of ours yet: a phone that gets RTP stops its
 * own ringing tone (RFC 3960 3.2), and would have silence instead. */
static int tell_media(struct session *s)
{
	static const uint32_t codecs[] = {
	    [PEER_CODEC_G711ULAW] = WIRE_PCMU,
	    [PEER_CODEC_G711ALAW] = WIRE_PCMA,
	    [PEER_CODEC_CLEAR] = WIRE_CLEARMODE,
	};
	bool sends = s->written && !s->quiet;
	uint32_t mode = sends ? s->agreed.mode : s->agreed.mode & ~(uint32_t)OFFER_SEND;
	struct wire_stream_set set = {
	    .rtp = s->agreed.rtp,
	    .rtcp = s->agreed.rtcp,
	    .codec = codecs[s->agreed.codec],
	    .clear_payload_type = s->agreed.clear_payload_type,
	    .event_payload_type = s->agreed.event_payload_type,
	    .digits_signalled = s->digits_signalled,
	    .ptime_ms = s->agreed.ptime_ms,
	    .mode = mode,
	    .generation = s->generation,
	    .cname = MEDIA_CNAME,
	};

	return media_client_stream_set(s->media, s->end, &set);
}

void session_signal_digits(struct session *s, bool signalled)
{
	if (s->digits_signalled == signalled)
		return;
	s->digits_signalled = signalled;
	if (s->agreed.codec && s->end)
		tell_media(s);
}

void session_quiet(struct session *s, bool quiet)
{
	if (s->quiet == quiet)
		return;
	s->quiet = quiet;
	if (s->agreed.codec && s->end)
		tell_media(s);
}

static bool same_agreement(const struct offer_agreed *a, const struct offer_agreed *b)
{
	return a->codec == b->codec && a->clear_payload_type == b->clear_payload_type &&
	       a->event_payload_type == b->event_payload_type && a->mode == b->mode &&
	       a->remote_mode == b->remote_mode && a->ptime_ms == b->ptime_ms &&
	       a->stream == b->stream && !memcmp(&a->rtp, &b->rtp, sizeof(a->rtp)) &&
	       !memcmp(&a->rtcp, &b->rtcp, sizeof(a->rtcp));
}

static int settle(struct session *s, const struct offer_agreed *agreed)
{
	bool first = !s->agreed.codec;

	if (!first && same_agreement(agreed, &s->agreed))
		return 0;
	s->agreed = *agreed;
	s->generation++;
	return tell_media(s);
}

int session_take_offer(struct session *s, const char *sdp, size_t size)
{
	struct offer_agreed agreed = {0};
	struct offer offer;
	const struct sockaddr_storage *far = &agreed.rtp;
	int rc = offer_parse(sdp, size, &offer);

	if (!rc)
		rc = offer_answer(&offer, &s->local, &agreed);
	if (rc)
		return rc;
	if (far->ss_family == AF_UNSPEC) /* held from the start: no address in it */
		far = s->end ? &s->local.rtp : &s->signalling;
	if (s->state != SESSION_NEW && s->end && far->ss_family != s->local.rtp.ss_family)
		return -EAFNOSUPPORT;
	rc = session_open(s, far);
	if (rc < 0)
		return rc;
	s->remote = offer;
	rc = settle(s, &agreed);
	if (s->state != SESSION_ANSWER_SENT)
		s->state = SESSION_AGREED;
	return rc;
}

int session_take_answer(struct session *s, const char *sdp, size_t size)
{
	struct offer_agreed agreed = {0};
	struct offer answer;
	int rc = offer_parse(sdp, size, &answer);

	if (!rc)
		rc = offer_accept(&s->local, &answer, s->agreed.stream, &agreed);
	if (rc)
		return rc;
	if (agreed.rtp.ss_family != AF_UNSPEC && agreed.rtp.ss_family != s->local.rtp.ss_family)
		return -EAFNOSUPPORT;
	rc = settle(s, &agreed);
	s->state = SESSION_AGREED;
	return rc;
}

static int write_once(struct session *s, bool answer, char *text, size_t size)
{
	return answer ? offer_write_answer(&s->remote, &s->local, &s->agreed, text, size)
		      : offer_write(&s->local, &s->remote, &s->agreed, text, size);
}

static uint32_t hash(const char *text)
{
	uint32_t sum = fnv_text(text);

	return sum ? sum : 1;
}

static int write_description(struct session *s, bool answer, char *text, size_t size)
{
	int rc = write_once(s, answer, text, size);

	if (rc < 0)
		return rc;
	if (s->written && s->written != hash(text)) {
		s->local.version++;
		rc = write_once(s, answer, text, size);
		if (rc < 0)
			return rc;
	}
	s->written = hash(text);
	return rc;
}

int session_write_answer(struct session *s, char *text, size_t size)
{
	bool first = !s->written;
	int rc;

	if (s->state == SESSION_AGREED)
		s->state = SESSION_ANSWER_SENT;
	rc = write_description(s, true, text, size);
	if (rc >= 0 && first)
		tell_media(s);
	return rc;
}

int session_write_offer(struct session *s, char *text, size_t size)
{
	if (s->state == SESSION_NEW)
		s->state = SESSION_OFFERED;
	return write_description(s, false, text, size);
}

void session_hold(struct session *s, bool held)
{
	s->local.mode = held ? OFFER_SEND : OFFER_SEND | OFFER_RECEIVE;
}

bool session_is_held(const struct session *s)
{
	return s->agreed.codec && !(s->agreed.remote_mode & OFFER_RECEIVE);
}
