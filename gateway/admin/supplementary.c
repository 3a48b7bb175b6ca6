// SPDX-License-Identifier: GPL-2.0-or-later
/* Supplementary services by command: transfer, deflection, malicious call, message waiting. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "drivers-glue/isdn/isdn_supplementary.h"
#include "gateway/admin/commands.h"
#include "gateway/call/call.h"
#include "gateway/isdn/leg_isdn.h"

#define CALL_STR "Calls\n"
#define CALL_NUMBER_STR "Number of the call\n"

static uint32_t id_of(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

/* What stands in the way, by the errors of leg.h and call.h. state: what the call should be in. */
static const char *obstacle(int rc, const char *state)
{
	switch (rc) {
	case -ENOENT:
		return "there is no such call";
	case -EPROTO:
		return "it has no leg on that side that can";
	case -ENOTSUP:
		return "the switch type has no such service on this side of the line";
	case -EACCES:
		return "isdn supp-service of the interface, or supplementary-service sip, does not "
		       "allow it";
	case -EXDEV:
		return "the calls are on different D channels, or at different SIP neighbours";
	case -EBUSY:
		return "a request is under way";
	case -EINVAL:
		return state;
	default:
		return strerror(-rc);
	}
}

static int answer(struct vty *vty, int rc, const char *what, const char *state)
{
	if (rc == 0)
		return CMD_SUCCESS;
	console_print(vty, "%% Cannot %s: %s.", what, obstacle(rc, state));
	return CMD_WARNING;
}

static int transfer(struct vty *vty, uint32_t first, uint32_t second)
{
	struct office *office = console_gateway()->office;
	int rc = office ? office_transfer_calls(office, first, second) : -ENOENT;

	return answer(vty, rc, "transfer",
		      "both calls must be active and carry the same bearer, and with RLT one of "
		      "them must have been made from here");
}

DEFUN(call_transfer, call_transfer_cmd, "call transfer <1-4294967295> <1-4294967295>",
      CALL_STR "Have the exchange or SIP neighbour of two calls join their parties\n"
	       "Number of a call\nNumber of the other call\n")
{
	return transfer(vty, id_of(argv[0]), id_of(argv[1]));
}

DEFUN(call_transfer_one, call_transfer_one_cmd, "call transfer <1-4294967295>",
      CALL_STR
      "Have the exchange or SIP neighbour of both parties of a call join them\n" CALL_NUMBER_STR)
{
	return transfer(vty, id_of(argv[0]), 0);
}

DEFUN(call_deflect, call_deflect_cmd, "call deflect <1-4294967295> NUMBER",
      CALL_STR "Send a call that was not answered to another number\n" CALL_NUMBER_STR
	       "The number; a leading + means E.164\n")
{
	struct office *office = console_gateway()->office;
	struct number to;

	if (number_from_e164(&to, argv[1]) < 0 || !to.digits[0]) {
		console_print(vty, "%% %s is not a number.", argv[1]);
		return CMD_WARNING;
	}
	return answer(vty, office ? office_deflect_call(office, id_of(argv[0]), &to) : -ENOENT,
		      "deflect", "the call must have come in and not be answered");
}

DEFUN(call_mcid, call_mcid_cmd, "call mcid <1-4294967295>",
      CALL_STR "Have the exchange register the caller as malicious\n" CALL_NUMBER_STR)
{
	struct office *office = console_gateway()->office;

	return answer(vty, office ? office_identify_call(office, id_of(argv[0])) : -ENOENT,
		      "identify", "the call must have come in and be answered");
}

static struct isdn_line *line_of_port(const char *port)
{
	const struct isdn_lines *lines = console_gateway()->lines;
	unsigned timeslot = 0, span = peer_port_span(port, &timeslot);

	return lines && timeslot == 0 && span < ARRAY_SIZE(lines->line) ? lines->line[span] : NULL;
}

DEFUN(mwi, mwi_cmd, "mwi NUMBER (on|off) port PORT",
      "Message waiting indication\nNumber of the telephone\nSwitch it on\nSwitch it off\n"
      "Where it is\nAs in 1:D\n")
{
	struct isdn_line *line = line_of_port(argv[2]);
	struct number mailbox;
	int rc;

	if (!line) {
		console_print(vty, "%% There is no ISDN line %s.", argv[2]);
		return CMD_WARNING;
	}
	if (number_from_e164(&mailbox, argv[0]) < 0 || !mailbox.digits[0]) {
		console_print(vty, "%% %s is not a number.", argv[0]);
		return CMD_WARNING;
	}
	rc = isdn_mwi(isdn_line_isdn(line), &mailbox, strcmp(argv[1], "on") == 0);
	if (rc == -ENETDOWN)
		console_print(vty, "%% The D channel of %s is down.", argv[2]);
	else
		return answer(vty, rc, "indicate", "it is not a number");
	return CMD_WARNING;
}

void supplementary_install(void)
{
	install_element(ENABLE_NODE, &call_transfer_cmd);
	install_element(ENABLE_NODE, &call_transfer_one_cmd);
	install_element(ENABLE_NODE, &call_deflect_cmd);
	install_element(ENABLE_NODE, &call_mcid_cmd);
	install_element(ENABLE_NODE, &mwi_cmd);
}
