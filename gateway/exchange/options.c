// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>

#define DELAY_MAX_MS 600000
#define JITTER_MAX 64
/* A clock of our own must not wait for a far end that stalls a little: a slip is heard. */
#define JITTER_FRAMES 128

enum option_key {
	OPT_LISTEN = 256,
	OPT_PEER,
	OPT_DAHDI,
	OPT_T1,
	OPT_USER,
	OPT_POINT_TO_POINT,
	OPT_SWITCH_TYPE,
	OPT_FRAMES,
	OPT_CLOCK,
	OPT_JITTER,
	OPT_RESTART,
	OPT_PLAY_WAV,
	OPT_ANNOUNCEMENT,
	OPT_ANNOUNCEMENT_MS,
	OPT_PROCEEDING_DELAY,
	OPT_ALERTING_DELAY,
	OPT_ANSWER_DELAY,
	OPT_CALL,
	OPT_PLAY,
	OPT_RECORD,
	OPT_COUNT,
	OPT_RATE,
	OPT_HOLD,
	OPT_DTMF,
	OPT_NAME,
	OPT_RESTRICT,
	OPT_BEARER,
	OPT_TIMEOUT,
	OPT_EXPECT_CAUSE,
	OPT_EXPECT_DIGITS,
	OPT_SCRIPT,
	OPT_QUIET,
	OPT_DEBUG,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option longs[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"peer", required_argument, NULL, OPT_PEER},
    {"dahdi", required_argument, NULL, OPT_DAHDI},
    {"t1", no_argument, NULL, OPT_T1},
    {"user", no_argument, NULL, OPT_USER},
    {"point-to-point", no_argument, NULL, OPT_POINT_TO_POINT},
    {"switch-type", required_argument, NULL, OPT_SWITCH_TYPE},
    {"frames", required_argument, NULL, OPT_FRAMES},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"jitter", required_argument, NULL, OPT_JITTER},
    {"restart", no_argument, NULL, OPT_RESTART},
    {"play-wav", required_argument, NULL, OPT_PLAY_WAV},
    {"announcement", required_argument, NULL, OPT_ANNOUNCEMENT},
    {"announcement-time", required_argument, NULL, OPT_ANNOUNCEMENT_MS},
    {"proceeding-delay", required_argument, NULL, OPT_PROCEEDING_DELAY},
    {"alerting-delay", required_argument, NULL, OPT_ALERTING_DELAY},
    {"answer-delay", required_argument, NULL, OPT_ANSWER_DELAY},
    {"call", required_argument, NULL, OPT_CALL},
    {"play", required_argument, NULL, OPT_PLAY},
    {"record", required_argument, NULL, OPT_RECORD},
    {"count", required_argument, NULL, OPT_COUNT},
    {"rate", required_argument, NULL, OPT_RATE},
    {"hold", required_argument, NULL, OPT_HOLD},
    {"dtmf", required_argument, NULL, OPT_DTMF},
    {"name", required_argument, NULL, OPT_NAME},
    {"restrict", no_argument, NULL, OPT_RESTRICT},
    {"bearer", required_argument, NULL, OPT_BEARER},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"expect-cause", required_argument, NULL, OPT_EXPECT_CAUSE},
    {"expect-digits", required_argument, NULL, OPT_EXPECT_DIGITS},
    {"script", required_argument, NULL, OPT_SCRIPT},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: sipspan-exchange --listen ADDR:PORT --peer ADDR:PORT [OPTION...]\n"
    "       sipspan-exchange --dahdi SPAN [OPTION...]\n"
    "An ISDN exchange with scripted subscribers on one E1, T1 or BRI: RFC 5086 over UDP, or a card.\n"
    "\n"
    "The span (if nothing is said: E1, network side, primary-net5, clock internal)\n"
    "  --listen ADDR:PORT    our end of the pseudowire; [ADDR]:PORT for IPv6\n"
    "  --peer ADDR:PORT      the far end\n"
    "  --dahdi SPAN          a card instead: span SPAN of DAHDI\n"
    "  --t1                  a T1: 24 timeslots, u-law, primary-ni\n"
    "  --user                user side; clock line\n"
    "  --switch-type NAME    primary-net5, primary-ni, primary-dms100, primary-4ess,\n"
    "                        primary-5ess, primary-qsig; basic-net3, basic-qsig: a basic\n"
    "                        rate, a bus of several terminals\n"
    "  --point-to-point      a basic rate with one terminal\n"
    "  --frames N            frames a packet, 1 to 64 (8: a packet each ms)\n"
    "  --clock internal|line be the clock, or follow the far end\n"
    "  --jitter N            packets kept before use, 1 to 64 (16 ms with clock internal,\n"
    "                        else 2 packets)\n"
    "  --restart             RESTART all channels first: the far end forgets calls of\n"
    "                        an exchange that was killed\n"
    "\n"
    "The subscribers, by the last four digits called\n"
    "%s"
    "  --play-wav FILE       what 0002 plays (8000 Hz mono 16 bit; a tone of 1004 Hz)\n"
    "  --announcement FILE   what 0008 plays (the special information tone)\n"
    "  --announcement-time S how long 0008 talks (3)\n"
    "  --proceeding-delay MS, --alerting-delay MS, --answer-delay MS\n"
    "                        wait before that message (0)\n"
    "\n"
    "Calls (exit 0 only if all went as asked)\n"
    "  --call FROM TO        place a call; a FROM of - sends no number; +... is international\n"
    "  --play FILE           say this once it is answered\n"
    "  --record FILE         write what is heard, from answer or early media on\n"
    "  --count N, --rate R   N calls (1), R a second (10)\n"
    "  --hold S              hang up S seconds after answer (when all is said, else 3)\n"
    "  --dtmf DIGITS         send DTMF after answer\n"
    "  --name NAME, --restrict\n"
    "                        calling name; number and name must not be shown\n"
    "  --bearer WHAT         speech, 3.1khz (usual) or digital (data)\n"
    "  --timeout S           wait for the D channel, and for each answer (30)\n"
    "  --expect-cause N      right is: the far end clears with cause N\n"
    "  --expect-digits D     right is: these DTMF digits are heard\n"
    "\n"
    "Q.931 message by message, right or wrong\n"
    "  --script FILE         do what FILE says instead (exit 0 only if all it expects came)\n"
    "\n"
    "  --quiet, --debug      log errors only; log Q.931 and Q.921 in full\n"
    "  --help, --version\n";

void options_help(char *text, size_t size)
{
	char subscribers[1024];

	subscriber_list(subscribers, sizeof(subscribers));
	snprintf(text, size, help, subscribers);
}

struct parser {
	struct options options;
	bool have_listen;
	bool have_peer;
	bool have_clock;
	bool have_switch_type;
	const char *call_only; /* an option that makes sense with --call only */
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->why, p->why_size, format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_unsigned(struct parser *p, const char *name, unsigned most, unsigned *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(optarg, &end, 10);
	if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || errno != 0 || value < 1 ||
	    value > most)
		return refuse(p, "%s %s: expected a whole number from 1 to %u", name, optarg, most);
	*out = value;
	return 0;
}

static int parse_delay(struct parser *p, const char *name, unsigned *out)
{
	if (strcmp(optarg, "0") == 0) {
		*out = 0;
		return 0;
	}
	return parse_unsigned(p, name, DELAY_MAX_MS, out);
}

static int parse_number(struct parser *p, const char *name, double most, double *out)
{
	char *end;
	double value = strtod(optarg, &end);

	if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || !(value >= 0.001) || value > most)
		return refuse(p, "%s %s: expected a number from 0.001 to %.0f", name, optarg, most);
	*out = value;
	return 0;
}

static int parse_seconds(struct parser *p, const char *name, unsigned *out_ms)
{
	double seconds;
	int rc = parse_number(p, name, 86400, &seconds);

	if (rc == 0)
		*out_ms = lrint(seconds * 1000);
	return rc;
}

/* 127.0.0.1:2142, [::1]:2142 */
static int parse_address(struct parser *p, const char *name, struct sockaddr_storage *out)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	const char *colon = strrchr(optarg, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t length = colon != NULL ? (size_t)(colon - optarg) : 0;
	char *end = NULL;
	unsigned long port;

	if (length == 0 || length >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
		goto fail;
	memcpy(host, optarg, length);
	host[length] = '\0';
	errno = 0;
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || errno != 0 || port < 1 || port > 65535)
		goto fail;
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
			goto fail;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
	} else {
		if (inet_pton(AF_INET, host, &in4->sin_addr) != 1)
			goto fail;
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
	}
	*out = address;
	return 0;
fail:
	return refuse(p, "%s %s: expected ADDRESS:PORT, such as 127.0.0.1:2142 or [::1]:2142", name,
		      optarg);
}

static int parse_switch_type(struct parser *p)
{
	int type = isdn_switch_type_from_name(optarg);

	if (type < 0)
		return refuse(p,
			      "--switch-type %s: expected primary-net5, primary-ni, "
			      "primary-dms100, primary-4ess, primary-5ess or primary-qsig",
			      optarg);
	p->options.exchange.switch_type = type;
	p->have_switch_type = true;
	return 0;
}

static int parse_clock(struct parser *p)
{
	if (strcmp(optarg, "internal") == 0)
		p->options.exchange.span.clock = TDM_CLOCK_INTERNAL;
	else if (strcmp(optarg, "line") == 0)
		p->options.exchange.span.clock = TDM_CLOCK_LINE;
	else
		return refuse(p, "--clock %s: expected internal or line", optarg);
	p->have_clock = true;
	return 0;
}

static int parse_call(struct parser *p, int argc, char **argv)
{
	struct caller_config *caller = &p->options.caller;
	const char *to;

	if (optind >= argc || strncmp(argv[optind], "--", 2) == 0)
		return refuse(p, "--call needs two numbers: FROM TO");
	to = argv[optind++];
	if (strcmp(optarg, "-") != 0 && number_from_e164(&caller->from.number, optarg) < 0)
		return refuse(p, "--call: %s is no telephone number", optarg);
	if (to[0] == '\0' || number_from_e164(&caller->to, to) < 0)
		return refuse(p, "--call: %s is no telephone number", to);
	p->options.action = OPTIONS_CALL;
	return 0;
}

static int parse_digits(struct parser *p, const char *name, const char **out)
{
	if (optarg[0] == '\0' || strspn(optarg, "0123456789ABCD*#") != strlen(optarg) ||
	    strlen(optarg) > LINE_DIGITS_MAX)
		return refuse(p, "%s %s: expected up to %u of the digits 0-9 A-D * #", name, optarg,
			      LINE_DIGITS_MAX);
	*out = optarg;
	return 0;
}

static int parse_name(struct parser *p)
{
	if (strlen(optarg) > PARTY_NAME_MAX)
		return refuse(p, "--name: at most %u characters", PARTY_NAME_MAX);
	snprintf(p->options.caller.from.name, sizeof(p->options.caller.from.name), "%s", optarg);
	return 0;
}

static int parse_bearer(struct parser *p)
{
	static const struct {
		const char *name;
		enum isdn_bearer bearer;
	} bearers[] = {
	    {"speech", ISDN_BEARER_SPEECH},
	    {"3.1khz", ISDN_BEARER_3K1_AUDIO},
	    {"digital", ISDN_BEARER_UNRESTRICTED_DIGITAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bearers); i++) {
		if (strcmp(optarg, bearers[i].name) != 0)
			continue;
		p->options.caller.bearer = bearers[i].bearer;
		return 0;
	}
	return refuse(p, "--bearer %s: expected speech, 3.1khz or digital", optarg);
}

static int parse_span(struct parser *p, int option)
{
	struct exchange_config *exchange = &p->options.exchange;

	switch (option) {
	case OPT_LISTEN:
		p->have_listen = true;
		return parse_address(p, "--listen", &exchange->span.local);
	case OPT_PEER:
		p->have_peer = true;
		return parse_address(p, "--peer", &exchange->span.peer);
	case OPT_DAHDI:
		exchange->span.driver = TDM_DRIVER_DAHDI;
		return parse_unsigned(p, "--dahdi", TDM_SPAN_MAX, &exchange->span.unit);
	case OPT_T1:
		exchange->span.framing = TDM_T1;
		return 0;
	case OPT_USER:
		exchange->network = false;
		return 0;
	case OPT_POINT_TO_POINT:
		exchange->point_to_point = true;
		return 0;
	case OPT_SWITCH_TYPE:
		return parse_switch_type(p);
	case OPT_FRAMES:
		return parse_unsigned(p, "--frames", 64, &exchange->span.frames_per_packet);
	case OPT_CLOCK:
		return parse_clock(p);
	case OPT_JITTER:
		return parse_unsigned(p, "--jitter", JITTER_MAX, &exchange->span.jitter_packets);
	default:
		exchange->restart = true;
		return 0;
	}
}

static int parse_subscriber(struct parser *p, int option)
{
	struct subscriber_delays *delays = &p->options.exchange.delays;

	switch (option) {
	case OPT_PLAY_WAV:
		p->options.play_wav = optarg;
		return 0;
	case OPT_ANNOUNCEMENT:
		p->options.announcement_wav = optarg;
		return 0;
	case OPT_ANNOUNCEMENT_MS:
		return parse_seconds(p, "--announcement-time", &delays->announcement_ms);
	case OPT_PROCEEDING_DELAY:
		return parse_delay(p, "--proceeding-delay", &delays->proceeding_ms);
	case OPT_ALERTING_DELAY:
		return parse_delay(p, "--alerting-delay", &delays->alerting_ms);
	default:
		return parse_delay(p, "--answer-delay", &delays->answer_ms);
	}
}

static int parse_caller(struct parser *p, int option)
{
	struct caller_config *caller = &p->options.caller;

	switch (option) {
	case OPT_PLAY:
		p->options.call_wav = optarg;
		return 0;
	case OPT_RECORD:
		caller->record = optarg;
		return optarg[0] != '\0' ? 0 : refuse(p, "--record needs the name of a file");
	case OPT_COUNT:
		return parse_unsigned(p, "--count", CALLER_COUNT_MAX, &caller->count);
	case OPT_RATE:
		return parse_number(p, "--rate", 1000, &caller->rate);
	case OPT_HOLD:
		return parse_seconds(p, "--hold", &caller->hold_ms);
	case OPT_DTMF:
		return parse_digits(p, "--dtmf", &caller->dtmf);
	case OPT_NAME:
		return parse_name(p);
	case OPT_RESTRICT:
		caller->from.presentation = PRESENTATION_RESTRICTED;
		return 0;
	case OPT_BEARER:
		return parse_bearer(p);
	case OPT_TIMEOUT:
		return parse_seconds(p, "--timeout", &caller->timeout_ms);
	case OPT_EXPECT_CAUSE:
		return parse_unsigned(p, "--expect-cause", 127, &caller->expect_cause);
	default:
		return parse_digits(p, "--expect-digits", &caller->expect_digits);
	}
}

static unsigned jitter_usual(unsigned frames_per_packet)
{
	unsigned packets = JITTER_FRAMES / frames_per_packet;

	return packets > JITTER_MAX ? JITTER_MAX : packets;
}

/* What was not said follows from what was. */
static int complete(struct parser *p)
{
	struct exchange_config *exchange = &p->options.exchange;
	struct tdm_span_config usual;
	bool t1 = exchange->span.framing == TDM_T1;

	if (exchange->span.driver == TDM_DRIVER_DAHDI && (p->have_listen || p->have_peer))
		return refuse(p, "--dahdi and --listen or --peer exclude each other");
	if (exchange->span.driver != TDM_DRIVER_DAHDI && (!p->have_listen || !p->have_peer))
		return refuse(p, "--listen ADDR:PORT and --peer ADDR:PORT are needed, or --dahdi "
				 "SPAN; see --help");
	if (exchange->span.local.ss_family != exchange->span.peer.ss_family)
		return refuse(p, "--listen and --peer must both be IPv4 or both be IPv6");
	if (p->call_only != NULL && p->options.action != OPTIONS_CALL)
		return refuse(p, "--%s makes sense with --call only", p->call_only);
	if (p->options.script != NULL && p->options.action == OPTIONS_CALL)
		return refuse(p, "--script and --call cannot be had at once");
	if (p->options.script != NULL)
		p->options.action = OPTIONS_SCRIPT;
	if (p->have_switch_type && isdn_is_basic_rate(exchange->switch_type))
		exchange->span.framing = TDM_BRI;
	tdm_span_config_init(&usual, 1, exchange->span.framing);
	exchange->span.law = usual.law;
	exchange->span.d_timeslot = usual.d_timeslot;
	if (!p->have_switch_type)
		exchange->switch_type = t1 ? ISDN_PRIMARY_NI : ISDN_PRIMARY_NET5;
	if (!p->have_clock)
		exchange->span.clock = exchange->network ? TDM_CLOCK_INTERNAL : TDM_CLOCK_LINE;
	if (exchange->span.jitter_packets == 0 && exchange->span.clock == TDM_CLOCK_INTERNAL)
		exchange->span.jitter_packets = jitter_usual(exchange->span.frames_per_packet);
	return 0;
}

static int parse_one(struct parser *p, int option, int argc, char **argv)
{
	if (option == OPT_CALL)
		return parse_call(p, argc, argv);
	if (option >= OPT_LISTEN && option <= OPT_RESTART)
		return parse_span(p, option);
	if (option >= OPT_PLAY_WAV && option <= OPT_ANSWER_DELAY)
		return parse_subscriber(p, option);
	if (option >= OPT_PLAY && option <= OPT_EXPECT_DIGITS) {
		p->call_only = longs[option - OPT_LISTEN].name;
		return parse_caller(p, option);
	}
	if (option == OPT_SCRIPT) {
		p->options.script = optarg;
		return 0;
	}
	if (option == OPT_QUIET) {
		p->options.log_level = LOGL_ERROR;
		return 0;
	}
	if (option == OPT_DEBUG) {
		p->options.log_level = LOGL_DEBUG;
		p->options.exchange.debug = true;
		return 0;
	}
	if (option == ':')
		return refuse(p, "%s needs a value; see --help", argv[optind - 1]);
	return refuse(p, "unknown option %s; see --help", argv[optind - 1]);
}

int options_parse(int argc, char **argv, struct options *out, char *why, size_t why_size)
{
	struct parser p = {.why = why, .why_size = why_size};
	int option;
	int rc;

	tdm_span_config_init(&p.options.exchange.span, 1, TDM_E1);
	p.options.exchange.span.jitter_packets = 0;
	p.options.exchange.network = true;
	p.options.exchange.delays.announcement_ms = 3000;
	p.options.caller.count = 1;
	p.options.caller.bearer = ISDN_BEARER_3K1_AUDIO;
	p.options.caller.rate = 10;
	p.options.caller.timeout_ms = 30000;
	p.options.log_level = LOGL_INFO;
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (option == OPT_HELP || option == OPT_VERSION) {
			p.options.action = option == OPT_HELP ? OPTIONS_HELP : OPTIONS_VERSION;
			*out = p.options;
			return 0;
		}
		rc = parse_one(&p, option, argc, argv);
		if (rc < 0)
			return rc;
	}
	if (optind < argc)
		return refuse(&p, "%s was not expected; see --help", argv[optind]);
	rc = complete(&p);
	if (rc == 0)
		*out = p.options;
	return rc;
}
