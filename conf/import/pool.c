// SPDX-License-Identifier: GPL-2.0-or-later
/* Pools of SIP telephones. What stands in a voice register dn goes to the pools that name it. */
#include "conf/import/phones.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

static struct import_pool *open_pool(struct import *im)
{
	return &im->phones->pools[im->phones->pools_count - 1];
}

static struct import_dn *open_dn(struct import *im)
{
	return &im->phones->dns[im->phones->dns_count - 1];
}

/* ---- id */

/* IOS takes an address with bits behind the mask, here it is the network's. False: they are none of IPv4. */
static bool put_network(struct import *im, struct import_line *line, const char *address,
			const char *mask)
{
	const char *kind = import_behind(line->text, "id ip") ? "ip" : "network";
	char text[INET_ADDRSTRLEN];
	struct in_addr a, m;

	if (inet_pton(AF_INET, address, &a) != 1 || inet_pton(AF_INET, mask, &m) != 1)
		return false;
	import_taken(line);
	if (a.s_addr & ~m.s_addr)
		import_changed(line, "bits behind the mask are not the network's");
	a.s_addr &= m.s_addr;
	inet_ntop(AF_INET, &a, text, sizeof(text));
	import_put(im, line, NULL, "id %s %s mask %s", kind, text, mask);
	if (m.s_addr == 0)
		import_add_todo(im, line,
				"%s: telephones may register from everywhere: say their network",
				line->text);
	return true;
}

static void network(struct import *im, struct import_line *line, const char *rest)
{
	char address[IMPORT_WORD_MAX], mask[IMPORT_WORD_MAX];

	import_word(rest, 0, address);
	if (!import_word(rest, 2, mask) || !put_network(im, line, address, mask))
		import_take(im, line, NULL);
	open_pool(im)->network = true;
}

/* ---- number */

/* Words behind the pattern. */
static void read_words(const char *rest, unsigned n, struct import_pool_number *number)
{
	char word[IMPORT_WORD_MAX];

	for (; import_word(rest, n, word); n++) {
		if (strcmp(word, "huntstop") == 0)
			number->huntstop = true;
		if (strcmp(word, "preference") == 0 && import_word(rest, ++n, word))
			import_is_number(word, &number->preference);
	}
}

static void number(struct import *im, struct import_line *line, const char *rest)
{
	struct import_pool *pool = open_pool(im);
	struct import_pool_number *number;
	char word[IMPORT_WORD_MAX];

	if (pool->numbers_count == POOL_NUMBERS_MAX || !import_word(rest, 1, word)) {
		import_ignore(line, "expected a place and a pattern, 16 in a pool at most");
		return;
	}
	number = &pool->numbers[pool->numbers_count++];
	*number = (struct import_pool_number){.line = line, .preference = IMPORT_UNSAID};
	number->is_dn = strcmp(word, "dn") == 0;
	if (number->is_dn)
		import_word(rest, 2, word);
	number->pattern = import_text(im, "%s", word);
	read_words(rest, 2, number);
}

static void preference(struct import *im, struct import_line *line, const char *rest)
{
	if (import_is_number(rest, &open_pool(im)->preference))
		import_changed(line, "said with each number");
	else
		import_ignore(line, "expected a number");
}

/* ---- others */

static void exempt(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, NULL);
	import_phone_setting(im, line, "after-hours exempt", "", NULL);
}

static void waiting(struct import *im, struct import_line *line, const char *rest)
{
	import_taken(line);
	import_phone_setting(im, line, "mwi", "", NULL);
}

static void pickup_group(struct import *im, struct import_line *line, const char *rest)
{
	import_taken(line);
	import_phone_setting(im, line, "pickup-group", rest, NULL);
}

/* "10.2.161.187 preference 1 monitor probe icmp-ping" */
static void proxy(struct import *im, struct import_line *line, const char *rest)
{
	struct import_pool_number order = {.preference = 0};
	char address[IMPORT_WORD_MAX];

	import_word(rest, 0, address);
	read_words(rest, 1, &order);
	import_manager(im, line, address, order.preference, NULL);
}

static void close_pool(struct import *im)
{
	import_old_translate_end(im, "outgoing");
}

void import_pool(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"id network", NULL, network, NULL},
	    {"id ip", NULL, network, NULL},
	    {"id mac", NULL, NULL, NULL},
	    {"id", "telephones are known by network, MAC, make and number", NULL, NULL},
	    {"description", NULL, NULL, NULL},
	    {"number", NULL, number, NULL},
	    {"preference", NULL, preference, NULL},
	    {"alias", NULL, import_alias, NULL},
	    {"proxy", NULL, proxy, NULL},
	    {"max registrations", NULL, NULL, NULL},
	    {"codec", NULL, import_phone_codec, NULL},
	    {"voice-class codec", NULL, import_phone_codec_class, NULL},
	    {"dtmf-relay", NULL, import_dtmf, NULL},
	    {"cor", NULL, import_phone_cor, NULL},
	    {"translation-profile", NULL, import_phone_profile, NULL},
	    {"translate-outgoing", NULL, import_old_translate, NULL},
	    {"call-forward b2bua", NULL, import_phone_forward, NULL},
	    {"after-hour exempt", NULL, exempt, NULL},
	    {"pickup-group", NULL, pickup_group, NULL},
	    {"mwi", NULL, waiting, NULL},
	    {"username", NULL, import_phone_password, NULL},
	    {"incoming called-number", "calls of a telephone come in on its pool", NULL, NULL},
	    {"application", NOTE_APPLICATION, NULL, NULL},
	    {"vad", "no silence suppression: all audio is sent", NULL, NULL},
	    {"huntstop", "said with each number", NULL, NULL},
	    {"session-transport", "telephones register by what they like", NULL, NULL},
	    {"dtmf-interworking", NOTE_SIP, NULL, NULL},
	    {"voice-class sip", NOTE_SIP, NULL, NULL},
	    {"voice-class", NOTE_SIP, NULL, NULL},
	    {"blf-speed-dial", "telephones subscribe by themselves: presence enable", NULL, NULL},
	    {"presence", "telephones subscribe by themselves: presence enable", NULL, NULL},
	    {"registration-timer", "registrar server expires says it", NULL, NULL},
	    {"emergency response", "every telephone is at the same place", NULL, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_PHONE, close_pool};
	struct import_phones *phones = im->phones;
	char *key = import_text(im, "voice register pool %s", rest);

	phones->pools =
	    talloc_realloc(phones, phones->pools, struct import_pool, phones->pools_count + 1);
	OSMO_ASSERT(phones->pools);
	import_open(im, line, key, key);
	phones->pools[phones->pools_count++] =
	    (struct import_pool){.head = line, .block = im->block};
	im->section = &section;
	im->codec_said = false;
}

/* ---- voice register dn */

static void dn_number(struct import *im, struct import_line *line, const char *rest)
{
	struct import_pool_number order = {.preference = open_dn(im)->preference};
	char pattern[IMPORT_WORD_MAX];

	import_word(rest, 0, pattern);
	read_words(rest, 1, &order);
	open_dn(im)->pattern = import_text(im, "%s", pattern);
	open_dn(im)->preference = order.preference;
	open_dn(im)->number_line = line;
}

static void dn_preference(struct import *im, struct import_line *line, const char *rest)
{
	if (import_is_number(rest, &open_dn(im)->preference))
		import_changed(line, "said with the number");
	else
		import_ignore(line, "expected a number");
}

static void dn_end(struct import *im)
{
	im->phones->keeping = NULL;
}

void import_dn(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"number", NULL, dn_number, NULL},
	    {"preference", NULL, dn_preference, NULL},
	    {"call-forward b2bua", NULL, import_phone_forward, NULL},
	    {"translation-profile", NULL, import_phone_profile, NULL},
	    {"pickup-group", NULL, pickup_group, NULL},
	    {"after-hour exempt", NULL, exempt, NULL},
	    {"huntstop", "after a telephone no other dial peer is tried", NULL, NULL},
	    {"allow watch", "who may watch: presence", NULL, NULL},
	    {"application", NOTE_APPLICATION, NULL, NULL},
	    {"mwi", NULL, waiting, NULL},
	};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_PHONE, dn_end};
	struct import_phones *phones = im->phones;

	phones->dns = talloc_realloc(phones, phones->dns, struct import_dn, phones->dns_count + 1);
	OSMO_ASSERT(phones->dns);
	phones->dns[phones->dns_count] = (struct import_dn){
	    .head = line, .name = import_text(im, "%s", rest), .preference = IMPORT_UNSAID};
	phones->keeping = &phones->dns[phones->dns_count++].settings;
	import_changed(line, "said at the pools that name it");
	im->section = &section;
}

/* ---- when all lines are read */

static bool has_subject(const struct import_block *block, const char *subject)
{
	for (unsigned i = 0; i < block->count; i++)
		if (import_behind(block->entries[i].text + strspn(block->entries[i].text, " "),
				  subject))
			return true;
	return false;
}

/* Those that the pool has not. Each line stands behind the first of what it has made alone. */
static void add_settings(struct import *im, struct import_settings *settings)
{
	for (unsigned i = 0; i < settings->count; i++) {
		struct import_setting *s = &settings->list[i];

		if (has_subject(im->block, s->subject))
			continue;
		import_put(im, s->line, s->refers, "%s%s%s", s->subject, *s->value ? " " : "",
			   s->value);
		s->line = NULL;
	}
}

static void ignore_the_rest(const struct import_settings *settings, const char *note)
{
	for (unsigned i = 0; i < settings->count; i++)
		if (settings->list[i].line)
			import_ignore(settings->list[i].line, note);
}

static struct import_dn *find_dn(struct import *im, const char *name)
{
	for (unsigned i = 0; i < im->phones->dns_count; i++)
		if (strcmp(im->phones->dns[i].name, name) == 0)
			return &im->phones->dns[i];
	return NULL;
}

static unsigned order_of(const struct import_pool *pool, const struct import_pool_number *n,
			 const struct import_dn *dn)
{
	if (n->preference != IMPORT_UNSAID)
		return n->preference;
	if (dn && dn->preference != IMPORT_UNSAID)
		return dn->preference;
	return pool->preference;
}

/* IOS goes on to other dial peers after a telephone unless huntstop is said; a dn stops. */
static void add_number(struct import *im, struct import_pool *pool, unsigned place)
{
	struct import_pool_number *n = &pool->numbers[place];
	struct import_dn *dn = n->is_dn ? find_dn(im, n->pattern) : NULL;
	bool goes_on = !n->is_dn && !n->huntstop;
	char order[24] = "";
	const char *text;

	if (n->is_dn && (!dn || !dn->pattern)) {
		import_ignore(n->line, "there is no such voice register dn with a number");
		return;
	}
	if (order_of(pool, n, dn))
		snprintf(order, sizeof(order), " preference %u", order_of(pool, n, dn));
	text = import_text(im, "number %u %s%s%s", place + 1, dn ? dn->pattern : n->pattern, order,
			   goes_on ? " no-huntstop" : "");
	import_put(im, n->line, NULL, "%s", text);
	import_changed(n->line, NULL);
	if (strcmp(text, n->line->text) == 0)
		import_taken(n->line);
	if (dn) {
		dn->used = true;
		import_changed(dn->number_line, "said at the pools that name it");
		if (place == 0)
			add_settings(im, &dn->settings);
	}
}

/* Nobody is known by a MAC that he says himself: the pool stands there as a comment. */
static void comment_out(struct import *im, struct import_pool *pool)
{
	static const char why[] = "a comment until it says id network, or a password is asked for";
	struct import_block *block = pool->block;

	for (unsigned i = 0; i < block->count; i++) {
		struct import_entry *entry = &block->entries[i];

		if (entry->from)
			import_changed(&im->lines[entry->from - 1], why);
		entry->text = talloc_asprintf(block, "! %s", entry->text);
		OSMO_ASSERT(entry->text);
	}
	import_changed(pool->head, why);
	import_add_todo(
	    im, pool->head,
	    "%s: anybody who knows its MAC could register: add id network with the network of "
	    "the telephone, or authenticate realm and a username, then take the ! away",
	    pool->head->text);
}

static void end_pool(struct import *im, struct import_pool *pool)
{
	im->block = pool->block;
	for (unsigned i = 0; i < pool->numbers_count; i++)
		add_number(im, pool, i);
	add_settings(im, &im->phones->of_all);
	if (!has_subject(im->block, "codec") && !im->no_g711)
		im->no_g711 = pool->head;
	if (!pool->network)
		comment_out(im, pool);
	im->block = NULL;
}

void import_pools_end(struct import *im)
{
	struct import_phones *phones = im->phones;

	for (unsigned i = 0; i < phones->pools_count; i++)
		end_pool(im, &phones->pools[i]);
	for (unsigned i = 0; i < phones->dns_count; i++) {
		struct import_dn *dn = &phones->dns[i];

		if (!dn->used) {
			import_ignore(dn->head, "no voice register pool names it");
			if (dn->number_line)
				import_ignore(dn->number_line, dn->head->note);
		}
		ignore_the_rest(&dn->settings, dn->used ? "a pool has such settings once: those of "
							  "its first number, or its own"
							: dn->head->note);
	}
	ignore_the_rest(&phones->of_all,
			phones->pools_count
			    ? "each voice register pool says its own"
			    : "there is no voice register pool that it would hold for");
}
