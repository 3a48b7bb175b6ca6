// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice service voip
 *	 no ip address trusted loopback
 *	 sip
 *	  no silent-discard untrusted
 *	  source-limit untrusted 20 burst 60 block 60
 *	  source-limit untrusted total 200
 *	  source-limit phones 200 burst 2000
 *	  source-limit trusted 1500 burst 3000
 *	  source-limit setups 100
 *	  call service stop forced maintain-registration
 *	  call service drain 60
 */
#include "conf/sip_admission.h"

#include <string.h>

#include "conf/value.h"
#include "gateway/sip/setups.h"

static const struct admission_rules defaults = {
    .silent = true,
    .strangers = {.rate = 20, .burst = 60, .block_s = 60},
    .strangers_rate = 200,
    .phones = {.rate = 200, .burst = 2000},
    .trusted = {.rate = 1500, .burst = 3000}, /* 500 calls a second: INVITE, ACK and BYE */
};

void sip_admission_defaults(struct conf *conf)
{
	conf->admission = defaults;
}

/* ---- whom to trust */

#define TRUSTED_STR "IP\nAddresses\nFrom which calls are accepted\n"

DEFUN(trusted_authenticate, trusted_authenticate_cmd, "ip address trusted authenticate",
      TRUSTED_STR "Calls of others are refused\n")
{
	conf_of(vty)->admission.accept_all = false;
	return CMD_SUCCESS;
}

DEFUN(no_trusted_authenticate, no_trusted_authenticate_cmd, "no ip address trusted authenticate",
      NO_STR TRUSTED_STR "Calls are accepted from everywhere\n")
{
	conf_of(vty)->admission.accept_all = true;
	return CMD_SUCCESS;
}

DEFUN(trusted_loopback, trusted_loopback_cmd, "ip address trusted loopback",
      TRUSTED_STR "Also from this machine\n")
{
	conf_of(vty)->distrust_loopback = false;
	return CMD_SUCCESS;
}

DEFUN(no_trusted_loopback, no_trusted_loopback_cmd, "no ip address trusted loopback",
      NO_STR TRUSTED_STR "Not from this machine, unless it is in the list\n")
{
	conf_of(vty)->distrust_loopback = true;
	return CMD_SUCCESS;
}

/* ---- what others get */

DEFUN(silent_discard, silent_discard_cmd, "silent-discard untrusted",
      "Do not answer\nRequests of sources that are not trusted\n")
{
	conf_of(vty)->admission.silent = true;
	return CMD_SUCCESS;
}

DEFUN(no_silent_discard, no_silent_discard_cmd, "no silent-discard untrusted",
      NO_STR "Do not answer\nRequests of sources that are not trusted: 403\n")
{
	conf_of(vty)->admission.silent = false;
	return CMD_SUCCESS;
}

/* ---- limits */

#define LIMIT_STR "Messages that a source may send\n"
#define UNTRUSTED_STR "Sources that are not trusted\n"
#define RATE_STR "A second\nAt once\nMessages at once\n"

static const struct value_range rates = {"source-limit", 1, 1000000};

/* argv: rate, burst, seconds of block */
static int read_limit(struct vty *vty, int argc, const char **argv, struct source_limit_rule *out)
{
	static const struct value_range bursts = {"burst", 1, 1000000},
					blocks = {"block", 0, 86400};
	struct source_limit_rule rule = {0};

	if (value_number(vty, argv[0], &rates, &rule.rate) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &bursts, &rule.burst) != CMD_SUCCESS ||
	    (argc > 2 && value_number(vty, argv[2], &blocks, &rule.block_s) != CMD_SUCCESS))
		return CONF_REFUSED;
	*out = rule;
	return CMD_SUCCESS;
}

DEFUN(limit_untrusted, limit_untrusted_cmd, "source-limit untrusted RATE burst MESSAGES",
      LIMIT_STR UNTRUSTED_STR RATE_STR)
{
	struct source_limit_rule rule;

	if (read_limit(vty, argc, argv, &rule) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (argc == 2)
		rule.block_s = defaults.strangers.block_s;
	conf_of(vty)->admission.strangers = rule;
	return CMD_SUCCESS;
}

ALIAS(limit_untrusted, limit_untrusted_block_cmd,
      "source-limit untrusted RATE burst MESSAGES block SECONDS",
      LIMIT_STR UNTRUSTED_STR RATE_STR
      "Who sends more than twice that is heard again after\nSeconds, 0: at once\n")

DEFUN(limit_total, limit_total_cmd, "source-limit untrusted total RATE",
      LIMIT_STR UNTRUSTED_STR "All of them together\nA second\n")
{
	return value_number(vty, argv[0], &rates, &conf_of(vty)->admission.strangers_rate);
}

DEFUN(limit_trusted, limit_trusted_cmd, "source-limit trusted RATE burst MESSAGES",
      LIMIT_STR "Sources that are trusted\n" RATE_STR)
{
	return read_limit(vty, argc, argv, &conf_of(vty)->admission.trusted);
}

#define PHONES_STR LIMIT_STR "Sources in the networks of `voice register pool`\n"

DEFUN(limit_phones, limit_phones_cmd, "source-limit phones RATE burst MESSAGES",
      PHONES_STR RATE_STR)
{
	return read_limit(vty, argc, argv, &conf_of(vty)->admission.phones);
}

DEFUN(no_limit_phones, no_limit_phones_cmd, "no source-limit phones", NO_STR PHONES_STR)
{
	conf_of(vty)->admission.phones = (struct source_limit_rule){0};
	return CMD_SUCCESS;
}

#define SETUPS_STR LIMIT_STR "Calls under way: their INVITE has no ACK yet\n"

DEFUN(limit_setups_share, limit_setups_share_cmd, "source-limit setups", SETUPS_STR)
{
	conf_of(vty)->admission.setups = SETUPS_SHARE;
	return CMD_SUCCESS;
}

DEFUN(limit_setups, limit_setups_cmd, "source-limit setups NUMBER", SETUPS_STR "Of each source\n")
{
	static const struct value_range range = {"source-limit setups", 1, 100000};

	return value_number(vty, argv[0], &range, &conf_of(vty)->admission.setups);
}

DEFUN(no_limit_setups, no_limit_setups_cmd, "no source-limit setups", NO_STR SETUPS_STR)
{
	conf_of(vty)->admission.setups = SETUPS_NO_LIMIT;
	return CMD_SUCCESS;
}

DEFUN(no_limit_untrusted, no_limit_untrusted_cmd, "no source-limit untrusted",
      NO_STR LIMIT_STR UNTRUSTED_STR)
{
	conf_of(vty)->admission.strangers = (struct source_limit_rule){0};
	return CMD_SUCCESS;
}

DEFUN(no_limit_total, no_limit_total_cmd, "no source-limit untrusted total",
      NO_STR LIMIT_STR UNTRUSTED_STR "All of them together\n")
{
	conf_of(vty)->admission.strangers_rate = 0;
	return CMD_SUCCESS;
}

DEFUN(no_limit_trusted, no_limit_trusted_cmd, "no source-limit trusted",
      NO_STR LIMIT_STR "Sources that are trusted\n")
{
	conf_of(vty)->admission.trusted = (struct source_limit_rule){0};
	return CMD_SUCCESS;
}

/* ---- call service */

#define SERVICE_STR "Calls\nNew calls by SIP\n"
#define STOP_STR SERVICE_STR "Take none; calls that are up go on\n"
#define MAINTAIN_STR "Stay registered\n"

static int stop_service(struct vty *vty, bool forced, bool maintain)
{
	conf_of(vty)->service = (struct call_service_order){
	    .stop = true, .forced = forced, .maintain_registration = maintain};
	return CMD_SUCCESS;
}

DEFUN(service_stop, service_stop_cmd, "call service stop", STOP_STR)
{
	return stop_service(vty, false, false);
}

DEFUN(service_stop_forced, service_stop_forced_cmd, "call service stop forced",
      STOP_STR "End them\n")
{
	return stop_service(vty, true, false);
}

DEFUN(service_stop_maintain, service_stop_maintain_cmd, "call service stop maintain-registration",
      STOP_STR MAINTAIN_STR)
{
	return stop_service(vty, false, true);
}

DEFUN(service_stop_both, service_stop_both_cmd, "call service stop forced maintain-registration",
      STOP_STR "End them\n" MAINTAIN_STR)
{
	return stop_service(vty, true, true);
}

DEFUN(no_service_stop, no_service_stop_cmd, "no call service stop", NO_STR STOP_STR)
{
	conf_of(vty)->service = (struct call_service_order){0};
	return CMD_SUCCESS;
}

DEFUN(service_drain, service_drain_cmd, "call service drain SECONDS",
      SERVICE_STR "When the gateway is to end: how long calls may go on\nSeconds\n")
{
	static const struct value_range range = {"call service drain", 1, 86400};

	return value_number(vty, argv[0], &range, &conf_of(vty)->drain_s);
}

DEFUN(no_service_drain, no_service_drain_cmd, "no call service drain",
      NO_STR SERVICE_STR "End calls at once when the gateway is to end\n")
{
	conf_of(vty)->drain_s = 0;
	return CMD_SUCCESS;
}

void sip_admission_install(void)
{
	static struct cmd_element *const service[] = {
	    &trusted_authenticate_cmd,
	    &no_trusted_authenticate_cmd,
	    &trusted_loopback_cmd,
	    &no_trusted_loopback_cmd,
	};
	static struct cmd_element *const sip[] = {
	    &silent_discard_cmd,	&no_silent_discard_cmd,	    &limit_untrusted_cmd,
	    &limit_untrusted_block_cmd, &limit_total_cmd,	    &limit_trusted_cmd,
	    &no_limit_untrusted_cmd,	&no_limit_total_cmd,	    &no_limit_trusted_cmd,
	    &limit_setups_share_cmd,	&limit_setups_cmd,	    &no_limit_setups_cmd,
	    &limit_phones_cmd,		&no_limit_phones_cmd,	    &service_stop_cmd,
	    &service_stop_forced_cmd,	&service_stop_maintain_cmd, &service_stop_both_cmd,
	    &no_service_stop_cmd,	&service_drain_cmd,	    &no_service_drain_cmd,
	};

	for (size_t i = 0; i < sizeof(service) / sizeof(service[0]); i++)
		install_element(CONF_VOICE_SERVICE_NODE, service[i]);
	for (size_t i = 0; i < sizeof(sip) / sizeof(sip[0]); i++)
		install_element(CONF_SERVICE_SIP_NODE, sip[i]);
}

/* ---- writing */

void sip_admission_write_service(const struct conf *conf, struct conf_writer *writer)
{
	if (conf->admission.accept_all)
		conf_put(writer, " no ip address trusted authenticate");
	if (conf->distrust_loopback)
		conf_put(writer, " no ip address trusted loopback");
}

static bool same_rule(const struct source_limit_rule *a, const struct source_limit_rule *b)
{
	return a->rate == b->rate && a->burst == b->burst && a->block_s == b->block_s;
}

static void write_limit(struct conf_writer *writer, const char *who,
			const struct source_limit_rule *rule, const struct source_limit_rule *usual)
{
	if (!rule->rate)
		conf_put(writer, "  no source-limit %s", who);
	else if (!same_rule(rule, usual))
		conf_put(writer, "  source-limit %s %u burst %u", who, rule->rate, rule->burst);
}

void sip_admission_write_sip(const struct conf *conf, struct conf_writer *writer)
{
	const struct admission_rules *r = &conf->admission;

	if (!r->silent)
		conf_put(writer, "  no silent-discard untrusted");
	if (!r->strangers.rate)
		conf_put(writer, "  no source-limit untrusted");
	else if (!same_rule(&r->strangers, &defaults.strangers))
		conf_put(writer, "  source-limit untrusted %u burst %u block %u", r->strangers.rate,
			 r->strangers.burst, r->strangers.block_s);
	if (!r->strangers_rate)
		conf_put(writer, "  no source-limit untrusted total");
	else if (r->strangers_rate != defaults.strangers_rate)
		conf_put(writer, "  source-limit untrusted total %u", r->strangers_rate);
	if (r->setups == SETUPS_NO_LIMIT)
		conf_put(writer, "  no source-limit setups");
	else if (r->setups != SETUPS_SHARE)
		conf_put(writer, "  source-limit setups %u", r->setups);
	if (conf->service.stop)
		conf_put(writer, "  call service stop%s%s", conf->service.forced ? " forced" : "",
			 conf->service.maintain_registration ? " maintain-registration" : "");
	if (conf->drain_s)
		conf_put(writer, "  call service drain %u", conf->drain_s);
	write_limit(writer, "phones", &r->phones, &defaults.phones);
	write_limit(writer, "trusted", &r->trusted, &defaults.trusted);
}
