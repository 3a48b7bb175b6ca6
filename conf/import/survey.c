// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define CODECS_OF_A_CLASS_MAX 24

/* ---- found by name or number */

const struct import_span *import_find_span(const struct import *im, const char *name)
{
	for (unsigned i = 0; i < im->spans_count; i++)
		if (strcmp(im->spans[i].name, name) == 0)
			return &im->spans[i];
	return NULL;
}

static struct import_span *span_of(struct import *im, const char *name)
{
	return (struct import_span *)import_find_span(im, name);
}

const struct import_codecs *import_find_codecs(const struct import *im, const char *number)
{
	unsigned wanted;

	for (unsigned i = 0; import_is_number(number, &wanted) && i < im->codecs_count; i++)
		if (im->codecs[i].number == wanted)
			return &im->codecs[i];
	return NULL;
}

const struct import_tenant *import_find_tenant(const struct import *im, const char *number)
{
	unsigned wanted;

	for (unsigned i = 0; import_is_number(number, &wanted) && i < im->tenants_count; i++)
		if (im->tenants[i].number == wanted)
			return &im->tenants[i];
	return NULL;
}

const char *import_find_address(const struct import *im, const char *interface)
{
	for (unsigned i = 0; i < im->addresses_count; i++)
		if (strcasecmp(im->addresses[i].interface, interface) == 0)
			return im->addresses[i].address;
	return NULL;
}

bool import_codec_is_here(const char *name)
{
	return strcmp(name, "g711alaw") == 0 || strcmp(name, "g711ulaw") == 0 ||
	       strcmp(name, "clear-channel") == 0;
}

/* ---- ports */

enum import_port import_port(const struct import *im, const char *name, char out[16])
{
	const struct import_span *span;
	const char *colon = strchr(name, ':');
	char slot[32];

	snprintf(slot, sizeof(slot), "%.*s", (int)(colon ? colon - name : 24), name);
	span = import_find_span(im, slot);
	if (!span)
		return !colon && strchr(name, '/') ? IMPORT_PORT_ANALOGUE : IMPORT_PORT_NONE;
	if (span->framing == IMPORT_BRI || (colon && strcmp(colon, ":D") == 0)) {
		snprintf(out, 16, "%u:D", span->number);
		return span->isdn ? IMPORT_PORT_ISDN : IMPORT_PORT_CAS;
	}
	if (!colon || strcmp(colon, span->framing == IMPORT_E1 ? ":15" : ":23") != 0)
		return IMPORT_PORT_CAS;
	snprintf(out, 16, "%u%s", span->number, colon);
	return span->isdn ? IMPORT_PORT_ISDN : IMPORT_PORT_CAS;
}

const char *import_port_note(enum import_port port)
{
	switch (port) {
	case IMPORT_PORT_ANALOGUE:
		return NOTE_ANALOGUE;
	case IMPORT_PORT_CAS:
		return NOTE_CAS;
	case IMPORT_PORT_NONE:
		return "there is no such port in this configuration";
	case IMPORT_PORT_ISDN:
		break;
	}
	return NULL;
}

/* ---- spans */

static void add_span(struct import *im, const struct import_line *line, enum import_framing framing,
		     const char *name)
{
	struct import_span *span;

	if (im->spans_count == IMPORT_SPANS_MAX || strlen(name) >= sizeof(span->name) ||
	    import_find_span(im, name))
		return;
	span = &im->spans[im->spans_count++];
	strcpy(span->name, name);
	span->framing = framing;
	span->from = import_line_number(im, line);
	span->isdn = span->d_channel = framing == IMPORT_BRI;
}

/* Lines below a controller, as far as others depend on them. */
static void see_controller(struct import_span *span, const char *text)
{
	const char *nfas = strstr(text, "nfas_d ");

	if (import_behind(text, "pri-group")) {
		span->isdn = true;
		span->d_channel = !nfas || strncmp(nfas, "nfas_d primary", 14) == 0;
	} else if (import_behind(text, "clock source internal")) {
		span->internal_clock = true;
	} else if (import_behind(text, "framing no-crc4")) {
		span->no_crc4 = true;
	} else if (import_behind(text, "framing sf")) {
		span->superframe = true;
	} else if (import_behind(text, "linecode ami")) {
		span->ami = true;
	}
}

/* Spans without ISDN get no number: there will be no controller. */
static void number_spans(struct import *im)
{
	unsigned number = 0;

	for (unsigned i = 0; i < im->spans_count; i++)
		if (im->spans[i].isdn)
			im->spans[i].number = ++number;
}

/* ---- voice class codec, voice class tenant */

struct preferred {
	unsigned preference;
	char name[IMPORT_WORD_MAX];
};

/* `codec preference N NAME ...`, in order of N. */
static unsigned read_codecs(const struct import *im, unsigned at,
			    struct preferred codecs[CODECS_OF_A_CLASS_MAX])
{
	unsigned count = 0;

	for (; at < im->lines_count && (im->flat || im->lines[at].indent); at++) {
		const char *rest = import_behind(im->lines[at].text, "codec preference");
		struct preferred codec;
		char number[IMPORT_WORD_MAX];
		unsigned to;

		if (im->flat && im->lines[at].verdict == IMPORT_UNSEEN && !rest)
			break;
		if (!rest || count == CODECS_OF_A_CLASS_MAX || !import_word(rest, 0, number) ||
		    !import_is_number(number, &codec.preference) ||
		    !import_word(rest, 1, codec.name))
			continue;
		for (to = count++; to && codecs[to - 1].preference > codec.preference; to--)
			codecs[to] = codecs[to - 1];
		codecs[to] = codec;
	}
	return count;
}

static void add_codecs(struct import *im, const char *number, unsigned below)
{
	struct preferred codecs[CODECS_OF_A_CLASS_MAX];
	unsigned count = read_codecs(im, below, codecs), wanted;
	struct import_codecs *c;

	if (!import_is_number(number, &wanted) || im->codecs_count == IMPORT_KNOWN_MAX ||
	    import_find_codecs(im, number))
		return;
	im->codecs = talloc_realloc(im, im->codecs, struct import_codecs, im->codecs_count + 1);
	OSMO_ASSERT(im->codecs);
	c = &im->codecs[im->codecs_count++];
	*c = (struct import_codecs){.number = wanted};
	for (unsigned i = 0; i < count; i++) {
		if (!import_codec_is_here(codecs[i].name) || strstr(c->names, codecs[i].name))
			continue;
		strcat(c->names, c->names[0] ? " " : "");
		strcat(c->names, codecs[i].name);
	}
}

/* "dns:sip.example.com expires 3600", also with a number in front */
static const char *server_word(struct import *im, const char *rest)
{
	char word[IMPORT_WORD_MAX];

	for (unsigned n = 0; n < 2; n++)
		if (import_word(rest, n, word) && strchr(word, ':'))
			return import_text(im, "%s", word);
	return NULL;
}

static void see_tenant(struct import *im, struct import_tenant *tenant, const char *text)
{
	const char *rest;

	if ((rest = import_behind(text, "sip-server")))
		tenant->sip_server = server_word(im, rest);
	else if ((rest = import_behind(text, "registrar")))
		tenant->registrar = server_word(im, rest);
	else if ((rest = import_behind(text, "session transport")))
		tenant->transport = import_behind(rest, "tcp tls") ? "tcp tls"
				    : import_behind(rest, "tcp")   ? "tcp"
								   : NULL;
}

static struct import_tenant *add_tenant(struct import *im, const char *number)
{
	struct import_tenant *tenant;
	unsigned wanted;

	if (!import_is_number(number, &wanted) || im->tenants_count == IMPORT_KNOWN_MAX)
		return NULL;
	im->tenants = talloc_realloc(im, im->tenants, struct import_tenant, im->tenants_count + 1);
	OSMO_ASSERT(im->tenants);
	tenant = &im->tenants[im->tenants_count++];
	*tenant = (struct import_tenant){.number = wanted};
	return tenant;
}

static void add_address(struct import *im, const char *interface, const char *rest)
{
	char address[IMPORT_WORD_MAX];

	if (im->addresses_count == IMPORT_KNOWN_MAX || !import_word(rest, 0, address) ||
	    !strchr(address, '.') || import_find_address(im, interface))
		return;
	im->addresses =
	    talloc_realloc(im, im->addresses, struct import_address, im->addresses_count + 1);
	OSMO_ASSERT(im->addresses);
	im->addresses[im->addresses_count].interface = interface;
	im->addresses[im->addresses_count++].address = import_text(im, "%s", address);
}

/* ---- all */

struct place { /* the block that the survey is in */
	char span[IMPORT_WORD_MAX];
	const char *interface;
	unsigned tenant; /* 1 and up: its place in im->tenants; 0: none */
	bool service_pots, sip_ua;
};

/* From 15.1(2)T on ISDN calls are routed on the number in SETUP by default. `version` does not tell
 * 15.1(1)T from 15.1(2)T: both count as the new. */
static bool version_has_did(const char *text)
{
	unsigned major = 0, minor = 0;

	return sscanf(text, "%3u.%3u", &major, &minor) == 2 && major * 100 + minor >= 1501;
}

static void see_top(struct import *im, const struct import_line *line, struct place *place)
{
	char word[IMPORT_WORD_MAX], name[IMPORT_WORD_MAX];
	const char *rest;

	*place = (struct place){.span = ""};
	if ((rest = import_behind(line->text, "controller"))) {
		if (!import_word(rest, 0, word) || !import_word(rest, 1, name))
			return;
		if (strcasecmp(word, "e1") == 0 || strcasecmp(word, "t1") == 0)
			add_span(im, line, word[0] == 'E' || word[0] == 'e' ? IMPORT_E1 : IMPORT_T1,
				 name);
		strcpy(place->span, name);
	} else if ((rest = import_behind(line->text, "interface")) && import_word(rest, 0, name)) {
		if (strncasecmp(name, "BRI", 3) == 0 && !strchr(name, ':'))
			add_span(im, line, IMPORT_BRI, name + 3);
		place->interface = import_text(im, "%s", name);
	} else if ((rest = import_behind(line->text, "isdn switch-type"))) {
		bool basic = strncmp(rest, "basic", 5) == 0;

		if (strlen(rest) < sizeof(im->basic_type))
			strcpy(basic ? im->basic_type : im->primary_type, rest);
	} else if ((rest = import_behind(line->text, "version"))) {
		im->did = version_has_did(rest);
	} else if ((rest = import_behind(line->text, "voice class codec"))) {
		add_codecs(im, rest, (unsigned)(line - im->lines) + 1);
	} else if ((rest = import_behind(line->text, "voice class tenant"))) {
		place->tenant = add_tenant(im, rest) ? im->tenants_count : 0;
	}
	place->service_pots = import_behind(line->text, "voice service pots") != NULL;
	place->sip_ua = strcmp(line->text, "sip-ua") == 0;
}

static void see_below(struct import *im, const char *text, const struct place *place)
{
	struct import_span *span = place->span[0] ? span_of(im, place->span) : NULL;
	const char *rest;

	if (span)
		see_controller(span, text);
	if (place->interface && (rest = import_behind(text, "ip address")))
		add_address(im, place->interface, rest);
	if (place->tenant)
		see_tenant(im, &im->tenants[place->tenant - 1], text);
	if (place->service_pots && strstr(text, "direct-inward-dial isdn"))
		im->did = strncmp(text, "no ", 3) != 0;
	if (place->sip_ua) {
		im->sip_server = im->sip_server || import_behind(text, "sip-server");
		im->registrar = im->registrar || import_behind(text, "registrar");
	}
}

/* `credentials` with words behind it is of sip-ua or a tenant, wherever the indentation went. */
static bool begins_block(const struct import_line *line)
{
	const char *rest;

	return !line->indent && import_find_rule(&import_global_section, line->text, &rest) &&
	       !(*rest && import_behind(line->text, "credentials"));
}

void import_survey(struct import *im)
{
	struct place place = {.span = ""};

	im->did = true;
	for (unsigned i = 0; i < im->lines_count; i++) {
		const struct import_line *line = &im->lines[i];

		if (line->verdict != IMPORT_UNSEEN)
			continue;
		if (begins_block(line))
			see_top(im, line, &place);
		else if (!line->indent && !im->flat)
			place = (struct place){.span = ""};
		else
			see_below(im, line->text, &place);
	}
	number_spans(im);
}
