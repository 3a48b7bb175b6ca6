// SPDX-License-Identifier: GPL-2.0-or-later
/* Conferences, in a time of their own: parties by RTP, one on a line, and what each of them hears. */
#include "tests/unit/test_media.h"

#include <complex.h>
#include <math.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "gateway/media/conference.h"
#include "gateway/media/packet.h"

#define MS 1000000ull
#define EVENT_TYPE 101
#define PARTIES 4 /* the last one is on the line */
#define LINE (PARTIES - 1)
#define PACKET 160
#define LENGTH (8000 * 6)
#define SLOT 1
#define ID 7

typedef int16_t (*says_fn)(unsigned position);

struct party {
	enum codec_law law;
	says_fn says; /* NULL: no packets */
	unsigned said;
	struct end end;
	/* by RTP */
	int ours[2], peer[2];
	struct sockaddr_storage our_address[2], peer_address[2];
	struct stream_record record;
	uint16_t sequence, next_sequence;
	uint32_t next_timestamp;
	unsigned packets, breaks, events;
	/* heard */
	int16_t samples[LENGTH];
	unsigned heard;
};

struct world {
	uint64_t now_ns;
	struct party party[PARTIES];
	struct conferences *all;
	struct digit_reports reports;
	struct tdm_span *span, *exchange;
	struct tdm_descriptors gateway_fds, exchange_fds;
	struct tdm_channel *line;
};

/* ---- what they say */

static int16_t wave(unsigned position, double hz, double amplitude)
{
	return (int16_t)lrint(amplitude * sin(2 * M_PI * hz * position / 8000));
}

static int16_t low(unsigned position)
{
	return wave(position, 400, 6000);
}

static int16_t middle(unsigned position)
{
	return wave(position, 700, 6000);
}

static int16_t high(unsigned position)
{
	return wave(position, 1100, 6000);
}

static int16_t shouts(unsigned position)
{
	return wave(position, 400, 30000);
}

static int16_t nothing(unsigned position)
{
	return 0;
}

static int16_t dials_six(unsigned position)
{
	return wave(position, 770, 6000) + wave(position, 1477, 6000);
}

/* Peak of one frequency in the last second that was heard. */
static double amplitude(const struct party *p, double hz)
{
	double complex sum = 0;

	assert_true(p->heard >= 8000);
	for (unsigned i = 0; i < 8000; i++)
		sum += p->samples[p->heard - 8000 + i] * cexp(-2 * I * M_PI * hz * i / 8000);
	return 2 * cabs(sum) / 8000;
}

static void hears(const struct party *p, double hz, double wanted)
{
	double found = amplitude(p, hz);

	if (fabs(found - wanted) > 0.02 * wanted + 60)
		fail_msg("%.0f Hz: peak %.0f, expected %.0f", hz, found, wanted);
}

/* ---- the world */

static void set_codec(struct party *p, enum wire_codec codec)
{
	struct wire_stream_set set = {
	    .rtp = p->peer_address[0],
	    .rtcp = p->peer_address[1],
	    .codec = codec,
	    .clear_payload_type = codec == WIRE_CLEARMODE ? 97 : 0,
	    .event_payload_type = codec == WIRE_CLEARMODE ? 0 : EVENT_TYPE,
	    .ptime_ms = 20,
	    .mode = WIRE_SEND | WIRE_RECEIVE,
	    .generation = 1,
	    .cname = "test",
	};

	assert_int_equal(stream_set(p->end.stream, &set), 0);
}

static void open_stream(struct world *w, struct party *p, enum codec_law law)
{
	for (unsigned i = 0; i < 2; i++) {
		p->ours[i] = test_open_socket(&p->our_address[i]);
		p->peer[i] = test_open_socket(&p->peer_address[i]);
	}
	p->law = law;
	p->end.kind = END_STREAM;
	assert_int_equal(stream_open(p->ours, &p->record, w->now_ns, &p->end.stream), 0);
	set_codec(p, law == CODEC_ALAW ? WIRE_PCMA : WIRE_PCMU);
}

static void open_line(struct world *w, struct party *p)
{
	struct wire_channel_open channel = {1, SLOT, 80, 1};
	struct tdm_span_config gateway, exchange;
	struct sockaddr_storage a, b;
	int first = test_open_socket(&a), second = test_open_socket(&b);
	char why[200] = "";

	close(first);
	close(second);
	tdm_span_config_init(&gateway, 1, TDM_E1);
	gateway.driver = TDM_DRIVER_CESOPSN;
	gateway.clock = TDM_CLOCK_LINE;
	exchange = gateway;
	gateway.local = exchange.peer = a;
	gateway.peer = exchange.local = b;
	exchange.number = 2;
	exchange.clock = TDM_CLOCK_INTERNAL;
	if (tdm_open(&gateway, &w->gateway_fds, why, sizeof(why)) < 0 ||
	    tdm_open(&exchange, &w->exchange_fds, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(
	    tdm_span_attach(&gateway, w->gateway_fds.fds, w->gateway_fds.count, &w->span), 0);
	assert_int_equal(
	    tdm_span_attach(&exchange, w->exchange_fds.fds, w->exchange_fds.count, &w->exchange),
	    0);
	assert_int_equal(tdm_channel_open(w->exchange, SLOT, 80, -1, &w->line), 0);
	p->law = CODEC_ALAW;
	p->end.kind = END_CHANNEL;
	assert_int_equal(channel_open(w->span, CODEC_ALAW, &channel, -1, &p->end.channel), 0);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now_ns = 1000000 * MS;
	for (unsigned i = 0; i < PARTIES; i++)
		w->party[i].end.id = i + 1;
	open_stream(w, &w->party[0], CODEC_ALAW);
	open_stream(w, &w->party[1], CODEC_ULAW);
	open_stream(w, &w->party[2], CODEC_ULAW);
	open_line(w, &w->party[LINE]);
	w->all = conferences_new(2);
	assert_non_null(w->all);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	conferences_free(w->all);
	for (unsigned i = 0; i < LINE; i++) {
		stream_close(w->party[i].end.stream);
		close(w->party[i].peer[0]);
		close(w->party[i].peer[1]);
	}
	channel_close(w->party[LINE].end.channel);
	tdm_channel_close(w->line);
	tdm_span_detach(w->span);
	tdm_span_detach(w->exchange);
	tdm_descriptors_close(&w->gateway_fds);
	tdm_descriptors_close(&w->exchange_fds);
	free(w);
	return 0;
}

/* ---- their time */

static void send_packet(struct party *p, unsigned payload_type, uint32_t timestamp,
			const uint8_t *payload, unsigned length)
{
	uint8_t data[12 + PACKET] = {0x80, payload_type, p->sequence >> 8, p->sequence};

	p->sequence++;
	timestamp = htonl(timestamp);
	memcpy(data + 4, &timestamp, 4);
	data[11] = p->end.id;
	memcpy(data + 12, payload, length);
	assert_int_equal(sendto(p->peer[0], data, 12 + length, 0,
				(struct sockaddr *)&p->our_address[0], sizeof(struct sockaddr_in)),
			 12 + length);
}

static void speak(struct party *p, uint8_t *octets, unsigned count)
{
	int16_t samples[PACKET];

	for (unsigned i = 0; i < count; i++)
		samples[i] = p->says ? p->says(p->said + i) : 0;
	codec_from_linear(p->law, samples, octets, count);
	p->said += count;
}

static void keep(struct party *p, const uint8_t *octets, unsigned count)
{
	if (p->heard + count > LENGTH)
		return;
	codec_to_linear(p->law, octets, p->samples + p->heard, count);
	p->heard += count;
}

static void peer_speaks(struct party *p)
{
	uint8_t octets[PACKET];

	speak(p, octets, PACKET);
	if (p->says)
		send_packet(p, p->law == CODEC_ALAW ? WIRE_PCMA : WIRE_PCMU, p->said, octets,
			    PACKET);
}

static void peer_listens(struct party *p)
{
	uint8_t data[2000];
	struct packet packet;
	ssize_t n;

	while ((n = recv(p->peer[0], data, sizeof(data), 0)) > 0) {
		assert_int_equal(packet_parse(data, n, &packet), 0);
		if (packet.payload_type == EVENT_TYPE) {
			p->events++;
			continue;
		}
		if (p->packets++ &&
		    (packet.sequence != p->next_sequence || packet.timestamp != p->next_timestamp))
			p->breaks++;
		p->next_sequence = packet.sequence + 1;
		p->next_timestamp = packet.timestamp + packet.length;
		keep(p, packet.payload, packet.length);
	}
}

static void line_works(struct world *w)
{
	struct party *p = &w->party[LINE];
	uint8_t block[80];

	tdm_span_receive(w->exchange, w->now_ns);
	while (tdm_span_step(w->exchange, w->now_ns) == 1) {
		if (tdm_channel_read(w->line, block) != 1)
			continue;
		keep(p, block, 80);
		speak(p, block, 80);
		tdm_channel_write(w->line, block);
	}
	tdm_span_transmit(w->exchange, w->now_ns);
}

static void media_ticks(struct world *w)
{
	for (unsigned i = 0; i < LINE; i++)
		stream_receive(w->party[i].end.stream, STREAM_RTP, w->now_ns);
	tdm_span_receive(w->span, w->now_ns);
	while (tdm_span_step(w->span, w->now_ns) == 1)
		end_serve_channel(&w->party[LINE].end, w->now_ns, &w->reports);
	tdm_span_transmit(w->span, w->now_ns);
	conferences_tick(w->all, w->now_ns, &w->reports);
	for (unsigned i = 0; i < LINE; i++) {
		end_serve_stream(&w->party[i].end, w->now_ns, &w->reports);
		end_save(&w->party[i].end, w->now_ns);
	}
}

static void go_on(struct world *w, unsigned ms)
{
	for (uint64_t end = w->now_ns + ms * MS; w->now_ns < end; w->now_ns += MS) {
		unsigned at = w->now_ns / MS % 20;

		for (unsigned i = 0; i < LINE; i++) {
			if (at == i * 3) /* none in step with another */
				peer_speaks(&w->party[i]);
			peer_listens(&w->party[i]);
		}
		line_works(w);
		if (at % 5 == 0)
			media_ticks(w);
	}
}

/* seats: bit n is party n. */
static int confer(struct world *w, uint32_t id, unsigned seats)
{
	struct end *ends[PARTIES];
	unsigned count = 0;

	for (unsigned i = 0; i < PARTIES; i++)
		if (seats & 1u << i)
			ends[count++] = &w->party[i].end;
	return conferences_set(w->all, id, ends, count);
}

static void all_say(struct world *w, says_fn a, says_fn b, says_fn c, says_fn line)
{
	w->party[0].says = a;
	w->party[1].says = b;
	w->party[2].says = c;
	w->party[LINE].says = line;
}

/* ---- tests */

static void each_hears_the_others_and_not_himself(void **state)
{
	static const double hz[] = {400, 700, 1100};
	static const unsigned who[] = {0, 1, LINE};
	struct world *w = *state;

	all_say(w, low, middle, NULL, high);
	assert_int_equal(confer(w, ID, 1 | 2 | 8), 0);
	go_on(w, 2500);
	for (unsigned i = 0; i < COUNT(who); i++)
		for (unsigned k = 0; k < COUNT(hz); k++)
			hears(&w->party[who[i]], hz[k], i == k ? 0 : 6000);
	assert_int_equal(w->party[0].record.counters.frames_concealed, 0);
	assert_in_range(w->party[0].record.counters.packets_received, 115, 125);
	assert_int_equal(w->party[0].breaks + w->party[1].breaks, 0);
}

/* Two who say the same are as loud as the law allows, and never wrap round. */
static void what_is_too_loud_saturates(void **state)
{
	struct world *w = *state;
	struct party *p = &w->party[0];
	unsigned full = 0, jumps = 0;

	all_say(w, nothing, shouts, shouts, NULL);
	assert_int_equal(confer(w, ID, 1 | 2 | 4), 0);
	go_on(w, 2500);
	for (unsigned i = p->heard - 8000; i < p->heard; i++) {
		full += abs(p->samples[i]) > 32000;
		jumps += abs(p->samples[i] - p->samples[i - 1]) > 32000;
	}
	/* the two are 24 samples of their wave's 20 apart */
	assert_in_range(full, 4000, 8000);
	assert_int_equal(jumps, 0);
	hears(&w->party[1], 400, 30000);
}

/* A tone of 20 samples is the same 20 samples later for whoever stays, while another one comes and goes;
 * of RTP nothing is missing. */
static void who_comes_and_goes_is_not_heard_doing_so(void **state)
{
	struct world *w = *state;
	unsigned begin[2];

	all_say(w, low, nothing, nothing, NULL);
	assert_int_equal(confer(w, ID, 1 | 2), 0);
	go_on(w, 1000);
	begin[0] = w->party[1].heard;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(confer(w, ID, 1 | 2 | 4), 0);
		go_on(w, 135);
		assert_int_equal(confer(w, ID, 1 | 2), 0);
		go_on(w, 95);
		assert_int_equal(confer(w, ID, 1 | 2 | 8), 0);
		go_on(w, 115);
		assert_int_equal(confer(w, ID, 1 | 2), 0);
		go_on(w, 105);
	}
	for (unsigned i = begin[0]; i < w->party[1].heard; i++)
		if (w->party[1].samples[i] != w->party[1].samples[i - 20])
			fail_msg("%u samples after somebody came: %d, expected %d", i - begin[0],
				 w->party[1].samples[i], w->party[1].samples[i - 20]);
	assert_in_range(w->party[1].heard - begin[0], 17800, 18200);
	assert_int_equal(w->party[0].breaks + w->party[1].breaks, 0);
	hears(&w->party[1], 400, 6000);
}

static void digits_are_nobody_elses(void **state)
{
	struct world *w = *state;
	struct party *p = &w->party[0];
	uint8_t event[4] = {6, 10, 0, 160};
	struct digit_player *player;
	unsigned heard;

	all_say(w, nothing, nothing, NULL, NULL);
	assert_int_equal(confer(w, ID, 1 | 2 | 8), 0);
	go_on(w, 500);
	for (unsigned i = 1; i <= 8; i++) {
		event[2] = i * 160 >> 8;
		event[3] = i * 160;
		event[1] = i == 8 ? 0x8a : 10;
		send_packet(p, EVENT_TYPE, 77, event, sizeof(event));
		go_on(w, 20);
	}
	go_on(w, 200);
	assert_int_equal(w->reports.count, 1);
	assert_int_equal(w->reports.item[0].digit, '6');
	assert_int_equal(w->reports.item[0].end, 1);
	assert_int_equal(w->party[1].events, 0);
	go_on(w, 1000);
	hears(&w->party[1], 770, 0);
	hears(&w->party[LINE], 770, 0);
	/* one that the line's detector hears: what sounds until then is short */
	w->party[LINE].says = dials_six;
	go_on(w, 300);
	w->party[LINE].says = NULL;
	go_on(w, 700);
	assert_int_equal(w->reports.count, 2);
	assert_int_equal(w->reports.item[1].end, LINE + 1);
	assert_true(amplitude(&w->party[1], 770) < 6000 * 0.05);
	/* and what is played to one reaches him alone */
	heard = w->party[1].heard;
	assert_int_equal(end_digit_start(&w->party[LINE].end, '6', 200), 0);
	player = channel_player(w->party[LINE].end.channel);
	assert_true(digit_player_busy(player));
	go_on(w, 300);
	for (unsigned i = heard; i < w->party[1].heard; i++)
		assert_in_range(abs(w->party[1].samples[i]), 0, 64);
}

/* An order that cannot be carried out changes nothing. */
static void orders_that_make_no_sense_are_refused(void **state)
{
	struct world *w = *state;
	struct end *twice[] = {&w->party[0].end, &w->party[1].end, &w->party[0].end};
	struct end *many[WIRE_CONFERENCE_ENDS_MAX + 1];
	struct bridge *bridge;

	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = &w->party[0].end;
	assert_int_equal(confer(w, ID, 1 | 2), 0);
	assert_int_equal(conferences_set(w->all, ID, twice, 3), -EINVAL);
	assert_int_equal(conferences_set(w->all, ID, many, COUNT(many)), -EINVAL);
	assert_int_equal(confer(w, 0, 4), -EINVAL);
	assert_int_equal(confer(w, ID + 1, 1 | 4), -EBUSY); /* he is in the other one */
	assert_null(w->party[2].end.seat);
	assert_int_equal(bridge_open(&w->party[2].end, &w->party[0].end, &bridge), -EBUSY);
	assert_int_equal(bridge_open(&w->party[2].end, &w->party[LINE].end, &bridge), 0);
	assert_int_equal(confer(w, ID, 1 | 2 | 4), -EBUSY);
	bridge_close(bridge);
	set_codec(&w->party[2], WIRE_CLEARMODE);
	assert_int_equal(confer(w, ID, 1 | 2 | 4), -ENOTSUP);
	set_codec(&w->party[2], WIRE_PCMU);
	assert_int_equal(confer(w, ID + 1, 4), 0);
	assert_int_equal(confer(w, ID + 2, 8), -ENOSPC);
	assert_int_equal(confer(w, ID + 2, 0), 0); /* there is none */
	assert_int_equal(confer(w, ID + 1, 0), 0);
	all_say(w, low, middle, NULL, NULL);
	go_on(w, 1500);
	hears(&w->party[0], 700, 6000);
	hears(&w->party[1], 400, 6000);
	assert_int_equal(confer(w, ID, 0), 0);
	assert_null(w->party[0].end.seat);
}

/* One whose codec becomes data is neither heard nor spoken to; an end may go without a word. */
static void data_and_what_is_gone_are_left_out(void **state)
{
	struct world *w = *state;

	all_say(w, low, middle, high, NULL);
	assert_int_equal(confer(w, ID, 1 | 2 | 4), 0);
	go_on(w, 500);
	set_codec(&w->party[2], WIRE_CLEARMODE);
	go_on(w, 1500);
	hears(&w->party[0], 1100, 0);
	hears(&w->party[0], 700, 6000);
	conference_leave(&w->party[1].end);
	go_on(w, 1500);
	hears(&w->party[0], 700, 0);
}

int test_media_conference(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_hears_the_others_and_not_himself, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_is_too_loud_saturates, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(who_comes_and_goes_is_not_heard_doing_so, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(digits_are_nobody_elses, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(orders_that_make_no_sense_are_refused, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(data_and_what_is_gone_are_left_out, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("conferences", tests, NULL, NULL);
}
