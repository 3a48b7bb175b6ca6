// SPDX-License-Identifier: GPL-2.0-or-later
/* The lamp of a telephone is lit through the line that its number is reached by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/timer.h>

#include "gateway/admin/console.h"
#include "gateway/message_lamp.h"
#include "tests/unit/legisdn_rig.h"

static int line_of_qsig(void **state)
{
	struct isdn_line_config config = usual_config();

	config.isdn.switch_type = ISDN_PRIMARY_QSIG;
	gateway_start(&config);
	return 0;
}

static void pass_time(void *data)
{
	*(bool *)data = true;
}

static bool is_true(const void *arg)
{
	return *(const bool *)arg;
}

/* Did a connection for it go out? */
static bool lights(const char *digits, bool on)
{
	const struct gateway gateway = {.office = office, .lines = &lines};
	struct osmo_timer_list timer = {0};
	struct number number;
	bool over = false;

	wire.setups = 0;
	assert_int_equal(number_set(&number, digits, TON_UNKNOWN, NPI_UNKNOWN), 0);
	message_lamp_light((void *)&gateway, &number, on);
	osmo_timer_setup(&timer, pass_time, &over);
	osmo_timer_schedule(&timer, 0, 50000);
	assert_true(run_until(is_true, &over));
	return wire.setups > 0;
}

static void the_line_of_the_number_is_told(void **state)
{
	assert_true(lights("9001", true));
	assert_true(lights("9001", false));
}

static void numbers_that_are_no_lines_are_left_alone(void **state)
{
	assert_false(lights("2001", true)); /* SIP's */
	assert_false(lights("8001", true)); /* of a span that has no line */
	assert_false(lights("7001", true)); /* nobody's */
}

static void a_line_that_cannot_is_left_alone(void **state)
{
	assert_false(lights("9001", true));
}

static int run(void)
{
	static const struct CMUnitTest tests[] = {
	    ON(line_of_qsig, the_line_of_the_number_is_told),
	    ON(line_of_qsig, numbers_that_are_no_lines_are_left_alone),
	    ON(usual_gateway, a_line_that_cannot_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
