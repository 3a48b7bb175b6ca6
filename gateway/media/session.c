// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/media/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ortp/ortp.h>

#define PARTS_MAX 16  /* of a compound RTCP packet */
#define QUEUE_MAX 100 /* packets between two pulls */
#define ROUND_TRIP_MAX_S 10

struct endpoint {
	RtpTransport transport; /* first: oRTP frees it as this */
	struct session *session;
	bool rtcp;
};

struct session {
	RtpSession *rtp;
	RtpTransport *rtp_transport, *rtcp_transport;
	const struct session_handlers *handlers;
	void *arg;
	ssize_t sent; /* by the last call of the endpoint */
	mblk_t *pulled;
};

/* All payload types are plain 8 kHz audio to oRTP, telephone-events as well: its own event code
 * notices only the ends, and reads from the packet what we want to check before. */
static RtpProfile *profile;

void session_setup(void)
{
	if (profile)
		return;
	ortp_init();
	ortp_set_log_level_mask(NULL, ORTP_FATAL);
	profile = rtp_profile_new("telephony");
	for (int i = 0; i < 128; i++)
		rtp_profile_set_payload(profile, i, &payload_type_pcmu8000);
}

/* ---- the endpoint */

static ortp_socket_t endpoint_socket(RtpTransport *t)
{
	return -1;
}

static int endpoint_send(RtpTransport *t, mblk_t *m, int flags, const struct sockaddr *to,
			 socklen_t tolen)
{
	struct endpoint *e = (struct endpoint *)t;
	struct iovec iov[PARTS_MAX];
	unsigned count = 0;

	for (; m && count < PARTS_MAX; m = m->b_cont) {
		iov[count].iov_base = m->b_rptr;
		iov[count++].iov_len = m->b_wptr - m->b_rptr;
	}
	e->session->sent = e->session->handlers->send(e->session->arg, e->rtcp, iov, count);
	return e->session->sent;
}

static int endpoint_receive(RtpTransport *t, mblk_t *m, int flags, struct sockaddr *from,
			    socklen_t *fromlen)
{
	return 0; /* packets are pushed */
}

static void endpoint_close(RtpTransport *t)
{
}

static void endpoint_destroy(RtpTransport *t)
{
	free(t);
}

static int endpoint_add(struct session *s, RtpTransport *meta, bool rtcp)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->transport.t_getsocket = endpoint_socket;
	e->transport.t_sendto = endpoint_send;
	e->transport.t_recvfrom = endpoint_receive;
	e->transport.t_close = endpoint_close;
	e->transport.t_destroy = endpoint_destroy;
	e->session = s;
	e->rtcp = rtcp;
	meta_rtp_transport_set_endpoint(meta, &e->transport);
	return 0;
}

/* ---- life */

int session_new(uint32_t ssrc, uint16_t sequence, const struct session_handlers *handlers,
		void *arg, struct session **out)
{
	struct session *s = calloc(1, sizeof(*s));
	JBParameters jitter;
	int rc = -ENOMEM;

	if (!s)
		return rc;
	s->handlers = handlers;
	s->arg = arg;
	s->rtp = rtp_session_new(RTP_SESSION_SENDRECV);
	if (!s->rtp)
		goto fail;
	rtp_session_set_profile(s->rtp, profile);
	rtp_session_get_jitter_buffer_params(s->rtp, &jitter);
	jitter.buffer_algorithm = OrtpJitterBufferBasic;
	jitter.max_packets = QUEUE_MAX;
	jitter.adaptive = FALSE;
	rtp_session_set_jitter_buffer_params(s->rtp, &jitter);
	rtp_session_enable_jitter_buffer(s->rtp, FALSE); /* playout.c is ours */
	rtp_session_set_payload_type(s->rtp, 0);
	rtp_session_set_symmetric_rtp(s->rtp, FALSE);
	rtp_session_set_ssrc_changed_threshold(s->rtp, 0); /* reception.c has decided */
	rtp_session_set_ssrc(s->rtp, ssrc);
	rtp_session_set_seq_number(s->rtp, sequence);
	rtp_session_set_rtcp_report_interval(s->rtp, SESSION_RTCP_INTERVAL_MS);
	rtp_session_get_transports(s->rtp, &s->rtp_transport, &s->rtcp_transport);
	rc = endpoint_add(s, s->rtp_transport, false);
	if (rc == 0)
		rc = endpoint_add(s, s->rtcp_transport, true);
	if (rc < 0)
		goto fail;
	*out = s;
	return 0;
fail:
	session_free(s);
	return rc;
}

void session_free(struct session *s)
{
	if (s && s->pulled)
		freemsg(s->pulled);
	if (s && s->rtp)
		rtp_session_destroy(s->rtp);
	free(s);
}

void session_bye(struct session *s)
{
	rtp_session_bye(s->rtp, NULL);
}

void session_cname(struct session *s, const char *cname)
{
	rtp_session_set_source_description(s->rtp, cname, NULL, NULL, NULL, NULL, "sipspan", NULL);
}

/* ---- sending */

ssize_t session_send(struct session *s, const struct session_out *out)
{
	mblk_t *m =
	    rtp_session_create_packet(s->rtp, RTP_FIXED_HEADER_SIZE, out->payload, out->length);

	if (!m)
		return -ENOMEM;
	rtp_set_payload_type(m, out->payload_type);
	rtp_set_markbit(m, out->marker);
	s->sent = 0;
	rtp_session_sendm_with_ts(s->rtp, m, out->timestamp);
	return s->sent;
}

uint16_t session_sequence(const struct session *s)
{
	return s->rtp->rtp.snd_seq;
}

/* ---- receiving */

static mblk_t *block_new(size_t length, uint64_t arrival_ns)
{
	mblk_t *m = allocb(length, 0);

	if (m) {
		m->reserved1 = arrival_ns / 125000;
		m->timestamp.tv_sec = arrival_ns / 1000000000;
		m->timestamp.tv_usec = arrival_ns / 1000 % 1000000;
	}
	return m;
}

void session_receive(struct session *s, const struct packet *p, uint64_t arrival_ns, bool fresh)
{
	uint8_t head[PACKET_HEADER] = {0x80, p->payload_type | (p->marker ? 0x80 : 0)};
	uint16_t sequence = htons(p->sequence);
	uint32_t timestamp = htonl(p->timestamp), ssrc = htonl(p->ssrc);
	mblk_t *m = block_new(PACKET_HEADER + p->length, arrival_ns);

	if (!m)
		return;
	memcpy(head + 2, &sequence, sizeof(sequence));
	memcpy(head + 4, &timestamp, sizeof(timestamp));
	memcpy(head + 8, &ssrc, sizeof(ssrc));
	memcpy(m->b_wptr, head, sizeof(head));
	memcpy(m->b_wptr + sizeof(head), p->payload, p->length);
	m->b_wptr += sizeof(head) + p->length;
	if (fresh)
		rtp_session_resync(s->rtp);
	/* oRTP drops what is older than what it has handed out; playout.c still has use for it. */
	s->rtp->rtp.rcv_last_ts = p->timestamp;
	s->rtp->rtp.rcv_last_seq = p->sequence;
	meta_rtp_transport_modifier_inject_packet_to_recv(s->rtp_transport, NULL, m, 0);
}

void session_receive_rtcp(struct session *s, const uint8_t *data, size_t length)
{
	struct timespec now;
	mblk_t *m;

	clock_gettime(CLOCK_REALTIME, &now);
	m = block_new(length, now.tv_sec * 1000000000ull + now.tv_nsec);
	if (!m)
		return;
	memcpy(m->b_wptr, data, length);
	m->b_wptr += length;
	meta_rtp_transport_modifier_inject_packet_to_recv(s->rtcp_transport, NULL, m, 0);
}

bool session_pull(struct session *s, struct packet *out)
{
	mblk_t *m;

	if (s->pulled)
		freemsg(s->pulled);
	/* The same timestamp as before: oRTP then does not try to read from sockets. */
	m = s->pulled = rtp_session_recvm_with_ts(s->rtp, s->rtp->rtp.rcv_last_app_ts);
	if (!m)
		return false;
	out->payload_type = rtp_get_payload_type(m);
	out->marker = rtp_get_markbit(m);
	out->sequence = rtp_get_seqnumber(m);
	out->timestamp = rtp_get_timestamp(m);
	out->ssrc = rtp_get_ssrc(m);
	out->payload = m->b_rptr + PACKET_HEADER;
	out->length = m->b_wptr - out->payload;
	return true;
}

uint32_t session_round_trip_us(const struct session *s)
{
	float seconds = s->rtp->rtt;

	return seconds > 0 && seconds < ROUND_TRIP_MAX_S ? seconds * 1e6f : 0;
}
