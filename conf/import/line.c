// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "drivers-glue/isdn/isdn.h"
#include "drivers-glue/span/tones.h"

static const char *const framings[] = {
    [IMPORT_E1] = "e1",
    [IMPORT_T1] = "t1",
    [IMPORT_BRI] = "bri",
};

/* ---- controller */

static void clock_source(struct import *im, struct import_line *line, const char *rest)
{
	bool internal = import_behind(rest, "internal") != NULL;

	import_put(im, line, NULL, "clock source %s", internal ? "internal" : "line");
	if (strcmp(rest, internal ? "internal" : "line") == 0)
		import_taken(line);
	else
		import_changed(line, NOTE_LINE);
}

static void pri_group(struct import *im, struct import_line *line, const char *rest)
{
	char list[IMPORT_WORD_MAX], d[IMPORT_WORD_MAX];
	const char *nfas = strstr(rest, "nfas_d"), *interface = strstr(rest, "nfas_int"),
		   *group = strstr(rest, "nfas_group");
	unsigned numbers[2] = {0, 0};

	if (!import_word(rest, 0, list)) {
		import_ignore(line, "expected timeslots");
		return;
	}
	if (nfas && interface && group && import_word(nfas, 1, d) &&
	    sscanf(interface, "nfas_int %5u", &numbers[0]) == 1 &&
	    sscanf(group, "nfas_group %5u", &numbers[1]) == 1) {
		import_taken(line);
		import_put(im, line, NULL,
			   "pri-group timeslots %s nfas_d %s nfas_int %u nfas_group %u", list, d,
			   numbers[0], numbers[1]);
		return;
	}
	if (strcmp(rest, list) == 0)
		import_taken(line);
	else if (strstr(rest, "mgcp"))
		import_changed(line, NOTE_MGCP);
	else
		import_changed(line, "the timeslots are all that need be said");
	import_put(im, line, NULL, "pri-group timeslots %s", list);
}

static void set_line(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, NOTE_LINE);
}

static const struct import_rule controller_rules[] = {
    {"framing", NULL, set_line, NULL},
    {"linecode", NULL, set_line, NULL},
    {"clock source", NULL, clock_source, NULL},
    {"pri-group timeslots", NULL, pri_group, NULL},
    {"description", NULL, NULL, NULL},
    {"shutdown", NULL, NULL, NULL},
    {"no shutdown", NOTE_DEFAULT, NULL, NULL},
    {"ds0-group", NOTE_CAS, NULL, NULL},
    {"channel-group", "no data on timeslots: no channel groups", NULL, NULL},
    {"cablelength", "set when the card's module is loaded", NULL, NULL},
    {"line-termination", "set when the card's module is loaded", NULL, NULL},
};

static const struct import_section controller_section = {
    IMPORT_RULES(controller_rules), "the card's driver sets the rest of the line", NULL};

void import_controller(struct import *im, struct import_line *line, const char *rest)
{
	const struct import_span *span = NULL;
	char name[IMPORT_WORD_MAX];

	if (import_word(rest, 1, name))
		span = import_find_span(im, name);
	if (!span || !span->isdn || span->from != import_line_number(im, line)) {
		im->section_note = "no ISDN line: it has no pri-group";
		import_ignore(line, im->section_note);
		return;
	}
	import_open(im, line, import_text(im, "controller %u", span->number),
		    import_text(im, "controller %s %u", framings[span->framing], span->number));
	import_put(im, line, NULL, "driver dahdi");
	im->section = &controller_section;
}

/* ---- interface */

static void interface_type(struct import *im, struct import_line *line, const char *rest)
{
	if (isdn_switch_type_from_name(rest) > 0) {
		import_take(im, line, NULL);
		return;
	}
	import_ignore(line, "this release does not speak it");
	import_add_todo(im, line, "the line speaks %s; the default of its kind stands instead",
			rest);
}

/* `isdn bchan-number-order ascending round-robin` */
static void channel_order(struct import *im, struct import_line *line, const char *rest)
{
	if (!strstr(rest, "round-robin")) {
		import_take(im, line, NULL);
		return;
	}
	import_changed(line, "round robin has one direction");
	import_put(im, line, NULL, "isdn bchan-number-order round-robin");
}

static void negotiate(struct import *im, struct import_line *line, const char *rest)
{
	import_put(im, line, NULL, "isdn negotiate-bchan");
	if (*rest)
		import_changed(line, "SETUP is not sent again for it");
	else
		import_taken(line);
}

static void timer(struct import *im, struct import_line *line, const char *rest)
{
	char name[IMPORT_WORD_MAX], value[IMPORT_WORD_MAX];

	if (!import_word(rest, 0, name) || !import_word(rest, 1, value)) {
		import_ignore(line, "a timer without a value");
		return;
	}
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	import_changed(line, NULL);
	import_put(im, line, NULL, "isdn timer %s %s", name, value);
}

/* `isdn t310 60000`, as older releases have it; and everything that no other rule is for */
static void isdn(struct import *im, struct import_line *line, const char *rest)
{
	if ((rest[0] == 't' || rest[0] == 'T') && isdigit((unsigned char)rest[1]))
		timer(im, line, rest);
	else
		import_ignore(line, "ISDN has no such switch here");
}

static void service(struct import *im, struct import_line *line, const char *rest)
{
	char channels[IMPORT_WORD_MAX] = "", state[IMPORT_WORD_MAX] = "";
	const char *b = strstr(rest, "b_channel"), *s = strstr(rest, "state");

	if (!b || !s || !import_word(b, 1, channels) || !import_word(s, 1, state)) {
		import_ignore(line, "expected b_channel and state");
		return;
	}
	import_changed(line, NULL);
	import_put(im, line, NULL, "isdn service b_channel %s state %s", channels, state);
}

static void calling_number(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "calling numbers are those of the calls");
	import_add_todo(im, line,
			"the calling number of this line was always %s: a "
			"translation-profile outgoing of its voice-port can say so",
			rest);
}

static void controlled(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, NOTE_MGCP);
	import_add_todo(im, line,
			"layer 3 of this line was in the CallManager; it is here now: which "
			"switch type and side?");
}

static const struct import_rule interface_rules[] = {
    {"isdn switch-type", NULL, interface_type, NULL},
    {"isdn protocol-emulate", NULL, NULL, NULL},
    {"isdn incoming-voice", "every call is a voice call, but for clear channel", NULL, NULL},
    {"isdn overlap-receiving", NULL, NULL, NULL},
    {"isdn bchan-number-order", NULL, channel_order, NULL},
    {"isdn map address", NULL, NULL, NULL},
    {"isdn sending-complete", NULL, NULL, NULL},
    {"isdn negotiate-bchan", NULL, negotiate, NULL},
    {"isdn send-alerting", NULL, NULL, NULL},
    {"isdn supp-service calldiversion", NULL, NULL, NULL},
    {"isdn supp-service tbct", NULL, NULL, NULL},
    {"isdn supp-service mcid", NULL, NULL, NULL},
    {"isdn supp-service name", "names go with every call that has one", NULL, NULL},
    {"isdn timer", NULL, timer, NULL},
    {"isdn", NULL, isdn, NULL},
    {"isdn service", NULL, service, NULL},
    {"isdn calling-number", NULL, calling_number, NULL},
    {"isdn bind-l3", NULL, controlled, NULL},
    {"isdn outgoing-voice", "the bearer capability is that of the call", NULL, NULL},
    {"isdn outgoing", "what an element holds is that of the call", NULL, NULL},
    {"isdn static-tei", NULL, NULL, NULL},
    {"isdn point-to-point-setup", NULL, NULL, NULL},
    {"isdn answer1", NULL, NULL, NULL},
    {"isdn answer2", NULL, NULL, NULL},
    {"isdn layer1-emulate", NOTE_LINE, NULL, NULL},
    {"trunk-group", NULL, NULL, "trunk group"},
    {"description", "said at the controller", NULL, NULL},
};

static void end_interface(struct import *im)
{
	bool basic = import_behind(im->block->entries[0].text, "interface bri") != NULL;
	const char *type = basic ? im->basic_type : im->primary_type;

	for (unsigned i = 1; i < im->block->count; i++)
		if (import_behind(im->block->entries[i].text, " isdn switch-type"))
			return;
	if (isdn_switch_type_from_name(type) > 0)
		import_put(im, NULL, NULL, "isdn switch-type %s", type);
	else if (*type)
		import_add_todo(
		    im, &im->lines[im->block->entries[0].from - 1],
		    "the line speaks %s, which this release does not; the default of its "
		    "kind stands instead",
		    type);
}

static const struct import_section interface_section = {IMPORT_RULES(interface_rules),
							"no data on ISDN lines", end_interface};

static void basic_rate(struct import *im, struct import_line *line, const char *name)
{
	const struct import_span *span = import_find_span(im, name);
	struct import_block *controller;

	if (!span || span->framing != IMPORT_BRI)
		return;
	controller = import_open(im, line, import_text(im, "controller %u", span->number),
				 import_text(im, "controller bri %u", span->number));
	import_put_to(im, controller, line, NULL, " driver dahdi");
	import_open(im, line, import_text(im, "interface %u", span->number),
		    import_text(im, "interface bri %u", span->number));
	im->section = &interface_section;
}

void import_interface(struct import *im, struct import_line *line, const char *rest)
{
	char name[IMPORT_WORD_MAX], port[16];
	const struct import_span *span;
	char slot[IMPORT_WORD_MAX];

	import_word(rest, 0, name);
	if (strncasecmp(name, "bri", 3) == 0)
		basic_rate(im, line, name + 3);
	if (strncasecmp(name, "serial", 6) == 0 &&
	    import_port(im, name + 6, port) == IMPORT_PORT_ISDN) {
		snprintf(slot, sizeof(slot), "%.*s", (int)strcspn(name + 6, ":"), name + 6);
		span = import_find_span(im, slot);
		if (span && span->d_channel && span->framing != IMPORT_BRI) {
			import_open(im, line, import_text(im, "interface %u", span->number),
				    import_text(im, "interface serial %s", port));
			im->section = &interface_section;
		}
	}
	if (im->section)
		return;
	im->section_note = NOTE_OTHER;
	im->block_brief = line->brief = line->summed = true;
	import_ignore(line, NOTE_OTHER);
}

/* ---- voice-port */

static void country(struct import *im, struct import_line *line, const char *rest)
{
	if (strlen(rest) == 2 && tone_country(rest, TONE_BUSY)) {
		import_take(im, line, NULL);
		return;
	}
	import_ignore(line, "tones of this country are not known");
	import_add_todo(im, line, "cptone %s: choose a country that is known, as in GB, DE or US",
			rest);
}

static void plar(struct import *im, struct import_line *line, const char *rest)
{
	const char *number = import_behind(rest, "opx");

	if (number && import_behind(number, "cut-through-wait"))
		number = import_behind(number, "cut-through-wait");
	import_put(im, line, NULL, "connection plar %s", number ? number : rest);
	if (number)
		import_changed(line, "the caller is answered when the called side answers, always");
	else
		import_taken(line);
}

static void trunk_connection(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "there are no permanent connections");
	import_add_todo(im, line, "connection %s: nothing is connected there", rest);
}

static void echo(struct import *im, struct import_line *line, const char *rest)
{
	im->echo_said = true;
	import_take(im, line, NULL);
}

static void no_echo(struct import *im, struct import_line *line, const char *rest)
{
	im->echo_said = true;
	import_changed(line, "off unless it is said");
}

static const struct import_rule voice_port_rules[] = {
    {"cptone", NULL, country, NULL},
    {"description", NULL, NULL, NULL},
    {"shutdown", NULL, NULL, NULL},
    {"no shutdown", NOTE_DEFAULT, NULL, NULL},
    {"echo-cancel enable", NULL, echo, NULL},
    {"no echo-cancel enable", NULL, no_echo, NULL},
    {"echo-cancel coverage", NULL, NULL, NULL},
    {"echo-cancel", "the card's driver has no such setting", NULL, NULL},
    {"input gain auto-control", "no automatic gain", NULL, NULL},
    {"input gain", NULL, NULL, NULL},
    {"output attenuation auto-control", "no automatic gain", NULL, NULL},
    {"output attenuation", NULL, NULL, NULL},
    {"timeouts initial", NULL, NULL, NULL},
    {"timeouts interdigit", NULL, NULL, NULL},
    {"timeouts", "a timer of analogue ports, or one that ISDN has itself", NULL, NULL},
    {"translation-profile incoming", NULL, NULL, "voice translation-profile"},
    {"translation-profile outgoing", NULL, NULL, "voice translation-profile"},
    {"translate", NULL, import_old_translate, NULL},
    {"connection plar", NULL, plar, NULL},
    {"connection", NULL, trunk_connection, NULL},
    {"trunk-group", NULL, NULL, "trunk group"},
    {"busyout forced", NULL, NULL, NULL},
    {"busyout", "session targets are monitored here: see busyout monitor dial-peer", NULL, NULL},
    {"bearer-cap", "the bearer capability is that of the call", NULL, NULL},
    {"compand-type", "the law is that of the line", NULL, NULL},
};

/* IOS has echo cancellers on unless it is said; here it is the other way round. */
static void end_voice_port(struct import *im)
{
	import_old_translate_end(im, "incoming");
	if (!im->echo_said)
		import_put(im, NULL, NULL, "echo-cancel enable");
}

static const struct import_section voice_port_section = {
    IMPORT_RULES(voice_port_rules), "ISDN ports have no such setting", end_voice_port};

void import_voice_port(struct import *im, struct import_line *line, const char *rest)
{
	char port[16];
	enum import_port kind = import_port(im, rest, port);

	if (kind != IMPORT_PORT_ISDN) {
		im->section_note = import_port_note(kind);
		import_ignore(line, im->section_note);
		return;
	}
	import_open(im, line, import_text(im, "voice-port %s", port),
		    import_text(im, "voice-port %s", port));
	im->section = &voice_port_section;
	im->echo_said = false;
}
