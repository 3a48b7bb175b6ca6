// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds for all telephones: voice register global, call-manager-fallback, and what telephony-service
 * says that SIP telephones have as well. */
#include "conf/import/phones.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

struct import_block *import_fallback_block(struct import *im)
{
	static const char key[] = "call-manager-fallback";
	struct import_block *block = import_find_block(im, key), *open = im->block;

	if (!block)
		block = import_open(im, NULL, key, key);
	im->block = open;
	return block;
}

static void put(struct import *im, struct import_line *line, const char *text)
{
	if (strcmp(text, line->text) == 0)
		import_taken(line);
	import_put_to(im, import_fallback_block(im), line, NULL, import_text(im, " %s", text));
}

/* ---- call managers */

/* "192.0.2.10", "2001:db8::1", "cm.example.com" as after session target; NULL: none of these. */
static const char *target_of(struct import *im, const char *word)
{
	struct in6_addr octets;

	if (inet_pton(AF_INET, word, &octets) == 1)
		return import_text(im, "ipv4:%s", word);
	if (inet_pton(AF_INET6, word, &octets) == 1)
		return import_text(im, "ipv6:[%s]", word);
	if (strchr(word, '.') && strspn(word, "0123456789.") != strlen(word) && !strchr(word, ':'))
		return import_text(im, "dns:%s", word);
	return NULL;
}

static bool is_own(const struct import *im, const char *address)
{
	for (unsigned i = 0; i < im->addresses_count; i++)
		if (strcmp(im->addresses[i].address, address) == 0)
			return true;
	return false;
}

void import_manager(struct import *im, struct import_line *line, const char *word, unsigned rank,
		    const char *note)
{
	struct import_phones *phones = im->phones;
	const char *target = target_of(im, word);
	unsigned at = phones->managers_count;

	if (!target || is_own(im, word)) {
		import_ignore(line, target ? "an address of the router" : "expected an address");
		return;
	}
	for (unsigned i = 0; i < phones->managers_count; i++) {
		if (strcmp(phones->managers[i].target, target) == 0) {
			import_changed(line, "a call manager that was named already");
			return;
		}
	}
	import_changed(line, "a call manager, which is watched by OPTIONS");
	if (phones->managers_count == UPSTREAMS_MAX) {
		import_ignore(line, "five call managers can be watched");
		return;
	}
	for (; at && phones->managers[at - 1].rank > rank; at--)
		phones->managers[at] = phones->managers[at - 1];
	phones->managers[at] = (struct import_manager){target, line, rank, note};
	phones->managers_count++;
}

static void end_managers(struct import *im)
{
	const struct import_phones *phones = im->phones;

	for (unsigned i = 0; i < phones->managers_count; i++)
		import_put_to(
		    im, import_fallback_block(im), phones->managers[i].line, NULL,
		    import_text(im, " call-manager %u %s", i + 1, phones->managers[i].target));
	if (phones->managers_count)
		import_add_todo(
		    im, phones->managers[0].line,
		    "call-manager: does it answer OPTIONS of this gateway, as CallManager does "
		    "when it has a SIP trunk to it? If it does not the site counts as cut off: "
		    "take the lines away then");
	else if (!phones->no_manager)
		import_add_todo(
		    im, NULL,
		    "call managers: none is named, so that telephones may register at any "
		    "time, as they could. With call-manager 1 ipv4:A.B.C.D in "
		    "call-manager-fallback they are on standby while it answers OPTIONS, and "
		    "are sent home when it is back");
}

/* ---- numbers */

/* "1 4085555... extension-length 4 extension-pattern 7... no-reg" */
static void dialplan(struct import *im, struct import_line *line, const char *rest)
{
	char tag[IMPORT_WORD_MAX], pattern[IMPORT_WORD_MAX], word[IMPORT_WORD_MAX],
	    text[IMPORT_LINE_MAX];
	bool dropped = false;

	import_word(rest, 0, tag);
	import_word(rest, 1, pattern);
	snprintf(text, sizeof(text), "dialplan-pattern %s %s", tag, pattern);
	for (unsigned n = 2; import_word(rest, n, word); n++) {
		if (import_behind(word, "extension-length") ||
		    import_behind(word, "extension-pattern")) {
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", word);
			import_word(rest, ++n, word);
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", word);
		} else {
			dropped = true;
		}
	}
	import_changed(line, dropped ? "telephones register nothing elsewhere" : NULL);
	put(im, line, text);
}

static unsigned free_tag(const struct import_phones *phones, unsigned wanted)
{
	if (wanted >= 1 && wanted <= ALIASES_MAX && !phones->alias_used[wanted - 1])
		return wanted;
	for (unsigned i = 0; i < ALIASES_MAX; i++)
		if (!phones->alias_used[i])
			return i + 1;
	return 0;
}

/* "1 60.. to 5001 preference 2 cfw 2000 timeout 10": those of pools and of call-manager-fallback have one
 * list here. */
void import_alias(struct import *im, struct import_line *line, const char *rest)
{
	char tag[IMPORT_WORD_MAX], pattern[IMPORT_WORD_MAX], to[IMPORT_WORD_MAX],
	    word[IMPORT_WORD_MAX], order[24] = "";
	unsigned place = 0;
	bool dropped = false;

	if (!import_word(rest, 0, tag) || !import_is_number(tag, &place) ||
	    !import_word(rest, 1, pattern) || !import_word(rest, 3, to)) {
		import_ignore(line, "expected a pattern and a number");
		return;
	}
	for (unsigned n = 4; import_word(rest, n, word); n++) {
		bool preference = strcmp(word, "preference") == 0;

		dropped |= !preference && strcmp(word, "huntstop") != 0;
		if (preference && import_word(rest, ++n, word))
			snprintf(order, sizeof(order), " preference %.8s", word);
	}
	place = free_tag(im->phones, place);
	if (!place) {
		import_ignore(line, "there may be 50");
		return;
	}
	im->phones->alias_used[place - 1] = true;
	import_changed(line,
		       dropped ? "call-forward of the pool says where its calls go on" : NULL);
	put(im, line, import_text(im, "alias %u %s to %s%s", place, pattern, to, order));
}

static void as_it_is(struct import *im, struct import_line *line, const char *rest)
{
	put(im, line, line->text);
}

static void voicemail(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "what the message button dials is " NOTE_PHONE);
	import_add_todo(
	    im, line,
	    "voicemail %s: this was what the message button dialled; the same line here "
	    "sends calls there that nobody takes: add it if they shall go there",
	    rest);
}

/* ---- after-hours */

static void after_hours(struct import *im, struct import_line *line, const char *rest)
{
	char day[IMPORT_WORD_MAX], from[IMPORT_WORD_MAX], to[IMPORT_WORD_MAX];

	if (import_behind(rest, "block pattern")) {
		put(im, line, line->text);
	} else if (import_behind(rest, "day")) {
		import_word(rest, 1, day);
		import_word(rest, 2, from);
		import_word(rest, 3, to);
		for (char *c = day; *c; c++)
			*c |= 0x20;
		import_changed(line, NULL);
		put(im, line, import_text(im, "after-hours day %s %s %s", day, from, to));
	} else {
		import_ignore(line, "there are hours of weekdays alone");
		import_add_todo(im, line, "%s: on such a day calls are not blocked", line->text);
	}
}

/* ---- voice register global */

static void mode(struct import *im, struct import_line *line, const char *rest)
{
	if (!import_behind(rest, "cme")) {
		import_ignore(line, NOTE_DEFAULT);
		return;
	}
	import_changed(line, "it is their only registrar");
	im->phones->no_manager = true;
	import_put(im, line, NULL, "mode registrar");
}

static void limit(struct import *im, struct import_line *line, const char *rest)
{
	char what[IMPORT_WORD_MAX], number[IMPORT_WORD_MAX];

	import_word(line->text, 0, what);
	import_word(rest, 0, number);
	if (strcmp(rest, number) == 0)
		import_taken(line);
	else
		import_changed(line, NULL);
	import_put(im, line, NULL, "%s %s", what, number);
}

void import_register_global(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"mode", NULL, mode, NULL},
	    {"max-dn", NULL, limit, NULL},
	    {"max-pool", NULL, limit, NULL},
	    {"authenticate", NULL, import_phone_password, NULL},
	    {"dialplan-pattern", NULL, dialplan, NULL},
	    {"source-address", "SIP listens where bind says", NULL, NULL},
	    {"application", NOTE_APPLICATION, NULL, NULL},
	    {"b2bua", NOTE_DEFAULT, NULL, NULL},
	    {"voicemail", NULL, voicemail, NULL},
	    {"timeouts interdigit", NOTE_TONES, NULL, NULL},
	    {"external-ring", NOTE_TONES, NULL, NULL},
	    {"mwi", "each voice register pool says it, see mwi", NULL, NULL},
	    {"call-feature-uri", NOTE_PHONE, NULL, NULL},
	    {"security-policy", "this release has no SRTP", NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_PHONE, NULL};

	import_open(im, line, "voice register global", line->text);
	im->section = &section;
}

/* ---- call-manager-fallback */

static void fallback_end(struct import *im)
{
	im->phones->keeping = NULL;
}

static void forward(struct import *im, struct import_line *line, const char *rest)
{
	if (import_behind(rest, "busy") || import_behind(rest, "noan"))
		import_phone_forward(im, line, rest);
	else
		import_ignore(line, "telephones forward to whatever they may call");
}

static void old_rule(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "a translation-profile of each pool changes numbers");
	import_add_todo(im, line, "%s: write it as a translation-profile incoming of the pools",
			line->text);
}

void import_fallback(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"alias", NULL, import_alias, NULL},
	    {"dialplan-pattern", NULL, dialplan, NULL},
	    {"default-destination", NULL, as_it_is, NULL},
	    {"access-code", NULL, as_it_is, NULL},
	    {"after-hours", NULL, after_hours, NULL},
	    {"voicemail", NULL, voicemail, NULL},
	    {"call-forward", NULL, forward, NULL},
	    {"codec", NULL, import_phone_codec, NULL},
	    {"cor", NULL, import_phone_cor, NULL},
	    {"translation-profile", NULL, import_phone_profile, NULL},
	    {"translate", NULL, old_rule, NULL},
	    {"application", NOTE_APPLICATION, NULL, NULL},
	    {"ip source-address", "SIP listens where bind says", NULL, NULL},
	    {"ip qos", NOTE_QOS, NULL, NULL},
	    {"max-ephones", "max-dn in voice register global says how many may register", NULL,
	     NULL},
	    {"max-dn", "max-dn in voice register global says how many may register", NULL, NULL},
	    {"max-conferences", NULL, limit, NULL},
	    {"limit-dn", "a telephone registers the numbers that it has", NULL, NULL},
	    {"huntstop", "after a telephone no other dial peer is tried", NULL, NULL},
	    {"preference", "said with each number of a pool", NULL, NULL},
	    {"keepalive", "what SCCP telephones send; see keepalive, which asks call managers",
	     NULL, NULL},
	    {"transfer-system", "telephones transfer by REFER, attended or not", NULL, NULL},
	    {"transfer-pattern", "a transfer may go where a call may, see corlist", NULL, NULL},
	    {"transfer-digit-collect", NOTE_TONES, NULL, NULL},
	    {"secondary-dialtone", NOTE_TONES, NULL, NULL},
	    {"timeouts ringing", "see timers expires in sip-ua", NULL, NULL},
	    {"timeouts", NOTE_TONES, NULL, NULL},
	    {"moh", NOTE_MUSIC, NULL, NULL},
	    {"moh-live", NOTE_MUSIC, NULL, NULL},
	    {"multicast moh", NOTE_MUSIC, NULL, NULL},
	    {"pickup", "see call-pickup in voice register global", NULL, NULL},
	    {"vad", "no silence suppression: all audio is sent", NULL, NULL},
	    {"security-policy", "this release has no SRTP", NULL, NULL},
	    {"video", NOTE_VIDEO, NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_PHONE,
						      fallback_end};
	struct import_block *block = import_find_block(im, "call-manager-fallback");

	if (block) { /* an alias of a pool has opened it */
		import_changed(line, "opened already");
		block->entries[0].from = import_line_number(im, line);
		im->block = block;
	} else {
		import_open(im, line, "call-manager-fallback", "call-manager-fallback");
	}
	im->phones->fallback = line;
	im->phones->keeping = &im->phones->of_all;
	im->section = &section;
}

/* ---- SCCP telephones, which have numbers as well */

static void skinny(struct import *im, struct import_line *line)
{
	import_ignore(line, NOTE_SKINNY);
	if (!im->phones->skinny)
		im->phones->skinny = line;
}

void import_telephony_service(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"dialplan-pattern", NULL, dialplan, NULL},
	    {"after-hours", NULL, after_hours, NULL},
	    {"ip", NOTE_SKINNY, NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SKINNY, NULL};

	skinny(im, line);
	im->section = &section;
}

void import_skinny(struct import *im, struct import_line *line, const char *rest)
{
	skinny(im, line);
}

void import_presence(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"watcher all", NULL, NULL, NULL},
	    {"allow subscribe", NULL, NULL, NULL},
	    {"max-subscription", NULL, NULL, NULL},
	    {"server", "lines of this gateway alone can be watched", NULL, NULL},
	    {"sccp", NOTE_SKINNY, NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_PHONE, NULL};

	import_open(im, line, "presence", "presence");
	im->section = &section;
}

/* ---- when all lines are read */

void import_phones_end(struct import *im)
{
	struct import_phones *phones = im->phones;

	import_pools_end(im);
	if (phones->pools_count || phones->fallback)
		end_managers(im);
	else
		for (unsigned i = 0; i < phones->managers_count; i++)
			import_ignore(phones->managers[i].line, phones->managers[i].note);
	if (phones->skinny || (phones->fallback && !phones->pools_count))
		import_add_todo(
		    im, phones->skinny ? phones->skinny : phones->fallback,
		    "SCCP telephones cannot register here: give them SIP firmware, or replace "
		    "them; `registrar server` in voice service voip, sip, and a voice register "
		    "pool with their network and their numbers take them then");
}
