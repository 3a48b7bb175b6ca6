// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sipspand - the signalling program: reads the configuration, builds the parts and runs the loop.
 *
 * The parts in the order they are built, and taken down backwards:
 *
 *	configuration -> spans -> call records -> dial plan -> media client -> office
 *	-> ISDN lines -> SIP -> survivability -> console -> (other user) -> media process -> loop
 */
#include <config.h>

#include <errno.h>
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
#include "gateway/busyout.h"
#include "gateway/heap.h"
#include "gateway/call/cdr.h"
#include "gateway/dial_state.h"
#include "gateway/isdn/leg_isdn.h"
#include "gateway/line_ports.h"
#include "gateway/lines.h"
#include "gateway/log/log.h"
#include "gateway/message_lamp.h"
#include "gateway/metrics.h"
#include "gateway/options.h"
#include "gateway/reload.h"
#include "gateway/service.h"
#include "gateway/shutdown.h"
#include "gateway/sip/call_service.h"
#include "gateway/sip/keepalive.h"
#include "gateway/sip/leg_sip.h"
#include "gateway/sip/target.h"
#include "gateway/sip/ua.h"
#include "gateway/sources.h"
#include "gateway/spans.h"
#include "gateway/survive/survive.h"
#include "gateway/user_agent.h"
#include "gateway/voice_ports.h"
#include "gateway/wire/media_client.h"

#define RELOAD_RETRY_MS 100

static struct program {
	void *ctx;
	struct gateway gateway;
	struct vty_app_info app;
	const struct conf *conf;
	struct plan *plan;
	struct office *office;
	struct cdr *cdr;
	struct media_client *media;
	struct sources *sources;
	struct reload *reload;
	struct osmo_timer_list reload_timer;
	struct ua *ua;
	struct busyout *busyout;
	struct line_ports *line_ports;
	struct survive *survive;
	struct isdn_lines lines;
	struct spans spans;
} program;

static int complain(const char *sentence)
{
	fprintf(stderr, "sipspand: %s\n", sentence);
	return -1;
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

static void port_for_call(void *arg, const char *port, struct call_port *out)
{
	const struct program *p = arg;

	voice_port_for_call(p->conf, port, out);
}

static int build_office(void)
{
	struct program *p = &program;
	struct office_config config = {
	    .plan = p->plan,
	    .media = p->media,
	    .causes = p->conf->causes,
	    .cause_table = p->conf->cause_table,
	    .calls_max = p->conf->calls_max,
	    .thresholds = p->conf->thresholds,
	    .history_max = p->conf->history_max,
	    .peer_state = dial_state_of_peer,
	    .peer_state_arg = &p->gateway,
	    .target_state = dial_state_of_target,
	    .target_state_arg = &p->gateway,
	    .port = port_for_call,
	    .port_arg = p,
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

static struct lines_parts parts_of_lines(void)
{
	struct program *p = &program;

	return (struct lines_parts){
	    .ctx = p->ctx,
	    .conf = p->conf,
	    .spans = &p->spans,
	    .office = p->office,
	    .media = p->media,
	};
}

static int build_isdn(void)
{
	struct program *p = &program;
	struct lines_parts parts = parts_of_lines();
	char why[256] = "";

	if (lines_build(&p->lines, &parts, why, sizeof(why)) < 0)
		return complain(why);
	p->gateway.lines = &p->lines;
	return 0;
}

/* ---- SIP */

static int build_busyout(void)
{
	struct program *p = &program;

	if (busyout_new(p->ctx, &p->gateway, &p->busyout) < 0 ||
	    line_ports_new(p->ctx, &p->gateway, &p->line_ports) < 0)
		return complain("cannot start: out of memory");
	p->gateway.busyout = p->busyout;
	p->gateway.busyout_describe = busyout_describe;
	keepalive_on_change(ua_keepalive(p->ua), busyout_update, p->busyout);
	busyout_update(p->busyout);
	return 0;
}

static int build_sip(void)
{
	struct program *p = &program;
	char servers[CONF_NAME_SERVERS_SIZE];
	struct ua_config config = {
	    .state_folder = getenv("STATE_DIRECTORY"),
	    .name_servers = conf_name_servers(p->conf, servers),
	    .enum_time_limit_ms = p->conf->enum_time_limit_ms,
	    .product = "sipspan/" PACKAGE_VERSION,
	    .lamp = message_lamp_light,
	    .lamp_arg = &p->gateway,
	};
	char why[512] = "";

	if (sources_new(p->ctx, config.name_servers, &p->sources) < 0 ||
	    sources_set(p->sources, p->conf) < 0)
		return complain("cannot start: out of memory");
	config.trust = sources_trust(p->sources);
	user_agent_config(p->conf, &config);
	user_agent_listen(p->conf, &config);
	if (ua_new(p->ctx, &config, p->office, p->media, &p->ua, why, sizeof(why)) < 0)
		return complain(why);
	office_register_kind(p->office, PEER_VOIP, leg_sip_make, p->ua);
	p->gateway.ua = p->ua;
	if (p->conf->service.stop)
		call_service_set(p->ua, &p->conf->service);
	return build_busyout();
}

static int build_survive(void)
{
	struct program *p = &program;
	char why[256] = "";

	if (survive_new(p->ctx, p->ua, p->office, &p->conf->survive, &p->survive, why,
			sizeof(why)) < 0)
		return complain(why);
	p->gateway.survive = p->survive;
	return 0;
}

/* ---- configuration: the first, and others while it runs */

static void name_configuration(const struct conf *conf)
{
	program.conf = program.gateway.conf = conf;
	/* the console's prompt */
	program.app.name = conf->hostname[0] ? conf->hostname : "sipspan";
}

static int move_records(const char *path)
{
	struct program *p = &program;

	if (p->cdr)
		return cdr_move(p->cdr, *path ? path : NULL);
	return *path ? cdr_open(p->ctx, path, &p->cdr, NULL) : 0;
}

static int prepare_configuration(void *arg, const struct conf *next, char *why, size_t why_size)
{
	struct program *p = arg;
	struct office_config config = {
	    .calls_max = next->calls_max,
	    .thresholds = next->thresholds,
	    .history_max = next->history_max,
	};
	int rc = user_agent_check(next, why, why_size);

	if (rc < 0)
		return rc;
	rc = move_records(next->cdr_file);
	if (rc < 0) {
		snprintf(why, why_size, "cannot write call records to %s: %s", next->cdr_file,
			 strerror(-rc));
		return rc;
	}
	config.cdr = p->cdr;
	rc = office_change(p->office, &config);
	if (rc < 0) {
		snprintf(why, why_size, "there is no memory for %u calls of call-history-mib",
			 next->history_max);
		move_records(p->conf->cdr_file);
	}
	return rc;
}

static int write_syslog(const struct conf *conf)
{
	return log_to_syslog(conf->syslog_facility[0] ? conf->syslog_facility : NULL);
}

static void take_configuration(void *arg, const struct conf *next, struct plan *plan)
{
	struct program *p = arg;
	struct ua_config ua = {.listen_count = 0};
	/* what the console has said stays, unless the file says something new */
	bool service = memcmp(&next->service, &p->conf->service, sizeof(next->service)) != 0;
	struct lines_parts parts;
	char why[256];

	name_configuration(next);
	parts = parts_of_lines();
	office_set_plan(p->office, plan);
	office_set_causes(p->office, next->causes, next->cause_table);
	plan_unref(p->plan);
	p->plan = plan_ref(plan);
	user_agent_config(next, &ua);
	ua_change(p->ua, &ua);
	survive_change(p->survive, &next->survive);
	if (service)
		call_service_set(p->ua, &next->service);
	if (metrics_listen(&next->metrics, &p->gateway, why, sizeof(why)) < 0)
		LOGP(DADMIN, LOGL_ERROR, "reload: %s\n", why);
	if (write_syslog(next) < 0 || sources_set(p->sources, next) < 0 ||
	    lines_change(&p->lines, &parts) < 0)
		LOGP(DADMIN, LOGL_ERROR, "reload: out of memory, not everything could be taken\n");
	busyout_update(p->busyout);
	line_ports_update(p->line_ports);
}

/* conf is the reload's from then on. */
static int build_reload(struct conf *conf)
{
	struct program *p = &program;
	struct reload_config config = {
	    .path = p->gateway.conf_path,
	    .running = conf,
	    .prepare = prepare_configuration,
	    .take = take_configuration,
	    .arg = p,
	};

	if (reload_new(p->ctx, &config, &p->reload) < 0)
		return complain("cannot start: out of memory");
	p->gateway.reload = p->reload;
	p->gateway.reload_start = reload_start;
	p->gateway.reload_forget = reload_forget;
	p->gateway.reload_pending = reload_pending;
	return 0;
}

static void print_error(void *arg, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static int read_configuration(const char *path)
{
	struct program *p = &program;
	struct conf *conf;
	char why[256];

	p->app.name = "sipspan";
	p->app.version = PACKAGE_VERSION;
	vty_init(&p->app);
	load_setup(p->ctx);
	if (load_file(p->ctx, path, print_error, NULL, &conf) < 0)
		return -1;
	name_configuration(conf);
	if (conf_make_plan(conf, &p->plan, why, sizeof(why)) < 0)
		return complain(why);
	p->gateway.conf_path = path;
	return build_reload(conf);
}

static void log_reload_line(void *arg, enum reload_line kind, const char *text)
{
	static const char password[] = " password ";
	const char *secret = kind == RELOAD_ERROR ? NULL : strstr(text, password);
	size_t length = secret ? (size_t)(secret - text) + strlen(password) : strlen(text);

	if (kind == RELOAD_OUTCOME) /* which is in the log already */
		return;
	LOGP(DADMIN, kind == RELOAD_ERROR ? LOGL_ERROR : LOGL_NOTICE, "reload: %s%.*s%s\n",
	     kind == RELOAD_WAITS ? "waits for the next start: " : "", (int)length, text,
	     secret ? "..." : "");
}

static void reload_by_signal(void *data)
{
	static const struct reload_asker asker = {.name = "signal", .line = log_reload_line};
	struct program *p = &program;
	int rc = reload_start(p->reload, &asker);

	/* the file may have changed since that one was read */
	if (rc == -EBUSY)
		osmo_timer_schedule(&p->reload_timer, 0, RELOAD_RETRY_MS * 1000);
	else if (rc < 0)
		LOGP(DADMIN, LOGL_ERROR, "reload by signal: out of memory\n");
}

static void reload(void)
{
	osmo_timer_setup(&program.reload_timer, reload_by_signal, NULL);
	reload_by_signal(NULL);
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
	if (metrics_listen(&p->conf->metrics, &p->gateway, why, sizeof(why)) < 0)
		return complain(why);
	return write_syslog(p->conf);
}

/* ---- the end */

static void stop(void)
{
	shutdown_asked(&program.gateway);
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

	osmo_timer_del(&p->reload_timer);
	heap_unwatch();
	console_close();
	metrics_close();
	line_ports_free(p->line_ports);
	memset(&p->gateway, 0, sizeof(p->gateway));
	survive_free(p->survive); /* it leaves the office */
	if (p->office)
		office_free(p->office);
	if (p->ua)
		ua_free(p->ua);
	busyout_free(p->busyout);
	sources_free(p->sources);
	lines_free(&p->lines);
	spans_close_cards(&p->spans);
	if (p->media)
		media_client_free(p->media);
	spans_close(&p->spans);
	if (p->cdr)
		cdr_close(p->cdr);
	if (p->plan)
		plan_unref(p->plan);
	reload_free(p->reload);
}

static int build(const struct options *o)
{
	char why[256];
	int rc;

	service_raise_limits();
	if (read_configuration(o->conf_path) < 0 || build_media(o->media) < 0 || open_spans() < 0 ||
	    build_office() < 0 || build_isdn() < 0 || build_sip() < 0 || build_survive() < 0 ||
	    build_console(o->socket) < 0)
		return -1;
	if (o->user && service_drop_privileges(o->user, why, sizeof(why)) < 0)
		return complain(why);
	rc = media_client_start(program.media);
	if (rc < 0) {
		fprintf(stderr, "sipspand: cannot start sipspan-media: %s\n", strerror(-rc));
		return -1;
	}
	if (service_signals(stop, reload, reopen) < 0)
		return complain("cannot start: out of descriptors");
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	int status = 0;

	if (options_parse(argc, argv, &o) < 0)
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
		heap_watch();
		service_ready();
		while (!shutdown_is_over())
			osmo_select_main(0);
	}
	take_down();
	return status;
}
