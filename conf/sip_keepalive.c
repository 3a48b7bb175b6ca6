// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class sip-options-keepalive 1      dial-peer voice 200 voip
 *	 description servers far away             voice-class sip options-keepalive profile 1
 *	 up-interval 120
 *	 down-interval 60                        dial-peer voice 201 voip
 *	 retry 3                                  voice-class sip options-keepalive up-interval 30 retry 2
 *	 transport tcp
 */
#include "conf/sip_keepalive.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/sip_options.h"
#include "conf/value.h"

#define INTERVAL_MAX_S 1200
#define RETRY_MAX 10
#define PROFILE_MAX 10000

static int read_interval(struct vty *vty, const char *what, const char *text, uint16_t *out)
{
	const struct value_range range = {what, 1, INTERVAL_MAX_S};
	unsigned value;

	if (value_number(vty, text, &range, &value) != CMD_SUCCESS)
		return CONF_REFUSED;
	*out = (uint16_t)value;
	return CMD_SUCCESS;
}

static int read_retry(struct vty *vty, const char *text, uint8_t *out)
{
	static const struct value_range range = {"retry", 1, RETRY_MAX};
	unsigned value;

	if (value_number(vty, text, &range, &value) != CMD_SUCCESS)
		return CONF_REFUSED;
	*out = (uint8_t)value;
	return CMD_SUCCESS;
}

static int read_profile(struct vty *vty, const char *text, uint16_t *out)
{
	static const struct value_range range = {"options-keepalive profile", 1, PROFILE_MAX};
	unsigned value;

	if (value_number(vty, text, &range, &value) != CMD_SUCCESS)
		return CONF_REFUSED;
	*out = (uint16_t)value;
	return CMD_SUCCESS;
}

/* ---- profiles */

static struct sip_keepalive *profile_of(struct vty *vty)
{
	return &((struct conf_keepalive *)vty->index)->keepalive;
}

DEFUN(keepalive_class, keepalive_class_cmd, "voice class sip-options-keepalive NUMBER",
      "Voice\nClasses\nHow OPTIONS are sent to session targets\n1 to 10000\n")
{
	struct conf_keepalive *k = talloc_zero(conf_of(vty), struct conf_keepalive);

	OSMO_ASSERT(k);
	return definition_begin_number(vty, DEFINITION_KEEPALIVE, &k->head, argv[0], &k->number);
}

#define UP_STR "Between two OPTIONS to a target that answers\n"
#define DOWN_STR "Between two OPTIONS to a target that is busied out\n"
#define RETRY_STR "So many failures in a row busy a target out\n"
#define TRANSPORT_STR "How OPTIONS are sent\n"

DEFUN(ka_up, ka_up_cmd, "up-interval SECONDS", UP_STR "1 to 1200\n")
{
	return read_interval(vty, "up-interval", argv[0], &profile_of(vty)->up_s);
}

DEFUN(ka_down, ka_down_cmd, "down-interval SECONDS", DOWN_STR "1 to 1200\n")
{
	return read_interval(vty, "down-interval", argv[0], &profile_of(vty)->down_s);
}

DEFUN(ka_retry, ka_retry_cmd, "retry NUMBER", RETRY_STR "1 to 10\n")
{
	return read_retry(vty, argv[0], &profile_of(vty)->retry);
}

static const char *const transports[] = {
    [PEER_TRANSPORT_SYSTEM] = "system",
    [PEER_TRANSPORT_UDP] = "udp",
    [PEER_TRANSPORT_TCP] = "tcp",
    [PEER_TRANSPORT_TLS] = "tcp tls",
};

DEFUN(ka_transport, ka_transport_cmd, "transport (udp|tcp|system)",
      TRANSPORT_STR "UDP\nTCP\nAs calls to the target go\n")
{
	for (unsigned i = 0; i <= PEER_TRANSPORT_TCP; i++)
		if (strcmp(argv[0], transports[i]) == 0)
			profile_of(vty)->transport = i;
	return CMD_SUCCESS;
}

DEFUN(ka_transport_tls, ka_transport_tls_cmd, "transport tcp tls", TRANSPORT_STR "TCP\nTLS\n")
{
	profile_of(vty)->transport = PEER_TRANSPORT_TLS;
	return CMD_SUCCESS;
}

DEFUN(ka_no, ka_no_cmd, "no (up-interval|down-interval|retry|transport)",
      NO_STR UP_STR DOWN_STR RETRY_STR TRANSPORT_STR)
{
	struct sip_keepalive *k = profile_of(vty);

	if (strcmp(argv[0], "up-interval") == 0)
		k->up_s = 0;
	else if (strcmp(argv[0], "down-interval") == 0)
		k->down_s = 0;
	else if (strcmp(argv[0], "retry") == 0)
		k->retry = 0;
	else
		k->transport = PEER_TRANSPORT_SYSTEM;
	return CMD_SUCCESS;
}

/* ---- where it is wanted */

#define KEEPALIVE_STR "Send OPTIONS to session targets: those that do not answer are busied out\n"

DEFUN(keepalive, keepalive_cmd, "options-keepalive", KEEPALIVE_STR)
{
	sip_options_of(vty)->keepalive = (struct sip_keepalive){.on = SIP_SWITCH_ON};
	return CMD_SUCCESS;
}

ALIAS(keepalive, p_keepalive_cmd, SIP_OPTION_PEER "options-keepalive",
      SIP_OPTION_PEER_STR KEEPALIVE_STR)

static int read_word(struct vty *vty, const char *word, const char *value,
		     struct sip_keepalive *out)
{
	if (strcmp(word, "up-interval") == 0)
		return read_interval(vty, word, value, &out->up_s);
	if (strcmp(word, "down-interval") == 0)
		return read_interval(vty, word, value, &out->down_s);
	if (strcmp(word, "retry") == 0)
		return read_retry(vty, value, &out->retry);
	return conf_error(vty,
			  "options-keepalive %s: expected up-interval, down-interval or retry, or "
			  "profile NUMBER alone",
			  word);
}

#define KEEPALIVE_WORDS_STR                                                                        \
	"up-interval SECONDS, down-interval SECONDS, retry NUMBER; or profile NUMBER\n"

DEFUN(keepalive_words, keepalive_words_cmd, "options-keepalive .WORDS",
      KEEPALIVE_STR KEEPALIVE_WORDS_STR)
{
	struct sip_keepalive wanted = {.on = SIP_SWITCH_ON};

	if (argc % 2)
		return conf_error(vty, "options-keepalive: expected a value behind %s",
				  argv[argc - 1]);
	if (argc == 2 && strcmp(argv[0], "profile") == 0) {
		if (read_profile(vty, argv[1], &wanted.profile) != CMD_SUCCESS)
			return CONF_REFUSED;
	} else {
		for (int i = 0; i < argc; i += 2)
			if (read_word(vty, argv[i], argv[i + 1], &wanted) != CMD_SUCCESS)
				return CONF_REFUSED;
	}
	sip_options_of(vty)->keepalive = wanted;
	if (vty->node == CONF_SERVICE_SIP_NODE)
		conf_of(vty)->keepalive_line = conf_line_of(vty);
	return CMD_SUCCESS;
}

ALIAS(keepalive_words, p_keepalive_words_cmd, SIP_OPTION_PEER "options-keepalive .WORDS",
      SIP_OPTION_PEER_STR KEEPALIVE_STR KEEPALIVE_WORDS_STR)

DEFUN(no_keepalive, no_keepalive_cmd, "no options-keepalive", NO_STR KEEPALIVE_STR)
{
	sip_options_of(vty)->keepalive = (struct sip_keepalive){0};
	return CMD_SUCCESS;
}

ALIAS(no_keepalive, p_no_keepalive_cmd, "no " SIP_OPTION_PEER "options-keepalive",
      NO_STR SIP_OPTION_PEER_STR KEEPALIVE_STR)

static void profiles_setup(void)
{
	static struct cmd_element *const profile[] = {
	    &ka_up_cmd,	       &ka_down_cmd,	      &ka_retry_cmd,
	    &ka_transport_cmd, &ka_transport_tls_cmd, &ka_no_cmd};

	definition_install(DEFINITION_KEEPALIVE, profile, ARRAY_SIZE(profile));
	install_element(CONF_ROOT_NODE, &keepalive_class_cmd);
}

void sip_keepalive_install(void)
{
	static struct cmd_element *const tenant[] = {&keepalive_cmd, &keepalive_words_cmd,
						     &no_keepalive_cmd};
	static struct cmd_element *const peer[] = {&p_keepalive_cmd, &p_keepalive_words_cmd,
						   &p_no_keepalive_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

/* ---- all is read */

/* Whoever names a profile gets what it says. */
static void settle(struct loader *loader, unsigned line, const char *where,
		   struct sip_keepalive *keepalive)
{
	const struct conf_keepalive *k;

	if (!keepalive->profile)
		return;
	definition_check_number(loader, line, DEFINITION_KEEPALIVE, keepalive->profile, where);
	llist_for_each_entry (k, &loader_conf(loader)->keepalives, head.entry) {
		if (k->number != keepalive->profile)
			continue;
		*keepalive = k->keepalive;
		keepalive->on = SIP_SWITCH_ON;
		keepalive->profile = (uint16_t)k->number;
	}
}

static void sip_keepalive_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_tenant *t;
	struct conf_peer *p;
	char where[64];

	settle(loader, conf->keepalive_line, "voice service voip: options-keepalive profile",
	       &conf->tenant_all.options.keepalive);
	llist_for_each_entry (t, &conf->tenant_blocks, head.entry) {
		snprintf(where, sizeof(where), "voice class tenant %u: options-keepalive profile",
			 t->tenant.number);
		settle(loader, t->head.line, where, &t->tenant.options.keepalive);
	}
	llist_for_each_entry (p, &conf->peers, entry) {
		snprintf(where, sizeof(where), "dial-peer voice %u: options-keepalive profile",
			 p->peer.tag);
		settle(loader, p->line, where, &p->peer.sip.keepalive);
	}
}

/* ---- writing */

void sip_keepalive_write(const struct sip_options *options, const char *indent,
			 struct conf_writer *writer)
{
	const struct sip_keepalive *k = &options->keepalive;
	char words[96] = "";
	int n = 0;

	if (k->on != SIP_SWITCH_ON)
		return;
	if (k->profile) {
		snprintf(words, sizeof(words), " profile %u", k->profile);
	} else {
		if (k->up_s)
			n = snprintf(words, sizeof(words), " up-interval %u", k->up_s);
		if (k->down_s)
			n += snprintf(words + n, sizeof(words) - n, " down-interval %u", k->down_s);
		if (k->retry)
			snprintf(words + n, sizeof(words) - n, " retry %u", k->retry);
	}
	conf_put(writer, "%soptions-keepalive%s", indent, words);
}

static void profiles_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_keepalive *k;

	llist_for_each_entry (k, &conf->keepalives, head.entry) {
		conf_put(writer, "voice class sip-options-keepalive %u", k->number);
		definition_write_description(&k->head, writer);
		if (k->keepalive.up_s)
			conf_put(writer, " up-interval %u", k->keepalive.up_s);
		if (k->keepalive.down_s)
			conf_put(writer, " down-interval %u", k->keepalive.down_s);
		if (k->keepalive.retry)
			conf_put(writer, " retry %u", k->keepalive.retry);
		if (k->keepalive.transport)
			conf_put(writer, " transport %s", transports[k->keepalive.transport]);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_sip_keepalive_block = {
    .setup = profiles_setup, .check = sip_keepalive_check, .write = profiles_write};
