// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sipspand - the signalling program: reads the configuration, builds the parts and runs the loop.
 *
 * The parts in the order they are built, and taken down backwards:
 *
 *	configuration -> spans -> call records -> dial plan -> media client -> office
 *	-> ISDN lines -> SIP -> console -> (other user) -> media process -> loop
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "drivers-glue/isdn/isdn_supplementary.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/console.h"
#include "gateway/call/call.h"
#include "gateway/call/cdr.h"
#include "gateway/dial_state.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/lines.h"
#include "gateway/log/log.h"
#include "gateway/service.h"
#include "gateway/sip/leg_sip.h"
#include "gateway/sip/target.h"
#include "gateway/sip/trust.h"
#include "gateway/sip/trusted_names.h"
#include "gateway/sip/ua.h"
#include "gateway/spans.h"
#include "gateway/voice_ports.h"
#include "gateway/wire/media_client.h"

#define STOP_TICK_MS 20
#define STOP_TICKS 100 /* so long may calls take to be cleared */
#define CAUSE_TEMPORARY_FAILURE 41

static const char *const usage =
    "Usage: sipspand [-c FILE] [-s SOCKET] [-u USER[:GROUP]] [--media PROGRAM]\n"
    "\n"
    "The signalling program of the SIP to PSTN gateway. Stays in the foreground, logs to stderr.\n"
    "\n"
    "  -c, --config FILE      configuration (" CONF_FILE ")\n"
    "  -s, --socket SOCKET    console (" CONSOLE_SOCKET ")\n"
    "  -u, --user USER[:GROUP]  become USER once spans and sockets are open\n"
    "      --media PROGRAM    sipspan-media, if it is not where it was installed\n"
    "  -h, --help             this text\n"
    "  -V, --version          version\n"
    "\n"
    "`sipspan check FILE` tells what is wrong with a configuration; `sipspan` is the console.\n";

struct options {
	const char *conf_path, *socket, *user, *media;
};

static struct program {
	void *ctx;
	struct gateway gateway;
	struct vty_app_info app;
	struct conf *conf;
	struct plan *plan;
	struct office *office;
	struct cdr *cdr;
	struct media_client *media;
	struct trust *trust;
	struct trusted_names *trusted_names;
	struct ua *ua;
	struct isdn_lines lines;
	struct spans spans;
	struct osmo_timer_list stop_timer;
	unsigned stop_ticks;
	enum {
		PROGRAM_RUNS,
		PROGRAM_STOPS, /* calls are being cleared */
		PROGRAM_ENDS,
	} state;
} program;

static int complain(const char *sentence)
{
	fprintf(stderr, "sipspand: %s\n", sentence);
	return -1;
}

/* ---- configuration */

static void print_error(void *arg, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static int read_configuration(const char *path)
{
	struct program *p = &program;
	char why[256];

	p->app.name = "sipspan";
	p->app.version = PACKAGE_VERSION;
	vty_init(&p->app);
	load_setup(p->ctx);
	if (load_file(p->ctx, path, print_error, NULL, &p->conf) < 0)
		return -1;
	if (conf_make_plan(p->conf, &p->plan, why, sizeof(why)) < 0)
		return complain(why);
	if (p->conf->hostname[0])
		p->app.name = p->conf->hostname; /* the console's prompt */
	p->gateway.conf = p->conf;
	p->gateway.conf_path = path;
	return 0;
}

/* ---- spans and media */

static void alarms_changed(void *arg, unsigned span, unsigned alarms)
{
	struct program *p = arg;

	if (p->lines.of_span[span])
		isdn_line_span_alarms(p->lines.of_span[span], span, alarms);
}

static void span_state_heard(void *arg, unsigned span, const struct wire_span_state *state)
{
	struct program *p = arg;

	spans_heard(&p->spans, span, state);
}

static void digit_heard(void *arg, uint32_t end, char digit, unsigned duration_ms)
{
	struct program *p = arg;

	if (p->office)
		office_media_digit(p->office, end, digit, duration_ms);
}

/* Beside this program's own file in a build tree, else where it was installed. */
static const char *find_media(const char *given)
{
	static char path[4096];
	ssize_t length;
	char *slash;

	if (given)
		return given;
	length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("sipspan-media"));
	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		if (slash) {
			strcpy(slash + 1, "sipspan-media");
			if (access(path, X_OK) == 0)
				return path;
		}
	}
	return MEDIA_PROGRAM;
}

static int build_media(const char *given)
{
	static const struct media_client_handlers handlers = {
	    .digit = digit_heard,
	    .span_state = span_state_heard,
	};
	struct program *p = &program;
	struct media_client_config config = {
	    .program = find_media(given),
	    .port_first = p->conf->rtp_port_first,
	    .port_last = p->conf->rtp_port_last,
	    .realtime = true,
	};

	if (access(config.program, X_OK) < 0) {
		fprintf(stderr, "sipspand: cannot run %s: %s: name it with --media\n",
			config.program, strerror(errno));
		return -1;
	}
	if (media_client_new(p->ctx, &config, &handlers, p, &p->media) < 0)
		return complain("cannot prepare the media process: out of memory or descriptors");
	p->gateway.media = p->media;
	p->gateway.span_state = p->spans.state;
	p->gateway.span_line = p->spans.line;
	return 0;
}

static int open_spans(void)
{
	char why[256] = "";

	if (spans_open(&program.spans, program.conf, program.media, why, sizeof(why)) < 0)
		return complain(why);
	return 0;
}

/* ---- calls */

static int build_office(void)
{
	struct program *p = &program;
	struct office_config config = {
	    .plan = p->plan,
	    .media = p->media,
	    .cause_map = p->conf->cause_map,
	    .calls_max = p->conf->calls_max,
	    .history_max = p->conf->history_max,
	    .peer_state = dial_state_of_peer,
	    .peer_state_arg = &p->gateway,
	    .target_state = dial_state_of_target,
	    .target_state_arg = &p->gateway,
	    .port = voice_port_for_call,
	    .port_arg = p->conf,
	};
	unsigned recovered = 0;
	int rc;

	if (p->conf->cdr_file[0]) {
		rc = cdr_open(p->ctx, p->conf->cdr_file, &p->cdr, &recovered);
		if (rc < 0) {
			fprintf(stderr, "sipspand: cannot write call records to %s: %s\n",
				p->conf->cdr_file, strerror(-rc));
			return -1;
		}
		if (recovered)
			LOGP(DCALL, LOGL_NOTICE,
			     "%u call records of a run that was killed, settled\n", recovered);
	}
	config.cdr = p->cdr;
	if (office_new(p->ctx, &config, &p->office) < 0)
		return complain("cannot start: out of memory");
	p->gateway.office = p->office;
	return 0;
}

/* ---- ISDN */

static int build_isdn(void)
{
	struct program *p = &program;
	struct lines_parts parts = {
	    .ctx = p->ctx,
	    .conf = p->conf,
	    .spans = &p->spans,
	    .office = p->office,
	    .media = p->media,
	};
	char why[256] = "";

	if (lines_build(&p->lines, &parts, why, sizeof(why)) < 0)
		return complain(why);
	p->gateway.lines = &p->lines;
	return 0;
}

/* ---- SIP */

/* Calls are accepted from where a dial peer sends its own. */
static int trust_target(const struct peer *peer)
{
	struct program *p = &program;
	enum peer_transport transport = peer->transport;
	struct target target;

	if (transport == PEER_TRANSPORT_SYSTEM)
		transport = p->conf->transport;
	if (!peer->session_target[0] || target_parse(peer->session_target, transport, &target) < 0)
		return 0;
	if (target.address.ss_family == AF_UNSPEC)
		return trusted_names_add(p->trusted_names, &target);
	return trust_add(p->trust, (const struct sockaddr *)&target.address,
			 target.address.ss_family == AF_INET ? 32 : 128);
}

static int build_trust(void)
{
	struct program *p = &program;
	char servers[CONF_NAME_SERVERS_SIZE];
	struct trusted_names_config names = {.servers = conf_name_servers(p->conf, servers)};
	const struct conf_peer *peer;

	p->trust = names.trust = trust_new();
	if (!p->trust || trusted_names_new(p->ctx, &names, &p->trusted_names) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < p->conf->trusted_count; i++) {
		const struct conf_trusted *t = &p->conf->trusted[i];

		if (trust_add(p->trust, (const struct sockaddr *)&t->address, t->prefix) < 0)
			return -ENOMEM;
	}
	llist_for_each_entry (peer, &p->conf->peers, entry) {
		if (trust_target(&peer->peer) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void listen_on(struct ua_config *config, const struct sockaddr_storage *address)
{
	struct ua_listen *l = &config->listen[config->listen_count++];

	l->address = *address;
	if (target_address_port((const struct sockaddr *)address) == 0)
		target_address_set_port(&l->address, program.conf->sip_port);
	l->udp = program.conf->listen_udp;
	l->tcp = program.conf->listen_tcp;
}

static int build_sip(void)
{
	struct program *p = &program;
	char servers[CONF_NAME_SERVERS_SIZE];
	struct ua_config config = {
	    .name_servers = conf_name_servers(p->conf, servers),
	    .enum_time_limit_ms = p->conf->enum_time_limit_ms,
	    .media4 = p->conf->bind_media4,
	    .media6 = p->conf->bind_media6,
	    .transport = p->conf->transport,
	    .t1_ms = p->conf->timer_t1_ms,
	    .timer_b_ms = p->conf->timer_b_ms,
	    .product = "sipspan/" PACKAGE_VERSION,
	};
	struct sockaddr_storage any;
	char why[256] = "";

	if (build_trust() < 0)
		return complain("cannot start: out of memory");
	config.trust = p->trust;
	for (unsigned i = 0; i < p->conf->bind_control_count; i++)
		listen_on(&config, &p->conf->bind_control[i]);
	if (config.listen_count == 0) {
		target_address_parse("0.0.0.0", p->conf->sip_port, &any);
		listen_on(&config, &any);
		/* a machine may have been booted without IPv6 */
		target_address_parse("::", p->conf->sip_port, &any);
		if (access("/proc/net/if_inet6", R_OK) == 0)
			listen_on(&config, &any);
	}
	if (ua_new(p->ctx, &config, p->office, p->media, &p->ua, why, sizeof(why)) < 0)
		return complain(why);
	office_register_kind(p->office, PEER_VOIP, leg_sip_make, p->ua);
	p->gateway.ua = p->ua;
	return 0;
}

/* ---- console */

static int build_console(const char *path)
{
	struct program *p = &program;
	char why[256] = "";

	console_setup(p->ctx, &p->gateway);
	if (console_listen(path, why, sizeof(why)) < 0)
		return complain(why);
	if (p->conf->vty_bind[0] &&
	    console_listen_tcp(p->conf->vty_bind, p->conf->vty_port, why, sizeof(why)) < 0)
		return complain(why);
	return 0;
}

/* ---- the end */

static bool clear_one(void *arg, const struct call_summary *call)
{
	office_clear_call(program.office, call->id, CAUSE_TEMPORARY_FAILURE);
	return true;
}

static bool all_clear(void)
{
	struct ua_counters counters;

	ua_counters(program.ua, &counters);
	if (office_call_count(program.office) || counters.dialogs)
		return false;
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		struct isdn_line *line = program.lines.line[span];

		if (line && isdn_call_count(isdn_line_isdn(line)))
			return false;
	}
	return true;
}

/* Calls are cleared on both sides before the sockets close, unless the far ends take too long. */
static void stop_tick(void *data)
{
	if (all_clear() || ++program.stop_ticks > STOP_TICKS)
		program.state = PROGRAM_ENDS;
	else
		osmo_timer_schedule(&program.stop_timer, 0, STOP_TICK_MS * 1000);
}

static void stop(void)
{
	LOGP(DADMIN, LOGL_NOTICE, "stopping, %u calls to clear\n",
	     office_call_count(program.office));
	service_stopping();
	program.state = PROGRAM_STOPS;
	office_each_call(program.office, clear_one, NULL);
	osmo_timer_setup(&program.stop_timer, stop_tick, NULL);
	stop_tick(NULL);
}

static void reopen(void)
{
	int rc;

	if (!program.cdr)
		return;
	rc = cdr_reopen(program.cdr);
	if (rc < 0)
		LOGP(DCALL, LOGL_ERROR, "call records: cannot open %s: %s\n",
		     program.conf->cdr_file, strerror(-rc));
	else
		LOGP(DCALL, LOGL_NOTICE, "call records: %s opened anew\n", program.conf->cdr_file);
}

static void take_down(void)
{
	struct program *p = &program;

	console_close();
	memset(&p->gateway, 0, sizeof(p->gateway));
	if (p->office)
		office_free(p->office);
	if (p->ua)
		ua_free(p->ua);
	trusted_names_free(p->trusted_names);
	trust_free(p->trust);
	lines_free(&p->lines);
	spans_close_cards(&p->spans);
	if (p->media)
		media_client_free(p->media);
	spans_close(&p->spans);
	if (p->cdr)
		cdr_close(p->cdr);
	if (p->plan)
		plan_unref(p->plan);
	if (p->conf)
		conf_free(p->conf);
}

static int build(const struct options *o)
{
	char why[256];
	int rc;

	service_raise_limits();
	if (read_configuration(o->conf_path) < 0 || build_media(o->media) < 0 || open_spans() < 0 ||
	    build_office() < 0 || build_isdn() < 0 || build_sip() < 0 ||
	    build_console(o->socket) < 0)
		return -1;
	if (o->user && service_drop_privileges(o->user, why, sizeof(why)) < 0)
		return complain(why);
	rc = media_client_start(program.media);
	if (rc < 0) {
		fprintf(stderr, "sipspand: cannot start sipspan-media: %s\n", strerror(-rc));
		return -1;
	}
	if (service_signals(stop, reopen) < 0)
		return complain("cannot start: out of descriptors");
	return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"socket", required_argument, NULL, 's'},
						{"user", required_argument, NULL, 'u'},
						{"media", required_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "c:s:u:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->conf_path = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'm':
			o->media = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case 'V':
			printf("sipspand %s\n", PACKAGE_VERSION);
			exit(0);
		default:
			fprintf(stderr, "Try `sipspand --help`.\n");
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sipspand: what is \"%s\"? Try `sipspand --help`.\n", argv[optind]);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {.conf_path = CONF_FILE, .socket = CONSOLE_SOCKET};
	int status = 0;

	if (parse_options(argc, argv, &o) < 0)
		return 1;
	spans_init(&program.spans, alarms_changed, &program);
	program.ctx = talloc_named_const(NULL, 0, "sipspand");
	log_setup(program.ctx);
	clock_gettime(CLOCK_MONOTONIC, &program.gateway.started);
	if (build(&o) < 0) {
		status = 1;
	} else {
		LOGP(DADMIN, LOGL_NOTICE, "sipspand %s is ready, console %s\n", PACKAGE_VERSION,
		     o.socket);
		service_ready();
		while (program.state != PROGRAM_ENDS)
			osmo_select_main(0);
	}
	take_down();
	return status;
}
