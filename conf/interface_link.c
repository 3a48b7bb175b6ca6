// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/interface_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/value.h"

/* ---- timers */

static const unsigned timers[] = {ISDN_T301, ISDN_T302, ISDN_T303, ISDN_T304, ISDN_T305, ISDN_T306,
				  ISDN_T308, ISDN_T309, ISDN_T310, ISDN_T312, ISDN_T313, ISDN_T316};

static unsigned *timer_of(struct conf_isdn *i, const char *name)
{
	char expected[8];

	if (strcmp(name, "t200") == 0)
		return &i->link.t200_ms;
	if (strcmp(name, "t203") == 0)
		return &i->link.t203_ms;
	for (unsigned t = 0; t < ARRAY_SIZE(timers); t++) {
		snprintf(expected, sizeof(expected), "t%u", timers[t]);
		if (strcmp(name, expected) == 0)
			return &i->timers_ms[timers[t] - 300];
	}
	return NULL;
}

static int unknown_timer(struct vty *vty, const char *name)
{
	return conf_error(vty,
			  "isdn timer %s: expected t200, t203, t301 to t306, t308, t309, t310, "
			  "t312, t313 or t316",
			  name);
}

#define TIMER_HELP "ISDN\nTimers of Q.921 and Q.931\nAs in t301\n"

DEFUN(i_timer, i_timer_cmd, "isdn timer NAME MILLISECONDS", TIMER_HELP "Milliseconds\n")
{
	static const struct value_range range = {"isdn timer", 100, 3600000};
	struct conf_isdn *i = vty->index;
	unsigned *timer = timer_of(i, argv[0]);

	if (!timer)
		return unknown_timer(vty, argv[0]);
	return value_number(vty, argv[1], &range, timer);
}

DEFUN(i_no_timer, i_no_timer_cmd, "no isdn timer NAME", NO_STR TIMER_HELP)
{
	struct conf_isdn *i = vty->index;
	unsigned *timer = timer_of(i, argv[0]);

	if (!timer)
		return unknown_timer(vty, argv[0]);
	*timer = 0;
	return CMD_SUCCESS;
}

/* ---- layer 2 */

DEFUN(i_n200, i_n200_cmd, "isdn n200 COUNT", "ISDN\nRetransmissions of Q.921\nCount\n")
{
	static const struct value_range range = {"isdn n200", 1, 10};
	struct conf_isdn *i = vty->index;

	return value_number(vty, argv[0], &range, &i->link.n200);
}

DEFUN(i_k, i_k_cmd, "isdn k COUNT",
      "ISDN\nWindow of Q.921: frames that may wait for their acknowledgement\nCount\n")
{
	static const struct value_range range = {"isdn k", 1, 32};
	struct conf_isdn *i = vty->index;

	return value_number(vty, argv[0], &range, &i->link.k);
}

DEFUN(i_layer2, i_layer2_cmd, "isdn layer2 establish (always|demand)",
      "ISDN\nLayer 2\nWhen it is brought up\nAt once, and again whenever it goes down\n"
      "By a call\n")
{
	struct conf_isdn *i = vty->index;

	i->link.layer2 = strcmp(argv[0], "always") == 0 ? ISDN_LAYER2_ALWAYS : ISDN_LAYER2_DEMAND;
	return CMD_SUCCESS;
}

/* ---- RESTART and SERVICE */

DEFUN(i_restart, i_restart_cmd, "isdn restart interval SECONDS",
      "ISDN\nRESTART of B channels\nEach idle one once in so many seconds\nSeconds\n")
{
	static const struct value_range range = {"isdn restart interval", 60, 604800};
	struct conf_isdn *i = vty->index;

	return value_number(vty, argv[0], &range, &i->restart_interval_s);
}

DEFUN(i_service, i_service_cmd, "isdn service b_channel LIST state (0|1|2)",
      "ISDN\nService state of channels\nB channels\nAs in 1-3,17; 0 is all of them\n"
      "State from the start\nIn service\nMaintenance\nOut of service\n")
{
	struct conf_isdn *i = vty->index;
	uint32_t timeslots = UINT32_MAX;
	char why[128];

	if (strcmp(argv[0], "0") != 0 &&
	    value_timeslots(argv[0], 31, &timeslots, why, sizeof(why)) < 0)
		return conf_error(vty, "isdn service b_channel %s: %s", argv[0], why);
	for (unsigned timeslot = 1; timeslot < ARRAY_SIZE(i->service); timeslot++)
		if (timeslots & 1u << timeslot)
			i->service[timeslot] = (uint8_t)(argv[1][0] - '0');
	return CMD_SUCCESS;
}

/* ---- basic rate */

DEFUN(i_static_tei, i_static_tei_cmd, "isdn static-tei (0)",
      "ISDN\nPoint to point: one terminal, its TEI is fixed\nThe TEI of point to point\n")
{
	struct conf_isdn *i = vty->index;

	i->static_tei = true;
	return CMD_SUCCESS;
}

DEFUN(i_point_to_point, i_point_to_point_cmd, "isdn point-to-point-setup",
      "ISDN\nPoint to point: SETUP goes to one terminal and not to all of a bus\n")
{
	struct conf_isdn *i = vty->index;

	i->point_to_point_setup = true;
	return CMD_SUCCESS;
}

#define ANSWERS "(answer1|answer2|answer3|answer4|answer5|answer6|answer7|answer8)"
#define ANSWERS_HELP "1st number of this terminal on the bus\n2nd\n3rd\n4th\n5th\n6th\n7th\n8th\n"

static char *answer_of(struct conf_isdn *i, const char *name)
{
	return i->multipoint.answer[name[strlen("answer")] - '1'];
}

DEFUN(i_answer, i_answer_cmd, "isdn " ANSWERS " NUMBER",
      "ISDN\n" ANSWERS_HELP "Its last digits; x is any digit\n")
{
	struct conf_isdn *i = vty->index;
	size_t length = strlen(argv[1]);

	if (length > ISDN_ANSWER_DIGITS || strspn(argv[1], "0123456789x") != length)
		return conf_error(vty, "isdn %s %s: expected up to %u digits, x for any digit",
				  argv[0], argv[1], ISDN_ANSWER_DIGITS);
	strcpy(answer_of(i, argv[0]), argv[1]);
	return CMD_SUCCESS;
}

DEFUN(i_no_answer, i_no_answer_cmd, "no isdn " ANSWERS, NO_STR "ISDN\n" ANSWERS_HELP)
{
	struct conf_isdn *i = vty->index;

	answer_of(i, argv[0])[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- all of it */

DEFUN(i_no_link, i_no_link_cmd,
      "no isdn (n200|k|layer2|restart|service|static-tei|point-to-point-setup)",
      NO_STR "ISDN\nRetransmissions of Q.921\nWindow of Q.921\nWhen layer 2 is brought up\n"
	     "RESTART of B channels\nService state of channels\nPoint to point\n"
	     "Point to point\n")
{
	struct conf_isdn *i = vty->index;

	if (strcmp(argv[0], "n200") == 0)
		i->link.n200 = 0;
	else if (strcmp(argv[0], "k") == 0)
		i->link.k = 0;
	else if (strcmp(argv[0], "layer2") == 0)
		i->link.layer2 = ISDN_LAYER2_UNSAID;
	else if (strcmp(argv[0], "restart") == 0)
		i->restart_interval_s = 0;
	else if (strcmp(argv[0], "service") == 0)
		memset(i->service, ISDN_IN_SERVICE, sizeof(i->service));
	else if (strcmp(argv[0], "static-tei") == 0)
		i->static_tei = false;
	else
		i->point_to_point_setup = false;
	return CMD_SUCCESS;
}

void interface_link_setup(void)
{
	install_element(CONF_INTERFACE_NODE, &i_timer_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_timer_cmd);
	install_element(CONF_INTERFACE_NODE, &i_n200_cmd);
	install_element(CONF_INTERFACE_NODE, &i_k_cmd);
	install_element(CONF_INTERFACE_NODE, &i_layer2_cmd);
	install_element(CONF_INTERFACE_NODE, &i_restart_cmd);
	install_element(CONF_INTERFACE_NODE, &i_service_cmd);
	install_element(CONF_INTERFACE_NODE, &i_static_tei_cmd);
	install_element(CONF_INTERFACE_NODE, &i_point_to_point_cmd);
	install_element(CONF_INTERFACE_NODE, &i_answer_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_answer_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_link_cmd);
}

static bool is_multipoint(const struct conf_isdn *i)
{
	return i->basic && !i->static_tei && !i->point_to_point_setup;
}

static bool has_answers(const struct conf_isdn *i)
{
	for (unsigned n = 0; n < ISDN_ANSWER_MAX; n++)
		if (i->multipoint.answer[n][0])
			return true;
	return false;
}

void interface_link_check(struct loader *loader, const struct conf_isdn *i,
			  const struct conf_controller *c)
{
	bool bus = is_multipoint(i);

	if (c && i->basic != (c->span.framing == TDM_BRI))
		loader_error(loader, i->line,
			     "interface %s: controller %u is no %s: expected interface %s",
			     i->basic ? "bri" : "serial", c->span.number,
			     i->basic ? "basic rate" : "primary rate", i->basic ? "serial" : "bri");
	if (!i->basic && (i->static_tei || i->point_to_point_setup))
		loader_error(loader, i->line,
			     "isdn static-tei and point-to-point-setup are for interface bri: a "
			     "primary rate is always point to point");
	if (!bus && i->link.layer2 == ISDN_LAYER2_DEMAND)
		loader_error(loader, i->line,
			     "isdn layer2 establish demand is for a point to multipoint interface "
			     "bri: layer 2 of a point to point line is always kept up");
	if (has_answers(i) && (!bus || i->network))
		loader_error(loader, i->line,
			     "isdn answer1 is for the user side of a point to multipoint "
			     "interface bri");
}

static void write_service(const struct conf_isdn *i, struct conf_writer *writer)
{
	char list[VALUE_TIMESLOTS_SIZE];

	for (unsigned state = ISDN_MAINTENANCE; state <= ISDN_OUT_OF_SERVICE; state++) {
		uint32_t timeslots = 0;

		for (unsigned timeslot = 1; timeslot < ARRAY_SIZE(i->service); timeslot++)
			if (i->service[timeslot] == state)
				timeslots |= 1u << timeslot;
		if (timeslots)
			conf_put(writer, " isdn service b_channel %s state %u",
				 value_timeslots_text(timeslots, list), state);
	}
}

void interface_link_write(const struct conf_isdn *i, struct conf_writer *writer)
{
	if (i->static_tei)
		conf_put(writer, " isdn static-tei 0");
	if (i->point_to_point_setup)
		conf_put(writer, " isdn point-to-point-setup");
	for (unsigned n = 0; n < ISDN_ANSWER_MAX; n++)
		if (i->multipoint.answer[n][0])
			conf_put(writer, " isdn answer%u %s", n + 1, i->multipoint.answer[n]);
	if (i->link.layer2)
		conf_put(writer, " isdn layer2 establish %s",
			 i->link.layer2 == ISDN_LAYER2_ALWAYS ? "always" : "demand");
	if (i->link.n200)
		conf_put(writer, " isdn n200 %u", i->link.n200);
	if (i->link.k)
		conf_put(writer, " isdn k %u", i->link.k);
	if (i->link.t200_ms)
		conf_put(writer, " isdn timer t200 %u", i->link.t200_ms);
	if (i->link.t203_ms)
		conf_put(writer, " isdn timer t203 %u", i->link.t203_ms);
	for (unsigned t = 0; t < ARRAY_SIZE(timers); t++)
		if (i->timers_ms[timers[t] - 300])
			conf_put(writer, " isdn timer t%u %u", timers[t],
				 i->timers_ms[timers[t] - 300]);
	if (i->restart_interval_s)
		conf_put(writer, " isdn restart interval %u", i->restart_interval_s);
	write_service(i, writer);
}
