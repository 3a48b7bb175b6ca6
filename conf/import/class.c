// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/import/import_private.h"

#include <string.h>

#include "dialplan/classes.h"

#define SHUT_DOWN "the block was shut down: it is left out"

/* Opens a block whose first line stands as it is. */
static void open_same(struct import *im, struct import_line *line,
		      const struct import_section *section)
{
	import_open(im, line, line->text, line->text);
	im->section = section;
}

/* `shutdown` in a voice class: nothing may refer to it, which is what leaving it out does. */
static void shut_class(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, SHUT_DOWN);
	im->block->dropped = true;
}

/* ---- voice translation-rule, voice translation-profile */

void import_translation_rules(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"rule", NULL, NULL, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no rule", NULL};

	open_same(im, line, &section);
}

void import_translation_profile(struct import *im, struct import_line *line, const char *rest)
{
#define RULES "voice translation-rule"
	static const struct import_rule rules[] = {{"translate called", NULL, NULL, RULES},
						   {"translate calling", NULL, NULL, RULES},
						   {"translate redirect-called", NULL, NULL, RULES},
						   {"translate redirect-target", NULL, NULL, RULES},
						   {"translate callback-number", NULL, NULL, RULES},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no number to translate",
						      NULL};

	open_same(im, line, &section);
}

/* ---- translation-rule of before 12.2(11)T:  rule 1 ^9.% 44 national international
 *
 * Its patterns are those of dial peers. Where one is nothing but leading digits (with ^ in front, or .%
 * for the rest behind), these digits are replaced and the rest stays; what others do no document says
 * clearly enough. */

static bool old_digits(const char *pattern, char digits[IMPORT_WORD_MAX])
{
	bool anchored = pattern[0] == '^';
	size_t length;

	pattern += anchored;
	length = strspn(pattern, "0123456789");
	if (length == 0)
		return false;
	memcpy(digits, pattern, length);
	digits[length] = '\0';
	return strcmp(pattern + length, ".%") == 0 || (anchored && !pattern[length]);
}

static void old_rule(struct import *im, struct import_line *line, const char *rest)
{
	char number[IMPORT_WORD_MAX], match[IMPORT_WORD_MAX], replace[IMPORT_WORD_MAX],
	    type[IMPORT_WORD_MAX], new_type[IMPORT_WORD_MAX], digits[IMPORT_WORD_MAX];
	unsigned n;
	bool typed;

	if (!import_word(rest, 0, number) || !import_is_number(number, &n) ||
	    !import_word(rest, 1, match) || !import_word(rest, 2, replace) ||
	    !old_digits(match, digits) || strspn(replace, "0123456789") != strlen(replace)) {
		import_ignore(line, "not certain what it means: write a voice translation-rule");
		import_add_todo(im, line, "%s: write what it did as a voice translation-rule",
				line->text);
		return;
	}
	typed = import_word(rest, 3, type) && import_word(rest, 4, new_type);
	for (char *c = type; *c; c++)
		*c |= 0x20; /* ANY */
	import_changed(line, NULL);
	import_put(im, line, NULL, "rule %u /^%s/ /%s/%s%s%s%s", n + 1, digits, replace,
		   typed ? " type " : "", typed ? type : "", typed ? " " : "",
		   typed ? new_type : "");
}

/* Old and new rules have numbers of their own in IOS. */
#define OLD_RULES_BASE 100000

void import_old_rules(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"rule", NULL, old_rule, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no rule", NULL};
	unsigned set;
	char *text;

	if (!import_is_number(rest, &set) || set >= OLD_RULES_BASE) {
		im->section_note = "expected the number of a set";
		import_ignore(line, im->section_note);
		return;
	}
	text = import_text(im, "voice translation-rule %u", OLD_RULES_BASE + set);
	import_open(im, line, text, text);
	im->section = &section;
}

void import_old_translate(struct import *im, struct import_line *line, const char *rest)
{
	bool calling = import_behind(rest, "calling") != NULL;
	const char *number = import_behind(rest, calling ? "calling" : "called");
	unsigned set;

	if (!number || !import_is_number(number, &set) || set >= OLD_RULES_BASE) {
		import_ignore(line, "expected called or calling and the number of a set");
		return;
	}
	*(calling ? &im->old_calling : &im->old_called) = set + 1;
	import_changed(line, "as a translation-profile");
}

static const char *set_name(struct import *im, unsigned set)
{
	return set ? import_text(im, "%u", set - 1) : "";
}

/* One profile for each pair of sets; direction NULL: of all calls that come in by SIP. */
void import_old_translate_end(struct import *im, const char *direction)
{
	struct import_block *open = im->block;
	const char *name, *key;
	unsigned called = im->old_called, calling = im->old_calling;

	if (!called && !calling)
		return;
	im->old_called = im->old_calling = 0;
	name = import_text(im, "old%s%s%s%s", called ? "-called-" : "", set_name(im, called),
			   calling ? "-calling-" : "", set_name(im, calling));
	key = import_text(im, "voice translation-profile %s", name);
	if (!import_find_block(im, key)) {
		import_open(im, NULL, key, key);
		if (called)
			import_put(im, NULL,
				   import_text(im, RULES " %u", OLD_RULES_BASE + called - 1),
				   "translate called %u", OLD_RULES_BASE + called - 1);
		if (calling)
			import_put(im, NULL,
				   import_text(im, RULES " %u", OLD_RULES_BASE + calling - 1),
				   "translate calling %u", OLD_RULES_BASE + calling - 1);
	}
	im->block = open;
	if (direction) {
		import_put(im, NULL, key, "translation-profile %s %s", direction, name);
		return;
	}
	name = import_text(im, "voip-incoming translation-profile %s", name);
	if (!import_find_block(im, name))
		import_open(im, NULL, name, name)->entries[0].refers = key;
	im->block = open;
}

/* ---- voice class */

static void of_tenant(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, "said at the dial peers that name the tenant");
}

void import_tenant(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"sip-server", NULL, of_tenant, NULL},
	    {"tls-profile", NULL, NULL, "voice class tls-profile"},
	    {"registrar", NULL, import_registrar, NULL},
	    {"session transport", NULL, of_tenant, NULL},
	    {"credentials", NULL, import_user, NULL},
	    {"authentication", NULL, import_user, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};
	char *key = import_text(im, "voice class tenant %s", rest);

	import_open(im, line, key, key);
	im->section = &section;
}

void import_uri_class(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"pattern", NULL, NULL, NULL},	 {"host", NULL, NULL, NULL},
	    {"user-id", NULL, NULL, NULL},	 {"phone number", NULL, NULL, NULL},
	    {"phone context", NULL, NULL, NULL}, {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};
	char tag[IMPORT_WORD_MAX];

	import_word(rest, 0, tag);
	import_open(im, line, import_text(im, "voice class uri %s", tag), line->text);
	im->section = &section;
}

static void map_file(struct import *im, struct import_line *line, const char *rest)
{
	import_ignore(line, "the file is on the router");
	import_add_todo(im, line,
			"copy the patterns of %s to a file here and name it: url file:PATH", rest);
}

void import_pattern_map(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"e164", NULL, NULL, NULL},
						   {"url", NULL, map_file, NULL},
						   {"shutdown", NULL, shut_class, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	open_same(im, line, &section);
}

void import_peer_group(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"dial-peer", NULL, NULL, "dial-peer voice"},
						   {"shutdown", NULL, shut_class, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	open_same(im, line, &section);
}

void import_server_group(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"ipv4", NULL, NULL, NULL},	      {"ipv6", NULL, NULL, NULL},
	    {"dns", NULL, NULL, NULL},	      {"hunt-scheme", NULL, NULL, NULL},
	    {"huntstop", NULL, NULL, NULL},   {"shutdown", NULL, shut_class, NULL},
	    {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	open_same(im, line, &section);
}

static void keepalive_transport(struct import *im, struct import_line *line, const char *rest)
{
	im->tls_wanted |= import_behind(rest, "tcp tls") != NULL;
	import_take(im, line, NULL);
}

void import_keepalive(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"up-interval", NULL, NULL, NULL},
						   {"down-interval", NULL, NULL, NULL},
						   {"retry", NULL, NULL, NULL},
						   {"transport", NULL, keepalive_transport, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	open_same(im, line, &section);
}

void import_policy(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"preference", NULL, NULL, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, NULL};

	open_same(im, line, &section);
}

/* ---- restriction */

#define COR_NAME "dial-peer cor name"

static void cor_name(struct import *im, struct import_line *line, const char *rest)
{
	import_take(im, line, NULL);
	import_define(im, import_text(im, COR_NAME " %s", rest));
}

void import_cor_custom(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"name", NULL, cor_name, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no name", NULL};

	open_same(im, line, &section);
}

void import_cor_list(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"member", NULL, NULL, COR_NAME}};
	static const struct import_section section = {IMPORT_RULES(rules), "no member", NULL};

	open_same(im, line, &section);
}

/* ---- trunk groups, source groups, ENUM */

void import_trunk_group(struct import *im, struct import_line *line, const char *rest)
{
#define PROFILE "voice translation-profile"
	static const struct import_rule rules[] = {
	    {"description", NULL, NULL, NULL},
	    {"carrier-id", NULL, NULL, NULL},
	    {"max-calls voice", NULL, NULL, NULL},
	    {"hunt-scheme", NULL, NULL, NULL},
	    {"translation-profile incoming", NULL, NULL, PROFILE},
	    {"translation-profile outgoing", NULL, NULL, PROFILE},
	    {"max-retry", "each port of the group is tried once", NULL, NULL},
	};
	static const struct import_section section = {
	    IMPORT_RULES(rules), "trunk groups have no such setting here", NULL};

	open_same(im, line, &section);
}

/* `access-list 10 permit 192.0.2.0 0.0.0.255`: what a source group's list lets through. False: more than
 * that is in it. */
static bool put_address(struct import *im, const struct import_line *line, const char *rest)
{
	char address[IMPORT_WORD_MAX], wild[IMPORT_WORD_MAX];
	unsigned w[4] = {0, 0, 0, 0}, bits = 32;
	uint32_t mask;

	if (import_behind(rest, "host"))
		rest = import_behind(rest, "host");
	if (!import_word(rest, 0, address))
		return false;
	if (import_word(rest, 1, wild) &&
	    sscanf(wild, "%3u.%3u.%3u.%3u", &w[0], &w[1], &w[2], &w[3]) != 4)
		return false;
	mask = w[0] << 24 | w[1] << 16 | w[2] << 8 | w[3];
	if (mask & (mask + 1))
		return false;
	for (; mask; mask >>= 1)
		bits--;
	if (bits == 32)
		import_put(im, line, NULL, "address %s", address);
	else
		import_put(im, line, NULL, "address %s/%u", address, bits);
	return true;
}

#define ACCESS_LISTS_MAX 100 /* that are looked for */

/* What a line of an access list says, behind its name or number; NULL: it is none of this list's. named:
 * it stands below `ip access-list standard NAME`. */
static const char *access_entry(const struct import_line *line, const char *list, bool named)
{
	const char *rest = named && line->indent ? line->text : import_behind(line->text, list);

	if (!rest || !*rest || *rest == '!')
		return NULL;
	rest += strspn(rest, "0123456789"); /* of the line in its list */
	rest += *rest == ' ';
	return import_behind(rest, "remark") ? NULL : rest;
}

static bool put_access_list(struct import *im, const struct import_line *line, const char *name)
{
	const char *list = import_text(im, "access-list %s", name);
	const char *head = import_text(im, "ip access-list standard %s", name);
	unsigned count = 0;
	bool named = false;

	for (unsigned i = 0; i < im->lines_count; i++) {
		const struct import_line *other = &im->lines[i];
		const char *entry, *permitted;

		if (!other->indent)
			named = strcmp(other->text, head) == 0;
		entry = access_entry(other, list, named);
		if (!entry || other == line)
			continue;
		permitted = import_behind(entry, "permit");
		if (!permitted || ++count > SOURCE_GROUP_ADDRESSES_MAX ||
		    !put_address(im, line, permitted))
			return false;
	}
	return count > 0;
}

static void access_list(struct import *im, struct import_line *line, const char *rest)
{
	unsigned before = im->block->count;

	if (im->access_lists++ < ACCESS_LISTS_MAX && put_access_list(im, line, rest)) {
		import_changed(line, "addresses instead of an access list");
		return;
	}
	im->block->count = before;
	import_ignore(line, "this access list cannot be said with addresses");
	import_add_todo(im, line, "say with address lines what access-list %s lets through", rest);
}

void import_source_group(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"access-list", NULL, access_list, NULL},
	    {"translation-profile incoming", NULL, NULL, PROFILE},
	    {"carrier-id source", NULL, NULL, NULL},
	    {"description", NULL, NULL, NULL},
	};
	static const struct import_section section = {
	    IMPORT_RULES(rules), "source groups have no such setting here", NULL};

	open_same(im, line, &section);
}

void import_enum_table(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {{"rule", NULL, NULL, NULL},
						   {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), "no rule", NULL};

	open_same(im, line, &section);
}
