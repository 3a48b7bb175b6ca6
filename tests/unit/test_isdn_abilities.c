// SPDX-License-Identifier: GPL-2.0-or-later
/* Which switch type can what: the table itself, tried out, and the manual's copy of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "gateway/log/text.h"
#include "tests/unit/supplementary_rig.h"

static const enum isdn_switch_type types[] = {
    ISDN_PRIMARY_NET5, ISDN_PRIMARY_NI,	  ISDN_PRIMARY_DMS100,
    ISDN_PRIMARY_4ESS, ISDN_PRIMARY_5ESS, ISDN_PRIMARY_QSIG,
};

static bool side_can(const struct side *side, enum isdn_ability ability)
{
	return isdn_supplementary_possible(rig_config.switch_type, side == &network, ability);
}

/* What an order returned, and what the far end then heard, is what the table says. */
static void is_as_said(struct side *side, enum isdn_ability ability, int rc, const char *heard)
{
	if (!side_can(side, ability)) {
		assert_int_equal(rc, -ENOTSUP);
		return;
	}
	assert_int_equal(rc, 0);
	if (heard)
		wait_for(side->peer, heard);
}

static void try_in_a_call(struct side *side)
{
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 3};
	struct isdn_call *call = side->calls[0];
	struct number mailbox;
	struct user_user hello = {.protocol = USER_USER_IA5, .length = 2, .octets = "hi"};

	forget();
	is_as_said(side, ISDN_CAN_HOLD, isdn_hold(call), "held");
	wait_for(side, "hold done");
	isdn_retrieve(call, 5);
	wait_for(side->peer, "retrieve asked");
	isdn_retrieve_answer(side->peer->calls[0], 5, 0);
	wait_for(side, "retrieve done");
	is_as_said(side, ISDN_CAN_NOTIFY, isdn_notify(call, ISDN_NOTIFY_REMOTE_HOLD),
		   "notification(");
	assert_int_equal(isdn_notify(call, ISDN_NOTIFY_SUSPENDED), 0);
	wait_for(side->peer, "notification(0)");
	is_as_said(side, ISDN_CAN_CHARGE, isdn_charge_send(call, &charge), "charge(");
	assert_true(side_can(side, ISDN_CAN_CHARGE) == side_can(side->peer, ISDN_CAN_TAKE_CHARGE));
	number_set(&mailbox, "2001", TON_UNKNOWN, NPI_UNKNOWN);
	is_as_said(side, ISDN_CAN_MWI, isdn_mwi(side->isdn, &mailbox, true), NULL);
	assert_int_equal(isdn_user_user(call, &hello), 0);
}

static void try_transfer(struct side *side)
{
	int rc = isdn_transfer(side->calls[0], side->calls[1]);

	forget();
	if (rig_config.switch_type == ISDN_PRIMARY_DMS100 && side == &user)
		assert_int_equal(rc, -EINVAL); /* the switch has named neither call */
	else
		is_as_said(side, ISDN_CAN_TRANSFER, rc, NULL);
	if (rc == 0 && side_can(side->peer, ISDN_CAN_TAKE_TRANSFER)) {
		wait_for(side->peer, "transfer asked");
		isdn_transfer_answer(side->peer->calls[1], side->peer->service.transfer.invoke,
				     false);
		wait_for(side, "transfer refused transfer refused ");
	}
}

static void try_mcid(struct side *side)
{
	is_as_said(side, ISDN_CAN_MCID, isdn_mcid(side->calls[0]), "malicious call identified");
	assert_true(side_can(side, ISDN_CAN_MCID) == side_can(side->peer, ISDN_CAN_TAKE_MCID));
}

static void try_deflection(struct side *side)
{
	struct isdn_setup setup = usual_setup();
	struct number to;

	number_set(&to, "4711", TON_UNKNOWN, NPI_ISDN);
	place(side->peer, &setup);
	isdn_alerting(side->calls[0], 0);
	wait_for(side->peer, "alerting(");
	is_as_said(side, ISDN_CAN_DEFLECT, isdn_deflect(side->calls[0], &to), "deflection asked");
	assert_true(side_can(side, ISDN_CAN_DEFLECT) ==
		    side_can(side->peer, ISDN_CAN_TAKE_DEFLECT));
}

static void afresh(void)
{
	finish();
	user.automatic = network.automatic = false;
	forget();
}

static void table_of_services_is_true(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct side *const sides[] = {&user, &network};

		rig_line(types[t], ALL_SERVICES);
		for (unsigned i = 0; i < 2; i++) {
			connect_call(sides[i]->peer);
			try_in_a_call(sides[i]);
			try_mcid(sides[i]);
			afresh();
			connect_two(sides[i]);
			try_transfer(sides[i]);
			afresh();
			try_deflection(sides[i]);
			afresh();
		}
		no_line(NULL);
	}
}

static const char *const ability_names[] = {
    [ISDN_CAN_HOLD] = "hold, retrieve",
    [ISDN_CAN_TRANSFER] = "transfer: ask",
    [ISDN_CAN_TAKE_TRANSFER] = "transfer: carry out",
    [ISDN_CAN_DEFLECT] = "deflection: ask",
    [ISDN_CAN_TAKE_DEFLECT] = "deflection: carry out",
    [ISDN_CAN_MCID] = "malicious call: ask",
    [ISDN_CAN_TAKE_MCID] = "malicious call: note",
    [ISDN_CAN_CHARGE] = "charges: send",
    [ISDN_CAN_TAKE_CHARGE] = "charges: note",
    [ISDN_CAN_NOTIFY] = "every notification",
    [ISDN_CAN_USER_USER] = "user-user information",
    [ISDN_CAN_MWI] = "message waiting: send",
    [ISDN_CAN_COMPLETE] = "call completion",
};
_Static_assert(ARRAY_SIZE(ability_names) == ISDN_ABILITY_COUNT, "each ability has a name");

static void row_text(enum isdn_ability ability, char *text, size_t size)
{
	static const char *const sides[] = {"-", "net", "user", "both"};

	snprintf(text, size, "%-26s ", ability_names[ability]);
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		unsigned which = isdn_supplementary_possible(types[t], false, ability) << 1 |
				 isdn_supplementary_possible(types[t], true, ability);

		text_append(text, size, t + 1 < ARRAY_SIZE(types) ? "%-6s" : "%s\n", sides[which]);
	}
}

static void manual_has_the_table(void **state)
{
	static char manual[131072];
	FILE *file = fopen(SOURCE_FOLDER "/conf/sipspan.conf.5", "r");
	char row[128];

	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	for (int a = 0; a < ISDN_ABILITY_COUNT; a++) {
		row_text(a, row, sizeof(row));
		print_message("%s", row);
		if (!strstr(manual, row))
			fail_msg("the manual does not say: %s", row);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_of_services_is_true),
	    cmocka_unit_test(manual_has_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
