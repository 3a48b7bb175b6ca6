// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "gateway/admin/metrics_text.h"

#include <stdbool.h>
#include <time.h>

#include "conf/conf.h"
#include "gateway/admin/console.h"
#include "gateway/call/call.h"
#include "gateway/call/conference.h"
#include "gateway/call/tally.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/isdn/trunk.h"
#include "gateway/sip/registrations.h"
#include "gateway/sip/statistics.h"
#include "gateway/sip/ua.h"
#include "gateway/survive/registrar.h"
#include "gateway/survive/survive.h"
#include "gateway/wire/media_client.h"

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP sipspan_%s %s\n# TYPE sipspan_%s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *help, unsigned long value)
{
	begin(out, name, "gauge", help);
	fprintf(out, "sipspan_%s %lu\n", name, value);
}

/* ---- the program */

static void write_program(const struct gateway *g, FILE *out)
{
	struct timespec now;

	begin(out, "build_info", "gauge", "Version of the program.");
	fprintf(out, "sipspan_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	if (g->started.tv_sec) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		one(out, "uptime_seconds", "Seconds since the start.",
		    (unsigned long)(now.tv_sec - g->started.tv_sec));
	}
	if (!g->media)
		return;
	one(out, "media_up", "1 if the process that handles the audio is ready.",
	    media_client_ready(g->media));
	one(out, "media_streams", "RTP streams that are open.", media_client_streams(g->media));
	one(out, "media_streams_max", "RTP streams that can be open at once.",
	    media_client_streams_max(g->media));
	begin(out, "media_restarts_total", "counter", "How often it was started again.");
	fprintf(out, "sipspan_media_restarts_total %u\n", media_client_restarts(g->media));
}

/* ---- calls */

static void write_peer_calls(const struct office *office, FILE *out)
{
	const struct plan *plan = office_plan(office);

	begin(out, "peer_calls", "gauge", "Calls up per dial peer, those without a call left out.");
	for (size_t i = 0; plan && i < plan_peer_count(plan); i++) {
		const struct peer *p = plan_peer_at(plan, i);
		unsigned calls = office_peer_calls(office, p->tag);

		if (calls)
			fprintf(out, "sipspan_peer_calls{peer=\"%u\"} %u\n", p->tag, calls);
	}
}

static void write_tally(void *arg, const struct tally_row *row)
{
	static const char *const directions[] = {[TALLY_IN] = "in", [TALLY_OUT] = "out"};
	const unsigned long counts[] = {row->failed, row->answered};

	for (unsigned answered = 0; answered < 2; answered++)
		if (counts[answered])
			fprintf(arg,
				"sipspan_calls_total{peer=\"%u\",direction=\"%s\",cause=\"%u\","
				"answered=\"%s\"} %lu\n",
				row->tag, directions[row->direction], row->cause,
				answered ? "true" : "false", counts[answered]);
}

static void write_conferences(const struct office *office, FILE *out)
{
	struct conference_counts counts = office_conference_counts(office);

	one(out, "conferences", "Conferences up.", counts.conferences);
	one(out, "conference_parties", "Parties in them.", counts.parties);
	begin(out, "conferences_total", "counter", "Conferences that were begun.");
	fprintf(out, "sipspan_conferences_total %lu\n", counts.begun);
	begin(out, "conferences_refused_total", "counter",
	      "Calls refused because there were too many conferences, or parties in one.");
	fprintf(out, "sipspan_conferences_refused_total %lu\n", counts.refused);
}

static void write_calls(const struct gateway *g, FILE *out)
{
	if (!g->office)
		return;
	one(out, "calls", "Calls up.", office_call_count(g->office));
	write_peer_calls(g->office, out);
	begin(out, "calls_total", "counter",
	      "Calls and attempts that have ended, by dial peer, direction and Q.850 cause.");
	tally_each(g->office, write_tally, out);
	write_conferences(g->office, out);
}

/* ---- lines */

static void write_channels(const struct conf_controller *c, struct isdn_line *line, FILE *out)
{
	const struct trunk *trunk = isdn_line_trunk(line);
	unsigned long counts[TRUNK_CHANNEL_OUT_OF_SERVICE + 1] = {0};
	static const char *const states[] = {[TRUNK_CHANNEL_IDLE] = "idle",
					     [TRUNK_CHANNEL_BUSY] = "busy",
					     [TRUNK_CHANNEL_OUT_OF_SERVICE] = "out-of-service"};

	for (unsigned channel = trunk_next(trunk, 0); channel; channel = trunk_next(trunk, channel))
		if (trunk_span_of(trunk, channel) == c->span.number)
			counts[trunk_channel(trunk, channel)]++;
	for (unsigned state = TRUNK_CHANNEL_IDLE; state <= TRUNK_CHANNEL_OUT_OF_SERVICE; state++)
		fprintf(out, "sipspan_b_channels{controller=\"%u\",state=\"%s\"} %lu\n",
			c->span.number, states[state], counts[state]);
}

static void write_lines(const struct gateway *g, FILE *out)
{
	const struct conf_controller *c;

	if (!g->conf || !g->lines)
		return;
	begin(out, "b_channels", "gauge", "B channels by controller and state.");
	llist_for_each_entry (c, &g->conf->controllers, entry)
		if (g->lines->of_span[c->span.number])
			write_channels(c, g->lines->of_span[c->span.number], out);
	begin(out, "d_channel_up", "gauge", "1 if layer 2 of the D channel is up.");
	llist_for_each_entry (c, &g->conf->controllers, entry)
		if (g->lines->line[c->span.number])
			fprintf(out, "sipspan_d_channel_up{port=\"%u:D\"} %d\n", c->span.number,
				isdn_line_is_up(g->lines->line[c->span.number]));
	if (!g->span_state)
		return;
	begin(out, "span_alarm", "gauge", "1 if the span has an alarm.");
	llist_for_each_entry (c, &g->conf->controllers, entry)
		fprintf(out, "sipspan_span_alarm{controller=\"%u\"} %d\n", c->span.number,
			g->span_state[c->span.number].alarms != 0);
}

/* ---- SIP */

static void write_counts(FILE *out, const char *what, const struct statistics_row *row)
{
	char label[64];

	if (row->method)
		snprintf(label, sizeof(label), "method=\"%s\"", row->method);
	else
		snprintf(label, sizeof(label), "status=\"%u\"", row->status);
	fprintf(out, "sipspan_sip_%s_total{%s,direction=\"received\"} %lu\n", what, label,
		row->received);
	fprintf(out, "sipspan_sip_%s_total{%s,direction=\"sent\"} %lu\n", what, label, row->sent);
}

static void write_requests(void *arg, const struct statistics_row *row)
{
	if (row->method)
		write_counts(arg, "requests", row);
}

static void write_responses(void *arg, const struct statistics_row *row)
{
	if (row->status)
		write_counts(arg, "responses", row);
}

static bool count_registration(void *arg, const struct registration_view *view)
{
	unsigned *counts = arg;

	counts[view->up]++;
	return true;
}

static void write_registrar(void *arg, const struct server_view *view)
{
	static const char *const transports[] = {[PEER_TRANSPORT_SYSTEM] = "",
						 [PEER_TRANSPORT_UDP] = "/udp",
						 [PEER_TRANSPORT_TCP] = "/tcp",
						 [PEER_TRANSPORT_TLS] = "/tls"};

	for (unsigned state = SERVER_UP; state <= SERVER_RETURNING; state++)
		fprintf(arg, "sipspan_registrar{target=\"%s%s\",state=\"%s\"} %d\n", view->target,
			transports[view->transport], server_state_name(state),
			view->state == state);
}

static void write_registrars(const struct registrar_watches *watches, FILE *out)
{
	begin(out, "registrar", "gauge", "1 for the state that a registrar is in.");
	registrar_watches_each(watches, write_registrar, out);
	begin(out, "registrar_changes_total", "counter",
	      "How often registrars have come into a state.");
	for (unsigned state = SERVER_UP; state <= SERVER_RETURNING; state++)
		fprintf(out, "sipspan_registrar_changes_total{state=\"%s\"} %lu\n",
			server_state_name(state), registrar_watches_changes(watches, state));
}

static void write_registrations(const struct gateway *g, FILE *out)
{
	unsigned counts[2] = {0};

	registrations_each(ua_registrations(g->ua), count_registration, counts);
	begin(out, "registrations", "gauge", "Lines at registrars.");
	fprintf(out, "sipspan_registrations{state=\"registered\"} %u\n", counts[1]);
	fprintf(out, "sipspan_registrations{state=\"not registered\"} %u\n", counts[0]);
	write_registrars(registrations_watches(ua_registrations(g->ua)), out);
}

static void write_sip(const struct gateway *g, FILE *out)
{
	struct ua_counters counters;

	if (!g->ua)
		return;
	ua_counters(g->ua, &counters);
	one(out, "sip_dialogs", "SIP dialogs now.", counters.dialogs);
	begin(out, "sip_untrusted_total", "counter",
	      "INVITEs refused: their source is not trusted.");
	fprintf(out, "sipspan_sip_untrusted_total %lu\n", counters.invites_refused_untrusted);
	begin(out, "sip_requests_total", "counter", "SIP requests.");
	statistics_each(false, write_requests, out);
	begin(out, "sip_responses_total", "counter", "SIP responses.");
	statistics_each(false, write_responses, out);
	write_registrations(g, out);
}

/* ---- telephones */

static void write_phones(const struct gateway *g, FILE *out)
{
	struct location_counters location;
	struct registrar_counters r;

	if (!g->survive)
		return;
	location_counters(survive_location(g->survive), &location);
	registrar_counters(survive_registrar(g->survive), &r);
	one(out, "phone_numbers", "Numbers that telephones have registered.", location.names);
	const struct {
		const char *result;
		unsigned long count;
	} rows[] = {
	    {"accepted", r.accepted}, {"removed", r.removed},		{"queried", r.queried},
	    {"refused", r.refused},   {"too brief", r.too_brief},	{"too many", r.too_many},
	    {"failed", r.failed},     {"out of order", r.out_of_order},
	};
	begin(out, "phone_registers_total", "counter", "REGISTER of telephones, by result.");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fprintf(out, "sipspan_phone_registers_total{result=\"%s\"} %lu\n", rows[i].result,
			rows[i].count);
	one(out, "location_store_up", "1 if what is registered can be stored.", location.reachable);
	begin(out, "location_store_failures_total", "counter", "Changes that were not stored.");
	fprintf(out, "sipspan_location_store_failures_total %lu\n", location.failed);
	begin(out, "location_store_bytes_total", "counter", "Octets written to the store.");
	fprintf(out, "sipspan_location_store_bytes_total %lu\n", location.bytes);
}

/* ---- survivability */

static void write_manager(void *arg, const struct server_view *view)
{
	for (unsigned state = SERVER_UP; state <= SERVER_RETURNING; state++)
		fprintf(arg, "sipspan_call_manager{target=\"%s\",state=\"%s\"} %d\n", view->target,
			server_state_name(state), view->state == state);
}

static void write_survive(const struct gateway *g, FILE *out)
{
	unsigned counts[LOCATION_ORIGINS];

	if (!g->survive)
		return;
	begin(out, "call_manager", "gauge", "1 for the state that a call manager is in.");
	upstreams_each(survive_upstreams(g->survive), write_manager, out);
	begin(out, "call_manager_changes_total", "counter",
	      "How often call managers have come into a state.");
	for (unsigned state = SERVER_UP; state <= SERVER_RETURNING; state++)
		fprintf(out, "sipspan_call_manager_changes_total{state=\"%s\"} %lu\n",
			server_state_name(state), survive_changes(g->survive, state));
	one(out, "fallback", "1 if call managers are watched and none is there.",
	    upstreams_fallback(survive_upstreams(g->survive)));
	survive_count(g->survive, counts);
	begin(out, "phone_contacts", "gauge", "Contacts of telephones.");
	fprintf(out, "sipspan_phone_contacts{origin=\"registered\"} %u\n",
		counts[LOCATION_REGISTERED]);
	fprintf(out, "sipspan_phone_contacts{origin=\"standby\"} %u\n", counts[LOCATION_STANDBY]);
	fprintf(out, "sipspan_phone_contacts{origin=\"learnt\"} %u\n", counts[LOCATION_LEARNT]);
}

void metrics_write(const struct gateway *g, FILE *out)
{
	write_program(g, out);
	write_calls(g, out);
	write_lines(g, out);
	write_sip(g, out);
	write_phones(g, out);
	write_survive(g, out);
}
