// SPDX-License-Identifier: GPL-2.0-or-later
/* Every switch type, both ways: which elements of a call arrive. The table expected below is the
 * one that stands in sipspan.conf(5), ISDN LIMITS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/isdn_rig.h"

#define COLUMNS 12 /* six types, from the user and from the network */

enum element {
	CALLED_NUMBER,
	CALLED_SUBADDRESS,
	COMPLETE,
	CALLING_NUMBER,
	CALLING_PRESENTATION,
	CALLING_NAME,
	CALLING_SUBADDRESS,
	REDIRECTING_NUMBER,
	REDIRECTING_REASON,
	REDIRECTING_NAME,
	DIVERSION_COUNT,
	ORIGINAL_CALLED,
	USER_USER,
	KEYPAD,
	BEARER_SPEECH,
	BEARER_AUDIO,
	BEARER_DATA,
	PI_SETUP,
	PI_SETUP_ACKNOWLEDGE,
	OVERLAP_DIGITS,
	PI_PROCEEDING,
	PI_PROGRESS,
	CAUSE_PROGRESS,
	PI_ALERTING,
	DIVERTED_TO,
	PI_CONNECT,
	CONNECTED_NUMBER,
	CONNECTED_NAME,
	CONNECTED_SUBADDRESS,
	LATER_NUMBER,
	LATER_NAME,
	LATER_DISPLAY,
	CAUSE_LOCATION,
	ELEMENTS,
};

static const char *const names[ELEMENTS] = {
    [CALLED_NUMBER] = "called number, type, plan",
    [CALLED_SUBADDRESS] = "called subaddress",
    [COMPLETE] = "sending complete",
    [CALLING_NUMBER] = "calling number, type, plan",
    [CALLING_PRESENTATION] = "presentation, screening",
    [CALLING_NAME] = "calling name",
    [CALLING_SUBADDRESS] = "calling subaddress",
    [REDIRECTING_NUMBER] = "redirecting number",
    [REDIRECTING_REASON] = "redirecting reason",
    [REDIRECTING_NAME] = "redirecting name",
    [DIVERSION_COUNT] = "count of diversions",
    [ORIGINAL_CALLED] = "original called number",
    [USER_USER] = "user-user information",
    [KEYPAD] = "keypad facility",
    [BEARER_SPEECH] = "bearer speech",
    [BEARER_AUDIO] = "bearer 3.1 kHz audio",
    [BEARER_DATA] = "bearer 64 kbit/s data",
    [PI_SETUP] = "PI 3 in SETUP",
    [PI_SETUP_ACKNOWLEDGE] = "PI 8 in SETUP ACKNOWLEDGE",
    [OVERLAP_DIGITS] = "digits in INFORMATION",
    [PI_PROCEEDING] = "PI 8 in PROCEEDING",
    [PI_PROGRESS] = "PI 8 in PROGRESS",
    [CAUSE_PROGRESS] = "cause in PROGRESS",
    [PI_ALERTING] = "PI 8 in ALERTING",
    [DIVERTED_TO] = "diverted to, before answer",
    [PI_CONNECT] = "PI 2 in CONNECT",
    [CONNECTED_NUMBER] = "connected number",
    [CONNECTED_NAME] = "connected name",
    [CONNECTED_SUBADDRESS] = "connected subaddress",
    [LATER_NUMBER] = "connected number, changed",
    [LATER_NAME] = "connected name, changed",
    [LATER_DISPLAY] = "display text in a call",
    [CAUSE_LOCATION] = "cause and location",
};

static void party_set(struct party *party, const char *digits, const char *name)
{
	memset(party, 0, sizeof(*party));
	number_set(&party->number, digits, TON_NATIONAL, NPI_ISDN);
	snprintf(party->name, sizeof(party->name), "%s", name);
}

static void subaddress_set(struct subaddress *subaddress, uint8_t type, const char *octets)
{
	subaddress->type = type;
	subaddress->length = (uint8_t)strlen(octets);
	memcpy(subaddress->octets, octets, subaddress->length);
}

static bool subaddress_is(const struct subaddress *subaddress, uint8_t type, const char *octets)
{
	return subaddress->type == type && subaddress->length == strlen(octets) &&
	       memcmp(subaddress->octets, octets, subaddress->length) == 0;
}

static bool number_is(const struct number *number, const char *digits)
{
	return strcmp(number->digits, digits) == 0 && number->ton == TON_NATIONAL &&
	       number->npi == NPI_ISDN;
}

static struct isdn_setup full_setup(void)
{
	struct isdn_setup setup = {
	    .timeslot = 3,
	    .bearer = ISDN_BEARER_3K1_AUDIO,
	    .sending_complete = true,
	    .progress = ISDN_PROGRESS_ORIGIN_NOT_ISDN,
	    .redirection = {.count = 3,
			    .reason = REDIRECTION_NO_REPLY,
			    .original_reason = REDIRECTION_BUSY},
	    .user_user = {.protocol = USER_USER_IA5, .length = 5, .octets = "hello"},
	    .keypad = "*21#",
	};

	number_set(&setup.called, "0001", TON_NATIONAL, NPI_ISDN);
	subaddress_set(&setup.called_subaddress, SUBADDRESS_NSAP, "P42");
	party_set(&setup.calling, "2079460000", "Zo\xc3\xab");
	setup.calling.screening = SCREENING_VERIFIED_PASSED;
	subaddress_set(&setup.calling.subaddress, SUBADDRESS_USER, "\x12\x34");
	party_set(&setup.redirection.from, "2079460022", "Bob");
	party_set(&setup.redirection.original, "2079460033", "Carol");
	return setup;
}

static void check_setup(const struct side *to, bool arrived[ELEMENTS])
{
	const struct isdn_setup *s = &to->setup;

	arrived[CALLED_NUMBER] = number_is(&s->called, "0001");
	arrived[CALLED_SUBADDRESS] = subaddress_is(&s->called_subaddress, SUBADDRESS_NSAP, "P42");
	arrived[COMPLETE] = s->sending_complete;
	arrived[CALLING_NUMBER] = number_is(&s->calling.number, "2079460000");
	arrived[CALLING_PRESENTATION] = s->calling.presentation == PRESENTATION_ALLOWED &&
					s->calling.screening == SCREENING_VERIFIED_PASSED;
	arrived[CALLING_NAME] = strcmp(s->calling.name, "Zo\xc3\xab") == 0;
	arrived[CALLING_SUBADDRESS] =
	    subaddress_is(&s->calling.subaddress, SUBADDRESS_USER, "\x12\x34");
	arrived[REDIRECTING_NUMBER] = number_is(&s->redirection.from.number, "2079460022");
	arrived[REDIRECTING_REASON] = s->redirection.reason == REDIRECTION_NO_REPLY;
	arrived[REDIRECTING_NAME] = strcmp(s->redirection.from.name, "Bob") == 0;
	arrived[DIVERSION_COUNT] = s->redirection.count == 3;
	arrived[ORIGINAL_CALLED] = number_is(&s->redirection.original.number, "2079460033") &&
				   s->redirection.original_reason == REDIRECTION_BUSY;
	arrived[USER_USER] = s->user_user.protocol == USER_USER_IA5 && s->user_user.length == 5 &&
			     memcmp(s->user_user.octets, "hello", 5) == 0;
	arrived[KEYPAD] = strcmp(s->keypad, "*21#") == 0;
	arrived[BEARER_AUDIO] = s->bearer == ISDN_BEARER_3K1_AUDIO;
	arrived[PI_SETUP] = to->indicators[RIG_SETUP] == 1u << ISDN_PROGRESS_ORIGIN_NOT_ISDN &&
			    s->progress == ISDN_PROGRESS_ORIGIN_NOT_ISDN;
}

/* from calls, its peer answers and clears. */
static void full_call(struct side *from, bool arrived[ELEMENTS])
{
	struct side *to = from->peer;
	struct isdn_setup setup = full_setup();
	struct isdn_cause busy = {17, 0};
	struct party who;
	struct isdn_call *in;
	struct redirection diverted = {.count = 1, .reason = REDIRECTION_UNCONDITIONAL};
	const unsigned inband = 1u << ISDN_PROGRESS_INBAND;

	place(from, &setup);
	check_setup(to, arrived);
	in = to->calls[0];
	isdn_proceeding(in, 3, ISDN_PROGRESS_INBAND);
	isdn_progress(in, ISDN_PROGRESS_INBAND, &busy);
	isdn_alerting(in, ISDN_PROGRESS_INBAND);
	wait_for(from, "alerting(");
	arrived[PI_PROCEEDING] = from->indicators[RIG_PROCEEDING] == inband;
	arrived[PI_PROGRESS] = from->indicators[RIG_PROGRESS] == inband;
	arrived[CAUSE_PROGRESS] = strstr(from->heard, "progress(8,17)") != NULL;
	arrived[PI_ALERTING] = from->indicators[RIG_ALERTING] == inband;
	party_set(&diverted.to, "2079460066", "");
	isdn_diverted(in, &diverted);
	party_set(&who, "2079460044", "D\xc3\xb6rte");
	subaddress_set(&who.subaddress, SUBADDRESS_NSAP, "P43");
	isdn_connect_not_isdn(in, &who);
	wait_for(from, "connect(");
	arrived[DIVERTED_TO] = number_is(&from->redirected.to.number, "2079460066");
	arrived[PI_CONNECT] = from->indicators[RIG_CONNECT] == 1u << 2;
	arrived[CONNECTED_NUMBER] = number_is(&from->connected.number, "2079460044");
	arrived[CONNECTED_NAME] = strcmp(from->connected.name, "D\xc3\xb6rte") == 0;
	arrived[CONNECTED_SUBADDRESS] =
	    subaddress_is(&from->connected.subaddress, SUBADDRESS_NSAP, "P43");
	run_ms(5); /* CONNECT ACKNOWLEDGE */
	party_set(&who, "2079460055", "Eve");
	isdn_connected_update(in, &who);
	isdn_display(in, "Tariff 2");
	isdn_release(in, 17); /* behind both of them */
	wait_for(from, "disconnect(");
	arrived[LATER_NUMBER] = number_is(&from->updated.number, "2079460055");
	arrived[LATER_NAME] = strcmp(from->updated.name, "Eve") == 0;
	arrived[LATER_DISPLAY] = strcmp(from->displayed, "Tariff 2") == 0;
	arrived[CAUSE_LOCATION] = strstr(from->heard, "disconnect(17@1)") != NULL;
	clear_all(from);
	wait_for(to, "released(");
	wait_for(from, "released(");
	forget();
}

static void overlap_call(struct side *from, bool arrived[ELEMENTS])
{
	struct side *to = from->peer;
	struct isdn_setup setup = full_setup();

	setup.sending_complete = false;
	setup.bearer = ISDN_BEARER_SPEECH;
	setup.keypad[0] = '\0';
	number_set(&setup.called, "", TON_UNKNOWN, NPI_ISDN);
	place(from, &setup);
	arrived[BEARER_SPEECH] = to->setup.bearer == ISDN_BEARER_SPEECH;
	if (to->setup.sending_complete || to->setup.called.digits[0] != '\0')
		fail_msg("an overlap call came as complete");
	isdn_need_digits(to->calls[0], 3, true);
	wait_for(from, "setup_ack(");
	arrived[PI_SETUP_ACKNOWLEDGE] =
	    from->indicators[RIG_SETUP_ACKNOWLEDGE] == 1u << ISDN_PROGRESS_INBAND;
	assert_int_equal(isdn_send_digits(from->calls[0], "12"), 0);
	assert_int_equal(isdn_send_digits(from->calls[0], "3"), 0);
	wait_for(to, "more(3)");
	arrived[OVERLAP_DIGITS] = strstr(to->heard, "more(1) more(2) more(3)") != NULL;
	isdn_proceeding(to->calls[0], 3, 0);
	wait_for(from, "proceeding(3");
	clear_all(from);
	wait_for(to, "disconnect(");
	clear_all(to);
	wait_for(from, "released(");
	wait_for(to, "released(");
	forget();
}

static void data_call(struct side *from, bool arrived[ELEMENTS])
{
	struct isdn_setup setup = usual_setup();

	setup.bearer = ISDN_BEARER_UNRESTRICTED_DIGITAL;
	place(from, &setup);
	arrived[BEARER_DATA] = from->peer->setup.bearer == ISDN_BEARER_UNRESTRICTED_DIGITAL;
	isdn_release(from->peer->calls[0], 34);
	wait_for(from, "released(34");
	forget();
}

static void fill(bool t1, char table[ELEMENTS][COLUMNS + 1])
{
	memset(table, 0, ELEMENTS * (COLUMNS + 1));
	for (int type = ISDN_PRIMARY_NET5; type <= ISDN_PRIMARY_QSIG; type++) {
		for (int by_network = 0; by_network < 2; by_network++) {
			bool arrived[ELEMENTS] = {0};
			struct side *from;

			line_of(&(struct isdn_config){.switch_type = type, .t1 = t1, .alaw = !t1});
			from = by_network ? &network : &user;
			full_call(from, arrived);
			overlap_call(from, arrived);
			data_call(from, arrived);
			no_line(NULL);
			for (int e = 0; e < ELEMENTS; e++)
				table[e][2 * (type - ISDN_PRIMARY_NET5) + by_network] =
				    arrived[e] ? '+' : '-';
		}
	}
}

/* From the user, from the network: net5, ni, dms100, 4ess, 5ess, qsig. */
static const char *const expected[ELEMENTS] = {
    [CALLED_NUMBER] = "++++++++++++",
    [CALLED_SUBADDRESS] = "++++++++++++",
    [COMPLETE] = "++++++++++++",
    [CALLING_NUMBER] = "++++++++++++",
    [CALLING_PRESENTATION] = "++++----++++",
    [CALLING_NAME] = "-+++++++++++",
    [CALLING_SUBADDRESS] = "++++++++++++",
    [REDIRECTING_NUMBER] = "++++++++++++",
    [REDIRECTING_REASON] = "++++++++++++",
    [REDIRECTING_NAME] = "----------++",
    [DIVERSION_COUNT] = "----------++",
    [ORIGINAL_CALLED] = "----------++",
    [USER_USER] = "++++++++++++",
    [KEYPAD] = "++++++++++++",
    [BEARER_SPEECH] = "++++++++++++",
    [BEARER_AUDIO] = "++++++++++++",
    [BEARER_DATA] = "++++++++++++",
    [PI_SETUP] = "--++--------",
    [PI_SETUP_ACKNOWLEDGE] = "++++++++++++",
    [OVERLAP_DIGITS] = "++++++++++++",
    [PI_PROCEEDING] = "++++++++++++",
    [PI_PROGRESS] = "++++++++++++",
    [CAUSE_PROGRESS] = "++++++++++++",
    [PI_ALERTING] = "++++++++++++",
    [DIVERTED_TO] = "++--------++",
    [PI_CONNECT] = "++++--++++++",
    [CONNECTED_NUMBER] = "++++++++++++",
    [CONNECTED_NAME] = "+-++++++++++",
    [CONNECTED_SUBADDRESS] = "++++++++++++",
    [LATER_NUMBER] = "++--------++",
    [LATER_NAME] = "+---------++",
    [LATER_DISPLAY] = "+-++++++++--",
    [CAUSE_LOCATION] = "++++++++++++",
};

/* The elements of answers are sent by the side that is called. */
static bool is_of_answer(enum element element)
{
	return element >= PI_SETUP_ACKNOWLEDGE && element != OVERLAP_DIGITS;
}

/* One line of the manual. */
static void row_text(enum element element, const char *arrive, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%-27s", names[element]);

	for (int type = 0; type < COLUMNS / 2; type++) {
		bool answer = is_of_answer(element);
		bool by_user = arrive[2 * type + answer] == '+';
		bool by_network = arrive[2 * type + !answer] == '+';

		used += (size_t)snprintf(text + used, size - used, "%-6s",
					 by_user && by_network ? "both"
					 : by_user	       ? "user"
					 : by_network	       ? "net"
							       : "-");
	}
	while (used > 0 && text[used - 1] == ' ')
		text[--used] = '\0';
}

static void read_manual(char *text, size_t size)
{
	FILE *file = fopen(SOURCE_FOLDER "/conf/sipspan.conf.5", "r");

	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void manual_has_the_table(void **state)
{
	static char manual[1 << 18];
	char row[128];

	read_manual(manual, sizeof(manual));
	for (int e = 0; e < ELEMENTS; e++) {
		row_text(e, expected[e], row, sizeof(row));
		print_message("%s\n", row);
		strcat(row, "\n");
		if (!strstr(manual, row))
			fail_msg("the manual does not say: %s", row);
	}
}

static void check(bool t1)
{
	char table[ELEMENTS][COLUMNS + 1];
	unsigned wrong = 0;

	fill(t1, table);
	for (int e = 0; e < ELEMENTS; e++) {
		if (strcmp(table[e], expected[e]) == 0)
			continue;
		print_error("%s: %s arrive, expected %s\n", names[e], table[e], expected[e]);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void every_type_carries_what_the_table_says_on_e1(void **state)
{
	check(false);
}

static void every_type_carries_what_the_table_says_on_t1(void **state)
{
	check(true);
}

/* `isdn supp-service calldiversion` */
static void net5_carries_the_whole_diversion_as_a_facility(void **state)
{
	for (int by_network = 0; by_network < 2; by_network++) {
		bool arrived[ELEMENTS] = {0};
		struct redirection redirection;

		line_of(&(struct isdn_config){.switch_type = ISDN_PRIMARY_NET5,
					      .redirection_facility = true});
		full_call(by_network ? &network : &user, arrived);
		redirection = (by_network ? user : network).setup.redirection;
		no_line(NULL);
		assert_true(number_is(&redirection.from.number, "2079460022"));
		assert_int_equal(redirection.reason, REDIRECTION_NO_REPLY);
		assert_int_equal(redirection.count, 3);
		/* ETSI's operation has no reason of the first diversion */
		assert_true(number_is(&redirection.original.number, "2079460033"));
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_carries_what_the_table_says_on_e1),
	    cmocka_unit_test(every_type_carries_what_the_table_says_on_t1),
	    cmocka_unit_test(manual_has_the_table),
	    cmocka_unit_test(net5_carries_the_whole_diversion_as_a_facility),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
