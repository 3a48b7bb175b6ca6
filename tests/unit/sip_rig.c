// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/sip_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/sip/leg_sip.h"
#include "gateway/sip/ua_private.h"
#include "gateway/wire/media_client.h"

struct rig rig;
void (*rig_configure)(struct ua_config *config);

const char SDP_ALAW[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			"m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
const char SDP_HOLD[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			"m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
			"a=sendonly\r\n";
const char SDP_ALAW6[] = "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n"
			 "m=audio 40000 RTP/AVP 8\r\n";

/* ---- the media process */

int media_client_stream_open(struct media_client *client, const struct sockaddr *address,
			     uint32_t *end, struct sockaddr_storage *rtp)
{
	memset(rtp, 0, sizeof(*rtp));
	memcpy(rtp, address,
	       address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in));
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)rtp)->sin6_port = htons(30000);
	else
		((struct sockaddr_in *)rtp)->sin_port = htons(30000);
	*end = ++rig.media.opened;
	return 0;
}

unsigned media_client_streams_left(const struct media_client *client)
{
	return (rig.media.ports ? rig.media.ports : 100000) - (rig.media.opened - rig.media.closed);
}

int media_client_stream_set(struct media_client *client, uint32_t end,
			    const struct wire_stream_set *set)
{
	rig.media.sets++;
	rig.media.set = *set;
	return 0;
}

int media_client_stream_counters(struct media_client *client, uint32_t end,
				 struct stream_counters *out)
{
	memset(out, 0, sizeof(*out));
	out->packets_sent = 50;
	return 0;
}

bool media_client_stream_strays(struct media_client *client, uint32_t end)
{
	return rig.media.strays;
}

void media_client_end_close(struct media_client *client, uint32_t end)
{
	if (end)
		rig.media.closed++;
}

int media_client_open(struct media_client *client, uint32_t end_a, uint32_t end_b, uint32_t *bridge)
{
	*bridge = 1;
	return 0;
}

void media_client_close(struct media_client *client, uint32_t bridge)
{
}

int media_client_confer(struct media_client *client, uint32_t *conference, const uint32_t *ends,
			unsigned count)
{
	*conference = count ? 1 : 0;
	return 0;
}

int media_client_digit(struct media_client *client, uint32_t end, char digit, unsigned duration_ms)
{
	rig.media.digit = digit;
	return 0;
}

int media_client_tone(struct media_client *client, uint32_t end, const char *tone)
{
	return 0;
}

/* ---- the other leg */

static void note(struct leg *leg, const char *format, ...)
{
	struct fake_leg *f = (struct fake_leg *)leg;
	size_t used = strlen(f->orders);
	va_list args;

	va_start(args, format);
	vsnprintf(f->orders + used, sizeof(f->orders) - used, format, args);
	va_end(args);
}

static void fake_proceed(struct leg *leg)
{
	note(leg, "proceed ");
}

static void fake_alert(struct leg *leg, const struct progress *progress)
{
	note(leg, progress->inband ? "alert+ " : "alert ");
}

static void fake_progress(struct leg *leg, const struct progress *progress)
{
	note(leg, progress->inband ? "progress+ " : "progress ");
}

static void fake_answer(struct leg *leg, const struct party *connected)
{
	note(leg, "answer(%s) ", connected ? connected->number.digits : "");
}

static void fake_release(struct leg *leg, const struct cause *cause)
{
	note(leg, "release(%u) ", cause->q850);
	((struct fake_leg *)leg)->cause = *cause;
	((struct fake_leg *)leg)->released = true;
}

static void fake_digit(struct leg *leg, const struct leg_digit *digit)
{
	note(leg, "digit(%c) ", digit->digit);
}

static void fake_hold(struct leg *leg, bool held)
{
	note(leg, held ? "hold " : "retrieve ");
}

static void fake_identity(struct leg *leg, const struct leg_identity *identity)
{
	if (identity->connected)
		note(leg, "connected(%s) ", identity->connected->number.digits);
	if (identity->redirection)
		note(leg, "diverted(%s,%u) ", identity->redirection->from.number.digits,
		     identity->redirection->count);
	if (identity->session)
		note(leg, "session(%.4s) ", identity->session);
}

static void fake_notice(struct leg *leg, const struct leg_notice *notice)
{
	if (notice->type == LEG_NOTICE_USER_USER)
		note(leg, "user-user(%.*s) ", notice->user_user.length, notice->user_user.octets);
	else
		note(leg, "notice(%u) ", notice->indicator);
}

static void fake_report(struct leg *leg, struct leg_report *out)
{
	memcpy(out->channel, rig.fake.channel, sizeof(out->channel));
}

static const struct leg_ops fake_ops = {
    .name = "fake",
    .proceed = fake_proceed,
    .alert = fake_alert,
    .progress = fake_progress,
    .answer = fake_answer,
    .release = fake_release,
    .digit = fake_digit,
    .hold = fake_hold,
    .report = fake_report,
    .identity = fake_identity,
    .notice = fake_notice,
};

static struct leg *fake_make(void *arg, struct call *call, const struct leg_request *request,
			     struct cause *why)
{
	memset(&rig.fake, 0, sizeof(rig.fake));
	rig.fake.leg.ops = &fake_ops;
	rig.fake.leg.kind = PEER_POTS;
	rig.fake.leg.call = call;
	rig.fake.request = *request;
	rig.made++;
	return &rig.fake.leg;
}

void rig_event(enum call_event event, const void *data)
{
	call_event(&rig.fake.leg, event, data);
}

void rig_call_setup(const struct call_setup *setup)
{
	memset(&rig.fake, 0, sizeof(rig.fake));
	rig.fake.leg.ops = &fake_ops;
	rig.fake.leg.kind = PEER_POTS;
	rig.fake.leg.codec = PEER_CODEC_G711ALAW;
	rig.fake.inbound = true;
	assert_non_null(call_new(rig.office, &rig.fake.leg, setup, "1:D"));
}

void rig_call(const char *number, const struct party *calling)
{
	struct call_setup setup = {.calling = *calling};

	assert_int_equal(number_set(&setup.called, number, TON_UNKNOWN, NPI_UNKNOWN), 0);
	rig_call_setup(&setup);
}

/* ---- office and user agent */

static bool is_free(unsigned port, int family, int type)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(family, type, 0), one = 1, rc;

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET)
		rc = bind(fd, (struct sockaddr *)&in4, sizeof(in4));
	else
		rc = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	if (!rc && type == SOCK_STREAM)
		rc = listen(fd, 1);
	close(fd);
	return !rc;
}

/* Other runs of the tests may be under way. */
static void choose_ports(void)
{
	const unsigned pairs = (RIG_PORT_LAST - RIG_PORT_FIRST) / 2 + 1;
	unsigned port = RIG_PORT_FIRST;

	for (unsigned n = 0; n < pairs; n++) {
		bool free = true;

		port = RIG_PORT_FIRST + 2 * (((unsigned)getpid() * 7 + n) % pairs);
		for (unsigned i = 0; i < 8; i++)
			free = free && is_free(port + i / 4, i & 1 ? AF_INET6 : AF_INET,
					       i & 2 ? SOCK_STREAM : SOCK_DGRAM);
		if (free)
			break;
	}
	rig.port = port;
	rig.peer_port = port + 1;
}

/* What calls that come in by SIP get, by the number called: all there is (2...), one codec and
 * another payload type (31..), no events (32..), data too (33..), digits
 * in INFO (34..), there or in events (35..), all of SIP and charges (36..). Others: peer 0. */
static void add_inbound_peers(struct plan *plan)
{
	struct peer peers[7];
	char why[128];

	for (unsigned i = 0; i < 7; i++) {
		peer_init(&peers[i], 300 + i, PEER_VOIP);
		peers[i].dtmf = i < 2 ? PEER_DTMF_RTP_NTE : 0;
	}
	strcpy(peers[0].incoming_called_number, "2...");
	strcpy(peers[1].incoming_called_number, "31..");
	peers[1].codecs[0] = PEER_CODEC_G711ULAW;
	peers[1].nte_payload_type = 97;
	strcpy(peers[2].incoming_called_number, "32..");
	strcpy(peers[3].incoming_called_number, "33..");
	peers[3].dtmf = PEER_DTMF_RTP_NTE;
	peers[3].codecs[0] = PEER_CODEC_G711ALAW;
	peers[3].codecs[1] = PEER_CODEC_CLEAR;
	strcpy(peers[4].incoming_called_number, "34..");
	peers[4].dtmf = PEER_DTMF_SIP_INFO;
	strcpy(peers[5].incoming_called_number, "35..");
	peers[5].dtmf = PEER_DTMF_RTP_NTE | PEER_DTMF_SIP_INFO;
	strcpy(peers[6].incoming_called_number, "36..");
	peers[6].dtmf = PEER_DTMF_SIP_KPML | PEER_DTMF_SIP_NOTIFY | PEER_DTMF_SIP_INFO;
	peers[6].sip.aoc = SIP_SWITCH_ON;
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(plan_add_peer(plan, &peers[i], why, sizeof(why)), 0);
}

static struct plan *make_plan(const struct plan_options *options)
{
	struct plan *plan = plan_new(options);
	struct peer pots, voip;
	char why[128];

	peer_init(&pots, 100, PEER_POTS);
	snprintf(pots.destination_pattern, sizeof(pots.destination_pattern), "[1-6]T");
	snprintf(pots.port, sizeof(pots.port), "1:D");
	pots.no_digit_strip = true;
	assert_int_equal(plan_add_peer(plan, &pots, why, sizeof(why)), 0);
	pots.tag = 101;
	snprintf(pots.destination_pattern, sizeof(pots.destination_pattern), "+T");
	assert_int_equal(plan_add_peer(plan, &pots, why, sizeof(why)), 0);
	peer_init(&voip, 200, PEER_VOIP);
	snprintf(voip.destination_pattern, sizeof(voip.destination_pattern), "7...");
	snprintf(voip.session_target, sizeof(voip.session_target), "ipv4:127.0.0.1:%u",
		 rig.peer_port);
	voip.dtmf = PEER_DTMF_RTP_NTE;
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	voip.tag = 204;
	strcpy(voip.destination_pattern, "77..");
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	voip.tag = 205;
	voip.preference = 1;
	snprintf(voip.session_target, sizeof(voip.session_target), "ipv6:[::1]:%u", rig.peer_port);
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	peer_init(&voip, 201, PEER_VOIP);
	snprintf(voip.destination_pattern, sizeof(voip.destination_pattern), "8...");
	snprintf(voip.session_target, sizeof(voip.session_target), "ipv6:[::1]:%u", rig.peer_port);
	voip.transport = PEER_TRANSPORT_TCP;
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	peer_init(&voip, 203, PEER_VOIP);
	snprintf(voip.destination_pattern, sizeof(voip.destination_pattern), "99..");
	snprintf(voip.session_target, sizeof(voip.session_target), "ipv4:127.0.0.1:%u",
		 rig.peer_port);
	voip.to_registrar = true;
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	peer_init(&voip, 202, PEER_VOIP);
	snprintf(voip.destination_pattern, sizeof(voip.destination_pattern), "9[01]..");
	snprintf(voip.session_target, sizeof(voip.session_target), "dns:here.test:%u",
		 rig.peer_port);
	assert_int_equal(plan_add_peer(plan, &voip, why, sizeof(why)), 0);
	add_inbound_peers(plan);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

static void listen_on(struct ua_config *config, const char *host, int family)
{
	struct ua_listen *listen = &config->listen[config->listen_count++];

	listen->udp = listen->tcp = true;
	listen->address.ss_family = family;
	if (family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&listen->address;

		inet_pton(AF_INET6, host, &in6->sin6_addr);
		in6->sin6_port = htons(rig.port);
	} else {
		struct sockaddr_in *in4 = (struct sockaddr_in *)&listen->address;

		inet_pton(AF_INET, host, &in4->sin_addr);
		in4->sin_port = htons(rig.port);
	}
}

void rig_start(const struct sockaddr_storage *listen_extra)
{
	struct ua_config config = {
	    .t1_ms = RIG_T1_MS,
	    .hold_down_s = 30,
	    .product = "sipspan/test",
	};
	struct office_config office = {.plan = NULL};
	char why[256] = "";
	static const struct plan_options open = {.permit_default = true};
	static bool logging;

	memset(&rig, 0, sizeof(rig));
	choose_ports();
	office.plan = make_plan(&open);
	rig.ctx = talloc_named_const(NULL, 0, "rig");
	if (!logging)
		log_setup(talloc_named_const(NULL, 0, "log"));
	logging = true;
	if (!getenv("RIG_LOG"))
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	/* The office only looks whether there is one */
	office.media = (struct media_client *)rig.ctx;
	assert_int_equal(office_new(rig.ctx, &office, &rig.office), 0);
	plan_unref(office.plan);
	listen_on(&config, "127.0.0.1", AF_INET);
	listen_on(&config, "::1", AF_INET6);
	if (listen_extra) {
		struct ua_listen *listen = &config.listen[config.listen_count++];

		listen->udp = true;
		listen->address = *listen_extra;
		((struct sockaddr_in *)&listen->address)->sin_port = htons(rig.port);
	}
	if (rig_configure)
		rig_configure(&config);
	rig_configure = NULL;
	if (ua_new(rig.ctx, &config, rig.office, office.media, &rig.ua, why, sizeof(why)))
		fail_msg("%s", why);
	office_register_kind(rig.office, PEER_POTS, fake_make, NULL);
	office_register_kind(rig.office, PEER_VOIP, leg_sip_make, rig.ua);
	if (getenv("RIG_LOG"))
		ua_debug(rig.ua, true);
}

static void use_plan(const struct plan_options *options)
{
	struct plan *plan = make_plan(options);

	office_set_plan(rig.office, plan);
	plan_unref(plan);
}

void rig_forbid_sip_to_sip(void)
{
	use_plan(&(struct plan_options){.permit_default = true, .no_sip_to_sip = true});
}

void rig_use_emergency(void)
{
	use_plan(&(struct plan_options){.permit_default = true, .emergency = {"2112"}});
}

void rig_use_name_server(const char *address)
{
	enum_queries_free(rig.ua->enum_queries);
	resolver_free(rig.ua->resolver);
	assert_int_equal(resolver_new(rig.ua, address, 0, &rig.ua->resolver), 0);
	assert_int_equal(
	    enum_queries_new(rig.ua, rig.ua->resolver, RIG_ENUM_MS, &rig.ua->enum_queries), 0);
}

void rig_stop(void)
{
	office_free(rig.office);
	ua_free(rig.ua);
	assert_int_equal(rig.media.opened, rig.media.closed);
	talloc_free(rig.ctx);
}

static void deadline(void *data)
{
	*(bool *)data = true;
}

bool rig_wait(bool (*done)(void *arg), void *arg, unsigned ms)
{
	struct osmo_timer_list timer = {0};
	bool passed = false;

	osmo_timer_setup(&timer, deadline, &passed);
	osmo_timer_schedule(&timer, ms / 1000, ms % 1000 * 1000);
	while (!passed && !(done && done(arg)))
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
	return done && done(arg);
}

void rig_run(unsigned ms)
{
	rig_wait(NULL, NULL, ms);
}

static bool has_order(void *arg)
{
	return strstr(rig.fake.orders, arg) != NULL;
}

bool rig_ordered(const char *order)
{
	return rig_wait(has_order, (void *)order, 20000);
}
