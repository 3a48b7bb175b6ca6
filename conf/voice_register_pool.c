// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice register pool 1
 *	 id network 10.1.0.0 mask 255.255.0.0
 *	 id mac 0011.2233.4455
 *	 number 1 50.. preference 2
 *	 username 5001 password secret
 *	 corlist incoming local-only
 *	 codec g711alaw
 *	 call-forward b2bua noan 5999 timeout 20
 *
 * What a pool and a voip dial peer have in common - codec, dtmf-relay, corlist, translation-profile and
 * more - is read and written by the files of dial peers. `id user-agent` and `number ... no-huntstop` are
 * ours.
 */
#include "conf/voice_register.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/after_hours.h"
#include "conf/definition.h"
#include "conf/dial_peer.h"
#include "conf/password.h"
#include "conf/sip_options.h"
#include "conf/value.h"
#include "dialplan/pattern.h"

struct conf_pool *voice_register_pool_of(struct vty *vty)
{
	return vty->index;
}

static struct pool *pool_of(struct vty *vty)
{
	return &voice_register_pool_of(vty)->pool;
}

DEFUN(pool, pool_cmd, "voice register pool NUMBER",
      "Voice\nTelephones that register here\nSome of them\n1 to 100000\n")
{
	struct conf_pool *p = talloc_zero(conf_of(vty), struct conf_pool);
	char tag[16];

	OSMO_ASSERT(p);
	peer_init(&p->peer.peer, 0, PEER_VOIP);
	if (definition_begin_number(vty, DEFINITION_POOL, &p->head, argv[0], &p->pool.number) !=
	    CMD_SUCCESS)
		return CONF_REFUSED;
	p->peer.peer.tag = POOL_PEER_TAG + p->pool.number;
	p->peer.line = p->head.line;
	snprintf(tag, sizeof(tag), "%u", p->peer.peer.tag);
	return definition_is_taken(vty, DEFINITION_PEER, tag) ? CONF_REFUSED : CMD_SUCCESS;
}

/* ---- id */

#define ID_STR "Whose telephones they are\n"

static bool has_host_bits(const struct sockaddr_storage *address, unsigned bits)
{
	bool six = address->ss_family == AF_INET6;
	const uint8_t *octets =
	    six ? ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr
		: (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;

	for (unsigned bit = bits; bit < (six ? 128 : 32); bit++)
		if (octets[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

static int set_network(struct vty *vty, const char *what, const char *address, const char *mask)
{
	struct pool *pool = pool_of(vty);
	struct sockaddr_storage network;
	int bits;

	if (value_address(address, &network) < 0)
		return conf_error(vty, "%s %.64s: expected an address, as in 10.1.0.0", what,
				  address);
	bits = mask			       ? value_prefix(mask, network.ss_family)
	       : network.ss_family == AF_INET6 ? 128
					       : 32;
	if (bits < 0)
		return conf_error(vty,
				  "%s %s mask %.64s: expected a mask, as in 255.255.0.0 or /64",
				  what, address, mask);
	if (has_host_bits(&network, bits))
		return conf_error(vty, "%s %s mask %s: bits are set behind the mask", what, address,
				  mask);
	pool->network = network;
	pool->prefix_bits = bits;
	return CMD_SUCCESS;
}

DEFUN(id_network, id_network_cmd, "id network ADDRESS mask MASK",
      ID_STR "Those of a network\nAddress\nWhich bits of it count\nAs 255.255.0.0, or /64\n")
{
	return set_network(vty, "id network", argv[0], argv[1]);
}

DEFUN(id_ip, id_ip_cmd, "id ip ADDRESS", ID_STR "The one at an address\nAddress\n")
{
	return set_network(vty, "id ip", argv[0], NULL);
}

DEFUN(id_ip_mask, id_ip_mask_cmd, "id ip ADDRESS mask MASK",
      ID_STR "Those at an address\nAddress\nWhich bits of it count\nAs 255.255.255.255\n")
{
	return set_network(vty, "id ip", argv[0], argv[1]);
}

/* "0011.2233.4455", "00:11:22:33:44:55", "001122334455" */
static int read_mac(const char *text, uint8_t mac[6])
{
	unsigned digits = 0;

	memset(mac, 0, 6);
	for (; *text; text++) {
		char digit[2] = {*text};

		if (strchr(".:-", *text))
			continue;
		if (!isxdigit((unsigned char)*text) || digits == 12)
			return -1;
		mac[digits / 2] = mac[digits / 2] << 4 | strtoul(digit, NULL, 16);
		digits++;
	}
	return digits == 12 ? 0 : -1;
}

DEFUN(id_mac, id_mac_cmd, "id mac ADDRESS",
      ID_STR "The one with this address of its card\nAs 0011.2233.4455\n")
{
	struct pool *pool = pool_of(vty);

	if (read_mac(argv[0], pool->mac) < 0)
		return conf_error(vty,
				  "id mac %.64s: expected twelve hexadecimal digits, as in "
				  "0011.2233.4455",
				  argv[0]);
	pool->has_mac = true;
	return CMD_SUCCESS;
}

DEFUN(id_agent, id_agent_cmd, "id user-agent .TEXT",
      ID_STR "Those of a make\nWhat their User-Agent begins with\n")
{
	return value_text(vty, argc, argv, pool_of(vty)->user_agent,
			  sizeof(pool_of(vty)->user_agent));
}

DEFUN(no_id, no_id_cmd, "no id (network|ip|mac|user-agent)",
      NO_STR ID_STR "Those of a network\nThe one at an address\nThe one with this address of its "
		    "card\nThose of a make\n")
{
	struct pool *pool = pool_of(vty);

	if (strcmp(argv[0], "mac") == 0)
		pool->has_mac = false;
	else if (strcmp(argv[0], "user-agent") == 0)
		pool->user_agent[0] = '\0';
	else {
		memset(&pool->network, 0, sizeof(pool->network));
		pool->prefix_bits = 0;
	}
	return CMD_SUCCESS;
}

/* ---- number */

#define NUMBER_STR "Numbers, or names, that they may have\n1 to 16\n"

static int read_place(struct vty *vty, const char *text, unsigned *out)
{
	static const struct value_range range = {"number", 1, POOL_NUMBERS_MAX};

	return value_number(vty, text, &range, out);
}

/* A name is what no pattern is. */
static bool is_name(const char *text)
{
	return isalpha((unsigned char)*text) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		   strlen(text);
}

static int read_number_words(struct vty *vty, int argc, const char **argv, unsigned *preference,
			     bool *no_huntstop)
{
	static const struct value_range range = {"number: preference", 0, 10};

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "preference") == 0 && i + 1 < argc) {
			if (value_number(vty, argv[++i], &range, preference) != CMD_SUCCESS)
				return CONF_REFUSED;
		} else if (strcmp(argv[i], "huntstop") == 0) {
			*no_huntstop = false;
		} else if (strcmp(argv[i], "no-huntstop") == 0) {
			*no_huntstop = true;
		} else {
			return conf_error(vty,
					  "number: expected preference ORDER, huntstop or "
					  "no-huntstop, not %.64s",
					  argv[i]);
		}
	}
	return CMD_SUCCESS;
}

DEFUN(number, number_cmd, "number PLACE .PATTERN",
      NUMBER_STR "Pattern, as 50..; preference 0 to 10; no-huntstop: others may be tried after\n")
{
	struct conf_pool *p = voice_register_pool_of(vty);
	unsigned place, preference = 0;
	struct pattern *pattern;
	bool no_huntstop = false;
	char why[128];

	if (strcmp(argv[1], "dn") == 0)
		return conf_error(vty,
				  "number %.16s dn: there is no voice register dn: expected its "
				  "number, as in number %.16s 50..",
				  argv[0], argv[0]);
	if (read_place(vty, argv[0], &place) != CMD_SUCCESS ||
	    read_number_words(vty, argc - 2, argv + 2, &preference, &no_huntstop) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (strlen(argv[1]) > PEER_PATTERN_MAX)
		return conf_error(vty, "number %u: longer than a pattern can be", place);
	if (!is_name(argv[1])) {
		if (pattern_compile(argv[1], &pattern, why, sizeof(why)) < 0)
			return conf_error(vty, "number %u %s: %s", place, argv[1], why);
		pattern_free(pattern);
	}
	strcpy(p->numbers[place - 1].pattern, argv[1]);
	p->numbers[place - 1].preference = preference;
	p->numbers[place - 1].no_huntstop = no_huntstop;
	return CMD_SUCCESS;
}

DEFUN(no_number, no_number_cmd, "no number PLACE", NO_STR NUMBER_STR)
{
	unsigned place;

	if (read_place(vty, argv[0], &place) != CMD_SUCCESS)
		return CONF_REFUSED;
	voice_register_pool_of(vty)->numbers[place - 1].pattern[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- username */

#define USER_STR "Who they are, if they are asked for a password\n"

DEFUN(username, username_cmd, "username USER password .PASSWORD",
      USER_STR "Name\nPassword\n0 or 7 and the password, or file and a path\n")
{
	struct conf_pool *p = voice_register_pool_of(vty);
	int used;

	if (strlen(argv[0]) > DIGEST_NAME_MAX || !digest_is_sendable(argv[0]))
		return conf_error(vty,
				  "username: expected at most %d characters, without "
				  "quotation marks and backslashes",
				  DIGEST_NAME_MAX);
	used = password_read(vty, "username", argc - 1, argv + 1, &p->password);
	if (used < 0)
		return CONF_REFUSED;
	if (used != argc - 1)
		return conf_error(vty, "username: expected nothing behind the password");
	strcpy(p->pool.user, argv[0]);
	strcpy(p->pool.password, p->password.text);
	return CMD_SUCCESS;
}

DEFUN(no_username, no_username_cmd, "no username", NO_STR USER_STR)
{
	struct conf_pool *p = voice_register_pool_of(vty);

	memset(&p->password, 0, sizeof(p->password));
	p->pool.user[0] = p->pool.password[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- max registrations */

#define MAX_STR "Limits\nNumbers of this pool that may be registered at once\n"

DEFUN(max_registrations, max_registrations_cmd, "max registrations NUMBER", MAX_STR "Number\n")
{
	static const struct value_range range = {"max registrations", 1, 1000000};

	return value_number(vty, argv[0], &range, &pool_of(vty)->max_registrations);
}

DEFUN(no_max_registrations, no_max_registrations_cmd, "no max registrations", NO_STR MAX_STR)
{
	pool_of(vty)->max_registrations = 0;
	return CMD_SUCCESS;
}

/* ---- call-forward b2bua */

static const char *const forwards[POOL_FORWARDS] = {
    [POOL_FORWARD_ALL] = "all",
    [POOL_FORWARD_BUSY] = "busy",
    [POOL_FORWARD_NOAN] = "noan",
    [POOL_FORWARD_UNREACHABLE] = "unreachable",
};

#define FORWARD_STR "Calls to them that go elsewhere\nThe gateway sends them there\n"
#define FORWARDS_STR                                                                               \
	FORWARD_STR "All calls\nCalls to those that are busy\nCalls that nobody takes\n"           \
		    "Calls to those that do not answer at all\n"

static int set_forward(struct vty *vty, enum pool_forward which, const char *number,
		       unsigned timeout_s)
{
	struct pool *pool = pool_of(vty);

	if (strlen(number) > NUMBER_DIGITS_MAX ||
	    strspn(number + (*number == '+'), "0123456789*#ABCD") !=
		strlen(number + (*number == '+')) ||
	    !number[0])
		return conf_error(vty, "call-forward b2bua %s %.64s: expected a number",
				  forwards[which], number);
	strcpy(pool->forward[which].number, number);
	pool->forward[which].timeout_s = timeout_s;
	return CMD_SUCCESS;
}

static enum pool_forward forward_of(const char *word)
{
	enum pool_forward which = 0;

	while (strcmp(forwards[which], word) != 0)
		which++;
	return which;
}

DEFUN(forward, forward_cmd, "call-forward b2bua (all|busy|unreachable) NUMBER",
      FORWARD_STR "All calls\nCalls to those that are busy\nCalls to those that do not answer at "
		  "all\nNumber\n")
{
	return set_forward(vty, forward_of(argv[0]), argv[1], 0);
}

DEFUN(forward_noan, forward_noan_cmd, "call-forward b2bua noan NUMBER timeout SECONDS",
      FORWARD_STR "Calls that nobody takes\nNumber\nAfter how long\n3 to 600 s\n")
{
	static const struct value_range range = {"call-forward b2bua noan: timeout", 3, 600};
	unsigned timeout_s;

	if (value_number(vty, argv[1], &range, &timeout_s) != CMD_SUCCESS)
		return CONF_REFUSED;
	return set_forward(vty, POOL_FORWARD_NOAN, argv[0], timeout_s);
}

DEFUN(no_forward, no_forward_cmd, "no call-forward b2bua (all|busy|noan|unreachable)",
      NO_STR FORWARDS_STR)
{
	pool_of(vty)->forward[forward_of(argv[0])].number[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- the block */

static void pool_setup(void)
{
	static struct cmd_element *const commands[] = {&id_network_cmd,
						       &id_ip_cmd,
						       &id_ip_mask_cmd,
						       &id_mac_cmd,
						       &id_agent_cmd,
						       &no_id_cmd,
						       &number_cmd,
						       &no_number_cmd,
						       &username_cmd,
						       &no_username_cmd,
						       &max_registrations_cmd,
						       &no_max_registrations_cmd,
						       &forward_cmd,
						       &forward_noan_cmd,
						       &no_forward_cmd};

	install_element(CONF_ROOT_NODE, &pool_cmd);
	definition_install(DEFINITION_POOL, commands, ARRAY_SIZE(commands));
	voice_register_install_pool_calls();
	voice_register_install_home();
	dial_peer_classes_install_pool();
	dial_peer_voip_install_pool();
	sip_media_install_pool();
	after_hours_install_pool();
}

static int by_number(const void *one, const void *two)
{
	const struct conf_pool *a = *(struct conf_pool *const *)one;
	const struct conf_pool *b = *(struct conf_pool *const *)two;

	return (a->pool.number > b->pool.number) - (a->pool.number < b->pool.number);
}

/* What the plan and the registrar see of it. */
static void complete(struct conf_pool *p)
{
	struct pool *pool = &p->pool;

	pool->numbers_count = 0;
	for (unsigned i = 0; i < POOL_NUMBERS_MAX; i++)
		if (p->numbers[i].pattern[0])
			pool->numbers[pool->numbers_count++] = p->numbers[i];
	pool->peer = p->peer.peer;
	pool->peer.pool = pool->number;
	strcpy(pool->peer.session_target, "phone");
}

static void check_pool(struct loader *loader, const struct conf_pool *p)
{
	const struct conf *conf = loader_conf(loader);
	const struct pool *pool = &p->pool;
	bool asked = conf->phone_users.callers.realm[0];

	if (loader_block_is_broken(loader, p->head.line))
		return;
	if (pool->network.ss_family == AF_UNSPEC && !asked)
		loader_error(loader, p->head.line,
			     "voice register pool %u: anybody could register: expected id network, "
			     "or authenticate realm in voice register global",
			     pool->number);
	if (pool->user[0] && !asked && !loader_is_incomplete(loader))
		loader_error(loader, p->head.line,
			     "voice register pool %u: username without authenticate realm in "
			     "voice register global: nobody would be asked",
			     pool->number);
	dial_peer_classes_check(loader, &p->peer);
}

void voice_register_pools_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	size_t count = llist_count(&conf->pools), n = 0;
	struct conf_pool **sorted = talloc_array(conf, struct conf_pool *, count + 1), *p;
	struct pool *pools = talloc_zero_array(conf, struct pool, count + 1);

	OSMO_ASSERT(sorted && pools);
	llist_for_each_entry (p, &conf->pools, head.entry)
		sorted[n++] = p;
	qsort(sorted, count, sizeof(*sorted), by_number);
	INIT_LLIST_HEAD(&conf->pools);
	for (size_t i = 0; i < count; i++) {
		llist_add_tail(&sorted[i]->head.entry, &conf->pools);
		complete(sorted[i]);
		check_pool(loader, sorted[i]);
		pools[i] = sorted[i]->pool;
	}
	talloc_free(sorted);
	conf->survive.global.pools = pools;
	conf->survive.global.pools_count = count;
}

unsigned voice_register_pools_line(const struct conf *conf)
{
	const struct conf_pool *first =
	    llist_first_entry_or_null(&conf->pools, struct conf_pool, head.entry);

	return first ? first->head.line : 0;
}

/* ---- writing */

static void write_id(const struct pool *pool, struct conf_writer *writer)
{
	bool six = pool->network.ss_family == AF_INET6;
	char text[VALUE_ADDRESS_SIZE];
	uint32_t mask = pool->prefix_bits ? ~0u << (32 - pool->prefix_bits % 33) : 0;

	if (pool->has_mac)
		conf_put(writer, " id mac %02x%02x.%02x%02x.%02x%02x", pool->mac[0], pool->mac[1],
			 pool->mac[2], pool->mac[3], pool->mac[4], pool->mac[5]);
	if (pool->user_agent[0])
		conf_put(writer, " id user-agent %s", pool->user_agent);
	if (pool->network.ss_family == AF_UNSPEC)
		return;
	value_address_text(&pool->network, text);
	if (six)
		conf_put(writer, " id network %s mask /%u", text, pool->prefix_bits);
	else
		conf_put(writer, " id network %s mask %u.%u.%u.%u", text, mask >> 24,
			 mask >> 16 & 255, mask >> 8 & 255, mask & 255);
}

static void write_forwards(const struct pool *pool, struct conf_writer *writer)
{
	for (unsigned i = 0; i < POOL_FORWARDS; i++) {
		if (!pool->forward[i].number[0])
			continue;
		if (i == POOL_FORWARD_NOAN)
			conf_put(writer, " call-forward b2bua noan %s timeout %u",
				 pool->forward[i].number, pool->forward[i].timeout_s);
		else
			conf_put(writer, " call-forward b2bua %s %s", forwards[i],
				 pool->forward[i].number);
	}
}

static void write_pool(const struct conf_pool *p, struct conf_writer *writer)
{
	char text[PASSWORD_TEXT_SIZE];

	conf_put(writer, "voice register pool %u", p->pool.number);
	definition_write_description(&p->head, writer);
	write_id(&p->pool, writer);
	for (unsigned i = 0; i < POOL_NUMBERS_MAX; i++) {
		char preference[24] = "";

		if (!p->numbers[i].pattern[0])
			continue;
		if (p->numbers[i].preference)
			snprintf(preference, sizeof(preference), " preference %u",
				 p->numbers[i].preference);
		conf_put(writer, " number %u %s%s%s", i + 1, p->numbers[i].pattern, preference,
			 p->numbers[i].no_huntstop ? " no-huntstop" : "");
	}
	if (p->pool.user[0])
		conf_put(writer, " username %s password %s", p->pool.user,
			 password_text(&p->password, text));
	if (p->pool.mwi)
		conf_put(writer, " mwi");
	if (p->pool.check_sync)
		conf_put(writer, " check-sync");
	if (p->pool.max_registrations)
		conf_put(writer, " max registrations %u", p->pool.max_registrations);
	write_forwards(&p->pool, writer);
	voice_register_write_pool_calls(p, writer);
	if (p->pool.after_hours_exempt)
		conf_put(writer, " after-hours exempt");
	dial_peer_classes_write(&p->peer.peer, writer);
	dial_peer_voip_write_pool(&p->peer.peer, writer);
	sip_media_write(&p->peer.peer.sip, writer);
	conf_put(writer, "!");
}

static void pool_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_pool *p;

	llist_for_each_entry (p, &conf->pools, head.entry)
		write_pool(p, writer);
}

const struct conf_block conf_voice_register_pool_block = {.setup = pool_setup, .write = pool_write};
