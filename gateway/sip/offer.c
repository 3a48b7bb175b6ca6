// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/offer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/target.h"

#define LINE_MAX_LENGTH 512
#define FORMATS_MAX 24
#define DYNAMIC_FIRST 96 /* payload types, to 127 */
#define PAYLOAD_PCMU 0
#define PAYLOAD_PCMA 8

enum format {
	FORMAT_STATIC,
	FORMAT_EVENT,
	FORMAT_CLEAR,
	FORMAT_OTHER,
};

/* What is known while lines are read: a session part, then one part for each m= line. */
struct reader {
	struct offer *offer;
	struct offer_stream *stream; /* NULL: session part */
	bool known_protocol;
	struct sockaddr_storage session_address, address;
	bool session_has_address, has_address;
	uint8_t session_mode;
	struct {
		uint8_t payload_type;
		enum format what;
	} formats[FORMATS_MAX];
	unsigned formats_count;
	char rtcp[LINE_MAX_LENGTH]; /* value of a=rtcp: */
};

/* ---- reading */

/* A decimal number that ends at the end, a space or stop. Moves *text behind it. */
static int read_number(const char **text, unsigned max, char stop, unsigned *out)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	value = strtoul(*text, &end, 10);
	if (value > max || (*end && *end != ' ' && *end != stop))
		return -EINVAL;
	*text = end;
	*out = value;
	return 0;
}

/* Copies the next word; false: there is none, it is too long, or no text that may be repeated. */
static bool read_word(const char **text, char *out, size_t size)
{
	size_t length;

	*text += strspn(*text, " ");
	length = strcspn(*text, " ");
	if (!length || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)(*text)[i]))
			return false;
	memcpy(out, *text, length);
	out[length] = '\0';
	*text += length;
	return true;
}

/* "IN IP4 192.0.2.1" or with "/ttl". *known: it is a numeric unicast address. -EINVAL: not that
 * form. */
static int read_address(const char *text, struct sockaddr_storage *out, bool *known)
{
	char net[8], type[8], host[128];

	if (!read_word(&text, net, sizeof(net)) || !read_word(&text, type, sizeof(type)) ||
	    !read_word(&text, host, sizeof(host)))
		return -EINVAL;
	*known = !strcasecmp(net, "IN") && !strchr(host, '/') &&
		 !target_address_parse(host, 0, out) &&
		 out->ss_family == (!strcasecmp(type, "IP6") ? AF_INET6 : AF_INET);
	return 0;
}

static int read_connection(struct reader *r, const char *value)
{
	struct sockaddr_storage address = {0};
	bool known;

	if (read_address(value, &address, &known))
		return -EINVAL;
	if (!known)
		address.ss_family = AF_UNSPEC;
	if (r->stream) {
		r->address = address;
		r->has_address = true;
	} else {
		r->session_address = address;
		r->session_has_address = true;
	}
	return 0;
}

static bool is_unspecified(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
	return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static bool is_multicast(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return IN_MULTICAST(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
	return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static void set_rtcp(struct reader *r)
{
	struct offer_stream *s = r->stream;
	const char *rest = r->rtcp;
	unsigned port = s->port + 1;
	bool known;

	if (r->rtcp[0] && read_number(&rest, 65535, ' ', &port))
		port = 0;
	if (port < 1 || port > 65535)
		return;
	s->rtcp = s->rtp;
	if (r->rtcp[0] && *rest && (read_address(rest, &s->rtcp, &known) || !known))
		s->rtcp = s->rtp;
	target_address_set_port(&s->rtcp, port);
}

static void add_codec(struct offer_stream *s, uint8_t codec, uint8_t payload_type)
{
	if (memchr(s->codecs, codec, sizeof(s->codecs)))
		return;
	*(uint8_t *)memchr(s->codecs, 0, sizeof(s->codecs)) = codec; /* there are no more kinds */
	if (codec == PEER_CODEC_CLEAR)
		s->clear_payload_type = payload_type;
}

static void sort_format(struct offer_stream *s, enum format what, uint8_t type)
{
	switch (what) {
	case FORMAT_EVENT:
		if (!s->event_payload_type)
			s->event_payload_type = type;
		break;
	case FORMAT_CLEAR:
		add_codec(s, PEER_CODEC_CLEAR, type);
		break;
	case FORMAT_STATIC:
		if (type == PAYLOAD_PCMU)
			add_codec(s, PEER_CODEC_G711ULAW, type);
		else if (type == PAYLOAD_PCMA)
			add_codec(s, PEER_CODEC_G711ALAW, type);
		break;
	case FORMAT_OTHER:
		break;
	}
}

/* The stream's lines are all read: sorts out formats and address. */
static void finish_stream(struct reader *r)
{
	struct offer_stream *s = r->stream;

	if (!s)
		return;
	for (unsigned i = 0; i < r->formats_count; i++)
		sort_format(s, r->formats[i].what, r->formats[i].payload_type);
	s->rtp = r->has_address ? r->address : r->session_address;
	if (!s->port || !r->known_protocol || s->rtp.ss_family == AF_UNSPEC ||
	    is_multicast(&s->rtp))
		return;
	s->usable = true;
	if (is_unspecified(&s->rtp)) { /* hold as RFC 2543 had it */
		s->mode &= ~OFFER_RECEIVE;
		memset(&s->rtp, 0, sizeof(s->rtp));
		return;
	}
	target_address_set_port(&s->rtp, s->port);
	set_rtcp(r);
}

static int read_media(struct reader *r, const char *value)
{
	struct offer_stream *s;
	unsigned port, type;
	char word[24];

	finish_stream(r);
	if (r->offer->count == OFFER_STREAMS_MAX)
		return -EINVAL;
	s = r->stream = &r->offer->streams[r->offer->count];
	r->has_address = false;
	r->formats_count = 0;
	r->rtcp[0] = '\0';
	s->mode = r->session_mode;
	if (!read_word(&value, s->media, sizeof(s->media)) || *value != ' ')
		return -EINVAL;
	value++;
	if (read_number(&value, 65535, '/', &port))
		return -EINVAL;
	s->port = port;
	value += strcspn(value, " "); /* "/2": number of ports, which we do not use */
	if (!read_word(&value, s->protocol, sizeof(s->protocol)))
		return -EINVAL;
	while (read_word(&value, word, sizeof(word))) {
		const char *p = word;

		if (!s->format[0])
			snprintf(s->format, sizeof(s->format), "%.15s", word);
		if (r->formats_count == FORMATS_MAX || read_number(&p, 127, ' ', &type))
			continue;
		r->formats[r->formats_count].payload_type = type;
		r->formats[r->formats_count++].what = FORMAT_STATIC;
	}
	if (!s->format[0])
		return -EINVAL;
	r->known_protocol = !strcasecmp(s->media, "audio") && !strcasecmp(s->protocol, "RTP/AVP");
	r->offer->count++;
	return 0;
}

/* "101 telephone-event/8000". A static number that is mapped to something else is not ours. */
static void read_rtpmap(struct reader *r, const char *value)
{
	char encoding[40];
	unsigned type, i;

	if (read_number(&value, 127, ' ', &type) || !read_word(&value, encoding, sizeof(encoding)))
		return;
	for (i = 0; i < r->formats_count; i++) {
		if (r->formats[i].payload_type != type)
			continue;
		if (!strcasecmp(encoding, "telephone-event/8000") && type >= DYNAMIC_FIRST)
			r->formats[i].what = FORMAT_EVENT;
		else if (!strcasecmp(encoding, "CLEARMODE/8000") && type >= DYNAMIC_FIRST)
			r->formats[i].what = FORMAT_CLEAR;
		else if ((type != PAYLOAD_PCMU || strncasecmp(encoding, "PCMU/8000", 9)) &&
			 (type != PAYLOAD_PCMA || strncasecmp(encoding, "PCMA/8000", 9)))
			r->formats[i].what = FORMAT_OTHER;
	}
}

static void read_attribute(struct reader *r, const char *value)
{
	static const struct {
		const char *name;
		uint8_t mode;
	} modes[] = {
	    {"sendrecv", OFFER_SEND | OFFER_RECEIVE},
	    {"sendonly", OFFER_SEND},
	    {"recvonly", OFFER_RECEIVE},
	    {"inactive", 0},
	};
	uint8_t *mode = r->stream ? &r->stream->mode : &r->session_mode;
	unsigned i, number;
	const char *p;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(value, modes[i].name))
			*mode = modes[i].mode;
	if (!r->stream)
		return;
	if (!strncmp(value, "rtpmap:", 7))
		read_rtpmap(r, value + 7);
	else if (!strncmp(value, "rtcp:", 5))
		snprintf(r->rtcp, sizeof(r->rtcp), "%s", value + 5);
	else if (p = value + 6,
		 !strncmp(value, "ptime:", 6) && !read_number(&p, 1000, '.', &number))
		r->stream->ptime_ms = number;
	else if (p = value + 9,
		 !strncmp(value, "maxptime:", 9) && !read_number(&p, 1000, '.', &number))
		r->stream->maxptime_ms = number;
}

static int read_line(struct reader *r, const char *line)
{
	if (line[0] < 'a' || line[0] > 'z' || line[1] != '=')
		return -EINVAL;
	if (line[0] == 'c')
		return read_connection(r, line + 2);
	if (line[0] == 'm')
		return read_media(r, line + 2);
	if (line[0] == 'a')
		read_attribute(r, line + 2);
	return 0;
}

int offer_parse(const char *text, size_t size, struct offer *out)
{
	struct offer offer = {.count = 0};
	struct reader r = {.offer = &offer, .session_mode = OFFER_SEND | OFFER_RECEIVE};
	char line[LINE_MAX_LENGTH];
	size_t at = 0, lines = 0;

	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = (end ? (size_t)(end - text) : size) - at;
		size_t next = at + length + 1;

		if (length && text[at + length - 1] == '\r')
			length--;
		if (memchr(text + at, '\0', length))
			return -EINVAL;
		if (length >= sizeof(line)) {
			if (!lines || text[at] != 'a') /* none of ours is as long */
				return -EINVAL;
			length = 0;
		}
		memcpy(line, text + at, length);
		line[length] = '\0';
		at = next;
		if (!length)
			continue;
		if (!lines++ ? strcmp(line, "v=0") : read_line(&r, line))
			return -EINVAL;
	}
	finish_stream(&r);
	if (!lines)
		return -EINVAL;
	*out = offer;
	return 0;
}

/* ---- agreeing */

static uint16_t choose_ptime(const struct offer_stream *s)
{
	static const uint8_t sizes[] = {60, 40, 30, 20, 10};
	unsigned wanted = s->ptime_ms ? s->ptime_ms : 20, i;

	if (s->maxptime_ms && wanted > s->maxptime_ms)
		wanted = s->maxptime_ms;
	for (i = 0; i < sizeof(sizes); i++)
		if (sizes[i] <= wanted)
			return sizes[i];
	return 10;
}

static bool has_codec(const uint8_t *codecs, uint8_t codec)
{
	unsigned i;

	for (i = 0; i < OFFER_CODECS_MAX && codecs[i]; i++)
		if (codecs[i] == codec)
			return true;
	return false;
}

static void agree(const struct offer_stream *s, uint8_t codec, const struct offer_local *local,
		  struct offer_agreed *agreed)
{
	bool events = local->event_payload_type && codec != PEER_CODEC_CLEAR;

	agreed->codec = codec;
	agreed->clear_payload_type = s->clear_payload_type;
	agreed->event_payload_type = events ? s->event_payload_type : 0;
	agreed->remote_mode = s->mode;
	agreed->mode = 0;
	if (s->mode & OFFER_RECEIVE)
		agreed->mode |= local->mode & OFFER_SEND;
	if (s->mode & OFFER_SEND)
		agreed->mode |= local->mode & OFFER_RECEIVE;
	agreed->ptime_ms = choose_ptime(s);
	agreed->rtp = s->rtp;
	agreed->rtcp = s->rtcp;
}

int offer_answer(const struct offer *offer, const struct offer_local *local,
		 struct offer_agreed *agreed)
{
	unsigned i, k;

	for (i = 0; i < offer->count; i++) {
		const struct offer_stream *s = &offer->streams[i];

		for (k = 0; s->usable && k < OFFER_CODECS_MAX && s->codecs[k]; k++) {
			if (!has_codec(local->codecs, s->codecs[k]))
				continue;
			agree(s, s->codecs[k], local, agreed);
			agreed->stream = i;
			return 0;
		}
	}
	return -ENOTSUP;
}

int offer_accept(const struct offer_local *local, const struct offer *answer, unsigned stream,
		 struct offer_agreed *agreed)
{
	const struct offer_stream *s = &answer->streams[stream];

	if (stream >= answer->count || !s->usable || !s->codecs[0] ||
	    !has_codec(local->codecs, s->codecs[0]))
		return -ENOTSUP;
	agree(s, s->codecs[0], local, agreed);
	agreed->stream = stream;
	return 0;
}

/* ---- writing */

struct writer {
	char *text;
	size_t size, used; /* used > size: it did not fit */
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->used < w->size ? w->text + w->used : NULL,
		      w->used < w->size ? w->size - w->used : 0, format, args);
	va_end(args);
	w->used += n;
}

static bool is_direct(const struct offer_local *local)
{
	return local->direct.rtp.ss_family != AF_UNSPEC;
}

static const struct sockaddr *told_rtp(const struct offer_local *local)
{
	return (const struct sockaddr *)(is_direct(local) ? &local->direct.rtp : &local->rtp);
}

static void put_host(struct writer *w, const struct sockaddr *address)
{
	char host[TARGET_ADDRESS_MAX];

	target_address_host(address, host, sizeof(host));
	put(w, "IN %s %s\r\n", address->sa_family == AF_INET6 ? "IP6" : "IP4", host);
}

/* RFC 3605, where it is not the next port. */
static void put_rtcp(struct writer *w, const struct offer_direct *direct)
{
	unsigned rtcp = target_address_port((const struct sockaddr *)&direct->rtcp);

	if (rtcp != target_address_port((const struct sockaddr *)&direct->rtp) + 1)
		put(w, "a=rtcp:%u\r\n", rtcp);
}

/* It is the gateway that describes, whoever is described: RFC 3264 8 wants the same o= every time. */
static void put_session(struct writer *w, const struct offer_local *local)
{
	const struct sockaddr *ours = (const struct sockaddr *)&local->rtp;

	if (local->external.ss_family == ours->sa_family)
		ours = (const struct sockaddr *)&local->external;
	put(w, "v=0\r\no=sipspan %u %u ", local->session, local->version);
	put_host(w, ours);
	put(w, "s=-\r\nc=");
	put_host(w, is_direct(local) ? told_rtp(local) : ours);
	put(w, "t=0 0\r\n");
}

/* What the m= line and a=rtpmap say of a codec. */
static unsigned codec_payload_type(uint8_t codec, uint8_t clear_payload_type)
{
	switch (codec) {
	case PEER_CODEC_CLEAR:
		return clear_payload_type;
	case PEER_CODEC_G711ALAW:
		return PAYLOAD_PCMA;
	default:
		return PAYLOAD_PCMU;
	}
}

static void put_audio(struct writer *w, const struct offer_local *local,
		      const struct offer_agreed *what, const uint8_t *codecs)
{
	static const char *const names[] = {
	    [PEER_CODEC_G711ULAW] = "PCMU",
	    [PEER_CODEC_G711ALAW] = "PCMA",
	    [PEER_CODEC_CLEAR] = "CLEARMODE",
	};
	unsigned i;

	put(w, "m=audio %u RTP/AVP", target_address_port(told_rtp(local)));
	for (i = 0; i < OFFER_CODECS_MAX && codecs[i]; i++)
		put(w, " %u", codec_payload_type(codecs[i], what->clear_payload_type));
	if (what->event_payload_type)
		put(w, " %u", what->event_payload_type);
	put(w, "\r\n");
	for (i = 0; i < OFFER_CODECS_MAX && codecs[i]; i++)
		put(w, "a=rtpmap:%u %s/8000\r\n",
		    codec_payload_type(codecs[i], what->clear_payload_type), names[codecs[i]]);
	if (what->event_payload_type)
		put(w, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\n",
		    what->event_payload_type, what->event_payload_type);
	if (is_direct(local))
		put_rtcp(w, &local->direct);
}

static void put_mode(struct writer *w, uint8_t mode, unsigned ptime_ms)
{
	static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};

	put(w, "a=ptime:%u\r\na=%s\r\n", ptime_ms, names[mode & 3]);
}

static int written(const struct writer *w)
{
	return w->used < w->size ? (int)w->used : -EMSGSIZE;
}

static void put_refused(struct writer *w, const struct offer_stream *s)
{
	put(w, "m=%s 0 %s %s\r\n", s->media, s->protocol, s->format);
}

/* Ours, best first; but what is in use already before all. */
static void order_codecs(const uint8_t *ours, uint8_t used, uint8_t out[OFFER_CODECS_MAX])
{
	unsigned n = 0;

	if (used && has_codec(ours, used))
		out[n++] = used;
	for (unsigned i = 0; i < OFFER_CODECS_MAX && ours[i]; i++)
		if (ours[i] != used)
			out[n++] = ours[i];
}

/* A payload type has one meaning; what is agreed on already keeps its own. */
static uint8_t another_type(uint8_t wanted, uint8_t taken)
{
	return wanted != taken ? wanted : wanted > DYNAMIC_FIRST ? wanted - 1 : wanted + 1;
}

int offer_write(const struct offer_local *local, const struct offer *lines,
		const struct offer_agreed *before, char *text, size_t size)
{
	struct writer w = {text, size, 0};
	struct offer_agreed ours = {
	    .clear_payload_type = OFFER_CLEAR_PAYLOAD_TYPE,
	    .event_payload_type = local->event_payload_type,
	};
	uint8_t codecs[OFFER_CODECS_MAX] = {0};
	unsigned i;

	if (before->codec && (before->event_payload_type || is_direct(local)))
		ours.event_payload_type = before->event_payload_type;
	if (before->codec && before->clear_payload_type) {
		ours.clear_payload_type = before->clear_payload_type;
		ours.event_payload_type =
		    another_type(ours.event_payload_type, ours.clear_payload_type);
	}
	ours.clear_payload_type = another_type(ours.clear_payload_type, ours.event_payload_type);
	if (local->codecs[0] == PEER_CODEC_CLEAR)
		ours.event_payload_type = 0;
	order_codecs(local->codecs, before->codec, codecs);
	if (is_direct(local))
		codecs[1] = 0;
	put_session(&w, local);
	for (i = 0; i < lines->count && before->codec && i < before->stream; i++)
		put_refused(&w, &lines->streams[i]);
	put_audio(&w, local, &ours, codecs);
	put_mode(&w, local->mode, before->codec ? before->ptime_ms : 20);
	for (i = before->stream + 1; i < lines->count && before->codec; i++)
		put_refused(&w, &lines->streams[i]);
	return written(&w);
}

int offer_write_answer(const struct offer *offer, const struct offer_local *local,
		       const struct offer_agreed *agreed, char *text, size_t size)
{
	uint8_t codecs[OFFER_CODECS_MAX] = {agreed->codec};
	struct writer w = {text, size, 0};
	unsigned i;

	put_session(&w, local);
	for (i = 0; i < offer->count; i++) {
		if (i == agreed->stream) {
			put_audio(&w, local, agreed, codecs);
			put_mode(&w, agreed->mode, agreed->ptime_ms);
		} else {
			put_refused(&w, &offer->streams[i]);
		}
	}
	return written(&w);
}
