// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/legisdn_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "gateway/log/log.h"
#include "gateway/log/text.h"
#include "gateway/wire/media_client.h"

#define DEADLINE_S 60

void *rig_ctx;
struct isdn_wire wire;

/* ---- the exchange */

struct exchange exchange;

#define NOTE(...) text_append(exchange.heard, sizeof(exchange.heard), __VA_ARGS__)

static void hear_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
	exchange.call = call;
	exchange.setup = *setup;
	exchange.calls++;
	NOTE("setup(%s,%u) ", setup->called.digits, setup->timeslot);
}

static void hear_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress)
{
	NOTE("proceeding(%u,%u) ", timeslot, progress);
}

static void hear_alerting(struct isdn_call *call, unsigned progress)
{
	NOTE("alerting(%u) ", progress);
}

static void hear_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause)
{
	NOTE("progress(%u,%u) ", progress, cause ? cause->value : 0);
}

static void hear_setup_acknowledge(struct isdn_call *call, unsigned progress)
{
	NOTE("setup_ack(%u) ", progress);
}

static void hear_more_digits(struct isdn_call *call, const char *digits, bool complete)
{
	NOTE("more(%s) ", digits);
}

static void hear_connected(struct isdn_call *call, const struct party *connected)
{
	NOTE("connected(%s,%s) ", connected->number.digits, connected->name);
}

static void hear_display(struct isdn_call *call, const char *text)
{
	NOTE("display(%s) ", text);
}

static void hear_connect(struct isdn_call *call, const struct party *connected)
{
	exchange.indicators = isdn_call_indicators(call);
	NOTE("connect(%s) ", connected->number.digits);
}

static void hear_disconnect(struct isdn_call *call, const struct isdn_cause *cause, bool inband)
{
	NOTE("disconnect(%u) ", cause->value);
	isdn_release(call, 16);
}

static void hear_released(struct isdn_call *call, const struct isdn_cause *cause)
{
	NOTE("released(%u) ", cause->value);
	if (exchange.call == call)
		exchange.call = NULL;
}

static void hear_restarted(void *arg, unsigned timeslot)
{
	exchange.restarts++;
}

static void hear_supplementary(struct isdn_call *call, const struct isdn_supplementary_event *event)
{
	exchange.service = *event;
	if (event->type == ISDN_NOTIFIED)
		NOTE("%s(%u) ", isdn_supplementary_type_name(event->type), event->indicator);
	else
		NOTE("%s ", isdn_supplementary_type_name(event->type));
}

static void hear_service(void *arg, unsigned timeslot, enum isdn_service status)
{
	NOTE("service(%u,%u) ", timeslot, status);
}

static const struct isdn_handlers exchange_handlers = {
    .setup = hear_setup,
    .setup_acknowledge = hear_setup_acknowledge,
    .more_digits = hear_more_digits,
    .connected = hear_connected,
    .display = hear_display,
    .proceeding = hear_proceeding,
    .alerting = hear_alerting,
    .progress = hear_progress,
    .connect = hear_connect,
    .disconnect = hear_disconnect,
    .released = hear_released,
    .restarted = hear_restarted,
    .supplementary = hear_supplementary,
    .service = hear_service,
};

/* ---- the SIP side */

struct leg sip;
char told[1024];
struct call_setup asked;
unsigned make_fails_with;

#define TOLD(...) text_append(told, sizeof(told), __VA_ARGS__)

static void sip_more_digits(struct leg *leg, bool tone)
{
	TOLD("more_digits(%u) ", tone);
}

static void sip_proceed(struct leg *leg)
{
	TOLD("proceed ");
}

static void sip_alert(struct leg *leg, const struct progress *progress)
{
	TOLD(progress->inband ? "alert+inband " : "alert ");
}

static void sip_progress(struct leg *leg, const struct progress *progress)
{
	TOLD("progress(%u,%u) ", progress->inband, progress->cause.q850);
}

static void sip_answer(struct leg *leg, const struct party *connected)
{
	TOLD("answer(%s) ", connected ? connected->number.digits : "");
}

static void sip_identity(struct leg *leg, const struct leg_identity *identity)
{
	if (identity->connected)
		TOLD("connected(%s,%s) ", identity->connected->number.digits,
		     identity->connected->name);
	if (identity->redirection)
		TOLD("redirected(%s) ", identity->redirection->to.number.digits);
	if (identity->display)
		TOLD("display(%s) ", identity->display);
}

static void sip_release(struct leg *leg, const struct cause *cause)
{
	TOLD("release(%u@%u) ", cause->q850, cause->location);
}

static void sip_digit(struct leg *leg, const struct leg_digit *digit)
{
	TOLD("digit(%c) ", digit->digit);
}

static void sip_hold(struct leg *leg, bool held)
{
	TOLD(held ? "hold " : "retrieve ");
}

static void sip_notice(struct leg *leg, const struct leg_notice *notice)
{
	if (notice->type == LEG_NOTICE_INDICATOR)
		TOLD("notice(%u) ", notice->indicator);
	else
		TOLD("user-user(%.*s) ", notice->user_user.length,
		     (const char *)notice->user_user.octets);
}

static void sip_report(struct leg *leg, struct leg_report *out)
{
}

static const struct leg_ops sip_ops = {
    .name = "sip",
    .more_digits = sip_more_digits,
    .proceed = sip_proceed,
    .alert = sip_alert,
    .progress = sip_progress,
    .answer = sip_answer,
    .release = sip_release,
    .digit = sip_digit,
    .hold = sip_hold,
    .identity = sip_identity,
    .report = sip_report,
    .notice = sip_notice,
};

static void sip_init(struct call *call)
{
	memset(&sip, 0, sizeof(sip));
	sip.ops = &sip_ops;
	sip.kind = PEER_VOIP;
	sip.call = call;
}

static struct leg *sip_make(void *arg, struct call *call, const struct leg_request *request,
			    struct cause *why)
{
	asked = request->setup;
	if (make_fails_with != 0) {
		*why = cause_q850(make_fails_with, 0, CAUSE_SOURCE_GATEWAY);
		return NULL;
	}
	sip_init(call);
	return &sip;
}

/* ---- the gateway between them */

struct office *office;
static struct media_client *media;
struct isdn_line *line;
struct isdn_lines lines;

static void on_deadline(void *data)
{
	*(bool *)data = true;
}

bool run_until(bool (*done)(const void *arg), const void *arg)
{
	struct osmo_timer_list timer = {0};
	bool late = false;

	osmo_timer_setup(&timer, on_deadline, &late);
	osmo_timer_schedule(&timer, DEADLINE_S, 0);
	while (!done(arg) && !late)
		osmo_select_main(0);
	osmo_timer_del(&timer);
	return !late;
}

static bool exchange_heard(const void *text)
{
	return strstr(exchange.heard, text);
}

static bool sip_was_told(const void *text)
{
	return strstr(told, text);
}

static bool both_are_up(const void *arg)
{
	return isdn_is_up(exchange.isdn) && isdn_line_is_up(line);
}

bool trunk_is_idle(const void *arg)
{
	struct trunk *trunk = isdn_line_trunk(line);

	return trunk_idle_count(trunk) == trunk_size(trunk) &&
	       isdn_call_count(exchange.isdn) == 0 && office_call_count(office) == 0;
}

void wait_exchange(const char *text)
{
	if (!run_until(exchange_heard, text))
		fail_msg("waited for \"%s\", the exchange heard \"%s\"", text, exchange.heard);
}

void wait_sip(const char *text)
{
	if (!run_until(sip_was_told, text))
		fail_msg("waited for \"%s\", sip was told \"%s\"", text, told);
}

static bool sip_leg_is_made(const void *arg)
{
	return sip.call;
}

void wait_sip_leg(void)
{
	assert_true(run_until(sip_leg_is_made, NULL));
}

static struct plan *make_plan(void)
{
	struct plan_options options = {
	    .tie_deterministic = true, .emergency = {"9112"}, .emergency_preempt = true};
	struct plan *plan = plan_new(&options);
	struct peer peer;

	peer_init(&peer, 1, PEER_POTS);
	strcpy(peer.destination_pattern, "9T");
	strcpy(peer.incoming_called_number, ".");
	strcpy(peer.port, "1:15");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	peer_init(&peer, 2, PEER_POTS);
	strcpy(peer.destination_pattern, "8T");
	strcpy(peer.port, "2:D");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	peer_init(&peer, 3, PEER_VOIP);
	strcpy(peer.destination_pattern, "2...");
	strcpy(peer.incoming_called_number, ".");
	strcpy(peer.session_target, "ipv4:192.0.2.1");
	peer.codecs[0] = PEER_CODEC_G711ALAW;
	peer.codecs[1] = PEER_CODEC_CLEAR;
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	peer_init(&peer, 4, PEER_POTS); /* complete with its third digit */
	strcpy(peer.destination_pattern, "6..");
	strcpy(peer.port, "1:15");
	assert_int_equal(plan_add_peer(plan, &peer, NULL, 0), 0);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}

void gateway_start(const struct isdn_line_config *wanted)
{
	struct isdn_line_config config = *wanted;
	struct media_client_config media_config = {.program = "/bin/false"};
	struct media_client_handlers media_handlers = {0};
	struct office_config office_config = {0};
	struct plan *plan = make_plan();

	memset(&exchange, 0, sizeof(exchange));
	memset(&lines, 0, sizeof(lines));
	told[0] = '\0';
	make_fails_with = 0;
	isdn_wire_open(&wire);
	assert_int_equal(media_client_new(rig_ctx, &media_config, &media_handlers, NULL, &media),
			 0);
	office_config.plan = plan;
	office_config.media = media;
	assert_int_equal(office_new(rig_ctx, &office_config, &office), 0);
	plan_unref(plan);
	config.isdn.fd_d = wire.user.fd;
	assert_int_equal(isdn_line_new(rig_ctx, &config, office, media, &line), 0);
	lines.line[1] = line;
	office_register_kind(office, PEER_POTS, leg_isdn_make, &lines);
	office_register_kind(office, PEER_VOIP, sip_make, NULL);
	config.isdn.fd_d = wire.network.fd;
	config.isdn.network = !config.isdn.network;
	assert_int_equal(isdn_new(rig_ctx, &config.isdn, &exchange_handlers, NULL, &exchange.isdn),
			 0);
	assert_true(run_until(both_are_up, NULL));
}

struct isdn_line_config usual_config(void)
{
	return (struct isdn_line_config){
	    .isdn = {.span = 1, .settle_ms = 1, .switch_type = ISDN_PRIMARY_NET5, .alaw = true},
	    .timeslots = E1_CHANNELS,
	    .hunt = TRUNK_DESCENDING,
	    .block = 160,
	    .announcement_ms = 300,
	};
}

int usual_gateway(void **state)
{
	struct isdn_line_config config = usual_config();

	gateway_start(&config);
	return 0;
}

int network_gateway(void **state)
{
	struct isdn_line_config config = usual_config();

	config.isdn.network = true;
	gateway_start(&config);
	return 0;
}

int small_gateway(void **state)
{
	struct isdn_line_config config = usual_config();

	config.timeslots = 1u << 1 | 1u << 2;
	config.hunt = TRUNK_ASCENDING;
	gateway_start(&config);
	return 0;
}

int no_gateway(void **state)
{
	office_free(office);
	isdn_line_free(line);
	isdn_free(exchange.isdn);
	media_client_free(media);
	isdn_wire_close(&wire);
	return 0;
}

void sip_asks(const struct call_setup *setup)
{
	sip_init(NULL);
	assert_non_null(call_new(office, &sip, setup, NULL));
}

struct isdn_call *exchange_sends(const struct isdn_setup *setup)
{
	struct isdn_call *call = NULL;

	assert_int_equal(isdn_setup(exchange.isdn, setup, NULL, &call), 0);
	return call;
}

/* SIP calls 9 and four digits. */
void sip_calls(const char *number)
{
	struct call_setup setup = {.bearer = ISDN_BEARER_3K1_AUDIO};

	number_set(&setup.called, number, TON_UNKNOWN, NPI_UNKNOWN);
	number_set(&setup.calling.number, "2001", TON_UNKNOWN, NPI_UNKNOWN);
	setup.calling.presentation = PRESENTATION_RESTRICTED;
	sip_asks(&setup);
}

/* The exchange calls 2001. */
struct isdn_call *exchange_calls(unsigned timeslot, bool exclusive, uint8_t bearer)
{
	struct isdn_setup setup = {
	    .timeslot = timeslot,
	    .exclusive = exclusive,
	    .bearer = bearer,
	    .sending_complete = true,
	};

	number_set(&setup.called, "2001", TON_UNKNOWN, NPI_ISDN);
	number_set(&setup.calling.number, "2079460000", TON_NATIONAL, NPI_ISDN);
	snprintf(setup.calling.name, sizeof(setup.calling.name), "Ada");
	return exchange_sends(&setup);
}

void sip_event(enum call_event event, bool inband)
{
	struct progress progress = {.inband = inband, .indicator = inband ? 8 : 0};

	call_event(&sip, event, &progress);
}

void sip_clears(unsigned cause)
{
	struct cause why = cause_q850(cause, 0, CAUSE_SOURCE_SIP);

	call_event(&sip, CALL_EV_RELEASED, &why);
}

char *channel_text(unsigned timeslot)
{
	static char text[64];

	isdn_line_describe_channel(line, timeslot, text, sizeof(text));
	return text;
}

int rig_main(int (*run)(void))
{
	int rc;

	rig_ctx = talloc_named_const(NULL, 0, "test");
	log_setup(rig_ctx);
	if (!getenv("TEST_LOG"))
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rc = run();
	talloc_free(rig_ctx);
	return rc;
}
