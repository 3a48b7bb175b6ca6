// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	controller e1 1
 *	 description to the exchange
 *	 driver cesopsn listen 127.0.0.1:2142 peer 127.0.0.1:2143	or: driver dahdi
 *	 packet frames 8
 *	 jitter-buffer packets 2
 *	 alarm-time 2500
 *	 clock source line
 *	 pri-group timeslots 1-31
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"

static const char *const framing_names[] = {
    [TDM_E1] = "e1",
    [TDM_T1] = "t1",
    [TDM_BRI] = "bri",
};

static const char *framing_name(const struct conf_controller *c)
{
	return framing_names[c->span.framing];
}

static enum tdm_framing framing_from_name(const char *name)
{
	for (unsigned f = TDM_E1; f < ARRAY_SIZE(framing_names); f++)
		if (strcmp(name, framing_names[f]) == 0)
			return (enum tdm_framing)f;
	return TDM_E1;
}

static void insert_controller(struct conf *conf, struct conf_controller *c)
{
	struct conf_controller *next;

	llist_for_each_entry (next, &conf->controllers, entry) {
		if (next->span.number > c->span.number) {
			llist_add_tail(&c->entry, &next->entry);
			return;
		}
	}
	llist_add_tail(&c->entry, &conf->controllers);
}

DEFUN(controller, controller_cmd, "controller (e1|t1|bri) NUMBER",
      "A span\nE1, 31 timeslots\nT1, 24 timeslots\nBasic rate, two B channels and the D channel\n"
      "Number of the span\n")
{
	static const struct value_range range = {"controller", 1, TDM_SPAN_MAX};
	enum tdm_framing framing = framing_from_name(argv[0]);
	struct conf *conf = conf_of(vty);
	struct conf_controller *c = talloc_zero(conf, struct conf_controller), *first;
	unsigned number = 0;

	OSMO_ASSERT(c);
	vty->node = CONF_CONTROLLER_NODE;
	vty->index = c; /* also of a refused one: the lines below it are checked all the same */
	value_number(vty, argv[1], &range, &number);
	tdm_span_config_init(&c->span, number, framing);
	c->span.driver = 0;
	if (framing == TDM_BRI) /* both are always there, no pri-group says so */
		c->timeslots = 1u << 1 | 1u << 2;
	c->line = conf_line_of(vty);
	if (!number)
		return CONF_REFUSED;
	first = conf_find_controller(conf, number);
	if (first)
		return conf_error(vty, "controller %u is configured already on line %u", number,
				  first->line);
	insert_controller(conf, c);
	return CMD_SUCCESS;
}

DEFUN(c_description, c_description_cmd, "description .TEXT", "What it is for\nText\n")
{
	struct conf_controller *c = vty->index;

	return value_text(vty, argc, argv, c->description, sizeof(c->description));
}

DEFUN(c_no_description, c_no_description_cmd, "no description", NO_STR "What it is for\n")
{
	struct conf_controller *c = vty->index;

	c->description[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(c_shutdown, c_shutdown_cmd, "shutdown", "Leave this span unused\n")
{
	struct conf_controller *c = vty->index;

	c->shutdown = true;
	return CMD_SUCCESS;
}

DEFUN(c_no_shutdown, c_no_shutdown_cmd, "no shutdown", NO_STR "Leave this span unused\n")
{
	struct conf_controller *c = vty->index;

	c->shutdown = false;
	return CMD_SUCCESS;
}

static int pseudowire_address(struct vty *vty, const char *which, const char *text,
			      struct sockaddr_storage *out)
{
	if (value_address_port(text, out) == 0)
		return CMD_SUCCESS;
	return conf_error(vty,
			  "%s %s: expected ADDRESS:PORT as in 192.0.2.1:2142 or "
			  "[2001:db8::1]:2142",
			  which, text);
}

DEFUN(c_driver_cesopsn, c_driver_cesopsn_cmd, "driver cesopsn listen ADDRESS peer ADDRESS",
      "What carries the span\nPseudowire over UDP, RFC 5086\n"
      "Own address\nAddress:port\nAddress of the far end\nAddress:port\n")
{
	struct conf_controller *c = vty->index;
	struct sockaddr_storage local, peer;

	if (pseudowire_address(vty, "listen", argv[0], &local) != CMD_SUCCESS ||
	    pseudowire_address(vty, "peer", argv[1], &peer) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (local.ss_family != peer.ss_family)
		return conf_error(vty, "listen and peer must both be IPv4 or both be IPv6");
	if (value_address_is_any(&peer))
		return conf_error(vty, "peer %s: expected the address of the far end", argv[1]);
	if (value_address_equal(&local, &peer) &&
	    value_address_get_port(&local) == value_address_get_port(&peer))
		return conf_error(vty, "listen and peer are the same address");
	c->span.driver = TDM_DRIVER_CESOPSN;
	c->span.local = local;
	c->span.peer = peer;
	return CMD_SUCCESS;
}

DEFUN(c_driver_dahdi, c_driver_dahdi_cmd, "driver dahdi",
      "What carries the span\nA card, by DAHDI: the span with this controller's number there\n")
{
	struct conf_controller *c = vty->index;

	c->span.driver = TDM_DRIVER_DAHDI;
	c->span.unit = 0;
	return CMD_SUCCESS;
}

DEFUN(c_driver_dahdi_span, c_driver_dahdi_span_cmd, "driver dahdi span NUMBER",
      "What carries the span\nA card, by DAHDI\nSpan there\nIts number\n")
{
	static const struct value_range range = {"driver dahdi span", 1, TDM_SPAN_MAX};
	struct conf_controller *c = vty->index;

	if (value_number(vty, argv[0], &range, &c->span.unit) != CMD_SUCCESS)
		return CONF_REFUSED;
	c->span.driver = TDM_DRIVER_DAHDI;
	return CMD_SUCCESS;
}

DEFUN(c_packet, c_packet_cmd, "packet frames NUMBER",
      "Pseudowire packets\nFrames in a packet, 8 is 1 ms\nNumber\n")
{
	static const struct value_range range = {"packet frames", 1, 64};
	struct conf_controller *c = vty->index;

	return value_number(vty, argv[0], &range, &c->span.frames_per_packet);
}

DEFUN(c_jitter, c_jitter_cmd, "jitter-buffer packets NUMBER",
      "Reordering buffer\nPackets it holds\nNumber\n")
{
	static const struct value_range range = {"jitter-buffer packets", 1, 64};
	struct conf_controller *c = vty->index;

	return value_number(vty, argv[0], &range, &c->span.jitter_packets);
}

DEFUN(c_alarm, c_alarm_cmd, "alarm-time MILLISECONDS",
      "How long packets may be missing before that is an alarm\nMilliseconds\n")
{
	static const struct value_range range = {"alarm-time", 100, 60000};
	struct conf_controller *c = vty->index;

	return value_number(vty, argv[0], &range, &c->span.alarm_ms);
}

DEFUN(c_clock, c_clock_cmd, "clock source (line|internal)",
      "Clock\nWhere it comes from\nThe far end\nThis machine\n")
{
	struct conf_controller *c = vty->index;

	c->span.clock = strcmp(argv[0], "line") == 0 ? TDM_CLOCK_LINE : TDM_CLOCK_INTERNAL;
	return CMD_SUCCESS;
}

DEFUN(c_no_setting, c_no_setting_cmd, "no (packet|jitter-buffer|alarm-time|clock|driver|pri-group)",
      NO_STR "Frames in a packet\nReordering buffer\nAlarm time\nClock source\n"
	     "What carries the span\nISDN on this span\n")
{
	struct conf_controller *c = vty->index;
	struct tdm_span_config usual;

	tdm_span_config_init(&usual, c->span.number, c->span.framing);
	if (strcmp(argv[0], "packet") == 0)
		c->span.frames_per_packet = usual.frames_per_packet;
	else if (strcmp(argv[0], "jitter-buffer") == 0)
		c->span.jitter_packets = usual.jitter_packets;
	else if (strcmp(argv[0], "alarm-time") == 0)
		c->span.alarm_ms = usual.alarm_ms;
	else if (strcmp(argv[0], "clock") == 0)
		c->span.clock = usual.clock;
	else if (strcmp(argv[0], "driver") == 0)
		c->span.driver = 0;
	else if (c->span.framing != TDM_BRI) {
		c->timeslots = 0;
		c->span.d_timeslot = usual.d_timeslot;
		c->nfas.d = CONF_NFAS_OFF;
	}
	return CMD_SUCCESS;
}

#define PRI_GROUP_HELP                                                                             \
	"ISDN primary rate on this span\nTimeslots\n"                                              \
	"As in 1-31 or 1-10,16; timeslot 16 (E1) or 24 (T1) is the D channel\n"

static int set_pri_group(struct vty *vty, const char *list, const struct conf_nfas *nfas)
{
	struct conf_controller *c = vty->index;
	struct tdm_span_config usual;
	unsigned last = tdm_timeslots(c->span.framing);
	uint32_t timeslots;
	char why[128];

	if (c->span.framing == TDM_BRI)
		return conf_error(vty, "pri-group: a basic rate has two B channels, nothing needs "
				       "to be said of them");
	if (value_timeslots(list, last, &timeslots, why, sizeof(why)) < 0)
		return conf_error(vty, "pri-group timeslots %s: %s", list, why);
	tdm_span_config_init(&usual, c->span.number, c->span.framing);
	if (nfas->d != CONF_NFAS_NONE)
		timeslots &= ~(1u << usual.d_timeslot);
	if (!timeslots)
		return conf_error(vty,
				  "pri-group timeslots %s: no B channel is left beside the D "
				  "channel in timeslot %u",
				  list, usual.d_timeslot);
	c->span.d_timeslot = nfas->d == CONF_NFAS_NONE ? 0 : usual.d_timeslot;
	c->timeslots = timeslots;
	c->nfas = *nfas;
	return CMD_SUCCESS;
}

DEFUN(c_pri_group, c_pri_group_cmd, "pri-group timeslots LIST", PRI_GROUP_HELP)
{
	static const struct conf_nfas none = {CONF_NFAS_OFF, 0, 0};

	return set_pri_group(vty, argv[0], &none);
}

static const char *const nfas_d_names[] = {
    [CONF_NFAS_PRIMARY] = "primary",
    [CONF_NFAS_BACKUP] = "backup",
    [CONF_NFAS_NONE] = "none",
};

DEFUN(c_pri_group_nfas, c_pri_group_nfas_cmd,
      "pri-group timeslots LIST nfas_d (primary|backup|none) nfas_int NUMBER nfas_group NUMBER",
      PRI_GROUP_HELP "What its D timeslot is in a group of spans\nThe D channel of the group\n"
		     "Takes over when the primary one fails\nA B channel\n"
		     "Identifier of the interface\nNumber\nThe group\nNumber\n")
{
	static const struct value_range interfaces = {"nfas_int", 0, TRUNK_INTERFACES_MAX - 1};
	static const struct value_range groups = {"nfas_group", 0, 127};
	struct conf_nfas nfas = {CONF_NFAS_PRIMARY, 0, 0};

	while (strcmp(argv[1], nfas_d_names[nfas.d]) != 0)
		nfas.d++;
	if (value_number(vty, argv[2], &interfaces, &nfas.interface) != CMD_SUCCESS ||
	    value_number(vty, argv[3], &groups, &nfas.group) != CMD_SUCCESS)
		return CONF_REFUSED;
	return set_pri_group(vty, argv[0], &nfas);
}

static void controller_setup(void)
{
	static struct cmd_node node = {CONF_CONTROLLER_NODE, "%s(config-controller)# ", 1};

	install_element(CONF_ROOT_NODE, &controller_cmd);
	conf_node_install(&node);
	install_element(CONF_CONTROLLER_NODE, &c_description_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_no_description_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_shutdown_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_no_shutdown_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_driver_cesopsn_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_driver_dahdi_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_driver_dahdi_span_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_packet_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_jitter_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_alarm_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_clock_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_no_setting_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_pri_group_cmd);
	install_element(CONF_CONTROLLER_NODE, &c_pri_group_nfas_cmd);
}

/* Two sockets that cannot both be bound. */
static bool listen_conflict(const struct conf_controller *a, const struct conf_controller *b)
{
	const struct sockaddr_storage *la = &a->span.local, *lb = &b->span.local;

	if (a->span.driver != TDM_DRIVER_CESOPSN || b->span.driver != TDM_DRIVER_CESOPSN ||
	    la->ss_family != lb->ss_family ||
	    value_address_get_port(la) != value_address_get_port(lb))
		return false;
	return value_address_equal(la, lb) || value_address_is_any(la) || value_address_is_any(lb);
}

static unsigned dahdi_span(const struct conf_controller *c)
{
	if (c->span.driver != TDM_DRIVER_DAHDI)
		return 0;
	return c->span.unit ? c->span.unit : c->span.number;
}

static void pair_check(struct loader *loader, const struct conf_controller *c,
		       const struct conf_controller *other)
{
	char text[VALUE_ADDRESS_SIZE];

	if (listen_conflict(c, other))
		loader_error(loader, c->line,
			     "controller %u listens on %s as controller %u does: expected a port "
			     "of its own",
			     c->span.number, value_address_text(&c->span.local, text),
			     other->span.number);
	if (dahdi_span(c) && dahdi_span(c) == dahdi_span(other))
		loader_error(loader, c->line,
			     "controller %u uses DAHDI span %u as controller %u does: expected "
			     "driver dahdi span NUMBER with another one",
			     c->span.number, dahdi_span(c), other->span.number);
}

/* A card has no packets. */
static void packets_check(struct loader *loader, const struct conf_controller *c)
{
	struct tdm_span_config usual;

	tdm_span_config_init(&usual, c->span.number, c->span.framing);
	if (c->span.driver == TDM_DRIVER_DAHDI &&
	    (c->span.frames_per_packet != usual.frames_per_packet ||
	     c->span.jitter_packets != usual.jitter_packets || c->span.alarm_ms != usual.alarm_ms))
		loader_error(loader, c->line,
			     "controller %u: packet, jitter-buffer and alarm-time are for driver "
			     "cesopsn: leave them out",
			     c->span.number);
}

/* One primary, one backup at most, one kind of span, no interface twice. */
static void check_group(struct loader *loader, const struct conf *conf,
			const struct conf_controller *c)
{
	const struct conf_controller *other;
	bool has_primary = false;

	llist_for_each_entry (other, &conf->controllers, entry) {
		if (!other->nfas.d || other->nfas.group != c->nfas.group)
			continue;
		has_primary |= other->nfas.d == CONF_NFAS_PRIMARY;
		if (other->span.number >= c->span.number)
			continue;
		if (other->nfas.interface == c->nfas.interface)
			loader_error(loader, c->line,
				     "controller %u: nfas_int %u is that of controller %u already",
				     c->span.number, c->nfas.interface, other->span.number);
		if (other->nfas.d == c->nfas.d && c->nfas.d != CONF_NFAS_NONE)
			loader_error(loader, c->line,
				     "controller %u: nfas_d %s is controller %u already",
				     c->span.number, nfas_d_names[c->nfas.d], other->span.number);
		if (other->span.framing != c->span.framing)
			loader_error(loader, c->line,
				     "controller %u is no %s as the others of nfas_group %u",
				     c->span.number, framing_name(other), c->nfas.group);
	}
	if (!has_primary)
		loader_error(loader, c->line,
			     "controller %u: nfas_group %u has no primary: expected nfas_d primary "
			     "on one of its controllers",
			     c->span.number, c->nfas.group);
}

static void controller_check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_controller *c, *other;

	llist_for_each_entry (c, &conf->controllers, entry) {
		if (!c->span.driver && !loader_block_is_broken(loader, c->line))
			loader_error(loader, c->line,
				     "controller %u has no driver: expected below it driver dahdi, "
				     "or driver cesopsn listen ADDRESS:PORT peer ADDRESS:PORT",
				     c->span.number);
		packets_check(loader, c);
		if (c->nfas.d && !loader_is_incomplete(loader))
			check_group(loader, conf, c);
		llist_for_each_entry (other, &conf->controllers, entry) {
			if (other == c)
				break;
			pair_check(loader, c, other);
		}
	}
}

static void write_span(const struct conf_controller *c, struct conf_writer *writer)
{
	char local[VALUE_ADDRESS_SIZE], peer[VALUE_ADDRESS_SIZE];
	struct tdm_span_config usual;

	tdm_span_config_init(&usual, c->span.number, c->span.framing);
	if (c->span.driver == TDM_DRIVER_CESOPSN)
		conf_put(writer, " driver cesopsn listen %s peer %s",
			 value_address_text(&c->span.local, local),
			 value_address_text(&c->span.peer, peer));
	else if (c->span.driver == TDM_DRIVER_DAHDI && c->span.unit)
		conf_put(writer, " driver dahdi span %u", c->span.unit);
	else if (c->span.driver == TDM_DRIVER_DAHDI)
		conf_put(writer, " driver dahdi");
	if (c->span.frames_per_packet != usual.frames_per_packet)
		conf_put(writer, " packet frames %u", c->span.frames_per_packet);
	if (c->span.jitter_packets != usual.jitter_packets)
		conf_put(writer, " jitter-buffer packets %u", c->span.jitter_packets);
	if (c->span.alarm_ms != usual.alarm_ms)
		conf_put(writer, " alarm-time %u", c->span.alarm_ms);
	conf_put(writer, " clock source %s",
		 c->span.clock == TDM_CLOCK_INTERNAL ? "internal" : "line");
}

static void write_pri_group(const struct conf_controller *c, struct conf_writer *writer)
{
	uint32_t all = c->timeslots | (c->span.d_timeslot ? 1u << c->span.d_timeslot : 0);
	char timeslots[VALUE_TIMESLOTS_SIZE];

	if (!c->timeslots || c->span.framing == TDM_BRI)
		return;
	if (c->nfas.d)
		conf_put(writer, " pri-group timeslots %s nfas_d %s nfas_int %u nfas_group %u",
			 value_timeslots_text(all, timeslots), nfas_d_names[c->nfas.d],
			 c->nfas.interface, c->nfas.group);
	else
		conf_put(writer, " pri-group timeslots %s", value_timeslots_text(all, timeslots));
}

static void controller_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_controller *c;

	llist_for_each_entry (c, &conf->controllers, entry) {
		conf_put(writer, "controller %s %u", framing_name(c), c->span.number);
		if (c->description[0])
			conf_put(writer, " description %s", c->description);
		if (c->shutdown)
			conf_put(writer, " shutdown");
		write_span(c, writer);
		write_pri_group(c, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_controller_block = {
    .setup = controller_setup, .check = controller_check, .write = controller_write};
