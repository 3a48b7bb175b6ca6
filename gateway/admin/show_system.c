// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/sip/call_service.h"
#include "gateway/sip/ua.h"
#include "gateway/wire/media_client.h"

static void print_uptime(struct vty *vty, const struct gateway *g)
{
	struct timespec now;
	long long s;

	clock_gettime(CLOCK_MONOTONIC, &now);
	s = now.tv_sec - g->started.tv_sec;
	console_print(vty, "Uptime is %lld day%s, %02lld:%02lld:%02lld", s / 86400,
		      s / 86400 == 1 ? "" : "s", s / 3600 % 24, s / 60 % 60, s % 60);
}

DEFUN(show_version, show_version_cmd, "show version",
      SHOW_STR "Version, uptime, configuration file\n")
{
	const struct gateway *g = console_gateway();

	console_print(vty, "sipspan " PACKAGE_VERSION ", SIP to PSTN gateway");
	console_print(vty, "License GPL-2.0-or-later; there is no warranty");
	if (g->started.tv_sec)
		print_uptime(vty, g);
	console_print(vty, "Configuration file is %s", g->conf_path ? g->conf_path : "none");
	console_print(vty, "Process %d, %u call%s up", (int)getpid(),
		      g->office ? office_call_count(g->office) : 0,
		      g->office && office_call_count(g->office) == 1 ? "" : "s");
	return CMD_SUCCESS;
}

DEFUN(show_memory, show_memory_cmd, "show memory",
      SHOW_STR "What sipspand uses, and what it holds for later use\n")
{
	struct mallinfo2 info = mallinfo2();

	console_print(vty, "Memory in use: %zu kB of %zu kB", (info.uordblks + info.hblkhd) / 1024,
		      (info.arena + info.hblkhd) / 1024);
	return CMD_SUCCESS;
}

static void print_conf_line(void *arg, const char *text)
{
	console_print(arg, "%s", text);
}

DEFUN(show_running, show_running_cmd, "show running-config",
      SHOW_STR "The configuration in use, as it would be written\n")
{
	const struct conf *conf = console_gateway()->conf;

	if (!conf) {
		console_print(vty, "%% No configuration is loaded.");
		return CMD_WARNING;
	}
	conf_write(conf, print_conf_line, vty);
	return CMD_SUCCESS;
}

/* ---- spans */

static void address_text(const struct sockaddr_storage *address, char text[64])
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, 64, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, 64, "%s:%u", host, ntohs(in->sin_port));
	} else {
		snprintf(text, 64, "-");
	}
}

static void print_counters(struct vty *vty, const struct wire_span_state *state)
{
	static const char *const names[] = {
	    "packets received",
	    "packets sent",
	    "packets lost",
	    "packets late",
	    "packets reordered",
	    "packets malformed",
	    "slips",
	    "D-channel frames received",
	    "D-channel frames sent",
	    "D-channel errors",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) ==
			   sizeof(state->counters) / sizeof(state->counters[0]),
		       "a name for each counter");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i += 2)
		console_print(vty, "  %-26s %12llu   %-26s %12llu", names[i],
			      (unsigned long long)state->counters[i], names[i + 1],
			      (unsigned long long)state->counters[i + 1]);
}

static void print_span(struct vty *vty, const struct conf_controller *c)
{
	const struct tdm_span_config *span = &c->span;
	const struct gateway *g = console_gateway();
	static const char *const framings[] = {[TDM_E1] = "e1", [TDM_T1] = "t1", [TDM_BRI] = "bri"};
	char local[64], peer[64], alarms[64];

	console_print(vty, "controller %s %u%s%s", framings[span->framing], span->number,
		      c->description[0] ? "  " : "", c->description);
	if (c->shutdown || !span->driver) {
		console_print(vty, "  %s", c->shutdown ? "shutdown" : "no driver is configured");
		return;
	}
	if (span->driver == TDM_DRIVER_CESOPSN) {
		address_text(&span->local, local);
		address_text(&span->peer, peer);
		console_print(vty, "  pseudowire from %s to %s, %u frames a packet", local, peer,
			      span->frames_per_packet);
	} else {
		console_print(vty, "  DAHDI span %u", span->unit ? span->unit : span->number);
	}
	console_print(vty, "  clock source %s, %s",
		      span->clock == TDM_CLOCK_INTERNAL ? "internal" : "line",
		      span->law == TDM_ALAW ? "A-law" : "u-law");
	if (!g->span_state ||
	    (span->driver == TDM_DRIVER_CESOPSN && (!g->media || !media_client_ready(g->media)))) {
		console_print(vty, "  state unknown: the media process does not run");
		return;
	}
	console_print(vty, "  alarms: %s",
		      tdm_alarms_name(g->span_state[span->number].alarms, alarms, sizeof(alarms)));
	if (span->driver == TDM_DRIVER_CESOPSN) /* for a card see show controllers */
		print_counters(vty, &g->span_state[span->number]);
}

DEFUN(show_span, show_span_cmd, "show span", SHOW_STR "Spans: alarms and counters\n")
{
	const struct conf *conf = console_gateway()->conf;
	const struct conf_controller *c;
	unsigned count = 0;

	if (conf)
		llist_for_each_entry (c, &conf->controllers, entry) {
			print_span(vty, c);
			count++;
		}
	if (count == 0)
		console_print(vty, "There is no controller.");
	return CMD_SUCCESS;
}

DEFUN(show_media, show_media_cmd, "show media", SHOW_STR "The process that handles the audio\n")
{
	struct media_client *media = console_gateway()->media;

	if (!media) {
		console_print(vty, "%% There is no media process.");
		return CMD_WARNING;
	}
	if (!media_client_pid(media))
		console_print(vty, "sipspan-media does not run now; it is being started.");
	else
		console_print(vty, "sipspan-media is process %d, %s", (int)media_client_pid(media),
			      media_client_ready(media) ? "ready" : "starting");
	console_print(vty, "Scheduling is %s",
		      media_client_realtime(media)
			  ? "real time, memory locked"
			  : "ordinary: real time was not allowed or not asked for");
	console_print(vty, "RTP streams: %u of %u", media_client_streams(media),
		      media_client_streams_max(media));
	console_print(vty, "Started again %u time%s", media_client_restarts(media),
		      media_client_restarts(media) == 1 ? "" : "s");
	return CMD_SUCCESS;
}

DEFUN(show_sip, show_sip_cmd, "show sip-ua service",
      SHOW_STR "SIP user agent\n"
	       "Addresses listened on, and counters\n")
{
	struct ua *ua = console_gateway()->ua;
	struct ua_counters counters;
	char text[1024] = "", *rest = text, service[64];
	const char *line;

	if (!ua) {
		console_print(vty, "%% SIP does not run.");
		return CMD_WARNING;
	}
	ua_describe(ua, text, sizeof(text));
	ua_counters(ua, &counters);
	call_service_describe(ua, service, sizeof(service));
	console_print(vty, "SIP service is %s, listening on", service);
	while ((line = strsep(&rest, "\n")))
		if (line[0])
			console_print(vty, "  %s", line);
	console_print(vty, "INVITEs received             %lu", counters.invites_received);
	console_print(vty, "INVITEs sent                 %lu", counters.invites_sent);
	console_print(vty, "INVITEs refused as untrusted %lu", counters.invites_refused_untrusted);
	console_print(vty, "Requests refused             %lu", counters.requests_refused);
	console_print(vty, "Dialogs now                  %u", counters.dialogs);
	console_print(vty, "Sessions refreshed by us     %lu", counters.refreshes_sent);
	console_print(vty, "Sessions refreshed by others %lu", counters.refreshes_received);
	console_print(vty, "Sessions expired             %lu", counters.sessions_expired);
	console_print(vty, "Session intervals refused    %lu", counters.intervals_refused);
	return CMD_SUCCESS;
}

void show_system_install(void)
{
	install_element(ENABLE_NODE, &show_version_cmd);
	install_element(ENABLE_NODE, &show_memory_cmd);
	install_element(ENABLE_NODE, &show_running_cmd);
	install_element(ENABLE_NODE, &show_span_cmd);
	install_element(ENABLE_NODE, &show_media_cmd);
	install_element(ENABLE_NODE, &show_sip_cmd);
}
