// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	interface serial 1:D
 *	 isdn supp-service hold [send]
 *	 isdn supp-service tbct
 *	 isdn supp-service mcid
 *	 isdn supp-service aoc
 */
#include <string.h>

#include <osmocom/core/utils.h>

#include "conf/conf_blocks.h"
#include "drivers-glue/isdn/isdn_supplementary.h"

#define ISDN_STR "ISDN\n"
#define SUPP_STR "Supplementary services that are allowed\n"

static const struct {
	const char *name;
	enum isdn_supplementary flag;
	/* what the line must be able to do, one of them; the same twice if there is one */
	enum isdn_ability out, in;
} rows[] = {
    {"hold", ISDN_SUPPLEMENTARY_HOLD, ISDN_CAN_HOLD, ISDN_CAN_HOLD},
    {"tbct", ISDN_SUPPLEMENTARY_TRANSFER, ISDN_CAN_TRANSFER, ISDN_CAN_TAKE_TRANSFER},
    {"mcid", ISDN_SUPPLEMENTARY_MCID, ISDN_CAN_MCID, ISDN_CAN_TAKE_MCID},
    {"aoc", ISDN_SUPPLEMENTARY_CHARGE, ISDN_CAN_TAKE_CHARGE, ISDN_CAN_TAKE_CHARGE},
};

static unsigned flag_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].flag;
	}
	return 0;
}

DEFUN(i_supp, i_supp_cmd, "isdn supp-service (hold|tbct|mcid|aoc)",
      ISDN_STR SUPP_STR "The far end may hold; what the other side of a call holds is notified\n"
			"Calls may be transferred in the exchange (ECT, TBCT, RLT, path "
			"replacement)\n"
			"Malicious calls may be identified\n"
			"Advice of charge is asked for with each call\n")
{
	struct conf_isdn *i = vty->index;

	i->supplementary |= flag_of(argv[0]);
	i->supplementary_line = conf_line_of(vty);
	if (strcmp(argv[0], "hold") == 0)
		i->hold_messages = false;
	return CMD_SUCCESS;
}

DEFUN(i_supp_hold_send, i_supp_hold_send_cmd, "isdn supp-service hold send",
      ISDN_STR SUPP_STR "The far end may hold\n"
			"What the other side of a call holds is held in the exchange too\n")
{
	struct conf_isdn *i = vty->index;

	i->supplementary |= ISDN_SUPPLEMENTARY_HOLD;
	i->supplementary_line = conf_line_of(vty);
	i->hold_messages = true;
	return CMD_SUCCESS;
}

DEFUN(i_no_supp, i_no_supp_cmd, "no isdn supp-service (hold|tbct|mcid|aoc)",
      NO_STR ISDN_STR SUPP_STR "Hold and retrieve\nTransfer in the exchange\n"
			       "Malicious call identification\nAdvice of charge\n")
{
	struct conf_isdn *i = vty->index;

	i->supplementary &= ~flag_of(argv[0]);
	if (strcmp(argv[0], "hold") == 0)
		i->hold_messages = false;
	return CMD_SUCCESS;
}

void conf_supp_service_install(void)
{
	install_element(CONF_INTERFACE_NODE, &i_supp_cmd);
	install_element(CONF_INTERFACE_NODE, &i_supp_hold_send_cmd);
	install_element(CONF_INTERFACE_NODE, &i_no_supp_cmd);
}

void conf_supp_service_check(struct loader *loader, const struct conf_isdn *i)
{
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		if (!(i->supplementary & rows[r].flag) ||
		    isdn_supplementary_possible(i->switch_type, i->network, rows[r].out) ||
		    isdn_supplementary_possible(i->switch_type, i->network, rows[r].in))
			continue;
		loader_error(loader, i->supplementary_line,
			     "isdn supp-service %s: %s has no such service on the %s side",
			     rows[r].name, isdn_switch_type_name(i->switch_type),
			     i->network ? "network" : "user");
	}
}

void conf_supp_service_write(const struct conf_isdn *i, struct conf_writer *writer)
{
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		if (i->supplementary & rows[r].flag)
			conf_put(writer, " isdn supp-service %s%s", rows[r].name,
				 rows[r].flag == ISDN_SUPPLEMENTARY_HOLD && i->hold_messages
				     ? " send"
				     : "");
	}
}
