// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	sip-ua                               dial-peer voice 200 voip
 *	 cause-map rfc3398                    cause-map file itsp.map
 *	 set pstn-cause 18 sip-status 480     set sip-status 480 pstn-cause 19
 *	 busy-everywhere
 *
 * A file of `cause-map file` has lines of the same `set` commands.
 */
#include "conf/cause_map.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/dial_peer.h"
#include "conf/sip_options.h"
#include "conf/text_file.h"
#include "conf/value.h"

static unsigned *number_of(struct vty *vty)
{
	struct conf_trunk_group *g = vty->index;

	switch (vty->node) {
	case CONF_SIP_UA_NODE:
		return &conf_of(vty)->cause_table;
	case CONF_TRUNK_GROUP_NODE:
		return &g->group.cause_table;
	default:
		return &dial_peer_of(vty)->cause_table;
	}
}

static struct cause_table table_of(struct vty *vty)
{
	return *cause_tables_at(conf_of(vty)->causes, *number_of(vty));
}

static int take(struct vty *vty, const struct cause_table *table)
{
	int number = cause_tables_find(conf_of(vty)->causes, table);

	OSMO_ASSERT(number >= 0);
	*number_of(vty) = (unsigned)number;
	return CMD_SUCCESS;
}

/* ---- set */

#define PSTN_STR "Cause of Q.850\n1 to 127\n"
#define ANSWER_STR "Status of SIP\n400 to 699\n"
#define MAPPING_STR "What causes and statuses become\n"

static const struct value_range q850_range = {"pstn-cause", 1, CAUSE_Q850_MAX};
static const struct value_range answer_range = {"sip-status", CAUSE_ANSWER_FIRST, CAUSE_SIP_LAST};
static const struct value_range status_range = {"sip-status", CAUSE_SIP_FIRST, CAUSE_SIP_LAST};

DEFUN(set_cause, set_cause_cmd, "set pstn-cause NUMBER sip-status NUMBER",
      MAPPING_STR PSTN_STR ANSWER_STR)
{
	struct cause_table table = table_of(vty);
	unsigned cause, status;

	if (value_number(vty, argv[0], &q850_range, &cause) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &answer_range, &status) != CMD_SUCCESS)
		return CONF_REFUSED;
	table.sip[cause] = status;
	return take(vty, &table);
}

DEFUN(set_status, set_status_cmd, "set sip-status NUMBER pstn-cause NUMBER",
      MAPPING_STR "Status of SIP\n300 to 699\n" PSTN_STR)
{
	struct cause_table table = table_of(vty);
	unsigned cause, status;

	if (value_number(vty, argv[0], &status_range, &status) != CMD_SUCCESS ||
	    value_number(vty, argv[1], &q850_range, &cause) != CMD_SUCCESS)
		return CONF_REFUSED;
	table.q850[status - CAUSE_SIP_FIRST] = cause;
	return take(vty, &table);
}

DEFUN(no_set_cause, no_set_cause_cmd, "no set pstn-cause NUMBER", NO_STR MAPPING_STR PSTN_STR)
{
	struct cause_table table = table_of(vty);
	unsigned cause;

	if (value_number(vty, argv[0], &q850_range, &cause) != CMD_SUCCESS)
		return CONF_REFUSED;
	table.sip[cause] = 0;
	return take(vty, &table);
}

ALIAS(no_set_cause, no_set_cause_whole_cmd, "no set pstn-cause NUMBER sip-status NUMBER",
      NO_STR MAPPING_STR PSTN_STR ANSWER_STR)

DEFUN(no_set_status, no_set_status_cmd, "no set sip-status NUMBER",
      NO_STR MAPPING_STR "Status of SIP\n300 to 699\n")
{
	struct cause_table table = table_of(vty);
	unsigned status;

	if (value_number(vty, argv[0], &status_range, &status) != CMD_SUCCESS)
		return CONF_REFUSED;
	table.q850[status - CAUSE_SIP_FIRST] = 0;
	return take(vty, &table);
}

ALIAS(no_set_status, no_set_status_whole_cmd, "no set sip-status NUMBER pstn-cause NUMBER",
      NO_STR MAPPING_STR "Status of SIP\n300 to 699\n" PSTN_STR)

DEFUN(no_set_all, no_set_all_cmd, "no set (pstn-cause|sip-status)",
      NO_STR MAPPING_STR "All causes of Q.850\nAll statuses of SIP\n")
{
	struct cause_table table = table_of(vty);

	if (strcmp(argv[0], "pstn-cause") == 0)
		memset(table.sip, 0, sizeof(table.sip));
	else
		memset(table.q850, 0, sizeof(table.q850));
	return take(vty, &table);
}

/* ---- cause-map */

#define MAP_STR "Q.850 causes and SIP status codes\n"

DEFUN(cause_map, cause_map_cmd, "cause-map (default|rfc3398|cisco|audiocodes)",
      MAP_STR "Of this gateway\nAs RFC 3398 has them\nAs IOS has them\nAs AudioCodes has them\n")
{
	struct cause_table table = table_of(vty);

	for (unsigned map = CAUSE_MAP_DEFAULT; map < CAUSE_MAP_COUNT; map++)
		if (strcmp(argv[0], cause_map_name(map)) == 0)
			table.map = map;
	/* what holds behind everything needs not be said there */
	if (vty->node == CONF_SIP_UA_NODE && table.map == CAUSE_MAP_DEFAULT)
		table.map = CAUSE_MAP_UNSET;
	return take(vty, &table);
}

/* One line, which ends at its comment. False: it is neither empty nor a command. */
static bool read_line(const char *line, struct cause_table *table, char *why, size_t why_size)
{
	unsigned cause, status, length = 0;
	char more[2];

	if (sscanf(line, " %1s", more) != 1 || more[0] == '!' || more[0] == '#')
		return true;
	if (sscanf(line, " set pstn-cause %u sip-status %u %n", &cause, &status, &length) == 2 &&
	    !line[length] && cause >= 1 && cause <= CAUSE_Q850_MAX &&
	    status >= CAUSE_ANSWER_FIRST && status <= CAUSE_SIP_LAST) {
		table->sip[cause] = status;
		return true;
	}
	if (sscanf(line, " set sip-status %u pstn-cause %u %n", &status, &cause, &length) == 2 &&
	    !line[length] && cause >= 1 && cause <= CAUSE_Q850_MAX && status >= CAUSE_SIP_FIRST &&
	    status <= CAUSE_SIP_LAST) {
		table->q850[status - CAUSE_SIP_FIRST] = cause;
		return true;
	}
	snprintf(why, why_size,
		 "%.60s: expected set pstn-cause 1-127 sip-status 400-699 or set sip-status "
		 "300-699 pstn-cause 1-127",
		 line);
	return false;
}

static int read_rows(const char *path, struct cause_table *table, char *why, size_t why_size)
{
	char *text, *rest, *line, what[256];
	unsigned number = 0;
	size_t size;
	int rc = text_file_read(NULL, path, &text, &size);

	if (rc < 0) {
		snprintf(why, why_size, "%s cannot be read: %s", path, text_file_error(rc));
		return rc;
	}
	rest = talloc_strndup(text, text, size);
	OSMO_ASSERT(rest);
	while (rc == 0 && (line = strsep(&rest, "\n"))) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (read_line(line, table, what, sizeof(what)))
			continue;
		snprintf(why, why_size, "%s:%u: %s", path, number, what);
		rc = -EINVAL;
	}
	talloc_free(text);
	return rc;
}

DEFUN(cause_map_file, cause_map_file_cmd, "cause-map file NAME",
      MAP_STR "Lines of set pstn-cause and set sip-status, from a file\nIts name\n")
{
	struct cause_table table = table_of(vty), rows = {0};
	char path[1024], why[1400];
	int number;

	if (value_word(vty, "cause-map file", argv[0], rows.name, sizeof(rows.name)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (text_file_beside(loader_path(vty->priv), rows.name, path, sizeof(path)) < 0)
		return conf_error(vty, "cause-map file %s: with its folder it is too long",
				  rows.name);
	if (read_rows(path, &rows, why, sizeof(why)) < 0)
		return conf_error(vty, "cause-map file: %s", why);
	number = cause_tables_find(conf_of(vty)->causes, &rows);
	OSMO_ASSERT(number >= 0);
	table.file = (unsigned)number;
	return take(vty, &table);
}

DEFUN(no_cause_map, no_cause_map_cmd, "no cause-map", NO_STR MAP_STR)
{
	struct cause_table table = table_of(vty);

	table.map = CAUSE_MAP_UNSET;
	table.file = 0;
	return take(vty, &table);
}

DEFUN(everywhere, everywhere_cmd, "busy-everywhere",
      "A user who is busy says so for all his telephones (600)\n")
{
	struct cause_table table = table_of(vty);

	table.busy_everywhere = true;
	return take(vty, &table);
}

DEFUN(no_everywhere, no_everywhere_cmd, "no busy-everywhere",
      NO_STR "A user who is busy says so for all his telephones (600)\n")
{
	struct cause_table table = table_of(vty);

	table.busy_everywhere = false;
	return take(vty, &table);
}

void cause_map_install(int node)
{
	static struct cmd_element *const commands[] = {
	    &set_cause_cmd,	      &set_status_cmd,	  &no_set_cause_cmd,
	    &no_set_cause_whole_cmd,  &no_set_status_cmd, &no_set_all_cmd,
	    &no_set_status_whole_cmd, &cause_map_cmd,	  &cause_map_file_cmd,
	    &no_cause_map_cmd,	      &everywhere_cmd,	  &no_everywhere_cmd};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(node, commands[i]);
}

void cause_map_write(const struct conf *conf, unsigned number, struct conf_writer *writer)
{
	const struct cause_table *table = cause_tables_at(conf->causes, number);

	if (table->map)
		conf_put(writer, " cause-map %s", cause_map_name(table->map));
	if (table->file)
		conf_put(writer, " cause-map file %s",
			 cause_tables_at(conf->causes, table->file)->name);
	if (table->busy_everywhere)
		conf_put(writer, " busy-everywhere");
	for (unsigned cause = 1; cause <= CAUSE_Q850_MAX; cause++)
		if (table->sip[cause])
			conf_put(writer, " set pstn-cause %u sip-status %u", cause,
				 table->sip[cause]);
	for (unsigned status = CAUSE_SIP_FIRST; status <= CAUSE_SIP_LAST; status++)
		if (table->q850[status - CAUSE_SIP_FIRST])
			conf_put(writer, " set sip-status %u pstn-cause %u", status,
				 table->q850[status - CAUSE_SIP_FIRST]);
}

/* ---- reason-header: one of the SIP settings */

#define REASON_STR "Causes that come in Reason headers (RFC 3326)\n"
#define REASON_VALUES_STR "Win over set sip-status too\nAre passed over\n"

DEFUN(reason_header, reason_header_cmd, "reason-header (override|ignore)",
      REASON_STR REASON_VALUES_STR)
{
	sip_options_of(vty)->reason =
	    strcmp(argv[0], "override") == 0 ? SIP_REASON_OVERRIDE : SIP_REASON_IGNORE;
	return CMD_SUCCESS;
}

ALIAS(reason_header, p_reason_header_cmd, SIP_OPTION_PEER "reason-header (override|ignore)",
      SIP_OPTION_PEER_STR REASON_STR REASON_VALUES_STR)

DEFUN(no_reason_header, no_reason_header_cmd, "no reason-header", NO_STR REASON_STR)
{
	sip_options_of(vty)->reason = SIP_REASON_UNSET;
	return CMD_SUCCESS;
}

ALIAS(no_reason_header, p_no_reason_header_cmd, "no " SIP_OPTION_PEER "reason-header",
      NO_STR SIP_OPTION_PEER_STR REASON_STR)

void sip_reason_install(void)
{
	static struct cmd_element *const tenant[] = {&reason_header_cmd, &no_reason_header_cmd};
	static struct cmd_element *const peer[] = {&p_reason_header_cmd, &p_no_reason_header_cmd};

	sip_options_install_tenant(tenant, ARRAY_SIZE(tenant));
	for (size_t i = 0; i < ARRAY_SIZE(tenant); i++)
		install_element(CONF_SIP_UA_NODE, tenant[i]);
	sip_options_install_peer(peer, ARRAY_SIZE(peer));
}

void sip_reason_write(const struct sip_options *options, const char *indent,
		      struct conf_writer *writer)
{
	if (options->reason)
		conf_put(writer, "%sreason-header %s", indent,
			 options->reason == SIP_REASON_OVERRIDE ? "override" : "ignore");
}
