// SPDX-License-Identifier: GPL-2.0-or-later
/* Supplementary services of a far end that does not keep to the rules, and what they leave behind.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_facility.h"
#include "tests/unit/supplementary_rig.h"

static void reads_components(void **state)
{
	static const struct {
		const char *octets;
		size_t length, count;
		int type, invoke;
	} cases[] = {
	    {"\x08\x02\x00\x01\x62\x1c\x0a\x91\xa1\x07\x02\x01\x05\x02\x02\x00\xfd", 17, 1, 0xa1,
	     5},
	    {"\x08\x02\x00\x01\x62\x1c\x09\x91\xa3\x06\x02\x01\x07\x02\x01\x03", 16, 1, 0xa3, 7},
	    /* with network facility extension and interpretation before it */
	    {"\x08\x02\x00\x01\x62\x1c\x15\x9f\xaa\x06\x80\x01\x00\x82\x01\x00\x8b\x01\x02"
	     "\xa4\x06\x02\x01\x02\x81\x01\x00",
	     28, 1, 0xa4, 2},
	    /* DMS-100: service indicator in between */
	    {"\x08\x02\x00\x01\x62\x1c\x07\x11\xbe\xa2\x03\x02\x01\x01", 14, 1, 0xa2, 1},
	    /* no integer, too long an integer, null id of a reject */
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa4\x02\x05\x00", 12, 1, 0xa4, -1},
	    {"\x08\x02\x00\x01\x62\x1c\x08\x91\xa1\x05\x02\x03\x01\x02\x03", 15, 1, 0xa1, -1},
	    /* cut, indefinite length, element longer than the message, other profile */
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa1\x07\x02\x01", 12, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x05\x91\xa1\x80\x02\x01", 12, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x7f\x91\xa1\x03\x02\x01\x05", 13, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x06\x92\xa1\x03\x02\x01\x05", 13, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x00", 7, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x1c\x01\x11", 8, 0, 0, 0},
	    {"\x08\x0f\x00\x01\x62", 5, 0, 0, 0},
	    {"\x08", 1, 0, 0, 0},
	    /* in codeset 6 it is somebody's own */
	    {"\x08\x02\x00\x01\x62\x96\x1c\x06\x91\xa1\x03\x02\x01\x05", 14, 0, 0, 0},
	    {"\x08\x02\x00\x01\x62\x9e\x1c\x06\x91\xa1\x03\x02\x01\x05\x1c\x06\x91\xa1\x03\x02\x01"
	     "\x06",
	     22, 1, 0xa1, 6},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *octets = malloc(cases[i].length); /* reading on would be seen */
		struct isdn_component component = {0};

		memcpy(octets, cases[i].octets, cases[i].length);
		assert_int_equal(isdn_facility_read(octets, cases[i].length, &component, 1),
				 cases[i].count);
		if (cases[i].count > 0) {
			assert_int_equal(component.type, cases[i].type);
			assert_int_equal(component.invoke, cases[i].invoke);
		}
		free(octets);
	}
}

/* libpri does not answer an invoke that it does not know; the call is none the worse for it. */
static void unknown_operations_do_no_harm(void **state)
{
	static const uint8_t element[] = {0x1c, 0x09, 0x91, 0xa1, 0x06, 0x02,
					  0x01, 0x63, 0x02, 0x01, 0x7e};

	connect_call(&user);
	add_to(0x6e, element, sizeof(element));
	isdn_notify(network.calls[0], ISDN_NOTIFY_SUSPENDED);
	wait_for(&user, "notification(0)");
	run_ms(20);
	assert_string_equal(user.traced, "<NOTIFY|");
	wire.fault = WIRE_GOOD;
	finish();
}

/* A refusal of a request that is not ours leaves ours alone. */
static void answers_to_other_requests_are_not_taken(void **state)
{
	static const uint8_t element[] = {0x1c, 0x0a, 0x91, 0xa3, 0x07, 0x02,
					  0x02, 0x70, 0x01, 0x02, 0x01, 0x03};

	connect_two(&user);
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
	wait_for(&network, "transfer asked");
	add_to(0x6e, element, sizeof(element));
	isdn_notify(network.calls[0], ISDN_NOTIFY_SUSPENDED);
	wait_for(&user, "notification(0)");
	assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), -EBUSY);
	assert_heard(user, "notification(0) ");
	wire.fault = WIRE_GOOD;
	isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, false);
	wait_for(&user, "transfer refused transfer refused ");
	finish();
}

static void order_every_service(void)
{
	struct isdn_charge charge = {
	    .kind = ISDN_CHARGE_CURRENCY, .thousandths = 5, .currency = "X"};
	struct isdn_call *ours = user.calls[0], *theirs = network.calls[0];

	isdn_notify(ours, ISDN_NOTIFY_REMOTE_HOLD);
	isdn_mcid(ours);
	isdn_charge_send(theirs, &charge);
	charge.kind = ISDN_CHARGE_UNITS;
	isdn_charge_send(theirs, &charge);
	charge.kind = ISDN_CHARGE_RATE;
	isdn_charge_send(theirs, &charge);
	run_ms(2);
}

static void every_bit_of_a_service_message_may_be_wrong(void **state)
{
	connect_call(&network);
	wire.fault = WIRE_FLIP_SERVICE;
	wire.flip_count = 1;
	for (wire.flipped = 0; wire.flipped < wire.flip_count; wire.flipped++) {
		order_every_service();
		assert_string_equal(isdn_call_state_name(user.calls[0]), "ACTIVE");
		assert_string_equal(isdn_call_state_name(network.calls[0]), "ACTIVE");
		forget();
	}
	assert_in_range(wire.flip_count, 200, 2000);
	wire.fault = WIRE_GOOD;
	finish();
}

static void bits_of_a_transfer_may_be_wrong(void **state)
{
	unsigned step = 0;

	wire.flip_count = 1;
	do {
		wire.fault = WIRE_GOOD;
		connect_two(&user);
		wire.flipped = step;
		step += 3; /* all places of an octet in turn */
		wire.fault = WIRE_FLIP_SERVICE;
		assert_int_equal(isdn_transfer(user.calls[0], user.calls[1]), 0);
		run_ms(5);
		for (unsigned i = 0; i < 2; i++) {
			assert_string_equal(isdn_call_state_name(user.calls[i]), "ACTIVE");
			assert_string_equal(isdn_call_state_name(network.calls[i]), "ACTIVE");
		}
		wire.fault = WIRE_GOOD;
		finish();
		user.automatic = network.automatic = false;
		forget();
	} while (step < wire.flip_count);
	assert_in_range(step, 80, 1000);
}

/* Services that are asked for, refused, carried out and given up, over and over. */
static void exchange_services(unsigned rounds)
{
	struct isdn_charge charge = {.kind = ISDN_CHARGE_UNITS, .units = 1};

	connect_two(&user);
	for (unsigned i = 0; i < rounds; i++) {
		forget();
		isdn_hold(user.calls[0]);
		wait_for(&user, "hold done");
		isdn_retrieve(user.calls[0], 3);
		wait_for(&network, "retrieve asked");
		isdn_retrieve_answer(network.calls[0], 3, 0);
		wait_for(&user, "retrieve done");
		isdn_transfer(user.calls[0], user.calls[1]);
		wait_for(&network, "transfer asked");
		isdn_transfer_answer(network.calls[1], network.service.transfer.invoke, false);
		wait_for(&user, "transfer refused transfer refused ");
		isdn_charge_send(network.calls[1], &charge);
		wait_for(&user, "charge(");
		isdn_notify(user.calls[1], ISDN_NOTIFY_REMOTE_HOLD);
		wait_for(&network, "notification(");
		say(user.calls[0], "kept until a message takes it");
	}
	isdn_transfer(user.calls[0], user.calls[1]); /* never answered */
	finish();
	user.automatic = network.automatic = false;
	forget();
}

static void switch_lamps(unsigned rounds)
{
	struct number mailbox;

	number_set(&mailbox, "2001", TON_UNKNOWN, NPI_UNKNOWN);
	for (unsigned i = 0; i < rounds; i++) {
		assert_int_equal(isdn_mwi(user.isdn, &mailbox, i % 2), 0);
		run_ms(5);
		forget();
	}
	run_ms(50);
}

static void lamps_leave_nothing_behind(void **state)
{
	size_t before;

	switch_lamps(20);
	before = mallinfo2().uordblks;
	switch_lamps(100);
	assert_in_range(mallinfo2().uordblks, 0, before + 2048);
}

static void memory_is_flat_over_a_thousand_services(void **state)
{
	size_t before;

	exchange_services(20);
	before = mallinfo2().uordblks;
	exchange_services(170); /* six each */
	/* libpri's tables may grow once more; what is lost each time would be far above it */
	assert_in_range(mallinfo2().uordblks, 0, before + 2048);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_components),
	    ON(ready_line, unknown_operations_do_no_harm),
	    ON(ready_line, answers_to_other_requests_are_not_taken),
	    ON(ready_line, every_bit_of_a_service_message_may_be_wrong),
	    ON(ready_line, bits_of_a_transfer_may_be_wrong),
	    ON(ready_line, memory_is_flat_over_a_thousand_services),
	    ON(qsig_line, lamps_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
