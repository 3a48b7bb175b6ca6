// SPDX-License-Identifier: GPL-2.0-or-later
/* What changes from call to call of dial peers and of the targets of their groups, for
 * `sipspan explain`: peer_states.h has the form. */
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "conf/port_dial.h"
#include "dialplan/plan.h"
#include "gateway/admin/commands.h"
#include "gateway/admin/peer_states.h"
#include "gateway/call/call.h"
#include "gateway/survive/survive.h"

struct asked {
	struct vty *vty;
	struct plan_request request; /* only for its status and target */
};

static void print_target(const struct asked *asked, const char *target)
{
	struct plan_target_status status;
	char text[CLASS_TARGET_MAX + 160];

	if (!asked->request.target)
		return;
	status = asked->request.target(asked->request.target_arg, target);
	if (peer_states_write_target(target, &status, text, sizeof(text)))
		console_print(asked->vty, "%s", text);
}

/* Of a target that is in no group only that matters. */
static void print_failing(const struct asked *asked, const struct peer *peer)
{
	const struct plan_request *request = &asked->request;

	if (peer->kind == PEER_VOIP && peer->session_target[0] && request->target &&
	    request->target(request->target_arg, peer->session_target).failing)
		print_target(asked, peer->session_target);
}

static int print_port(void *arg, const struct plan_port *port)
{
	if (port->trunk_group[0])
		print_target(arg, port->port);
	return 0;
}

static void print_group(const struct asked *asked, const char *name)
{
	const struct plan_request *request = &asked->request;
	struct plan_group_calls calls = request->group_calls(request->group_calls_arg, name);
	char text[CLASS_NAME_MAX + 64];

	if (peer_states_write_group(name, &calls, text, sizeof(text)))
		console_print(asked->vty, "%s", text);
}

static void print_targets(struct asked *asked, const struct conf *conf)
{
	const struct conf_server_group *servers;
	const struct conf_trunk_group *trunks;

	llist_for_each_entry (trunks, &conf->trunk_groups, head.entry)
		print_group(asked, trunks->group.name);
	port_dial_each(conf, print_port, asked);
	llist_for_each_entry (servers, &conf->server_groups, head.entry)
		for (unsigned i = 0; i < servers->group.count; i++)
			print_target(asked, servers->group.servers[i].target);
}

static bool print_phone(void *arg, const struct plan_phone *phone)
{
	const struct asked *asked = arg;
	char text[160];

	peer_states_write_phone(phone, text, sizeof(text));
	console_print(asked->vty, "%s", text);
	return true;
}

static void print_phones(struct asked *asked, struct survive *survive)
{
	survive_each_phone(survive, print_phone, asked);
	if (survive_is_fallback(survive))
		console_print(asked->vty, "fallback");
}

DEFUN(show_peer_state, show_peer_state_cmd, "show dial-peer state",
      SHOW_STR "Dial peers\n"
	       "Those that are not plainly up and idle, and targets of their groups\n")
{
	const struct gateway *g = console_gateway();
	struct asked asked = {.vty = vty};
	const struct plan *plan;
	char text[96];

	console_print(vty, "configuration %s", g->conf_path ? g->conf_path : "none");
	if (!g->office)
		return CMD_SUCCESS;
	office_fill_state(g->office, &asked.request);
	plan = office_plan(g->office);
	for (size_t i = 0; i < plan_peer_count(plan); i++) {
		const struct peer *peer = plan_peer_at(plan, i);
		struct plan_peer_status status =
		    asked.request.status(asked.request.status_arg, peer);

		if (peer_states_write_peer(peer, &status, text, sizeof(text)))
			console_print(vty, "%s", text);
		print_failing(&asked, peer);
	}
	if (g->conf)
		print_targets(&asked, g->conf);
	if (g->survive)
		print_phones(&asked, g->survive);
	return CMD_SUCCESS;
}

void show_peer_state_install(void)
{
	install_element(ENABLE_NODE, &show_peer_state_cmd);
}
