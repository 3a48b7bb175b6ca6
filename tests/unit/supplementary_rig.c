// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/supplementary_rig.h"

int qsig_line(void **state)
{
	rig_line(ISDN_PRIMARY_QSIG, ALL_SERVICES);
	return 0;
}

int ready_line(void **state)
{
	rig_line(ISDN_PRIMARY_NET5, ALL_SERVICES);
	return 0;
}

int tbct_line(void **state)
{
	rig_line(ISDN_PRIMARY_NI, ALL_SERVICES);
	return 0;
}

int strict_line(void **state)
{
	rig_line(ISDN_PRIMARY_NET5, 0);
	return 0;
}

/* Two calls from one side that are up. */
void connect_two(struct side *from)
{
	struct isdn_setup setup = usual_setup();

	connect_call(from);
	setup.timeslot = 4;
	place(from, &setup);
	isdn_connect(from->peer->calls[1], NULL);
	wait_for(from, "connect(");
	run_ms(20);
	forget();
}

void expect_released(struct side *side, unsigned count)
{
	for (unsigned i = 0; i < 400 && side->released_count < count; i++)
		run_ms(5);
	assert_int_equal(side->released_count, count);
}

void finish(void)
{
	unsigned user_calls = user.released_count + isdn_call_count(user.isdn);
	unsigned network_calls = network.released_count + isdn_call_count(network.isdn);

	network.automatic = user.automatic = true;
	clear_all(&user);
	clear_all(&network);
	expect_released(&user, user_calls);
	expect_released(&network, network_calls);
	assert_int_equal(isdn_call_count(user.isdn), 0);
	assert_int_equal(isdn_call_count(network.isdn), 0);
}

void add_to(uint8_t message, const uint8_t *element, uint8_t length)
{
	wire.element.message = message;
	wire.element.length = length;
	memcpy(wire.element.octets, element, length);
	wire.fault = WIRE_ADD;
}

void say(struct isdn_call *call, const char *text)
{
	struct user_user user_user = {.protocol = USER_USER_IA5, .length = (uint8_t)strlen(text)};

	memcpy(user_user.octets, text, user_user.length);
	assert_int_equal(isdn_user_user(call, &user_user), 0);
}
